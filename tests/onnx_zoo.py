"""The nine networks that the `onnx` package carries, with weights.

    python tests/onnx_zoo.py
    python tests/onnx_zoo.py NAME FOLDER

Without arguments it prints a network's name, its file and its number of parameters a line: the package's files give every
weight's sizes and one value for all. With them it writes FOLDER/NAME.onnx with random weights, without the softmax at its
end, behind which a thousand numbers near 1/1000 could hide a difference.
"""

import math
import pathlib
import sys

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test import data


def files():
    folder = pathlib.Path(data.__path__[0]) / "light"
    return {path.stem.removeprefix("light_"): path for path in sorted(folder.glob("light_*.onnx"))}


def sizes(graph):
    """Sizes of every weight by name."""
    known = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    found = {name: array.shape for name, array in known.items() if array.dtype == np.float32}
    filled = [node for node in graph.node if node.op_type == "ConstantOfShape"]
    return found | {node.output[0]: tuple(known[node.input[0]].tolist()) for node in filled}


def parameters(graph):
    """What is learned: all weights that nodes read but the mean and the variance of batch norms."""
    known, learned = sizes(graph), set()
    for node in graph.node:
        learned |= set(node.input[:3] if node.op_type == "BatchNormalization" else node.input) & set(known)
    return sum(math.prod(known[name]) for name in learned)


def give_weights(graph):
    draw = np.random.default_rng(7)
    variances = {node.input[4] for node in graph.node if node.op_type == "BatchNormalization"}
    for name, shape in sizes(graph).items():
        if len(shape) > 1:
            weights = draw.normal(0, math.sqrt(2 / math.prod(shape[1:])), shape)
        else:
            weights = draw.uniform(0.5, 1.5, shape) if name in variances else draw.uniform(-0.2, 0.2, shape)
        for old in [tensor for tensor in graph.initializer if tensor.name == name]:
            graph.initializer.remove(old)
        graph.initializer.append(numpy_helper.from_array(weights.astype(np.float32), name))
    for node in [node for node in graph.node if node.op_type == "ConstantOfShape"]:
        graph.node.remove(node)
    for node in [node for node in graph.node if node.op_type == "Softmax"]:
        graph.output[0].name = node.input[0]
        graph.node.remove(node)


def main():
    if len(sys.argv) == 1:
        for name, path in files().items():
            print(name, path, parameters(onnx.load(path).graph), sep="\t")
        return
    name, folder = sys.argv[1:]
    model = onnx.load(files()[name])
    give_weights(model.graph)
    onnx.save(model, f"{folder}/{name}.onnx")


if __name__ == "__main__":
    main()
