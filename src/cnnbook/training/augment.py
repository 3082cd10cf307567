"""Changes to a batch that leave its meaning: drawn anew for every image at every step.

Each function takes images (N, C, H, W), labels and a generator, and returns images and labels;
nothing that is passed in is written to. Labels are classes (N,) or masks (N, H, W), which move
with their images. Random numbers are drawn on the CPU, so that a GPU sees the same changes.
What comes in from outside the image repeats its border: 0 would be black in images as they are
loaded and grey in standardised ones.
"""

from collections.abc import Callable
from math import pi

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Generator, Tensor

Batch = tuple[Tensor, Tensor]
Augment = Callable[[Tensor, Tensor, Generator], Batch]


def mixed(*changes: Augment) -> Augment:
    """Return a function that makes several changes, one after the other."""

    def change_all(x: Tensor, y: Tensor, draw: Generator) -> Batch:
        for change in changes:
            x, y = change(x, y, draw)
        return x, y

    return change_all


def flip(x: Tensor, y: Tensor, draw: Generator, p: float = 0.5) -> Batch:
    """Exchange left and right in a share p of the images; not for digits, where it means much."""
    turned = (torch.rand(len(x), generator=draw) < p).to(x.device)
    x = torch.where(turned[:, None, None, None], x.flip(-1), x)
    if is_mask(y):
        y = torch.where(turned[:, None, None], y.flip(-1), y)
    return x, y


def crop(x: Tensor, y: Tensor, draw: Generator, padding: int = 2) -> Batch:
    """Shift each image by up to `padding` pixels each way: pad, then cut the old size out."""
    n, _, h, w = x.shape
    top, left = torch.randint(-padding, padding + 1, (2, n, 1), generator=draw)
    rows = (torch.arange(h) + top).clamp(0, h - 1).to(x.device)  # (N, H), border repeated
    columns = (torch.arange(w) + left).clamp(0, w - 1).to(x.device)  # (N, W)
    image = torch.arange(n, device=x.device)[:, None, None]
    rows, columns = rows[:, :, None], columns[:, None, :]
    x = x.movedim(1, -1)[image, rows, columns].movedim(-1, 1)
    return x.contiguous(), y[image, rows, columns] if is_mask(y) else y


def affine(x: Tensor, y: Tensor, draw: Generator, degrees: float = 10, scale: float = 0.1) -> Batch:
    """Turn each image by up to `degrees` either way, and scale it by 1 − scale to 1 + scale."""
    angle = (2 * torch.rand(len(x), generator=draw) - 1) * degrees * pi / 180
    size = 1 + (2 * torch.rand(len(x), generator=draw) - 1) * scale
    h, w = x.shape[-2:]
    # output to input, in units of half a side: an image that is not square stretches the axes
    cos, sin, zero = angle.cos() / size, angle.sin() / size, torch.zeros(len(x))
    rows = [torch.stack(row, 1) for row in ([cos, -sin * h / w, zero], [sin * w / h, cos, zero])]
    theta = torch.stack(rows, 1).to(x)  # (N, 2, 3)
    places = F.affine_grid(theta, list(x.shape), align_corners=False)
    moved = F.grid_sample(x, places, padding_mode="border", align_corners=False)
    if is_mask(y):  # a class between two classes means nothing, so no interpolation
        mask = y[:, None].to(x.dtype)
        mask = F.grid_sample(mask, places, "nearest", padding_mode="border", align_corners=False)
        y = mask[:, 0].to(y.dtype)
    return moved, y


def noise(x: Tensor, y: Tensor, draw: Generator, std: float = 0.1) -> Batch:
    """Add a normal number of standard deviation `std` to each value."""
    return x + std * torch.randn(x.shape, generator=draw, dtype=x.dtype).to(x.device), y


def cutout(x: Tensor, y: Tensor, draw: Generator, size: int = 8, fill: float = 0.0) -> Batch:
    """Blank a square around a place anywhere in the image, so that part of it may lie outside.

    See: DeVries and Taylor 2017, arXiv:1708.04552, who fill with 0, the mean of their images.
    """
    n, _, h, w = x.shape
    inside = []
    for length in (h, w):
        first = torch.randint(length, (n, 1), generator=draw) - size // 2
        place = torch.arange(length)
        inside.append(((first <= place) & (place < first + size)).to(x.device))
    rows, columns = inside
    hole = rows[:, None, :, None] & columns[:, None, None, :]  # (N, 1, H, W)
    return x.masked_fill(hole, fill), y


def mixup(x: Tensor, y: Tensor, draw: Generator, classes: int, alpha: float = 0.2) -> Batch:
    """Average each image with another of the batch, and their labels alike.

    x ← share x_i + (1 − share) x_j,  share ~ Beta(alpha, alpha), one for each image

    The authors draw one share for a whole batch. The labels become (N, classes), summing to 1:
    `functools.partial(mixup, classes=10)` is what `train` and `mixed` take.

    Raises:
        ValueError: if the labels are masks.
    See: Zhang et al. 2018, arXiv:1710.09412.
    """
    if is_mask(y):
        raise ValueError("mixup wants one label for each image, not masks")
    # torch draws no Beta from a generator; numpy does, from a seed drawn here
    seed = int(torch.randint(2**62, (), generator=draw))
    share = torch.from_numpy(np.random.default_rng(seed).beta(alpha, alpha, len(x))).to(x)
    other = torch.randperm(len(x), generator=draw).to(x.device)
    if not y.is_floating_point():
        y = F.one_hot(y, classes).to(x.dtype)
    wide, flat = share[:, None, None, None], share[:, None]
    return wide * x + (1 - wide) * x[other], flat * y + (1 - flat) * y[other]


def is_mask(y: Tensor) -> bool:
    """Tell whether there is a label for each pixel."""
    return y.ndim == 3
