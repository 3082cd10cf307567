"""Maximum and average together: mixed in a learnt proportion, or side by side as channels."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import Pair, as_floats, check_axes, check_shape, gradient
from cnnbook.reference.pooling_average import AvgPoolCache, avg_pool2d, avg_pool2d_backward
from cnnbook.reference.pooling_max import MaxPoolCache, max_pool2d, max_pool2d_backward


class MixedPoolCache(NamedTuple):
    """What `mixed_pool2d` keeps for `mixed_pool2d_backward`."""

    alpha: np.ndarray  # () or (C, 1, 1)
    surplus: np.ndarray  # (N, C, H_out, W_out), maximum − average
    max_cache: MaxPoolCache
    avg_cache: AvgPoolCache


class ConcatPoolCache(NamedTuple):
    """What `concat_pool2d` keeps for `concat_pool2d_backward`."""

    y_shape: tuple[int, int, int, int]
    dtype: np.dtype
    max_cache: MaxPoolCache
    avg_cache: AvgPoolCache


def mixed_pool2d(
    x: np.ndarray,
    alpha: np.ndarray | float,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair = 0,
) -> tuple[np.ndarray, MixedPoolCache]:
    r"""Mix the maximum and the average of each window.

    y = alpha max(window) + (1 − alpha) mean(window)

    The paper also makes alpha depend on the window ("gated"); this is its "mixed" pooling, whose
    alpha is learnt and then the same for all windows. It means a share, but nothing here keeps it
    between 0 and 1.

    Args:
        x: (N, C, H, W); N may be 0.
        alpha: share of the maximum: a number, or () for the layer, or (C,), one for each channel.
        kernel_size, stride, padding: as `max_pool2d`; the average counts padding as zeros.

    Returns:
        y (N, C, H_out, W_out) in the dtype of x, and the cache `mixed_pool2d_backward` wants.

    Raises:
        ValueError: if alpha has another shape, or windows do not fit.
    See: Lee, Gallagher & Tu 2015, arXiv:1509.08985.
    """
    x, alpha = as_floats(x)[0], as_floats(alpha)[0]
    check_axes(x, "x", "N, C, H, W")
    if alpha.ndim:
        check_shape(alpha, "alpha", x.shape[1:2])
        alpha = alpha[:, None, None]
    alpha = alpha.astype(x.dtype)
    largest, max_cache = max_pool2d(x, kernel_size, stride, padding)
    mean, avg_cache = avg_pool2d(x, kernel_size, stride, padding)
    surplus = largest - mean
    return mean + alpha * surplus, MixedPoolCache(alpha, surplus, max_cache, avg_cache)


def mixed_pool2d_backward(dy: np.ndarray, cache: MixedPoolCache) -> tuple[np.ndarray, np.ndarray]:
    r"""Pass the gradient of `mixed_pool2d` back to its input and to alpha.

    dalpha = \sum dy (max − mean), over all windows that share it

    Args:
        dy: (N, C, H_out, W_out).
        cache: what `mixed_pool2d` returned beside y.

    Returns:
        dx (N, C, H, W) and dalpha, () or (C,).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    alpha, surplus, max_cache, avg_cache = cache
    dy = gradient(dy, surplus.shape, surplus.dtype)
    dx = max_pool2d_backward(alpha * dy, max_cache)
    dx += avg_pool2d_backward((1 - alpha) * dy, avg_cache)
    dalpha = np.sum(dy * surplus, axis=(0, 2, 3) if alpha.ndim else None)
    return dx, np.asarray(dalpha)


def concat_pool2d(
    x: np.ndarray,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair = 0,
) -> tuple[np.ndarray, ConcatPoolCache]:
    """Put the maxima of all channels and then their averages side by side: twice the channels.

    The next layer finds its own mixture. Nothing is learnt here.

    Args:
        x: (N, C, H, W); N may be 0.
        kernel_size, stride, padding: as `max_pool2d`; the average counts padding as zeros.

    Returns:
        y (N, 2 C, H_out, W_out), and the cache that `concat_pool2d_backward` wants.

    Raises:
        ValueError: if windows do not fit.
    """
    largest, max_cache = max_pool2d(x, kernel_size, stride, padding)
    mean, avg_cache = avg_pool2d(x, kernel_size, stride, padding)
    y = np.concatenate([largest, mean], axis=1)  # (N, 2 C, H_out, W_out)
    return y, ConcatPoolCache(y.shape, y.dtype, max_cache, avg_cache)


def concat_pool2d_backward(dy: np.ndarray, cache: ConcatPoolCache) -> np.ndarray:
    """Pass the gradient of `concat_pool2d` back: the two halves add up at the input.

    Args:
        dy: (N, 2 C, H_out, W_out).
        cache: what `concat_pool2d` returned beside y.

    Returns:
        dx (N, C, H, W).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    dy = gradient(dy, cache.y_shape, cache.dtype)
    c = cache.y_shape[1] // 2
    dx = max_pool2d_backward(dy[:, :c], cache.max_cache)
    dx += avg_pool2d_backward(dy[:, c:], cache.avg_cache)
    return dx
