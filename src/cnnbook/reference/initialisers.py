"""Random weights whose size lets signals and gradients through many layers.

A shape is that of a weight: (C_out, C_in, k_h, k_w) of a convolution, (C_out, C_in) of a dense
layer. The generator is the caller's, so that a seed gives the same network again.
"""

from __future__ import annotations  # np.random, in a signature, would load at import

from math import prod, sqrt

import numpy as np

from cnnbook.reference.arguments import choice, number
from cnnbook.shapes.checks import whole

NONLINEARITIES = ("linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu")
Shape = tuple[int, ...]


def fan_in_out(shape: Shape) -> tuple[int, int]:
    """Count the inputs that one output reads, and the outputs that read one input.

    fan_in = C_in k_h k_w and fan_out = C_out k_h k_w. In a convolution with a stride or with
    groups an input is read less often than that; torch counts it so all the same.

    Raises:
        ValueError: if the shape has fewer than 2 axes, or an axis of length 0.
    """
    if not isinstance(shape, tuple | list) or len(shape) < 2:
        raise ValueError(f"shape wants at least 2 axes (C_out, C_in, ...), got {shape!r}")
    c_out, c_in, *kernel = (whole(size, "each axis of shape", 1) for size in shape)
    return c_in * prod(kernel), c_out * prod(kernel)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    r"""Return the factor that makes up for what a nonlinearity takes from the signal.

    linear: 1; relu: \sqrt{2}, as it drops half of the mean square; leaky_relu:
    \sqrt{2 / (1 + slope²)}. sigmoid: 1, tanh: 5/3 and selu: 3/4 are torch's choices; to keep the
    mean square of a standard normal signal they would be 1.85, 1.59 and 1.

    Args:
        nonlinearity: one of these names.
        param: slope of leaky_relu for negative inputs, 0.01 if None; the others use none.

    Raises:
        ValueError: if the name is another, or the slope is no number.
    See: He, Zhang, Ren and Sun 2015, arXiv:1502.01852, for the rectifiers.
    """
    choice(nonlinearity, "nonlinearity", NONLINEARITIES)
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else number(param, "slope of leaky_relu")
        return sqrt(2 / (1 + slope**2))
    return {"relu": sqrt(2), "tanh": 5 / 3, "selu": 3 / 4}.get(nonlinearity, 1.0)


def xavier_uniform(
    shape: Shape, rng: np.random.Generator, gain: float = 1.0, dtype: type = np.float64
) -> np.ndarray:
    r"""Draw weights uniformly from −bound to bound, the same both ways through the layer.

    bound = gain \sqrt{6 / (fan_in + fan_out)}             (a variance of bound² / 3)

    Args:
        shape: of the weight, at least (C_out, C_in).
        rng: where the random numbers come from.
        gain: factor for the nonlinearity that follows, see `calculate_gain`.
        dtype: of the weight.

    Raises:
        ValueError: if the shape has fewer than 2 axes, gain is negative or dtype is no float.
    See: Glorot and Bengio 2010 (AISTATS), equation 16.
    """
    deviation = number(gain, "gain", least=0) * sqrt(2 / sum(fan_in_out(shape)))
    return uniform(shape, deviation, rng, dtype)


def xavier_normal(
    shape: Shape, rng: np.random.Generator, gain: float = 1.0, dtype: type = np.float64
) -> np.ndarray:
    r"""Draw normal weights with the variance of `xavier_uniform`.

    deviation = gain \sqrt{2 / (fan_in + fan_out)}

    Arguments and errors are those of `xavier_uniform`.
    """
    deviation = number(gain, "gain", least=0) * sqrt(2 / sum(fan_in_out(shape)))
    return normal(shape, deviation, rng, dtype)


