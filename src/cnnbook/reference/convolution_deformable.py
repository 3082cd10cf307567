"""Deformable convolution: every cell of every window reads where a learnt offset sends it."""

from math import prod
from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import (
    ConvSetup,
    Padding,
    Pair,
    as_floats,
    check_axes,
    check_shape,
    conv_setup,
    gradient,
)
from cnnbook.reference.sampling import SampleCache, bilinear_sample, bilinear_sample_backward
from cnnbook.shapes.checks import whole


class DeformCache(NamedTuple):
    """What `deform_conv2d` keeps for `deform_conv2d_backward`."""

    samples: np.ndarray  # (N offset_groups, C_in / offset_groups, k_h, k_w, h_out, w_out)
    mask: np.ndarray | None  # (N offset_groups, 1, k_h, k_w, h_out, w_out)
    weight: np.ndarray
    has_bias: bool
    x_shape: tuple[int, int, int, int]
    offset_groups: int
    sampling: SampleCache
    setup: ConvSetup


def deform_conv2d(
    x: np.ndarray,
    offset: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
    mask: np.ndarray | None = None,
) -> tuple[np.ndarray, DeformCache]:
    r"""Convolve with moved windows; with a mask, each read is scaled too (version 2).

    y[n, o, i, j] = bias[o] + \sum_{c, a, b} weight[o, c, a, b] mask[n, a, b, i, j] x[n, c, r, s],
    r = i stride + a dilation − padding + offset[n, a, b, 0, i, j], s likewise with j, b and 1

    x between its pixels is `bilinear_sample`. Offsets 0 and mask 1 make it `conv2d`.

    Args:
        x: (N, C_in, H, W); N may be 0.
        offset: (N, 2 offset_groups k_h k_w, H_out, W_out), in pixels: down and right for the first
            cell of the kernel, then for the next in its row. Each of the offset_groups parts of
            the input channels has its own; how many there are follows from the shape.
        weight: (C_out, C_in / groups, k_h, k_w); groups follows from the shape.
        bias: (C_out,), one number for each filter.
        stride, padding, dilation: as `conv2d`.
        mask: (N, offset_groups k_h k_w, H_out, W_out), in the same order of cells; usually the
            sigmoid of a learnt map.

    Returns:
        y (N, C_out, H_out, W_out), and the cache that `deform_conv2d_backward` wants.

    Raises:
        ValueError: if shapes, groups or sizes disagree, or an offset is NaN.
    See: Dai et al. 2017, arXiv:1703.06211; Zhu et al. 2018, arXiv:1811.11168 (mask); shapes and
        their order as torchvision.ops.deform_conv2d.
    """
    x, offset, weight, bias, mask = as_floats(x, offset, weight, bias, mask)
    setup = deform_setup(x, weight, bias, stride, padding, dilation)
    offset_groups = count_offset_groups(x, offset, weight, mask, setup)
    (n, c_in, h, w), k_h, k_w = x.shape, *weight.shape[2:]
    parts, cells = n * offset_groups, (k_h, k_w, *setup.output)
    moves = offset.reshape(parts, k_h, k_w, 2, *setup.output)
    regular_rows, regular_columns = window_positions(k_h, k_w, setup, x.dtype)
    samples, sampling = bilinear_sample(
        x.reshape(parts, c_in // offset_groups, h, w),
        regular_rows + moves[:, :, :, 0],
        regular_columns + moves[:, :, :, 1],
    )  # (N offset_groups, C_in / offset_groups, k_h, k_w, h_out, w_out)
    if mask is not None:
        mask = mask.reshape(parts, 1, *cells)
    windows = as_windows(samples, mask, n, weight, setup)
    y = as_filters(weight, setup) @ windows  # (N, groups, C_out / groups, h_out w_out)
    y = y.reshape(n, len(weight), *setup.output)
    if bias is not None:
        y += bias[:, None, None]
    has_bias = bias is not None
    return y, DeformCache(samples, mask, weight, has_bias, x.shape, offset_groups, sampling, setup)


def deform_conv2d_backward(
    dy: np.ndarray, cache: DeformCache
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Pass the gradient of a deformable convolution back to what went into it.

    Args:
        dy: (N, C_out, H_out, W_out), gradient of the loss for each output.
        cache: what `deform_conv2d` returned beside y.

    Returns:
        dx, doffset, dweight, dbias and dmask, in the order of the arguments; dbias and dmask are
        None where there was none. Where a cell reads exactly on a pixel, doffset is the slope of
        the step down or right, as `bilinear_sample_backward` has it.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    samples, mask, weight, has_bias, x_shape, offset_groups, sampling, setup = cache
    n, (h_out, w_out) = x_shape[0], setup.output
    dy = gradient(dy, (n, len(weight), h_out, w_out), weight.dtype)
    dbias = dy.sum((0, 2, 3)) if has_bias else None
    dy = dy.reshape(n, setup.groups, len(weight) // setup.groups, h_out * w_out)
    windows = as_windows(samples, mask, n, weight, setup)
    dweight = (dy @ windows.swapaxes(2, 3)).sum(0).reshape(weight.shape)
    dsamples = (as_filters(weight, setup).swapaxes(1, 2) @ dy).reshape(samples.shape)
    dmask = None
    if mask is not None:
        k_h, k_w = weight.shape[2:]
        dmask = (dsamples * samples).sum(1).reshape(n, offset_groups * k_h * k_w, h_out, w_out)
        dsamples = dsamples * mask
    dx, drows, dcolumns = bilinear_sample_backward(dsamples, sampling)
    doffset = np.stack([drows, dcolumns], axis=3)  # (N offset_groups, k_h, k_w, 2, h_out, w_out)
    doffset = doffset.reshape(n, 2 * offset_groups * prod(weight.shape[2:]), h_out, w_out)
    return dx.reshape(x_shape), doffset, dweight, dbias, dmask


def window_positions(
    k_h: int, k_w: int, setup: ConvSetup, dtype: np.dtype
) -> tuple[np.ndarray, np.ndarray]:
    """List the rows (k_h, 1, h_out, 1) and columns (1, k_w, 1, w_out) that `conv2d` would read."""
    along = [
        np.arange(outputs, dtype=dtype) * stride
        + np.arange(cells, dtype=dtype)[:, None] * dilation
        - before
        for cells, outputs, stride, dilation, (before, _) in zip(
            (k_h, k_w), setup.output, setup.stride, setup.dilation, setup.padding, strict=True
        )
    ]
    return along[0][:, None, :, None], along[1][None, :, None, :]


def as_windows(
    samples: np.ndarray, mask: np.ndarray | None, n: int, weight: np.ndarray, setup: ConvSetup
) -> np.ndarray:
    """Scale the samples, one window a column: (N, groups, C_in / groups k_h k_w, h_out w_out)."""
    scaled = samples if mask is None else samples * mask
    return scaled.reshape(n, setup.groups, prod(weight.shape[1:]), prod(setup.output))


def as_filters(weight: np.ndarray, setup: ConvSetup) -> np.ndarray:
    """Write each filter as one row: (groups, C_out / groups, C_in / groups k_h k_w)."""
    return weight.reshape(setup.groups, len(weight) // setup.groups, prod(weight.shape[1:]))


def deform_setup(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None,
    stride: int | Pair,
    padding: Padding,
    dilation: int | Pair,
) -> ConvSetup:
    """Read groups off the shapes, then check as `conv2d` does.

    Raises:
        ValueError: if the filters' input channels do not divide those of x, or as `conv2d`.
    """
    check_axes(x, "x", "N, C_in, H, W")
    check_axes(weight, "weight", "C_out, C_in / groups, k_h, k_w")
    c_in, c_group = x.shape[1], whole(weight.shape[1], "weight's input channels", 1)
    if c_in % c_group:
        raise ValueError(f"weight's {c_group} input channels do not divide the {c_in} of x")
    return conv_setup(x, weight, bias, stride, padding, dilation, c_in // c_group)


def count_offset_groups(
    x: np.ndarray,
    offset: np.ndarray,
    weight: np.ndarray,
    mask: np.ndarray | None,
    setup: ConvSetup,
) -> int:
    """Read offset_groups off the shape of offset, and check that all fits.

    Raises:
        ValueError: if offset or mask has another shape than the windows ask for, or an offset is
            NaN.
    """
    check_axes(offset, "offset", "N, 2 offset_groups k_h k_w, H_out, W_out")
    k_h, k_w = weight.shape[2:]
    offset_groups = offset.shape[1] // (2 * k_h * k_w)
    if offset_groups < 1 or offset.shape[1] % (2 * k_h * k_w):
        raise ValueError(
            f"offset wants a multiple of 2 x {k_h} x {k_w} channels, got {offset.shape[1]}"
        )
    if x.shape[1] % offset_groups:
        raise ValueError(f"{offset_groups} offset groups do not divide {x.shape[1]} input channels")
    check_shape(offset, "offset", (len(x), offset.shape[1], *setup.output))
    if count := np.count_nonzero(np.isnan(offset)):
        raise ValueError(f"{count} of {offset.size} offsets are NaN")
    if mask is not None:
        check_shape(mask, "mask", (len(x), offset_groups * k_h * k_w, *setup.output))
    return offset_groups
