import numpy as np
import pytest
import torch
from descents import DECAY, EPS, PART, RATE, descents, follow_torch, keeps_its_word
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS

from cnnbook.reference.optimisers_adam import AdamState, adam, adamw
from cnnbook.reference.optimisers_adaptive import rmsprop

SETTINGS = dict(
    lr=RATE, betas=st.tuples(PART, PART), eps=EPS, weight_decay=DECAY, amsgrad=st.booleans()
)


@CONFIGURATIONS
@given(descents(**SETTINGS))
def test_every_step_of_adam_is_torchs(case):
    follow_torch("adam", adam, torch.optim.Adam, *case)


@CONFIGURATIONS
@given(descents(**SETTINGS))
def test_every_step_of_adamw_is_torchs(case):
    follow_torch("adamw", adamw, torch.optim.AdamW, *case)


@pytest.mark.parametrize("rule", [adam, adamw])
@pytest.mark.parametrize("options", [dict(), dict(weight_decay=0.1), dict(amsgrad=True)])
def test_what_every_rule_promises(rule, options):
    keeps_its_word(rule, **options)


@pytest.mark.parametrize("rule", [adam, adamw])
def test_the_defaults_are_torchs(rule):
    rng = np.random.default_rng(0)
    weight, state = rng.normal(size=4), None
    tensor = torch.nn.Parameter(torch.tensor(weight))
    theirs = {adam: torch.optim.Adam, adamw: torch.optim.AdamW}[rule]([tensor])
    for grad in rng.normal(size=(5, 4)):
        weight, state = rule(weight, grad, state)
        tensor.grad = torch.tensor(grad)
        theirs.step()
    np.testing.assert_allclose(weight, tensor.detach().numpy(), rtol=1e-10)


def test_by_hand():
    options = dict(lr=3.0, betas=(0.5, 0.75), eps=0.0)
    weight, state = adam([1.0, 1.0], [-8.0, 0.001], **options)
    np.testing.assert_allclose(weight, [4, -2])  # by lr, against the sign
    np.testing.assert_allclose(state.m, [-4, 0.0005])
    np.testing.assert_allclose(state.v, [16, 0.00000025])
    weight, state = adam(weight, [8.0, 0.001], state, **options)
    assert state.step == 2
    assert (state.m[0], state.v[0]) == (2, 28)
    # 2 / (1 - 1/4) over the root of 28 / (1 - 9/16)
    np.testing.assert_allclose(weight[0], 4 - 3 * (8 / 3) / 8)
    np.testing.assert_allclose(weight[1], -2 - 3)


def test_decay_by_hand():
    options = dict(lr=0.5, betas=(0.0, 0.0), eps=0.0, weight_decay=0.1)
    assert adamw([10.0], [2.0], **options)[0] == [10 * 0.95 - 0.5]
    assert adam([10.0], [2.0], **options)[0] == [10 - 0.5]  # the root divides the decay away


def test_amsgrad_remembers_the_largest_square():
    options = dict(lr=1.0, betas=(0.0, 0.5), eps=0.0, amsgrad=True)
    _, state = adam([0.0], [4.0], **options)
    weight, state = adam([0.0], [1.0], state, **options)
    assert (state.v, state.v_max) == ([4.5], [8])
    np.testing.assert_allclose(weight, -1 / np.sqrt(8 / 0.75))


def test_without_memory_of_the_direction_it_is_rmsprop_at_the_end():
    weight = other = np.zeros(3)
    state, others = None, None
    rng = np.random.default_rng(0)
    for grad in rng.normal(size=(200, 3)):
        before = weight, other
        weight, state = adam(weight, grad, state, betas=(0.0, 0.8))
        other, others = rmsprop(other, grad, others, lr=1e-3, alpha=0.8)
    np.testing.assert_allclose(weight - before[0], other - before[1], rtol=1e-9)


def test_a_gradient_of_zeros_moves_nothing():
    weight, state = adam(np.ones(3), np.zeros(3))
    assert weight.tolist() == [1, 1, 1]
    assert isinstance(state, AdamState)


@pytest.mark.parametrize("rule", [adam, adamw])
def test_refused_with_the_numbers(rule):
    weight, (_, state) = np.ones(3), rule(np.ones(3), np.ones(3))
    _, other = rule(np.ones((2, 3)), np.ones((2, 3)))
    for message, change in {
        r"grad has shape \(2,\), weight has \(3,\)": dict(grad=np.ones(2)),
        r"state has shape \(2, 3\), weight has \(3,\)": dict(state=other),
        "state wants None or AdamState, got float": dict(state=0.1),
        "lr must be at least 0, got -1": dict(lr=-1),
        "eps must be at least 0, got -1e-08": dict(eps=-1e-8),
        "weight_decay must be at least 0, got -1": dict(weight_decay=-1),
        "each of betas must be below 1, got 1": dict(betas=(0.9, 1.0)),
        "each of betas must be at least 0, got -0.1": dict(betas=(-0.1, 0.9)),
        "betas wants a pair, got 0.9": dict(betas=0.9),
        r"betas wants a pair, got \(0.9,\)": dict(betas=(0.9,)),
    }.items():
        with pytest.raises(ValueError, match=message):
            rule(**dict(weight=weight, grad=weight, state=state) | change)


def test_the_state_of_another_rule_is_refused():
    _, state = rmsprop(np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match="state wants None or AdamState, got RMSpropState"):
        adam(np.ones(3), np.ones(3), state)
