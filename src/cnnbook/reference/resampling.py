"""Resampling an image to another size: one small matrix of weights for each axis."""

from math import floor
from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import (
    Pair,
    as_floats,
    check_axes,
    choice,
    gradient,
    number,
    per_axis,
)
from cnnbook.reference.resampling_kernels import cubic_kernel, lanczos_kernel, linear_kernel
from cnnbook.shapes.checks import whole

MODES = ("nearest", "bilinear", "bicubic", "lanczos")
REACH = {"bilinear": 1, "bicubic": 2, "lanczos": 3}  # cells on each side that a kernel reads


class SeparableCache(NamedTuple):
    """What a layer y = rows x columns^T keeps for its backward pass."""

    rows: np.ndarray  # (h_out, H)
    columns: np.ndarray  # (w_out, W)
    x_shape: tuple[int, int, int, int]


def apply_matrices(
    x: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, SeparableCache]:
    """Multiply every image by one matrix along each axis: y = rows x columns^T.

    Args:
        x: (N, C, H, W).
        rows: (h_out, H); row i holds what each row of the image counts for output row i.
        columns: (w_out, W).

    Returns:
        y (N, C, h_out, w_out) in the dtype of x, and the cache for `apply_transposed`.
    """
    rows, columns = rows.astype(x.dtype), columns.astype(x.dtype)
    return rows @ x @ columns.T, SeparableCache(rows, columns, x.shape)


def apply_transposed(dy: np.ndarray, cache: SeparableCache) -> np.ndarray:
    """Return dx = rows^T dy columns: each output's gradient goes where it read, by its weights.

    Args:
        dy: (N, C, h_out, w_out).
        cache: what the layer returned beside y.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    rows, columns, x_shape = cache
    dy = gradient(dy, (*x_shape[:2], len(rows), len(columns)), rows.dtype)
    return rows.T @ dy @ columns


def interpolate(
    x: np.ndarray,
    size: int | Pair | None = None,
    scale_factor: float | tuple[float, float] | None = None,
    mode: str = "nearest",
    align_corners: bool = False,
    antialias: bool = False,
) -> tuple[np.ndarray, SeparableCache]:
    """Resample images to another size: y = A_h x A_w^T, each A from `resample_matrix`.

    A NaN or an infinity in x spoils the whole map (H, W) it is in, through products with 0.

    Args:
        x: (N, C, H, W); N may be 0.
        size: of the result, an int or (h_out, w_out).
        scale_factor: instead of size, a number or one for each axis; h_out is
            floor(scale_factor H), while positions are computed with the scale as given.
        mode, align_corners, antialias: as `resample_matrix`, for both axes.

    Returns:
        y (N, C, h_out, w_out), and the cache that `interpolate_backward` wants.

    Raises:
        ValueError: if not exactly one of size and scale_factor is given, one is too small, or
            where `resample_matrix` refuses.
    See: PyTorch, torch.nn.functional.interpolate, without recompute_scale_factor.
    """
    (x,) = as_floats(x)
    check_axes(x, "x", "N, C, H, W")
    if (size is None) == (scale_factor is None):
        raise ValueError(
            f"one of size and scale_factor is wanted, got {size!r} and {scale_factor!r}"
        )
    if scale_factor is None:
        sizes, scales = per_axis(size, "size"), (None, None)
    else:
        scales = factors(scale_factor)
        sizes = [floor(cells * scale) for cells, scale in zip(x.shape[2:], scales, strict=True)]
    matrices = (
        resample_matrix(cells, cells_out, mode, align_corners, antialias, scale)
        for cells, cells_out, scale in zip(x.shape[2:], sizes, scales, strict=True)
    )
    return apply_matrices(x, *matrices)


def interpolate_backward(dy: np.ndarray, cache: SeparableCache) -> np.ndarray:
    """Pass the gradient of `interpolate` back to its input: dx = A_h^T dy A_w.

    Args:
        dy: (N, C, h_out, w_out).
        cache: what `interpolate` returned beside y.

    Returns:
        dx (N, C, H, W).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    return apply_transposed(dy, cache)


