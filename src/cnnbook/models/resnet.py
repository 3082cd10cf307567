"""ResNet: a block adds what it computes to its input, so that depth costs no trainability.

The pieces are shared by the families that came of it: `resnet_cifar` (its small form), `resnext`,
`se_resnet`, `preactivation` and `densenet`.

See: He, Zhang, Ren, Sun 2015, "Deep Residual Learning for Image Recognition", arXiv:1512.03385.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from cnnbook.models.checks import check
from cnnbook.models.first_weights import draw_he_outputs

BASIC = {  # blocks in each of the four stages (table 1)
    "resnet18": (2, 2, 2, 2),
    "resnet34": (3, 4, 6, 3),
}
BOTTLENECK = {
    "resnet50": (3, 4, 6, 3),
    "resnet101": (3, 4, 23, 3),
    "resnet152": (3, 8, 36, 3),
}
NARROW = (64, 128, 256, 512)  # output channels of the stages of basic blocks
WIDE = (256, 512, 1024, 2048)  # and of bottlenecks
LEAST = 17  # below it the fourth stage gets a single pixel, and its stride has nothing to halve


class Padded(nn.Module):
    """A shortcut without weights: every `stride`-th pixel, and zeros for the new channels.

    Option A of section 3.3. The new channels are the last, as in fb.resnet.torch.
    """

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        """Remember how many channels of zeros are missing."""
        super().__init__()
        self.missing, self.stride = c_out - c_in, stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Drop pixels and append channels: (N, c_in, H, W) -> (N, c_out, h_out, w_out)."""
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.missing))


def projection(c_in: int, c_out: int, stride: int) -> nn.Sequential:
    """Build the shortcut with weights, a normalised 1x1 convolution (option B of section 3.3)."""
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, 1, stride, bias=False),
        nn.BatchNorm2d(c_out),
    )


