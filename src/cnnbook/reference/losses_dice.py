"""Dice loss: how little two masks overlap, in a form that has a gradient."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import check_axes, number
from cnnbook.reference.loss_reduction import Reduction, reduce, spread
from cnnbook.reference.targets import check_probabilities, matched


class DiceCache(NamedTuple):
    """What `dice_loss` keeps for `dice_loss_backward`."""

    x: np.ndarray
    target: np.ndarray
    score: np.ndarray  # (N, C), the Dice coefficients
    total: np.ndarray  # (N, C), their denominators
    how: Reduction


def dice_loss(
    x: np.ndarray, target: np.ndarray, smooth: float = 1.0, reduction: str = "mean"
) -> tuple[np.ndarray, DiceCache]:
    r"""Measure 1 minus the Dice coefficient, once for each image and channel.

    loss = 1 − (2 \sum x target + smooth) / (\sum x^2 + \sum target^2 + smooth)

    The sums run over the pixels. The squares are those of Milletari et al.; the other common form
    has \sum x + \sum target below. The two agree on masks of 0 and 1, but not between: for x = 1/2
    everywhere and a target of 1 everywhere they are 1/5 and 1/3. `smooth` is not in the paper.

    Args:
        x: probabilities (N, C, H, W).
        target: masks or probabilities, shaped as x; there is no gradient for it.
        smooth: added above and below, at least 0; above 0 it makes two empty masks agree.
        reduction: "mean" or "sum" over images and channels, or "none", which gives (N, C).

    Returns:
        loss, in the dtype of x, a scalar but for "none", and the cache that `dice_loss_backward`
        wants.

    Raises:
        ValueError: if shapes disagree, a number is outside 0 to 1, smooth is 0 where x and target
            are empty, or a mean is asked of no images.
    See: Milletari et al. 2016, arXiv:1606.04797.
    """
    x, target = matched(x, target)
    check_axes(x, "x", "N, C, H, W")
    check_probabilities(x, "x")
    check_probabilities(target, "target")
    smooth = number(smooth, "smooth", least=0)
    overlap = np.sum(x * target, (2, 3), np.float64)  # (N, C); float16 overflows at 65,504
    total = np.sum(x**2 + target**2, (2, 3), np.float64) + smooth
    if not total.all():
        n, c = np.argwhere(total == 0)[0]
        raise ValueError(f"smooth 0 wants a mask: x and target are empty in image {n}, channel {c}")
    score = (2 * overlap + smooth) / total
    loss, how = reduce((1 - score).astype(x.dtype), reduction)
    return loss, DiceCache(x, target, score, total, how)


def dice_loss_backward(dloss: float | np.ndarray, cache: DiceCache) -> np.ndarray:
    r"""Return dx = 2 (x score − target) / total, where loss = 1 − score and total is its divisor.

    Args:
        dloss: gradient for the loss, shaped as the loss: 1.0 for a scalar.
        cache: what `dice_loss` returned beside the loss.

    Raises:
        ValueError: if dloss is not shaped as the loss.
    """
    x, target, score, total, how = cache
    pull = (2 * spread(dloss, how) / total).astype(x.dtype)[:, :, None, None]  # (N, C, 1, 1)
    return pull * (x * score.astype(x.dtype)[:, :, None, None] - target)
