"""Rectifiers: functions that let x > 0 pass, and differ in what they do with the rest.

Arguments, results and errors are those that `activations` describes.
"""

import numpy as np

from cnnbook.reference.arguments import as_floats, gradient, number

# The pair for which inputs of mean 0 and variance 1 give outputs of mean 0 and variance 1.
SELU_ALPHA, SELU_SCALE = 1.6732632423543772848, 1.0507009873554804934


def relu(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keep what is above 0: y = max(x, 0).

    See: Nair & Hinton 2010, "Rectified linear units improve restricted Boltzmann machines".
    """
    (x,) = as_floats(x)
    return np.maximum(x, 0), x


def relu_backward(dy: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """Let dy pass where x > 0; at x = 0 the slope is taken to be 0, as in torch."""
    x = cache
    return gradient(dy, x.shape, x.dtype) * (x > 0)


def relu6(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keep what is between 0 and 6: y = min(max(x, 0), 6).

    See: Sandler et al. 2018, arXiv:1801.04381, which wants it for arithmetic of low precision.
    """
    (x,) = as_floats(x)
    return np.clip(x, 0, 6), x


def relu6_backward(dy: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """Let dy pass where 0 < x < 6; at both corners the slope is taken to be 0, as in torch."""
    x = cache
    return gradient(dy, x.shape, x.dtype) * ((x > 0) & (x < 6))


def leaky_relu(
    x: np.ndarray, negative_slope: float = 0.01
) -> tuple[np.ndarray, tuple[np.ndarray, float]]:
    """Shrink what is below 0 instead of removing it: y = max(x, 0) + negative_slope min(x, 0).

    Raises:
        ValueError: if negative_slope is no finite number.
    See: Maas, Hannun & Ng 2013, "Rectifier nonlinearities improve neural network acoustic models".
    """
    (x,), slope = as_floats(x), number(negative_slope, "negative_slope")
    return np.maximum(x, 0) + slope * np.minimum(x, 0), (x, slope)


def leaky_relu_backward(dy: np.ndarray, cache: tuple[np.ndarray, float]) -> np.ndarray:
    """Let dy pass where x > 0, and shrink it elsewhere, at x = 0 too."""
    x, slope = cache
    dy = gradient(dy, x.shape, x.dtype)
    return np.where(x > 0, dy, slope * dy)


def prelu(x: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Shrink what is below 0 by a slope that is learned: y = max(x, 0) + weight min(x, 0).

    Args:
        x: (N, C, ...), with any number of axes after the channels.
        weight: (1,), one slope for all, or (C,), one for each channel.

    Raises:
        ValueError: if x has fewer than 2 axes, or weight another shape.
    See: He et al. 2015, arXiv:1502.01852.
    """
    x, weight = as_floats(x, weight)
    if x.ndim < 2:
        raise ValueError(f"prelu wants x with channels, (N, C, ...), got shape {x.shape}")
    if weight.shape not in ((1,), (x.shape[1],)):
        raise ValueError(f"weight wants shape (1,) or ({x.shape[1]},), got {weight.shape}")
    return np.maximum(x, 0) + beside_channels(weight, x) * np.minimum(x, 0), (x, weight)


def prelu_backward(
    dy: np.ndarray, cache: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return dx and dweight; each x below 0 adds dy x to the gradient of its slope."""
    x, weight = cache
    dy = gradient(dy, x.shape, x.dtype)
    dx = np.where(x > 0, dy, beside_channels(weight, x) * dy)
    dweight = np.sum(dy * np.minimum(x, 0), axis=(0, *range(2, x.ndim)))  # (C,)
    return dx, dweight if weight.shape == dweight.shape else dweight.sum(keepdims=True)


def beside_channels(weight: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Shape (C,) or (1,) so that it multiplies axis 1 of x: (C, 1, 1) for images."""
    return weight.reshape(-1, *(1,) * (x.ndim - 2))


def elu(x: np.ndarray, alpha: float = 1.0) -> tuple[np.ndarray, tuple[np.ndarray, float]]:
    r"""Bend what is below 0 towards −alpha.

    y = x for x > 0, and alpha (e^x − 1) elsewhere

    Raises:
        ValueError: if alpha is no finite number.
    See: Clevert, Unterthiner & Hochreiter 2016, arXiv:1511.07289.
    """
    (x,), alpha = as_floats(x), number(alpha, "alpha")
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0)), (x, alpha)


def elu_backward(dy: np.ndarray, cache: tuple[np.ndarray, float]) -> np.ndarray:
    r"""Let dy pass where x > 0, and multiply it with alpha e^x elsewhere, at x = 0 too."""
    x, alpha = cache
    dy = gradient(dy, x.shape, x.dtype)
    return np.where(x > 0, dy, alpha * np.exp(np.minimum(x, 0)) * dy)


def selu(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Scale `elu` so that mean 0 and variance 1 are kept: y = 1.0507 elu(x, 1.6733), rounded.

    See: Klambauer et al. 2017, arXiv:1706.02515; the digits are those of the authors' code.
    """
    (x,) = as_floats(x)
    return SELU_SCALE * elu(x, SELU_ALPHA)[0], x


def selu_backward(dy: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """Multiply the gradient of `elu` with the same scale."""
    return SELU_SCALE * elu_backward(dy, (cache, SELU_ALPHA))
