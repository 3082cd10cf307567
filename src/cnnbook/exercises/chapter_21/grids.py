"""Exercises of chapter 21 by hand: a channel normalised, and the sets counted."""

from collections.abc import Callable

import numpy as np

from cnnbook.exercises.definitions import Matrix
from cnnbook.exercises.drawn import Grid

IMAGES = [Matrix("image 1; a row for each channel", "input", "first")]
IMAGES += [Matrix("image 2; a row for each channel", "input", "second")]


def pair(first: list, second: list) -> dict:
    """Return a variant of two images (C, places), with the steps of its solution."""
    channel = np.array([first[0], second[0]])
    mean = round(channel.mean())
    squares = int(((channel - mean) ** 2).sum())
    steps = {"mean": mean, "squares": squares, "std": round((squares / channel.size) ** 0.5)}
    return {"first": first, "second": second, **steps}


def over(*axes: int, ddof: int = 0, power: float = 0.5) -> Callable:
    """Normalise along axes of x (N, C, places) and return channel 1."""

    def normalised(first: list, second: list, **_: int) -> np.ndarray:
        x = np.array([first, second], float)
        variance = x.var(axes, keepdims=True, ddof=ddof)
        return ((x - x.mean(axes, keepdims=True)) / variance**power)[:, 0]

    return normalised


def channel(first: list, second: list, **_: int) -> np.ndarray:
    """Return channel 1 of both images."""
    return np.array([first[0], second[0]], float)


