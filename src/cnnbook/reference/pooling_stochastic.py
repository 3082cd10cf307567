"""Stochastic pooling: draw one cell of each window in training, take their expectation in use."""

from __future__ import annotations  # np.random, in a signature, would load at import

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import Pair, as_floats, check_axes, gradient
from cnnbook.reference.pooling_windows import Windows, add_cells, pool_windows, read_cells


class StochasticPoolCache(NamedTuple):
    """What `stochastic_pool2d` keeps for `stochastic_pool2d_backward`."""

    slopes: np.ndarray  # (k_h k_w, N, C, H_out, W_out), derivative of each output for its cells
    x_shape: tuple[int, int, int, int]
    windows: Windows


def stochastic_pool2d(
    x: np.ndarray,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    training: bool = True,
    rng: np.random.Generator | None = None,
) -> tuple[np.ndarray, StochasticPoolCache]:
    r"""Draw one activation from each window, the larger the likelier, or take their expectation.

    p_i = a_i / \sum_k a_k for the activations a of one window

    In training y is a_i of the cell i that was drawn, each with probability p_i; in use it is
    \sum_i p_i a_i. A window of zeros gives 0, and no gradient.

    Args:
        x: (N, C, H, W), not negative, as after ReLU; N may be 0.
        kernel_size: cells of a window, an int or (rows, columns).
        stride: step of the window, an int or (rows, columns); None is kernel_size.
        training: whether to draw.
        rng: draws one number for each output, in their order; wanted in training only.

    Returns:
        y (N, C, H_out, W_out), and the cache that `stochastic_pool2d_backward` wants.

    Raises:
        ValueError: if x is negative, infinite or NaN somewhere, windows do not fit, or training has
            no rng.
    See: Zeiler & Fergus 2013, arXiv:1301.3557.
    """
    (x,) = as_floats(x)
    check_axes(x, "x", "N, C, H, W")
    if not np.isfinite(x).all() or np.any(x < 0):
        low, high = x.min(), x.max()
        raise ValueError(f"x wants finite activations of at least 0, got {low:g} to {high:g}")
    if training and rng is None:
        raise ValueError("training wants an rng to draw from, got None")
    windows = pool_windows(x.shape[2:], kernel_size, stride)
    activations = read_cells(x, windows)
    # float64, or squares and sums of half precision would run over
    shares = activations.astype(np.float64)
    total = shares.sum(0)
    shares /= np.where(total > 0, total, 1)
    if training:
        slopes = draw(shares, rng)
        y = (slopes * activations).sum(0)
    else:
        y = (shares * activations).sum(0)
        slopes = np.where(total > 0, 2 * shares - y / np.where(total > 0, total, 1), 0)
    return y.astype(x.dtype), StochasticPoolCache(slopes.astype(x.dtype), x.shape, windows)


def stochastic_pool2d_backward(dy: np.ndarray, cache: StochasticPoolCache) -> np.ndarray:
    r"""Pass each output's gradient to the cell that was drawn, or to all cells of the expectation.

    In use, with y = \sum_k a_k^2 / \sum_k a_k:
    dy / da_i = 2 p_i − y / \sum_k a_k, which is negative for the small ones.

    Args:
        dy: (N, C, H_out, W_out).
        cache: what `stochastic_pool2d` returned beside y.

    Returns:
        dx (N, C, H, W).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    slopes, x_shape, windows = cache
    return add_cells(slopes * gradient(dy, slopes.shape[1:], slopes.dtype), x_shape, windows)


def draw(shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mark one cell of each window with 1, drawn with the probabilities along the first axis.

    The first cell is marked at which the probabilities, added up, exceed a number between 0 and 1.
    A window whose probabilities are all 0 gets no mark.
    """
    reached = np.cumsum(shares, axis=0)
    target = rng.random(shares.shape[1:]) * reached[-1]
    chosen = (reached > target).argmax(0)
    return (np.arange(len(shares))[:, None, None, None, None] == chosen) & (shares > 0)
