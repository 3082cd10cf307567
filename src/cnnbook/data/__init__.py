"""Photographs and data sets that need no network: from installed packages, packaged, or drawn.

`load(name)` returns a data set, `photograph(name)` a picture. `download(name)` alone uses the
network.
"""

from cnnbook.data.colouring import coloured_textures
from cnnbook.data.dataset import Dataset
from cnnbook.data.deforming import deformed_digits, place, shifted_digits
from cnnbook.data.downloads import SETS, download
from cnnbook.data.drawing import digit_scenes, shapes
from cnnbook.data.packaged import digits, fashion_mnist
from cnnbook.data.patches import PATCH, TEXTURES, textures
from cnnbook.data.photographs import LICENCES, LUMA, photograph
from cnnbook.data.scenes import Objects, Scenes
from cnnbook.data.two_spirals import spirals

__all__ = [
    "LICENCES",
    "LOADERS",
    "LUMA",
    "PATCH",
    "TEXTURES",
    "Dataset",
    "Objects",
    "Scenes",
    "coloured_textures",
    "deformed_digits",
    "digit_scenes",
    "digits",
    "download",
    "fashion_mnist",
    "load",
    "photograph",
    "place",
    "shapes",
    "shifted_digits",
    "spirals",
    "textures",
]

LOADERS = {  # name -> what makes it from a seed
    "textures": textures,
    "coloured-textures": coloured_textures,
    "fashion-mnist": lambda seed: fashion_mnist(),  # nothing is drawn
    "digits": digits,
    "digits-28": lambda seed: digits(seed, 28),
    "deformed-digits": deformed_digits,
    "shifted-digits": shifted_digits,
    "spirals": spirals,
    "shapes": shapes,
    "digit-scenes": digit_scenes,
}


def load(name: str, seed: int = 0) -> Dataset:
    """Load a data set by its name; the seed draws what is drawn.

    Raises:
        ValueError: if there is no such data set.
    """
    if name not in LOADERS:
        hint = f"; data.download({name!r}) fetches it" if name in SETS else ""
        raise ValueError(f"no data set {name!r}; there are {', '.join(LOADERS)}{hint}")
    return LOADERS[name](seed)
