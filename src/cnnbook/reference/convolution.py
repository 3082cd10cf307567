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
    gradient,
    inside,
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
    y = filter_strips(strips, weight, setup)
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
    dy = gradient(dy, (len(strips), len(weight), *setup.output), weight.dtype)
    dx = input_gradient(dy, weight, x_shape, setup)
    dweight = weight_gradient(dy, strips, weight.shape, setup)
    return dx, dweight, dy.sum((0, 2, 3)) if has_bias else None


def filter_strips(strips: np.ndarray, weight: np.ndarray, setup: ConvSetup) -> np.ndarray:
    """Add up filter rows times image rows: y (N, C_out, h_out, w_out) without bias."""
    filter_rows = split_rows(weight, setup.groups)
    k_h, groups, filters, cells = filter_rows.shape
    pixels = prod(setup.output)
    y = np.zeros((len(strips), groups, filters, pixels), strips.dtype)
    for image, out in zip(strips, y, strict=True):
        image_rows = row_views(image, k_h, setup).reshape(k_h, groups, cells, pixels)
        for filter_row, image_row in zip(filter_rows, image_rows, strict=True):
            out += filter_row @ image_row
    return y.reshape(len(strips), len(weight), *setup.output)


def input_gradient(
    dy: np.ndarray, weight: np.ndarray, x_shape: tuple[int, ...], setup: ConvSetup
) -> np.ndarray:
    """Give each output's gradient, times the weights, to the pixels it was read from."""
    (n, c_in, h, w), ((top, bottom), (left, right)) = x_shape, setup.padding
    filter_rows, pixels = split_rows(weight, setup.groups), prod(setup.output)
    k_h, groups, filters, cells = filter_rows.shape
    # a group of one filter makes outer products, which a matrix product is slow at
    times = np.multiply if filters == 1 else np.matmul
    dpadded = np.zeros((n, c_in, top + h + bottom, left + w + right), dy.dtype)
    dstrip = np.empty((c_in, weight.shape[3], dpadded.shape[2], setup.output[1]), dy.dtype)
    dviews = row_views(dstrip, k_h, setup)
    drow = np.empty(dviews.shape[1:], dy.dtype)
    for dout, dimage in zip(dy.reshape(n, groups, filters, pixels), dpadded, strict=True):
        dstrip[:] = 0
        for row, dview in zip(filter_rows, dviews, strict=True):
            times(row.swapaxes(1, 2), dout, out=drow.reshape(groups, cells, pixels))
            dview += drow
        add_strips(dimage, dstrip, setup)
    return dpadded[inside(setup.padding, (h, w))]


def weight_gradient(
    dy: np.ndarray, strips: np.ndarray, shape: tuple[int, ...], setup: ConvSetup
) -> np.ndarray:
    """Add up, for each weight, the pixels it met times the gradients of what it made of them."""
    (c_out, c_group, k_h, k_w), groups, pixels = shape, setup.groups, prod(setup.output)
    dcolumns = np.zeros((k_h, groups, c_group * k_w, c_out // groups), dy.dtype)
    grouped = dy.reshape(len(dy), groups, c_out // groups, pixels)
    for image, dout in zip(strips, grouped, strict=True):
        image_rows = row_views(image, k_h, setup).reshape(k_h, groups, c_group * k_w, pixels)
        dcolumns += image_rows @ dout.swapaxes(1, 2)
    return join_rows(dcolumns.swapaxes(2, 3), shape)


# The fast form copies the image once for each kernel COLUMN, shifted; what the kernel ROWS read are
# then views of that copy, which at stride 1 a matrix product reads in place. It moves k_w times the
# image, where im2col (see convolution_forms) moves k_h k_w times.


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


def row_views(strip: np.ndarray, k_h: int, setup: ConvSetup) -> np.ndarray:
    """View in a strip, without copying, what each kernel row reads: (k_h, C, k_w, h_out, w_out)."""
    (c, k_w, _, w_out), (by_c, by_b, by_row, by_column) = strip.shape, strip.strides
    shape = k_h, c, k_w, setup.output[0], w_out
    # how many bytes further on the next entry of each axis lies
    strides = setup.dilation[0] * by_row, by_c, by_b, setup.stride[0] * by_row, by_column
    return np.ndarray(shape, strip.dtype, buffer=strip, strides=strides)


def split_rows(weight: np.ndarray, groups: int) -> np.ndarray:
    """Cut the filters into kernel rows: (k_h, groups, C_out / groups, C_in / groups k_w)."""
    c_out, _, k_h, _ = weight.shape
    return weight.transpose(2, 0, 1, 3).reshape(k_h, groups, c_out // groups, -1)


def join_rows(filter_rows: np.ndarray, shape: tuple[int, int, int, int]) -> np.ndarray:
    """Undo `split_rows`."""
    c_out, c_group, k_h, k_w = shape
    return filter_rows.reshape(k_h, c_out, c_group, k_w).transpose(1, 2, 0, 3)
