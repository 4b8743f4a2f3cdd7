"""Writes the NumPy files that NumpySourceTests reads. Run: /usr/bin/python3 make_numpy.py (numpy 1.24)."""
import os

import numpy as np

os.chdir(os.path.dirname(os.path.abspath(__file__)))
values = np.array([[0, 1, 2], [3, 100, 5]])
for kind in ("u1", "i1", "<u2", ">u2", "<i2", ">i2", "<u4", ">u4", "<i4", ">i4", "<u8", ">u8", "<i8", ">i8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"):
    np.save(f"{kind.replace('<', 'little-').replace('>', 'big-')}.npy", values.astype(kind))
np.save("bool.npy", np.array([[True], [False]]))
np.save("fortran.npy", np.asfortranarray(np.arange(24, dtype="<f4").reshape(2, 3, 4)))
np.save("fortran-pictures.npy", np.asfortranarray(np.arange(24, dtype="u1").reshape(2, 3, 4)))
np.save("vector.npy", np.array([1.5, np.nan]))
np.save("objects.npy", np.array([{}, None], dtype=object), allow_pickle=True)
np.save("table.npy", np.array([[7, 1, 2, 3, 4], [3, 5, 6, 7, 8]], "u1"))
np.save("labels.npy", np.array([4, 9]))
np.savez("pair.npz", x=values.astype("<f4"), y=np.array([5, 6], "<i4"))
np.savez_compressed("packed.npz", images=np.arange(24, dtype="u1").reshape(2, 2, 2, 3), labels=np.array([1, 0]), other=np.zeros(3))
