"""Losses of yes or no: cross-entropy from probabilities and from logits, and focal loss."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.activations import sigmoid
from cnnbook.reference.arguments import number
from cnnbook.reference.loss_reduction import Reduction, reduce, spread
from cnnbook.reference.targets import check_probabilities, matched, yes_or_no


class LogitsCache(NamedTuple):
    """What `binary_cross_entropy_with_logits` keeps for its backward pass."""

    x: np.ndarray
    yes: np.ndarray  # pos_weight target
    no: np.ndarray  # 1 − target
    how: Reduction


class FocalCache(NamedTuple):
    """What `focal_loss` keeps for `focal_loss_backward`."""

    log_right: np.ndarray  # log p_t
    focus: np.ndarray  # ± alpha_t (1 − p_t)^gamma, + where target is 1
    gamma: float
    how: Reduction


def binary_cross_entropy(
    x: np.ndarray, target: np.ndarray, reduction: str = "mean"
) -> tuple[np.ndarray, tuple]:
    r"""Measure how surprising the targets are, given probabilities.

    loss of one entry = −target log x − (1 − target) log(1 − x)

    A logarithm below −100 counts as −100, as in torch: the loss of a certain error is finite.

    Args:
        x: probabilities, of any shape.
        target: 0 or 1, or a probability itself, shaped as x; there is no gradient for it.
        reduction: "mean" or "sum" over all entries, or "none".

    Returns:
        loss, in the dtype of x, a scalar but for "none", and the cache that
        `binary_cross_entropy_backward` wants.

    Raises:
        ValueError: if the shapes differ, a number is outside 0 to 1, or a mean is asked of no
            entries.
    """
    x, target = matched(x, target)
    check_probabilities(x, "x")
    check_probabilities(target, "target")
    with np.errstate(divide="ignore"):  # log 0 is −inf, and becomes −100
        log_yes, log_no = np.maximum(np.log(x), -100), np.maximum(np.log1p(-x), -100)
    loss, how = reduce(-target * log_yes - (1 - target) * log_no, reduction)
    return loss, (x, target, how)


def binary_cross_entropy_backward(dloss: float | np.ndarray, cache: tuple) -> np.ndarray:
    """Return dx = (x − target) / (x (1 − x)), whose denominator is at least 1e-12, as in torch.

    Args:
        dloss: gradient for the loss, shaped as the loss: 1.0 for a scalar.
        cache: what `binary_cross_entropy` returned beside the loss.

    Raises:
        ValueError: if dloss is not shaped as the loss.
    """
    x, target, how = cache
    least = max(1e-12, float(np.finfo(x.dtype).tiny))  # 1e-12 is 0 in float16
    return spread(dloss, how) * (x - target) / np.maximum(x * (1 - x), least)


def binary_cross_entropy_with_logits(
    x: np.ndarray,
    target: np.ndarray,
    pos_weight: np.ndarray | float | None = None,
    reduction: str = "mean",
) -> tuple[np.ndarray, tuple]:
    r"""Measure how surprising the targets are, given logits.

    loss of one entry = −pos_weight target log \sigma(x) − (1 − target) log \sigma(−x)

    The logarithm of the sigmoid is taken in one step, so no logit is too large.

    Args:
        x: logits, of any shape.
        target: 0 or 1, or a probability, shaped as x; there is no gradient for it.
        pos_weight: what a positive counts, one number or of a shape that broadcasts to x: (C,)
            beside (N, C), (C, 1, 1) beside (N, C, H, W).
        reduction: "mean" or "sum" over all entries (never divided by the weights), or "none".

    Returns:
        loss, in the dtype of x, a scalar but for "none", and the cache that
        `binary_cross_entropy_with_logits_backward` wants.

    Raises:
        ValueError: if shapes disagree, a target is outside 0 to 1, or a mean is asked of no
            entries.
    """
    x, target = matched(x, target)
    check_probabilities(target, "target")
    yes, no = target, 1 - target
    if pos_weight is not None:
        yes = yes * widened(np.asarray(pos_weight, x.dtype), x.shape)
    loss, how = reduce(-yes * log_sigmoid(x) - no * log_sigmoid(-x), reduction)
    return loss, LogitsCache(x, yes, no, how)


def binary_cross_entropy_with_logits_backward(
    dloss: float | np.ndarray, cache: LogitsCache
) -> np.ndarray:
    r"""Return dx = (1 − target) \sigma(x) − pos_weight target \sigma(−x).

    Without pos_weight this is \sigma(x) − target, the probability minus what it should be.

    Args:
        dloss: gradient for the loss, shaped as the loss: 1.0 for a scalar.
        cache: what `binary_cross_entropy_with_logits` returned beside the loss.

    Raises:
        ValueError: if dloss is not shaped as the loss.
    """
    x, yes, no, how = cache
    return spread(dloss, how) * (no * sigmoid(x)[0] - yes * sigmoid(-x)[0])


def focal_loss(
    x: np.ndarray,
    target: np.ndarray,
    alpha: float | None = 0.25,
    gamma: float = 2.0,
    reduction: str = "mean",
) -> tuple[np.ndarray, FocalCache]:
    r"""Measure the cross-entropy of logits, made small where the answer is right already.

    loss of one entry = −alpha_t (1 − p_t)^{gamma} log p_t

    p_t is the probability given to the true answer: \sigma(x) where target is 1, \sigma(−x) where
    it is 0; alpha_t is alpha or 1 − alpha in the same way.

    Args:
        x: logits, of any shape.
        target: 0 or 1, shaped as x; there is no gradient for it.
        alpha: what a positive counts, from 0 to 1, a negative counting 1 − alpha; None: both 1.
        gamma: how much easy entries are turned down, at least 0; 0 does not.
        reduction: "mean" or "sum" over all entries, or "none". Lin et al. divide the sum by the
            number of positive anchors instead.

    Returns:
        loss, in the dtype of x, a scalar but for "none", and the cache that `focal_loss_backward`
        wants.

    Raises:
        ValueError: if the shapes differ, a target is neither 0 nor 1, alpha or gamma is out of
            bounds, or a mean is asked of no entries.
    See: Lin et al. 2017, arXiv:1708.02002.
    """
    x, target = matched(x, target)
    positive = yes_or_no(target, "target")
    gamma = number(gamma, "gamma", least=0)
    side = np.where(positive, 1, -1).astype(x.dtype)
    log_right, log_wrong = log_sigmoid(side * x), log_sigmoid(-side * x)  # log p_t, log (1 − p_t)
    focus = np.exp(gamma * log_wrong)
    if alpha is not None:
        alpha = number(alpha, "alpha", least=0, most=1)
        focus *= np.where(positive, alpha, 1 - alpha)
    loss, how = reduce(-focus * log_right, reduction)
    return loss, FocalCache(log_right, side * focus, gamma, how)


def focal_loss_backward(dloss: float | np.ndarray, cache: FocalCache) -> np.ndarray:
    r"""Return dx = ± alpha_t (1 − p_t)^{gamma} (gamma p_t log p_t + p_t − 1), + where target is 1.

    Args:
        dloss: gradient for the loss, shaped as the loss: 1.0 for a scalar.
        cache: what `focal_loss` returned beside the loss.

    Raises:
        ValueError: if dloss is not shaped as the loss.
    """
    log_right, focus, gamma, how = cache
    right = np.exp(log_right)
    return spread(dloss, how) * focus * (gamma * right * log_right + right - 1)


def log_sigmoid(x: np.ndarray) -> np.ndarray:
    """Return log(1 / (1 + exp(−x))) in one step, which no logit overflows."""
    return -np.logaddexp(0, -x)


def widened(pos_weight: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Broadcast pos_weight to the shape of x, which it must not widen."""
    try:
        return np.broadcast_to(pos_weight, shape)
    except ValueError:
        raise ValueError(f"pos_weight has shape {pos_weight.shape}, x has {shape}") from None
