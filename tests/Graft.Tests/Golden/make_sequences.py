"""Recurrent networks and enlarged pictures as ONNX files, as PyTorch exports them, and as Keras files, written with h5py; what they give: onnx_*.onnx, keras_*.h5, sequences.json.

Run with Debian's python3 (torch 1.13, h5py): /usr/bin/python3 make_sequences.py
Weights are seeded; numbers that go in are sin(0.37 i + 1), tokens (7 i + 3) mod 11; where zeros are hidden (7 i + 3) mod 10 + 1, and 0 behind the end of rows of 6, 3 and 4. Outputs are for three rows, also where the file was made for a batch of one. What Keras models give is
computed in numpy from the formulas of its documentation; of CuDNN's layers the weights are first brought into the layout of the others, as Keras does when it loads them.
"""
import json
import os

import h5py
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))


class Stacked(nn.Module):
    """Two LSTM layers in both directions."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 5, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(10, 4)

    def forward(self, x):
        y, (h, c) = self.lstm(x)
        return self.head(y[:, -1] + torch.cat([h[-2], c[-1]], dim=1))


class Gated(nn.Module):
    """A GRU in both directions; what it says of every step is averaged."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(3, 5, bidirectional=True)
        self.start = nn.Parameter(torch.randn(2, 1, 5))
        self.head = nn.Linear(10, 4)

    def forward(self, x):
        y, h = self.gru(x.transpose(0, 1), self.start.expand(-1, x.shape[0], -1).contiguous())
        return self.head(y.mean(dim=0)) + h[0, :, :4]


class Plain(nn.Module):
    """Plain recurrent units, backwards too."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(3, 6, nonlinearity="relu", batch_first=True, bidirectional=True)
        self.tanh = nn.RNN(12, 4, batch_first=True)

    def forward(self, x):
        return self.tanh(self.rnn(x)[0])[1][0]


class Words(nn.Module):
    """Tokens, vectors, an LSTM."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 4)
        self.lstm = nn.LSTM(4, 6, batch_first=True)
        self.head = nn.Linear(6, 4)

    def forward(self, x):
        return self.head(self.lstm(self.embedding(x))[1][0][0])


