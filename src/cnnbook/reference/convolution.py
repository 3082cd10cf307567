"""2D convolution, forward and backward: the plain definition, and a fast form equal to it.

"Convolution" is cross-correlation here, as everywhere in deep learning: the kernel is not flipped.
"""

from math import prod
from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import (
    ConvSetup,
    Padding,
    Pair,
    as_floats,
    conv_setup,
    pad,
    steps,
)


class ConvCache(NamedTuple):
    """What `conv2d` keeps for `conv2d_backward`."""

    strips: np.ndarray  # (N, C_in, k_w, H_padded, w_out), see `column_strips`
    weight: np.ndarray
    has_bias: bool
    x_shape: tuple[int, int, int, int]
    setup: ConvSetup


def conv2d_loops(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
) -> np.ndarray:
    r"""Convolve by the definition: each output is one window times one filter, summed.

    y[n, o, i, j] = bias[o] + \sum_{c, a, b}
        weight[o, c, a, b] x[n, c, i stride + a dilation − padding, j ...]

    Arguments, result and errors are those of `conv2d`, without the cache.
    """
    x, weight, bias = as_floats(x, weight, bias)
    setup = conv_setup(x, weight, bias, stride, padding, dilation, groups)
    padded = pad(x, setup.padding)
    (s_h, s_w), (d_h, d_w) = setup.stride, setup.dilation
    c_out, c_group, k_h, k_w = weight.shape
    y = np.zeros((len(x), c_out, *setup.output), x.dtype)
    for n, o, i, j in np.ndindex(y.shape):
        c = o // (c_out // groups) * c_group  # the first channel that filter o reads
        channels = padded[n, c : c + c_group]
        window = channels[:, i * s_h :: d_h, j * s_w :: d_w][:, :k_h, :k_w]
        y[n, o, i, j] = np.sum(window * weight[o])
        if bias is not None:
            y[n, o, i, j] += bias[o]
    return y


