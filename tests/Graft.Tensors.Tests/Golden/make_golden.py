"""Values and gradients of every tensor op, computed by PyTorch in double precision; writes ops.json beside this file.

Inputs are not stored: element i of input number n of a case is formula(i, n + 1), rounded to a float, times the case's scale plus its shift; the
gradient that the backward starts from is formula(i, 99). OpGoldenTests has the same formula.
"""
import json
import os

import numpy as np
import torch
import torch.nn.functional as F

CASES = []


def formula(count, seed):
    i = np.arange(count, dtype=np.int64)
    return (((i * 7919 + seed * 104729 + 12345) % 2003) / 1001.5 - 1).astype(np.float32).astype(np.float64)


def shorten(tensor):
    return [float("%.8g" % v) for v in tensor.detach().double().reshape(-1).tolist()]


def case(op, shapes, function, ranges=None, constant=(), **args):
    """ranges: input number -> (low, high); the default is (-2, 2). constant: inputs without a gradient."""
    inputs = []
    spans = []
    for n, shape in enumerate(shapes):
        low, high = (ranges or {}).get(n, (-2, 2))
        values = formula(int(np.prod(shape, dtype=np.int64)), n + 1) * ((high - low) / 2) + (high + low) / 2
        spans.append([low, high])
        inputs.append(torch.tensor(values.astype(np.float32).astype(np.float64).reshape(shape), requires_grad=n not in constant))
    y = function(*inputs)
    y.backward(torch.tensor(formula(y.numel(), 99).reshape(y.shape)))
    CASES.append({
        "op": op,
        "args": args,
        "shapes": [list(s) for s in shapes],
        "ranges": spans,
        "outShape": list(y.shape),
        "out": shorten(y),
        "grads": [None if n in constant else shorten(x.grad if x.grad is not None else torch.zeros_like(x)) for n, x in enumerate(inputs)],
    })


POSITIVE = {0: (0.2, 3)}


def elementwise():
    shape = [3, 5]
    case("abs", [shape], torch.abs)
    case("exp", [shape], torch.exp)
    case("log", [shape], torch.log, POSITIVE)
    case("sqrt", [shape], torch.sqrt, POSITIVE)
    case("square", [shape], torch.square)
    case("negate", [shape], torch.neg)
    case("reciprocal", [shape], torch.reciprocal, POSITIVE)
    for exponent in [3.0, 2.0, -1.5, 0.5]:
        case("pow", [shape], lambda x: torch.pow(x, exponent), POSITIVE, exponent=exponent)
    case("pow", [shape], lambda x: torch.pow(x, 3.0), exponent=3.0)
    case("clamp", [shape], lambda x: torch.clamp(x, -0.5, 1.25), low=-0.5, high=1.25)
    case("relu", [shape], F.relu)
    case("leaky_relu", [shape], lambda x: F.leaky_relu(x, 0.2), slope=0.2)
    case("gelu", [shape], F.gelu)
    case("silu", [shape], F.silu)
    case("elu", [shape], lambda x: F.elu(x, 0.8), alpha=0.8)
    case("tanh", [shape], torch.tanh)
    case("sigmoid", [shape], torch.sigmoid)
    case("softplus", [shape], F.softplus)
    wide = {0: (-7, 9)}
    case("relu6", [shape], F.relu6, wide)
    case("hardsigmoid", [shape], F.hardsigmoid, wide)
    case("hardswish", [shape], F.hardswish, wide)
    for a, b in [([2, 3, 5], [3, 1]), ([5], [4, 5]), ([], [3]), ([2, 1, 3], [1, 4, 1])]:
        case("add", [a, b], torch.add)
        case("subtract", [a, b], torch.sub)
        case("multiply", [a, b], torch.mul)
        case("divide", [a, b], torch.div, {1: (0.5, 2)})
        case("maximum", [a, b], torch.maximum)
        case("minimum", [a, b], torch.minimum)
        case("where", [a, a, b], lambda m, x, y: torch.where(m > 0, x, y), constant=(0,))


def reductions():
    for shape, axes in [([3, 5], [0]), ([3, 5], [1]), ([2, 3, 4, 5], [0, 2, 3]), ([2, 3, 5], [1])]:
        for keep in [False, True]:
            options = dict(axes=axes, keep=keep)
            case("sum", [shape], lambda x: x.sum(axes, keepdim=keep), **options)
            case("mean", [shape], lambda x: x.mean(axes, keepdim=keep), **options)
            case("amax", [shape], lambda x: x.amax(axes, keepdim=keep), **options)
            case("amin", [shape], lambda x: x.amin(axes, keepdim=keep), **options)
            case("logsumexp", [shape], lambda x: x.logsumexp(axes, keepdim=keep), **options)
            for unbiased in [False, True]:
                case("var", [shape], lambda x: x.var(axes, unbiased=unbiased, keepdim=keep), unbiased=unbiased, **options)


