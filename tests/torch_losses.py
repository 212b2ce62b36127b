"""The losses of six Nesterov steps in PyTorch, for `tests/training.rs`, which has the same network, weights and pictures.

    python3 tests/torch_losses.py

Computed in double precision, so the numbers do not depend on PyTorch's version.
"""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

IMAGES = 32


def formula(count, stream):
    """autogo::formats::onnx::formula."""
    k = np.arange(count, dtype=np.uint64)
    bits = (np.uint64(1_103_515_245) * k + np.uint64((12_345 * stream + 42) % 2**64)) & np.uint64(0x7FFFFFFF)
    return 2.0 * bits.astype(np.float64) / 2.0**31 - 1.0


class Peer(nn.Module):
    """Layers are named by their place in the graph."""

    def __init__(self):
        super().__init__()
        norm = lambda channels: nn.BatchNorm2d(channels, eps=1e-3)
        self.layers = nn.ModuleDict({
            "1": nn.Conv2d(3, 16, 3, padding=1, bias=False),
            "2": norm(16),
            "4": nn.Conv2d(16, 16, 3, padding=1, groups=16, bias=False),
            "5": norm(16),
            "9": nn.Conv2d(16, 32, 3, stride=2, padding=1, bias=False),
            "10": norm(32),
            "13": nn.Conv2d(32, 16, 1),
            "15": nn.PReLU(48),
            "17": nn.Linear(48, 10),
        })

    def forward(self, x):
        at = self.layers
        x = F.relu(at["2"](at["1"](x)))
        y = F.relu6(at["5"](at["4"](x)))
        x = y + F.max_pool2d(x, 3, 1, 1)
        x = F.relu(at["10"](at["9"](x)))
        x = torch.cat([F.avg_pool2d(x, 3, 1, 1, count_include_pad=False), at["13"](x)], 1)
        return at["17"](at["15"](x).mean((2, 3)))


def fill(net):
    """Gives every weight its numbers, rounded to single precision."""
    matrices, others = [], []
    for place, layer in net.layers.items():
        for name, parameter in layer.named_parameters():
            is_matrix = name == "weight" and parameter.dim() > 1
            (matrices if is_matrix else others).append(parameter)
            part = {"BatchNorm2d": {"weight": 2, "bias": 3}, "PReLU": {"weight": 4}}.get(
                type(layer).__name__, {"weight": 0, "bias": 1})[name]
            u = formula(parameter.numel(), 8 * int(place) + part)
            fan = math.prod(parameter.shape[1:]) if is_matrix else 1
            values = [u * math.sqrt(6.0 / fan), 0.1 * u, 1.0 + 0.1 * u, 0.1 * u, 0.25 + 0.1 * u][part]
            values = torch.tensor(values.astype(np.float32).astype(np.float64)).reshape(parameter.shape)
            parameter.data.copy_(values)
    return matrices, others


def main():
    torch.set_num_threads(1)
    net = Peer().double().train()
    matrices, others = fill(net)
    images = formula(IMAGES * 12 * 12 * 3, 7_992).astype(np.float32).astype(np.float64)
    images = torch.tensor(images).reshape(IMAGES, 12, 12, 3).permute(0, 3, 1, 2)
    labels = torch.arange(IMAGES) * 7 % 10
    groups = [{"params": matrices, "weight_decay": 5e-4}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.SGD(groups, lr=0.05, momentum=0.9, nesterov=True)
    losses = []
    for _ in range(6):
        optimiser.zero_grad()
        loss = F.cross_entropy(net(images), labels, label_smoothing=0.1)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    print(", ".join(f"{loss:.8f}" for loss in losses))


main()
