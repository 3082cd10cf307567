from unittest import mock

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree
from scipy import stats

from cnnbook.reference.initialisers import (
    calculate_gain,
    fan_in_out,
    kaiming_normal,
    kaiming_uniform,
    orthogonal,
    xavier_normal,
    xavier_uniform,
)

NONLINEARITIES = ("linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu")
SEEDS = st.integers(0, 2**32 - 1)
GAINS = st.floats(0.1, 3.0)
SLOPES = st.floats(-0.5, 2.0)
MODES = st.sampled_from(["fan_in", "fan_out"])


@st.composite
def shapes(draw):
    """Of weights with 2 to 5 axes, each of another length."""
    return tuple(draw(st.permutations(range(1, 8)))[: draw(st.integers(2, 5))])


def torch_weight(initialise_, shape, seed, *args):
    """Run torch's own initialiser on the random numbers that numpy draws from the seed."""

    def uniform_(tensor, low=0.0, high=1.0, generator=None):
        numbers = np.random.default_rng(seed).random(tensor.shape)
        return tensor.copy_(torch.from_numpy(low + (high - low) * numbers))

    def normal_(tensor, mean=0.0, std=1.0, generator=None):
        numbers = np.random.default_rng(seed).standard_normal(tensor.shape)
        return tensor.copy_(torch.from_numpy(mean + std * numbers))

    weight = torch.empty(shape, dtype=torch.float64)
    with (
        mock.patch.object(torch.Tensor, "uniform_", uniform_),
        mock.patch.object(torch.Tensor, "normal_", normal_),
    ):
        return initialise_(weight, *args).numpy()


def follow_torch(ours, initialise_, shape, seed, *args):
    rng = np.random.default_rng(seed)
    theirs = torch_weight(initialise_, shape, seed, *args)
    oracle = f"torch {ours.__name__}_, same numbers"
    agree(ours.__name__, oracle, "forward", ours(shape, rng, *args), theirs)


@CONFIGURATIONS
@given(shapes())
def test_fans_are_torchs(shape):
    fans = torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))
    agree("fan_in_out", "torch _calculate_fan_in_and_fan_out", "forward", fan_in_out(shape), fans)
    assert fan_in_out(shape) == fans


@CONFIGURATIONS
@given(st.sampled_from(NONLINEARITIES), st.one_of(st.none(), SLOPES))
def test_gains_are_torchs(name, slope):
    ours, theirs = calculate_gain(name, slope), torch.nn.init.calculate_gain(name, slope)
    agree("calculate_gain", "torch calculate_gain", "forward", ours, theirs)
    assert ours == theirs


@CONFIGURATIONS
@given(shapes(), SEEDS, GAINS)
def test_xavier_uniform_is_torchs(shape, seed, gain):
    follow_torch(xavier_uniform, torch.nn.init.xavier_uniform_, shape, seed, gain)


@CONFIGURATIONS
@given(shapes(), SEEDS, GAINS)
def test_xavier_normal_is_torchs(shape, seed, gain):
    follow_torch(xavier_normal, torch.nn.init.xavier_normal_, shape, seed, gain)


@CONFIGURATIONS
@given(shapes(), SEEDS, SLOPES, MODES, st.sampled_from(NONLINEARITIES))
def test_kaiming_uniform_is_torchs(shape, seed, a, mode, name):
    follow_torch(kaiming_uniform, torch.nn.init.kaiming_uniform_, shape, seed, a, mode, name)


@CONFIGURATIONS
@given(shapes(), SEEDS, SLOPES, MODES, st.sampled_from(NONLINEARITIES))
def test_kaiming_normal_is_torchs(shape, seed, a, mode, name):
    follow_torch(kaiming_normal, torch.nn.init.kaiming_normal_, shape, seed, a, mode, name)


@CONFIGURATIONS
@given(shapes(), SEEDS, GAINS)
def test_orthogonal_is_torchs(shape, seed, gain):
    follow_torch(orthogonal, torch.nn.init.orthogonal_, shape, seed, gain)


def test_by_hand():
    assert fan_in_out((4, 3, 2, 5)) == (30, 40)
    assert fan_in_out((10, 84)) == (84, 10)
    assert calculate_gain("leaky_relu", 1.0) == 1
    assert calculate_gain("leaky_relu") == np.sqrt(2 / 1.0001)
    rng = np.random.default_rng(0)
    # bound sqrt(6 / (10 + 14)) = 1/2; bound sqrt(2) sqrt(3 / 24) = 1/2
    for weight in (xavier_uniform((14, 10), rng), kaiming_uniform((5000, 24), rng)):
        assert np.abs(weight).max() <= 0.5
        assert np.abs(weight).max() > 0.45


MEAN_SQUARE = {  # nonlinearity -> itself
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "selu": lambda z: 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * np.expm1(z)),
}
KEEPING = {"sigmoid": 1.85, "tanh": 1.59, "selu": 1}  # what the docstring says instead of torch


@pytest.mark.parametrize("name", NONLINEARITIES)
def test_which_gains_keep_the_mean_square_of_a_normal_signal(name):
    z = np.linspace(-12, 12, 240_001)
    square = np.trapezoid(MEAN_SQUARE[name](z) ** 2 * stats.norm.pdf(z), z)
    if name in KEEPING:
        assert abs(KEEPING[name] - square**-0.5) < 0.005
        assert abs(calculate_gain(name) - square**-0.5) > 0.05
    else:
        np.testing.assert_allclose(calculate_gain(name), square**-0.5, rtol=1e-6)


