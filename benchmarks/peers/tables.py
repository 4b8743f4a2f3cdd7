"""Perceptrons, a head on cached features, tasks that are balanced, products alone."""
import random

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from steps import Training, adam, classes, numbers, with_blas


def perceptron(features, hidden, count):
    return nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, count))


def mlp(features, hidden, count, rows):
    return with_blas({"default": lambda: Training(perceptron(features, hidden, count), numbers(rows, features), count, adam)})


class Head:
    """An epoch of shuffled batches: from a DataLoader, or by indexing with a permutation."""

    def __init__(self, indexed, rows=5000, features=512, count=10, batch=128):
        self.indexed, self.batch = indexed, batch
        self.x, self.y = numbers(rows, features), classes(rows, count)
        self.loader = DataLoader(TensorDataset(self.x, self.y), batch_size=batch, shuffle=True)
        self.head = nn.Linear(features, count)
        self.optimizer = adam(self.head.parameters())

    def batches(self):
        if not self.indexed:
            return self.loader
        order = torch.randperm(len(self.x)).split(self.batch)
        return ((self.x[rows], self.y[rows]) for rows in order)

    def step(self):
        for x, y in self.batches():
            self.optimizer.zero_grad(set_to_none=True)
            nn.functional.cross_entropy(self.head(x), y).backward()
            self.optimizer.step()


class Balanced:
    """PCGrad (Yu et al., NeurIPS 2020): each task's gradient of the shared parameters loses what points against the others', taken in random order; the mean is
    followed. With the Gramian the same is computed on coefficients of the rows, and the rows are combined once."""

    def __init__(self, gramian, tasks=8, rows=256):
        self.gramian = gramian
        self.trunk = nn.Sequential(nn.Linear(100, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU())
        self.heads = [nn.Linear(512, 1) for _ in range(tasks)]
        self.x, self.y = numbers(rows, 100), [torch.rand(rows, 1) * 2 - 1 for _ in range(tasks)]
        self.shared = list(self.trunk.parameters())
        self.own = [list(head.parameters()) for head in self.heads]
        self.optimizer = torch.optim.Adam(self.shared + [p for own in self.own for p in own])

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        features = self.trunk(self.x)
        rows = []
        for k, (head, y) in enumerate(zip(self.heads, self.y)):
            loss = nn.functional.mse_loss(head(features), y)
            gradients = torch.autograd.grad(loss, self.shared + self.own[k], retain_graph=k + 1 < len(self.heads))
            rows.append(torch.cat([g.reshape(-1) for g in gradients[:len(self.shared)]]))
            for parameter, gradient in zip(self.own[k], gradients[len(self.shared):]):
                parameter.grad = gradient
        direction = self.combined(torch.stack(rows)) if self.gramian else self.projected(rows)
        at = 0
        for parameter in self.shared:
            parameter.grad = direction[at:at + parameter.numel()].view_as(parameter)
            at += parameter.numel()
        self.optimizer.step()

    @staticmethod
    def others(k, tasks):
        order = [j for j in range(tasks) if j != k]
        random.shuffle(order)
        return order

    def projected(self, rows):
        result = []
        for k, row in enumerate(rows):
            row = row.clone()
            for j in self.others(k, len(rows)):
                inner = torch.dot(row, rows[j])
                if inner < 0:
                    row -= inner / rows[j].square().sum() * rows[j]
            result.append(row)
        return torch.stack(result).mean(0)

    def combined(self, rows):
        gram = (rows @ rows.T).double().numpy()
        tasks = len(rows)
        weights = [0.0] * tasks
        for k in range(tasks):
            own = [float(j == k) for j in range(tasks)]
            for j in self.others(k, tasks):
                inner = sum(own[i] * gram[i, j] for i in range(tasks))
                if inner < 0:
                    own[j] -= inner / gram[j, j]
            weights = [a + b / tasks for a, b in zip(weights, own)]
        return torch.tensor(weights, dtype=torch.float32) @ rows


class Product:
    def __init__(self, size):
        self.a, self.b = numbers(size, size), numbers(size, size)

    def step(self):
        self.a @ self.b


def product(size):
    return with_blas({"default": lambda: Product(size)})


WORKLOADS = {
    "mlp": mlp(20, 64, 3, 32),
    "mlp-wide": mlp(100, 512, 10, 256),
    "frozen-head": with_blas({"default": lambda: Head(False), "indexed": lambda: Head(True)}),
    "balancer-k8": with_blas({"default": lambda: Balanced(False), "gramian": lambda: Balanced(True)}),
    **{"gemm-%d" % size: product(size) for size in (64, 128, 256, 512, 1024, 2048)},
}
