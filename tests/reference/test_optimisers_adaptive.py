import numpy as np
import pytest
import torch
from descents import DECAY, EPS, PART, RATE, descents, follow_torch, keeps_its_word
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS

from cnnbook.reference.optimisers_adaptive import adadelta, adagrad, rmsprop

RULES = adagrad, rmsprop, adadelta


@CONFIGURATIONS
@given(
    descents(
        lr=RATE,
        lr_decay=st.sampled_from([0.0, 0.01, 2.0]),
        weight_decay=DECAY,
        initial_accumulator_value=st.sampled_from([0.0, 0.1, 3.0]),
        eps=EPS,
    )
)
def test_every_step_of_adagrad_is_torchs(case):
    follow_torch("adagrad", adagrad, torch.optim.Adagrad, *case)


@CONFIGURATIONS
@given(
    descents(
        lr=RATE,
        # near 0 one gradient counts, and the spread of a centered average is only rounding
        alpha=st.floats(0.2, 0.999),
        eps=EPS,
        weight_decay=DECAY,
        momentum=st.one_of(st.just(0.0), PART),
        centered=st.booleans(),
    )
)
def test_every_step_of_rmsprop_is_torchs(case):
    follow_torch("rmsprop", rmsprop, torch.optim.RMSprop, *case)


@CONFIGURATIONS
@given(descents(lr=RATE, rho=PART, eps=EPS, weight_decay=DECAY))
def test_every_step_of_adadelta_is_torchs(case):
    follow_torch("adadelta", adadelta, torch.optim.Adadelta, *case)


@pytest.mark.parametrize(
    ("rule", "options"),
    [
        (adagrad, dict()),
        (adagrad, dict(lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.5)),
        (rmsprop, dict()),
        (rmsprop, dict(momentum=0.9, centered=True, weight_decay=0.1)),
        (adadelta, dict()),
        (adadelta, dict(weight_decay=0.1)),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")  # eps is 0 in float16
def test_what_every_rule_promises(rule, options):
    keeps_its_word(rule, **options)


def test_adagrad_by_hand():
    options = dict(lr=6.0, lr_decay=1.0, eps=0.0)
    weight, state = adagrad([0.0, 1.0], [3.0, -0.1], **options)
    assert weight.tolist() == [-6, 7]  # lr, against the sign: the size of the gradient is gone
    weight, state = adagrad(weight, [4.0, 0.0], state, **options)
    assert state.total[0] == 25
    assert weight.tolist() == [-6 - 3 * 4 / 5, 7]


def test_rmsprop_by_hand():
    options = dict(lr=2.0, alpha=0.75, eps=1.0, momentum=0.5)
    weight, state = rmsprop([0.0], [6.0], **options)
    assert state.v == [9]  # 36 / 4
    assert state.velocity == [1.5]  # 6 / (3 + 1)
    assert weight == [-3]
    weight, state = rmsprop(weight, [0.0], state, **options)
    assert state.v == [27 / 4]
    assert state.velocity == [0.75]
    assert weight == [-4.5]


def test_centered_rmsprop_by_hand():
    weight, state = rmsprop([0.0], [4.0], lr=1.0, alpha=0.5, eps=0.0, centered=True)
    assert (state.v, state.m) == ([8], [2])
    assert weight == [-2]  # 4 / sqrt(8 - 4)


def test_adadelta_by_hand():
    options = dict(lr=2.0, rho=0.5, eps=1.0)
    weight, state = adadelta([0.0], [4.0], **options)
    assert state.v == [8]
    assert state.u == [8 / 9]  # half of (4 / sqrt(8 + 1))²
    np.testing.assert_allclose(weight, [-2 * 4 / 3])


def test_equal_gradients_have_no_spread_but_a_finite_step():
    # torch subtracts two equal averages as well, and now and then takes the root of -1e-18
    grads = np.random.default_rng(0).normal(size=50)
    weight, state = np.zeros(50), None
    tensor = torch.nn.Parameter(torch.zeros(50, dtype=torch.float64))
    theirs = torch.optim.RMSprop([tensor], lr=1e-3, alpha=0.5, centered=True)
    for _ in range(80):
        weight, state = rmsprop(weight, grads, state, lr=1e-3, alpha=0.5, centered=True)
        tensor.grad = torch.from_numpy(grads)
        theirs.step()
    assert np.isfinite(weight).all()
    assert torch.isnan(tensor).any()


def test_alpha_0_divides_by_the_last_gradient_alone():
    weight, state = rmsprop([0.0, 0.0], [5.0, -0.2], lr=1.0, alpha=0.0, eps=0.0)
    np.testing.assert_array_equal(weight, [-1, 1])
    weight, _ = rmsprop(weight, [-1e-3, 7.0], state, lr=1.0, alpha=0.0, eps=0.0)
    np.testing.assert_allclose(weight, [0, 0], atol=1e-12)


def test_options_may_change_on_the_way():
    weight, state = rmsprop(np.ones(3), np.ones(3))
    weight, state = rmsprop(weight, np.ones(3), state, momentum=0.9, centered=True)
    weight, state = rmsprop(weight, np.ones(3), state)
    assert np.isfinite(weight).all()


REFUSED = {  # name -> (rule, settings, message)
    "lr_decay": (adagrad, dict(lr_decay=-1), "lr_decay must be at least 0, got -1"),
    "initial": (
        adagrad,
        dict(initial_accumulator_value=-0.1),
        "initial_accumulator_value must be at least 0, got -0.1",
    ),
    "alpha above 1": (rmsprop, dict(alpha=1.5), "alpha must be at most 1, got 1.5"),
    "alpha negative": (rmsprop, dict(alpha=-0.5), "alpha must be at least 0, got -0.5"),
    "momentum": (rmsprop, dict(momentum=-0.5), "momentum must be at least 0, got -0.5"),
    "rho above 1": (adadelta, dict(rho=2), "rho must be at most 1, got 2"),
    "rho negative": (adadelta, dict(rho=-1), "rho must be at least 0, got -1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    rule, settings, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        rule(np.ones(3), np.ones(3), **settings)


@pytest.mark.parametrize("rule", RULES)
def test_what_every_rule_refuses(rule):
    weight, (_, state) = np.ones(3), rule(np.ones(3), np.ones(3))
    _, other = rule(np.ones((2, 3)), np.ones((2, 3)))
    for message, change in {
        r"grad has shape \(2,\), weight has \(3,\)": dict(grad=np.ones(2)),
        r"state has shape \(2, 3\), weight has \(3,\)": dict(state=other),
        f"state wants None or {type(state).__name__}, got float": dict(state=0.1),
        "lr must be at least 0, got -1": dict(lr=-1),
        "eps must be at least 0, got -1e-08": dict(eps=-1e-8),
        "weight_decay must be at least 0, got -1": dict(weight_decay=-1),
    }.items():
        with pytest.raises(ValueError, match=message):
            rule(**dict(weight=weight, grad=weight, state=state) | change)
