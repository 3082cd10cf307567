"""Weights of one or two bits: binary and ternary, with one real factor alpha for each filter."""

from math import prod
from typing import NamedTuple

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from cnnbook.reference.arguments import as_floats, gradient, number


class BinaryCache(NamedTuple):
    """What `binarise` keeps; `signs` and `alpha` are all that a binary network stores."""

    signs: np.ndarray  # −1 or 1, shaped as weight
    alpha: np.ndarray  # (C_out, 1, 1, 1)
    inside: np.ndarray  # whether |weight| <= 1
    axes: tuple[int, ...]  # that one filter covers


def binarise(weight: np.ndarray, axis: int | None = 0) -> tuple[np.ndarray, BinaryCache]:
    r"""Replace each weight by its sign times the mean magnitude of its filter.

    y = alpha sign(weight), alpha = mean |weight|

    No other alpha and signs come closer to the filter, in the sum of squares. The sign of 0 is 1.

    Args:
        weight: (C_out, C_in, k_h, k_w), or another shape.
        axis: the axis of the filters, each of which has its own alpha; None: one alpha for all.

    Returns:
        y, shaped as weight, and the cache that `binarise_backward` wants, which holds signs and
        alpha as well.

    Raises:
        ValueError: if axis is none of the axes, or a filter has no weights.
    See: Rastegari et al. 2016, arXiv:1603.05279.
    """
    (weight,) = as_floats(weight)
    axes = filter_axes(weight, axis)
    signs = np.where(weight >= 0, 1, -1).astype(weight.dtype)
    alpha = np.abs(weight).mean(axes, keepdims=True)
    return alpha * signs, BinaryCache(signs, alpha, np.abs(weight) <= 1, axes)


def binarise_backward(dy: np.ndarray, cache: BinaryCache) -> np.ndarray:
    r"""Pass the gradient through alpha, and straight through the sign where |weight| <= 1.

    dweight = dy alpha [|weight| <= 1] + sign(weight) / n \sum dy sign(weight), n weights a filter

    The second term is the derivative of alpha, into which every weight of the filter goes.
    Rastegari et al. write dy / n for it, which leaves out all other weights.

    Args:
        dy: gradient for y, shaped as weight.
        cache: what `binarise` returned beside y.

    Returns:
        dweight, shaped as weight.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    signs, alpha, inside, axes = cache
    dy = gradient(dy, signs.shape, signs.dtype)
    return dy * alpha * inside + signs * np.mean(dy * signs, axes, keepdims=True)


def ternarise(
    weight: np.ndarray, factor: float = 0.7, axis: int | None = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Replace each weight by −1, 0 or 1, so that alpha times it is close to the weight.

    delta = factor mean |weight|
    ternary = sign(weight) where |weight| > delta, otherwise 0
    alpha = mean |weight| over |weight| > delta

    alpha is the best for this delta; delta is a rule of thumb for `ternarise_optimal`. The best
    factor is 2/3 for uniform weights and about 0.77 for normal ones (Li et al. have 0.75).

    Args:
        weight: (C_out, C_in, k_h, k_w), or another shape.
        factor: at least 0; 0.7 is the paper's in its early versions, its authors' later code has
            0.75.
        axis: the axis of the filters, each with its own delta and alpha; None: one for all.

    Returns:
        ternary, shaped as weight, delta and alpha, both (C_out, 1, 1, 1), so that alpha * ternary
        stands for weight. A filter of zeros gets alpha 0.

    Raises:
        ValueError: if axis is none of the axes, a filter has no weights, or factor is negative.
    See: Li et al. 2016, arXiv:1605.04711.
    """
    (weight,) = as_floats(weight)
    axes, factor = filter_axes(weight, axis), number(factor, "factor", least=0)
    delta = factor * np.abs(weight).mean(axes, keepdims=True)
    return cut(weight, delta, axes)


def ternarise_optimal(
    weight: np.ndarray, axis: int | None = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Find the delta for which alpha times the ternary weights comes closest to the weights.

    With the k largest magnitudes kept, the squared error is \sum weight^2 − (their sum)^2 / k; so
    all k are tried, on sorted magnitudes. delta is the largest magnitude that is not kept.

    Arguments, results and errors as `ternarise`, without factor.
    See: Li et al. 2016, arXiv:1605.04711.
    """
    (weight,) = as_floats(weight)
    axes = filter_axes(weight, axis)
    filters = [1 if a in axes else length for a, length in enumerate(weight.shape)]
    size = prod(weight.shape[a] for a in axes)
    rows = np.abs(weight) if axis is None else np.moveaxis(np.abs(weight), axis, 0)
    rows = np.sort(rows.reshape(-1, size), 1)[:, ::-1]  # (C_out, size), largest first
    gain = np.cumsum(rows, 1, np.float64) ** 2 / np.arange(1, size + 1)
    next_one = gain.argmax(1) + 1
    rows = np.pad(rows, ((0, 0), (0, 1)))  # where all are kept, the next is 0
    delta = np.take_along_axis(rows, next_one[:, None], 1).reshape(filters)
    return cut(weight, delta, axes)


def cut(
    weight: np.ndarray, delta: np.ndarray, axes: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ternary weights, delta, and the alpha that fits them best."""
    kept = np.abs(weight) > delta
    ternary = np.sign(weight) * kept
    count = np.maximum(kept.sum(axes, keepdims=True), 1)
    alpha = np.sum(weight * ternary, axes, np.float64, keepdims=True) / count
    return ternary, delta, alpha.astype(weight.dtype)


def filter_axes(weight: np.ndarray, axis: int | None) -> tuple[int, ...]:
    """Return the axes that one filter covers.

    Raises:
        ValueError: if axis is none of the axes, or a filter has no weights.
    """
    own = None if axis is None else normalize_axis_index(axis, weight.ndim)
    axes = tuple(a for a in range(weight.ndim) if a != own)
    if 0 in [weight.shape[a] for a in axes]:
        raise ValueError(f"weight wants at least one weight for each filter, got {weight.shape}")
    return axes
