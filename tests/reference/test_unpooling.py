import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves
from test_pooling_windows import pool_cases

from cnnbook.reference.pooling_average import avg_pool2d
from cnnbook.reference.pooling_max import max_pool2d, max_pool2d_indices
from cnnbook.reference.unpooling import (
    avg_unpool2d,
    avg_unpool2d_backward,
    max_unpool2d,
    max_unpool2d_backward,
)


@st.composite
def cases(draw, least_less=1):
    """Pooled maps, all axes of different length, and settings of unpooling."""
    kernel = draw(st.permutations(range(1, 6)))[:2]
    stride = draw(st.one_of(st.none(), st.tuples(st.integers(1, 4), st.integers(1, 4))))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    shape = draw(st.permutations(range(2, 7)))[:4]
    sizes = []
    for outputs, k, s, p in zip(shape[2:], kernel, stride or kernel, padding, strict=True):
        middle = (outputs - 1) * s - 2 * p + k
        assume(middle > 0)
        sizes.append((middle, max(1, middle - draw(st.integers(0, s - 1)) * least_less), s))
    output = None
    if draw(st.booleans()):
        output = tuple(draw(st.integers(low, middle + s - 1)) for middle, low, s in sizes)
    x = np.random.default_rng(draw(st.integers(0, 2**32 - 1))).normal(size=shape)
    return x, tuple(kernel), stride, padding, output, tuple(m for m, _, _ in sizes)


@CONFIGURATIONS
@given(cases(), st.integers(0, 2**32 - 1))
def test_max_unpooling_is_torchs(case, seed):
    x, *rest, default = case
    output = rest[-1]
    n, c, h, w = x.shape
    cells = np.prod(default if output is None else output)
    assume(cells >= h * w)
    rng = np.random.default_rng(seed)
    indices = np.stack([rng.permutation(cells)[: h * w] for _ in range(n * c)]).reshape(x.shape)
    agree_with_torch(
        "max_unpool2d",
        "torch max_unpool2d",
        lambda x: max_unpool2d(x, indices, *rest),
        max_unpool2d_backward,
        lambda x: torch.nn.functional.max_unpool2d(x, torch.from_numpy(indices), *rest),
        [x],
    )


@CONFIGURATIONS
@given(pool_cases(dilated=False), st.integers(0, 2**32 - 1))
def test_maxima_come_back_to_their_places(case, seed):
    shape, kernel, stride, padding, _, ceil_mode = case
    x = np.random.default_rng(seed).normal(size=shape)
    y, cache = max_pool2d(x, kernel, stride, padding, 1, ceil_mode)
    indices = max_pool2d_indices(cache)
    back, _ = max_unpool2d(y, indices, kernel, stride, padding, shape[2:])
    won = back != 0
    np.testing.assert_array_equal(back[won], x[won])  # also where several windows share a winner
    assert {*back[won]} == {*y.ravel()}


def test_a_window_that_padding_nearly_fills():
    """The size that torch takes for the least is 0 then; the given one is right all the same."""
    x = torch.randn(3, 4, 2, 1, dtype=torch.float64)
    window = {"kernel_size": (1, 4), "stride": (1, 2), "padding": (0, 2)}
    y, indices = torch.nn.functional.max_pool2d(x, **window, return_indices=True)
    back, _ = max_unpool2d(y.numpy(), indices.numpy(), *window.values(), (2, 1))
    theirs = torch.nn.functional.max_unpool2d(y, indices, **window, output_size=(2, 1))
    np.testing.assert_array_equal(back, theirs.numpy())
    with pytest.raises(ValueError, match="leaves nothing"):
        max_unpool2d(y.numpy(), indices.numpy(), *window.values())


