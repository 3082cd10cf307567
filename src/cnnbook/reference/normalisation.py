"""Normalisation over any axes, forward and backward: what the four named norms have in common.

Each number is measured against the set of numbers it belongs to. Batch, layer, instance and group
norm differ only in the axes that a set runs along.
"""

from math import prod
from typing import NamedTuple

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from cnnbook.reference.arguments import as_floats, check_shape, gradient, number


class NormCache(NamedTuple):
    """What `normalise` keeps for `normalise_backward`; sums are taken in its arrays' dtype."""

    x_hat: np.ndarray  # x with mean 0 and variance 1 in each set, before weight and bias
    mean: np.ndarray  # one for each set; axes that a set runs along are kept, with length 1
    variance: np.ndarray
    inverse_std: np.ndarray
    axes: tuple[int, ...]
    weight: np.ndarray | None
    affine: tuple[int, ...]  # shape of weight and bias, an axis for each of x_hat's
    shapes: tuple  # of x, weight and bias as the caller gave them
    dtype: np.dtype


def normalise(
    x: np.ndarray,
    axes: int | tuple[int, ...],
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    eps: float = 1e-5,
) -> tuple[np.ndarray, NormCache]:
    r"""Give every set of numbers mean 0 and variance 1, then scale and shift it.

    y = weight x_hat + bias,  x_hat = (x − mean) / \sqrt{variance + eps}

    The variance is the mean of (x − mean)² over all numbers of the set. For x (N, C, H, W), axes
    (0, 2, 3) make batch norm, (1, 2, 3) layer norm and (2, 3) instance norm.

    Args:
        x: any shape.
        axes: axes that one set runs along; each place on the other axes has its own set.
        weight, bias: of one shape that broadcasts to x's; left out, they are 1 and 0.
        eps: keeps the root away from 0.

    Returns:
        y, shaped as x, in the widest floating dtype among the arguments, and the cache that
        `normalise_backward` wants.

    Raises:
        ValueError: if an axis is not there or named twice, a set is empty, eps is negative, or
            weight or bias does not fit.
    See: Chan, Golub & LeVeque 1983, "Algorithms for computing the sample variance", on the
        two-pass form and its correction.
    """
    x, weight, bias = as_floats(x, weight, bias)
    axes = normalize_axis_tuple(axes, x.ndim, "axes")
    if set_size(x, axes) == 0:
        raise ValueError(f"x of shape {x.shape} has no numbers along axes {axes}")
    wide = widened(x)
    mean = wide.mean(axes, keepdims=True)
    centred = wide - mean
    rest = centred.mean(axes, keepdims=True)  # what rounding left: much, far from 0 in float32
    centred -= rest
    variance = sum_products(centred, centred, axes) / set_size(x, axes)
    return scale(x, centred, mean + rest, variance, axes, weight, bias, eps)


