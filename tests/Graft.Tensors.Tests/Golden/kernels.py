"""Writes kernels.json: what PyTorch gives for optimizers, cross-entropy and poolings. Run: python3 kernels.py"""
import json
import os

import torch

torch.manual_seed(1)
out = {}

weights = [0.5, -1.25, 2.0, 0.0, 3e-4, -7.5, 1e3]
gradients = [[0.1, -0.2, 0.3, 0.0, 1e-6, 4.0, -30.0], [-0.3, 0.5, 0.0, 1e-3, 2e-6, -1.0, 10.0], [0.2, 0.1, -0.7, 2.0, 0.0, 0.5, 5.0]]
optimizers = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "sgd-decay": lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.01),
    "sgd-momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "sgd-dampening": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.5),
    "sgd-nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": lambda p: torch.optim.Adam(p, lr=0.05, weight_decay=0.02),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.02),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.05, weight_decay=0.02),
    "rmsprop-centered": lambda p: torch.optim.RMSprop(p, lr=0.05, alpha=0.9, centered=True, momentum=0.9),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.05, lr_decay=0.1, weight_decay=0.02),
}
out["optimizers"] = {}
for name, make in optimizers.items():
    p = torch.tensor(weights, requires_grad=True)
    optimizer = make([p])
    for g in gradients:
        p.grad = torch.tensor(g)
        optimizer.step()
    out["optimizers"][name] = p.detach().tolist()

logits = torch.randn(6, 5) * 2
targets = torch.tensor([0, 4, -1, 2, 2, 1])
class_weights = torch.tensor([0.5, 1.0, 2.0, 0.1, 1.5])
out["cross-entropy"] = {"logits": logits.flatten().tolist(), "targets": targets.tolist(), "weights": class_weights.tolist(), "cases": []}
for weighted in (False, True):
    for smoothing in (0.0, 0.2):
        x = logits.clone().requires_grad_()
        loss = torch.nn.functional.cross_entropy(
            x, targets, weight=class_weights if weighted else None, ignore_index=-1, label_smoothing=smoothing)
        loss.backward()
        out["cross-entropy"]["cases"].append(
            {"weighted": weighted, "smoothing": smoothing, "loss": loss.item(), "gradient": x.grad.flatten().tolist()})

image = torch.randn(1, 1, 7, 6)
out["pool"] = {"image": image.flatten().tolist(), "cases": []}
for kernel, stride, pad, ceil, count_pad in ((3, 2, 1, False, True), (3, 2, 1, True, False), (2, 2, 0, True, True), (3, 3, 1, True, True), (4, 1, 2, False, False)):
    average = torch.nn.functional.avg_pool2d(image, kernel, stride, pad, ceil, count_pad)
    largest, where = torch.nn.functional.max_pool2d(image, kernel, stride, pad, ceil_mode=ceil, return_indices=True)
    out["pool"]["cases"].append(
        {"kernel": kernel, "stride": stride, "pad": pad, "ceil": ceil, "countPad": count_pad, "height": average.shape[2],
         "width": average.shape[3], "average": average.flatten().tolist(), "largest": largest.flatten().tolist(), "where": where.flatten().tolist()})
out["adaptive"] = [
    {"height": h, "width": w, "average": torch.nn.functional.adaptive_avg_pool2d(image, (h, w)).flatten().tolist()} for h, w in ((1, 1), (3, 4), (7, 6), (5, 2), (9, 7))]

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernels.json"), "w") as f:
    json.dump(out, f, indent=1)
    f.write("\n")
