"""Writes the files of Keras 3 that Keras3FileTests reads, as keras.src.saving.saving_lib lays them out (no Keras is needed), and what the networks give: ../keras3.json.
Run: /usr/bin/python3 make_keras3.py (h5py 3.7, numpy 1.24, torch 1.13).

A .keras archive holds metadata.json, config.json and model.weights.h5, stored as they are. In the latter a layer's variables are layers/CLASS_N/vars/0, 1 ...: CLASS in snake case,
N counts the layers of the class from the second on. Newer versions write the layer's name as the attribute "name" of vars. Trainable variables come first.
The input is 0.5 + sin(0.37 i + 1) / 2 as [1, C, H, W]."""
import io
import json
import os
import zipfile

import h5py
import numpy as np
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
STAMP = (2024, 1, 1, 0, 0, 0)


def values(seed, *shape):
    return (np.random.default_rng(seed).standard_normal(shape) * 0.4).astype(np.float32)


def h5(layers, names=True, container="layers", optimizer=True):
    """layers: (path, name, arrays); arrays may be empty, as for layers without weights."""
    data = io.BytesIO()
    with h5py.File(data, "w") as f:
        def add(path, name, arrays):
            group = f.create_group(f"{path}/vars" if path else "vars")
            if names and name:
                group.attrs["name"] = name
            for i, a in enumerate(arrays):
                group.create_dataset(str(i), data=a, track_times=False)
        add("", "model", [])
        for path, name, arrays in layers:
            add(f"{container}/{path}", name, arrays)
        if optimizer:
            add("optimizer", "adam", [np.int64(7), np.float32(0.001)])
    return data.getvalue()


def archive(path, config, weights, version):
    with zipfile.ZipFile(os.path.join(HERE, path), "w") as z:
        metadata = {"keras_version": version, "date_saved": "2024-01-01@00:00:00"}
        for name, content in [("metadata.json", json.dumps(metadata).encode()), ("config.json", json.dumps(config).encode()), ("model.weights.h5", weights)]:
            z.writestr(zipfile.ZipInfo(name, STAMP), content)


def policy():
    return {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}


def layer(kind, name, config, inputs=None, shape=None):
    made = {"module": "keras.layers", "class_name": kind, "config": dict({"name": name, "trainable": True, "dtype": policy()}, **config), "registered_name": None}
    if kind == "InputLayer":
        made["config"]["dtype"] = "float32"
        made["config"]["sparse"] = False
    if shape:
        made["build_config"] = {"input_shape": shape}
    if inputs is not None:
        made["name"] = name
        tensors = [{"class_name": "__keras_tensor__", "config": {"shape": [None, 4, 4, 3], "dtype": "float32", "keras_history": [n, 0, 0]}} for n in inputs]
        made["inbound_nodes"] = [{"args": tensors if len(tensors) == 1 else [tensors], "kwargs": {"training": False} if kind == "BatchNormalization" else {}}] if inputs else []
    return made


def conv(name, filters, kernel, strides=1, padding="same", activation="linear", use_bias=True):
    return dict(filters=filters, kernel_size=[kernel, kernel], strides=[strides, strides], padding=padding, data_format="channels_last", dilation_rate=[1, 1], groups=1,
                activation=activation, use_bias=use_bias)


