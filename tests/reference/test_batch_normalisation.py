import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves

from cnnbook.reference.batch_normalisation import batch_norm, batch_norm_backward

CLOSE = dict(rtol=1e-10, atol=1e-12)


@st.composite
def cases(draw):
    """Arrays and settings of one batch norm, with none to three axes of space."""
    space = draw(st.integers(0, 3))
    shape = tuple(draw(st.permutations(range(2, 7)))[: 2 + space])
    shape = tuple(draw(st.sampled_from([1, n])) if i != 1 else n for i, n in enumerate(shape))
    training = draw(st.booleans())
    if np.prod(shape) == shape[1]:
        shape = (2, *shape[1:])
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.normal(rng.normal(), np.exp(rng.normal()), size=shape)
    weight, bias = (rng.normal(size=shape[1]) if draw(st.booleans()) else None for _ in range(2))
    mean, variance = rng.normal(size=shape[1]), rng.exponential(size=shape[1])
    momentum = draw(st.sampled_from([0, 0.1, 0.37, 1]))
    return (
        (x, weight, bias),
        (mean, variance),
        training,
        momentum,
        draw(st.sampled_from([1e-5, 0.1])),
    )


@CONFIGURATIONS
@given(cases())
def test_forward_backward_and_statistics_are_those_of_torch(case):
    arrays, (mean, variance), *settings = case
    theirs_running = torch.tensor(mean), torch.tensor(variance)
    agree_with_torch(
        "batch_norm",
        "torch batch_norm",
        lambda x, weight, bias: batch_norm(x, mean, variance, weight, bias, *settings),
        batch_norm_backward,
        lambda *tensors: torch.nn.functional.batch_norm(
            tensors[0], *theirs_running, *tensors[1:], *settings
        ),
        arrays,
    )
    _, cache = batch_norm(arrays[0], mean, variance, *arrays[1:], *settings)
    for ours, theirs in zip(cache[-2:], theirs_running, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), **CLOSE)


def example():
    rng = np.random.default_rng(0)
    x = rng.normal(3, 2, size=(2, 3, 4, 5))
    return x, rng.normal(size=3), rng.exponential(size=3), rng.normal(size=3), rng.normal(size=3)


def test_by_hand():
    x = np.array([[1.0, 4.0], [3.0, 4.0], [1.0, 4.0], [3.0, 8.0]])  # means 2 and 5, variances 1, 3
    mean, variance = np.array([10.0, 20.0]), np.array([1.0, 2.0])
    y, cache = batch_norm(x, mean, variance, training=True, momentum=0.5, eps=1)
    np.testing.assert_allclose(y[:, 1], [-0.5, -0.5, -0.5, 1.5], **CLOSE)
    np.testing.assert_allclose(y[:, 0] * np.sqrt(2), [-1, 1, -1, 1], **CLOSE)
    assert cache.running_mean.tolist() == [6, 12.5]
    np.testing.assert_allclose(cache.running_var, [(1 + 4 / 3) / 2, (2 + 4) / 2], **CLOSE)
    y, cache = batch_norm(x, mean, np.array([3.0, 15.0]), np.array([2.0, 8.0]), eps=1)
    assert y.tolist() == [[-9, -32], [-7, -32], [-9, -32], [-7, -24]]
    assert cache.running_var.tolist() == [3, 15]
    dx, dweight, dbias = batch_norm_backward(np.ones((4, 2)), cache)
    assert dx.tolist() == [[1, 2]] * 4
    assert dweight.tolist() == [-16, -15]
    assert dbias is None


def test_worked_numbers_of_chapter_21():
    x = [
        [[1, 2, 5], [2, 5, 8.5], [3, 3, 3]],
        [[2, 8, 4], [1, 3, 9], [2, 6, 4]],
        [[1, 1, 1], [1, 3, 5], [0.5, 6, 0.2]],
    ]
    y, _ = batch_norm(np.array(x), np.zeros(3), np.ones(3), training=True)
    np.testing.assert_allclose(y[0, 0], [-0.7734, -0.3384, 0.9667], atol=5e-5)
    theirs = torch.nn.BatchNorm1d(3).double()(torch.tensor(x, dtype=torch.float64))
    np.testing.assert_allclose(y, theirs.detach().numpy(), **CLOSE)


@pytest.mark.parametrize("training", [True, False])
def test_behaviour(training):
    x, mean, variance, weight, bias = example()

    def forward(x, weight, bias):
        return batch_norm(x, mean, variance, weight, bias, training)

    behaves(forward, batch_norm_backward, (x, weight, bias))
    behaves(forward, batch_norm_backward, (x, None, None))
    behaves(forward, batch_norm_backward, (x[:, :, 0, 0].copy(), None, bias))


