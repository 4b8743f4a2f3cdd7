"""Golden losses and their gradients, by PyTorch. Run: /usr/bin/python3 make_losses.py"""
import json
import torch
import torch.nn.functional as F

torch.manual_seed(3)
output = torch.round(torch.randn(5, 4, dtype=torch.float64) * 1000) / 1000
target = torch.round(torch.randn(5, 4, dtype=torch.float64) * 1000) / 1000
labels = (target > 0).double()
classes = torch.tensor([2, 0, -1, 3, 0])
probabilities = torch.round(F.softmax(target, 1) * 100) / 100
probabilities[:, 3] = 1 - probabilities[:, :3].sum(1)
weights = torch.tensor([1.0, 0.5, 2.0, 0.25], dtype=torch.float64)
cases = {
    "cross-entropy": lambda o: F.cross_entropy(o, classes, ignore_index=-1),
    "cross-entropy-weighted": lambda o: F.cross_entropy(o, classes, weight=weights, label_smoothing=0.1, ignore_index=-1),
    "cross-entropy-soft": lambda o: F.cross_entropy(o, probabilities),
    "binary-cross-entropy": lambda o: F.binary_cross_entropy_with_logits(o, labels),
    "binary-cross-entropy-weighted": lambda o: F.binary_cross_entropy_with_logits(o, labels, pos_weight=weights),
    "mse": lambda o: F.mse_loss(o, target),
    "l1": lambda o: F.l1_loss(o, target),
    "huber": lambda o: F.huber_loss(o, target, delta=0.7),
    "kl": lambda o: F.kl_div(F.log_softmax(o, 1), probabilities, reduction="batchmean"),
}
out = {"output": output.reshape(-1).tolist(), "target": target.reshape(-1).tolist(), "labels": labels.reshape(-1).tolist(),
       "classes": classes.tolist(), "probabilities": probabilities.reshape(-1).tolist(), "weights": weights.tolist(), "cases": {}}
for name, loss in cases.items():
    o = output.clone().requires_grad_()
    value = loss(o)
    value.backward()
    out["cases"][name] = {"loss": value.item(), "gradient": o.grad.reshape(-1).tolist()}
json.dump(out, open("losses.json", "w"), indent=1)
