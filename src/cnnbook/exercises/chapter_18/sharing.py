"""Ways, right and wrong, to send the gradient of each window back to its cells."""

from collections.abc import Callable

import numpy as np


def series(*shape: int, start: int = 1) -> list:
    """Return nested lists of halves, all different and without a pattern: plain data."""
    size = int(np.prod(shape))
    return ((np.arange(start, start + size) * 7919 % 103 - 51) / 2).reshape(shape).tolist()


def sent(
    x: np.ndarray, dy: np.ndarray, k: int, stride: int, share: Callable, add: bool = True
) -> np.ndarray:
    """Send dy back; `share` says what each cell of a window gets of a 1. Or write, not add."""
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dy.shape):
        place = np.s_[i * stride : i * stride + k, j * stride : j * stride + k]
        got = share(x[place])
        dx[place] = dx[place] + dy[i, j] * got if add else np.where(got, dy[i, j] * got, dx[place])
    return dx


def equal(window: np.ndarray) -> np.ndarray:
    """Share a 1 equally."""
    return np.full(window.shape, 1 / window.size)


def winners(window: np.ndarray) -> np.ndarray:
    """Give a 1 to every maximum."""
    return (window == window.max()).astype(float)


def one(window: np.ndarray, index: int | None = None) -> np.ndarray:
    """Give a 1 to one cell in row order; without an index, to the first maximum."""
    got = np.zeros(window.shape)
    got.flat[int(window.argmax()) if index is None else index] = 1
    return got


def last(window: np.ndarray) -> np.ndarray:
    """Give a 1 to the last maximum in row order."""
    return one(window, int(np.flatnonzero(window == window.max())[-1]))


def in_the_corner(x: np.ndarray, dy: np.ndarray, k: int, stride: int) -> np.ndarray:
    """Make the slip of taking a place in the window for a place in the map."""
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dy.shape):
        window = x[i * stride : i * stride + k, j * stride : j * stride + k]
        dx[:k, :k] += dy[i, j] * one(window)
    return dx


def reads(x: np.ndarray, dy: np.ndarray, k: int, stride: int) -> np.ndarray:
    """Count the windows that read each cell; 1 where none does."""
    return np.maximum(sent(x, np.ones(dy.shape), k, stride, np.ones_like), 1)
