"""Photographs and small data sets out of packages that are installed anyway: no network, ever.

The images lie in the scikit-image wheel. They are read with Pillow, which scikit-image needs
itself, because `import skimage` would cost more than reading them.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from cnnbook.shapes.checks import whole

# name -> terms, as scikit-image's documentation (skimage/data/_fetchers.py) states them
LICENCES = {
    "astronaut": "public domain (NASA, Eileen Collins)",
    "brick": "CC0 (CC0Textures, Bricks25)",
    "camera": "CC0 (Lav Varshney)",
    "chelsea": "CC0 (Stefan van der Walt)",
    "coffee": "CC0 (Rachel Michetti)",
    "coins": "no known copyright restrictions (Brooklyn Museum)",
    "grass": "CC0 (CC0Textures)",
    "gravel": "CC0 (CC0Textures, Gravel04)",
}
TEXTURES = ("brick", "grass", "gravel")
PATCH = 28  # side of a texture patch, in pixels: that of a digit in the data sets of later chapters
LUMA = (0.2126, 0.7152, 0.0722)  # share of red, green and blue in grey (ITU-R BT.709)


@dataclass(frozen=True)
class Dataset:
    """Images and labels in two parts that share no pixel.

    The images are float32, (N, C, H, W); the labels are int64, (N,), indices into `classes`.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    classes: tuple[str, ...]
    licence: str


def photograph(name: str, size: int | None = None, colour: bool = False) -> np.ndarray:
    """Read a photograph.

    Args:
        name: one of `LICENCES`, which tells who made it and on what terms it may be used.
        size: side of the result in pixels: the largest centred square, each pixel the mean of
            the area that it covers. Without it the whole image at its own size.
        colour: three channels instead of one.

    Returns:
        (H, W) in grey or (3, H, W) in colour, float64, 0 black to 255 white.

    Raises:
        ValueError: if there is no such photograph, or size is below 1 or above its shorter side.
    """
    from PIL import Image

    if name not in LICENCES:
        raise ValueError(f"no photograph {name!r}; there are {', '.join(LICENCES)}")
    with Image.open(_folder() / f"{name}.png") as image:
        planes = np.asarray(image.convert("RGB" if colour or image.mode != "L" else "L"), float)
    planes = planes[None] if planes.ndim == 2 else planes.transpose(2, 0, 1)
    if not colour and len(planes) == 3:
        planes = np.tensordot(LUMA, planes, 1)[None]
    if size is not None:
        planes = _reduce(planes, whole(size, "size", 1))
    return planes if colour else planes[0]


def load(name: str, seed: int = 0) -> Dataset:
    """Load a data set by its name; the seed draws what is drawn.

    Raises:
        ValueError: if there is no such data set.
    """
    if name not in LOADERS:
        raise ValueError(f"no data set {name!r}; there are {', '.join(LOADERS)}")
    return LOADERS[name](seed)


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


def _folder() -> Path:
    spec = find_spec("skimage")  # finds the package without importing it
    if spec is None:
        raise ModuleNotFoundError("the photographs are in scikit-image: pip install scikit-image")
    return Path(spec.submodule_search_locations[0]) / "data"


def _reduce(planes: np.ndarray, size: int) -> np.ndarray:
    """Crop (C, H, W) to the centred square and average it down to `size` pixels a side."""
    side = min(planes.shape[1:])
    if size > side:
        raise ValueError(f"size {size} is more than the photograph's shorter side, {side}")
    top, left = ((length - side) // 2 for length in planes.shape[1:])
    square = planes[:, top : top + side, left : left + side]
    mean = _averages(side, size)
    return mean @ square @ mean.T


def _averages(side: int, size: int) -> np.ndarray:
    """Return the (size, side) matrix whose row i averages the i-th of `size` equal stretches."""
    edges = np.arange(size + 1)[:, None] * side / size
    covered = np.clip(edges - np.arange(side), 0, 1)  # share of each cell left of each edge
    return np.diff(covered, axis=0) * size / side


def _patches(name: str, side: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Cut (count, 1, 28, 28) from the left (0) or right (1) half of a photograph."""
    image = (photograph(name) / 255).astype(np.float32)
    half = image.shape[1] // 2
    image = image[:, side * half : (side + 1) * half]
    rows, columns = (rng.integers(0, length - PATCH + 1, count) for length in image.shape)
    windows = np.lib.stride_tricks.sliding_window_view(image, (PATCH, PATCH))
    return windows[rows, columns][:, None]


LOADERS = {"textures": textures}
