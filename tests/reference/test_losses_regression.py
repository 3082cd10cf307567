import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch

from cnnbook.reference.losses_regression import (
    huber_loss,
    huber_loss_backward,
    l1_loss,
    l1_loss_backward,
    mse_loss,
    mse_loss_backward,
    smooth_l1_loss,
    smooth_l1_loss_backward,
)

LOSSES = {  # name -> (forward, backward, name of its setting)
    "l1_loss": (l1_loss, l1_loss_backward, None),
    "mse_loss": (mse_loss, mse_loss_backward, None),
    "smooth_l1_loss": (smooth_l1_loss, smooth_l1_loss_backward, "beta"),
    "huber_loss": (huber_loss, huber_loss_backward, "delta"),
}
REDUCTIONS = st.sampled_from(["mean", "sum", "none"])


@st.composite
def cases(draw):
    """Predictions and targets that lie within the setting, beyond it, or far out."""
    shape = tuple(draw(st.permutations(range(1, 6)))[: draw(st.integers(1, 4))])
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.normal(size=shape) * draw(st.sampled_from([0.1, 1.0, 100.0]))
    setting = draw(st.sampled_from([0.05, 0.5, 1.0, 3.0, 50.0]))
    return x, rng.normal(size=shape), setting, draw(REDUCTIONS)


@pytest.mark.parametrize("name", LOSSES)
@CONFIGURATIONS
@given(case=cases())
def test_forward_and_backward_are_those_of_torch(name, case):
    forward, backward, setting_name = LOSSES[name]
    x, target, setting, reduction = case
    settings = dict(reduction=reduction) | ({setting_name: setting} if setting_name else {})
    theirs = getattr(torch.nn.functional, name)
    agree_with_torch(
        name,
        f"torch {name}",
        lambda x: forward(x, target, **settings),
        backward,
        lambda x: theirs(x, torch.from_numpy(target), **settings),
        [x],
    )


BY_HAND = {  # differences 3, −0.5 and 0; loss of each, slope of each
    "l1_loss": ({}, [3, 0.5, 0], [1, -1, 0]),
    "mse_loss": ({}, [9, 0.25, 0], [6, -1, 0]),
    "smooth_l1_loss": (dict(beta=2.0), [2, 0.0625, 0], [1, -0.25, 0]),
    "huber_loss": (dict(delta=2.0), [4, 0.125, 0], [2, -0.5, 0]),
}


@pytest.mark.parametrize("name", LOSSES)
def test_by_hand(name):
    forward, backward, _ = LOSSES[name]
    settings, losses, slopes = BY_HAND[name]
    x, target = np.array([4.0, 0.5, 7.0]), np.array([1.0, 1.0, 7.0])
    each, cache = forward(x, target, **settings, reduction="none")
    assert each.tolist() == losses
    assert backward(np.array([1.0, 1.0, 1.0]), cache).tolist() == slopes
    assert backward(np.array([2.0, 1.0, 1.0]), cache)[0] == 2 * slopes[0]
    loss, cache = forward(x, target, **settings)
    assert loss == sum(losses) / 3
    np.testing.assert_allclose(backward(1.0, cache), np.array(slopes) / 3, rtol=1e-15)


@pytest.mark.parametrize("name", LOSSES)
def test_kinks_and_joins_are_those_of_torch(name):
    forward, backward, setting_name = LOSSES[name]
    settings = {setting_name: 2.0} if setting_name else {}
    x, target = np.array([0.0, 2.0, -2.0, 1e300, -1e300]), np.zeros(5)
    if name == "mse_loss":
        x[3:] = 1e100
    tensor = torch.tensor(x, requires_grad=True)
    expected = getattr(torch.nn.functional, name)(
        tensor, torch.zeros(5, dtype=float), **settings, reduction="none"
    )
    expected.sum().backward()
    each, cache = forward(x, target, **settings, reduction="none")
    np.testing.assert_array_equal(each, expected.detach().numpy())
    np.testing.assert_array_equal(backward(np.ones(5), cache), tensor.grad.numpy())


@pytest.mark.parametrize("name", LOSSES)
def test_nan_stays_with_its_entry(name):
    forward, backward, _ = LOSSES[name]
    each, cache = forward(np.array([1.0, np.nan, 3.0]), np.zeros(3), reduction="none")
    assert np.isnan(each).tolist() == [False, True, False]
    assert np.isnan(backward(np.ones(3), cache)).tolist() == [False, True, False]


def test_an_infinite_error_has_a_finite_slope_but_in_the_square():
    x = np.array([np.inf, -np.inf])
    for name, (forward, backward, _) in LOSSES.items():
        loss, cache = forward(x, np.zeros(2), reduction="sum")
        assert loss == np.inf
        slope = np.inf if name == "mse_loss" else 1
        assert backward(1.0, cache).tolist() == [slope, -slope]


def test_smooth_l1_is_huber_divided_by_beta():
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(2, 3, 5)), rng.normal(size=(2, 3, 5))
    huber, _ = huber_loss(x, target, 0.7)
    np.testing.assert_allclose(smooth_l1_loss(x, target, 0.7)[0], huber / 0.7, rtol=1e-14)


@pytest.mark.parametrize("value", [0, -1])
@pytest.mark.parametrize("name", ["smooth_l1_loss", "huber_loss"])
def test_refuses_a_setting_not_above_0(name, value):
    forward, _, setting_name = LOSSES[name]
    with pytest.raises(ValueError, match=f"{setting_name} must be above 0, got {value}"):
        forward(np.ones(3), np.ones(3), **{setting_name: value})


@pytest.mark.parametrize("name", LOSSES)
def test_refuses_another_shape_with_the_numbers(name):
    with pytest.raises(ValueError, match=r"target wants shape \(2, 3\), got \(3,\)"):
        LOSSES[name][0](np.ones((2, 3)), np.ones(3))
