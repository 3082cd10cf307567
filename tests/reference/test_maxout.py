import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves

from cnnbook.reference.maxout import maxout, maxout_backward


@st.composite
def cases(draw):
    """x with 0 to 3 axes after the channels, and the number of pieces."""
    n, c, *rest = draw(st.permutations([1, 2, 3, 4, 5]))[: draw(st.integers(2, 5))]
    pieces = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(size=(n, c * pieces, *rest)), pieces


def torch_maxout(x, pieces):
    """Channel c of y is the maximum of a slice of x's channels, one c after the other."""
    channels = [x[:, c : c + pieces].amax(1, keepdim=True) for c in range(0, x.shape[1], pieces)]
    return torch.cat(channels, dim=1)


@CONFIGURATIONS
@given(cases())
def test_maxout_is_that_of_torch(case):
    x, pieces = case
    agree_with_torch(
        "maxout",
        "torch amax of channel slices",
        lambda x: maxout(x, pieces),
        maxout_backward,
        lambda x: torch_maxout(x, pieces),
        [x],
    )


def test_by_hand():
    x = np.array([[1.0, 4.0, 2.0, -3.0, -1.0, -2.0]])
    y, cache = maxout(x, 3)
    assert y.tolist() == [[4, -1]]
    assert maxout_backward(np.array([[10.0, 20.0]]), cache).tolist() == [[0, 10, 0, 0, 20, 0]]
    y, cache = maxout(x, 2)
    assert y.tolist() == [[4, 2, -1]]


def test_among_equals_the_first_has_the_gradient():
    _, cache = maxout(np.array([[5.0, 7.0, 7.0, 0.0, 0.0, 0.0]]), 3)
    assert maxout_backward(np.array([[1.0, 2.0]]), cache).tolist() == [[0, 1, 0, 2, 0, 0]]


def test_relu_and_absolute_value_are_maxouts():
    x = np.linspace(-2, 2, 9)[:, None]
    np.testing.assert_array_equal(maxout(np.hstack([x, 0 * x]), 2)[0], np.maximum(x, 0))
    np.testing.assert_array_equal(maxout(np.hstack([x, -x]), 2)[0], np.abs(x))


def test_nan_wins_its_group_alone():
    x = np.array([[1.0, np.nan, 3.0, 4.0, 5.0, 6.0]])
    np.testing.assert_array_equal(maxout(x, 3)[0], [[np.nan, 6]])


def test_behaves():
    x = np.random.default_rng(0).normal(size=(2, 6, 5, 4))
    behaves(lambda x: maxout(x, 3), maxout_backward, [x])


@pytest.mark.parametrize("shape", [(0, 6, 5, 4), (2, 0, 5, 4), (2, 6, 0, 4)])
def test_empty(shape):
    y, cache = maxout(np.ones(shape), 3)
    assert y.shape == (shape[0], shape[1] // 3, *shape[2:])
    assert maxout_backward(y, cache).shape == shape


@pytest.mark.parametrize(
    ("shape", "pieces", "message"),
    [
        ((6,), 3, r"x with channels, \(N, C, ...\), got shape \(6,\)"),
        ((2, 6), 4, "pieces 4 does not divide 6 channels"),
        ((2, 6), 0, "pieces must be at least 1, got 0"),
        ((2, 6), 1.5, "pieces wants a whole number, got 1.5"),
    ],
)
def test_refused(shape, pieces, message):
    with pytest.raises(ValueError, match=message):
        maxout(np.ones(shape), pieces)


def test_backward_refuses_another_shape():
    _, cache = maxout(np.ones((2, 6)), 3)
    with pytest.raises(ValueError, match=r"dy has shape \(2, 6\), y has \(2, 2\)"):
        maxout_backward(np.ones((2, 6)), cache)
