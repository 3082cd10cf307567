"""Texture patches: three classes that no single pixel tells apart."""

import numpy as np

from cnnbook.data.dataset import Dataset
from cnnbook.data.photographs import photograph
from cnnbook.shapes.checks import whole

TEXTURES = ("brick", "grass", "gravel")
PATCH = 28  # side of a texture patch, in pixels: that of an image of Fashion-MNIST


def textures(seed: int = 0, train: int = 400, test: int = 200) -> Dataset:
    """Cut patches out of three photographs, to train from the left half, to test from the right.

    A test patch is thus a new place on the same wall or ground, not a new wall.

    Args:
        seed: draws the corners of the patches.
        train: patches of each class to train with; they overlap.
        test: patches of each class to test with.

    Returns:
        Images (N, 1, 28, 28) from 0 black to 1 white, shuffled; classes brick, grass, gravel.

    Raises:
        ValueError: if a count is below 1.
    """
    rng = np.random.default_rng(seed)
    parts = []
    for count, side in ((whole(train, "train", 1), 0), (whole(test, "test", 1), 1)):
        x = np.concatenate([_patches(name, side, count, rng) for name in TEXTURES])
        y = np.repeat(np.arange(len(TEXTURES)), count)
        order = rng.permutation(len(y))
        parts += [x[order], y[order]]
    return Dataset("textures", *parts, TEXTURES, "CC0 (CC0Textures)")


def _patches(name: str, side: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Cut (count, 1, 28, 28) from the left (0) or right (1) half of a photograph."""
    image = (photograph(name) / 255).astype(np.float32)
    half = image.shape[1] // 2
    image = image[:, side * half : (side + 1) * half]
    rows, columns = (rng.integers(0, length - PATCH + 1, count) for length in image.shape)
    windows = np.lib.stride_tricks.sliding_window_view(image, (PATCH, PATCH))
    return windows[rows, columns][:, None]
