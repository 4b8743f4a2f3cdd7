"""Names and shapes of keras.applications' published weights, those that torchvision has for the same networks, and what small ones give: keras_families.json.
Run: /usr/bin/python3 make_keras_families.py (torch 1.13, torchvision 0.14, numpy). No Keras is needed: its networks are written down here with PyTorch's functions.

Array n of a network is value(n, i) with a scale by what it is; the input is value(9999, i) as [1, 3, H, W]. Kernels are [h, w, in, out] ([h, w, in, 1] of depthwise convolutions),
matrices [in, out]; flattened maps have their channels last. Padding "same" puts the larger half below and to the right."""
import json
import os

import numpy as np
import torch
import torch.nn.functional as F
import torchvision.models as M

HERE = os.path.dirname(os.path.abspath(__file__))


def value(n, *shape):
    i = np.arange(int(np.prod(shape)), dtype=np.uint64)
    x = ((i + 1) * 2654435761 + n * 2246822519) % 2**32
    x ^= x >> np.uint64(15)
    x = x * np.uint64(2246822519) % 2**32
    x ^= x >> np.uint64(13)
    return (x / 2.0**32 * 2 - 1).reshape(shape)


class Arrays:
    """Hands out arrays by name, in the order in which they are asked for."""

    def __init__(self, makes=True):
        self.names, self.makes = [], makes

    def take(self, name, *shape):
        n = len(self.names)
        self.names.append([name, list(shape)])
        if not self.makes:
            return torch.zeros(1).double()
        a = value(n, *shape)
        if len(shape) > 1:
            inputs = np.prod(shape[:2]) if "depthwise" in name else np.prod(shape[:-1])
            a = a * np.sqrt(6 / inputs)
        elif "gamma" in name:
            a = 1 + 0.1 * a
        elif "variance" in name or "running_std" in name:
            a = 1 + 0.5 * a
        else:
            a = 0.1 * a
        return torch.tensor(a.astype(np.float32).astype(np.float64))


