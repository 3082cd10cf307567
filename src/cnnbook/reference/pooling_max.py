"""Max pooling and min pooling, forward and backward."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import Pair, as_floats, check_axes, gradient, pad
from cnnbook.reference.pooling_windows import Windows, cells, fold, pool_windows


class MaxPoolCache(NamedTuple):
    """What `max_pool2d` keeps for `max_pool2d_backward` and `max_pool2d_indices`."""

    x: np.ndarray
    y: np.ndarray
    windows: Windows


def max_pool2d_loops(
    x: np.ndarray,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair = 0,
    dilation: int | Pair = 1,
    ceil_mode: bool = False,
) -> np.ndarray:
    r"""Take the maximum of each window by the definition, one window at a time.

    y[n, c, i, j] = \max_{a, b}
        x[n, c, i stride + a dilation − padding, j ...], over the cells inside the image

    Arguments, result and errors are those of `max_pool2d`, without the cache.
    """
    (x,) = as_floats(x)
    check_axes(x, "x", "N, C, H, W")
    windows = pool_windows(x.shape[2:], kernel_size, stride, padding, dilation, ceil_mode)
    padded = pad(x, windows.padding, -np.inf)
    (k_h, k_w), (s_h, s_w), (d_h, d_w) = windows.kernel_size, windows.stride, windows.dilation
    y = np.empty((*x.shape[:2], *windows.output), x.dtype)
    for n, c, i, j in np.ndindex(y.shape):
        window = padded[n, c, i * s_h :: d_h, j * s_w :: d_w][:k_h, :k_w]
        y[n, c, i, j] = window.max()
    return y


def max_pool2d(
    x: np.ndarray,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair = 0,
    dilation: int | Pair = 1,
    ceil_mode: bool = False,
) -> tuple[np.ndarray, MaxPoolCache]:
    """Take the maximum of each window, as `max_pool2d_loops` defines it.

    Args:
        x: (N, C, H, W); N may be 0.
        kernel_size: cells of a window, an int or (rows, columns).
        stride: step of the window, an int or (rows, columns); None is kernel_size, so that windows
            touch and do not overlap.
        padding: cells of −inf around the image, an int or (rows, columns); at most half a kernel.
        dilation: step of the cells in a window, an int or (rows, columns).
        ceil_mode: round the number of windows up, so that the last may run over the end.

    Returns:
        y (N, C, H_out, W_out), NaN where a window holds one, and the cache that
        `max_pool2d_backward` and `max_pool2d_indices` want. The cache refers to x.

    Raises:
        ValueError: if the windows do not fit the image, or padding the kernel; the numbers are in
            the message.
    See: PyTorch's max_pool2d.
    """
    (x,) = as_floats(x)
    check_axes(x, "x", "N, C, H, W")
    windows = pool_windows(x.shape[2:], kernel_size, stride, padding, dilation, ceil_mode)
    y = fold(pad(x, windows.padding, -np.inf), np.maximum, windows)
    return y.copy(), MaxPoolCache(x, y, windows)


def max_pool2d_backward(dy: np.ndarray, cache: MaxPoolCache) -> np.ndarray:
    """Pass each output's gradient, whole, to the one input that was its maximum.

    Of equal maxima the first in row order gets it, as in PyTorch. An input that won several
    overlapping windows gets their sum.

    Args:
        dy: (N, C, H_out, W_out), gradient of the loss for each output.
        cache: what `max_pool2d` returned beside y.

    Returns:
        dx (N, C, H, W).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    x, y, _ = cache
    return scatter(gradient(dy, y.shape, x.dtype), max_pool2d_indices(cache), x.shape)


def scatter(dy: np.ndarray, places: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Add each number of dy (N, C, h_out, w_out) to zeros (N, C, H, W), at its place in its map."""
    n, c, h, w = shape
    maps = np.arange(n * c).reshape(n, c, 1, 1) * (h * w)  # where each map begins in memory
    dx = np.zeros(n * c * h * w, dy.dtype)
    np.add.at(dx, (maps + places).ravel(), dy.ravel())  # dx[places] += dy would drop repeated ones
    return dx.reshape(shape)


def max_pool2d_indices(cache: MaxPoolCache) -> np.ndarray:
    """Tell where each maximum was found, as PyTorch's return_indices does.

    Args:
        cache: what `max_pool2d` or `min_pool2d` returned beside y.

    Returns:
        (N, C, H_out, W_out) of int64: row · W + column, counted in the image without padding.
        `max_unpool2d` takes them.
    """
    w, windows = cache.x.shape[3], cache.windows
    (k_h, k_w), (d_h, d_w) = windows.kernel_size, windows.dilation
    ((top, _), (left, _)), (s_h, s_w) = windows.padding, windows.stride
    rows, columns = (np.arange(outputs) for outputs in windows.output)
    corners = (rows * s_h - top)[:, None] * w + columns * s_w - left  # (h_out, w_out)
    offsets = np.arange(k_h)[:, None] * d_h * w + np.arange(k_w) * d_w  # (k_h, k_w), from a corner
    places = offsets.take(winning_cells(cache))  # (N, C, H_out, W_out)
    places += corners
    return places


def winning_cells(cache: MaxPoolCache) -> np.ndarray:
    """Number the kernel cell, in row order, that holds the maximum of each window.

    It is the first that does; where a window holds NaN it is the last NaN, as in PyTorch.
    """
    x, y, windows = cache
    kernel_cells = cells(windows)
    padded = pad(x, windows.padding, np.nan)  # NaN equals nothing, so that padding never wins
    winner = np.zeros(y.shape, np.min_scalar_type(len(kernel_cells) - 1))
    searching = np.ones(y.shape, bool)
    for cell in kernel_cells[:-1]:
        searching &= padded[cell] != y
        winner += searching  # counts the cells before the first hit
    lost = np.isnan(y)
    if lost.any():  # no hit: these stand at the last cell, and go back to the last NaN
        is_nan = pad(np.isnan(x), windows.padding)
        for cell in reversed(kernel_cells[1:]):
            lost &= ~is_nan[cell]
            winner -= lost
    return winner


def min_pool2d(
    x: np.ndarray,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair = 0,
    dilation: int | Pair = 1,
    ceil_mode: bool = False,
) -> tuple[np.ndarray, MaxPoolCache]:
    """Take the minimum of each window: the maximum of −x, negated.

    Arguments, result and errors as `max_pool2d`; padding counts as +inf.
    """
    (x,) = as_floats(x)
    y, cache = max_pool2d(-x, kernel_size, stride, padding, dilation, ceil_mode)
    return -y, cache


def min_pool2d_backward(dy: np.ndarray, cache: MaxPoolCache) -> np.ndarray:
    """Pass each output's gradient, whole, to the input that was its minimum.

    Arguments, result and errors as `max_pool2d_backward`: the two signs cancel.
    """
    return max_pool2d_backward(dy, cache)
