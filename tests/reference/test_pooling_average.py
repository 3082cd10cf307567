import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree, agree_with_torch, behaves
from test_pooling_windows import pool_cases

from cnnbook.reference.pooling_average import (
    avg_pool2d,
    avg_pool2d_backward,
    avg_pool2d_loops,
    global_avg_pool2d,
    global_avg_pool2d_backward,
)


@st.composite
def cases(draw):
    """One x and settings of average pooling."""
    shape, kernel, stride, padding, _, ceil_mode = draw(pool_cases(dilated=False))
    x = np.random.default_rng(draw(st.integers(0, 2**32 - 1))).normal(size=shape)
    return x, kernel, stride, padding, ceil_mode, draw(st.booleans())


@CONFIGURATIONS
@given(cases())
def test_forward_and_backward_are_those_of_torch(case):
    x, *settings = case
    agree_with_torch(
        "avg_pool2d",
        "torch avg_pool2d",
        lambda x: avg_pool2d(x, *settings),
        avg_pool2d_backward,
        lambda x: torch.nn.functional.avg_pool2d(x, *settings),
        [x],
    )


@CONFIGURATIONS
@given(cases())
def test_the_definition_equals_the_fast_form(case):
    fast, _ = avg_pool2d(*case)
    agree("avg_pool2d_loops", "avg_pool2d", "forward", avg_pool2d_loops(*case), fast)


def test_by_hand():
    x = np.array([[[[1.0, 2, 3], [4, 5, 6]]]])
    y, cache = avg_pool2d(x, 2, 1)
    assert y.tolist() == [[[[3, 4]]]]
    dx = avg_pool2d_backward(np.array([[[[4.0, 40]]]]), cache)
    assert dx.tolist() == [[[[1, 11, 10], [1, 11, 10]]]]


def test_divisor_in_the_padding_by_hand():
    x = np.array([12.0, 24]).reshape(1, 1, 1, 2)  # windows (pad, 12) and (24, pad)
    assert avg_pool2d(x, (1, 2), 2, (0, 1))[0].ravel().tolist() == [6, 12]
    inside, _ = avg_pool2d(x, (1, 2), 2, (0, 1), count_include_pad=False)
    assert inside.ravel().tolist() == [12, 24]


def test_divisor_beyond_the_padded_end_by_hand():
    x = np.array([12.0, 24, 36]).reshape(1, 1, 1, 3)
    # windows (pad, 12, 24) and (36, pad, beyond): what lies beyond the padding never counts
    counted, _ = avg_pool2d(x, (1, 3), (1, 3), (0, 1), ceil_mode=True)
    assert counted.ravel().tolist() == [12, 18]
    inside, cache = avg_pool2d(x, (1, 3), (1, 3), (0, 1), ceil_mode=True, count_include_pad=False)
    assert inside.ravel().tolist() == [18, 36]
    assert avg_pool2d_backward(np.full((1, 1, 1, 2), 6), cache).ravel().tolist() == [3, 3, 6]


@pytest.mark.parametrize(
    "settings", [(2,), (3, 2, 1), (3, 2, 1, True, False), (2, (3, 1), 1, True), (1, 1), (1, 2)]
)
def test_what_every_layer_promises(settings):
    x = np.random.default_rng(0).normal(size=(2, 3, 8, 9))
    behaves(lambda x: avg_pool2d(x, *settings), avg_pool2d_backward, [x])


def test_when_the_sum_of_the_gradient_is_kept():
    x = np.ones((2, 3, 7, 9))
    for settings, kept in (
        (dict(kernel_size=(2, 3)), True),
        (dict(kernel_size=3, stride=1), True),  # overlapping
        (dict(kernel_size=3, padding=1, count_include_pad=False), True),
        (dict(kernel_size=3, padding=1), False),  # a share falls on the padding
    ):
        y, cache = avg_pool2d(x, **settings)
        total = avg_pool2d_backward(np.ones_like(y), cache).sum()
        assert (abs(total - y.size) < 1e-9) == kept


def test_float16_sums_do_not_overflow():
    x = np.full((1, 1, 4, 4), 60000, np.float16)
    assert avg_pool2d(x, 2)[0].ravel().tolist() == [60000] * 4
    assert global_avg_pool2d(x)[0].tolist() == [[60000]]


