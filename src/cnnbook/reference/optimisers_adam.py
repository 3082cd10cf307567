"""One step of Adam and of AdamW for one array, called as `optimisers` shows."""

from math import sqrt
from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import number
from cnnbook.reference.optimisers import prepare
from cnnbook.reference.optimisers_adaptive import Average, average, started


class AdamState(NamedTuple):
    """What `adam` and `adamw` remember."""

    step: int
    m: Average  # of the gradients
    v: Average  # of the squared gradients
    v_max: Average  # the largest v so far, if amsgrad


def adam(
    weight: np.ndarray,
    grad: np.ndarray,
    state: AdamState | None = None,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
) -> tuple[np.ndarray, AdamState]:
    r"""Step along an average of the gradients, divided by an average of their squares.

    g = grad + weight_decay weight
    m = beta_1 m + (1 − beta_1) g
    v = beta_2 v + (1 − beta_2) g²
    weight = weight − lr m / (1 − beta_1^step) / (\sqrt{v / (1 − beta_2^step)} + eps)

    The averages start at 0; dividing by 1 − beta^step takes that bias out, so that the first
    step moves each weight by lr, however large or small its gradient is.

    Args:
        weight, grad, lr, weight_decay: as for `sgd`; under Adam the decay is divided by the
            root as well, which `adamw` avoids.
        state: what the step before returned; None at the first.
        betas: the parts of m and of v that stay, from 0 to below 1.
        eps: added to the root; keeps the quotient finite where all gradients were 0.
        amsgrad: put the largest v so far in the place of v. The paper leaves out the divisions
            by 1 − beta^step, torch keeps them.

    Returns:
        The new weight, in weight's dtype, and the new state.

    Raises:
        ValueError: if grad or state does not fit weight, or a setting is out of its range.

    See: Kingma and Ba 2015, arXiv:1412.6980, algorithm 1; amsgrad: Reddi, Kale and Kumar 2018,
    arXiv:1904.09237.
    """
    weight, grad = prepare(weight, grad, weight_decay)
    if not isinstance(betas, tuple | list) or len(betas) != 2:
        raise ValueError(f"betas wants a pair, got {betas!r}")
    beta_1, beta_2 = (number(beta, "each of betas", least=0, below=1) for beta in betas)
    lr, eps = number(lr, "lr", least=0), number(eps, "eps", least=0)
    step, m, v, v_max = started(state, AdamState(0, 0.0, 0.0, 0.0), weight)
    step += 1
    m = average(m, grad, beta_1)
    v = average(v, grad**2, beta_2)
    v_max = np.maximum(v_max, v) if amsgrad else 0.0
    root = np.sqrt(v_max if amsgrad else v)
    root /= sqrt(1 - beta_2**step)
    root += eps
    update = m / root
    update *= lr / (1 - beta_1**step)
    return weight - update, AdamState(step, m, v, v_max)


def adamw(
    weight: np.ndarray,
    grad: np.ndarray,
    state: AdamState | None = None,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 1e-2,
    amsgrad: bool = False,
) -> tuple[np.ndarray, AdamState]:
    r"""Shrink the weight, then step as `adam` does: the decay never meets the averages.

    weight = (1 − lr weight_decay) weight − (adam's step, without decay)

    Arguments, results and errors are those of `adam`. torch multiplies the decay by lr; the paper
    keeps the two apart, and multiplies both by the schedule instead (algorithm 2, line 12).

    See: Loshchilov and Hutter 2019, arXiv:1711.05101.
    """
    lr = number(lr, "lr", least=0)
    kept = 1 - lr * number(weight_decay, "weight_decay", least=0)
    weight, grad = prepare(weight, grad, 0.0)
    return adam(kept * weight, grad, state, lr, betas, eps, 0.0, amsgrad)
