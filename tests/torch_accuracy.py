"""Does a network learn as much here as in PyTorch? One graph, one recipe, some seeds, both programs.

    python tests/torch_accuracy.py PROGRAM SPEC --mini 16x16:1 --passes 3 --seeds 3 --clip 1

PROGRAM is the built `autogo`; this Python has torch, numpy and Pillow; AUTOGO_DATA has CIFAR-10. The graph comes to PyTorch as
the source that `autogo graph --torch` writes. Weights, order and flips are drawn anew by each program, from the same
distributions. Printed: test accuracy of every training, means, and a 95 % interval of the difference (Welch's t).
"""

import argparse
import gzip
import importlib.util
import io
import json
import math
import os
import statistics
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import numpy
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

BATCH, RATE, DECAY, SMOOTHING, WARM_UP, MOMENTUM = 128, 0.1, 5e-4, 0.1, 0.2, 0.9


def pictures(name, side):
    """Pictures and labels of a pack, made smaller by a box filter."""
    data = gzip.decompress((Path(os.environ["AUTOGO_DATA"]) / "images" / name).read_bytes())
    magic, count = struct.unpack_from("<4sI", data)
    assert magic == b"CFJP"
    at, images, labels = 8, [], []
    for _ in range(count):
        label, length = struct.unpack_from("<BH", data, at)
        at += 3
        images.append(numpy.asarray(Image.open(io.BytesIO(data[at : at + length])).convert("RGB")))
        labels.append(label)
        at += length
    pixels = numpy.stack(images).astype(numpy.float32)
    box = 32 // side
    pixels = pixels.reshape(count, side, box, side, box, 3).mean((2, 4))
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(), torch.tensor(labels)


def start(network):
    """The weights as they are drawn here: He-normal convolutions, dense layers of variance 1 / 3n, no bias."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            fan_in = module.weight[0].numel()
            spread = math.sqrt((1 / 3 if isinstance(module, nn.Linear) else 2) / fan_in)
            nn.init.normal_(module.weight, std=spread)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def rate(step, steps):
    """One cycle: up in a straight line, then down to zero."""
    rising = round(WARM_UP * steps)
    now = step + 1
    return now / rising if now <= rising else (steps + 1 - now) / max(steps + 1 - rising, 1)


def learn(network, train, test, passes, clip, seed):
    torch.manual_seed(seed)
    start(network)
    matrices = [weight for weight in network.parameters() if weight.dim() > 1]
    others = [weight for weight in network.parameters() if weight.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.SGD(groups, lr=RATE, momentum=MOMENTUM, nesterov=True)
    (images, labels), count = train, len(train[1])
    steps = math.ceil(passes * count / BATCH)
    order = torch.cat([torch.randperm(count) for _ in range(passes)])
    network.train()
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = RATE * rate(step, steps)
        chosen = order[step * BATCH : (step + 1) * BATCH]
        batch = images[chosen]
        flips = torch.rand(len(chosen)) < 0.5
        batch[flips] = batch[flips].flip(3)
        optimiser.zero_grad()
        functional.cross_entropy(network(batch), labels[chosen], label_smoothing=SMOOTHING).backward()
        if clip:
            nn.utils.clip_grad_norm_(network.parameters(), clip)
        optimiser.step()
    network.eval()
    with torch.no_grad():
        hits = sum((network(x).argmax(1) == y).sum().item() for x, y in zip(test[0].split(500), test[1].split(500)))
    return hits / len(test[1])


def here(program, arguments, passes, clip, seed, scratch):
    """Test accuracy of `autogo fit`."""
    recipe, out = scratch / "recipe.toml", scratch / f"run-{seed}"
    recipe.write_text(f"images = {50_000 * passes}\nbatch = {BATCH}\nclip = {clip}\nseed = {seed}\n")
    subprocess.run([program, "fit", *arguments, "--recipe", recipe, "--out", out], check=True, capture_output=True)
    lines = (out / "log.csv").read_text().splitlines()
    rows = [dict(zip(lines[0].split(","), line.split(","))) for line in lines[1:]]
    return float([row["test_accuracy"] for row in rows if row.get("test_accuracy")][-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=Path)
    parser.add_argument("spec")
    parser.add_argument("--mini", default="16x16:1")
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--clip", type=float, default=0.0, help="the longest gradient; 0 is no bound")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    side = int(arguments.mini.split("x")[0])
    train, test = (pictures(f"cifar10_{part}_jpeg.pack.gz", side) for part in ["train", "test"])
    mean, spread = train[0].mean((0, 2, 3), keepdim=True), train[0].std((0, 2, 3), keepdim=True)
    train, test = ((((images - mean) / spread), labels) for images, labels in [train, test])
    found = {"here": [], "torch": []}
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        network = ["--mini", arguments.mini]
        source = scratch / "network.py"
        subprocess.run([arguments.program, "graph", arguments.spec, *network, "--torch", source], check=True, capture_output=True)
        spec = importlib.util.spec_from_file_location("network", source)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for seed in range(arguments.seeds):
            for who in found:
                begun = time.monotonic()
                if who == "here":
                    fitted = [arguments.spec, *network]
                    accuracy = here(arguments.program, fitted, arguments.passes, arguments.clip, seed, scratch)
                else:
                    accuracy = learn(module.Network(), train, test, arguments.passes, arguments.clip, seed)
                found[who].append(accuracy)
                print(f"{who:<6} seed {seed}: {100 * accuracy:.2f} % in {time.monotonic() - begun:.0f} s", flush=True)
    means = {who: statistics.mean(values) for who, values in found.items()}
    errors = [statistics.variance(values) / len(values) for values in found.values()]
    freedom = sum(errors) ** 2 / sum(error**2 / (arguments.seeds - 1) for error in errors)
    # Student's t at 97.5 %, to two digits, for few degrees of freedom.
    table = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 8: 2.31, 10: 2.23, 15: 2.13, 20: 2.09, 30: 2.04}
    t = table[max(key for key in table if key <= max(freedom, 1))]
    difference, half = means["here"] - means["torch"], t * math.sqrt(sum(errors))
    about = {name: getattr(arguments, name) for name in ["spec", "mini", "passes", "clip"]}
    print(json.dumps({**about, "torch": torch.__version__}))
    print(f"here {100 * means['here']:.2f} %, PyTorch {100 * means['torch']:.2f} %")
    print(f"difference {100 * difference:+.2f} points, 95 % interval {100 * (difference - half):+.2f} to {100 * (difference + half):+.2f}")
    assert abs(difference) <= half, "the interval leaves zero out"


main()
