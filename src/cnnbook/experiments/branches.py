"""How far the blocks of a residual network move what goes through them, and in which frequencies.

A block computes y = ReLU(s + F(x)) of its input x, with s the output of its shortcut: x itself, or
in the first block of a stage every second pixel of it and zeros.
"""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from cnnbook.experiments.shortcuts import blocks_of
from cnnbook.models.resnet import ResNet

HIGH = 0.25  # cycles a pixel above which a frequency is high, half of the highest there is


def size(x: Tensor) -> Tensor:
    """Return the Euclidean norm of each image's maps: (N, C, H, W) -> (N,)."""
    return x.flatten(1).norm(dim=1)


def high_share(maps: Tensor) -> float:
    """Return the share of energy above `HIGH` in one direction at least, of all but the means.

    Args:
        maps: (N, C, H, W); the energies of all of them are added up.
    """
    energy = torch.fft.fft2(maps).abs().square().sum((0, 1))  # (H, W)
    energy[0, 0] = 0
    rows, columns = (torch.fft.fftfreq(n).abs() > HIGH for n in maps.shape[2:])
    return (energy[rows[:, None] | columns].sum() / energy.sum().clamp_min(1e-12)).item()


def detail(maps: Tensor) -> Tensor:
    """Return maps minus their blur by the weights (1, 2, 1) / 4 in both directions."""
    line = torch.tensor([1.0, 2.0, 1.0]) / 4
    weight = (line[:, None] * line).expand(maps.shape[1], 1, 3, 3)
    padded = F.pad(maps, (1, 1, 1, 1), mode="replicate")
    return maps - F.conv2d(padded, weight, groups=maps.shape[1])


def correlation(a: Tensor, b: Tensor) -> float:
    """Correlate the pixels of maps (N, C, H, W), each map's mean taken off first."""
    a, b = (x - x.mean((2, 3), keepdim=True) for x in (a, b))
    return ((a * b).sum() / (a.norm() * b.norm()).clamp_min(1e-12)).item()


@torch.no_grad()
def moves(model: ResNet, x: Tensor) -> dict[str, list[float]]:
    """Measure every block of a trained residual network on images.

    Args:
        model: with blocks that have `branch` and `shortcut`, in eval mode.
        x: images (N, C, H, W).

    Returns:
        One number for each block. Means over the images: "branch" |F(x)| / |s|, "change"
        |y - s| / |s|, "cosine" of F(x) and s. Over all maps: "high F", "high s" and "high sum",
        `high_share` of F(x), s and s + F(x); "detail", the correlation of F(x) with s minus its
        blur, and "input", with s itself, maps of zeros left out.
    """
    found: dict[str, list[float]] = {}
    x = model.stem(x)
    for block in blocks_of(model):
        branch, s = block.branch(x), block.shortcut(x)
        y = block.relu(s + branch)
        cosine = F.cosine_similarity(branch.flatten(1), s.flatten(1))
        carried = s.abs().amax((0, 2, 3)) > 0  # not the zeros of a padding shortcut
        f, kept = branch[:, carried], s[:, carried]
        numbers = {
            "branch": (size(branch) / size(s)).mean().item(),
            "change": (size(y - s) / size(s)).mean().item(),
            "cosine": cosine.mean().item(),
            "high F": high_share(f),
            "high s": high_share(kept),
            "high sum": high_share(kept + f),
            "detail": correlation(f, detail(kept)),
            "input": correlation(f, kept),
        }
        for key, value in numbers.items():
            found.setdefault(key, []).append(round(value, 4))
        x = y
    return found
