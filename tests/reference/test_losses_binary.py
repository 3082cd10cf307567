import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, central_differences
from torch.nn import functional

from cnnbook.reference.losses_binary import (
    binary_cross_entropy,
    binary_cross_entropy_backward,
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_backward,
    focal_loss,
    focal_loss_backward,
)

REDUCTIONS = st.sampled_from(["mean", "sum", "none"])
RNGS = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def draw_target(draw, rng, shape, soft=True):
    """Draw yes and no, or probabilities."""
    target = rng.uniform(size=shape)
    return target if soft and draw(st.booleans()) else np.round(target)


@st.composite
def cases(draw, soft=True):
    """Logits and targets, of up to four axes of different lengths."""
    shape = tuple(draw(st.permutations(range(1, 6)))[: draw(st.integers(1, 4))])
    rng = draw(RNGS)
    x = rng.normal(size=shape) * draw(st.sampled_from([0.1, 1.0, 3.0]))
    return x, draw_target(draw, rng, shape, soft), draw(REDUCTIONS)


@CONFIGURATIONS
@given(cases())
def test_binary_cross_entropy_is_that_of_torch(case):
    x, target, reduction = case
    x = 1 / (1 + np.exp(-x))
    certain = np.isin(target, (0, 1)) & (np.arange(x.size).reshape(x.shape) % 3 == 0)
    x[certain] = target[certain]  # and right; what is certain and wrong has a test of its own
    agree_with_torch(
        "binary_cross_entropy",
        "torch binary_cross_entropy",
        lambda x: binary_cross_entropy(x, target, reduction),
        binary_cross_entropy_backward,
        lambda x: functional.binary_cross_entropy(x, torch.from_numpy(target), reduction=reduction),
        [x],
    )


@CONFIGURATIONS
@given(cases(), st.data())
def test_binary_cross_entropy_with_logits_is_that_of_torch(case, data):
    x, target, reduction = case
    axes = data.draw(st.integers(0, x.ndim))  # of x that pos_weight covers, from the last
    pos_weight = data.draw(RNGS).uniform(0.1, 5, size=x.shape[x.ndim - axes :])
    if axes > 1 and data.draw(st.booleans()):
        pos_weight = pos_weight[..., :1]
    pos_weight = data.draw(st.sampled_from([pos_weight, None]))
    theirs = None if pos_weight is None else torch.tensor(pos_weight)
    agree_with_torch(
        "binary_cross_entropy_with_logits",
        "torch binary_cross_entropy_with_logits",
        lambda x: binary_cross_entropy_with_logits(x, target, pos_weight, reduction),
        binary_cross_entropy_with_logits_backward,
        lambda x: functional.binary_cross_entropy_with_logits(
            x, torch.from_numpy(target), pos_weight=theirs, reduction=reduction
        ),
        [x],
    )


def focal_by_formula(x, target, alpha, gamma, reduction):
    """Write focal loss as torchvision documents it, from p and 1 − p."""
    p = torch.sigmoid(x)
    loss = -target * (1 - p) ** gamma * p.log() - (1 - target) * p**gamma * (1 - p).log()
    if alpha is not None:
        loss = loss * (alpha * target + (1 - alpha) * (1 - target))
    return {"mean": torch.mean, "sum": torch.sum, "none": lambda each: each}[reduction](loss)


@CONFIGURATIONS
@given(
    cases(soft=False),
    st.sampled_from([None, 0.0, 0.25, 0.6, 1.0]),
    st.sampled_from([0.0, 0.5, 1.0, 2.0, 5.0]),
)
def test_focal_loss_is_the_formula(case, alpha, gamma):
    x, target, reduction = case
    agree_with_torch(
        "focal_loss",
        "formula in torch",
        lambda x: focal_loss(x, target, alpha, gamma, reduction),
        focal_loss_backward,
        lambda x: focal_by_formula(x, torch.from_numpy(target), alpha, gamma, reduction),
        [x],
    )


