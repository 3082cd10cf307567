"""Local response normalisation of AlexNet, forward and backward."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import as_floats, gradient, number
from cnnbook.shapes.checks import whole


class ResponseCache(NamedTuple):
    """What `local_response_norm` keeps for `local_response_norm_backward`."""

    x: np.ndarray
    base: np.ndarray  # k + alpha mean of squares, shaped as x
    size: int
    alpha: float
    beta: float


def local_response_norm(
    x: np.ndarray, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> tuple[np.ndarray, ResponseCache]:
    r"""Divide each number by a power of the squares in neighbouring channels at the same place.

    y[n, c] = x[n, c] / base[n, c]^beta,  base[n, c] = k + alpha / size \sum_j x[n, j]²

    where j runs over `size` channels from c − floor(size / 2) on; those that do not exist count
    as 0.

    AlexNet has size 5, k = 2, alpha = 1e-4, beta = 0.75, and does not divide alpha by the size: its
    layer is `local_response_norm(x, 5, alpha=5e-4, beta=0.75, k=2)`.

    Args:
        x: (N, C, H, W), or any shape with the channels second.
        size: channels in a window.
        alpha: weight of the mean square, at least 0.
        beta: exponent.
        k: least value of the base, above 0.

    Returns:
        y, shaped as x, and the cache that `local_response_norm_backward` wants.

    Raises:
        ValueError: if x has no channels, or a setting is out of its range.
    See: Krizhevsky, Sutskever & Hinton 2012, "ImageNet Classification with Deep Convolutional
        Neural Networks", section 3.3; the division by size as PyTorch has it.
    """
    (x,), size = as_floats(x), whole(size, "size", 1)
    alpha, beta = number(alpha, "alpha", least=0), number(beta, "beta")
    k = number(k, "k", above=0)
    if x.ndim < 2:
        raise ValueError(f"x wants 2 axes or more (N, C, ...), got shape {x.shape}")
    base = k + alpha / size * window_sums(x**2, size // 2, (size - 1) // 2)
    return x / base**beta, ResponseCache(x, base, size, alpha, beta)


def local_response_norm_backward(dy: np.ndarray, cache: ResponseCache) -> np.ndarray:
    r"""Pass the gradient back: along y's own x, and to every x whose square is in y's base.

    dx[j] = dy[j] / base[j]^beta − 2 alpha beta / size · x[j] \sum_c dy[c] x[c] / base[c]^(beta + 1)

    where c runs over the channels whose window holds channel j.

    Args:
        dy: gradient of the loss for each y, shaped as y.
        cache: what `local_response_norm` returned beside y.

    Returns:
        dx, shaped as x.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    x, base, size, alpha, beta = cache
    direct = gradient(dy, x.shape, x.dtype) / base**beta
    # the windows that hold channel j reach as far ahead of it as a window reaches behind
    shared = window_sums(direct * x / base, (size - 1) // 2, size // 2)
    return direct - 2 * alpha * beta / size * x * shared


def window_sums(values: np.ndarray, before: int, after: int) -> np.ndarray:
    """Add to each channel the `before` channels in front of it and the `after` behind it."""
    sums = values.copy()
    for step in range(1, before + 1):
        sums[:, step:] += values[:, :-step]
    for step in range(1, after + 1):
        sums[:, :-step] += values[:, step:]
    return sums
