"""Values of networks that were read and written again.

    python tests/onnx_values.py FOLDER

runs every FOLDER/NAME.ours.onnx in ONNX Runtime on NAME.in, as `onnx_layers.py` wrote it for NAME.onnx, and compares the
result with NAME.out. Prints a line for every file that differs, and last the number of files that agree.
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime


def same(ours, theirs):
    """Whether all elements agree, in the file's layout or with channels last."""
    layouts = [ours.reshape(-1)]
    if ours.ndim == 4:
        layouts.append(ours.transpose(0, 2, 3, 1).reshape(-1))
    scale = max(1.0, float(np.nanmax(np.abs(theirs), initial=1.0)))
    near = lambda one: one.size == theirs.size and np.allclose(one, theirs, rtol=1e-4, atol=1e-5 * scale, equal_nan=True)
    return any(near(one) for one in layouts)


def main():
    folder = pathlib.Path(sys.argv[1])
    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    agree = 0
    for path in sorted(folder.glob("*.ours.onnx")):
        name = path.name.removesuffix(".ours.onnx")
        if not (folder / f"{name}.out").exists():
            continue
        original = onnx.load(folder / f"{name}.onnx", load_external_data=False)
        batch = original.graph.input[0].type.tensor_type.shape.dim[0].dim_value
        data = np.fromfile(folder / f"{name}.in", np.float32)
        theirs = np.fromfile(folder / f"{name}.out", np.float32)
        data, theirs = data[: data.size // batch], theirs[: theirs.size // batch]
        try:
            session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
            shape = session.get_inputs()[0].shape
            ours = session.run(None, {"input": data.reshape(shape)})[0]
        except Exception as error:
            print(f"{name}: {str(error)[:300]}")
            continue
        if same(ours, theirs):
            agree += 1
        else:
            print(f"{name}: {ours.shape} differs by {np.abs(ours.reshape(-1)[: theirs.size] - theirs[: ours.size]).max()}")
    print(agree)


if __name__ == "__main__":
    main()
