"""Random ONNX files of one layer or one small group of nodes, with what ONNX Runtime makes of them.

    python tests/onnx_layers.py FOLDER [COUNT] [SEED]

writes FOLDER/00000.onnx and so on, and `cases.csv` with the sizes of every output (or `invalid` where ONNX Runtime
refuses the file); for a comparison of values also `00000.in` and `00000.out`, little-endian floats. The reader's test
of random layers reads FOLDER where AUTOGO_LAYERS names it. Needs onnx, onnxruntime and numpy, which the notebooks'
environment has.
"""

import csv
import pathlib
import random
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

SAME = ["SAME_UPPER", "SAME_LOWER"]


class File:
    """A file while it is written: nodes, initialisers, and the name of the last result."""

    def __init__(self, rng, opset, shape):
        self.rng, self.opset, self.shape = rng, opset, list(shape)
        self.nodes, self.weights, self.last = [], [], "input"
        self.numbers = np.random.default_rng(rng.randrange(1 << 30))

    def constant(self, values, dtype=None):
        array = np.asarray(values, dtype=dtype or np.float32)
        name = f"c{len(self.weights) + len(self.nodes)}_{len(self.weights)}"
        tensor = numpy_helper.from_array(array, name)
        if self.rng.random() < 0.2:
            self.nodes.append(helper.make_node("Constant", [], [name], value=tensor))
        else:
            self.weights.append(tensor)
        return name

    def weight(self, *dims):
        return self.constant(self.numbers.standard_normal(dims) * 0.5)

    def ints(self, *values):
        return self.constant(values, np.int64)

    def node(self, op, *inputs, outputs=1, **attributes):
        names = [f"t{len(self.nodes)}_{at}" for at in range(outputs)]
        attributes = {name: value for name, value in attributes.items() if value is not None}
        self.nodes.append(helper.make_node(op, list(inputs), names, **attributes))
        self.last = names[0]
        return names[0] if outputs == 1 else names

    def model(self):
        graph = helper.make_graph(
            self.nodes,
            "layer",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, self.shape)],
            [helper.make_tensor_value_info(self.last, TensorProto.FLOAT, None)],
            self.weights,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)


def window(file, kernel, pool=False):
    """Random attributes of a window."""
    rng = file.rng
    made = {"kernel_shape": kernel, "strides": [rng.randint(1, 3), rng.randint(1, 3)]}
    if rng.random() < 0.3 and (not pool or file.opset >= 10):
        made["dilations"] = [rng.randint(1, 2), rng.randint(1, 3)]
    which = rng.random()
    if which < 0.2:
        made["auto_pad"] = rng.choice(SAME)
    elif which < 0.3:
        made["auto_pad"] = "VALID"
    elif which < 0.8:
        limit = min(kernel) - 1 if pool else 3
        made["pads"] = [rng.randint(0, max(0, limit)) for _ in range(4)]
    return made


def kernel(rng):
    return [rng.randint(1, 4), rng.randint(1, 4)]


