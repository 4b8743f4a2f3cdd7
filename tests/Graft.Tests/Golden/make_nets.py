"""Golden forward and backward passes of small nets, by PyTorch in double precision. Run: /usr/bin/python3 make_nets.py"""
import json
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(11)


class Recurrent(nn.Module):
    """The last states of sequences of different lengths, and a linear layer on them."""

    def __init__(self, cell, bidirectional, layers):
        super().__init__()
        self.cell = cell(3, 5, num_layers=layers, batch_first=True, bidirectional=bidirectional)
        self.head = nn.Linear(5 * (2 if bidirectional else 1), 4)
        self.bidirectional = bidirectional

    def forward(self, x):
        packed = nn.utils.rnn.pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
        _, state = self.cell(packed)
        h = state[0] if isinstance(state, tuple) else state
        return self.head(torch.cat([h[-2], h[-1]], 1) if self.bidirectional else h[-1])


LENGTHS = torch.tensor([6, 2, 5, 1])
nets = {
    "cnn": (nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 12, 3, stride=2, bias=False), nn.BatchNorm2d(12), nn.ReLU(),
                          nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(12, 4)), (4, 3, 11, 9)),
    "cifar": (nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                            nn.Flatten(), nn.Linear(24, 7), nn.ReLU(), nn.Linear(7, 4)), (4, 1, 8, 8)),
    "mlp": (nn.Sequential(nn.Linear(6, 8), nn.LayerNorm(8), nn.GELU(), nn.Linear(8, 8), nn.BatchNorm1d(8), nn.SiLU(), nn.Linear(8, 5), nn.Tanh(), nn.Linear(5, 4)), (4, 6)),
    "up": (nn.Sequential(nn.ConvTranspose2d(2, 6, 3, stride=2, padding=1, output_padding=1), nn.GroupNorm(3, 6), nn.ELU(), nn.AvgPool2d(2),
                         nn.Conv2d(6, 6, 3, padding=1, groups=6), nn.LeakyReLU(0.1), nn.MaxPool2d(3, stride=2, padding=1), nn.Flatten(), nn.Linear(24, 4)), (4, 2, 3, 4)),
    "lstm": (Recurrent(nn.LSTM, False, 1), (4, 6, 3)),
    "lstm-both": (Recurrent(nn.LSTM, True, 2), (4, 6, 3)),
    "gru": (Recurrent(nn.GRU, True, 2), (4, 6, 3)),
}
classes = torch.tensor([2, 0, 3, 1])


def numbers(t):
    return [round(v, 9) for v in t.detach().double().reshape(-1).tolist()]


out = {"classes": classes.tolist(), "lengths": LENGTHS.tolist(), "nets": {}}
for name, (net, shape) in nets.items():
    net = net.float()
    for p in net.parameters():                      # single precision values, so that both sides start from the same numbers
        p.data = torch.round(torch.randn(p.shape) * 0.4 * 1000) / 1000
    first = {k: numbers(v) for k, v in net.state_dict().items() if "num_batches" not in k}
    shapes = {k: list(v.shape) for k, v in net.state_dict().items() if "num_batches" not in k}
    x = torch.round(torch.randn(shape) * 1000) / 1000
    net = net.double().train()
    xd = x.double().requires_grad_()
    output = net(xd)
    loss = F.cross_entropy(output, classes)
    loss.backward()
    buffers = {k: numbers(v) for k, v in net.named_buffers() if "num_batches" not in k}
    gradients = {k: numbers(p.grad) for k, p in net.named_parameters()}
    optimizer = torch.optim.SGD(net.parameters(), 0.1)
    optimizer.step()
    net.eval()
    out["nets"][name] = {"shape": list(shape), "x": numbers(x), "state": first, "shapes": shapes, "output": numbers(output), "loss": loss.item(),
                         "gradients": gradients, "dx": numbers(xd.grad), "buffers": buffers, "after": numbers(net(x.double()))}
json.dump(out, open("nets.json", "w"), separators=(",", ":"))