class Basic(nn.Module):
    """Two 3x3 convolutions and a shortcut around them (figure 5, left).

    x (N, c_in, H, W) -> y (N, c_out, h_out, w_out)
    """

    def __init__(
        self, c_in: int, c_out: int, stride: int, projected: bool = True, shortcut: bool = True
    ) -> None:
        """Choose the shortcut.

        Args:
            c_in: channels of the input.
            c_out: channels of the output.
            stride: of the first convolution and of the shortcut.
            projected: where the shape changes, option B (weights) rather than option A (zeros).
            shortcut: False makes the block of a plain network.
        """
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(c_in, c_out, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(c_out),
            nn.ReLU(),
            nn.Conv2d(c_out, c_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(c_out),
        )
        if not shortcut:
            self.shortcut = None
        elif c_in == c_out and stride == 1:
            self.shortcut = nn.Identity()
        else:
            self.shortcut = (projection if projected else Padded)(c_in, c_out, stride)
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add the branch to the shortcut, then cut off what is negative."""
        y = self.branch(x)  # (N, c_out, h_out, w_out)
        if self.shortcut is not None:
            y = y + self.shortcut(x)
        return self.relu(y)


class Bottleneck(nn.Module):
    """A 3x3 convolution between two of 1x1, on fewer channels (figure 5, right).

    x (N, c_in, H, W) -> y (N, c_out, h_out, w_out)
    """

    def __init__(
        self, c_in: int, c_out: int, stride: int, narrowing: int = 4, groups: int = 1
    ) -> None:
        """Size the three convolutions.

        Args:
            c_in: channels of the input.
            c_out: channels of the output.
            stride: of the 3x3 convolution and of the shortcut.
            narrowing: c_out / narrowing channels go through the 3x3 convolution.
            groups: of the 3x3 convolution (ResNeXt calls them its cardinality).
        """
        super().__init__()
        width = c_out // narrowing
        self.branch = nn.Sequential(
            nn.Conv2d(c_in, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            # The authors' networks (Caffe, 2015) stride in the 1x1 before, and lose three pixels
            # of four unseen. Here as in fb.resnet.torch and torchvision: same parameters, and
            # 4.09 instead of 3.86 G MACs for ResNet-50.
            nn.Conv2d(width, width, 3, stride, padding=1, groups=groups, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, c_out, 1, bias=False),
            nn.BatchNorm2d(c_out),
        )
        same = c_in == c_out and stride == 1
        self.shortcut = nn.Identity() if same else projection(c_in, c_out, stride)
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add the branch to the shortcut, then cut off what is negative."""
        return self.relu(self.branch(x) + self.shortcut(x))  # (N, c_out, h_out, w_out)


class ResNet(nn.Module):
    """A stem, stages of blocks, the mean over all positions and one dense layer.

    `stages[i][j]` is block j of stage i; all but the first of a stage may be replaced by
    `nn.Identity()`, and the network still runs.
    """

    def __init__(self, stem: nn.Module, stages: nn.Sequential, features: int, classes: int) -> None:
        """Put the parts together; `features` is the number of channels of the last stage."""
        super().__init__()
        self.stem = stem
        self.stages = stages
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.dense = nn.Linear(features, classes)
        draw_he_outputs(self)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the logits: (N, channels, H, W) -> (N, classes)."""
        x = self.stem(x)  # (N, 64, 56, 56) of an image of 224 x 224, in ResNet-50
        x = self.stages(x)  # (N, 2048, 7, 7)
        x = self.flatten(self.mean(x))  # (N, 2048)
        return self.dense(x)  # (N, classes)


def stem(channels: int) -> nn.Sequential:
    """Build the first layers, which leave a quarter of the height and of the width."""
    return nn.Sequential(
        nn.Conv2d(channels, 64, 7, stride=2, padding=3, bias=False),  # (N, 64, 112, 112)
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2, padding=1),  # (N, 64, 56, 56)
    )


def small_stem(channels: int, c_out: int, stride: int = 1) -> nn.Sequential:
    """Build the first layer for small images (section 4.2)."""
    return nn.Sequential(
        nn.Conv2d(channels, c_out, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(c_out),
        nn.ReLU(),
    )


def line_up(
    block: Callable[[int, int, int], nn.Module],
    depths: tuple[int, ...],
    c_in: int,
    widths: tuple[int, ...],
) -> nn.Sequential:
    """Build the stages; the first block of each but the first stage has stride 2.

    Args:
        block: called with (c_in, c_out, stride).
        depths: blocks in each stage.
        c_in: channels of the stem.
        widths: output channels of each stage.
    """
    stages = nn.Sequential()
    for stage, (depth, c_out) in enumerate(zip(depths, widths, strict=True)):
        first = block(c_in, c_out, 2 if stage else 1)
        stages.append(nn.Sequential(first, *(block(c_out, c_out, 1) for _ in range(depth - 1))))
        c_in = c_out
    return stages


def resnet18(channels: int = 3, classes: int = 1000, size: int = 224) -> ResNet:
    """Build ResNet-18: 11,689,512 parameters, as torchvision's.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images.

    Returns:
        A network x (N, channels, size, size) -> logits (N, classes).

    Raises:
        ValueError: if a number is below 1, or size below 17.
    """
    return _basic("resnet18", channels, classes, size)


def resnet34(channels: int = 3, classes: int = 1000, size: int = 224) -> ResNet:
    """Build ResNet-34: 21,797,672 parameters, as torchvision's; arguments as of `resnet18`."""
    return _basic("resnet34", channels, classes, size)


def resnet50(channels: int = 3, classes: int = 1000, size: int = 224) -> ResNet:
    """Build ResNet-50: 25,557,032 parameters, as torchvision's; arguments as of `resnet18`."""
    return _bottleneck("resnet50", channels, classes, size)


def resnet101(channels: int = 3, classes: int = 1000, size: int = 224) -> ResNet:
    """Build ResNet-101: 44,549,160 parameters, as torchvision's; arguments as of `resnet18`."""
    return _bottleneck("resnet101", channels, classes, size)


def resnet152(channels: int = 3, classes: int = 1000, size: int = 224) -> ResNet:
    """Build ResNet-152: 60,192,808 parameters, as torchvision's; arguments as of `resnet18`."""
    return _bottleneck("resnet152", channels, classes, size)


def _basic(name: str, channels: int, classes: int, size: int) -> ResNet:
    check(name, channels, classes, size, LEAST)
    stages = line_up(Basic, BASIC[name], 64, NARROW)
    return ResNet(stem(channels), stages, NARROW[-1], classes)


def _bottleneck(name: str, channels: int, classes: int, size: int) -> ResNet:
    check(name, channels, classes, size, LEAST)
    stages = line_up(Bottleneck, BOTTLENECK[name], 64, WIDE)
    return ResNet(stem(channels), stages, WIDE[-1], classes)
