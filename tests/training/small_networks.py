"""Networks for the tests, small enough to train in a second; also named on command lines."""

from torch import nn


def plain(channels: int = 1, classes: int = 3, size: int = 28) -> nn.Module:
    side = size // 4
    return nn.Sequential(
        nn.Conv2d(channels, 6, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(6 * side**2, classes),
    )


def exact(channels: int = 1, classes: int = 3, size: int = 28) -> nn.Module:
    """In float64, so that another order of additions stays invisible."""
    return plain(channels, classes, size).double()


def drawing(channels: int = 1, classes: int = 3, size: int = 28) -> nn.Module:
    """With running statistics, and random numbers in its forward pass."""
    return nn.Sequential(nn.BatchNorm2d(channels), nn.Dropout(0.2), plain(channels, classes, size))
