"""Values of PyTorch modules beside those of ONNX files.

    python tests/torch_values.py onnx FOLDER      (a Python with onnxruntime)
    python tests/torch_values.py torch FOLDER     (a Python with torch)

The first runs every FOLDER/NAME.onnx on random pictures and writes NAME.in.npy and NAME.out.npy; it prints the names of
those that ONNX Runtime refuses. The second loads
FOLDER/NAME.py with the weights FOLDER/NAME.safetensors, compares its result with NAME.out.npy, prints a line for every
module that differs, and last the number of modules that agree. Their weights, written again, are the same.
"""

import copy
import importlib.util
import pathlib
import sys

import numpy as np

# Of the largest element, or of 1.
TOLERANCE = 1e-5
# ONNX Runtime's tanh and sigmoid are approximations. Where a module agrees with its own values in 64 bits to OWN, a difference of
# up to APPROXIMATE is ONNX Runtime's.
OWN, APPROXIMATE = 1e-6, 5e-5


def run_onnx(folder):
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    for path in sorted(folder.glob("*.onnx")):
        try:
            session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
        except Exception:
            print(path.stem)
            continue
        data = np.random.default_rng(7).standard_normal(session.get_inputs()[0].shape).astype(np.float32)
        np.save(path.with_suffix(".in.npy"), data)
        np.save(path.with_suffix(".out.npy"), session.run(None, {"input": data})[0])


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def difference(path):
    """What a module computes otherwise than the ONNX file, or nothing."""
    import torch

    module = load(path)
    network = module.Network().load_weights().eval()
    data, wanted = (torch.from_numpy(np.load(path.with_suffix(end))) for end in (".in.npy", ".out.npy"))
    # The second picture of a batch is computed as the first one.
    with torch.no_grad():
        found = network(torch.cat([data, data.flip(3)]))
    c, h, w = network.OUTPUT
    if found.shape != ((2, c) if (h, w) == (1, 1) else (2, c, h, w)) or data.shape[1:] != network.INPUT:
        return f"makes {tuple(found.shape)}"
    if not torch.isfinite(wanted).all():
        return "values are not finite"
    scale = max(1.0, float(wanted.abs().max()))
    apart = lambda one, other: float((one[:1].reshape(-1) - other[:1].reshape(-1)).abs().max()) / scale
    off = apart(found, wanted)
    if off > TOLERANCE:
        with torch.no_grad():
            exact = copy.deepcopy(network).double()(data.double())
        if off > APPROXIMATE or apart(found, exact) > OWN:
            return f"differs by {off}"
    made = network.train()(torch.cat([data, data.flip(3)])).sum()
    if made.requires_grad:
        made.backward()
    again = path.with_suffix(".again.safetensors")
    network.load_weights().save_weights(again)
    ours, theirs = module.read_tensors(again), module.read_tensors(path.with_suffix(".safetensors"))
    if ours.keys() != theirs.keys() or not all(torch.equal(ours[name], theirs[name]) for name in ours):
        return "weights change when they are written"
    return None


def run_torch(folder):
    import torch

    torch.set_num_threads(1)
    agree = 0
    for path in sorted(folder.glob("*.py")):
        if not path.with_suffix(".out.npy").exists():
            continue
        try:
            said = difference(path)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        if said is None:
            agree += 1
        else:
            print(f"{path.stem}: {said}")
    print(agree)


if __name__ == "__main__":
    {"onnx": run_onnx, "torch": run_torch}[sys.argv[1]](pathlib.Path(sys.argv[2]))
