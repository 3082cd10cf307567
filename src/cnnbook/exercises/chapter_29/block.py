"""A function to write in chapter 29: the forward pass of a basic block."""

from collections.abc import Callable

import numpy as np

from cnnbook.exercises.chapter_29.meeting import filled, sampled, series
from cnnbook.exercises.definitions import Code
from cnnbook.reference import conv2d


def relu(x: np.ndarray) -> np.ndarray:
    """Cut off what is negative."""
    return np.maximum(x, 0)


def same(x: np.ndarray) -> np.ndarray:
    """Leave x as it is."""
    return x


def block(
    before: Callable = same,
    inner: Callable = relu,
    on_branch: Callable = same,
    on_shortcut: Callable = same,
    last: Callable = relu,
    add: Callable = np.add,
    strides: Callable = lambda stride: (stride, 1),
    biases: tuple[int, int] = (1, 1),
    project: Callable = lambda *parts: conv2d(*parts)[0],
) -> Callable:
    """Return a basic block; each slip is one argument away from it."""

    def forward(
        x: np.ndarray,
        weight_1: np.ndarray,
        bias_1: np.ndarray,
        weight_2: np.ndarray,
        bias_2: np.ndarray,
        weight_s: np.ndarray | None,
        bias_s: np.ndarray | None,
        stride: int,
    ) -> np.ndarray:
        first, second = strides(stride)
        one, two = biases
        y = conv2d(before(x), weight_1, one * bias_1, first, padding=1)[0]
        y = conv2d(inner(y), weight_2, two * bias_2, second, padding=1)[0]
        short = x if weight_s is None else project(x, weight_s, bias_s, stride)
        return last(add(on_branch(y), on_shortcut(short)))

    return forward


def too_early(
    x: np.ndarray,
    weight_1: np.ndarray,
    bias_1: np.ndarray,
    weight_2: np.ndarray,
    bias_2: np.ndarray,
    weight_s: np.ndarray | None,
    bias_s: np.ndarray | None,
    stride: int,
) -> np.ndarray:
    """Add the shortcut behind the first convolution."""
    y = conv2d(x, weight_1, bias_1, stride, padding=1)[0]
    short = x if weight_s is None else conv2d(x, weight_s, bias_s, stride)[0]
    return relu(conv2d(relu(y + short), weight_2, bias_2, padding=1)[0])


def nothing(x: np.ndarray) -> np.ndarray:
    """Return zeros."""
    return 0 * x


def case(
    x: list, c_out: int, stride: int, start: int, shift: float = 0.0, projected: bool = True
) -> dict:
    """Return the arguments of a block with weights of its own; `shift` raises what F gives."""
    c_in = len(x[0])
    weight_1 = np.array(series(c_out, c_in, 3, 3, start=start)) / 50
    weight_2 = np.array(series(c_out, c_out, 3, 3, start=start + 100)) / 50
    return {
        "x": x,
        "weight_1": weight_1.round(3).tolist(),
        "bias_1": series(c_out, start=start + 300),
        "weight_2": weight_2.round(3).tolist(),
        "bias_2": (np.array(series(c_out, start=start + 400)) + shift).tolist(),
        "weight_s": series(c_out, c_in, 1, 1, start=start + 200) if projected else None,
        "bias_s": series(c_out, start=start + 450) if projected else None,
        "stride": stride,
    }


def positive(values: list) -> list:
    """Return the values without their signs, all above 0."""
    return (abs(np.array(values)) + 0.1).round(1).tolist()


CASES = {
    "x and F(x) of one shape, all of it positive": case(
        positive(series(2, 3, 4, 5)), 3, 1, start=60, shift=300, projected=False
    ),
    "more channels and a stride": case(
        positive(series(2, 3, 6, 4, start=30)), 5, 2, start=10, shift=2000
    ),
    "an odd size": case(positive(series(1, 2, 7, 5, start=70)), 4, 2, start=150, shift=2000),
    "more channels, no stride": case(
        positive(series(2, 2, 3, 4, start=5)), 3, 1, start=33, shift=2000
    ),
    "numbers below 0, in x and in F(x)": case(
        series(2, 3, 5, 4, start=15), 3, 1, 120, projected=False
    ),
}
BLOCK = [
    Code(
        id="29-block",
        title="A basic block, forward",
        text="Write the forward pass of a basic block with numpy and `conv2d` of "
        "`cnnbook.reference`: `conv2d(x, weight, bias, stride, padding)` returns its result and a "
        "cache, of which you need the first. As in a network in use, each batch norm "
        "is folded into the convolution before it: that is why there are biases. The two "
        "convolutions of 3x3 have padding 1, and the first has the stride. `weight_s` is the "
        "projection, a convolution of 1x1 with the stride, or None where the shortcut is the "
        "identity.",
        name="basic_block",
        stub="def basic_block(\n    x, weight_1, bias_1, weight_2, bias_2, weight_s, bias_s, stride"
        "\n):\n    # x (N, C_in, H, W) -> y (N, C_out, h_out, w_out)\n    ...",
        cases=CASES,
        answer=block(),
        misconceptions={
            "this is a plain block: nothing of x is added.": block(on_shortcut=nothing),
            "this is the shortcut alone, without the branch.": block(on_branch=nothing),
            "the ReLU between the two convolutions is missing.": block(inner=same),
            "the ReLU behind the addition is missing.": block(last=same),
            "the branch goes through a ReLU before the addition. Then F(x) could only ever add: "
            "it must be able to be negative.": block(on_branch=relu),
            "the ReLU is in the branch, before the addition. It comes behind it.": (
                block(on_branch=relu, last=same)
            ),
            "the shortcut goes through a ReLU. It brings x as it is.": block(on_shortcut=relu),
            "x goes through a ReLU before the first convolution, as in a pre-activation block.": (
                block(before=relu)
            ),
            "this is a pre-activation block: a ReLU first, and none at the end.": (
                block(before=relu, last=same)
            ),
            "the second convolution has the stride. It belongs to the first.": (
                block(strides=lambda stride: (1, stride))
            ),
            "`bias_1` is missing.": block(biases=(0, 1)),
            "`bias_2` is missing.": block(biases=(1, 0)),
            "the projection's bias is missing.": block(
                project=lambda x, weight, bias, stride: conv2d(x, weight, None, stride)[0]
            ),
            "the shortcut has no weights: cells left out, and zeros. Here it is a projection.": (
                block(
                    project=lambda x, weight, bias, stride: filled(sampled(x, stride), len(weight))
                )
            ),
            "the shortcut joins behind the first convolution. It goes around both.": too_early,
            "branch and shortcut are multiplied. They are added.": block(add=np.multiply),
            "the shortcut is subtracted.": block(add=np.subtract),
        },
        hints=[
            "Three lines for the branch: convolve with the stride and padding 1, cut off what is "
            "negative, convolve with padding 1.",
            "One for the shortcut: x itself, or `conv2d(x, weight_s, bias_s, stride)[0]` if there "
            "is a `weight_s`.",
            "Add the two, and cut off what is negative: `np.maximum(y + shortcut, 0)`.",
        ],
        solution="The folded cell below holds a solution.",
        why="The usual slip is a ReLU at the end of the branch, by habit, because a convolution "
        "has one behind it nearly everywhere else. Then no block could ever lower a number of x, "
        "and x would only grow from block to block.",
    ),
]
