import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves
from torch.nn.functional import avg_pool2d

from cnnbook.reference.pooling_importance import (
    attention_pool2d,
    attention_pool2d_backward,
    lip2d,
    lip2d_backward,
)

CLOSE = dict(rtol=1e-10, atol=1e-12)


@st.composite
def cases(draw):
    """Maps with their logits, every axis of another length, and windows."""
    kernel, stride = (draw(st.tuples(st.integers(1, 4), st.integers(1, 4))) for _ in range(2))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    h, w = (k + draw(st.integers(0, 6)) for k in kernel)
    w += w == h
    n, c = draw(st.permutations([k for k in range(1, 6) if k not in (h, w)]))[:2]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x, logit = rng.normal(size=(2, n, c, h, w))
    return x, 3 * logit, kernel, stride, padding


def torch_lip(x, logit, *windows):
    weight = logit.exp()
    return avg_pool2d(x * weight, *windows) / avg_pool2d(weight, *windows)


@CONFIGURATIONS
@given(cases())
def test_lip_is_a_quotient_of_torchs_average_poolings(case):
    x, logit, *windows = case
    agree_with_torch(
        "lip2d",
        "torch quotient of two avg_pool2d",
        lambda x, logit: lip2d(x, logit, *windows),
        lip2d_backward,
        lambda x, logit: torch_lip(x, logit, *windows),
        [x, logit],
    )


def torch_attention(x, logit):
    return (x.flatten(2) * torch.softmax(logit.flatten(2), 2)).sum(2)


@CONFIGURATIONS
@given(cases(), st.booleans())
def test_attention_is_torchs_softmax_and_a_sum(case, shared):
    x, logit, *_ = case
    agree_with_torch(
        "attention_pool2d",
        "torch softmax, weighted sum",
        attention_pool2d,
        attention_pool2d_backward,
        torch_attention,
        [x, logit[:, :1] if shared else logit],
    )


def test_by_hand():
    x = np.array([[[[4.0, 8, 0]]]])
    logit = np.log([[[[1.0, 3, 4]]]])  # windows of two cells weigh 1 : 3 and 3 : 4, all 1 : 3 : 4
    y, cache = lip2d(x, logit, (1, 2), 1, 0)
    np.testing.assert_allclose(y, [[[[7, 24 / 7]]]], **CLOSE)
    dx, dlogit = lip2d_backward(np.array([[[[4.0, 7.0]]]]), cache)
    np.testing.assert_allclose(dx, [[[[1, 3 + 3, 4]]]], **CLOSE)
    # 1/4 (4 - 7) 4, then 3/4 (8 - 7) 4 + 3/7 (8 - 24/7) 7, and 4/7 (0 - 24/7) 7
    np.testing.assert_allclose(dlogit, [[[[-3, 3 + 96 / 7, -96 / 7]]]], **CLOSE)
    y, cache = attention_pool2d(x, logit)
    np.testing.assert_allclose(y, [[3.5]], **CLOSE)
    dx, dlogit = attention_pool2d_backward(np.array([[8.0]]), cache)
    np.testing.assert_allclose(dx, [[[[1, 3, 4]]]], **CLOSE)
    np.testing.assert_allclose(dlogit, [[[[0.5, 13.5, -14]]]], **CLOSE)


def example():
    rng = np.random.default_rng(0)
    return rng.normal(size=(2, 3, 5, 8)), rng.normal(size=(2, 3, 5, 8))


def test_equal_logits_are_average_pooling_of_the_cells_in_the_image():
    x, _ = example()
    y, _ = lip2d(x, np.full(x.shape, 7.0))
    theirs = avg_pool2d(torch.tensor(x), 3, 2, 1, count_include_pad=False).numpy()
    np.testing.assert_allclose(y, theirs, **CLOSE)
    y, _ = attention_pool2d(x, np.full((2, 1, 5, 8), 7.0))
    np.testing.assert_allclose(y, x.mean((2, 3)), **CLOSE)


