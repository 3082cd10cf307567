"""ResNeXt: the bottleneck of ResNet, its 3x3 convolution split into many narrow paths.

The paths of one block have the same shape, so that they are one grouped convolution (figure 3 c).

See: Xie, Girshick, Dollár, Tu, He 2016, "Aggregated Residual Transformations for Deep Neural
Networks", arXiv:1611.05431, table 1.
"""

from functools import partial

from cnnbook.models.checks import check
from cnnbook.models.resnet import LEAST, WIDE, Bottleneck, ResNet, line_up, small_stem, stem

DEPTHS = (3, 4, 6, 3)  # blocks in each stage, as in ResNet-50
CARDINALITY = 32  # paths
# 32 paths of 4 channels are 128 of the first stage's 256 channels: half, not a quarter
NARROWING = 2
REDUCED_DEPTHS = (1, 2, 2)  # the reduced form has three stages
REDUCED_WIDE = (32, 64, 128)  # output channels of its stages
REDUCED_CARDINALITY = 8


def resnext50(channels: int = 3, classes: int = 1000, size: int = 224) -> ResNet:
    """Build ResNeXt-50 32x4d: 25,028,904 parameters, as torchvision's; 25.0 M in table 1.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images.

    Returns:
        A network x (N, channels, size, size) -> logits (N, classes).

    Raises:
        ValueError: if a number is below 1, or size below 17.
    """
    check("resnext50", channels, classes, size, LEAST)
    block = partial(Bottleneck, narrowing=NARROWING, groups=CARDINALITY)
    return ResNet(stem(channels), line_up(block, DEPTHS, 64, WIDE), WIDE[-1], classes)


def resnext_reduced(channels: int = 1, classes: int = 10, size: int = 28) -> ResNet:
    """Build a small ResNeXt: five blocks of 8 paths, of 2, 4 and 8 channels.

    Arguments and result are those of `resnext50`.

    Raises:
        ValueError: if a number is below 1, or size below 5.
    """
    check("resnext_reduced", channels, classes, size, 5)
    block = partial(Bottleneck, narrowing=NARROWING, groups=REDUCED_CARDINALITY)
    first = small_stem(channels, 16, stride=2)  # (N, 16, 14, 14)
    stages = line_up(block, REDUCED_DEPTHS, 16, REDUCED_WIDE)
    return ResNet(first, stages, REDUCED_WIDE[-1], classes)