def sets(n: int, c: int, h: int, w: int, groups: int) -> np.ndarray:
    """Count the numbers of a set, and the sets, for batch, layer, instance and group norm."""
    sizes = np.array([n * h * w, c * h * w, h * w, c // groups * h * w])
    return np.array([sizes, n * c * h * w // sizes])


def with_column(column: int, size: Callable) -> Callable:
    """Make the slip of another size of set in one column, and the number of sets it leads to."""

    def wrong(n: int, c: int, h: int, w: int, groups: int) -> np.ndarray:
        answer = sets(n, c, h, w, groups)
        answer[0, column] = size(n, c, h, w, groups)
        answer[1, column] = n * c * h * w // answer[0, column]
        return answer

    return wrong


def with_cell(row: int, count: Callable) -> Callable:
    """Make the slip of one wrong count of group norm."""

    def wrong(**v: int) -> np.ndarray:
        answer = sets(**v)
        answer[row, 3] = count(**v)
        return answer

    return wrong


GRIDS = [
    Grid(
        id="21-hand-batch",
        title="A channel, normalised by hand",
        text="A batch of two images, each with two channels of three numbers. Normalise it by "
        "batch norm in training mode, with weight 1, bias 0 and without eps. Fill in the results "
        "of channel 1.",
        given=IMAGES,
        caption="`x_hat` of channel 1; a row for each image",
        tolerance=6e-3,
        variants=[
            pair([[8, 2, 7], [1, 9, 5]], [[4, 5, 4], [6, 0, 2]]),
            pair([[7, 1, 2], [4, 0, 8]], [[2, 2, 4], [9, 3, 5]]),
            pair([[2, 7, 8], [6, 1, 1]], [[7, 5, 7], [0, 5, 2]]),
            pair([[2, 8, 6], [3, 8, 2]], [[3, 6, 5], [5, 9, 0]]),
            pair([[1, 13, 5], [7, 2, 5]], [[11, 5, 7], [4, 8, 1]]),
            pair([[7, 3, 4], [8, 3, 1]], [[1, 6, 3], [2, 7, 6]]),
        ],
        answer=over(0, 2),
        slips={
            "You normalised each image's row by itself: that is instance norm. Batch norm takes "
            "the six numbers of channel 1 in both images as one set.": over(2),
            "You took both channels of each image together: that is layer norm.": over(1, 2),
            "You compared the two images place by place. Batch norm has one set for the channel, "
            "all its places included.": over(0),
            "You took all twelve numbers as one set. Each channel has its own.": over(0, 1, 2),
            "You divided the sum of the squares by 5. The variance that normalises a batch divides "
            "by the count, 6.": over(0, 2, ddof=1),
            "You divided by the variance, {squares} / 6. Its root is meant, the standard "
            "deviation.": over(0, 2, power=1),
            "You subtracted the mean and stopped there. Divide by the standard deviation.": (
                over(0, 2, power=0)
            ),
            "You divided by the standard deviation, but the mean is still in it.": (
                lambda std, **v: channel(**v) / std
            ),
            "Those are the distances from the mean, times the standard deviation. Divide by it.": (
                over(0, 2, power=-0.5)
            ),
        },
        hints=[
            "Which numbers belong to the set? Channel 1 is the upper row of either image.",
            "Six numbers. Their mean, the six squared distances from it, the sum of these "
            "divided by 6, and the root of that.",
            "The mean is {mean}, the standard deviation {std}.",
        ],
        solution="The mean of the six is {mean}. The squared distances add up to {squares}; "
        "{squares} / 6 has the root {std}. So (x − {mean}) / {std}, row by row: {answer}.",
        why="The usual slip is to take a row, because it stands there as one. The channel is the "
        "set, and a channel runs through all images of the batch. A check: the six results add up "
        "to 0, and their squares to 6.",
    ),
    Grid(
        id="21-set-sizes",
        title="How large, how many",
        text="A batch of {n} images has {c} channels of {h} x {w} cells. Count for batch norm, "
        "layer norm (over channels and places), instance norm and group norm with {groups} "
        "groups: how many numbers share one mean and one variance, and how many such sets are "
        "there?",
        caption="columns: batch, layer, instance, group norm; upper row: numbers in one set, "
        "lower row: number of sets",
        variants=[
            {"n": 6, "c": 12, "h": 5, "w": 5, "groups": 3},
            {"n": 5, "c": 8, "h": 3, "w": 4, "groups": 4},
            {"n": 7, "c": 6, "h": 4, "w": 4, "groups": 2},
            {"n": 3, "c": 10, "h": 6, "w": 2, "groups": 5},
            {"n": 9, "c": 16, "h": 2, "w": 3, "groups": 2},
            {"n": 8, "c": 12, "h": 3, "w": 3, "groups": 4},
        ],
        answer=sets,
        slips={
            "The two rows are swapped.": lambda **v: sets(**v)[::-1],
            "Batch norm and layer norm are swapped: batch norm runs along the images, layer norm "
            "along the channels.": lambda **v: sets(**v)[:, [1, 0, 2, 3]],
            "The lower row counts the sets of one image. There are {n} images; only the sets of "
            "batch norm are shared by all.": (
                lambda n, **v: sets(n, **v) // [[1] * 4, [1, n, n, n]]
            ),
            "Your layer norm has a set for each place, running along the channels alone. So it is "
            "done with words; here the set runs along places too.": (
                with_column(1, lambda n, c, h, w, groups: c)
            ),
            "Your group norm puts {groups} channels into each group. {groups} is how many groups "
            "there are.": with_column(3, lambda n, c, h, w, groups: groups * h * w),
            "The lower row is right. But your group norm has {groups} channels in a set; {groups} "
            "is how many groups share the {c}.": (
                with_cell(0, lambda h, w, groups, **_: groups * h * w)
            ),
            "The upper row is right. But your group norm has as many sets in an image as a group "
            "has channels. It has {groups}.": with_cell(
                1, lambda n, c, groups, **_: n * c // groups
            ),
            "Your group norm is instance norm: a group has several channels.": (
                with_column(3, lambda n, c, h, w, groups: h * w)
            ),
            "Your batch norm is instance norm: its set runs through all {n} images.": (
                with_column(0, lambda n, c, h, w, groups: h * w)
            ),
            "Your batch norm has a set for each place of a map. In a set of batch norm, all "
            "places of the channel are together.": with_column(0, lambda n, c, h, w, groups: n),
        },
        hints=[
            "Batch norm: one set for each channel. Layer norm: one for each image. Instance norm: "
            "one for each channel of each image.",
            "Group norm: {groups} sets for each image, so {c} / {groups} channels in each.",
            "All sets together hold each number once: in each column, the two counts multiply to "
            "{n} x {c} x {h} x {w}.",
        ],
        solution="Numbers in a set: {n} x {h} x {w} for batch norm, {c} x {h} x {w} for layer, "
        "{h} x {w} for instance, {c} / {groups} x {h} x {w} for group norm. Sets: {c}, then {n}, "
        "then {n} x {c}, then {n} x {groups}. In one row after the other: {answer}.",
        why="Only the set of batch norm grows with the batch. The other three have it as large "
        "for one image as for a thousand, and there lies their use with small batches.",
    ),
]
