"""Exercises of chapter 18 by hand: a map pooled, and a gradient routed back."""

from collections.abc import Callable

import numpy as np

from cnnbook.exercises.definitions import Matrix
from cnnbook.exercises.drawn import Grid


def windows(x: list, k: int, stride: int) -> np.ndarray:
    """Return all windows of k x k cells: (H_out, W_out, k, k)."""
    everywhere = np.lib.stride_tricks.sliding_window_view(np.array(x, float), (k, k))
    return everywhere[::stride, ::stride]


def pooled(x: list, k: int = 3, stride: int = 2, over: Callable = np.max) -> np.ndarray:
    """Pool a map of 5x7 cells to 2x3."""
    return over(windows(x, k, stride), axis=(2, 3))[:2, :3]


def largest_size(cells: np.ndarray, axis: tuple) -> np.ndarray:
    """Make the slip of leaving the signs out: of each window, the number farthest from 0."""
    high, low = cells.max(axis), cells.min(axis)
    return np.where(high >= -low, high, low)


def routed(x: list, dy: list, share: Callable) -> np.ndarray:
    """Send dy back through windows of 2x2 with step 1; `share` says what each cell gets of a 1."""
    dx = np.zeros(np.shape(x))
    for (i, j), value in np.ndenumerate(dy):
        window = np.array(x, float)[i : i + 2, j : j + 2]
        dx[i : i + 2, j : j + 2] += value * share(window)
    return dx


def first(window: np.ndarray, of: int = 0) -> np.ndarray:
    """Return 1 for the first maximum in row order, 0 for the rest; the last one with of = −1."""
    found = np.zeros(window.shape)
    found.flat[np.flatnonzero(window == window.max())[of]] = 1
    return found


def all_of(window: np.ndarray) -> np.ndarray:
    """Return 1 for each maximum of a window."""
    return (window == window.max()).astype(float)


def overwritten(x: list, dy: list) -> np.ndarray:
    """Make the slip of writing each window's gradient where it should be added."""
    dx = np.zeros(np.shape(x))
    for (i, j), value in np.ndenumerate(dy):
        share = first(np.array(x, float)[i : i + 2, j : j + 2])
        dx[i : i + 2, j : j + 2][share > 0] = value
    return dx