class Enlarged(nn.Module):
    """All ways to change the size of pictures."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        x = self.conv(x)
        a = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        b = F.interpolate(x, size=(12, 10), mode="bilinear", align_corners=True)
        c = F.interpolate(x, size=(3, 5), mode="bilinear", align_corners=False)
        d = F.interpolate(x, size=(9, 4), mode="nearest")
        e = F.interpolate(x, scale_factor=1.5, mode="bilinear", align_corners=False, recompute_scale_factor=False)
        f = F.interpolate(x.flatten(2), scale_factor=2.0, mode="linear", align_corners=False)
        g = F.interpolate(x, scale_factor=3.0, mode="nearest")
        spread = lambda v: (v * torch.linspace(-1, 1, v.shape[-1])).mean(dim=(2, 3)) + v.amax(dim=(2, 3))
        return torch.cat([spread(v) for v in (a, b, c, d, e, g)] + [f.amax(dim=2)], dim=1)


def export():
    torch.manual_seed(11)
    known = {}
    cases = [
        ("lstm", Stacked(), (6, 3), 13, True, True),
        ("lstm_baked", Stacked(), (6, 3), 13, False, True),
        ("lstm_learned", Stacked(), (6, 3), 14, True, False),
        ("gru", Gated(), (6, 3), 17, True, True),
        ("rnn", Plain(), (6, 3), 13, True, True),
        ("words", Words(), (6,), 13, True, True),
        ("enlarged", Enlarged(), (3, 6, 6), 13, True, True),
        ("enlarged_old", Enlarged(), (3, 6, 6), 11, True, True),
    ]
    for name, net, sizes, opset, is_dynamic, folds in cases:
        net.eval()
        count = int(np.prod(sizes))
        i = torch.arange(3 * count, dtype=torch.float64)
        x = ((7 * i + 3) % 11).long() if len(sizes) == 1 else torch.sin(i * 0.37 + 1).float()
        x = x.reshape(3, *sizes)
        torch.onnx.export(
            net, x[:1], os.path.join(HERE, f"onnx_{name}.onnx"), opset_version=opset, input_names=["x"], output_names=["y"], do_constant_folding=folds,
            dynamic_axes={"x": {0: "n"}, "y": {0: "n"}} if is_dynamic else None,
            training=torch.onnx.TrainingMode.EVAL if folds else torch.onnx.TrainingMode.PRESERVE)
        with torch.no_grad():
            known[name] = {"file": f"onnx_{name}.onnx", "sizes": sizes, "y": [[round(float(v), 7) for v in row] for row in net(x)]}
    return known


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


FUNCTIONS = {
    "tanh": np.tanh, "sigmoid": sigmoid, "relu": lambda x: np.maximum(x, 0), "linear": lambda x: x, "hard_sigmoid": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "softmax": lambda x: np.exp(x - x.max(-1, keepdims=True)) / np.exp(x - x.max(-1, keepdims=True)).sum(-1, keepdims=True),
}


def recurrent(kind, c, w, x, mask=None):
    """One direction; gates of an LSTM are i, f, c, o, those of a GRU z, r, h. A step that is hidden leaves everything as it was."""
    kernel, state, bias = (w + [None])[:3]
    units, after = c["units"], c.get("reset_after", False)
    gates = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}[kind.replace("CuDNN", "")]
    if kind.startswith("CuDNN"):
        after = True
        kernel = np.hstack([k.T.reshape(k.shape, order="F") for k in np.hsplit(kernel, gates)])
        state = np.hstack([k.T for k in np.hsplit(state, gates)])
        bias = bias.reshape(2, -1) if kind == "CuDNNGRU" else np.sum(np.split(bias, 2), axis=0)
    bias = np.zeros(gates * units) if bias is None else bias
    act, gate = FUNCTIONS[c.get("activation", "tanh")], FUNCTIONS[c.get("recurrent_activation", "sigmoid")]
    h, cell, shown = np.zeros((len(x), units)), np.zeros((len(x), units)), []
    for t in reversed(range(x.shape[1])) if c.get("go_backwards") else range(x.shape[1]):
        before, kept = h, cell
        if gates == 4:
            i, f, g, o = np.hsplit(x[:, t] @ kernel + h @ state + bias, 4)
            cell = gate(f) * cell + gate(i) * act(g)
            h = gate(o) * act(cell)
        elif gates == 3:
            one, two = bias if bias.ndim == 2 else (bias, np.zeros_like(bias))
            z, r, n = np.hsplit(x[:, t] @ kernel + one, 3)
            uz, ur, un = np.hsplit(state, 3)
            bz, br, bn = np.split(two, 3)
            z, r = gate(z + h @ uz + bz), gate(r + h @ ur + br)
            n = act(n + r * (h @ un + bn)) if after else act(n + (r * h) @ un)
            h = z * h + (1 - z) * n
        else:
            h = act(x[:, t] @ kernel + h @ state + bias)
        if mask is not None:
            h, cell = np.where(mask[:, t : t + 1], h, before), np.where(mask[:, t : t + 1], cell, kept)
        shown.append(h)
    return np.stack(shown, axis=1) if c.get("return_sequences") else h


def run(layer, x, weights, mask=None):
    kind, c = layer["class_name"], layer["config"]
    w = weights.get(c["name"], [])
    if kind in ("Functional", "Sequential"):
        return forward(layer, x, weights)
    if kind == "Bidirectional":
        inner, half = c["layer"], len(w) // 2
        forth = recurrent(inner["class_name"], inner["config"], w[:half], x, mask)
        back = recurrent(inner["class_name"], dict(inner["config"], go_backwards=True), w[half:], x, mask)
        back = back[:, ::-1] if inner["config"].get("return_sequences") else back
        return {"concat": lambda: np.concatenate([forth, back], axis=-1), "sum": lambda: forth + back, "ave": lambda: (forth + back) / 2, "mul": lambda: forth * back}[c["merge_mode"]]()
    if kind.endswith(("LSTM", "GRU", "RNN")):
        return recurrent(kind, c, w, x, mask)
    if kind == "Conv2D":
        y = F.conv2d(torch.from_numpy(x.transpose(0, 3, 1, 2)), torch.from_numpy(w[0].transpose(3, 2, 0, 1)), torch.from_numpy(w[1])).numpy().transpose(0, 2, 3, 1)
        return FUNCTIONS[c["activation"]](y)
    if kind == "UpSampling2D":
        y = F.interpolate(torch.from_numpy(x.transpose(0, 3, 1, 2)), scale_factor=tuple(map(float, c["size"])), mode="bilinear", align_corners=False)
        return y.numpy().transpose(0, 2, 3, 1)
    if kind == "Conv1D":
        left = (c["kernel_size"][0] - 1) // 2 if c["padding"] == "same" else 0
        right = c["kernel_size"][0] - 1 - left if c["padding"] == "same" else 0
        y = F.conv1d(F.pad(torch.from_numpy(x.transpose(0, 2, 1).copy()), (left, right)), torch.from_numpy(w[0].transpose(2, 1, 0).copy()), torch.from_numpy(w[1]))
        return FUNCTIONS[c["activation"]](y.numpy().transpose(0, 2, 1))
    return {
        "MaxPooling1D": lambda: x.reshape(len(x), -1, c["pool_size"][0], x.shape[-1]).max(axis=2),
        "GlobalAveragePooling1D": lambda: (x * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True),
        "Embedding": lambda: w[0][x.astype(int)],
        "Dense": lambda: FUNCTIONS[c["activation"]](x @ w[0] + w[1]),
        "TimeDistributed": lambda: FUNCTIONS[c["layer"]["config"]["activation"]](x @ w[0] + w[1]) if kind == "TimeDistributed" else None,
        "GlobalMaxPooling2D": lambda: x.max(axis=(1, 2)),
        "GlobalMaxPooling1D": lambda: x.max(axis=1),
        "Add": lambda: sum(x),
        "Concatenate": lambda: np.concatenate(x, axis=-1),
    }[kind]()


def forward(model, x, weights):
    values, last = {}, x
    mask = x > 0 if any(l["config"].get("mask_zero") for l in model["config"]["layers"]) else None
    for layer in model["config"]["layers"]:
        if layer["class_name"] == "InputLayer":
            values[layer["config"]["name"], 0] = x
            continue
        if "inbound_nodes" not in layer:
            last = run(layer, last, weights, mask)
        for call, node in enumerate(layer.get("inbound_nodes", [])):
            xs = [values[n[0], n[1]] for n in node]
            values[layer["config"]["name"], call] = last = run(layer, xs if layer["class_name"] in ("Add", "Concatenate") else xs[0], weights, mask)
    return last


def sizes_of(layer, x, rng):
    """Weights of a layer, by their names, for its input."""
    kind, c = layer["class_name"], layer["config"]
    name, features = c["name"], x
    draw = lambda *s: (rng.standard_normal(s) * 0.5).astype(np.float32)
    if kind == "Bidirectional":
        inner = c["layer"]
        parts = [sizes_of(dict(inner, config=dict(inner["config"], name=f"{name}/{way}_{inner['config']['name']}")), x, rng) for way in ("forward", "backward")]
        return parts[0] + parts[1]
    if kind.endswith(("LSTM", "GRU", "RNN")):
        units = c["units"]
        wide = units * {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}[kind.replace("CuDNN", "")]
        bias = draw(2 * wide) if kind.startswith("CuDNN") else draw(2, wide) if c.get("reset_after") else draw(wide)
        return [(f"{name}/kernel:0", draw(features, wide)), (f"{name}/recurrent_kernel:0", draw(units, wide))] + ([(f"{name}/bias:0", bias)] if c.get("use_bias", True) else [])
    if kind == "Embedding":
        return [(f"{name}/embeddings:0", draw(c["input_dim"], c["output_dim"]))]
    if kind in ("Conv1D", "Conv2D"):
        return [(f"{name}/kernel:0", draw(*c["kernel_size"], features, c["filters"])), (f"{name}/bias:0", draw(c["filters"]))]
    return [(f"{name}/kernel:0", draw(features, c.get("units") or c["layer"]["config"]["units"])), (f"{name}/bias:0", draw(c.get("units") or c["layer"]["config"]["units"]))]


def layer(kind, name, inbound=None, **config):
    made = {"class_name": kind, "config": dict(config, name=name)}
    return made if inbound is None else dict(made, name=name, inbound_nodes=[[[n, call, 0, {}] for n, call in node] for node in inbound])


def sequential(name, layers):
    return {"class_name": "Sequential", "config": {"name": name, "layers": layers}}


def functional(name, layers, inputs, output, **more):
    return {"class_name": "Functional", "config": {"name": name, "layers": layers, "input_layers": [[i, 0, 0] for i in inputs], "output_layers": [[output, 0, 0]]}, **more}


def base(name):
    """A base without its top, as files of transfer learning hold it."""
    return functional(name, [
        layer("InputLayer", "pixels", [], batch_input_shape=[None, 6, 6, 3], dtype="float32"),
        layer("Conv2D", "first", [[("pixels", 0)]], filters=4, kernel_size=[3, 3], strides=[1, 1], padding="valid", activation="relu", use_bias=True),
        layer("UpSampling2D", "larger", [[("first", 0)]], size=[2, 3], interpolation="bilinear"),
        layer("GlobalMaxPooling2D", "top", [[("larger", 0)]]),
    ], ["pixels"], "top")


def models():
    lstm = {"class_name": "LSTM", "config": dict(name="lstm", units=5, activation="tanh", recurrent_activation="sigmoid", return_sequences=True)}
    gru = {"class_name": "GRU", "config": dict(name="gru", units=3, activation="tanh", recurrent_activation="sigmoid", reset_after=True, return_sequences=False)}
    yield "words", (6,), sequential("words", [
        layer("InputLayer", "tokens", batch_input_shape=[None, None], dtype="int32"),
        layer("Embedding", "embedding", input_dim=11, output_dim=4, mask_zero=False),
        layer("Bidirectional", "both", layer=lstm, merge_mode="concat"),
        layer("Bidirectional", "mixed", layer=gru, merge_mode="sum"),
        layer("Dense", "head", units=4, activation="softmax"),
    ]), {"embedding": 0, "both": 4, "mixed": 10, "head": 3}
    yield "gates", (6, 3), sequential("gates", [
        layer("GRU", "early", units=5, activation="tanh", recurrent_activation="hard_sigmoid", reset_after=False, return_sequences=True, batch_input_shape=[None, 6, 3]),
        layer("LSTM", "hard", units=4, activation="tanh", recurrent_activation="hard_sigmoid", return_sequences=True, use_bias=False),
        layer("SimpleRNN", "plain", units=6, activation="tanh", return_sequences=True),
        layer("TimeDistributed", "each", layer={"class_name": "Dense", "config": dict(name="inner", units=5, activation="relu")}),
        layer("GRU", "back", units=4, activation="tanh", recurrent_activation="sigmoid", reset_after=False, return_sequences=False, go_backwards=True),
    ]), {"early": 3, "hard": 5, "plain": 4, "each": 6, "back": 5}
    yield "cudnn", (6, 3), functional("cudnn", [
        layer("InputLayer", "steps", [], batch_input_shape=[None, 6, 3], dtype="float32"),
        layer("CuDNNLSTM", "fast", [[("steps", 0)]], units=5, return_sequences=True),
        layer("CuDNNGRU", "faster", [[("fast", 0)]], units=4, return_sequences=True),
        layer("Concatenate", "joined", [[("fast", 0), ("faster", 0)]], axis=-1),
        layer("GlobalMaxPooling1D", "most", [[("joined", 0)]]),
    ], ["steps"], "most"), {"fast": 3, "faster": 5}
    yield "masked", (6,), functional("masked", [
        layer("InputLayer", "tokens", [], batch_input_shape=[None, None], dtype="int64"),
        layer("Embedding", "embedding", [[("tokens", 0)]], input_dim=11, output_dim=4, mask_zero=True),
        layer("Bidirectional", "both", [[("embedding", 0)]], layer=lstm, merge_mode="concat"),
        layer("TimeDistributed", "each", [[("both", 0)]], layer={"class_name": "Dense", "config": dict(name="inner", units=5, activation="tanh")}),
        layer("GRU", "last", [[("each", 0)]], units=4, activation="tanh", recurrent_activation="sigmoid", reset_after=False, return_sequences=False),
        layer("GlobalAveragePooling1D", "mean", [[("each", 0)]]),
        layer("Concatenate", "joined", [[("last", 0), ("mean", 0)]], axis=-1),
    ], ["tokens"], "joined"), {"embedding": 0, "both": 4, "each": 10, "last": 5}
    yield "windows", (6,), sequential("windows", [
        layer("InputLayer", "tokens", batch_input_shape=[None, 6], dtype="int32"),
        layer("Embedding", "embedding", input_dim=11, output_dim=4),
        layer("Conv1D", "wide", filters=5, kernel_size=[4], strides=[1], padding="same", activation="tanh", use_bias=True),
        layer("MaxPooling1D", "pool", pool_size=[2], strides=[2], padding="valid"),
        layer("Conv1D", "narrow", filters=4, kernel_size=[2], strides=[1], padding="valid", activation="linear", use_bias=True),
        layer("GlobalMaxPooling1D", "most"),
    ]), {"embedding": 0, "wide": 4, "narrow": 5}
    yield "nested", (3, 6, 6), sequential("nested", [
        base("base"),
        layer("Dense", "head", units=4, activation="softmax"),
    ]), {"base": {"first": 3}, "head": 4}
    yield "twice", (3, 6, 6), functional("twice", [
        layer("InputLayer", "picture", [], batch_input_shape=[None, 6, 6, 3], dtype="float32"),
        layer("Conv2D", "same", [[("picture", 0)]], filters=3, kernel_size=[1, 1], strides=[1, 1], padding="valid", activation="tanh", use_bias=True),
        dict(base("shared"), name="shared", inbound_nodes=[[["picture", 0, 0, {}]], [["same", 0, 0, {}]]]),
        dict(sequential("small", [layer("Dense", "head", units=4, activation="relu")]), name="small", inbound_nodes=[[["shared", 1, 0, {}]]]),
        layer("Add", "sum", [[("shared", 0), ("small", 0)]]),
        layer("Dense", "head", [[("sum", 0)]], units=3, activation="linear"),
    ], ["picture"], "head"), {"same": 3, "shared": {"first": 3}, "small": {"small/head": 4}, "head": 4}


def write_keras():
    known = {}
    for name, sizes, model, features in models():
        rng = np.random.default_rng(5)
        count = int(np.prod(sizes))
        i = np.arange(3 * count, dtype=np.float64)
        x = ((7 * i + 3) % 11 if len(sizes) == 1 else np.sin(i * 0.37 + 1)).reshape(3, *sizes)
        if name == "masked":
            x = ((7 * i + 3) % 10 + 1).reshape(3, 6) * (np.arange(6)[None] < np.array([[6], [3], [4]]))
        weights, groups = {}, {}
        for top in model["config"]["layers"]:
            config = top["config"]
            inner = features.get(config["name"])
            if isinstance(inner, dict):
                drawn = []
                for path, size in inner.items():
                    own = next(l for l in config["layers"] if l["config"]["name"] == path.split("/")[-1])
                    made = sizes_of(dict(own, config=dict(own["config"], name=path)), size, rng)
                    weights[config["name"], path.split("/")[-1]] = [a for _, a in made]
                    drawn += made
                groups[config["name"]] = drawn
            elif inner is not None:
                groups[config["name"]] = sizes_of(top, inner, rng)
                weights[config["name"]] = [a for _, a in groups[config["name"]]]
            else:
                groups[config["name"]] = []

        class Known(dict):
            """Weights of a layer by its name; those of inner models by their own."""

            def get(self, key, otherwise=None):
                return super().get(key) or next((w for k, w in self.items() if isinstance(k, tuple) and k[1] == key), otherwise)

        if name == "twice":
            # Two layers are called head: the inner one is run by itself.
            plain = Known({k: [w.astype(np.float64) for w in v] for k, v in weights.items() if k != ("small", "head")})
            picture = x.transpose(0, 2, 3, 1)
            layers = {l["config"]["name"]: l for l in model["config"]["layers"]}
            first = forward(layers["shared"], picture, plain)
            second = forward(layers["shared"], run(layers["same"], picture, {"same": [w.astype(np.float64) for w in weights["same"]]}), plain)
            kernel, bias = weights["small", "head"]
            y = (first + np.maximum(second @ kernel + bias, 0)) @ weights["head"][0] + weights["head"][1]
        else:
            y = forward(model, x.transpose(0, 2, 3, 1) if len(sizes) == 3 else x, Known({k: [w.astype(np.float64) for w in v] for k, v in weights.items()}))
        with h5py.File(os.path.join(HERE, f"keras_{name}.h5"), "w", libver="earliest") as f:
            f.attrs["model_config"] = json.dumps(model).encode()
            f.attrs["keras_version"] = b"2.4.0"
            f.attrs["backend"] = b"tensorflow"
            group = f.create_group("model_weights")
            group.attrs["layer_names"] = [n.encode() for n in groups]
            for layer_name, own in groups.items():
                part = group.create_group(layer_name)
                part.attrs["weight_names"] = [n.encode() for n, _ in own]
                for n, a in own:
                    part.create_dataset(n, data=a)
        known["keras_" + name] = {"file": f"keras_{name}.h5", "sizes": sizes, "y": [[round(float(v), 7) for v in row] for row in np.asarray(y)]}
    return known


with open(os.path.join(HERE, "sequences.json"), "w") as out:
    json.dump({**export(), **write_keras()}, out)
    out.write("\n")
