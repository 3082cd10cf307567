"""Photographs out of packages that are installed anyway.

They lie in the wheels of scikit-image and scikit-learn. They are read with Pillow, which
scikit-image needs itself, because importing either package would cost more than reading them.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from cnnbook.shapes.checks import whole

# name -> package, file in it, terms as its own documentation states them
# (skimage/data/_fetchers.py, sklearn/datasets/images/README.txt)
SOURCES = {
    "astronaut": ("skimage", "data/astronaut.png", "public domain (NASA, Eileen Collins)"),
    "brick": ("skimage", "data/brick.png", "CC0 (CC0Textures, Bricks25)"),
    "camera": ("skimage", "data/camera.png", "CC0 (Lav Varshney)"),
    "chelsea": ("skimage", "data/chelsea.png", "CC0 (Stefan van der Walt)"),
    "china": ("sklearn", "datasets/images/china.jpg", "CC BY 2.0 (danielbuechele, Flickr)"),
    "clock": ("skimage", "data/clock_motion.png", "public domain (Stefan van der Walt)"),
    "coffee": ("skimage", "data/coffee.png", "CC0 (Rachel Michetti)"),
    "coins": ("skimage", "data/coins.png", "no known copyright restrictions (Brooklyn Museum)"),
    "flower": ("sklearn", "datasets/images/flower.jpg", "CC BY 2.0 (vultilion, Flickr)"),
    "grass": ("skimage", "data/grass.png", "CC0 (CC0Textures)"),
    "gravel": ("skimage", "data/gravel.png", "CC0 (CC0Textures, Gravel04)"),
    "retina": ("skimage", "data/retina.jpg", "CC0 (Mikael Häggström)"),
    "rocket": ("skimage", "data/rocket.jpg", "public domain (SpaceX)"),
    "text": ("skimage", "data/text.png", "public domain (Wikipedia, Corner.png)"),
}
LICENCES = {name: terms for name, (_, _, terms) in SOURCES.items()}
WHEELS = {"skimage": "scikit-image", "sklearn": "scikit-learn"}  # package -> what pip calls it
LUMA = (0.2126, 0.7152, 0.0722)  # share of red, green and blue in grey (ITU-R BT.709)


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
        ModuleNotFoundError: if the package that it lies in is not installed.
    """
    from PIL import Image

    if name not in SOURCES:
        raise ValueError(f"no photograph {name!r}; there are {', '.join(SOURCES)}")
    with Image.open(_path(name)) as image:
        planes = np.asarray(image.convert("RGB" if colour or image.mode != "L" else "L"), float)
    planes = planes[None] if planes.ndim == 2 else planes.transpose(2, 0, 1)
    if not colour and len(planes) == 3:
        planes = np.tensordot(LUMA, planes, 1)[None]
    if size is not None:
        planes = _reduce(planes, whole(size, "size", 1))
    return planes if colour else planes[0]


def _path(name: str) -> Path:
    package, file, _ = SOURCES[name]
    spec = find_spec(package)  # finds the package without importing it
    if spec is None:
        wheel = WHEELS[package]
        raise ModuleNotFoundError(f"the photograph {name} is in {wheel}: pip install {wheel}")
    return Path(spec.submodule_search_locations[0]) / file


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
