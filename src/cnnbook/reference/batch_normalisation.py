"""Batch normalisation: the statistics of the batch in training, running ones otherwise."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import as_floats, number
from cnnbook.reference.normalisation import (
    NormCache,
    check_spread,
    gradients,
    normalise,
    normalise_backward,
    per_channel,
    scale,
    scale_back,
    set_size,
    widened,
    with_shapes,
)


class BatchNormCache(NamedTuple):
    """What `batch_norm` keeps for `batch_norm_backward`, and the statistics for the next call."""

    norm: NormCache
    training: bool
    running_mean: np.ndarray  # (C,)
    running_var: np.ndarray  # (C,)


def batch_norm(
    x: np.ndarray,
    running_mean: np.ndarray,
    running_var: np.ndarray,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[np.ndarray, BatchNormCache]:
    """Normalise each channel over the batch, or by running statistics outside training.

    Training moves the running statistics: (1 − momentum) running + momentum batch, where the
    batch's variance divides by one less than its count. They are not written into the arguments:
    the cache holds the new ones, which outside training are the old ones.

    Args:
        x: (N, C), (N, C, L), (N, C, H, W) or more axes.
        running_mean, running_var: (C,).
        weight, bias: (C,), scale and shift of each channel.
        training: normalise by mean and variance of this batch.
        momentum: share of the new statistics, from 0 to 1.
        eps: added to the variance.

    Returns:
        y, shaped as x, and the cache that `batch_norm_backward` wants; the next call takes
        cache.running_mean and cache.running_var.

    Raises:
        ValueError: if shapes disagree, a running variance is negative, or a channel has fewer than
            two numbers to train with.
    See: Ioffe & Szegedy 2015, arXiv:1502.03167, algorithm 1.
    """
    x, weight, bias = as_floats(x, weight, bias)
    momentum = number(momentum, "momentum", least=0, most=1)
    mean, variance = (np.array(a) for a in as_floats(running_mean, running_var))  # copies
    fixed = per_channel(mean, "running_mean", x), per_channel(variance, "running_var", x)
    check_variance(variance)
    affine = per_channel(weight, "weight", x), per_channel(bias, "bias", x)
    axes = (0, *range(2, x.ndim))
    if training:
        count = set_size(x, axes)
        check_spread(count, "channel", x)
        y, norm = normalise(x, axes, *affine, eps)
        mean += momentum * (norm.mean.ravel() - mean)
        variance += momentum * (norm.variance.ravel() * (count / (count - 1)) - variance)
    else:
        wide = widened(x)
        fixed_mean, fixed_variance = (a.astype(wide.dtype) for a in fixed)
        y, norm = scale(x, wide - fixed_mean, fixed_mean, fixed_variance, axes, *affine, eps)
    return y, BatchNormCache(with_shapes(norm, x, weight, bias), bool(training), mean, variance)


def batch_norm_backward(
    dy: np.ndarray, cache: BatchNormCache
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    r"""Pass the gradient back as `normalise_backward`; outside training the statistics are fixed.

    dx = weight dy / \sqrt{running_var + eps} outside training

    Arguments, result and errors are those of `normalise_backward`.
    """
    if cache.training:
        return normalise_backward(dy, cache.norm)
    dx, dy_sums, product_sums = scale_back(dy, cache.norm)
    return gradients(cache.norm, dx, product_sums, dy_sums)


def check_variance(running_var: np.ndarray) -> None:
    """Refuse a negative variance, which has no root.

    Raises:
        ValueError: if there is one.
    """
    if np.any(running_var < 0):
        raise ValueError(f"running_var must be at least 0, got {running_var.min():g}")
