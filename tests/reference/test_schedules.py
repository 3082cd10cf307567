import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree
from torch.optim import lr_scheduler

from cnnbook.reference.schedules import (
    cosine_annealing_lr,
    cosine_annealing_warm_restarts,
    cyclic_lr,
    exponential_lr,
    linear_warmup,
    multi_step_lr,
    one_cycle_lr,
    step_lr,
)

RATE = st.floats(1e-4, 10.0)
SMALL = st.one_of(st.just(0.0), st.floats(1e-6, 1e-2))
COUNT = st.integers(1, 12)
GAMMA = st.one_of(st.just(0.1), st.floats(0.1, 1.2))
STEPS = 40


def torch_rates(make, lr, steps=STEPS):
    """The rates of a whole run of torch, step by step; `make` builds its scheduler."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = make(optimiser)
    rates = [optimiser.param_groups[0]["lr"]]
    for _ in range(steps - 1):
        optimiser.step()
        scheduler.step()
        rates.append(optimiser.param_groups[0]["lr"])
    return rates


def follow_torch(ours, lr, scheduler, settings, theirs=None, steps=STEPS):
    """Hold a whole run of a schedule against torch's; `theirs` are torch's names of settings."""
    theirs = settings if theirs is None else theirs
    expected = torch_rates(lambda optimiser: scheduler(optimiser, **theirs), lr, steps)
    rates = [ours(step, lr, **settings) for step in range(steps)]
    assert all(type(rate) is float for rate in rates)
    agree(ours.__name__, f"torch {scheduler.__name__}, runs", "forward", rates, expected)


@CONFIGURATIONS
@given(RATE, COUNT, GAMMA)
def test_step(lr, step_size, gamma):
    follow_torch(step_lr, lr, lr_scheduler.StepLR, dict(step_size=step_size, gamma=gamma))


@CONFIGURATIONS
@given(RATE, st.lists(st.integers(0, STEPS), max_size=5), GAMMA)
def test_multi_step(lr, milestones, gamma):
    settings = dict(milestones=milestones, gamma=gamma)
    follow_torch(multi_step_lr, lr, lr_scheduler.MultiStepLR, settings)


@CONFIGURATIONS
@given(RATE, GAMMA)
def test_exponential(lr, gamma):
    follow_torch(exponential_lr, lr, lr_scheduler.ExponentialLR, dict(gamma=gamma))


@CONFIGURATIONS
@given(RATE, st.integers(1, 50), st.floats(0.01, 1.0))
def test_linear_warmup(lr, warmup_steps, start_factor):
    follow_torch(
        linear_warmup,
        lr,
        lr_scheduler.LinearLR,
        dict(warmup_steps=warmup_steps, start_factor=start_factor),
        dict(total_iters=warmup_steps, start_factor=start_factor),
    )


@CONFIGURATIONS
@given(RATE, st.integers(1, 50), SMALL)
def test_cosine_annealing_and_beyond_its_end(lr, T_max, eta_min):
    settings = dict(T_max=T_max, eta_min=eta_min)
    follow_torch(cosine_annealing_lr, lr, lr_scheduler.CosineAnnealingLR, settings)


@CONFIGURATIONS
@given(RATE, COUNT, st.integers(1, 3), SMALL)
def test_warm_restarts(lr, T_0, T_mult, eta_min):
    settings = dict(T_0=T_0, T_mult=T_mult, eta_min=eta_min)
    restarts = lr_scheduler.CosineAnnealingWarmRestarts
    follow_torch(cosine_annealing_warm_restarts, lr, restarts, settings)


@CONFIGURATIONS
@given(
    SMALL,
    RATE,
    COUNT,
    st.one_of(st.none(), COUNT),
    st.sampled_from(["triangular", "triangular2", "exp_range"]),
    st.floats(0.5, 1.1),
)
def test_cyclic(base_lr, max_lr, step_size_up, step_size_down, mode, gamma):
    settings = dict(max_lr=max_lr, step_size_up=step_size_up, step_size_down=step_size_down)
    settings |= dict(mode=mode, gamma=gamma)
    theirs = settings | dict(base_lr=base_lr, cycle_momentum=False)
    follow_torch(cyclic_lr, base_lr, lr_scheduler.CyclicLR, settings, theirs)


@CONFIGURATIONS
@given(
    RATE,
    st.integers(1, 40),
    st.floats(0.0, 1.0),
    st.sampled_from(["cos", "linear"]),
    st.floats(1.0, 100.0),
    st.floats(1.0, 1e5),
    st.booleans(),
)
def test_one_cycle(
    max_lr, total_steps, pct_start, anneal_strategy, div_factor, final_div_factor, three_phase
):
    assume(pct_start * total_steps != 1)  # where torch divides 0 by 0, see below
    settings = dict(
        total_steps=total_steps,
        pct_start=pct_start,
        anneal_strategy=anneal_strategy,
        div_factor=div_factor,
        final_div_factor=final_div_factor,
        three_phase=three_phase,
    )
    theirs = settings | dict(max_lr=max_lr, cycle_momentum=False)
    follow_torch(one_cycle_lr, max_lr, lr_scheduler.OneCycleLR, settings, theirs, total_steps)


def test_a_rise_of_one_step_starts_at_the_top_where_torch_fails():
    settings = dict(max_lr=1.0, total_steps=10, pct_start=0.1)
    with pytest.raises(ZeroDivisionError):
        torch_rates(lambda o: lr_scheduler.OneCycleLR(o, **settings, cycle_momentum=False), 1.0)
    rates = [one_cycle_lr(step, **settings) for step in range(10)]
    assert rates[0] == 1
    np.testing.assert_allclose(rates[9], 1 / 25 / 1e4)
    assert rates == sorted(rates, reverse=True)
    assert one_cycle_lr(0, **settings, three_phase=True) == 1


def test_a_step_too_many_is_refused_where_torch_leaves_the_range():
    settings = dict(max_lr=1.0, total_steps=10, anneal_strategy="linear")
    rates = torch_rates(
        lambda o: lr_scheduler.OneCycleLR(o, **settings, cycle_momentum=False), 1.0, 11
    )
    np.testing.assert_allclose(rates[:10], [one_cycle_lr(step, **settings) for step in range(10)])
    assert rates[10] < 0
    with pytest.raises(ValueError, match="step must be below total_steps 10, got 10"):
        one_cycle_lr(10, **settings)


HAND = {  # call -> rates of its first steps, worked on paper
    "step": (lambda s: step_lr(s, 8.0, 2, 0.5), [8, 8, 4, 4, 2]),
    "multi-step": (lambda s: multi_step_lr(s, 8.0, [4, 1, 1], 0.5), [8, 2, 2, 2, 1]),
    "exponential": (lambda s: exponential_lr(s, 8.0, 0.5), [8, 4, 2, 1, 0.5]),
    "range test": (lambda s: exponential_lr(s, 1.0, 10.0), [1, 10, 100]),
    "warm-up": (lambda s: linear_warmup(s, 8.0, 4, 0.5), [4, 5, 6, 7, 8, 8]),
    "warm-up from 0": (lambda s: linear_warmup(s, 8.0, 2, 0.0), [0, 4, 8]),
    "cosine": (lambda s: cosine_annealing_lr(s, 8.0, 2, 2.0), [8, 5, 2, 5, 8]),
    "restarts": (
        lambda s: cosine_annealing_warm_restarts(s, 8.0, 2, 2),
        [8, 4, 8, 4 + 8**0.5, 4, 4 - 8**0.5, 8],
    ),
    "cyclic": (lambda s: cyclic_lr(s, 1.0, 5.0, 2, 1), [1, 3, 5, 1, 3, 5]),
    "cyclic as long down": (lambda s: cyclic_lr(s, 1.0, 5.0, 2), [1, 3, 5, 3, 1]),
    "cyclic halved": (
        lambda s: cyclic_lr(s, 1.0, 5.0, 1, 1, "triangular2"),
        [1, 5, 1, 3, 1, 2],
    ),
    "cyclic falling": (
        lambda s: cyclic_lr(s, 0.0, 8.0, 1, 1, "exp_range", 0.5),
        [0, 4, 0, 1, 0, 1 / 4],
    ),
    "one cycle": (
        lambda s: one_cycle_lr(s, 8.0, 9, 1 / 3, "linear", 4.0, 4.0),
        [2, 5, 8, 6.75, 5.5, 4.25, 3, 1.75, 0.5],  # rises by 3, falls by 7.5 / 6
    ),
    "one cycle in three phases": (
        lambda s: one_cycle_lr(s, 8.0, 9, 1 / 3, "linear", 4.0, 4.0, three_phase=True),
        [2, 5, 8, 5, 2, 1.625, 1.25, 0.875, 0.5],
    ),
    "one cycle of cosines": (
        lambda s: one_cycle_lr(s, 8.0, 5, 0.6, "cos", 4.0, 4.0),
        [2, 5, 8, 4.25, 0.5],
    ),
    "one cycle of one step": (lambda s: one_cycle_lr(s, 8.0, 1, 0.3), [8 / 25 / 1e4]),
}


@pytest.mark.parametrize("name", HAND)
def test_by_hand(name):
    rate, wanted = HAND[name]
    np.testing.assert_allclose([rate(s) for s in range(len(wanted))], wanted, atol=1e-12)


def test_the_composition_of_the_docstring_is_torchs():
    warmup, run = 5, 20

    def make(optimiser):
        rise = lr_scheduler.LinearLR(optimiser, total_iters=warmup)
        fall = lr_scheduler.CosineAnnealingLR(optimiser, T_max=run - warmup)
        return lr_scheduler.SequentialLR(optimiser, [rise, fall], milestones=[warmup])

    ours = [
        linear_warmup(s, cosine_annealing_lr(max(s - warmup, 0), 0.1, T_max=run - warmup), warmup)
        for s in range(run)
    ]
    np.testing.assert_allclose(ours, torch_rates(make, 0.1, run), rtol=1e-10)


def test_numpy_numbers_give_plain_floats():
    step, lr = np.int64(3), np.float32(0.5)
    rates = [
        step_lr(step, lr, np.int64(2)),
        multi_step_lr(step, lr, np.array([1, 2])),
        exponential_lr(step, lr, np.float64(0.5)),
        linear_warmup(step, lr, 5),
        cosine_annealing_lr(step, lr, 5),
        cosine_annealing_warm_restarts(step, lr, 2),
        cyclic_lr(step, 0.0, lr, 2),
        one_cycle_lr(step, lr, 5),
    ]
    assert {type(rate) for rate in rates} == {float}


GOOD = {  # every schedule with settings that it accepts
    step_lr: dict(step=3, lr=0.1, step_size=2, gamma=0.5),
    multi_step_lr: dict(step=3, lr=0.1, milestones=[1, 2], gamma=0.5),
    exponential_lr: dict(step=3, lr=0.1, gamma=0.5),
    linear_warmup: dict(step=3, lr=0.1, warmup_steps=5, start_factor=0.5),
    cosine_annealing_lr: dict(step=3, lr=0.1, T_max=5, eta_min=0.0),
    cosine_annealing_warm_restarts: dict(step=3, lr=0.1, T_0=5, T_mult=2, eta_min=0.0),
    cyclic_lr: dict(
        step=3, base_lr=0.1, max_lr=1.0, step_size_up=2, step_size_down=3, mode="exp_range"
    ),
    one_cycle_lr: dict(step=3, max_lr=1.0, total_steps=9),
}
BAD = {  # setting -> (value, message); in every schedule that has it
    "step": [
        (-1, "step must be at least 0, got -1"),
        (1.5, "step wants a whole number, got 1.5"),
        (True, "step wants a whole number, got True"),
    ],
    "lr": [(-0.1, "lr must be at least 0, got -0.1"), (np.nan, "lr wants a finite number")],
    "step_size": [(0, "step_size must be at least 1, got 0")],
    "milestones": [([2, -1], "each of milestones must be at least 0, got -1")],
    "gamma": [(-0.5, "gamma must be at least 0, got -0.5")],
    "warmup_steps": [(0, "warmup_steps must be at least 1, got 0")],
    "start_factor": [
        (-0.1, "start_factor must be at least 0, got -0.1"),
        (1.1, "start_factor must be at most 1, got 1.1"),
    ],
    "T_max": [(0, "T_max must be at least 1, got 0"), (2.5, "T_max wants a whole number")],
    "T_0": [(0, "T_0 must be at least 1, got 0")],
    "T_mult": [(0, "T_mult must be at least 1, got 0")],
    "eta_min": [(-1, "eta_min must be at least 0, got -1")],
    "base_lr": [(-1, "base_lr must be at least 0, got -1")],
    "max_lr": [(-1, "max_lr must be at least 0, got -1")],
    "step_size_up": [(0, "step_size_up must be at least 1, got 0")],
    "step_size_down": [(0, "step_size_down must be at least 1, got 0")],
    "mode": [("square", "mode 'square' is none of 'triangular', 'triangular2', 'exp_range'")],
    "total_steps": [
        (0, "total_steps must be at least 1, got 0"),
        (3, "step must be below total_steps 3, got 3"),
    ],
    "pct_start": [
        (-0.1, "pct_start must be at least 0, got -0.1"),
        (30, "pct_start must be at most 1, got 30"),
    ],
    "anneal_strategy": [("cosine", "anneal_strategy 'cosine' is none of 'cos', 'linear'")],
    "div_factor": [(0, "div_factor must be above 0, got 0")],
    "final_div_factor": [(0, "final_div_factor must be above 0, got 0")],
}


@pytest.mark.parametrize("schedule", GOOD)
def test_refused_with_the_numbers(schedule):
    good = GOOD[schedule]
    schedule(**good)
    names = schedule.__code__.co_varnames[: schedule.__code__.co_argcount]
    assert not set(names) - set(BAD) - {"three_phase"}
    for name in set(names) & set(BAD):
        for value, message in BAD[name]:
            with pytest.raises(ValueError, match=message):
                schedule(**good | {name: value})