def test_binary_cross_entropy_by_hand():
    x, target = np.array([0.5, 0.25, 0.25, 1.0]), np.array([1.0, 0.0, 1.0, 1.0])
    each, cache = binary_cross_entropy(x, target, "none")
    np.testing.assert_allclose(each, [np.log(2), np.log(4 / 3), np.log(4), 0], rtol=1e-15)
    dx = binary_cross_entropy_backward(np.ones(4), cache)
    np.testing.assert_allclose(dx, [-2, 4 / 3, -4, 0], rtol=1e-15)  # −1 / x or 1 / (1 − x)


def test_binary_cross_entropy_of_certain_errors_is_100():
    x, target = np.array([0.0, 1.0]), np.array([1.0, 0.0])
    each, cache = binary_cross_entropy(x, target, "none")
    assert each.tolist() == [100, 100]
    np.testing.assert_allclose(binary_cross_entropy_backward(np.ones(2), cache), [-1e12, 1e12])
    for dtype in (np.float16, np.float32):
        loss, cache = binary_cross_entropy(x.astype(dtype), target)
        assert loss == 100
        assert np.isfinite(binary_cross_entropy_backward(1.0, cache)).all()


def test_binary_cross_entropy_clamps_as_torch():
    x = np.array([0.0, 1.0, 1e-50, 1e-30, 1e-13, 1 - 1e-13, 0.0, 1.0])
    target = np.array([1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.3, 0.3])
    tensor = torch.tensor(x, requires_grad=True)
    theirs = functional.binary_cross_entropy(tensor, torch.from_numpy(target), reduction="none")
    theirs.sum().backward()
    each, cache = binary_cross_entropy(x, target, "none")
    np.testing.assert_allclose(each, theirs.detach().numpy(), rtol=1e-14)
    dx = binary_cross_entropy_backward(np.ones(8), cache)
    # torch's 1e-12 is a float32, which is 4e-9 off
    np.testing.assert_allclose(dx, tensor.grad.numpy(), rtol=1e-8)


def test_with_logits_by_hand():
    x, target = np.array([0.0, 0.0, np.log(3)]), np.array([1, 0, 0])
    each, cache = binary_cross_entropy_with_logits(x, target, reduction="none")
    np.testing.assert_allclose(each, [np.log(2), np.log(2), np.log(4)], rtol=1e-15)
    dx = binary_cross_entropy_with_logits_backward(np.ones(3), cache)
    np.testing.assert_allclose(dx, [-0.5, 0.5, 0.75], rtol=1e-15)  # sigmoid minus target
    weighted, cache = binary_cross_entropy_with_logits(x, target, 5.0, reduction="none")
    np.testing.assert_allclose(weighted, [5 * np.log(2), np.log(2), np.log(4)], rtol=1e-15)
    dx = binary_cross_entropy_with_logits_backward(np.ones(3), cache)
    np.testing.assert_allclose(dx, [-2.5, 0.5, 0.75], rtol=1e-15)


def test_with_logits_is_the_sigmoid_then_the_loss():
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(3, 5)), rng.uniform(size=(3, 5))
    two_steps, _ = binary_cross_entropy(1 / (1 + np.exp(-x)), target)
    np.testing.assert_allclose(
        binary_cross_entropy_with_logits(x, target)[0], two_steps, rtol=1e-14
    )


def test_focal_loss_by_hand():
    x, target = np.array([np.log(3), np.log(3), 0.0]), np.array([1, 0, 1])
    each, cache = focal_loss(x, target, 0.25, 2.0, "none")  # p_t is 3/4, 1/4, 1/2
    expected = [np.log(4 / 3) / 16 / 4, np.log(4) * 9 / 16 * 3 / 4, np.log(2) / 4 / 4]
    np.testing.assert_allclose(each, expected, rtol=1e-14)
    dx = focal_loss_backward(np.ones(3), cache)
    last = 1 / 16 * (2 * 0.5 * np.log(0.5) - 0.5)
    np.testing.assert_allclose(dx[2], last, rtol=1e-14)
    assert dx[0] < 0 < dx[1]


