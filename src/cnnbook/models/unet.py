"""U-Net: a path that shrinks the image, one that enlarges it, and a bridge at every size.

Unlike the networks that name an image, it gives every pixel its scores.
"""

from itertools import pairwise

import torch
from torch import nn

from cnnbook.models.checks import check
from cnnbook.shapes.checks import whole

LEVELS = {  # channels from the finest level to the coarsest; each level has half the size
    "unet": (64, 128, 256, 512, 1024),
    "unet_reduced": (8, 16, 32),
}


class UNet(nn.Module):
    """Score every pixel with what its neighbourhood looks like, from near and from afar.

    x (N, channels, H, W) -> logits (N, classes, h_out, w_out), where h_out is
    `unet_output_size(H)`: without padding the pixels of the edge are read, but not labelled.
    """

    def __init__(
        self, channels: int, classes: int, widths: tuple[int, ...], same: bool, dropout: float
    ) -> None:
        """Build both paths for the channels of each level."""
        super().__init__()
        self.same = same
        inputs = (channels, *widths)
        self.down = nn.ModuleList(
            _pair(c_in, c_out, same) for c_in, c_out in zip(inputs, widths, strict=False)
        )
        # the paper drops "at the end of the contracting path"; the released network does so
        # behind the two coarsest levels, with probability 0.5
        late = len(widths) - 2
        self.drop = nn.ModuleList(
            nn.Dropout(dropout if level >= late else 0.0) for level in range(len(widths))
        )
        self.pool = nn.MaxPool2d(2)
        coarse_to_fine = list(pairwise(widths[::-1]))
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(c_in, c_out, 2, stride=2) for c_in, c_out in coarse_to_fine
        )
        self.merge = nn.ModuleList(_pair(2 * c_out, c_out, same) for _, c_out in coarse_to_fine)
        self.score = nn.Conv2d(widths[0], classes, 1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                # normal with variance 2 / N, N the weights of one unit (section 3)
                nn.init.kaiming_normal_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shrink, keeping the maps of every level; enlarge, giving each level its maps back."""
        for size in x.shape[2:]:
            unet_output_size(size, len(self.up), self.same)
        kept = []
        for level, (pair, drop) in enumerate(zip(self.down, self.drop, strict=True)):
            x = drop(pair(self.pool(x) if level else x))
            kept.append(x)
        kept.pop()  # the coarsest maps have no bridge: they are where the way up begins
        for up, merge in zip(self.up, self.merge, strict=True):
            x = up(x)
            x = merge(torch.cat([x, _centre(kept.pop(), x)], 1))
        return self.score(x)


def unet(channels: int = 1, classes: int = 2, size: int = 572, same: bool = False) -> nn.Module:
    """Build the network of the paper: 572 x 572 pixels in, 388 x 388 labelled.

    31,030,658 parameters for 1 channel and 2 classes, in both forms. The paper gives no count;
    this is that of its figure 1, as in gchlebus.github.io ("Looking under the hood of tensorflow
    models", 2018). Other published counts differ by a known sum: 31,031,810 for 3 channels,
    31,030,593 for 1 class, 31,031,685 with a 3x3 layer of 2 channels before the one for 1 class.
    The network that the authors released (phseg_v5) is not quite that of the figure: its last
    up-convolution makes 128 channels, and a ReLU follows each.

    Args:
        channels: of the images.
        classes: that a pixel can have.
        size: height and width of the images: 16 k − 4 from 188 on, or a multiple of 16 if `same`.
        same: pad the 3x3 convolutions with zeros, so that every pixel is labelled. Not the paper's
            way, but the usual one since.

    Returns:
        The network: x (N, channels, H, W) -> logits (N, classes, h_out, w_out), see `UNet`.

    Raises:
        ValueError: if size is not one of these; the message has the next one that is.
    See: Ronneberger, Fischer & Brox 2015, arXiv:1505.04597, figure 1.
    """
    check("unet", channels, classes, size, 16 if same else 188)
    unet_output_size(size, same=same)
    return UNet(channels, classes, LEVELS["unet"], same, dropout=0.5)


def unet_reduced(channels: int = 1, classes: int = 10, size: int = 28) -> nn.Module:
    """Build a small same-padded form: three sizes, 8 to 32 channels, no dropout.

    Args:
        channels: of the images.
        classes: that a pixel can have.
        size: height and width of the images, a multiple of 4.

    Returns:
        The network: x (N, channels, H, W) -> logits (N, classes, H, W).

    Raises:
        ValueError: if it is none; the message has the next one.
    """
    check("unet_reduced", channels, classes, size, 4)
    widths = LEVELS["unet_reduced"]
    unet_output_size(size, len(widths) - 1, same=True)
    return UNet(channels, classes, widths, same=True, dropout=0.0)


def unet_output_size(size: int, levels: int = 4, same: bool = False) -> int:
    """Count the pixels along one axis that are labelled.

    Each pair of valid 3x3 convolutions takes 4 cells of its level, on the way down and on the way
    up: size − (12 · 2^levels − 8), which is size − 184 for the four halvings of the paper.

    Args:
        size: pixels of the image along that axis.
        levels: how often the size is halved.
        same: whether the convolutions are padded: then nothing is lost.

    Raises:
        ValueError: if an odd size would be halved or nothing be left; the message has the next
            size that works.
    See: Ronneberger, Fischer & Brox 2015, arXiv:1505.04597, section 2.
    """
    fits = _next_size(whole(size, "size", 1), levels, same)
    if fits != size:
        raise ValueError(
            f"size {size} cannot be halved {levels} times; the next that can is {fits}"
        )
    return size - _lost(levels, same)


def unet_tile_size(outputs: int, levels: int = 4) -> int:
    """Find the smallest tile that an unpadded network turns into `outputs` labels or more.

    An image of any size is labelled tile by tile: the labels lie side by side, the tiles overlap,
    and what a tile reads beyond the edge of the image is its mirror image.

    Raises:
        ValueError: if `outputs` is no whole number or below 1.
    See: Ronneberger, Fischer & Brox 2015, arXiv:1505.04597, figure 2.
    """
    return _next_size(whole(outputs, "outputs", 1) + _lost(levels), levels)


def _lost(levels: int, same: bool = False) -> int:
    """Count the pixels along one axis that are read and not labelled."""
    return 0 if same else 12 * 2**levels - 8


def _next_size(size: int, levels: int, same: bool = False) -> int:
    """Find the next size whose every halving is even and that leaves an output."""
    step, shift = 2 ** whole(levels, "levels"), 0 if same else 4
    least = max(size, _lost(levels, same) + 1)
    return -(-(least + shift) // step) * step - shift


def _pair(c_in: int, c_out: int, same: bool) -> nn.Sequential:
    """Build two 3x3 convolutions, each with its ReLU."""
    padding = 1 if same else 0
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, 3, padding=padding),
        nn.ReLU(),
        nn.Conv2d(c_out, c_out, 3, padding=padding),
        nn.ReLU(),
    )


def _centre(kept: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Cut the middle out of the kept maps, as large as x."""
    h, w = x.shape[2:]
    top, left = ((have - want) // 2 for have, want in zip(kept.shape[2:], (h, w), strict=True))
    return kept[:, :, top : top + h, left : left + w]
