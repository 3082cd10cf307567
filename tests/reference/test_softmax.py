import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves

from cnnbook.reference.softmax import (
    log_softmax,
    log_softmax_backward,
    softmax,
    softmax_backward,
)

FORMS = {
    "softmax": (softmax, softmax_backward, torch.softmax),
    "log_softmax": (log_softmax, log_softmax_backward, torch.log_softmax),
}
BOTH = pytest.mark.parametrize("name", FORMS)


@st.composite
def cases(draw):
    """Scores of any size in 1 to 4 axes of different lengths, and one of the axes."""
    shape = draw(st.permutations([1, 2, 3, 4, 5]))[: draw(st.integers(1, 4))]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = draw(st.sampled_from([0.1, 1, 10]))
    return rng.normal(size=shape, scale=scale), draw(st.integers(-len(shape), len(shape) - 1))


@BOTH
@CONFIGURATIONS
@given(cases())
def test_forward_and_backward_are_those_of_torch(name, case):
    (forward, backward, theirs), (x, dim) = FORMS[name], case
    agree_with_torch(
        name,
        f"torch {name}",
        lambda x: forward(x, dim),
        backward,
        lambda x: theirs(x, dim),
        [x],
    )


def test_by_hand():
    x = np.log([[1.0, 2.0, 5.0]])
    y, cache = softmax(x)
    np.testing.assert_allclose(y, [[1 / 8, 2 / 8, 5 / 8]], rtol=1e-15)
    dx = softmax_backward(np.array([[8.0, 0.0, 0.0]]), cache)  # the average of dy is 1
    np.testing.assert_allclose(dx, [[7 / 8, -2 / 8, -5 / 8]], rtol=1e-15)
    y, cache = log_softmax(x)
    np.testing.assert_allclose(y, np.log([[1 / 8, 2 / 8, 5 / 8]]), rtol=1e-15)
    dx = log_softmax_backward(np.array([[0.0, 0.0, -1.0]]), cache)  # cross-entropy of class 2
    np.testing.assert_allclose(dx, [[1 / 8, 2 / 8, 5 / 8 - 1]], rtol=1e-14)


def test_the_default_axis_is_that_of_the_classes():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    np.testing.assert_allclose(softmax(x)[0].sum(1), np.ones((2, 4, 5)), rtol=1e-14)
    np.testing.assert_array_equal(softmax(x)[0], softmax(x, 1)[0])
    np.testing.assert_array_equal(log_softmax(x)[0], log_softmax(x, -3)[0])


@BOTH
def test_large_scores_overflow_nowhere(name):
    forward, backward, theirs = FORMS[name]
    x = np.array([[1e4, -1e4, 0.0], [1e4, 1e4, 1e4 - 1], [-1e300, 1e300, 0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y, cache = forward(x)
        dx = backward(np.arange(9.0).reshape(3, 3), cache)
    tensor = torch.tensor(x, requires_grad=True)
    expected = theirs(tensor, 1)
    expected.backward(torch.arange(9.0, dtype=torch.float64).reshape(3, 3))
    np.testing.assert_allclose(y, expected.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(dx, tensor.grad.numpy(), rtol=1e-12, atol=1e-14)


def test_log_softmax_keeps_what_softmax_loses():
    x = np.array([[0.0, -1000.0]])
    assert softmax(x)[0].tolist() == [[1, 0]]
    assert log_softmax(x)[0].tolist() == [[0, -1000]]


@BOTH
@pytest.mark.filterwarnings("error")
def test_infinities_and_nan_are_as_in_torch(name):
    forward, _, theirs = FORMS[name]
    inf, nan = np.inf, np.nan
    x = np.array([[1, inf, 0], [-inf, -inf, -inf], [-inf, 0, 0], [nan, 0, 0], [1, 2, 3]])
    with np.errstate(divide="ignore"):
        y = forward(x)[0]
    np.testing.assert_allclose(y, theirs(torch.tensor(x), 1).numpy(), rtol=1e-12)


@BOTH
def test_behaves(name):
    forward, backward, _ = FORMS[name]
    behaves(forward, backward, [np.random.default_rng(0).normal(size=(2, 3, 5, 4))])


@BOTH
def test_empty_batch(name):
    forward, backward, _ = FORMS[name]
    y, cache = forward(np.ones((0, 3)))
    assert y.shape == backward(y, cache).shape == (0, 3)


@BOTH
@pytest.mark.parametrize(
    ("shape", "dim", "message"),
    [
        ((3,), 1, r"x has no axis 1, its shape is \(3,\)"),
        ((2, 3), 2, r"x has no axis 2, its shape is \(2, 3\)"),
        ((2, 3), -3, "dim must be at least -2, got -3"),
        ((2, 3), 1.0, "dim wants a whole number, got 1.0"),
        ((2, 0), 1, r"at least 1 class on axis 1, x has shape \(2, 0\)"),
        ((), 0, r"x has no axis 0, its shape is \(\)"),
    ],
)
def test_refused(name, shape, dim, message):
    with pytest.raises(ValueError, match=message):
        FORMS[name][0](np.ones(shape), dim)


@BOTH
def test_backward_refuses_another_shape(name):
    forward, backward, _ = FORMS[name]
    _, cache = forward(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"dy has shape \(2, 1\), y has \(2, 3\)"):
        backward(np.ones((2, 1)), cache)
