"""Digits that are turned, sheared and bent, and digits that are somewhere else."""

from dataclasses import replace

import numpy as np

from cnnbook.data.dataset import Dataset
from cnnbook.data.packaged import digits
from cnnbook.data.warping import bends, enlarge, grid, sample
from cnnbook.shapes.checks import whole

INK = 20  # side of the square in which a digit stands, in pixels, as in MNIST


def deformed_digits(
    seed: int = 0,
    train: int = 1400,
    test: int = 397,
    size: int = 28,
    rotation: float = 30.0,
    scale: float = 0.2,
    shear: float = 0.2,
    elastic: float = 0.7,
) -> Dataset:
    """Turn, stretch, shear and bend the handwritten digits, each in its own way.

    Beyond 1,400 training and 397 test images the same digits come again, deformed anew.

    Args:
        seed: draws the deformations, and which digits are in the test part.
        train: images to train with.
        test: images to test with.
        size: side of the images in pixels; the digit is drawn 5/7 as large.
        rotation: the largest angle in degrees, to either side.
        scale: the largest share by which height and width grow or shrink, each for itself.
        shear: the largest slant, in columns for each row.
        elastic: the largest displacement in pixels of the 8 x 8 original, rows and columns.

    Returns:
        Images (N, 1, size, size) from 0 paper to 1 ink.

    Raises:
        ValueError: if a count is below 1, size below 8, a strength below 0 or scale not below 1.
    """
    strengths = float(np.deg2rad(rotation)), scale, shear, elastic
    if min(strengths) < 0 or scale >= 1:
        raise ValueError(f"strengths must not be negative and scale below 1, got {strengths}")
    plain, rng = digits(seed), np.random.default_rng((seed, 2))
    plain = _repeated(plain, whole(train, "train", 1), whole(test, "test", 1))
    parts = {
        key: deform(getattr(plain, key)[:, 0], whole(size, "size", 8), rng, *strengths)[:, None]
        for key in ("x_train", "x_test")
    }
    return replace(plain, name="deformed-digits", **parts)


def deform(
    images: np.ndarray,
    size: int,
    rng: np.random.Generator,
    angle: float,
    scale: float,
    shear: float,
    elastic: float,
) -> np.ndarray:
    """Deform square images (N, H, H) onto (N, size, size); the strengths as above, in radians."""
    n, side = images.shape[:2]
    middle = (side - 1) / 2
    places = grid(size, side, size * 5 / 7) - middle
    angle, slant, tall, wide = (
        strength * rng.uniform(-1, 1, (n, 1, 1)) for strength in (angle, shear, scale, scale)
    )
    down, right = places[None, :, None], places[None, None, :]  # from the middle of the canvas
    rows = np.cos(angle) * down - np.sin(angle) * right
    columns = np.sin(angle) * down + np.cos(angle) * right + slant * rows
    off_rows, off_columns = elastic * bends(n, size, rng)
    return sample(
        images, rows / (1 + tall) + middle + off_rows, columns / (1 + wide) + middle + off_columns
    )


def shifted_digits(
    seed: int = 0,
    train: int = 1400,
    test: int = 397,
    size: int = 40,
    reach: tuple[int, int] = (0, 10),
) -> Dataset:
    """Put the handwritten digits, 20 pixels large, on a larger canvas, away from its middle.

    Args:
        seed: draws the shifts, and which digits are in the test part.
        train: images to train with; beyond 1,400 the same digits come again, shifted anew.
        test: images to test with; likewise beyond 397.
        size: side of the canvas in pixels.
        reach: for the training and the test part, the largest shift in whole pixels along each
            axis. Without 0 in it no digit stands in the middle by rule, only by chance.

    Returns:
        Images (N, 1, size, size) from 0 paper to 1 ink.

    Raises:
        ValueError: if a digit could leave the canvas, or a count is below 1.
    """
    room = (whole(size, "size", INK) - INK) // 2
    if len(reach) != 2 or max(whole(most, "reach") for most in reach) > room:
        raise ValueError(f"reach {reach} is too far: a canvas of {size} leaves room for {room}")
    plain, rng = digits(seed), np.random.default_rng((seed, 3))
    plain = _repeated(plain, whole(train, "train", 1), whole(test, "test", 1))
    parts = {}
    for key, most in zip(("x_train", "x_test"), reach, strict=True):
        x = enlarge(getattr(plain, key)[:, 0], INK, INK)[:, None]  # (N, 1, 20, 20)
        rows, columns = room + rng.integers(-most, most + 1, (2, len(x)))
        parts[key] = place(x, size, rows, columns)
    return replace(plain, name="shifted-digits", **parts)


def place(
    images: np.ndarray, size: int, rows: int | np.ndarray, columns: int | np.ndarray
) -> np.ndarray:
    """Put images (N, C, h, w) on black canvases (N, C, size, size).

    Args:
        images: what is put.
        size: side of each canvas in pixels.
        rows: of the top left pixel: one for all, or (N,).
        columns: likewise.

    Raises:
        ValueError: if an image would not lie wholly on its canvas.
    """
    n, c, height, width = images.shape
    rows, columns = (np.broadcast_to(np.asarray(v), (n,)) for v in (rows, columns))
    for first, length in ((rows, height), (columns, width)):
        if first.min() < 0 or first.max() + length > size:
            raise ValueError(
                f"{length} pixels from {first.min()} or {first.max()} on leave a canvas of {size}"
            )
    canvas = np.zeros((n, c, size, size), images.dtype)
    rows = rows[:, None] + np.arange(height)  # (N, h)
    columns = columns[:, None] + np.arange(width)  # (N, w)
    index = np.arange(n)[:, None, None]
    canvas[index, :, rows[:, :, None], columns[:, None]] = images.transpose(0, 2, 3, 1)
    return canvas


def _repeated(plain: Dataset, train: int, test: int) -> Dataset:
    """Take the first of each part, from the start again where there are not enough."""
    a, b = np.arange(train) % len(plain.y_train), np.arange(test) % len(plain.y_test)
    return replace(
        plain,
        x_train=plain.x_train[a],
        y_train=plain.y_train[a],
        x_test=plain.x_test[b],
        y_test=plain.y_test[b],
    )
