"""MobileNet v2: inverted residuals between linear bottlenecks.

See: Sandler, Howard, Zhu, Zhmoginov & Chen 2018, arXiv:1801.04381.
"""

from collections import OrderedDict

import torch
from torch import nn

from cnnbook.models.blocks import ConvNorm, multiplied
from cnnbook.models.checks import check
from cnnbook.models.first_weights import draw_he_outputs

STEM, LAST = 32, 1280
ROWS = (  # expansion, channels after the blocks, blocks, stride of the first
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
ROWS_REDUCED = ((1, 8, 1, 1), (4, 24, 2, 2), (4, 32, 2, 1))


class InvertedResidual(nn.Module):
    """Expand by 1x1, filter 3x3 depthwise, project by 1x1 to few channels without activation.

    The shortcut joins the narrow ends, where ResNet's joins the wide ones. ReLU6 stands inside
    only: in few channels it would lose what no other channel still carries.
    """

    def __init__(self, c_in: int, c_out: int, expansion: int, stride: int) -> None:
        """Build the block; x is added where its shape is kept."""
        super().__init__()
        wide = c_in * expansion
        expand = [ConvNorm(c_in, wide), nn.ReLU6()] if expansion > 1 else []
        self.branch = nn.Sequential(
            *expand,
            ConvNorm(wide, wide, 3, stride, groups=wide),
            nn.ReLU6(),
            ConvNorm(wide, c_out),  # the linear bottleneck
        )
        self.residual = stride == 1 and c_in == c_out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, c_in, H, W) to (N, c_out, H / stride, W / stride), rounded up."""
        y = self.branch(x)
        return x + y if self.residual else y


def mobilenet_v2(
    channels: int = 3, classes: int = 1000, size: int = 224, width: float = 1.0
) -> nn.Module:
    """Build MobileNet v2 with 3,504,872 parameters, as torchvision; the paper has 3.4 M.

    Width 1.4 has 6,108,776, and 6.06 M in the authors' repository, with 582 M multiply-adds in
    both; the paper has 585 M of these, and 6.9 M parameters, which do not come out.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images.
        width: multiplies the channels of every layer, rounded to a multiple of 8; the last
            convolution keeps its 1,280 for widths below 1 (section 4).

    Returns:
        x (N, channels, H, W) -> logits (N, classes).

    Raises:
        ValueError: if a number is too small, size below 32, or width not above 0.
    """
    check("mobilenet_v2", channels, classes, size, 32)
    return _mobilenet_v2(channels, classes, (STEM, LAST), ROWS, width, dropout=0.2)


def mobilenet_v2_reduced(
    channels: int = 1, classes: int = 10, size: int = 28, width: float = 1.0
) -> nn.Module:
    """Build five inverted residuals for images of 28 to 64 pixels; otherwise as `mobilenet_v2`."""
    check("mobilenet_v2_reduced", channels, classes, size, 4)
    return _mobilenet_v2(channels, classes, (16, 128), ROWS_REDUCED, width, dropout=0.0)


def _mobilenet_v2(
    channels: int,
    classes: int,
    ends: tuple[int, int],
    rows: tuple[tuple[int, int, int, int], ...],
    width: float,
    dropout: float,
) -> nn.Module:
    """Build stem, rows and head; `ends` are the channels of the first and last convolution."""
    c, last = multiplied(ends[0], width), multiplied(ends[1], max(1.0, width))
    stem = nn.Sequential(ConvNorm(channels, c, 3, 2), nn.ReLU6())  # (N, c, H / 2, W / 2)
    body = []
    for expansion, row, blocks, first in rows:
        c_out = multiplied(row, width)
        for i in range(blocks):
            body.append(InvertedResidual(c, c_out, expansion, first if i == 0 else 1))
            c = c_out
    head = nn.Sequential(
        ConvNorm(c, last),
        nn.ReLU6(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.Linear(last, classes),
    )
    network = nn.Sequential(OrderedDict(stem=stem, body=nn.Sequential(*body), head=head))
    draw_he_outputs(network, dense=0.01)
    return network
