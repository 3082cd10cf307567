"""From one loss for each entry to the loss, and its gradient back to the entries.

Every loss follows one rule: `loss` has the dtype of x; it is a numpy scalar for "mean" and "sum",
an array for "none". The mean of no losses is refused, where torch returns NaN; their sum is 0.
"""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import choice


class Reduction(NamedTuple):
    """How the losses of the entries became the loss."""

    loss_shape: tuple[int, ...]  # () but for "none"
    shape: tuple[int, ...]  # of the losses of the entries
    divisor: float  # 1 for a sum
    dtype: np.dtype


def reduce(
    each: np.ndarray, reduction: str, divisor: float | None = None
) -> tuple[np.ndarray, Reduction]:
    """Take the mean, the sum, or nothing.

    Args:
        each: loss of each entry.
        reduction: "mean", "sum" or "none".
        divisor: what the mean divides by, if not by the number of entries.

    Returns:
        The loss, and what `spread` wants.

    Raises:
        ValueError: for another reduction, or if the mean would divide by 0.
    """
    choice(reduction, "reduction", ("mean", "sum", "none"))
    if reduction == "none":
        return each, Reduction(each.shape, each.shape, 1, each.dtype)
    if reduction == "sum":
        divisor = 1
    elif divisor is None:
        divisor = each.size
    if divisor == 0:
        what = "no losses" if each.size == 0 else "losses whose weights sum to 0"
        raise ValueError(f"the mean of {what} is undefined, the losses have shape {each.shape}")
    total = each.sum(dtype=np.float64)  # a sum in float16 overflows at 65,504
    return each.dtype.type(total / divisor), Reduction((), each.shape, divisor, each.dtype)


def spread(dloss: float | np.ndarray, reduction: Reduction) -> np.ndarray:
    """Return the gradient for the loss of each entry, read-only.

    Args:
        dloss: gradient for the loss, shaped as the loss; 1.0 where the loss is the end.

    Raises:
        ValueError: if dloss is not shaped as the loss.
    """
    dloss = np.asarray(dloss, np.float64)
    if dloss.shape != reduction.loss_shape:
        raise ValueError(f"dloss has shape {dloss.shape}, the loss has {reduction.loss_shape}")
    return np.broadcast_to((dloss / reduction.divisor).astype(reduction.dtype), reduction.shape)
