"""1D convolution, for signals and sequences: a 2D convolution of images one row high."""

import numpy as np

from cnnbook.reference.arguments import Padding, as_floats, conv_setup, gradient
from cnnbook.reference.convolution import ConvCache, conv2d, conv2d_backward


def conv1d(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int = 1,
    padding: Padding = 0,
    dilation: int = 1,
    groups: int = 1,
) -> tuple[np.ndarray, ConvCache]:
    r"""Convolve a batch of signals with a bank of filters.

    y[n, o, j] = bias[o] + \sum_{c, b} weight[o, c, b] x[n, c, j stride + b dilation − padding]

    Args:
        x: (N, C_in, W); N may be 0.
        weight: (C_out, C_in / groups, k_w).
        bias: (C_out,), one number for each filter.
        stride, dilation: step of the window and of the cells in it.
        padding: zeros around the signal, an int, ((before, after),), or a word as in `conv2d`.
        groups: parts that the channels are split into.

    Returns:
        y (N, C_out, W_out), and the cache that `conv1d_backward` wants.

    Raises:
        ValueError: if shapes, groups or sizes disagree; the numbers are in the message.
    """
    x, weight, bias = as_floats(x, weight, bias)
    setup = conv_setup(x, weight, bias, stride, padding, dilation, groups, axes=1)
    y, cache = conv2d(
        x[:, :, None],  # (N, C_in, 1, W)
        weight[:, :, None],  # (C_out, C_in / groups, 1, k_w)
        bias,
        (1, *setup.stride),
        (0, *setup.padding),
        (1, *setup.dilation),
        groups,
    )
    return y[:, :, 0], cache


def conv1d_backward(
    dy: np.ndarray, cache: ConvCache
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Pass the gradient of a 1D convolution back to what went into it.

    Args:
        dy: (N, C_out, W_out), gradient of the loss for each output.
        cache: what `conv1d` returned beside y.

    Returns:
        dx, dweight and dbias, shaped as x, weight and bias; dbias is None where there was no bias.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    y_shape = (cache.x_shape[0], len(cache.weight), cache.setup.output[1])
    dy = gradient(dy, y_shape, cache.weight.dtype)
    dx, dweight, dbias = conv2d_backward(dy[:, :, None], cache)
    return dx[:, :, 0], dweight[:, :, 0], dbias
