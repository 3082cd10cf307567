"""Learning rates as plain functions of the step, equal to torch.optim.lr_scheduler over a run.

Each returns the rate for step number `step`, counted from 0; whether a step is a batch or an epoch
is the caller's choice, as long as T_max and its like count the same. Only rates are given: what
torch calls cycle_momentum is left out. Schedules compose as functions do. Warm-up over 500 steps,
then a cosine over the other 9,500:

    lr = linear_warmup(step, cosine_annealing_lr(max(step - 500, 0), 0.1, T_max=9500), 500)
"""

from math import cos, pi

from cnnbook.reference.arguments import choice, number
from cnnbook.shapes.checks import whole


def step_lr(step: int, lr: float, step_size: int, gamma: float = 0.1) -> float:
    """Multiply lr by gamma after every `step_size` steps.

    lr gamma^floor(step / step_size)

    Raises:
        ValueError: if a count is no whole number or too small, or a factor is negative.
    """
    drops = whole(step, "step") // whole(step_size, "step_size", 1)
    return number(lr, "lr", least=0) * number(gamma, "gamma", least=0) ** drops


def multi_step_lr(step: int, lr: float, milestones: list[int], gamma: float = 0.1) -> float:
    """Multiply lr by gamma at each of the milestones; one that stands there twice counts twice.

    Raises:
        ValueError: if a count is no whole number or negative, or a factor is negative.
    """
    step = whole(step, "step")
    drops = sum(whole(milestone, "each of milestones") <= step for milestone in milestones)
    return number(lr, "lr", least=0) * number(gamma, "gamma", least=0) ** drops


def exponential_lr(step: int, lr: float, gamma: float) -> float:
    """Multiply lr by gamma at every step; a gamma above 1 makes it a range test.

    lr gamma^step

    Raises:
        ValueError: if step is no whole number or negative, or a factor is negative.
    """
    step = whole(step, "step")
    return number(lr, "lr", least=0) * number(gamma, "gamma", least=0) ** step


def linear_warmup(step: int, lr: float, warmup_steps: int, start_factor: float = 1 / 3) -> float:
    """Rise from `start_factor` times lr to lr in a straight line, and stay there.

    lr (start_factor + (1 − start_factor) min(step / warmup_steps, 1))

    torch calls this LinearLR, and refuses a start_factor of 0 because it multiplies the rate of
    the step before; a function of the step can start from 0.

    Raises:
        ValueError: if a count is no whole number or too small, or start_factor is not from 0 to 1.
    See: Goyal et al. 2017, arXiv:1706.02677, gradual warm-up.
    """
    done = min(whole(step, "step") / whole(warmup_steps, "warmup_steps", 1), 1.0)
    start_factor = number(start_factor, "start_factor", least=0, most=1)
    return number(lr, "lr", least=0) * (start_factor + (1 - start_factor) * done)


def cosine_annealing_lr(step: int, lr: float, T_max: int, eta_min: float = 0.0) -> float:
    r"""Fall from lr to `eta_min` along half a cosine.

    eta_min + (lr − eta_min) (1 + \cos(π step / T_max)) / 2

    The cosine does not stop at T_max: the rate climbs back to lr at 2 T_max, as torch's does.

    Raises:
        ValueError: if a count is no whole number or too small, or a rate is negative.
    See: Loshchilov and Hutter 2017, arXiv:1608.03983.
    """
    done = whole(step, "step") / whole(T_max, "T_max", 1)
    lr, eta_min = number(lr, "lr", least=0), number(eta_min, "eta_min", least=0)
    return between(lr, eta_min, done, "cos")


def cosine_annealing_warm_restarts(
    step: int, lr: float, T_0: int, T_mult: int = 1, eta_min: float = 0.0
) -> float:
    """Fall from lr to `eta_min` along half a cosine, again and again.

    Args:
        step: number of the step, from 0.
        lr: rate at the start of each fall.
        T_0: steps in the first fall.
        T_mult: how many times longer each fall is than the one before.
        eta_min: rate that each fall heads for; the step that would reach it restarts at lr.

    Raises:
        ValueError: if a count is no whole number or too small, or a rate is negative.
    See: Loshchilov and Hutter 2017, arXiv:1608.03983.
    """
    position, length = whole(step, "step"), whole(T_0, "T_0", 1)
    growth = whole(T_mult, "T_mult", 1)
    while position >= length:
        position -= length
        length *= growth
    return cosine_annealing_lr(position, lr, length, eta_min)