@CONFIGURATIONS
@given(cases(least_less=0))
def test_average_unpooling_is_torchs_transposed_convolution(case):
    x, kernel, stride, padding, output, default = case
    more = (0, 0) if output is None else tuple(np.subtract(output, default).tolist())
    c = x.shape[1]
    even = torch.full((c, 1, *kernel), 1 / (kernel[0] * kernel[1]), dtype=torch.float64)
    agree_with_torch(
        "avg_unpool2d",
        "torch conv_transpose2d, equal weights",
        lambda x: avg_unpool2d(x, kernel, stride, padding, output),
        avg_unpool2d_backward,
        lambda x: torch.nn.functional.conv_transpose2d(
            x, even, None, stride or kernel, padding, more, groups=c
        ),
        [x],
    )


@pytest.mark.parametrize("settings", [(2,), (3, 2), (3, 2, 1), ((2, 3), (1, 2), (1, 0))])
def test_average_unpooling_is_the_transpose_of_average_pooling(settings):
    rng = np.random.default_rng(0)
    image = rng.normal(size=(2, 3, 7, 8))
    pooled, _ = avg_pool2d(image, *settings)
    x = rng.normal(size=pooled.shape)
    stride = settings[1] if len(settings) > 1 else None
    padding = settings[2] if len(settings) > 2 else 0
    y, _ = avg_unpool2d(x, settings[0], stride, padding, (7, 8))
    np.testing.assert_allclose(np.sum(y * image), np.sum(x * pooled), rtol=1e-12)


def test_by_hand():
    x, indices = np.array([[[[5.0, 7]]]]), np.array([[[[4, 2]]]])
    y, cache = max_unpool2d(x, indices, 2)
    assert y.tolist() == [[[[0, 0, 7, 0], [5, 0, 0, 0]]]]
    dy = np.arange(8.0).reshape(1, 1, 2, 4)
    assert max_unpool2d_backward(dy, cache).tolist() == [[[[4, 2]]]]
    wider, _ = max_unpool2d(x, indices, 2, output_size=(2, 5))
    assert wider.tolist() == [[[[0, 0, 7, 0, 5], [0, 0, 0, 0, 0]]]]

    x = np.array([[[[4.0, 40]]]])
    y, cache = avg_unpool2d(x, 2)
    assert y.tolist() == [[[[1, 1, 10, 10], [1, 1, 10, 10]]]]
    assert avg_unpool2d_backward(dy, cache).tolist() == [[[[2.5, 4.5]]]]
    y, cache = avg_unpool2d(x, 2, 1)
    assert y.tolist() == [[[[1, 11, 10], [1, 11, 10]]]]  # the middle lies in both windows
    y, _ = avg_unpool2d(x, (1, 2), 2, (0, 1))
    assert y.tolist() == [[[[2, 20]]]]  # what falls on the padding is cut off
    y, _ = avg_unpool2d(x, (1, 2), 2, (0, 1), output_size=(1, 3))
    assert y.tolist() == [[[[2, 20, 20]]]]


def test_repeated_indices_keep_the_last_number_and_share_no_gradient():
    x = np.array([[[[5.0, 7, 9]]]])
    y, cache = max_unpool2d(x, np.array([[[[1, 1, 0]]]]), (1, 2))
    assert y.tolist() == [[[[9, 7, 0, 0, 0, 0]]]]
    dy = np.array([[[[10.0, 20, 0, 0, 0, 0]]]])
    tensor = torch.tensor(x, requires_grad=True)
    theirs = torch.nn.functional.max_unpool2d(tensor, torch.tensor([[[[1, 1, 0]]]]), (1, 2))
    theirs.backward(torch.from_numpy(dy))
    assert max_unpool2d_backward(dy, cache).tolist() == tensor.grad.tolist() == [[[[20, 20, 10]]]]


def example():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    indices = np.random.default_rng(1).permuted(np.tile(np.arange(80), (6, 1)), axis=1)[:, :20]
    return x, indices.reshape(x.shape)


PAIRS = {
    "max": (lambda x: max_unpool2d(x, example()[1][: len(x)], 2), max_unpool2d_backward),
    "average": (lambda x: avg_unpool2d(x, 2), avg_unpool2d_backward),
    "average, 3x3": (lambda x: avg_unpool2d(x, 3, 2, 1, (8, 9)), avg_unpool2d_backward),
    "average, 1x1": (lambda x: avg_unpool2d(x, 1), avg_unpool2d_backward),
}


