"""The ResNets for small images, and the plain networks that degrade where these do not.

6 n + 2 layers: a 3x3 convolution, three stages of n basic blocks with 16, 32 and 64 channels, and
a dense layer. The shortcuts are option A, without weights, so that the plain network of the same
depth has exactly as many parameters. `resnet_reduced` is shorter and starts with half the height
and width, to train in a minute.

See: He, Zhang, Ren, Sun 2015, arXiv:1512.03385, section 4.2 and table 6.
"""

from functools import partial

from cnnbook.models.checks import check
from cnnbook.models.resnet import Basic, ResNet, line_up, small_stem

BLOCKS = {  # blocks in each stage; parameters for CIFAR-10, and what table 6 says
    "resnet20": 3,  # 269,722, 0.27 M
    "resnet32": 5,  # 464,154, 0.46 M
    "resnet44": 7,  # 658,586, 0.66 M
    "resnet56": 9,  # 853,018, 0.85 M
    "resnet110": 18,  # 1,727,962, 1.7 M
}
WIDTHS = (16, 32, 64)  # output channels of the stages
LEAST = 3  # below it the third stage gets a single pixel, and its stride has nothing to halve
REDUCED_LEAST = 5


def resnet20(
    channels: int = 3,
    classes: int = 10,
    size: int = 32,
    shortcut: bool = True,
    projected: bool = False,
) -> ResNet:
    """Build the network of 20 layers: 269,722 parameters, 0.27 M in the paper (table 6).

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images.
        shortcut: False builds the plain network.
        projected: True takes option B, a 1x1 convolution where the shape changes (2,752 more).

    Returns:
        A network x (N, channels, size, size) -> logits (N, classes).

    Raises:
        ValueError: if a number is below 1, or size below 3, or the plain network is to project.
    """
    return _resnet("resnet20", channels, classes, size, shortcut, projected)


def resnet32(
    channels: int = 3,
    classes: int = 10,
    size: int = 32,
    shortcut: bool = True,
    projected: bool = False,
) -> ResNet:
    """Build the network of 32 layers: 464,154 parameters, 0.46 M in the paper.

    Arguments, result and errors are those of `resnet20`.
    """
    return _resnet("resnet32", channels, classes, size, shortcut, projected)


def resnet44(
    channels: int = 3,
    classes: int = 10,
    size: int = 32,
    shortcut: bool = True,
    projected: bool = False,
) -> ResNet:
    """Build the network of 44 layers: 658,586 parameters, 0.66 M in the paper.

    Arguments, result and errors are those of `resnet20`.
    """
    return _resnet("resnet44", channels, classes, size, shortcut, projected)


def resnet56(
    channels: int = 3,
    classes: int = 10,
    size: int = 32,
    shortcut: bool = True,
    projected: bool = False,
) -> ResNet:
    """Build the network of 56 layers: 853,018 parameters, 0.85 M in the paper.

    Arguments, result and errors are those of `resnet20`.
    """
    return _resnet("resnet56", channels, classes, size, shortcut, projected)


def resnet110(
    channels: int = 3,
    classes: int = 10,
    size: int = 32,
    shortcut: bool = True,
    projected: bool = False,
) -> ResNet:
    """Build the network of 110 layers: 1,727,962 parameters, 1.7 M in the paper.

    Arguments, result and errors are those of `resnet20`.
    """
    return _resnet("resnet110", channels, classes, size, shortcut, projected)


def resnet_reduced(
    channels: int = 1,
    classes: int = 10,
    size: int = 28,
    shortcut: bool = True,
    projected: bool = False,
) -> ResNet:
    """Build a network of 14 layers, two blocks in each stage; arguments as of `resnet20`.

    Its first convolution has stride 2, which leaves a quarter of the work.

    Raises:
        ValueError: if a number is below 1, or size below 5, or the plain network is to project.
    """
    check("resnet_reduced", channels, classes, size, REDUCED_LEAST)
    return _assemble(channels, classes, 2, 2, shortcut, projected)


def _resnet(
    name: str, channels: int, classes: int, size: int, shortcut: bool, projected: bool
) -> ResNet:
    check(name, channels, classes, size, LEAST)
    return _assemble(channels, classes, BLOCKS[name], 1, shortcut, projected)


def _assemble(
    channels: int, classes: int, blocks: int, stride: int, shortcut: bool, projected: bool
) -> ResNet:
    if projected and not shortcut:
        raise ValueError("a plain network has no shortcuts to project")
    block = partial(Basic, projected=projected, shortcut=shortcut)
    stages = line_up(block, (blocks,) * 3, WIDTHS[0], WIDTHS)
    return ResNet(small_stem(channels, WIDTHS[0], stride), stages, WIDTHS[-1], classes)