def conv2d(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
) -> tuple[np.ndarray, ConvCache]:
    """Convolve a batch of images with a bank of filters, as `conv2d_loops` defines it.

    Args:
        x: (N, C_in, H, W); N may be 0.
        weight: (C_out, C_in / groups, k_h, k_w).
        bias: (C_out,), one number for each filter.
        stride, dilation: step of the window and of the cells in it, an int or (rows, columns).
        padding: zeros around the image, an int or (rows, columns), each an int or (before, after);
            "valid" is none, "same" keeps the size, "full" takes each window touching the image.
        groups: parts that the channels are split into; C_in of them is depthwise.

    Returns:
        y (N, C_out, H_out, W_out), in the widest floating dtype among the arguments (integers
        follow it, or become float64), and the cache that `conv2d_backward` wants.

    Raises:
        ValueError: if shapes, groups or sizes disagree; the numbers are in the message.
    """
    x, weight, bias = as_floats(x, weight, bias)
    setup = conv_setup(x, weight, bias, stride, padding, dilation, groups)
    strips = column_strips(pad(x, setup.padding), weight.shape[3], setup)
    filter_rows = split_rows(weight, groups)
    y = np.zeros((len(x), groups, len(weight) // groups, prod(setup.output)), x.dtype)
    for image, out in zip(strips, y, strict=True):
        for a, row in enumerate(filter_rows):
            out += row @ read_rows(image, a, setup)
    y = y.reshape(len(x), len(weight), *setup.output)
    if bias is not None:
        y += bias[:, None, None]
    return y, ConvCache(strips, weight, bias is not None, x.shape, setup)


def conv2d_backward(
    dy: np.ndarray, cache: ConvCache
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Pass the gradient of a convolution back to what went into it.

    Args:
        dy: (N, C_out, H_out, W_out), gradient of the loss for each output.
        cache: what `conv2d` returned beside y.

    Returns:
        dx, dweight and dbias, shaped as x, weight and bias; dbias is None where there was no bias.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    strips, weight, has_bias, x_shape, setup = cache
    dy = np.asarray(dy, weight.dtype)
    y_shape = (len(strips), len(weight), *setup.output)
    if dy.shape != y_shape:
        raise ValueError(f"dy has shape {dy.shape}, y has {y_shape}")
    filter_rows = split_rows(weight, setup.groups)
    dfilter_rows = np.zeros_like(filter_rows)
    (n, c_in, h, w), ((top, bottom), (left, right)) = x_shape, setup.padding
    dpadded = np.zeros((n, c_in, top + h + bottom, left + w + right), dy.dtype)
    dstrip = np.empty(strips.shape[1:], dy.dtype)
    grouped = dy.reshape(len(dy), setup.groups, len(weight) // setup.groups, prod(setup.output))
    for image, dout, dimage in zip(strips, grouped, dpadded, strict=True):
        dstrip[:] = 0
        for a, row in enumerate(filter_rows):
            dfilter_rows[a] += dout @ read_rows(image, a, setup).swapaxes(1, 2)
            add_rows(dstrip, row.swapaxes(1, 2) @ dout, a, setup)
        add_strips(dimage, dstrip, setup)
    dx = dpadded[:, :, top : top + h, left : left + w]
    return dx, join_rows(dfilter_rows, weight.shape), dy.sum((0, 2, 3)) if has_bias else None


# The fast form copies the image once for each kernel COLUMN, shifted; the kernel ROWS are then
# plain slices of that copy, which a matrix product reads in place. It moves k_w times the image,
# where im2col (see convolution_forms) moves k_h k_w times.


def column_strips(padded: np.ndarray, k_w: int, setup: ConvSetup) -> np.ndarray:
    """Copy the padded images (N, C, H, W) to (N, C, k_w, H, w_out), one shift per kernel column."""
    w_out = setup.output[1]
    strips = np.empty((*padded.shape[:2], k_w, padded.shape[2], w_out), padded.dtype)
    for b in range(k_w):
        strips[:, :, b] = padded[..., steps(b, w_out, setup.stride[1], setup.dilation[1])]
    return strips


def add_strips(dpadded: np.ndarray, dstrip: np.ndarray, setup: ConvSetup) -> None:
    """Add each shifted copy back to the one image (C, H, W) that it was read from."""
    for b in range(dstrip.shape[1]):
        columns = steps(b, setup.output[1], setup.stride[1], setup.dilation[1])
        dpadded[..., columns] += dstrip[:, b]


def read_rows(strip: np.ndarray, a: int, setup: ConvSetup) -> np.ndarray:
    """Select what kernel row `a` reads: (groups, C / groups k_w, h_out w_out)."""
    rows = steps(a, setup.output[0], setup.stride[0], setup.dilation[0])
    # at stride 1 the rows are neighbours and nothing is copied
    return strip[:, :, rows].reshape(setup.groups, -1, prod(setup.output))


def add_rows(dstrip: np.ndarray, drows: np.ndarray, a: int, setup: ConvSetup) -> None:
    """Add the gradient for what kernel row `a` read to where it was read."""
    rows = steps(a, setup.output[0], setup.stride[0], setup.dilation[0])
    dstrip[:, :, rows] += drows.reshape(*dstrip.shape[:2], *setup.output)


def split_rows(weight: np.ndarray, groups: int) -> np.ndarray:
    """Cut the filters into kernel rows: (k_h, groups, C_out / groups, C_in / groups k_w)."""
    c_out, _, k_h, _ = weight.shape
    return weight.transpose(2, 0, 1, 3).reshape(k_h, groups, c_out // groups, -1)


def join_rows(filter_rows: np.ndarray, shape: tuple[int, int, int, int]) -> np.ndarray:
    """Undo `split_rows`."""
    c_out, c_group, k_h, k_w = shape
    return filter_rows.reshape(k_h, c_out, c_group, k_w).transpose(1, 2, 0, 3)
