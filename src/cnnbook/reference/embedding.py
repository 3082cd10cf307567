"""Embedding: a table with one row of numbers for each word, class or other symbol."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import as_floats, check_axes, gradient
from cnnbook.shapes.checks import whole


class EmbeddingCache(NamedTuple):
    """What `embedding` keeps for its backward pass."""

    indices: np.ndarray
    weight_shape: tuple[int, int]
    dtype: np.dtype
    padding_idx: int | None


def embedding(
    indices: np.ndarray, weight: np.ndarray, padding_idx: int | None = None
) -> tuple[np.ndarray, EmbeddingCache]:
    """Read one row of the table for each index.

    y[n] = weight[indices[n]], which is one_hot(indices) weight without the multiplications by 0.

    Args:
        indices: whole numbers from 0 to rows − 1, any shape.
        weight: (rows, D), the table.
        padding_idx: an index that stands for "nothing here"; its row is read as the others are,
            but has no gradient.

    Returns:
        y (..., D) with the axes of indices in front, and the cache.

    Raises:
        ValueError: if an index, or padding_idx, is no row of the table.
    """
    indices, (weight,) = np.asarray(indices), as_floats(weight)
    check_axes(weight, "weight", "rows, D")
    rows = len(weight)
    if indices.dtype.kind not in "iu":
        raise ValueError(f"indices want whole numbers, got dtype {indices.dtype}")
    outside = indices[(indices < 0) | (indices >= rows)]
    if outside.size:
        raise ValueError(f"weight has rows 0 to {rows - 1}, indices hold {outside.flat[0]}")
    if padding_idx is not None and whole(padding_idx, "padding_idx") >= rows:
        raise ValueError(f"weight has rows 0 to {rows - 1}, padding_idx is {padding_idx}")
    return weight[indices], EmbeddingCache(indices, weight.shape, weight.dtype, padding_idx)


def embedding_backward(dy: np.ndarray, cache: EmbeddingCache) -> np.ndarray:
    """Add up dy for each row of the table; rows that were not read have gradient 0.

    Args:
        dy: (..., D), gradient of the loss for each output.
        cache: what `embedding` returned beside y.

    Returns:
        dweight (rows, D).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    rows, drows = embedding_backward_sparse(dy, cache)
    dweight = np.zeros(cache.weight_shape, cache.dtype)
    dweight[rows] = drows
    return dweight


def embedding_backward_sparse(
    dy: np.ndarray, cache: EmbeddingCache
) -> tuple[np.ndarray, np.ndarray]:
    """Add up dy for each row that was read, without the zeros for all the others.

    Arguments and errors are those of `embedding_backward`.

    Returns:
        rows (R,), the indices that occur, each once and in order, and their gradients (R, D).
    """
    indices, (_, d), dtype, padding_idx = cache
    dy = gradient(dy, (*indices.shape, d), dtype)
    counted = np.ones(indices.shape, bool) if padding_idx is None else indices != padding_idx
    rows, place = np.unique(indices[counted], return_inverse=True)
    drows = np.zeros((len(rows), d), dtype)
    np.add.at(drows, place, dy[counted])  # `drows[place] += ...` would count repeated rows once
    return rows, drows
