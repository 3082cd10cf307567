import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree
from scipy.interpolate import BSpline, CubicHermiteSpline
from scipy.special import spherical_jn

from cnnbook.reference.resampling_kernels import cubic_kernel, lanczos_kernel, linear_kernel

CLOSE = dict(rtol=1e-10, atol=1e-12)


@st.composite
def distances(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return np.append(rng.uniform(-5, 5, size=(3, 4)), np.arange(-5, 6))


@CONFIGURATIONS
@given(distances())
def test_linear_is_the_b_spline_of_degree_one(t):
    theirs = BSpline.basis_element([-1, 0, 1], extrapolate=False)(t)
    agree("linear_kernel", "scipy BSpline", "forward", linear_kernel(t), np.nan_to_num(theirs))


@CONFIGURATIONS
@given(distances(), st.floats(-3, 3))
def test_cubic_is_the_hermite_spline_with_slope_a_at_one(t, a):
    spline = CubicHermiteSpline([-2, -1, 0, 1, 2], [0, 0, 1, 0, 0], [0, -a, 0, a, 0])
    theirs = np.where(np.abs(t) < 2, spline(t), 0)
    agree("cubic_kernel", "scipy CubicHermiteSpline", "forward", cubic_kernel(t, a), theirs)


@CONFIGURATIONS
@given(distances(), st.integers(1, 5))
def test_lanczos_is_a_product_of_two_spherical_bessel_functions(t, a):
    sinc = [spherical_jn(0, np.pi * np.abs(t) / stretch) for stretch in (1, a)]
    theirs = np.where(np.abs(t) < a, sinc[0] * sinc[1], 0)
    agree("lanczos_kernel", "scipy spherical_jn", "forward", lanczos_kernel(t, a), theirs)


def test_by_hand():
    np.testing.assert_allclose(linear_kernel([0, 0.25, -0.5, 1, 2]), [1, 0.75, 0.5, 0, 0])
    # 1.25/8 - 2.25/4 + 1 = 0.59375 and (-0.75)(3.375 - 11.25 + 12 - 4) = -0.09375
    np.testing.assert_allclose(
        cubic_kernel([0, 0.5, 1, 1.5, -1.5, 2]), [1, 0.59375, 0, -0.09375, -0.09375, 0]
    )
    np.testing.assert_allclose(cubic_kernel([0.5, 1.5], a=-0.5), [0.5625, -0.0625])
    # sinc(1/2) = 2/pi, sinc(1/4) = 2 sqrt(2) / pi
    np.testing.assert_allclose(
        lanczos_kernel([0, 0.5, 1, 2], a=2), [1, 4 * 2**0.5 / np.pi**2, 0, 0], atol=1e-15
    )
    assert linear_kernel(0.5).shape == cubic_kernel(0).shape == lanczos_kernel(0.5).shape == ()


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.25, 0.5, 0.8])
def test_weights_one_cell_apart_sum_to_one(shift):
    cells = np.arange(-6, 7) + shift
    np.testing.assert_allclose(linear_kernel(cells).sum(), 1, **CLOSE)
    np.testing.assert_allclose(cubic_kernel(cells, a=-1.3).sum(), 1, **CLOSE)
    assert abs(lanczos_kernel(cells).sum() - 1) < 0.011  # not exactly: a resampler divides by it


def test_keys_a_continues_a_parabola_and_torchs_does_not():
    cells = np.arange(-3, 4)
    square = [np.sum(cubic_kernel(0.3 - cells, a) * cells**2) for a in (-0.5, -0.75)]
    np.testing.assert_allclose(square[0], 0.09, **CLOSE)
    assert abs(square[1] - 0.09) > 0.01


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lanczos_kernel(1.0, 0), "a must be at least 1, got 0"),
        (lambda: lanczos_kernel(1.0, 2.5), "a wants a whole number, got 2.5"),
        (lambda: cubic_kernel(1.0, "-1"), "a wants a number, got '-1'"),
        (lambda: cubic_kernel(1.0, np.inf), "a wants a finite number, got inf"),
    ],
)
def test_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
