"""All data sets by name: what each must have, and what importing them costs."""

import subprocess
import sys

import numpy as np
import pytest

from cnnbook import data


@pytest.mark.parametrize("name", data.LOADERS)
def test_every_set_has_what_a_set_must_have(name):
    loaded = data.load(name)
    assert loaded.name == name
    assert loaded.licence
    for x, y in ((loaded.x_train, loaded.y_train), (loaded.x_test, loaded.y_test)):
        assert len(x) == len(y) > 0
        assert x.dtype == np.float32
        assert y.dtype == np.int64
        assert np.isfinite(x).all()
        assert set(np.unique(y)) == set(range(len(loaded.classes)))


@pytest.mark.parametrize("name", data.LOADERS)
def test_the_readers_copy_is_the_readers(name):
    data.load(name).x_test[:] = -9
    assert data.load(name).x_test.min() > -9


def test_what_load_refuses():
    with pytest.raises(
        ValueError, match=r"no data set 'cats'; there are textures, .*, digit-scenes$"
    ):
        data.load("cats")
    with pytest.raises(
        ValueError, match=r"no data set 'mnist'.*; data\.download\('mnist'\) fetches"
    ):
        data.load("mnist")


def test_importing_loads_neither_skimage_nor_torch_nor_matplotlib():
    code = (
        "import sys; from cnnbook import data; data.photograph('coins', 20);"
        "data.load('digits-28');"
        "heavy = ('skimage', 'sklearn', 'torch', 'matplotlib', 'scipy', 'pooch', 'requests');"
        "print([m for m in heavy if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
