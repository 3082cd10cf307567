import warnings

import numpy as np
import pytest
import scipy.special
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree

from cnnbook.reference.error_function import erfc


@CONFIGURATIONS
@given(st.lists(st.floats(-10, 26), max_size=20))
def test_erfc_is_that_of_torch(numbers):
    x = np.array(numbers, float)
    agree("erfc", "torch special.erfc", "forward", erfc(x), torch.special.erfc(torch.tensor(x)))


def test_erfc_is_exact_to_the_last_digits():
    x = np.linspace(-30, 30, 60001)
    theirs, ours = scipy.special.erfc(x), erfc(x)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-14)
    np.testing.assert_allclose(1 - ours, torch.special.erf(torch.tensor(x)).numpy(), atol=1e-14)
    np.testing.assert_allclose(ours[x < 26], theirs[x < 26], rtol=1e-12)  # then subnormal
    near = np.abs(x) <= 1
    np.testing.assert_allclose(ours[near], theirs[near], rtol=3e-15)


def test_erfc_by_hand():
    # erf x = 2 / sqrt(π) (x − x³ / 3 + x⁵ / 10 − x⁷ / 42 ...)
    x = 0.01
    erf = 2 / np.sqrt(np.pi) * (x - x**3 / 3 + x**5 / 10 - x**7 / 42)
    np.testing.assert_allclose(erfc(np.array([0, x, -x])), [1, 1 - erf, 1 + erf], rtol=1e-15)


def test_extremes_without_a_warning():
    x = np.array([-np.inf, -1e300, -1e4, 1e4, 1e300, np.inf, np.nan, 1e-300])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(erfc(x), [2, 2, 2, 0, 0, 0, np.nan, 1], rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_dtype_is_kept(dtype):
    x = np.linspace(-4, 4, 101).astype(dtype)
    y = erfc(x)
    assert y.dtype == dtype
    theirs = scipy.special.erfc(x.astype(float))
    np.testing.assert_allclose(y, theirs, rtol=0, atol=4 * np.finfo(dtype).eps)


def test_shapes_and_integers():
    assert erfc(np.ones((2, 0, 3))).shape == (2, 0, 3)
    assert erfc(0).shape == ()
    assert erfc(np.array([0, 1])).dtype == np.float64
