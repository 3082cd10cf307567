"""A data set that is loaded once: 1,200 texture patches to train with, 600 to test with."""

import dataclasses
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from cnnbook import data, training


@pytest.fixture(scope="session")
def textures() -> data.Dataset:
    return training.standardise(data.load("textures"))


@pytest.fixture(scope="session")
def few(textures: data.Dataset) -> data.Dataset:
    """The same with 100 and 50 images."""
    return dataclasses.replace(
        textures,
        x_train=textures.x_train[:100],
        y_train=textures.y_train[:100],
        x_test=textures.x_test[:50],
        y_test=textures.y_test[:50],
    )
