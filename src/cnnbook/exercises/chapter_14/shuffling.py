"""A function to write in chapter 14: the channel shuffle."""

import numpy as np

from cnnbook.exercises.definitions import Code


def series(*shape: int, start: int = 1) -> list:
    """Return nested lists of halves, all different and without a pattern: plain data."""
    size = int(np.prod(shape))
    return ((np.arange(start, start + size) * 7919 % 101 - 50) / 2).reshape(shape).tolist()


def shuffle(x: np.ndarray, groups: int) -> np.ndarray:
    """Shuffle channels."""
    n, c, h, w = x.shape
    return x.reshape(n, groups, c // groups, h, w).swapaxes(1, 2).reshape(n, c, h, w)


SHUFFLES = {
    "three groups of two": {"x": series(2, 6, 5, 4), "groups": 3},
    "two groups of five": {"x": series(1, 10, 2, 3, start=8), "groups": 2},
    "three groups of four": {"x": series(2, 12, 1, 3, start=3), "groups": 3},
    "one group": {"x": series(2, 4, 3, 1), "groups": 1},
    "a group for each channel": {"x": series(1, 5, 2, 2), "groups": 5},
}
SHUFFLING = [
    Code(
        id="14-shuffle",
        title="Channel shuffle",
        text="Shuffle the channels: write them row by row into a table with a row for each group, "
        "then read it column by column. No loop is needed; pixels stay where they are.",
        name="channel_shuffle",
        stub="def channel_shuffle(x, groups):\n    ...  # x (N, C, H, W) -> y (N, C, H, W)",
        cases=SHUFFLES,
        answer=shuffle,
        misconceptions={
            "this shuffles the other way: the table has a column for each group. It undoes the "
            "shuffle that is asked for.": lambda x, groups: shuffle(x, x.shape[1] // groups),
            "nothing was shuffled. A reshape there and back changes nothing; the two axes have to "
            "be swapped between.": lambda x, groups: x,
            "the groups stand in reverse order, each as it was.": lambda x, groups: np.concatenate(
                np.split(x, groups, 1)[::-1], 1
            ),
            "the channels stand in reverse order.": lambda x, groups: x[:, ::-1],
            "the first group went to the end, the rest moved up.": lambda x, groups: np.roll(
                x, -(x.shape[1] // groups), 1
            ),
            "numbers of different channels are mixed: the axes were swapped by a reshape. A "
            "reshape moves nothing; `swapaxes` does.": lambda x, groups: (
                x.reshape(x.shape[0], -1, groups).swapaxes(1, 2).reshape(x.shape)
            ),
            "the order of the images has changed, not only that of the channels.": (
                lambda x, groups: shuffle(x[::-1], groups)
            ),
            "each group is turned round in itself.": lambda x, groups: np.concatenate(
                [part[:, ::-1] for part in np.split(x, groups, 1)], 1
            ),
        },
        hints=[
            "A table of channels is an array with one axis more: (N, rows, columns, H, W). How "
            "many rows, how many columns?",
            "`x.reshape(n, groups, c // groups, h, w)`, then swap the two axes in the middle.",
            "`.swapaxes(1, 2).reshape(n, c, h, w)` reads it column by column.",
        ],
        solution="The folded cell below holds a solution.",
        why="Where groups and channels of a group are equally many, both directions give the same, "
        "so a test with 4 channels in 2 groups finds no slip.",
    ),
]
