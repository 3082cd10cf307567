"""Cross-entropy of one class among many, from logits: softmax and logarithm in one."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import as_floats, check_shape, number
from cnnbook.reference.loss_reduction import Reduction, reduce, spread
from cnnbook.reference.softmax import log_softmax
from cnnbook.reference.targets import check_probabilities, class_numbers


class CrossEntropyCache(NamedTuple):
    """What `cross_entropy` keeps for `cross_entropy_backward`."""

    p: np.ndarray  # softmax of x
    pull: np.ndarray  # weight_c q_c, see `cross_entropy`
    how: Reduction


def cross_entropy(
    x: np.ndarray,
    target: np.ndarray,
    weight: np.ndarray | None = None,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> tuple[np.ndarray, CrossEntropyCache]:
    r"""Measure how surprising the true classes are, given logits.

    p_c = exp(x_c) / \sum_k exp(x_k)
    q_c = (1 − label_smoothing) target_c + label_smoothing / C
    loss of one entry = −\sum_c weight_c q_c log p_c

    target_c is 1 for the true class and 0 for all others. With equal logits, as from a fresh
    network, the loss is log C.

    Args:
        x: logits (N, C), or (N, C, H, W) and the like: classes stand on axis 1.
        target: class numbers (N,), or (N, H, W); or probabilities of the classes, shaped as x.
            There is no gradient for it.
        weight: (C,), what each class counts.
        label_smoothing: part of the probability that is shared by all classes, 0 to 1.
        reduction: "mean", "sum" or "none". As in torch, the mean divides by the weights of the
            true classes, summed over all entries; for probabilities by the number of entries.
            To weight each pixel, take "none" and pass the weights, shaped as target, as dloss.

    Returns:
        loss, in the dtype of x, a scalar but for "none", which gives (N,) or (N, H, W); and the
        cache that `cross_entropy_backward` wants.

    Raises:
        ValueError: if shapes disagree, a class does not exist, a probability or label_smoothing
            is outside 0 to 1, or a mean would divide by 0.
    See: Szegedy et al. 2016, arXiv:1512.00567 (label smoothing).
    """
    (x,) = as_floats(x)
    if x.ndim < 2 or x.shape[1] == 0:
        raise ValueError(f"x wants logits (N, C) or (N, C, H, W), got shape {x.shape}")
    classes, smoothing = x.shape[1], number(label_smoothing, "label_smoothing", 0, 1)
    by_class = np.ones(classes, x.dtype) if weight is None else np.asarray(weight, x.dtype)
    check_shape(by_class, "weight", (classes,))
    by_class = by_class.reshape(-1, *[1] * (x.ndim - 2))  # (C, 1, 1)
    numbers = np.ndim(target) < x.ndim
    target = class_targets(target, x) if numbers else probability_targets(target, x)  # (N, C, H, W)
    divisor = (target * by_class).sum(dtype=np.float64) if numbers else None
    pull = by_class * ((1 - smoothing) * target + smoothing / classes)
    surprise = -log_softmax(x)[0]
    # 0 log 0 is 0: a logit of −inf is no loss where the class is not wanted
    terms = np.multiply(pull, surprise, out=np.zeros_like(x), where=pull != 0)
    loss, how = reduce(terms.sum(1), reduction, divisor)
    return loss, CrossEntropyCache(np.exp(-surprise), pull, how)


def cross_entropy_backward(dloss: float | np.ndarray, cache: CrossEntropyCache) -> np.ndarray:
    r"""Pass the gradient back to the logits: probability minus target, if there are no weights.

    dx_c = p_c \sum_k weight_k q_k − weight_c q_c, for each entry

    Args:
        dloss: gradient for the loss, shaped as the loss: 1.0 for a scalar.
        cache: what `cross_entropy` returned beside the loss.

    Returns:
        dx, shaped as x.

    Raises:
        ValueError: if dloss is not shaped as the loss.
    """
    p, pull, how = cache
    return spread(dloss, how)[:, None] * (p * pull.sum(1, keepdims=True) - pull)


def class_targets(target: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Write class numbers (N, H, W) as probabilities (N, C, H, W): 1 for the class, 0 elsewhere."""
    target, classes = class_numbers(target, "target", x.shape[1]), np.arange(x.shape[1])
    check_shape(target, "target", (len(x), *x.shape[2:]))
    return (target[:, None] == classes.reshape(-1, *[1] * (x.ndim - 2))).astype(x.dtype)


def probability_targets(target: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return probabilities in the dtype of x, once checked."""
    (target,) = as_floats(target)
    check_shape(target, "target", x.shape)
    check_probabilities(target, "target")
    return target.astype(x.dtype)
