"""Training steps of several tasks in PyTorch: equal weights, and weights from the Gramian of per-task gradients.

Started by Graft.Benchmarks with the number of threads as argument. Reads lines "model tasks mode steps" and answers each with
milliseconds a step; sleeps in between, so that both sides can be measured in turns. Mode "exact": one autograd.grad call a task
over the shared parameters, flattened rows, their Gramian, weights of inverse norm (the solver is not what is compared), one
combination of the rows; heads follow their own task.
"""
import sys
import time

import torch
from torch import nn

from steps import slow_blas

THREADS = int(sys.argv[1])
torch.set_num_threads(THREADS)
torch.manual_seed(1)


def trunk_of(model):
    if model == "mlp-20-64-64":
        return nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU()), 64, 1, (32, 20)
    if model == "mlp-100-512-512":
        return nn.Sequential(nn.Linear(100, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU()), 512, 1, (256, 100)
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 8 * 8, 128), nn.ReLU()), 128, 10, (128, 3, 32, 32)


class Case:
    def __init__(self, model, tasks, mode):
        self.trunk, features, outputs, shape = trunk_of(model)
        self.heads = [nn.Linear(features, outputs) for _ in range(tasks)]
        self.x = torch.rand(shape) * 2 - 1
        picture = len(shape) == 4
        if picture:
            # The layout in which its convolutions are fastest.
            self.trunk = self.trunk.to(memory_format=torch.channels_last)
            self.x = self.x.to(memory_format=torch.channels_last)
            self.targets = [(torch.arange(shape[0]) + k) % 10 for k in range(tasks)]
            self.loss = nn.functional.cross_entropy
        else:
            self.targets = [torch.rand(shape[0], 1) * 2 - 1 for _ in range(tasks)]
            self.loss = nn.functional.mse_loss
        self.shared = list(self.trunk.parameters())
        self.own = [list(h.parameters()) for h in self.heads]
        everything = self.shared + [p for own in self.own for p in own]
        self.optimizer = torch.optim.SGD(everything, 0.001, momentum=0.9) if picture else torch.optim.Adam(everything)
        self.exact = mode == "exact"

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        features = self.trunk(self.x)
        losses = [self.loss(h(features), t) for h, t in zip(self.heads, self.targets)]
        if not self.exact:
            sum(losses).backward()
        else:
            rows = []
            count = len(self.shared)
            for k, loss in enumerate(losses):
                grads = torch.autograd.grad(loss, self.shared + self.own[k], retain_graph=k + 1 < len(losses))
                rows.append(torch.cat([g.reshape(-1) for g in grads[:count]]))
                for p, g in zip(self.own[k], grads[count:]):
                    p.grad = g
            jacobian = torch.stack(rows)
            gramian = jacobian @ jacobian.T
            weights = 1 / (gramian.diagonal().sqrt() + 1e-12)
            direction = weights @ jacobian
            at = 0
            for p in self.shared:
                p.grad = direction[at:at + p.numel()].view_as(p)
                at += p.numel()
        self.optimizer.step()


def main():
    cases = {}
    print("ready torch %s, %d threads%s" % (torch.__version__, THREADS, slow_blas()), flush=True)
    for line in sys.stdin:
        model, tasks, mode, steps = line.split()
        key = (model, tasks, mode)
        if key not in cases:
            cases = {k: c for k, c in cases.items() if k[:2] == key[:2]}  # the modes of one model at a time
            cases[key] = Case(model, int(tasks), mode)
            cases[key].step()
            cases[key].step()
        case = cases[key]
        start = time.perf_counter()
        for _ in range(int(steps)):
            case.step()
        print("%.6f" % ((time.perf_counter() - start) / int(steps) * 1e3), flush=True)


main()
