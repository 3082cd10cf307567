"""Gradients kept from being too large: each value by itself, or all of them by one factor."""

from collections.abc import Sequence
from math import inf

import numpy as np

from cnnbook.reference.arguments import as_floats, number

Gradients = list[np.ndarray | None]  # None for a weight without gradient, which stays None


def clip_grad_value(grads: Sequence[np.ndarray | None], clip_value: float) -> Gradients:
    """Limit each value of the gradients to −clip_value ... clip_value, which turns their direction.

    Args:
        grads: gradients of any shapes; None is passed over.
        clip_value: the limit, from 0; infinity clips nothing.

    Returns:
        New arrays, in the dtypes of the old. NaN stays NaN.

    Raises:
        ValueError: if clip_value is negative or NaN, or grads is one array instead of a list.
    """
    limit = number_or_infinity(clip_value, "clip_value")
    return [None if g is None else np.clip(g, -limit, limit) for g in as_list(grads)]


def clip_grad_norm(
    grads: Sequence[np.ndarray | None], max_norm: float, norm_type: float = 2.0
) -> tuple[Gradients, float]:
    r"""Scale all gradients by one factor if their common norm is above `max_norm`.

    norm = (\sum |g|^{norm_type})^{1 / norm_type}          (over all values of all arrays)
    g = g \min(1, max_norm / (norm + 10^{−6}))

    The direction stays. The 10^{−6} is torch's: the new norm is a little below max_norm.

    Args:
        grads: gradients of any shapes; None is passed over.
        max_norm: the largest norm, from 0; infinity only measures.
        norm_type: 2 for the length, 1 for the sum of sizes, infinity for the largest size.

    Returns:
        New arrays, in the dtypes of the old, and the norm before clipping, summed in float64.
        With an infinite gradient the norm is infinite, all finite gradients become 0 and the
        infinite ones NaN; with a NaN all become NaN. Look at the norm before you step.

    Raises:
        ValueError: if max_norm is negative or NaN, norm_type is not above 0, or grads is one
            array instead of a list.

    See: Pascanu, Mikolov and Bengio 2013, arXiv:1211.5063, with the norm of all gradients.
    """
    max_norm = number_or_infinity(max_norm, "max_norm")
    if norm_type != inf:
        norm_type = number(norm_type, "norm_type", above=0)
    grads = as_list(grads)
    norm = total_norm(grads, norm_type)
    factor = float(np.minimum(1.0, max_norm / (norm + 1e-6)))  # a NaN passes, as with torch
    with np.errstate(invalid="ignore"):  # infinity times 0
        return [None if g is None else g * factor for g in grads], norm


def total_norm(grads: Gradients, norm_type: float) -> float:
    """Return the norm of all values, as of one long vector; 0 if there are none."""
    values = [np.ravel(g) for g in grads if g is not None]
    sizes = np.abs(np.concatenate([np.zeros(0), *values]))
    largest = sizes.max(initial=0.0)
    if norm_type == inf or largest == 0 or not np.isfinite(largest):
        return float(largest)
    # measured in the largest size, because powers of exploded gradients overflow
    return float(largest * np.sum((sizes / largest) ** norm_type) ** (1 / norm_type))


def as_list(grads: Sequence[np.ndarray | None]) -> Gradients:
    """Return the gradients as floats.

    Raises:
        ValueError: if they are one array, whose rows would pass for a list.
    """
    if isinstance(grads, np.ndarray):
        raise ValueError(f"grads wants a list of arrays, got one of shape {grads.shape}")
    return [as_floats(g)[0] for g in grads]


def number_or_infinity(value: float, name: str) -> float:
    """Return `value`, a limit from 0 to infinity."""
    return inf if value == inf else number(value, name, least=0)
