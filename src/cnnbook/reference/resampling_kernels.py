"""Interpolation kernels: how much a cell counts at a distance of t cells."""

import numpy as np

from cnnbook.reference.arguments import number
from cnnbook.shapes.checks import whole


def linear_kernel(t: np.ndarray | float) -> np.ndarray:
    """Weigh a cell at distance t: 1 − |t| up to one cell away, 0 beyond.

    Args:
        t: distances in cells, any shape.

    Returns:
        Weights shaped as t, float64; at distances one cell apart they sum to 1.
    """
    return np.maximum(0.0, 1.0 - np.abs(np.asarray(t, np.float64)))


def cubic_kernel(t: np.ndarray | float, a: float = -0.75) -> np.ndarray:
    r"""Weigh a cell at distance t by cubic convolution.

    (a + 2) |t|^3 − (a + 3) |t|^2 + 1       up to one cell away,
    a |t|^3 − 5 a |t|^2 + 8 a |t| − 4 a     up to two, 0 beyond

    Args:
        t: distances in cells, any shape.
        a: slope of the kernel at distance 1. PyTorch and OpenCV take −0.75; Keys derives −0.5,
            with which a parabola is interpolated exactly.

    Returns:
        Weights shaped as t, float64; at distances one cell apart they sum to 1.

    Raises:
        ValueError: if a is no finite number.
    See: Keys 1981, doi:10.1109/TASSP.1981.1163711.
    """
    a, t = number(a, "a"), np.abs(np.asarray(t, np.float64))
    near = ((a + 2) * t - (a + 3)) * t * t + 1
    far = ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
    return np.where(t <= 1, near, np.where(t < 2, far, 0.0))


def lanczos_kernel(t: np.ndarray | float, a: int = 3) -> np.ndarray:
    r"""Weigh a cell at distance t by a sinc that fades out over its first a lobes.

    sinc(t) sinc(t / a) up to a cells away, 0 beyond; sinc(t) = sin(π t) / (π t)

    Args:
        t: distances in cells, any shape.
        a: cells on each side that count. Pillow takes 3.

    Returns:
        Weights shaped as t, float64; at distances one cell apart they sum to nearly 1, so that
        a resampler divides by their sum.

    Raises:
        ValueError: if a is no whole number of at least 1.
    See: Duchon 1979, "Lanczos filtering in one and two dimensions".
    """
    a, t = whole(a, "a", 1), np.asarray(t, np.float64)
    return np.where(np.abs(t) < a, np.sinc(t) * np.sinc(t / a), 0.0)
