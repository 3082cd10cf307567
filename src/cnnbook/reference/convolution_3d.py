"""3D convolution, for films and volumes: a sum of 2D convolutions, one for each kernel layer."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import (
    ConvSetup,
    Padding,
    as_floats,
    conv_setup,
    gradient,
    inside,
    pad,
    steps,
)
from cnnbook.reference.convolution import ConvCache, conv2d, conv2d_backward

Triple = tuple[int, int, int]


class Conv3dCache(NamedTuple):
    """What `conv3d` keeps for `conv3d_backward`."""

    layers: list[ConvCache]  # one for each kernel layer
    weight: np.ndarray
    has_bias: bool
    x_shape: tuple[int, int, int, int, int]
    setup: ConvSetup


def conv3d(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | Triple = 1,
    padding: Padding = 0,
    dilation: int | Triple = 1,
    groups: int = 1,
) -> tuple[np.ndarray, Conv3dCache]:
    r"""Convolve a batch of volumes with a bank of filters.

    y[n, o, t] = bias[o] + \sum_a
        weight[o, :, a] convolved with the frame x[n, :, t stride + a dilation − padding]

    Args:
        x: (N, C_in, D, H, W), D frames of H x W; N may be 0.
        weight: (C_out, C_in / groups, k_d, k_h, k_w).
        bias: (C_out,), one number for each filter.
        stride, dilation: step of the window and of the cells in it, an int or (D, H, W).
        padding: as `conv2d`, for three axes.
        groups: parts that the channels are split into.

    Returns:
        y (N, C_out, D_out, H_out, W_out), and the cache that `conv3d_backward` wants.

    Raises:
        ValueError: if shapes, groups or sizes disagree; the numbers are in the message.
    """
    x, weight, bias = as_floats(x, weight, bias)
    setup = conv_setup(x, weight, bias, stride, padding, dilation, groups, axes=3)
    (stride, *in_frame), (front_back, *around), (dilation, *apart) = setup[:3]
    padded = pad(x, (front_back, (0, 0), (0, 0)))
    y, layers = np.zeros((len(x), len(weight), *setup.output), x.dtype), []
    for a in range(weight.shape[2]):
        frames = padded[:, :, steps(a, setup.output[0], stride, dilation)]
        part, cache = conv2d(
            fold(frames), weight[:, :, a], None, in_frame, around, apart, groups
        )  # (N D_out, C_out, H_out, W_out)
        y += unfold(part, len(x), setup.output[0])
        layers.append(cache)
    if bias is not None:
        y += bias[:, None, None, None]
    return y, Conv3dCache(layers, weight, bias is not None, x.shape, setup)


def conv3d_backward(
    dy: np.ndarray, cache: Conv3dCache
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Pass the gradient of a 3D convolution back to what went into it.

    Args:
        dy: (N, C_out, D_out, H_out, W_out), gradient of the loss for each output.
        cache: what `conv3d` returned beside y.

    Returns:
        dx, dweight and dbias, shaped as x, weight and bias; dbias is None where there was no bias.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    layers, weight, has_bias, (n, c_in, d, h, w), setup = cache
    dy = gradient(dy, (n, len(weight), *setup.output), weight.dtype)
    front_back, d_out = setup.padding[0], setup.output[0]
    dpadded = np.zeros((n, c_in, d + sum(front_back), h, w), dy.dtype)
    dweight, dframes = np.empty(weight.shape, dy.dtype), fold(dy)
    for a, layer in enumerate(layers):
        dx, dweight[:, :, a], _ = conv2d_backward(dframes, layer)
        dpadded[:, :, steps(a, d_out, setup.stride[0], setup.dilation[0])] += unfold(dx, n, d_out)
    dx = dpadded[inside((front_back, (0, 0), (0, 0)), (d, h, w))]
    return dx, dweight, dy.sum((0, 2, 3, 4)) if has_bias else None


def fold(x: np.ndarray) -> np.ndarray:
    """Put the frames of all volumes into one batch: (N, C, D, H, W) to (N D, C, H, W)."""
    n, c, d, h, w = x.shape
    return x.swapaxes(1, 2).reshape(n * d, c, h, w)


def unfold(frames: np.ndarray, n: int, d: int) -> np.ndarray:
    """Undo `fold`."""
    return frames.reshape(n, d, *frames.shape[1:]).swapaxes(1, 2)
