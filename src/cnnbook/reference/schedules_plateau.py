"""The one schedule that looks at the training: it lowers the rate when a metric stops improving."""

from math import inf
from typing import NamedTuple

from cnnbook.reference.arguments import choice, number
from cnnbook.shapes.checks import whole


class PlateauState(NamedTuple):
    """What `reduce_lr_on_plateau` remembers."""

    best: float
    bad_epochs: int  # without improvement, since the last one or since the last reduction
    resting: int  # epochs of cooldown left


def reduce_lr_on_plateau(
    metric: float,
    state: PlateauState | None,
    lr: float,
    mode: str = "min",
    factor: float = 0.1,
    patience: int = 10,
    threshold: float = 1e-4,
    threshold_mode: str = "rel",
    cooldown: int = 0,
    min_lr: float = 0.0,
    eps: float = 1e-8,
) -> tuple[float, PlateauState]:
    """Multiply lr by `factor` after more than `patience` epochs without improvement.

    Call it once after each epoch: `lr, state = reduce_lr_on_plateau(loss, state, lr)`.

    Args:
        metric: what is watched, such as the validation loss; NaN is no improvement.
        state: what the epoch before returned; None at the first.
        lr: the rate of this epoch.
        mode: "min" if the metric should fall, "max" if it should rise.
        factor: what lr is multiplied by, from 0 to below 1.
        patience: epochs without improvement that are let pass; lr falls at the next one.
        threshold, threshold_mode: how much better than the best counts, as a part of the best
            ("rel", made for positive metrics) or as a difference ("abs").
        cooldown: epochs after a reduction that are not counted as bad.
        min_lr: lr never falls below it.
        eps: a reduction by no more than this is left out.

    Returns:
        The rate of the next epoch, and the new state.

    Raises:
        ValueError: if a setting is out of its range.
    """
    choice(mode, "mode", ("min", "max"))
    choice(threshold_mode, "threshold_mode", ("rel", "abs"))
    patience, cooldown = whole(patience, "patience"), whole(cooldown, "cooldown")
    factor = number(factor, "factor", least=0, below=1)
    threshold, eps = number(threshold, "threshold", least=0), number(eps, "eps", least=0)
    lr, min_lr = number(lr, "lr", least=0), number(min_lr, "min_lr", least=0)

    if state is None:
        state = PlateauState(inf if mode == "min" else -inf, 0, 0)
    elif not isinstance(state, PlateauState):
        raise ValueError(f"state wants None or PlateauState, got {state!r}")

    best, bad_epochs, resting = state
    metric, margin = float(metric), -threshold if mode == "min" else threshold
    bound = best * (1 + margin) if threshold_mode == "rel" else best + margin
    if metric < bound if mode == "min" else metric > bound:
        best, bad_epochs = metric, 0
    else:
        bad_epochs += 1
    if resting:
        resting, bad_epochs = resting - 1, 0
    if bad_epochs > patience:
        lowered = max(lr * factor, min_lr)
        lr = lowered if lr - lowered > eps else lr
        bad_epochs, resting = 0, cooldown
    return lr, PlateauState(best, bad_epochs, resting)
