"""An exercise of chapter 21 by hand: batch norm folded into a convolution."""

from collections.abc import Callable

import numpy as np

from cnnbook.exercises.definitions import plain
from cnnbook.exercises.drawn import Grid


def fold_case(w: float, b: float, weight: float, bias: float, mean: float, variance: float) -> dict:
    """Return a variant, with the steps of its solution."""
    std, scale = plain(variance**0.5), plain(weight / variance**0.5)
    known = {"w": w, "b": b, "weight": weight, "bias": bias, "mean": mean, "variance": variance}
    steps = {"scale": scale, "centred": b - mean, "scaled": plain(round(scale * (b - mean), 9))}
    return {**known, "std": std, **steps}


def folded(w: float, b: float, scale: float, bias: float, mean: float, **_: float) -> np.ndarray:
    """Fold a batch norm into one weight and bias."""
    return np.array([[scale * w, scale * (b - mean) + bias]]).round(9)


def refolded(**changed: Callable) -> Callable:
    """Make the slip of folding with some values changed."""

    def wrong(**v: float) -> np.ndarray:
        return folded(**v | {name: change(**v) for name, change in changed.items()})

    return wrong


def with_bias(slip: Callable) -> Callable:
    """Make the slip of a wrong bias beside the right weight."""
    return lambda **v: np.array([[v["scale"] * v["w"], slip(**v)]]).round(9)


FOLDING = [
    Grid(
        id="21-fold",
        title="Two layers in one",
        text="A filter has the weight {w} (one of several) and the bias {b}. The batch norm behind "
        "it has, for this channel, the weight {weight}, the bias {bias}, the running mean {mean} "
        "and the running variance {variance}; leave eps out. In use, one convolution can do the "
        "work of both. What does it have instead of {w}, and which bias?",
        caption="folded weight, folded bias",
        tolerance=2e-3,
        variants=[
            fold_case(6, 5, 4, 1, 2, 4),
            fold_case(9, 7, 6, -1, 4, 9),
            fold_case(-4, 3, 6, 2, 5, 16),
            fold_case(2, -5, 1.5, 4, 1, 0.25),
            fold_case(5, 4, -8, 3, -1, 16),
            fold_case(10, -4, 3, -2, 1, 25),
        ],
        answer=folded,
        slips={
            "You divided by the running variance. Its root is meant, the standard deviation.": (
                refolded(scale=lambda weight, variance, **_: weight / variance)
            ),
            "The batch norm's own weight, {weight}, is missing.": (
                refolded(scale=lambda std, **_: 1 / std)
            ),
            "The division by the standard deviation is missing.": (
                refolded(scale=lambda weight, **_: weight)
            ),
            "You multiplied by the standard deviation. Batch norm divides by it.": (
                refolded(scale=lambda weight, std, **_: weight * std)
            ),
            "The weight is right. The running mean is missing in the bias.": (
                refolded(mean=lambda **_: 0)
            ),
            "The weight is right. The running mean is subtracted, so not added.": (
                refolded(mean=lambda mean, **_: -mean)
            ),
            "The weight is right. The convolution's bias is missing: it passes through the batch "
            "norm as well.": refolded(b=lambda **_: 0),
            "The weight is right. The batch norm's own bias is missing.": (
                refolded(bias=lambda **_: 0)
            ),
            "The weight is right. The running mean is scaled too: it is subtracted before the "
            "division.": with_bias(lambda b, scale, mean, bias, **_: scale * b - mean + bias),
            "The weight is right. The convolution's bias is scaled too, like everything that "
            "comes out of the convolution.": (
                with_bias(lambda b, scale, mean, bias, **_: b - scale * mean + bias)
            ),
            "The weight is right. The batch norm's own bias comes last and is not scaled.": (
                with_bias(lambda b, scale, mean, bias, **_: scale * (b - mean + bias))
            ),
            "The mean is subtracted from what the convolution gives, not from its weights.": (
                refolded(w=lambda w, mean, **_: w - mean)
            ),
        },
        hints=[
            "Write down what the two do to an input x. The convolution multiplies it by {w} and "
            "adds {b} (and what its other weights give). The running mean is subtracted; the rest "
            "is divided by the standard deviation and multiplied by {weight}; {bias} is added.",
            "The standard deviation is {std}, so everything is multiplied by {weight} / {std}. "
            "Gather what belongs to x, and what does not.",
        ],
        solution="The scale is {weight} / {std} = {scale}, and the folded weight {scale} times "
        "{w}. The convolution's bias less the running mean is {centred}; {scale} times that is "
        "{scaled}, to which {bias} is added. Together: {answer}.",
        why="The usual slip is in the bias: whatever comes out of the convolution, its own bias "
        "included, has the mean subtracted and is scaled. Only the batch norm's bias comes after.",
    ),
]
