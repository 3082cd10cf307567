"""ShuffleNet: grouped 1x1 convolutions, and a shuffle so that the groups meet.

See: Zhang, Zhou, Lin & Sun 2018, arXiv:1707.01083.
"""

from collections import OrderedDict

import torch
from torch import nn

from cnnbook.models.blocks import ChannelShuffle, ConvNorm
from cnnbook.models.checks import check

STEM = 24
REPEATS = (4, 8, 4)  # units of stages 2 to 4
CHANNELS = {  # groups -> channels of stages 2 to 4: more groups pay for more channels
    1: (144, 288, 576),
    2: (200, 400, 800),
    3: (240, 480, 960),
    4: (272, 544, 1088),
    8: (384, 768, 1536),
}


class ShuffleUnit(nn.Module):
    """Reduce by grouped 1x1, shuffle, 3x3 depthwise, expand by grouped 1x1; add or join x."""

    def __init__(self, c_in: int, c_out: int, stride: int, groups: int, first: int) -> None:
        """Build the block.

        Args:
            c_in, c_out: channels before and after; the same if stride is 1.
            stride: 2 halves the size, and joins the averaged x instead of adding x.
            groups: of the second 1x1 convolution, and of the shuffle.
            first: groups of the first 1x1 convolution.
        """
        super().__init__()
        middle = c_out // 4
        grown = c_out - c_in if stride == 2 else c_out
        self.shortcut = nn.AvgPool2d(3, 2, 1) if stride == 2 else nn.Identity()
        self.branch = nn.Sequential(
            ConvNorm(c_in, middle, groups=first),
            nn.ReLU(),
            ChannelShuffle(groups),
            ConvNorm(middle, middle, 3, stride, groups=middle),  # no ReLU: section 3.2
            ConvNorm(middle, grown, groups=groups),
        )
        self.join = stride == 2
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, c_in, H, W) to (N, c_out, H / stride, W / stride), rounded up."""
        x, y = self.shortcut(x), self.branch(x)
        return self.relu(torch.cat([x, y], dim=1) if self.join else x + y)


def shufflenet(
    channels: int = 3, classes: int = 1000, size: int = 224, groups: int = 3
) -> nn.Module:
    """Build ShuffleNet 1x with 1 to 8 groups, all at about 140 M multiply-adds.

    The paper counts no parameters. For 1, 2, 3, 4 and 8 groups it has 1,531,936, 1,733,848,
    1,865,728, 1,968,344 and 2,434,768, as the networks of osmr/imgclsmob; the authors' own code
    has 1,000 fewer, because its last layer has no bias.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images.
        groups: of the 1x1 convolutions: 1, 2, 3, 4 or 8.

    Returns:
        x (N, channels, H, W) -> logits (N, classes).

    Raises:
        ValueError: if a number is too small, size below 32, or groups not in the table.
    """
    check("shufflenet", channels, classes, size, 32)
    if groups not in CHANNELS:
        raise ValueError(f"groups must be one of 1, 2, 3, 4, 8, got {groups}")
    stem = nn.Sequential(
        ConvNorm(channels, STEM, 3, 2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, 1),
    )  # (N, 24, H / 4, W / 4)
    return _shufflenet(stem, STEM, CHANNELS[groups], REPEATS, groups, classes)


def shufflenet_reduced(
    channels: int = 1, classes: int = 10, size: int = 28, groups: int = 3
) -> nn.Module:
    """Build two stages of three units for images of 28 to 64 pixels; otherwise as `shufflenet`.

    groups must divide 12: 1, 2, 3, 4 and 6 keep the channels, so that only the groups differ.
    """
    check("shufflenet_reduced", channels, classes, size, 8)
    if groups not in (1, 2, 3, 4, 6):
        raise ValueError(f"groups must be one of 1, 2, 3, 4, 6, got {groups}")
    stem = nn.Sequential(ConvNorm(channels, STEM, 3, 2), nn.ReLU())  # (N, 24, H / 2, W / 2)
    return _shufflenet(stem, STEM, (96, 192), (3, 3), groups, classes)


def _shufflenet(
    stem: nn.Module,
    c: int,
    stages: tuple[int, ...],
    repeats: tuple[int, ...],
    groups: int,
    classes: int,
) -> nn.Module:
    """Build the stages on a stem with c channels, and draw the first weights."""
    body = []
    for c_out, repeat in zip(stages, repeats, strict=True):
        # the first 1x1 of all has too few channels to be split (section 3.3)
        first = groups if body else 1
        units = [ShuffleUnit(c, c_out, 2, groups, first)]
        units += [ShuffleUnit(c_out, c_out, 1, groups, groups) for _ in range(repeat - 1)]
        body.append(nn.Sequential(*units))
        c = c_out
    network = nn.Sequential(
        OrderedDict(
            stem=stem,
            body=nn.Sequential(*body),
            head=nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, classes)),
        )
    )
    draw_as_megvii(network)
    return network


def draw_as_megvii(network: nn.Module) -> None:
    """Draw the weights as the authors' code does for both ShuffleNets, in place.

    It also starts the biases of its batch norms at 0.0001; here they start at zero.

    See: megvii-model/ShuffleNet-Series, ShuffleNetV1/network.py and ShuffleNetV2/network.py.
    """
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            spread = 0.01 if name.startswith("stem") else 1 / module.weight.shape[1]
            nn.init.normal_(module.weight, std=spread)
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.01)
            nn.init.zeros_(module.bias)