def cyclic_lr(
    step: int,
    base_lr: float,
    max_lr: float,
    step_size_up: int = 2000,
    step_size_down: int | None = None,
    mode: str = "triangular",
    gamma: float = 1.0,
) -> float:
    """Rise and fall between two rates in straight lines, again and again.

    Args:
        step: number of the step, from 0.
        base_lr: rate at the start and at the end of each cycle.
        max_lr: rate between the rise and the fall.
        step_size_up, step_size_down: steps of the rise and of the fall (None: as many).
        mode: "triangular" keeps the height of the triangles, "triangular2" halves it with each
            cycle, "exp_range" multiplies it by gamma at each step.
        gamma: used by "exp_range" only.

    Raises:
        ValueError: if a count is no whole number or too small, a rate or gamma is negative, or the
            mode is another.
    See: Smith 2017, arXiv:1506.01186.
    """
    step, up = whole(step, "step"), whole(step_size_up, "step_size_up", 1)
    down = up if step_size_down is None else whole(step_size_down, "step_size_down", 1)
    base_lr, max_lr = number(base_lr, "base_lr", least=0), number(max_lr, "max_lr", least=0)
    choice(mode, "mode", ("triangular", "triangular2", "exp_range"))
    cycle, position = divmod(step, up + down)
    height = position / up if position <= up else (up + down - position) / down
    if mode == "triangular2":
        height *= 0.5**cycle
    elif mode == "exp_range":
        height *= number(gamma, "gamma", least=0) ** step
    return base_lr + (max_lr - base_lr) * height


def one_cycle_lr(
    step: int,
    max_lr: float,
    total_steps: int,
    pct_start: float = 0.3,
    anneal_strategy: str = "cos",
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    three_phase: bool = False,
) -> float:
    """Rise once to a large rate, and fall far below the first one.

    Args:
        step: number of the step, from 0 to total_steps − 1.
        max_lr: rate at the top.
        total_steps: steps of the whole run.
        pct_start: the part of the run that the rise takes, from 0 to 1; the top is at step
            pct_start total_steps − 1, which need not be whole.
        anneal_strategy: "cos" or "linear", the form of rise and fall.
        div_factor: max_lr over the first rate.
        final_div_factor: the first rate over the last one.
        three_phase: fall to the first rate as steeply as it rose, and then to the last one.

    Raises:
        ValueError: if step is not below total_steps (torch goes one further, where the rate
            leaves its range), or a setting is out of its range.
    See: Smith and Topin 2017, arXiv:1708.07120, whose form is linear with three phases.
    """
    total = whole(total_steps, "total_steps", 1)
    if whole(step, "step") >= total:
        raise ValueError(f"step must be below total_steps {total}, got {step}")
    choice(anneal_strategy, "anneal_strategy", ("cos", "linear"))
    top = number(max_lr, "max_lr", least=0)
    first = top / number(div_factor, "div_factor", above=0)
    last = first / number(final_div_factor, "final_div_factor", above=0)
    rise = number(pct_start, "pct_start", least=0, most=1) * total
    phases = [(rise - 1, first, top), (total - 1, top, last)]
    if three_phase:
        phases[1:] = [(2 * rise - 2, top, first), (total - 1, first, last)]
    start = 0.0
    for end, before, after in phases:
        if step <= end:  # true of the last phase at the latest
            # a rise of one step starts and ends at step 0, where torch divides 0 by 0
            done = (step - start) / (end - start) if end > start else 1.0
            return between(before, after, done, anneal_strategy)
        start = end


def between(before: float, after: float, done: float, form: str) -> float:
    """Go from one rate to another, `done` of the way: along half a cosine, or a straight line."""
    if form == "cos":
        done = (1 - cos(pi * done)) / 2
    return before + (after - before) * done
