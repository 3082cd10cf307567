"""Scenes: circles, squares and triangles, or handwritten digits, with every pixel accounted for."""

from collections.abc import Callable

import numpy as np

from cnnbook.data.packaged import DIGITS_LICENCE, digits
from cnnbook.data.scenes import Objects, Scenes, Stamp, describe, fill, pixel_labels
from cnnbook.data.warping import enlarge
from cnnbook.shapes.checks import whole

SHAPES = ("circle", "square", "triangle")
CORNERS = {2: 4, 3: 3}  # label -> corners, evenly around the centre
CONTRAST = 0.5  # least distance of a shape's colour from the ground's; black and white have 1.73


def shapes(
    seed: int = 0,
    train: int = 300,
    test: int = 100,
    size: int = 64,
    most: int = 3,
    noise: float = 0.05,
) -> Scenes:
    """Draw circles, squares and triangles of any colour, turned at random, on a plain ground.

    A pixel belongs to a shape if its centre lies in it. Shapes do not cover each other.

    Args:
        seed: draws everything.
        train: images to train with.
        test: images to test with.
        size: side of the images in pixels.
        most: each image has 1 to `most` shapes, fewer where they find no room.
        noise: standard deviation of what is added to each channel of each pixel.

    Returns:
        Images (N, 3, size, size) from 0 to 1; classes background, circle, square, triangle.

    Raises:
        ValueError: if a count is below 1, size below 16 or noise negative.
    """
    if noise < 0:
        raise ValueError(f"noise must not be negative, got {noise}")
    size, most = whole(size, "size", 16), whole(most, "most", 1)
    rng = np.random.default_rng(seed)

    def scene() -> tuple[np.ndarray, Objects]:
        return _shape_scene(size, most, noise, rng)

    classes = ("background", *SHAPES)
    return _scenes("shapes", (scene, scene), (train, test), classes, "none needed: drawn here")


def digit_scenes(
    seed: int = 0, train: int = 300, test: int = 100, size: int = 64, most: int = 3
) -> Scenes:
    """Put handwritten digits of several sizes on one canvas, apart from each other.

    The pixels of a digit are those with at least a quarter of full ink. The test scenes are made
    of digits that no training scene shows.

    Args:
        seed: draws everything.
        train: images to train with.
        test: images to test with.
        size: side of the images in pixels; the digits are 1/4 to 1/2 as large.
        most: each image has 1 to `most` digits, fewer where they find no room.

    Returns:
        Images (N, 1, size, size) from 0 paper to 1 ink; classes background, 0, ... 9, so that
        the label of digit d is d + 1.

    Raises:
        ValueError: if a count is below 1 or size below 32.
    """
    size, most = whole(size, "size", 32), whole(most, "most", 1)
    plain, rng = digits(seed), np.random.default_rng((seed, 4))

    def train_scene() -> tuple[np.ndarray, Objects]:
        return _digit_scene(plain.x_train[:, 0], plain.y_train, size, most, rng)

    def test_scene() -> tuple[np.ndarray, Objects]:
        return _digit_scene(plain.x_test[:, 0], plain.y_test, size, most, rng)

    classes = ("background", *plain.classes)
    scenes = train_scene, test_scene
    return _scenes("digit-scenes", scenes, (train, test), classes, DIGITS_LICENCE)


def _scenes(
    name: str,
    scenes: tuple[Callable, Callable],
    counts: tuple[int, int],
    classes: tuple[str, ...],
    licence: str,
) -> Scenes:
    """Draw so many scenes to train and to test with."""
    train, test = whole(counts[0], "train", 1), whole(counts[1], "test", 1)
    x_train, y_train, objects_train = _part(scenes[0], train)
    x_test, y_test, objects_test = _part(scenes[1], test)
    return Scenes(
        name=name,
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        classes=classes,
        licence=licence,
        objects_train=objects_train,
        objects_test=objects_test,
    )


def _part(scene: Callable[[], tuple[np.ndarray, Objects]], count: int) -> tuple:
    """Draw `count` scenes: images, the labels of their pixels, and what is in them."""
    images, objects = zip(*(scene() for _ in range(count)), strict=True)
    return np.stack(images).astype(np.float32), np.stack(list(map(pixel_labels, objects))), objects


def _shape_scene(
    size: int, most: int, noise: float, rng: np.random.Generator
) -> tuple[np.ndarray, Objects]:
    """Draw some shapes on one ground."""
    ground = rng.random(3)
    wanted = int(rng.integers(1, most + 1))
    objects = describe(size, fill(size, wanted, lambda: _shape(size, rng)))
    palette = np.stack([ground, *(_colour(ground, rng) for _ in objects.labels)])
    which = (objects.masks * np.arange(1, len(palette))[:, None, None]).sum(0)
    x = rng.standard_normal((3, size, size), np.float32)
    x *= noise
    x += palette.T.astype(np.float32)[:, which]  # (3, size, size)
    return x.clip(0, 1), objects


def _shape(size: int, rng: np.random.Generator) -> Stamp:
    """Draw a circle, or a regular polygon in a circle, about as large as 1/5 to 1/2 of the image.

    Even the smallest triangle, in a circle of 1.6 pixels, has a pixel's centre in it: its inner
    circle of 0.8 is larger than the 0.71 that a circle needs for that.
    """
    label = int(rng.integers(1, 4))
    radius = rng.uniform(size / 10, size / 4)
    side = int(np.ceil(2 * radius)) + 1  # holds the shape wherever in a pixel its centre is
    line = np.arange(side) - (side - 1) / 2
    off_row, off_column = rng.uniform(-0.5, 0.5, 2)
    y, x = (line - off_row)[:, None], (line - off_column)[None]  # from the centre of the shape
    if label == 1:
        mask = y**2 + x**2 <= radius**2
    else:
        corners = CORNERS[label]
        angles = rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.arange(corners) / corners
        inner = radius * np.cos(np.pi / corners)  # from the centre to each side
        sides = [np.cos(angle) * y + np.sin(angle) * x <= inner for angle in angles]
        mask = np.logical_and.reduce(sides)
    row, column = rng.integers(0, size - side + 1, 2)
    return Stamp(label, mask, int(row), int(column))


def _colour(ground: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a colour that stands out from the ground."""
    while True:
        colour = rng.random(3)
        if np.linalg.norm(colour - ground) >= CONTRAST:
            return colour


def _digit_scene(
    ink: np.ndarray, labels: np.ndarray, size: int, most: int, rng: np.random.Generator
) -> tuple[np.ndarray, Objects]:
    """Put some digits of a pool (N, 8, 8) onto one canvas."""

    def digit() -> Stamp:
        which, side = int(rng.integers(len(ink))), int(rng.integers(size // 4, size // 2 + 1))
        row, column = rng.integers(0, size - side + 1, 2)
        enlarged = enlarge(ink[which : which + 1], side, side)[0]
        return Stamp(int(labels[which]) + 1, enlarged, int(row), int(column))

    x = np.zeros((1, size, size), np.float32)
    found = fill(size, int(rng.integers(1, most + 1)), digit)
    for stamp in found:
        stamp.within(x)[0] += stamp.ink
    return x, describe(size, found)
