"""ShuffleNet v2: half of the channels pass untouched, and no convolution is grouped but 3x3.

See: Ma, Zhang, Zheng & Sun 2018, arXiv:1807.11164.
"""

from collections import OrderedDict

import torch
from torch import nn

from cnnbook.models.blocks import ChannelShuffle, ConvNorm
from cnnbook.models.checks import check
from cnnbook.models.shufflenet import REPEATS, STEM, draw_as_megvii

CHANNELS = {  # width -> channels of stages 2 to 4, then of the last 1x1 convolution
    0.5: (48, 96, 192, 1024),
    1.0: (116, 232, 464, 1024),
    1.5: (176, 352, 704, 1024),
    2.0: (244, 488, 976, 2048),
}


class SplitUnit(nn.Module):
    """Send half of the channels through 1x1, 3x3 depthwise, 1x1; join the other half, shuffle."""

    def __init__(self, c: int) -> None:
        """Build the block; half of c channels stay as they are."""
        super().__init__()
        half = c // 2
        self.branch = nn.Sequential(
            ConvNorm(half, half),
            nn.ReLU(),
            ConvNorm(half, half, 3, groups=half),
            ConvNorm(half, half),
            nn.ReLU(),
        )
        self.shuffle = ChannelShuffle(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, c, H, W) to the same shape."""
        kept, x = x.chunk(2, dim=1)  # (N, c / 2, H, W) each
        return self.shuffle(torch.cat([kept, self.branch(x)], dim=1))


class DownUnit(nn.Module):
    """Send all channels through both branches, with stride 2, so that their number can double."""

    def __init__(self, c_in: int, c_out: int) -> None:
        """Build the block; each branch makes half of c_out channels."""
        super().__init__()
        half = c_out // 2
        self.shortcut = nn.Sequential(
            ConvNorm(c_in, c_in, 3, 2, groups=c_in),
            ConvNorm(c_in, half),
            nn.ReLU(),
        )
        self.branch = nn.Sequential(
            ConvNorm(c_in, half),
            nn.ReLU(),
            ConvNorm(half, half, 3, 2, groups=half),
            ConvNorm(half, half),
            nn.ReLU(),
        )
        self.shuffle = ChannelShuffle(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, c_in, H, W) to (N, c_out, H / 2, W / 2), rounded up."""
        return self.shuffle(torch.cat([self.shortcut(x), self.branch(x)], dim=1))


def shufflenet_v2(
    channels: int = 3, classes: int = 1000, size: int = 224, width: float = 1.0
) -> nn.Module:
    """Build ShuffleNet v2 with 2,278,604 parameters.

    Widths 0.5, 1.5 and 2.0 have 1,366,792, 3,503,624 and 7,393,996, all as in torchvision; the
    paper rounds to 2.3, 1.4, 3.5 and 7.4 M.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images.
        width: 0.5, 1.0, 1.5 or 2.0, a row of Table 5.

    Returns:
        x (N, channels, H, W) -> logits (N, classes).

    Raises:
        ValueError: if a number is too small, size below 32, or width not in the table.
    """
    check("shufflenet_v2", channels, classes, size, 32)
    if width not in CHANNELS:
        raise ValueError(f"width must be one of 0.5, 1.0, 1.5, 2.0, got {width}")
    stem = nn.Sequential(
        ConvNorm(channels, STEM, 3, 2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, 1),
    )  # (N, 24, H / 4, W / 4)
    return _shufflenet_v2(stem, CHANNELS[width], REPEATS, classes)


def shufflenet_v2_reduced(channels: int = 1, classes: int = 10, size: int = 28) -> nn.Module:
    """Build two stages of three units for images of 28 to 64 pixels, as `shufflenet_v2`."""
    check("shufflenet_v2_reduced", channels, classes, size, 8)
    stem = nn.Sequential(ConvNorm(channels, STEM, 3, 2), nn.ReLU())  # (N, 24, H / 2, W / 2)
    return _shufflenet_v2(stem, (64, 128, 256), (3, 3), classes)


def _shufflenet_v2(
    stem: nn.Module, row: tuple[int, ...], repeats: tuple[int, ...], classes: int
) -> nn.Module:
    """Build the stages and the last convolution on the stem, and draw the first weights."""
    c, (*stages, last) = STEM, row
    body = []
    for c_out, repeat in zip(stages, repeats, strict=True):
        units = (SplitUnit(c_out) for _ in range(repeat - 1))
        body.append(nn.Sequential(DownUnit(c, c_out), *units))
        c = c_out
    network = nn.Sequential(
        OrderedDict(
            stem=stem,
            body=nn.Sequential(*body),
            head=nn.Sequential(
                ConvNorm(c, last),
                nn.ReLU(),
                nn.AdaptiveAvgPool2d(1),
                nn.Flatten(),
                nn.Linear(last, classes),
            ),
        )
    )
    draw_as_megvii(network)
    return network
