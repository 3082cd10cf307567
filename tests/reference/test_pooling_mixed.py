import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves
from torch.nn.functional import avg_pool2d, max_pool2d

from cnnbook.reference.pooling_mixed import (
    concat_pool2d,
    concat_pool2d_backward,
    mixed_pool2d,
    mixed_pool2d_backward,
)

CLOSE = dict(rtol=1e-10, atol=1e-12)


@st.composite
def cases(draw):
    """Maps, every axis of another length, a share per layer or per channel, and windows."""
    kernel, stride = (draw(st.tuples(st.integers(1, 4), st.integers(1, 4))) for _ in range(2))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    h, w = (k + draw(st.integers(0, 6)) for k in kernel)
    w += w == h
    n, c = draw(st.permutations([k for k in range(1, 6) if k not in (h, w)]))[:2]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    alpha = rng.uniform(-0.2, 1.2, size=draw(st.sampled_from([(), (c,)])))
    return (
        rng.normal(size=(n, c, h, w)),
        np.asarray(alpha),
        kernel,
        draw(st.sampled_from([stride, None])),
        padding,
    )


def torch_mixed(x, alpha, *windows):
    share = alpha if alpha.ndim == 0 else alpha[None, :, None, None]
    return share * max_pool2d(x, *windows) + (1 - share) * avg_pool2d(x, *windows)


@CONFIGURATIONS
@given(cases())
def test_mixed_is_that_sum_of_torchs_poolings(case):
    x, alpha, *windows = case
    agree_with_torch(
        "mixed_pool2d",
        "torch max_pool2d and avg_pool2d",
        lambda x, alpha: mixed_pool2d(x, alpha, *windows),
        mixed_pool2d_backward,
        lambda x, alpha: torch_mixed(x, alpha, *windows),
        [x, alpha],
    )


@CONFIGURATIONS
@given(cases())
def test_concat_is_torchs_poolings_side_by_side(case):
    x, _, *windows = case
    agree_with_torch(
        "concat_pool2d",
        "torch max_pool2d, avg_pool2d, cat",
        lambda x: concat_pool2d(x, *windows),
        concat_pool2d_backward,
        lambda x: torch.cat([max_pool2d(x, *windows), avg_pool2d(x, *windows)], 1),
        [x],
    )


def test_by_hand():
    x = np.array([[[[1.0, 3], [8, 4]], [[-1, -2], [-3, -6]]]])  # maxima 8 and -1, averages 4 and -3
    y, cache = mixed_pool2d(x, np.array([0.25, 0.5]), 2)
    assert y.ravel().tolist() == [5, -2]
    dx, dalpha = mixed_pool2d_backward(np.array([[[[16.0]], [[8.0]]]]), cache)
    assert dalpha.tolist() == [16 * 4, 8 * 2]
    # 3/4 of 16 in four parts, and 1/4 of it to the 8; 1/2 of 8 in four parts, and 1/2 to the -1
    assert dx.tolist() == [[[[3, 3], [7, 3]], [[5, 1], [1, 1]]]]
    y, cache = concat_pool2d(x, 2)
    assert y.ravel().tolist() == [8, -1, 4, -3]
    dx = concat_pool2d_backward(np.array([10.0, 20, 4, 8]).reshape(1, 4, 1, 1), cache)
    assert dx.tolist() == [[[[1, 1], [11, 1]], [[22, 2], [2, 2]]]]


@pytest.mark.parametrize(("alpha", "pool"), [(0.0, avg_pool2d), (1, max_pool2d)])
def test_the_ends_are_the_two_poolings(alpha, pool):
    x = np.random.default_rng(0).normal(size=(2, 3, 6, 7))
    y, cache = mixed_pool2d(x, alpha, 3, 2, 1)
    np.testing.assert_allclose(y, pool(torch.tensor(x), 3, 2, 1).numpy(), **CLOSE)
    assert mixed_pool2d_backward(y, cache)[1].shape == ()


def test_a_plain_number_does_not_widen_the_dtype():
    y, cache = mixed_pool2d(np.ones((1, 1, 2, 2), np.float32), 0.3, 2)
    assert {a.dtype for a in (y, *mixed_pool2d_backward(y, cache))} == {np.dtype(np.float32)}


def test_behaves():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 5, 7))
    for alpha in (rng.uniform(size=3), np.array(0.3)):
        behaves(lambda x, alpha: mixed_pool2d(x, alpha, 3, 2, 1), mixed_pool2d_backward, [x, alpha])
    behaves(lambda x: concat_pool2d(x, 3, 2, 1), concat_pool2d_backward, [x])
    behaves(lambda x: concat_pool2d(x, 1), concat_pool2d_backward, [x])


def test_empty_batch():
    x = np.zeros((0, 3, 5, 7))
    y, cache = mixed_pool2d(x, np.ones(3), 2)
    assert y.shape == (0, 3, 2, 3)
    dx, dalpha = mixed_pool2d_backward(y, cache)
    assert dx.shape == x.shape
    assert dalpha.tolist() == [0, 0, 0]
    y, cache = concat_pool2d(x, 2)
    assert y.shape == (0, 6, 2, 3)
    assert concat_pool2d_backward(y, cache).shape == x.shape


X = np.ones((2, 3, 5, 7))
REFUSED = {
    "x of rank 3": (lambda: mixed_pool2d(X[0], 0.5, 2), "x wants 4 axes"),
    "concat of rank 3": (lambda: concat_pool2d(X[0], 2), "x wants 4 axes"),
    "alpha too long": (
        lambda: mixed_pool2d(X, np.ones(4), 2),
        r"alpha wants shape \(3,\), got \(4,\)",
    ),
    "alpha of rank 2": (lambda: mixed_pool2d(X, np.ones((1, 3)), 2), r"alpha wants shape \(3,\)"),
    "alpha of text": (lambda: mixed_pool2d(X, "half", 2), "real numbers, got dtype <U4"),
    "kernel too wide": (lambda: mixed_pool2d(X, 0.5, (2, 8)), "kernel 8 with dilation 1 spans 8"),
    "padding": (lambda: concat_pool2d(X, 2, 1, 2), "padding 2 is more than half of kernel_size 2"),
    "dy": (
        lambda: mixed_pool2d_backward(X, mixed_pool2d(X, 0.5, 2)[1]),
        r"dy has shape \(2, 3, 5, 7\), y has \(2, 3, 2, 3\)",
    ),
    "concat's dy": (
        lambda: concat_pool2d_backward(X[:, :, :2, :3], concat_pool2d(X, 2)[1]),
        r"dy has shape \(2, 3, 2, 3\), y has \(2, 6, 2, 3\)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    call, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        call()