def test_only_differences_of_logits_count():
    x, logit = example()
    for pool in (lip2d, attention_pool2d):
        np.testing.assert_allclose(pool(x, logit + 50)[0], pool(x, logit)[0], **CLOSE)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_large_logits_do_not_run_over(dtype):
    x = np.array([[[[1, 2, 3, 4]]]], dtype)
    logit = np.array([[[[-30000, 30000, 30000, -30000]]]], dtype)
    y, cache = lip2d(x, logit, (1, 2), 2, 0)
    assert y.tolist() == [[[[2, 3]]]]
    dx, dlogit = lip2d_backward(np.ones_like(y), cache)
    assert dx.tolist() == [[[[0, 1, 1, 0]]]]
    assert not dlogit.any()
    assert attention_pool2d(x, logit)[0].tolist() == [[2.5]]


def test_channels_share_one_map_of_attention():
    x, logit = example()
    y, cache = attention_pool2d(x, logit[:, :1])
    repeated, _ = attention_pool2d(x, np.repeat(logit[:, :1], 3, axis=1))
    np.testing.assert_allclose(y, repeated, **CLOSE)
    assert attention_pool2d_backward(y, cache)[1].shape == (2, 1, 5, 8)


def test_behaves():
    x, logit = example()
    behaves(lip2d, lip2d_backward, [x, logit])
    behaves(lambda x, logit: lip2d(x, logit, 1, 1, 0), lip2d_backward, [x, logit])
    behaves(attention_pool2d, attention_pool2d_backward, [x, logit])
    behaves(attention_pool2d, attention_pool2d_backward, [x, logit[:, :1]])


def test_empty_batch():
    x = np.zeros((0, 3, 5, 8))
    y, cache = lip2d(x, x)
    assert y.shape == (0, 3, 3, 4)
    assert [a.shape for a in lip2d_backward(y, cache)] == [x.shape, x.shape]
    for logit in (x, x[:, :1]):
        y, cache = attention_pool2d(x, logit)
        assert y.shape == (0, 3)
        assert [a.shape for a in attention_pool2d_backward(y, cache)] == [x.shape, logit.shape]


X = np.ones((2, 3, 5, 8))
REFUSED = {
    "x of rank 3": (lambda: lip2d(X[0], X[0]), "x wants 4 axes"),
    "logits of one channel": (
        lambda: lip2d(X, X[:, :1]),
        r"logit wants shape \(2, 3, 5, 8\), got \(2, 1, 5, 8\)",
    ),
    "kernel too high": (lambda: lip2d(X, X, 6, 1, 0), "kernel 6 with dilation 1 spans 6 cells"),
    "padding": (lambda: lip2d(X, X, 3, 2, 2), "padding 2 is more than half of kernel_size 3"),
    "attention of rank 3": (lambda: attention_pool2d(X[0], X), "x wants 4 axes"),
    "attention of two channels": (
        lambda: attention_pool2d(X, X[:, :2]),
        r"logit wants shape \(2, 3, 5, 8\), got \(2, 2, 5, 8\)",
    ),
    "attention of another size": (
        lambda: attention_pool2d(X, X[:, :1, :4]),
        r"logit wants shape \(2, 1, 5, 8\), got \(2, 1, 4, 8\)",
    ),
    "logits of rank 1": (
        lambda: attention_pool2d(X, np.ones(3)),
        r"logit wants shape \(2, 3, 5, 8\)",
    ),
    "no position": (
        lambda: attention_pool2d(X[..., :0], X[..., :0]),
        "at least one position, got 5 x 0",
    ),
    "lip's dy": (
        lambda: lip2d_backward(X, lip2d(X, X)[1]),
        r"dy has shape \(2, 3, 5, 8\), y has \(2, 3, 3, 4\)",
    ),
    "attention's dy": (
        lambda: attention_pool2d_backward(X, attention_pool2d(X, X)[1]),
        r"dy has shape \(2, 3, 5, 8\), y has \(2, 3\)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    call, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        call()
