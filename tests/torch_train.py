"""Trains PyTorch modules of graphs on tiny pictures, in one and in two processes.

    python3 tests/torch_train.py

needs a Python with torch (Debian: python3-torch) and, for pictures in folders, Pillow; `cargo autogo`, or the program that
AUTOGO_BINARY names, writes the modules and reads the weights. The last line is `passed` and what was left out.
"""

import json
import os
import pathlib
import pickle
import subprocess
import sys
import tarfile
import tempfile
import time

try:
    import numpy as np
    import torch
except ImportError as error:
    print(f"skipped: {error}; Debian's package is python3-torch")
    sys.exit(0)
try:
    from PIL import Image
except ImportError:
    Image = None

ROOT = pathlib.Path(__file__).resolve().parent.parent
TRAIN = ROOT / "experiments/torch/train.py"
SMALL = "nb201:nor_conv_1x1,none,none,skip_connect,none,avg_pool_3x3"
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}
sys.path.insert(0, str(TRAIN.parent))


def autogo(*arguments):
    command = ["cargo", "run", "--quiet", "--locked", "--package", "experiments", "--bin", "autogo", "--"]
    if "AUTOGO_BINARY" in os.environ:
        command = [os.environ["AUTOGO_BINARY"]]
    made = subprocess.run([*command, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return made.stdout


def command(network, task, data, out, *more, processes=1):
    start = [sys.executable]
    if processes > 1:
        # Under Python 3.11, PyTorch 1.13 knows no other values of these two.
        start += ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes)]
        start += ["--redirects", "1", "--tee", "2", "--log_dir", str(pathlib.Path(out).parent / "logs")]
    usual = ["--epochs", 2, "--batch", 16, "--warmup", 1, "--workers", 0, "--device", "cpu"]
    given = [network, "--task", task, "--data", data, "--out", out, *usual, *more]
    return [*start, str(TRAIN), *map(str, given)]


