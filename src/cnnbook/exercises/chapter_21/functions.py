"""A function to write in chapter 21: group norm."""

from collections.abc import Callable

import numpy as np

from cnnbook.exercises.definitions import Code
from cnnbook.reference import group_norm as reference


def series(*shape: int, start: int = 1, lowest: int = -251) -> list:
    """Return nested lists of fiftieths, all different and without a pattern: plain data."""
    size = int(np.prod(shape))
    return ((np.arange(start, start + size) * 7919 % 503 + lowest) / 50).reshape(shape).tolist()


def group_norm(
    x: np.ndarray, groups: int, weight: np.ndarray, bias: np.ndarray, eps: float
) -> np.ndarray:
    """Normalise each group of channels of each image."""
    return reference(x, groups, weight, bias, eps)[0]


def grouped(axes: tuple = (2, 3, 4), split: Callable | None = None, **how: object) -> Callable:
    """Make the slip of other axes of (N, groups, channels, H, W), or another divisor."""

    def wrong(
        x: np.ndarray, groups: int, weight: np.ndarray, bias: np.ndarray, eps: float
    ) -> np.ndarray:
        n, c, h, w = x.shape
        outer = split(c, groups) if split else groups
        x_hat = divided(x.reshape(n, outer, c // outer, h, w), axes, eps, **how)
        return weight[:, None, None] * x_hat.reshape(x.shape) + bias[:, None, None]

    return wrong


def divided(
    x: np.ndarray, axes: tuple, eps: float, ddof: int = 0, root: Callable | None = None
) -> np.ndarray:
    """Subtract the mean along axes and divide; `root` says by what, of variance and eps."""
    variance = x.var(axes, keepdims=True, ddof=ddof)
    below = root(variance, eps) if root else np.sqrt(variance + eps)
    return (x - x.mean(axes, keepdims=True)) / below


def in_turn(
    x: np.ndarray, groups: int, weight: np.ndarray, bias: np.ndarray, eps: float
) -> np.ndarray:
    """Deal the channels out to the groups one by one."""
    order = np.arange(x.shape[1]).reshape(-1, groups).T.ravel()
    back = np.argsort(order)
    ones, zeros = np.ones_like(weight), np.zeros_like(bias)
    x_hat = group_norm(x[:, order], groups, ones, zeros, eps)[:, back]
    return weight[:, None, None] * x_hat + bias[:, None, None]


def bare(x: np.ndarray, groups: int, eps: float) -> np.ndarray:
    """Return x_hat."""
    return reference(x, groups, eps=eps)[0]


WEIGHT, BIAS = [1, 2, -1, 0.5, 3, 1.5], [0, 1, 5, -2, 0.5, 4]
AFFINE = {"weight": WEIGHT, "bias": BIAS}
CASES = {
    "three groups of two channels": {"x": series(4, 6, 3, 5), "groups": 3, **AFFINE, "eps": 0.25},
    "two groups of three channels": {
        "x": series(3, 6, 2, 4, start=200),
        "groups": 2,
        **AFFINE,
        "eps": 1e-5,
    },
    "one group, which is layer norm": {
        "x": series(2, 6, 4, 3, start=70),
        "groups": 1,
        **AFFINE,
        "eps": 1e-5,
    },
    "each channel a group, which is instance norm": {
        "x": series(2, 6, 1, 5, start=33),
        "groups": 6,
        **AFFINE,
        "eps": 1e-5,
    },
    "a group of equal numbers": {
        "x": [[[[2, 2]], [[2, 2]], [[1, 4]], [[0, 7]], [[3, 3]], [[3, 3]]]],
        "groups": 3,
        **AFFINE,
        "eps": 1e-5,
    },
}
FUNCTIONS = [
    Code(
        id="21-group-norm",
        title="Group norm",
        text="`x` has the shape (N, C, H, W). The C channels are parted into `groups` groups of "
        "neighbours: the first C / groups channels, the next, and so on. One set is one group of "
        "one image, all its places included. Normalise each set with its mean and variance, "
        "`eps` under the root; then scale and shift each channel with its own `weight` and `bias`.",
        name="group_norm",
        stub="def group_norm(x, groups, weight, bias, eps):\n    ...  # x (N, C, H, W), weight and "
        "bias (C,) -> y (N, C, H, W)",
        cases=CASES,
        answer=group_norm,
        misconceptions={
            "this is batch norm: the sets run along the images.": (
                lambda x, groups, weight, bias, eps: grouped((0, 3, 4))(
                    x, groups, weight, bias, eps
                )
            ),
            "the sets run along the images too. Each image has its own.": grouped((0, 2, 3, 4)),
            "this is layer norm: all channels of an image are in one set.": grouped((1, 2, 3, 4)),
            "this is instance norm: each channel is a set of its own.": grouped((3, 4)),
            "the groups have no places in common: each place is normalised by itself.": (
                grouped((2,))
            ),
            "`groups` is taken for the number of channels in a group.": (
                grouped(split=lambda c, groups: c // groups)
            ),
            "the channels are dealt out to the groups in turn. Neighbours stay together.": in_turn,
            "the variance divides by one less than the count.": grouped(ddof=1),
            "`eps` is added to the standard deviation. It belongs under the root.": (
                grouped(root=lambda variance, eps: np.sqrt(variance) + eps)
            ),
            "`eps` is missing.": grouped(root=lambda variance, eps: np.sqrt(variance)),
            "it divides by the variance, not by its root.": (
                grouped(root=lambda variance, eps: variance + eps)
            ),
            "`weight` and `bias` are missing.": (
                lambda x, groups, weight, bias, eps: bare(x, groups, eps)
            ),
            "`bias` is missing.": lambda x, groups, weight, bias, eps: group_norm(
                x, groups, weight, 0 * bias, eps
            ),
            "`weight` is missing.": lambda x, groups, weight, bias, eps: group_norm(
                x, groups, 1 + 0 * weight, bias, eps
            ),
            "`weight` multiplies the bias too. The bias comes last.": (
                lambda x, groups, weight, bias, eps: group_norm(
                    x, groups, weight, weight * bias, eps
                )
            ),
            "the means are subtracted, but nothing is divided.": (
                grouped(root=lambda variance, eps: 1 + 0 * variance)
            ),
        },
        hints=[
            "Give each set an axis of its own: `x.reshape(n, groups, c // groups, h, w)`. Along "
            "which axes does a set run now?",
            "`mean` and `var` take several axes at once, and `keepdims=True` leaves them with "
            "length 1, so that the results broadcast.",
            "Reshape `x_hat` back to (N, C, H, W). There, `weight[:, None, None]` lies along the "
            "channels.",
        ],
        solution="The folded cell below holds a solution.",
        why="A reshape that splits C into (groups, C / groups) keeps neighbours together, because "
        "the last of the two axes moves fastest. Splitting it into (C / groups, groups) deals the "
        "channels out in turn, and no error says so.",
    ),
]
