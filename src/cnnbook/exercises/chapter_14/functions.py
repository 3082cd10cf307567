"""Functions to write in chapter 14: grouped and depthwise convolution."""

import numpy as np

from cnnbook.exercises.chapter_14.shuffling import series, shuffle
from cnnbook.exercises.definitions import Code
from cnnbook.reference import conv2d, depthwise_conv2d


def grouped(x: np.ndarray, weight: np.ndarray, groups: int) -> np.ndarray:
    """Convolve in groups."""
    return conv2d(x, weight, groups=groups)[0]


def with_inputs(x: np.ndarray, weight: np.ndarray, groups: int, order: np.ndarray) -> np.ndarray:
    """Make the slip of reading the input channels in another order."""
    return grouped(x[:, order], weight, groups)


def one_group(x: np.ndarray, weight: np.ndarray, groups: int, of_x: int | None) -> np.ndarray:
    """Make the slip of reading one part of x, or of the filters, again and again."""
    if of_x is not None:
        x = np.tile(np.split(x, groups, 1)[of_x], (1, groups, 1, 1))
        return grouped(x, weight, groups)
    return grouped(x, np.tile(np.split(weight, groups)[0], (groups, 1, 1, 1)), groups)


def dealt(count: int, groups: int) -> np.ndarray:
    """Order channels by dealing them out to the groups in turn: 0, g, 2g, ..., 1, g + 1, ..."""
    return np.arange(count).reshape(-1, groups).T.ravel()


def spread(x: np.ndarray, weight: np.ndarray, groups: int) -> np.ndarray:
    """Make the slip of giving each filter all channels, its weights repeated."""
    return conv2d(x, np.tile(weight, (1, groups, 1, 1)))[0]


