"""Channel attention: every channel is multiplied with a share that all channels decide on.

x is (N, C, H, W) throughout; each channel is first summarised by one number, its mean or maximum.
"""

from math import log2
from typing import NamedTuple

import numpy as np

from cnnbook.reference.activations import sigmoid, sigmoid_backward
from cnnbook.reference.arguments import as_floats, check_axes, gradient, number
from cnnbook.reference.convolution import ConvCache
from cnnbook.reference.convolution_1d import conv1d, conv1d_backward
from cnnbook.reference.dense import DenseCache, dense, dense_backward
from cnnbook.reference.rectifiers import relu, relu_backward
from cnnbook.shapes.checks import whole


class TwoLayersCache(NamedTuple):
    """What `two_layers` keeps: the caches of its parts."""

    first: DenseCache
    rectified: np.ndarray
    second: DenseCache


class ChannelCache(NamedTuple):
    """What the functions of this module keep for their backward pass."""

    x: np.ndarray
    scale: np.ndarray  # (N, C), what the channels were multiplied with
    layers: TwoLayersCache | ConvCache
    squashed: np.ndarray  # the sigmoid's cache
    peak: np.ndarray | None  # (N, C, 1), where each channel is largest, for `channel_attention`


def squeeze_excite(
    x: np.ndarray,
    weight1: np.ndarray,
    bias1: np.ndarray | None,
    weight2: np.ndarray,
    bias2: np.ndarray | None,
) -> tuple[np.ndarray, ChannelCache]:
    r"""Weigh channels by two dense layers that read their means.

    y[n, c] = s[n, c] x[n, c], s = sigmoid(weight2 relu(weight1 mean + bias1) + bias2)

    Args:
        x: (N, C, H, W).
        weight1: (C / r, C); r, often 16, is how far the channels are squeezed.
        bias1: (C / r,), or None, as in the paper's formula.
        weight2: (C, C / r). Both weights together have 2 C² / r numbers.
        bias2: (C,), or None.

    Returns:
        y, shaped as x, and the cache; its `scale` (N, C) is s.

    Raises:
        ValueError: if shapes disagree, or x has no pixels.
    See: Hu et al. 2018, arXiv:1709.01507.
    """
    x, weight1, bias1, weight2, bias2 = as_floats(x, weight1, bias1, weight2, bias2)
    check_images(x)
    score, layers = two_layers(x.mean((2, 3)), weight1, bias1, weight2, bias2)  # (N, C)
    scale, squashed = sigmoid(score)
    return scale_channels(x, scale), ChannelCache(x, scale, layers, squashed, None)


def squeeze_excite_backward(dy: np.ndarray, cache: ChannelCache) -> tuple[np.ndarray | None, ...]:
    """Return dx, dweight1, dbias1, dweight2 and dbias2; None for a bias that was not there.

    x has two parts in y: it is what is scaled, and its mean decides how much.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    dx, dscore = scale_channels_backward(dy, cache)
    dmean, *dweights = two_layers_backward(dscore, cache.layers)
    dx += spread(dmean, cache.x)
    return dx, *dweights


def eca(x: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, ChannelCache]:
    r"""Weigh channels by one 1D convolution over their means, each with its k neighbours.

    y[n, c] = s[n, c] x[n, c], s = sigmoid(conv1d(mean, weight, padding="same"))

    Args:
        x: (N, C, H, W).
        weight: (1, 1, k) with an odd k, see `eca_kernel_size`.

    Returns:
        y, shaped as x, and the cache; its `scale` (N, C) is s.

    Raises:
        ValueError: if weight has another shape, or x has no pixels.
    See: Wang et al. 2020, arXiv:1910.03151.
    """
    x, weight = as_floats(x, weight)
    check_images(x)
    if weight.ndim != 3 or weight.shape[:2] != (1, 1) or weight.shape[2] % 2 == 0:
        raise ValueError(f"weight wants shape (1, 1, k) with an odd k, got {weight.shape}")
    mean = x.mean((2, 3))[:, None]  # (N, 1, C): the channels are the signal
    score, layers = conv1d(mean, weight, padding="same")  # (N, 1, C)
    scale, squashed = sigmoid(score[:, 0])
    return scale_channels(x, scale), ChannelCache(x, scale, layers, squashed, None)


def eca_backward(dy: np.ndarray, cache: ChannelCache) -> tuple[np.ndarray, np.ndarray]:
    """Return dx and dweight.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    dx, dscore = scale_channels_backward(dy, cache)
    dmean, dweight, _ = conv1d_backward(dscore[:, None], cache.layers)
    dx += spread(dmean[:, 0], cache.x)
    return dx, dweight


def eca_kernel_size(channels: int, gamma: float = 2.0, b: float = 1.0) -> int:
    r"""Choose how many neighbours `eca` reads: the odd number nearest to (log2(C) + b) / gamma.

    Between two odd numbers the larger is taken, as in the authors' code.

    Raises:
        ValueError: if channels is below 1, or gamma not above 0.
    See: Wang et al. 2020, arXiv:1910.03151.
    """
    gamma, b = number(gamma, "gamma", above=0), number(b, "b")
    size = int(abs((log2(whole(channels, "channels", 1)) + b) / gamma))
    return size if size % 2 else size + 1