def products():
    for a, b in [([3, 5], [5, 2]), ([5], [5]), ([5], [5, 3]), ([4, 5], [5]), ([2, 4, 5], [2, 5, 3]), ([2, 4, 5], [5, 3]), ([3, 1, 2, 4], [2, 4, 3])]:
        case("matmul", [a, b], torch.matmul)
    case("matmul_transposed", [[5, 3], [4, 5]], lambda a, b: a.t().matmul(b.t()))
    for relu in [False, True]:
        case("linear", [[4, 5], [3, 5], [3]], lambda x, w, b: F.relu(F.linear(x, w, b)) if relu else F.linear(x, w, b), relu=relu)
        case("linear", [[2, 3, 5], [17, 5], [17]], lambda x, w, b: F.relu(F.linear(x, w, b)) if relu else F.linear(x, w, b), relu=relu)
    case("linear", [[4, 5], [3, 5]], F.linear, relu=False)


def shapes():
    case("permute_reshape", [[2, 3, 4]], lambda x: x.permute(2, 0, 1).reshape(8, 3))
    case("slice", [[5, 7]], lambda x: x[:, 1:6:2])
    case("expand", [[3, 1]], lambda x: x.expand(2, 3, 4))
    for axis in [0, 1, 2]:
        case("concat", [[2, 3, 4], [2, 3, 4]], lambda a, b: torch.cat([a, b], axis), axis=axis)
        case("stack", [[2, 3], [2, 3]], lambda a, b: torch.stack([a, b], axis), axis=axis)
    case("pad", [[2, 3, 2, 4]], lambda x: F.pad(x, (1, 2, 0, 1, 2, 0)), before=[0, 2, 0, 1], behind=[0, 0, 1, 2], value=0.0)
    case("pad", [[3, 2]], lambda x: F.pad(x, (0, 1, 2, 0), value=-1.5), before=[2, 0], behind=[0, 1], value=-1.5)
    places = [4, 0, 2, 2, 1, 4]
    case("index_select", [[5, 3]], lambda x: x.index_select(0, torch.tensor(places)), places=places)
    case("embedding", [[5, 3]], lambda x: F.embedding(torch.tensor(places).reshape(2, 3), x, padding_idx=2), places=places, padding=2)
    case("scatter_add", [[5, 3], [6, 3]], lambda x, rows: x.index_add(0, torch.tensor(places), rows), places=places)
    columns = [1, 1, 0, 2, 4, 3]
    case("gather", [[3, 5]], lambda x: x.gather(1, torch.tensor(columns).reshape(3, 2)), places=columns)


def softmaxes():
    for shape, axis in [([3, 5], 1), ([3, 5], 0), ([2, 3, 4], 1), ([17], 0), ([2, 3, 2, 2], 1)]:
        case("softmax", [shape], lambda x: F.softmax(x, axis), axis=axis)
        case("log_softmax", [shape], lambda x: F.log_softmax(x, axis), axis=axis)


