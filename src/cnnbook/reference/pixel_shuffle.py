"""Sub-pixel upsampling: r^2 channels become one channel that is r times as high and wide."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import as_floats, check_axes, gradient
from cnnbook.shapes.checks import whole


class ShuffleCache(NamedTuple):
    """What a shuffle keeps for its backward pass: only where y's numbers came from."""

    y_shape: tuple[int, int, int, int]
    dtype: np.dtype
    factor: int


def pixel_shuffle(x: np.ndarray, upscale_factor: int) -> tuple[np.ndarray, ShuffleCache]:
    """Lay groups of r^2 channels out as blocks of r x r pixels, with r = upscale_factor.

    y[n, c, h r + i, w r + j] = x[n, c r^2 + i r + j, h, w]    for i, j below r

    Args:
        x: (N, C r^2, H, W); N may be 0.
        upscale_factor: r.

    Returns:
        y (N, C, H r, W r), and the cache that `pixel_shuffle_backward` wants.

    Raises:
        ValueError: if r^2 does not divide the channels, or r is below 1.
    See: Shi et al. 2016, arXiv:1609.05158; the order of the channels is PyTorch's.
    """
    (x,) = as_floats(x)
    check_axes(x, "x", "N, C, H, W")
    factor = whole(upscale_factor, "upscale_factor", 1)
    if x.shape[1] % factor**2:
        raise ValueError(
            f"upscale_factor {factor} wants groups of {factor**2} channels, x has {x.shape[1]}"
        )
    y = to_pixels(x, factor)
    return y, ShuffleCache(y.shape, y.dtype, factor)


def pixel_shuffle_backward(dy: np.ndarray, cache: ShuffleCache) -> np.ndarray:
    """Return the gradient for the input of `pixel_shuffle`: dy, unshuffled.

    Args:
        dy: (N, C, H r, W r).
        cache: what `pixel_shuffle` returned beside y.

    Returns:
        dx (N, C r^2, H, W).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    return to_channels(gradient(dy, cache.y_shape, cache.dtype), cache.factor)


def pixel_unshuffle(x: np.ndarray, downscale_factor: int) -> tuple[np.ndarray, ShuffleCache]:
    """Undo `pixel_shuffle`: every r-th pixel of every r-th row becomes a channel of its own.

    y[n, c r^2 + i r + j, h, w] = x[n, c, h r + i, w r + j]    for i, j below r

    Args:
        x: (N, C, H r, W r); N may be 0.
        downscale_factor: r.

    Returns:
        y (N, C r^2, H, W), and the cache that `pixel_unshuffle_backward` wants.

    Raises:
        ValueError: if r does not divide height and width, or is below 1.
    See: PyTorch, torch.nn.PixelUnshuffle.
    """
    (x,) = as_floats(x)
    check_axes(x, "x", "N, C, H, W")
    factor = whole(downscale_factor, "downscale_factor", 1)
    if x.shape[2] % factor or x.shape[3] % factor:
        raise ValueError(f"downscale_factor {factor} does not divide {x.shape[2]} x {x.shape[3]}")
    y = to_channels(x, factor)
    return y, ShuffleCache(y.shape, y.dtype, factor)


def pixel_unshuffle_backward(dy: np.ndarray, cache: ShuffleCache) -> np.ndarray:
    """Return the gradient for the input of `pixel_unshuffle`: dy, shuffled.

    Args:
        dy: (N, C r^2, H, W).
        cache: what `pixel_unshuffle` returned beside y.

    Returns:
        dx (N, C, H r, W r).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    return to_pixels(gradient(dy, cache.y_shape, cache.dtype), cache.factor)


def to_pixels(channels: np.ndarray, r: int) -> np.ndarray:
    """Copy (N, C r^2, H, W) to (N, C, H r, W r)."""
    n, c, h, w = channels.shape
    blocks = channels.reshape(n, c // r**2, r, r, h, w)
    return blocks.transpose(0, 1, 4, 2, 5, 3).reshape(n, c // r**2, h * r, w * r).copy()


def to_channels(pixels: np.ndarray, r: int) -> np.ndarray:
    """Copy (N, C, H r, W r) to (N, C r^2, H, W)."""
    n, c, h, w = pixels.shape
    blocks = pixels.reshape(n, c, h // r, r, w // r, r)
    return blocks.transpose(0, 1, 3, 5, 2, 4).reshape(n, c * r**2, h // r, w // r).copy()