MAPS = [
    Grid(
        id="18-max-map",
        title="A map, pooled by hand",
        text="Apply max pooling with windows of 3x3 and stride 2 to this map, without padding.",
        given=[Matrix("input `x`", "input", "x")],
        caption="output `y`",
        tolerance=6e-3,
        variants=[
            {
                "x": [
                    [8, 0, -3, 5, 7, -2, -1],
                    [-5, 9, 9, 5, 3, 3, 4],
                    [5, 3, 6, 1, -1, -5, -4],
                    [-1, 4, 5, 5, -7, -4, -4],
                    [5, 9, 1, -6, -8, -3, -4],
                ]
            },
            {
                "x": [
                    [0, -4, -1, 2, 2, 6, 8],
                    [9, -2, 9, 2, 4, -5, 2],
                    [-7, -3, -8, 5, -3, -3, 7],
                    [-2, -6, -4, 9, -5, 2, -3],
                    [-9, -5, -5, 3, 4, 3, 6],
                ]
            },
            {
                "x": [
                    [-6, 9, -9, -3, -7, 2, 5],
                    [-5, 8, -7, -2, -6, -2, 5],
                    [4, 3, -3, -6, -6, 8, 5],
                    [5, -6, 7, 7, -3, 2, -1],
                    [-1, -3, 4, 4, 5, 3, 7],
                ]
            },
            {
                "x": [
                    [9, -3, 1, 8, 2, 4, 5],
                    [4, 0, 9, 1, 1, -3, -5],
                    [7, 4, -7, -5, -4, -4, -4],
                    [6, 1, -4, -5, -5, -1, 6],
                    [-4, 8, -6, -1, -8, -1, 6],
                ]
            },
            {
                "x": [
                    [-6, 2, -3, 1, -5, -5, -3],
                    [4, 5, -5, 1, -6, -2, -6],
                    [8, 7, 2, 0, -7, -4, -8],
                    [-4, 2, 0, -3, 3, 4, -6],
                    [9, 7, 0, -5, 6, 5, 9],
                ]
            },
            {
                "x": [
                    [7, 8, 3, 7, -5, 5, 5],
                    [-3, 1, 5, 4, 6, -2, 2],
                    [-6, -2, -8, -5, 6, 5, 2],
                    [-1, -3, -1, -3, 4, -3, -4],
                    [-9, -6, -9, 4, 7, 2, 6],
                ]
            },
        ],
        answer=pooled,
        slips={
            "That is the average of each window.": lambda x: pooled(x, over=np.mean),
            "That is the smallest number of each window.": lambda x: pooled(x, over=np.min),
            "You took the upper left cell of each window, whatever else stands in it. That is "
            "subsampling.": (lambda x: pooled(x, over=lambda w, axis: w[:, :, 0, 0])),
            "You took the middle of each window, whatever else stands in it.": (
                lambda x: pooled(x, over=lambda w, axis: w[:, :, 1, 1])
            ),
            "Your windows move one cell at a time; the stride is 2.": (
                lambda x: pooled(x, stride=1)
            ),
            "Your windows are 2x2. They are 3x3, and neighbours share a row or a column.": (
                lambda x: pooled(x, k=2)
            ),
            "You looked at sizes without signs: −7 is smaller than 2.": (
                lambda x: pooled(x, over=largest_size)
            ),
            "One window holds negative numbers only. Its maximum is negative; there is no 0 "
            "in it.": (lambda x: np.maximum(pooled(x), 0)),
        },
        hints=[
            "How many windows are there? They begin at rows 1 and 3, and at columns 1, 3 and 5.",
            "The first window is rows 1 to 3 and columns 1 to 3, the next one rows 1 to 3 and "
            "columns 3 to 5. Write down the largest of nine, signs included.",
        ],
        solution="Two rows of three windows: {answer}.",
        why="With a stride below the window's size the windows share cells, so one large number "
        "can stand in the output more than once. And a maximum needs no positive number: behind "
        "a convolution without ReLU, many windows have none.",
    ),
    Grid(
        id="18-max-back",
        title="Who gets the gradient?",
        text="Max pooling with windows of 2x2 and stride 1 has read `x`; the loss sends back "
        "`dy`. Fill in `dx`. Where a window holds its maximum twice, do as torch does: the first "
        "in row order gets it all.",
        given=[Matrix("input `x`", "input", "x"), Matrix("`dy`", "gradient", "dy")],
        caption="`dx`",
        role="gradient",
        tolerance=6e-3,
        variants=[
            {"x": [[0, 6, 5, 0], [2, 1, 4, 0], [3, 7, 4, 1]], "dy": [[3, 1, 3], [2, -1, 4]]},
            {"x": [[6, 7, 0, 0], [7, 3, 5, 4], [2, 0, 1, 5]], "dy": [[1, 5, -3], [3, 4, 2]]},
            {"x": [[3, 6, 5, 0], [7, 4, 3, 5], [7, 3, 3, 3]], "dy": [[2, 3, -2], [4, 5, 2]]},
            {"x": [[6, 0, 0, 3], [6, 0, 5, 1], [0, 6, 1, 2]], "dy": [[2, 5, -3], [1, 1, 4]]},
            {"x": [[4, 6, 3, 6], [6, 4, 0, 3], [2, 5, 5, 4]], "dy": [[1, 1, 4], [-2, 3, 5]]},
            {"x": [[2, 1, 4, 1], [0, 2, 6, 0], [5, 4, 4, 7]], "dy": [[1, -2, 4], [2, 1, 3]]},
        ],
        answer=lambda x, dy: routed(x, dy, first),
        slips={
            "You shared the gradient among equal maxima. That would be fair too, but torch gives "
            "all of it to the first.": (
                lambda x, dy: routed(x, dy, lambda w: all_of(w) / all_of(w).sum())
            ),
            "Where a maximum stands twice, you gave the whole gradient to both: more comes out "
            "than went in.": (lambda x, dy: routed(x, dy, all_of)),
            "Of equal maxima you took the last; torch takes the first in row order.": (
                lambda x, dy: routed(x, dy, lambda w: first(w, -1))
            ),
            "A cell that wins several windows gets the sum of their gradients; you kept only the "
            "last.": overwritten,
            "That is the backward pass of average pooling: each cell of a window got a quarter.": (
                lambda x, dy: routed(x, dy, lambda w: np.full((2, 2), 0.25))
            ),
            "You gave it to the upper left cell of each window. It goes to the window's maximum.": (
                lambda x, dy: routed(x, dy, lambda w: np.array([[1, 0], [0, 0]]))
            ),
            "You gave it to the smallest cell of each window.": (
                lambda x, dy: routed(x, dy, lambda w: first(-w))
            ),
            "You multiplied by `x`. The output is the maximum itself, so its slope is 1.": (
                lambda x, dy: routed(x, dy, lambda w: w.max() * first(w))
            ),
            "You counted windows. Each sends back its own number of `dy`.": (
                lambda x, dy: routed(x, np.ones((2, 3)), first)
            ),
        },
        hints=[
            "Six windows, one for each number of `dy`. Mark the largest cell of each in `x`.",
            "Write each number of `dy` to the cell you marked for it. A cell marked several times "
            "gets the sum, a cell never marked gets 0.",
        ],
        solution="Row by row, `dx` is {answer}. Its sum is that of `dy`.",
        why="The usual slip is to write instead of to add. Windows overlap, a cell can win up to "
        "four of them, and every one that it wins depends on it.",
    ),
]
