import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch

from cnnbook.reference.losses_cross_entropy import cross_entropy, cross_entropy_backward


@st.composite
def cases(draw):
    """Logits on two to five axes, class numbers or probabilities, weights and smoothing."""
    shape = tuple(draw(st.permutations(range(1, 7)))[: draw(st.integers(2, 5))])
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.normal(size=shape) * draw(st.sampled_from([0.1, 1.0, 30.0, 1e4]))
    target = rng.integers(shape[1], size=(shape[0], *shape[2:]))
    if draw(st.booleans()):
        target = rng.uniform(size=shape)
        target /= target.sum(1, keepdims=True)
    weight = rng.uniform(0.1, 3, size=shape[1]) if draw(st.booleans()) else None
    smoothing = draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))
    return x, target, weight, smoothing, draw(st.sampled_from(["mean", "sum", "none"]))


@CONFIGURATIONS
@given(cases())
def test_forward_and_backward_are_those_of_torch(case):
    x, target, weight, smoothing, reduction = case
    theirs = None if weight is None else torch.from_numpy(weight)
    agree_with_torch(
        "cross_entropy",
        "torch cross_entropy",
        lambda x: cross_entropy(x, target, weight, smoothing, reduction),
        cross_entropy_backward,
        lambda x: torch.nn.functional.cross_entropy(
            x, torch.tensor(target), theirs, reduction=reduction, label_smoothing=smoothing
        ),
        [x],
    )


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_loss_at_initialisation_is_log_of_the_classes(classes):
    rng = np.random.default_rng(0)
    target = rng.integers(classes, size=(3, 4, 5))
    for logit in (0.0, 7.0):  # what they are does not matter, but that they are equal
        loss, _ = cross_entropy(np.full((3, classes, 4, 5), logit), target)
        np.testing.assert_allclose(loss, np.log(classes), rtol=1e-14)


def test_by_hand():
    x = np.log([[1.0, 2.0, 5.0], [1.0, 1.0, 2.0]])  # p = 1/8, 2/8, 5/8 and 1/4, 1/4, 2/4
    target = np.array([1, 2])
    each, cache = cross_entropy(x, target, reduction="none")
    np.testing.assert_allclose(each, [np.log(4), np.log(2)], rtol=1e-15)
    loss, cache = cross_entropy(x, target)
    np.testing.assert_allclose(loss, np.log(8) / 2, rtol=1e-15)
    dx = cross_entropy_backward(1.0, cache)  # (p − y) / 2
    p_less_y = np.array([[1 / 8, 2 / 8 - 1, 5 / 8], [1 / 4, 1 / 4, 2 / 4 - 1]])
    np.testing.assert_allclose(dx, p_less_y / 2, rtol=1e-14)

    weight = np.array([7.0, 1.0, 3.0])  # of the true classes: 1 and 3
    loss, cache = cross_entropy(x, target, weight)
    np.testing.assert_allclose(loss, (np.log(4) + 3 * np.log(2)) / 4, rtol=1e-15)
    expected = p_less_y * [[1], [3]] / 4
    np.testing.assert_allclose(cross_entropy_backward(1.0, cache), expected, rtol=1e-14)

    loss, _ = cross_entropy(x[:1], target[:1], label_smoothing=0.3)  # q = 0.1, 0.8, 0.1
    expected = 0.1 * np.log(8) + 0.8 * np.log(4) + 0.1 * np.log(8 / 5)
    np.testing.assert_allclose(loss, expected, rtol=1e-15)


def test_class_numbers_are_probabilities_of_1():
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(2, 3, 4, 5)), rng.integers(3, size=(2, 4, 5))
    one_hot = np.moveaxis(np.eye(3)[target], 3, 1)
    loss, cache = cross_entropy(x, target)
    same, same_cache = cross_entropy(x, one_hot)
    np.testing.assert_allclose(loss, same, rtol=1e-14)
    for a, b in ((cache, same_cache), (cache, cross_entropy(x, one_hot.astype(int))[1])):
        np.testing.assert_allclose(
            cross_entropy_backward(1.0, a), cross_entropy_backward(1.0, b), rtol=1e-14
        )


