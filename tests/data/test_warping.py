"""Reading between pixels, against torch's grid_sample, and what is made with it."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from cnnbook import data
from cnnbook.data import deforming, warping


def test_sampling_is_that_of_torch():
    rng = np.random.default_rng(0)
    images = rng.random((3, 5, 8))
    rows, columns = rng.uniform(-3, 8, (3, 7, 6)), rng.uniform(-3, 11, (3, 7, 6))
    places = np.stack([(2 * columns + 1) / 8 - 1, (2 * rows + 1) / 5 - 1], -1)
    theirs = F.grid_sample(
        torch.from_numpy(images)[:, None],
        torch.from_numpy(places),
        padding_mode="zeros",
        align_corners=False,
    )
    np.testing.assert_allclose(
        warping.sample(images, rows, columns), theirs[:, 0].numpy(), rtol=1e-10, atol=1e-12
    )


def test_sampling_at_the_pixels_gives_them_back():
    images = np.random.default_rng(1).random((2, 4, 6)).astype(np.float32)
    same = warping.sample(images, np.arange(4)[None, :, None], np.arange(6)[None, None])
    np.testing.assert_array_equal(same, images)
    assert same.dtype == np.float32


def test_enlarging_is_sampling_on_a_grid():
    images = np.random.default_rng(2).random((2, 8, 8))
    places = warping.grid(28, 8, 20)
    np.testing.assert_allclose(
        warping.enlarge(images, 28, 20),
        warping.sample(images, places[None, :, None], places[None, None]),
        rtol=1e-12,
        atol=1e-14,
    )


def test_enlarging_to_the_whole_canvas_is_that_of_torch_inside():
    images = np.random.default_rng(3).random((2, 8, 8))
    theirs = F.interpolate(torch.from_numpy(images)[:, None], size=20, mode="bilinear")[:, 0]
    np.testing.assert_allclose(
        warping.enlarge(images, 20, 20)[:, 2:-2, 2:-2], theirs.numpy()[:, 2:-2, 2:-2], rtol=1e-10
    )  # torch repeats the border pixels, here there is nothing beyond them


def test_bends_are_smooth_and_bounded():
    field = warping.bends(50, 28, np.random.default_rng(0))
    assert field.shape == (2, 50, 28, 28)
    assert np.abs(field).max() <= 1
    assert np.abs(field).max() > 0.9
    assert np.abs(np.diff(field, axis=2)).max() <= 2 * 3 / 27 + 1e-12  # knots 9 pixels apart


def test_a_digit_that_is_not_deformed_is_the_enlarged_one():
    plain = data.digits(2, 28)
    still = data.deformed_digits(2, rotation=0, scale=0, shear=0, elastic=0)
    np.testing.assert_array_equal(still.y_train, plain.y_train)
    np.testing.assert_allclose(still.x_train, plain.x_train, atol=1e-5)
    np.testing.assert_allclose(still.x_test, plain.x_test, atol=1e-5)


@pytest.mark.parametrize(
    ("strength", "still"),
    [("rotation", (1, 0, 0, 0)), ("scale", (0, 1, 0, 0)), ("shear", (0, 0, 1, 0))],
)
def test_each_deformation_does_what_it_is_called(strength, still, monkeypatch):
    """A bar through the middle: its direction and length after each deformation."""
    bar = np.zeros((200, 8, 8))
    bar[:, 1:7, 3:5] = 1  # upright, 6 x 2 pixels
    strengths = np.array(still) * (np.deg2rad(40), 0.3, 0.5, 0)
    warped = deforming.deform(bar, 56, np.random.default_rng(0), *strengths)
    line = np.arange(56) - 27.5
    mass = warped.sum((1, 2))
    var_r = (warped * line[:, None] ** 2).sum((1, 2)) / mass
    var_c = (warped * line**2).sum((1, 2)) / mass
    cov = (warped * line[:, None] * line).sum((1, 2)) / mass
    lean = np.rad2deg(0.5 * np.arctan2(2 * cov, var_r - var_c))
    height = np.sqrt(var_r)
    if strength == "scale":
        assert np.abs(lean).max() < 1e-6
        assert 1.5 < height.max() / height.min() < 1.95  # 1.3 / 0.7 = 1.86 at most
        assert abs(np.corrcoef(height, np.sqrt(var_c))[0, 1]) < 0.3  # each for itself
    elif strength == "rotation":
        assert 35 < np.abs(lean).max() < 41
        length = var_r + var_c
        assert length.max() / length.min() < 1.1
    else:
        assert 15 < np.abs(lean).max() < 30
        assert height.max() / height.min() < 1.1


def test_elastic_bends_each_digit_in_its_own_way():
    bent = data.deformed_digits(0, 30, 10, rotation=0, scale=0, shear=0, elastic=0.7)
    plain = data.digits(0, 28)
    change = np.abs(bent.x_train - plain.x_train[:30]).mean((1, 2, 3))
    assert (change > 0.005).all()
    assert len(set(change.round(6))) == 30


def test_more_images_than_digits_repeat_them_deformed_anew():
    many = data.deformed_digits(0, 1402, 399)
    assert many.x_train.shape == (1402, 1, 28, 28)
    assert many.x_train.dtype == np.float32
    np.testing.assert_array_equal(many.y_train[1400:], many.y_train[:2])
    assert not np.array_equal(many.x_train[1400], many.x_train[0])
    assert len(many.y_test) == 399
    assert many.x_train.min() >= 0
    assert many.x_train.max() <= 1


def test_what_deformed_digits_refuse():
    with pytest.raises(ValueError, match="scale below 1, got"):
        data.deformed_digits(scale=1)
    with pytest.raises(ValueError, match="must not be negative"):
        data.deformed_digits(elastic=-0.1)
    with pytest.raises(ValueError, match="test must be at least 1, got 0"):
        data.deformed_digits(test=0)
    with pytest.raises(ValueError, match="size must be at least 8, got 4"):
        data.deformed_digits(size=4)


def _corner_of_ink(x):
    return [(int(i.any(1).argmax()), int(i.any(0).argmax())) for i in x[:, 0] > 0]


def test_shifted_digits_are_the_same_ink_elsewhere():
    shifted = data.shifted_digits(1, 60, 300)
    assert shifted.x_train.shape == (60, 1, 40, 40)
    plain = data.shifted_digits(1, 60, 300, reach=(0, 0))
    np.testing.assert_array_equal(shifted.x_train, plain.x_train)  # reach is (0, 10)
    moves = np.subtract(_corner_of_ink(shifted.x_test), _corner_of_ink(plain.x_test))
    assert set(moves.ravel()) == set(range(-10, 11))
    assert not np.array_equal(moves[:, 0], moves[:, 1])
    for moved, still, (down, right) in zip(shifted.x_test, plain.x_test, moves, strict=True):
        np.testing.assert_array_equal(moved, np.roll(still, (down, right), (1, 2)))


def test_placing_puts_each_image_at_its_corner():
    images = np.random.default_rng(0).random((3, 2, 4, 5)) + 1
    canvas = data.place(images, 9, np.array([0, 5, 2]), np.array([4, 0, 1]))
    assert canvas.shape == (3, 2, 9, 9)
    for image, whole, (row, column) in zip(images, canvas, [(0, 4), (5, 0), (2, 1)], strict=True):
        np.testing.assert_array_equal(whole[:, row : row + 4, column : column + 5], image)
        assert (whole != 0).sum() == image.size
    np.testing.assert_array_equal(data.place(images, 9, 1, 2)[:, :, 1:5, 2:7], images)


def test_what_shifting_refuses():
    with pytest.raises(ValueError, match=r"reach \(0, 11\) .* 40 leaves room for 10"):
        data.shifted_digits(reach=(0, 11))
    with pytest.raises(ValueError, match="size must be at least 20, got 19"):
        data.shifted_digits(size=19)
    images = np.ones((2, 1, 4, 5))
    for row, column in ((6, 0), (0, 5), (-1, 0), (0, np.array([0, -1]))):
        with pytest.raises(ValueError, match="leave a canvas of 9"):
            data.place(images, 9, row, column)
