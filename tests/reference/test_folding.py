import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree
from torch.nn.utils.fusion import fuse_conv_bn_weights

from cnnbook.reference import conv2d
from cnnbook.reference.batch_normalisation import batch_norm
from cnnbook.reference.folding import fold_batch_norm

CLOSE = dict(rtol=1e-10, atol=1e-12)


@st.composite
def cases(draw):
    """A layer's weight and bias, and the batch norm behind it."""
    shape = tuple(draw(st.permutations(range(1, 7)))[: draw(st.integers(2, 5))])
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    bias, scale, shift = (
        rng.normal(size=shape[0]) if draw(st.booleans()) else None for _ in range(3)
    )
    running = rng.normal(size=shape[0]), rng.exponential(size=shape[0])
    eps = draw(st.sampled_from([1e-5, 1e-3, 0.1]))
    return rng.normal(size=shape), bias, *running, scale, shift, eps


@CONFIGURATIONS
@given(cases())
def test_weight_and_bias_are_those_of_torch(case):
    *arrays, eps = case
    weight, bias, mean, variance, scale, shift = (
        None if a is None else torch.from_numpy(a) for a in arrays
    )
    theirs = fuse_conv_bn_weights(weight, bias, mean, variance, eps, scale, shift)
    ours = fold_batch_norm(*case)
    assert [a.shape for a in ours] == [tuple(a.shape) for a in theirs]
    joined = (np.concatenate([a.ravel() for a in arrays]) for arrays in (ours, map(array, theirs)))
    agree("fold_batch_norm", "torch fuse_conv_bn_weights", "forward", *joined)


def array(parameter):
    return parameter.detach().numpy()


def example():
    rng = np.random.default_rng(0)
    weight, bias = rng.normal(size=(6, 2, 3, 5)), rng.normal(size=6)
    return weight, bias, rng.normal(size=6), rng.exponential(size=6), *rng.normal(size=(2, 6))


@pytest.mark.parametrize("has_bias", [True, False])
def test_one_grouped_convolution_does_what_two_layers_did(has_bias):
    weight, bias, *norm = example()
    bias = bias if has_bias else None
    x = np.random.default_rng(1).normal(size=(2, 4, 9, 11))
    once, _ = conv2d(x, *fold_batch_norm(weight, bias, *norm), 2, 1, 1, 2)
    twice, _ = batch_norm(conv2d(x, weight, bias, 2, 1, 1, 2)[0], *norm)
    np.testing.assert_allclose(once, twice, **CLOSE)


def test_one_dense_layer_does_what_two_layers_did():
    weight, bias, *norm = example()
    weight = weight.reshape(6, 30)
    x = np.random.default_rng(1).normal(size=(4, 30))
    folded, shift = fold_batch_norm(weight, bias, *norm)
    twice, _ = batch_norm(x @ weight.T + bias, *norm)
    np.testing.assert_allclose(x @ folded.T + shift, twice, **CLOSE)


def test_by_hand():
    weight, bias = fold_batch_norm(
        np.array([[1.0, 2.0], [3.0, 4.0]]),
        np.array([5.0, 6.0]),
        running_mean=np.array([1.0, 10.0]),
        running_var=np.array([3.0, 15.0]),
        bn_weight=np.array([2.0, 8.0]),
        bn_bias=np.array([0.5, 0.25]),
        eps=1,
    )
    assert weight.tolist() == [[1, 2], [6, 8]]  # scales 2 / √4 and 8 / √16
    assert bias.tolist() == [1 * (5 - 1) + 0.5, 2 * (6 - 10) + 0.25]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_nothing_is_written_shared_or_promoted(dtype):
    arrays = [a.astype(dtype) for a in example()]
    arrays[3] += 0.1
    before = [a.copy() for a in arrays]
    for a in arrays:
        a.flags.writeable = False
    for some in (arrays, [arrays[0], None, *arrays[2:4]]):
        results = fold_batch_norm(*some)
        assert {a.dtype for a in results} == {np.dtype(dtype)}
        for result in results:
            result += 1
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)


REFUSED = {  # name -> (what to change in a good call, message)
    "bias": (dict(bias=np.ones(5)), r"bias wants shape \(6,\), got \(5,\)"),
    "running_mean": (dict(running_mean=np.ones((6, 1))), r"running_mean wants shape \(6,\)"),
    "running_var": (dict(running_var=np.ones(2)), r"running_var wants shape \(6,\), got \(2,\)"),
    "bn_weight": (dict(bn_weight=np.ones(2)), r"bn_weight wants shape \(6,\), got \(2,\)"),
    "bn_bias": (dict(bn_bias=np.ones(2)), r"bn_bias wants shape \(6,\), got \(2,\)"),
    "negative variance": (dict(running_var=-np.ones(6)), "running_var must be at least 0, got -1"),
    "one axis": (dict(weight=np.ones(6)), r"weight wants 2 axes or more .* got shape \(6,\)"),
    "eps": (dict(eps=-1), "eps must be at least 0, got -1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    change, message = REFUSED[name]
    names = "weight", "bias", "running_mean", "running_var", "bn_weight", "bn_bias"
    good = dict(zip(names, example(), strict=True))
    fold_batch_norm(**good)
    with pytest.raises(ValueError, match=message):
        fold_batch_norm(**good | change)
