"""Transposed convolution: the backward pass of a convolution, used as a forward pass.

A convolution reads a window for each output; its transpose writes one for each input. The sizes
grow where those of the convolution shrink; the values are not those that the convolution read.
"""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import (
    KERNEL,
    SPACE,
    ConvSetup,
    Padding,
    Pair,
    as_floats,
    check_axes,
    check_shape,
    gradient,
    pad,
    per_axis,
    sides,
    steps,
)
from cnnbook.reference.convolution import (
    column_strips,
    filter_strips,
    input_gradient,
    weight_gradient,
)
from cnnbook.reference.convolution_3d import Triple, fold, unfold
from cnnbook.shapes import transposed_size
from cnnbook.shapes.checks import whole


class TransposedCache(NamedTuple):
    """What `conv_transpose2d` keeps for `conv_transpose2d_backward`."""

    x: np.ndarray
    weight: np.ndarray
    has_bias: bool
    y_shape: tuple[int, ...]
    setup: ConvSetup  # of the convolution from y to x


def conv_transpose2d(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | Pair = 1,
    padding: Padding = 0,
    output_padding: int | Pair = 0,
    groups: int = 1,
    dilation: int | Pair = 1,
) -> tuple[np.ndarray, TransposedCache]:
    """Run a convolution backwards: spread each input, times the weights, over its window.

    y[n, o, i stride + a dilation − padding, j ...] = bias[o] + the sum of
        weight[c, o, a, b] x[n, c, i, j] over all c, i, j, a, b that meet there

    Args:
        x: (N, C_in, H, W); N may be 0.
        weight: (C_in, C_out / groups, k_h, k_w), that of the convolution from C_out to C_in.
        bias: (C_out,), one number for each channel of y.
        stride, padding, groups, dilation: those of the convolution, as `conv2d` has them; here
            stride makes y larger, and padding cuts off its border.
        output_padding: rows and columns more at the end of y, below stride or dilation; it says
            which of the several sizes is meant that the convolution maps to H and W.

    Returns:
        y (N, C_out, H_out, W_out), sizes as `transposed_size`, and the cache that
        `conv_transpose2d_backward` wants.

    Raises:
        ValueError: if shapes, groups or sizes disagree; the numbers are in the message.
    See: Dumoulin & Visin 2016, arXiv:1603.07285, section 4.2.
    """
    x, weight, bias = as_floats(x, weight, bias)
    setup, y_shape = transposed_setup(
        x, weight, bias, stride, padding, output_padding, groups, dilation
    )
    y = input_gradient(x, weight, y_shape, setup)
    if bias is not None:
        y += bias[:, None, None]
    return y, TransposedCache(x, weight, bias is not None, y_shape, setup)


