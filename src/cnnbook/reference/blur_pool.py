"""Anti-aliased subsampling: blur, then keep every other cell."""

from math import comb

import numpy as np

from cnnbook.reference.arguments import as_floats, check_axes
from cnnbook.reference.resampling import SeparableCache, apply_matrices, apply_transposed
from cnnbook.shapes.checks import whole


def blur_pool2d(
    x: np.ndarray, filter_size: int = 4, stride: int = 2
) -> tuple[np.ndarray, SeparableCache]:
    r"""Blur each channel with a binomial filter and keep one cell in `stride` along each axis.

    y[i, j] = \sum_{a, b} f[a] f[b] x[i stride + a − before, j stride + b − before],
    f = `binomial_filter(filter_size)`, before = (filter_size − 1) // 2, borders mirrored

    The paper puts it behind what used to subsample: a max pooling becomes
    `max_pool2d(x, kernel_size, stride=1)` and then this, a strided convolution one of stride 1
    and then this. A filter of 1 is plain subsampling, one of 5 is `pyr_down`.

    Args:
        x: (N, C, H, W); N may be 0.
        filter_size: cells of the filter along one axis; the paper compares 2, 3 and 5.
        stride: cells from one output to the next.

    Returns:
        y (N, C, ceil(H / stride), ceil(W / stride)), and the cache for `blur_pool2d_backward`.

    Raises:
        ValueError: if x has not 4 axes, or filter_size or stride is below 1.
    See: Zhang 2019, arXiv:1904.11486; borders and default as in its code, antialiased-cnns.
    """
    (x,) = as_floats(x)
    check_axes(x, "x", "N, C, H, W")
    taps, stride = binomial_filter(filter_size), whole(stride, "stride", 1)
    rows, columns = (filter_matrix(size, taps, stride) for size in x.shape[2:])
    return apply_matrices(x, rows, columns)


def blur_pool2d_backward(dy: np.ndarray, cache: SeparableCache) -> np.ndarray:
    """Pass the gradient of `blur_pool2d` back to the cells that each output blurred.

    Args:
        dy: (N, C, h_out, w_out).
        cache: what `blur_pool2d` returned beside y.

    Returns:
        dx (N, C, H, W).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    return apply_transposed(dy, cache)


def binomial_filter(size: int) -> np.ndarray:
    """List the binomial coefficients of order size − 1, divided by their sum: (1, 2, 1) / 4.

    Raises:
        ValueError: if size is no whole number of at least 1.
    """
    order = whole(size, "filter_size", 1) - 1
    return np.array([comb(order, k) for k in range(size)]) / 2.0**order


def filter_matrix(size: int, taps: np.ndarray, stride: int) -> np.ndarray:
    """Write a filter with a stride and mirrored borders down as a matrix.

    The mirror stands on the outermost cell, which is not repeated: c b | a b c d | c b.

    Args:
        size: cells of the axis.
        taps: (k,), weights of the cells from (k − 1) // 2 before to k // 2 after.
        stride: cells from one output to the next.

    Returns:
        (ceil(size / stride), size), float64.
    """
    sides, size = ((len(taps) - 1) // 2, len(taps) // 2), whole(size, "size", 1)
    mirrored = np.pad(np.arange(size), sides, mode="reflect")  # the cell that stands at each place
    cells = np.eye(size)[mirrored]  # (size + k - 1, size)
    outputs = range(0, size, stride)
    return np.array([taps @ cells[start : start + len(taps)] for start in outputs])