@pytest.mark.parametrize("training", [True, False])
def test_running_statistics_are_returned_not_written(training):
    x, mean, variance, weight, bias = example()
    before = mean.copy(), variance.copy()
    mean.flags.writeable = variance.flags.writeable = False
    y, cache = batch_norm(x, mean, variance, weight, bias, training)
    for new, old, first in zip(cache[-2:], (mean, variance), before, strict=True):
        assert np.array_equal(new, first) != training
        assert not np.shares_memory(new, old)
    gradients = batch_norm_backward(np.ones(y.shape), cache)
    cache.running_mean[:] = cache.running_var[:] = 7  # the caller's: no gradient depends on them
    for a, b in zip(batch_norm_backward(np.ones(y.shape), cache), gradients, strict=True):
        np.testing.assert_array_equal(a, b)


def test_running_statistics_keep_their_own_dtype():
    x, mean, variance, _, _ = example()
    for training in (True, False):
        y, cache = batch_norm(x.astype(np.float32), mean, variance, None, None, training)
        assert y.dtype == np.float32
        assert cache.running_mean.dtype == cache.running_var.dtype == np.float64


def test_training_and_evaluation_meet_where_the_statistics_do():
    x, mean, variance, weight, bias = example()
    y, cache = batch_norm(x, mean, variance, weight, bias, training=True, momentum=1)
    running = cache.running_mean, cache.running_var * (39 / 40)  # 40 numbers: biased again
    np.testing.assert_allclose(batch_norm(x, *running, weight, bias)[0], y, **CLOSE)


def test_evaluation_of_an_empty_batch():
    _, mean, variance, weight, bias = example()
    y, cache = batch_norm(np.ones((0, 3, 4, 5)), mean, variance, weight, bias)
    dx, dweight, dbias = batch_norm_backward(y, cache)
    assert y.shape == dx.shape == (0, 3, 4, 5)
    assert dweight.tolist() == dbias.tolist() == [0, 0, 0]


@pytest.mark.parametrize("training", [True, False])
def test_nan_spoils_a_channel_in_training_and_a_number_in_evaluation(training):
    x, mean, variance, weight, bias = example()
    x[1, 2, 0, 3] = np.nan
    y, cache = batch_norm(x, mean, variance, weight, bias, training)
    wanted = np.zeros(y.shape, bool)
    wanted[(slice(None), 2) if training else (1, 2, 0, 3)] = True
    np.testing.assert_array_equal(np.isnan(y), wanted)
    assert np.isnan(cache.running_mean).tolist() == [False, False, training]


REFUSED = {  # name -> (what to change in a good call, message)
    "one number": (
        dict(x=np.ones((1, 3, 1, 1))),
        r"each channel wants 2 numbers or more, x of shape \(1, 3, 1, 1\) has 1",
    ),
    "one example": (dict(x=np.ones((1, 3))), r"x of shape \(1, 3\) has 1"),
    "empty batch": (dict(x=np.ones((0, 3, 4, 5))), r"x of shape \(0, 3, 4, 5\) has 0"),
    "one axis": (dict(x=np.ones(3)), r"x wants 2 axes or more .* got shape \(3,\)"),
    "running_mean": (dict(running_mean=np.ones(4)), r"running_mean wants shape \(3,\), got \(4,\)"),
    "running_var": (dict(running_var=np.ones((3, 1))), r"running_var wants shape \(3,\)"),
    "weight": (dict(weight=np.ones(2)), r"weight wants shape \(3,\), got \(2,\)"),
    "bias": (dict(bias=np.ones((1, 3))), r"bias wants shape \(3,\), got \(1, 3\)"),
    "negative variance": (
        dict(running_var=np.array([1, -0.5, 2])),
        "running_var must be at least 0, got -0.5",
    ),
    "momentum above 1": (dict(momentum=1.1), "momentum must be at most 1, got 1.1"),
    "momentum None": (dict(momentum=None), "momentum wants a number, got None"),
    "eps below 0": (dict(eps=-1), "eps must be at least 0, got -1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    change, message = REFUSED[name]
    names = "x", "running_mean", "running_var", "weight", "bias"
    good = dict(zip(names, example(), strict=True), training=True)
    batch_norm(**good)
    with pytest.raises(ValueError, match=message):
        batch_norm(**good | change)


@pytest.mark.parametrize("training", [True, False])
def test_backward_refuses_another_shape(training):
    _, cache = batch_norm(*example(), training)
    with pytest.raises(ValueError, match=r"dy has shape \(2, 3\), y has \(2, 3, 4, 5\)"):
        batch_norm_backward(np.ones((2, 3)), cache)
