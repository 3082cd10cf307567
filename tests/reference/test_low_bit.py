from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree, agree_with_torch, behaves

from cnnbook.reference.low_bit import (
    binarise,
    binarise_backward,
    ternarise,
    ternarise_optimal,
)


@st.composite
def cases(draw, most=6):
    """Weights inside and outside −1 to 1, with one of the axes, or none, for the filters."""
    shape = tuple(draw(st.permutations(range(1, most)))[: draw(st.integers(1, 4))])
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weight = rng.normal(size=shape) * draw(st.sampled_from([0.1, 1.0, 3.0]))
    return weight, draw(st.sampled_from([None, *range(len(shape))]))


def torch_binarise(weight, axis):
    """Write alpha sign(w), with a sign whose derivative is that of a clipped identity."""
    dims = [d for d in range(weight.ndim) if d != axis]
    clipped = weight.clamp(-1, 1)
    sign = clipped + (weight.sign() - clipped).detach()
    return (weight.abs().mean(dims, keepdim=True) if dims else weight.abs()) * sign


@CONFIGURATIONS
@given(cases())
def test_binarise_is_the_formula(case):
    weight, axis = case
    agree_with_torch(
        "binarise",
        "formula in torch",
        lambda weight: binarise(weight, axis),
        binarise_backward,
        lambda weight: torch_binarise(weight, axis),
        [weight],
    )


def ternary_loop(weights, factor):
    """Ternarise one filter, given as a list."""
    delta = factor * sum(map(abs, weights)) / len(weights)
    large = [abs(w) for w in weights if abs(w) > delta]
    ternary = [(w > delta) - (w < -delta) for w in weights]
    return ternary, delta, sum(large) / len(large) if large else 0.0


@CONFIGURATIONS
@given(cases(), st.sampled_from([0.0, 0.5, 0.7, 0.75, 1.2, 9.0]))
def test_ternarise_is_the_plain_loop(case, factor):
    weight, axis = case
    ternary, delta, alpha = ternarise(weight, factor, axis)
    filters, codes = (
        a.reshape(1, -1) if axis is None else np.moveaxis(a, axis, 0).reshape(a.shape[axis], -1)
        for a in (weight, ternary)
    )
    wanted = [1] * weight.ndim
    if axis is not None:
        wanted[axis] = weight.shape[axis]
    assert delta.shape == alpha.shape == tuple(wanted)
    for row, signs, d, a in zip(filters, codes, delta.ravel(), alpha.ravel(), strict=True):
        expected = ternary_loop(row.tolist(), factor)
        ours = np.concatenate([signs, [d, a]])
        agree("ternarise", "plain loop", "forward", ours, [*expected[0], *expected[1:]])


def best_error(weights):
    """Try every pattern of −1, 0 and 1 with its best alpha, by least squares."""
    patterns = np.array(list(product([-1, 0, 1], repeat=len(weights))))[:, None]
    patterns = patterns[patterns.any((1, 2)), 0]
    alpha = patterns @ weights / (patterns**2).sum(1)
    return np.min(((weights - alpha[:, None] * patterns) ** 2).sum(1))


@CONFIGURATIONS
@given(cases(4))
def test_no_ternary_weights_are_closer_than_the_optimal(case):
    weight, axis = case
    if axis is None:
        weight = weight.ravel()[:7]
    ternary, delta, alpha = ternarise_optimal(weight, axis)
    np.testing.assert_array_equal(ternary, np.sign(weight) * (np.abs(weight) > delta))
    errors = (weight - alpha * ternary) ** 2
    filters, errors = (
        a.reshape(1, -1) if axis is None else np.moveaxis(a, axis, 0).reshape(a.shape[axis], -1)
        for a in (weight, errors)
    )
    best = [best_error(row) for row in filters]
    agree("ternarise_optimal", "all patterns tried", "forward", errors.sum(1), best)
    rough, _, rough_alpha = ternarise(weight, axis=axis)
    assert np.sum((weight - rough_alpha * rough) ** 2) >= sum(best) - 1e-12


@pytest.mark.parametrize("function", [binarise, ternarise, ternarise_optimal])
def test_alpha_is_best_for_its_signs(function):
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(3, 2, 5, 4))
    if function is binarise:
        _, (signs, alpha, *_) = binarise(weight)
    else:
        signs, _, alpha = function(weight)
    for o in range(3):
        grid = np.linspace(0, 3, 3001)
        errors = [np.sum((weight[o] - a * signs[o]) ** 2) for a in grid]
        own = np.sum((weight[o] - alpha[o] * signs[o]) ** 2)
        assert own <= min(errors)
        assert abs(grid[np.argmin(errors)] - alpha[o].item()) <= 0.0005001


def test_no_signs_are_closer_than_those_of_binarise():
    weight = np.random.default_rng(0).normal(size=7)
    y, _ = binarise(weight, axis=None)
    for signs in product([-1, 1], repeat=7):
        for alpha in np.linspace(0, 2, 41):
            assert np.sum((weight - y) ** 2) <= np.sum((weight - alpha * np.array(signs)) ** 2)


