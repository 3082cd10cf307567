from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves, central_differences
from test_pooling_windows import pool_cases

from cnnbook.reference.pooling_lp import lp_pool2d, lp_pool2d_backward

INF = np.inf


@st.composite
def cases(draw):
    """One x of both signs and settings of Lp pooling."""
    shape, kernel, stride, _, _, ceil_mode = draw(pool_cases(dilated=False))
    n, c, *sizes = shape
    sizes = [max(size, k) for size, k in zip(sizes, kernel, strict=True)]
    x = np.random.default_rng(draw(st.integers(0, 2**32 - 1))).normal(size=(n, c, *sizes))
    norm_type = draw(st.sampled_from([1, 1.5, 2, 3, 7.5, INF]))
    return x, norm_type, kernel, stride, ceil_mode


def torch_lp_pool2d(x, norm_type, kernel, stride, ceil_mode):
    """PyTorch's, of the magnitudes, with zeros as far as the last window of ceil_mode reaches."""
    reach = [0, 0]
    if ceil_mode:
        y = torch.nn.functional.max_pool2d(x, kernel, stride, ceil_mode=True)
        sizes = zip(y.shape[2:], kernel, stride, x.shape[2:], strict=True)
        reach = [max(0, (outputs - 1) * s + k - size) for outputs, k, s, size in sizes]
    x = torch.nn.functional.pad(x.abs(), (0, reach[1], 0, reach[0]))
    return torch.nn.functional.lp_pool2d(x, norm_type, kernel, stride)


@CONFIGURATIONS
@given(cases())
def test_forward_and_backward_are_those_of_torch_for_magnitudes(case):
    x, *rest = case
    agree_with_torch(
        "lp_pool2d",
        "torch lp_pool2d(|x|)",
        lambda x: lp_pool2d(x, *rest),
        lp_pool2d_backward,
        lambda x: torch_lp_pool2d(x, *rest),
        [x],
    )


def example():
    return np.random.default_rng(0).normal(size=(2, 3, 6, 9))


