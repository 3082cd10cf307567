"""Rows and columns taken apart: spatially separable convolution, and which kernels allow it."""

import numpy as np

from cnnbook.reference.arguments import (
    Padding,
    Pair,
    as_floats,
    check_axes,
    check_shape,
    conv_setup,
)
from cnnbook.reference.convolution import ConvCache
from cnnbook.reference.convolution_separable import depthwise_conv2d, depthwise_conv2d_backward


def spatial_separable_conv2d(
    x: np.ndarray,
    column: np.ndarray,
    row: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
) -> tuple[np.ndarray, tuple[ConvCache, ConvCache]]:
    """Convolve each channel with a column, then with a row: k_h + k_w products, not k_h k_w.

    This is `depthwise_conv2d` with the kernels column[c, a] row[c, b], which have rank 1.

    Args:
        x: (N, C, H, W); N may be 0.
        column: (C, k_h).
        row: (C, k_w).
        bias: (C,).
        stride, padding, dilation: as `conv2d`.

    Returns:
        y (N, C, H_out, W_out), and the cache that `spatial_separable_conv2d_backward` wants.

    Raises:
        ValueError: if shapes or sizes disagree; the numbers are in the message.
    """
    x, column, row, bias = as_floats(x, column, row, bias)
    check_axes(x, "x", "N, C, H, W")
    check_axes(column, "column", "C, k_h")
    check_axes(row, "row", "C, k_w")
    c, k_h, k_w = x.shape[1], column.shape[1], row.shape[1]
    check_shape(column, "column", (c, k_h))
    check_shape(row, "row", (c, k_w))
    setup = conv_setup(x, np.empty((c, 1, k_h, k_w)), bias, stride, padding, dilation, c)
    (s_h, s_w), (p_h, p_w), (d_h, d_w) = setup.stride, setup.padding, setup.dilation
    columns, rows = column[:, None, :, None], row[:, None, None, :]
    tall, first = depthwise_conv2d(x, columns, None, (s_h, 1), (p_h, 0), (d_h, 1))
    y, second = depthwise_conv2d(tall, rows, bias, (1, s_w), (0, p_w), (1, d_w))
    return y, (first, second)


def spatial_separable_conv2d_backward(
    dy: np.ndarray, cache: tuple[ConvCache, ConvCache]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Pass the gradient of a spatially separable convolution back to what went into it.

    Args:
        dy: (N, C, H_out, W_out), gradient of the loss for each output.
        cache: what `spatial_separable_conv2d` returned beside y.

    Returns:
        dx, dcolumn, drow and dbias, shaped as the arguments; dbias is None where there was none.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    first, second = cache
    dtall, drows, dbias = depthwise_conv2d_backward(dy, second)
    dx, dcolumns, _ = depthwise_conv2d_backward(dtall, first)
    return dx, dcolumns[:, 0, :, 0], drows[:, 0, 0, :], dbias


def separate_kernel(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Split kernels into the column and the row whose product comes nearest.

    residual = sqrt(\sum (kernel − column row)^2 / \sum kernel^2)

    Args:
        kernel: (..., k_h, k_w).

    Returns:
        column (..., k_h) and row (..., k_w), equally long vectors, the largest entry of the column
        above 0; residual (...), from 0 (the kernel has rank 1 and is separable) to below 1.

    Raises:
        ValueError: if there is no kernel axis, no cell, or a cell is NaN or infinite.
    See: Eckart & Young 1936, doi:10.1007/BF02288367 (no other matrix of rank 1 is nearer).
    """
    (kernel,) = as_floats(kernel)
    if kernel.ndim < 2 or 0 in kernel.shape[-2:]:
        raise ValueError(f"kernel wants axes (..., k_h, k_w), none empty, got {kernel.shape}")
    if not np.isfinite(kernel).all():
        raise ValueError("kernel wants finite numbers, it has a NaN or an infinity")
    left, sizes, right = np.linalg.svd(kernel.astype(np.float64))
    column, row = left[..., :, 0], right[..., 0, :]
    largest = np.take_along_axis(column, np.abs(column).argmax(-1, keepdims=True), -1)
    scale = np.sign(largest) * np.sqrt(sizes[..., :1])
    length = np.sqrt(np.sum(sizes**2, -1))
    residual = np.sqrt(np.sum(sizes[..., 1:] ** 2, -1)) / np.where(length, length, 1)
    return tuple(part.astype(kernel.dtype) for part in (column * scale, row * scale, residual))
