"""The dense layer: each output is a weighted sum of all inputs."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import as_floats, check_axes, check_shape, gradient
from cnnbook.shapes.checks import whole


class DenseCache(NamedTuple):
    """What `dense` keeps for `dense_backward`."""

    x: np.ndarray
    weight: np.ndarray
    has_bias: bool


def dense(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None
) -> tuple[np.ndarray, DenseCache]:
    r"""Multiply each row of x with a matrix, and add the bias.

    y = x weight^T + bias; y[n, o] = bias[o] + \sum_i x[n, i] weight[o, i]

    Args:
        x: (..., in), often (N, in); the layer is applied along the last axis.
        weight: (out, in), one row for each output.
        bias: (out,).

    Returns:
        y (..., out), in the widest floating dtype among the arguments, and the cache.

    Raises:
        ValueError: if the numbers of features disagree, or there are none.
    """
    x, weight, bias = as_floats(x, weight, bias)
    check_axes(weight, "weight", "out, in")
    for features, kind in zip(weight.shape, ("output", "input"), strict=True):
        whole(features, f"{kind} features", 1)
    if x.ndim == 0:
        raise ValueError("x wants at least 1 axis (..., in), got a single number")
    if x.shape[-1] != weight.shape[1]:
        raise ValueError(f"weight wants {weight.shape[1]} input features, x has {x.shape[-1]}")
    y = x @ weight.T  # (..., out)
    if bias is not None:
        check_shape(bias, "bias", (len(weight),))
        y += bias
    return y, DenseCache(x, weight, bias is not None)


def dense_backward(
    dy: np.ndarray, cache: DenseCache
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Pass the gradient of a dense layer back to what went into it.

    Args:
        dy: (..., out), gradient of the loss for each output.
        cache: what `dense` returned beside y.

    Returns:
        dx, dweight and dbias, shaped as x, weight and bias; dbias is None where there was no bias.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    x, weight, has_bias = cache
    dy = gradient(dy, (*x.shape[:-1], len(weight)), x.dtype)
    dx = dy @ weight
    rows, drows = x.reshape(-1, x.shape[-1]), dy.reshape(-1, len(weight))
    return dx, drows.T @ rows, drows.sum(axis=0) if has_bias else None