# A functional network with a branch: two convolutions, one without bias, batch normalization with and without its scale, a depthwise and a separable one.
NORM = dict(axis=-1, momentum=0.99, epsilon=0.001, center=True, scale=True)
functional = {
    "module": "keras.src.models.functional", "class_name": "Functional", "registered_name": "Functional", "build_config": {"input_shape": None}, "compile_config": {"optimizer": "adam"},
    "config": {
        "name": "branched", "trainable": True,
        "layers": [
            layer("InputLayer", "picture", {"batch_shape": [None, 8, 8, 3]}, []),
            layer("Conv2D", "stem", conv("stem", 4, 3, 2, activation="relu"), ["picture"], [None, 8, 8, 3]),
            layer("BatchNormalization", "stem_norm", NORM, ["stem"]),
            layer("Conv2D", "side", conv("side", 4, 1, use_bias=False), ["stem_norm"]),
            layer("BatchNormalization", "side_norm", dict(NORM, scale=False), ["side"]),
            layer("ReLU", "side_relu", dict(max_value=6.0, negative_slope=0.0, threshold=0.0), ["side_norm"]),
            layer("DepthwiseConv2D", "deep", dict(conv("deep", 0, 3), depth_multiplier=1), ["stem_norm"]),
            layer("Add", "sum", {}, ["side_relu", "deep"]),
            layer("SeparableConv2D", "split", dict(conv("split", 5, 3, padding="valid"), depth_multiplier=2), ["sum"]),
            layer("Flatten", "flat", {"data_format": "channels_last"}, ["split"]),
            layer("Dropout", "drop", {"rate": 0.25, "seed": None, "noise_shape": None}, ["flat"]),
            layer("Dense", "answer", dict(units=3, activation="softmax", use_bias=True), ["drop"]),
        ],
        "input_layers": [["picture", 0, 0]], "output_layers": [["answer", 0, 0]],
    },
}
# A single input and a single output stand without a list around them.
functional["config"]["input_layers"], functional["config"]["output_layers"] = ["picture", 0, 0], ["answer", 0, 0]
arrays = {
    "stem": [values(1, 3, 3, 3, 4), values(2, 4)], "stem_norm": [values(3, 4), values(4, 4), values(5, 4), np.abs(values(6, 4)) + 0.5],
    "side": [values(7, 1, 1, 4, 4)], "side_norm": [values(8, 4), values(9, 4), np.abs(values(10, 4)) + 0.5],
    "deep": [values(11, 3, 3, 4, 1), values(12, 4)], "split": [values(13, 3, 3, 4, 2), values(14, 1, 1, 8, 5), values(15, 5)], "answer": [values(16, 20, 3), values(17, 3)],
}
stored = [
    ("conv2d", "stem"), ("batch_normalization", "stem_norm"), ("conv2d_1", "side"), ("batch_normalization_1", "side_norm"), ("re_lu", "side_relu"), ("depthwise_conv2d", "deep"),
    ("separable_conv2d", "split"), ("flatten", "flat"), ("dropout", "drop"), ("dense", "answer"), ("input_layer", "picture"),
]
weights = [(path, name, arrays.get(name, [])) for path, name in stored]
weights.append(("dropout/seed_generator", "seed_generator", [np.array([0, 7], np.uint32)]))
archive("keras3-functional.keras", functional, h5(weights), "3.9.0")
with open(os.path.join(HERE, "keras3.weights.h5"), "wb") as f:
    f.write(h5(weights, optimizer=False))
with open(os.path.join(HERE, "keras3-unnamed.weights.h5"), "wb") as f:
    f.write(h5([("lstm/cell", "cell", [values(1, 3, 8), values(2, 2, 8), values(3, 8)]), ("sequential/layers/dense", "inner", [values(4, 2, 2), values(5, 2)]),
                ("my_layer", "mine", [values(6, 2)]), ("dense", "outer", [values(7, 2, 2)])], names=False))


def norm(x, w, scale=True):
    gamma, beta, mean, variance = w if scale else [np.ones(4, np.float32), *w]
    return F.batch_norm(x, torch.from_numpy(mean), torch.from_numpy(variance), torch.from_numpy(gamma), torch.from_numpy(beta), False, 0, 1e-3)


def window(a, *axes):
    return torch.from_numpy(a).permute(*axes).contiguous()


def picture(channels, height, width):
    return (0.5 + torch.sin(torch.arange(channels * height * width, dtype=torch.float64) * 0.37 + 1) / 2).float().reshape(1, channels, height, width)


x = picture(3, 8, 8)
t = {k: [torch.from_numpy(a) for a in v] for k, v in arrays.items()}
y = F.relu(F.conv2d(F.pad(x, (0, 1, 0, 1)), window(arrays["stem"][0], 3, 2, 0, 1), t["stem"][1], 2))
y = norm(y, arrays["stem_norm"])
side = torch.clip(norm(F.conv2d(y, window(arrays["side"][0], 3, 2, 0, 1)), arrays["side_norm"], scale=False), 0, 6)
deep = F.conv2d(y, window(arrays["deep"][0], 2, 3, 0, 1).reshape(4, 1, 3, 3), t["deep"][1], padding=1, groups=4)
y = F.conv2d(side + deep, window(arrays["split"][0], 2, 3, 0, 1).reshape(8, 1, 3, 3), groups=4)
y = F.conv2d(y, window(arrays["split"][1], 3, 2, 0, 1), t["split"][2])
y = y.permute(0, 2, 3, 1).flatten(1) @ t["answer"][0] + t["answer"][1]
known = {"keras3-functional.keras": F.softmax(y, 1)[0].tolist()}

