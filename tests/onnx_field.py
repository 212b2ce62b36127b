"""Values of other people's networks.

    python tests/onnx_field.py FIELD FOLDER

runs every .onnx file below FIELD that has one input of floats in ONNX Runtime on random numbers. Writes FOLDER/N.in and
FOLDER/N.out and prints `N PATH` for each; sizes that have names are 1 in the batch, and files that leave others open are left out.
"""

import pathlib
import sys

import numpy as np
import onnxruntime


def main():
    field, folder = map(pathlib.Path, sys.argv[1:3])
    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    draw = np.random.default_rng(7)
    for number, path in enumerate(sorted(field.glob("**/*.onnx"))):
        try:
            session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
            (node,) = session.get_inputs()
            shape = [1 if at == 0 and not isinstance(size, int) else size for at, size in enumerate(node.shape)]
            if node.type != "tensor(float)" or not all(isinstance(size, int) for size in shape):
                continue
            data = draw.uniform(-1, 1, shape).astype(np.float32)
            made = session.run(None, {node.name: data})
        except Exception:
            continue
        if len(made) == 1 and made[0].dtype == np.float32:
            data.tofile(folder / f"{number}.in")
            made[0].tofile(folder / f"{number}.out")
            print(number, path)


if __name__ == "__main__":
    main()