@pytest.mark.parametrize("name", PAIRS)
def test_what_every_layer_promises(name):
    forward, backward = PAIRS[name]
    behaves(forward, backward, [example()[0]])
    y, cache = forward(np.zeros((0, 3, 4, 5)))
    assert len(y) == 0
    assert backward(y, cache).shape == (0, 3, 4, 5)


def test_indices_are_never_written():
    x, indices = example()
    before = indices.copy()
    indices.flags.writeable = False
    y, cache = max_unpool2d(x, indices, 2)
    max_unpool2d_backward(y, cache)
    np.testing.assert_array_equal(indices, before)


GOOD_X, GOOD_INDICES = example()
REFUSED = {  # name -> (what to change in a good call of max_unpool2d, message)
    "rank 3": (dict(x=GOOD_X[0]), r"x wants 4 axes \(N, C, H, W\), got shape \(3, 4, 5\)"),
    "shape of indices": (
        dict(indices=GOOD_INDICES[:, :2]),
        r"indices wants shape \(2, 3, 4, 5\), got \(2, 2, 4, 5\)",
    ),
    "fractions": (dict(indices=GOOD_X), "indices wants whole numbers, got dtype float64"),
    "index too large": (
        dict(indices=np.full_like(GOOD_INDICES, 80)),
        "index 80 is outside of the output, 8 x 10",
    ),
    "index -1": (
        dict(indices=np.full_like(GOOD_INDICES, -1)),
        "index -1 is outside of the output, 8 x 10",
    ),
    "output too small": (dict(output_size=(6, 10)), "output_size 6 is not between 6 and 10"),
    "output too large": (dict(output_size=(8, 12)), "output_size 12 is not between 8 and 12"),
    "kernel": (dict(kernel_size=0), "kernel_size must be at least 1, got 0"),
    "padding": (dict(padding=-1), "padding must be at least 0, got -1"),
    "no cells": (dict(x=GOOD_X[:, :, :0], indices=GOOD_INDICES[:, :, :0]), "size must be at .* 0"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_max_unpooling_refuses_with_the_numbers(name):
    change, message = REFUSED[name]
    good = dict(x=GOOD_X, indices=GOOD_INDICES, kernel_size=2)
    max_unpool2d(**good)
    with pytest.raises(ValueError, match=message):
        max_unpool2d(**good | change)


REFUSED_AVERAGE = {  # name -> (what to change in a good call of avg_unpool2d, message)
    "rank 3": (dict(x=GOOD_X[0]), r"x wants 4 axes \(N, C, H, W\), got shape \(3, 4, 5\)"),
    "padding": (dict(padding=2), "padding 2 is more than half of kernel_size 3"),
    "output far too small": (dict(output_size=5), "output_size 5 is not between 5 and 9"),
    "output too small": (
        dict(output_size=(6, 8)),
        r"output_size \(6, 8\) has \(3, 4\) windows, x has \(4, 5\)",
    ),
}


@pytest.mark.parametrize("name", REFUSED_AVERAGE)
def test_average_unpooling_refuses_with_the_numbers(name):
    change, message = REFUSED_AVERAGE[name]
    good = dict(x=GOOD_X, kernel_size=3, stride=2, padding=1)
    avg_unpool2d(**good)
    with pytest.raises(ValueError, match=message):
        avg_unpool2d(**good | change)


@pytest.mark.parametrize("name", ["max", "average"])
def test_backward_refuses_another_shape(name):
    forward, backward = PAIRS[name]
    _, cache = forward(GOOD_X)
    with pytest.raises(ValueError, match=r"dy has shape \(2, 3, 10, 8\), y has \(2, 3, 8, 10\)"):
        backward(np.ones((2, 3, 10, 8)), cache)
