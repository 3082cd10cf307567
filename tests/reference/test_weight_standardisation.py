import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves

from cnnbook.reference.weight_standardisation import (
    weight_standardise,
    weight_standardise_backward,
)


@st.composite
def cases(draw):
    """Filters of a dense layer, or of a convolution with one to three axes, and an eps."""
    shape = tuple(draw(st.permutations(range(1, 7)))[: draw(st.integers(2, 5))])
    if np.prod(shape[1:]) == 1:
        shape = (*shape[:-1], 7)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weight = rng.normal(rng.normal(), np.exp(rng.normal()), size=shape)
    return weight, draw(st.sampled_from([0, 1e-5, 1e-3, 0.1]))


def published(weight, eps):
    """Do what github.com/joe-siyuan-qiao/WeightStandardization does before its convolution."""
    std, mean = torch.std_mean(weight, tuple(range(1, weight.ndim)), keepdim=True)
    return (weight - mean) / (std + eps)


@CONFIGURATIONS
@given(cases())
def test_forward_and_backward_are_those_of_the_published_code(case):
    weight, eps = case
    agree_with_torch(
        "weight_standardise",
        "torch std_mean, as the authors",
        lambda weight: weight_standardise(weight, eps),
        weight_standardise_backward,
        lambda weight: published(weight, eps),
        [weight],
    )


def test_by_hand():
    weight = np.array([[0.0, 0, 3], [4, 4, 4]])  # deviations √(6 / 2) and 0
    root = np.sqrt(3)
    y, cache = weight_standardise(weight, eps=root)
    np.testing.assert_allclose(y * 2 * root, [[-1, -1, 2], [0, 0, 0]], rtol=1e-14)
    dweight = weight_standardise_backward(np.array([[0.0, 0, 12], [0, 0, 12]]), cache)
    # dy / (2 √3) − centred 24 / (2 √3 (2 √3)²) is (1, 1, 4) / √3, whose mean 2 / √3 is taken off
    np.testing.assert_allclose(dweight[0] * root, [-1, -1, 2], rtol=1e-14)
    np.testing.assert_allclose(dweight[1] * root, [-4, -4, 8], rtol=1e-14)


def test_every_filter_has_mean_0_and_deviation_1():
    weight = np.random.default_rng(0).normal(2, 3, size=(5, 2, 3, 4))
    y, _ = weight_standardise(weight, eps=0)
    np.testing.assert_allclose(y.mean((1, 2, 3)), 0, atol=1e-15)
    np.testing.assert_allclose(y.std((1, 2, 3), ddof=1), 1, rtol=1e-14)


def test_equal_weights_have_torchs_gradient():
    weight = np.full((2, 3, 1, 4), 0.3)
    y, cache = weight_standardise(weight)
    dy = np.random.default_rng(0).normal(size=y.shape)
    tensor = torch.tensor(weight, requires_grad=True)
    published(tensor, 1e-5).backward(torch.from_numpy(dy))
    np.testing.assert_allclose(y, 0, atol=1e-10)
    ours = weight_standardise_backward(dy, cache)
    np.testing.assert_allclose(ours, tensor.grad.numpy(), rtol=1e-9)


def test_behaviour():
    weight = np.random.default_rng(0).normal(size=(5, 2, 3, 4))
    behaves(weight_standardise, weight_standardise_backward, [weight])


def test_no_filters():
    y, cache = weight_standardise(np.ones((0, 2, 3, 4)))
    assert weight_standardise_backward(y, cache).shape == y.shape == (0, 2, 3, 4)


REFUSED = {
    "one weight": (
        lambda: weight_standardise(np.ones((4, 1, 1, 1))),
        r"a filter wants 2 weights or more, weight of shape \(4, 1, 1, 1\) has 1",
    ),
    "one axis": (lambda: weight_standardise(np.ones(4)), r"weight wants 2 axes .* shape \(4,\)"),
    "eps": (lambda: weight_standardise(np.ones((4, 2)), -1), "eps must be at least 0, got -1"),
    "text": (lambda: weight_standardise(np.full((4, 2), "a")), "real numbers, got dtype <U1"),
    "dy": (
        lambda: weight_standardise_backward(
            np.ones((2, 4)), weight_standardise(np.ones((4, 2)))[1]
        ),
        r"dy has shape \(2, 4\), y has \(4, 2\)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    call, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        call()
