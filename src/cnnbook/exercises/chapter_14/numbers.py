"""Counting exercises of chapter 14: parameters, multiply-adds, arithmetic intensity."""

from cnnbook.exercises.drawn import Number
from cnnbook.shapes import conv_macs, conv_parameters, separable_macs


def weights(c_in: int, c_out: int, k: int, groups: int = 1) -> int:
    """Count the weights of a convolution, without its biases."""
    return conv_parameters(c_in, c_out, k, groups, bias=False)


def pair(c_in: int, c_out: int, k: int, h: int, w: int) -> dict:
    """Return a variant: a layer, and what it and its separable substitute cost at each place."""
    values = {"c_in": c_in, "c_out": c_out, "k": k, "h": h, "w": w, "padding": k // 2}
    dense, separable = conv_macs(c_in, c_out, k, 1), separable_macs(c_in, c_out, k, 1)
    return values | {"dense": dense, "separable": separable}


def moved(c: int, k: int, h: int, w: int) -> dict:
    """Return a variant: a depthwise layer, its operations and the bytes that it moves."""
    flops = 2 * conv_macs(c, c, k, (h, w), groups=c)
    size = 4 * (2 * c * h * w + weights(c, c, k, c))
    return {"c": c, "k": k, "h": h, "w": w, "padding": k // 2, "flops": flops, "bytes": size}


def intensity(flops: float, size: float) -> float:
    """Divide operations by bytes."""
    return round(flops / size, 9)


NUMBERS = [
    Number(
        id="14-parameters",
        title="What a grouped layer learns",
        text="`Conv2d({c_in}, {c_out}, {k}, groups={groups})` has a bias for each output channel. "
        "How many numbers does it learn?",
        unit="parameters",
        variants=[
            {"c_in": 8, "c_out": 20, "k": 3, "groups": 4},
            {"c_in": 16, "c_out": 24, "k": 3, "groups": 8},
            {"c_in": 24, "c_out": 36, "k": 5, "groups": 4},
            {"c_in": 24, "c_out": 40, "k": 3, "groups": 4},
            {"c_in": 18, "c_out": 12, "k": 7, "groups": 6},
            {"c_in": 32, "c_out": 48, "k": 5, "groups": 8},
            {"c_in": 20, "c_out": 30, "k": 3, "groups": 10},
        ],
        answer=lambda c_in, c_out, k, groups: conv_parameters(c_in, c_out, k, groups),
        slips={
            "That is without groups. A filter reads the {c_in} / {groups} channels of its own "
            "group, not all {c_in}.": lambda c_in, c_out, k, groups: conv_parameters(
                c_in, c_out, k
            ),
            "The biases are missing, one for each of the {c_out} output channels.": (
                lambda **v: weights(**v)
            ),
            "That is one of the {groups} groups.": lambda c_in, c_out, k, groups: conv_parameters(
                c_in // groups, c_out // groups, k
            ),
            "You divided both channel counts by {groups}, which leaves the weights of one group. "
            "There are {groups} of them.": (
                lambda c_in, c_out, k, groups: weights(c_in // groups, c_out // groups, k) + c_out
            ),
            "You divided the biases by {groups} too. Every output channel keeps its own.": (
                lambda c_in, c_out, k, groups: conv_parameters(c_in, c_out, k) / groups
            ),
            "The biases are one for each output channel, not one for each group.": (
                lambda **v: weights(**v) + v["groups"]
            ),
            "One bias belongs to a whole filter, not to each of the channels that it reads.": (
                lambda c_in, c_out, k, groups: c_out * (c_in // groups) * (k * k + 1)
            ),
            "That is one input channel for each filter, as in a depthwise layer. Here a group has "
            "{c_in} / {groups} of them.": lambda c_out, k, **_: conv_parameters(1, c_out, k),
            "Each filter has {k} x {k} weights for each channel that it reads, not {k}.": (
                lambda c_in, c_out, k, groups: c_out * (c_in // groups * k + 1)
            ),
        },
        hints=[
            "Take one filter. It belongs to a group: how many of the {c_in} input channels does "
            "it read?",
            "{k} x {k} weights for each of these channels, and one bias. There are {c_out} filters "
            "in all, whatever their group.",
        ],
        solution="One filter has {k} x {k} x ({c_in} / {groups}) weights and a bias. {c_out} of "
        "them: {answer}.",
        why="The usual slip is to divide both channel counts and stop there. Each group has "
        "{c_in} / {groups} inputs and {c_out} / {groups} outputs, but there are {groups} groups: "
        "in the end the weights are divided by {groups} once, and the biases not at all.",
    ),
    Number(
        id="14-ratio",
        title="How many times fewer",
        text="On maps of {h} x {w} cells, `Conv2d({c_in}, {c_out}, {k}, padding={padding})` is "
        "replaced by a depthwise {k}x{k} convolution with the same padding and a 1x1 convolution "
        "from {c_in} to {c_out} channels. By what factor does the number of multiply-adds fall?",
        unit="times",
        variants=[
            pair(32, 18, 3, 14, 20),
            pair(16, 36, 3, 28, 30),
            pair(24, 45, 3, 32, 24),
            pair(40, 72, 3, 26, 18),
            pair(48, 216, 3, 16, 12),
            pair(20, 75, 5, 40, 36),
            pair(30, 100, 5, 24, 32),
            pair(50, 225, 5, 12, 10),
        ],
        tolerance=5e-3,
        answer=lambda dense, separable, **_: round(dense / separable, 9),
        slips={
            "That is the share that is left. The question is the other way round: the one layer "
            "divided by the pair.": lambda dense, separable, **_: separable / dense,
            "That leaves the depthwise layer out. It is the smaller part, but it is not free.": (
                lambda k, **_: k * k
            ),
            "That leaves the 1x1 convolution out, and it is the larger part.": (
                lambda c_out, **_: c_out
            ),
            "You took the input channels. Both costs are in proportion to them, so they cancel; "
            "what stays is the number of output channels.": (
                lambda c_in, k, **_: c_in * k * k / (c_in + k * k)
            ),
            "A kernel has {k} x {k} weights, not {k}.": (
                lambda c_out, k, **_: c_out * k / (c_out + k)
            ),
            "That is what the pair costs, for each input channel and each place. The one layer "
            "takes {k} x {k} x {c_out} there.": lambda c_out, k, **_: c_out + k * k,
            "That is what the one layer costs, for each input channel and each place.": (
                lambda c_out, k, **_: c_out * k * k
            ),
        },
        hints=[
            "The map has the same size everywhere, so compare one place. How many multiply-adds "
            "does the one layer need there, over all {c_out} outputs?",
            "The pair: {k} x {k} for each of {c_in} channels, then {c_in} for each of {c_out} "
            "outputs. Divide.",
        ],
        solution="At each place the one layer takes {k} x {k} x {c_in} x {c_out} = {dense} "
        "multiply-adds, the pair {k} x {k} x {c_in} + {c_in} x {c_out} = {separable}. The first "
        "divided by the second is {answer}; the share that is left, 1 / {c_out} + 1 / ({k} x {k}), "
        "is 1 divided by that.",
        why="The usual slip is to say {k} x {k} at once. The pair comes close to that with many "
        "more output channels; with {c_out} of them the depthwise layer still takes its part.",
    ),
    Number(
        id="14-intensity",
        title="Work for each byte",
        text="A depthwise {k}x{k} convolution with padding {padding} and no bias reads {c} maps of "
        "{h} x {w} cells and writes as many. All numbers are float32, 4 bytes each. Input, weights "
        "and output are moved once. How many FLOPs does it do for each byte moved? A "
        "multiply-add is two FLOPs; the padding counts as cells.",
        unit="FLOPs per byte",
        variants=[
            moved(8, 3, 3, 6),
            moved(32, 3, 6, 6),
            moved(16, 3, 12, 9),
            moved(24, 5, 5, 10),
            moved(12, 5, 15, 20),
            moved(20, 7, 7, 14),
            moved(40, 7, 21, 7),
        ],
        tolerance=5e-3,
        answer=lambda flops, bytes, **_: intensity(flops, bytes),
        slips={
            "That is multiply-adds for each byte. Each is two FLOPs.": (
                lambda flops, bytes, **_: intensity(flops / 2, bytes)
            ),
            "That is FLOPs for each number moved. A number has 4 bytes.": (
                lambda flops, bytes, **_: intensity(flops, bytes / 4)
            ),
            "The weights are missing among what is moved: {c} kernels of {k} x {k}.": (
                lambda k, **_: k * k / 4
            ),
            "The output is missing among what is moved: it has to be written.": (
                lambda flops, c, h, w, bytes, **_: intensity(flops, bytes - 4 * c * h * w)
            ),
            "You let each output read all {c} channels. In a depthwise layer it reads one.": (
                lambda flops, c, bytes, **_: intensity(c * flops, bytes)
            ),
            "That is the standard convolution from {c} to {c} channels. In a depthwise layer each "
            "output reads one channel.": lambda flops, c, k, h, w, **_: intensity(
                c * flops, 4 * (2 * c * h * w + weights(c, c, k))
            ),
            "You moved the weights of a standard convolution. A depthwise one has {c} kernels of "
            "{k} x {k}, one for each channel.": lambda flops, c, k, h, w, **_: intensity(
                flops, 4 * (2 * c * h * w + weights(c, c, k))
            ),
            "That is bytes for each FLOP, the ratio upside down.": (
                lambda flops, bytes, **_: intensity(bytes, flops)
            ),
        },
        hints=[
            "FLOPs: {c} maps of {h} x {w} outputs, {k} x {k} multiply-adds for each, two FLOPs for "
            "each of these.",
            "Bytes: {c} x {h} x {w} numbers read, as many written, {c} x {k} x {k} weights read, "
            "4 bytes for each number.",
        ],
        solution="2 x {c} x {h} x {w} x {k} x {k} = {flops} FLOPs, and 4 x (2 x {c} x {h} x {w} + "
        "{c} x {k} x {k}) = {bytes} bytes: {answer} FLOPs for each byte. The {c} channels cancel.",
        why="More channels do not help: each brings its own bytes along. Even if the weights "
        "weighed nothing, {k} x {k} / 4 would be the limit. In a standard convolution every number "
        "that is read serves all outputs, so its intensity grows with the channels.",
    ),
]
