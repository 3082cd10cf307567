"""Photographs and data sets: sizes, terms, and that no test pixel was trained on."""

import subprocess
import sys

import numpy as np
import pytest

from cnnbook import data


@pytest.mark.parametrize("name", data.LICENCES)
def test_every_photograph_is_in_the_wheel(name):
    image = data.photograph(name)
    assert image.ndim == 2
    assert image.dtype == np.float64
    assert 0 <= image.min() < 100 < 160 < image.max() <= 255  # not already divided by 255


def test_a_photograph_keeps_its_rows_and_columns():
    assert data.photograph("chelsea").shape == (300, 451)
    assert data.photograph("chelsea", colour=True).shape == (3, 300, 451)


def test_grey_is_the_weighted_sum_of_the_colours():
    red, green, blue = data.photograph("coffee", colour=True)
    grey = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    np.testing.assert_allclose(data.photograph("coffee"), grey, rtol=1e-12)


def test_a_grey_photograph_in_colour_has_three_equal_channels():
    red, green, blue = data.photograph("camera", colour=True)
    np.testing.assert_array_equal(red, data.photograph("camera"))
    np.testing.assert_array_equal(red, green)
    np.testing.assert_array_equal(red, blue)


def test_reducing_by_a_whole_factor_is_the_mean_of_blocks():
    image = data.photograph("camera")
    blocks = image.reshape(64, 8, 64, 8).mean((1, 3))
    np.testing.assert_allclose(data.photograph("camera", 64), blocks, rtol=1e-12)


def test_reducing_crops_the_centre_and_keeps_the_mean():
    square = data.photograph("chelsea")[:, 75:375]
    for size in (300, 100, 97, 1):
        small = data.photograph("chelsea", size)
        assert small.shape == (size, size)
        assert small.mean() == pytest.approx(square.mean(), rel=1e-12)
    np.testing.assert_allclose(data.photograph("chelsea", 300), square, rtol=1e-12)


def test_what_photograph_refuses():
    with pytest.raises(ValueError, match=r"no photograph 'lena'; there are astronaut, brick"):
        data.photograph("lena")
    with pytest.raises(ValueError, match=r"size 301 is more than .* shorter side, 300"):
        data.photograph("chelsea", 301)
    with pytest.raises(ValueError, match="size must be at least 1, got 0"):
        data.photograph("chelsea", 0)
    with pytest.raises(ValueError, match=r"size wants a whole number, got 9\.5"):
        data.photograph("chelsea", 9.5)


def test_a_photograph_is_the_readers_own_copy():
    data.photograph("coins")[:] = 0
    assert data.photograph("coins").max() > 0


def test_textures_have_the_announced_shapes():
    textures = data.load("textures")
    assert textures.x_train.shape == (1200, 1, 28, 28)
    assert textures.x_test.shape == (600, 1, 28, 28)
    assert textures.x_train.dtype == textures.x_test.dtype == np.float32
    assert textures.y_train.dtype == np.int64
    assert textures.classes == ("brick", "grass", "gravel")
    assert "CC0" in textures.licence
    assert np.bincount(textures.y_train).tolist() == [400] * 3
    assert np.bincount(textures.y_test).tolist() == [200] * 3
    assert 0 <= textures.x_train.min() < textures.x_train.max() <= 1


def _corner(patch, image):
    """Find the (row, column) at which a patch was cut from a photograph."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (28, 28))
    found = np.argwhere(windows[:, :, 13, 13] == patch[13, 13])
    return [(r, c) for r, c in found if np.array_equal(windows[r, c], patch)]


@pytest.mark.parametrize(("part", "columns"), [("train", (0, 228)), ("test", (256, 484))])
def test_patches_come_from_their_half_and_their_photograph(part, columns):
    textures = data.textures(train=20, test=20)
    x, y = getattr(textures, f"x_{part}"), getattr(textures, f"y_{part}")
    for label, name in enumerate(textures.classes):
        image = (data.photograph(name) / 255).astype(np.float32)
        for patch in x[y == label][:10, 0]:
            corners = _corner(patch, image)
            assert len(corners) == 1
            assert columns[0] <= corners[0][1] <= columns[1]


def test_labels_are_shuffled_and_the_seed_decides():
    first, again, other = data.load("textures"), data.load("textures", 0), data.load("textures", 1)
    assert not (np.diff(first.y_train) >= 0).all()
    np.testing.assert_array_equal(first.x_train, again.x_train)
    assert not np.array_equal(first.x_train, other.x_train)


def test_what_load_refuses():
    with pytest.raises(ValueError, match="no data set 'mnist'; there are textures"):
        data.load("mnist")
    with pytest.raises(ValueError, match="train must be at least 1, got 0"):
        data.textures(train=0)


def test_importing_loads_neither_skimage_nor_torch_nor_matplotlib():
    code = (
        "import sys; from cnnbook import data; data.photograph('coins', 20);"
        "print([m for m in ('skimage', 'torch', 'matplotlib', 'scipy') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
