"""Networks for pictures: those of torchvision, and a small one."""
import torchvision
from torch import nn

from steps import Forward, Training, numbers, sgd, sgd_foreach


def small(inplace):
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(inplace), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(inplace), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 8 * 8, 128), nn.ReLU(inplace), nn.Linear(128, 10))


def vgg16_features():
    return nn.Sequential(torchvision.models.vgg16().features, nn.Flatten())


def training(model, rows, classes):
    size = 224 if classes == 1000 else 32

    def case(optimizer=sgd, channels_last=False):
        return lambda: Training(model(), numbers(rows, 3, size, size), classes, optimizer, channels_last)

    return {"default": case(), "channels_last": case(channels_last=True), "channels_last+foreach": case(sgd_foreach, True)}


def forward(model, rows):
    def case(**settings):
        return lambda: Forward(model(), numbers(rows, 3, 224, 224), **settings)

    return {
        "default": case(), "channels_last": case(channels_last=True), "optimized": case(optimized=True),
        "optimized+channels_last": case(channels_last=True, optimized=True),
    }


def cifar():
    settings = training(lambda: small(False), 128, 10)
    settings["channels_last+inplace"] = lambda: Training(small(True), numbers(128, 3, 32, 32), 10, sgd, True)
    return settings


WORKLOADS = {
    "cifar-cnn": cifar(),
    "resnet18-train": training(torchvision.models.resnet18, 16, 1000),
    "resnet18-forward-b16": forward(torchvision.models.resnet18, 16),
    "resnet18-forward-b1": forward(torchvision.models.resnet18, 1),
    "vgg16-features": forward(vgg16_features, 4),
    "mobilenetv2-forward": forward(torchvision.models.mobilenet_v2, 16),
    "mobilenetv2-forward-b1": forward(torchvision.models.mobilenet_v2, 1),
    "mobilenetv2-train": training(torchvision.models.mobilenet_v2, 16, 1000),
}