def same(x, kernel, stride):
    def both(size):
        whole = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        return [whole // 2, whole - whole // 2]
    return F.pad(x, both(x.shape[3]) + both(x.shape[2]))


def vgg(a, x, depth, fc=(4096, 4096), classes=1000, size=7):
    channels = 3
    for b, (width, count) in enumerate(zip([64, 128, 256, 512, 512], {16: [2, 2, 3, 3, 3], 19: [2, 2, 4, 4, 4]}[depth])):
        for i in range(count):
            name = f"block{b + 1}_conv{i + 1}"
            k, bias = a.take(f"{name}_W_1:0", 3, 3, channels, width), a.take(f"{name}_b_1:0", width)
            if a.makes:
                x = F.relu(F.conv2d(x, k.permute(3, 2, 0, 1), bias, padding=1))
            channels = width
        if a.makes:
            x = F.max_pool2d(x, 2)
    inputs = size * size * 512
    if a.makes:
        x = x.permute(0, 2, 3, 1).flatten(1)
    for i, width in enumerate([*fc, classes] if classes else fc):
        name = "predictions" if i == len(fc) else f"fc{i + 1}"
        k, bias = a.take(f"{name}_W_1:0", inputs, width), a.take(f"{name}_b_1:0", width)
        if a.makes:
            x = x @ k + bias
            x = F.relu(x) if i < len(fc) else x
        inputs = width
    return x


def norm(a, x, names, channels, epsilon):
    gamma, beta, mean, variance = [a.take(n, channels) for n in names]
    return F.batch_norm(x, mean, variance, gamma, beta, False, 0, epsilon) if a.makes else x


def bn_names(layer, old=False):
    return [f"{layer}_{p}:0" for p in ["gamma", "beta", "running_mean", "running_std"]] if old else [f"{layer}/{p}:0" for p in ["gamma", "beta", "moving_mean", "moving_variance"]]


def resnet(a, x, counts, width=64, classes=1000, old=False):
    """Version 1: the first convolution of a block halves, all have biases."""
    epsilon = 1e-3 if old else 1.001e-5

    def conv(x, layer, size, inputs, outputs, stride=1, padding=0):
        k = a.take(f"{layer}_W:0" if old else f"{layer}/kernel:0", size, size, inputs, outputs)
        b = a.take(f"{layer}_b:0" if old else f"{layer}/bias:0", outputs)
        return F.conv2d(x, k.permute(3, 2, 0, 1), b, stride, padding) if a.makes else x

    def named(stage, block, part):
        if old:
            return [f"{kind}{stage + 2}{'abcdefghijklmnopqrstuvwxyz'[block]}_branch{'1' if part == 0 else '2' + 'abc'[part - 1]}" for kind in ["res", "bn"]]
        return [f"conv{stage + 2}_block{block + 1}_{part}_{kind}" for kind in ["conv", "bn"]]

    x = conv(x, "conv1" if old else "conv1_conv", 7, 3, width, 2, 3)
    x = F.relu(norm(a, x, bn_names("bn_conv1" if old else "conv1_bn", old), width, epsilon))
    if a.makes:
        x = F.max_pool2d(F.pad(x, (1, 1, 1, 1)), 3, 2)
    channels = width
    for stage, count in enumerate(counts):
        middle, outputs = width << stage, 4 * (width << stage)
        for block in range(count):
            stride = 2 if stage > 0 and block == 0 else 1
            shortcut = x
            if block == 0:
                layer, bn = named(stage, block, 0)
                shortcut = norm(a, conv(x, layer, 1, channels, outputs, stride), bn_names(bn, old), outputs, epsilon)
            y = x
            for part, (size, i, o, s) in enumerate([(1, channels, middle, stride), (3, middle, middle, 1), (1, middle, outputs, 1)]):
                layer, bn = named(stage, block, part + 1)
                y = norm(a, conv(y, layer, size, i, o, s, size // 2), bn_names(bn, old), o, epsilon)
                y = F.relu(y) if part < 2 else y
            x = F.relu(y + shortcut)
            channels = outputs
    if a.makes:
        x = x.mean((2, 3))
    layer = "fc1000" if old else "predictions"
    k, b = a.take(f"{layer}_W:0" if old else f"{layer}/kernel:0", channels, classes), a.take(f"{layer}_b:0" if old else f"{layer}/bias:0", classes)
    return x @ k + b if a.makes else x


def rounded(v):
    new = max(8, int(v + 4) // 8 * 8)
    return new + 8 if new < 0.9 * v else new


def mobilenet_v2(a, x, width=1.0, classes=1000):
    def conv(x, layer, size, inputs, outputs, stride=1):
        k = a.take(f"{layer}/kernel:0", size, size, inputs, outputs)
        return F.conv2d(same(x, size, stride), k.permute(3, 2, 0, 1), None, stride) if a.makes else x

    def relu6(x):
        return torch.clip(x, 0, 6)

    channels = rounded(32 * width)
    x = relu6(norm(a, conv(x, "Conv1", 3, 3, channels, 2), bn_names("bn_Conv1"), channels, 1e-3))
    number = 0
    for expand, outputs, count, stride in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]:
        outputs = rounded(int(outputs * width))
        for i in range(count):
            step, prefix, y, wide = stride if i == 0 else 1, f"block_{number}_" if number else "expanded_conv_", x, expand * channels
            if number:
                y = relu6(norm(a, conv(y, prefix + "expand", 1, channels, wide), bn_names(prefix + "expand_BN"), wide, 1e-3))
            k = a.take(f"{prefix}depthwise/depthwise_kernel:0", 3, 3, wide, 1)
            if a.makes:
                y = F.conv2d(same(y, 3, step), k.permute(2, 3, 0, 1), None, step, groups=wide)
            y = relu6(norm(a, y, bn_names(prefix + "depthwise_BN"), wide, 1e-3))
            y = norm(a, conv(y, prefix + "project", 1, wide, outputs), bn_names(prefix + "project_BN"), outputs, 1e-3)
            x = x + y if step == 1 and channels == outputs and a.makes else y
            channels, number = outputs, number + 1
    last = rounded(1280 * max(1, width))
    x = relu6(norm(a, conv(x, "Conv_1", 1, channels, last), bn_names("Conv_1_bn"), last, 1e-3))
    if a.makes:
        x = x.mean((2, 3))
    k, b = a.take("predictions/kernel:0", last, classes), a.take("predictions/bias:0", classes)
    return x @ k + b if a.makes else x


def picture(height, width):
    return torch.tensor(value(9999, 1, 3, height, width).astype(np.float32).astype(np.float64))


def published(run, model):
    a = Arrays(makes=False)
    run(a, torch.zeros(1, 3, 1, 1).double())
    own = {k: list(v.shape) for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}
    return {"keras": a.names, "own": own}


def small(run, height, width):
    a = Arrays()
    with torch.no_grad():
        y = run(a, picture(height, width))
    return {"arrays": a.names, "size": [height, width], "y": [float(f"{v:.7g}") for v in y[0]]}


known = {
    "published": {
        "vgg16": published(lambda a, x: vgg(a, x, 16), M.vgg16()), "vgg19": published(lambda a, x: vgg(a, x, 19), M.vgg19()),
        "resnet50": published(lambda a, x: resnet(a, x, [3, 4, 6, 3]), M.resnet50()), "resnet50-old": published(lambda a, x: resnet(a, x, [3, 4, 6, 3], old=True), M.resnet50()),
        "resnet101": published(lambda a, x: resnet(a, x, [3, 4, 23, 3]), M.resnet101()), "mobilenet-v2": published(mobilenet_v2, M.mobilenet_v2()),
    },
    "small": {
        "vgg16": small(lambda a, x: vgg(a, x, 16, [8], 0, 2), 64, 64), "resnet50": small(lambda a, x: resnet(a, x, [3, 4, 6, 3], 4, 10), 65, 72),
        "resnet50-old": small(lambda a, x: resnet(a, x, [3, 4, 6, 3], 4, 10, old=True), 65, 72), "mobilenet-v2": small(lambda a, x: mobilenet_v2(a, x, 0.35, 10), 64, 75),
    },
}
with open(os.path.join(HERE, "keras_families.json"), "w") as f:
    json.dump(known, f)
    f.write("\n")
for name, net in known["small"].items():
    print(name, net["y"])
