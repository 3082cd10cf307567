"""Network in Network: a small perceptron at every place, and the mean of a map as the score."""

from typing import NamedTuple

import torch
from torch import nn

from cnnbook.models.checks import check
from cnnbook.models.first_weights import draw_normal


class Row(NamedTuple):
    """One mlpconv: a convolution and two 1 x 1 convolutions, with what follows them."""

    kernel: int
    stride: int
    padding: int
    maps: tuple[int, ...]  # of the three; in the last row the third has one per class
    pool: str  # "max" or "mean" over 3 x 3, 2 apart, or ""
    drop: bool  # dropout after the pooling


# The paper gives no widths; these are its first author's, from the files he published.
IMAGENET = (  # Caffe's model zoo, nin_imagenet
    # kernel, stride, padding, maps, pool, drop
    Row(11, 4, 0, (96, 96, 96), "max", False),
    Row(5, 1, 2, (256, 256, 256), "max", False),
    Row(3, 1, 1, (384, 384, 384), "max", True),
    Row(3, 1, 1, (1024, 1024), "", False),
)
CIFAR = (  # cuda-convnet and Caffe's model zoo, cifar10_nin
    Row(5, 1, 2, (192, 160, 96), "max", True),
    Row(5, 1, 2, (192, 192, 192), "mean", True),
    Row(3, 1, 1, (192, 192), "", False),
)
REDUCED = (  # no dropout: a few hundred steps leave nothing to keep in check
    Row(5, 1, 2, (12, 12, 12), "max", False),
    Row(3, 1, 1, (32, 32, 32), "mean", False),
    Row(3, 1, 1, (64, 64), "", False),
)


# What Caffe's file has in most layers; it has 0.01 in conv1, conv3 and the last, but for images
# from 0 to 255. The narrow layers of the reduced form need more.
SPREAD = 0.05


class MLPConv(nn.Module):
    """Convolution, then at every place two dense layers over the maps: 1 x 1 convolutions."""

    def __init__(self, channels: int, row: Row, maps: tuple[int, ...]) -> None:
        """Stack three convolutions, each with its ReLU."""
        super().__init__()
        layers: list[nn.Module] = []
        for place, width in enumerate(maps):
            window = (row.kernel, row.stride, row.padding) if place == 0 else (1,)
            layers += [nn.Conv2d(channels, width, *window), nn.ReLU()]
            channels = width
        self.layers = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply the perceptron at every place, x (N, C, H, W)."""
        return self.layers(x)


class NIN(nn.Module):
    """Mlpconv rows, and the mean of each map of the last, (N, C, H, W) -> logits (N, classes).

    No dense layer looks at places: the last row has a map per class, and its mean is the score.
    """

    def __init__(self, rows: tuple[Row, ...], channels: int, classes: int) -> None:
        """Stack the rows."""
        super().__init__()
        layers: list[nn.Module] = []
        for row in rows:
            maps = (*row.maps, classes) if row is rows[-1] else row.maps
            layers.append(MLPConv(channels, row, maps))
            if row.pool:
                pool = nn.MaxPool2d if row.pool == "max" else nn.AvgPool2d
                layers.append(pool(3, 2, ceil_mode=True))  # both sources round the size up
            if row.drop:
                layers.append(nn.Dropout())
            channels = maps[-1]
        self.features = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score each image."""
        x = self.features(x)  # (N, classes, 6, 6), nothing below zero: the last ReLU is there too
        return x.mean((2, 3))


def nin(channels: int = 3, classes: int = 1000, size: int = 224) -> nn.Module:
    """Build the network for ImageNet.

    7,595,176 parameters by default; the file of the published weights has 29 MB, four bytes each.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images.

    Returns:
        Module, x (N, channels, size, size) -> logits (N, classes).

    Raises:
        ValueError: if an argument is below 1, or size is below 39.
    See: Lin, Chen & Yan 2013, arXiv:1312.4400; Caffe's model zoo, nin_imagenet.
    """
    check("nin", channels, classes, size, 39)
    network = NIN(IMAGENET, channels, classes)
    draw_normal(network, SPREAD)
    return network


def nin_cifar(channels: int = 3, classes: int = 10, size: int = 32) -> nn.Module:
    """Build the network for CIFAR-10.

    966,986 parameters by default, counted from the published file.

    Arguments and result are those of `nin`.

    Raises:
        ValueError: if an argument is below 1, or size is below 4.
    See: Lin, Chen & Yan 2013, arXiv:1312.4400, section 4; Caffe's model zoo, cifar10_nin.
    """
    check("nin_cifar", channels, classes, size, 4)
    network = NIN(CIFAR, channels, classes)
    draw_normal(network, SPREAD)
    return network


def nin_reduced(channels: int = 1, classes: int = 10, size: int = 28) -> nn.Module:
    """Build a small Network in Network: three mlpconv rows, max and mean pooling, no dense layer.

    Arguments and result are those of `nin`.

    Raises:
        ValueError: if an argument is below 1, or size is below 4.
    """
    check("nin_reduced", channels, classes, size, 4)
    network = NIN(REDUCED, channels, classes)
    draw_normal(network, spread=None)
    # A map of scores that is zero everywhere learns nothing; with zeros, half of them start so.
    nn.init.ones_(network.features[-1].layers[-2].bias)
    return network
