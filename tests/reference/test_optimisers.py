import numpy as np
import pytest
import torch
from descents import DECAY, RATE, descents, example, follow_torch, keeps_its_word
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS

from cnnbook.reference.optimisers import sgd

MOMENTUM = st.floats(0.1, 1.0)


@CONFIGURATIONS
@given(
    st.one_of(
        descents(lr=RATE, weight_decay=DECAY),
        descents(lr=RATE, weight_decay=DECAY, momentum=MOMENTUM, dampening=st.floats(-0.5, 1.0)),
        descents(lr=RATE, weight_decay=DECAY, momentum=MOMENTUM, nesterov=st.just(True)),
    )
)
def test_every_step_is_torchs(case):
    follow_torch("sgd", sgd, torch.optim.SGD, *case)


@pytest.mark.parametrize(
    "options",
    [
        dict(),
        dict(weight_decay=0.1),
        dict(momentum=0.9),
        dict(momentum=0.9, dampening=0.5, weight_decay=0.1),
        dict(momentum=0.9, nesterov=True),
    ],
)
def test_what_every_rule_promises(options):
    keeps_its_word(sgd, lr=0.1, **options)


def test_by_hand():
    weight, velocity = sgd([1.0, 2.0], [4.0, -2.0], lr=0.5)
    assert weight.tolist() == [-1, 3]
    assert velocity is None
    options = dict(lr=0.5, momentum=0.5, weight_decay=1.0)
    weight, velocity = sgd([1.0, 2.0], [3.0, -4.0], None, **options)
    assert velocity.tolist() == [4, -2]  # grad + weight
    assert weight.tolist() == [-1, 3]
    weight, velocity = sgd(weight, [3.0, -4.0], velocity, **options)
    assert velocity.tolist() == [4 / 2 + 2, -2 / 2 - 1]
    assert weight.tolist() == [-3, 4]


def test_dampening_and_nesterov_by_hand():
    velocity = np.array([8.0])
    assert sgd([0.0], [4.0], velocity, 1.0, 0.5, dampening=0.75)[1] == [8 / 2 + 4 / 4]
    assert sgd([0.0], [4.0], None, 1.0, 0.5, dampening=0.75)[1] == [4]  # the first is not damped
    weight, velocity = sgd([0.0], [4.0], velocity, 1.0, 0.5, nesterov=True)
    assert velocity == [8]
    assert weight == [-(4 + 8 / 2)]


def slope(weight):
    return np.array([1.0, 10.0]) * weight + np.sin(weight)


@pytest.mark.parametrize("nesterov", [False, True])
def test_sutskever_takes_the_same_path_while_lr_stays(nesterov):
    lr, momentum = 0.05, 0.8
    ours, state = np.array([3.0, -2.0]), None
    theirs, v = ours.copy(), np.zeros(2)
    for _ in range(20):
        ahead = theirs + momentum * v if nesterov else theirs
        np.testing.assert_allclose(ours, ahead, rtol=1e-10)
        ours, state = sgd(ours, slope(ours), state, lr, momentum, nesterov=nesterov)
        v = momentum * v - lr * slope(ahead)
        theirs = theirs + v


def test_when_lr_falls_to_0_this_form_stops_and_sutskevers_rolls_on():
    weight, velocity = sgd([1.0], [2.0], None, lr=0.1, momentum=0.9)
    assert sgd(weight, [2.0], velocity, lr=0.0, momentum=0.9)[0] == weight
    v = -0.1 * 2.0
    v = 0.9 * v - 0.0 * 2.0
    assert weight + v < weight


def test_the_loop_of_the_docstring_trains():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 3))
    y = x @ [1.0, -2.0, 0.5] + 4.0
    weights, states = {"weight": np.zeros(3), "bias": np.zeros(())}, {}
    for _ in range(200):
        dy = (x @ weights["weight"] + weights["bias"] - y) / len(x)
        grads = {"weight": x.T @ dy, "bias": dy.sum()}
        for name, grad in grads.items():
            weights[name], states[name] = sgd(
                weights[name], grad, states.get(name), lr=0.1, momentum=0.5
            )
    np.testing.assert_allclose(weights["weight"], [1, -2, 0.5], rtol=1e-6)
    np.testing.assert_allclose(weights["bias"], 4, rtol=1e-6)


def test_nan_stays_where_it_is():
    weight, grads = example()
    grads[0, 1, 2, 3] = np.nan
    wanted = np.isnan(grads[0])
    for array in sgd(weight, grads[0], None, 0.1, 0.9, weight_decay=0.1):
        np.testing.assert_array_equal(np.isnan(array), wanted)


REFUSED = {  # name -> (what to change in a good call, message)
    "grad too short": (dict(grad=np.ones(2)), r"grad has shape \(2,\), weight has \(3,\)"),
    "grad of another rank": (dict(grad=np.ones((1, 3))), r"grad has shape \(1, 3\)"),
    "no grad": (dict(grad=None), "real numbers, got dtype object"),
    "complex weight": (dict(weight=np.ones(3, complex)), "real numbers, got dtype complex128"),
    "state too short": (dict(state=np.ones(2)), r"state wants shape \(3,\), got \(2,\)"),
    "lr in the place of the state": (dict(state=0.1), r"state wants shape \(3,\), got \(\)"),
    "lr negative": (dict(lr=-0.1), "lr must be at least 0, got -0.1"),
    "lr infinite": (dict(lr=np.inf), "lr wants a finite number, got inf"),
    "lr of text": (dict(lr="0.1"), "lr wants a number, got '0.1'"),
    "momentum negative": (dict(momentum=-1), "momentum must be at least 0, got -1"),
    "dampening NaN": (dict(dampening=np.nan), "dampening wants a finite number, got nan"),
    "decay negative": (dict(weight_decay=-0.5), "weight_decay must be at least 0, got -0.5"),
    "nesterov alone": (
        dict(momentum=0, nesterov=True),
        "nesterov wants momentum above 0 and dampening 0, got momentum 0 and dampening 0",
    ),
    "nesterov with dampening": (
        dict(dampening=0.5, nesterov=True),
        "got momentum 0.9 and dampening 0.5",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    change, message = REFUSED[name]
    good = dict(weight=np.ones(3), grad=np.ones(3), state=np.ones(3), momentum=0.9)
    sgd(**good)
    with pytest.raises(ValueError, match=message):
        sgd(**good | change)


def test_a_wrong_state_is_refused_without_momentum_too():
    with pytest.raises(ValueError, match=r"state wants shape \(3,\), got \(\)"):
        sgd(np.ones(3), np.ones(3), 0.1)