def test_focal_loss_with_gamma_0_is_cross_entropy():
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(3, 5)), rng.uniform(size=(3, 5)) < 0.5
    plain, plain_cache = binary_cross_entropy_with_logits(x, target)
    loss, cache = focal_loss(x, target, alpha=None, gamma=0)
    np.testing.assert_allclose(loss, plain, rtol=1e-14)
    np.testing.assert_allclose(
        focal_loss_backward(1.0, cache),
        binary_cross_entropy_with_logits_backward(1.0, plain_cache),
        rtol=1e-12,
    )


def test_focal_gradient_by_central_differences():
    rng = np.random.default_rng(1)
    x, target = rng.normal(size=(3, 4)), rng.uniform(size=(3, 4)) < 0.5
    _, cache = focal_loss(x, target, 0.3, 1.5)
    slope = central_differences(lambda x: focal_loss(x, target, 0.3, 1.5)[0], x, np.float64(1))
    np.testing.assert_allclose(focal_loss_backward(1.0, cache), slope, atol=1e-8)


def focal_plain(x, target, reduction):
    return focal_loss(x, target, None, 0.5, reduction)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (
            lambda x, target, reduction: binary_cross_entropy_with_logits(
                x, target, reduction=reduction
            ),
            binary_cross_entropy_with_logits_backward,
        ),
        (focal_plain, focal_loss_backward),
    ],
)
def test_huge_logits_lose_nothing(forward, backward, dtype):
    x = np.array([1e4, -1e4, 1e4, -1e4], dtype)
    with np.errstate(invalid="raise", divide="raise"):
        each, cache = forward(x, np.array([1, 1, 0, 0]), "none")
        dx = backward(np.ones(4), cache)
    assert each.tolist() == [0, 1e4, 1e4, 0]
    assert dx.tolist() == [0, -1, 1, 0]


REFUSED = {
    "probability above 1": (
        lambda: binary_cross_entropy(np.array([0.5, 1.5]), np.ones(2)),
        "x wants numbers from 0 to 1, got 1.5",
    ),
    "probability NaN": (
        lambda: binary_cross_entropy(np.array([0.5, np.nan]), np.ones(2)),
        "x wants numbers from 0 to 1, got nan",
    ),
    "target −1": (
        lambda: binary_cross_entropy(np.array([0.5, 0.5]), np.array([1, -1])),
        "target wants numbers from 0 to 1, got -1",
    ),
    "target −1 of logits": (
        lambda: binary_cross_entropy_with_logits(np.ones(2), np.array([1, -1])),
        "target wants numbers from 0 to 1, got -1",
    ),
    "pos_weight for other channels": (
        lambda: binary_cross_entropy_with_logits(np.ones((2, 3)), np.ones((2, 3)), np.ones(2)),
        r"pos_weight has shape \(2,\), x has \(2, 3\)",
    ),
    "pos_weight that widens": (
        lambda: binary_cross_entropy_with_logits(np.ones(3), np.ones(3), np.ones((2, 3))),
        r"pos_weight has shape \(2, 3\), x has \(3,\)",
    ),
    "half a target": (
        lambda: focal_loss(np.ones(2), np.array([1, 0.5])),
        "target wants 0 and 1, got 0.5",
    ),
    "alpha": (
        lambda: focal_loss(np.ones(2), np.ones(2), alpha=1.5),
        "alpha must be at most 1, got 1.5",
    ),
    "alpha −1": (
        lambda: focal_loss(np.ones(2), np.ones(2), alpha=-1),
        "alpha must be at least 0, got -1",
    ),
    "gamma": (
        lambda: focal_loss(np.ones(2), np.ones(2), gamma=-0.5),
        "gamma must be at least 0, got -0.5",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    call, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        call()
