"""Writes networks with the Python package onnx, as another tool would, into the folder given as argument."""

import sys

from onnx import TensorProto, helper, numpy_helper, save
import numpy as np


class Net:
    """Appends nodes; weights are zeros of the right sizes, pads are written out as PyTorch does."""

    def __init__(self, channels, size):
        self.nodes, self.weights, self.count, self.size = [], [], 0, size
        self.input = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, channels, size, size])

    def add(self, op, inputs, **attributes):
        self.count += 1
        name = f"t{self.count}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=f"{op}_{self.count}", **attributes))
        return name

    def weight(self, *sizes):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.zeros(sizes, np.float32), name))
        return name

    def conv(self, x, c_in, c_out, k, s=1, groups=1, bias=False):
        inputs = [x, self.weight(c_out, c_in // groups, k, k)] + ([self.weight(c_out)] if bias else [])
        p = k // 2
        return self.add("Conv", inputs, kernel_shape=[k, k], strides=[s, s], pads=[p, p, p, p], group=groups)

    def norm(self, x, c):
        return self.add("BatchNormalization", [x] + [self.weight(c) for _ in range(4)])

    def relu6(self, x):
        for name, value in (("zero", 0.0), ("six", 6.0)):
            if all(weight.name != name for weight in self.weights):
                self.weights.append(numpy_helper.from_array(np.array(value, np.float32), name))
        return self.add("Clip", [x, "zero", "six"])

    def save(self, path, output, shape):
        made = helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)
        graph = helper.make_graph(self.nodes, path.rsplit("/", 1)[-1], [self.input], [made], self.weights)
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def resnet18(path):
    net = Net(3, 224)
    x = net.add("Relu", [net.norm(net.conv("image", 3, 64, 7, 2), 64)])
    x = net.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    c_in = 64
    for stage, c in enumerate((64, 128, 256, 512)):
        for block in range(2):
            s = 2 if stage > 0 and block == 0 else 1
            y = net.add("Relu", [net.norm(net.conv(x, c_in, c, 3, s), c)])
            y = net.norm(net.conv(y, c, c, 3), c)
            skip = net.norm(net.conv(x, c_in, c, 1, s), c) if s > 1 else x
            x, c_in = net.add("Relu", [net.add("Add", [y, skip])]), c
    x = net.add("Flatten", [net.add("GlobalAveragePool", [x])], axis=1)
    x = net.add("Gemm", [x, net.weight(1000, 512), net.weight(1000)], transB=1)
    net.save(path, x, [1, 1000])


def mobilenet_v2(path):
    net = Net(3, 224)
    x, c_in = net.relu6(net.norm(net.conv("image", 3, 32, 3, 2), 32)), 32
    for t, c, n, s in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
        for block in range(n):
            stride, hidden, y = (s if block == 0 else 1), c_in * t, x
            if t > 1:
                y = net.relu6(net.norm(net.conv(y, c_in, hidden, 1), hidden))
            y = net.relu6(net.norm(net.conv(y, hidden, hidden, 3, stride, hidden), hidden))
            y = net.norm(net.conv(y, hidden, c, 1), c)
            x, c_in = (net.add("Add", [x, y]) if stride == 1 and c_in == c else y), c
    x = net.relu6(net.norm(net.conv(x, 320, 1280, 1), 1280))
    x = net.add("ReduceMean", [x], axes=[2, 3], keepdims=0)
    x = net.add("Gemm", [x, net.weight(1000, 1280), net.weight(1000)], transB=1)
    net.save(path, x, [1, 1000])


def unet(path):
    net = Net(1, 64)
    x, skips, c_in = "image", [], 1
    for c in (16, 32, 64):
        x = net.add("Relu", [net.conv(x, c_in, c, 3, bias=True)])
        skips.append((x, c))
        x, c_in = net.add("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2]), c
    for skip, c in reversed(skips):
        up = [x, net.weight(c_in, c, 2, 2), net.weight(c)]
        x = net.add("ConvTranspose", up, kernel_shape=[2, 2], strides=[2, 2])
        x = net.add("Concat", [x, skip], axis=1)
        x, c_in = net.add("Relu", [net.conv(x, 2 * c, c, 3, bias=True)]), c
    x = net.add("Shrink", [net.conv(x, c_in, 1, 1, bias=True)]) if "shrink" in path else net.conv(x, c_in, 1, 1, bias=True)
    net.save(path, x, [1, 1, 64, 64])


folder = sys.argv[1]
resnet18(f"{folder}/resnet18.onnx")
mobilenet_v2(f"{folder}/mobilenet_v2.onnx")
unet(f"{folder}/unet.onnx")
unet(f"{folder}/unet_shrink.onnx")
