"""Values of networks that were read and written again.

    python tests/onnx_values.py FOLDER

runs every FOLDER/NAME.ours.onnx in ONNX Runtime and compares the result with what ONNX Runtime makes of the original on
the same numbers. The original is FOLDER/NAME.onnx, with its input in NAME.in and its output in NAME.out, as
`onnx_layers.py` writes them; or the file that the line "NAME,PATH" of FOLDER/originals.csv names, which is run here on
random numbers. Prints a line for every file that differs or that ONNX Runtime does not run, and last the number of files
that agree.
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


def session_of(model):
    """A session of a file or of a model's bytes."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # Fused kernels round differently; the plain ones are the standard.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])


def known(folder, name):
    """Input and output of the first picture, which lie beside the original."""
    original = onnx.load(folder / f"{name}.onnx", load_external_data=False)
    batch = original.graph.input[0].type.tensor_type.shape.dim[0].dim_value
    data = np.fromfile(folder / f"{name}.in", np.float32)
    theirs = np.fromfile(folder / f"{name}.out", np.float32)
    return data[: data.size // batch], theirs[: theirs.size // batch]


def run_original(path, shape):
    """Random numbers in our input's shape, and what the original makes of them. The original may have its channels last,
    a batch of its own, sizes with names, half precision, and further outputs."""
    # ONNX Runtime itself does not read sizes that lie in a file of their own; onnx puts them into the model.
    session = session_of(onnx.load(path).SerializeToString())
    numbers = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    one = session.get_inputs()[0]
    fits = lambda shape: all(theirs == ours for theirs, ours in zip(one.shape[1:], shape[1:]) if isinstance(theirs, int))
    data = numbers
    if len(one.shape) == 2:
        data = numbers.reshape(1, -1)
    elif not fits(shape):
        data = numbers.transpose(0, 2, 3, 1)
    batch = one.shape[0] if isinstance(one.shape[0], int) and one.shape[0] > 0 else 1
    kind = {"tensor(float16)": np.float16, "tensor(double)": np.float64}.get(one.type, np.float32)
    made = session.run(None, {one.name: np.repeat(data, batch, 0).astype(kind)})[0].astype(np.float32)
    return numbers.reshape(-1), made.reshape(-1)[: made.size // batch]


def main():
    folder = pathlib.Path(sys.argv[1])
    onnxruntime.set_default_logger_severity(4)
    listed = folder / "originals.csv"
    originals = dict(line.split(",", 1) for line in listed.read_text().splitlines()) if listed.exists() else {}
    agree = 0
    for path in sorted(folder.glob("*.ours.onnx")):
        name = path.name.removesuffix(".ours.onnx")
        if name not in originals and not (folder / f"{name}.out").exists():
            continue
        try:
            session = session_of(str(path))
            shape = session.get_inputs()[0].shape
            data, theirs = run_original(originals[name], shape) if name in originals else known(folder, name)
            ours = session.run(None, {"input": data.reshape(shape)})[0]
        except Exception as error:
            print(f"{name}: {' '.join(str(error).split())[:300]}")
            continue
        if same(ours, theirs):
            agree += 1
        else:
            far = np.abs(ours.reshape(-1)[: theirs.size] - theirs[: ours.size]).max()
            print(f"{name}: {ours.shape} differs by {far}")
    print(agree)


if __name__ == "__main__":
    main()
