"""Writes the MATLAB files that MatSourceTests reads. Run: /usr/bin/python3 make_mat.py (scipy 1.10, numpy 1.24)."""
import os
import numpy as np
import scipy.io as sio
import scipy.sparse as sp

here = os.path.dirname(os.path.abspath(__file__))


def cells(*values):
    array = np.empty((1, len(values)), dtype=object)
    for i, value in enumerate(values):
        array[0, i] = value
    return array


def write(name, packed, **variables):
    sio.savemat(os.path.join(here, name), variables, do_compression=packed)


x = np.array([[1.5, -2, 3], [4, 5, 6e10]])
for packed in (False, True):
    suffix = "-packed" if packed else ""
    write(f"dense{suffix}.mat", packed, X=x, Y=np.array([[7.0], [8.0]]), note="a text", s={"a": 1.0}, z=np.array([[1j]]))
    write(f"types{suffix}.mat", packed, u1=np.array([[1, 255], [3, 4]], np.uint8), i1=np.array([[-1, 2], [-128, 4]], np.int8),
          u2=np.array([[65535], [2]], np.uint16), i2=np.array([[-32768], [2]], np.int16), u4=np.array([[4000000000], [2]], np.uint32),
          i4=np.array([[-5], [2]], np.int32), i8=np.array([[-(2 ** 40)], [2]], np.int64), f4=np.array([[0.25], [2]], np.float32),
          b=np.array([[True], [False]]))
    write(f"cells{suffix}.mat", packed, X=cells(x, x[:1] * 2, np.zeros((0, 3))), Y=cells(np.array([[1.0], [2.0]]), np.array([[3.0]]), np.zeros((0, 1))))
    fea = sp.csc_matrix(np.array([[0, 0, 1.0, 0], [2.0, 0, 0, 0], [0, 0, 0, 0]]))
    write(f"sparse{suffix}.mat", packed, fea=fea, gnd=np.array([[1.0], [2.0], [1.0]]), names=np.array([["cat"], ["dog"], ["cat"]], dtype=object))
