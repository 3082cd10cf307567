"""The digits of the study of overfitting: three parts for each seed, and what may befall them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from cnnbook import data

CLASSES = 10
VALIDATION, TEST = 197, 200  # of the 397 digits that nothing is trained with
Arrays = tuple[torch.Tensor, torch.Tensor]  # x (S, N, inputs) and y (S, N) of S seeds


@dataclass(frozen=True)
class Setting:
    """What a network learns from, and how long; the default is the point that all rows start from.

    Args:
        images: to train with, at most 1,400.
        width: hidden units.
        label_noise: share of the training labels that are replaced by a wrong one.
        steps: of gradient descent.
        decay: weight decay; biases are left alone.
        view: what of an image the network is shown, a key of `VIEWS`.
    """

    images: int = 200
    width: int = 64
    label_noise: float = 0.0
    steps: int = 1000
    decay: float = 0.0
    view: str = "pixels"


def own_order(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Put the pixels of each image (N, 8, 8) into an order of its own."""
    return rng.permuted(x.reshape(len(x), -1), axis=1)


def means(x: np.ndarray, side: int) -> np.ndarray:
    """Average images (N, 8, 8) over squares of side x side pixels."""
    n, h, w = x.shape
    return x.reshape(n, h // side, side, w // side, side).mean((2, 4))


VIEWS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "pixels": lambda x, rng: x,
    "means of 2x2": lambda x, rng: means(x, 2),
    "means of 4x4": lambda x, rng: means(x, 4),
    "each in its own order": own_order,
}
SHIFTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {  # what may befall the test images
    "none": lambda x: x,
    "1 pixel right": lambda x: np.roll(x, 1, axis=2),
    "contrast 0.4": lambda x: 0.4 * x,
    "negative": lambda x: 1 - x,
}


def draw(setting: Setting, seed: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Draw the three parts by the seed, and the test part once more under every shift.

    Returns:
        "train", "validation", "test" and "test, ..." -> x (N, inputs), standardised by the mean
        and spread of the training images, and y (N,). Only training labels may be wrong.
    """
    if setting.view not in VIEWS:
        raise ValueError(f"no view {setting.view!r}; there are {', '.join(VIEWS)}")
    digits, rng = data.digits(seed), np.random.default_rng((seed, 8))
    some = digits.take(setting.images, seed)
    held, names = digits.x_test[:, 0], digits.y_test
    parts = {
        "train": (some.x_train[:, 0], wrong(some.y_train, setting.label_noise, rng)),
        "validation": (held[:VALIDATION], names[:VALIDATION]),
        "test": (held[VALIDATION:], names[VALIDATION:]),
    }
    for name, shift in SHIFTS.items():
        if name != "none":
            parts[f"test, {name}"] = shift(parts["test"][0]), parts["test"][1]
    seen = {name: (VIEWS[setting.view](x, rng), y) for name, (x, y) in parts.items()}
    mean, spread = seen["train"][0].mean(), seen["train"][0].std()
    return {name: ((x.reshape(len(x), -1) - mean) / spread, y) for name, (x, y) in seen.items()}


def wrong(labels: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Replace a share of the labels by another class, each of the nine as likely."""
    rows = rng.permutation(len(labels))[: round(share * len(labels))]
    labels = labels.copy()
    labels[rows] = (labels[rows] + rng.integers(1, CLASSES, len(rows))) % CLASSES
    return labels


def stacked(setting: Setting, seeds: Sequence[int]) -> dict[str, Arrays]:
    """Draw the parts of every seed and stack them along a first axis."""
    drawn = [draw(setting, seed) for seed in seeds]
    return {
        name: tuple(torch.from_numpy(np.stack(arrays)) for arrays in zip(*parts, strict=True))
        for name in drawn[0]
        for parts in [[each[name] for each in drawn]]
    }
