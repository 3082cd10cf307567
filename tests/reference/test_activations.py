"""What all functions of single numbers promise, those of `rectifiers` and `gates` included."""

import warnings
from math import e, log, sqrt

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves
from torch.nn import functional

from cnnbook.reference import activations, gates, rectifiers
from cnnbook.reference.rectifiers import SELU_ALPHA, SELU_SCALE

NUMBERS = st.floats(-2, 2)
FUNCTIONS = {  # name -> (where it stands, torch's, what its settings are drawn from)
    "identity": (activations, torch.clone, {}),
    "step": (activations, lambda x: (x > 0) + 0 * x, {}),
    "sigmoid": (activations, torch.sigmoid, {}),
    "tanh": (activations, torch.tanh, {}),
    "softplus": (
        activations,
        functional.softplus,
        dict(beta=st.floats(0.1, 5), threshold=st.floats(-2, 30)),
    ),
    "relu": (rectifiers, torch.relu, {}),
    "relu6": (rectifiers, functional.relu6, {}),
    "leaky_relu": (rectifiers, functional.leaky_relu, dict(negative_slope=NUMBERS)),
    "elu": (rectifiers, functional.elu, dict(alpha=NUMBERS)),
    "selu": (rectifiers, functional.selu, {}),
    "silu": (gates, functional.silu, {}),
    "swish": (gates, lambda x, beta=1: x * torch.sigmoid(beta * x), dict(beta=NUMBERS)),
    # torch's own hardsigmoid has the slope 1/6 in float32 only, and is met in `test_corners`
    "hardsigmoid": (gates, lambda x: functional.relu6(x + 3) / 6, {}),
    "hardswish": (gates, functional.hardswish, {}),
    "gelu": (gates, functional.gelu, dict(approximate=st.sampled_from(["none", "tanh"]))),
}
ORACLES = {
    "step": "torch x > 0",
    "swish": "torch x sigmoid(βx)",
    "hardsigmoid": "torch relu6(x+3)/6",
}
EACH = pytest.mark.parametrize("name", FUNCTIONS)


def ours(name):
    module = FUNCTIONS[name][0]
    return getattr(module, name), getattr(module, f"{name}_backward")


@st.composite
def arrays(draw):
    """Numbers of small, usual or large size, with 0 to 4 axes of different lengths."""
    shape = draw(st.permutations([1, 2, 3, 4, 5]))[: draw(st.integers(0, 4))]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(size=shape, scale=draw(st.sampled_from([0.1, 1.0, 10.0, 100.0])))


@EACH
@CONFIGURATIONS
@given(arrays(), st.data())
def test_forward_and_backward_are_those_of_torch(name, x, data):
    (forward, backward), (_, theirs, strategies) = ours(name), FUNCTIONS[name]
    settings = {key: data.draw(strategy) for key, strategy in strategies.items()}
    agree_with_torch(
        name,
        ORACLES.get(name, f"torch {name}"),
        lambda x: forward(x, **settings),
        backward,
        lambda x: theirs(x, **settings),
        [x],
    )


@EACH
def test_defaults_are_those_of_torch(name):
    x = np.linspace(-7, 25, 65).reshape(5, 13)  # softplus turns straight at 20
    agree_with_torch(name, ORACLES.get(name, f"torch {name}"), *ours(name), FUNCTIONS[name][1], [x])


@EACH
def test_corners(name):
    theirs = functional.hardsigmoid if name == "hardsigmoid" else FUNCTIONS[name][1]
    x = torch.tensor([-3.0, -0.0, 0.0, 3.0, 6.0, 20.0], dtype=torch.float64, requires_grad=True)
    expected = theirs(x)
    expected.sum().backward()
    forward, backward = ours(name)
    y, cache = forward(x.detach().numpy())
    np.testing.assert_allclose(y, expected.detach().numpy(), rtol=1e-10)
    rtol = 1e-7 if name == "hardsigmoid" else 1e-10
    np.testing.assert_allclose(backward(np.ones(6), cache), x.grad.numpy(), rtol, atol=1e-15)


