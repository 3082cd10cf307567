"""What layers do with their arguments: check them, bring them to one form, pad."""

from numbers import Real
from typing import NamedTuple

import numpy as np

from cnnbook.shapes import output_size
from cnnbook.shapes.checks import whole

Pair = tuple[int, int]
Padding = str | int | tuple[int | Pair, ...]
SPACE = {1: "W", 2: "H, W", 3: "D, H, W"}  # axes after (N, C), by their number
KERNEL = {1: "k_w", 2: "k_h, k_w", 3: "k_d, k_h, k_w"}


class ConvSetup(NamedTuple):
    """What one convolution needs to know besides its numbers; one entry for each axis of space."""

    stride: tuple[int, ...]
    padding: tuple[Pair, ...]  # (before, after) for each axis
    dilation: tuple[int, ...]
    groups: int
    output: tuple[int, ...]  # (h_out, w_out) of an image


def steps(cell: int, outputs: int, stride: int, dilation: int) -> slice:
    """Slice one padded axis to what kernel cell `cell` reads, one position for each output."""
    start = cell * dilation
    return slice(start, start + (outputs - 1) * stride + 1, stride)


def pad(x: np.ndarray, padding: tuple[Pair, ...], value: float = 0) -> np.ndarray:
    """Put `value` around the last axes, one for each pair; without any padding this is x itself."""
    if not any(map(any, padding)):
        return x
    sizes = x.shape[x.ndim - len(padding) :]
    grown = [a + size + b for size, (a, b) in zip(sizes, padding, strict=True)]
    shape = (*x.shape[: x.ndim - len(padding)], *grown)
    padded = np.full(shape, value, x.dtype) if value else np.zeros(shape, x.dtype)
    padded[inside(padding, sizes)] = x
    return padded


def inside(padding: tuple[Pair, ...], sizes: tuple[int, ...]) -> tuple:
    """Index what `pad` surrounded: `padded[inside(padding, sizes)]` is x again."""
    pairs = zip(padding, sizes, strict=True)
    return (..., *(slice(before, before + size) for (before, _), size in pairs))


def as_floats(*arrays: np.ndarray | None) -> list[np.ndarray | None]:
    """Give all arrays the widest floating-point dtype among them; integers follow (or float64).

    Raises:
        ValueError: if an array holds something else than real numbers.
    """
    arrays = [None if a is None else np.asarray(a) for a in arrays]
    dtypes = [a.dtype for a in arrays if a is not None]
    for dtype in dtypes:
        if dtype.kind not in "fiub":
            raise ValueError(f"layers want real numbers, got dtype {dtype}")
    dtype = np.result_type(*([d for d in dtypes if d.kind == "f"] or [np.float64]))
    return [None if a is None else a.astype(dtype, copy=False) for a in arrays]


def check_axes(array: np.ndarray, name: str, axes: str) -> None:
    """Refuse an array that has not the named axes, such as "N, C, H, W".

    Raises:
        ValueError: if their number is another.
    """
    wanted = axes.count(",") + 1
    if array.ndim != wanted:
        some = "1 axis" if wanted == 1 else f"{wanted} axes"
        raise ValueError(f"{name} wants {some} ({axes}), got shape {array.shape}")


def check_shape(array: np.ndarray, name: str, shape: tuple[int, ...]) -> None:
    """Refuse an array of another shape.

    Raises:
        ValueError: if it has one.
    """
    if array.shape != tuple(shape):
        raise ValueError(f"{name} wants shape {tuple(shape)}, got {array.shape}")


