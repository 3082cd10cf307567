"""Bilinear sampling: read images between their pixels, and learn where to read them.

Row 2.25 lies a quarter of the way from row 2 to row 3; all around the image is zero.
"""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import as_floats, check_axes, gradient, inside, pad

RING = ((2, 2), (2, 2))  # zeros around an image: a position next to it finds all its neighbours


class SampleCache(NamedTuple):
    """What `bilinear_sample` keeps for `bilinear_sample_backward`."""

    flat: np.ndarray  # (N, C, (H + 4) (W + 4)), the images with RING around them
    corner: np.ndarray  # (N, ...), where in a flat image the top left neighbour stands
    down: np.ndarray  # (N, 1, ...), way from that neighbour to the position, from 0 to 1
    right: np.ndarray  # (N, 1, ...)
    x_shape: tuple[int, int, int, int]


def tent(distance: np.ndarray) -> np.ndarray:
    """Say how much a pixel counts at this distance along one axis: all at 0, nothing from 1 on."""
    return np.maximum(0, 1 - np.abs(distance))


def bilinear_sample_tents(x: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    r"""Sample by the definition: every pixel counts by how near it is, most of them not at all.

    y[n, c, p] = \sum_{i, j} tent(rows[n, p] − i) tent(columns[n, p] − j) x[n, c, i, j],
    tent(d) = max(0, 1 − |d|)

    Arguments, result and errors are those of `bilinear_sample`, without the cache.
    """
    x, rows, columns = as_floats(x, rows, columns)
    check_sampling(x, rows, columns)
    h, w = x.shape[2:]
    row_tents = tent(rows[..., None] - np.arange(h, dtype=x.dtype))  # (N, ..., H)
    column_tents = tent(columns[..., None] - np.arange(w, dtype=x.dtype))  # (N, ..., W)
    return np.einsum("nchw,n...h,n...w->nc...", x, row_tents, column_tents, optimize=True)


def bilinear_sample(
    x: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, SampleCache]:
    """Read all channels of each image at fractional positions, as `bilinear_sample_tents` defines.

    Args:
        x: (N, C, H, W).
        rows, columns: (N, ...) both, positions in pixels for each image; pixel (0, 0) stands at
            row 0, column 0. At rows <= −1 or >= H the sample is 0, at columns likewise.

    Returns:
        y (N, C, ...), and the cache that `bilinear_sample_backward` wants.

    Raises:
        ValueError: if shapes disagree or a position is NaN.
    See: Jaderberg et al. 2015, arXiv:1506.02025; Dai et al. 2017, arXiv:1703.06211.
    """
    x, rows, columns = as_floats(x, rows, columns)
    check_sampling(x, rows, columns)
    n, c, h, w = x.shape
    # what is further out reads zeros alone, and so do −2 and H: all can stand there
    rows, columns = np.clip(rows, -2, h), np.clip(columns, -2, w)
    top, left = np.floor(rows), np.floor(columns)
    corner = (top.astype(np.intp) + 2) * (w + 4) + left.astype(np.intp) + 2
    down, right = (rows - top)[:, None], (columns - left)[:, None]  # (N, 1, ...)
    flat = pad(x, RING).reshape(n, c, (h + 4) * (w + 4))
    cache = SampleCache(flat, corner, down, right, x.shape)
    top_left, top_right, bottom_left, bottom_right = gather(cache)
    upper = (1 - right) * top_left + right * top_right  # (N, C, ...)
    lower = (1 - right) * bottom_left + right * bottom_right
    return (1 - down) * upper + down * lower, cache


def bilinear_sample_backward(
    dy: np.ndarray, cache: SampleCache
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pass the gradient of `bilinear_sample` back to the images and to the positions.

    One step down changes a sample by (lower − upper), one step to the right by (right − left)
    pixels; the channels share a position, so their gradients add up. On a pixel, where the slope
    jumps, it is the slope of the step ahead (down, right): floor puts the position there.

    Args:
        dy: (N, C, ...), gradient of the loss for each sample.
        cache: what `bilinear_sample` returned beside y.

    Returns:
        dx, drows and dcolumns, shaped as x, rows and columns.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    flat, corner, down, right, _ = cache
    dy = gradient(dy, (*flat.shape[:2], *corner.shape[1:]), flat.dtype)
    top_left, top_right, bottom_left, bottom_right = gather(cache)
    slope_down = (1 - right) * (bottom_left - top_left) + right * (bottom_right - top_right)
    slope_right = (1 - down) * (top_right - top_left) + down * (bottom_right - bottom_left)
    drows, dcolumns = (dy * slope_down).sum(1), (dy * slope_right).sum(1)  # (N, ...)
    return scatter(dy, cache), drows, dcolumns


def gather(cache: SampleCache) -> np.ndarray:
    """Read the neighbours top left, top right, bottom left, bottom right: (4, N, C, ...)."""
    flat, corner = cache.flat, cache.corner
    read = np.empty((4, *flat.shape[:2], *corner.shape[1:]), flat.dtype)
    for n, image in enumerate(flat):
        for out, jump in zip(read, jumps(cache), strict=True):
            out[n] = np.take(image, corner[n] + jump, axis=1)
    return read


def scatter(dy: np.ndarray, cache: SampleCache) -> np.ndarray:
    """Give each gradient to the four pixels that were read, by the share each had."""
    flat, corner, down, right, (n, c, h, w) = cache
    share = np.stack(
        [(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right], axis=1
    )[:, :, 0]  # (N, 4, ...)
    dflat = np.empty_like(flat)
    for image in range(n):
        pixel = np.stack([corner[image] + jump for jump in jumps(cache)]).ravel()
        for channel in range(c):
            part = (share[image] * dy[image, channel]).ravel()
            # adds up what falls on one pixel, in float64
            dflat[image, channel] = np.bincount(pixel, part, minlength=flat.shape[2])
    return dflat.reshape(n, c, h + 4, w + 4)[inside(RING, (h, w))]


def jumps(cache: SampleCache) -> tuple[int, int, int, int]:
    """Count the steps in a flat image from the top left neighbour to each of the four."""
    row = cache.x_shape[3] + 4
    return 0, 1, row, row + 1


def check_sampling(x: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> None:
    """Refuse positions that do not fit the images.

    Raises:
        ValueError: if shapes disagree or a position is NaN.
    """
    check_axes(x, "x", "N, C, H, W")
    if rows.shape != columns.shape:
        raise ValueError(f"rows have shape {rows.shape}, columns {columns.shape}")
    if rows.shape[:1] != x.shape[:1]:
        raise ValueError(f"rows want {len(x)} images first, got shape {rows.shape}")
    for name, positions in (("rows", rows), ("columns", columns)):
        if count := np.count_nonzero(np.isnan(positions)):
            raise ValueError(f"{count} of {positions.size} {name} are NaN")
