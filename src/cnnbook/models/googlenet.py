"""GoogLeNet: nine Inception blocks, and heads in the middle of the network that help to train it.

See: Szegedy et al. 2015, "Going Deeper with Convolutions", arXiv:1409.4842, table 1 and figure 3.
"""

import torch
from torch import nn

from cnnbook.models.checks import check
from cnnbook.shapes import output_size

# block -> 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection: channels of the convolutions
ROWS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
REDUCED_ROWS = {
    "3a": (12, 12, 24, 4, 8, 8),
    "3b": (16, 12, 24, 4, 12, 8),
    "4a": (24, 16, 40, 6, 16, 16),
    "4b": (32, 16, 48, 6, 16, 16),
    "5a": (48, 24, 64, 8, 24, 24),
}
POOLED = ("3b", "4e")  # blocks with a max pooling behind them
HEADS = ("4a", "4d")  # blocks with an auxiliary head
HEAD_CHANNELS = 128


class Unit(nn.Sequential):
    """A convolution that keeps the size of the map at stride 1, and ReLU."""

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int = 1) -> None:
        """Pad half the kernel on each side."""
        super().__init__(nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2), nn.ReLU())


class Pool(nn.MaxPool2d):
    """Max pooling 3x3 of stride 2 that makes 56 out of 112, 28 out of 56, 14 and 7."""

    def __init__(self) -> None:
        """Round up as Caffe does: without padding, rounding down would make 55 out of 112."""
        super().__init__(3, 2, ceil_mode=True)


class Inception(nn.Module):
    """Three sizes of windows and a max pooling side by side, 1x1 convolutions before or behind."""

    def __init__(self, c_in: int, row: tuple[int, ...]) -> None:
        """Build four branches from a row of the table."""
        super().__init__()
        one, three_reduce, three, five_reduce, five, pool = row
        self.one = Unit(c_in, one, 1)
        self.three = nn.Sequential(Unit(c_in, three_reduce, 1), Unit(three_reduce, three, 3))
        # the paper's 5x5; the copy in torchvision runs 3x3 windows here (its issue 906)
        self.five = nn.Sequential(Unit(c_in, five_reduce, 1), Unit(five_reduce, five, 5))
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), Unit(c_in, pool, 1))
        self.channels = one + three + five + pool

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Concatenate the branches along the channels; height and width stay."""
        return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], 1)


class Head(nn.Sequential):
    """An auxiliary head: class scores out of the middle of the network."""

    def __init__(self, c_in: int, side: int, hidden: int, classes: int) -> None:
        """Average 5x5 windows of a side x side map, then two dense layers with strong dropout."""
        pooled = output_size(side, 5, 3)
        super().__init__(
            nn.AvgPool2d(5, 3),
            Unit(c_in, HEAD_CHANNELS, 1),
            nn.Flatten(),
            nn.Linear(HEAD_CHANNELS * pooled**2, hidden),
            nn.ReLU(),
            nn.Dropout(0.7),
            nn.Linear(hidden, classes),
        )


class GoogLeNet(nn.Module):
    """A stem, Inception blocks, the mean over each map and one dense layer.

    With heads it returns, while it trains, (logits, logits of the first head, of the second). In
    evaluation, and without heads, it returns the logits alone.
    """

    def __init__(
        self,
        stem: nn.Sequential,
        c_in: int,
        rows: dict[str, tuple[int, ...]],
        pooled: tuple[str, ...],
        classes: int,
        heads: tuple[str, ...] = (),
        side: int = 14,
        hidden: int = 1024,
    ) -> None:
        """Chain the blocks.

        Args:
            stem: layers before the first block.
            c_in: channels that the stem returns.
            rows: block -> its row, in order.
            pooled: blocks with a max pooling behind them.
            classes: that it tells apart.
            heads: blocks with an auxiliary head.
            side: height and width of the maps at the heads.
            hidden: units of the dense layer in a head.
        """
        super().__init__()
        self.stem = stem
        self.blocks = nn.ModuleDict()
        self.heads = nn.ModuleDict()
        for name, row in rows.items():
            block = Inception(c_in, row)
            c_in = block.channels
            self.blocks[name] = block
            if name in heads:
                self.heads[name] = Head(c_in, side, hidden, classes)
            if name in pooled:
                self.blocks["pool" + name] = Pool()
        self.mean = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.dropout = nn.Dropout(0.4)
        self.dense = nn.Linear(c_in, classes)
        draw_as_caffe(self)

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Score the classes: x (N, channels, H, W) -> (N, classes), or a tuple of three."""
        x, early = self.stem(x), []
        for name, block in self.blocks.items():
            x = block(x)
            if self.training and name in self.heads:
                early.append(self.heads[name](x))
        logits = self.dense(self.dropout(self.mean(x)))
        return (logits, *early) if early else logits


