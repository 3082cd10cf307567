"""Space and channels taken apart: depthwise, pointwise and depthwise-separable convolution."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import (
    Padding,
    Pair,
    as_floats,
    check_axes,
    check_shape,
    conv_setup,
    gradient,
)
from cnnbook.reference.convolution import ConvCache, conv2d, conv2d_backward
from cnnbook.shapes.checks import whole


class PointwiseCache(NamedTuple):
    """What `pointwise_conv2d` keeps for `pointwise_conv2d_backward`."""

    x: np.ndarray
    weight: np.ndarray
    has_bias: bool


def depthwise_conv2d(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
) -> tuple[np.ndarray, ConvCache]:
    r"""Convolve each channel with its own filters, without mixing channels.

    y[n, c M + m] = bias[c M + m] + weight[c M + m, 0] convolved with x[n, c]

    Args:
        x: (N, C, H, W); N may be 0.
        weight: (C M, 1, k_h, k_w); the multiplier M is how many filters each channel has.
        bias: (C M,), one number for each filter.
        stride, padding, dilation: as `conv2d`.

    Returns:
        y (N, C M, H_out, W_out), and the cache that `depthwise_conv2d_backward` wants.

    Raises:
        ValueError: as `conv2d` with C groups.
    See: Howard et al. 2017 (MobileNets), arXiv:1704.04861.
    """
    check_axes(np.asarray(x), "x", "N, C, H, W")
    channels = whole(np.shape(x)[1], "input channels", 1)
    return conv2d(x, weight, bias, stride, padding, dilation, groups=channels)


def depthwise_conv2d_backward(
    dy: np.ndarray, cache: ConvCache
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Pass the gradient of a depthwise convolution back; all as `conv2d_backward`."""
    return conv2d_backward(dy, cache)


def pointwise_conv2d(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None
) -> tuple[np.ndarray, PointwiseCache]:
    r"""Mix the channels of each pixel by one matrix, a 1x1 convolution.

    y[n, o, i, j] = bias[o] + \sum_c weight[o, c, 0, 0] x[n, c, i, j]

    Args:
        x: (N, C_in, H, W); N may be 0.
        weight: (C_out, C_in, 1, 1).
        bias: (C_out,).

    Returns:
        y (N, C_out, H, W), and the cache that `pointwise_conv2d_backward` wants.

    Raises:
        ValueError: if shapes disagree, or the kernel is not 1x1.
    See: Lin, Chen & Yan 2013 (network in network), arXiv:1312.4400.
    """
    x, weight, bias = as_floats(x, weight, bias)
    conv_setup(x, weight, bias, stride=1, padding=0, dilation=1, groups=1)
    check_shape(weight, "weight", (*weight.shape[:2], 1, 1))
    pixels = x.reshape(*x.shape[:2], x.shape[2] * x.shape[3])  # (N, C_in, H W)
    y = weight[:, :, 0, 0] @ pixels  # (N, C_out, H W)
    y = y.reshape(len(x), len(weight), *x.shape[2:])  # (N, C_out, H, W)
    if bias is not None:
        y += bias[:, None, None]
    return y, PointwiseCache(x, weight, bias is not None)


def pointwise_conv2d_backward(
    dy: np.ndarray, cache: PointwiseCache
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Pass the gradient of a pointwise convolution back to what went into it.

    Args:
        dy: (N, C_out, H, W), gradient of the loss for each output.
        cache: what `pointwise_conv2d` returned beside y.

    Returns:
        dx, dweight and dbias, shaped as x, weight and bias; dbias is None where there was no bias.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    x, weight, has_bias = cache
    (n, c_in, h, w), c_out = x.shape, len(weight)
    dy = gradient(dy, (n, c_out, h, w), weight.dtype)
    pixels, dpixels = x.reshape(n, c_in, h * w), dy.reshape(n, c_out, h * w)
    dx = weight[:, :, 0, 0].T @ dpixels  # (N, C_in, H W)
    dweight = (dpixels @ pixels.swapaxes(1, 2)).sum(0)  # (C_out, C_in)
    dbias = dy.sum((0, 2, 3)) if has_bias else None
    return dx.reshape(x.shape), dweight[:, :, None, None], dbias


def separable_conv2d(
    x: np.ndarray,
    depthwise_weight: np.ndarray,
    pointwise_weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
) -> tuple[np.ndarray, tuple[ConvCache, PointwiseCache]]:
    """Filter each channel by itself, then mix the channels: depthwise-separable convolution.

    MobileNet has batch norm and ReLU between the two, and "extreme Inception" mixes first: for
    these, call `depthwise_conv2d` and `pointwise_conv2d` one by one.

    Args:
        x: (N, C_in, H, W); N may be 0.
        depthwise_weight: (C_in M, 1, k_h, k_w), as `depthwise_conv2d`.
        pointwise_weight: (C_out, C_in M, 1, 1), as `pointwise_conv2d`.
        bias: (C_out,).
        stride, padding, dilation: of the depthwise part, as `conv2d`.

    Returns:
        y (N, C_out, H_out, W_out), and the cache that `separable_conv2d_backward` wants.

    Raises:
        ValueError: as `depthwise_conv2d` and `pointwise_conv2d`.
    See: Howard et al. 2017 (MobileNets), arXiv:1704.04861; Chollet 2016 (Xception),
        arXiv:1610.02357.
    """
    weights = as_floats(x, depthwise_weight, pointwise_weight, bias)
    x, depthwise_weight, pointwise_weight, bias = weights
    filtered, depthwise = depthwise_conv2d(x, depthwise_weight, None, stride, padding, dilation)
    y, pointwise = pointwise_conv2d(filtered, pointwise_weight, bias)
    return y, (depthwise, pointwise)


def separable_conv2d_backward(
    dy: np.ndarray, cache: tuple[ConvCache, PointwiseCache]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Pass the gradient of a depthwise-separable convolution back to what went into it.

    Args:
        dy: (N, C_out, H_out, W_out), gradient of the loss for each output.
        cache: what `separable_conv2d` returned beside y.

    Returns:
        dx, ddepthwise_weight, dpointwise_weight and dbias (None where there was no bias).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    depthwise, pointwise = cache
    dfiltered, dpointwise_weight, dbias = pointwise_conv2d_backward(dy, pointwise)
    dx, ddepthwise_weight, _ = depthwise_conv2d_backward(dfiltered, depthwise)
    return dx, ddepthwise_weight, dpointwise_weight, dbias
