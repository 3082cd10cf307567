"""The budget that networks are compared under: steps, not seconds, so that results repeat."""

from collections.abc import Callable

STEPS_SCRIPT = 1200  # of 64 images: 60 s on 2 cores for a network that takes 50 ms a step
STEPS_LIVE = 500  # in a chapter: 8 s for a LeNet, with the loading of torch.optim
RATE = 0.004  # top of the learning rate for Adam, which suits most networks untuned


def one_cycle(steps: int, top: float = RATE) -> Callable[[int], float]:
    """Return a rate that rises to `top` for three tenths of the run and falls to nearly nothing.

    See: Smith and Topin 2017, arXiv:1708.07120.
    """
    from cnnbook.reference import one_cycle_lr  # not with the package: it loads all its layers

    return lambda step: one_cycle_lr(step, top, steps)