def test_factors_of_the_paper():
    n = 200_001
    uniform = np.linspace(-1, 1, n)
    _, delta, alpha = ternarise_optimal(uniform, axis=None)
    np.testing.assert_allclose(delta / np.abs(uniform).mean(), 2 / 3, rtol=1e-3)
    np.testing.assert_allclose(alpha, 2 / 3, rtol=1e-3)
    quantiles = (torch.arange(n, dtype=float) + 0.5) / n
    normal = torch.special.ndtri(quantiles).numpy()
    _, delta, alpha = ternarise_optimal(normal, axis=None)
    np.testing.assert_allclose(delta, 0.612, atol=1e-3)  # of sigma; the paper has 0.6
    np.testing.assert_allclose(delta / np.abs(normal).mean(), 0.767, atol=1e-3)
    for weights in (uniform, normal):  # each weight goes to the nearest of −alpha, 0, alpha
        _, delta, alpha = ternarise_optimal(weights, axis=None)
        np.testing.assert_allclose(delta, alpha / 2, rtol=1e-3)


def test_behaves():
    weight = np.random.default_rng(0).normal(size=(3, 2, 4, 5))
    behaves(binarise, binarise_backward, [weight])
    behaves(lambda weight: binarise(weight, None), binarise_backward, [weight])
    for dtype in (np.float16, np.float32):
        for function in (ternarise, ternarise_optimal):
            frozen = weight.astype(dtype)
            frozen.flags.writeable = False
            results = function(frozen)
            assert {a.dtype for a in results} == {np.dtype(dtype)}
            assert not any(np.shares_memory(a, frozen) for a in results)


def test_binarise_by_hand():
    weight = np.array([[0.5, -1.5, 0.0], [2.0, 1.0, -3.0]])
    y, (signs, alpha, *_) = binarise(weight)
    assert signs.tolist() == [[1, -1, 1], [1, 1, -1]]  # the sign of 0 is 1
    assert alpha.tolist() == [[2 / 3], [2]]
    assert y.tolist() == [[2 / 3, -2 / 3, 2 / 3], [2, 2, -2]]
    _, cache = binarise(weight[1:])
    dweight = binarise_backward(np.array([[1.0, 2.0, 6.0]]), cache)
    # alpha's part is sign (1 + 2 − 6) / 3; straight through goes 2 dy, and only where |w| <= 1
    assert dweight.tolist() == [[-1, -1 + 4, 1]]


def test_ternarise_by_hand():
    weight = np.array([[0.1, -1.0, 0.5, -0.4]])  # mean magnitude 0.5
    ternary, delta, alpha = ternarise(weight, 0.8)
    assert delta.tolist() == [[0.4]]  # and 0.4 is not above it
    assert ternary.tolist() == [[0, -1, 1, 0]]
    assert alpha.tolist() == [[0.75]]
    # kept 1, 2, 3, 4: gain 1, 2.25 / 2, 3.61 / 3, 4 / 4
    ternary, delta, alpha = ternarise_optimal(weight)
    assert ternary.tolist() == [[0, -1, 1, -1]]
    assert delta.tolist() == [[0.1]]
    np.testing.assert_allclose(alpha, [[1.9 / 3]], rtol=1e-15)


def test_ties_and_zeros():
    ternary, delta, alpha = ternarise_optimal(np.array([2.0, -2.0, 2.0]), axis=None)
    assert ternary.tolist() == [1, -1, 1]
    assert (delta.item(), alpha.item()) == (0, 2)
    nothing = np.zeros((2, 3))
    for function in (ternarise, ternarise_optimal):
        ternary, delta, alpha = function(nothing)
        assert not ternary.any()
        assert alpha.tolist() == delta.tolist() == [[0], [0]]
    assert not binarise(nothing)[0].any()


def test_large_float16_weights_do_not_overflow():
    weight = np.full((1, 2000), 100, np.float16)
    for _, _, alpha in (ternarise(weight), ternarise_optimal(weight)):
        assert alpha == 100
    assert binarise(weight)[1].alpha == 100


REFUSED = {
    "axis 2": (dict(axis=2), "axis 2 is out of bounds for array of dimension 2"),
    "empty filters": (
        dict(weight=np.ones((3, 0))),
        r"at least one weight for each filter, got \(3, 0\)",
    ),
    "complex": (dict(weight=np.ones((3, 2), complex)), "real numbers, got dtype complex128"),
}


@pytest.mark.parametrize("function", [binarise, ternarise, ternarise_optimal])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name, function):
    change, message = REFUSED[name]
    good = dict(weight=np.ones((3, 2)))
    function(**good)
    with pytest.raises(ValueError, match=message):
        function(**good | change)


def test_factor_and_gradient_refused():
    with pytest.raises(ValueError, match=r"factor must be at least 0, got -0\.7"):
        ternarise(np.ones((3, 2)), -0.7)
    _, cache = binarise(np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"dy has shape \(2, 3\), y has \(3, 2\)"):
        binarise_backward(np.ones((2, 3)), cache)


def test_no_filters():
    assert binarise(np.ones((0, 2)))[0].shape == (0, 2)
    assert ternarise_optimal(np.ones((0, 2)))[1].shape == (0, 1)
