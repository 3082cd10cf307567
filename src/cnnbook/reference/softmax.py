"""Softmax and its logarithm: scores of classes become shares that sum to 1."""

import numpy as np

from cnnbook.reference.arguments import as_floats, gradient
from cnnbook.shapes.checks import whole


def softmax(x: np.ndarray, dim: int = 1) -> tuple[np.ndarray, tuple[np.ndarray, int]]:
    r"""Turn scores into positive shares that sum to 1 along one axis.

    y_i = e^{x_i} / \sum_j e^{x_j}

    Args:
        x: any shape. A score of −inf has share 0; where all are −inf, or one is inf, y is NaN.
        dim: the axis of the classes. The default is that of (N, C) and of (N, C, H, W); torch
            has no default.

    Returns:
        y, shaped as x, and the cache.

    Raises:
        ValueError: if x has no such axis, or no class.
    """
    (x,) = as_floats(x)
    y = np.exp(below_largest(x, dim))
    y /= y.sum(axis=dim, keepdims=True)
    return y, (y.copy(), dim)


def softmax_backward(dy: np.ndarray, cache: tuple[np.ndarray, int]) -> np.ndarray:
    r"""Return dx_i = y_i (dy_i − \sum_j dy_j y_j): a class gains what beats the average.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    y, dim = cache
    dy = gradient(dy, y.shape, y.dtype)
    return y * (dy - np.sum(dy * y, axis=dim, keepdims=True))


def log_softmax(x: np.ndarray, dim: int = 1) -> tuple[np.ndarray, tuple[np.ndarray, int]]:
    r"""Compute the logarithm of `softmax`, exact also where a share is too small for a float.

    y_i = x_i − log \sum_j e^{x_j}

    Arguments, result and errors are those of `softmax`.
    """
    (x,) = as_floats(x)
    y = below_largest(x, dim)
    y -= np.log(np.sum(np.exp(y), axis=dim, keepdims=True))
    return y, (y.copy(), dim)


def log_softmax_backward(dy: np.ndarray, cache: tuple[np.ndarray, int]) -> np.ndarray:
    r"""Return dx_i = dy_i − e^{y_i} \sum_j dy_j; e^y are the shares.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    y, dim = cache
    dy = gradient(dy, y.shape, y.dtype)
    return dy - np.exp(y) * dy.sum(axis=dim, keepdims=True)


def below_largest(x: np.ndarray, dim: int) -> np.ndarray:
    """Subtract the largest score: shares stay as they are, and no exponential overflows.

    Raises:
        ValueError: if x has no axis `dim`, or nothing along it.
    """
    if whole(dim, "dim", -x.ndim) >= x.ndim:
        raise ValueError(f"x has no axis {dim}, its shape is {x.shape}")
    if x.shape[dim] == 0:
        raise ValueError(f"softmax wants at least 1 class on axis {dim}, x has shape {x.shape}")
    with np.errstate(invalid="ignore"):  # inf − inf = NaN, which is the answer
        return x - x.max(axis=dim, keepdims=True)
