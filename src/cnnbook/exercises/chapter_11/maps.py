"""Exercises of chapter 11 by hand: an output map, and a gradient map."""

import numpy as np

from cnnbook.exercises.definitions import Matrix
from cnnbook.exercises.drawn import Grid
from cnnbook.reference import conv2d, conv2d_backward, flip


def correlate(x: list, weight: list, padding: int = 0) -> np.ndarray:
    """Slide one kernel over one map."""
    x, weight = np.array(x, float), np.array(weight, float)
    return conv2d(x[None, None], weight[None, None], padding=padding)[0][0, 0]


def gradient_x(dy: list, weight: list) -> np.ndarray:
    """Return the gradient for the input of `correlate`."""
    dy, weight = np.array(dy, float), np.array(weight, float)
    size = [d + k - 1 for d, k in zip(dy.shape, weight.shape, strict=True)]
    _, cache = conv2d(np.zeros((1, 1, *size)), weight[None, None])
    return conv2d_backward(dy[None, None], cache)[0][0, 0]


def overwrite_x(dy: list, weight: list) -> np.ndarray:
    """Make the slip of writing each window's share instead of adding it."""
    dx = np.zeros(np.add(np.shape(dy), np.shape(weight)) - 1)
    for (i, j), value in np.ndenumerate(dy):
        dx[i : i + len(weight), j : j + len(weight[0])] = value * np.array(weight)
    return dx


MAPS = [
    Grid(
        id="11-hand-map",
        title="A map by hand",
        text="Cross-correlate the input with the kernel: no padding, step 1.",
        given=[Matrix("input `x`", "input", "x"), Matrix("`weight`", "kernel", "weight")],
        caption="output `y`",
        variants=[
            {
                "x": [[1, 0, 2, 1], [3, 1, 0, 2], [0, 2, 1, 1], [1, 1, 3, 0]],
                "weight": [[1, 2], [0, -1]],
            },
            {
                "x": [[2, 1, 0, 3], [0, 1, 4, 1], [1, 0, 2, 2], [3, 2, 1, 0]],
                "weight": [[2, -1], [1, 0]],
            },
            {
                "x": [[0, 3, 1, 2], [1, 2, 0, 1], [4, 0, 1, 3], [2, 1, 1, 0]],
                "weight": [[1, -1], [2, 3]],
            },
            {
                "x": [[5, 1, 0, 2], [1, 0, 3, 1], [2, 1, 1, 4], [0, 2, 0, 1]],
                "weight": [[0, 1], [-2, 3]],
            },
            {
                "x": [[1, 2, 0, 1], [0, 4, 1, 2], [3, 1, 2, 0], [1, 0, 1, 5]],
                "weight": [[3, 1], [0, -2]],
            },
            {
                "x": [[0, 1, 3, 2], [2, 0, 1, 1], [1, 5, 0, 2], [3, 1, 2, 1]],
                "weight": [[-1, 2], [1, 3]],
            },
        ],
        answer=correlate,
        slips={
            "You flipped the kernel first. That is the true convolution; layers leave it as it "
            "is.": (lambda x, weight: correlate(x, flip(np.array(weight)))),
            "The kernel's rows and columns are swapped: its first row lies along the window's "
            "first row.": (lambda x, weight: correlate(x, np.transpose(weight))),
            "You divided by 4. The window's products are summed, not averaged.": (
                lambda x, weight: correlate(x, weight) / 4
            ),
            "You lost the signs: the kernel has a negative entry.": (
                lambda x, weight: correlate(x, np.abs(weight))
            ),
        },
        hints=[
            "Lay the kernel on the upper left 2x2 corner, multiply cell by cell, add the four "
            "products.",
            "Then move one column to the right, twice; then one row down.",
        ],
        solution="Each cell is `(x[i:i+2, j:j+2] * weight).sum()`; the right map, row by row, is "
        "{answer}.",
        why="The mathematical convolution turns the kernel by half a turn before it slides. A "
        "network learns its kernels, so it could learn them turned; libraries leave the flip out.",
    ),
    Grid(
        id="11-backward-map",
        title="The gradient, sent back",
        text="A layer computed `y` as the cross-correlation of `x` with this kernel, without "
        "padding. The loss sends back `dy`. Fill in `dx`, the gradient for the 3x3 input.",
        given=[Matrix("`dy`", "gradient", "dy"), Matrix("`weight`", "kernel", "weight")],
        caption="`dx`",
        role="gradient",
        variants=[
            {"dy": [[1, 2], [0, -1]], "weight": [[1, 3], [2, -1]]},
            {"dy": [[2, 0], [1, 1]], "weight": [[1, -2], [3, 2]]},
            {"dy": [[1, -1], [2, 1]], "weight": [[2, 1], [0, 3]]},
            {"dy": [[3, 1], [-1, 2]], "weight": [[1, 0], [2, -1]]},
            {"dy": [[1, 1], [2, -2]], "weight": [[3, -1], [1, 2]]},
        ],
        answer=gradient_x,
        slips={
            "You slid the kernel over the padded `dy` without flipping it. Follow one input: the "
            "window that starts at it reads it with `weight[0, 0]`, the window before with a "
            "later weight.": (lambda dy, weight: correlate(dy, weight, padding=1)),
            "Windows overlap. Where an input is read by several outputs, their shares add up; "
            "you kept only the last.": overwrite_x,
            "The kernel's rows and columns are swapped.": (
                lambda dy, weight: gradient_x(dy, np.transpose(weight))
            ),
            "You added up the `dy` of all readers, but each reads the input through a weight.": (
                lambda dy, weight: gradient_x(dy, np.ones((2, 2)))
            ),
        },
        hints=[
            "Take one output: it sends `dy[i, j]` back to its four inputs, each multiplied by the "
            "weight through which it was read.",
            "Lay down `dy[i, j]` times the unflipped kernel at rows i, i+1 and columns j, j+1, "
            "for all four outputs, and add up what overlaps.",
        ],
        solution="The four shares added up make {answer}. The same is a full convolution: pad "
        "`dy` by 1 and slide the flipped kernel over it.",
        why="Forward, output i reads inputs i, i+1, so backward, input i hears from outputs i, "
        "i−1: the order turns round, and that is the flip.",
    ),
]
