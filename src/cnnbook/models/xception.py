"""Xception: depthwise separable convolutions all the way, with shortcuts around them.

See: Chollet 2017, "Xception: Deep Learning with Depthwise Separable Convolutions",
arXiv:1610.02357, figure 5.
"""

import torch
from torch import nn

from cnnbook.models.checks import check
from cnnbook.models.first_weights import draw_glorot

# channels of the separable convolutions of a block; stride 2 is a pooling behind them
ENTRY = ((128, 128), (256, 256), (728, 728))
MIDDLE = ((728, 728, 728),) * 8
EXIT = ((728, 1024),)
LAST = (1536, 2048)  # separable convolutions behind the blocks, each with ReLU

REDUCED_ENTRY = ((24, 24), (48, 48))
REDUCED_MIDDLE = ((48, 48, 48),) * 2
REDUCED_EXIT = ((48, 96),)
REDUCED_LAST = (128,)


class Separable(nn.Sequential):
    """A 3x3 window for each channel, then 1x1 over the channels, then batch norm.

    No ReLU between the two: the paper finds that it does harm (figure 10). The windows come first
    here, in an Inception block the 1x1 convolution does; in a deep stack the order hardly matters.
    """

    def __init__(self, c_in: int, c_out: int) -> None:
        """Build the three layers; height and width stay."""
        super().__init__(
            nn.Conv2d(c_in, c_in, 3, padding=1, groups=c_in, bias=False),
            nn.Conv2d(c_in, c_out, 1, bias=False),
            nn.BatchNorm2d(c_out, eps=0.001),
        )


class Plain(nn.Sequential):
    """An ordinary convolution 3x3 without padding, batch norm, ReLU."""

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        """Build the three layers."""
        super().__init__(
            nn.Conv2d(c_in, c_out, 3, stride, bias=False),
            nn.BatchNorm2d(c_out, eps=0.001),
            nn.ReLU(),
        )


class Residual(nn.Module):
    """x + separable convolutions of ReLU(x); stride 2 pools the sum's two sides alike.

    x (N, c_in, H, W) -> y (N, widths[-1], ceil(H / stride), ceil(W / stride))
    """

    def __init__(
        self, c_in: int, widths: tuple[int, ...], stride: int, first_relu: bool = True
    ) -> None:
        """Build ReLU and separable convolution for each width.

        Args:
            c_in: channels of x.
            widths: channels of the separable convolutions.
            stride: 1, the shortcut is x; or 2, it is a 1x1 convolution of stride 2.
            first_relu: whether x passes ReLU before the first one.
        """
        super().__init__()
        layers, c = nn.Sequential(), c_in
        for i, width in enumerate(widths):
            if i > 0 or first_relu:
                layers.append(nn.ReLU())
            layers.append(Separable(c, width))
            c = width
        self.shortcut = nn.Identity()
        if stride == 2:
            # one cell on each side centres the windows on the cells that the shortcut reads;
            # Keras' "same" padding does so only where the size is odd
            layers.append(nn.MaxPool2d(3, 2, 1))
            self.shortcut = nn.Sequential(
                nn.Conv2d(c_in, c, 1, 2, bias=False), nn.BatchNorm2d(c, eps=0.001)
            )
        self.layers = layers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add the two sides."""
        return self.shortcut(x) + self.layers(x)


def _network(
    stem: nn.Sequential,
    c: int,
    flows: tuple[tuple[tuple[int, ...], ...], ...],
    last: tuple[int, ...],
    classes: int,
) -> nn.Module:
    """Chain stem, entry, middle and exit flow, the last separable convolutions and a dense layer.

    Args:
        stem: layers before the entry flow.
        c: channels that the stem returns.
        flows: the blocks of the entry, middle and exit flow, each a tuple of widths.
        last: channels of the separable convolutions behind the blocks.
        classes: that it tells apart.
    """
    blocks = nn.Sequential()
    for widths_of_blocks, stride in zip(flows, (2, 1, 2), strict=True):
        for widths in widths_of_blocks:
            # the stem ends with ReLU, so that the first block needs none
            blocks.append(Residual(c, widths, stride, first_relu=len(blocks) > 0))
            c = widths[-1]
    for width in last:
        blocks.append(nn.Sequential(Separable(c, width), nn.ReLU()))
        c = width
    top = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(c, classes))
    network = nn.Sequential(*stem, *blocks, *top)
    draw_glorot(network)  # as Keras does where nothing is said
    return network


def xception(channels: int = 3, classes: int = 1000, size: int = 299) -> nn.Module:
    """Build Xception.

    22,855,952 parameters, as in the paper's table 3 and in Keras (which prints 22,910,480: with the
    running means and variances of its batch norms).

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images, at least 7.

    Returns:
        The network: (N, channels, size, size) -> (N, classes).

    Raises:
        ValueError: if a count is below 1 or the size too small.
    See: Chollet 2017, arXiv:1610.02357, section 3 and figure 5
    """
    check("xception", channels, classes, size, 7)
    stem = nn.Sequential(Plain(channels, 32, 2), Plain(32, 64, 1))  # (N, 64, 147, 147)
    return _network(stem, 64, (ENTRY, MIDDLE, EXIT), LAST, classes)


def xception_reduced(channels: int = 1, classes: int = 10, size: int = 28) -> nn.Module:
    """Build five narrow residual blocks of separable convolutions behind one ordinary one.

    Raises:
        ValueError: if a count is below 1, or the size below 3.
    """
    check("xception_reduced", channels, classes, size, 3)
    flows = (REDUCED_ENTRY, REDUCED_MIDDLE, REDUCED_EXIT)
    network = _network(nn.Sequential(Plain(channels, 16, 1)), 16, flows, REDUCED_LAST, classes)
    return network.to(memory_format=torch.channels_last)
