"""Regions of interest: one picture of fixed size from every box, whatever the box's size."""

from itertools import product
from math import ceil, prod
from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import (
    Pair,
    as_floats,
    check_axes,
    gradient,
    number,
    per_axis,
)
from cnnbook.reference.sampling import tent
from cnnbook.shapes.checks import whole


class PoolCache(NamedTuple):
    """What `roi_pool` keeps for `roi_pool_backward`."""

    peak: np.ndarray  # (K, C, P_h, P_w), index of the largest pixel in x.ravel(); −1 is none
    x_shape: tuple[int, int, int, int]
    dtype: np.dtype


class AlignedBox(NamedTuple):
    """How `roi_align` reads one box: y[k] = rows @ x[crop] @ columns.T."""

    crop: tuple[int, slice, slice, slice]  # the image, all channels, the pixels that are read
    rows: np.ndarray  # (P_h, height of the crop)
    columns: np.ndarray  # (P_w, width of the crop)


class AlignCache(NamedTuple):
    """What `roi_align` keeps for `roi_align_backward`."""

    boxes: list[AlignedBox]
    y_shape: tuple[int, int, int, int]
    x_shape: tuple[int, int, int, int]
    dtype: np.dtype


def roi_pool(
    x: np.ndarray, boxes: np.ndarray, output_size: int | Pair, spatial_scale: float = 1.0
) -> tuple[np.ndarray, PoolCache]:
    r"""Round each box to whole pixels, cut it into bins and take the largest pixel of each.

    The box covers rows a = round(y1 scale) to round(y2 scale), both counted, l of them and at
    least 1; halves are rounded away from 0. Bin i of P_h takes rows
    a + floor(i l / P_h) to a + ceil((i + 1) l / P_h) − 1, so that bins share a row where l is no
    multiple of P_h; columns likewise. What lies outside of the image is left out.

    Args:
        x: (N, C, H, W).
        boxes: (K, 5), each the index of an image, x1, y1, x2, y2; K may be 0.
        output_size: bins, an int or (P_h, P_w).
        spatial_scale: pixels of x for one unit of the boxes, such as 1/16.

    Returns:
        y (K, C, P_h, P_w) in the dtype of x, 0 for a bin without a pixel, and the cache that
        `roi_pool_backward` wants.

    Raises:
        ValueError: if shapes disagree, a box is not finite or names no image of x, or a setting is
            too small.
    See: Girshick 2015, arXiv:1504.08083; rounding as torchvision.ops.roi_pool.
    """
    x, boxes, (p_h, p_w), scale = roi_arguments(x, boxes, output_size, spatial_scale)
    c, h, w = x.shape[1:]
    index = np.arange(x.size).reshape(x.shape)
    peak = np.full((len(boxes), c, p_h, p_w), -1)
    for k, (image, *corners) in enumerate(boxes):
        left, top, right, bottom = (round_half_away(corner * scale) for corner in corners)
        both = product(enumerate(bins(top, bottom, p_h, h)), enumerate(bins(left, right, p_w, w)))
        for (i, rows), (j, columns) in both:
            window = int(image), slice(None), rows, columns
            if x[window].size:
                largest = x[window].reshape(c, -1).argmax(1)  # the first of several equal ones
                peak[k, :, i, j] = index[window].reshape(c, -1)[np.arange(c), largest]
    y = np.zeros(peak.shape, x.dtype)
    y[peak >= 0] = x.ravel()[peak[peak >= 0]]
    return y, PoolCache(peak, x.shape, x.dtype)