def conv_transpose2d_backward(
    dy: np.ndarray, cache: TransposedCache
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Pass the gradient of a transposed convolution back; for x it is the convolution itself.

    Args:
        dy: (N, C_out, H_out, W_out), gradient of the loss for each output.
        cache: what `conv_transpose2d` returned beside y.

    Returns:
        dx, dweight and dbias, shaped as x, weight and bias; dbias is None where there was no bias.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    x, weight, has_bias, y_shape, setup = cache
    dy = gradient(dy, y_shape, weight.dtype)
    dx, dweight = read_back(dy, x, weight, setup)
    return dx, dweight, dy.sum((0, 2, 3)) if has_bias else None


def read_back(
    dy: np.ndarray, x: np.ndarray, weight: np.ndarray, setup: ConvSetup
) -> tuple[np.ndarray, np.ndarray]:
    """Convolve dy, which gives dx, and hold its windows against x, which gives dweight."""
    strips = column_strips(pad(dy, setup.padding), weight.shape[3], setup)
    return filter_strips(strips, weight, setup), weight_gradient(x, strips, weight.shape, setup)


def transposed_setup(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None,
    stride: int | tuple[int, ...],
    padding: Padding,
    output_padding: int | tuple[int, ...],
    groups: int,
    dilation: int | tuple[int, ...],
    axes: int = 2,
) -> tuple[ConvSetup, tuple[int, ...]]:
    """Check the arguments; describe the convolution that is transposed, and find the shape of y."""
    check_axes(x, "x", f"N, C_in, {SPACE[axes]}")
    check_axes(weight, "weight", f"C_in, C_out, {KERNEL[axes]}")
    (n, c_in, *sizes), (c_weight, c_group, *kernel) = x.shape, weight.shape
    if whole(c_in, "input channels", 1) % whole(groups, "groups", 1):
        raise ValueError(f"groups {groups} does not divide {c_in} input channels")
    if c_weight != c_in:
        raise ValueError(f"weight wants {c_weight} input channels, x has {c_in}")
    c_out = whole(c_group, "output channels", 1) * groups
    if bias is not None:
        check_shape(bias, "bias", (c_out,))
    stride, dilation = per_axis(stride, "stride", axes), per_axis(dilation, "dilation", axes)
    padding = sides(padding, kernel, stride, dilation)
    more = per_axis(output_padding, "output_padding", axes, least=0)
    grown = map(transposed_size, sizes, kernel, stride, padding, dilation, more)
    setup = ConvSetup(stride, padding, dilation, groups, tuple(sizes))
    return setup, (n, c_out, *grown)


# In one and three dimensions all arguments mean the same, for another number of axes.


def conv_transpose1d(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int = 1,
    padding: Padding = 0,
    output_padding: int = 0,
    groups: int = 1,
    dilation: int = 1,
) -> tuple[np.ndarray, TransposedCache]:
    """Transpose a 1D convolution: `conv_transpose2d` of images one row high.

    Args as `conv_transpose2d`, with x (N, C_in, W) and weight (C_in, C_out / groups, k_w).

    Returns:
        y (N, C_out, W_out), and the cache that `conv_transpose1d_backward` wants.

    Raises:
        ValueError: as `conv_transpose2d`.
    """
    x, weight, bias = as_floats(x, weight, bias)
    setup, (n, c_out, w_out) = transposed_setup(
        x, weight, bias, stride, padding, output_padding, groups, dilation, axes=1
    )
    y = input_gradient(x[:, :, None], weight[:, :, None], (n, c_out, 1, w_out), one_row(setup))
    y = y[:, :, 0]  # (N, C_out, W_out)
    if bias is not None:
        y += bias[:, None]
    return y, TransposedCache(x, weight, bias is not None, y.shape, setup)


def conv_transpose1d_backward(
    dy: np.ndarray, cache: TransposedCache
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Pass the gradient back, as `conv_transpose2d_backward`; dy is (N, C_out, W_out)."""
    x, weight, has_bias, y_shape, setup = cache
    dy = gradient(dy, y_shape, weight.dtype)
    dx, dweight = read_back(dy[:, :, None], x[:, :, None], weight[:, :, None], one_row(setup))
    return dx[:, :, 0], dweight[:, :, 0], dy.sum((0, 2)) if has_bias else None


def one_row(setup: ConvSetup) -> ConvSetup:
    """Add an axis of one row before the others."""
    stride, padding, dilation, groups, output = setup
    return ConvSetup((1, *stride), ((0, 0), *padding), (1, *dilation), groups, (1, *output))


def conv_transpose3d(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | Triple = 1,
    padding: Padding = 0,
    output_padding: int | Triple = 0,
    groups: int = 1,
    dilation: int | Triple = 1,
) -> tuple[np.ndarray, TransposedCache]:
    """Transpose a 3D convolution: each frame is transposed with each layer of the kernel.

    Args as `conv_transpose2d`, with x (N, C_in, D, H, W) and weight (C_in, C_out / groups, k_d,
    k_h, k_w).

    Returns:
        y (N, C_out, D_out, H_out, W_out), and the cache that `conv_transpose3d_backward` wants.

    Raises:
        ValueError: as `conv_transpose2d`.
    """
    x, weight, bias = as_floats(x, weight, bias)
    setup, y_shape = transposed_setup(
        x, weight, bias, stride, padding, output_padding, groups, dilation, axes=3
    )
    n, d, (front, back), frames = len(x), x.shape[2], setup.padding[0], fold(x)
    _, c_out, d_out, *size = y_shape
    y = np.zeros((n, c_out, front + d_out + back, *size), x.dtype)
    for a in range(weight.shape[2]):
        part = input_gradient(frames, weight[:, :, a], (n * d, c_out, *size), in_frame(setup))
        y[:, :, steps(a, d, setup.stride[0], setup.dilation[0])] += unfold(part, n, d)
    y = y[:, :, front : front + d_out]
    if bias is not None:
        y += bias[:, None, None, None]
    return y, TransposedCache(x, weight, bias is not None, y_shape, setup)


def conv_transpose3d_backward(
    dy: np.ndarray, cache: TransposedCache
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Pass the gradient back, as `conv_transpose2d_backward`, with three axes of space."""
    x, weight, has_bias, y_shape, setup = cache
    dy = gradient(dy, y_shape, weight.dtype)
    n, d, frames = len(x), x.shape[2], fold(x)
    dpadded = pad(dy, (setup.padding[0], (0, 0), (0, 0)))
    dx, dweight = np.zeros(x.shape, dy.dtype), np.empty(weight.shape, dy.dtype)
    for a in range(weight.shape[2]):
        dframes = fold(dpadded[:, :, steps(a, d, setup.stride[0], setup.dilation[0])])
        part, dweight[:, :, a] = read_back(dframes, frames, weight[:, :, a], in_frame(setup))
        dx += unfold(part, n, d)
    return dx, dweight, dy.sum((0, 2, 3, 4)) if has_bias else None


def in_frame(setup: ConvSetup) -> ConvSetup:
    """Leave the first axis away."""
    stride, padding, dilation, groups, output = setup
    return ConvSetup(stride[1:], padding[1:], dilation[1:], groups, output[1:])
