"""What a name on the command line stands for."""

import difflib
import inspect
from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module

from torch import nn

from cnnbook import data, models
from cnnbook.data import Dataset
from cnnbook.training import augment

MIXED = ("crop", "affine", "noise", "cutout")  # flip is left out: it turns one digit into another


def builders() -> dict[str, Callable[..., nn.Module]]:
    """Return the networks that `cnnbook.models` exports, by name."""
    wanted = ["channels", "classes", "size"]
    return {
        name: value
        for name, value in sorted(vars(models).items())
        if inspect.isfunction(value) and list(inspect.signature(value).parameters)[:3] == wanted
    }


def builder(name: str) -> Callable[..., nn.Module]:
    """Find a network of the book, or the reader's own, named `module:function`.

    Raises:
        ValueError: if there is no such network.
    """
    if ":" not in name:
        known = builders()
        return known[known_name(name, known, "network")]
    module, function = name.split(":", 1)
    try:
        return getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"no network {name!r}: {error}") from error


def dataset(name: str) -> Dataset:
    """Load images of the book.

    Raises:
        ValueError: if there is no such data set, or it has no images or no classes for them.
    """
    found = data.load(known_name(name, data.LOADERS, "data set"))
    if found.x_train.ndim != 4 or found.y_train.ndim not in (1, 3):
        raise ValueError(f"{name} does not hold images with a class each, or one for each pixel")
    return found


def change(names: str, classes: int) -> augment.Augment:
    """Compose augmentations from names with commas between; `mixed` stands for several.

    Raises:
        ValueError: if there is no such augmentation.
    """
    known = {
        "flip": augment.flip,
        "crop": augment.crop,
        "affine": augment.affine,
        "noise": augment.noise,
        "cutout": augment.cutout,
        "mixup": partial(augment.mixup, classes=classes),
    }
    asked = names.replace("mixed", ",".join(MIXED)).split(",")
    return augment.mixed(*(known[known_name(name, known, "augmentation")] for name in asked))


def known_name(name: str, known: Iterable[str], what: str) -> str:
    """Return the name if it is known.

    Raises:
        ValueError: if it is not; with the names that it may have meant, or else all of them.
    """
    known = list(known)
    if name in known:
        return name
    near = difflib.get_close_matches(name.lower(), known, n=4)
    near += [other for other in known if other.startswith(name.lower()) and other not in near]
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
    raise ValueError(f"no {what} {name!r}; {hint}")
