"""Writes four small models of TensorFlow Lite and what comes out of them in floating point numbers, tensorflow_lite.json.
  tensorflow_lite_u8.tflite   bytes with one scale a tensor: Conv2D, DepthwiseConv2D, Add, AveragePool2D, Reshape, FullyConnected, Softmax
  tensorflow_lite_i8.tflite   signed bytes with a scale a channel: Pad, Conv2D, MaxPool2D, Logistic, Tanh, Concatenation, Mul, Mean, FullyConnected
  tensorflow_lite_f16.tflite  rows of a table with weights of half precision: Dequantize, FullyConnected, Sub, Relu6, and an operator of a maker's own at the end
  tensorflow_lite_f32.tflite  what looks at the order of axes: Transpose, PadV2, Concatenation of rows, Sum over channels, FullyConnected of sequences, ExpandDims, Mean, Squeeze, Div
The expected numbers are computed by PyTorch from the arrays that went in, not from the files.
Run: /usr/bin/python3 make_tensorflow_lite.py (torch 1.13, numpy 1.24)."""
import json
import os
import struct
import numpy as np
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = {"f4": 0, "f2": 1, "i4": 2, "u1": 3, "i1": 9}
CODES = {"ADD": 0, "DIV": 42, "EXPAND_DIMS": 70, "LEAKY_RELU": 98, "MAXIMUM": 55, "PADV2": 60, "SQUEEZE": 43, "SUM": 74, "TRANSPOSE": 39, "AVERAGE_POOL_2D": 1, "CONCATENATION": 2, "CONV_2D": 3, "DEPTHWISE_CONV_2D": 4, "DEQUANTIZE": 6, "FULLY_CONNECTED": 9, "LOGISTIC": 14, "MAX_POOL_2D": 17, "MUL": 18,
         "RELU6": 21, "RESHAPE": 22, "SOFTMAX": 25, "TANH": 28, "CUSTOM": 32, "PAD": 34, "MEAN": 40, "SUB": 41}


class Table:
    """A table of FlatBuffers: fields by number, each (format of struct, value), a Table, a Vector, or None."""
    def __init__(self, *fields):
        self.fields = fields


class Vector:
    """A list: of tables, or numbers of a format; a text is one of bytes with a zero behind."""
    def __init__(self, form, items, align=4, zero=False):
        self.form, self.items, self.align, self.zero = form, items, align, zero


def text(value):
    return Vector("B", list(value.encode()), zero=True)


def write(root):
    """The bytes: the root first, what it leads to behind it."""
    out = bytearray(b"\0\0\0\0TFL3")
    open_ends = [(0, root)]
    while open_ends:
        place, thing = open_ends.pop(0)
        if isinstance(thing, Table):
            widths = [0 if f is None else 4 if isinstance(f, (Table, Vector)) else struct.calcsize(f[0]) for f in thing.fields]
            order = sorted((i for i, w in enumerate(widths) if w), key=lambda i: -widths[i])
            offsets, at = [0] * len(widths), 4
            if order and widths[order[0]] == 8:
                at = 8
            for i in order:
                offsets[i] = at
                at += widths[i]
            fields = struct.pack(f"<HH{len(offsets)}H", 4 + 2 * len(offsets), at, *offsets)
            while (len(out) + len(fields)) % 8:
                out += b"\0"
            start = len(out) + len(fields)
            out += fields + struct.pack("<i", len(fields)) + bytes(at - 4)
            for i in order:
                field = thing.fields[i]
                if isinstance(field, (Table, Vector)):
                    open_ends.append((start + offsets[i], field))
                else:
                    struct.pack_into("<" + field[0], out, start + offsets[i], field[1])
        else:
            while (len(out) + 4) % thing.align:
                out += b"\0"
            start = len(out)
            out += struct.pack("<I", len(thing.items))
            if thing.form == "table":
                first = len(out)
                out += bytes(4 * len(thing.items))
                open_ends += [(first + 4 * i, item) for i, item in enumerate(thing.items)]
            else:
                out += struct.pack(f"<{len(thing.items)}{thing.form}", *thing.items) + (b"\0" if thing.zero else b"")
        struct.pack_into("<I", out, place, start - place)
    return bytes(out)


