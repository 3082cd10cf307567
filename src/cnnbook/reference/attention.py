"""Self-attention over the pixels of an image: each reads all others, near or far."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import as_floats, check_shape, gradient
from cnnbook.reference.attention_channel import check_images, pixels
from cnnbook.reference.dense import DenseCache, dense, dense_backward
from cnnbook.reference.softmax import softmax, softmax_backward


class NonLocalCache(NamedTuple):
    """What `non_local` keeps for its backward pass."""

    attention: np.ndarray  # (N, HW, HW), row i: how much pixel i takes from each pixel
    theta: np.ndarray  # (N, HW, C_key), what a pixel asks for
    phi: np.ndarray  # (N, HW, C_key), what a pixel answers to
    g: np.ndarray  # (N, HW, C_value), what a pixel gives
    layers: tuple[DenseCache, DenseCache, DenseCache, DenseCache]  # of theta, phi, g and out
    weighed: tuple[np.ndarray, int]  # the softmax's cache
    x_shape: tuple[int, int, int, int]


def non_local(
    x: np.ndarray,
    weight_theta: np.ndarray,
    weight_phi: np.ndarray,
    weight_g: np.ndarray,
    weight_out: np.ndarray,
) -> tuple[np.ndarray, NonLocalCache]:
    r"""Add to each pixel a mixture of all pixels, weighed by how well they match it.

    y_i = x_i + weight_out \sum_j a_ij weight_g x_j,
    a_i = softmax_j((weight_theta x_i) · (weight_phi x_j)), the "embedded Gaussian" form

    The attention a has (H W)² numbers for each image: 9.8 million for 56 x 56 pixels. With
    weight_out = 0 the block is the identity, which is how it is started in a trained network.

    Args:
        x: (N, C, H, W).
        weight_theta, weight_phi: (C_key, C), 1 x 1 convolutions written as matrices.
        weight_g: (C_value, C).
        weight_out: (C, C_value).

    Returns:
        y, shaped as x, and the cache; its `attention` (N, HW, HW) is a, pixels counted row by row.

    Raises:
        ValueError: if the numbers of channels disagree, or x has no pixels.
    See: Wang et al. 2018, arXiv:1711.07971, without the biases and the batch normalisation.
    """
    arrays = as_floats(x, weight_theta, weight_phi, weight_g, weight_out)
    x, weight_theta, weight_phi, weight_g, weight_out = arrays
    check_images(x)
    rows = pixels(x).swapaxes(1, 2)  # (N, HW, C)
    theta, asks = dense(rows, weight_theta)  # (N, HW, C_key)
    phi, answers = dense(rows, weight_phi)
    g, gives = dense(rows, weight_g)  # (N, HW, C_value)
    check_shape(weight_phi, "weight_phi", weight_theta.shape)
    check_shape(weight_out, "weight_out", (x.shape[1], len(weight_g)))
    attention, weighed = softmax(theta @ phi.swapaxes(1, 2), dim=2)  # (N, HW, HW)
    mixed, out = dense(attention @ g, weight_out)  # (N, HW, C)
    y = x + mixed.swapaxes(1, 2).reshape(x.shape)  # (N, C, H, W)
    layers = (asks, answers, gives, out)
    return y, NonLocalCache(attention, theta, phi, g, layers, weighed, x.shape)


def non_local_backward(
    dy: np.ndarray, cache: NonLocalCache
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return dx, dweight_theta, dweight_phi, dweight_g and dweight_out.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    attention, theta, phi, g, (asks, answers, gives, out), weighed, x_shape = cache
    dy = gradient(dy, x_shape, g.dtype)
    drows = pixels(dy).swapaxes(1, 2)  # (N, HW, C)
    dmixture, dweight_out, _ = dense_backward(drows, out)  # (N, HW, C_value)
    dscore = softmax_backward(dmixture @ g.swapaxes(1, 2), weighed)  # (N, HW, HW)
    dtheta, dphi = dscore @ phi, dscore.swapaxes(1, 2) @ theta
    dg = attention.swapaxes(1, 2) @ dmixture
    from_theta, dweight_theta, _ = dense_backward(dtheta, asks)
    from_phi, dweight_phi, _ = dense_backward(dphi, answers)
    from_g, dweight_g, _ = dense_backward(dg, gives)
    drows = drows + from_theta + from_phi + from_g
    dx = drows.swapaxes(1, 2).reshape(x_shape)  # (N, C, H, W)
    return dx, dweight_theta, dweight_phi, dweight_g, dweight_out
