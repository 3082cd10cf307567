"""Average pooling and global average pooling, forward and backward."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import Pair, as_floats, check_axes, gradient, pad
from cnnbook.reference.pooling_windows import Windows, fold, pool_windows, spread
from cnnbook.shapes.checks import whole


class AvgPoolCache(NamedTuple):
    """What `avg_pool2d` keeps for `avg_pool2d_backward`."""

    x_shape: tuple[int, int, int, int]
    windows: Windows
    divisor: np.ndarray  # (h_out, w_out)


def avg_pool2d_loops(
    x: np.ndarray,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> np.ndarray:
    """Average each window by the definition, one window at a time.

    The sum over the cells inside the image is divided by their number; with count_include_pad, by
    the number of cells inside the image and its padding. Cells where ceil_mode runs over the
    padded end never count.

    Arguments, result and errors are those of `avg_pool2d`, without the cache.
    """
    (x,) = as_floats(x)
    check_axes(x, "x", "N, C, H, W")
    windows = pool_windows(x.shape[2:], kernel_size, stride, padding, 1, ceil_mode)
    (k_h, k_w), (s_h, s_w) = windows.kernel_size, windows.stride
    ((p_h, _), (p_w, _)), (h, w) = windows.padding, x.shape[2:]
    y = np.empty((*x.shape[:2], *windows.output), x.dtype)
    for n, c, i, j in np.ndindex(y.shape):
        top, left = i * s_h - p_h, j * s_w - p_w
        bottom, right = min(top + k_h, h + p_h), min(left + k_w, w + p_w)
        window = x[n, c, max(top, 0) : bottom, max(left, 0) : right]
        cells = (bottom - top) * (right - left) if count_include_pad else window.size
        y[n, c, i, j] = window.sum() / cells
    return y


def avg_pool2d(
    x: np.ndarray,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> tuple[np.ndarray, AvgPoolCache]:
    """Average each window, as `avg_pool2d_loops` defines it.

    Args:
        x: (N, C, H, W); N may be 0.
        kernel_size: cells of a window, an int or (rows, columns).
        stride: step of the window, an int or (rows, columns); None is kernel_size, so that windows
            touch and do not overlap.
        padding: zeros around the image, an int or (rows, columns); at most half a kernel.
        ceil_mode: round the number of windows up, so that the last may run over the end.
        count_include_pad: divide by the cells in the padding too. Their zeros then pull the
            average at the border towards zero.

    Returns:
        y (N, C, H_out, W_out) and the cache that `avg_pool2d_backward` wants.

    Raises:
        ValueError: if the windows do not fit the image, or padding the kernel; the numbers are in
            the message.
    See: PyTorch's avg_pool2d.
    """
    (x,) = as_floats(x)
    check_axes(x, "x", "N, C, H, W")
    windows = pool_windows(x.shape[2:], kernel_size, stride, padding, 1, ceil_mode)
    divisor = window_areas(windows, x.shape[2:], count_include_pad).astype(x.dtype)
    return average(x, windows, divisor), AvgPoolCache(x.shape, windows, divisor)


def avg_pool2d_backward(dy: np.ndarray, cache: AvgPoolCache) -> np.ndarray:
    """Share each output's gradient equally among the cells of its window.

    The share that falls on padding is lost; where windows overlap shares add up.

    Args:
        dy: (N, C, H_out, W_out), gradient of the loss for each output.
        cache: what `avg_pool2d` returned beside y.

    Returns:
        dx (N, C, H, W).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    x_shape, windows, divisor = cache
    dy = gradient(dy, (*x_shape[:2], *windows.output), divisor.dtype)
    return spread(dy / divisor, windows, x_shape)


def average(x: np.ndarray, windows: Windows, divisor: np.ndarray) -> np.ndarray:
    """Divide the sum of each window by its divisor; float16 is summed in float32."""
    wide = x.astype(np.result_type(x.dtype, np.float32), copy=False)
    total = fold(pad(wide, windows.padding), np.add, windows)
    return (total / divisor).astype(x.dtype, copy=False)


def window_areas(windows: Windows, sizes: Pair, count_include_pad: bool) -> np.ndarray:
    """Count the cells of each window: (h_out, w_out)."""
    lengths = []
    for size, k, s, (p, _), outputs in zip(
        sizes, windows.kernel_size, windows.stride, windows.padding, windows.output, strict=True
    ):
        first, end = (-p, size + p) if count_include_pad else (0, size)
        start = np.arange(outputs) * s - p
        lengths.append(np.minimum(start + k, end) - np.maximum(start, first))
    return np.multiply.outer(*lengths)


def global_avg_pool2d(x: np.ndarray) -> tuple[np.ndarray, tuple]:
    r"""Average each map as a whole.

    y[n, c] = 1 / (H W) \sum_{i, j} x[n, c, i, j]

    Args:
        x: (N, C, H, W); N may be 0.

    Returns:
        y (N, C) and the cache that `global_avg_pool2d_backward` wants.

    Raises:
        ValueError: if x has not four axes, or a map has no cell.
    See: Lin, Chen & Yan 2014, arXiv:1312.4400.
    """
    (x,) = as_floats(x)
    check_axes(x, "x", "N, C, H, W")
    for size in x.shape[2:]:
        whole(size, "size", 1)
    return x.mean((2, 3)), (x.shape, x.dtype)


def global_avg_pool2d_backward(dy: np.ndarray, cache: tuple) -> np.ndarray:
    """Share each map's gradient equally among its H W cells.

    Args:
        dy: (N, C), gradient of the loss for each output.
        cache: what `global_avg_pool2d` returned beside y.

    Returns:
        dx (N, C, H, W).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    (n, c, h, w), dtype = cache
    dy = gradient(dy, (n, c), dtype)
    return np.tile((dy / (h * w))[:, :, None, None], (h, w))