@pytest.mark.parametrize("norm_type", [1, 2, 3.5, 20, INF])
def test_gradient_is_that_of_differences(norm_type):
    x = example()[:1, :2]
    y, cache = lp_pool2d(x, norm_type, (3, 2), (2, 1), True)
    dy = np.random.default_rng(1).normal(size=y.shape)
    differences = central_differences(
        lambda x: lp_pool2d(x, norm_type, (3, 2), (2, 1), True)[0], x, dy
    )
    np.testing.assert_allclose(lp_pool2d_backward(dy, cache), differences, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("norm_type", [2, 4])
def test_even_norms_are_torchs_for_both_signs(norm_type):
    x = example()
    theirs = torch.nn.functional.lp_pool2d(torch.from_numpy(x), norm_type, 3, 2)
    np.testing.assert_allclose(lp_pool2d(x, norm_type, 3, 2)[0], theirs.numpy(), rtol=1e-10)


def test_odd_norms_are_not_torchs_where_signs_differ():
    x = np.array([[[[-3.0, -4], [0, 0]]]])
    theirs = torch.nn.functional.lp_pool2d(torch.from_numpy(x), 3, 2)
    assert torch.isnan(theirs).all()
    np.testing.assert_allclose(lp_pool2d(x, 3, 2)[0], [[[[(27 + 64) ** (1 / 3)]]]])
    assert torch.isnan(torch.nn.functional.lp_pool2d(torch.from_numpy(x), 1.5, 2)).all()
    x[0, 0, 0, 0] = 3  # signs cancel in PyTorch's sum
    assert lp_pool2d(x, 1, 2)[0].tolist() == [[[[7]]]]
    assert torch.nn.functional.lp_pool2d(torch.from_numpy(x), 1, 2).tolist() == [[[[-1]]]]


def test_torch_scales_windows_that_run_over_the_end_and_the_formula_does_not():
    x = np.arange(9.0).reshape(1, 1, 3, 3)
    y, cache = lp_pool2d(x, 1, 2, 2, ceil_mode=True)
    assert y.tolist() == [[[[8, 7], [13, 8]]]]
    theirs = torch.nn.functional.lp_pool2d(torch.from_numpy(x), 1, 2, 2, ceil_mode=True)
    assert theirs.tolist() == [[[[8, 14], [26, 32]]]]
    dx = lp_pool2d_backward(np.array([[[[1.0, 10], [100, 1000]]]]), cache)
    assert dx.tolist() == [[[[0, 1, 10], [1, 1, 10], [100, 100, 1000]]]]


def test_by_hand():
    x = np.array([[[[3.0, 0, -2, -1], [-4, 0, 2, 0]]]])
    dy = np.array([[[[5.0, 30]]]])
    y, cache = lp_pool2d(x, 1, 2)
    assert y.tolist() == [[[[7, 5]]]]  # the sum: 4 times the average
    assert lp_pool2d_backward(dy, cache).tolist() == [[[[5, 0, -30, -30], [-5, 0, 30, 0]]]]
    y, cache = lp_pool2d(x, 2, 2)
    assert y.tolist() == [[[[5, 3]]]]
    expected = [[[[3, 0, -20, -10], [-4, 0, 20, 0]]]]
    np.testing.assert_allclose(lp_pool2d_backward(dy, cache), expected, rtol=1e-15)
    y, cache = lp_pool2d(x, INF, 2)
    assert y.tolist() == [[[[4, 2]]]]
    # 2 stands twice in the second window: the first of them gets it all
    assert lp_pool2d_backward(dy, cache).tolist() == [[[[0, 0, -30, 0], [-5, 0, 0, 0]]]]


@pytest.mark.parametrize("norm_type", [1, 1.01, 2, 7, 300, INF])
def test_gradient_of_zeros_is_zero(norm_type):
    x = np.zeros((1, 1, 2, 4))
    x[0, 0, 0, 3] = 6  # one window of zeros, and one where the others are zero
    y, cache = lp_pool2d(x, norm_type, 2)
    assert y.tolist() == [[[[0, 6]]]]
    expected = np.zeros(x.shape)
    expected[0, 0, 0, 3] = 5
    np.testing.assert_array_equal(lp_pool2d_backward(np.full(y.shape, 5), cache), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_norms_and_numbers_stay_finite(dtype):
    x = np.array([[[[1e-3, 2e-3, 1e30, 2e30]]]], dtype)
    largest = x[..., 1::2]
    for norm_type in (2, 50, 1e4):
        y, cache = lp_pool2d(x, norm_type, (1, 2))
        np.testing.assert_allclose(y, largest * (1 + 0.5**norm_type) ** (1 / norm_type), rtol=1e-6)
        dx = lp_pool2d_backward(np.ones_like(y), cache)
        assert np.isfinite(dx).all()
        assert (dx[..., 1::2] > 0.8).all()
    theirs = torch.nn.functional.lp_pool2d(torch.from_numpy(x.astype(np.float32)), 50, (1, 2))
    assert theirs.tolist() == [[[[0, INF]]]]  # what taking the powers first comes to


def test_norms_fall_from_the_sum_to_the_maximum():
    x = np.abs(example())
    ys = [lp_pool2d(x, norm_type, 3)[0] for norm_type in (1, 1.5, 2, 5, 50, INF)]
    for larger, smaller in pairwise(ys):
        assert (larger >= smaller).all()
        assert (larger > smaller).any()
    average = torch.nn.functional.avg_pool2d(torch.from_numpy(x), 3).numpy()
    np.testing.assert_allclose(ys[0], 9 * average, rtol=1e-12)


def test_nan_and_infinity_reach_only_the_windows_that_read_them():
    x = np.ones((1, 1, 2, 6))
    x[0, 0, 0, 0], x[0, 0, 1, 3] = np.nan, -INF
    for norm_type in (1, 2, 3.5, INF):
        y = lp_pool2d(x, norm_type, 2)[0][0, 0, 0]
        np.testing.assert_array_equal(y[:2], [np.nan, INF])
        assert np.isfinite(y[2])


@pytest.mark.parametrize("rest", [(1, 2), (2, 3, 2), (3.5, 2, (3, 1), True), (INF, 3, 1), (2, 1)])
def test_what_every_layer_promises(rest):
    behaves(lambda x: lp_pool2d(x, *rest), lp_pool2d_backward, [example()])


def test_integers_and_empty_batches():
    y, cache = lp_pool2d(np.array([[[[3, -4]]]]), 2, (1, 2))
    assert y.tolist() == [[[[5]]]]
    assert lp_pool2d_backward(np.array([[[[5]]]]), cache).tolist() == [[[[3, -4]]]]
    for norm_type in (2, INF):
        y, cache = lp_pool2d(np.zeros((0, 3, 5, 4)), norm_type, 2)
        assert y.shape == (0, 3, 2, 2)
        assert lp_pool2d_backward(y, cache).shape == (0, 3, 5, 4)


REFUSED = {  # name -> (what to change in a good call, message)
    "rank 3": (dict(x=np.ones((3, 6, 9))), r"x wants 4 axes \(N, C, H, W\), got .* \(3, 6, 9\)"),
    "p below 1": (dict(norm_type=0.5), "norm_type must be at least 1, got 0.5"),
    "p of -inf": (dict(norm_type=-INF), "norm_type wants a finite number, got -inf"),
    "p of NaN": (dict(norm_type=np.nan), "norm_type wants a finite number, got nan"),
    "p of text": (dict(norm_type="2"), "norm_type wants a number, got '2'"),
    "kernel": (dict(kernel_size=(7, 2)), r"kernel 7 .* spans 7 cells, the padded axis has 6"),
    "stride": (dict(stride=0), "stride must be at least 1, got 0"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    change, message = REFUSED[name]
    good = dict(x=example(), norm_type=2, kernel_size=3)
    lp_pool2d(**good)
    with pytest.raises(ValueError, match=message):
        lp_pool2d(**good | change)


def test_backward_refuses_another_shape():
    _, cache = lp_pool2d(example(), 2, 3)
    with pytest.raises(ValueError, match=r"dy has shape \(2, 3, 3, 2\), y has \(2, 3, 2, 3\)"):
        lp_pool2d_backward(np.ones((2, 3, 3, 2)), cache)