def test_nan_and_infinity_reach_only_the_windows_that_read_them():
    x = np.zeros((1, 1, 4, 6))
    x[0, 0, 0, 0], x[0, 0, 1, 4] = np.nan, np.inf
    y = avg_pool2d(x, 2)[0]
    np.testing.assert_array_equal(y, [[[[np.nan, 0, np.inf], [0, 0, 0]]]])
    np.testing.assert_array_equal(avg_pool2d_loops(x, 2), y)


def test_integers_and_empty_batches():
    y, cache = avg_pool2d(np.arange(6).reshape(1, 1, 2, 3), (1, 3))
    assert y.tolist() == [[[[1], [4]]]]
    assert avg_pool2d_backward(np.array([[[[3], [6]]]]), cache).tolist() == [[[[1] * 3, [2] * 3]]]
    y, cache = avg_pool2d(np.zeros((0, 3, 5, 4)), 2)
    assert y.shape == avg_pool2d_loops(np.zeros((0, 3, 5, 4)), 2).shape == (0, 3, 2, 2)
    assert avg_pool2d_backward(y, cache).shape == (0, 3, 5, 4)
    y, cache = global_avg_pool2d(np.zeros((0, 3, 5, 4)))
    assert y.shape == (0, 3)
    assert global_avg_pool2d_backward(y, cache).shape == (0, 3, 5, 4)


REFUSED = {  # name -> (what to change in a good call, message)
    "rank 3": (dict(x=np.ones((3, 6, 9))), r"x wants 4 axes \(N, C, H, W\), got .* \(3, 6, 9\)"),
    "complex": (dict(x=np.ones((2, 3, 6, 9), complex)), "real numbers, got dtype complex128"),
    "padding": (dict(padding=(0, 2)), "padding 2 is more than half of kernel_size 3"),
    "kernel": (dict(kernel_size=(7, 3)), r"kernel 7 .* spans 7 cells, the padded axis has 6"),
}


@pytest.mark.parametrize("form", [avg_pool2d, avg_pool2d_loops])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name, form):
    change, message = REFUSED[name]
    good = dict(x=np.ones((2, 3, 6, 9)), kernel_size=3)
    form(**good)
    with pytest.raises(ValueError, match=message):
        form(**good | change)


def test_backward_refuses_another_shape():
    _, cache = avg_pool2d(np.ones((2, 3, 6, 9)), 3)
    with pytest.raises(ValueError, match=r"dy has shape \(2, 3, 3, 2\), y has \(2, 3, 2, 3\)"):
        avg_pool2d_backward(np.ones((2, 3, 3, 2)), cache)


@CONFIGURATIONS
@given(st.permutations(range(1, 9)), st.integers(0, 2**32 - 1))
def test_global_average_is_torchs(lengths, seed):
    shape = tuple(lengths[:4])
    agree_with_torch(
        "global_avg_pool2d",
        "torch adaptive_avg_pool2d(x, 1)",
        global_avg_pool2d,
        global_avg_pool2d_backward,
        lambda x: torch.nn.functional.adaptive_avg_pool2d(x, 1).flatten(1),
        [np.random.default_rng(seed).normal(size=shape)],
    )


def test_global_average_by_hand():
    x = np.array([[[[1.0, 2, 3], [4, 5, 9]], [[0, 0, 0], [0, 0, -6]]]])
    y, cache = global_avg_pool2d(x)
    assert y.tolist() == [[4, -1]]
    dx = global_avg_pool2d_backward(np.array([[6.0, 12]]), cache)
    assert dx.tolist() == [[[[1, 1, 1], [1, 1, 1]], [[2, 2, 2], [2, 2, 2]]]]


def test_global_average_promises_and_refusals():
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 7))
    behaves(global_avg_pool2d, global_avg_pool2d_backward, [x])
    with pytest.raises(ValueError, match=r"x wants 4 axes .* got shape \(3, 5, 7\)"):
        global_avg_pool2d(x[0])
    with pytest.raises(ValueError, match="size must be at least 1, got 0"):
        global_avg_pool2d(x[:, :, :0])
    with pytest.raises(ValueError, match=r"dy has shape \(3, 2\), y has \(2, 3\)"):
        global_avg_pool2d_backward(np.ones((3, 2)), global_avg_pool2d(x)[1])
