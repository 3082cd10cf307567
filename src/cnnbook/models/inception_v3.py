"""Inception v3: large windows factorised into small and into one-dimensional ones.

The blocks are written as tables of branches; `chain` and `Block` turn such a table into layers.
Inception v4 and Inception-ResNet v2 are other tables for the same two.

See: Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision",
arXiv:1512.00567. Its tables leave widths open; they are those of the authors' code,
tensorflow/models, research/slim/nets/inception_v3.py.
"""

from typing import NamedTuple

import torch
from torch import nn

from cnnbook.models.checks import check


class Step(NamedTuple):
    """A row of a table: one convolution, with batch norm and ReLU behind it."""

    channels: int
    kernel: int | tuple[int, int] = 1  # rows, columns
    stride: int = 1
    padded: bool = True  # half the kernel; the papers mark a step without padding with a V


# What a table is made of: a step, "average" (3x3, stride 1), "max" (3x3, stride 2), or branches
# that run side by side, each a chain of such parts. What halves the map has no padding.
STEM = (
    Step(32, 3, 2, False),  # (N, 32, 149, 149)
    Step(32, 3, 1, False),  # (N, 32, 147, 147)
    Step(64, 3),
    "max",  # (N, 64, 73, 73)
    Step(80),
    Step(192, 3, 1, False),  # (N, 192, 71, 71)
    "max",  # (N, 192, 35, 35)
)


def block_a(pool: int) -> tuple:
    """Tabulate figure 5, but with one 5x5 left (the code keeps it): 224 + pool channels."""
    return (
        (Step(64),),
        (Step(48), Step(64, 5)),
        (Step(64), Step(96, 3), Step(96, 3)),
        ("average", Step(pool)),
    )


def block_b(narrow: int) -> tuple:
    """Tabulate figure 6: 7x7 windows as 1x7 and 7x1, one pair and two pairs; 768 channels."""
    row, column = Step(narrow, (1, 7)), Step(narrow, (7, 1))
    return (
        (Step(192),),
        (Step(narrow), row, Step(192, (7, 1))),
        (Step(narrow), column, row, column, Step(192, (1, 7))),
        ("average", Step(192)),
    )


FORK = ((Step(384, (1, 3)),), (Step(384, (3, 1)),))  # a row beside a column, not behind it
BLOCK_C = (  # figure 7: 2048 channels
    (Step(320),),
    (Step(384), FORK),
    (Step(448), Step(384, 3), FORK),
    ("average", Step(192)),
)
REDUCTION_A = (  # figure 10: convolutions and a pooling of stride 2 side by side
    (Step(384, 3, 2, False),),
    (Step(64), Step(96, 3), Step(96, 3, 2, False)),
    ("max",),
)
REDUCTION_B = (
    (Step(192), Step(320, 3, 2, False)),
    (Step(192), Step(192, (1, 7)), Step(192, (7, 1)), Step(192, 3, 2, False)),
    ("max",),
)
LOWER = (
    *STEM,
    *(block_a(pool) for pool in (32, 64, 64)),  # (N, 288, 35, 35)
    REDUCTION_A,  # (N, 768, 17, 17)
    *(block_b(narrow) for narrow in (128, 160, 160, 192)),
)
UPPER = (REDUCTION_B, BLOCK_C, BLOCK_C)  # (N, 2048, 8, 8)
HEAD = (Step(128), Step(768, 5, 1, False))  # behind an average pooling 5x5 of stride 3

REDUCED_FORK = ((Step(24, (1, 3)),), (Step(24, (3, 1)),))
REDUCED = (
    Step(16, 5, 2),
    Step(16, 3),  # (N, 16, 14, 14)
    (  # 5x5 as two 3x3
        (Step(16),),
        (Step(12), Step(16, 3)),
        (Step(12), Step(16, 3), Step(16, 3)),
        ("average", Step(8)),
    ),
    ((Step(24, 3, 2, False),), (Step(12), Step(16, 3), Step(24, 3, 2, False)), ("max",)),
    (  # 7x7 as 1x7 and 7x1: (N, 96, 6, 6)
        (Step(24),),
        (Step(16), Step(16, (1, 7)), Step(24, (7, 1))),
        (Step(16), Step(16, (7, 1)), Step(16, (1, 7)), Step(16, (7, 1)), Step(24, (1, 7))),
        ("average", Step(24)),
    ),
    ((Step(24), Step(48, 3, 2, False)), (Step(24), Step(24, 3, 2, False)), ("max",)),
    # 3x3 as 1x3 beside 3x1: (N, 128, 2, 2)
    ((Step(32),), (Step(32), REDUCED_FORK), (Step(32), Step(32, 3), REDUCED_FORK)),
)