BY_HAND = {  # name -> (settings, [(x, y, slope), ...])
    "identity": ({}, [(-2, -2, 1), (0, 0, 1)]),
    "step": ({}, [(-2, 0, 0), (0, 0, 0), (0.1, 1, 0)]),
    "sigmoid": ({}, [(0, 1 / 2, 1 / 4), (log(3), 3 / 4, 3 / 16), (-log(3), 1 / 4, 3 / 16)]),
    "tanh": ({}, [(0, 0, 1), (log(2), 3 / 5, 16 / 25)]),  # (2 - 1/2) / (2 + 1/2)
    "softplus": ({"beta": 2}, [(0, log(2) / 2, 1 / 2), (log(3) / 2, log(2), 3 / 4), (11, 11, 1)]),
    "relu": ({}, [(-2, 0, 0), (0, 0, 0), (3, 3, 1)]),
    "relu6": ({}, [(-2, 0, 0), (0, 0, 0), (3, 3, 1), (6, 6, 0), (7, 6, 0)]),
    "leaky_relu": ({"negative_slope": 0.25}, [(-2, -0.5, 0.25), (0, 0, 0.25), (3, 3, 1)]),
    "elu": ({"alpha": 3}, [(-log(2), -1.5, 1.5), (0, 0, 3), (2, 2, 1)]),
    "selu": (
        {},
        [
            (-log(2), -SELU_SCALE * SELU_ALPHA / 2, SELU_SCALE * SELU_ALPHA / 2),
            (2, 2 * SELU_SCALE, SELU_SCALE),
        ],
    ),
    "silu": ({}, [(0, 0, 1 / 2), (log(3), log(3) * 3 / 4, 3 / 4 + log(3) * 3 / 16)]),
    "swish": ({"beta": 2}, [(0, 0, 1 / 2), (log(3) / 2, log(3) * 3 / 8, 3 / 4 + log(3) * 3 / 16)]),
    "hardsigmoid": ({}, [(-3, 0, 0), (0, 1 / 2, 1 / 6), (1, 4 / 6, 1 / 6), (3, 1, 0)]),
    "hardswish": ({}, [(-3, 0, 0), (0, 0, 1 / 2), (1, 4 / 6, 5 / 6), (3, 3, 1)]),
    # Φ(1) = 0.8413447460685429, Φ'(1) = e^{-1/2} / sqrt(2π) = 0.24197072451914337
    "gelu": (
        {},
        [(0, 0, 1 / 2), (1, 0.8413447460685429, 0.8413447460685429 + 0.24197072451914337)],
    ),
}


@EACH
def test_by_hand(name):
    (forward, backward), (settings, rows) = ours(name), BY_HAND[name]
    x, wanted, slope = np.array(rows, float).T
    y, cache = forward(x, **settings)
    np.testing.assert_allclose(y, wanted, rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(backward(np.full(len(x), -2), cache), -2 * slope, rtol=1e-14)


@EACH
def test_behaves(name):
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 4), scale=3)
    behaves(*ours(name), [x])


@EACH
@pytest.mark.parametrize("shape", [(0, 3, 5, 4), (0,), ()])
def test_empty_and_single(name, shape):
    forward, backward = ours(name)
    y, cache = forward(np.ones(shape, np.float32))
    dx = backward(np.ones(shape), cache)
    assert y.shape == dx.shape == shape
    assert y.dtype == dx.dtype == np.float32


@EACH
def test_integers_become_floats(name):
    forward, backward = ours(name)
    y, cache = forward(np.array([-2, 0, 3]))
    np.testing.assert_array_equal(y, forward(np.array([-2.0, 0.0, 3.0]))[0])
    assert y.dtype == backward(np.array([1, 2, 3]), cache).dtype == np.float64


