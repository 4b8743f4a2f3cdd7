"""Golden passes of networks on tokens, by PyTorch in double precision. Run: /usr/bin/python3 make_text.py

Transformers are written out from the published architectures, with the names of published state dictionaries. Values are given by a formula, so that they need
not be stored: value i of the k-th tensor of the state is sin(0.7 i + k) times a scale.
"""
import json
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

VOCABULARY, STEPS = 11, 6
tokens = torch.tensor([[2, 5, 7, 1, 10, 3], [2, 9, 3, 0, 0, 0], [4, 4, 8, 3, 0, 0]])
lengths = torch.tensor([6, 3, 4])
inside = torch.arange(STEPS)[None, :] < lengths[:, None]


class Attention(nn.Module):
    """Queries, keys and values of all heads; padding is not looked at."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads

    def attend(self, q, k, v):
        b, t, e = q.shape
        q, k, v = (x.view(b, t, self.heads, e // self.heads).transpose(1, 2) for x in (q, k, v))
        scores = q @ k.transpose(-1, -2) / math.sqrt(e // self.heads)
        scores = scores.masked_fill(~inside[:, None, None, :], float("-inf"))
        return (scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, e)


class BertSelf(Attention):
    def __init__(self, width, heads):
        super().__init__(width, heads)
        self.query, self.key, self.value = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        return self.attend(self.query(x), self.key(x), self.value(x))


class AddNorm(nn.Module):
    def __init__(self, wide, width):
        super().__init__()
        self.dense = nn.Linear(wide, width)
        self.LayerNorm = nn.LayerNorm(width, eps=1e-12)

    def forward(self, x, to):
        return self.LayerNorm(self.dense(x) + to)


class BertLayer(nn.Module):
    def __init__(self, width, heads, inner):
        super().__init__()
        self.attention = nn.ModuleDict({"self": BertSelf(width, heads), "output": AddNorm(width, width)})
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(width, inner)})
        self.output = AddNorm(inner, width)

    def forward(self, x):
        x = self.attention["output"](self.attention["self"](x), x)
        return self.output(F.gelu(self.intermediate["dense"](x)), x)


class Embeddings(nn.Module):
    def __init__(self, width, positions, segments):
        super().__init__()
        self.word_embeddings = nn.Embedding(VOCABULARY, width)
        self.position_embeddings = nn.Embedding(positions, width)
        if segments:
            self.token_type_embeddings = nn.Embedding(2, width)
        self.LayerNorm = nn.LayerNorm(width, eps=1e-12)
        self.segments = segments

    def forward(self, x):
        y = self.word_embeddings(x) + self.position_embeddings(torch.arange(x.shape[1]))[None]
        if self.segments:
            y = y + self.token_type_embeddings(torch.zeros_like(x))
        return self.LayerNorm(y)


class Bert(nn.Module):
    def __init__(self, width, depth, heads, inner, positions):
        super().__init__()
        self.embeddings = Embeddings(width, positions, True)
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList([BertLayer(width, heads, inner) for _ in range(depth)])})
        self.pooler = nn.ModuleDict({"dense": nn.Linear(width, width)})

    def forward(self, x):
        y = self.embeddings(x)
        for layer in self.encoder["layer"]:
            y = layer(y)
        return torch.tanh(self.pooler["dense"](y[:, 0]))


class DistilSelf(Attention):
    def __init__(self, width, heads):
        super().__init__(width, heads)
        self.q_lin, self.k_lin, self.v_lin, self.out_lin = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x):
        return self.out_lin(self.attend(self.q_lin(x), self.k_lin(x), self.v_lin(x)))


class DistilLayer(nn.Module):
    def __init__(self, width, heads, inner):
        super().__init__()
        self.attention = DistilSelf(width, heads)
        self.sa_layer_norm = nn.LayerNorm(width, eps=1e-12)
        self.ffn = nn.ModuleDict({"lin1": nn.Linear(width, inner), "lin2": nn.Linear(inner, width)})
        self.output_layer_norm = nn.LayerNorm(width, eps=1e-12)

    def forward(self, x):
        x = self.sa_layer_norm(self.attention(x) + x)
        return self.output_layer_norm(self.ffn["lin2"](F.gelu(self.ffn["lin1"](x))) + x)


class DistilBert(nn.Module):
    def __init__(self, width, depth, heads, inner, positions):
        super().__init__()
        self.embeddings = Embeddings(width, positions, False)
        self.transformer = nn.ModuleDict({"layer": nn.ModuleList([DistilLayer(width, heads, inner) for _ in range(depth)])})

    def forward(self, x):
        y = self.embeddings(x)
        for layer in self.transformer["layer"]:
            y = layer(y)
        return (y * inside[:, :, None]).sum(1) / lengths[:, None]


class TextCnn(nn.Module):
    def __init__(self, width, windows, maps):
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, width)
        self.windows = nn.ModuleList([nn.Conv2d(width, maps, (1, h)) for h in windows])
        self.sizes = windows

    def forward(self, x):
        rows = []
        for row, n in zip(x, lengths.tolist()):
            y = self.words(row[:n])
            features = []
            for conv, h in zip(self.windows, self.sizes):
                padded = F.pad(y, (0, 0, 0, max(0, h - n)))
                features.append(F.relu(conv(padded.t()[None, :, None, :])).amax((2, 3))[0])
            rows.append(torch.cat(features))
        return torch.stack(rows)


class Recurrent(nn.Module):
    def __init__(self, name, width, hidden, pooling):
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, width)
        cell = (nn.LSTM if name == "lstm" else nn.GRU)(width, hidden, batch_first=True, bidirectional=True)
        setattr(self, name, nn.ModuleList([cell]))
        self.name, self.pooling = name, pooling
        if pooling == "attention":
            self.attention = nn.ParameterDict({"context": nn.Parameter(torch.zeros(2 * hidden))})
            self.attention.projection = nn.Linear(2 * hidden, 2 * hidden)

    def forward(self, x):
        cell = getattr(self, self.name)[0]
        packed = nn.utils.rnn.pack_padded_sequence(self.words(x), lengths, batch_first=True, enforce_sorted=False)
        y, state = cell(packed)
        y, _ = nn.utils.rnn.pad_packed_sequence(y, batch_first=True, total_length=x.shape[1])
        if self.pooling == "last":
            h = state[0] if isinstance(state, tuple) else state
            return torch.cat([h[0], h[1]], 1)
        if self.pooling == "max":
            return y.masked_fill(~inside[:, :, None], float("-inf")).amax(1)
        if self.pooling == "mean":
            return y.sum(1) / lengths[:, None]
        u = torch.tanh(self.attention.projection(y)) @ self.attention["context"]
        a = u.masked_fill(~inside, float("-inf")).softmax(1)
        return (a[:, :, None] * y).sum(1)


def wave(shape, phase, scale):
    n = 1
    for s in shape:
        n *= s
    return (torch.sin(0.7 * torch.arange(n, dtype=torch.float64) + phase) * scale).float().double().reshape(shape)


def numbers(t):
    return [round(v, 9) for v in t.detach().reshape(-1).tolist()]


torch.set_default_dtype(torch.float64)
nets = {
    "bert": Bert(8, 2, 2, 12, 7),
    "distilbert": DistilBert(6, 2, 3, 10, 6),
    "text-cnn": TextCnn(4, [2, 3, 5], 3),
    "text-lstm": Recurrent("lstm", 5, 4, "attention"),
    "text-gru": Recurrent("gru", 5, 4, "max"),
    "text-lstm-last": Recurrent("lstm", 5, 4, "last"),
    "text-gru-mean": Recurrent("gru", 5, 4, "mean"),
}
out = {"tokens": tokens.reshape(-1).tolist(), "lengths": lengths.tolist(), "vocabulary": VOCABULARY, "nets": {}}
for name, net in nets.items():
    net = net.double()
    state = net.state_dict()
    for k, (key, value) in enumerate(state.items()):
        if value.dim() > 1:
            value.copy_(wave(value.shape, k, 0.6))
        elif key.endswith("norm.weight") or key.endswith("Norm.weight"):
            value.copy_(1 + wave(value.shape, k, 0.2))
        else:
            value.copy_(wave(value.shape, k, 0.3))
    y = net(tokens)
    (y * wave(y.shape, 0.5, 1)).sum().backward()
    out["nets"][name] = {
        "keys": list(state),
        "y": numbers(y),
        "gradients": {k: [p.grad.sum().item(), p.grad.abs().sum().item(), (p.grad * wave(p.shape, 1.5, 1)).sum().item()] for k, p in net.named_parameters()},
    }

with open("text.json", "w") as f:
    json.dump(out, f, separators=(",", ":"))
