"""AlexNet: the two towers of 2012, and the one tower that libraries ship."""

from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from cnnbook.models.checks import check
from cnnbook.models.first_weights import draw_normal
from cnnbook.shapes import output_size


class Row(NamedTuple):
    """One convolution with what follows it."""

    maps: int
    kernel: int
    stride: int
    padding: int
    groups: int  # 2: each tower reads its own half of the maps
    norm: bool  # local response normalisation
    pool: bool  # 3 x 3 windows, 2 apart: neighbours overlap by one row


TWO_TOWERS = (
    # maps, kernel, stride, padding, groups, norm, pool
    Row(96, 11, 4, 0, 1, True, True),  # both towers read the image
    Row(256, 5, 1, 2, 2, True, True),
    Row(384, 3, 1, 1, 1, False, False),  # both read both: no other convolution does
    Row(384, 3, 1, 1, 2, False, False),
    Row(256, 3, 1, 1, 2, False, True),
)
# Krizhevsky 2014 has response normalisation here too; torchvision, whose count this is, leaves
# it out. The padding of the first row is torchvision's as well: it makes 224 fit.
ONE_TOWER = (
    Row(64, 11, 4, 2, 1, False, True),
    Row(192, 5, 1, 2, 1, False, True),
    Row(384, 3, 1, 1, 1, False, False),
    Row(256, 3, 1, 1, 1, False, False),
    Row(256, 3, 1, 1, 1, False, True),
)
REDUCED = (
    Row(12, 5, 1, 2, 1, True, True),
    Row(32, 5, 1, 2, 2, True, True),
    Row(48, 3, 1, 1, 1, False, False),
    Row(48, 3, 1, 1, 2, False, False),
    Row(32, 3, 1, 1, 2, False, True),
)


class ResponseNorm(nn.Module):
    r"""Divide each value by a power of the squares at its place in five neighbouring maps.

    y_i = x_i / (2 + 1e-4 \sum_j x_j^2)^0.75 , j from i − 2 to i + 2 within the maps of a tower

    torch's LocalResponseNorm divides alpha by the five, the paper does not: it wants 5e-4 for 1e-4.

    See: Krizhevsky et al. 2012, section 3.3.
    """

    def __init__(self, towers: int = 1) -> None:
        """Keep the number of towers: each lay on a card of its own and saw no other maps."""
        super().__init__()
        self.towers = towers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalise x (N, C, H, W), each tower by itself."""
        x = x.unflatten(1, (self.towers, -1))  # (N, towers, C / towers, H, W)
        maps = x.shape[2]
        squares = F.pad(x.square(), (0, 0, 0, 0, 2, 2))  # two maps of zeros at each end
        total = sum(squares[:, :, start : start + maps] for start in range(5))
        return (x * (2 + 1e-4 * total) ** -0.75).flatten(1, 2)  # (N, C, H, W)


def dense_layers(
    inputs: int, hidden: int, classes: int, drop_inputs: bool = False
) -> nn.Sequential:
    """Stack three dense layers, with dropout after the first two, or before them."""
    first, second = nn.Linear(inputs, hidden), nn.Linear(hidden, hidden)
    layers = [first, nn.ReLU(), nn.Dropout(), second, nn.ReLU()]
    layers = [nn.Dropout(), *layers] if drop_inputs else [*layers, nn.Dropout()]
    return nn.Sequential(*layers, nn.Linear(hidden, classes))


class AlexNet(nn.Module):
    """Five convolutions and three dense layers, x (N, C, H, W) -> logits (N, classes)."""

    def __init__(
        self,
        rows: tuple[Row, ...],
        hidden: int,
        channels: int,
        classes: int,
        size: int,
        drop_inputs: bool = False,
    ) -> None:
        """Stack the rows; `hidden` units in two dense layers.

        drop_inputs: dropout before the first two dense layers, as in torchvision, not after them.
        """
        super().__init__()
        towers = max(row.groups for row in rows)
        features: list[nn.Module] = []
        for row in rows:
            features += [
                nn.Conv2d(channels, row.maps, row.kernel, row.stride, row.padding, 1, row.groups),
                nn.ReLU(),
            ]
            size = output_size(size, row.kernel, row.stride, row.padding)
            if row.norm:
                features.append(ResponseNorm(towers))
            if row.pool:
                features.append(nn.MaxPool2d(3, 2))
                size = output_size(size, 3, 2)
            channels = row.maps
        self.features = nn.Sequential(*features)
        self.classifier = dense_layers(channels * size**2, hidden, classes, drop_inputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score each image."""
        x = self.features(x)  # (N, 256, 6, 6)
        return self.classifier(x.flatten(1))


def alexnet(channels: int = 3, classes: int = 1000, size: int = 227) -> nn.Module:
    """Build the network of 2012 with its two towers.

    60,965,224 parameters by default; the paper says 60 million. The paper's images have 224
    pixels, but its first layer has 55 x 55 outputs: that takes 227, or 1.5 pixels of padding.
    Both towers are one module: a convolution in two groups computes what two cards did.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images.

    Returns:
        Module, x (N, channels, size, size) -> logits (N, classes).

    Raises:
        ValueError: if an argument is below 1, or size is below 67.
    See: Krizhevsky, Sutskever & Hinton 2012, sections 3 to 5.
    """
    check("alexnet", channels, classes, size, 67)
    network = AlexNet(TWO_TOWERS, 4096, channels, classes, size)
    # Ones give the ReLUs of these layers a positive sum at first, so that they learn (section 5).
    draw_normal(network, ones=(1, 3, 4, 5, 6))
    return network


def alexnet_one_tower(channels: int = 3, classes: int = 1000, size: int = 224) -> nn.Module:
    """Build the variant without towers.

    61,100,840 parameters by default, as torchvision publishes. It has fewer maps in layers 1, 2
    and 4 than the network of 2012, no groups, and no response normalisation. The first weights
    are those of torch's layers, as there.

    Arguments and result are those of `alexnet`.

    Raises:
        ValueError: if an argument is below 1, or size is below 63.
    See: Krizhevsky 2014, arXiv:1404.5997; torchvision/models/alexnet.py.
    """
    check("alexnet_one_tower", channels, classes, size, 63)
    return AlexNet(ONE_TOWER, 4096, channels, classes, size, drop_inputs=True)


def alexnet_reduced(channels: int = 1, classes: int = 10, size: int = 28) -> nn.Module:
    """Build a small AlexNet: two towers, response normalisation, overlapping pooling, dropout.

    Arguments and result are those of `alexnet`.

    Raises:
        ValueError: if an argument is below 1, or size is below 15.
    """
    check("alexnet_reduced", channels, classes, size, 15)
    network = AlexNet(REDUCED, 128, channels, classes, size)
    draw_normal(network, spread=None)
    return network
