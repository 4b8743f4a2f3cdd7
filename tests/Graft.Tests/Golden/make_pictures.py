"""Picture networks of torchvision, and of others by the same definitions: names, shapes and outputs for weights from a formula. Run: /usr/bin/python3 make_pictures.py

Number i of the k-th tensor of a state dictionary (counters of batches left out) is hash(i, k), from -1 to 1, times a scale and with a shift that its name
and its shape give; see fill(). Computed in double precision. Writes pictures.json beside this file; PictureNetworkTests has the same formula.
"""
import json
import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision.models as M


def wave(count, k):
    h = (np.arange(count, dtype=np.uint64) * np.uint64(2654435761) + np.uint64(k) * np.uint64(40503) + np.uint64(12345)) & np.uint64(0xFFFFFFFF)
    h ^= h >> np.uint64(16)
    h = (h * np.uint64(0x45D9F3B)) & np.uint64(0xFFFFFFFF)
    h ^= h >> np.uint64(16)
    return ((h >> np.uint64(8)).astype(np.float32) / np.float32(1 << 23) - np.float32(1)).astype(np.float64)


def fill(net):
    for k, (key, value) in enumerate((k, v) for k, v in net.state_dict().items() if "num_batches" not in k):
        scale, shift = 0.1, 0
        if key.endswith(("cls_token", "pos_embed")):
            scale = 0.5
        elif value.dim() > 1:
            scale = np.float32((6 / (value.numel() // value.shape[0])) ** 0.5)
        elif key.endswith("running_var"):
            scale, shift = 0.5, 1
        elif key.endswith("weight"):
            scale, shift = 0.2, 1
        values = (wave(value.numel(), k).astype(np.float32) * np.float32(scale) + np.float32(shift)).astype(np.float32)
        value.copy_(torch.tensor(values.astype(np.float64)).reshape(value.shape))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        b, t, e = x.shape
        q, k, v = self.qkv(x).reshape(b, t, 3, self.heads, e // self.heads).permute(2, 0, 3, 1, 4)
        y = (q @ k.transpose(-2, -1) * (e // self.heads) ** -0.5).softmax(-1) @ v
        return self.proj(y.transpose(1, 2).reshape(b, t, e))


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Layer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, patch, width):
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, patch)


class Vit(nn.Module):
    """The parts and names of timm's VisionTransformer."""

    def __init__(self, places, patch=16, width=192, depth=12, heads=3, classes=1000):
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + places, width))
        self.patch_embed = PatchEmbed(patch, width)
        self.blocks = nn.Sequential(*[Layer(width, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = self.patch_embed.proj(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], 1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 0])


class Separable(nn.Module):
    def __init__(self, c, o, stride):
        super().__init__()
        self.conv_dw = nn.Conv2d(c, c, 3, stride, 1, groups=c, bias=False)
        self.bn1 = nn.BatchNorm2d(c)
        self.conv_pw = nn.Conv2d(c, o, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(o)

    def forward(self, x):
        return F.relu6(self.bn2(self.conv_pw(F.relu6(self.bn1(self.conv_dw(x))))))


class MobileNetV1(nn.Module):
    """The parts and names of timm's mobilenetv1."""

    def __init__(self, alpha=1.0, classes=1000):
        super().__init__()
        c = int(32 * alpha)
        self.conv_stem = nn.Conv2d(3, c, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(c)
        stages = []
        for o, count, stride in [(64, 1, 1), (128, 2, 2), (256, 2, 2), (512, 6, 2), (1024, 2, 2)]:
            o = int(o * alpha)
            stages.append(nn.Sequential(*[Separable(c if i == 0 else o, o, stride if i == 0 else 1) for i in range(count)]))
            c = o
        self.blocks = nn.Sequential(*stages)
        self.classifier = nn.Linear(c, classes)

    def forward(self, x):
        return self.classifier(self.blocks(F.relu6(self.bn1(self.conv_stem(x)))).mean((2, 3)))


class Unit(nn.Module):
    def __init__(self, c, o, kernel):
        super().__init__()
        self.conv = nn.Conv2d(c, o, kernel, 1, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(o, eps=1e-3)

    def forward(self, x):
        return F.leaky_relu(self.bn(self.conv(x)), 0.1)


class DarknetTiny(nn.Module):
    """tiny.cfg of Darknet."""

    def __init__(self, classes=1000):
        super().__init__()
        c = 3
        layers = [(16, 3), (32, 3), (16, 1), (128, 3), (16, 1), (128, 3), (32, 1), (256, 3), (32, 1), (256, 3), (64, 1), (512, 3), (64, 1), (512, 3), (128, 1)]
        for i, (o, kernel) in enumerate(layers):
            setattr(self, "conv%d" % (i + 1), Unit(c, o, kernel))
            c = o
        self.conv16 = nn.Conv2d(c, classes, 1)

    def forward(self, x):
        for i in range(1, 16):
            x = getattr(self, "conv%d" % i)(x)
            if i in (1, 2, 6, 10):
                x = F.max_pool2d(x, 2, 2, ceil_mode=True)
        return self.conv16(x).mean((2, 3))


class CifarBlock(nn.Module):
    def __init__(self, c, o, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(c, o, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(o)
        self.conv2 = nn.Conv2d(o, o, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(o)
        self.more = o - c

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.more // 2, self.more // 2)) if self.more else x))


class CifarResNet(nn.Module):
    """The parts and names of the published networks for CIFAR-10 with shortcuts that pad."""

    def __init__(self, depth):
        super().__init__()
        n, c = (depth - 2) // 6, 16
        self.conv1 = nn.Conv2d(3, c, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(c)
        for s in range(3):
            o = 16 << s
            setattr(self, "layer%d" % (s + 1), nn.Sequential(*[CifarBlock(c if i == 0 else o, o, 2 if s and i == 0 else 1) for i in range(n)]))
            c = o
        self.linear = nn.Linear(c, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.linear(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


def vgg(depth, bn, dense=None):
    net = getattr(M, "vgg%d%s" % (depth, "_bn" if bn else ""))()
    if dense:
        net.classifier[0], net.classifier[3], net.classifier[6] = nn.Linear(25088, dense[0]), nn.Linear(dense[0], dense[1]), nn.Linear(dense[1], 1000)
    return net


PUBLISHED = {
    **{"vgg%d%s" % (d, "_bn" if b else ""): ({"name": "vgg", "depth": d, "batchNorm": b}, [64, 64], lambda d=d, b=b: vgg(d, b)) for d in (11, 13, 16, 19) for b in (False, True)},
    **{"resnet%d" % d: ({"name": "resnet", "depth": d}, [64, 64], getattr(M, "resnet%d" % d)) for d in (18, 34, 50, 101, 152)},
    **{"resnet%d_cifar" % d: ({"name": "resnet", "depth": d}, [32, 32], lambda d=d: CifarResNet(d)) for d in (20, 56)},
    "mobilenet_v1": ({"name": "mobilenet-v1"}, [64, 64], MobileNetV1),
    "mobilenet_v2": ({"name": "mobilenet-v2"}, [64, 64], M.mobilenet_v2),
    "squeezenet1_0": ({"name": "squeezenet", "version": 1.0}, [64, 64], M.squeezenet1_0),
    "squeezenet1_1": ({"name": "squeezenet", "version": 1.1}, [64, 64], M.squeezenet1_1),
    "darknet_tiny": ({"name": "darknet-tiny"}, [64, 64], DarknetTiny),
    "vit_tiny_patch16_224": ({"name": "vit"}, [224, 224], lambda: Vit(196)),
}

OUTPUTS = {
    "vgg11": ({"name": "vgg", "depth": 11, "dense": [24, 16]}, [40, 64], lambda: vgg(11, False, [24, 16])),
    "vgg16": ({"name": "vgg", "depth": 16, "dense": [24, 16]}, [32, 32], lambda: vgg(16, False, [24, 16])),
    "vgg19_bn": ({"name": "vgg", "depth": 19, "batchNorm": True, "dense": [24, 16]}, [32, 32], lambda: vgg(19, True, [24, 16])),
    "resnet18": ({"name": "resnet", "depth": 18}, [64, 72], M.resnet18),
    "resnet50": ({"name": "resnet", "depth": 50}, [64, 50], M.resnet50),
    "resnet101": ({"name": "resnet", "depth": 101}, [40, 33], M.resnet101),
    "resnet20_cifar": ({"name": "resnet", "depth": 20}, [32, 32], lambda: CifarResNet(20)),
    "mobilenet_v1": ({"name": "mobilenet-v1", "alpha": 0.5}, [64, 50], lambda: MobileNetV1(0.5)),
    "mobilenet_v2": ({"name": "mobilenet-v2"}, [64, 50], M.mobilenet_v2),
    "mobilenet_v2_narrow": ({"name": "mobilenet-v2", "width": 0.35}, [33, 40], lambda: M.mobilenet_v2(width_mult=0.35)),
    "squeezenet1_0": ({"name": "squeezenet", "version": 1.0}, [63, 80], M.squeezenet1_0),
    "squeezenet1_1": ({"name": "squeezenet", "version": 1.1}, [64, 77], M.squeezenet1_1),
    "darknet_tiny": ({"name": "darknet-tiny"}, [64, 51], DarknetTiny),
    "vit_tiny": ({"name": "vit"}, [48, 64], lambda: Vit(12)),
}


def places():
    """Embeddings of a 4 x 4 grid brought to 3 x 6, as timm does."""
    x = torch.tensor(wave(17 * 2, 5).reshape(1, 17, 2))
    grid = x[:, 1:].reshape(1, 4, 4, 2).permute(0, 3, 1, 2)
    grid = F.interpolate(grid, size=(3, 6), mode="bicubic", antialias=True, align_corners=False)
    return torch.cat([x[:, :1], grid.permute(0, 2, 3, 1).reshape(1, 18, 2)], 1)


if __name__ == "__main__":
    out = {"published": {}, "outputs": {}, "places": [float("%.7g" % v) for v in places().reshape(-1).tolist()]}
    for name, (model, size, make) in PUBLISHED.items():
        net = make()
        out["published"][name] = {
            "model": {**model, "top": True},
            "input": size,
            "parameters": sum(p.numel() for p in net.parameters()),
            "state": ["%s %s" % (k, list(v.shape)) for k, v in net.state_dict().items() if "num_batches" not in k],
        }
    with torch.no_grad():
        for name, (model, size, make) in OUTPUTS.items():
            net = make().double().eval()
            fill(net)
            y = net(torch.tensor(wave(2 * 3 * size[0] * size[1], 1000).reshape(2, 3, *size)))
            out["outputs"][name] = {
                "model": {**model, "top": True},
                "input": size,
                "largest": y.abs().max().item(),
                "every": (1 if y.shape[1] < 100 else 20),
                "logits": [float("%.8g" % v) for v in y[:, :: (1 if y.shape[1] < 100 else 20)].reshape(-1).tolist()],
            }
            print(name, y.abs().max().item(), y.std().item())
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "pictures.json"), "w") as file:
        json.dump(out, file, separators=(",", ":"))
