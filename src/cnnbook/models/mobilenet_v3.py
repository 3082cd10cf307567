"""MobileNet v3: v2's block with squeeze-and-excitation and h-swish, its table found by search.

See: Howard, Sandler, Chu, Chen, Chen, Tan, Wang, Zhu, Pang, Vasudevan, Le & Adam 2019,
arXiv:1905.02244.
"""

from collections import OrderedDict
from typing import NamedTuple

import torch
from torch import nn

from cnnbook.models.blocks import ConvNorm, ConvSqueezeExcite, multiplied
from cnnbook.models.checks import check
from cnnbook.models.first_weights import draw_he_outputs

STEM = 16
EPS = 0.001  # of batch norm, in the published code


class Row(NamedTuple):
    """One block of the tables."""

    kernel: int
    wide: int  # channels inside
    c_out: int
    excite: bool
    swish: bool  # h-swish; otherwise ReLU
    stride: int


LARGE = (  # kernel, channels inside, channels after, squeeze-excite, h-swish, stride
    Row(3, 16, 16, False, False, 1),
    Row(3, 64, 24, False, False, 2),
    Row(3, 72, 24, False, False, 1),
    Row(5, 72, 40, True, False, 2),
    Row(5, 120, 40, True, False, 1),
    Row(5, 120, 40, True, False, 1),
    Row(3, 240, 80, False, True, 2),
    Row(3, 200, 80, False, True, 1),
    Row(3, 184, 80, False, True, 1),
    Row(3, 184, 80, False, True, 1),
    Row(3, 480, 112, True, True, 1),
    Row(3, 672, 112, True, True, 1),
    Row(5, 672, 160, True, True, 2),
    Row(5, 960, 160, True, True, 1),
    Row(5, 960, 160, True, True, 1),
)
SMALL = (
    Row(3, 16, 16, True, False, 2),
    Row(3, 72, 24, False, False, 2),
    Row(3, 88, 24, False, False, 1),
    Row(5, 96, 40, True, True, 2),
    Row(5, 240, 40, True, True, 1),
    Row(5, 240, 40, True, True, 1),
    Row(5, 120, 48, True, True, 1),
    Row(5, 144, 48, True, True, 1),
    Row(5, 288, 96, True, True, 2),
    Row(5, 576, 96, True, True, 1),
    Row(5, 576, 96, True, True, 1),
)
REDUCED = (
    Row(3, 16, 16, False, False, 1),
    Row(3, 48, 24, False, False, 2),
    Row(5, 72, 24, True, True, 1),
    Row(5, 96, 32, True, True, 1),
)


class Bottleneck(nn.Module):
    """Expand by 1x1, filter 3x3 or 5x5 depthwise, weigh the channels, project without activation.

    See: figure 4.
    """

    def __init__(self, c_in: int, row: Row) -> None:
        """Build the block; x is added where its shape is kept."""
        super().__init__()
        activation = nn.Hardswish if row.swish else nn.ReLU
        layers = []
        if row.wide != c_in:
            layers += [ConvNorm(c_in, row.wide, eps=EPS), activation()]
        layers += [
            ConvNorm(row.wide, row.wide, row.kernel, row.stride, groups=row.wide, eps=EPS),
            activation(),
        ]
        if row.excite:
            squeezed = multiplied(row.wide, 0.25)
            layers.append(ConvSqueezeExcite(row.wide, squeezed, nn.ReLU(), nn.Hardsigmoid()))
        layers.append(ConvNorm(row.wide, row.c_out, eps=EPS))
        self.branch = nn.Sequential(*layers)
        self.residual = row.stride == 1 and c_in == row.c_out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, c_in, H, W) to (N, c_out, H / stride, W / stride), rounded up."""
        y = self.branch(x)
        return x + y if self.residual else y


def mobilenet_v3_large(
    channels: int = 3, classes: int = 1000, size: int = 224, width: float = 1.0
) -> nn.Module:
    """Build MobileNet v3 large with 5,483,032 parameters, as torchvision; the paper has 5.4 M.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images.
        width: multiplies the channels of every layer, rounded to a multiple of 8; the dense layer
            before the last keeps its 1,280 for widths below 1, so that 0.75 has the paper's 4.0 M.

    Returns:
        x (N, channels, H, W) -> logits (N, classes).

    Raises:
        ValueError: if a number is too small, size below 32, or width not above 0.
    """
    check("mobilenet_v3_large", channels, classes, size, 32)
    return _mobilenet_v3(channels, classes, LARGE, 1280, width, dropout=0.2)


def mobilenet_v3_small(
    channels: int = 3, classes: int = 1000, size: int = 224, width: float = 1.0
) -> nn.Module:
    """Build MobileNet v3 small with 2,542,856 parameters, as torchvision; the paper has 2.5 M.

    Arguments, result and errors are those of `mobilenet_v3_large`; 1,024 stands for its 1,280.
    """
    check("mobilenet_v3_small", channels, classes, size, 32)
    return _mobilenet_v3(channels, classes, SMALL, 1024, width, dropout=0.2)


def mobilenet_v3_reduced(
    channels: int = 1, classes: int = 10, size: int = 28, width: float = 1.0
) -> nn.Module:
    """Build four blocks for images of 28 to 64 pixels; otherwise as `mobilenet_v3_large`."""
    check("mobilenet_v3_reduced", channels, classes, size, 4)
    network = _mobilenet_v3(channels, classes, REDUCED, 128, width, dropout=0.0)
    for layer in network.head:
        if isinstance(layer, nn.Linear):
            # two layers of spread 0.01, with no norm between, would hold up a short training
            nn.init.kaiming_uniform_(layer.weight)
    return network


def _mobilenet_v3(
    channels: int,
    classes: int,
    rows: tuple[Row, ...],
    last: int,
    width: float,
    dropout: float,
) -> nn.Module:
    """Build stem, rows and head, and draw the first weights."""
    c, last = multiplied(STEM, width), multiplied(last, max(1.0, width))
    stem = nn.Sequential(ConvNorm(channels, c, 3, 2, eps=EPS), nn.Hardswish())
    body, before = [], STEM
    for row in rows:
        # the published code multiplies the narrow ends and keeps the expansion between them
        wide, c_out = multiplied(c, row.wide / before), multiplied(row.c_out, width)
        body.append(Bottleneck(c, row._replace(wide=wide, c_out=c_out)))
        c, before = c_out, row.c_out
    wide = multiplied(6 * rows[-1].c_out, width)
    head = nn.Sequential(
        ConvNorm(c, wide, eps=EPS),
        nn.Hardswish(),
        nn.AdaptiveAvgPool2d(1),  # (N, wide, 1, 1)
        nn.Flatten(),
        nn.Linear(wide, last),  # v2 has this layer before the pooling, at 49 places (section 5.1)
        nn.Hardswish(),
        nn.Dropout(dropout),
        nn.Linear(last, classes),
    )
    network = nn.Sequential(OrderedDict(stem=stem, body=nn.Sequential(*body), head=head))
    draw_he_outputs(network, dense=0.01)
    return network
