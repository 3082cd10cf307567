"""The small networks of the chapter on residual learning: plain, residual, and with one change.

6 n + 2 layers: a 3x3 convolution, three stages of n blocks with 8, 16 and 32 channels, a dense
layer. All start from the same rule (He et al. 2015) and see garments of 14x14 pixels.
"""

from functools import partial

import torch
from torch import nn

from cnnbook.models.preactivation import PreBasic, PreResNet
from cnnbook.models.resnet import Basic, Padded, ResNet, line_up, projection, small_stem

WIDTHS = (8, 16, 32)  # channels of the stages, half of those of the paper
DEPTHS = (8, 20, 32, 56)
KINDS = ("plain", "residual", "pre-activation")
HALF, PROJECTED = "shortcut x 0.5", "projections where the shape changes"
CONVOLVED, RECTIFIED = "1x1 convolution in every shortcut", "ReLU before the addition"
BARE = "residual without batch norm"
ABLATIONS = (HALF, PROJECTED, CONVOLVED, RECTIFIED, BARE)


class Scaled(nn.Module):
    """Multiply what a shortcut carries by a number."""

    def __init__(self, shortcut: nn.Module, factor: float) -> None:
        """Wrap a shortcut."""
        super().__init__()
        self.shortcut, self.factor = shortcut, factor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Take the shortcut, then scale."""
        return self.factor * self.shortcut(x)


def changed(kind: str, c_in: int, c_out: int, stride: int) -> Basic:
    """Build the residual block of option A with one thing changed.

    Args:
        kind: one of `ABLATIONS`.
        c_in, c_out: channels before and after.
        stride: of the first convolution and of the shortcut.
    """
    block = Basic(c_in, c_out, stride, projected=kind == PROJECTED)
    if kind == HALF:
        block.shortcut = Scaled(block.shortcut, 0.5)
    elif kind == CONVOLVED:
        block.shortcut = projection(c_in, c_out, stride)
    elif kind == RECTIFIED:
        block.branch.append(nn.ReLU())
    elif kind == BARE:
        layers = (layer for layer in block.branch if not isinstance(layer, nn.BatchNorm2d))
        block.branch = nn.Sequential(*layers)
        for layer in block.branch:
            if isinstance(layer, nn.Conv2d):
                layer.bias = nn.Parameter(torch.zeros(c_out))
    return block


def network(kind: str, depth: int) -> ResNet:
    """Build a network for garments: x (N, 1, 14, 14) -> logits (N, 10).

    Args:
        kind: one of `KINDS` or `ABLATIONS`.
        depth: layers with weights, 6 n + 2.

    Raises:
        ValueError: if there is no such kind or depth.
    """
    if kind not in KINDS + ABLATIONS:
        raise ValueError(f"no kind {kind!r}; there are {', '.join(KINDS + ABLATIONS)}")
    count, rest = divmod(depth - 2, 6)
    if count < 1 or rest:
        raise ValueError(f"depth must be 6 n + 2 with n from 1, got {depth}")
    stem = small_stem(1, WIDTHS[0])
    if kind == "pre-activation":
        stages = line_up(PreBasic, (count,) * 3, WIDTHS[0], WIDTHS)
        stages[0][0].activate = nn.Identity()  # the stem has just activated, see `preactivation`
        return PreResNet(stem, stages, WIDTHS[-1], 10)
    if kind in ABLATIONS:
        block = partial(changed, kind)
    else:
        block = partial(Basic, projected=False, shortcut=kind == "residual")
    stages = line_up(block, (count,) * 3, WIDTHS[0], WIDTHS)
    if kind == BARE:
        stem[1] = nn.Identity()
    return ResNet(stem, stages, WIDTHS[-1], 10)


def blocks_of(model: ResNet) -> list[nn.Module]:
    """List the blocks in the order of the computation."""
    return [block for stage in model.stages for block in stage]


def bypass(block: nn.Module) -> nn.Module:
    """Return what stands in the place of a block whose branch is deleted.

    The identity, or where the shape changes every second pixel, and zeros for the new channels:
    the shortcut of option A, in a plain network too. A residual block's ReLU changes nothing, as
    its input has been through one.
    """
    conv = block.branch[0]
    if conv.stride == (1, 1) and conv.in_channels == conv.out_channels:
        return nn.Identity()
    return Padded(conv.in_channels, conv.out_channels, conv.stride[0])
