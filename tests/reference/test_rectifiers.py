import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves
from torch.nn import functional

from cnnbook.reference.rectifiers import prelu, prelu_backward

# What prelu shares with the other rectifiers, which have no weight, is tested in test_activations.


@st.composite
def cases(draw):
    """x with 0 to 3 axes after the channels, and one weight for all or one for each channel."""
    n, c, *rest = draw(st.permutations([1, 2, 3, 4, 5]))[: draw(st.integers(2, 5))]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(size=(n, c, *rest)), rng.normal(size=draw(st.sampled_from([1, c])))


@CONFIGURATIONS
@given(cases())
def test_prelu_is_that_of_torch(case):
    agree_with_torch("prelu", "torch prelu", prelu, prelu_backward, functional.prelu, case)


def test_prelu_by_hand():
    x = np.array([[[1.0, -2.0], [-3.0, 0.0]], [[-4.0, -5.0], [6.0, -7.0]]])  # (2, 2, 2)
    y, cache = prelu(x, np.array([0.5, 2.0]))
    assert y.tolist() == [[[1, -1], [-6, 0]], [[-2, -2.5], [6, -14]]]
    dx, dweight = prelu_backward(np.array([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]), cache)
    assert dx.tolist() == [[[1, 1], [6, 8]], [[2.5, 3], [7, 16]]]  # at x = 0 the weight's slope
    assert dweight.tolist() == [-2 * 2 - 4 * 5 - 5 * 6, -3 * 3 - 7 * 8]
    _, cache = prelu(x, np.array([0.5]))
    assert prelu_backward(np.ones((2, 2, 2)), cache)[1].tolist() == [-2 - 3 - 4 - 5 - 7]


@pytest.mark.parametrize("weights", [1, 3])
def test_prelu_behaves(weights):
    rng = np.random.default_rng(0)
    behaves(prelu, prelu_backward, [rng.normal(size=(2, 3, 5, 4)), rng.normal(size=weights)])


@pytest.mark.parametrize("weights", [1, 3])
def test_prelu_of_an_empty_batch(weights):
    y, cache = prelu(np.ones((0, 3, 5, 4)), np.ones(weights))
    dx, dweight = prelu_backward(y, cache)
    assert y.shape == dx.shape == (0, 3, 5, 4)
    assert dweight.tolist() == [0] * weights


@pytest.mark.parametrize(
    ("x", "weight", "message"),
    [
        ((4,), (1,), r"x with channels, \(N, C, ...\), got shape \(4,\)"),
        ((2, 3, 5), (5,), r"weight wants shape \(1,\) or \(3,\), got \(5,\)"),
        ((2, 3), (3, 1), r"weight wants shape \(1,\) or \(3,\), got \(3, 1\)"),
        ((2, 3), (), r"weight wants shape \(1,\) or \(3,\), got \(\)"),
    ],
)
def test_prelu_refuses(x, weight, message):
    with pytest.raises(ValueError, match=message):
        prelu(np.ones(x), np.ones(weight))


def test_prelu_backward_refuses_another_shape():
    _, cache = prelu(np.ones((2, 3)), np.ones(3))
    with pytest.raises(ValueError, match=r"dy has shape \(2, 1\), y has \(2, 3\)"):
        prelu_backward(np.ones((2, 1)), cache)