def normalise_backward(
    dy: np.ndarray, cache: NormCache
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    r"""Pass the gradient back; the mean and variance of a set move with each x in it.

    dx = (g − mean(g) − x_hat mean(g x_hat)) / \sqrt{variance + eps},  g = weight dy

    Args:
        dy: gradient of the loss for each y, shaped as y.
        cache: what the layer returned beside y.

    Returns:
        dx, dweight and dbias, shaped as x, weight and bias; None where there was none.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    dx, dy_sums, product_sums = scale_back(dy, cache)
    weight = 1 if cache.weight is None else cache.weight
    count = set_size(cache.x_hat, cache.axes)
    mean_g = (weight * dy_sums).sum(cache.axes, keepdims=True) / count
    mean_g_x_hat = (weight * product_sums).sum(cache.axes, keepdims=True) / count
    dx -= cache.inverse_std * mean_g
    dx -= cache.x_hat * (cache.inverse_std * mean_g_x_hat)
    return gradients(cache, dx, product_sums, dy_sums)


def scale(
    x: np.ndarray,
    centred: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    axes: tuple[int, ...],
    weight: np.ndarray | None,
    bias: np.ndarray | None,
    eps: float,
) -> tuple[np.ndarray, NormCache]:
    """Finish a normalisation: divide `centred` in place by the root, then apply weight and bias."""
    affine = affine_shape(x, weight, bias)
    inverse_std = 1 / np.sqrt(variance + number(eps, "eps", least=0))
    x_hat = centred
    x_hat *= inverse_std
    y = x_hat.copy() if weight is None else x_hat * weight
    if bias is not None:
        y += bias
    cache = NormCache(x_hat, mean, variance, inverse_std, axes, weight, affine, (), x.dtype)
    return y.astype(x.dtype, copy=False), with_shapes(cache, x, weight, bias)


def scale_back(dy: np.ndarray, cache: NormCache) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return dy weight inverse_std, and the sums of dy and of dy x_hat that all gradients need.

    They are summed where both the set and the weight stay the same. What is left to add is little:
    dweight and dbias take in the other sets, the means of g the other weights.
    """
    x_hat = cache.x_hat
    dy = gradient(dy, cache.shapes[0], x_hat.dtype).reshape(x_hat.shape)
    shared = tuple(axis for axis in cache.axes if cache.affine[axis] == 1)
    weight = 1 if cache.weight is None else cache.weight
    dx = dy * (weight * cache.inverse_std)
    return dx, dy.sum(shared, keepdims=True), sum_products(dy, x_hat, shared)


def gradients(
    cache: NormCache, dx: np.ndarray, product_sums: np.ndarray, dy_sums: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Add the sums up to dweight and dbias, and give all three the caller's shapes and dtype."""
    rest = tuple(axis for axis, size in enumerate(cache.affine) if size == 1)
    results = dx, product_sums.sum(rest), dy_sums.sum(rest)
    return tuple(
        None if shape is None else result.reshape(shape).astype(cache.dtype, copy=False)
        for result, shape in zip(results, cache.shapes, strict=True)
    )


def with_shapes(
    cache: NormCache, x: np.ndarray, weight: np.ndarray | None, bias: np.ndarray | None
) -> NormCache:
    """Note the shapes that the gradients are to have."""
    return cache._replace(shapes=tuple(None if a is None else a.shape for a in (x, weight, bias)))


def affine_shape(
    x: np.ndarray, weight: np.ndarray | None, bias: np.ndarray | None
) -> tuple[int, ...]:
    """Return the one shape of weight and bias, with an axis for each of x's.

    Raises:
        ValueError: if they have two shapes, or do not broadcast to x.
    """
    if weight is not None and bias is not None:
        check_shape(bias, "bias", weight.shape)
    shape = next((a.shape for a in (weight, bias) if a is not None), ())
    pairs = zip(reversed(shape), reversed(x.shape), strict=False)
    if len(shape) > x.ndim or any(size not in (1, whole) for size, whole in pairs):
        raise ValueError(f"weight and bias of shape {shape} do not fit x of shape {x.shape}")
    return (1,) * (x.ndim - len(shape)) + shape


def per_channel(array: np.ndarray | None, name: str, x: np.ndarray) -> np.ndarray | None:
    """Turn (C,) to (C, 1, 1), with as many axes as x (N, C, H, W) has after N.

    Raises:
        ValueError: if x has no channels, or there is not one number for each.
    """
    if x.ndim < 2:
        raise ValueError(f"x wants 2 axes or more (N, C, ...), got shape {x.shape}")
    if array is None:
        return None
    check_shape(array, name, (x.shape[1],))
    return array.reshape(-1, *[1] * (x.ndim - 2))


def check_spread(count: int, name: str, x: np.ndarray) -> None:
    """Refuse sets too small for a variance.

    Raises:
        ValueError: if they have fewer than 2 numbers.
    """
    if count < 2:
        raise ValueError(f"each {name} wants 2 numbers or more, x of shape {x.shape} has {count}")


def set_size(x: np.ndarray, axes: tuple[int, ...]) -> int:
    """Count the numbers of one set."""
    return prod(x.shape[axis] for axis in axes)


def widened(x: np.ndarray) -> np.ndarray:
    """Return float16 as float32: the square of 256 is beyond float16."""
    return x.astype(np.promote_types(x.dtype, np.float32), copy=False)


def sum_products(a: np.ndarray, b: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Sum a b along `axes`, which stay with length 1, without an array for the products."""
    letters = list(range(a.ndim))
    kept = [axis for axis in letters if axis not in axes]
    return np.expand_dims(np.einsum(a, letters, b, letters, kept), axes)
