"""Maxout: the largest of several channels, in the place of a fixed activation."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import as_floats, gradient
from cnnbook.shapes.checks import whole


class MaxoutCache(NamedTuple):
    """What `maxout` keeps for `maxout_backward`."""

    winner: np.ndarray  # (N, C, 1, ...), which piece is the largest
    pieces: int
    dtype: np.dtype


def maxout(x: np.ndarray, pieces: int) -> tuple[np.ndarray, MaxoutCache]:
    r"""Take the largest of each group of neighbouring channels.

    y[n, c] = \max_j x[n, c pieces + j], j = 0 ... pieces − 1

    With a layer below that computes the channels, each y is a convex function of that layer's
    input, made of `pieces` straight pieces, and learned.

    Args:
        x: (N, C pieces, ...), with any number of axes after the channels.
        pieces: channels in a group; they stand next to each other.

    Returns:
        y (N, C, ...) and the cache. A group with a NaN gives NaN.

    Raises:
        ValueError: if x has fewer than 2 axes, or pieces does not divide its channels.
    See: Goodfellow et al. 2013, arXiv:1302.4389.
    """
    (x,), pieces = as_floats(x), whole(pieces, "pieces", 1)
    if x.ndim < 2:
        raise ValueError(f"maxout wants x with channels, (N, C, ...), got shape {x.shape}")
    if x.shape[1] % pieces:
        raise ValueError(f"pieces {pieces} does not divide {x.shape[1]} channels")
    groups = x.reshape(len(x), x.shape[1] // pieces, pieces, *x.shape[2:])  # (N, C, pieces, ...)
    winner = groups.argmax(axis=2, keepdims=True)
    y = np.take_along_axis(groups, winner, axis=2).squeeze(2)  # (N, C, ...)
    return y, MaxoutCache(winner, pieces, x.dtype)


def maxout_backward(dy: np.ndarray, cache: MaxoutCache) -> np.ndarray:
    """Give dy to the channel that was the largest; among equals, to the first of them.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    winner, pieces, dtype = cache
    n, c, _, *rest = winner.shape
    dy = gradient(dy, (n, c, *rest), dtype)
    dgroups = np.zeros((n, c, pieces, *rest), dtype)
    np.put_along_axis(dgroups, winner, dy[:, :, None], axis=2)
    return dgroups.reshape(n, c * pieces, *rest)
