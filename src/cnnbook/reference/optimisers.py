"""One step of gradient descent, plain or with momentum, for one array.

A rule is a function `weight, state = rule(weight, grad, state)` that writes to none of its
arguments; the state is None before the first step. A network's weights take one call each:

    states = {}
    for name, grad in grads.items():  # after each batch; a list works as well, with its indices
        weights[name], states[name] = sgd(weights[name], grad, states.get(name), lr=0.1)
"""

import numpy as np

from cnnbook.reference.arguments import as_floats, check_shape, number


def sgd(
    weight: np.ndarray,
    grad: np.ndarray,
    state: np.ndarray | None = None,
    lr: float = 1e-3,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> tuple[np.ndarray, np.ndarray | None]:
    r"""Step against the gradient, or against a velocity that gathers gradients.

    g = grad + weight_decay weight
    velocity = momentum velocity + (1 − dampening) g        (the first velocity is g itself)
    weight = weight − lr velocity                           (without momentum: weight − lr g)
    weight = weight − lr (g + momentum velocity)            (with nesterov)

    This is torch's form. Sutskever et al. keep lr in the velocity, v = momentum v − lr g and
    weight = weight + v: the same path while lr stays, but when lr falls their velocity remembers
    the old lr and torch's does not. Their Nesterov form takes the gradient ahead, at
    weight + momentum v; torch's weight IS that point ahead, so it needs the gradient only there.

    Args:
        weight: any shape.
        grad: gradient of the loss for weight, of the same shape.
        state: the velocity that the step before returned; None at the first.
        lr: learning rate, the length of a step for a gradient of length 1.
        momentum: the part of the velocity that stays, from 0.
        dampening: the part of each gradient but the first that does not enter the velocity.
        weight_decay: factor of the L2 penalty weight_decay / 2 |weight|².
        nesterov: look one velocity ahead.

    Returns:
        The new weight, in weight's dtype, and the new velocity (None if momentum is 0).

    Raises:
        ValueError: if grad or state is not shaped as weight, a setting is out of its range, or
            nesterov comes without momentum or with dampening.

    See: Polyak 1964, doi:10.1016/0041-5553(64)90137-5; Nesterov 1983; Sutskever, Martens, Dahl
    and Hinton 2013 (ICML); Bengio, Boulanger-Lewandowski and Pascanu 2012, arXiv:1212.0901, for
    the form with the gradient at one point only.
    """
    weight, grad = prepare(weight, grad, weight_decay)
    lr, momentum = number(lr, "lr", least=0), number(momentum, "momentum", least=0)
    dampening = number(dampening, "dampening")
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError(
            "nesterov wants momentum above 0 and dampening 0, "
            f"got momentum {momentum:g} and dampening {dampening:g}"
        )
    if state is not None:
        check_shape(np.asarray(state), "state", weight.shape)
    if momentum == 0:
        return weight - lr * grad, None
    if state is None:
        velocity = grad.copy()
    else:
        velocity = momentum * state
        velocity += (1 - dampening) * grad
    step = grad + momentum * velocity if nesterov else velocity
    return weight - lr * step, velocity


def prepare(
    weight: np.ndarray, grad: np.ndarray, weight_decay: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return weight as floats, and grad in its dtype with the gradient of the L2 penalty.

    Raises:
        ValueError: if their shapes differ, or weight_decay is negative.
    """
    (weight,), (grad,) = as_floats(np.asarray(weight)), as_floats(np.asarray(grad))
    weight_decay = number(weight_decay, "weight_decay", least=0)
    if grad.shape != weight.shape:
        raise ValueError(f"grad has shape {grad.shape}, weight has {weight.shape}")
    grad = grad.astype(weight.dtype, copy=False)
    return weight, grad + weight_decay * weight if weight_decay else grad
