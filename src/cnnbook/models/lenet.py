"""LeNet-5 as its paper has it, and the network that goes by its name today."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from cnnbook.models.checks import check

# map of C3 -> maps of S2 that it reads (LeCun et al. 1998, table I)
TABLE = (
    (0, 1, 2),  # six maps read three neighbours, round the corner too
    (1, 2, 3),
    (2, 3, 4),
    (3, 4, 5),
    (0, 4, 5),
    (0, 1, 5),
    (0, 1, 2, 3),  # six read four neighbours
    (1, 2, 3, 4),
    (2, 3, 4, 5),
    (0, 3, 4, 5),
    (0, 1, 4, 5),
    (0, 1, 2, 5),
    (0, 1, 3, 4),  # three read two pairs
    (1, 2, 4, 5),
    (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),  # one reads all
)
AMPLITUDE, SLOPE = 1.7159, 2 / 3  # so that the squashing function maps 1 to 1 and −1 to −1


class Squash(nn.Module):
    """Scaled hyperbolic tangent, A tanh(S a)."""

    def forward(self, a: torch.Tensor) -> torch.Tensor:
        """Squash a sum of any shape."""
        return AMPLITUDE * torch.tanh(SLOPE * a)


class Subsample(nn.Module):
    """Sum of each 2 x 2 square, times one trained coefficient per map, plus one trained bias."""

    def __init__(self, maps: int) -> None:
        """Make room for the numbers; `draw_by_inputs` draws them."""
        super().__init__()
        self.weight = nn.Parameter(torch.empty(maps, 1, 1))
        self.bias = nn.Parameter(torch.empty(maps, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Halve height and width, x (N, C, H, W)."""
        return 4 * F.avg_pool2d(x, 2) * self.weight + self.bias


class TableConvolution(nn.Module):
    """Convolution in which each output map reads only the input maps of its row of a table."""

    def __init__(self, table: tuple[tuple[int, ...], ...], kernel: int) -> None:
        """Make one small convolution per output map."""
        super().__init__()
        self.table = table
        self.maps = nn.ModuleList(nn.Conv2d(len(reads), 1, kernel) for reads in table)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute each map by itself, x (N, C_in, H, W) -> y (N, rows of the table, H', W')."""
        maps = zip(self.maps, self.table, strict=True)
        return torch.cat([convolution(x[:, reads]) for convolution, reads in maps], 1)


class Codes(nn.Module):
    """Negative squared distance to the code of each class: the nearest class scores highest.

    The paper outputs the distance itself, the least one wins. With the sign turned, cross-entropy
    is its second loss (section II.C) without the rubbish class.
    """

    def __init__(self, features: int, classes: int) -> None:
        """Draw the codes, −1 or +1, fixed: they are no parameters."""
        super().__init__()
        # The paper draws a 7 x 12 picture of each character instead, and names random codes as
        # the alternative (section II.B). A picture exists for digits only, a code for any class.
        draw = torch.Generator().manual_seed(0)
        codes = torch.randint(2, (classes, features), generator=draw, device="cpu") * 2.0 - 1
        self.register_buffer("codes", codes.to(torch.get_default_device()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score x (N, features) -> (N, classes)."""
        return -(x[:, None] - self.codes).square().sum(2)


def draw_by_inputs(network: nn.Module) -> None:
    """Draw all weights and biases between −2.4 / F and 2.4 / F, F the inputs of a unit."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear | Subsample):
            inputs = 4 if isinstance(layer, Subsample) else layer.weight[0].numel()
            nn.init.uniform_(layer.weight, -2.4 / inputs, 2.4 / inputs)
            nn.init.uniform_(layer.bias, -2.4 / inputs, 2.4 / inputs)


def lenet5(channels: int = 1, classes: int = 10, size: int = 32) -> nn.Module:
    """Build LeNet-5.

    60,000 parameters by default, as the paper counts. Its 340,908 connections are one for each
    input and one for the bias of each unit, and 840 of the output, whose codes are not trained.
    The output differs from the paper in its codes and its sign, see `Codes`.

    Args:
        channels: of the images; the paper has one.
        classes: that it tells apart.
        size: height and width of the images; a digit of 20 x 20 pixels in a frame of 32.

    Returns:
        Module, x (N, channels, size, size) -> logits (N, classes).

    Raises:
        ValueError: if an argument is below 1, or size is below 16.
    See: LeCun, Bottou, Bengio & Haffner 1998, section II.B and appendix A.
    """
    check("lenet5", channels, classes, size, 16)
    side = ((size - 4) // 2 - 4) // 2  # of the maps of S4; C5 covers them whole
    network = nn.Sequential(
        nn.Conv2d(channels, 6, 5),  # C1 (N, 6, 28, 28)
        Squash(),
        Subsample(6),  # S2 (N, 6, 14, 14)
        Squash(),
        TableConvolution(TABLE, 5),  # C3 (N, 16, 10, 10)
        Squash(),
        Subsample(16),  # S4 (N, 16, 5, 5)
        Squash(),
        nn.Conv2d(16, 120, side),  # C5 (N, 120, 1, 1)
        Squash(),
        nn.Flatten(),
        nn.Linear(120, 84),  # F6 (N, 84)
        Squash(),
        Codes(84, classes),
    )
    draw_by_inputs(network)
    return network


def lenet_reduced(channels: int = 1, classes: int = 10, size: int = 28) -> nn.Module:
    """Build what most libraries call LeNet: the widths of LeNet-5, the layers of today.

    61,706 parameters by default: every map of C3 reads all six of S2 (900 weights more), the
    subsampling has no parameters (44 less), the output is dense (850 more). ReLU for the squashing
    function, max pooling for sums, and 2 pixels of padding for the frame around a digit of 28.
    The first weights are those of torch's layers.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images.

    Returns:
        Module, x (N, channels, size, size) -> logits (N, classes).

    Raises:
        ValueError: if an argument is below 1, or size is below 12.
    """
    check("lenet_reduced", channels, classes, size, 12)
    side = (size // 2 - 4) // 2
    return nn.Sequential(
        nn.Conv2d(channels, 6, 5, padding=2),  # (N, 6, 28, 28)
        nn.ReLU(),
        nn.MaxPool2d(2),  # (N, 6, 14, 14)
        nn.Conv2d(6, 16, 5),  # (N, 16, 10, 10)
        nn.ReLU(),
        nn.MaxPool2d(2),  # (N, 16, 5, 5)
        nn.Flatten(),
        nn.Linear(16 * side**2, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, classes),
    )