def resample_matrix(
    size_in: int,
    size_out: int,
    mode: str = "bilinear",
    align_corners: bool = False,
    antialias: bool = False,
    scale_factor: float | None = None,
) -> np.ndarray:
    r"""Write down how much each cell of an axis counts for each cell of the resampled axis.

    A[i, j] = kernel(position_i − j), divided by the sum of its row

    Args:
        size_in, size_out: cells before and after.
        mode: "nearest", "bilinear", "bicubic" (`cubic_kernel`, a = −0.75) or "lanczos" (a = 3).
        align_corners: whether the centres of the first and of the last cells fall on each other;
            otherwise the outer edges of the axis do.
        antialias: whether a kernel is stretched over all the cells that one output replaces when
            the axis shrinks; bicubic then has a = −0.5, and nothing is read beyond the border,
            where otherwise the outermost cell is repeated.
        scale_factor: outputs for each input, size_out / size_in unless given.

    Returns:
        A (size_out, size_in), float64, rows summing to 1.

    Raises:
        ValueError: if a size is no whole number of at least 1, a mode unknown, scale_factor not
            above 0 or too small for size_out, or two options exclude each other.
    See: PyTorch, torch.nn.functional.interpolate; its antialias is Pillow's resize.
    """
    size_in, size_out = whole(size_in, "size_in", 1), whole(size_out, "size_out", 1)
    choice(mode, "mode", MODES)
    if mode == "nearest" and (align_corners or antialias):
        raise ValueError("mode 'nearest' has neither align_corners nor antialias")
    if antialias and align_corners:
        raise ValueError("antialias wants align_corners=False")
    scale = scale_to_use(size_in, size_out, mode, antialias, scale_factor)
    if mode == "nearest":
        return np.eye(size_in)[nearest_cells(size_in, size_out, scale)]
    step = size_in / size_out if scale is None else 1 / scale
    position = (np.arange(size_out)[:, None] + 0.5) * step - 0.5
    if align_corners:
        position = np.arange(size_out)[:, None] * ((size_in - 1) / max(size_out - 1, 1))
    if antialias:
        matrix = weigh((position - np.arange(size_in)) / max(step, 1.0), mode, cubic_a=-0.5)
    else:
        border = REACH[mode] + 1  # positions leave the axis by half a cell, kernels by their reach
        weights = weigh(position - np.arange(-border, size_in + border), mode, cubic_a=-0.75)
        matrix = weights[:, border:-border]
        matrix[:, 0] += weights[:, :border].sum(1)  # the outermost cells stand for those beyond
        matrix[:, -1] += weights[:, -border:].sum(1)
    return matrix / matrix.sum(1, keepdims=True)


def weigh(distance: np.ndarray, mode: str, cubic_a: float) -> np.ndarray:
    """Weigh cells at these distances by the kernel of a mode."""
    if mode == "bilinear":
        return linear_kernel(distance)
    return cubic_kernel(distance, cubic_a) if mode == "bicubic" else lanczos_kernel(distance)


def nearest_cells(size_in: int, size_out: int, scale: float | None) -> np.ndarray:
    """Find the cell that each output copies: floor(i size_in / size_out), or floor(i / scale)."""
    outputs = np.arange(size_out)
    return outputs * size_in // size_out if scale is None else (outputs / scale).astype(int)


def scale_to_use(
    size_in: int, size_out: int, mode: str, antialias: bool, scale_factor: float | None
) -> float | None:
    """Return scale_factor, or None at the output sizes where PyTorch forgets it for the sizes."""
    if scale_factor is None:
        return None
    scale = number(scale_factor, "scale_factor", above=0)
    if size_out > size_in * scale:
        raise ValueError(f"scale_factor {scale:g} does not make {size_out} cells of {size_in}")
    if mode == "nearest":
        return None if size_out in (size_in, 2 * size_in) else scale
    return None if size_out == size_in and (antialias or mode != "bicubic") else scale


def factors(scale_factor: float | tuple[float, float]) -> tuple[float, float]:
    """Return one scale factor for each axis."""
    pair = scale_factor if isinstance(scale_factor, tuple | list) else (scale_factor,) * 2
    if len(pair) != 2:
        raise ValueError(f"scale_factor wants a number or a pair, got {scale_factor!r}")
    return tuple(number(scale, "scale_factor", above=0) for scale in pair)
