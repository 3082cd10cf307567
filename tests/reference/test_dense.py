import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves
from torch.nn import functional

from cnnbook.reference.dense import dense, dense_backward


@st.composite
def cases(draw):
    """x with 0 to 3 axes before the features, all lengths different; a bias or none."""
    n_in, n_out, *rest = draw(st.permutations([1, 2, 3, 4, 5, 6]))[: draw(st.integers(2, 5))]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    bias = rng.normal(size=n_out) if draw(st.booleans()) else None
    return rng.normal(size=(*rest, n_in)), rng.normal(size=(n_out, n_in)), bias


@CONFIGURATIONS
@given(cases())
def test_forward_and_backward_are_those_of_torch(case):
    agree_with_torch("dense", "torch linear", dense, dense_backward, functional.linear, case)


def test_by_hand():
    x, weight = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0], [0.0, -1.0], [2.0, 1.0]])
    y, cache = dense(x, weight, np.array([10.0, 20.0, 30.0]))
    assert y.tolist() == [[11, 18, 34], [13, 16, 40]]
    dx, dweight, dbias = dense_backward(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 2.0]]), cache)
    assert dx.tolist() == [[1, 0], [4, 1]]
    assert dweight.tolist() == [[1, 2], [3, 4], [6, 8]]
    assert dbias.tolist() == [1, 1, 2]


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 5, 3)])
@pytest.mark.parametrize("with_bias", [True, False])
def test_behaves(shape, with_bias):
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape), rng.normal(size=(4, 3)), rng.normal(size=4)]
    behaves(dense, dense_backward, arrays if with_bias else [*arrays[:2], None])


def test_empty_batch():
    y, cache = dense(np.ones((0, 3)), np.ones((4, 3)), np.ones(4))
    dx, dweight, dbias = dense_backward(y, cache)
    assert (y.shape, dx.shape) == ((0, 4), (0, 3))
    assert dweight.tolist() == np.zeros((4, 3)).tolist()
    assert dbias.tolist() == [0, 0, 0, 0]


def test_the_widest_dtype_wins():
    x, weight = np.ones((2, 3), np.uint8), np.ones((4, 3), np.float32)
    y, cache = dense(x, weight)
    assert y.dtype == dense_backward(y, cache)[0].dtype == np.float32


@pytest.mark.parametrize(
    ("x", "weight", "bias", "message"),
    [
        ((2, 3), (4, 2), None, "weight wants 2 input features, x has 3"),
        ((2, 3), (3,), None, r"weight wants 2 axes \(out, in\), got shape \(3,\)"),
        ((2, 3), (4, 3), (3,), r"bias wants shape \(4,\), got \(3,\)"),
        ((2, 3), (4, 3), (), r"bias wants shape \(4,\), got \(\)"),
        ((), (4, 3), None, r"x wants at least 1 axis \(..., in\), got a single number"),
        ((2, 0), (4, 0), None, "input features must be at least 1, got 0"),
        ((2, 3), (0, 3), None, "output features must be at least 1, got 0"),
    ],
)
def test_refused(x, weight, bias, message):
    with pytest.raises(ValueError, match=message):
        dense(np.ones(x), np.ones(weight), None if bias is None else np.ones(bias))


def test_backward_refuses_another_shape():
    _, cache = dense(np.ones((2, 3)), np.ones((4, 3)))
    with pytest.raises(ValueError, match=r"dy has shape \(2, 3\), y has \(2, 4\)"):
        dense_backward(np.ones((2, 3)), cache)