class Model:
    def __init__(self, description):
        self.description, self.tensors, self.buffers, self.operators, self.codes = description, [], [Table()], [], []

    def value(self, name, shape, kind="f4", scale=None, zero=None, axis=0, data=None):
        buffer = 0
        if data is not None:
            buffer = len(self.buffers)
            self.buffers.append(Table(Vector("B", list(np.ascontiguousarray(data).tobytes()), align=16)))
        steps = None if scale is None else Table(None, None, Vector("f", list(np.atleast_1d(scale))), Vector("q", [int(z) for z in np.atleast_1d(zero)], align=8), None, None, ("i", axis))
        self.tensors.append(Table(Vector("i", list(shape)), ("b", TYPES[kind]), ("I", buffer), text(name), steps))
        return len(self.tensors) - 1

    def add(self, op, inputs, outputs, options=None, kind=0, custom=""):
        entry = (CODES[op], custom)
        if entry not in self.codes:
            self.codes.append(entry)
        self.operators.append(Table(("I", self.codes.index(entry)), Vector("i", inputs), Vector("i", outputs), ("B", kind), options))

    def save(self, name, inputs, outputs):
        codes = [Table(("b", c), text(n) if n else None, ("i", 1), ("i", c)) for c, n in self.codes]
        graph = Table(Vector("table", self.tensors), Vector("i", inputs), Vector("i", outputs), Vector("table", self.operators), text("main"))
        data = write(Table(("I", 3), Vector("table", codes), Vector("table", [graph]), text(self.description), Vector("table", self.buffers)))
        open(os.path.join(HERE, name), "wb").write(data)


rng = np.random.default_rng(7)


def steps(shape, scale, zero, kind="u1", axis=None):
    """Whole numbers and what they stand for."""
    low = 0 if kind == "u1" else -127
    q = rng.integers(low, low + 255, size=shape).astype(kind)
    s, z = np.asarray(scale, np.float64), np.asarray(zero, np.float64)
    if axis is not None:
        s, z = (v.reshape([-1 if i == axis else 1 for i in range(len(shape))]) for v in (s, z))
    return q, torch.tensor(((q.astype(np.float64) - z) * s).astype(np.float32))


def bias(count, scale):
    q = rng.integers(-4000, 4000, size=count).astype("i4")
    return q, torch.tensor((q * np.asarray(scale, np.float64)).astype(np.float32))


