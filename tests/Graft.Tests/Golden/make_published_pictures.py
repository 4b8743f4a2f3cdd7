"""Outputs of published weights in the same networks by PyTorch, for an input from a formula. Run: GRAFT_DATA=... /usr/bin/python3 make_published_pictures.py

Writes published_pictures.json beside this file; the input is that of make_pictures.py with number 1000.
"""
import json
import os

import h5py
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision.models as M

from PIL import Image

from make_pictures import CifarResNet, DarknetTiny, wave

DATA = os.environ["GRAFT_DATA"]


def kernel(array):
    return torch.tensor(np.asarray(array, dtype=np.float64).transpose(3, 2, 0, 1).copy())


def squeezenet():
    net = M.squeezenet1_1().features.double().eval()
    with h5py.File(DATA + "/weights/squeezenet1.1_notop_keras_h5/squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5") as f:
        def put(conv, layer):
            names = f[layer].attrs["weight_names"]
            conv.weight.data.copy_(kernel(f[layer][names[0]]))
            conv.bias.data.copy_(torch.tensor(np.asarray(f[layer][names[1]], dtype=np.float64)))

        put(net[0], "conv1")
        for n, i in zip(range(2, 10), [3, 4, 6, 7, 9, 10, 11, 12]):
            put(net[i].squeeze, "fire%d/squeeze1x1" % n)
            put(net[i].expand1x1, "fire%d/expand1x1" % n)
            put(net[i].expand3x3, "fire%d/expand3x3" % n)
    return net(100 * picture()).mean((2, 3))


def darknet():
    net = DarknetTiny().double().eval()
    folder = DATA + "/weights/darknet_tiny_tfjs/"
    with open(folder + "model.json") as f:
        groups = json.load(f)["weightsManifest"]
    values = {}
    for group in groups:
        data = np.concatenate([np.fromfile(folder + p, dtype="<f4") for p in group["paths"]])
        at = 0
        for w in group["weights"]:
            size = int(np.prod(w["shape"]))
            values[w["name"]] = data[at:at + size].reshape(w["shape"])
            at += size
    for i in range(1, 17):
        conv = net.conv16 if i == 16 else getattr(net, "conv%d" % i).conv
        conv.weight.data.copy_(kernel(values["conv2d_%d/kernel" % i]))
        if i == 16:
            conv.bias.data.copy_(torch.tensor(values["conv2d_16/bias"].astype(np.float64)))
            continue
        bn = getattr(net, "conv%d" % i).bn
        for own, name in [("weight", "gamma"), ("bias", "beta"), ("running_mean", "moving_mean"), ("running_var", "moving_variance")]:
            getattr(bn, own).data.copy_(torch.tensor(values["batch_normalization_%d/%s" % (i, name)].astype(np.float64)))
    return net((picture() + 1) / 2)


def retinaface():
    state = torch.load(DATA + "/weights/mobilenet_v1_0.25_retinaface_pth/mobilenet0.25_Final.pth", map_location="cpu")

    def unit(c, o, stride):
        return nn.Sequential(
            nn.Conv2d(c, c, 3, stride, 1, groups=c, bias=False), nn.BatchNorm2d(c), nn.LeakyReLU(0.1),
            nn.Conv2d(c, o, 1, bias=False), nn.BatchNorm2d(o), nn.LeakyReLU(0.1))

    body = nn.Module()
    first = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.LeakyReLU(0.1))
    body.stage1 = nn.Sequential(first, unit(8, 16, 1), unit(16, 32, 2), unit(32, 32, 1), unit(32, 64, 2), unit(64, 64, 1))
    body.stage2 = nn.Sequential(unit(64, 128, 2), *[unit(128, 128, 1) for _ in range(5)])
    body.stage3 = nn.Sequential(unit(128, 256, 2), unit(256, 256, 1))
    body.load_state_dict({k[5:]: v for k, v in state.items() if k.startswith("body.stage")})
    body = body.double().eval()
    return body.stage3(body.stage2(body.stage1(100 * picture()))).mean((2, 3))


def cifar(depth, file, count):
    """Share of the first pictures of each class of the test part that a network knows, in percent."""
    net = CifarResNet(depth).eval()
    net.load_state_dict({k[7:]: v for k, v in torch.load(DATA + "/weights/resnet_cifar10_pth/" + file, map_location="cpu")["state_dict"].items()})
    folder, right, all_ = DATA + "/cifar10/test/", 0, 0
    for i, c in enumerate(sorted(os.listdir(folder))):
        files = sorted(os.listdir(folder + c))[:count]
        x = torch.tensor(np.stack([np.asarray(Image.open(folder + c + "/" + f).convert("RGB")) for f in files])).permute(0, 3, 1, 2) / 255
        x = (x - torch.tensor([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).reshape(1, 3, 1, 1)
        right += (net(x).argmax(1) == i).sum().item()
        all_ += len(files)
    return 100 * right / all_


def picture():
    return torch.tensor(wave(3 * 64 * 75, 1000).reshape(1, 3, 64, 75))


if __name__ == "__main__":
    out = {}
    with torch.no_grad():
        for name, run in [("squeezenet", squeezenet), ("darknet", darknet), ("retinaface", retinaface)]:
            y = run()
            out[name] = {"largest": y.abs().max().item(), "every": 8, "features": [float("%.8g" % v) for v in y.reshape(-1)[::8].tolist()]}
            print(name, tuple(y.shape), y.abs().max().item())
        out["cifar"] = {"resnet20": cifar(20, "resnet20-12fca82f.th", 200), "resnet56": cifar(56, "resnet56-4bfd9763.th", 50)}
        print(out["cifar"])
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "published_pictures.json"), "w") as file:
        json.dump(out, file, separators=(",", ":"))