def roi_pool_backward(dy: np.ndarray, cache: PoolCache) -> np.ndarray:
    """Pass each bin's gradient to the pixel that was its largest.

    Args:
        dy: (K, C, P_h, P_w), gradient of the loss for each output.
        cache: what `roi_pool` returned beside y.

    Returns:
        dx (N, C, H, W); a pixel that several bins took gets the sum. Boxes have no gradient.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    peak, x_shape, dtype = cache
    dy = gradient(dy, peak.shape, dtype)
    kept = peak >= 0
    dx = np.bincount(peak[kept], dy[kept], minlength=prod(x_shape))
    return dx.reshape(x_shape).astype(dtype)


def roi_align(
    x: np.ndarray,
    boxes: np.ndarray,
    output_size: int | Pair,
    spatial_scale: float = 1.0,
    sampling_ratio: int = -1,
    aligned: bool = False,
) -> tuple[np.ndarray, AlignCache]:
    r"""Cut each box into equal bins, without rounding, and average samples of each.

    A bin is read at s x s points, the centres of a grid over it; a sample between pixels is
    bilinear. Samples and means of a row are linear in x and know nothing of the columns, so a box
    is two small matrices: y[k] = rows[k] x[n] columns[k]^T.

    Args:
        x: (N, C, H, W).
        boxes: (K, 5), each the index of an image, x1, y1, x2, y2; K may be 0.
        output_size: bins, an int or (P_h, P_w).
        spatial_scale: pixels of x for one unit of the boxes, such as 1/16.
        sampling_ratio: s; with −1 or 0 it is ceil(height / P_h) along rows, and likewise along
            columns.
        aligned: take off half a pixel, because pixel 0 stands at 0 but covers −0.5 to 0.5. Without
            it a box is made at least 1 pixel high and wide, as in the first versions.

    Returns:
        y (K, C, P_h, P_w) in the dtype of x, and the cache that `roi_align_backward` wants. A
        sample at a row < −1 or > H counts 0; from −1 to 0 and from H − 1 to H it reads the border
        row. Columns likewise.

    Raises:
        ValueError: if shapes disagree, a box is not finite or names no image of x, or a setting is
            too small.
    See: He et al. 2017, arXiv:1703.06870; borders and grid as torchvision.ops.roi_align.
    """
    x, boxes, (p_h, p_w), scale = roi_arguments(x, boxes, output_size, spatial_scale)
    sampling_ratio = whole(sampling_ratio, "sampling_ratio", -1)
    read = []
    y = np.empty((len(boxes), x.shape[1], p_h, p_w), x.dtype)
    for k, (image, *corners) in enumerate(boxes):
        left, top, right, bottom = (corner * scale - 0.5 * aligned for corner in corners)
        least = -np.inf if aligned else 1.0
        in_rows, rows = bin_means(top, max(bottom - top, least), p_h, sampling_ratio, x.shape[2])
        in_columns, columns = bin_means(
            left, max(right - left, least), p_w, sampling_ratio, x.shape[3]
        )
        box = AlignedBox(
            (int(image), slice(None), in_rows, in_columns),
            rows.astype(x.dtype),
            columns.astype(x.dtype),
        )
        y[k] = box.rows @ x[box.crop] @ box.columns.T
        read.append(box)
    return y, AlignCache(read, y.shape, x.shape, x.dtype)


def roi_align_backward(dy: np.ndarray, cache: AlignCache) -> np.ndarray:
    """Pass the gradient of `roi_align` back to the images.

    Args:
        dy: (K, C, P_h, P_w), gradient of the loss for each output.
        cache: what `roi_align` returned beside y.

    Returns:
        dx (N, C, H, W); boxes may overlap, their gradients add up. Boxes have no gradient.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    boxes, y_shape, x_shape, dtype = cache
    dy = gradient(dy, y_shape, dtype)
    dx = np.zeros(x_shape, dtype)
    for dout, (crop, rows, columns) in zip(dy, boxes, strict=True):
        dx[crop] += rows.T @ dout @ columns
    return dx


def bin_means(
    start: float, length: float, count: int, sampling_ratio: int, size: int
) -> tuple[slice, np.ndarray]:
    """Write one axis of one box as a matrix: each bin the mean of its samples.

    Returns:
        the pixels that are read, and how much each counts in each bin (count, pixels read).
    """
    per_bin = sampling_ratio if sampling_ratio > 0 else max(ceil(length / count), 0)
    samples = count * per_bin
    position = start + (np.arange(samples) + 0.5) * (length / max(samples, 1))
    near = (position >= -1) & (position <= size)
    position = position.clip(0, size - 1)
    shares = tent(position[:, None] - np.arange(size)) * near[:, None]  # (samples, H)
    means = shares.reshape(count, per_bin, size).sum(1) / max(per_bin, 1)  # (count, H)
    read = np.flatnonzero(means.any(0))
    pixels = slice(read[0], read[-1] + 1) if len(read) else slice(0, 0)
    return pixels, means[:, pixels]


def bins(first: int, last: int, count: int, size: int) -> list[slice]:
    """Cut pixels first to last of an axis into bins, each clipped to the image."""
    length = max(last - first + 1, 1)
    edges = (
        (first + i * length // count, first + -(-(i + 1) * length // count)) for i in range(count)
    )
    return [slice(*(min(max(edge, 0), size) for edge in pair)) for pair in edges]


def round_half_away(value: float) -> int:
    """Round to the nearest whole number, halves away from 0 as in C; Python's go to even."""
    part = value - int(value)
    return int(value) + (part >= 0.5) - (part <= -0.5)


def roi_arguments(
    x: np.ndarray, boxes: np.ndarray, output_size: int | Pair, spatial_scale: float
) -> tuple[np.ndarray, np.ndarray, Pair, float]:
    """Check that boxes fit the images; they stay float64 where x is coarser.

    Raises:
        ValueError: where they do not; the message repeats the numbers.
    """
    (x,), (boxes,) = as_floats(x), as_floats(boxes)
    check_axes(x, "x", "N, C, H, W")
    boxes = boxes.astype(np.float64)
    if boxes.ndim != 2 or boxes.shape[1] != 5:
        raise ValueError(f"boxes want shape (K, 5), got {boxes.shape}")
    for k, box in enumerate(boxes):
        if not np.isfinite(box).all():
            raise ValueError(f"box {k} is not finite: {box.tolist()}")
        if box[0] not in range(len(x)):
            raise ValueError(f"box {k} names image {box[0]:g}, x has {len(x)}")
    scale = number(spatial_scale, "spatial_scale", above=0)
    return x, boxes, per_axis(output_size, "output_size"), scale
