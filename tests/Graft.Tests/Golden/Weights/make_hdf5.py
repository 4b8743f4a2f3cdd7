"""Writes the HDF5 files that Hdf5FileTests and KerasFileTests read. Run: /usr/bin/python3 make_hdf5.py (h5py 3.7, numpy 1.24)."""
import os
import h5py
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))


def path(name):
    return os.path.join(here, name)


def numbers(*shape):
    return (np.arange(np.prod(shape)).reshape(shape) / 4 - 3).astype(np.float32)


def layouts(file):
    """Arrays of every kind that is read; the numbers of each are 0, 1/4, 1/2 ... less 3."""
    options = dict(track_times=False)
    file.create_dataset("plain", data=numbers(3, 4), **options)
    file.create_dataset("scalar", data=np.float64(2.5), **options)
    file.create_dataset("empty", data=np.zeros((0, 3), np.float32), **options)
    packed = file.create_group("packed")
    packed.create_dataset("bare", data=numbers(5, 7), chunks=(2, 3), **options)
    packed.create_dataset("deflate", data=numbers(5, 7), chunks=(2, 3), compression="gzip", **options)
    packed.create_dataset("shuffle", data=numbers(5, 7), chunks=(4, 4), compression="gzip", shuffle=True, **options)
    packed.create_dataset("fletcher", data=numbers(5, 7), chunks=(5, 7), compression="gzip", shuffle=True, fletcher32=True, **options)
    packed.create_dataset("cube", data=numbers(3, 4, 5), chunks=(2, 2, 2), fletcher32=True, **options)
    packed.create_dataset("many", data=numbers(40, 30), chunks=(1, 3), **options)
    holes = packed.create_dataset("holes", shape=(4, 4), dtype="f4", chunks=(2, 2), fillvalue=-1, **options)
    holes[0, 0] = 5
    types = file.create_group("floats")
    for kind in ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8"]:
        types.create_dataset(kind.replace("<", "little-").replace(">", "big-"), data=np.array([1.5, -2, 65504], dtype=kind), **options)
    types = file.create_group("integers")
    for kind in ["i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8"]:
        types.create_dataset(kind.replace("<", "little-").replace(">", "big-"), data=np.array([-1, 2, 127], dtype=kind), **options)
    types = file.create_group("naturals")
    for kind in ["u1", "<u2", ">u2", "<u4", ">u4", "<u8", ">u8"]:
        types.create_dataset(kind.replace("<", "little-").replace(">", "big-"), data=np.array([0, 2, 255], dtype=kind), **options)
    types = file.create_group("others")
    types.create_dataset("truths", data=np.array([True, False]), **options)
    types.create_dataset("texts", data=[b"not", b"read"], **options)
    types.create_dataset("compound", data=np.zeros(2, dtype=[("a", "f4"), ("b", "i4")]), **options)
    file.attrs["fixed"] = np.array([b"ab", b"cde"])
    file.attrs["long"] = "a text of any length"
    file.attrs["longs"] = ["x", "yz"]
    file.attrs["number"] = 7.0
    file["others"]["again"] = file["plain"]
    file["others"]["around"] = file


for name, version in [("layouts-old.h5", "earliest"), ("layouts-new.h5", "latest")]:
    with h5py.File(path(name), "w", libver=version) as f:
        layouts(f)
        if version == "latest":
            f["others"].create_dataset("single", data=numbers(3, 4), chunks=(3, 4), compression="gzip", track_times=False)

with h5py.File(path("small.h5"), "w") as f:
    f.create_dataset("a/plain", data=numbers(3, 4), track_times=False)
    f.create_dataset("a/packed", data=numbers(5, 7), chunks=(2, 3), compression="gzip", shuffle=True, fletcher32=True, track_times=False)
    f.attrs["long"] = "text"

with h5py.File(path("small-new.h5"), "w", libver="latest") as f:
    f.create_dataset("a/plain", data=numbers(3, 4), track_times=False)
    f.create_dataset("a/packed", data=numbers(5, 7), chunks=(2, 3), compression="gzip", shuffle=True, fletcher32=True, track_times=False)

with h5py.File(path("user-block.h5"), "w", userblock_size=1024) as f:
    f.create_dataset("plain", data=numbers(3, 4), track_times=False)

with h5py.File(path("lzf.h5"), "w") as f:
    f.create_dataset("packed", data=numbers(8, 8), compression="lzf", track_times=False)

with h5py.File(path("dense.h5"), "w", libver="latest") as f:
    for i in range(20):
        f.create_dataset(f"member{i}", data=numbers(2), track_times=False)


def layer(group, name, weights):
    """As keras.engine.saving.save_weights_to_hdf5_group of Keras 2 writes a layer."""
    g = group.create_group(name)
    g.attrs["weight_names"] = [w.encode() for w, _ in weights]
    for w, value in weights:
        g.create_dataset(w, data=value, track_times=False)


def model(group, prefix=True):
    names = ["input_1", "conv1", "flatten", "fc"]
    group.attrs["layer_names"] = [n.encode() for n in names]
    group.attrs["backend"] = b"tensorflow"
    group.attrs["keras_version"] = b"2.1.5"
    layer(group, "input_1", [])
    layer(group, "conv1", [("conv1/kernel:0" if prefix else "W", numbers(3, 3, 1, 2)), ("conv1/bias:0" if prefix else "b", numbers(2))])
    layer(group, "flatten", [])
    layer(group, "fc", [("fc/kernel:0" if prefix else "W", numbers(8, 3)), ("fc/bias:0" if prefix else "b", numbers(3))])


with h5py.File(path("keras-weights.h5"), "w") as f:
    model(f)

with h5py.File(path("keras-model.h5"), "w") as f:
    f.attrs["model_config"] = '{"class_name": "Sequential", "config": []}'
    f.attrs["keras_version"] = b"2.1.5"
    model(f.create_group("model_weights"))
    f.create_dataset("optimizer_weights/Adam/iterations:0", data=np.int64(7), track_times=False)

with h5py.File(path("keras-same-names.h5"), "w") as f:
    model(f, prefix=False)

with h5py.File(path("keras-split-names.h5"), "w") as f:
    model(f)
    f.attrs["layer_names0"] = f.attrs["layer_names"][:2]
    f.attrs["layer_names1"] = f.attrs["layer_names"][2:]
    del f.attrs["layer_names"]

with h5py.File(path("digits.h5"), "w") as f:
    for part, rows in [("train", 5), ("test", 3)]:
        g = f.create_group(part)
        g.create_dataset("data", data=numbers(rows, 4), chunks=(2, 4), compression="gzip", track_times=False)
        g.create_dataset("target", data=np.arange(rows, dtype=np.int32) % 2, track_times=False)
        g.create_dataset("pictures", data=np.arange(rows * 12, dtype=np.uint8).reshape(rows, 2, 2, 3), track_times=False)
        g.create_dataset("both", data=numbers(rows, 2), track_times=False)
