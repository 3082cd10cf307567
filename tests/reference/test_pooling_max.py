import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree, agree_with_torch, behaves
from test_pooling_windows import pool_cases

from cnnbook.reference.pooling_max import (
    max_pool2d,
    max_pool2d_backward,
    max_pool2d_indices,
    max_pool2d_loops,
    min_pool2d,
    min_pool2d_backward,
)

SEEDS = st.integers(0, 2**32 - 1)


@CONFIGURATIONS
@given(pool_cases(), SEEDS)
def test_forward_and_backward_are_those_of_torch(case, seed):
    shape, *rest = case
    agree_with_torch(
        "max_pool2d",
        "torch max_pool2d",
        lambda x: max_pool2d(x, *rest),
        max_pool2d_backward,
        lambda x: torch.nn.functional.max_pool2d(x, *rest),
        [np.random.default_rng(seed).normal(size=shape)],
    )


@CONFIGURATIONS
@given(pool_cases(), SEEDS)
def test_min_pool_is_torchs_on_the_negative(case, seed):
    shape, *rest = case
    agree_with_torch(
        "min_pool2d",
        "−torch max_pool2d(−x)",
        lambda x: min_pool2d(x, *rest),
        min_pool2d_backward,
        lambda x: -torch.nn.functional.max_pool2d(-x, *rest),
        [np.random.default_rng(seed).normal(size=shape)],
    )


@CONFIGURATIONS
@given(pool_cases(), SEEDS)
def test_the_definition_equals_the_fast_form(case, seed):
    shape, *rest = case
    x = np.random.default_rng(seed).normal(size=shape)
    fast, _ = max_pool2d(x, *rest)
    agree("max_pool2d_loops", "max_pool2d", "forward", max_pool2d_loops(x, *rest), fast)


VALUES = {  # what the images are drawn from
    "ties": [-1.0, 0.0, 1.0],
    "after a ReLU": [0.0, 0.0, 0.0, 1.0],
    "all equal": [7.0],
    "with -inf": [-np.inf, -np.inf, -np.inf, -5.0],
    "only -inf": [-np.inf],
    "with NaN": [np.nan, -np.inf, 0.0, 1.0, np.inf],
    "only NaN": [np.nan],
}


@settings(CONFIGURATIONS, max_examples=400)
@given(st.sampled_from(sorted(VALUES)), pool_cases(), SEEDS)
def test_winners_among_equals_are_torchs(name, case, seed):
    shape, *rest = case
    rng = np.random.default_rng(seed)
    x = rng.choice(VALUES[name], shape)
    tensor = torch.tensor(x, requires_grad=True)
    *plain, ceil_mode = rest
    theirs, indices = torch.nn.functional.max_pool2d(
        tensor, *plain, ceil_mode=ceil_mode, return_indices=True
    )
    y, cache = max_pool2d(x, *rest)
    np.testing.assert_array_equal(y, theirs.detach().numpy())
    places = max_pool2d_indices(cache)
    agree("max_pool2d_indices", "torch return_indices, ties", "forward", places, indices.numpy())
    dy = rng.integers(-9, 9, y.shape).astype(float)  # whole numbers: sums are exact
    theirs.backward(torch.from_numpy(dy))
    np.testing.assert_array_equal(max_pool2d_backward(dy, cache), tensor.grad.numpy())


def test_by_hand():
    x = np.array([[[[1.0, 5, 2, 0], [3, 4, 9, 9], [6, 6, 7, 1]]]])
    y, cache = max_pool2d(x, 2, 1)
    assert y.tolist() == [[[[5, 9, 9], [6, 9, 9]]]]
    assert max_pool2d_indices(cache).tolist() == [[[[1, 6, 6], [8, 6, 6]]]]
    dy = np.array([[[[1.0, 10, 100], [1000, 1e4, 1e5]]]])
    dx = max_pool2d_backward(dy, cache)
    assert dx.tolist() == [[[[0, 1, 0, 0], [0, 0, 110110, 0], [1000, 0, 0, 0]]]]
    y, cache = min_pool2d(x, (3, 2))
    assert y.tolist() == [[[[1, 0]]]]
    assert max_pool2d_indices(cache).tolist() == [[[[0, 3]]]]
    dx = min_pool2d_backward(np.array([[[[2.0, -3]]]]), cache)
    assert dx.tolist() == [[[[2, 0, 0, -3], [0, 0, 0, 0], [0, 0, 0, 0]]]]


