"""MobileNet: depthwise separable convolutions, and two multipliers for width and resolution.

See: Howard, Zhu, Chen, Kalenichenko, Wang, Weyand, Andreetto & Adam 2017, arXiv:1704.04861.
"""

from collections import OrderedDict

from torch import nn

from cnnbook.models.blocks import ConvNorm
from cnnbook.models.checks import check

STEM = 32
ROWS = (  # channels after the block, stride
    (64, 1),
    *((128, 2), (128, 1)),
    *((256, 2), (256, 1)),
    *((512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1)),
    # Table 1 prints stride 2 for the last one too, but its map stays 7 x 7
    *((1024, 2), (1024, 1)),
)
ROWS_REDUCED = ((32, 1), (64, 2), (64, 1), (128, 2), (128, 1))
EPS = 0.001  # of batch norm, in the published code


class SeparableBlock(nn.Sequential):
    """Filter each channel by itself (depthwise), then mix the channels by 1x1 (pointwise)."""

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        """Build (N, c_in, H, W) -> (N, c_out, H / stride, W / stride), rounded up."""
        super().__init__(
            ConvNorm(c_in, c_in, 3, stride, groups=c_in, eps=EPS),
            nn.ReLU(),  # the published code has ReLU6, the paper ReLU
            ConvNorm(c_in, c_out, eps=EPS),
            nn.ReLU(),
        )


def mobilenet(
    channels: int = 3, classes: int = 1000, size: int = 224, width: float = 1.0
) -> nn.Module:
    """Build MobileNet with 4,231,976 parameters and 569 M multiply-adds.

    The paper has 4.2 M, and 2.6, 1.3 and 0.5 M for widths 0.75, 0.5 and 0.25; here they are
    2,585,560, 1,331,592 and 470,072. Keras counts 21,888 more, the running means and variances of
    batch norm.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images: the resolution multiplier is size / 224.
        width: multiplies the channels of every layer, to not less than 8.

    Returns:
        x (N, channels, H, W) -> logits (N, classes).

    Raises:
        ValueError: if a number is too small, size below 32, or width not above 0.
    """
    check("mobilenet", channels, classes, size, 32)
    return _mobilenet(channels, classes, STEM, ROWS, width)


def mobilenet_reduced(
    channels: int = 1, classes: int = 10, size: int = 28, width: float = 1.0
) -> nn.Module:
    """Build five separable blocks for images of 28 to 64 pixels; otherwise as `mobilenet`."""
    check("mobilenet_reduced", channels, classes, size, 8)
    return _mobilenet(channels, classes, 16, ROWS_REDUCED, width)


def _mobilenet(
    channels: int, classes: int, stem: int, rows: tuple[tuple[int, int], ...], width: float
) -> nn.Module:
    """Build a stem of stride 2, the rows and the head, and draw the first weights."""
    if not width > 0:
        raise ValueError(f"width must be above 0, got {width}")
    c = max(8, int(stem * width))
    layers = [ConvNorm(channels, c, 3, 2, eps=EPS), nn.ReLU()]  # (N, c, H / 2, W / 2)
    body = []
    for row, stride in rows:
        c_out = max(8, int(row * width))
        body.append(SeparableBlock(c, c_out, stride))
        c = c_out
    network = nn.Sequential(
        OrderedDict(
            stem=nn.Sequential(*layers),
            body=nn.Sequential(*body),
            head=nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, classes)),
        )
    )
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.trunc_normal_(module.weight, std=0.09, a=-0.18, b=0.18)  # published code
    nn.init.zeros_(network.head[-1].bias)
    return network
