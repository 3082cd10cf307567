"""A block to repair in chapter 29: what the shortcut brings has another shape."""

from collections.abc import Callable

import numpy as np

from cnnbook.exercises.definitions import Code


def series(*shape: int, start: int = 1) -> list:
    """Return nested lists of hundredths, all different and without a pattern: plain data."""
    size = int(np.prod(shape))
    tenths = (np.arange(start, start + size) * 7919 % 503 - 251) / 10
    return (tenths + 0.03).round(2).reshape(shape).tolist()


def sampled(x: np.ndarray, stride: int | tuple[int, int], start: int = 0) -> np.ndarray:
    """Keep every stride-th cell of rows and columns, the first included by default."""
    rows, columns = (stride, stride) if isinstance(stride, int) else stride
    return x[:, :, min(start, rows - 1) :: rows, min(start, columns - 1) :: columns]


def strides(x: np.ndarray, branch: np.ndarray) -> tuple[int, int]:
    """Read the strides off the sizes: rounded up, because the last step may be a short one."""
    rows, columns = (-(-n // m) for n, m in zip(x.shape[2:], branch.shape[2:], strict=True))
    return rows, columns


def filled(x: np.ndarray, c_out: int, before: int = 0) -> np.ndarray:
    """Bring x to c_out channels with zeros, some of them before its own."""
    return np.pad(x, ((0, 0), (before, c_out - x.shape[1] - before), (0, 0), (0, 0)))


def fitting(x: np.ndarray, branch: np.ndarray, start: int = 0) -> np.ndarray:
    """Bring x to the height and width of the branch."""
    return sampled(x, strides(x, branch), start)


def add_shortcut(x: np.ndarray, branch: np.ndarray) -> np.ndarray:
    """Add x to the branch: every stride-th cell, and zeros for the new channels."""
    return branch + filled(fitting(x, branch), branch.shape[1])


def with_shortcut(shortcut: Callable) -> Callable:
    """Make the slip of another shortcut."""
    return lambda x, branch: branch + shortcut(x, branch)


def averaged(x: np.ndarray, branch: np.ndarray) -> np.ndarray:
    """Take the mean of each window as large as the strides, cut off at the end."""
    (down, across), (h, w) = strides(x, branch), x.shape[2:]
    small = [
        [x[:, :, i : i + down, j : j + across].mean((2, 3)) for j in range(0, w, across)]
        for i in range(0, h, down)
    ]
    return filled(np.moveaxis(np.array(small), (0, 1), (2, 3)), branch.shape[1])


def channels(choose: Callable) -> Callable:
    """Make the slip of filling the new channels with old ones."""

    def shortcut(x: np.ndarray, branch: np.ndarray) -> np.ndarray:
        return fitting(x, branch)[:, choose(np.arange(branch.shape[1]), x.shape[1])]

    return with_shortcut(shortcut)


def behind(share: float) -> Callable:
    """Make the slip of zeros in front of the channels of x, a share of them."""

    def shortcut(x: np.ndarray, branch: np.ndarray) -> np.ndarray:
        c_out = branch.shape[1]
        return filled(fitting(x, branch), c_out, int(share * (c_out - x.shape[1])))

    return with_shortcut(shortcut)


def cropped(x: np.ndarray, branch: np.ndarray) -> np.ndarray:
    """Keep the upper left corner."""
    h, w = branch.shape[2:]
    return filled(x[:, :, :h, :w], branch.shape[1])


CASES = {
    "the same shape": {
        "x": series(2, 3, 4, 5, start=150),
        "branch": series(2, 3, 4, 5, start=21),
    },
    "more channels": {
        "x": series(2, 4, 3, 5, start=90),
        "branch": series(2, 7, 3, 5, start=310),
    },
    "a third of the size": {
        "x": series(1, 4, 9, 6, start=7),
        "branch": series(1, 4, 3, 2, start=77),
    },
    "twice the channels, half the size": {
        "x": series(2, 3, 8, 6),
        "branch": series(2, 6, 4, 3, start=200),
    },
    "an odd size": {
        "x": series(3, 2, 7, 9, start=40),
        "branch": series(3, 5, 4, 5, start=11),
    },
    "half the height, the whole width": {
        "x": series(2, 3, 6, 4, start=64),
        "branch": series(2, 5, 3, 4, start=118),
    },
}
MEETING = [
    Code(
        id="29-repair",
        title="Shapes that do not meet",
        text="At the start of a stage, `branch + x` fails: the branch has more channels than x, or "
        "was computed with a stride, or both. Repair the sum without new weights, as option A "
        "does: x gives every s-th cell, the first included, and the channels that it lacks are "
        "zeros, put behind its own. The stride s is not told: it is the smallest that fits the "
        "shapes, one for rows and one for columns. The branch had padding, so that a "
        "stride leaves as many cells as it finds, divided by s and rounded up. The ReLU comes "
        "elsewhere; return the sum.",
        name="add_shortcut",
        stub="def add_shortcut(x, branch):\n    # x (N, C_in, H, W) -> branch's shape "
        "(N, C_out, h_out, w_out)\n    # return branch + x: works in one of six cases\n    ...",
        cases=CASES,
        answer=add_shortcut,
        misconceptions={
            "x is cut off at the size of the branch. So the shortcut shows only its upper left "
            "corner.": with_shortcut(cropped),
            "cells are averaged. Option A picks one of them and leaves the others out.": (
                with_shortcut(averaged)
            ),
            "the new channels repeat the old ones. They are zero.": (
                channels(lambda places, c_in: places % c_in)
            ),
            "the new channels repeat the last one. They are zero.": (
                channels(lambda places, c_in: np.minimum(places, c_in - 1))
            ),
            "the zeros stand before the channels of x. They come behind them.": behind(1),
            "the zeros stand on both sides of the channels of x. They come behind them.": (
                behind(0.5)
            ),
            "the first cell that is taken is the second. The first is included.": with_shortcut(
                lambda x, branch: filled(fitting(x, branch, 1), branch.shape[1])
            ),
            "the branch is missing: this is the shortcut alone.": (
                lambda x, branch: filled(fitting(x, branch), branch.shape[1])
            ),
            "the shortcut is missing: this is the branch.": lambda x, branch: branch,
            "the branch lost its new channels. It is x that has to get more.": (
                lambda x, branch: branch[:, : x.shape[1]] + fitting(x, branch)
            ),
            "the shortcut is subtracted.": lambda x, branch: 2 * branch - add_shortcut(x, branch),
            "negative sums are cut off. The ReLU comes elsewhere.": (
                lambda x, branch: np.maximum(add_shortcut(x, branch), 0)
            ),
        },
        hints=[
            "From 7 cells to 4, from 9 to 5, from 8 to 4: always stride 2. Which division gives "
            "2 for all three? In Python, `-(-n // m)` divides and rounds up.",
            "`x[:, :, ::rows, ::columns]` has the height and width of the branch.",
            "A slice of a copy of the branch can be added to. What is not in the slice gets "
            "nothing, which is what zeros would do.",
        ],
        solution="The folded cell below holds a solution.",
        why="The usual slip is to make shapes meet with whatever stops the error: a crop gives a "
        "shortcut whose cells lie somewhere else than the branch's. Cell (i, j) of the branch was "
        "computed around cell (s · i, s · j) of x, and that is the one to add.",
    ),
]
