"""Maps to fill in of chapter 29: where a stride costs what, and a gradient through blocks."""

from collections.abc import Callable

import numpy as np

from cnnbook.exercises.definitions import Matrix, plain, worded
from cnnbook.exercises.drawn import Grid


def per_place(c_in: int, width: int, c_out: int, **_: int) -> np.ndarray:
    """Count the weights of the three convolutions."""
    return np.array([c_in * width, 9 * width**2, width * c_out])


def macs(many: int, few: int, **v: int) -> np.ndarray:
    """Count multiply-adds with the stride in the 3x3, and in the first 1x1."""
    return per_place(**v) * [[many, few, few], [few, few, few]]


def strided(c_in: int, width: int, h: int, w: int) -> dict:
    """Return a variant: a bottleneck that halves the map, and what stands in its solution."""
    values = {"c_in": c_in, "width": width, "c_out": 4 * width, "h": h, "w": w}
    values |= {"few": h // 2 * (w // 2), "many": h * w}
    upper, lower = macs(**values).tolist()
    names = "first", "middle", "last"
    return values | dict(zip(names, upper, strict=True)) | {"first_small": lower[0]}


def at(places: Callable) -> Callable:
    """Make the slip of other places."""

    def wrong(many: int, few: int, **v: int) -> np.ndarray:
        return per_place(**v) * np.array(places(many, few))

    return wrong


def column(index: int, factor: Callable) -> Callable:
    """Make the slip of a wrong number of weights in one convolution."""

    def wrong(**v: int) -> np.ndarray:
        answer = macs(**v)
        answer[:, index] = answer[:, index] * factor(**v)
        return answer

    return wrong


def backward(slopes: list) -> np.ndarray:
    """Multiply the slopes from the end: the gradient at each block's input."""
    return np.cumprod(slopes[::-1])[::-1].reshape(1, -1).round(9)


def chain(*blocks: tuple[float, float]) -> dict:
    """Return a variant: a and b of three blocks; a block is off where a is negative."""
    slopes = [plain(1 + b * max(a, 0)) for a, b in blocks]
    steps = {"at_2": slopes[2]}
    for i in (0, 1):
        product = " x ".join(worded(slope) for slope in slopes[i:])
        steps[f"at_{i}"] = f"{product} = {worded(plain(backward(slopes)[0, i]))}"
    off = next(i + 1 for i, (a, _) in enumerate(blocks) if a < 0)
    values = {"blocks": [list(block) for block in blocks], "slopes": slopes, "off": off}
    return values | {"listed": ", ".join(map(worded, slopes)), **steps}


def sloped(slope: Callable) -> Callable:
    """Make the slip of another slope of each block with (a, b)."""
    return lambda blocks, **_: backward([slope(a, b) for a, b in blocks])


def branches(blocks: list) -> np.ndarray:
    """Return the slopes of the branches alone."""
    return np.array([b * max(a, 0) for a, b in blocks])


GRIDS = [
    Grid(
        id="29-stride",
        title="Where the stride stands",
        text="The first block of a stage is a bottleneck. It takes {c_in} channels of {h} x {w} "
        "cells, narrows them to {width}, and gives {c_out} channels with half the height and half "
        "the width. Which convolution does it? In this book's ResNets the 3x3 has stride 2, in the "
        "authors' own it was the first 1x1. Count the multiply-adds of the branch's "
        "three convolutions, both ways.",
        caption="columns: first 1x1, 3x3, last 1x1; upper row: stride 2 in the 3x3, lower row: in "
        "the first 1x1",
        variants=[
            strided(16, 8, 6, 10),
            strided(24, 10, 8, 6),
            strided(32, 12, 10, 4),
            strided(40, 16, 6, 4),
            strided(20, 6, 12, 10),
            strided(48, 20, 8, 4),
        ],
        answer=macs,
        slips={
            "The two rows are swapped.": lambda **v: macs(**v)[::-1],
            "Those are the weights. Each is used once at every place of the layer's output.": (
                at(lambda many, few: [[1] * 3] * 2)
            ),
            "You gave the layer that strides all {h} x {w} places. It computes only the places "
            "of its output.": at(lambda many, few: [[many, many, few], [many, few, few]]),
            "Your upper row strides in the last 1x1. The 3x3 before it gives the small map.": (
                at(lambda many, few: [[many, many, few], [few, few, few]])
            ),
            "Behind the layer that strides, everything is small: your lower row has the 3x3 at "
            "{h} x {w} places again.": at(lambda many, few: [[many, few, few], [few, many, few]]),
            "You halved the number of places. Height and width are both halved.": (
                at(lambda many, few: [[many, 2 * few, 2 * few], [2 * few] * 3])
            ),
            "Nothing strides in your upper row.": (at(lambda many, few: [[many] * 3, [few] * 3])),
            "Nothing in your block is computed at {h} x {w} places. In the upper row the first "
            "1x1 comes before the stride.": at(lambda many, few: [[few] * 3] * 2),
            "Your 3x3 has one weight for each pair of channels. It has nine.": (
                column(1, lambda **_: 1 / 9)
            ),
            "Your last 1x1 gives {width} channels. It widens them to {c_out}.": (
                column(2, lambda **_: 1 / 4)
            ),
            "Your 3x3 gives {c_out} channels already. It reads and gives {width}.": (
                column(1, lambda **_: 4)
            ),
            "Your first 1x1 gives {c_in} channels. It narrows them to {width}.": (
                column(0, lambda c_in, width, **_: c_in / width)
            ),
        },
        hints=[
            "Multiply-adds are weights times places of the output. The weights are the same in "
            "both rows: {c_in} x {width}, 9 x {width} x {width} and {width} x {c_out}.",
            "The layer with stride 2 already computes only {h}/2 x {w}/2 = {few} places, and so "
            "does everything behind it. What stands before it computes {many}.",
        ],
        solution="Upper row: {c_in} x {width} x {many} = {first}, then 9 x {width} x {width} x "
        "{few} = {middle} and {width} x {c_out} x {few} = {last}. In the lower row only the first "
        "is different: {c_in} x {width} x {few} = {first_small}.",
        why="The two ways have the same weights, and the lower row looks like a gift. But a 1x1 "
        "convolution with stride 2 looks at one cell in four and never sees the others. A 3x3 "
        "with stride 2 still sees every cell.",
    ),
    Grid(
        id="29-gradient",
        title="A gradient through three blocks",
        text="Three blocks of single numbers. Each computes y = ReLU(x + F(x)) with "
        "F(x) = b · ReLU(a · x), with its own a and b, below. x0 = 2 goes into the "
        "first block; x1, x2 and x3 are what the three blocks give. The gradient of the loss at "
        "x3 is 1. What is it at x0, x1 and x2?",
        given=[Matrix("a row for each block: a, b", "kernel", "blocks")],
        caption="gradient at x0, x1, x2",
        role="gradient",
        tolerance=1e-6,
        variants=[
            chain((2, 1.5), (-3, 2), (1, -0.5)),
            chain((-1, 4), (2, 2), (0.5, 3)),
            chain((0.5, -1), (-2, 1.5), (3, 1)),
            chain((4, 0.5), (-1, 3), (2, 1)),
            chain((-4, 2), (1, 3), (0.5, -0.5)),
            chain((-2, 5), (3, -0.25), (1.5, 2)),
        ],
        answer=lambda slopes, **_: backward(slopes),
        slips={
            "Those are the branches' slopes alone, multiplied. The shortcut adds 1 to each.": (
                lambda blocks, **_: backward(branches(blocks))
            ),
            "That is what comes through the shortcuts alone. The branches pass a gradient too.": (
                lambda **_: [[1, 1, 1]]
            ),
            "In block {off}, a · x is negative: the ReLU within F is off, and F passes nothing.": (
                sloped(lambda a, b: 1 + b * a)
            ),
            "In block {off} F is off. But its shortcut still passes the gradient, so it does not "
            "end there.": sloped(lambda a, b: 1 + b * a if a > 0 else 0),
            "Those are the slopes of the single blocks. From x3 back, they multiply.": (
                lambda slopes, **_: [slopes]
            ),
            "You multiplied from the front. The gradient comes from x3, and at x2 it has passed "
            "one block.": lambda slopes, **_: [np.cumprod(slopes)],
            "You added the branches' slopes to 1. The paths through more than one block are "
            "missing.": lambda blocks, **_: [1 + np.cumsum(branches(blocks)[::-1])[::-1]],
            "Those are the gradients at x1, x2 and x3.": (
                lambda slopes, **_: [[*backward(slopes)[0, 1:], 1]]
            ),
            "Your F has the slope a. It is b · a: both lie on the way.": (
                sloped(lambda a, b: 1 + max(a, 0))
            ),
            "Your F has the slope b. It is b · a: both lie on the way.": (
                sloped(lambda a, b: 1 + b * (a > 0))
            ),
        },
        hints=[
            "Every x is positive here, so the ReLU after each addition lets everything through. "
            "The slope of a block is then 1 from the shortcut, plus the slope of F.",
            "F has the slope b · a where a · x is positive, and 0 where it is negative, as in "
            "block {off}.",
            "The slopes of the three blocks are {listed}. At x2 the gradient is the last of "
            "them; further back, multiply.",
        ],
        solution="The blocks' slopes are 1 + F'(x): {listed}. So at x0 the gradient is {at_0}, at "
        "x1 {at_1}, at x2 {at_2}.",
        why="The shortcut's slope is 1, the block's is 1 + F'(x), and F' may have either sign. The "
        "1 secures that a branch which is off does not end the gradient. Without the shortcuts, "
        "block {off} would.",
    ),
]
