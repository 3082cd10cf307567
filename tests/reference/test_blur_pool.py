import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves
from scipy.special import binom

from cnnbook.reference.blur_pool import binomial_filter, blur_pool2d, blur_pool2d_backward
from cnnbook.reference.pooling_max import max_pool2d, max_pool2d_backward

CLOSE = dict(rtol=1e-10, atol=1e-12)


@st.composite
def cases(draw):
    """Maps, every axis of another length, with room for torch's mirror of at most size − 1 cells."""
    filter_size, stride = draw(st.integers(1, 7)), draw(st.integers(1, 4))
    room = filter_size // 2 + 1
    h, w = draw(st.permutations(range(room, room + 9)))[:2]
    n, c = draw(st.permutations([k for k in range(1, 6) if k not in (h, w)]))[:2]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(size=(n, c, h, w)), filter_size, stride


def torch_blur_pool(x, filter_size, stride):
    """Pad by reflection, then a depthwise convolution with the outer product of the filter."""
    coefficients = torch.tensor([binom(filter_size - 1, k) for k in range(filter_size)])
    kernel = torch.outer(coefficients, coefficients)
    weight = (kernel / kernel.sum()).repeat(x.shape[1], 1, 1, 1)
    before, after = (filter_size - 1) // 2, filter_size // 2
    padded = torch.nn.functional.pad(x, (before, after, before, after), mode="reflect")
    return torch.nn.functional.conv2d(padded, weight, stride=stride, groups=x.shape[1])


@CONFIGURATIONS
@given(cases())
def test_forward_and_backward_are_a_depthwise_convolution_of_torch(case):
    x, *rest = case
    agree_with_torch(
        "blur_pool2d",
        "torch reflect pad, depthwise conv2d",
        lambda x: blur_pool2d(x, *rest),
        blur_pool2d_backward,
        lambda x: torch_blur_pool(x, *rest),
        [x],
    )


@pytest.mark.parametrize("size", range(1, 31))
def test_the_filter_is_binomial(size):
    theirs = np.array([binom(size - 1, k) for k in range(size)]) / 2.0 ** (size - 1)
    np.testing.assert_allclose(binomial_filter(size), theirs, **CLOSE)


def test_by_hand():
    x = np.array([[[[0.0, 4, 8, 4, 16]]]])
    y, cache = blur_pool2d(x, filter_size=3)
    # one row mirrors to itself; columns: (4 + 2 0 + 4) / 4, (4 + 2 8 + 4) / 4, (4 + 2 16 + 4) / 4
    assert y.tolist() == [[[[2, 6, 10]]]]
    dx = blur_pool2d_backward(np.array([[[[4.0, 8, 12]]]]), cache)
    assert dx.tolist() == [[[[2, 4, 4, 8, 6]]]]  # 2 4/4; 2 4/4 + 8/4; 2 8/4; 8/4 + 2 12/4; 2 12/4
    assert binomial_filter(4).tolist() == [0.125, 0.375, 0.375, 0.125]


def test_a_filter_of_one_is_plain_subsampling():
    x = np.random.default_rng(0).normal(size=(2, 3, 7, 8))
    np.testing.assert_array_equal(blur_pool2d(x, 1, 3)[0], x[:, :, ::3, ::3])


def test_it_is_the_pool_whose_checkerboard_is_gray():
    x = np.indices((1, 1, 8, 10)).sum(0) % 2.0
    assert np.unique(blur_pool2d(x, 1)[0]).tolist() == [0]
    np.testing.assert_allclose(blur_pool2d(x, 3)[0], np.full((1, 1, 4, 5), 0.5), **CLOSE)


def test_anti_aliased_max_pooling_is_two_calls():
    x = np.random.default_rng(0).normal(size=(2, 3, 9, 11))
    dense, max_cache = max_pool2d(x, 2, stride=1)
    y, blur_cache = blur_pool2d(dense, 3)
    tensor = torch.tensor(x, requires_grad=True)
    theirs = torch_blur_pool(torch.nn.functional.max_pool2d(tensor, 2, 1), 3, 2)
    np.testing.assert_allclose(y, theirs.detach().numpy(), **CLOSE)
    dy = np.random.default_rng(1).normal(size=y.shape)
    theirs.backward(torch.tensor(dy))
    dx = max_pool2d_backward(blur_pool2d_backward(dy, blur_cache), max_cache)
    np.testing.assert_allclose(dx, tensor.grad.numpy(), **CLOSE)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_an_axis_shorter_than_the_filter_is_mirrored_again(size):
    x = np.random.default_rng(0).normal(size=(1, 1, size, 9))
    padded = np.pad(x, ((0, 0), (0, 0), (3, 3), (3, 3)), mode="reflect")
    kernel = torch.tensor(np.outer(binomial_filter(7), binomial_filter(7)))[None, None]
    theirs = torch.nn.functional.conv2d(torch.tensor(padded), kernel, stride=2).numpy()
    np.testing.assert_allclose(blur_pool2d(x, 7)[0], theirs, **CLOSE)


def test_behaves():
    x = np.random.default_rng(0).normal(size=(2, 3, 7, 8))
    for filter_size, stride in ((4, 2), (1, 1), (3, 3)):
        behaves(lambda x, f=filter_size, s=stride: blur_pool2d(x, f, s), blur_pool2d_backward, [x])


def test_empty_batch():
    y, cache = blur_pool2d(np.zeros((0, 3, 7, 8)))
    assert y.shape == (0, 3, 4, 4)
    assert blur_pool2d_backward(y, cache).shape == (0, 3, 7, 8)


REFUSED = {
    "x of rank 3": (dict(x=np.ones((3, 5, 7))), "x wants 4 axes"),
    "empty image": (dict(x=np.ones((2, 3, 0, 7))), "size must be at least 1, got 0"),
    "filter of 0": (dict(filter_size=0), "filter_size must be at least 1, got 0"),
    "filter of text": (dict(filter_size="3"), "filter_size wants a whole number, got '3'"),
    "stride 0": (dict(stride=0), "stride must be at least 1, got 0"),
    "complex": (dict(x=np.ones((2, 3, 5, 7), complex)), "real numbers, got dtype complex128"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    change, message = REFUSED[name]
    good = dict(x=np.ones((2, 3, 5, 7)))
    blur_pool2d(**good)
    with pytest.raises(ValueError, match=message):
        blur_pool2d(**good | change)


def test_backward_refuses_another_shape():
    _, cache = blur_pool2d(np.ones((2, 3, 5, 7)))
    with pytest.raises(ValueError, match=r"dy has shape \(2, 3, 5, 7\), y has \(2, 3, 3, 4\)"):
        blur_pool2d_backward(np.ones((2, 3, 5, 7)), cache)