def gradient(dy: np.ndarray, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Return dy in the layer's dtype.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    dy = np.asarray(dy, dtype)
    if dy.shape != tuple(shape):
        raise ValueError(f"dy has shape {dy.shape}, y has {tuple(shape)}")
    return dy


def number(
    value: float,
    name: str,
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> float:
    """Return `value`, a setting such as eps or alpha, as a plain float.

    Raises:
        ValueError: if it is no finite real number, or outside the given bounds.
    """
    if not isinstance(value, Real | np.bool_) or isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} wants a number, got {value!r}")
    value = float(value)
    if not np.isfinite(value):
        raise ValueError(f"{name} wants a finite number, got {value}")
    for bound, holds, words in (
        (least, least is None or value >= least, "at least"),
        (most, most is None or value <= most, "at most"),
        (above, above is None or value > above, "above"),
        (below, below is None or value < below, "below"),
    ):
        if not holds:
            raise ValueError(f"{name} must be {words} {bound:g}, got {value:g}")
    return value


def choice(value: str, name: str, choices: tuple[str, ...]) -> str:
    """Return `value`.

    Raises:
        ValueError: if it is none of the choices.
    """
    if value not in choices:
        raise ValueError(f"{name} {value!r} is none of {', '.join(map(repr, choices))}")
    return value


def per_axis(
    value: int | tuple[int, ...], name: str, axes: int = 2, least: int = 1
) -> tuple[int, ...]:
    """Return one whole number, of at least `least`, for each axis of space.

    Raises:
        ValueError: if there are more or fewer, or one is too small.
    """
    values = value if isinstance(value, tuple | list) else (value,) * axes
    if len(values) != axes:
        many = {1: "an int", 2: "an int or a pair", 3: "an int or a triple"}[axes]
        raise ValueError(f"{name} wants {many}, got {value!r}")
    return tuple(whole(v, name, least) for v in values)


def sides(
    padding: Padding, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[Pair, ...]:
    """Return padding in its one full form, (before, after) for each axis.

    Raises:
        ValueError: if it is in none of the forms that `conv2d` lists.
    """
    if isinstance(padding, str):
        choice(padding, "padding", ("valid", "same", "full"))
        if padding == "same" and any(s != 1 for s in stride):
            raise ValueError(f"padding 'same' wants stride 1, stride is {stride}")
        gaps = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return {
            "valid": tuple((0, 0) for _ in gaps),
            "same": tuple((gap // 2, gap - gap // 2) for gap in gaps),
            "full": tuple((gap, gap) for gap in gaps),
        }[padding]
    axes = padding if isinstance(padding, tuple | list) else (padding,) * len(kernel)
    both = [axis if isinstance(axis, tuple | list) else (axis, axis) for axis in axes]
    if len(both) != len(kernel) or any(len(axis) != 2 for axis in both):
        raise ValueError(f"padding wants an int, or an int or pair for each axis, got {padding!r}")
    return tuple((whole(a, "padding"), whole(b, "padding")) for a, b in both)


def conv_setup(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None,
    stride: int | tuple[int, ...],
    padding: Padding,
    dilation: int | tuple[int, ...],
    groups: int,
    axes: int = 2,
) -> ConvSetup:
    """Check that shapes and hyper-parameters fit together, and bring them to one form.

    Args:
        axes: how many axes of space the images have.

    Raises:
        ValueError: where they do not; the message repeats the numbers.
    """
    check_axes(x, "x", f"N, C_in, {SPACE[axes]}")
    check_axes(weight, "weight", f"C_out, C_in, {KERNEL[axes]}")
    (c_out, c_group, *kernel), groups = weight.shape, whole(groups, "groups", 1)
    for channels, kind in ((x.shape[1], "input"), (c_out, "output")):
        if whole(channels, f"{kind} channels", 1) % groups:
            raise ValueError(f"groups {groups} does not divide {channels} {kind} channels")
    if c_group * groups != x.shape[1]:
        times = f" x {groups} groups" if groups > 1 else ""
        raise ValueError(f"weight wants {c_group}{times} input channels, x has {x.shape[1]}")
    if bias is not None:
        check_shape(bias, "bias", (c_out,))
    stride, dilation = per_axis(stride, "stride", axes), per_axis(dilation, "dilation", axes)
    padding = sides(padding, kernel, stride, dilation)
    output = map(output_size, x.shape[2:], kernel, stride, padding, dilation)
    return ConvSetup(stride, padding, dilation, groups, tuple(output))
