"""Texture patches, plain and coloured: no test pixel was trained on, and what colour tells."""

import numpy as np
import pytest

from cnnbook import data
from cnnbook.data.colouring import lights


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


def test_what_textures_refuse():
    with pytest.raises(ValueError, match="train must be at least 1, got 0"):
        data.textures(train=0)


def test_all_lights_are_equally_bright_and_let_their_own_colour_through():
    np.testing.assert_allclose(lights() @ data.LUMA, 0.75, rtol=1e-12)
    np.testing.assert_array_equal(np.diag(lights()), 1)
    assert (lights()[~np.eye(3, dtype=bool)] < 0.75).all()


def test_grey_takes_the_colour_away():
    colour, grey = data.coloured_textures(3, 30, 20), data.textures(3, 30, 20)
    for part in ("x_train", "x_test"):
        seen = np.tensordot(getattr(colour, part), data.LUMA, (1, 0))[:, None]
        np.testing.assert_allclose(seen, 0.75 * getattr(grey, part), rtol=1e-5)
    np.testing.assert_array_equal(colour.y_train, grey.y_train)


def _light(x):
    """Tell which light a patch stands in: its own colour passes whole, so it is the largest."""
    return x.mean((2, 3)).argmax(1)


def test_colour_follows_the_class_in_training_and_never_in_the_test():
    swapped = data.load("coloured-textures")
    agreed = (_light(swapped.x_train) == swapped.y_train).mean()
    assert 0.92 < agreed < 0.98  # 1200 draws at 0.95
    assert not (_light(swapped.x_test) == swapped.y_test).any()
    assert set(zip(swapped.y_test, _light(swapped.x_test), strict=True)) == {
        (a, b) for a in range(3) for b in range(3) if a != b
    }


def test_the_agreement_can_be_chosen():
    same = data.coloured_textures(train=40, test=30, agreement=(1, 1))
    assert (_light(same.x_train) == same.y_train).all()
    assert (_light(same.x_test) == same.y_test).all()
    for bad in ((0.5, 1.5), (-0.1, 0), (0.5,)):
        with pytest.raises(ValueError, match="agreement wants two chances from 0 to 1, got"):
            data.coloured_textures(agreement=bad)
