"""SE-ResNet: each block weighs its channels by what it saw in the whole image.

See: Hu, Shen, Albanie, Sun, Wu 2017, "Squeeze-and-Excitation Networks", arXiv:1709.01507.
"""

from functools import partial

import torch
from torch import nn

from cnnbook.models.checks import check
from cnnbook.models.resnet import LEAST, WIDE, Bottleneck, ResNet, line_up, small_stem, stem

DEPTHS = (3, 4, 6, 3)  # blocks in each stage, as in ResNet-50
REDUCTION = 16  # r in the paper
REDUCED = (32, 64, 128)  # output channels of the three stages of the reduced form, 2 blocks in each


class DenseSqueezeExcite(nn.Module):
    """Multiply each channel by a number between 0 and 1 that the means of all channels decide.

    x (N, c, H, W) -> y (N, c, H, W), with 2 c²/r weights and c/r + c biases
    """

    def __init__(self, c: int, reduction: int = REDUCTION) -> None:
        """Size the two dense layers: c -> c / reduction -> c."""
        super().__init__()
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        # with biases, as in the authors' networks, though the paper's equations have none
        self.excite = nn.Sequential(
            nn.Linear(c, c // reduction),
            nn.ReLU(),
            nn.Linear(c // reduction, c),
            nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Weigh the channels."""
        scale = self.excite(self.squeeze(x))  # (N, c)
        return x * scale[:, :, None, None]


class SEBottleneck(Bottleneck):
    """A bottleneck that weighs the channels of its branch before the addition."""

    def __init__(self, c_in: int, c_out: int, stride: int, reduction: int = REDUCTION) -> None:
        """Append the squeeze and excitation to the branch of a bottleneck."""
        super().__init__(c_in, c_out, stride)
        self.branch.append(DenseSqueezeExcite(c_out, reduction))


def se_resnet50(channels: int = 3, classes: int = 1000, size: int = 224) -> ResNet:
    """Build SE-ResNet-50: 28,088,024 parameters, as the authors' network and timm's seresnet50.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images.

    Returns:
        A network x (N, channels, size, size) -> logits (N, classes).

    Raises:
        ValueError: if a number is below 1, or size below 17.
    """
    check("se_resnet50", channels, classes, size, LEAST)
    stages = line_up(SEBottleneck, DEPTHS, 64, WIDE)
    # The authors' network strides in the first 1x1 of a bottleneck (see there), and pools its stem
    # without padding but rounds up: 56 x 56 all the same at 224. timm's strides and pads as here.
    return ResNet(stem(channels), stages, WIDE[-1], classes)


def se_resnet_reduced(channels: int = 1, classes: int = 10, size: int = 28) -> ResNet:
    """Build a small SE-ResNet: six bottlenecks, the dense layers an eighth as wide as theirs.

    Arguments and result are those of `se_resnet50`.

    Raises:
        ValueError: if a number is below 1, or size below 5.
    """
    check("se_resnet_reduced", channels, classes, size, 5)
    block = partial(SEBottleneck, reduction=8)
    first = small_stem(channels, 16, stride=2)  # (N, 16, 14, 14)
    return ResNet(first, line_up(block, (2, 2, 2), 16, REDUCED), REDUCED[-1], classes)
