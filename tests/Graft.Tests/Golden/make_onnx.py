"""Small networks as ONNX files, as PyTorch exports them, and what they give: onnx_*.onnx and onnx.json.

Run with Debian's python3 (torch 1.13): /usr/bin/python3 make_onnx.py
Weights are seeded; inputs are sin(0.37 i + 1). Outputs are for three rows, also where the file was made for a batch of one.
"""
import json
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))


class Windows(nn.Module):
    """Convolutions and pooling of all kinds, and activations."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, stride=2)
        self.norm = nn.BatchNorm2d(8)
        self.depth = nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=8, bias=False)
        self.norm2 = nn.BatchNorm2d(8)
        self.point = nn.Conv2d(8, 12, 1)
        self.slope = nn.PReLU(12)
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.mean = nn.AvgPool2d(3, 1, padding=1, count_include_pad=False)
        self.drop = nn.Dropout(0.5)
        self.out = nn.Linear(12, 5)

    def forward(self, x):
        x = self.norm(self.first(F.pad(x, (0, 1, 0, 1)))).relu()
        x = F.relu6(self.norm2(self.depth(x)) * 3)
        x = self.slope(self.point(x))
        x = F.hardswish(x) + F.hardsigmoid(x) + F.elu(x) + F.leaky_relu(x, 0.2) + F.softplus(x) + F.selu(x) + x.clamp(-0.5, 0.7)
        x = self.mean(self.pool(x))
        x = torch.flatten(F.adaptive_avg_pool2d(x, 1), 1)
        return F.log_softmax(self.out(self.drop(x)), dim=1)


class Shapes(nn.Module):
    """Splits, shuffles, gates, upsampling and normalizations."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.group = nn.GroupNorm(2, 8)
        self.instance = nn.InstanceNorm2d(8, affine=True)
        self.left = nn.Conv2d(4, 4, 3, padding=1)
        self.squeeze = nn.Conv2d(8, 2, 1)
        self.excite = nn.Conv2d(2, 8, 1)
        self.up = nn.ConvTranspose2d(8, 6, 3, stride=2, padding=1, output_padding=1)

    def forward(self, x):
        x = self.group(self.first(x)).relu()
        a, b = x.chunk(2, dim=1)
        x = torch.cat([self.left(a), b], dim=1)
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        x = self.instance(x)
        s = F.adaptive_avg_pool2d(x, 1)
        x = x * torch.sigmoid(self.excite(self.squeeze(s).relu()))
        x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        x = x[:, :, 1:-1, ::2]
        x = torch.tanh(self.up(x))
        return x.mean(dim=(2, 3)) + x.amax(dim=(2, 3)) - (x * x).sum(dim=(2, 3)).sqrt() / 7


class Attention(nn.Module):
    """A small vision transformer: patches, a class token, positions, one block."""

    def __init__(self, width=16, heads=2):
        super().__init__()
        self.heads = heads
        self.patch = nn.Conv2d(3, width, 4, stride=4)
        self.token = nn.Parameter(torch.randn(1, 1, width))
        self.positions = nn.Parameter(torch.randn(1, 10, width))
        self.norm1 = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 2 * width)
        self.down = nn.Linear(2 * width, width)
        self.head = nn.Linear(width, 5)

    def forward(self, x):
        n = x.shape[0]
        x = self.patch(x).reshape(n, 16, -1).permute(0, 2, 1)
        x = torch.cat([self.token.expand(n, -1, -1), x], dim=1) + self.positions
        y = self.norm1(x).transpose(0, 1)
        x = x + self.attention(y, y, y, need_weights=False)[0].transpose(0, 1)
        x = x + self.down(F.gelu(self.up(self.norm2(x))))
        return self.head(x[:, 0])


def main():
    torch.manual_seed(7)
    known = {}
    cases = [
        ("windows", Windows(), (3, 16, 16), 13, True, True),
        ("folded", Windows(), (3, 16, 16), 11, True, False),
        ("shapes", Shapes(), (3, 8, 8), 17, True, True),
        ("baked", Shapes(), (3, 8, 8), 13, False, True),
        ("attention", Attention(), (3, 12, 12), 13, True, True),
        ("attention_baked", Attention(), (3, 12, 12), 17, False, True),
    ]
    for name, net, sizes, opset, is_dynamic, preserve in cases:
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.running_mean, -0.5, 0.5)
                nn.init.uniform_(module.running_var, 0.5, 2)
                nn.init.uniform_(module.weight, 0.5, 1.5)
        net.eval()
        count = sizes[0] * sizes[1] * sizes[2]
        x = torch.sin(torch.arange(3 * count, dtype=torch.float64) * 0.37 + 1).float().reshape(3, *sizes)
        torch.onnx.export(
            net, x[:1], os.path.join(HERE, f"onnx_{name}.onnx"), opset_version=opset, input_names=["x"], output_names=["y"],
            dynamic_axes={"x": {0: "n"}, "y": {0: "n"}} if is_dynamic else None,
            training=torch.onnx.TrainingMode.PRESERVE if preserve else torch.onnx.TrainingMode.EVAL)
        with torch.no_grad():
            known[name] = {"sizes": sizes, "y": [[round(float(v), 7) for v in row] for row in net(x)]}
    with open(os.path.join(HERE, "onnx.json"), "w") as f:
        json.dump(known, f)
        f.write("\n")


main()
