import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves

from cnnbook.reference.pooling_pyramid import (
    spatial_pyramid_pool2d,
    spatial_pyramid_pool2d_backward,
)

POOLS = {
    "max": torch.nn.functional.adaptive_max_pool2d,
    "avg": torch.nn.functional.adaptive_avg_pool2d,
}


@st.composite
def cases(draw):
    """Maps, every axis of another length, also smaller than the number of bins."""
    n, c, h, w = draw(st.permutations(range(1, 10)))[:4]
    levels = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(size=(n, c, h, w)), tuple(levels), draw(st.sampled_from(list(POOLS)))


def torch_pyramid(x, levels, mode):
    return torch.cat([POOLS[mode](x, level).flatten(1) for level in levels], 1)


@CONFIGURATIONS
@given(cases())
def test_forward_and_backward_are_torchs_adaptive_poolings(case):
    x, *rest = case
    agree_with_torch(
        "spatial_pyramid_pool2d",
        "torch adaptive pooling, flatten, cat",
        lambda x: spatial_pyramid_pool2d(x, *rest),
        spatial_pyramid_pool2d_backward,
        lambda x: torch_pyramid(x, *rest),
        [x],
    )


def test_by_hand():
    x = np.arange(9.0).reshape(1, 1, 3, 3)  # 2 x 2 bins share the middle row and column
    y, cache = spatial_pyramid_pool2d(x, (2, 1))
    assert y.tolist() == [[4, 5, 7, 8, 8]]
    dx = spatial_pyramid_pool2d_backward(np.array([[1.0, 2, 3, 4, 50]]), cache)
    assert dx.tolist() == [[[[0, 0, 0], [0, 1, 2], [0, 3, 54]]]]
    y, cache = spatial_pyramid_pool2d(x, (2, 1), mode="avg")
    assert y.tolist() == [[2, 3, 5, 6, 4]]
    dx = spatial_pyramid_pool2d_backward(np.array([[4.0, 8, 12, 16, 9]]), cache)
    assert dx.tolist() == [[[[2, 4, 3], [5, 11, 7], [4, 8, 5]]]]


@pytest.mark.parametrize("size", [(13, 13), (10, 10), (3, 40), (2, 1)])
def test_the_length_does_not_depend_on_the_size(size):
    y, _ = spatial_pyramid_pool2d(np.ones((2, 3, *size)), (6, 3, 2, 1))  # the paper's 50 bins
    assert y.shape == (2, 3 * 50)


def test_the_order_is_levels_then_channels_then_bins():
    x = np.arange(2 * 4 * 4.0).reshape(1, 2, 4, 4)
    y, _ = spatial_pyramid_pool2d(x, (2, 1))
    assert y.tolist() == [[5, 7, 13, 15, 21, 23, 29, 31, 15, 31]]


def test_behaves():
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 7))
    for mode in POOLS:
        backward = spatial_pyramid_pool2d_backward
        behaves(lambda x, mode=mode: spatial_pyramid_pool2d(x, (3, 1), mode), backward, [x])
    one = x[:, :, :1, :1]
    behaves(lambda x: spatial_pyramid_pool2d(x, (1,)), spatial_pyramid_pool2d_backward, [one])


def test_empty_batch():
    y, cache = spatial_pyramid_pool2d(np.zeros((0, 3, 5, 7)))
    assert y.shape == (0, 63)
    assert spatial_pyramid_pool2d_backward(y, cache).shape == (0, 3, 5, 7)


REFUSED = {
    "x of rank 3": (dict(x=np.ones((3, 5, 7))), "x wants 4 axes"),
    "no levels": (dict(levels=()), "levels wants at least one level, got none"),
    "level 0": (dict(levels=(2, 0)), "level must be at least 1, got 0"),
    "level 1.5": (dict(levels=(1.5,)), "level wants a whole number, got 1.5"),
    "mode": (dict(mode="min"), "mode 'min' is none of 'max', 'avg'"),
    "empty map": (dict(x=np.ones((2, 3, 5, 0))), "size must be at least 1, got 0"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    change, message = REFUSED[name]
    good = dict(x=np.ones((2, 3, 5, 7)))
    spatial_pyramid_pool2d(**good)
    with pytest.raises(ValueError, match=message):
        spatial_pyramid_pool2d(**good | change)


def test_backward_refuses_another_shape():
    _, cache = spatial_pyramid_pool2d(np.ones((2, 3, 5, 7)))
    with pytest.raises(ValueError, match=r"dy has shape \(2, 62\), y has \(2, 63\)"):
        spatial_pyramid_pool2d_backward(np.ones((2, 62)), cache)