def draw_as_caffe(network: nn.Module) -> None:
    """Draw weights of variance 1 / fan-in; biases 0.2 keep the ReLUs open at first.

    The paper does not say how. This is Caffe's GoogLeNet, whose filler "xavier" is uniform.
    See: BVLC/caffe, models/bvlc_googlenet/train_val.prototxt
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="linear")
            nn.init.constant_(layer.bias, 0.2)
    for layer in (network.dense, *(head[-1] for head in network.heads.values())):
        nn.init.zeros_(layer.bias)


def googlenet(
    channels: int = 3, classes: int = 1000, size: int = 224, auxiliary: bool = False
) -> nn.Module:
    """Build GoogLeNet as the paper has it: 5x5 windows, biases, no batch norm.

    6,998,552 parameters without the auxiliary heads, as in Caffe's bvlc_googlenet without them;
    13,378,280 with both. (The column of parameters in the paper's table 1 sums to 6.8 M, but does
    not follow from its columns of widths, least of all for 4c and 5a. torchvision's network has
    3x3 windows for the 5x5, and batch norm: 6,624,904.)

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images, at least 31, with auxiliary heads 79.
        auxiliary: add the two heads. Then the network returns three logits while it trains; the
            paper adds 0.3 times the loss of each head to the loss.

    Returns:
        The network: (N, channels, size, size) -> (N, classes).

    Raises:
        ValueError: if a count is below 1 or the size too small.
    See: Szegedy et al. 2015, arXiv:1409.4842, section 5
    """
    check("googlenet", channels, classes, size, 79 if auxiliary else 31)
    stem = nn.Sequential(
        Unit(channels, 64, 7, 2),  # (N, 64, 112, 112)
        Pool(),  # (N, 64, 56, 56)
        # the paper names the normalisation, not its constants: these are Caffe's
        nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0),
        Unit(64, 64, 1),
        Unit(64, 192, 3),  # (N, 192, 56, 56)
        nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0),
        Pool(),  # (N, 192, 28, 28)
    )
    if not auxiliary:
        return GoogLeNet(stem, 192, ROWS, POOLED, classes)
    side = _pooled(_pooled(_pooled(output_size(size, 7, 2, 3))))
    return GoogLeNet(stem, 192, ROWS, POOLED, classes, HEADS, side)


def googlenet_reduced(
    channels: int = 1, classes: int = 10, size: int = 28, auxiliary: bool = False
) -> nn.Module:
    """Build five narrow Inception blocks behind a stem that keeps small images large enough.

    What it leaves out: two poolings in the stem, the response norms, four blocks, most channels.
    With auxiliary heads (behind blocks 4a and 4b) it returns three logits while it trains.

    Raises:
        ValueError: if a count is below 1, or the size below 7 (with auxiliary heads 19).
    """
    check("googlenet_reduced", channels, classes, size, 19 if auxiliary else 7)
    stem = nn.Sequential(Unit(channels, 16, 5, 2), Unit(16, 16, 1), Unit(16, 24, 3))
    heads = ("4a", "4b") if auxiliary else ()
    side = _pooled(output_size(size, 5, 2, 2))
    network = GoogLeNet(stem, 24, REDUCED_ROWS, ("3b", "4b"), classes, heads, side, 64)
    # channels last in memory: torch pools such maps several times faster on a CPU
    return network.to(memory_format=torch.channels_last)


def _pooled(size: int) -> int:
    """Count what `Pool` leaves of a side."""
    return output_size(size, 3, 2, ceil_mode=True)
