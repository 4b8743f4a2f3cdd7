"""What Keras and TensorFlow.js models of the data folder give, computed layer by layer with PyTorch's functions from their descriptions: keras_graphs.json.

Run with Debian's python3 (torch 1.13, h5py): GRAFT_DATA=folder /usr/bin/python3 make_keras_graphs.py
The input is sin(0.37 i + 1), halved and shifted to 0 .. 1 or, for faces, divided by 20, as [1, C, H, W]. Padding "same" puts the larger half below and to the right, as TensorFlow does; averages leave it out.
"""
import json
import os

import h5py
import numpy as np
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.environ["GRAFT_DATA"]


def text(value):
    return value if isinstance(value, str) else value.decode()


def read_h5(path):
    f = h5py.File(path, "r")
    group = f["model_weights"]
    weights = {text(n): [np.array(group[text(n)][text(w)]) for w in group[text(n)].attrs["weight_names"]] for n in group.attrs["layer_names"]}
    return json.loads(text(f.attrs["model_config"])), weights


def read_tfjs(folder):
    model = json.load(open(os.path.join(folder, "model.json")))
    weights = {}
    for part in model["weightsManifest"]:
        data = b"".join(open(os.path.join(folder, p), "rb").read() for p in part["paths"])
        at = 0
        for w in part["weights"]:
            count = int(np.prod(w["shape"]))
            weights.setdefault(w["name"].rsplit("/", 1)[0], []).append(np.frombuffer(data, "<f4", count, at).reshape(w["shape"]))
            at += 4 * count
    return model["modelTopology"]["model_config"], weights


def same(size, kernel, stride):
    whole = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return whole // 2, whole - whole // 2


def padded(x, kernel, strides, padding, value=0.0):
    if padding == "valid":
        return x
    top, bottom = same(x.shape[2], kernel[0], strides[0])
    left, right = same(x.shape[3], kernel[1], strides[1])
    return F.pad(x, (left, right, top, bottom), value=value)


def activate(x, name):
    return {"linear": lambda v: v, "relu": F.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "softmax": lambda v: F.softmax(v, dim=1)}[name](x)


def run(kind, c, xs, w):
    x = xs[0]
    w = [torch.from_numpy(np.array(a)) for a in w]
    if kind == "Conv2D":
        kernel = w[0].permute(3, 2, 0, 1)
        y = F.conv2d(padded(x, kernel.shape[2:], c["strides"], c["padding"]), kernel, w[1] if c["use_bias"] else None, c["strides"])
        return activate(y, c["activation"])
    if kind in ("DepthwiseConv2D", "SeparableConv2D"):
        h, wide, channels, times = w[0].shape
        kernel = w[0].permute(2, 3, 0, 1).reshape(channels * times, 1, h, wide)
        y = F.conv2d(padded(x, (h, wide), c["strides"], c["padding"]), kernel, w[1] if kind == "DepthwiseConv2D" and c["use_bias"] else None, c["strides"], groups=channels)
        if kind == "SeparableConv2D":
            y = F.conv2d(y, w[1].permute(3, 2, 0, 1), w[2] if c["use_bias"] else None)
        return activate(y, c["activation"])
    if kind == "Dense":
        return activate(x @ w[0] + w[1], c["activation"])
    if kind == "BatchNormalization":
        shape = [1, -1] + [1] * (x.dim() - 2)
        gamma, beta, mean, variance = [a.reshape(shape) for a in w]
        return (x - mean) / torch.sqrt(variance + c["epsilon"]) * gamma + beta
    if kind == "MaxPooling2D":
        return F.max_pool2d(padded(x, c["pool_size"], c["strides"], c["padding"], float("-inf")), c["pool_size"], c["strides"])
    if kind == "AveragePooling2D":
        assert c["padding"] == "valid"
        return F.avg_pool2d(x, c["pool_size"], c["strides"])
    return {
        "Activation": lambda: activate(x, c["activation"]),
        "LeakyReLU": lambda: F.leaky_relu(x, c["alpha"]),
        "GlobalAveragePooling2D": lambda: x.mean(dim=(2, 3)),
        "Flatten": lambda: x.permute(0, 2, 3, 1).flatten(1),
        "Add": lambda: sum(xs),
        "Dropout": lambda: x,
    }[kind]()


def forward(model, weights):
    layers = model["config"]["layers"] if isinstance(model["config"], dict) else model["config"]
    values, last = {}, None
    for layer in layers:
        c = layer["config"]
        if layer["class_name"] == "InputLayer" or (last is None and "batch_input_shape" in c):
            _, h, w, channels = c["batch_input_shape"]
            x = torch.sin(torch.arange(channels * h * w, dtype=torch.float64) * 0.37 + 1)
            x = (x / 20 if channels == 1 and h == 64 else 0.5 + 0.5 * x).float().reshape(1, channels, h, w)
            sizes, last = [channels, h, w], x
            if layer["class_name"] == "InputLayer":
                values[c["name"]] = x
                continue
        xs = [values[n[0]] for n in layer["inbound_nodes"][0]] if "inbound_nodes" in layer else [last]
        last = values[c["name"]] = run(layer["class_name"], c, xs, weights.get(c["name"], []))
    return sizes, last


files = [
    "weights/mlperf_tiny_keras_h5/resnet8_cifar10/pretrainedResnet.h5",
    "weights/mlperf_tiny_keras_h5/mobilenet_v1_0.25_vww/vww_96.h5",
    "weights/mini_xception_fer2013_h5/fer2013_mini_XCEPTION.102-0.66.hdf5",
    "weights/darknet_tiny_tfjs/model.json",
    "weights/doodlenet_tfjs/model.json",
]
known = []
for name in files:
    path = os.path.join(DATA, name)
    model, weights = read_tfjs(os.path.dirname(path)) if name.endswith(".json") else read_h5(path)
    with torch.no_grad():
        sizes, y = forward(model, weights)
    known.append({"file": name, "sizes": sizes, "y": [float(f"{v:.6g}") for v in y[0, :40]]})
    print(name, y[0, :5])
with open(os.path.join(HERE, "keras_graphs.json"), "w") as f:
    json.dump(known, f)
    f.write("\n")
