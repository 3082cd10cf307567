"""Exercises of chapter 07 on clipping: by hand, and as a function."""

import numpy as np

from cnnbook.exercises.definitions import Code, Matrix
from cnnbook.exercises.drawn import Grid


def shortened(g: list, max_norm: float, norm: float) -> np.ndarray:
    """Scale a gradient from `norm` to `max_norm`."""
    return np.round(np.array(g, float) * max_norm / norm, 3)


def clip_by_norm(gradients: np.ndarray, max_norm: float) -> np.ndarray:
    """Scale all gradients by one factor if their norm is above `max_norm`."""
    norm = np.linalg.norm(gradients)
    return gradients * min(1, max_norm / norm) if norm else gradients


def divided(gradients: np.ndarray, max_norm: float, norm: np.ndarray) -> np.ndarray:
    """Clip with some other norm; a norm of each row or column is an array."""
    return gradients * np.minimum(1, max_norm / np.maximum(norm, 1e-300))


def unit(gradients: np.ndarray) -> np.ndarray:
    """Make the slip of always scaling: to length 1."""
    return gradients / max(np.linalg.norm(gradients), 1e-300)


STEPS = {
    "several layers, one norm": {
        "gradients": [
            [1.5, -2.0, 0.25, 4.0, -0.75],
            [3.0, 0.5, -1.0, 0.0, 2.5],
            [-0.5, 1.0, 2.0, -3.5, 0.25],
        ],
        "max_norm": 2.0,
    },
    "a short gradient stays": {"gradients": [[0.5, -0.25, 0.0], [0.25, 0.5, 1.0]], "max_norm": 3.0},
    "one long layer": {
        "gradients": [[0.5, -1.0], [30.0, 40.0], [0.25, 0.5], [0.0, 1.0]],
        "max_norm": 5.0,
    },
    "a gradient of zeros": {"gradients": [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], "max_norm": 1.0},
}

CLIPPING = [
    Grid(
        id="07-clip-by-hand",
        title="A gradient, clipped by its norm",
        text="Clip this gradient by its norm, to at most {max_norm}.",
        given=[Matrix("gradient", "gradient", "g")],
        caption="clipped gradient",
        role="gradient",
        tolerance=6e-3,
        variants=[
            {"g": [[2, -3, 6]], "max_norm": 3.5, "norm": 7},
            {"g": [[-1, 4, 8]], "max_norm": 4.5, "norm": 9},
            {"g": [[6, -2, 9]], "max_norm": 5.5, "norm": 11},
            {"g": [[3, -4, 12]], "max_norm": 6.5, "norm": 13},
            {"g": [[-10, 2, 11]], "max_norm": 3, "norm": 15},
            {"g": [[2, 14, -5]], "max_norm": 6, "norm": 15},
            {"g": [[8, -9, 12]], "max_norm": 8.5, "norm": 17},
        ],
        answer=shortened,
        slips={
            "You clipped each value by itself. That turns the gradient; clipping by norm "
            "multiplies all its values by one factor.": (
                lambda g, max_norm, norm: np.clip(g, -max_norm, max_norm)
            ),
            "That has the norm 1; it may have {max_norm}.": (
                lambda g, max_norm, norm: shortened(g, 1, norm)
            ),
            "You made the largest value {max_norm}. The norm is the root of the sum of squares.": (
                lambda g, max_norm, norm: shortened(g, max_norm, np.abs(g).max())
            ),
            "You divided by the sum of the sizes. The norm is the root of the sum of squares.": (
                lambda g, max_norm, norm: shortened(g, max_norm, np.abs(g).sum())
            ),
            "The root is missing: you divided by the sum of squares.": (
                lambda g, max_norm, norm: shortened(g, max_norm, norm**2)
            ),
            "That is the gradient as it was; its norm is above {max_norm}.": (
                lambda g, max_norm, norm: np.array(g)
            ),
            "You divided by the limit. The factor is the limit divided by the norm.": (
                lambda g, max_norm, norm: np.round(np.array(g, float) / max_norm, 3)
            ),
            "The signs are lost: a clipped gradient points the same way as before.": (
                lambda g, max_norm, norm: np.abs(shortened(g, max_norm, norm))
            ),
            "Clipping shortens a gradient; it does not erase it.": (
                lambda g, max_norm, norm: np.zeros_like(g)
            ),
        },
        hints=[
            "How long is the gradient? Square, add up, take the root; the root is a whole number.",
            "Its norm is {norm}, {max_norm} are allowed: multiply every value by "
            "{max_norm} / {norm}.",
        ],
        solution="The norm is {norm}, the factor {max_norm} / {norm}: "
        "{answer[0][0]}, {answer[0][1]} and {answer[0][2]}.",
        why="Clipping value by value touches only the large ones, and the step then points "
        "elsewhere. One factor for all keeps the direction and shortens the step.",
    ),
    Code(
        id="07-clip-by-norm",
        title="Clip a network's gradient",
        text="`gradients` has a row for each layer. Clip the gradient of the whole network by its "
        "norm: if it is longer than `max_norm`, scale it to that length, else leave it.",
        name="clip_by_norm",
        stub="def clip_by_norm(gradients, max_norm):\n    ...  # gradients (layers, parameters) -> "
        "the same shape",
        cases=STEPS,
        answer=clip_by_norm,
        misconceptions={
            "each layer is clipped by itself. That changes the direction of the whole gradient; "
            "one norm over everything keeps it.": (
                lambda gradients, max_norm: divided(
                    gradients, max_norm, np.linalg.norm(gradients, axis=1, keepdims=True)
                )
            ),
            "each column is clipped by itself; there is one norm over everything.": (
                lambda gradients, max_norm: divided(
                    gradients, max_norm, np.linalg.norm(gradients, axis=0)
                )
            ),
            "each value is clipped by itself: that is clipping by value.": (
                lambda gradients, max_norm: np.clip(gradients, -max_norm, max_norm)
            ),
            "the gradient has `max_norm` as its length now, but it was shorter. Clipping never "
            "lengthens.": (lambda gradients, max_norm: max_norm * unit(gradients)),
            "the gradient has length 1; multiply by `max_norm`.": (
                lambda gradients, max_norm: unit(gradients)
            ),
            "the root is missing: the norm is the root of the sum of squares.": (
                lambda gradients, max_norm: divided(gradients, max_norm, (gradients**2).sum())
            ),
            "the sizes are added up. The norm is the root of the sum of squares.": (
                lambda gradients, max_norm: divided(gradients, max_norm, np.abs(gradients).sum())
            ),
            "the largest value is scaled to `max_norm`; the norm takes them all.": (
                lambda gradients, max_norm: divided(gradients, max_norm, np.abs(gradients).max())
            ),
            "`np.linalg.norm(..., 2)` of a matrix is its largest singular value, not the root of "
            "the sum of squares.": (
                lambda gradients, max_norm: divided(
                    gradients, max_norm, np.linalg.norm(gradients, 2)
                )
            ),
            "the factor is upside down: `max_norm / norm` shortens.": (
                lambda gradients, max_norm: gradients * np.linalg.norm(gradients) / max_norm
            ),
            "nothing was clipped.": lambda gradients, max_norm: gradients,
        },
        hints=[
            "One norm for all rows together: the root of the sum of all squares.",
            "The factor is `max_norm / norm`, but never more than 1.",
            "What does your function divide by if the gradient is 0?",
        ],
        solution="The folded cell below holds a solution.",
        why="The usual slip is to clip layer by layer: each row is then short enough, and the step "
        "points elsewhere. The other is to forget that a short gradient stays as it is.",
    ),
]
