"""Unpooling: bring pooled maps back to the size they were pooled from."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import Pair, as_floats, check_axes, check_shape, gradient, per_axis
from cnnbook.reference.pooling_average import average
from cnnbook.reference.pooling_windows import Windows, pool_windows, spread
from cnnbook.shapes import unpooled_size


class MaxUnpoolCache(NamedTuple):
    """What `max_unpool2d` keeps for `max_unpool2d_backward`."""

    indices: np.ndarray
    dtype: np.dtype
    y_shape: tuple[int, int, int, int]


class AvgUnpoolCache(NamedTuple):
    """What `avg_unpool2d` keeps for `avg_unpool2d_backward`."""

    windows: Windows
    dtype: np.dtype
    y_shape: tuple[int, int, int, int]


def max_unpool2d(
    x: np.ndarray,
    indices: np.ndarray,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair = 0,
    output_size: int | Pair | None = None,
) -> tuple[np.ndarray, MaxUnpoolCache]:
    """Put pooled numbers back where the maxima came from, and zeros everywhere else.

    An index that stands twice in a map, as overlapping windows make it, keeps the number that
    comes last in row order. Straight after max pooling the two numbers are one and the same.
    PyTorch leaves open which of them stays.

    Args:
        x: (N, C, h, w), pooled maps; N may be 0.
        indices: (N, C, h, w) of whole numbers, row · W_out + column, from `max_pool2d_indices`.
        kernel_size, stride, padding: those of the pooling.
        output_size: an int or (H_out, W_out), the size before pooling. Several sizes are pooled to
            the same; None is (size − 1) stride − 2 padding + kernel_size.

    Returns:
        y (N, C, H_out, W_out) and the cache that `max_unpool2d_backward` wants. It refers to
        indices.

    Raises:
        ValueError: if shapes disagree, an index is outside of y, or output_size is a whole stride
            or more away from the size for None.
    See: Zeiler & Fergus 2013, arXiv:1311.2901, whose switches the indices are; Badrinarayanan,
        Kendall & Cipolla 2015, arXiv:1511.00561.
    """
    (x,), indices = as_floats(x), np.asarray(indices)
    check_axes(x, "x", "N, C, H, W")
    check_shape(indices, "indices", x.shape)
    if indices.dtype.kind not in "iu":
        raise ValueError(f"indices wants whole numbers, got dtype {indices.dtype}")
    h, w = size_before_pooling(x.shape[2:], kernel_size, stride, padding, output_size)
    outside = indices[(indices < 0) | (indices >= h * w)]
    if outside.size:
        raise ValueError(f"index {outside[0]} is outside of the output, {h} x {w} cells")
    y = np.zeros((*x.shape[:2], h * w), x.dtype)  # each map as one row
    np.put_along_axis(y, as_rows(indices), as_rows(x), 2)
    y = y.reshape(*x.shape[:2], h, w)
    return y, MaxUnpoolCache(indices, x.dtype, y.shape)


def max_unpool2d_backward(dy: np.ndarray, cache: MaxUnpoolCache) -> np.ndarray:
    """Read the gradient where each number was put.

    Of numbers that were put to the same place each gets the whole gradient, as in PyTorch, although
    only the last of them is in y.

    Args:
        dy: (N, C, H_out, W_out), gradient of the loss for each output.
        cache: what `max_unpool2d` returned beside y.

    Returns:
        dx (N, C, h, w).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    indices, dtype, y_shape = cache
    dy = gradient(dy, y_shape, dtype)
    return np.take_along_axis(as_rows(dy), as_rows(indices), 2).reshape(indices.shape)


def as_rows(maps: np.ndarray) -> np.ndarray:
    """Write each map as one row: (N, C, H, W) becomes (N, C, H W)."""
    return maps.reshape(*maps.shape[:2], maps.shape[2] * maps.shape[3])


def avg_unpool2d(
    x: np.ndarray,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair = 0,
    output_size: int | Pair | None = None,
) -> tuple[np.ndarray, AvgUnpoolCache]:
    """Spread each pooled number evenly over its window; overlaps add up, padding is cut off.

    This is the transpose of `avg_pool2d` with its padding counted, as a matrix is transposed, and
    not its inverse.

    Args:
        x: (N, C, h, w), pooled maps; N may be 0.
        kernel_size, stride, padding: those of the pooling.
        output_size: an int or (H_out, W_out), as `max_unpool2d`.

    Returns:
        y (N, C, H_out, W_out) and the cache that `avg_unpool2d_backward` wants.

    Raises:
        ValueError: if pooling output_size would not give h x w windows.
    """
    (x,) = as_floats(x)
    check_axes(x, "x", "N, C, H, W")
    size = size_before_pooling(x.shape[2:], kernel_size, stride, padding, output_size)
    windows = pool_windows(size, kernel_size, stride, padding)
    if windows.output != x.shape[2:]:
        raise ValueError(f"output_size {size} has {windows.output} windows, x has {x.shape[2:]}")
    y_shape = (*x.shape[:2], *size)
    return spread(x / area(windows), windows, y_shape), AvgUnpoolCache(windows, x.dtype, y_shape)


def avg_unpool2d_backward(dy: np.ndarray, cache: AvgUnpoolCache) -> np.ndarray:
    """Average the gradient over each window: what the transpose of average pooling leads back to.

    Args:
        dy: (N, C, H_out, W_out), gradient of the loss for each output.
        cache: what `avg_unpool2d` returned beside y.

    Returns:
        dx (N, C, h, w).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    windows, dtype, y_shape = cache
    return average(gradient(dy, y_shape, dtype), windows, area(windows))


def area(windows: Windows) -> int:
    """Count the cells of the kernel."""
    k_h, k_w = windows.kernel_size
    return k_h * k_w


def size_before_pooling(
    sizes: Pair,
    kernel_size: int | Pair,
    stride: int | Pair | None,
    padding: int | Pair,
    output_size: int | Pair | None,
) -> Pair:
    """Find the size that was pooled to `sizes`, or check the given one.

    Raises:
        ValueError: if it is a stride or more away from (size − 1) stride − 2 padding + kernel_size.
    """
    kernel_size = per_axis(kernel_size, "kernel_size")
    stride = kernel_size if stride is None else per_axis(stride, "stride")
    padding = per_axis(padding, "padding", least=0)
    if output_size is None:
        return tuple(map(unpooled_size, sizes, kernel_size, stride, padding))
    output_size = per_axis(output_size, "output_size")
    for wanted, n, k, s, p in zip(output_size, sizes, kernel_size, stride, padding, strict=True):
        middle = (n - 1) * s - 2 * p + k  # 0 or less where padding fills a window
        if not middle - s < wanted < middle + s:
            raise ValueError(f"output_size {wanted} is not between {middle - s} and {middle + s}")
    return output_size
