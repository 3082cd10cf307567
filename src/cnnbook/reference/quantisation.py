"""Uniform affine quantisation: numbers as small integers, one scale for a tensor or a channel."""

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from cnnbook.reference.arguments import as_floats, gradient
from cnnbook.shapes.checks import whole


def quantise(
    x: np.ndarray,
    scale: float | np.ndarray,
    zero_point: int | np.ndarray,
    bits: int = 8,
    signed: bool = True,
    axis: int | None = None,
) -> np.ndarray:
    r"""Round each number to the nearest integer code; what is out of range goes to its end.

    code = clip(round(x / scale) + zero_point, low, high)

    low and high are −2^{bits−1} and 2^{bits−1} − 1 if signed, otherwise 0 and 2^{bits} − 1. Halves
    go to the even neighbour.

    Args:
        x: of any shape.
        scale: size of one step, above 0; one number, or with `axis` one for each channel.
        zero_point: the code of 0, an integer; one, or with `axis` one for each channel.
        bits: 2 to 16.
        signed: whether codes are negative too.
        axis: the axis of x that the channels stand on: 0 for the filters of a weight.

    Returns:
        codes, shaped as x, in the smallest of int8, uint8, int16 and uint16 that holds them.

    Raises:
        ValueError: if x holds NaN, shapes disagree, or a number is out of bounds.
    See: Jacob et al. 2018, arXiv:1712.05877, equation 1.
    """
    (x,) = as_floats(x)
    if np.isnan(x).any():
        raise ValueError(f"x holds {np.isnan(x).sum()} NaN, which have no code")
    low, high = code_range(bits, signed)
    codes = to_codes(x, *per_channel(x, scale, zero_point, axis, low, high))
    dtype = ("int" if signed else "uint") + ("8" if bits <= 8 else "16")
    return np.clip(codes, low, high).astype(dtype)


def dequantise(
    codes: np.ndarray,
    scale: float | np.ndarray,
    zero_point: int | np.ndarray,
    axis: int | None = None,
) -> np.ndarray:
    """Return the numbers that codes stand for, scale (code − zero_point), in the dtype of scale.

    Args:
        codes: integers, as `quantise` returns them.
        scale, zero_point, axis: as `quantise`.

    Raises:
        ValueError: if codes are no integers, or shapes disagree.
    """
    codes, (scale,) = np.asarray(codes), as_floats(scale)
    if codes.dtype.kind not in "iu":
        raise ValueError(f"codes wants integers, got dtype {codes.dtype}")
    wide_scale, zero_point = per_channel(codes, scale, zero_point, axis)
    return np.asarray((codes - zero_point) * wide_scale, scale.dtype)


