"""DenseNet: each layer reads what all layers before it in its block have written.

See: Huang, Liu, van der Maaten, Weinberger 2016, "Densely Connected Convolutional Networks",
arXiv:1608.06993, table 1 (DenseNet-BC: bottlenecks of 4 k channels, transitions that halve).
"""

import torch
from torch import nn

from cnnbook.models.checks import check
from cnnbook.models.first_weights import draw_he_outputs
from cnnbook.models.resnet import small_stem, stem

BLOCKS = {  # layers in each of the four dense blocks (table 1)
    "densenet121": (6, 12, 24, 16),
    "densenet169": (6, 12, 32, 32),
    "densenet201": (6, 12, 48, 32),
}
GROWTH = 32  # k: channels that a layer adds
BOTTLENECK = 4  # a layer's first convolution has 4 k channels
LEAST = 29  # below it the third transition has no 2 x 2 pixels to average
REDUCED = (2, 3, 4)  # layers in each of the three dense blocks of the reduced form
REDUCED_GROWTH = 12


class DenseLayer(nn.Module):
    """Write k new channels, and hand them on beside all channels read.

    x (N, c_in, H, W) -> y (N, c_in + growth, H, W)
    """

    def __init__(self, c_in: int, growth: int) -> None:
        """Size the two convolutions, each after normalisation and ReLU."""
        super().__init__()
        width = BOTTLENECK * growth
        self.branch = nn.Sequential(
            nn.BatchNorm2d(c_in),
            nn.ReLU(),
            nn.Conv2d(c_in, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, growth, 3, padding=1, bias=False),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Append the new channels to the old."""
        return torch.cat([x, self.branch(x)], 1)  # (N, c_in + growth, H, W)


def transition(c_in: int) -> nn.Sequential:
    """Build what stands between two blocks: half the channels, half the height and width."""
    return nn.Sequential(
        nn.BatchNorm2d(c_in),
        nn.ReLU(),  # not in the text of the paper, but in the authors' code
        nn.Conv2d(c_in, c_in // 2, 1, bias=False),
        nn.AvgPool2d(2),
    )


class DenseNet(nn.Module):
    """A stem, dense blocks with transitions between them, the mean, and one dense layer."""

    def __init__(
        self, stem: nn.Module, c_stem: int, depths: tuple[int, ...], growth: int, classes: int
    ) -> None:
        """Count the channels on the way.

        Args:
            stem: the layers before the first block.
            c_stem: the channels that it writes.
            depths: layers in each block.
            growth: channels that each layer adds.
            classes: that the network tells apart.
        """
        super().__init__()
        self.stem = stem
        self.blocks = nn.Sequential()
        c = c_stem
        for i, depth in enumerate(depths):
            if i > 0:
                self.blocks.append(transition(c))
                c //= 2
            self.blocks.append(
                nn.Sequential(*(DenseLayer(c + j * growth, growth) for j in range(depth)))
            )
            c += depth * growth
        self.mean = nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
        self.flatten = nn.Flatten()
        self.dense = nn.Linear(c, classes)
        draw_he_outputs(self)
        nn.init.zeros_(self.dense.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the logits: (N, channels, H, W) -> (N, classes)."""
        x = self.stem(x)  # (N, 64, 56, 56) of an image of 224 x 224, in DenseNet-121
        x = self.blocks(x)  # (N, 1024, 7, 7)
        x = self.flatten(self.mean(x))  # (N, 1024)
        return self.dense(x)  # (N, classes)


def densenet121(channels: int = 3, classes: int = 1000, size: int = 224) -> DenseNet:
    """Build DenseNet-121: 7,978,856 parameters, as torchvision's.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images.

    Returns:
        A network x (N, channels, size, size) -> logits (N, classes).

    Raises:
        ValueError: if a number is below 1, or size below 29.
    """
    return _densenet("densenet121", channels, classes, size)


def densenet169(channels: int = 3, classes: int = 1000, size: int = 224) -> DenseNet:
    """Build DenseNet-169: 14,149,480 parameters, as torchvision's; arguments as `densenet121`."""
    return _densenet("densenet169", channels, classes, size)


def densenet201(channels: int = 3, classes: int = 1000, size: int = 224) -> DenseNet:
    """Build DenseNet-201: 20,013,928 parameters, as torchvision's; arguments as `densenet121`."""
    return _densenet("densenet201", channels, classes, size)


def densenet_reduced(channels: int = 1, classes: int = 10, size: int = 28) -> DenseNet:
    """Build a small DenseNet: blocks of 2, 3 and 4 layers that add 12 channels each.

    Arguments and result are those of `densenet121`.

    Raises:
        ValueError: if a number is below 1, or size below 7.
    """
    check("densenet_reduced", channels, classes, size, 7)
    c_stem = 2 * REDUCED_GROWTH
    first = small_stem(channels, c_stem, stride=2)  # (N, 24, 14, 14)
    return DenseNet(first, c_stem, REDUCED, REDUCED_GROWTH, classes)


def _densenet(name: str, channels: int, classes: int, size: int) -> DenseNet:
    check(name, channels, classes, size, LEAST)
    return DenseNet(stem(channels), 2 * GROWTH, BLOCKS[name], GROWTH, classes)