def even(bound):
    return stats.uniform(-bound, 2 * bound)


LAWS = {  # initialiser -> (settings, its law for fans of 100 and 300)
    xavier_uniform: (dict(gain=2.0), even(2 * np.sqrt(6 / 400))),
    xavier_normal: (dict(gain=2.0), stats.norm(0, 2 * np.sqrt(2 / 400))),
    kaiming_uniform: (dict(), even(np.sqrt(6 / 100))),
    kaiming_normal: (
        dict(mode="fan_out", nonlinearity="linear"),
        stats.norm(0, np.sqrt(1 / 300)),
    ),
}


@pytest.mark.parametrize("initialise", LAWS)
def test_weights_follow_their_law(initialise):
    settings, law = LAWS[initialise]
    rng = np.random.default_rng(0)
    values = [initialise((12, 4, 5, 5), rng, **settings) for _ in range(10)]
    assert stats.kstest(np.ravel(values), law.cdf).pvalue > 0.01


@pytest.mark.parametrize("shape", [(6, 6), (3, 7), (7, 3), (4, 3, 2, 5), (30, 2, 3, 2), (1, 5)])
def test_orthogonal_rows_or_columns(shape):
    weight = orthogonal(shape, np.random.default_rng(0), gain=3.0).reshape(shape[0], -1)
    rows, columns = weight.shape
    product = weight @ weight.T if rows <= columns else weight.T @ weight
    np.testing.assert_allclose(product, 9 * np.eye(min(rows, columns)), atol=1e-12)


def test_the_signs_of_orthogonal_come_from_the_numbers_alone():
    for seed in range(20):
        matrix = np.random.default_rng(seed).standard_normal((5, 4))
        weight = orthogonal((5, 4), np.random.default_rng(seed))
        triangle = weight.T @ matrix
        np.testing.assert_allclose(np.tril(triangle, -1), 0, atol=1e-12)
        assert (np.diag(triangle) > 0).all()  # with this, QR has one solution only


def test_every_orthogonal_matrix_is_equally_likely():
    rng = np.random.default_rng(0)
    matrices = np.array([orthogonal((3, 3), rng) for _ in range(2000)])
    reflections = int(np.sum(np.linalg.det(matrices) < 0))
    assert stats.binomtest(reflections, 2000).pvalue > 0.01
    # a coordinate of a point drawn evenly from the sphere is uniform (Archimedes)
    for row, column in np.ndindex(3, 3):
        assert stats.kstest(matrices[:, row, column], stats.uniform(-1, 2).cdf).pvalue > 0.001


ALL = xavier_uniform, xavier_normal, kaiming_uniform, kaiming_normal, orthogonal


@pytest.mark.parametrize("initialise", ALL)
def test_dtype_and_seed(initialise):
    def draw(seed, **settings):
        return initialise((4, 3, 2, 5), np.random.default_rng(seed), **settings)

    assert draw(0).dtype == np.float64
    np.testing.assert_array_equal(draw(0), draw(0))
    assert (draw(0) != draw(1)).all()
    for dtype in (np.float16, np.float32, "float32"):
        weight = draw(0, dtype=dtype)
        assert weight.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(weight, draw(0).astype(dtype))  # the same network, rounded
    rng = np.random.default_rng(0)
    assert (initialise((4, 3), rng) != initialise((4, 3), rng)).any()


REFUSED = {  # name -> (what to change in a good call, message)
    "one axis": (dict(shape=(5,)), r"shape wants at least 2 axes \(C_out, C_in, ...\), got \(5,\)"),
    "no shape": (dict(shape=5), r"shape wants at least 2 axes .* got 5"),
    "empty axis": (dict(shape=(5, 0)), "each axis of shape must be at least 1, got 0"),
    "fraction": (dict(shape=(5, 2.5)), "each axis of shape wants a whole number, got 2.5"),
    "a seed for rng": (dict(rng=0), "rng wants a numpy Generator, got 0"),
    "the old generator": (dict(rng=np.random.RandomState(0)), "rng wants a numpy Generator"),
    "dtype": (dict(dtype=np.int64), "weights want a floating dtype, got int64"),
}


@pytest.mark.parametrize("initialise", ALL)
@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name, initialise):
    change, message = REFUSED[name]
    good = dict(shape=(5, 3), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=message):
        initialise(**good | change)


@pytest.mark.parametrize("initialise", [xavier_uniform, xavier_normal, orthogonal])
def test_a_negative_gain_is_refused(initialise):
    with pytest.raises(ValueError, match="gain must be at least 0, got -1"):
        initialise((5, 3), np.random.default_rng(0), -1)


@pytest.mark.parametrize("initialise", [kaiming_uniform, kaiming_normal])
def test_what_kaiming_refuses(initialise):
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="mode 'fan_avg' is none of 'fan_in', 'fan_out'"):
        initialise((5, 3), rng, mode="fan_avg")
    with pytest.raises(ValueError, match="nonlinearity 'gelu' is none of 'linear', 'sigmoid'"):
        initialise((5, 3), rng, nonlinearity="gelu")
    with pytest.raises(ValueError, match="slope of leaky_relu wants a number, got"):
        initialise((5, 3), rng, a="0.1")
