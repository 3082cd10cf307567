"""One step of the optimisers that give each weight its own step size; `optimisers_adam` has Adam.

They are called as `optimisers` shows. Each divides the gradient by a running size of itself, and
they differ in what they remember: AdaGrad all squares, the others an average that forgets.
"""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import number
from cnnbook.reference.optimisers import prepare

Average = np.ndarray | float  # shaped as weight; 0.0 before the first gradient


class AdagradState(NamedTuple):
    """What `adagrad` remembers."""

    step: int
    total: Average  # of the squared gradients


class RMSpropState(NamedTuple):
    """What `rmsprop` remembers."""

    v: Average  # of the squared gradients
    m: Average  # of the gradients, if centered
    velocity: Average


class AdadeltaState(NamedTuple):
    """What `adadelta` remembers."""

    v: Average  # of the squared gradients
    u: Average  # of the squared steps


def adagrad(
    weight: np.ndarray,
    grad: np.ndarray,
    state: AdagradState | None = None,
    lr: float = 1e-2,
    lr_decay: float = 0.0,
    weight_decay: float = 0.0,
    initial_accumulator_value: float = 0.0,
    eps: float = 1e-10,
) -> tuple[np.ndarray, AdagradState]:
    r"""Divide each gradient by the root of the sum of all its squares so far.

    g = grad + weight_decay weight
    total = total + g²                                      (from initial_accumulator_value)
    weight = weight − lr / (1 + (step − 1) lr_decay) g / (\sqrt{total} + eps)

    Args:
        weight, grad, lr, weight_decay: as for `sgd`.
        state: what the step before returned; None at the first.
        lr_decay: how fast lr falls with the number of the step, which counts from 1.
        initial_accumulator_value: the total before the first step.
        eps: keeps the quotient finite where all gradients were 0.

    Returns:
        The new weight, in weight's dtype, and the new state.

    Raises:
        ValueError: if grad or state does not fit weight, or a setting is out of its range.

    See: Duchi, Hazan and Singer 2011 (JMLR 12), the diagonal form. lr_decay is torch's.
    """
    initial = number(initial_accumulator_value, "initial_accumulator_value", least=0)
    weight, grad = prepare(weight, grad, weight_decay)
    lr, lr_decay = number(lr, "lr", least=0), number(lr_decay, "lr_decay", least=0)
    eps = number(eps, "eps", least=0)
    step, total = started(state, AdagradState(0, initial), weight)
    total = total + grad**2
    lr /= 1 + step * lr_decay
    return weight - lr * (grad / (np.sqrt(total) + eps)), AdagradState(step + 1, total)


def rmsprop(
    weight: np.ndarray,
    grad: np.ndarray,
    state: RMSpropState | None = None,
    lr: float = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    centered: bool = False,
) -> tuple[np.ndarray, RMSpropState]:
    r"""Divide each gradient by the root of a running average of its squares.

    g = grad + weight_decay weight
    v = alpha v + (1 − alpha) g²
    m = alpha m + (1 − alpha) g                             (only if centered; otherwise 0)
    velocity = momentum velocity + g / (\sqrt{v − m²} + eps)
    weight = weight − lr velocity

    Args:
        weight, grad, lr, weight_decay, momentum: as for `sgd`.
        state: what the step before returned; None at the first.
        alpha: the part of the averages that stays, from 0 to 1.
        eps: added to the root, not under it as in Graves and in TensorFlow.
        centered: divide by the standard deviation of the gradient instead.

    Returns:
        The new weight, in weight's dtype, and the new state.

    Raises:
        ValueError: if grad or state does not fit weight, or a setting is out of its range.

    See: Tieleman and Hinton 2012, lecture 6.5 of "Neural networks for machine learning";
    centered: Graves 2013, arXiv:1308.0850, equation 40.
    """
    weight, grad = prepare(weight, grad, weight_decay)
    lr, alpha = number(lr, "lr", least=0), number(alpha, "alpha", least=0, most=1)
    eps, momentum = number(eps, "eps", least=0), number(momentum, "momentum", least=0)
    v, m, velocity = started(state, RMSpropState(0.0, 0.0, 0.0), weight)
    v = average(v, grad**2, alpha)
    spread = v
    if centered:
        m = average(m, grad, alpha)
        # equal gradients have no spread, which rounding may turn negative: torch then gives NaN
        spread = np.maximum(v - m**2, 0)
    velocity = momentum * velocity + grad / (np.sqrt(spread) + eps)
    return weight - lr * velocity, RMSpropState(v, m if centered else 0.0, velocity)


def adadelta(
    weight: np.ndarray,
    grad: np.ndarray,
    state: AdadeltaState | None = None,
    lr: float = 1.0,
    rho: float = 0.9,
    eps: float = 1e-6,
    weight_decay: float = 0.0,
) -> tuple[np.ndarray, AdadeltaState]:
    r"""Scale each gradient by the size of past steps over the size of past gradients.

    g = grad + weight_decay weight
    v = rho v + (1 − rho) g²
    d = \sqrt{(u + eps) / (v + eps)} g                      (a step has the unit of the weight)
    u = rho u + (1 − rho) d²
    weight = weight − lr d

    Args:
        weight, grad, weight_decay: as for `sgd`.
        state: what the step before returned; None at the first.
        lr: factor of each step; the paper has none, which is lr = 1.
        rho: the part of the averages that stays, from 0 to 1.
        eps: added to both averages; it also decides how large the first steps are.

    Returns:
        The new weight, in weight's dtype, and the new state.

    Raises:
        ValueError: if grad or state does not fit weight, or a setting is out of its range.

    See: Zeiler 2012, arXiv:1212.5701.
    """
    weight, grad = prepare(weight, grad, weight_decay)
    lr, rho = number(lr, "lr", least=0), number(rho, "rho", least=0, most=1)
    eps = number(eps, "eps", least=0)
    v, u = started(state, AdadeltaState(0.0, 0.0), weight)
    v = average(v, grad**2, rho)
    step = np.sqrt((u + eps) / (v + eps)) * grad
    return weight - lr * step, AdadeltaState(v, average(u, step**2, rho))


def average(old: Average, new: np.ndarray, keep: float) -> np.ndarray:
    """Keep a part of the old average and fill the rest with the new values."""
    mixed = keep * old
    mixed += (1 - keep) * new
    return mixed


def started(state: tuple | None, first: tuple, weight: np.ndarray) -> tuple:
    """Return the state, or the first one where there is none yet.

    Raises:
        ValueError: if it is no state of this rule, or belongs to a weight of another shape.
    """
    if state is None:
        return first
    if not isinstance(state, type(first)):
        raise ValueError(f"state wants None or {type(first).__name__}, got {type(state).__name__}")
    shape = max(map(np.shape, state), key=len)  # of its arrays; plain numbers have shape ()
    if shape != weight.shape:
        raise ValueError(f"state has shape {shape}, weight has {weight.shape}")
    return state
