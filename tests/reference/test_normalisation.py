import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves

from cnnbook.reference.normalisation import normalise, normalise_backward

CLOSE = dict(rtol=1e-10, atol=1e-12)


@st.composite
def cases(draw):
    """An array of up to five axes, some of them a set, and weights on any of the axes."""
    ndim = draw(st.integers(1, 5))
    shape = tuple(draw(st.permutations(range(2, 7)))[:ndim])
    axes = tuple(draw(st.permutations(range(ndim)))[: draw(st.integers(1, ndim))])
    varies = [draw(st.booleans()) for _ in shape]
    affine = tuple(n if v else 1 for n, v in zip(shape, varies, strict=True))
    affine = affine[draw(st.integers(0, next(iter(np.flatnonzero(varies)), ndim))) :]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.normal(rng.normal(), np.exp(rng.normal()), size=shape)
    arrays = [rng.normal(size=affine) if draw(st.booleans()) else None for _ in range(2)]
    signed = tuple(a - ndim if draw(st.booleans()) else a for a in axes)
    return x, *arrays, signed, draw(st.sampled_from([1e-5, 1e-3, 0.1]))


def formula(x, axes, weight, bias, eps):
    """Write the definition in torch, whose autograd then gives the gradients."""
    variance, mean = torch.var_mean(x, axes, correction=0, keepdim=True)
    y = (x - mean) / torch.sqrt(variance + eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


@CONFIGURATIONS
@given(cases())
def test_forward_and_backward_are_those_of_the_formula(case):
    *arrays, axes, eps = case
    agree_with_torch(
        "normalise",
        "formula in torch",
        lambda x, weight, bias: normalise(x, axes, weight, bias, eps),
        normalise_backward,
        lambda x, weight, bias: formula(x, axes, weight, bias, eps),
        arrays,
    )


def example():
    rng = np.random.default_rng(0)
    x = rng.normal(3, 2, size=(2, 3, 4, 5))
    return x, rng.normal(size=(3, 1, 1)), rng.normal(size=(3, 1, 1))


def test_by_hand():
    x = np.array([[1.0, 3.0], [0.0, 8.0]])  # means 2 and 4, deviations 1 and 4
    y, cache = normalise(x, 1, np.array([10.0, 20.0]), np.array([1.0, 2.0]), eps=0)
    assert y.tolist() == [[-9, 22], [-9, 22]]
    dx, dweight, dbias = normalise_backward(np.array([[1.0, 2.0], [3.0, 4.0]]), cache)
    # two numbers always become -1 and 1: nothing that moves one of them changes y
    assert dx.tolist() == [[0, 0], [0, 0]]
    assert dweight.tolist() == [-4, 6]
    assert dbias.tolist() == [4, 6]


def test_gradient_by_hand():
    # 0, 0, 3 has mean 1 and variance 2; with eps 2 the root is 2 and x_hat is -1/2, -1/2, 1
    y, cache = normalise(np.array([0.0, 0.0, 3.0]), 0, eps=2)
    assert y.tolist() == [-0.5, -0.5, 1]
    dx, dweight, dbias = normalise_backward(np.array([0.0, 0.0, 6.0]), cache)
    # mean(g) = 2 and mean(g x_hat) = 2: (0 - 2 + 1) / 2, the same, (6 - 2 - 2) / 2
    assert dx.tolist() == [-0.5, -0.5, 1]
    assert dweight is dbias is None


@pytest.mark.parametrize("axes", [(0, 2, 3), (1, 2, 3), (2, 3), (1,), (0, 1, 2, 3)])
def test_each_set_gets_mean_0_and_variance_1(axes):
    x, _, _ = example()
    y, cache = normalise(x, axes, eps=0)
    np.testing.assert_allclose(y.mean(axes), 0, atol=1e-14)
    np.testing.assert_allclose(y.var(axes), 1, rtol=1e-13)
    np.testing.assert_allclose(cache.mean, x.mean(axes, keepdims=True), rtol=1e-13)
    np.testing.assert_allclose(cache.variance, x.var(axes, keepdims=True), rtol=1e-13)


@pytest.mark.parametrize("axes", [(0, 2, 3), (1, 2, 3), (2, 3)])
@pytest.mark.parametrize("shape", [(3, 1, 1), (3, 4, 5), (1,), (2, 3, 4, 5)])
def test_behaviour(axes, shape):
    rng = np.random.default_rng(0)
    arrays = example()[0], rng.normal(size=shape), rng.normal(size=shape)
    for some in (arrays, (arrays[0], None, None), (arrays[0], arrays[1], None)):
        behaves(lambda x, w, b: normalise(x, axes, w, b), normalise_backward, some)


def spread_at_10_000(shape):
    x = np.random.default_rng(0).normal(1e4, 1, size=shape).astype(np.float32)
    wide = x.astype(np.float64)
    return x, (wide - wide.mean((0, 2, 3), keepdims=True)) / np.sqrt(
        wide.var((0, 2, 3), keepdims=True) + 1e-5
    )


@pytest.mark.parametrize("shape", [(8, 3, 56, 56), (40_000, 3, 1, 1)])
def test_float32_far_from_zero_keeps_its_digits(shape):
    x, wanted = spread_at_10_000(shape)
    y, cache = normalise(x, (0, 2, 3))
    np.testing.assert_allclose(y, wanted, atol=5e-5)  # a thousandth is asked for
    one_pass = (x**2).mean((0, 2, 3)) - x.mean((0, 2, 3)) ** 2  # what two passes are there for
    assert np.abs(one_pass - 1).min() > 0.5
    dy = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    exact = normalise_backward(dy, normalise(x.astype(np.float64), (0, 2, 3))[1])[0]
    np.testing.assert_allclose(normalise_backward(dy, cache)[0], exact, atol=1e-4)


def test_half_floats_are_summed_in_float32():
    x = np.linspace(-1000, 1000, 24).reshape(2, 12).astype(np.float16)  # squares are infinite
    y, cache = normalise(x, 1)
    np.testing.assert_allclose(y, normalise(x.astype(float), 1)[0], atol=2e-3)
    assert y.dtype == normalise_backward(y, cache)[0].dtype == np.float16


def test_equal_numbers_become_the_bias():
    x = np.full((2, 3, 4, 5), 0.1, np.float32)  # its mean may be rounded
    _, weight, bias = example()
    y, cache = normalise(x, (2, 3), weight, bias)
    np.testing.assert_allclose(y, np.broadcast_to(bias, x.shape), atol=1e-6)
    dx, dweight, _ = normalise_backward(np.ones(x.shape), cache)
    np.testing.assert_allclose(dx, 0, atol=1e-3)
    np.testing.assert_allclose(dweight, 0, atol=1e-5)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_bad_number_spoils_its_own_set_only(bad):
    x, weight, bias = example()
    x[1, 2, 0, 3] = bad
    y, cache = normalise(x, (2, 3), weight, bias)
    wanted = np.zeros(y.shape, bool)
    wanted[1, 2] = True
    np.testing.assert_array_equal(np.isnan(y), wanted)
    np.testing.assert_array_equal(np.isnan(normalise_backward(y, cache)[0]), wanted)


def test_empty_batch_and_integers():
    y, cache = normalise(np.ones((0, 3, 4, 5)), (1, 2, 3), *example()[1:])
    dx, dweight, dbias = normalise_backward(y, cache)
    assert y.shape == dx.shape == (0, 3, 4, 5)
    assert not dweight.any()
    assert not dbias.any()
    assert dweight.shape == (3, 1, 1)
    assert normalise(np.arange(4), 0)[0].dtype == np.float64


REFUSED = {  # name -> (what to change in a good call, message)
    "axis 4": (dict(axes=(0, 4)), "axis 4 is out of bounds for array of dimension 4"),
    "axis twice": (dict(axes=(1, -3)), "repeated axis"),
    "empty set": (
        dict(x=np.ones((0, 3, 4, 5))),
        r"x of shape \(0, 3, 4, 5\) has no numbers .*0, 2",
    ),
    "weight too long": (
        dict(weight=np.ones((4, 1, 1)), bias=None),
        r"shape \(4, 1, 1\) do not fit x of shape \(2, 3, 4, 5\)",
    ),
    "bias too long": (
        dict(weight=None, bias=np.ones((2, 1))),
        r"shape \(2, 1\) do not fit x of shape \(2, 3, 4, 5\)",
    ),
    "weight with more axes": (
        dict(weight=np.ones((1, 1, 3, 1, 1)), bias=None),
        r"shape \(1, 1, 3, 1, 1\) do not fit",
    ),
    "two shapes": (dict(bias=np.ones(5)), r"bias wants shape \(3, 1, 1\), got \(5,\)"),
    "eps below 0": (dict(eps=-1e-5), "eps must be at least 0, got -1e-05"),
    "eps of text": (dict(eps="1"), "eps wants a number, got '1'"),
    "complex": (dict(x=np.ones((2, 3, 4, 5), complex)), "real numbers, got dtype complex128"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    change, message = REFUSED[name]
    x, weight, bias = example()
    good = dict(x=x, axes=(0, 2, 3), weight=weight, bias=bias)
    normalise(**good)
    with pytest.raises(ValueError, match=message):
        normalise(**good | change)


def test_backward_refuses_another_shape():
    _, cache = normalise(example()[0], (2, 3))
    with pytest.raises(ValueError, match=r"dy has shape \(2, 3, 5, 4\), y has \(2, 3, 4, 5\)"):
        normalise_backward(np.ones((2, 3, 5, 4)), cache)
