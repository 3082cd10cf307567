"""Adaptive pooling: the number of windows is given, their size follows from the image."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import Pair, as_floats, check_axes, gradient, per_axis
from cnnbook.reference.pooling_max import scatter
from cnnbook.shapes import adaptive_windows
from cnnbook.shapes.checks import whole

Size = int | tuple[int | None, int | None] | None


class AdaptiveAvgCache(NamedTuple):
    """What `adaptive_avg_pool2d` keeps for `adaptive_avg_pool2d_backward`."""

    x_shape: tuple[int, int, int, int]
    dtype: np.dtype
    output: Pair


class AdaptiveMaxCache(NamedTuple):
    """What `adaptive_max_pool2d` keeps for `adaptive_max_pool2d_backward`."""

    x_shape: tuple[int, int, int, int]
    dtype: np.dtype
    places: np.ndarray  # (N, C, H_out, W_out), row · W + column of each maximum


def adaptive_setup(x: np.ndarray, output_size: Size) -> tuple[np.ndarray, Pair]:
    """Check the arguments of adaptive pooling, and fill in the axes that keep their size.

    Returns:
        x in floats and (h_out, w_out).

    Raises:
        ValueError: as `adaptive_avg_pool2d`.
    """
    (x,) = as_floats(x)
    check_axes(x, "x", "N, C, H, W")
    sizes = tuple(whole(size, "size", 1) for size in x.shape[2:])
    wanted = output_size if isinstance(output_size, tuple | list) else (output_size, output_size)
    if len(wanted) == 2:
        pairs = zip(wanted, sizes, strict=True)
        wanted = tuple(size if outputs is None else outputs for outputs, size in pairs)
    return x, per_axis(wanted, "output_size")


def adaptive_avg_pool2d(x: np.ndarray, output_size: Size) -> tuple[np.ndarray, AdaptiveAvgCache]:
    """Average h_out x w_out windows that cover the image, whatever its size.

    Args:
        x: (N, C, H, W); N may be 0.
        output_size: an int or (h_out, w_out); None keeps the size of the axis.

    Returns:
        y (N, C, h_out, w_out) and the cache that `adaptive_avg_pool2d_backward` wants.

    Raises:
        ValueError: if x has not four axes or no cell, or an output size is below 1.
    See: PyTorch's adaptive_avg_pool2d; `shapes.adaptive_windows` for where the windows lie.
    """
    x, output = adaptive_setup(x, output_size)
    rows, columns = map(adaptive_windows, x.shape[2:], output)
    strips = [x[:, :, top:bottom].mean(2) for top, bottom in rows]
    y = np.stack(strips, 2)  # (N, C, h_out, W)
    y = np.stack([y[..., left:right].mean(3) for left, right in columns], 3)
    return y, AdaptiveAvgCache(x.shape, x.dtype, output)


def adaptive_avg_pool2d_backward(dy: np.ndarray, cache: AdaptiveAvgCache) -> np.ndarray:
    """Share each output's gradient equally among the cells of its window; overlaps add up.

    Args:
        dy: (N, C, h_out, w_out), gradient of the loss for each output.
        cache: what `adaptive_avg_pool2d` returned beside y.

    Returns:
        dx (N, C, H, W).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    (n, c, h, w), dtype, output = cache
    dy = gradient(dy, (n, c, *output), dtype)
    rows, columns = map(adaptive_windows, (h, w), output)
    wide = np.zeros((n, c, len(rows), w), dtype)  # (N, C, h_out, W)
    for j, (left, right) in enumerate(columns):
        wide[..., left:right] += dy[..., j, None] / (right - left)
    dx = np.zeros((n, c, h, w), dtype)
    for i, (top, bottom) in enumerate(rows):
        dx[:, :, top:bottom] += wide[:, :, i, None] / (bottom - top)
    return dx


def adaptive_max_pool2d(x: np.ndarray, output_size: Size) -> tuple[np.ndarray, AdaptiveMaxCache]:
    """Take the maximum of h_out x w_out windows that cover the image, whatever its size.

    Arguments, result and errors as `adaptive_avg_pool2d`; the cache is that of
    `adaptive_max_pool2d_backward`.
    See: PyTorch's adaptive_max_pool2d.
    """
    x, output = adaptive_setup(x, output_size)
    rows, columns = map(adaptive_windows, x.shape[2:], output)
    best_columns = first_maxima(x, columns)  # (N, C, H, w_out)
    best = np.take_along_axis(x, best_columns, 3)  # (N, C, H, w_out)
    best_rows = first_maxima(best.swapaxes(2, 3), rows).swapaxes(2, 3)  # (N, C, h_out, w_out)
    y = np.take_along_axis(best, best_rows, 2)
    places = best_rows * x.shape[3] + np.take_along_axis(best_columns, best_rows, 2)
    return y, AdaptiveMaxCache(x.shape, x.dtype, places)


def adaptive_max_pool2d_backward(dy: np.ndarray, cache: AdaptiveMaxCache) -> np.ndarray:
    """Pass each output's gradient, whole, to the first maximum of its window in row order.

    Arguments, result and errors as `adaptive_avg_pool2d_backward`.
    """
    x_shape, dtype, places = cache
    return scatter(gradient(dy, places.shape, dtype), places, x_shape)


def first_maxima(x: np.ndarray, spans: list[Pair]) -> np.ndarray:
    """Find the first maximum in each span of the last axis; a NaN is one, and then the last wins.

    So it is in PyTorch.

    Returns:
        int64, one index along the last axis for each span.
    """
    found = []
    for start, stop in spans:
        window = x[..., start:stop]
        first, nan = start + window.argmax(-1), np.isnan(window)
        if nan.any():
            first = np.where(nan.any(-1), stop - 1 - nan[..., ::-1].argmax(-1), first)
        found.append(first)
    return np.stack(found, -1)


def global_max_pool2d(x: np.ndarray) -> tuple[np.ndarray, AdaptiveMaxCache]:
    """Take the maximum of each map as a whole.

    Args:
        x: (N, C, H, W); N may be 0.

    Returns:
        y (N, C) and the cache that `global_max_pool2d_backward` wants.

    Raises:
        ValueError: if x has not four axes, or a map has no cell.
    """
    y, cache = adaptive_max_pool2d(x, 1)
    return y[:, :, 0, 0], cache


def global_max_pool2d_backward(dy: np.ndarray, cache: AdaptiveMaxCache) -> np.ndarray:
    """Pass each map's gradient, whole, to its first maximum in row order.

    Args:
        dy: (N, C), gradient of the loss for each output.
        cache: what `global_max_pool2d` returned beside y.

    Returns:
        dx (N, C, H, W).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    dy = gradient(dy, cache.x_shape[:2], cache.dtype)
    return adaptive_max_pool2d_backward(dy[:, :, None, None], cache)