# A plain chain of Keras 2.13: the description as Keras 2 had it, layers with weights counted twice.
chain = {
    "module": "keras", "class_name": "Sequential", "registered_name": None, "build_config": {"input_shape": [None, 6, 6, 1]},
    "config": {"name": "chain", "layers": [
        {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_input_shape": [None, 6, 6, 1], "dtype": "float32", "name": "in"}, "registered_name": None},
        layer("Conv2D", "first", dict(conv("first", 2, 3, padding="valid", activation="relu"), dtype="float32")),
        layer("Conv2D", "second", dict(conv("second", 2, 3, padding="valid", activation="tanh"), dtype="float32")),
        layer("GlobalAveragePooling2D", "pool", {"data_format": "channels_last", "keepdims": False, "dtype": "float32"}),
        layer("Dense", "answer", dict(units=2, activation="linear", use_bias=True, dtype="float32")),
    ]},
}
first, second, dense = [values(21, 3, 3, 1, 2), values(22, 2)], [values(23, 3, 3, 2, 2), values(24, 2)], [values(25, 2, 2), values(26, 2)]
old = h5([("conv2d", "", first), ("conv2d_2", "", second), ("global_average_pooling2d", "", []), ("dense", "", dense)], names=False, container="_layer_checkpoint_dependencies")
archive("keras2-chain.keras", chain, old, "2.13.1")
y = F.relu(F.conv2d(picture(1, 6, 6), window(first[0], 3, 2, 0, 1), torch.from_numpy(first[1])))
y = torch.tanh(F.conv2d(y, window(second[0], 3, 2, 0, 1), torch.from_numpy(second[1]))).mean((2, 3))
known["keras2-chain.keras"] = (y @ torch.from_numpy(dense[0]) + torch.from_numpy(dense[1]))[0].tolist()

# Words in both directions, then a model within the model and a layer for each step before it; two classes called alike in the outer and the inner model.
cell = dict(units=2, activation="tanh", recurrent_activation="sigmoid", use_bias=True, return_sequences=True, return_state=False, go_backwards=False, stateful=False)
inner = {"module": "keras", "class_name": "Sequential", "registered_name": None, "config": {"name": "inside", "trainable": True, "layers": [
    layer("InputLayer", "inner_in", {"batch_shape": [None, 3]}),
    layer("Dense", "one", dict(units=4, activation="relu", use_bias=True)),
    layer("Dense", "two", dict(units=2, activation="linear", use_bias=False)),
]}}
words = {"module": "keras", "class_name": "Sequential", "registered_name": None, "config": {"name": "words", "layers": [
    layer("InputLayer", "tokens", {"batch_shape": [None, 5]}),
    layer("Embedding", "table", dict(input_dim=7, output_dim=3, mask_zero=False)),
    layer("Bidirectional", "both", {"merge_mode": "concat", "layer": layer("LSTM", "reads", cell), "backward_layer": layer("LSTM", "reads_back", dict(cell, go_backwards=True))}),
    layer("TimeDistributed", "each", {"layer": layer("Dense", "narrow", dict(units=3, activation="linear", use_bias=True))}),
    layer("GlobalAveragePooling1D", "mean", {"data_format": "channels_last", "keepdims": False}),
    inner,
    layer("Dense", "last", dict(units=2, activation="linear", use_bias=True)),
]}}
w = {"table": [values(31, 7, 3)], "forth": [values(32, 3, 8), values(33, 2, 8), values(34, 8)], "back": [values(35, 3, 8), values(36, 2, 8), values(37, 8)],
     "narrow": [values(38, 4, 3), values(39, 3)], "one": [values(40, 3, 4), values(41, 4)], "two": [values(42, 4, 2)], "last": [values(43, 2, 2), values(44, 2)]}
archive("keras3-words.keras", words, h5([
    ("embedding", "table", w["table"]), ("bidirectional", "both", []), ("bidirectional/forward_layer", "forward_reads", []), ("bidirectional/forward_layer/cell", "lstm_cell", w["forth"]),
    ("bidirectional/backward_layer", "backward_reads", []), ("bidirectional/backward_layer/cell", "lstm_cell", w["back"]), ("time_distributed", "each", []),
    ("time_distributed/layer", "narrow", w["narrow"]), ("sequential", "inside", []), ("sequential/layers/dense", "one", w["one"]), ("sequential/layers/dense_1", "two", w["two"]),
    ("dense", "last", w["last"])]), "3.3.3")
t = {k: [torch.from_numpy(a) for a in v] for k, v in w.items()}
lstm = torch.nn.LSTM(3, 2, batch_first=True, bidirectional=True)
with torch.no_grad():
    for name, way in [("", "forth"), ("_reverse", "back")]:
        getattr(lstm, "weight_ih_l0" + name).copy_(t[way][0].T)
        getattr(lstm, "weight_hh_l0" + name).copy_(t[way][1].T)
        getattr(lstm, "bias_ih_l0" + name).copy_(t[way][2])
        getattr(lstm, "bias_hh_l0" + name).zero_()
    y = lstm(t["table"][0][torch.tensor([[3, 0, 6, 1, 3]])])[0]
    y = (y @ t["narrow"][0] + t["narrow"][1]).mean(1)
    y = F.relu(y @ t["one"][0] + t["one"][1]) @ t["two"][0]
    known["keras3-words.keras"] = (y @ t["last"][0] + t["last"][1])[0].tolist()

with open(os.path.join(os.path.dirname(HERE), "keras3.json"), "w") as f:
    json.dump({k: [float(f"{v:.7g}") for v in vs] for k, vs in known.items()}, f)
    f.write("\n")
