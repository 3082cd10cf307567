import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree

from cnnbook.reference.schedules_plateau import PlateauState, reduce_lr_on_plateau

EPOCHS = 40


@st.composite
def runs(draw):
    """Metrics that fall, rest and rise, in steps that often tie; the rate; the settings."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    metrics = 3 + np.cumsum(rng.choice([-0.1, -0.01, 0, 0, 0.01, 0.1], size=EPOCHS))
    metrics[rng.random(EPOCHS) < 0.05] = np.nan
    settings = dict(
        mode=draw(st.sampled_from(["min", "max"])),
        factor=draw(st.floats(0.0, 0.99)),
        patience=draw(st.integers(0, 4)),
        threshold=draw(st.sampled_from([0.0, 1e-4, 0.011, 0.1, 1.0])),
        threshold_mode=draw(st.sampled_from(["rel", "abs"])),
        cooldown=draw(st.integers(0, 3)),
        min_lr=draw(st.sampled_from([0.0, 1e-3, 0.5])),
        eps=draw(st.sampled_from([0.0, 1e-8, 1e-2])),
    )
    return metrics.tolist(), draw(st.floats(1e-3, 2.0)), settings


def torch_rates(metrics, lr, settings):
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, **settings)
    for metric in metrics:
        scheduler.step(metric)
        yield optimiser.param_groups[0]["lr"]


def our_rates(metrics, lr, settings):
    state = None
    for metric in metrics:
        lr, state = reduce_lr_on_plateau(metric, state, lr, **settings)
        yield lr


@CONFIGURATIONS
@given(runs())
def test_whole_runs_are_torchs(run):
    agree(
        "reduce_lr_on_plateau",
        "torch ReduceLROnPlateau, runs",
        "forward",
        list(our_rates(*run)),
        list(torch_rates(*run)),
    )


def test_by_hand():
    settings = dict(factor=0.5, patience=1, threshold=0.0, cooldown=1)
    #          best  best  bad   falls  rests  bad   falls
    metrics = [5.0, 4.0, 4.0, 4.0, 9.0, 4.0, 4.0]
    assert list(our_rates(metrics, 8.0, settings)) == [8, 8, 8, 4, 4, 4, 2]


def test_the_state_by_hand():
    settings = dict(factor=0.5, patience=0, threshold=0.1, cooldown=2)
    lr, state = reduce_lr_on_plateau(10, None, 1.0, **settings)
    assert (lr, state) == (1, PlateauState(10, 0, 0))
    lr, later = reduce_lr_on_plateau(9.5, state, lr, **settings)  # better, but not by a tenth
    assert (lr, later) == (0.5, PlateauState(10, 0, 2))
    assert reduce_lr_on_plateau(8.5, state, 1.0, **settings) == (1, PlateauState(8.5, 0, 0))
    assert reduce_lr_on_plateau(np.nan, later, lr, **settings) == (0.5, PlateauState(10, 0, 1))


def test_a_reduction_by_no_more_than_eps_is_left_out():
    settings = dict(factor=0.5, patience=0)
    for eps, lowered in ((0.25, 0.5), (0.2, 0.25)):
        rates = list(our_rates([1.0, 1.0], 0.5, settings | dict(eps=eps)))
        assert rates == [0.5, lowered]


def test_the_first_metric_is_the_best_so_far_whatever_it_is():
    for mode in ("min", "max"):
        for threshold_mode in ("rel", "abs"):
            settings = dict(mode=mode, threshold_mode=threshold_mode)
            for metric in (-5, 0, 7.0, 1e300):
                _, state = reduce_lr_on_plateau(metric, None, 1.0, **settings)
                assert state == PlateauState(metric, 0, 0)


def test_a_relative_threshold_lets_a_negative_metric_get_worse_as_torch_does():
    settings = dict(patience=0, threshold=0.5)
    rates = list(our_rates([-4.0, -3.0], 1.0, settings))
    assert rates == list(torch_rates([-4.0, -3.0], 1.0, settings)) == [1, 1]
    assert list(our_rates([4.0, 5.0], 1.0, settings)) == [1, 0.1]


REFUSED = {  # name -> (what to change in a good call, message)
    "mode": (dict(mode="lowest"), "mode 'lowest' is none of 'min', 'max'"),
    "threshold_mode": (dict(threshold_mode="x"), "threshold_mode 'x' is none of 'rel', 'abs'"),
    "factor": (dict(factor=1), "factor must be below 1, got 1"),
    "factor negative": (dict(factor=-0.1), "factor must be at least 0, got -0.1"),
    "patience": (dict(patience=-1), "patience must be at least 0, got -1"),
    "patience fraction": (dict(patience=1.5), "patience wants a whole number, got 1.5"),
    "cooldown": (dict(cooldown=-1), "cooldown must be at least 0, got -1"),
    "threshold": (dict(threshold=-1), "threshold must be at least 0, got -1"),
    "lr": (dict(lr=-1), "lr must be at least 0, got -1"),
    "min_lr": (dict(min_lr=-1), "min_lr must be at least 0, got -1"),
    "eps": (dict(eps=-1), "eps must be at least 0, got -1"),
    "state": (dict(state=0.1), "state wants None or PlateauState, got 0.1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    change, message = REFUSED[name]
    good = dict(metric=1.0, state=None, lr=0.1)
    reduce_lr_on_plateau(**good)
    with pytest.raises(ValueError, match=message):
        reduce_lr_on_plateau(**good | change)
