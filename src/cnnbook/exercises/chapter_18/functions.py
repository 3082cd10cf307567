"""Functions to write in chapter 18: the backward passes of average and of max pooling."""

import numpy as np

from cnnbook.exercises.chapter_18.sharing import (
    equal,
    in_the_corner,
    last,
    one,
    reads,
    sent,
    series,
    winners,
)
from cnnbook.exercises.definitions import Code
from cnnbook.reference import avg_pool2d, avg_pool2d_backward, max_pool2d, max_pool2d_backward


def average_backward(x: np.ndarray, dy: np.ndarray, k: int, stride: int) -> np.ndarray:
    """Share each output's gradient among its window."""
    _, cache = avg_pool2d(x[None, None], k, stride)
    return avg_pool2d_backward(dy[None, None], cache)[0, 0]


def max_backward(x: np.ndarray, dy: np.ndarray, k: int, stride: int) -> np.ndarray:
    """Send each output's gradient to the first maximum of its window."""
    _, cache = max_pool2d(x[None, None], k, stride)
    return max_pool2d_backward(dy[None, None], cache)[0, 0]


POOLS = {  # the mistake that the case catches: the arguments
    "windows overlap": {
        "x": series(5, 7),
        "dy": [[1.5, -2, 3], [0.5, 4, -1]],
        "k": 3,
        "stride": 2,
    },
    "windows lie side by side": {
        "x": series(4, 6, start=50),
        "dy": series(2, 3, start=20),
        "k": 2,
        "stride": 2,
    },
    "some cells are read by no window": {
        "x": series(6, 9, start=11),
        "dy": series(2, 3, start=5),
        "k": 2,
        "stride": 3,
    },
    "one cell in many windows": {
        "x": [[1, 0, 2, 1, 0], [0, 3, 9, 2, 1], [2, 1, 4, 8, 0], [1, 0, 2, 1, 5]],
        "dy": [[1, 2, -3], [4, 0.5, 1]],
        "k": 3,
        "stride": 1,
    },
    "one window over the whole map": {
        "x": series(3, 3, start=31),
        "dy": [[6]],
        "k": 3,
        "stride": 2,
    },
}
TIES = {
    "equal maxima": {
        "x": [[2, 2, 0, 1, 1], [2, 1, 1, 0, 1], [3, 0, 3, 3, 2], [0, 3, 1, 3, 0]],
        "dy": [[1, 2], [3, -4]],
        "k": 2,
        "stride": 2,
    },
    "all zero, as behind a ReLU": {
        "x": [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 5]],
        "dy": [[1, 2, 3], [4, 5, 6]],
        "k": 2,
        "stride": 1,
    },
    "all negative": {
        "x": [[-4, -2, -3, -1], [-5, -6, -2.5, -3], [-1, -2, -8, -7]],
        "dy": [[2, 1, 3], [-1, 4, 0.5]],
        "k": 2,
        "stride": 1,
    },
}
FUNCTIONS = [
    Code(
        id="18-average-backward",
        title="The backward pass of average pooling",
        text="Average pooling with windows of k x k and any stride, no padding, has read `x`. "
        "Return `dx`, given `dy`. The stride may be smaller than k, so that windows overlap, or "
        "larger, so that some cells are read by none.",
        name="average_backward",
        stub="def average_backward(x, dy, k, stride):\n    ...  # x (H, W), dy (H_out, W_out) -> "
        "dx (H, W)",
        cases=POOLS,
        answer=average_backward,
        misconceptions={
            "each cell gets the whole gradient of its window. Shares are 1 / (k · k).": (
                lambda x, dy, k, stride: average_backward(x, dy, k, stride) * k**2
            ),
            "shares are 1 / k. A window has k · k cells.": (
                lambda x, dy, k, stride: average_backward(x, dy, k, stride) * k
            ),
            "shares are 1 / (stride · stride). What counts is the number of cells in a window.": (
                lambda x, dy, k, stride: average_backward(x, dy, k, stride) * k**2 / stride**2
            ),
            "each window overwrites what the last one sent to the same cell; use `+=`.": (
                lambda x, dy, k, stride: sent(x, dy, k, stride, equal, add=False)
            ),
            "where windows overlap, the shares are averaged. They add up.": (
                lambda x, dy, k, stride: (
                    average_backward(x, dy, k, stride) / reads(x, dy, k, stride)
                )
            ),
            "the stride is missing: window (i, j) begins at row `i * stride`, column `j * stride`"
            ".": (lambda x, dy, k, stride: sent(x, dy, k, 1, lambda w: np.full(w.shape, k**-2))),
            "the windows lie side by side, as if the stride were k.": (
                lambda x, dy, k, stride: sent(x, dy, k, k, lambda w: np.full(w.shape, k**-2))
            ),
            "the shares are multiplied by `x`. The slope of an average does not depend on `x`.": (
                lambda x, dy, k, stride: x * average_backward(x, dy, k, stride)
            ),
            "this is the backward pass of max pooling.": max_backward,
            "only the upper left cell of each window gets anything.": (
                lambda x, dy, k, stride: sent(x, dy, k, stride, lambda w: one(w, 0))
            ),
            "only the upper left cell of each window gets a share.": (
                lambda x, dy, k, stride: sent(x, dy, k, stride, lambda w: one(w, 0)) / k**2
            ),
        },
        hints=[
            "Start from zeros in the shape of `x`. Which slice of it does window (i, j) read?",
            "Rows `i * stride` to `i * stride + k`, columns likewise. Each of its k · k cells "
            "moves the average by 1 / (k · k).",
            "`dx[top : top + k, left : left + k] += dy[i, j] / k**2`, for all windows.",
        ],
        solution="The folded cell below holds a solution.",
        why="`x` is needed for its shape alone: an average is linear, so its slope is the same "
        "everywhere. The usual slip is `=` for `+=`, which no test finds whose windows do not "
        "overlap.",
    ),
    Code(
        id="18-max-backward",
        title="The backward pass of max pooling",
        text="The same for max pooling. Of equal maxima the first in row order gets the gradient. "
        "A cell that wins several windows gets all their gradients, added up.",
        name="max_backward",
        stub="def max_backward(x, dy, k, stride):\n    ...  # x (H, W), dy (H_out, W_out) -> "
        "dx (H, W)",
        cases=POOLS | TIES,
        answer=max_backward,
        misconceptions={
            "a cell that wins several windows keeps the gradient of the last one. With arrays of "
            "indices `dx[rows, columns] += dy` does that too; `np.add.at` adds each.": (
                lambda x, dy, k, stride: sent(x, dy, k, stride, one, add=False)
            ),
            "every cell that equals the maximum gets the whole gradient; only the first does.": (
                lambda x, dy, k, stride: sent(x, dy, k, stride, winners)
            ),
            "equal maxima share the gradient; here the first gets all of it.": (
                lambda x, dy, k, stride: sent(
                    x, dy, k, stride, lambda w: winners(w) / winners(w).sum()
                )
            ),
            "of equal maxima the last one gets the gradient. A comparison with `>=` does that.": (
                lambda x, dy, k, stride: sent(x, dy, k, stride, last)
            ),
            "this is the backward pass of average pooling.": average_backward,
            "the gradient goes to the upper left cell of each window, wherever the maximum is.": (
                lambda x, dy, k, stride: sent(x, dy, k, stride, lambda w: one(w, 0))
            ),
            "the stride is missing: window (i, j) begins at row `i * stride`, column `j * stride`"
            ".": (lambda x, dy, k, stride: sent(x, dy, k, 1, one)),
            "the windows lie side by side, as if the stride were k.": (
                lambda x, dy, k, stride: sent(x, dy, k, k, one)
            ),
            "the gradient goes to the smallest cell of each window.": (
                lambda x, dy, k, stride: max_backward(-x, dy, k, stride)
            ),
            "the place in the window is taken for a place in the map: the window's corner, row "
            "`i * stride` and column `j * stride`, has to be added.": in_the_corner,
            "the gradient is multiplied by the maximum. The slope is 1.": (
                lambda x, dy, k, stride: x * max_backward(x, dy, k, stride)
            ),
            "windows are counted; each sends back its own number of `dy`.": (
                lambda x, dy, k, stride: max_backward(x, np.ones_like(dy), k, stride)
            ),
            "the search starts from 0, so a window of negative numbers has no maximum.": (
                lambda x, dy, k, stride: sent(x, dy, k, stride, lambda w: one(w) * (w.max() > 0))
            ),
        },
        hints=[
            "Find the maximum of each window first: `window.argmax()` counts in row order, within "
            "the window, and returns the first of equal ones.",
            "Number n in a window of k columns is row `n // k`, column `n % k`. Where does that "
            "lie in the map?",
            "`dx[i * stride + n // k, j * stride + n % k] += dy[i, j]`, for all windows. Without "
            "loops, `np.add.at(dx, (rows, columns), dy)`.",
        ],
        solution="The folded cell below holds a solution.",
        why="A mask, `window == window.max()`, is the usual short form. It pays the gradient "
        "twice at a tie, and behind a ReLU there are windows with nothing but equal zeros.",
    ),
]
