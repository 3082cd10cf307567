import numpy as np
import pytest
import scipy.special
from oracle import central_differences

from cnnbook.reference.gates import gelu, gelu_backward, hardsigmoid, silu, swish

# What gates share with the other functions of single numbers is tested in test_activations.


def test_gelu_keeps_its_digits_far_left():
    x = np.linspace(-35, -3, 65)  # 1 + erf(x / sqrt(2)) would leave none of them from -8 on
    wanted = x * np.exp(scipy.special.log_ndtr(x))
    np.testing.assert_allclose(gelu(x)[0], wanted, rtol=1e-11)


def test_the_slope_of_gelu_keeps_its_digits_far_left():
    x = np.linspace(-35, -3, 65)
    share, density = np.exp(scipy.special.log_ndtr(x)), np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    slope = gelu_backward(np.ones(65), gelu(x)[1])
    np.testing.assert_allclose(slope, share + x * density, rtol=1e-10)


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_slope_of_gelu_by_central_differences(approximate):
    x, dy = np.linspace(-4, 4, 17), np.random.default_rng(0).normal(size=17)
    estimate = central_differences(lambda x: gelu(x, approximate)[0], x, dy)
    slope = gelu_backward(dy, gelu(x, approximate)[1])
    np.testing.assert_allclose(slope, estimate, atol=1e-8)


def test_the_two_forms_of_gelu_differ_by_less_than_the_docstring_says():
    x = np.linspace(-8, 8, 16001)
    apart = np.abs(gelu(x)[0] - gelu(x, "tanh")[0]).max()
    assert 0.0004 < apart < 0.0005


def test_the_cache_shows_the_share():
    x = np.linspace(-5, 5, 11)
    assert swish(x, 2)[1].share.tolist() == (1 / (1 + np.exp(-2 * x))).tolist()
    np.testing.assert_array_equal(silu(x)[0], swish(x, 1)[0])
    np.testing.assert_allclose(gelu(x)[1].share, scipy.special.ndtr(x), rtol=1e-12)
    assert hardsigmoid(x)[0].min() == 0
    assert hardsigmoid(x)[0].max() == 1