@EACH
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_large_numbers_overflow_nowhere(name, dtype):
    forward, backward = ours(name)
    x = np.array([-1e4, -800, -100, -30, 30, 100, 800, 1e4], dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y, cache = forward(x)
        dx = backward(np.ones(8), cache)
    tensor = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    theirs = FUNCTIONS[name][1](tensor)
    theirs.sum().backward()
    close = dict(rtol=8 * np.finfo(dtype).eps, atol=np.finfo(dtype).eps)
    np.testing.assert_allclose(y, theirs.detach().numpy(), **close)
    np.testing.assert_allclose(dx, tensor.grad.numpy(), **close)


def test_large_numbers_under_the_tanh_of_gelu():
    x = np.array([-1e4, -300, -30, 30, 300, 1e4], np.float16)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y, cache = gates.gelu(x, "tanh")
        dx = gates.gelu_backward(np.ones(6), cache)
    assert y.tolist() == [0, 0, 0, 30, 300, 1e4]
    assert dx.tolist() == [0, 0, 0, 1, 1, 1]


@EACH
def test_nan_stays_and_nothing_else_becomes_it(name):
    x = np.array([-2.0, np.nan, 3.0])
    np.testing.assert_array_equal(np.isnan(ours(name)[0](x)[0]), np.isnan(x))


LIMITS = {  # name -> y at -inf and at inf
    "identity": (-np.inf, np.inf),
    "step": (0, 1),
    "sigmoid": (0, 1),
    "tanh": (-1, 1),
    "softplus": (0, np.inf),
    "relu": (0, np.inf),
    "relu6": (0, 6),
    "leaky_relu": (-np.inf, np.inf),
    "elu": (-1, np.inf),
    "selu": (-SELU_SCALE * SELU_ALPHA, np.inf),
    "hardsigmoid": (0, 1),
}


@pytest.mark.parametrize("name", LIMITS)
def test_infinities(name):
    y, _ = ours(name)[0](np.array([-np.inf, np.inf]))
    np.testing.assert_allclose(y, LIMITS[name], rtol=1e-15)


@pytest.mark.parametrize("name", ["silu", "swish", "hardswish", "gelu"])
@pytest.mark.filterwarnings("ignore:invalid value")
def test_infinity_times_a_share_of_zero_is_nan_as_in_torch(name):
    y, _ = ours(name)[0](np.array([-np.inf, np.inf]))
    np.testing.assert_array_equal(y, [np.nan, np.inf])
    assert FUNCTIONS[name][1](torch.tensor([-np.inf])).isnan().all()


@EACH
def test_backward_refuses_another_shape(name):
    forward, backward = ours(name)
    _, cache = forward(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"dy has shape \(3, 2\), y has \(2, 3\)"):
        backward(np.ones((3, 2)), cache)


REFUSED = {  # name -> (call, message)
    "beta of softplus 0": (lambda x: activations.softplus(x, 0), "beta must be above 0, got 0"),
    "threshold nan": (
        lambda x: activations.softplus(x, threshold=np.nan),
        "threshold wants a finite number, got nan",
    ),
    "slope of text": (
        lambda x: rectifiers.leaky_relu(x, "0.1"),
        "negative_slope wants a number, got '0.1'",
    ),
    "alpha inf": (lambda x: rectifiers.elu(x, np.inf), "alpha wants a finite number, got inf"),
    "beta of swish bool": (lambda x: gates.swish(x, True), "beta wants a number, got True"),
    "approximate": (
        lambda x: gates.gelu(x, "erf"),
        "approximate 'erf' is none of 'none', 'tanh'",
    ),
    "complex": (lambda x: rectifiers.relu(x + 1j), "real numbers, got dtype complex128"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    call, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        call(np.ones(3))


def test_softplus_is_exact_far_left():
    y, _ = activations.softplus(np.array([-700.0]))
    np.testing.assert_allclose(y, e**-700, rtol=1e-10)  # log(1 + e^x) would be 0 from -37 on


def test_sigmoid_is_exact_far_left():
    y, _ = activations.sigmoid(np.array([-700.0, -38.0]))
    np.testing.assert_allclose(y, [e**-700, e**-38], rtol=1e-10)


def test_tanh_is_a_stretched_sigmoid():
    x = np.linspace(-3, 3, 13)
    np.testing.assert_allclose(
        activations.tanh(x)[0], 2 * activations.sigmoid(2 * x)[0] - 1, rtol=1e-12, atol=1e-15
    )


def test_swish_lies_between_half_the_line_and_relu():
    x = np.linspace(-3, 3, 13)
    np.testing.assert_allclose(gates.swish(x, 0)[0], x / 2)
    np.testing.assert_allclose(gates.swish(x, 1e3)[0], rectifiers.relu(x)[0], atol=1e-15)


def test_the_step_is_the_slope_of_relu():
    x = np.linspace(-3, 3, 13)
    slope = rectifiers.relu_backward(np.ones(13), rectifiers.relu(x)[1])
    np.testing.assert_array_equal(activations.step(x)[0], slope)


def test_selu_keeps_mean_0_and_variance_1():
    halves = []  # each side of the corner at 0 has its own rule
    nodes, shares = np.polynomial.legendre.leggauss(200)
    for low, high in ((-14, 0), (0, 14)):
        z = (high - low) / 2 * nodes + (high + low) / 2
        density = np.exp(-z * z / 2) / sqrt(2 * np.pi) * shares * (high - low) / 2
        y = rectifiers.selu(z)[0]
        halves.append(((density * y).sum(), (density * y * y).sum()))
    mean, square = np.sum(halves, axis=0)
    np.testing.assert_allclose([mean, square], [0, 1], atol=1e-13)
