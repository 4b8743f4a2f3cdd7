"""Golden numbers of optimizers, clipping and schedules, by PyTorch. Run: /usr/bin/python3 make_optimizers.py"""
import json
import numpy as np
import torch

STEPS = 12
rng = np.random.default_rng(7)
first = [np.round(rng.normal(size=s), 3).astype(np.float32) for s in ((3, 5), (7,))]
gradients = [[np.round(rng.normal(size=p.shape), 3).astype(np.float32) for p in first] for _ in range(STEPS)]
silent = [4, 5]                      # at these steps the second parameter has no gradient

cases = {
    "gradient-descent": lambda p: torch.optim.SGD(p, 0.1),
    "sgd": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9),
    "sgd-decay": lambda p: torch.optim.SGD(p, 0.1, weight_decay=0.1),
    "sgd-dampening": lambda p: torch.optim.SGD(p, 0.1, momentum=0.8, dampening=0.3, weight_decay=0.05),
    "sgd-nesterov": lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": lambda p: torch.optim.Adam(p, 0.01),
    "adam-decay": lambda p: torch.optim.Adam(p, 0.02, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1),
    "adamw": lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1),
    "rmsprop": lambda p: torch.optim.RMSprop(p, 0.01),
    "rmsprop-momentum": lambda p: torch.optim.RMSprop(p, 0.01, alpha=0.9, momentum=0.7, weight_decay=0.05),
    "rmsprop-centered": lambda p: torch.optim.RMSprop(p, 0.01, alpha=0.9, momentum=0.5, centered=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, 0.1),
    "adagrad-decay": lambda p: torch.optim.Adagrad(p, 0.1, lr_decay=0.1, weight_decay=0.05, initial_accumulator_value=0.5),
}


def flat(parameters):
    return [x for p in parameters for x in p.detach().double().reshape(-1).tolist()]


out = {"first": flat([torch.tensor(p) for p in first]), "gradients": [flat([torch.tensor(g) for g in gs]) for gs in gradients], "silent": silent, "cases": {}}
for name, make in cases.items():
    parameters = [torch.nn.Parameter(torch.tensor(p.copy())) for p in first]
    optimizer = make(parameters)
    after = []
    for t in range(STEPS):
        for i, p in enumerate(parameters):
            p.grad = None if i == 1 and t in silent else torch.tensor(gradients[t][i])
        optimizer.step()
        after.append(flat(parameters))
    out["cases"][name] = after

parameters = [torch.nn.Parameter(torch.tensor(p.copy())) for p in first]
for p, g in zip(parameters, gradients[0]):
    p.grad = torch.tensor(g)
norm = torch.nn.utils.clip_grad_norm_(parameters, 1.5)
out["clip"] = {"norm": norm.item(), "gradients": flat([p.grad for p in parameters])}

TOTAL = 60


def schedule(make, rate=1.0):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], rate)
    scheduler = make(optimizer)
    rates = []
    for _ in range(TOTAL):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


lr = torch.optim.lr_scheduler
out["total"] = TOTAL
out["schedules"] = {
    "step": schedule(lambda o: lr.MultiStepLR(o, [30, 45], 0.1)),
    "exponential": schedule(lambda o: lr.ExponentialLR(o, 0.01 ** (1 / TOTAL))),
    "cosine": schedule(lambda o: lr.CosineAnnealingLR(o, TOTAL, eta_min=0.05)),
    "one-cycle": schedule(lambda o: lr.OneCycleLR(o, 1.0, total_steps=TOTAL, pct_start=0.3)),
    "polynomial": schedule(lambda o: lr.LambdaLR(o, lambda t: (1 - t / TOTAL) ** 2)),
    "warm-up": schedule(lambda o: lr.SequentialLR(o, [lr.LinearLR(o, 0.1, 1.0, 12), lr.CosineAnnealingLR(o, TOTAL - 12)], [12])),
}
values = [1.0, 0.9, 0.8, 0.8, 0.81, 0.79999, 0.9, 0.7, 0.71, 0.72, 0.73, 0.74, 0.75, 0.6, 0.61, 0.62, 0.63, 0.64, 0.65, 0.66, 0.67, 0.68]
optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 1.0)
plateau = lr.ReduceLROnPlateau(optimizer, factor=0.5, patience=2, cooldown=1, min_lr=0.1)
rates = []
for v in values:
    plateau.step(v)
    rates.append(optimizer.param_groups[0]["lr"])
out["plateau"] = {"values": values, "rates": rates}
json.dump(out, open("optimizers.json", "w"), separators=(",", ":"))
