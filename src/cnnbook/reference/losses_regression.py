"""Losses on a difference: absolute, squared, and the two that are squared near 0 only."""

import numpy as np

from cnnbook.reference.arguments import number
from cnnbook.reference.loss_reduction import reduce, spread
from cnnbook.reference.targets import matched


def l1_loss(x: np.ndarray, target: np.ndarray, reduction: str = "mean") -> tuple[np.ndarray, tuple]:
    r"""Measure the absolute error.

    loss of one entry = |x − target|

    Args:
        x: predictions, of any shape.
        target: of the same shape; there is no gradient for it.
        reduction: "mean" or "sum" over all entries, or "none".

    Returns:
        loss, in the dtype of x, a scalar but for "none", and the cache that `l1_loss_backward`
        wants.

    Raises:
        ValueError: if the shapes differ, or a mean is asked of no entries.
    """
    x, target = matched(x, target)
    difference = x - target
    loss, how = reduce(np.abs(difference), reduction)
    return loss, (difference, how)


def l1_loss_backward(dloss: float | np.ndarray, cache: tuple) -> np.ndarray:
    """Return dx, shaped as x; where x equals its target the slope is 0, as in torch.

    Args:
        dloss: gradient for the loss, shaped as the loss: 1.0 for a scalar.
        cache: what `l1_loss` returned beside the loss.

    Raises:
        ValueError: if dloss is not shaped as the loss.
    """
    difference, how = cache
    return spread(dloss, how) * np.sign(difference)


def mse_loss(
    x: np.ndarray, target: np.ndarray, reduction: str = "mean"
) -> tuple[np.ndarray, tuple]:
    r"""Measure the squared error.

    loss of one entry = (x − target)^2

    Arguments, results and errors as `l1_loss`.
    """
    x, target = matched(x, target)
    difference = x - target
    loss, how = reduce(difference**2, reduction)
    return loss, (difference, how)


def mse_loss_backward(dloss: float | np.ndarray, cache: tuple) -> np.ndarray:
    """Return dx, twice the difference; arguments and errors as `l1_loss_backward`."""
    difference, how = cache
    return spread(dloss, how) * 2 * difference


def huber_loss(
    x: np.ndarray, target: np.ndarray, delta: float = 1.0, reduction: str = "mean"
) -> tuple[np.ndarray, tuple]:
    r"""Measure the squared error up to delta, and its tangent from there on.

    loss of one entry = d^2 / 2 where d = |x − target| <= delta, otherwise delta (d − delta / 2)

    Args:
        delta: where the straight part begins, above 0.

    Other arguments, results and errors as `l1_loss`.
    See: Huber 1964, doi:10.1214/aoms/1177703732.
    """
    x, target = matched(x, target)
    delta = number(delta, "delta", above=0)
    difference = x - target
    distance = np.abs(difference)
    curved = np.minimum(distance, delta)  # both cases in one, without squaring an outlier
    loss, how = reduce(curved * (distance - curved / 2), reduction)
    return loss, (np.clip(difference, -delta, delta), how)


def huber_loss_backward(dloss: float | np.ndarray, cache: tuple) -> np.ndarray:
    """Return dx, the difference clipped to delta; arguments and errors as `l1_loss_backward`."""
    clipped, how = cache
    return spread(dloss, how) * clipped


def smooth_l1_loss(
    x: np.ndarray, target: np.ndarray, beta: float = 1.0, reduction: str = "mean"
) -> tuple[np.ndarray, tuple]:
    r"""Measure the absolute error, rounded off where it is below beta.

    loss of one entry = d^2 / (2 beta) where d = |x − target| < beta, otherwise d − beta / 2

    It is the Huber loss with delta = beta, divided by beta: far from the target its slope is 1
    for any beta. beta = 0 would be `l1_loss`, and is refused.

    Args:
        beta: where the straight part begins, above 0.

    Other arguments, results and errors as `l1_loss`.
    See: Girshick 2015, arXiv:1504.08083 (beta = 1).
    """
    x, target = matched(x, target)
    beta = number(beta, "beta", above=0)
    difference = x - target
    distance = np.abs(difference)
    curved = np.minimum(distance, beta)
    loss, how = reduce(curved / beta * (distance - curved / 2), reduction)
    return loss, (np.clip(difference / beta, -1, 1), how)


def smooth_l1_loss_backward(dloss: float | np.ndarray, cache: tuple) -> np.ndarray:
    """Return dx, the slope from −1 to 1; arguments and errors as `l1_loss_backward`."""
    slope, how = cache
    return spread(dloss, how) * slope
