"""Writes format-verdicts.tsv: what becomes of every file under formats/ and weights/ of the data folder given as the first argument.
One line a file: path, verdict, what, tensors, numbers, their sum, the sum of their magnitudes.
  read     what = the format; the figures are what PyTorch, h5py, NumPy, onnx and plain code find in it, not what Graft finds
  refused  what = a part of the message
  other    no file of weights, or of a format that is not read; what = which
Run: /usr/bin/python3 make_format_verdicts.py FOLDER (torch 1.13, h5py 3.7, onnx 1.12, numpy 1.24). It loads pickles: only for files that are known."""
import json
import os
import struct
import sys
import h5py
import numpy as np
import onnx
import onnx.numpy_helper
import torch

REFUSED = {
    "formats/burn_pt/broken.pt": "expected weights in one of the formats",
    "formats/npz_npy/numpy_py2-np0-objarr.npy": "expected numbers, got Python objects",
    "formats/npz_npy/numpy_py2-objarr.npy": "expected numbers, got Python objects",
    "formats/npz_npy/numpy_py2-objarr.npz": "expected numbers, got Python objects",
    "formats/npz_npy/numpy_py3-objarr.npy": "expected numbers, got Python objects",
    "formats/npz_npy/numpy_py3-objarr.npz": "expected numbers, got Python objects",
    "formats/pth_other/hf_trainer_rng_state.pth": "pickle: expected tensors and plain data, got 'numpy.",
    "formats/pth_other/hf_trainer_scheduler.pt": "torch: expected at least one tensor, got none",
}

OTHER = {".dat": "TorchSharp's own", ".png": "picture", ".jpg": "picture", ".txt": "text", ".md": "text", ".list": "text"}


def flat(path, value, out):
    if isinstance(value, torch.Tensor):
        out[path] = value.detach().to(torch.float32).double().numpy()
    elif isinstance(value, dict):
        for k, v in value.items():
            flat(f"{path}.{k}" if path else str(k), v, out)
    elif isinstance(value, (list, tuple)):
        for i, v in enumerate(value):
            flat(f"{path}.{i}" if path else str(i), v, out)


def of_torch(path):
    out = {}
    flat("", torch.load(path, map_location="cpu"), out)
    return out


def of_safetensors(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    types = {"F32": "f4", "F64": "f8", "F16": "f2", "I64": "i8", "I32": "i4", "U8": "u1", "I8": "i1", "BOOL": "u1"}
    header = json.loads(data[8:8 + n])
    return {k: np.frombuffer(data[8 + n + v["data_offsets"][0]:8 + n + v["data_offsets"][1]], types[v["dtype"]]) for k, v in header.items() if k != "__metadata__"}


def of_hdf5(path):
    out = {}
    with h5py.File(path, "r") as f:
        root = f["model_weights"] if "model_weights" in f else f
        if "layer_names" in root.attrs:
            for layer in root.attrs["layer_names"]:
                for name in root[layer].attrs.get("weight_names", []):
                    out[name] = root[layer][name][()]
            return "keras", out
        f.visititems(lambda n, o: out.update({n: o[()]}) if isinstance(o, h5py.Dataset) and o.dtype.kind in "biuf" else None)
    return "hdf5", out


def of_numpy(path):
    held = np.load(path, allow_pickle=False)
    return {k: held[k] for k in held.files} if hasattr(held, "files") else {"data": held}


def of_tfjs(path):
    out = {}
    for group in json.load(open(path))["weightsManifest"]:
        data = b"".join(open(os.path.join(os.path.dirname(path), p), "rb").read() for p in group["paths"])
        at = 0
        for weight in group["weights"]:
            assert weight["dtype"] == "float32" and "quantization" not in weight
            count = int(np.prod(weight["shape"]))
            out[weight["name"]] = np.frombuffer(data, "<f4", count, at)
            at += 4 * count
    return out


def of_onnx(path):
    return {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}


def of_tflite(path):
    data = open(path, "rb").read()

    def whole(at, form="I"):
        return struct.unpack_from("<" + form, data, at)[0]

    def field(table, i):
        fields = table - whole(table, "i")
        at = whole(fields + 4 + 2 * i, "H") if 4 + 2 * i < whole(fields, "H") else 0
        return table + at if at else None

    def there(table, i):
        at = field(table, i)
        return None if at is None else at + whole(at)

    def items(table, i):
        at = there(table, i)
        return [] if at is None else [at + 4 + 4 * k + whole(at + 4 + 4 * k) for k in range(whole(at))]

    def numbers(table, i, form):
        at = there(table, i)
        return np.zeros(0, form) if at is None else np.frombuffer(data, form, whole(at), at + 4)

    model, out = whole(0), {}
    buffers = items(model, 4)
    for tensor in items(items(model, 2)[0], 0):
        kind, buffer = (0 if field(tensor, i) is None else whole(field(tensor, i), form) for i, form in ((1, "b"), (2, "I")))
        held = numbers(buffers[buffer], 0, "u1")
        if len(held) == 0:
            continue
        x = held.view({0: "f4", 1: "f2", 2: "i4", 3: "u1", 9: "i1"}[kind]).astype(np.float64)
        steps = there(tensor, 4)
        scale = np.zeros(0) if steps is None else numbers(steps, 2, "f4")
        if len(scale):
            assert len(scale) == 1
            x = (x - numbers(steps, 3, "i8")[0]) * float(scale[0])
        out[numbers(tensor, 3, "u1").tobytes().decode()] = x
    return out


def look(path, name):
    """Format and arrays of a file, or None and what else it is."""
    kind = os.path.splitext(path)[1]
    if kind in (".pt", ".pth", ".th"):
        return "torch", of_torch(path)
    if kind == ".safetensors":
        return "safetensors", of_safetensors(path)
    if kind in (".h5", ".hdf5"):
        return of_hdf5(path)
    if kind in (".npy", ".npz"):
        return "numpy", of_numpy(path)
    if kind == ".onnx":
        return "onnx", of_onnx(path)
    if kind == ".tflite":
        return "tensorflow-lite", of_tflite(path)
    if os.path.basename(path) == "model.json":
        return "tensorflow-js", of_tfjs(path)
    if "shard" in name:
        return None, "bytes of a TensorFlow.js model"
    return None, "text" if kind == ".json" or os.path.basename(path).startswith("LICENSE") else OTHER[kind]


def main(folder):
    rows = []
    for part in ("formats", "weights"):
        for place, _, files in os.walk(os.path.join(folder, part)):
            for file in files:
                path = os.path.join(place, file)
                name = os.path.relpath(path, folder)
                if name in REFUSED:
                    rows.append((name, "refused", REFUSED[name], 0, 0, 0, 0))
                    continue
                form, held = look(path, name)
                if form is None:
                    rows.append((name, "other", held, 0, 0, 0, 0))
                    continue
                numbers, total, size = 0, 0.0, 0.0
                for array in held.values():
                    x = np.asarray(array).astype(np.float32).astype(np.float64).ravel()
                    numbers += x.size
                    x = x[np.isfinite(x) & (np.abs(x) < 1e30)]
                    total += x.sum()
                    size += np.abs(x).sum()
                rows.append((name, "read", form, len(held), numbers, f"{total:.9g}", f"{size:.9g}"))
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "format-verdicts.tsv"), "w") as out:
        for row in sorted(rows):
            out.write("\t".join(str(x) for x in row) + "\n")


main(sys.argv[1])
