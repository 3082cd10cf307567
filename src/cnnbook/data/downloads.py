"""The whole classic sets, for readers with a network. No chapter needs them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from cnnbook.data.dataset import Dataset
from cnnbook.data.fetching import fetch
from cnnbook.data.formats import read_cifar, read_idx
from cnnbook.data.packaged import FASHION_LICENCE, GARMENTS

MNIST_URL = "https://ossci-datasets.s3.amazonaws.com/mnist/"  # torchvision's mirror
MNIST = {  # file -> checksum, as in torchvision/datasets/mnist.py
    "train-images-idx3-ubyte.gz": "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "md5:d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "md5:9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "md5:ec29112dd5afa0611ce80d1b7f02629c",
}
FASHION_URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
FASHION = {  # file -> checksum, as in the README of github.com/zalandoresearch/fashion-mnist
    "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
}
CIFAR_URL = "https://www.cs.toronto.edu/~kriz/"
CIFAR = {  # archive -> checksum, as on cs.toronto.edu/~kriz/cifar.html
    "cifar-10-binary.tar.gz": "md5:c32a1d4ab5d03f1284b67883e8d87530",
}
CIFAR_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
MNIST_LICENCE = "CC BY-SA 3.0 (Yann LeCun, Corinna Cortes)"
CIFAR_LICENCE = "none stated; cite Krizhevsky 2009, Learning multiple layers of features"


def download(name: str, folder: Path | None = None) -> Dataset:
    """Fetch a whole data set, or read it from the cache if it was fetched before.

    Args:
        name: one of "mnist" (60,000 and 10,000 images of 28 x 28), "fashion-mnist" (likewise) and
            "cifar-10" (50,000 and 10,000 of 3 x 32 x 32; as float32 they take 740 MB of memory).
        folder: for the files; without it the user's cache.

    Returns:
        Images (N, C, H, W) from 0 to 1.

    Raises:
        ValueError: if there is no such set, or a file is not what it should be.
        ModuleNotFoundError: if pooch is not installed.
        OSError: if a file cannot be fetched; the message says what to do.
    """
    if name not in SETS:
        raise ValueError(f"no set {name!r} to download; there are {', '.join(SETS)}")
    url, files, read, classes, licence = SETS[name]
    paths = [fetch(url + file, checksum, name, folder) for file, checksum in files.items()]
    x_train, y_train, x_test, y_test = read(*paths)
    for y in (y_train, y_test):
        if y.max() >= len(classes):
            raise ValueError(f"{name} has a label {y.max()}, there are {len(classes)} classes")
    return Dataset(
        name=name,
        x_train=x_train / np.float32(255),
        y_train=y_train.astype(np.int64),
        x_test=x_test / np.float32(255),
        y_test=y_test.astype(np.int64),
        classes=classes,
        licence=licence,
    )


def _read_four(*paths: Path) -> tuple[np.ndarray, ...]:
    """Read images and labels to train with, then those to test with."""
    parts = []
    for images, labels in (paths[:2], paths[2:]):
        x, y = read_idx(images, 3), read_idx(labels, 1)
        if len(x) != len(y):
            raise ValueError(f"{images.name} has {len(x)} images, {labels.name} {len(y)} labels")
        parts += [x[:, None], y]
    return tuple(parts)


SETS: dict[str, tuple[str, dict[str, str], Callable, tuple[str, ...], str]] = {
    "mnist": (MNIST_URL, MNIST, _read_four, tuple("0123456789"), MNIST_LICENCE),
    "fashion-mnist": (FASHION_URL, FASHION, _read_four, GARMENTS, FASHION_LICENCE),
    "cifar-10": (CIFAR_URL, CIFAR, read_cifar, CIFAR_CLASSES, CIFAR_LICENCE),
}