def kaiming_uniform(
    shape: Shape,
    rng: np.random.Generator,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    dtype: type = np.float64,
) -> np.ndarray:
    r"""Draw weights uniformly from −bound to bound, so that a rectifier keeps the signal's size.

    bound = gain \sqrt{3 / fan}                            (a variance of gain² / fan)

    Args:
        shape: of the weight, at least (C_out, C_in).
        rng: where the random numbers come from.
        a: slope of leaky_relu for negative inputs; 0 is the plain ReLU.
        mode: "fan_in" keeps the size of the signals, "fan_out" that of the gradients.
        nonlinearity: what follows the layer, see `calculate_gain`.
        dtype: of the weight.

    Raises:
        ValueError: if the shape has fewer than 2 axes, mode or nonlinearity is another, or dtype
            is no float.
    See: He, Zhang, Ren and Sun 2015, arXiv:1502.01852.
    """
    return uniform(shape, kaiming_deviation(shape, a, mode, nonlinearity), rng, dtype)


def kaiming_normal(
    shape: Shape,
    rng: np.random.Generator,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    dtype: type = np.float64,
) -> np.ndarray:
    r"""Draw normal weights with the variance of `kaiming_uniform`.

    deviation = gain / \sqrt{fan}

    Arguments and errors are those of `kaiming_uniform`.
    """
    return normal(shape, kaiming_deviation(shape, a, mode, nonlinearity), rng, dtype)


def orthogonal(
    shape: Shape, rng: np.random.Generator, gain: float = 1.0, dtype: type = np.float64
) -> np.ndarray:
    """Draw a weight whose rows, or whose columns, are orthonormal, times gain.

    It is seen as a matrix (C_out, fan_in). With more rows than columns, the columns are
    orthonormal and each input keeps its length; with fewer, the rows are, and each gradient on its
    way back does. Every such matrix is equally likely.

    Arguments and errors are those of `xavier_uniform`.

    See: Saxe, McClelland and Ganguli 2014, arXiv:1312.6120; for the signs Mezzadri 2007,
    arXiv:math-ph/0609050.
    """
    fan_in, _ = fan_in_out(shape)
    gain = number(gain, "gain", least=0)
    matrix = normal((shape[0], fan_in), 1.0, rng, np.float64)
    wide = shape[0] < fan_in
    q, r = np.linalg.qr(matrix.T if wide else matrix)
    q *= np.sign(np.diag(r))  # QR leaves the signs to the routine, and would favour some matrices
    weight = gain * (q.T if wide else q)
    return weight.reshape(shape).astype(floating(dtype))


def kaiming_deviation(shape: Shape, a: float, mode: str, nonlinearity: str) -> float:
    """Return the standard deviation of Kaiming weights."""
    fan_in, fan_out = fan_in_out(shape)
    choice(mode, "mode", ("fan_in", "fan_out"))
    fan = fan_in if mode == "fan_in" else fan_out
    return calculate_gain(nonlinearity, a) / sqrt(fan)


def uniform(shape: Shape, deviation: float, rng: np.random.Generator, dtype: type) -> np.ndarray:
    """Draw uniform numbers around 0; their bound is sqrt(3) standard deviations."""
    bound = sqrt(3) * deviation
    return generator(rng).uniform(-bound, bound, shape).astype(floating(dtype))


def normal(shape: Shape, deviation: float, rng: np.random.Generator, dtype: type) -> np.ndarray:
    """Draw normal numbers around 0."""
    return generator(rng).normal(0.0, deviation, shape).astype(floating(dtype))


def generator(rng: np.random.Generator) -> np.random.Generator:
    """Return rng.

    Raises:
        ValueError: if it is something else, such as a seed.
    """
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng wants a numpy Generator, got {rng!r}")
    return rng


def floating(dtype: type) -> np.dtype:
    """Return dtype.

    Raises:
        ValueError: if it is none of floating-point numbers.
    """
    if np.dtype(dtype).kind != "f":
        raise ValueError(f"weights want a floating dtype, got {np.dtype(dtype)}")
    return np.dtype(dtype)
