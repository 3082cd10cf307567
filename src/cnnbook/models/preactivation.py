"""Pre-activation ResNet: normalise and cut off before each convolution, never after the addition.

Nothing but additions lies between the output of one unit and that of any later one of its stage.

See: He, Zhang, Ren, Sun 2016, "Identity Mappings in Deep Residual Networks", arXiv:1603.05027.
"""

import torch
from torch import nn

from cnnbook.models.checks import check
from cnnbook.models.resnet import Padded, ResNet, line_up, small_stem

BASIC = {  # units in each of three stages with 16, 32 and 64 channels
    "preresnet20": 3,
    "preresnet56": 9,
    "preresnet110": 18,
}
BOTTLENECK = {  # units in each of three stages with 64, 128 and 256 channels
    "preresnet164": 18,
    "preresnet1001": 111,
}
C_STEM = 16
NARROW = (16, 32, 64)
WIDE = (64, 128, 256)
LEAST = 3  # below it the third stage gets a single pixel, and its stride has nothing to halve
REDUCED_LEAST = 5


class PreBasic(nn.Module):
    """Two 3x3 convolutions, each after normalisation and ReLU (figure 4 e), and a shortcut.

    x (N, c_in, H, W) -> y (N, c_out, h_out, w_out)
    """

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        """Size the unit; where the shape changes, the shortcut pads with zeros (option A)."""
        super().__init__()
        self.activate = nn.Sequential(nn.BatchNorm2d(c_in), nn.ReLU())
        self.branch = nn.Sequential(
            nn.Conv2d(c_in, c_out, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(c_out),
            nn.ReLU(),
            nn.Conv2d(c_out, c_out, 3, padding=1, bias=False),
        )
        same = c_in == c_out and stride == 1
        self.shortcut = nn.Identity() if same else Padded(c_in, c_out, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add the branch to the input itself."""
        return self.branch(self.activate(x)) + self.shortcut(x)  # (N, c_out, h_out, w_out)


class PreBottleneck(nn.Module):
    """A 3x3 convolution between two of 1x1, each after normalisation and ReLU, and a shortcut.

    x (N, c_in, H, W) -> y (N, c_out, h_out, w_out)
    """

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        """Size the unit; where the shape changes, the shortcut is a 1x1 convolution."""
        super().__init__()
        width = c_out // 4
        self.activate = nn.Sequential(nn.BatchNorm2d(c_in), nn.ReLU())
        self.branch = nn.Sequential(
            # stride in the first 1x1, as in the authors' code, unlike `resnet.Bottleneck`
            nn.Conv2d(c_in, width, 1, stride, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, c_out, 1, bias=False),
        )
        same = c_in == c_out and stride == 1
        self.shortcut = None if same else nn.Conv2d(c_in, c_out, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add the branch to the input, or to the projection of the activated input."""
        active = self.activate(x)
        skip = x if self.shortcut is None else self.shortcut(active)  # (N, c_out, h_out, w_out)
        return self.branch(active) + skip


class PreResNet(ResNet):
    """A stem, stages of units, a last activation, the mean over all positions, a dense layer."""

    def __init__(self, stem: nn.Module, stages: nn.Sequential, features: int, classes: int) -> None:
        """Put the parts together; the last unit has no activation after it, so the mean has one."""
        super().__init__(stem, stages, features, classes)
        self.mean = nn.Sequential(nn.BatchNorm2d(features), nn.ReLU(), nn.AdaptiveAvgPool2d(1))


def preresnet20(channels: int = 3, classes: int = 10, size: int = 32) -> PreResNet:
    """Build the network of 20 layers: 269,722 parameters, as `resnet_cifar.resnet20`.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images.

    Returns:
        A network x (N, channels, size, size) -> logits (N, classes).

    Raises:
        ValueError: if a number is below 1, or size below 3.
    """
    return _basic("preresnet20", channels, classes, size)


def preresnet56(channels: int = 3, classes: int = 10, size: int = 32) -> PreResNet:
    """Build the network of 56 layers: 853,018 parameters; arguments as of `preresnet20`."""
    return _basic("preresnet56", channels, classes, size)


def preresnet110(channels: int = 3, classes: int = 10, size: int = 32) -> PreResNet:
    """Build the network of 110 layers: 1,727,962 parameters; arguments as of `preresnet20`."""
    return _basic("preresnet110", channels, classes, size)


def preresnet164(channels: int = 3, classes: int = 10, size: int = 32) -> PreResNet:
    """Build the network of 164 layers: 1,703,258 parameters; arguments as of `preresnet20`.

    The paper says 1.7 M (table 4).
    """
    return _bottleneck("preresnet164", channels, classes, size)


def preresnet1001(channels: int = 3, classes: int = 10, size: int = 32) -> PreResNet:
    """Build the network of 1001 layers: 10,327,706 parameters; arguments as of `preresnet20`.

    The paper says 10.2 M (table 4), which is what is left without the scales and shifts of the
    normalisation: 10,178,490.
    """
    return _bottleneck("preresnet1001", channels, classes, size)


def preactivation_reduced(channels: int = 1, classes: int = 10, size: int = 28) -> PreResNet:
    """Build a small network of 14 layers: two units in each stage, of 16, 32 and 64 channels.

    Arguments and result are those of `preresnet20`.

    Raises:
        ValueError: if a number is below 1, or size below 5.
    """
    check("preactivation_reduced", channels, classes, size, REDUCED_LEAST)
    return _assemble(channels, classes, units=2, stride=2)


def _basic(name: str, channels: int, classes: int, size: int) -> PreResNet:
    check(name, channels, classes, size, LEAST)
    return _assemble(channels, classes, units=BASIC[name], stride=1)


def _assemble(channels: int, classes: int, units: int, stride: int) -> PreResNet:
    stages = line_up(PreBasic, (units,) * 3, C_STEM, NARROW)
    # The stem is activated before the first unit splits off its branch (appendix), which therefore
    # does not activate again. A unit of bottlenecks that changes the shape does so of itself.
    stages[0][0].activate = nn.Identity()
    stem = small_stem(channels, C_STEM, stride)
    return PreResNet(stem, stages, NARROW[-1], classes)


def _bottleneck(name: str, channels: int, classes: int, size: int) -> PreResNet:
    check(name, channels, classes, size, LEAST)
    stages = line_up(PreBottleneck, (BOTTLENECK[name],) * 3, C_STEM, WIDE)
    stem = nn.Conv2d(channels, C_STEM, 3, padding=1, bias=False)
    return PreResNet(stem, stages, WIDE[-1], classes)
