"""ConvNeXt: a ResNet rebuilt step by step after the vision transformers.

See: Liu, Mao, Wu, Feichtenhofer, Darrell & Xie 2022, arXiv:2201.03545.
"""

from collections import OrderedDict

import torch
from torch import nn

from cnnbook.models.checks import check

STAGES = {  # blocks, channels of the four stages
    "tiny": ((3, 96), (3, 192), (9, 384), (3, 768)),
    "reduced": ((1, 24), (2, 48)),
}
EPS = 1e-6  # of the layer norm
SCALE = 1e-6  # of each branch, when training starts


class ChannelNorm(nn.LayerNorm):
    """Normalise the channels of each pixel; nothing is taken from its neighbours or the batch."""

    def __init__(self, c: int) -> None:
        """Build a layer norm over c channels."""
        super().__init__(c, eps=EPS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, c, H, W) to the same shape."""
        x = super().forward(x.permute(0, 2, 3, 1))  # (N, H, W, c)
        return x.permute(0, 3, 1, 2)  # (N, c, H, W)


class Block(nn.Module):
    """Filter 7x7 depthwise, then two dense layers over the channels of each pixel; add x.

    One norm and one activation where a ResNet has three of each.
    """

    def __init__(self, c: int, scale: float) -> None:
        """Build the block; each channel of the branch starts multiplied by scale."""
        super().__init__()
        self.filter = nn.Conv2d(c, c, 7, padding=3, groups=c)
        self.mix = nn.Sequential(
            nn.LayerNorm(c, eps=EPS), nn.Linear(c, 4 * c), nn.GELU(), nn.Linear(4 * c, c)
        )
        self.scale = nn.Parameter(torch.full((c,), scale))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, c, H, W) to the same shape."""
        y = self.filter(x).permute(0, 2, 3, 1)  # (N, H, W, c)
        y = self.scale * self.mix(y)
        # the published training drops whole branches at random; that is left to the training
        return x + y.permute(0, 3, 1, 2)  # (N, c, H, W)


def convnext_tiny(channels: int = 3, classes: int = 1000, size: int = 224) -> nn.Module:
    """Build ConvNeXt-T with 28,589,128 parameters, as the published code; the paper has 29 M.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images; what 32 does not divide is cut off below and right.

    Returns:
        x (N, channels, H, W) -> logits (N, classes).

    Raises:
        ValueError: if a number is too small, size below 32.
    """
    check("convnext_tiny", channels, classes, size, 32)
    return _convnext(channels, classes, STAGES["tiny"], 4, SCALE)


def convnext_reduced(channels: int = 1, classes: int = 10, size: int = 28) -> nn.Module:
    """Build three blocks for images of 28 to 64 pixels; otherwise as `convnext_tiny`.

    Its patches have 2 x 2 pixels, and its branches start at full strength: 1e-6 is for networks
    so deep that they must begin as the identity, and for trainings long enough to leave it.
    """
    check("convnext_reduced", channels, classes, size, 4)
    return _convnext(channels, classes, STAGES["reduced"], 2, 1.0)


def _convnext(
    channels: int,
    classes: int,
    stages: tuple[tuple[int, int], ...],
    patch: int,
    scale: float,
) -> nn.Module:
    """Build patches, stages and head, and draw the first weights."""
    c = stages[0][1]
    stem = nn.Sequential(nn.Conv2d(channels, c, patch, patch), ChannelNorm(c))
    body = []
    for blocks, c_out in stages:
        layers = [] if c_out == c else [ChannelNorm(c), nn.Conv2d(c, c_out, 2, 2)]
        layers += [Block(c_out, scale) for _ in range(blocks)]
        body.append(nn.Sequential(*layers))
        c = c_out
    head = nn.Sequential(
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.LayerNorm(c, eps=EPS),
        nn.Linear(c, classes),
    )
    network = nn.Sequential(OrderedDict(stem=stem, body=nn.Sequential(*body), head=head))
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.trunc_normal_(module.weight, std=0.02)
            nn.init.zeros_(module.bias)
    return network
