import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves

from cnnbook.reference.local_response import local_response_norm, local_response_norm_backward

CLOSE = dict(rtol=1e-10, atol=1e-12)


@st.composite
def cases(draw):
    """An array with one to three axes of space, and windows up to wider than the channels."""
    shape = tuple(draw(st.permutations(range(1, 8)))[: draw(st.integers(3, 5))])
    size = draw(st.integers(1, 9))
    alpha, beta = (
        draw(st.sampled_from([0, 1e-4, 0.5, 3.0])),
        draw(st.sampled_from([0, 0.5, 0.75, 2])),
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(size=shape), size, alpha, beta, draw(st.sampled_from([0.5, 1.0, 2.0]))


@CONFIGURATIONS
@given(cases())
def test_forward_and_backward_are_those_of_torch(case):
    x, *settings = case
    agree_with_torch(
        "local_response_norm",
        "torch local_response_norm",
        lambda x: local_response_norm(x, *settings),
        local_response_norm_backward,
        lambda x: torch.nn.functional.local_response_norm(x, *settings),
        [x],
    )


def test_by_hand():
    x = np.array([[1.0, 2.0, 3.0]]).reshape(1, 3, 1, 1)
    # a window of 2 is the channel before and the channel itself: bases 1 + 1, 1 + 5 and 1 + 13
    y, cache = local_response_norm(x, 2, alpha=2, beta=1, k=1)
    np.testing.assert_allclose(y.ravel(), [1 / 2, 2 / 6, 3 / 14], **CLOSE)
    dx = local_response_norm_backward(np.array([1.0, 0, 0]).reshape(x.shape), cache)
    np.testing.assert_allclose(dx.ravel(), [1 / 2 - 2 / 4, 0, 0], atol=1e-15)
    dx = local_response_norm_backward(np.array([0, 0, 1.0]).reshape(x.shape), cache)
    # y = 3 / (1 + 4 + 9): −2 · 2 · 3 / 14² for channel 1, and 1 / 14 − 2 · 3 · 3 / 14² for itself
    np.testing.assert_allclose(dx.ravel(), [0, -12 / 196, 1 / 14 - 18 / 196], **CLOSE)


def test_alexnets_layer_is_that_of_the_paper():
    x = np.random.default_rng(0).normal(0, 30, size=(2, 9, 3, 4))
    y, _ = local_response_norm(x, 5, alpha=5e-4, beta=0.75, k=2)
    for i in range(9):
        neighbours = x[:, max(0, i - 2) : min(9 - 1, i + 2) + 1]
        paper = x[:, i] / (2 + 1e-4 * (neighbours**2).sum(1)) ** 0.75
        np.testing.assert_allclose(y[:, i], paper, **CLOSE)


def test_behaviour():
    x = np.random.default_rng(0).normal(size=(2, 5, 3, 4))
    for size in (1, 4, 5):
        behaves(
            lambda x, size=size: local_response_norm(x, size, 0.5),
            local_response_norm_backward,
            [x],
        )


def test_empty_batch():
    y, cache = local_response_norm(np.ones((0, 5, 3, 4)), 3)
    assert local_response_norm_backward(y, cache).shape == y.shape == (0, 5, 3, 4)


def test_nan_reaches_exactly_the_channels_that_see_it():
    x = np.random.default_rng(0).normal(size=(2, 7, 3, 4))
    x[1, 3, 2, 0] = np.nan
    y, cache = local_response_norm(x, 4)  # two channels before, one behind
    wanted = np.zeros(y.shape, bool)
    wanted[1, 2:6, 2, 0] = True
    np.testing.assert_array_equal(np.isnan(y), wanted)
    dx = local_response_norm_backward(np.ones(y.shape), cache)
    wanted[1, 0:7, 2, 0] = True
    np.testing.assert_array_equal(np.isnan(dx), wanted)


X = np.ones((2, 5, 3, 4))
REFUSED = {
    "size 0": (lambda: local_response_norm(X, 0), "size must be at least 1, got 0"),
    "size fraction": (lambda: local_response_norm(X, 2.5), "size wants a whole number, got 2.5"),
    "alpha": (lambda: local_response_norm(X, 3, -1), "alpha must be at least 0, got -1"),
    "beta": (lambda: local_response_norm(X, 3, beta=None), "beta wants a number, got None"),
    "k 0": (lambda: local_response_norm(X, 3, k=0), "k must be above 0, got 0"),
    "one axis": (lambda: local_response_norm(np.ones(5), 3), r"x wants 2 axes .* shape \(5,\)"),
    "dy": (
        lambda: local_response_norm_backward(np.ones((2, 5, 4, 3)), local_response_norm(X, 3)[1]),
        r"dy has shape \(2, 5, 4, 3\), y has \(2, 5, 3, 4\)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    call, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        call()
