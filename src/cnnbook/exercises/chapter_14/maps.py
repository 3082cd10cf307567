"""An exercise of chapter 14 by hand: where a shuffle puts channels, and what an output reaches."""

import numpy as np

from cnnbook.exercises.drawn import Grid

CHANNELS = np.arange(1, 7)  # counted from 1, as in the widget


def shuffled(groups: int) -> np.ndarray:
    """Return the channels in the order that a shuffle gives them."""
    return CHANNELS.reshape(groups, -1).T.ravel()


def read_by(output: int, groups: int) -> np.ndarray:
    """Return the places that an output of a grouped layer reads."""
    own = CHANNELS.reshape(groups, -1)
    return own[(own == output).any(1)].ravel()


def reached(first: int, second: int, output: int, order: np.ndarray) -> list[int]:
    """Mark the inputs that an output reaches through two grouped layers, `order` between them."""
    between = order[read_by(output, second) - 1]
    inputs = {int(i) for channel in between for i in read_by(int(channel), first)}
    return [int(i in inputs) for i in CHANNELS]


def filled(first: int, second: int, output: int) -> np.ndarray:
    """Fill the grid in: the order after the shuffle, and the inputs that the output reaches."""
    order = shuffled(first)
    return np.column_stack([order, reached(first, second, output, order)])


def with_order(order: np.ndarray, first: int, second: int, output: int) -> np.ndarray:
    """Make the slip of another order, in both columns."""
    return np.column_stack([order, reached(first, second, output, order)])


def with_marks(marks: list, first: int) -> np.ndarray:
    """Make a slip in the second column alone."""
    return np.column_stack([shuffled(first), marks])


def second_alone(first: int, second: int, output: int) -> np.ndarray:
    """Make the slip of stopping at the channels between the layers."""
    between = shuffled(first)[read_by(output, second) - 1]
    return with_marks([int(i in between) for i in CHANNELS], first)


MAPS = [
    Grid(
        id="14-shuffle-reach",
        title="Where the shuffle leads",
        text="Six channels go through a convolution in {first} groups, a channel shuffle with "
        "`groups={first}` and a second convolution in {second} groups. All have six channels; "
        "count them from 1.\n\nLeft column, from top to bottom: which channels of the first "
        "convolution stand in places 1 to 6 after the shuffle. Right column: 1 in each row whose "
        "number is that of an input channel on which output {output} of the second convolution "
        "can depend, 0 in the others.",
        caption="left: order after the shuffle; right: input reached",
        variants=[
            {"first": 3, "second": 3, "output": 1},
            {"first": 3, "second": 3, "output": 4},
            {"first": 3, "second": 3, "output": 6},
            {"first": 2, "second": 6, "output": 2},
            {"first": 2, "second": 6, "output": 5},
            {"first": 3, "second": 6, "output": 2},
            {"first": 3, "second": 6, "output": 3},
        ],
        answer=filled,
        slips={
            "Nothing was shuffled: the six channels stand as they did.": (
                lambda **v: with_order(CHANNELS, **v)
            ),
            "The shuffle went the other way. Write the channels in {first} rows, one for each "
            "group, and read them column by column.": lambda first, **v: with_order(
                shuffled(6 // first), first, **v
            ),
            "The order is right, but the right column forgets it: the second convolution reads "
            "places of the new order.": lambda first, second, output: with_marks(
                reached(first, second, output, CHANNELS), first
            ),
            "The right column marks channels between the two convolutions. Go on to the inputs "
            "that these read.": second_alone,
            "A shuffle does not connect all with all. Output {output} reads only the channels of "
            "its own group, and each of these only those of its own.": (
                lambda first, **_: with_marks([1] * 6, first)
            ),
            "The left column counts from 0. Here channels are counted from 1.": (
                lambda first, **v: filled(first, **v) - [1, 0]
            ),
        },
        hints=[
            "Write 1 to 6 in {first} rows, row by row: a row is a group of the first convolution. "
            "Then read column by column.",
            "Output {output} belongs to which of the {second} groups? Which places does that group "
            "read, and which channels stand there now?",
            "Each of these channels was made from the inputs of its own group, in {first} groups. "
            "Mark them all.",
        ],
        solution="Row by row, order and mark: {answer}.",
        why="The usual slip is to trust the shuffle to connect all with all. It deals each group's "
        "channels out to all places in turn; how far an output sees depends on how many of these "
        "places its own group has.",
    ),
]