def conv(file):
    rng, c = file.rng, file.shape[1]
    groups = rng.choice([1, 1, c] + ([2] if c % 2 == 0 else []))
    filters = groups * rng.randint(1, 4)
    sizes = kernel(rng)
    inputs = [file.last, file.weight(filters, c // groups, *sizes)]
    if rng.random() < 0.5:
        inputs.append(file.weight(filters))
    file.node("Conv", *inputs, group=groups, **window(file, sizes))
    if rng.random() < 0.4:
        bias = rng.choice([[filters, 1, 1], [1, filters, 1, 1], [1], [1, 1, 1, 1]])
        order = [file.last, file.weight(*bias)]
        rng.shuffle(order)
        file.node(rng.choice(["Add", "Add", "Mul", "Sub"]), *order)


def conv_transpose(file):
    rng, c = file.rng, file.shape[1]
    groups = rng.choice([1, 1, c])
    sizes = kernel(rng)
    attributes = window(file, sizes)
    inputs = [file.last, file.weight(c, rng.randint(1, 3), *sizes)]
    stride = attributes["strides"]
    if rng.random() < 0.3:
        attributes["output_padding"] = [rng.randint(0, max(0, step - 1)) for step in stride]
    if rng.random() < 0.2:
        attributes["output_shape"] = [file.shape[2] * stride[0], file.shape[3] * stride[1]]
    file.node("ConvTranspose", *inputs, group=groups, **attributes)


def pool(file):
    rng = file.rng
    op = rng.choice(["MaxPool", "AveragePool"])
    attributes = window(file, kernel(rng), pool=True)
    if op == "AveragePool":
        if file.opset < 19:
            attributes.pop("dilations", None)
        if rng.random() < 0.4:
            attributes["count_include_pad"] = 1
    if rng.random() < 0.4 and file.opset >= 10:
        attributes["ceil_mode"] = 1
    file.node(op, file.last, **attributes)


def padded(file):
    rng = file.rng
    pads = [0, 0, rng.randint(0, 2), rng.randint(0, 2), 0, 0, rng.randint(0, 2), rng.randint(-1, 2)]
    mode = rng.choice(["constant"] * 4 + ["reflect"])
    if file.opset < 11:
        file.node("Pad", file.last, pads=pads, mode=mode)
    else:
        value = [file.constant(rng.choice([0.0, 0.0, 1.0]), np.float32)] if rng.random() < 0.5 else []
        file.node("Pad", file.last, file.ints(*pads), *value, mode=mode)
    if rng.random() < 0.6:
        rng.choice([conv_plain, pool])(file)


def conv_plain(file):
    file.node("Conv", file.last, file.weight(3, file.shape[1], 3, 3), kernel_shape=[3, 3])


def global_pool(file):
    rng = file.rng
    which = rng.randrange(4)
    if which == 0:
        file.node("GlobalAveragePool", file.last)
    elif which == 1:
        file.node("GlobalMaxPool", file.last)
    else:
        op = "ReduceMean" if which == 2 else "ReduceMax"
        axes = rng.choice([[2, 3], [-2, -1], [3, 2], [1], [1, 2, 3], [3]])
        keep = rng.randint(0, 1)
        if file.opset >= 18:
            file.node(op, file.last, file.ints(*axes), keepdims=keep)
        else:
            file.node(op, file.last, axes=axes, keepdims=keep)


def flat(file):
    """A dense layer on a flattened picture, channels first or last."""
    rng, (n, c, h, w) = file.rng, file.shape
    count = c * h * w
    if rng.random() < 0.4:
        file.node("Transpose", file.last, perm=[0, 2, 3, 1])
    which = rng.randrange(3)
    if which == 0:
        file.node("Flatten", file.last, axis=rng.choice([1, -3]) if file.opset >= 11 else 1)
    elif which == 1:
        file.node("Reshape", file.last, file.ints(*rng.choice([[n, -1], [-1, count], [n, count], [0, -1]])))
    else:
        picture = file.last
        batch = file.node("Gather", file.node("Shape", picture), file.constant(0, np.int64), axis=0)
        if file.opset >= 13:
            batch = file.node("Unsqueeze", batch, file.ints(0))
        else:
            batch = file.node("Unsqueeze", batch, axes=[0])
        file.node("Reshape", picture, file.node("Concat", batch, file.ints(-1), axis=0))
    features = rng.randint(1, 6)
    if rng.random() < 0.5:
        turned = rng.randint(0, 1)
        dims = (features, count) if turned else (count, features)
        bias = [file.weight(*rng.choice([(features,), (1, features), (1,)]))] if rng.random() < 0.6 else []
        if file.opset < 11 and not bias:
            bias = [file.weight(features)]
        file.node("Gemm", file.last, file.weight(*dims), *bias, transB=turned)
    else:
        file.node("MatMul", file.last, file.weight(count, features))
        if rng.random() < 0.7:
            file.node("Add", file.last, file.weight(*rng.choice([(features,), (1, features), (1,)])))


def activation(file):
    rng, opset = file.rng, file.opset
    def number():
        return round(rng.uniform(0.05, 1.5), 3)

    # The operator set that an activation came with, and its attributes.
    choices = {
        "Relu": (7, {}), "Sigmoid": (7, {}), "Tanh": (7, {}), "Softplus": (7, {}), "Softsign": (7, {}),
        "LeakyRelu": (7, {"alpha": number()}), "Elu": (7, {"alpha": number()}), "Selu": (7, {}), "Neg": (7, {}),
        "HardSigmoid": (7, {"alpha": number(), "beta": 0.4}), "Abs": (7, {}), "Exp": (7, {}), "Identity": (7, {}),
        "Softmax": (7, {"axis": rng.choice([1, 1, 2, 3, None])}), "LogSoftmax": (7, {"axis": 1}),
        "LRN": (7, {"size": rng.choice([1, 3, 5]), "alpha": 0.01}), "Erf": (9, {}),
        "ThresholdedRelu": (10, {"alpha": 1.0}), "Celu": (12, {"alpha": number()}), "HardSwish": (14, {}),
        "Mish": (18, {}), "Gelu": (20, {"approximate": rng.choice(["none", "tanh"])}),
    }
    op = rng.choice([name for name, (first, _) in choices.items() if first <= opset])
    file.node(op, file.last, **choices[op][1])


def clip(file):
    rng = file.rng
    low, high = rng.choice([(0.0, 6.0), (None, 6.0), (0.0, None), (-1.0, 1.0), (None, None)])
    if file.opset < 11:
        file.node("Clip", file.last, min=low, max=high)
    else:
        file.node("Clip", file.last, *(file.constant(v) if v is not None else "" for v in (low, high)))


def written_out(file):
    """An activation in several nodes."""
    rng, x = file.rng, file.last
    which = rng.randrange(8)
    if which == 0:
        pair = [x, file.node("Sigmoid", x)]
        rng.shuffle(pair)
        file.node("Mul", *pair)
    elif which == 1:
        y = file.node("Add", x, file.constant(3.0))
        if file.opset >= 11:
            y = file.node("Clip", y, file.constant(0.0), file.constant(6.0))
        else:
            y = file.node("Clip", y, min=0.0, max=6.0)
        if rng.random() < 0.5:
            y = file.node("Div", y, file.constant([6.0]))
            if rng.random() < 0.5:
                file.node("Mul", x, y)
        else:
            file.node("Div", file.node("Mul", x, y), file.constant(6.0))
    elif which == 2 and file.opset >= 9:
        y = file.node("Erf", file.node("Div", x, file.constant(2.0**0.5)))
        y = file.node("Add", y, file.constant(1.0))
        if rng.random() < 0.5:
            file.node("Mul", file.node("Mul", x, y), file.constant(0.5))
        else:
            file.node("Mul", file.node("Mul", file.constant(0.5), x), y)
    elif which == 3:
        file.node("Mul", x, file.node("Tanh", file.node("Softplus", x)))
    elif which == 4 and file.opset >= 8:
        file.node("Max", x, file.node("Mul", x, file.constant(0.2)))
    elif which == 5:
        y = file.node("Relu", file.node("Neg", x))
        slope = file.weight(file.shape[1], 1, 1)
        file.node("Add", file.node("Relu", x), file.node("Mul", slope, y))
    elif which == 6:
        file.node("PRelu", x, file.weight(*rng.choice([(file.shape[1], 1, 1), (1,), (1, file.shape[1], 1, 1)])))
    else:
        c = file.shape[1]
        variance = file.constant(np.full(c, 0.7))
        file.node("BatchNormalization", x, file.weight(c), file.weight(c), file.weight(c), variance)


def broadcast(file):
    rng, (n, c, h, w) = file.rng, file.shape
    op = rng.choice(["Add", "Mul", "Sub", "Div"])
    if rng.random() < 0.6:
        dims = rng.choice([(1, c, 1, 1), (c, 1, 1), (1,), (), (1, 1, h, w), (w,), (1, 1, 1, 1), (2, 1, 1, 1, 1)])
        order = [file.last, file.weight(*dims)]
        rng.shuffle(order)
        file.node(op, *order)
    else:
        gate = file.node("GlobalAveragePool", "input")
        if rng.random() < 0.3:
            gate = file.node("Conv", gate, file.weight(1, c, 1, 1))
        order = ["input", gate]
        rng.shuffle(order)
        file.node(rng.choice(["Add", "Mul", "Sub"]), *order)


def resize(file):
    rng, (n, c, h, w) = file.rng, file.shape
    if file.opset < 11:
        scales = [1.0, 1.0, rng.choice([1.0, 2.0, 3.0, 1.5]), rng.choice([2.0, 2.0, 1.5, 0.5])]
        mode = rng.choice(["nearest", "linear"])
        if file.opset < 9:
            scales = [max(1.0, scale) for scale in scales]
            file.node("Upsample", file.last, scales=scales, mode=mode)
        elif file.opset == 9:
            file.node("Upsample", file.last, file.constant([max(1.0, scale) for scale in scales]), mode=mode)
        else:
            file.node("Resize", file.last, file.constant(scales), mode=mode)
        return
    mode = rng.choice(["nearest", "nearest", "linear", "cubic"])
    coordinates = rng.choice(["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"])
    rounding = rng.choice(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]) if mode == "nearest" else None
    roi = file.constant([]) if file.opset < 13 else ""
    if rng.random() < 0.5:
        scales = [1.0, 1.0, rng.choice([1.0, 2.0, 4.0, 1.5, 0.5]), rng.choice([1.0, 2.0, 3.0, 0.7])]
        inputs = [file.last, roi, file.constant(scales)]
    else:
        inputs = [file.last, roi, file.constant([]) if file.opset < 13 else "",
                  file.ints(n, c, h * rng.choice([1, 2, 3]), rng.choice([w, 2 * w, w + 3, 1]))]
    file.node("Resize", *inputs, mode=mode, coordinate_transformation_mode=coordinates, nearest_mode=rounding)


def blocks(file):
    rng, (n, c, h, w) = file.rng, file.shape
    which = rng.randrange(5)
    if which == 0:
        file.node("DepthToSpace", file.last, blocksize=2, mode=rng.choice(["DCR", "CRD"]) if file.opset >= 11 else None)
    elif which == 1:
        file.node("SpaceToDepth", file.last, blocksize=2)
    elif which == 2:
        groups = rng.choice([2, 4])
        file.node("Reshape", file.last, file.ints(n, groups, c // groups, h, w))
        file.node("Transpose", file.last, perm=[0, 2, 1, 3, 4])
        file.node("Reshape", file.last, file.ints(n, -1, h, w))
    else:
        split, perm = rng.choice([
            ([n, 2, 2, c // 4, h, w], [0, 3, 4, 1, 5, 2]),
            ([n, c // 4, 2, 2, h, w], [0, 1, 4, 2, 5, 3]),
            ([n, c // 4, 2, 2, h, w], [0, 1, 4, 3, 5, 2]),
        ])
        file.node("Reshape", file.last, file.ints(*split))
        file.node("Transpose", file.last, perm=perm)
        file.node("Reshape", file.last, file.ints(n, c // 4, 2 * h, 2 * w))
    if rng.random() < 0.5:
        file.node("Relu", file.last)


def parts(file):
    rng, (n, c, h, w) = file.rng, file.shape
    which = rng.randrange(4)
    if which == 0:
        axis = rng.choice([1, 2, 3, -1, -3])
        far = 1 << 62
        cuts = [(1, far, 1), (0, -1, 1), (0, 2, 1), (-2, far, 1), (0, far, 2), (1, -1, 2), (-1, -100, -1)]
        start, end, step = rng.choice(cuts)
        if file.opset < 10:
            file.node("Slice", file.last, starts=[start], ends=[end], axes=[axis % 4])
        else:
            file.node("Slice", file.last, file.ints(start), file.ints(end), file.ints(axis), file.ints(step))
    elif which == 1:
        ends = [1 << 40, 1 << 40]
        if file.opset < 10:
            file.node("Slice", file.last, starts=[1, 1], ends=ends, axes=[2, 3])
        else:
            file.node("Slice", file.last, file.ints(1, 1), file.ints(*ends), file.ints(2, 3))
    elif which == 2:
        sizes = [1, c - 1]
        if file.opset < 13:
            made = file.node("Split", file.last, outputs=2, axis=1, split=sizes)
        else:
            made = file.node("Split", file.last, file.ints(*sizes), outputs=2, axis=1)
        file.node("Relu", made[rng.randint(0, 1)])
    else:
        index = rng.choice([[0], [1, 2], [0, 2], 1])
        file.node("Gather", file.last, file.constant(index, np.int64), axis=1)


def concat(file):
    rng = file.rng
    other = file.node("Relu", "input")
    axis = rng.choice([1, 1, 1, -3, 2, 3])
    file.node("Concat", *rng.choice([["input", other], [other], [other, "input", other]]), axis=axis)


def channels_last(file):
    """TensorFlow's way: everything between two Transposes, and constants along the last axis."""
    rng, (n, c, h, w) = file.rng, file.shape
    file.node("Transpose", file.last, perm=[0, 2, 3, 1])
    which = rng.randrange(5)
    if which == 0:
        file.node(rng.choice(["Add", "Mul", "Sub"]), file.last, file.weight(c))
    elif which == 1:
        file.node("MatMul", file.last, file.weight(c, 5))
    elif which == 2:
        file.node("Softmax", file.last, axis=-1)
    elif which == 3:
        file.node("Concat", file.last, file.node("Relu", file.last), axis=3)
    elif file.opset >= 11:
        file.node("Pad", file.last, file.ints(0, 1, 0, 0, 0, 1, 2, 0))
    file.node("Transpose", file.last, perm=[0, 3, 1, 2])


KINDS = [conv] * 3 + [conv_transpose] * 2 + [pool] * 3 + [flat] * 2 + [written_out] * 2 + [broadcast] * 2 + [resize] * 2
KINDS += [padded, global_pool, activation, clip, blocks, parts, concat, channels_last]


def main():
    folder = pathlib.Path(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 0)
    folder.mkdir(parents=True, exist_ok=True)
    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # Fused kernels round differently; the plain ones are the standard.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    with open(folder / "cases.csv", "w", newline="") as out:
        table = csv.writer(out)
        table.writerow(["file", "kind", "opset", "sizes"])
        for at in range(count):
            kind = rng.choice(KINDS)
            shape = [rng.choice([1, 1, 1, 3]), rng.choice([4, 8, 12]), rng.randint(4, 12), rng.randint(4, 12)]
            if kind is blocks:
                shape[2:] = [2 * rng.randint(2, 5), 2 * rng.randint(2, 5)]
            file = File(rng, rng.choice([7, 8, 9, 10, 11, 12, 13, 15, 17, 18, 19, 20, 21]), shape)
            kind(file)
            name, model = f"{at:05}", file.model()
            onnx.save(model, folder / f"{name}.onnx")
            data = file.numbers.standard_normal(shape).astype(np.float32)
            try:
                session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
                made = session.run(None, {"input": data})[0]
                data.tofile(folder / f"{name}.in")
                made.astype(np.float32).tofile(folder / f"{name}.out")
                sizes = " ".join(map(str, made.shape))
            except Exception:
                sizes = "invalid"
            table.writerow([f"{name}.onnx", kind.__name__, file.opset, sizes])


if __name__ == "__main__":
    main()
