"""Small transformers for texts as ONNX files, as PyTorch exports BERT and DistilBERT, and what they give: onnx_bert.onnx, onnx_distil.onnx, onnx_two.onnx, bert_onnx.json.

Run with Debian's python3 (torch 1.13): /usr/bin/python3 make_bert_onnx.py
Weights are seeded. Tokens are (7 i + 3) mod 40, not 0; behind the end of a row they are 0. Outputs are for three rows of 9, 4 and 6 tokens.
"""
import json
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
WIDTH, HEADS, WORDS, PLACES = 16, 2, 40, 24


class Layer(nn.Module):
    def __init__(self, fills):
        super().__init__()
        self.fills = fills
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(3 * WIDTH, WIDTH)
        self.drop = nn.Dropout(0.1)

    def heads(self, x):
        return x.view(x.size(0), -1, HEADS, WIDTH // HEADS).permute(0, 2, 1, 3)

    def forward(self, x, mask):
        scores = torch.matmul(self.heads(self.query(x)), self.heads(self.key(x)).transpose(-1, -2)) / (WIDTH // HEADS) ** 0.5
        if self.fills:
            closed = (mask == 0).view(x.size(0), 1, 1, x.size(1)).expand_as(scores)
            scores = scores.masked_fill(closed, torch.tensor(torch.finfo(scores.dtype).min))
        else:
            scores = scores + mask
        y = torch.matmul(self.drop(F.softmax(scores, dim=-1)), self.heads(self.value(x))).permute(0, 2, 1, 3).contiguous()
        x = self.norm1(x + self.drop(self.out(y.view(x.size(0), x.size(1), WIDTH))))
        return self.norm2(x + self.drop(self.down(F.gelu(self.up(x)))))


class Embeddings(nn.Module):
    def __init__(self, has_kinds):
        super().__init__()
        self.word_embeddings = nn.Embedding(WORDS, WIDTH, padding_idx=0)
        self.position_embeddings = nn.Embedding(PLACES, WIDTH)
        if has_kinds:
            self.token_type_embeddings = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.register_buffer("position_ids", torch.arange(PLACES).expand((1, -1)))

    def forward(self, ids, kinds=None):
        x = self.word_embeddings(ids)
        if kinds is not None:
            x = x + self.token_type_embeddings(kinds)
        return self.norm(x + self.position_embeddings(self.position_ids[:, : ids.size(1)]))


class Bert(nn.Module):
    """Masks are added; the first token goes through a pooler."""

    def __init__(self):
        super().__init__()
        self.embeddings = Embeddings(True)
        self.layer = nn.ModuleList([Layer(False), Layer(False)])
        self.pooler = nn.Linear(WIDTH, WIDTH)
        self.classifier = nn.Linear(WIDTH, 3)

    def forward(self, input_ids, attention_mask, token_type_ids):
        x = self.embeddings(input_ids, token_type_ids)
        mask = (1.0 - attention_mask[:, None, None, :].to(x.dtype)) * torch.finfo(x.dtype).min
        for layer in self.layer:
            x = layer(x, mask)
        return self.classifier(torch.tanh(self.pooler(x[:, 0])))


class Distil(nn.Module):
    """Masks fill; what all tokens say is averaged."""

    def __init__(self):
        super().__init__()
        self.embeddings = Embeddings(False)
        self.layer = nn.ModuleList([Layer(True), Layer(True)])
        self.classifier = nn.Linear(WIDTH, 3)

    def forward(self, input_ids, attention_mask):
        x = self.embeddings(input_ids)
        for layer in self.layer:
            x = layer(x, attention_mask)
        open_ = attention_mask.unsqueeze(-1).expand(x.size()).float()
        return self.classifier((x * open_).sum(1) / torch.clamp(open_.sum(1), min=1e-9))


class Two(nn.Module):
    """Two inputs of which nothing is known."""

    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(4, 3), nn.Linear(2, 3)

    def forward(self, left, right):
        return torch.tanh(self.left(left)) * self.right(right)


torch.manual_seed(3)
known = {}
lengths = [9, 4, 6]
ids = torch.tensor([[(7 * (9 * r + t) + 3) % 39 + 1 if t < n else 0 for t in range(9)] for r, n in enumerate(lengths)])
mask = torch.tensor([[int(t < n) for t in range(9)] for n in lengths])
for name, net, args in [("bert", Bert(), (ids, mask, torch.zeros_like(ids))), ("distil", Distil(), (ids, mask))]:
    net.eval()
    names = ["input_ids", "attention_mask", "token_type_ids"][: len(args)]
    torch.onnx.export(
        net, args, os.path.join(HERE, f"onnx_{name}.onnx"), opset_version=14, input_names=names, output_names=["logits"],
        dynamic_axes={**{n: {0: "batch", 1: "sequence"} for n in names}, "logits": {0: "batch"}})
    with torch.no_grad():
        known[name] = {"lengths": lengths, "ids": ids.tolist(), "y": [[round(float(v), 7) for v in row] for row in net(*args)]}
two = Two()
left, right = torch.sin(torch.arange(8.0) * 0.37 + 1).view(2, 4), torch.sin(torch.arange(4.0) * 0.37 + 2).view(2, 2)
torch.onnx.export(two, (left, right), os.path.join(HERE, "onnx_two.onnx"), opset_version=13, input_names=["left", "right"], dynamic_axes={"left": {0: "n"}, "right": {0: "n"}})
known["two"] = {"y": [[round(float(v), 7) for v in row] for row in two(left, right)]}
with open(os.path.join(HERE, "bert_onnx.json"), "w") as f:
    json.dump(known, f)
    f.write("\n")
