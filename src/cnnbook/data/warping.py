"""Read images between their pixels: how a digit is enlarged, turned and bent."""

import numpy as np


def sample(images: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Read images at places between their pixels, by bilinear interpolation; outside is 0.

    Args:
        images: (N, H, W).
        rows: (N, h, w), or what broadcasts to it; the centre of the first pixel is at 0.
        columns: likewise.

    Returns:
        (N, h, w), of the dtype of the images.
    """
    n, height, width = images.shape
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1)))  # a frame of zeros: what lies outside
    rows = np.clip(np.asarray(rows, images.dtype) + 1, 0, height + 1)
    columns = np.clip(np.asarray(columns, images.dtype) + 1, 0, width + 1)
    top = np.minimum(rows.astype(np.int32), height)  # the pixel above and left of the place
    left = np.minimum(columns.astype(np.int32), width)
    down = rows - top.astype(images.dtype)  # in [0, 1]
    right = columns - left.astype(images.dtype)
    line = width + 2
    first = np.arange(n)[:, None, None] * (height + 2) * line + top * line + left
    corners = (framed.take(first + step) for step in (0, 1, line, line + 1))
    upper_left, upper_right, lower_left, lower_right = corners
    above = upper_left + (upper_right - upper_left) * right
    below = lower_left + (lower_right - lower_left) * right
    return above + (below - above) * down


def grid(size: int, side: int, inner: float) -> np.ndarray:
    """Say where each of `size` pixels reads along one axis of an image, (size,).

    Args:
        size: pixels of the canvas.
        side: pixels of the image.
        inner: pixels of the canvas that the image covers, in the middle.
    """
    return (np.arange(size) - (size - 1) / 2) * side / inner + (side - 1) / 2


def tents(places: np.ndarray, side: int) -> np.ndarray:
    """Return the matrix (places, side) that reads a line of `side` pixels, as `sample` does."""
    return np.clip(1 - np.abs(places[:, None] - np.arange(side)), 0, 1)


def enlarge(images: np.ndarray, size: int, inner: float) -> np.ndarray:
    """Enlarge square images (N, H, H) to `inner` pixels in the middle of (N, size, size)."""
    read = tents(grid(size, images.shape[1], inner), images.shape[1]).astype(images.dtype)
    return read @ images @ read.T  # rows and columns by themselves: their places do not mix


def bends(count: int, size: int, rng: np.random.Generator, knots: int = 4) -> np.ndarray:
    """Draw smooth displacements, (2, count, size, size), each within [−1, 1].

    They are uniform at knots x knots places and interpolated linearly between them.
    """
    read = tents(np.linspace(0, knots - 1, size), knots)
    return read @ rng.uniform(-1, 1, (2, count, knots, knots)) @ read.T
