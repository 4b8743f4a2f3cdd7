"""Networks for texts and sequences: transformers, LSTM, convolutions over words."""
import torch
from torch import nn

from steps import Forward, Training, adam, adam_foreach, numbers, tokens, with_blas

VOCABULARY = 5000


class Embeddings(nn.Module):
    """Words, places and, as BERT has it, segments; normalized."""

    def __init__(self, places, width, segments):
        super().__init__()
        self.words, self.places = nn.Embedding(VOCABULARY, width), nn.Embedding(places, width)
        self.segments = nn.Embedding(2, width) if segments else None
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        place = self.places.weight[:x.shape[1]]
        if self.segments is not None:
            place = place + self.segments.weight[0]
        return self.norm(self.words(x) + place)


class Layer(nn.Module):
    """A layer of a transformer out of single operations, as the published models write it."""

    def __init__(self, width, heads, inner):
        super().__init__()
        self.heads, self.scale = heads, (width // heads) ** -0.5
        self.q, self.k, self.v, self.out = (nn.Linear(width, width) for _ in range(4))
        self.inner, self.outer = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x):
        rows, steps, width = x.shape

        def split(y):
            return y.view(rows, steps, self.heads, width // self.heads).transpose(1, 2)

        scores = split(self.q(x)) @ split(self.k(x)).transpose(2, 3) * self.scale
        attended = (scores.softmax(-1) @ split(self.v(x))).transpose(1, 2).reshape(rows, steps, width)
        x = self.norm1(x + self.out(attended))
        return self.norm2(x + self.outer(nn.functional.gelu(self.inner(x))))


class Transformer(nn.Module):
    """Embeddings, layers, the mean over all steps, and a linear head where there are classes."""

    def __init__(self, width, depth, heads, inner, places, segments, classes, own):
        super().__init__()
        self.embeddings = Embeddings(places, width, segments)
        if own:
            self.layers = nn.Sequential(*(Layer(width, heads, inner) for _ in range(depth)))
        else:
            self.layers = nn.TransformerEncoder(
                nn.TransformerEncoderLayer(width, heads, inner, dropout=0, activation="gelu", batch_first=True), depth)
        self.head = nn.Linear(width, classes) if classes else nn.Identity()

    def forward(self, x):
        return self.head(self.layers(self.embeddings(x)).mean(1))


class Recurrent(nn.Module):
    def __init__(self, features, hidden, classes):
        super().__init__()
        self.lstm, self.head = nn.LSTM(features, hidden, batch_first=True), nn.Linear(hidden, classes)

    def forward(self, x):
        return self.head(self.lstm(x)[1][0][-1])


class TextCnn(nn.Module):
    """Windows of 3, 4 and 5 words, 100 maps each, the greatest value of each over the text."""

    def __init__(self, width, maps, classes, flat):
        super().__init__()
        self.flat = flat
        self.words = nn.Embedding(VOCABULARY, width)
        if flat:
            self.windows = nn.ModuleList(nn.Conv1d(width, maps, size) for size in (3, 4, 5))
        else:
            self.windows = nn.ModuleList(nn.Conv2d(1, maps, (size, width)) for size in (3, 4, 5))
        self.dropout, self.head = nn.Dropout(0.5), nn.Linear(3 * maps, classes)

    def forward(self, x):
        x = self.words(x)
        x = x.transpose(1, 2) if self.flat else x.unsqueeze(1)
        y = [window(x).flatten(2).amax(2) for window in self.windows]
        return self.head(self.dropout(torch.cat(y, 1).relu()))


def training(model, batch):
    def case(optimizer=adam, **options):
        return lambda: Training(model(**options), batch(), 10, optimizer)

    return case


def encoder(own):
    return Transformer(128, 2, 2, 512, 64, False, 10, own)


def minilm(own):
    return Transformer(384, 6, 12, 1536, 512, True, 0, own)


def minilm_case(own, **settings):
    return lambda: Forward(minilm(own), tokens(8, 128, VOCABULARY), **settings)


encoder_case = training(encoder, lambda: tokens(32, 64, VOCABULARY))
lstm_case = training(lambda: Recurrent(128, 128, 10), lambda: numbers(32, 64, 128))
textcnn_case = training(lambda flat: TextCnn(100, 100, 10, flat), lambda: tokens(64, 64, VOCABULARY))

WORKLOADS = {
    "encoder-train": with_blas({"default": encoder_case(own=False), "own-layers": encoder_case(own=True)}),
    "minilm-forward": with_blas({
        "default": minilm_case(own=False), "own-layers": minilm_case(own=True), "optimized": minilm_case(own=True, optimized=True)}),
    "lstm-train": with_blas({"default": lstm_case()}),
    "textcnn-train": with_blas({"default": textcnn_case(flat=True), "pictures": textcnn_case(flat=False), "foreach": textcnn_case(adam_foreach, flat=True)}),
}
