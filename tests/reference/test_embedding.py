import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree, agree_with_torch, behaves

from cnnbook.reference.embedding import embedding, embedding_backward, embedding_backward_sparse


@st.composite
def cases(draw):
    """Indices with 0 to 3 axes, more of them than rows or fewer, a table, and a padding index."""
    rows, d, *rest = draw(st.permutations([1, 2, 3, 4, 5, 6]))[: draw(st.integers(2, 5))]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    indices = rng.integers(0, rows, size=rest, dtype=draw(st.sampled_from([np.int64, np.uint8])))
    padding_idx = draw(st.none() | st.integers(0, rows - 1))
    return np.asarray(indices), rng.normal(size=(rows, d)), padding_idx


@CONFIGURATIONS
@given(cases())
def test_forward_and_backward_are_those_of_torch(case):
    indices, weight, padding_idx = case
    theirs = torch.tensor(indices.astype(np.int64))
    agree_with_torch(
        "embedding",
        "torch embedding",
        lambda weight: embedding(indices, weight, padding_idx),
        embedding_backward,
        lambda weight: torch.nn.functional.embedding(theirs, weight, padding_idx),
        [weight],
    )


@CONFIGURATIONS
@given(cases())
def test_the_sparse_gradient_is_that_of_torch(case):
    indices, weight, padding_idx = case
    tensor = torch.tensor(weight, requires_grad=True)
    flat = torch.tensor(indices.astype(np.int64).ravel())  # torch fails on a single index
    theirs = torch.nn.functional.embedding(flat, tensor, padding_idx, sparse=True)
    dy = np.random.default_rng(0).normal(size=(*indices.shape, weight.shape[1]))
    theirs.backward(torch.tensor(dy.reshape(theirs.shape)))
    y, cache = embedding(indices, weight, padding_idx)
    rows, drows = embedding_backward_sparse(dy, cache)
    name, oracle = "embedding_backward_sparse", "torch embedding, sparse=True"
    agree(name, oracle, "forward", y, theirs.detach().reshape(dy.shape))
    summed = tensor.grad.coalesce()
    assert rows.tolist() == summed.indices()[0].tolist()
    agree(name, oracle, "backward", drows, summed.values())


@CONFIGURATIONS
@given(cases())
def test_equal_to_one_hot_times_weight(case):
    indices, weight, _ = case
    one_hot = indices[..., None] == np.arange(len(weight))  # (..., rows)
    y, cache = embedding(indices, weight)
    np.testing.assert_array_equal(y, one_hot @ weight)
    dy = np.random.default_rng(0).normal(size=y.shape)
    flat = one_hot.reshape(-1, len(weight))
    np.testing.assert_allclose(
        embedding_backward(dy, cache), flat.T @ dy.reshape(len(flat), -1), rtol=1e-12, atol=1e-14
    )


def test_by_hand():
    weight = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
    y, cache = embedding(np.array([2, 0, 2]), weight)
    assert y.tolist() == [[5, 6], [1, 2], [5, 6]]
    dy = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
    assert embedding_backward(dy, cache).tolist() == [[2, 20], [0, 0], [5, 50], [0, 0]]
    rows, drows = embedding_backward_sparse(dy, cache)
    assert rows.tolist() == [0, 2]
    assert drows.tolist() == [[2, 20], [5, 50]]
    _, cache = embedding(np.array([2, 0, 2]), weight, padding_idx=2)
    assert embedding_backward(dy, cache).tolist() == [[2, 20], [0, 0], [0, 0], [0, 0]]


def test_behaves():
    indices = np.array([[0, 3, 3], [1, 3, 0]])
    weight = np.random.default_rng(0).normal(size=(5, 4))
    for padding_idx in (None, 3):
        behaves(lambda w, i=padding_idx: embedding(indices, w, i), embedding_backward, [weight])
    assert indices.tolist() == [[0, 3, 3], [1, 3, 0]]


@pytest.mark.parametrize("shape", [(0,), (2, 0)])
def test_no_indices(shape):
    y, cache = embedding(np.zeros(shape, int), np.ones((5, 4)))
    assert y.shape == (*shape, 4)
    assert not embedding_backward(y, cache).any()
    rows, drows = embedding_backward_sparse(y, cache)
    assert (rows.shape, drows.shape) == ((0,), (0, 4))


@pytest.mark.parametrize(
    ("indices", "padding_idx", "message"),
    [
        ([0, 5], None, "weight has rows 0 to 4, indices hold 5"),
        ([[0, 1], [-1, 2]], None, "weight has rows 0 to 4, indices hold -1"),
        ([0.0, 1.0], None, "indices want whole numbers, got dtype float64"),
        ([True, False], None, "indices want whole numbers, got dtype bool"),
        ([0, 1], 5, "weight has rows 0 to 4, padding_idx is 5"),
        ([0, 1], -1, "padding_idx must be at least 0, got -1"),
    ],
)
def test_refused(indices, padding_idx, message):
    with pytest.raises(ValueError, match=message):
        embedding(np.array(indices), np.ones((5, 4)), padding_idx)


def test_weight_is_a_table():
    with pytest.raises(ValueError, match=r"weight wants 2 axes \(rows, D\), got shape \(5,\)"):
        embedding(np.array([0]), np.ones(5))


@pytest.mark.parametrize("backward", [embedding_backward, embedding_backward_sparse])
def test_backward_refuses_another_shape(backward):
    _, cache = embedding(np.array([0, 1, 2]), np.ones((5, 4)))
    with pytest.raises(ValueError, match=r"dy has shape \(3, 5\), y has \(3, 4\)"):
        backward(np.ones((3, 5)), cache)
