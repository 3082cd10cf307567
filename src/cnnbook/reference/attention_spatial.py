"""Spatial attention: every pixel is multiplied with a share that its neighbourhood decides on.

Together with channel attention it is the block attention module, `cbam`.
"""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.activations import sigmoid, sigmoid_backward
from cnnbook.reference.arguments import as_floats, gradient
from cnnbook.reference.attention_channel import (
    ChannelCache,
    at_largest,
    channel_attention,
    channel_attention_backward,
    check_images,
    largest,
)
from cnnbook.reference.convolution import ConvCache, conv2d, conv2d_backward


class SpatialCache(NamedTuple):
    """What `spatial_attention` keeps for its backward pass."""

    x: np.ndarray
    scale: np.ndarray  # (N, 1, H, W), what the pixels were multiplied with
    convolved: ConvCache
    squashed: np.ndarray  # the sigmoid's cache
    peak: np.ndarray  # (N, 1, H, W), the channel that is largest at each pixel


class CbamCache(NamedTuple):
    """What `cbam` keeps for its backward pass: the caches of its halves."""

    channel: ChannelCache
    spatial: SpatialCache


def spatial_attention(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None
) -> tuple[np.ndarray, SpatialCache]:
    r"""Weigh pixels by one convolution that reads the mean and the maximum over the channels.

    y[n, c, i, j] = s[n, i, j] x[n, c, i, j], s = sigmoid(conv2d([mean, maximum], weight, bias))

    Args:
        x: (N, C, H, W).
        weight: (1, 2, k_h, k_w), odd sizes, 7 x 7 in the paper; the first of the two channels
            is the mean.
        bias: (1,), or None. The authors' code has batch normalisation in its place; here it is
            left to the caller, for it is no part of the paper's formula.

    Returns:
        y, shaped as x, and the cache; its `scale` (N, 1, H, W) is s.

    Raises:
        ValueError: if weight or bias has another shape, or x has no pixels.
    See: Woo et al. 2018, arXiv:1807.06521.
    """
    x, weight, bias = as_floats(x, weight, bias)
    check_images(x)
    odd = all(size % 2 for size in weight.shape[2:])
    if weight.ndim != 4 or weight.shape[:2] != (1, 2) or not odd:
        raise ValueError(f"weight wants shape (1, 2, k_h, k_w), odd sizes, got {weight.shape}")
    maximum, peak = largest(x, axis=1)
    summaries = np.concatenate([x.mean(1, keepdims=True), maximum], axis=1)  # (N, 2, H, W)
    score, convolved = conv2d(summaries, weight, bias, padding="same")  # (N, 1, H, W)
    scale, squashed = sigmoid(score)
    return x * scale, SpatialCache(x, scale, convolved, squashed, peak)


def spatial_attention_backward(
    dy: np.ndarray, cache: SpatialCache
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return dx, dweight and dbias; dbias is None where there was no bias.

    The gradient of a maximum goes to the first channel that has it.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    x, scale, convolved, squashed, peak = cache
    dy = gradient(dy, x.shape, x.dtype)
    dscale = np.sum(dy * x, axis=1, keepdims=True)  # (N, 1, H, W)
    dscore = sigmoid_backward(dscale, squashed)
    dsummaries, dweight, dbias = conv2d_backward(dscore, convolved)
    dmean, dmaximum = np.split(dsummaries, 2, axis=1)
    dx = dy * scale + dmean / x.shape[1] + at_largest(peak, dmaximum, x.shape, axis=1)
    return dx, dweight, dbias


def cbam(
    x: np.ndarray,
    weight1: np.ndarray,
    bias1: np.ndarray | None,
    weight2: np.ndarray,
    bias2: np.ndarray | None,
    weight_spatial: np.ndarray,
    bias_spatial: np.ndarray | None = None,
) -> tuple[np.ndarray, CbamCache]:
    """Weigh the channels of x, and then the pixels of the result.

    Args:
        x: (N, C, H, W).
        weight1, bias1, weight2, bias2: those of `channel_attention`.
        weight_spatial, bias_spatial: those of `spatial_attention`.

    Returns:
        y, shaped as x, and the cache, with `channel.scale` and `spatial.scale`.

    Raises:
        ValueError: where one of the halves does.
    See: Woo et al. 2018, arXiv:1807.06521.
    """
    arrays = as_floats(x, weight1, bias1, weight2, bias2, weight_spatial, bias_spatial)
    weighed, channel = channel_attention(*arrays[:5])
    y, spatial = spatial_attention(weighed, *arrays[5:])
    return y, CbamCache(channel, spatial)


def cbam_backward(dy: np.ndarray, cache: CbamCache) -> tuple[np.ndarray | None, ...]:
    """Return dx and the gradients of the weights and biases, in the order of the arguments.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    dweighed, *dspatial = spatial_attention_backward(dy, cache.spatial)
    return *channel_attention_backward(dweighed, cache.channel), *dspatial
