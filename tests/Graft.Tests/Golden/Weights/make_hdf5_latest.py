"""Writes the HDF5 files of the newest form that Hdf5LatestTests reads: dense groups and attributes, every index of chunks, LZF.
Run: /usr/bin/python3 make_hdf5_latest.py (h5py 3.7, HDF5 1.10, numpy 1.24). The numbers of an array are 0, 1/4, 1/2 ... less 3, or 0, 1, 2 ... of 251 as bytes."""
import os
import h5py
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))


def create(name, **options):
    return h5py.File(os.path.join(here, name), "w", libver="latest", **options)


def numbers(*shape):
    return (np.arange(np.prod(shape)).reshape(shape) / 4 - 3).astype(np.float32)


def small(*shape):
    return (np.arange(np.prod(shape)).reshape(shape) % 251).astype(np.uint8)


def dataset(group, name, data, **options):
    return group.create_dataset(name, data=data, track_times=False, **options)


# Links and attributes in heaps; so many that the trees have two levels and the heaps a table; one attribute too large for a heap's block.
with create("dense-many.h5") as f:
    dataset(f, "plain", numbers(3, 4))
    many = f.create_group("many")
    for i in range(300):
        many[f"link{(7 * i) % 300}"] = f["plain"]
    for i in range(120):
        many.attrs[f"note{i}"] = f"text {i}"
    many.attrs["large"] = np.array([f"name{i:05}".encode() for i in range(600)])
    ordered = f.create_group("ordered", track_order=True)
    for i in range(12):
        ordered[f"member{11 - i}"] = f["plain"]
        ordered.attrs[f"note{11 - i}"] = float(i)

with create("dense-small.h5", track_order=True) as f:
    for i in range(10):
        f.attrs[f"note{i}"] = f"text {i}"
    dataset(f, "plain", numbers(3, 4))
    for i in range(9):
        f[f"link{9 - i}"] = f["plain"]

# One axis without end: a list that grows. 300 chunks fill the index block, the blocks it names, and one of a table.
with create("extensible.h5") as f:
    dataset(f, "row", small(300), chunks=(1,), maxshape=(None,))
    dataset(f, "columns", numbers(5, 30), chunks=(2, 3), maxshape=(9, None))
    dataset(f, "rows", numbers(30, 5), chunks=(3, 2), maxshape=(None, 11))
    dataset(f, "packed", numbers(40, 3), chunks=(2, 3), maxshape=(None, 3), compression="gzip", shuffle=True)
    cut = dataset(f, "cut", numbers(6, 8), chunks=(2, 2), maxshape=(None, 8))
    cut.resize((5, 3))
    grown = dataset(f, "grown", numbers(2, 3), chunks=(1, 2), maxshape=(None, 3), fillvalue=-1)
    grown.resize((9, 3))

# Two axes without end: a tree of version 2, of one level and of two.
with create("record-trees.h5") as f:
    dataset(f, "few", numbers(5, 7), chunks=(2, 3), maxshape=(None, None))
    dataset(f, "many", small(12, 10), chunks=(1, 1), maxshape=(None, None))
    dataset(f, "packed", numbers(6, 4, 5), chunks=(2, 3, 2), maxshape=(None, 4, None), compression="lzf", shuffle=True, fletcher32=True)
    cut = dataset(f, "cut", numbers(6, 8), chunks=(2, 2), maxshape=(None, None))
    cut.resize((5, 3))

# Lists of a fixed length, also longer than the array is, and in pages of which one was never written; chunks one after the other.
with create("lists.h5") as f:
    dataset(f, "larger", numbers(5, 7), chunks=(2, 3), maxshape=(8, 20))
    dataset(f, "packed", numbers(5, 7), chunks=(2, 3), maxshape=(8, 20), compression="lzf")
    paged = f.create_dataset("paged", shape=(2500,), dtype="u1", chunks=(1,), fillvalue=9, track_times=False)
    paged[2100:2110] = small(10)
    kind = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    kind.set_chunk((2, 3))
    kind.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    kind.set_obj_track_times(False)
    space = h5py.h5s.create_simple((5, 7), (8, 20))
    h5py.Dataset(h5py.h5d.create(f.id, b"following", h5py.h5t.IEEE_F32LE, space, kind))[...] = numbers(5, 7)

with create("lzf-small.h5") as f:
    runs = np.repeat(numbers(8), 40).reshape(16, 20)
    dataset(f, "runs", runs, chunks=(16, 20), compression="lzf")
    dataset(f, "steps", numbers(16, 20), chunks=(4, 20), compression="lzf", shuffle=True, fletcher32=True)
    dataset(f, "noise", np.random.default_rng(1).integers(0, 256, 100, dtype=np.uint8), chunks=(50,), compression="lzf")
