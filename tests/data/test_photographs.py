"""Photographs: sizes, colours, terms, and where they come from."""

from pathlib import Path

import numpy as np
import pytest

from cnnbook import data
from cnnbook.data import photographs


@pytest.mark.parametrize("name", data.LICENCES)
def test_every_photograph_is_in_its_wheel(name):
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


def test_a_photograph_out_of_scikit_learn_is_the_file_itself():
    import sklearn.datasets
    from sklearn.datasets import load_sample_image

    terms = Path(sklearn.datasets.__file__).parent / "images" / "README.txt"
    for name, maker in (("china", "danielbuechele"), ("flower", "vultilion")):
        theirs = load_sample_image(f"{name}.jpg").transpose(2, 0, 1)
        np.testing.assert_array_equal(data.photograph(name, colour=True), theirs)
        assert data.LICENCES[name] == f"CC BY 2.0 ({maker}, Flickr)"
        assert f"flickr.com/photos/{maker}/" in terms.read_text(encoding="utf-8")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(photographs, "find_spec", lambda package: None)
    with pytest.raises(ModuleNotFoundError, match="china is in scikit-learn: pip install scikit-l"):
        data.photograph("china")
