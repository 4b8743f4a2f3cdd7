"""Golden passes of self-attention by PyTorch in double precision. Run: /usr/bin/python3 make_attention.py

Weights and inputs are given by a formula: value i of the k-th tensor is sin(0.7 i + k) times a scale, in single precision.
"""
import json
import torch
import torch.nn as nn


def wave(shape, phase, scale):
    n = 1
    for s in shape:
        n *= s
    return (torch.sin(0.7 * torch.arange(n, dtype=torch.float64) + phase) * scale).float().double().reshape(shape)


def numbers(t):
    return [round(v, 9) for v in t.detach().reshape(-1).tolist()]


B, T, E, H = 3, 5, 12, 3
lengths = [5, 2, 3]
net = nn.MultiheadAttention(E, H, batch_first=True).double()
net.in_proj_weight.data = torch.cat([wave((E, E), k, 0.6) for k in (0, 2, 4)])
net.in_proj_bias.data = torch.cat([wave((E,), k, 0.3) for k in (1, 3, 5)])
net.out_proj.weight.data = wave((E, E), 6, 0.6)
net.out_proj.bias.data = wave((E,), 7, 0.3)
out = {"shape": [B, T, E], "heads": H, "counts": lengths}
for name, padding in (("full", None), ("lengths", torch.tensor([[t >= n for t in range(T)] for n in lengths]))):
    x = wave((B, T, E), 0.25, 1).requires_grad_()
    net.zero_grad()
    y, _ = net(x, x, x, key_padding_mask=padding, need_weights=False)
    (y * wave(y.shape, 0.5, 1)).sum().backward()
    out[name] = {
        "y": numbers(y),
        "dx": numbers(x.grad),
        "gradients": [numbers(g) for part in zip(net.in_proj_weight.grad.chunk(3), net.in_proj_bias.grad.chunk(3)) for g in part]
        + [numbers(net.out_proj.weight.grad), numbers(net.out_proj.bias.grad)],
    }

with open("attention.json", "w") as f:
    json.dump(out, f, separators=(",", ":"))
