"""The complementary error function, which numpy lacks and `gelu` needs."""

from math import pi, sqrt

import numpy as np

from cnnbook.reference.arguments import as_floats

TERMS = 36  # leave a relative error of 1e-15 for all x ≥ 0; 24 would leave 1e-10
WIDTH = sqrt(TERMS / sqrt(2))  # Weideman's L: where the series is fitted best
UNDERFLOW = 30.0  # erfc is 0 in float64 from 27.3 on


def series_coefficients() -> list[float]:
    """Compute Weideman's a_1 ... a_N, cosine coefficients of e^{−t²} (L² + t²), t = L tan(θ/2)."""
    samples = 8 * TERMS
    theta = 2 * pi * np.arange(-samples // 2 + 1, samples // 2) / samples
    t = WIDTH * np.tan(theta / 2)
    values = np.exp(-t * t) * (WIDTH**2 + t * t)
    orders = np.arange(1, TERMS + 1)
    return (np.cos(np.outer(orders, theta)) @ values / samples).tolist()


COEFFICIENTS = series_coefficients()


def erfc(x: np.ndarray) -> np.ndarray:
    r"""Compute 1 − erf(x) without the difference, which for large x would leave no digit.

    erfc(x) = 2 / \sqrt{π} \int_x^∞ e^{−t²} dt, and for x ≥ 0
    erfc(x) = e^{−x²} (2 p(z) / (L + x)² + 1 / (\sqrt{π} (L + x))),
    p(z) = \sum_k a_{k+1} z^k, z = (L − x) / (L + x)

    Args:
        x: any shape.

    Returns:
        erfc(x) in x's dtype, to about 1e-15 of its value for x ≤ 1 in float64, and 1e-13 far out.
    See: Weideman 1994, "Computation of the complex error function", SIAM J. Numer. Anal. 31.
    """
    (x,) = as_floats(x)
    size = np.minimum(np.abs(x), UNDERFLOW)
    z = (WIDTH - size) / (WIDTH + size)
    series = np.full_like(z, COEFFICIENTS[-1])
    for coefficient in COEFFICIENTS[-2::-1]:
        series *= z
        series += coefficient
    tail = 2 * series / (WIDTH + size) ** 2 + 1 / sqrt(pi) / (WIDTH + size)
    tail *= np.exp(-size * size)
    return np.where(x < 0, 2 - tail, tail)