def same(x, kernel, stride, value=0.0):
    """The padding SAME of TensorFlow: what is over goes behind."""
    def both(size, k, s):
        over = max((-(-size // s) - 1) * s + k - size, 0)
        return over // 2, over - over // 2
    (top, bottom), (left, right) = both(x.shape[2], kernel[0], stride[0]), both(x.shape[3], kernel[1], stride[1])
    return F.pad(x, (left, right, top, bottom), value=value)


def row(sizes, seed):
    return torch.tensor([np.sin(i * 0.37 + seed) for i in range(2 * int(np.prod(sizes)))], dtype=torch.float32).reshape(2, *sizes)


def conv_options(stride, padding, activation):
    return Table(("b", padding), ("i", stride[1]), ("i", stride[0]), ("b", activation))


def u8():
    m = Model("bytes")
    x = row((3, 9, 7), 1)
    k1, w1 = steps((4, 3, 3, 3), 0.02, 120)
    b1, c1 = bias(4, 1e-4)
    k2, w2 = steps((1, 3, 3, 8), 0.03, 131)
    b2, c2 = bias(8, 1e-4)
    k3, w3 = steps((8, 1, 1, 8), 0.004, 127)
    b3, c3 = bias(8, 1e-4)
    k4, w4 = steps((5, 48), 0.01, 125)
    b4, c4 = bias(5, 1e-4)
    i = m.value("input", (1, 9, 7, 3), "u1", 1 / 128, 128)
    a = m.value("net/first/Relu6;net/first/Conv2D", (1, 5, 4, 4), "u1", 6 / 255, 0)
    m.add("CONV_2D", [i, m.value("net/first/weights", (4, 3, 3, 3), "u1", 0.02, 120, data=k1), m.value("net/first/bias", (4,), "i4", 1e-4, 0, data=b1)], [a], conv_options((2, 2), 0, 3), 1)
    d = m.value("net/each/depthwise;net/each/bias1", (1, 5, 4, 8), "u1", 2.55 / 255, 0)
    m.add("DEPTHWISE_CONV_2D", [a, m.value("net/each/weights", (1, 3, 3, 8), "u1", 0.03, 131, data=k2), m.value("net/each/bias", (8,), "i4", 1e-4, 0, data=b2)], [d],
          Table(("b", 0), ("i", 1), ("i", 1), ("i", 2), ("b", 0)), 2)
    p = m.value("net/project/Conv2D", (1, 5, 4, 8), "u1", 0.05, 128)
    m.add("CONV_2D", [d, m.value("net/project/weights", (8, 1, 1, 8), "u1", 0.004, 127, data=k3), m.value("net/project/bias", (8,), "i4", 1e-4, 0, data=b3)], [p], conv_options((1, 1), 1, 0), 1)
    s = m.value("net/add", (1, 5, 4, 8), "u1", 0.05, 3)
    m.add("ADD", [p, d], [s], Table(("b", 1)), 11)
    v = m.value("net/pool", (1, 3, 2, 8), "u1", 0.05, 3)
    m.add("AVERAGE_POOL_2D", [s], [v], Table(("b", 0), ("i", 2), ("i", 2), ("i", 2), ("i", 2), ("b", 0)), 5)
    r = m.value("net/flat", (1, 48), "u1", 0.05, 3)
    m.add("RESHAPE", [v, m.value("net/flat/shape", (2,), "i4", data=np.array([-1, 48], "i4"))], [r])
    f = m.value("net/dense/BiasAdd", (1, 5), "u1", 0.1, 60)
    m.add("FULLY_CONNECTED", [r, m.value("net/dense/weights", (5, 48), "u1", 0.01, 125, data=k4), m.value("net/dense/bias", (5,), "i4", 1e-4, 0, data=b4)], [f], Table(("b", 0)), 8)
    o = m.value("net/Softmax", (1, 5), "u1", 1 / 256, 0)
    m.add("SOFTMAX", [f], [o], Table(("f", 1.0)), 9)
    m.save("tensorflow_lite_u8.tflite", [i], [o])

    y = F.conv2d(same(x, (3, 3), (2, 2)), w1.permute(0, 3, 1, 2), c1, stride=2).clamp(0, 6)
    y = F.conv2d(same(y, (3, 3), (1, 1)), w2.permute(3, 0, 1, 2), c2, groups=4).clamp(0, 2.55)      # its bytes begin at 0 and end at 2.55
    y = F.relu(F.conv2d(y, w3.permute(0, 3, 1, 2), c3) + y)
    inside = same(torch.ones_like(y), (2, 2), (2, 2))
    y = F.avg_pool2d(same(y, (2, 2), (2, 2)), 2) / F.avg_pool2d(inside, 2)
    logits = F.linear(y.permute(0, 2, 3, 1).flatten(1), w4, c4)
    return {"file": "tensorflow_lite_u8.tflite", "sizes": [3, 9, 7], "seed": 1, "y": F.softmax(logits, 1).flatten().tolist(), "cut": "net/dense/BiasAdd", "at": logits.flatten().tolist()}


def i8():
    m = Model("signed bytes")
    x = row((3, 8, 8), 2)
    s1, s2 = 0.01 + 0.002 * np.arange(6), 0.005 + 0.001 * np.arange(3)
    k1, w1 = steps((6, 3, 2, 3), s1, np.zeros(6), "i1", 0)
    b1, c1 = bias(6, s1 / 100)
    k2, w2 = steps((3, 12), s2, np.zeros(3), "i1", 0)
    factor = rng.normal(size=(1, 1, 1, 12)).astype("f4")
    i = m.value("serving_default_x:0", (1, 8, 8, 3), "i1", 1 / 64, -3)
    p = m.value("Pad", (1, 9, 10, 3), "i1", 1 / 64, -3)
    m.add("PAD", [i, m.value("Pad/paddings", (4, 2), "i4", data=np.array([[0, 0], [1, 0], [0, 2], [0, 0]], "i4"))], [p])
    c = m.value("conv/BiasAdd;conv/Conv2D", (1, 4, 9, 6), "i1", 0.1, 5)
    m.add("CONV_2D", [p, m.value("conv/kernel", (6, 3, 2, 3), "i1", s1, np.zeros(6), 0, k1), m.value("conv/bias", (6,), "i4", s1 / 100, np.zeros(6), 0, b1)], [c], conv_options((2, 1), 1, 0), 1)
    a = m.value("pool/MaxPool", (1, 2, 5, 6), "i1", 0.1, 5)
    m.add("MAX_POOL_2D", [c], [a], Table(("b", 0), ("i", 2), ("i", 2), ("i", 3), ("i", 3), ("b", 0)), 5)
    g, t = m.value("gate/Sigmoid", (1, 2, 5, 6), "i1", 1 / 256, -128), m.value("side/Tanh", (1, 2, 5, 6), "i1", 1 / 128, 0)
    m.add("LOGISTIC", [a], [g])
    m.add("TANH", [a], [t])
    j = m.value("concat", (1, 2, 5, 12), "i1", 1 / 128, 0)
    m.add("CONCATENATION", [g, t], [j], Table(("i", 3), ("b", 0)), 10)
    u = m.value("scaled/mul", (1, 2, 5, 12), "i1", 0.02, 1)
    m.add("MUL", [j, m.value("scaled/factor", (1, 1, 1, 12), "f4", data=factor)], [u], Table(("b", 0)), 21)
    e = m.value("mean", (1, 12), "i1", 0.02, 1)
    m.add("MEAN", [u, m.value("mean/axes", (2,), "i4", data=np.array([1, 2], "i4"))], [e], Table(("b", 0)), 27)
    o = m.value("StatefulPartitionedCall:0", (1, 3), "i1", 0.02, 1)
    m.add("FULLY_CONNECTED", [e, m.value("dense/kernel", (3, 12), "i1", s2, np.zeros(3), 0, k2), -1], [o], Table(("b", 4)), 8)
    m.save("tensorflow_lite_i8.tflite", [i], [o])

    y = F.pad(x, (0, 2, 1, 0))
    y = F.conv2d(y, w1.permute(0, 3, 1, 2), c1, stride=(2, 1))
    y = F.max_pool2d(same(y, (3, 3), (2, 2), -1e30), 3, 2)
    pooled = y.mean((2, 3))
    y = torch.cat([torch.sigmoid(y), torch.tanh(y)], 1) * torch.tensor(factor).permute(0, 3, 1, 2)
    y = torch.tanh(F.linear(y.mean((2, 3)), w2))
    return {"file": "tensorflow_lite_i8.tflite", "sizes": [3, 8, 8], "seed": 2, "y": y.flatten().tolist(), "cut": "pool/MaxPool", "at": pooled.flatten().tolist()}


def f16():
    m = Model("half precision")
    x = row((6,), 3)
    k1, b1, k2, less = (rng.normal(size=s).astype("f2") for s in ((7, 6), (7,), (4, 7), (7,)))
    i = m.value("x", (1, 6))
    held = [m.value(n, v.shape, "f2", data=v) for n, v in (("one/kernel", k1), ("one/bias", b1), ("two/kernel", k2))]
    whole = [m.value(n + "_dequantize", v.shape) for n, v in (("one/kernel", k1), ("one/bias", b1), ("two/kernel", k2))]
    for a, b in zip(held, whole):
        m.add("DEQUANTIZE", [a], [b])
    h = m.value("one/MatMul;one/BiasAdd", (1, 7))
    m.add("FULLY_CONNECTED", [i, whole[0], whole[1]], [h], Table(("b", 0)), 8)
    s = m.value("less/sub", (1, 7))
    m.add("SUB", [h, m.value("less/shift", (7,), "f2", data=less)], [s], Table(("b", 0)), 28)
    r = m.value("less/Relu6", (1, 7))
    m.add("RELU6", [s], [r])
    f = m.value("two/MatMul", (1, 4))
    m.add("FULLY_CONNECTED", [r, whole[2]], [f], Table(("b", 1)), 8)
    o = m.value("own", (1, 4))
    m.add("CUSTOM", [f], [o], custom="Magic")
    m.save("tensorflow_lite_f16.tflite", [i], [o])

    t = [torch.tensor(v.astype("f4")) for v in (k1, b1, k2, less)]
    y = F.relu(F.linear((F.linear(x, t[0], t[1]) - t[3]).clamp(0, 6), t[2]))
    return {"file": "tensorflow_lite_f16.tflite", "sizes": [6], "seed": 3, "y": None, "cut": "two/MatMul", "at": y.flatten().tolist()}


def f32():
    m = Model("axes")
    x = row((3, 4, 6), 4)
    kernel, shift, less = (rng.normal(size=s).astype("f4") for s in ((4, 5), (4,), (4,)))

    def whole(name, *values):
        return m.value(name, np.shape(values), "i4", data=np.array(values, "i4"))

    i = m.value("x", (1, 4, 6, 3))
    a, b, c, d = m.value("turned", (1, 6, 4, 3)), m.value("leaky", (1, 6, 4, 3)), m.value("padded", (1, 7, 5, 3)), m.value("bounded", (1, 7, 5, 3))
    m.add("TRANSPOSE", [i, whole("turned/perm", 0, 2, 1, 3)], [a])
    m.add("LEAKY_RELU", [a], [b], Table(("f", 0.1)))
    m.add("PADV2", [b, whole("padded/pads", [0, 0], [0, 1], [1, 0], [0, 0]), m.value("padded/value", (1,), data=np.array([0.5], "f4"))], [c])
    m.add("MAXIMUM", [c, m.value("bounded/least", (), data=np.array(0.2, "f4"))], [d])
    e, f, g, h = m.value("joined", (1, 14, 5, 3)), m.value("summed", (1, 14, 5)), m.value("dense/BiasAdd", (1, 14, 4)), m.value("wider", (1, 14, 4, 1))
    m.add("CONCATENATION", [c, d], [e], Table(("i", -3), ("b", 0)), 10)
    m.add("SUM", [e, whole("summed/axes", 3)], [f], Table(("b", 0)), 27)
    m.add("FULLY_CONNECTED", [f, m.value("dense/kernel", (4, 5), data=kernel), m.value("dense/bias", (4,), data=shift)], [g], Table(("b", 1), None, ("b", 1)), 8)
    m.add("EXPAND_DIMS", [g, whole("wider/axis", -1)], [h])
    j, k, n, o = m.value("mean", (1, 1, 4, 1)), m.value("rows", (1, 4)), m.value("divided", (1, 4)), m.value("softmax", (1, 4))
    m.add("MEAN", [h, whole("mean/axes", 1, -1)], [j], Table(("b", 1)), 27)
    m.add("SQUEEZE", [j], [k])
    m.add("DIV", [k, m.value("divided/by", (4,), data=less)], [n], Table(("b", 0)), 29)
    m.add("SOFTMAX", [n], [o], Table(("f", 0.5)), 9)
    m.save("tensorflow_lite_f32.tflite", [i], [o])

    y = F.leaky_relu(x.permute(0, 3, 2, 1), 0.1)       # [B, W, H, C]: the file's pictures with height and width exchanged
    y = F.pad(y, (0, 0, 1, 0, 0, 1), value=0.5)
    y = torch.cat([y, y.clamp(min=0.2)], 1).sum(3)
    summed = y.mean(1)      # a sequence that comes out is averaged over its steps
    y = F.relu(F.linear(y, torch.tensor(kernel), torch.tensor(shift))).mean(1) / torch.tensor(less)
    return {"file": "tensorflow_lite_f32.tflite", "sizes": [3, 4, 6], "seed": 4, "y": F.softmax(y / 2, 1).flatten().tolist(), "cut": "summed", "at": summed.flatten().tolist()}


with open(os.path.join(HERE, "tensorflow_lite.json"), "w") as out:
    json.dump([u8(), i8(), f16(), f32()], out, indent=1)
    out.write("\n")
