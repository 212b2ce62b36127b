"""PyTorch's side of the bench `training`: trains the graphs that it reads, a line of JSON each, and answers with the least
milliseconds of a step. One thread. Windows with SAME padding get the symmetrical border that makes the same size, which is
PyTorch's faster form."""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


def border(window, size):
    """Rows and columns around a picture: (top, bottom), (left, right)."""
    padding = window["padding"]
    if padding == "Valid":
        return (0, 0), (0, 0)
    if padding == "Same":
        sides = []
        for axis in (0, 1):
            k = (window["kernel"][axis] - 1) * window.get("dilation", [1, 1])[axis] + 1
            missing = max((-(-size[axis] // window["stride"][axis]) - 1) * window["stride"][axis] + k - size[axis], 0)
            half = -(-missing // 2)
            # One more on the small side changes nothing where the last window still fits.
            more = (size[axis] + 2 * half - k) // window["stride"][axis] + 1
            sides.append((half, half) if more == -(-size[axis] // window["stride"][axis]) else (missing // 2, half))
        return tuple(sides)
    sides = padding["Explicit"]
    return (sides["top"], sides["bottom"]), (sides["left"], sides["right"])


class Net(nn.Module):
    def __init__(self, parts):
        super().__init__()
        self.nodes, self.operands, self.layers = parts["nodes"], parts["operands"], nn.ModuleDict()
        for at, node in enumerate(self.nodes):
            layer = self.layer(at, node)
            if layer is not None:
                self.layers[str(at)] = layer

    def layer(self, at, node):
        op, shape = node["op"], node["shape"]
        kind = op if isinstance(op, str) else next(iter(op))
        given = None if isinstance(op, str) else op[kind]
        before = self.nodes[self.operands[at][0]]["shape"] if self.operands[at] else shape
        size = (before["h"], before["w"])
        if kind == "Conv":
            window = given["window"]
            (top, bottom), (left, right) = border(window, size)
            even = top == bottom and left == right
            conv = nn.Conv2d(
                before["c"], given["filters"], window["kernel"], window["stride"], (top, left) if even else 0,
                window.get("dilation", [1, 1]), given["groups"], given["bias"],
            )
            return conv if even else nn.Sequential(nn.ZeroPad2d((left, right, top, bottom)), conv)
        if kind == "Dense":
            return nn.Linear(before["c"], given["features"], given["bias"])
        if kind == "BatchNorm":
            return nn.BatchNorm2d(shape["c"], eps=1e-3)
        if kind == "PRelu":
            return nn.PReLU(shape["c"])
        if kind == "Relu":
            return nn.ReLU()
        if kind == "Relu6":
            return nn.ReLU6()
        if kind == "Pool":
            pool, window = given
            (top, bottom), (left, right) = border(window, size)
            assert top == bottom and left == right, "a pool with an uneven border"
            if pool == "Max":
                return nn.MaxPool2d(window["kernel"], window["stride"], (top, left))
            counts = pool == "AvgWithBorder"
            return nn.AvgPool2d(window["kernel"], window["stride"], (top, left), count_include_pad=counts)
        return None

    def forward(self, x):
        made = []
        for at, node in enumerate(self.nodes):
            inputs = [made[operand] for operand in self.operands[at]]
            made.append(self.node(at, node, x, inputs))
        return made[-1]

    def node(self, at, node, x, inputs):
        op = node["op"]
        kind = op if isinstance(op, str) else next(iter(op))
        if kind == "Input":
            return x
        if kind == "Dense":
            return self.layers[str(at)](inputs[0].flatten(1))
        if str(at) in self.layers:
            return self.layers[str(at)](inputs[0])
        if kind in ("Output", "Identity"):
            return inputs[0]
        if kind in ("Add", "Mul"):
            total = inputs[0]
            for other in inputs[1:]:
                total = total + other if kind == "Add" else total * other
            return total
        if kind == "Concat":
            return torch.cat(inputs, 1)
        if kind == "Mean":
            return inputs[0].mean((2, 3), keepdim=True)
        if kind == "Zero":
            return torch.zeros_like(inputs[0])
        if kind == "Slice":
            start = op[kind].get("start", 0)
            return inputs[0][:, start : start + op[kind]["channels"]]
        if kind == "Pad":
            b = op[kind]
            return F.pad(inputs[0], (b["left"], b["right"], b["top"], b["bottom"]))
        raise ValueError(f"no {kind} here")


class Training:
    def __init__(self, asked):
        torch.manual_seed(0)
        shape, batch = asked["graph"]["nodes"][0]["shape"], asked["batch"]
        layout = torch.channels_last if asked["channels_last"] else torch.contiguous_format
        self.net = Net(asked["graph"]).train().to(memory_format=layout)
        self.images = torch.randn(batch, shape["c"], shape["h"], shape["w"]).to(memory_format=layout)
        self.labels = torch.arange(batch) % 10
        parameters = self.net.parameters()
        self.optimiser = torch.optim.SGD(parameters, lr=0.01, momentum=0.9, nesterov=True, weight_decay=5e-4)

    def step(self):
        self.optimiser.zero_grad(set_to_none=True)
        F.cross_entropy(self.net(self.images), self.labels, label_smoothing=0.1).backward()
        self.optimiser.step()

    def turn(self, seconds):
        start, least, steps = time.perf_counter(), float("inf"), 0
        while time.perf_counter() - start < seconds or steps < 3:
            begin = time.perf_counter()
            self.step()
            least, steps = min(least, time.perf_counter() - begin), steps + 1
        return 1e3 * least


def main():
    torch.set_num_threads(1)
    print(json.dumps(f"{torch.__version__}, Python {sys.version.split()[0]}"), flush=True)
    trainings = {}
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            training = trainings.setdefault(asked["key"], None) or Training(asked)
            trainings[asked["key"]] = training
            print(json.dumps(training.turn(asked["seconds"])), flush=True)
        except Exception as error:
            print(f"{asked['key']}: {error}", file=sys.stderr)
            print("null", flush=True)


main()
