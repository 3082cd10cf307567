"""Lp pooling: from the sum of a window (p = 1) to its maximum (p = infinity)."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import Pair, as_floats, check_axes, gradient, inside, number, pad
from cnnbook.reference.pooling_max import MaxPoolCache, max_pool2d_backward
from cnnbook.reference.pooling_windows import Windows, cells, fold, pool_windows


class LpPoolCache(NamedTuple):
    """What `lp_pool2d` keeps for `lp_pool2d_backward`."""

    x: np.ndarray
    y: np.ndarray
    norm_type: float
    windows: Windows


def lp_pool2d(
    x: np.ndarray,
    norm_type: float,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    ceil_mode: bool = False,
) -> tuple[np.ndarray, LpPoolCache]:
    r"""Take the p-norm of each window.

    y[n, c, i, j] = ( \sum_{a, b} |x[n, c, i stride + a, j stride + b]|^p )^{1/p}

    With p = 1 this is the sum of the magnitudes, k_h k_w times their average, and with p = infinity
    the largest of them. PyTorch's lp_pool2d takes x^p and not |x|^p: the same for x ≥ 0 and for
    even p, but with p = 1 or 3 signs cancel, and what has no p-th root becomes NaN. In ceil_mode it
    also scales a window that runs over the end up to the full number of cells; here the cells
    beyond the end count as zero.

    Args:
        x: (N, C, H, W); N may be 0.
        norm_type: p, at least 1; np.inf is allowed.
        kernel_size: cells of a window, an int or (rows, columns).
        stride: step of the window, an int or (rows, columns); None is kernel_size.
        ceil_mode: round the number of windows up, so that the last may run over the end.

    Returns:
        y (N, C, H_out, W_out) and the cache that `lp_pool2d_backward` wants. It refers to x.

    Raises:
        ValueError: if p is below 1, or the windows do not fit the image.
    See: Sermanet, Chintala & LeCun 2012, arXiv:1204.3968; Gulcehre et al. 2014, arXiv:1311.1780,
        who divide the sum by the number of cells, so that p = 1 is the average.
    """
    (x,) = as_floats(x)
    check_axes(x, "x", "N, C, H, W")
    p = norm_type if norm_type == np.inf else number(norm_type, "norm_type", least=1)
    windows = pool_windows(x.shape[2:], kernel_size, stride, 0, 1, ceil_mode)
    magnitude = pad(np.abs(x), windows.padding)
    y = fold(magnitude, np.maximum, windows)
    if p < np.inf:
        # |x|^p overflows soon, and underflows; a number over the window's largest does neither
        scale = np.where((y > 0) & (y < np.inf), y, 1)
        powers = ((magnitude[cell] / scale) ** p for cell in cells(windows))
        y = scale * sum(powers) ** (1 / p)
    return y.copy(), LpPoolCache(x, y, p, windows)


def lp_pool2d_backward(dy: np.ndarray, cache: LpPoolCache) -> np.ndarray:
    r"""Pass the gradient of Lp pooling back to the images.

    dx = sign(x) \sum_{windows} dy (|x| / y)^{p − 1}

    At x = 0 the gradient is 0, also for p = 1, where the norm has an edge, and in windows of zeros
    only, where it has one for each p. With p = infinity the first of equal magnitudes gets it all.

    Args:
        dy: (N, C, H_out, W_out), gradient of the loss for each output.
        cache: what `lp_pool2d` returned beside y.

    Returns:
        dx (N, C, H, W).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    x, y, p, windows = cache
    dy = gradient(dy, y.shape, x.dtype)
    if p == np.inf:
        return np.sign(x) * max_pool2d_backward(dy, MaxPoolCache(np.abs(x), y, windows))
    magnitude = pad(np.abs(x), windows.padding)
    dmagnitude = np.zeros_like(magnitude)
    divisor = np.where(y > 0, y, 1)
    for cell in cells(windows):
        dmagnitude[cell] += dy * (magnitude[cell] / divisor) ** (p - 1)
    return np.sign(x) * dmagnitude[inside(windows.padding, x.shape[2:])]
