"""What every spatial layer does with its arguments: check them, bring them to one form, pad."""

from typing import NamedTuple

import numpy as np

from cnnbook.shapes import output_size, whole

Pair = tuple[int, int]
Padding = str | int | tuple[int | Pair, int | Pair]


class ConvSetup(NamedTuple):
    """What one convolution needs to know besides its numbers; each pair is (rows, columns)."""

    stride: Pair
    padding: tuple[Pair, Pair]  # ((top, bottom), (left, right))
    dilation: Pair
    groups: int
    output: Pair  # (h_out, w_out)


def steps(cell: int, outputs: int, stride: int, dilation: int) -> slice:
    """Slice one padded axis to what kernel cell `cell` reads, one position for each output."""
    start = cell * dilation
    return slice(start, start + (outputs - 1) * stride + 1, stride)


def pad(x: np.ndarray, padding: tuple[Pair, Pair]) -> np.ndarray:
    """Put zeros around each image; without any padding this is x itself."""
    (top, bottom), (left, right) = padding
    if not any((top, bottom, left, right)):
        return x
    n, c, h, w = x.shape
    padded = np.zeros((n, c, top + h + bottom, left + w + right), x.dtype)
    padded[:, :, top : top + h, left : left + w] = x
    return padded


def as_floats(*arrays: np.ndarray | None) -> list[np.ndarray | None]:
    """Give all arrays the widest floating-point dtype among them; integers follow (or float64).

    Raises:
        ValueError: if an array holds something else than real numbers.
    """
    arrays = [None if a is None else np.asarray(a) for a in arrays]
    dtypes = [a.dtype for a in arrays if a is not None]
    for dtype in dtypes:
        if dtype.kind not in "fiub":
            raise ValueError(f"convolution wants real numbers, got dtype {dtype}")
    dtype = np.result_type(*([d for d in dtypes if d.kind == "f"] or [np.float64]))
    return [None if a is None else a.astype(dtype, copy=False) for a in arrays]


def pair(value: int | Pair, name: str) -> Pair:
    """Return one whole number of at least 1 for each axis."""
    values = value if isinstance(value, tuple | list) else (value, value)
    if len(values) != 2:
        raise ValueError(f"{name} wants an int or a pair, got {value!r}")
    return whole(values[0], name, 1), whole(values[1], name, 1)


def sides(padding: Padding, kernel: Pair, stride: Pair, dilation: Pair) -> tuple[Pair, Pair]:
    """Return padding in its one full form, ((top, bottom), (left, right))."""
    if isinstance(padding, str):
        if padding == "same" and stride != (1, 1):
            raise ValueError(f"padding 'same' wants stride 1, stride is {stride}")
        if padding not in ("valid", "same", "full"):
            raise ValueError(f"padding {padding!r} is none of 'valid', 'same', 'full'")
        gaps = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return {
            "valid": ((0, 0), (0, 0)),
            "same": tuple((gap // 2, gap - gap // 2) for gap in gaps),
            "full": tuple((gap, gap) for gap in gaps),
        }[padding]
    axes = padding if isinstance(padding, tuple | list) else (padding, padding)
    both = [axis if isinstance(axis, tuple | list) else (axis, axis) for axis in axes]
    if len(both) != 2 or any(len(axis) != 2 for axis in both):
        raise ValueError(f"padding wants an int, a pair or a pair of pairs, got {padding!r}")
    return tuple((whole(a, "padding"), whole(b, "padding")) for a, b in both)


def conv_setup(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None,
    stride: int | Pair,
    padding: Padding,
    dilation: int | Pair,
    groups: int,
) -> ConvSetup:
    """Check that shapes and hyper-parameters fit together, and bring them to one form.

    Raises:
        ValueError: where they do not; the message repeats the numbers.
    """
    for array, name, axes in (
        (x, "x", "N, C_in, H, W"),
        (weight, "weight", "C_out, C_in, k_h, k_w"),
    ):
        if array.ndim != 4:
            raise ValueError(f"{name} wants 4 axes ({axes}), got shape {array.shape}")
    (c_out, c_group, *kernel), groups = weight.shape, whole(groups, "groups", 1)
    for channels, kind in ((x.shape[1], "input"), (c_out, "output")):
        if whole(channels, f"{kind} channels", 1) % groups:
            raise ValueError(f"groups {groups} does not divide {channels} {kind} channels")
    if c_group * groups != x.shape[1]:
        times = f" x {groups} groups" if groups > 1 else ""
        raise ValueError(f"weight wants {c_group}{times} input channels, x has {x.shape[1]}")
    if bias is not None and bias.shape != (c_out,):
        raise ValueError(f"bias wants shape {(c_out,)}, got {bias.shape}")
    stride, dilation = pair(stride, "stride"), pair(dilation, "dilation")
    padding = sides(padding, kernel, stride, dilation)
    output = map(output_size, x.shape[2:], kernel, stride, padding, dilation)
    return ConvSetup(stride, padding, dilation, groups, tuple(output))
