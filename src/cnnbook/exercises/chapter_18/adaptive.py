"""A function to write in chapter 18: adaptive average pooling."""

from collections.abc import Callable

import numpy as np

from cnnbook.exercises.chapter_18.sharing import series
from cnnbook.exercises.definitions import Code
from cnnbook.reference import adaptive_avg_pool2d, adaptive_max_pool2d


def adaptive_average(x: np.ndarray, h_out: int, w_out: int) -> np.ndarray:
    """Average windows that cover the map."""
    return adaptive_avg_pool2d(x[None, None], (h_out, w_out))[0][0, 0]


def averaged(
    x: np.ndarray, h_out: int, w_out: int, spans: Callable, over: Callable = np.mean
) -> np.ndarray:
    """Average windows; `spans` gives (start, stop) of window i over an axis."""
    y = np.zeros((h_out, w_out))
    for i, j in np.ndindex(y.shape):
        (top, bottom), (left, right) = spans(i, len(x), h_out), spans(j, x.shape[1], w_out)
        y[i, j] = over(x[top:bottom, left:right])
    return y


def up(a: int, b: int) -> int:
    """Divide and round up."""
    return -(-a // b)


def ends(i: int, size: int, outputs: int) -> tuple[int, int]:
    """Return where window i starts and stops, as it should."""
    return i * size // outputs, up((i + 1) * size, outputs)


def split_evenly(i: int, size: int, outputs: int) -> tuple[int, int]:
    """Give the first windows one cell more, as np.array_split does."""
    length, longer = divmod(size, outputs)
    start = i * length + min(i, longer)
    return start, start + length + (i < longer)


def fixed(i: int, size: int, outputs: int) -> tuple[int, int]:
    """Lay out windows of one size: stride size // outputs, and what is left for the length."""
    stride = size // outputs
    return i * stride, i * stride + size - (outputs - 1) * stride


MAPS = {
    "windows overlap": {"x": series(7, 10), "h_out": 3, "w_out": 4},
    "windows lie side by side": {"x": series(6, 8, start=60), "h_out": 3, "w_out": 2},
    "more outputs than cells": {"x": series(3, 2, start=9), "h_out": 5, "w_out": 4},
    "one window over the whole map": {"x": series(4, 5, start=17), "h_out": 1, "w_out": 1},
    "one axis keeps its size": {"x": series(4, 9, start=80), "h_out": 4, "w_out": 5},
}
ADAPTIVE = [
    Code(
        id="18-adaptive",
        title="Adaptive windows",
        text="Adaptive average pooling is told how many outputs to make, and finds the windows "
        "itself. Along an axis of H cells with h_out outputs, window i goes from i · H / h_out, "
        "rounded down, up to (i + 1) · H / h_out, rounded up; the cell at the end is not in it. "
        "Write it for one map.",
        name="adaptive_average",
        stub="def adaptive_average(x, h_out, w_out):\n    ...  # x (H, W) -> y (h_out, w_out)",
        cases=MAPS,
        answer=adaptive_average,
        misconceptions={
            "both ends are rounded down, so windows never overlap. The end is rounded up.": (
                lambda x, h_out, w_out: averaged(
                    x, h_out, w_out, lambda i, n, out: (i * n // out, (i + 1) * n // out)
                )
            ),
            "both ends are rounded up. The start is rounded down.": (
                lambda x, h_out, w_out: averaged(
                    x, h_out, w_out, lambda i, n, out: (up(i * n, out), up((i + 1) * n, out))
                )
            ),
            "H / h_out is rounded before it is multiplied by i. Round last.": (
                lambda x, h_out, w_out: averaged(
                    x, h_out, w_out, lambda i, n, out: (i * (n // out), (i + 1) * (n // out))
                )
            ),
            "all windows have one size and one stride. These have not: starts and ends are "
            "rounded one by one.": lambda x, h_out, w_out: averaged(x, h_out, w_out, fixed),
            "the cells are split among windows that do not overlap, as `np.array_split` does.": (
                lambda x, h_out, w_out: averaged(x, h_out, w_out, split_evenly)
            ),
            "each window has a cell too many: the end is not in it.": (
                lambda x, h_out, w_out: averaged(
                    x, h_out, w_out, lambda i, n, out: (i * n // out, up((i + 1) * n, out) + 1)
                )
            ),
            "this is adaptive max pooling.": (
                lambda x, h_out, w_out: adaptive_max_pool2d(x[None, None], (h_out, w_out))[0][0, 0]
            ),
            "the cells of a window are added up, not averaged.": (
                lambda x, h_out, w_out: averaged(x, h_out, w_out, ends, np.sum)
            ),
            "the first cell of each window is taken, not the average.": (
                lambda x, h_out, w_out: averaged(
                    x, h_out, w_out, lambda i, n, out: (i * n // out, i * n // out + 1)
                )
            ),
            "`h_out` and `w_out` are swapped.": (
                lambda x, h_out, w_out: adaptive_average(x, w_out, h_out)
            ),
        },
        hints=[
            "`//` rounds down. To round a / b up with whole numbers: `-(-a // b)`.",
            "`top, bottom = i * h // h_out, -(-(i + 1) * h // h_out)`; columns likewise.",
            "`y[i, j] = x[top:bottom, left:right].mean()`, for all i and j.",
        ],
        solution="The folded cell below holds a solution.",
        why="The usual slip is to choose one window size, H // h_out. The cells at the far end "
        "are then never read, and a map with fewer cells than outputs has no window at all.",
    ),
]
