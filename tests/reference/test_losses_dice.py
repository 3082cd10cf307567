import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, central_differences

from cnnbook.reference.confusion import dice
from cnnbook.reference.losses_dice import dice_loss, dice_loss_backward


@st.composite
def cases(draw):
    shape = tuple(draw(st.permutations(range(1, 7)))[:4])
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x, target = rng.uniform(size=shape), rng.uniform(size=shape)
    if draw(st.booleans()):
        target = np.round(target)
    smooth = draw(st.sampled_from([0.0, 1e-3, 1.0, 10.0]))
    return x, target, smooth, draw(st.sampled_from(["mean", "sum", "none"]))


def formula(x, target, smooth, reduction):
    """Write one Dice coefficient after the other, each from flat vectors."""
    losses = []
    for p, g in zip(x.flatten(0, 1), target.flatten(0, 1), strict=True):
        p, g = p.flatten(), g.flatten()
        losses.append(1 - (2 * torch.dot(p, g) + smooth) / (p @ p + g @ g + smooth))
    losses = torch.stack(losses).reshape(x.shape[:2])
    return {"mean": torch.mean, "sum": torch.sum, "none": lambda each: each}[reduction](losses)


@CONFIGURATIONS
@given(cases())
def test_forward_and_backward_are_the_formula(case):
    x, target, smooth, reduction = case
    agree_with_torch(
        "dice_loss",
        "formula in torch",
        lambda x: dice_loss(x, target, smooth, reduction),
        dice_loss_backward,
        lambda x: formula(x, torch.from_numpy(target), smooth, reduction),
        [x],
    )


def test_by_hand():
    x, target = np.array([[[[0.5, 1.0], [0.0, 0.5]]]]), np.array([[[[1, 1], [0, 0]]]])
    loss, cache = dice_loss(x, target, smooth=0)  # overlap 1.5, squares 1.5 and 2
    np.testing.assert_allclose(loss, 1 - 3 / 3.5, rtol=1e-14)
    dx = dice_loss_backward(1.0, cache)  # 2 (x 6/7 − target) / 3.5
    expected = 2 / 3.5 * (np.array([[3 / 7, 6 / 7], [0, 3 / 7]]) - target[0, 0])
    np.testing.assert_allclose(dx[0, 0], expected, rtol=1e-14)
    smoothed, _ = dice_loss(x, target)
    np.testing.assert_allclose(smoothed, 1 - 4 / 4.5, rtol=1e-14)


def test_the_docstrings_example_of_the_two_denominators():
    x, target = np.full((1, 1, 2, 3), 0.5), np.ones((1, 1, 2, 3))
    np.testing.assert_allclose(dice_loss(x, target, smooth=0)[0], 1 / 5, rtol=1e-14)
    plain = 1 - 2 * (x * target).sum() / (x.sum() + target.sum())
    np.testing.assert_allclose(plain, 1 / 3, rtol=1e-14)


def test_on_masks_it_is_1_minus_the_metric():
    rng = np.random.default_rng(0)
    masks = rng.uniform(size=(2, 2, 3, 4, 5)) < 0.6
    each, _ = dice_loss(*masks, smooth=0, reduction="none")
    for n, c in np.ndindex(2, 3):
        np.testing.assert_allclose(each[n, c], 1 - dice(masks[0, n, c], masks[1, n, c]), atol=1e-14)


def test_gradient_by_central_differences():
    rng = np.random.default_rng(1)
    x, target = rng.uniform(0.1, 0.9, size=(2, 2, 3, 4)), rng.uniform(size=(2, 2, 3, 4)) < 0.5
    _, cache = dice_loss(x, target, 0.5)
    slope = central_differences(lambda x: dice_loss(x, target, 0.5)[0], x, np.float64(1))
    np.testing.assert_allclose(dice_loss_backward(1.0, cache), slope, atol=1e-8)


def test_two_empty_masks_agree():
    nothing = np.zeros((1, 2, 3, 4))
    loss, cache = dice_loss(nothing, nothing)
    assert loss == 0
    assert not dice_loss_backward(1.0, cache).any()


REFUSED = {
    "three axes": (dict(x=np.ones((3, 4, 5)), target=np.ones((3, 4, 5))), "x wants 4 axes"),
    "logits": (dict(x=np.full((2, 3, 4, 5), -2.0)), "x wants numbers from 0 to 1, got -2"),
    "class numbers": (
        dict(target=np.full((2, 3, 4, 5), 2)),
        "target wants numbers from 0 to 1, got 2",
    ),
    "smooth": (dict(smooth=-1), "smooth must be at least 0, got -1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    change, message = REFUSED[name]
    good = dict(x=np.ones((2, 3, 4, 5)), target=np.ones((2, 3, 4, 5)))
    dice_loss(**good)
    with pytest.raises(ValueError, match=message):
        dice_loss(**good | change)


def test_refuses_to_divide_by_0_and_says_where():
    x = np.ones((2, 3, 4, 5))
    x[1, 2] = 0
    with pytest.raises(ValueError, match="empty in image 1, channel 2"):
        dice_loss(x, x, smooth=0)
