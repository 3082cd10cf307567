import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves, central_differences
from torch.nn import functional

from cnnbook.reference.attention import non_local, non_local_backward


@st.composite
def cases(draw):
    """Images, and four matrices with keys and values of any number of channels."""
    n, c, h, w, c_key, c_value = draw(st.permutations([1, 2, 3, 4, 5, 6]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shapes = (n, c, h, w), (c_key, c), (c_key, c), (c_value, c), (c, c_value)
    return [rng.normal(size=shape) for shape in shapes]


def torch_non_local(x, theta, phi, g, out):
    def convolved(x, weight):
        return functional.conv2d(x, weight[:, :, None, None])

    queries, keys, values = (convolved(x, w).flatten(2).mT for w in (theta, phi, g))
    mixed = functional.scaled_dot_product_attention(queries, keys, values, scale=1)
    return x + convolved(mixed.mT.unflatten(2, x.shape[2:]), out)


@CONFIGURATIONS
@given(cases())
def test_non_local_is_the_attention_of_torch(case):
    agree_with_torch(
        "non_local",
        "torch scaled_dot_product_attention",
        non_local,
        non_local_backward,
        torch_non_local,
        case,
    )


def test_by_hand():
    x = np.array([[[[0.0, 1.0]]]])  # one channel, two pixels
    one = np.ones((1, 1))
    y, cache = non_local(x, np.log(3) * one, one, 8 * one, one)
    # pixel 0 asks for nothing and takes half of each; pixel 1 takes e^0 : e^{log 3} = 1/4 : 3/4
    np.testing.assert_allclose(cache.attention, [[[1 / 2, 1 / 2], [1 / 4, 3 / 4]]])
    np.testing.assert_allclose(y, [[[[0 + 8 / 2, 1 + 8 * 3 / 4]]]])
    dx, dtheta, dphi, dg, dout = non_local_backward(np.array([[[[0.0, 1.0]]]]), cache)
    np.testing.assert_allclose(dout, [[6]])
    np.testing.assert_allclose(dg, [[3 / 4]])
    slope = 3 / 16 * 8  # of the mixture at pixel 1, for the score of pixel 1 less that of pixel 0
    np.testing.assert_allclose(dtheta, [[slope]])
    np.testing.assert_allclose(dphi, [[slope * np.log(3)]])
    through_values = np.array([1 / 4, 3 / 4]) * 8
    through_keys = np.array([-slope, slope]) * np.log(3)
    through_query = np.array([0, slope * np.log(3)])
    np.testing.assert_allclose(
        dx.ravel(), np.array([0, 1]) + through_values + through_keys + through_query
    )


def example():
    rng = np.random.default_rng(0)
    shapes = (2, 3, 5, 4), (6, 3), (6, 3), (7, 3), (3, 7)
    return [rng.normal(size=shape, scale=0.5) for shape in shapes]


def test_with_nothing_to_add_it_is_the_identity():
    x, theta, phi, g, out = example()
    np.testing.assert_array_equal(non_local(x, theta, phi, g, 0 * out)[0], x)


def test_pixels_may_change_places():
    x, *weights = example()
    order = np.random.default_rng(1).permutation(20)
    moved = x.reshape(2, 3, 20)[:, :, order].reshape(x.shape)
    y = non_local(x, *weights)[0].reshape(2, 3, 20)[:, :, order]
    np.testing.assert_allclose(non_local(moved, *weights)[0].reshape(2, 3, 20), y, rtol=1e-12)


def test_attention_sums_to_1_and_has_a_row_for_each_pixel():
    attention = non_local(*example())[1].attention
    assert attention.shape == (2, 20, 20)
    np.testing.assert_allclose(attention.sum(2), 1, rtol=1e-12)


def test_large_scores_overflow_nowhere():
    x, *weights = example()
    y, cache = non_local(1e4 * x, *weights)
    gradients = non_local_backward(np.ones(y.shape), cache)
    assert all(np.isfinite(a).all() for a in (y, *gradients))


def test_central_differences():
    x, *weights = example()
    x = x[:, :, :2, :3]
    dy = np.random.default_rng(1).normal(size=x.shape)
    estimate = central_differences(lambda x: non_local(x, *weights)[0], x, dy)
    dx = non_local_backward(dy, non_local(x, *weights)[1])[0]
    np.testing.assert_allclose(dx, estimate, atol=1e-7)


def test_behaves():
    behaves(non_local, non_local_backward, example())


def test_empty_batch():
    x, *weights = example()
    y, cache = non_local(x[:0], *weights)
    dx, *rest = non_local_backward(y, cache)
    assert y.shape == dx.shape == (0, 3, 5, 4)
    assert [gradient.shape for gradient in rest] == [weight.shape for weight in weights]
    assert not any(gradient.any() for gradient in rest)


@pytest.mark.parametrize(
    ("place", "shape", "message"),
    [
        (0, (3, 5, 4), r"x wants 4 axes \(N, C, H, W\), got shape \(3, 5, 4\)"),
        (0, (2, 3, 0, 4), r"at least 1 channel and pixel, x has shape \(2, 3, 0, 4\)"),
        (1, (6, 4), "weight wants 4 input features, x has 3"),
        (2, (5, 3), r"weight_phi wants shape \(6, 3\), got \(5, 3\)"),
        (3, (7, 2), "weight wants 2 input features, x has 3"),
        (4, (3, 6), r"weight_out wants shape \(3, 7\), got \(3, 6\)"),
        (4, (4, 7), r"weight_out wants shape \(3, 7\), got \(4, 7\)"),
    ],
)
def test_refused(place, shape, message):
    arrays = example()
    arrays[place] = np.ones(shape)
    with pytest.raises(ValueError, match=message):
        non_local(*arrays)


def test_backward_refuses_another_shape():
    _, cache = non_local(*example())
    with pytest.raises(ValueError, match=r"dy has shape \(2, 3, 20\), y has \(2, 3, 5, 4\)"):
        non_local_backward(np.ones((2, 3, 20)), cache)
