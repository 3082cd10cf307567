"""ZFNet: AlexNet after a look at its filters, in both of the paper's widths."""

import torch
from torch import nn

from cnnbook.models.alexnet import ResponseNorm, dense_layers
from cnnbook.models.checks import check
from cnnbook.models.first_weights import draw_normal
from cnnbook.shapes import output_size

# Layers 1 and 2: maps, kernel, stride, padding. The paper gives no padding, but the sizes of the
# outputs, 110, 55, 26 and 13 from 224: one cell around the image and around what is pooled fits.
FIRST = ((96, 7, 2, 1), (256, 5, 2, 0))
NARROW, WIDE = (384, 384, 256), (512, 1024, 512)  # maps of layers 3 to 5, all 3 x 3
FIRST_REDUCED = ((16, 5, 1, 2), (32, 3, 1, 1))
LAST_REDUCED = (48, 48, 32)


class ZFNet(nn.Module):
    """Five convolutions and three dense layers, x (N, C, H, W) -> logits (N, classes).

    AlexNet without towers, with smaller and denser windows in layers 1 and 2. A layer pools first
    and normalises the pooled maps (figure 3), the other way round than AlexNet.
    """

    def __init__(
        self,
        first: tuple[tuple[int, int, int, int], ...],
        last: tuple[int, ...],
        hidden: int,
        channels: int,
        classes: int,
        size: int,
    ) -> None:
        """Stack the rows of `first`, the 3 x 3 layers of `last`, and two dense layers."""
        super().__init__()
        features: list[nn.Module] = []
        for maps, kernel, stride, padding in first:
            features += [nn.Conv2d(channels, maps, kernel, stride, padding), nn.ReLU()]
            # The constants of the normalisation are AlexNet's; the paper names none of its own.
            features += [nn.MaxPool2d(3, 2, 1), ResponseNorm()]
            size = output_size(output_size(size, kernel, stride, padding), 3, 2, 1)
            channels = maps
        for maps in last:
            features += [nn.Conv2d(channels, maps, 3, padding=1), nn.ReLU()]
            channels = maps
        self.features = nn.Sequential(*features, nn.MaxPool2d(3, 2))
        self.classifier = dense_layers(channels * output_size(size, 3, 2) ** 2, hidden, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score each image."""
        x = self.features(x)  # (N, 256, 6, 6)
        return self.classifier(x.flatten(1))


def zfnet(channels: int = 3, classes: int = 1000, size: int = 224) -> nn.Module:
    """Build the network that the paper draws and looks into (figure 3).

    62,357,608 parameters by default; the paper gives sizes, no count.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images.

    Returns:
        Module, x (N, channels, size, size) -> logits (N, classes).

    Raises:
        ValueError: if an argument is below 1, or size is below 53.
    See: Zeiler & Fergus 2013, arXiv:1311.2901, sections 3 and 4.1.
    """
    check("zfnet", channels, classes, size, 53)
    network = ZFNet(FIRST, NARROW, 4096, channels, classes, size)
    draw_normal(network)  # "10^-2" in the paper, read as the spread: equal weights would stay equal
    return network


def zfnet_wide(channels: int = 3, classes: int = 1000, size: int = 224) -> nn.Module:
    """Build the variant with 512, 1024 and 512 maps in layers 3 to 5.

    107,627,624 parameters by default; the paper gives widths, no count.

    Arguments, result and errors are those of `zfnet`.

    See: Zeiler & Fergus 2013, arXiv:1311.2901, table 2, model (b).
    """
    check("zfnet_wide", channels, classes, size, 53)
    network = ZFNet(FIRST, WIDE, 4096, channels, classes, size)
    draw_normal(network)
    return network


def zfnet_reduced(channels: int = 1, classes: int = 10, size: int = 28) -> nn.Module:
    """Build a small ZFNet: a dense first layer, pooling before normalisation, no towers.

    Arguments and result are those of `zfnet`.

    Raises:
        ValueError: if an argument is below 1, or size is below 9.
    """
    check("zfnet_reduced", channels, classes, size, 9)
    network = ZFNet(FIRST_REDUCED, LAST_REDUCED, 128, channels, classes, size)
    draw_normal(network, spread=None)
    return network
