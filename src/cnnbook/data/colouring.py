"""Texture patches under coloured light: a hint that holds in training and fails in the test."""

from dataclasses import replace

import numpy as np

from cnnbook.data.dataset import Dataset
from cnnbook.data.patches import textures
from cnnbook.data.photographs import LUMA

GREY = 0.75  # what each light leaves of the brightness
COLOURS = ("red", "green", "blue")  # the light of brick, of grass and of gravel


def coloured_textures(
    seed: int = 0,
    train: int = 400,
    test: int = 200,
    agreement: tuple[float, float] = (0.95, 0.0),
) -> Dataset:
    """Light texture patches in the colour of their class, or in one of the other two.

    The three lights are equally bright: in grey (weighted by `LUMA`) a patch is its own grey
    times 0.75, whatever its light. So colour tells nothing that grey tells as well.

    Args:
        seed: draws the patches and their lights.
        train: patches of each class to train with.
        test: patches of each class to test with.
        agreement: for the training and the test part, the chance that a patch is lit in the
            colour of its class. With 0 each is lit in a wrong one; 1/3 makes colour say nothing.

    Returns:
        Images (N, 3, 28, 28) from 0 to 1; classes brick, grass, gravel.

    Raises:
        ValueError: if a count is below 1 or a chance is not between 0 and 1.
    """
    if len(agreement) != 2 or not all(0 <= chance <= 1 for chance in agreement):
        raise ValueError(f"agreement wants two chances from 0 to 1, got {agreement}")
    grey, rng = textures(seed, train, test), np.random.default_rng((seed, 1))
    return replace(
        grey,
        name="coloured-textures",
        x_train=_lit(grey.x_train, grey.y_train, agreement[0], rng),
        x_test=_lit(grey.x_test, grey.y_test, agreement[1], rng),
    )


def lights() -> np.ndarray:
    """Return the red, green and blue share of each light, (3, 3), one light a row.

    Each lets its own colour through and so much of the other two that all have one brightness.
    """
    own = np.array(LUMA)
    shares = np.repeat(((GREY - own) / (1 - own))[:, None], 3, axis=1)
    np.fill_diagonal(shares, 1)
    return shares


def _lit(x: np.ndarray, y: np.ndarray, chance: float, rng: np.random.Generator) -> np.ndarray:
    """Give each patch (N, 1, H, W) its light."""
    wrong = (y + rng.integers(1, 3, len(y))) % 3  # one of the other two
    colour = np.where(rng.random(len(y)) < chance, y, wrong)
    return x * lights().astype(np.float32)[colour][:, :, None, None]  # (N, 3, H, W)