def convolutions():
    def conv(x, w, bias=True, relu=False, **options):
        shapes = [x, w] + ([[w[0]]] if bias else [])

        def run(x, w, b=None):
            y = F.conv2d(x, w, b, **options)
            return F.relu(y) if relu else y

        case("conv2d", shapes, run, relu=relu, **options)

    conv([2, 3, 5, 4], [4, 3, 1, 1])
    conv([2, 3, 5, 6], [4, 3, 3, 3], padding=[1, 1])
    conv([1, 2, 7, 6], [3, 2, 3, 2], stride=[2, 1], padding=[1, 0])
    conv([2, 1, 9, 8], [3, 1, 3, 3], stride=[2, 2], padding=[2, 2], dilation=[2, 2])
    conv([1, 4, 5, 5], [6, 2, 3, 3], padding=[1, 1], groups=2)
    conv([2, 5, 6, 5], [5, 1, 3, 3], padding=[1, 1], groups=5)
    conv([1, 3, 7, 7], [6, 1, 3, 3], stride=[2, 2], padding=[1, 1], groups=3)
    conv([1, 2, 4, 4], [3, 2, 4, 4], bias=False)
    conv([2, 2, 4, 5], [3, 2, 3, 3], padding=[1, 1], relu=True)
    conv([1, 3, 9, 9], [4, 3, 5, 3], stride=[3, 2], padding=[2, 1], dilation=[1, 2])

    def turned(x, w, groups=1, relu=False, **options):
        def run(x, w, b):
            y = F.conv_transpose2d(x, w, b, groups=groups, **options)
            return F.relu(y) if relu else y

        case("conv_transpose2d", [x, w, [w[1] * groups]], run, relu=relu, groups=groups, **options)

    turned([2, 3, 4, 5], [3, 2, 3, 3])
    turned([1, 4, 3, 3], [4, 5, 2, 2], stride=[2, 2])
    turned([2, 3, 4, 3], [3, 2, 3, 3], stride=[2, 3], padding=[1, 1], output_padding=[1, 2])
    turned([1, 4, 3, 4], [4, 3, 3, 3], stride=[2, 2], padding=[1, 1], output_padding=[1, 1], groups=2)
    turned([1, 2, 4, 4], [2, 3, 2, 3], dilation=[2, 1], relu=True)
    case("conv1d", [[2, 3, 9], [4, 3, 3], [4]], lambda x, w, b: F.conv1d(x, w, b, stride=2, padding=1), stride=2, padding=1)


def poolings():
    for x, kernel, stride, padding in [([2, 3, 4, 6], [2, 2], [2, 2], [0, 0]), ([1, 2, 5, 5], [3, 2], [2, 1], [1, 0]), ([2, 1, 5, 4], [2, 2], [1, 1], [1, 1])]:
        options = dict(kernel=kernel, stride=stride, padding=padding)
        case("max_pool2d", [x], lambda x: F.max_pool2d(x, kernel, stride, padding), **options)
        for count in [True, False]:
            case("avg_pool2d", [x], lambda x: F.avg_pool2d(x, kernel, stride, padding, count_include_pad=count), count=count, **options)
    for x, kernel, stride, padding, dilation in [
            ([1, 2, 6, 7], [3, 3], [2, 2], [0, 0], [1, 1]), ([1, 2, 5, 6], [3, 2], [2, 3], [1, 1], [1, 1]), ([1, 1, 8, 9], [3, 2], [2, 3], [1, 0], [2, 3])]:
        options = dict(kernel=kernel, stride=stride, padding=padding, ceil=1)
        case("max_pool2d", [x], lambda x: F.max_pool2d(x, kernel, stride, padding, dilation, ceil_mode=True), dilation=dilation, **options)
        if dilation == [1, 1]:
            for count in [True, False]:
                case("avg_pool2d", [x], lambda x: F.avg_pool2d(x, kernel, stride, padding, True, count), count=count, **options)
    case("max_pool2d", [[1, 2, 7, 6]], lambda x: F.max_pool2d(x, 3, 1, 1, 2), kernel=[3, 3], stride=[1, 1], padding=[1, 1], dilation=[2, 2])
    for x, size in [([2, 3, 5, 7], [1, 1]), ([1, 2, 5, 7], [2, 3]), ([1, 2, 2, 3], [5, 5])]:
        case("adaptive_avg_pool2d", [x], lambda x: F.adaptive_avg_pool2d(x, size), size=size)


def norms():
    for x in [[5, 3], [4, 2, 3], [2, 3, 4, 2]]:
        channels = x[1]
        mean, variance = formula(channels, 50), formula(channels, 51) + 1.5

        def batch(x, w, b, training):
            m, v = torch.tensor(mean), torch.tensor(variance)
            y = F.batch_norm(x, m, v, w, b, training, 0.2, 1e-5)
            # The running statistics are part of the result: the graph ends there.
            return torch.cat([y.reshape(-1), m, v])

        for training in [True, False]:
            case("batch_norm", [x, [channels], [channels]], lambda x, w, b: batch(x, w, b, training), training=training)
    for x, axes in [([4, 5], 1), ([2, 3, 4], 2), ([2, 3, 17], 1)]:
        case("layer_norm", [x, x[-axes:], x[-axes:]], lambda x, w, b: F.layer_norm(x, x.shape[-axes:], w, b), axes=axes)
    for x, groups in [([2, 4], 2), ([2, 6, 3, 2], 3), ([1, 4, 5], 4), ([2, 3, 2, 2], 1)]:
        case("group_norm", [x, [x[1]], [x[1]]], lambda x, w, b: F.group_norm(x, groups, w, b), groups=groups)


