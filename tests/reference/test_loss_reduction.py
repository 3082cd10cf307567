import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, behaves

from cnnbook.reference.loss_reduction import reduce, spread
from cnnbook.reference.losses_binary import (
    binary_cross_entropy,
    binary_cross_entropy_backward,
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_backward,
    focal_loss,
    focal_loss_backward,
)
from cnnbook.reference.losses_cross_entropy import cross_entropy, cross_entropy_backward
from cnnbook.reference.losses_dice import dice_loss, dice_loss_backward
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

LOSSES = {  # what every loss promises is tested here, for all of them
    "l1": (l1_loss, l1_loss_backward),
    "mse": (mse_loss, mse_loss_backward),
    "smooth l1": (smooth_l1_loss, smooth_l1_loss_backward),
    "huber": (huber_loss, huber_loss_backward),
    "bce": (binary_cross_entropy, binary_cross_entropy_backward),
    "bce, logits": (
        binary_cross_entropy_with_logits,
        binary_cross_entropy_with_logits_backward,
    ),
    "focal": (focal_loss, focal_loss_backward),
    "cross-entropy": (cross_entropy, cross_entropy_backward),
    "dice": (dice_loss, dice_loss_backward),
}


def example():
    """Probabilities (N, C, H, W) and masks, which every loss takes; few are equal."""
    rng = np.random.default_rng(0)
    x = rng.uniform(0.1, 0.9, size=(2, 3, 4, 5))
    return x, (rng.uniform(size=x.shape) < 0.5).astype(float)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", LOSSES)
def test_behaves(name, reduction):
    forward, backward = LOSSES[name]
    x, target = example()
    behaves(lambda x: forward(x, target, reduction=reduction), backward, [x])


@pytest.mark.parametrize("name", LOSSES)
def test_a_target_of_another_dtype_neither_promotes_nor_is_written(name):
    forward, backward = LOSSES[name]
    x, target = example()
    loss, cache = forward(x.astype(np.float32), target)
    assert loss.dtype == backward(1.0, cache).dtype == np.float32
    for given_as in (bool, np.uint8, np.int64):
        masks = target.astype(given_as)
        masks.flags.writeable = False
        same, cache = forward(x.astype(np.float32), masks)
        assert same == loss
        assert backward(1.0, cache).dtype == np.float32


@pytest.mark.parametrize("name", LOSSES)
def test_a_scalar_loss_is_a_numpy_scalar(name):
    x, target = example()
    for reduction in ("mean", "sum"):
        loss, _ = LOSSES[name][0](x.astype(np.float32), target, reduction=reduction)
        assert type(loss) is np.float32
    each, _ = LOSSES[name][0](x, target, reduction="none")
    assert type(each) is np.ndarray


@pytest.mark.parametrize("name", LOSSES)
def test_mean_and_sum_are_those_of_the_single_losses(name):
    forward, backward = LOSSES[name]
    x, target = example()
    each, cache = forward(x, target, reduction="none")
    slope = backward(np.ones(each.shape), cache)
    for reduction, share in (("sum", 1), ("mean", 1 / each.size)):
        loss, cache = forward(x, target, reduction=reduction)
        np.testing.assert_allclose(loss, each.sum() * share, rtol=1e-12)
        np.testing.assert_allclose(backward(1.0, cache), slope * share, rtol=1e-12)
        np.testing.assert_allclose(backward(-3, cache), -3 * slope * share, rtol=1e-12)
    assert forward(x, target)[0] == loss  # mean is the default


@pytest.mark.parametrize("name", LOSSES)
def test_the_mean_of_no_losses_is_refused_and_their_sum_is_0(name):
    forward, backward = LOSSES[name]
    x, target = (a[:0] for a in example())
    with pytest.raises(ValueError, match=r"mean of no losses is undefined, .* shape \(0"):
        forward(x, target)
    loss, cache = forward(x, target, reduction="sum")
    assert loss == 0
    assert backward(1.0, cache).shape == x.shape
    each, cache = forward(x, target, reduction="none")
    assert each.size == 0
    assert backward(each, cache).shape == x.shape


def test_torch_returns_nan_there():
    x = torch.zeros(0, 3)
    assert torch.nn.functional.mse_loss(x, x).isnan()
    assert torch.nn.functional.cross_entropy(x, torch.zeros(0, dtype=torch.long)).isnan()


@pytest.mark.parametrize("name", LOSSES)
def test_refuses_another_reduction(name):
    with pytest.raises(ValueError, match="reduction 'avg' is none of 'mean', 'sum', 'none'"):
        LOSSES[name][0](*example(), reduction="avg")


@pytest.mark.parametrize("name", LOSSES)
def test_refuses_a_gradient_of_another_shape(name):
    forward, backward = LOSSES[name]
    _, cache = forward(*example())
    with pytest.raises(ValueError, match=r"dloss has shape \(2,\), the loss has \(\)"):
        backward(np.ones(2), cache)
    _, cache = forward(*example(), reduction="none")
    with pytest.raises(ValueError, match=r"dloss has shape \(\), the loss has \(2, "):
        backward(1.0, cache)


@pytest.mark.parametrize("name", LOSSES)
def test_refuses_shapes_that_would_broadcast(name):
    x, target = example()
    message = "target wants class numbers" if name == "cross-entropy" else "target wants shape"
    with pytest.raises(ValueError, match=message):
        LOSSES[name][0](x, target[0])


@pytest.mark.parametrize("name", LOSSES)
def test_refuses_complex_numbers(name):
    x, target = example()
    with pytest.raises(ValueError, match="real numbers, got dtype complex128"):
        LOSSES[name][0](x + 1j, target)
    with pytest.raises(ValueError, match="real numbers, got dtype complex128"):
        LOSSES[name][0](x, target + 1j)


def test_float16_does_not_overflow_in_the_sum():
    ones = np.ones((1, 2, 300, 300), np.float16)
    loss, cache = mse_loss(ones, 0 * ones)
    assert loss == 1
    np.testing.assert_allclose(mse_loss_backward(1.0, cache), 2 / 180_000, rtol=0.01)
    assert dice_loss(ones, ones)[0] == 0


@CONFIGURATIONS
@given(st.lists(st.integers(0, 4), max_size=3), st.sampled_from(["sum", "none"]))
def test_reduce_and_spread_are_transposes(shape, reduction):
    rng = np.random.default_rng(0)
    each = rng.normal(size=tuple(shape))
    loss, how = reduce(each, reduction)
    dloss = rng.normal(size=loss.shape)
    np.testing.assert_allclose(np.sum(spread(dloss, how) * each), np.sum(dloss * loss), atol=1e-12)


def test_by_hand():
    each = np.array([1.0, 2.0, 6.0])
    loss, how = reduce(each, "mean", divisor=4)
    assert loss == 2.25
    assert spread(8.0, how).tolist() == [2, 2, 2]
    with pytest.raises(ValueError, match=r"weights sum to 0 is undefined, .* shape \(3,\)"):
        reduce(each, "mean", divisor=0)