def test_padding_and_ceil_mode_by_hand():
    x = -np.arange(1.0, 6).reshape(1, 1, 1, 5)  # below zero: padding of 0 would win
    assert max_pool2d(x, (1, 2), 2, (0, 1))[0].tolist() == [[[[-1, -2, -4]]]]
    assert max_pool2d(x, (1, 2), 2)[0].tolist() == [[[[-1, -3]]]]
    assert max_pool2d(x, (1, 2), 2, ceil_mode=True)[0].tolist() == [[[[-1, -3, -5]]]]
    assert max_pool2d(x, (1, 2), 1, dilation=(1, 3))[0].tolist() == [[[[-1, -2]]]]


@pytest.mark.parametrize(
    "rest", [(2,), (3, 2, 1), (3, 1, 1, 2), (2, (3, 1), 1, 1, True), (1, 1), (1, 2)]
)
@pytest.mark.parametrize("pool", [max_pool2d, min_pool2d])
def test_what_every_layer_promises(pool, rest):
    x = np.random.default_rng(0).normal(size=(2, 3, 7, 9))
    behaves(lambda x: pool(x, *rest), max_pool2d_backward, [x])


def test_large_kernels_are_counted_further_than_a_byte():
    x = np.zeros((1, 1, 20, 19))
    x[0, 0, 18, 15] = 1  # cell 357 of the kernel
    _, cache = max_pool2d(x, 19)
    assert max_pool2d_indices(cache).tolist() == [[[[18 * 19 + 15]]]]
    x[0, 0, 3, 3] = x[0, 0, 18, 1] = np.nan
    _, cache = max_pool2d(x, 19)
    assert max_pool2d_indices(cache).tolist() == [[[[18 * 19 + 1]]]]


def test_the_gradient_is_moved_and_never_shared():
    rng = np.random.default_rng(0)
    x = np.maximum(rng.normal(size=(2, 3, 9, 11)), 0)
    y, cache = max_pool2d(x, 3, 2, 1)
    dy = rng.integers(1, 9, y.shape).astype(float)
    assert max_pool2d_backward(dy, cache).sum() == dy.sum()
    dy[0, 0, 1, 1] = np.inf  # stays with its winner: 0 times infinity would be NaN elsewhere
    dx = max_pool2d_backward(dy, cache)
    assert np.isinf(dx).sum() == 1
    assert not np.isnan(dx).any()


def test_integers_and_empty_batches():
    y, cache = max_pool2d(np.arange(6).reshape(1, 1, 2, 3), (1, 2))
    assert y.dtype == np.float64
    assert y.tolist() == [[[[1], [4]]]]
    assert max_pool2d_backward(np.array([[[[1], [2]]]]), cache).tolist() == [
        [[[0, 1, 0], [0, 2, 0]]]
    ]
    y, cache = max_pool2d(np.zeros((0, 3, 5, 4)), 2)
    assert y.shape == max_pool2d_loops(np.zeros((0, 3, 5, 4)), 2).shape == (0, 3, 2, 2)
    assert max_pool2d_indices(cache).shape == (0, 3, 2, 2)
    assert max_pool2d_backward(y, cache).shape == (0, 3, 5, 4)


REFUSED = {  # name -> (what to change in a good call, message)
    "rank 3": (dict(x=np.ones((3, 6, 9))), r"x wants 4 axes \(N, C, H, W\), got .* \(3, 6, 9\)"),
    "text": (dict(x=np.full((2, 3, 6, 9), "a")), "real numbers, got dtype <U1"),
    "padding": (dict(padding=2), "padding 2 is more than half of kernel_size 3"),
    "dilation": (
        dict(dilation=3),
        r"kernel 3 with dilation 3 spans 7 cells, the padded axis has 6",
    ),
    "kernel": (dict(kernel_size=(3, 10)), r"kernel 10 .* spans 10 cells, the padded axis has 9"),
}


@pytest.mark.parametrize("form", [max_pool2d, max_pool2d_loops, min_pool2d])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name, form):
    change, message = REFUSED[name]
    good = dict(x=np.ones((2, 3, 6, 9)), kernel_size=3)
    form(**good)
    with pytest.raises(ValueError, match=message):
        form(**good | change)


def test_backward_refuses_another_shape():
    _, cache = max_pool2d(np.ones((2, 3, 6, 9)), 3)
    with pytest.raises(ValueError, match=r"dy has shape \(2, 3, 3, 2\), y has \(2, 3, 2, 3\)"):
        max_pool2d_backward(np.ones((2, 3, 3, 2)), cache)