def test_a_weight_map_is_a_gradient_for_the_single_losses():
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(2, 3, 4, 5)), rng.integers(3, size=(2, 4, 5))
    pixels = rng.uniform(size=(2, 4, 5))
    pixels[0, 1] = 0  # pixels to ignore
    tensor = torch.tensor(x, requires_grad=True)
    each = torch.nn.functional.cross_entropy(tensor, torch.from_numpy(target), reduction="none")
    (each * torch.from_numpy(pixels)).sum().backward()
    _, cache = cross_entropy(x, target, reduction="none")
    dx = cross_entropy_backward(pixels, cache)
    np.testing.assert_allclose(dx, tensor.grad.numpy(), rtol=1e-10)
    assert not dx[0, :, 1].any()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_huge_logits_lose_nothing(dtype):
    x = np.array([[1e4, -1e4, 0], [1e4, -1e4, 0]], dtype)
    with np.errstate(all="raise", under="ignore"):
        each, cache = cross_entropy(x, np.array([0, 1]), reduction="none")
        dx = cross_entropy_backward(np.ones(2), cache)
    assert each.tolist() == [0, 2e4]
    assert dx.tolist() == [[0, 0, 0], [1, -1, 0]]


def test_a_class_ruled_out_by_minus_infinity_is_no_loss():
    x, target = np.array([[0.0, -np.inf, 0.0]]), np.array([2])
    with np.errstate(invalid="raise"):
        loss, cache = cross_entropy(x, target)
    np.testing.assert_allclose(loss, np.log(2), rtol=1e-15)
    assert cross_entropy_backward(1.0, cache).tolist() == [[0.5, 0, -0.5]]
    assert cross_entropy(x, np.array([1]))[0] == np.inf


def test_nan_stays_with_its_entry():
    x = np.zeros((2, 3, 4))
    x[1, 0, 2] = np.nan
    each, cache = cross_entropy(x, np.zeros((2, 4), int), reduction="none")
    assert np.argwhere(np.isnan(each)).tolist() == [[1, 2]]
    dx = cross_entropy_backward(np.ones((2, 4)), cache)
    assert np.argwhere(np.isnan(dx)).tolist() == [[1, 0, 2], [1, 1, 2], [1, 2, 2]]


REFUSED = {  # name -> (what to change in a good call, message)
    "one axis": (dict(x=np.ones(3)), r"x wants logits .* got shape \(3,\)"),
    "no classes": (dict(x=np.ones((2, 0, 5))), r"x wants logits .* got shape \(2, 0, 5\)"),
    "class 3 of 3": (
        dict(target=np.full((2, 5), 3)),
        "target wants classes 0 to 2, got 3 to 3",
    ),
    "class −1": (
        dict(target=np.array([[0, 1, 2, 0, -1]] * 2)),
        "target wants classes 0 to 2, got -1 to 2",
    ),
    "class numbers as floats": (
        dict(target=np.ones((2, 5))),
        "target wants class numbers, got dtype float64",
    ),
    "another batch": (
        dict(target=np.ones((3, 5), int)),
        r"target wants shape \(2, 5\), got \(3, 5\)",
    ),
    "classes last": (
        dict(target=np.ones((2, 5, 3))),
        r"target wants shape \(2, 3, 5\), got \(2, 5, 3\)",
    ),
    "probability 2": (
        dict(target=np.full((2, 3, 5), 2.0)),
        "target wants numbers from 0 to 1, got 2",
    ),
    "weight of other classes": (
        dict(weight=np.ones(4)),
        r"weight wants shape \(3,\), got \(4,\)",
    ),
    "weights 0": (dict(weight=np.zeros(3)), r"weights sum to 0 is undefined, .* shape \(2, 5\)"),
    "label_smoothing": (
        dict(label_smoothing=1.1),
        "label_smoothing must be at most 1, got 1.1",
    ),
    "label_smoothing below 0": (
        dict(label_smoothing=-0.1),
        "label_smoothing must be at least 0, got -0.1",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    change, message = REFUSED[name]
    good = dict(x=np.ones((2, 3, 5)), target=np.ones((2, 5), int))
    cross_entropy(**good)
    with pytest.raises(ValueError, match=message):
        cross_entropy(**good | change)