class Unit(nn.Sequential):
    """A convolution without bias, batch norm, ReLU."""

    def __init__(self, c_in: int, step: Step) -> None:
        """Build the layers of a row."""
        k_h, k_w = (step.kernel,) * 2 if isinstance(step.kernel, int) else step.kernel
        padding = (k_h // 2, k_w // 2) if step.padded else 0
        super().__init__(
            nn.Conv2d(c_in, step.channels, (k_h, k_w), step.stride, padding, bias=False),
            nn.BatchNorm2d(step.channels, eps=0.001),
            nn.ReLU(),
        )


class Block(nn.Module):
    """Branches side by side; `channels` counts what they return together."""

    def __init__(self, c_in: int, branches: tuple) -> None:
        """Build a chain for each branch."""
        super().__init__()
        chains = [chain(c_in, branch) for branch in branches]
        self.branches = nn.ModuleList(layers for layers, _ in chains)
        self.channels = sum(channels for _, channels in chains)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Concatenate what the branches return along the channels."""
        return torch.cat([branch(x) for branch in self.branches], 1)


def chain(c_in: int, parts: tuple) -> tuple[nn.Sequential, int]:
    """Build the parts of a table one behind the other.

    Returns:
        The layers, and the channels that the last one returns.
    """
    layers = nn.Sequential()
    for part in parts:
        if isinstance(part, Step):
            layers.append(Unit(c_in, part))
            c_in = part.channels
        elif part == "average":
            # the mean of the cells inside the map, as in TensorFlow; torchvision counts zeros
            layers.append(nn.AvgPool2d(3, 1, 1, count_include_pad=False))
        elif part == "max":
            layers.append(nn.MaxPool2d(3, 2))
        else:
            layers.append(Block(c_in, part))
            c_in = layers[-1].channels
    return layers, c_in


class Top(nn.Sequential):
    """The mean over each map, dropout, and a dense layer: (N, c_in, H, W) -> (N, classes)."""

    def __init__(self, c_in: int, classes: int, dropout: float) -> None:
        """Build the three layers; `dropout` is the share of zeros."""
        super().__init__(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(c_in, classes)
        )


class InceptionV3(nn.Module):
    """Blocks, then the mean; with a head it returns (logits, logits of the head) in training."""

    def __init__(self, channels: int, classes: int, auxiliary: bool) -> None:
        """Split the chain where the auxiliary head reads."""
        super().__init__()
        self.lower, middle = chain(channels, LOWER)
        self.upper, c = chain(middle, UPPER)
        self.top = Top(c, classes, 0.2)
        self.head = None
        if auxiliary:
            head, c = chain(middle, HEAD)
            self.head = nn.Sequential(nn.AvgPool2d(5, 3), head, Top(c, classes, 0))
        draw_as_slim(self)
        if auxiliary:  # the code starts the head small, so that it does not lead at first
            nn.init.trunc_normal_(head[-1][0].weight, std=0.01)
            nn.init.trunc_normal_(self.head[-1][-1].weight, std=0.001)

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        """Score the classes: x (N, channels, H, W) -> (N, classes), or a pair of these."""
        x = self.lower(x)  # (N, 768, 17, 17)
        logits = self.top(self.upper(x))
        return (logits, self.head(x)) if self.training and self.head else logits


def draw_as_slim(network: nn.Module) -> None:
    """Draw weights as the authors' code: variance 2 / fan-in for windows, Xavier for dense layers.

    See: tensorflow/models, research/slim/nets/inception_utils.py (it cuts the normal's tails)
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        elif isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
        if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None:
            nn.init.zeros_(layer.bias)


def inception_v3(
    channels: int = 3, classes: int = 1000, size: int = 299, auxiliary: bool = False
) -> nn.Module:
    """Build Inception v3.

    23,834,568 parameters, 27,161,264 with the auxiliary head: those of torchvision's inception_v3,
    a port of the authors' code. (The paper says "less than 25 million".)

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images, at least 75, with the auxiliary head 299.
        auxiliary: add the head. Then the network returns two logits while it trains.

    Returns:
        The network: (N, channels, size, size) -> (N, classes).

    Raises:
        ValueError: if a count is below 1 or the size too small.
    See: Szegedy et al. 2016, arXiv:1512.00567, section 6
    """
    check("inception_v3", channels, classes, size, 299 if auxiliary else 75)
    return InceptionV3(channels, classes, auxiliary)


def inception_v3_reduced(channels: int = 1, classes: int = 10, size: int = 28) -> nn.Module:
    """Build one narrow block of each factorisation; it stands for Inception v4 too.

    5x5 is two 3x3, 7x7 is 1x7 and 7x1, 3x3 is 1x3 beside 3x1; both grids are halved by a
    convolution and a pooling side by side. The stem is two convolutions.

    Raises:
        ValueError: if a count is below 1, or the size below 13.
    """
    check("inception_v3_reduced", channels, classes, size, 13)
    body, c = chain(channels, REDUCED)
    network = nn.Sequential(body, Top(c, classes, 0.2))
    draw_as_slim(network)
    return network.to(memory_format=torch.channels_last)
