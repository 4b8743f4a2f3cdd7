"""Exports networks of torchvision with random weights to ONNX, and what they give: FOLDER/NAME.onnx and FOLDER/torchvision.json.

Run with Debian's python3 (torch 1.13, torchvision 0.14): /usr/bin/python3 make_torchvision_onnx.py FOLDER
then GRAFT_TORCHVISION=FOLDER dotnet test ... --filter-class "*TorchvisionGraphTests"; torchvision_onnx.tsv holds what that said.

Weights are seeded; running statistics are those of a few random pictures, so that numbers keep their size in deep networks. The input is sin(0.37 i + 1).
Half of the files have an open batch, half one of 1; half keep batch normalization as an operator, half have it in the convolutions, as PyTorch exports by default.
"""
import json
import os
import sys

import torch
import torchvision.models as models

FOLDER = sys.argv[1]
NETS = {
    "alexnet": ({}, 224), "resnet18": ({}, 64), "squeezenet1_1": ({}, 64), "densenet121": ({}, 64),
    "googlenet": ({"aux_logits": False, "init_weights": True}, 64), "mobilenet_v2": ({}, 64), "mobilenet_v3_small": ({}, 64),
    "efficientnet_b0": ({}, 64), "shufflenet_v2_x0_5": ({}, 64), "mnasnet0_5": ({}, 64), "regnet_y_400mf": ({}, 64), "convnext_tiny": ({}, 64), "swin_t": ({}, 64),
}

os.makedirs(FOLDER, exist_ok=True)
torch.set_num_threads(1)
known = {}
for i, (name, (options, size)) in enumerate(NETS.items()):
    torch.manual_seed(i)
    net = getattr(models, name)(weights=None, **options)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 0.6
    net.train()
    with torch.no_grad():
        for _ in range(3):
            net(torch.randn(4, 3, size, size))
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 0.1
    net.eval()
    x = torch.sin(torch.arange(2 * 3 * size * size, dtype=torch.float64) * 0.37 + 1).float().reshape(2, 3, size, size)
    is_open, is_whole = i % 2 == 0, i % 4 < 2
    torch.onnx.export(
        net, x[:1], os.path.join(FOLDER, name + ".onnx"), opset_version=17 if i % 3 == 0 else 13, input_names=["x"], output_names=["y"],
        dynamic_axes={"x": {0: "n"}, "y": {0: "n"}} if is_open else None,
        training=torch.onnx.TrainingMode.PRESERVE if is_whole else torch.onnx.TrainingMode.EVAL)
    with torch.no_grad():
        y = net(x)
    known[name] = {"size": size, "y": [[float(f"{v:.7g}") for v in row] for row in y]}
    print(name, float(y.abs().max()), float(y.std()), sum(p.numel() for p in net.parameters()), flush=True)
with open(os.path.join(FOLDER, "torchvision.json"), "w") as f:
    json.dump(known, f)
