"""VGG: 3 x 3 convolutions in five stages, configurations A to E."""

import torch
from torch import nn

from cnnbook.models.alexnet import ResponseNorm, dense_layers
from cnnbook.models.checks import check
from cnnbook.models.first_weights import draw_glorot

# kernels of the convolutions of each stage (Simonyan & Zisserman 2014, table 1)
A = ((3,), (3,), (3, 3), (3, 3), (3, 3))
B = ((3, 3), (3, 3), (3, 3), (3, 3), (3, 3))
C = ((3, 3), (3, 3), (3, 3, 1), (3, 3, 1), (3, 3, 1))
D = ((3, 3), (3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3))
E = ((3, 3), (3, 3), (3, 3, 3, 3), (3, 3, 3, 3), (3, 3, 3, 3))
WIDTHS = (64, 128, 256, 512, 512)  # maps of each stage: twice as many whenever the size is halved

REDUCED = ((3, 3), (3, 3), (3, 3))
WIDTHS_REDUCED = (8, 16, 32)


class VGG(nn.Module):
    """Stages that end in 2 x 2 pooling, then three dense layers, (N, C, H, W) -> (N, classes).

    A convolution keeps the size, so that each stage halves it.
    """

    def __init__(
        self,
        stages: tuple[tuple[int, ...], ...],
        widths: tuple[int, ...],
        hidden: int,
        channels: int,
        classes: int,
        size: int,
        batch_norm: bool = False,
        response_norm: bool = False,
    ) -> None:
        """Stack the stages and the dense layers, and draw the first weights.

        stages: kernels of the convolutions of each stage, and widths: their maps.
        hidden: units of the first two dense layers.
        batch_norm: between each convolution and its ReLU.
        response_norm: local response normalisation in the first stage.
        """
        super().__init__()
        features: list[nn.Module] = []
        for kernels, width in zip(stages, widths, strict=True):
            for kernel in kernels:
                features.append(nn.Conv2d(channels, width, kernel, padding=kernel // 2))
                if batch_norm:
                    features.append(nn.BatchNorm2d(width))
                features.append(nn.ReLU())
                channels = width
            features.append(nn.MaxPool2d(2))
            size //= 2
        if response_norm:
            features.insert(2, ResponseNorm())  # behind the first convolution and its ReLU
        self.features = nn.Sequential(*features)
        self.classifier = dense_layers(channels * size**2, hidden, classes)
        # The paper trained A first and built the deeper ones upon its weights, then found that with
        # the rule of Glorot & Bengio all of them train from the start (section 3.1).
        draw_glorot(self)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score each image."""
        x = self.features(x)  # (N, 512, 7, 7)
        return self.classifier(x.flatten(1))


def vgg11(
    channels: int = 3, classes: int = 1000, size: int = 224, batch_norm: bool = False
) -> nn.Module:
    """Build configuration A, 11 layers with weights.

    132,863,336 parameters by default, 5,504 more with batch normalisation, as torchvision
    publishes; the paper says 133 million.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images.
        batch_norm: between each convolution and its ReLU, which the paper of 2014 does not have.

    Returns:
        Module, x (N, channels, size, size) -> logits (N, classes).

    Raises:
        ValueError: if an argument is below 1, or size is below 32.
    See: Simonyan & Zisserman 2014, arXiv:1409.1556, table 1, column A.
    """
    check("vgg11", channels, classes, size, 32)
    return VGG(A, WIDTHS, 4096, channels, classes, size, batch_norm)


def vgg11_lrn(channels: int = 3, classes: int = 1000, size: int = 224) -> nn.Module:
    """Build configuration A-LRN: A with local response normalisation after its first layer.

    132,863,336 parameters by default: the normalisation has none. It did not help, and the paper
    left it out of all others. Its constants are those of AlexNet.

    Arguments, result and errors are those of `vgg11`; there is no `batch_norm`.

    See: Simonyan & Zisserman 2014, arXiv:1409.1556, table 1, column A-LRN.
    """
    check("vgg11_lrn", channels, classes, size, 32)
    return VGG(A, WIDTHS, 4096, channels, classes, size, response_norm=True)


def vgg13(
    channels: int = 3, classes: int = 1000, size: int = 224, batch_norm: bool = False
) -> nn.Module:
    """Build configuration B, 13 layers with weights.

    133,047,848 parameters by default, 5,888 more with batch normalisation, as torchvision
    publishes; the paper says 133 million.

    Arguments, result and errors are those of `vgg11`.

    See: Simonyan & Zisserman 2014, arXiv:1409.1556, table 1, column B.
    """
    check("vgg13", channels, classes, size, 32)
    return VGG(B, WIDTHS, 4096, channels, classes, size, batch_norm)


def vgg16_c(
    channels: int = 3, classes: int = 1000, size: int = 224, batch_norm: bool = False
) -> nn.Module:
    """Build configuration C: B with a 1 x 1 convolution more in each of the last three stages.

    133,638,952 parameters by default; the paper says 134 million, torchvision has no such network.

    Arguments, result and errors are those of `vgg11`.

    See: Simonyan & Zisserman 2014, arXiv:1409.1556, table 1, column C.
    """
    check("vgg16_c", channels, classes, size, 32)
    return VGG(C, WIDTHS, 4096, channels, classes, size, batch_norm)


def vgg16(
    channels: int = 3, classes: int = 1000, size: int = 224, batch_norm: bool = False
) -> nn.Module:
    """Build configuration D, known as VGG-16.

    138,357,544 parameters by default, 8,448 more with batch normalisation, as torchvision
    publishes; the paper says 138 million.

    Arguments, result and errors are those of `vgg11`.

    See: Simonyan & Zisserman 2014, arXiv:1409.1556, table 1, column D.
    """
    check("vgg16", channels, classes, size, 32)
    return VGG(D, WIDTHS, 4096, channels, classes, size, batch_norm)


def vgg19(
    channels: int = 3, classes: int = 1000, size: int = 224, batch_norm: bool = False
) -> nn.Module:
    """Build configuration E, known as VGG-19.

    143,667,240 parameters by default, 11,008 more with batch normalisation, as torchvision
    publishes; the paper says 144 million.

    Arguments, result and errors are those of `vgg11`.

    See: Simonyan & Zisserman 2014, arXiv:1409.1556, table 1, column E.
    """
    check("vgg19", channels, classes, size, 32)
    return VGG(E, WIDTHS, 4096, channels, classes, size, batch_norm)


def vgg_reduced(
    channels: int = 1, classes: int = 10, size: int = 28, batch_norm: bool = False
) -> nn.Module:
    """Build a small VGG: three stages of two 3 x 3 convolutions, twice the maps at half the size.

    Arguments and result are those of `vgg11`.

    Raises:
        ValueError: if an argument is below 1, or size is below 8.
    """
    check("vgg_reduced", channels, classes, size, 8)
    return VGG(REDUCED, WIDTHS_REDUCED, 128, channels, classes, size, batch_norm)