def fake_quantise(
    x: np.ndarray,
    scale: float | np.ndarray,
    zero_point: int | np.ndarray,
    bits: int = 8,
    signed: bool = True,
    axis: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Quantise and dequantise in one: the rounding error, without the integers.

    NaN stays NaN. Arguments and errors as `quantise` otherwise.

    Returns:
        y, shaped as x, and the cache that `fake_quantise_backward` wants.
    """
    (x,) = as_floats(x)
    low, high = code_range(bits, signed)
    scale, zero_point = per_channel(x, scale, zero_point, axis, low, high)
    codes = to_codes(x, scale, zero_point)
    y = (np.clip(codes, low, high) - zero_point) * scale
    inside = (low <= codes) & (codes <= high)
    return y.astype(x.dtype), inside.astype(x.dtype)


def fake_quantise_backward(dy: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """Pass the gradient straight through the rounding, and none where x was clipped.

    The true derivative is 0 nearly everywhere: rounding is made of flat steps. What rounds to a
    code in range counts as inside, as in torch.

    Args:
        dy: gradient for y.
        cache: what `fake_quantise` returned beside y.

    Returns:
        dx, shaped as x.

    Raises:
        ValueError: if dy is not shaped as y.
    See: Bengio, Leonard & Courville 2013, arXiv:1308.3432.
    """
    return gradient(dy, cache.shape, cache.dtype) * cache


def affine_parameters(
    x_min: float | np.ndarray,
    x_max: float | np.ndarray,
    bits: int = 8,
    signed: bool = True,
    symmetric: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Choose scale and zero_point so that the codes cover a range, and one of them is exactly 0.

    scale = (x_max − x_min) / (2^{bits} − 1), zero_point = low + round(−x_min / scale)

    The range is first widened to hold 0, for padding and ReLU write zeros. Inside of it the error
    is then at most scale / 2. Symmetric codes are −(2^{bits−1} − 1) ... 2^{bits−1} − 1 instead,
    with zero_point 0 and scale = max(|x_min|, |x_max|) / (2^{bits−1} − 1). A range of 0 gets scale
    1, for anything represents it.

    Args:
        x_min, x_max: ends of the range: numbers, or arrays with one for each channel, as from
            `weight.min((1, 2, 3))`.
        bits, signed: as `quantise`.
        symmetric: whether to put the zero in the middle of signed codes, as for weights.

    Returns:
        scale, in the dtype of the range but at least float32, and zero_point, int64; each shaped
        as x_min.

    Raises:
        ValueError: if the shapes differ, x_min is above x_max, one is not finite, or unsigned
            codes are to be symmetric.
    See: Jacob et al. 2018, arXiv:1712.05877.
    """
    low, high = code_range(bits, signed)
    x_min, x_max = as_floats(x_min, x_max)
    dtype = np.result_type(x_min, np.float32)
    if x_min.shape != x_max.shape:
        raise ValueError(f"x_min has shape {x_min.shape}, x_max has {x_max.shape}")
    if not np.all((-np.inf < x_min) & (x_min <= x_max) & (x_max < np.inf)):
        raise ValueError(f"x_min to x_max wants a finite range, got {x_min} to {x_max}")
    if symmetric and not signed:
        raise ValueError("symmetric wants signed codes, signed is False")
    below = -np.minimum(x_min, 0).astype(np.float64)
    above = np.maximum(x_max, 0).astype(np.float64)
    scale = np.maximum(below, above) / high if symmetric else (below + above) / (high - low)
    scale = scale.astype(dtype)
    scale = np.where(scale == 0, dtype.type(1), scale)
    zero_point = np.zeros(scale.shape) if symmetric else low + np.round(below / scale)
    return scale[()], zero_point.astype(np.int64)[()]


def code_range(bits: int, signed: bool) -> tuple[int, int]:
    """Return the lowest and the highest code."""
    if whole(bits, "bits", 2) > 16:
        raise ValueError(f"bits must be at most 16, got {bits}")
    half = 2 ** (bits - 1)
    return (-half, half - 1) if signed else (0, 2 * half - 1)


def to_codes(x: np.ndarray, scale: np.ndarray, zero_point: np.ndarray) -> np.ndarray:
    """Round to codes, float64 and not clipped yet."""
    return np.round(x / scale) + zero_point  # np.round sends halves to the even neighbour


def per_channel(
    x: np.ndarray,
    scale: float | np.ndarray,
    zero_point: int | np.ndarray,
    axis: int | None,
    low: float = -np.inf,
    high: float = np.inf,
) -> list[np.ndarray]:
    """Return scale and zero_point as float64, in a shape that broadcasts along `axis` of x.

    Raises:
        ValueError: if shapes disagree, a scale is not above 0, or a zero_point is no code.
    """
    scale, zero_point = np.asarray(scale, np.float64), np.asarray(zero_point)
    if not np.all((scale > 0) & (scale < np.inf)):
        raise ValueError(f"scale wants finite numbers above 0, got {scale}")
    if zero_point.dtype.kind not in "iu":
        raise ValueError(f"zero_point wants integers, got dtype {zero_point.dtype}")
    if not np.all((low <= zero_point) & (zero_point <= high)):
        raise ValueError(f"zero_point wants codes from {low} to {high}, got {zero_point}")
    shape, wide = (), ()
    if axis is not None:
        axis = normalize_axis_index(axis, x.ndim)
        shape, wide = (x.shape[axis],), (-1, *[1] * (x.ndim - axis - 1))
    for values, name in ((scale, "scale"), (zero_point, "zero_point")):
        if values.shape != shape:
            raise ValueError(f"{name} wants shape {shape} with axis {axis}, got {values.shape}")
    return [values.astype(np.float64).reshape(wide) for values in (scale, zero_point)]
