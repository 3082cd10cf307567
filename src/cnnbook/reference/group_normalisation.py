"""Normalisation within each example: layer, instance and group norm, which no batch changes."""

from math import prod

import numpy as np

from cnnbook.reference.arguments import as_floats, check_shape
from cnnbook.reference.normalisation import (
    NormCache,
    check_spread,
    normalise,
    normalise_backward,
    per_channel,
    set_size,
    with_shapes,
)
from cnnbook.shapes.checks import whole


def layer_norm(
    x: np.ndarray,
    normalized_shape: int | tuple[int, ...],
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    eps: float = 1e-5,
) -> tuple[np.ndarray, NormCache]:
    """Normalise each example over its last axes; the batch plays no part.

    Args:
        x: (..., *normalized_shape).
        normalized_shape: lengths of the axes that a set runs along, the last ones of x.
        weight, bias: shaped normalized_shape, a scale and shift for each place.
        eps: added to the variance.

    Returns:
        y, shaped as x, and the cache that `layer_norm_backward` wants.

    Raises:
        ValueError: if normalized_shape is not the end of x's shape, or weight or bias differs.
    See: Ba, Kiros & Hinton 2016, arXiv:1607.06450.
    """
    x, weight, bias = as_floats(x, weight, bias)
    shape = normalized_shape if isinstance(normalized_shape, tuple | list) else (normalized_shape,)
    shape = tuple(whole(size, "normalized_shape", 1) for size in shape)
    if not shape or x.shape[-len(shape) :] != shape:
        raise ValueError(f"normalized_shape {shape} is not the end of x's shape {x.shape}")
    for array, name in ((weight, "weight"), (bias, "bias")):
        if array is not None:
            check_shape(array, name, shape)
    return normalise(x, tuple(range(-len(shape), 0)), weight, bias, eps)


def instance_norm(
    x: np.ndarray,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    eps: float = 1e-5,
) -> tuple[np.ndarray, NormCache]:
    """Normalise each channel of each image by itself.

    Args:
        x: (N, C, L), (N, C, H, W) or more axes.
        weight, bias: (C,), scale and shift of each channel.
        eps: added to the variance.

    Returns:
        y, shaped as x, and the cache that `instance_norm_backward` wants.

    Raises:
        ValueError: if shapes disagree, or a channel of an image has fewer than two numbers.
    See: Ulyanov, Vedaldi & Lempitsky 2016, arXiv:1607.08022.
    """
    x, weight, bias = as_floats(x, weight, bias)
    affine = per_channel(weight, "weight", x), per_channel(bias, "bias", x)
    axes = tuple(range(2, x.ndim))
    check_spread(set_size(x, axes), "channel of an image", x)
    y, cache = normalise(x, axes, *affine, eps)
    return y, with_shapes(cache, x, weight, bias)


def group_norm(
    x: np.ndarray,
    num_groups: int,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    eps: float = 1e-5,
) -> tuple[np.ndarray, NormCache]:
    """Normalise groups of neighbouring channels of each image.

    One group of all channels has the sets of layer norm, groups of one those of instance norm.

    Args:
        x: (N, C), (N, C, L), (N, C, H, W) or more axes.
        num_groups: parts that the channels are split into.
        weight, bias: (C,), scale and shift of each channel.
        eps: added to the variance.

    Returns:
        y, shaped as x, and the cache that `group_norm_backward` wants.

    Raises:
        ValueError: if shapes disagree, the groups do not divide the channels, or a group has fewer
            than two numbers (which torch refuses only where N is 1, and else returns the bias).
    See: Wu & He 2018, arXiv:1803.08494.
    """
    x, weight, bias = as_floats(x, weight, bias)
    per_channel(weight, "weight", x), per_channel(bias, "bias", x)
    groups = whole(num_groups, "num_groups", 1)
    if x.shape[1] % groups:
        raise ValueError(f"num_groups {groups} does not divide {x.shape[1]} channels")
    members, pixels = x.shape[1] // groups, prod(x.shape[2:])
    check_spread(members * pixels, "group of an image", x)
    split = x.reshape(len(x), groups, members, pixels)  # (N, groups, C / groups, H W)
    affine = [None if a is None else a.reshape(groups, members, 1) for a in (weight, bias)]
    y, cache = normalise(split, (2, 3), *affine, eps)
    return y.reshape(x.shape), with_shapes(cache, x, weight, bias)


# The axes are in the cache: one backward pass serves them all.
layer_norm_backward = instance_norm_backward = group_norm_backward = normalise_backward
