import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree, strided

from cnnbook.reference.clipping import clip_grad_norm, clip_grad_value

SHAPES = [(), (5,), (2, 3), (4, 3, 2), (0, 7)]


@st.composite
def gradients(draw):
    """Arrays of several shapes and sizes, None among them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = draw(st.sampled_from([0.0, 1e-8, 1.0, 1e4]))
    shapes = draw(st.lists(st.one_of(st.none(), st.sampled_from(SHAPES)), max_size=4))
    shapes.append((3,))  # torch wants one at least
    return [None if s is None else scale * rng.normal(size=s) for s in shapes]


def parameters(grads):
    """Torch's parameters with these gradients."""
    tensors = [
        torch.nn.Parameter(torch.zeros(() if g is None else g.shape).double()) for g in grads
    ]
    for tensor, grad in zip(tensors, grads, strict=True):
        tensor.grad = None if grad is None else torch.tensor(grad)
    return tensors


def flat(arrays):
    return np.concatenate([np.ravel(a) for a in arrays if a is not None])


def agree_with_torch(name, clip_, grads, ours, *limits):
    tensors = parameters(grads)
    total = clip_(tensors, *limits)
    assert [g is None for g in ours] == [t.grad is None for t in tensors]
    assert [g.shape for g in ours if g is not None] == [
        t.grad.shape for t in tensors if t.grad is not None
    ]
    theirs = flat([None if t.grad is None else t.grad.numpy() for t in tensors])
    agree(name, f"torch {name}_", "forward", flat(ours), theirs)
    return total


@CONFIGURATIONS
@given(gradients(), st.floats(0.0, 1e4))
def test_clip_by_value_is_torchs(grads, limit):
    ours = clip_grad_value(grads, limit)
    agree_with_torch("clip_grad_value", torch.nn.utils.clip_grad_value_, grads, ours, limit)


@CONFIGURATIONS
@given(
    gradients(),
    st.one_of(st.floats(0.0, 10.0), st.just(np.inf)),
    st.one_of(st.sampled_from([1.0, 2.0, np.inf]), st.floats(0.5, 5.0)),
)
def test_clip_by_norm_is_torchs(grads, max_norm, norm_type):
    if norm_type == np.inf:  # of an empty array, torch has no largest value; ours is 0
        grads = [g for g in grads if g is None or g.size]
    ours, norm = clip_grad_norm(grads, max_norm, norm_type)
    total = agree_with_torch(
        "clip_grad_norm", torch.nn.utils.clip_grad_norm_, grads, ours, max_norm, norm_type
    )
    np.testing.assert_allclose(norm, total.item(), rtol=1e-10)
    assert type(norm) is float


def test_by_hand():
    grads = [np.array([3.0, 0.0]), None, np.array([[-4.0]])]
    clipped = clip_grad_value(grads, 2.0)
    assert [None if g is None else g.tolist() for g in clipped] == [[2, 0], None, [[-2]]]
    clipped, norm = clip_grad_norm(grads, 2.5)
    assert norm == 5
    np.testing.assert_allclose(clipped[0], [1.5, 0], rtol=1e-6)
    np.testing.assert_allclose(clipped[2], [[-2]], rtol=1e-6)
    assert clipped[0][0] < 1.5  # by a millionth of the norm
    assert clip_grad_norm(grads, 100.0, 1)[1] == 7
    assert clip_grad_norm(grads, 100.0, np.inf)[1] == 4


