import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves

from cnnbook.reference.group_normalisation import (
    group_norm,
    group_norm_backward,
    instance_norm,
    instance_norm_backward,
    layer_norm,
    layer_norm_backward,
)

CLOSE = dict(rtol=1e-10, atol=1e-12)


def filled(draw, shape, affine):
    """Arrays for x, weight and bias, and an eps."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.normal(rng.normal(), np.exp(rng.normal()), size=shape)
    arrays = [rng.normal(size=affine) if draw(st.booleans()) else None for _ in range(2)]
    return x, *arrays, draw(st.sampled_from([1e-5, 0.1]))


@st.composite
def layers(draw):
    """A layer norm over one to all axes."""
    shape = tuple(draw(st.permutations(range(2, 7)))[: draw(st.integers(1, 4))])
    shape = tuple(draw(st.sampled_from([1, n, n])) for n in shape)
    last = shape[-draw(st.integers(1, len(shape))) :]
    return filled(draw, shape, last), last


@CONFIGURATIONS
@given(layers())
def test_layer_norm_is_that_of_torch(case):
    (*arrays, eps), shape = case
    agree_with_torch(
        "layer_norm",
        "torch layer_norm",
        lambda x, weight, bias: layer_norm(x, shape, weight, bias, eps),
        layer_norm_backward,
        lambda x, weight, bias: torch.nn.functional.layer_norm(x, shape, weight, bias, eps),
        arrays,
    )


@st.composite
def images(draw):
    """An instance norm with one to three axes of space."""
    shape = tuple(draw(st.permutations(range(2, 7)))[: draw(st.integers(3, 5))])
    shape = (draw(st.sampled_from([1, shape[0]])), *shape[1:])
    return filled(draw, shape, shape[1])


@CONFIGURATIONS
@given(images())
def test_instance_norm_is_that_of_torch(case):
    *arrays, eps = case
    agree_with_torch(
        "instance_norm",
        "torch instance_norm",
        lambda x, weight, bias: instance_norm(x, weight, bias, eps),
        instance_norm_backward,
        lambda x, weight, bias: torch.nn.functional.instance_norm(
            x, weight=weight, bias=bias, eps=eps
        ),
        arrays,
    )


@st.composite
def groups(draw):
    """A group norm with none to three axes of space."""
    num_groups, members = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    channels = num_groups * members
    others = [n for n in draw(st.permutations(range(2, 7))) if n != channels]
    n, *space = others[: draw(st.integers(1, 4))]
    if members == 1 and not space:
        space = [others[1]]
    return filled(draw, (n, channels, *space), channels), num_groups


def torch_group_norm(x, num_groups, weight, bias, eps):
    if weight is None and bias is not None:  # torch 2.13 has no backward pass for this
        weight = torch.ones_like(bias)
    return torch.nn.functional.group_norm(x, num_groups, weight, bias, eps)


@CONFIGURATIONS
@given(groups())
def test_group_norm_is_that_of_torch(case):
    (*arrays, eps), num_groups = case
    agree_with_torch(
        "group_norm",
        "torch group_norm",
        lambda x, weight, bias: group_norm(x, num_groups, weight, bias, eps),
        group_norm_backward,
        lambda x, weight, bias: torch_group_norm(x, num_groups, weight, bias, eps),
        arrays,
    )


def test_layer_norm_by_hand():
    x = np.array([[1.0, 3.0], [0.0, 8.0]])
    y, cache = layer_norm(x, 2, np.array([10.0, 20.0]), np.array([1.0, 2.0]), eps=0)
    assert y.tolist() == [[-9, 22], [-9, 22]]
    dx, dweight, dbias = layer_norm_backward(np.array([[1.0, 2.0], [3.0, 4.0]]), cache)
    assert (dx.tolist(), dweight.tolist(), dbias.tolist()) == ([[0, 0], [0, 0]], [-4, 6], [4, 6])


def test_instance_norm_by_hand():
    x = np.array([[[0.0, 0, 3], [1, 1, 1]]])  # variances 2 and 0, with eps the roots are 2 and √2
    y, cache = instance_norm(x, np.array([2.0, 5.0]), np.array([10.0, 20.0]), eps=2)
    assert y.tolist() == [[[9, 9, 12], [20, 20, 20]]]
    dx, dweight, dbias = instance_norm_backward(np.array([[[0.0, 0, 6], [1, 1, 1]]]), cache)
    assert dx.tolist() == [[[-1, -1, 2], [0, 0, 0]]]
    assert (dweight.tolist(), dbias.tolist()) == ([6, 0], [6, 3])


def test_group_norm_by_hand():
    x = np.array([[[0.0], [0], [2], [4], [3], [3]]])  # one group has 0, 0, 2 and the other 4, 3, 3
    x[0, 2, 0] = 3
    y, cache = group_norm(x, 2, np.arange(1.0, 7), eps=2)
    third = 1 / 3 / np.sqrt(2 / 9 + 2)
    np.testing.assert_allclose(
        y[0, :, 0], [-0.5, -1, 3, 8 * third, -5 * third, -6 * third], **CLOSE
    )
    dx, dweight, dbias = group_norm_backward(
        np.ones(x.shape) * [[[0], [0], [2], [0], [0], [0]]], cache
    )
    # g = 0, 0, 6 in the first group: means 2 and 2, as in the test of `normalise`
    np.testing.assert_allclose(dx[0, :, 0], [-0.5, -0.5, 1, 0, 0, 0], **CLOSE)
    np.testing.assert_allclose(dweight, [0, 0, 2, 0, 0, 0], **CLOSE)
    assert dbias is None


def example():
    rng = np.random.default_rng(0)
    return rng.normal(3, 2, size=(2, 6, 4, 5)), rng.normal(size=6), rng.normal(size=6)


LAYERS = {  # the call, its backward, weight and bias
    "layer": (lambda x, w, b: layer_norm(x, (4, 5), w, b), layer_norm_backward, (4, 5)),
    "instance": (instance_norm, instance_norm_backward, 6),
    "group": (lambda x, w, b: group_norm(x, 3, w, b), group_norm_backward, 6),
}


@pytest.mark.parametrize("name", LAYERS)
def test_behaviour(name):
    forward, backward, shape = LAYERS[name]
    rng = np.random.default_rng(0)
    x, weight, bias = example()[0], rng.normal(size=shape), rng.normal(size=shape)
    for arrays in ((x, weight, bias), (x, None, None), (x, None, bias)):
        behaves(forward, backward, arrays)


@pytest.mark.parametrize("name", LAYERS)
def test_empty_batch(name):
    forward, backward, shape = LAYERS[name]
    y, cache = forward(example()[0][:0], np.ones(shape), np.ones(shape))
    dx, dweight, dbias = backward(y, cache)
    assert y.shape == dx.shape == (0, 6, 4, 5)
    assert dweight.shape == dbias.shape == np.ones(shape).shape
    assert not dweight.any()
    assert not dbias.any()


def test_groups_lead_from_layer_norm_to_instance_norm():
    x, _, _ = example()
    np.testing.assert_allclose(group_norm(x, 1)[0], layer_norm(x, (6, 4, 5))[0], **CLOSE)
    np.testing.assert_allclose(group_norm(x, 6)[0], instance_norm(x)[0], **CLOSE)


def test_an_example_does_not_depend_on_its_batch():
    x, weight, bias = example()
    for call in (
        lambda x: group_norm(x, 3, weight, bias),
        lambda x: instance_norm(x, weight, bias),
        lambda x: layer_norm(x, (6, 4, 5)),
    ):
        np.testing.assert_array_equal(call(x)[0][1:], call(x[1:])[0])


def test_layer_norm_of_one_number_is_the_bias_as_in_torch():
    y, _ = layer_norm(np.array([[3.0], [4.0]]), 1, np.array([5.0]), np.array([6.0]))
    assert y.tolist() == [[6], [6]]


X = np.ones((2, 6, 4, 5))
REFUSED = {
    "layer, another end": (
        lambda: layer_norm(X, (6, 5)),
        r"normalized_shape \(6, 5\) is not the end of x's shape \(2, 6, 4, 5\)",
    ),
    "layer, more axes": (lambda: layer_norm(X, (1, 2, 6, 4, 5)), "is not the end of x's shape"),
    "layer, no axes": (lambda: layer_norm(X, ()), r"normalized_shape \(\) is not the end"),
    "layer, 0": (lambda: layer_norm(X, 0), "normalized_shape must be at least 1, got 0"),
    "layer, weight": (
        lambda: layer_norm(X, (4, 5), np.ones(5)),
        r"weight wants shape \(4, 5\), got \(5,\)",
    ),
    "layer, bias": (
        lambda: layer_norm(X, 5, None, np.ones((1, 5))),
        r"bias wants shape \(5,\), got \(1, 5\)",
    ),
    "instance, one number": (
        lambda: instance_norm(np.ones((2, 3, 1, 1))),
        r"each channel of an image wants 2 numbers or more, x of shape \(2, 3, 1, 1\) has 1",
    ),
    "instance, no space": (lambda: instance_norm(np.ones((2, 3))), r"shape \(2, 3\) has 1"),
    "instance, one axis": (lambda: instance_norm(np.ones(3)), "x wants 2 axes or more"),
    "instance, weight": (lambda: instance_norm(X, np.ones(5)), r"weight wants shape \(6,\)"),
    "instance, bias": (lambda: instance_norm(X, None, np.ones(5)), r"bias wants shape \(6,\)"),
    "instance, eps": (lambda: instance_norm(X, eps=-1), "eps must be at least 0, got -1"),
    "group, not dividing": (lambda: group_norm(X, 4), "num_groups 4 does not divide 6 channels"),
    "group, 0": (lambda: group_norm(X, 0), "num_groups must be at least 1, got 0"),
    "group, one number": (
        lambda: group_norm(np.ones((2, 6)), 6),
        r"each group of an image wants 2 .* x of shape \(2, 6\) has 1",
    ),
    "group, one axis": (lambda: group_norm(np.ones(6), 2), "x wants 2 axes or more"),
    "group, weight": (lambda: group_norm(X, 2, np.ones(3)), r"weight wants shape \(6,\)"),
    "group, bias": (lambda: group_norm(X, 2, None, np.ones(3)), r"bias wants shape \(6,\)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    call, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        call()


def test_backward_refuses_another_shape():
    for call, backward in (
        (instance_norm, instance_norm_backward),
        (group_norm, group_norm_backward),
    ):
        _, cache = call(X, *([3] if call is group_norm else []))
        # as many numbers, so that only the check of the shape can tell
        with pytest.raises(ValueError, match=r"dy has shape \(2, 3, 2, 20\), y has \(2, 6, 4, 5\)"):
            backward(np.ones((2, 3, 2, 20)), cache)