def channel_attention(
    x: np.ndarray,
    weight1: np.ndarray,
    bias1: np.ndarray | None,
    weight2: np.ndarray,
    bias2: np.ndarray | None,
) -> tuple[np.ndarray, ChannelCache]:
    r"""Weigh channels by two dense layers that read their means, and again their maxima.

    y[n, c] = s[n, c] x[n, c], s = sigmoid(layers(mean) + layers(maximum)),
    layers(z) = weight2 relu(weight1 z + bias1) + bias2

    Arguments, result and errors are those of `squeeze_excite`; this is the first half of `cbam`.
    See: Woo et al. 2018, arXiv:1807.06521.
    """
    x, weight1, bias1, weight2, bias2 = as_floats(x, weight1, bias1, weight2, bias2)
    check_images(x)
    maximum, peak = largest(pixels(x), axis=2)  # (N, C, 1)
    # the layers are the same for both, so one call with 2N rows does
    summaries = np.concatenate([x.mean((2, 3)), maximum[..., 0]])  # (2N, C)
    scores, layers = two_layers(summaries, weight1, bias1, weight2, bias2)
    scale, squashed = sigmoid(scores[: len(x)] + scores[len(x) :])  # (N, C)
    return scale_channels(x, scale), ChannelCache(x, scale, layers, squashed, peak)


def channel_attention_backward(
    dy: np.ndarray, cache: ChannelCache
) -> tuple[np.ndarray | None, ...]:
    """Return dx, dweight1, dbias1, dweight2 and dbias2; None for a bias that was not there.

    The gradient of a maximum goes to the first pixel that has it.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    dx, dscore = scale_channels_backward(dy, cache)
    dsummaries, *dweights = two_layers_backward(np.concatenate([dscore, dscore]), cache.layers)
    dmean, dmaximum = np.split(dsummaries, 2)  # (N, C) each
    dpeak = at_largest(cache.peak, dmaximum[..., None], pixels(dx).shape, axis=2)
    dx += dpeak.reshape(dx.shape) + spread(dmean, cache.x)
    return dx, *dweights


def check_images(x: np.ndarray) -> None:
    """Refuse what is no batch of images with at least one channel and pixel.

    Raises:
        ValueError: if x is none.
    """
    check_axes(x, "x", "N, C, H, W")
    if 0 in x.shape[1:]:
        raise ValueError(f"attention wants at least 1 channel and pixel, x has shape {x.shape}")


def pixels(x: np.ndarray) -> np.ndarray:
    """Put the pixels of each channel in one row: (N, C, H W)."""
    return x.reshape(*x.shape[:2], x.shape[2] * x.shape[3])


def two_layers(
    z: np.ndarray,
    weight1: np.ndarray,
    bias1: np.ndarray | None,
    weight2: np.ndarray,
    bias2: np.ndarray | None,
) -> tuple[np.ndarray, TwoLayersCache]:
    """Apply dense, relu, dense to the rows of z (rows, C); the result is (rows, C) again."""
    hidden, first = dense(z, weight1, bias1)
    active, rectified = relu(hidden)
    score, second = dense(active, weight2, bias2)
    if score.shape != z.shape:
        raise ValueError(f"weight2 wants {z.shape[1]} output features, it has {len(weight2)}")
    return score, TwoLayersCache(first, rectified, second)


def two_layers_backward(dscore: np.ndarray, cache: TwoLayersCache) -> tuple[np.ndarray | None, ...]:
    """Return dz, dweight1, dbias1, dweight2 and dbias2."""
    dactive, dweight2, dbias2 = dense_backward(dscore, cache.second)
    dhidden = relu_backward(dactive, cache.rectified)
    dz, dweight1, dbias1 = dense_backward(dhidden, cache.first)
    return dz, dweight1, dbias1, dweight2, dbias2


def scale_channels(x: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Multiply channel c of image n with scale[n, c]."""
    return x * scale[:, :, None, None]


def scale_channels_backward(dy: np.ndarray, cache: ChannelCache) -> tuple[np.ndarray, np.ndarray]:
    """Return dx, for the part of x that is scaled, and the gradient of the score (N, C)."""
    dy = gradient(dy, cache.x.shape, cache.x.dtype)
    dscale = np.sum(dy * cache.x, axis=(2, 3))  # (N, C)
    return scale_channels(dy, cache.scale), sigmoid_backward(dscale, cache.squashed)


def spread(dmean: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Give each pixel its part of the gradient of its channel's mean: (N, C, 1, 1)."""
    return (dmean / (x.shape[2] * x.shape[3]))[:, :, None, None]


def largest(x: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the maxima along an axis, which stays with length 1, and where they are first."""
    place = x.argmax(axis, keepdims=True)
    return np.take_along_axis(x, place, axis), place


def at_largest(
    place: np.ndarray, values: np.ndarray, shape: tuple[int, ...], axis: int
) -> np.ndarray:
    """Return zeros of a shape, with values where `largest` found the maxima."""
    dx = np.zeros(shape, values.dtype)
    np.put_along_axis(dx, place, values, axis)
    return dx