def test_a_small_norm_changes_nothing():
    grads = [np.array([3.0, -4.0])]
    clipped, norm = clip_grad_norm(grads, 5.1)
    assert clipped[0].tolist() == [3, -4]
    assert norm == 5


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_is_kept_and_nothing_is_written_or_shared(dtype):
    rng = np.random.default_rng(0)
    grads = [rng.normal(size=s).astype(dtype) for s in SHAPES]
    before = [g.copy() for g in grads]
    for g in grads:
        g.flags.writeable = False  # so that a write raises instead of passing unseen
    for limit in (0.5, 1e4):  # clipped or not
        for clipped in (clip_grad_value(grads, limit), clip_grad_norm(grads, limit)[0]):
            assert {g.dtype for g in clipped} == {np.dtype(dtype)}
            assert not any(
                np.shares_memory(a, b) for a, b in zip(clipped, grads, strict=True) if a.size
            )
        views = [strided(g) for g in grads]
        np.testing.assert_array_equal(
            flat(clip_grad_value(views, limit)), flat(clip_grad_value(grads, limit))
        )
        by_norm = flat(clip_grad_norm(views, limit)[0]), flat(clip_grad_norm(grads, limit)[0])
        np.testing.assert_allclose(*by_norm, rtol=1e-3 if dtype == np.float16 else 1e-6)
    for a, b in zip(grads, before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_integers_become_floats():
    assert clip_grad_value([np.array([3, -4])], 2)[0].tolist() == [2, -2]
    clipped, norm = clip_grad_norm([[3, -4]], 1)
    assert norm == 5
    assert clipped[0].dtype == np.float64


@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 1e30), (np.float64, 1e200)])
def test_exploded_gradients_have_a_norm(dtype, size):
    (clipped,), norm = clip_grad_norm([np.array([3 * size, -4 * size], dtype)], 1.0)
    np.testing.assert_allclose(norm, 5 * size, rtol=1e-6)
    np.testing.assert_allclose(clipped, [0.6, -0.8], rtol=1e-6)


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("norm_type", [1.0, 2.0, np.inf])
def test_gradients_that_are_not_finite_give_torchs_result(bad, norm_type):
    grads = [np.array([1.0, bad]), np.array([[2.0, -3.0]])]
    clipped, norm = clip_grad_norm(grads, 1.0, norm_type)
    tensors = parameters(grads)
    total = torch.nn.utils.clip_grad_norm_(tensors, 1.0, norm_type)
    np.testing.assert_equal(norm, total.item())
    for ours, theirs in zip(clipped, tensors, strict=True):
        np.testing.assert_array_equal(ours, theirs.grad.numpy())
    finite = [0, 0, 0] if np.isinf(bad) else [np.nan] * 3
    np.testing.assert_array_equal(flat(clipped)[[0, 2, 3]], finite)
    assert np.isnan(clipped[0][1])


def test_by_value_infinity_becomes_the_limit_and_nan_stays():
    clipped = clip_grad_value([np.array([np.inf, -np.inf, np.nan])], 2.0)
    np.testing.assert_array_equal(clipped[0], [2, -2, np.nan])
    assert clip_grad_value([np.array([1e300])], np.inf)[0] == [1e300]


@pytest.mark.parametrize("grads", [[], [None], [np.zeros((0, 3))], [np.zeros(3)]])
def test_no_gradients_have_no_norm(grads):
    clipped, norm = clip_grad_norm(grads, 1.0)
    assert norm == 0
    assert len(clipped) == len(grads)
    assert clip_grad_norm(grads, 1.0, np.inf)[1] == 0
    assert len(clip_grad_value(grads, 1.0)) == len(grads)


REFUSED = {  # name -> (call, message)
    "value negative": (lambda g: clip_grad_value(g, -1), "clip_value must be at least 0, got -1"),
    "value NaN": (lambda g: clip_grad_value(g, np.nan), "clip_value wants a finite number"),
    "norm negative": (lambda g: clip_grad_norm(g, -1), "max_norm must be at least 0, got -1"),
    "norm of text": (lambda g: clip_grad_norm(g, "1"), "max_norm wants a number, got '1'"),
    "type 0": (lambda g: clip_grad_norm(g, 1, 0), "norm_type must be above 0, got 0"),
    "type of text": (lambda g: clip_grad_norm(g, 1, "inf"), "norm_type wants a number, got 'inf'"),
    "one array": (
        lambda g: clip_grad_norm(g[0], 1),
        r"grads wants a list of arrays, got one of shape \(2,\)",
    ),
    "one array by value": (lambda g: clip_grad_value(g[0], 1), "grads wants a list of arrays"),
    "complex": (lambda g: clip_grad_norm([g[0] * 1j], 1), "real numbers, got dtype complex128"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    call, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        call([np.ones(2)])
