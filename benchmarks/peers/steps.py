"""What all peers share: steps that learn, steps that only look, and batches.

A case is what is measured: an object with step(). A family of workloads is a dictionary: name -> setting -> function that makes the case. The first setting,
"default", is what a user writes; the others are what makes it faster. A setting that ends with "@skylakex" runs in a process that tells OpenBLAS to take
its kernels for AVX-512.
"""
import time

import torch
from torch import nn

SKYLAKEX = "@skylakex"


def numbers(*shape):
    """Uniform in [-1, 1), the second half as the first: with classes() as truth every row is of two classes, so that no training brings the loss to 0."""
    values = torch.rand(shape) * 2 - 1
    half = shape[0] // 2
    if half:
        values[shape[0] - half:] = values[:half]
    return values


def tokens(rows, length, vocabulary):
    return ((numbers(rows, length) + 1) / 2 * (vocabulary - 1)).long()


def classes(rows, count):
    return torch.arange(rows) % count


def adam(parameters):
    return torch.optim.Adam(parameters)


def adam_foreach(parameters):
    return torch.optim.Adam(parameters, foreach=True)


def sgd(parameters):
    return torch.optim.SGD(parameters, 0.001, momentum=0.9)


def sgd_foreach(parameters):
    return torch.optim.SGD(parameters, 0.001, momentum=0.9, foreach=True)


class Training:
    """Cross entropy, backward, one step of the optimizer."""

    def __init__(self, model, x, count, optimizer, channels_last=False):
        if channels_last:
            model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
        self.model, self.x, self.y = model.train(), x, classes(x.shape[0], count)
        self.optimizer = optimizer(model.parameters())

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(self.model(self.x), self.y).backward()
        self.optimizer.step()


class Forward:
    """What a trained network says of a batch."""

    def __init__(self, model, x, channels_last=False, optimized=False):
        model = model.eval()
        if channels_last:
            model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
        if optimized:
            with torch.no_grad():
                model = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, x)))
        self.model, self.x = model, x

    def step(self):
        with torch.no_grad():
            self.model(self.x)


def with_blas(settings):
    """The same settings, and each again with the other kernels of OpenBLAS."""
    return {**settings, **{name + SKYLAKEX: make for name, make in settings.items()}}


def slow_blas():
    """Says where products are those of the reference BLAS, which no one would compare with."""
    a = torch.rand(512, 512)
    a @ a
    start = time.process_time()
    for _ in range(3):
        a @ a
    return "" if (time.process_time() - start) / 3 < 0.03 else ", ITS BLAS IS SLOW: install libopenblas0-pthread"