def depthwise(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Convolve each channel by itself."""
    return depthwise_conv2d(x, weight)[0]


def of_filters(x: np.ndarray, weight: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Make the slip of taking the filters in another order."""
    return depthwise(x, weight[order])


LAYERS = {  # the mistake that the case catches: the arguments
    "two groups, sizes all different": {
        "x": series(2, 6, 7, 5),
        "weight": series(4, 3, 3, 2, start=17),
        "groups": 2,
    },
    "three groups": {
        "x": series(1, 6, 3, 4, start=5),
        "weight": series(9, 2, 2, 2, start=70),
        "groups": 3,
    },
    "one group": {"x": series(1, 3, 4, 5), "weight": series(2, 3, 2, 3, start=9), "groups": 1},
    "as many groups as channels": {
        "x": series(2, 4, 3, 5, start=40),
        "weight": series(8, 1, 3, 3, start=21),
        "groups": 4,
    },
}
FILTERS = {
    "one filter for each channel": {"x": series(2, 3, 7, 5), "weight": series(3, 1, 4, 2)},
    "two filters for each channel": {
        "x": series(1, 4, 5, 6, start=31),
        "weight": series(8, 1, 2, 3, start=12),
    },
    "three filters for each channel": {
        "x": series(2, 2, 3, 4, start=60),
        "weight": series(6, 1, 3, 3, start=99),
    },
    "one channel": {"x": series(1, 1, 5, 4), "weight": series(2, 1, 2, 2, start=44)},
}
FUNCTIONS = [
    Code(
        id="14-grouped",
        title="Grouped convolution from plain ones",
        text="Convolve in groups, without stride, padding or bias, by calling "
        "`reference.conv2d(x, weight)` on parts and putting the results together. It returns two "
        "things, and the first is `y`; leave its own argument `groups` alone.",
        name="grouped",
        stub="def grouped(x, weight, groups):\n"
        "    # x (N, C_in, H, W), weight (C_out, C_in / groups, k_h, k_w)\n"
        "    # -> y (N, C_out, H_out, W_out)\n    ...",
        cases=LAYERS,
        answer=grouped,
        misconceptions={
            "the input channels are dealt out to the groups in turn, as `x[:, i::groups]` does. A "
            "group is a block of neighbours.": lambda x, weight, groups: with_inputs(
                x, weight, groups, dealt(x.shape[1], groups)
            ),
            "the filters are dealt out in turn, as `weight[i::groups]` does. A group is a block of "
            "neighbours, in the output too.": lambda x, weight, groups: grouped(
                x, weight[dealt(len(weight), groups)], groups
            ),
            "both inputs and filters are dealt out in turn. A group is a block of neighbours.": (
                lambda x, weight, groups: with_inputs(
                    x, weight[dealt(len(weight), groups)], groups, dealt(x.shape[1], groups)
                )
            ),
            "the results are interleaved. Put them one behind the other along the channels.": (
                lambda x, weight, groups: shuffle(grouped(x, weight, groups), groups)
            ),
            "every group reads the first part of `x`.": lambda x, weight, groups: one_group(
                x, weight, groups, 0
            ),
            "every group uses the first filters.": lambda x, weight, groups: one_group(
                x, weight, groups, None
            ),
            "the results are added up. Each group has output channels of its own.": (
                lambda x, weight, groups: sum(np.split(grouped(x, weight, groups), groups, 1))
            ),
            "the results are put together along the wrong axis: that of the images, not that of "
            "the channels.": lambda x, weight, groups: np.concatenate(
                np.split(grouped(x, weight, groups), groups, 1)
            ),
            "each filter reads all groups, with the same weights for each.": spread,
            "only the first group is there.": lambda x, weight, groups: np.split(
                grouped(x, weight, groups), groups, 1
            )[0],
            "the groups of `x` are taken from the last to the first.": (
                lambda x, weight, groups: with_inputs(
                    x, weight, groups, np.arange(x.shape[1]).reshape(groups, -1)[::-1].ravel()
                )
            ),
            "the kernels are turned by half a turn. Layers do not flip them.": (
                lambda x, weight, groups: grouped(x, weight[..., ::-1, ::-1], groups)
            ),
        },
        hints=[
            "`np.split(x, groups, axis=1)` cuts the input channels into blocks. Along which axis "
            "does `weight` have to be cut?",
            "`weight` has its filters, one for each output channel, along axis 0, and its axis 1 "
            "is already as short as a block of `x`.",
            "`np.concatenate([...], axis=1)` of `reference.conv2d(part, filters)[0]` for all pairs "
            "of a part and its filters.",
        ],
        solution="The folded cell below holds a solution.",
        why="The usual slip is to cut `weight` along axis 1, where the input channels are. That "
        "axis has been cut already: a grouped layer never had the other weights.",
    ),
    Code(
        id="14-depthwise",
        title="Depthwise convolution",
        text="Write a depthwise convolution in numpy, without stride, padding or bias, and without "
        "`reference`. Each of the C channels has M filters: outputs 0 to M − 1 read channel 0, the "
        "next M read channel 1, and so on. M follows from the shapes.",
        name="depthwise",
        stub="def depthwise(x, weight):\n    # x (N, C, H, W), weight (C M, 1, k_h, k_w)\n"
        "    # -> y (N, C M, H_out, W_out)\n    ...",
        cases=FILTERS,
        answer=depthwise,
        misconceptions={
            "the channels are repeated as a block, as `np.tile` does: 0, 1, 0, 1. Each channel's "
            "filters stand side by side: 0, 0, 1, 1, as `np.repeat` does.": (
                lambda x, weight: depthwise(
                    np.tile(x, (1, len(weight) // x.shape[1], 1, 1)), weight
                )
            ),
            "the kernels are turned by half a turn. Layers do not flip them.": (
                lambda x, weight: depthwise(x, weight[..., ::-1, ::-1])
            ),
            "every channel uses the first kernel.": lambda x, weight: of_filters(
                x, weight, np.zeros(len(weight), int)
            ),
            "each output adds up all channels. That is a standard convolution.": (
                lambda x, weight: conv2d(x, np.repeat(weight, x.shape[1], 1))[0]
            ),
            "all outputs are added up. Each filter has an output channel of its own.": (
                lambda x, weight: depthwise(x, weight).sum(1, keepdims=True)
            ),
            "the filters of one channel are added up. Each has an output channel of its own.": (
                lambda x, weight: sum(
                    of_filters(x, weight, np.arange(m, len(weight), len(weight) // x.shape[1]))
                    for m in range(len(weight) // x.shape[1])
                )
            ),
            "only the first filter of each channel is used.": lambda x, weight: of_filters(
                x, weight, np.arange(0, len(weight), len(weight) // x.shape[1])
            ),
            "each window is averaged. The products are added up.": (
                lambda x, weight: depthwise(x, weight) / weight[0, 0].size
            ),
            "every output reads the first channel.": lambda x, weight: depthwise(
                np.repeat(x[:, :1], x.shape[1], 1), weight
            ),
        },
        hints=[
            "Bring `x` to as many channels as there are filters: `np.repeat(x, M, axis=1)`, with "
            "M = `len(weight) // x.shape[1]`.",
            "Then add up shifted copies: kernel cell (a, b) multiplies `x[:, :, a : a + h_out, "
            "b : b + w_out]`, where h_out = H − k_h + 1.",
            "`y += weight[:, 0, a, b][:, None, None] * x[:, :, a : a + h_out, b : b + w_out]`, for "
            "all a and b.",
        ],
        solution="The folded cell below holds a solution.",
        why="`np.tile` for `np.repeat` is the usual slip: the shapes fit, and with one filter for "
        "each channel the results are the same.",
    ),
]
