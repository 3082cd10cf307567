"""Dropout: during training random numbers, or whole channels, are set to 0."""

from __future__ import annotations  # np.random, in a signature, would load at import

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import as_floats, check_axes, gradient, number


class DropoutCache(NamedTuple):
    """What `dropout` and `dropout2d` keep for their backward pass."""

    kept: np.ndarray  # shaped as x, False where it was dropped
    scale: float  # what the others were multiplied with
    dtype: np.dtype


def dropout(
    x: np.ndarray, p: float = 0.5, training: bool = True, rng: np.random.Generator | None = None
) -> tuple[np.ndarray, DropoutCache]:
    """Set each number to 0 with probability p, and scale the others so that the mean stays.

    y = x / (1 − p) where x is kept. The scale stands here ("inverted dropout") so that nothing is
    to be done when the network is used; the original paper scales the weights down then.

    Args:
        x: any shape.
        p: probability that a number is dropped; 1 drops all.
        training: without it, y is a copy of x.
        rng: where the draws come from; wanted in training only.

    Returns:
        y, shaped as x, and the cache, whose `kept` is the mask.

    Raises:
        ValueError: if p is not between 0 and 1, or rng is missing.
    See: Srivastava et al. 2014, JMLR 15; Hinton et al. 2012, arXiv:1207.0580.
    """
    (x,) = as_floats(x)
    return drop(x, x.shape, p, training, rng)


def dropout_backward(dy: np.ndarray, cache: DropoutCache) -> np.ndarray:
    """Drop from dy what was dropped from x, and scale the rest alike.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    kept, scale, dtype = cache
    return gradient(dy, kept.shape, dtype) * scale * kept


def dropout2d(
    x: np.ndarray, p: float = 0.5, training: bool = True, rng: np.random.Generator | None = None
) -> tuple[np.ndarray, DropoutCache]:
    """Set each channel of each image to 0 with probability p, and scale the others by 1 / (1 − p).

    Neighbouring pixels say nearly the same; where single ones are dropped, the rest still tell
    what they were.

    Args:
        x: (N, C, H, W).

    The other arguments, result and errors are those of `dropout`.
    See: Tompson et al. 2015, arXiv:1411.4280.
    """
    (x,) = as_floats(x)
    check_axes(x, "x", "N, C, H, W")
    return drop(x, (*x.shape[:2], 1, 1), p, training, rng)


def dropout2d_backward(dy: np.ndarray, cache: DropoutCache) -> np.ndarray:
    """Drop from dy the channels that were dropped from x, as `dropout_backward` does."""
    return dropout_backward(dy, cache)


def drop(
    x: np.ndarray,
    drawn: tuple[int, ...],
    p: float,
    training: bool,
    rng: np.random.Generator | None,
) -> tuple[np.ndarray, DropoutCache]:
    """Drop with one draw for each entry of shape `drawn`, stretched over x."""
    p = number(p, "p", least=0, most=1)
    if not training:
        kept, scale = np.True_, 1.0
    elif not isinstance(rng, np.random.Generator):
        raise ValueError(f"dropout in training wants rng, a numpy Generator, got {rng!r}")
    else:
        kept = rng.random(drawn) >= p
        scale = 1 / (1 - p) if p < 1 else 0.0  # with p = 1 nothing is kept, so any scale would do
    cache = DropoutCache(np.broadcast_to(kept, x.shape), scale, x.dtype)
    return x * scale * cache.kept, cache
