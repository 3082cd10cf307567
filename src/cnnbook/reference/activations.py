"""Activations that squash, and the two simplest: identity, step, sigmoid, tanh, softplus.

The functions of this module, of `rectifiers` and of `gates` treat each number alone. All take x of
any shape and return y of that shape, in x's floating dtype, and the cache for the backward pass.
Each `..._backward` takes dy, shaped as y, and returns dx; it raises ValueError where dy has another
shape. NaN in x is NaN in y.
"""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import as_floats, gradient, number


class SoftplusCache(NamedTuple):
    """What `softplus` keeps for `softplus_backward`."""

    x: np.ndarray
    beta: float
    threshold: float


def identity(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a copy of x: a layer with it is linear, and so is any stack of such layers."""
    (x,) = as_floats(x)
    return x.copy(), x


def identity_backward(dy: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """Return a copy of dy, for the slope is 1 everywhere."""
    return gradient(dy, cache.shape, cache.dtype).copy()


def step(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return 1 where x > 0, and 0 elsewhere: the perceptron's decision, and the slope of `relu`."""
    (x,) = as_floats(x)
    return np.heaviside(x, 0.0), x


def step_backward(dy: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """Return zeros: the step is flat on both sides, so nothing can be learned through it.

    At x = 0 it has no slope; 0 is returned there too.
    """
    return np.zeros_like(gradient(dy, cache.shape, cache.dtype))


def sigmoid(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Squash x to (0, 1).

    y = 1 / (1 + e^{−x})
    """
    (x,) = as_floats(x)
    with np.errstate(over="ignore"):  # far left e^{−x} becomes inf, and y the 0 that it should be
        y = 1 / (1 + np.exp(-x))
    return y, y.copy()


def sigmoid_backward(dy: np.ndarray, cache: np.ndarray) -> np.ndarray:
    r"""Multiply dy with the slope y (1 − y), which is largest at x = 0, where it is 1/4."""
    y = cache
    return gradient(dy, y.shape, y.dtype) * y * (1 - y)


def tanh(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Squash x to (−1, 1), with mean 0 where x is symmetric around 0.

    y = (e^x − e^{−x}) / (e^x + e^{−x}) = 2 sigmoid(2x) − 1
    """
    (x,) = as_floats(x)
    y = np.tanh(x)
    return y, y.copy()


def tanh_backward(dy: np.ndarray, cache: np.ndarray) -> np.ndarray:
    r"""Multiply dy with the slope 1 − y², which is largest at x = 0, where it is 1."""
    y = cache
    return gradient(dy, y.shape, y.dtype) * (1 - y * y)


def softplus(
    x: np.ndarray, beta: float = 1.0, threshold: float = 20.0
) -> tuple[np.ndarray, SoftplusCache]:
    r"""Smooth the corner of `relu`.

    y = log(1 + e^{beta x}) / beta, and y = x where beta x > threshold

    Args:
        x: any shape.
        beta: sharpness; the larger, the closer to `relu`.
        threshold: where y is taken to be x, as in torch.

    Raises:
        ValueError: if beta is not above 0, or one of the two is no finite number.
    See: Dugas et al. 2001, "Incorporating second-order functional knowledge ...".
    """
    (x,) = as_floats(x)
    beta, threshold = number(beta, "beta", above=0), number(threshold, "threshold")
    # log(1 + e^a) = max(a, 0) + log(1 + e^{−|a|}), whose exponential cannot overflow
    curve = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(beta * x))) / beta
    return np.where(beta * x > threshold, x, curve), SoftplusCache(x, beta, threshold)


def softplus_backward(dy: np.ndarray, cache: SoftplusCache) -> np.ndarray:
    r"""Multiply dy with the slope sigmoid(beta x), or with 1 where beta x > threshold."""
    x, beta, threshold = cache
    dy = gradient(dy, x.shape, x.dtype)
    return np.where(beta * x > threshold, dy, dy * sigmoid(beta * x)[0])
