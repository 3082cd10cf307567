"""Inception-ResNet v2: Inception branches as the residual of a shortcut, scaled down.

See: Szegedy et al. 2017, "Inception-v4, Inception-ResNet and the Impact of Residual Connections on
Learning", arXiv:1602.07261, section 3.3 on scaling. The widths and the number of blocks are those
of the authors' code, tensorflow/models, research/slim/nets/inception_resnet_v2.py: it has the stem
of Inception v3 and 10, 20 and 10 residual blocks, the paper that of v4 and 5, 10 and 5.
"""

import torch
from torch import nn

from cnnbook.models.checks import check
from cnnbook.models.inception_v3 import STEM, Block, Step, Top, Unit, chain, draw_as_slim

FIRST = (  # between the stem and the residual blocks: 320 channels
    (Step(96),),
    (Step(48), Step(64, 5)),
    (Step(64), Step(96, 3), Step(96, 3)),
    ("average", Step(64)),
)
BLOCK_A = (  # 35x35, figure 16
    (Step(32),),
    (Step(32), Step(32, 3)),
    (Step(32), Step(48, 3), Step(64, 3)),
)
REDUCTION_A = (  # figure 7 with k, l, m, n = 256, 256, 384, 384
    (Step(384, 3, 2, False),),
    (Step(256), Step(256, 3), Step(384, 3, 2, False)),
    ("max",),
)
BLOCK_B = (  # 17x17, figure 17
    (Step(192),),
    (Step(128), Step(160, (1, 7)), Step(192, (7, 1))),
)
REDUCTION_B = (  # figure 18
    (Step(256), Step(384, 3, 2, False)),
    (Step(256), Step(288, 3, 2, False)),
    (Step(256), Step(288, 3), Step(320, 3, 2, False)),
    ("max",),
)
BLOCK_C = (  # 8x8, figure 19
    (Step(192),),
    (Step(192), Step(224, (1, 3)), Step(256, (3, 1))),
)
STAGES = (  # parts before the residual blocks, branches of a block, blocks, scale
    ((*STEM, FIRST), BLOCK_A, 10, 0.17),  # (N, 320, 35, 35)
    ((REDUCTION_A,), BLOCK_B, 20, 0.10),  # (N, 1088, 17, 17)
    ((REDUCTION_B,), BLOCK_C, 9, 0.20),  # (N, 2080, 8, 8)
)

REDUCED_STAGES = (
    (
        (Step(16, 5, 2), Step(24, 3)),  # (N, 24, 14, 14)
        ((Step(8),), (Step(8), Step(8, 3)), (Step(8), Step(12, 3), Step(16, 3))),
        2,
        0.17,
    ),
    (
        (((Step(32, 3, 2, False),), ("max",)),),  # (N, 56, 6, 6)
        ((Step(24),), (Step(16), Step(20, (1, 7)), Step(24, (7, 1)))),
        2,
        0.10,
    ),
    (
        (((Step(32), Step(48, 3, 2, False)), ("max",)),),  # (N, 104, 2, 2)
        ((Step(24),), (Step(24), Step(28, (1, 3)), Step(32, (3, 1)))),
        1,
        0.20,
    ),
)


class Residual(nn.Module):
    """x + scale * f(x), where f is branches and a 1x1 convolution back to the channels of x."""

    def __init__(self, channels: int, branches: tuple, scale: float, relu: bool = True) -> None:
        """Build the branches and the 1x1 convolution, which has a bias and no batch norm."""
        super().__init__()
        self.block = Block(channels, branches)
        self.widen = nn.Conv2d(self.block.channels, channels, 1)
        self.scale = scale
        self.relu = nn.ReLU() if relu else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add the scaled residual; the shape stays."""
        return self.relu(x + self.scale * self.widen(self.block(x)))


def _network(channels: int, classes: int, stages: tuple, width: int) -> nn.Module:
    """Chain the stages; the last block is neither scaled nor followed by ReLU, as in the code."""
    layers, c = nn.Sequential(), channels
    for parts, branches, blocks, scale in stages:
        before, c = chain(c, parts)
        layers.append(before)
        for _ in range(blocks):
            layers.append(Residual(c, branches, scale))
    layers.append(Residual(c, branches, 1.0, relu=False))
    layers.append(Unit(c, Step(width)))
    layers.append(Top(width, classes, 0.2))
    draw_as_slim(layers)
    return layers


def inception_resnet_v2(channels: int = 3, classes: int = 1000, size: int = 299) -> nn.Module:
    """Build Inception-ResNet v2 as its authors' code has it.

    55,843,464 parameters, those of timm's inception_resnet_v2, a port of that code. (Keras counts
    55,873,736: its batch norms have no scale, and it counts the running means and variances.)

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images, at least 75.

    Returns:
        The network: (N, channels, size, size) -> (N, classes).

    Raises:
        ValueError: if a count is below 1 or the size too small.
    See: Szegedy et al. 2017, arXiv:1602.07261, sections 3.2 and 3.3
    """
    check("inception_resnet_v2", channels, classes, size, 75)
    return _network(channels, classes, STAGES, 1536)


def inception_resnet_reduced(channels: int = 1, classes: int = 10, size: int = 28) -> nn.Module:
    """Build six narrow residual blocks of the three kinds, with the scales of the large network.

    Raises:
        ValueError: if a count is below 1, or the size below 13.
    """
    check("inception_resnet_reduced", channels, classes, size, 13)
    network = _network(channels, classes, REDUCED_STAGES, 128)
    return network.to(memory_format=torch.channels_last)