def losses():
    for reduction in ["mean", "sum", "none"]:
        for shape, targets in [([5, 3], [0, 2, -1, 1, 2]), ([2, 3, 4], [0, 1, 2, -1, 0, 2, 2, 1]), ([1, 1], [0])]:
            labels = torch.tensor(targets).reshape([shape[0]] + shape[2:])
            for weighted in [False, True]:
                weight = torch.tensor(formula(shape[1], 60) + 1.5) if weighted else None
                for smoothing in [0.0, 0.1]:
                    case("cross_entropy", [shape],
                         lambda x: F.cross_entropy(x, labels, weight, ignore_index=-1, reduction=reduction, label_smoothing=smoothing),
                         targets=targets, weighted=weighted, smoothing=smoothing, reduction=reduction)
        for weighted in [False, True]:
            weight = torch.tensor(formula(3, 60) + 1.5) if weighted else None
            for smoothing in [0.0, 0.1]:
                case("cross_entropy_probabilities", [[4, 3], [4, 3]],
                     lambda x, p: F.cross_entropy(x, p, weight, reduction=reduction, label_smoothing=smoothing),
                     {1: (0, 1)}, constant=(1,), weighted=weighted, smoothing=smoothing, reduction=reduction)
        case("mse_loss", [[3, 5], [3, 5]], lambda x, t: F.mse_loss(x, t, reduction=reduction), reduction=reduction)
        case("l1_loss", [[3, 5], [3, 5]], lambda x, t: F.l1_loss(x, t, reduction=reduction), reduction=reduction)
        case("huber_loss", [[3, 5], [3, 5]], lambda x, t: F.huber_loss(x, t, reduction=reduction, delta=0.7), reduction=reduction, delta=0.7)
        for weighted in [False, True]:
            for positive in [False, True]:
                w = torch.tensor(formula(4, 61) + 1.5) if weighted else None
                p = torch.tensor(formula(4, 62) + 1.5) if positive else None
                case("bce_with_logits", [[3, 4], [3, 4]],
                     lambda x, t: F.binary_cross_entropy_with_logits(x, t, w, reduction=reduction, pos_weight=p),
                     {0: (-4, 4), 1: (0, 1)}, constant=(1,), weighted=weighted, positive=positive, reduction=reduction)
    case("kl_div", [[4, 3], [4, 3]], lambda x, t: F.kl_div(x, t, reduction="batchmean"), {0: (-3, -0.1), 1: (0.05, 1)}, log=False)
    case("kl_div", [[4, 3], [4, 3]], lambda x, t: F.kl_div(x, t, reduction="batchmean", log_target=True), {0: (-3, -0.1), 1: (-3, -0.1)}, log=True)


def recurrent():
    """Both directions of one bidirectional layer over packed sequences: outputs, last states, last cells."""
    for name, blocks in [("lstm", 4), ("gru", 3)]:
        for b, t, f, h, lengths in [(2, 3, 2, 3, [3, 3]), (3, 4, 3, 2, [2, 4, 1])]:
            weights = [[blocks * h, f], [blocks * h, h], [blocks * h], [blocks * h]] * 2
            states = [[2, b, h]] * (2 if name == "lstm" else 1)

            def run(x, *rest):
                packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
                flat = list(rest[:8])
                order = packed.sorted_indices
                first = [s.index_select(1, order) for s in rest[8:]]
                if name == "lstm":
                    out = torch._VF.lstm(packed.data, packed.batch_sizes, first, flat, True, 1, 0.0, False, True)
                else:
                    out = torch._VF.gru(packed.data, packed.batch_sizes, first[0], flat, True, 1, 0.0, False, True)
                sequence = torch.nn.utils.rnn.PackedSequence(out[0], packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices)
                y, _ = torch.nn.utils.rnn.pad_packed_sequence(sequence, batch_first=True, total_length=t)
                ends = [s.index_select(1, packed.unsorted_indices) for s in out[1:]]
                return torch.cat([y.reshape(-1)] + [e.reshape(-1) for e in ends])

            case(name, [[b, t, f]] + weights + states, run, {n: (-1, 1) for n in range(20)}, lengths=lengths, hidden=h)


if __name__ == "__main__":
    for part in [elementwise, reductions, products, shapes, softmaxes, convolutions, poolings, norms, losses, recurrent]:
        part()
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ops.json")
    with open(path, "w") as file:
        lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in CASES)
        file.write('{"torch":"%s","cases":[\n%s\n]}\n' % (torch.__version__, lines))
    print(len(CASES), "cases,", os.path.getsize(path), "bytes")
