"""Numbers of chapter 21: parameters of two layers, and a running variance after one step."""

import numpy as np

from cnnbook.exercises.definitions import Matrix, plain
from cnnbook.exercises.drawn import Number


def batch(x: list[int], running: float, momentum: float) -> dict:
    """Return a variant, with the steps of its solution."""
    mean = sum(x) // len(x)
    squares = sum((value - mean) ** 2 for value in x)
    less = len(x) - 1
    steps = {"mean": mean, "squares": squares, "less": less, "variance": plain(squares / less)}
    return {"x": [x], "running": running, "momentum": momentum, **steps}


def mixed(running: float, batch: float, momentum: float) -> float:
    """Move the old value towards the new one by torch's momentum, a share of the new."""
    return round((1 - momentum) * running + momentum * batch, 9)


NUMBERS = [
    Number(
        id="21-parameters",
        title="One layer for another",
        text="A convolution makes {c} maps of {h} x {w} cells, and `BatchNorm2d({c})` stands "
        "behind it. It is replaced by `LayerNorm([{c}, {h}, {w}])`. Both are as torch builds them. "
        "How many parameters does the network learn more than before?",
        unit="parameters",
        variants=[
            {"c": 16, "h": 14, "w": 10},
            {"c": 32, "h": 7, "w": 9},
            {"c": 8, "h": 12, "w": 15},
            {"c": 24, "h": 5, "w": 8},
            {"c": 64, "h": 6, "w": 7},
            {"c": 12, "h": 20, "w": 25},
        ],
        answer=lambda c, h, w: 2 * c * h * w - 2 * c,
        slips={
            "That would hold if layer norm had one weight and one bias for each channel, as "
            "`GroupNorm(1, {c})` has. Torch's `LayerNorm` has its own for each number of an "
            "image.": lambda c, h, w: 0,
            "That is what the new layer learns. What the old one learned is gone: take it off.": (
                lambda c, h, w: 2 * c * h * w
            ),
            "You took the running mean and variance off as well. They are stored, but no gradient "
            "reaches them: they are not learnt.": lambda c, h, w: 2 * c * h * w - 4 * c,
            "That counts the weights alone. Each weight comes with a bias.": (
                lambda c, h, w: c * h * w - c
            ),
            "That is one weight and one bias for each cell of a map, shared by all {c} maps. The "
            "shape between the brackets names the channels too.": lambda c, h, w: 2 * h * w - 2 * c,
        },
        hints=[
            "`BatchNorm2d({c})` scales and shifts each channel: one weight and one bias for each.",
            "`LayerNorm` has a weight of the shape between its brackets, and a bias of that shape.",
        ],
        solution="`LayerNorm` learns 2 x {c} x {h} x {w} numbers, `BatchNorm2d` 2 x {c}. The "
        "difference is {answer}.",
        why="The usual slip is to think that the two differ only in their axes. As torch builds "
        "them they differ in the scale and shift as well, and `LayerNorm` is tied to one size of "
        "image. `GroupNorm(1, C)` has the same sets and 2C parameters.",
    ),
    Number(
        id="21-running",
        title="One step of the running variance",
        text="A `BatchNorm1d(1, momentum={momentum})` of torch has the running variance {running}. "
        "In training mode it reads the batch below. What is its running variance after that?",
        given=[Matrix("the batch: five images, one number each", "input", "x")],
        variants=[
            batch([4, 6, 7, 8, 10], 1, 0.1),
            batch([12, 7, 7, 7, 7], 2, 0.2),
            batch([1, 3, 5, 7, 9], 1, 0.1),
            batch([10, 2, 4, 4, 5], 4, 0.25),
            batch([5, 10, 5, 10, 10], 3, 0.1),
            batch([12, 4, 5, 5, 4], 2, 0.3),
        ],
        tolerance=2e-3,
        answer=lambda running, variance, momentum, **_: mixed(running, variance, momentum),
        slips={
            "That divides the squares by 5. The batch itself is normalised so, but for the running "
            "variance torch divides by {less}.": lambda x, running, momentum, **_: mixed(
                running, np.var(x), momentum
            ),
            "That is momentum the other way round: in torch it is the share of the new value.": (
                lambda running, variance, momentum, **_: mixed(variance, running, momentum)
            ),
            "That is the batch's own variance. The running one moves a part of the way to it.": (
                lambda variance, **_: variance
            ),
            "The new value is added, but the old one keeps its full weight. The two shares make "
            "1.": lambda running, variance, momentum, **_: running + momentum * variance,
            "You mixed in the batch's standard deviation. The running variance is a mean of "
            "variances.": lambda running, variance, momentum, **_: mixed(
                running, variance**0.5, momentum
            ),
            "You mixed in the sum of the squares. The variance divides it by {less}.": (
                lambda running, squares, momentum, **_: mixed(running, squares, momentum)
            ),
            "You mixed in the batch's mean, as for the running mean.": (
                lambda running, mean, momentum, **_: mixed(running, mean, momentum)
            ),
        },
        hints=[
            "First the batch: its mean, the five squared distances from it, their sum.",
            "For the running variance torch divides that sum by {less}, one less than the count.",
            "Momentum is the share of the new value: (1 − {momentum}) x {running} + {momentum} x "
            "the batch's variance.",
        ],
        solution="The mean is {mean}, the squares add up to {squares}, and {squares} / {less} = "
        "{variance}. Then (1 − {momentum}) x {running} + {momentum} x {variance} = {answer}.",
        why="Two conventions meet here. What the batch is normalised with divides by the count; "
        "what is kept for later divides by one less, because the batch's own mean lies closer to "
        "its numbers than the true mean does. And elsewhere momentum is the share of the old.",
    ),
]
