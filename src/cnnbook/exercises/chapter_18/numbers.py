"""Counting exercises of chapter 18: outputs with ceil_mode, and gradient lost in the padding."""

from cnnbook.exercises.drawn import Number
from cnnbook.shapes import output_size


def outputs(
    h: int, w: int, kernel: int, stride: int, padding: int, ceil_mode: bool = True
) -> tuple[int, int]:
    """Count the outputs along both axes of a pooled map."""
    rows, columns = (output_size(n, kernel, stride, padding, 1, ceil_mode) for n in (h, w))
    return rows, columns


def product(pair: tuple[int, int]) -> int:
    """Multiply the two counts."""
    return pair[0] * pair[1]


def every_start(h: int, w: int, kernel: int, stride: int, padding: int) -> int:
    """Make the slip of rounding up and keeping windows that begin behind the map."""
    return product([-(-(n + 2 * padding - kernel) // stride) + 1 for n in (h, w)])


def no_length(h: int, w: int, kernel: int, stride: int, padding: int) -> int:
    """Make the slip of leaving the window's length out."""
    return product([-(-(n + 2 * padding) // stride) + 1 for n in (h, w)])


def inside(size: int, kernel: int, stride: int, padding: int) -> list[int]:
    """Count for each window along an axis the cells that are not padding."""
    starts = range(-padding, size + padding - kernel + 1, stride)
    return [min(start + kernel, size) - max(start, 0) for start in starts]


def shares(h: int, w: int, kernel: int, stride: int, padding: int) -> list[tuple[float, float]]:
    """Return for each window the shares of its rows and of its columns that are not padding."""
    rows, columns = (inside(n, kernel, stride, padding) for n in (h, w))
    return [(i / kernel, j / kernel) for i in rows for j in columns]


def arrived(d: int, **v: int) -> float:
    """Add up the gradient that reaches the map."""
    return round(d * sum(i * j for i, j in shares(**v)), 9)


def lost(d: int, **v: int) -> float:
    """Add up the gradient that falls on the padding."""
    return d * len(shares(**v)) - arrived(d, **v)


def ring(h: int, w: int, padding: int) -> int:
    """Count the cells of padding."""
    return (h + 2 * padding) * (w + 2 * padding) - h * w


NUMBERS = [
    Number(
        id="18-output-size",
        title="Rounded up",
        text="`MaxPool2d(kernel_size={kernel}, stride={stride}, padding={padding}, "
        "ceil_mode=True)` reads one map of {h} x {w} cells. How many numbers has its output?",
        unit="numbers",
        variants=[
            {"h": 8, "w": 13, "kernel": 4, "stride": 3, "padding": 2},
            {"h": 19, "w": 8, "kernel": 4, "stride": 3, "padding": 2},
            {"h": 9, "w": 11, "kernel": 6, "stride": 4, "padding": 3},
            {"h": 18, "w": 13, "kernel": 6, "stride": 4, "padding": 3},
            {"h": 18, "w": 11, "kernel": 6, "stride": 5, "padding": 3},
            {"h": 8, "w": 16, "kernel": 6, "stride": 5, "padding": 3},
            {"h": 17, "w": 23, "kernel": 7, "stride": 5, "padding": 3},
        ],
        answer=lambda **v: product(outputs(**v)),
        slips={
            "That is rounded down along both axes, as without `ceil_mode`.": (
                lambda **v: product(outputs(**v, ceil_mode=False))
            ),
            "Along one axis your last window begins behind the map, in the padding at the far "
            "end. torch leaves such a window out.": every_start,
            "That is without the {padding} cells of padding at either end.": (
                lambda padding, **v: product(outputs(padding=0, **v))
            ),
            "The window's length is missing: it covers {kernel} cells before it moves at all.": (
                no_length
            ),
            "That is the number of rows; each row has several columns.": (
                lambda **v: outputs(**v)[0]
            ),
            "That is the number of columns; there are several such rows.": (
                lambda **v: outputs(**v)[1]
            ),
            "That is with a stride of 1; the window moves {stride} cells at a time.": (
                lambda stride, **v: product(outputs(stride=1, **v))
            ),
        },
        hints=[
            "Take one axis at a time. Down the map, {h} + 2 x {padding} − {kernel} cells are left "
            "after the first window; `ceil_mode` rounds the number of steps of {stride} up.",
            "Then look where the last window begins, counted from 0 at the first cell of padding. "
            "Below {h} + {padding} (across: {w} + {padding}) it stays, otherwise it is left out.",
            "One of the two axes gains a window by rounding up, the other does not. Multiply.",
        ],
        solution="({h} + 2 x {padding} − {kernel}) / {stride} steps down and ({w} + 2 x {padding} "
        "− {kernel}) / {stride} across, both rounded up, and 1 more for the first window. Along "
        "one of the two axes the last window then begins behind the map and is left out. "
        "Rows times columns: {answer}.",
        why="“Rounded up” is half of the rule. A window that holds nothing but padding has no "
        "maximum to report, so torch takes it away again.",
    ),
    Number(
        id="18-sum-lost",
        title="Gradient that leaks",
        text="`AvgPool2d(kernel_size={kernel}, stride={stride}, padding={padding})` has read a map "
        "of {h} x {w} cells, with `count_include_pad` as torch sets it. The loss sends back {d} to "
        "every cell of the output. How much of the sum of `dy` does not arrive in `dx`?",
        variants=[
            {"h": 5, "w": 7, "kernel": 3, "stride": 2, "padding": 1, "d": 9},
            {"h": 5, "w": 9, "kernel": 3, "stride": 2, "padding": 1, "d": 18},
            {"h": 6, "w": 8, "kernel": 4, "stride": 2, "padding": 1, "d": 16},
            {"h": 6, "w": 10, "kernel": 4, "stride": 2, "padding": 1, "d": 32},
            {"h": 3, "w": 4, "kernel": 3, "stride": 1, "padding": 1, "d": 9},
            {"h": 3, "w": 5, "kernel": 3, "stride": 1, "padding": 1, "d": 18},
            {"h": 8, "w": 11, "kernel": 4, "stride": 3, "padding": 1, "d": 16},
        ],
        tolerance=1e-6,
        whole=False,  # an amount of gradient, not a count
        answer=lost,
        slips={
            "That is what arrives. The question is what does not.": arrived,
            "Nothing would be lost with `count_include_pad=False`. Torch's default is True: each "
            "average is divided by {kernel} x {kernel}, padding included.": lambda **v: 0,
            "You counted each cell of padding once. Windows overlap: a cell takes a share from "
            "every window that reads it.": (
                lambda h, w, kernel, padding, d, **_: ring(h, w, padding) * d / kernel**2
            ),
            "A window that hangs over the edge loses only the shares of its cells in the padding, "
            "not its whole gradient.": (lambda d, **v: d * sum(i * j < 1 for i, j in shares(**v))),
            "In the windows at the corners you counted some cells of padding twice, once with "
            "their row and once with their column.": (
                lambda d, **v: round(d * sum(2 - i - j for i, j in shares(**v)), 9)
            ),
            "That is the whole sum of `dy`; some of it arrives.": lambda d, **v: (
                d * len(shares(**v))
            ),
        },
        hints=[
            "Each cell of a window gets {d} / ({kernel} x {kernel}), whether it is map or padding. "
            "How many windows are there?",
            "Down the map, how many rows of each window are rows of the map? Across, how many "
            "columns? A window's cells in the map are the product of the two.",
            "Add up the cells of the map that all windows read; each brings {d} / ({kernel} x "
            "{kernel}) home. The sum of `dy` is {d} times the number of windows. Subtract.",
        ],
        solution="Window by window, count the cells that lie in the padding; each takes "
        "{d} / ({kernel} x {kernel}) away. In all, {answer} are lost.",
        why="The usual slip is to count the padding's cells once each, or to give a whole window "
        "up for lost. Dividing by the full window sets a share aside for every cell, and those of "
        "the padding go nowhere. With `count_include_pad=False` the divisor counts the map's "
        "cells alone, and the sum is kept.",
    ),
]