def trained(*arguments, **named):
    """The weights and the log of a training."""
    made = subprocess.run(command(*arguments, **named), env=ENVIRONMENT, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    out = pathlib.Path(arguments[3])
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return (out / "weights.safetensors").read_bytes(), lines


def refused(expected, *arguments):
    made = subprocess.run(command(*arguments), env=ENVIRONMENT, capture_output=True, text=True)
    lines = made.stderr.strip().splitlines()
    assert made.returncode == 2 and lines and expected in lines[-1], (expected, made.returncode, made.stderr)
    # argparse shows how the program is used in front of its line.
    assert len(lines) == 1 or lines[0].startswith("usage:"), made.stderr


def cifar10(folder):
    """Pictures that are the brighter, the higher their class, in three forms."""
    rng = np.random.default_rng(0)
    python, binary = folder / "python/cifar-10-batches-py", folder / "binary"
    python.mkdir(parents=True), binary.mkdir()
    for name, count in (("data_batch_1", 40), ("data_batch_2", 40), ("test_batch", 30)):
        labels = rng.integers(0, 10, count)
        given = (rng.integers(0, 60, (count, 3072)) + 20 * labels[:, None]).astype(np.uint8)
        (python / name).write_bytes(pickle.dumps({"data": given, "labels": labels.tolist()}))
        (binary / f"{name}.bin").write_bytes(np.concatenate([labels[:, None].astype(np.uint8), given], 1).tobytes())
    with tarfile.open(folder / "archive.tar.gz", "w:gz") as archive:
        archive.add(binary, "cifar-10-batches-bin")


def classes_are_learned(folder, network):
    data = folder / "python"
    more = ["--lr", 0.02, "--epochs", 6, "--ema", 0.8, "--smoothing", 0.1, "--clip", 1.0]
    whole, log = trained(network, "cifar10", data, folder / "whole", *more)
    assert len(log) == 6 and log[-1]["loss"] < log[0]["loss"], log
    assert log[1]["rate"] > log[-1]["rate"], log
    # The same again, with processes that read pictures, and from the other forms of the same pictures.
    for name, given, workers in (("again", data, 2), ("binary", folder / "binary", 0), ("tar", folder / "archive.tar.gz", 0)):
        assert trained(network, "cifar10", given, folder / name, *more, "--workers", workers)[0] == whole, name
    assert trained(network, "cifar10", data, folder / "other", *more, "--seed", 1)[0] != whole
    # Killed after a pass and resumed.
    out = folder / "resumed"
    process = subprocess.Popen(command(network, "cifar10", data, out, *more), env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    while not (out / "log.jsonl").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.kill(), process.wait()
    assert trained(network, "cifar10", data, out, *more, "--resume")[0] == whole
    refused("holds a training already", network, "cifar10", data, out, *more)
    refused("was written with seed 0", network, "cifar10", data, out, *more, "--resume", "--seed", 1)
    # The library reads the weights, and a module beside them.
    autogo("graph", SMALL, "--onnx", folder / "whole.onnx", "--weights", folder / "whole/weights.safetensors")
    autogo("graph", SMALL, "--torch", folder / "whole.py", "--weights", folder / "whole/weights.safetensors")
    assert (folder / "whole.safetensors").read_bytes() == whole
    from train import load_network

    load_network(str(folder / "whole.py")).load_weights(folder / "whole.safetensors")
    begun = trained(network, "cifar10", data, folder / "begun", "--lr", 1e-9, "--weights", folder / "whole.safetensors")
    assert begun[1][0]["loss"] < log[0]["loss"], begun


def two_processes_train_one_network(folder, network):
    data, more = folder / "python", ["--lr", 0.02, "--ema", 0.8, "--amp"]
    first, log = trained(network, "cifar10", data, folder / "two", *more, processes=2)
    second, _ = trained(network, "cifar10", data, folder / "two_again", *more, processes=2)
    assert first == second and len(log) == 2
    state = torch.load(folder / "two/checkpoint.pt", map_location="cpu")
    assert all(torch.isfinite(one).all() for one in state["network"].values())
    # The step is that of all pictures: without batch norm one process makes nearly the same.
    if Image is not None:
        edges = ["--patch", 8, "--lr", 0.001]
        pair = [folder / "small_one", folder / "small_two"]
        trained(folder / "fsrcnn.py", "super-resolution", folder / "pictures", pair[0], *edges, "--batch", 4)
        trained(folder / "fsrcnn.py", "super-resolution", folder / "pictures", pair[1], *edges, "--batch", 4, processes=2)
        one, two = (torch.load(path / "checkpoint.pt", map_location="cpu")["network"] for path in pair)
        # Another order of the pictures alone would change them by a few rates.
        assert all((one[name] - two[name]).abs().max() < 0.02 for name in one)


def folders_are_read(folder, network):
    if Image is None:
        refused("pictures in folders need Pillow", network, "folders", folder, folder / "none")
        return
    rng = np.random.default_rng(1)
    for part, count in (("train", 4), ("val", 2)):
        for label in range(10):
            root = folder / "classes" / part / f"class_{label}"
            root.mkdir(parents=True)
            for at in range(count):
                pixels = (rng.integers(0, 60, (40 + at, 50, 3)) + 20 * label).astype(np.uint8)
                Image.fromarray(pixels).save(root / f"{at}.png")
    for part in ("train", "val"):
        (folder / "pictures" / part).mkdir(parents=True)
        for at in range(8):
            y, x = np.mgrid[:64, :80]
            pixels = 127 + 120 * np.sin(x[:, :, None] / (at + 2) + y[:, :, None] / np.array([3, 5, 7]))
            Image.fromarray(pixels.astype(np.uint8)).save(folder / "pictures" / part / f"{at}.png")
    _, log = trained(network, "folders", folder / "classes", folder / "folders", "--lr", 0.02)
    assert all(0 <= line["accuracy"] <= 1 for line in log), log
    for name, spec, more in (
        ("fsrcnn", "fsrcnn", ["--patch", 8]),
        ("edsr", "edsr:16x16", ["--patch", 8, "--scale", 2, "--lr", 1e-4]),
        ("unet", "unet:16x16", ["--patch", 16]),
    ):
        autogo("graph", spec, "--torch", folder / f"{name}.py")
        more = ["--batch", 4, "--epochs", 3, "--lr", 0.001, *more]
        _, log = trained(folder / f"{name}.py", "super-resolution", folder / "pictures", folder / f"run_{name}", *more)
        assert log[-1]["loss"] < log[0]["loss"] and log[-1]["psnr"] > log[0]["psnr"] > 0, (name, log)
        weights = folder / f"run_{name}/weights.safetensors"
        autogo("graph", spec, "--onnx", folder / f"{name}.onnx", "--weights", weights)
    refused("needs --scale", folder / "edsr.py", "super-resolution", folder / "pictures", folder / "no")
    refused("enlarges 2 times", folder / "fsrcnn.py", "super-resolution", folder / "pictures", folder / "no", "--scale", 3)
    refused("makes (1, ", folder / "fsrcnn.py", "folders", folder / "classes", folder / "no")
    (folder / "classes/val/zebra").mkdir()
    refused("class zebra", network, "folders", folder / "classes", folder / "no")
    # Pictures are read while the training runs, so its folder is there.
    refused("accepted: 200", folder / "fsrcnn.py", "super-resolution", folder / "pictures", folder / "narrow",
            "--patch", 100, "--batch", 2, "--workers", 1)
    broken = folder / "pictures/train/broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    refused("broken.png: is no picture", folder / "fsrcnn.py", "super-resolution", folder / "pictures", folder / "broken",
            "--batch", 9, "--patch", 8)
    broken.unlink()


def bad_input_is_one_line(folder, network):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(folder / "evil"),)

    cases = folder / "cases"
    for name, content in (
        ("evil", pickle.dumps({"data": Evil(), "labels": []})),
        ("no_pickle", b"nothing"),
        ("short", pickle.dumps({"data": np.zeros((2, 100), np.uint8), "labels": [0, 1]})),
        ("class_ten", pickle.dumps({"data": np.zeros((1, 3072), np.uint8), "labels": [10]})),
    ):
        (cases / name).mkdir(parents=True)
        (cases / name / "data_batch_1").write_bytes(content)
    (cases / "cut").mkdir()
    (cases / "cut/data_batch_1.bin").write_bytes(b"\0" * 3072)
    (cases / "empty").mkdir()
    (cases / "file").write_bytes(b"no archive")
    (cases / "wrong.py").write_text("x = 1\n")
    (cases / "syntax.py").write_text("class Network(\n")
    for expected, path in (
        ("posix.mkdir", "evil"), ("no batch of CIFAR-10", "no_pickle"), ("3 × 32 × 32", "short"), ("0 to 9", "class_ten"),
        ("records of 3073 bytes", "cut"), ("no data_batch_1", "empty"), ("accepted: a folder or", "file"), ("No such", "no"),
    ):
        refused(expected, network, "cifar10", cases / path, folder / "no")
    assert not (folder / "evil").exists() and not (folder / "no").exists()
    data = folder / "python"
    refused("is no file FILE.py", folder, "cifar10", data, folder / "no")
    refused("has no class Network", cases / "wrong.py", "cifar10", data, folder / "no")
    refused("SyntaxError", cases / "syntax.py", "cifar10", data, folder / "no")
    refused("--epochs: accepted", network, "cifar10", data, folder / "no", "--epochs", 0)
    refused("--ema: accepted", network, "cifar10", data, folder / "no", "--ema", 1.5)
    refused("at most the 80", network, "cifar10", data, folder / "no", "--batch", 81)
    refused("goes on from a checkpoint", network, "cifar10", data, folder / "no", "--resume")
    refused("Is a directory", network, "cifar10", data, folder / "no", "--weights", folder)
    refused("is no safetensors file", network, "cifar10", data, folder / "no", "--weights", cases / "file")
    refused("the loss is", network, "cifar10", data, folder / "diverged", "--lr", 1e20)
    (folder / "damaged").mkdir()
    (folder / "damaged/checkpoint.pt").write_bytes(b"nothing")
    refused("is no checkpoint", network, "cifar10", data, folder / "damaged", "--resume")
    (folder / "taken").write_bytes(b"")
    refused("taken", network, "cifar10", data, folder / "taken")


def main():
    with tempfile.TemporaryDirectory(prefix="autogo-train-") as folder:
        folder = pathlib.Path(folder)
        network = folder / "network.py"
        autogo("graph", SMALL, "--torch", network)
        cifar10(folder)
        for check in (classes_are_learned, folders_are_read, two_processes_train_one_network, bad_input_is_one_line):
            begin = time.monotonic()
            check(folder, network)
            print(f"{check.__name__}: {time.monotonic() - begin:.0f} s", flush=True)
    print("passed" + ("" if Image else "; skipped pictures in folders: no Pillow"))


if __name__ == "__main__":
    main()
