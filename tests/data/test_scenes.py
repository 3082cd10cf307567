"""Scenes: boxes, masks and pixels agree exactly, and shapes are what they are called."""

import numpy as np
import pytest

from cnnbook import data
from cnnbook.data import scenes

SETS = {
    "shapes": lambda: data.shapes(1, 40, 12, size=48, most=4),
    "digit-scenes": lambda: data.digit_scenes(1, 40, 12, size=48, most=4),
}


@pytest.fixture(scope="module", params=SETS)
def drawn(request):
    return SETS[request.param]()


def _images(drawn):
    yield from zip(drawn.x_train, drawn.y_train, drawn.objects_train, strict=True)
    yield from zip(drawn.x_test, drawn.y_test, drawn.objects_test, strict=True)


def test_shapes_and_types(drawn):
    channels = 3 if drawn.name == "shapes" else 1
    assert drawn.x_train.shape == (40, channels, 48, 48)
    assert drawn.y_test.shape == (12, 48, 48)
    assert drawn.x_train.dtype == np.float32
    assert drawn.y_train.dtype == np.int64
    assert 0 <= drawn.x_train.min() < drawn.x_train.max() <= 1
    assert drawn.classes[0] == "background"
    for _, _, objects in _images(drawn):
        assert 1 <= len(objects.labels) <= 4
        assert objects.boxes.dtype == objects.labels.dtype == np.int64
        assert objects.masks.dtype == bool


def test_boxes_fit_their_masks_to_the_pixel(drawn):
    for _, _, objects in _images(drawn):
        for (x1, y1, x2, y2), mask in zip(objects.boxes, objects.masks, strict=True):
            rows, columns = np.nonzero(mask)
            assert (x1, y1) == (columns.min(), rows.min())
            assert (x2, y2) == (columns.max() + 1, rows.max() + 1)


def test_every_pixel_belongs_to_one_object_at_most_and_is_labelled_so(drawn):
    for _, y, objects in _images(drawn):
        assert objects.masks.sum(0).max() <= 1
        wanted = np.zeros_like(y)
        for label, mask in zip(objects.labels, objects.masks, strict=True):
            wanted[mask] = label
        np.testing.assert_array_equal(y, wanted)


def test_every_class_occurs(drawn):
    labels = np.concatenate([objects.labels for _, _, objects in _images(drawn)])
    assert set(labels) == set(range(1, len(drawn.classes)))


def test_the_seed_decides(drawn):
    again = SETS[drawn.name]()
    np.testing.assert_array_equal(drawn.x_train, again.x_train)
    np.testing.assert_array_equal(drawn.y_test, again.y_test)
    other = data.LOADERS[drawn.name](7)
    assert not np.array_equal(drawn.x_train, other.x_train[:40])


def test_boxes_of_known_masks():
    masks = np.zeros((3, 5, 7), bool)
    masks[0, 1, 2] = True
    masks[1, 1:4, 3:7] = True
    masks[2, 0, 6] = masks[2, 4, 0] = True
    assert scenes.boxes(masks).tolist() == [[2, 1, 3, 2], [3, 1, 7, 4], [0, 0, 7, 5]]


def test_without_noise_a_shape_has_one_colour_far_from_the_ground():
    clean = data.shapes(2, 30, 1, noise=0)
    for x, y, objects in zip(clean.x_train, clean.y_train, clean.objects_train, strict=True):
        ground = x[:, y == 0]
        assert (ground == ground[:, :1]).all()
        for mask in objects.masks:
            colour = x[:, mask]
            assert (colour == colour[:, :1]).all()
            assert np.linalg.norm(colour[:, 0] - ground[:, 0]) > 0.499


def test_noise_has_the_spread_that_was_asked_for():
    clean, noisy = data.shapes(2, 30, 1, noise=0), data.shapes(2, 30, 1, noise=0.05)
    inner = (clean.x_train > 0.25) & (clean.x_train < 0.75)  # where clipping does not reach
    assert (noisy.x_train - clean.x_train)[inner].std() == pytest.approx(0.05, rel=0.02)


def test_circles_squares_and_triangles_fill_their_circle_as_they_should():
    """Area over the squared largest distance from the centroid tells the three apart."""
    wanted = {"circle": np.pi, "square": 2.0, "triangle": 3 * np.sqrt(3) / 4}
    large = data.shapes(3, 60, 1, size=256, most=2)
    seen = {name: [] for name in wanted}
    for objects in large.objects_train:
        for label, mask in zip(objects.labels, objects.masks, strict=True):
            rows, columns = np.nonzero(mask)
            reach = np.hypot(rows - rows.mean(), columns - columns.mean()).max()
            seen[large.classes[label]].append(mask.sum() / (reach + 0.35) ** 2)
    for name, ratio in wanted.items():
        assert len(seen[name]) > 10
        np.testing.assert_allclose(seen[name], ratio, rtol=0.06)


def test_the_smallest_image_still_has_a_pixel_for_each_shape():
    for seed in range(3):
        tiny = data.shapes(seed, 150, 1, size=16, most=2)
        assert min(o.masks.sum((1, 2)).min() for o in tiny.objects_train) >= 1


def test_the_pixels_of_a_digit_are_those_with_a_quarter_of_its_ink():
    for x, y, _ in _images(SETS["digit-scenes"]()):
        np.testing.assert_array_equal(y > 0, x[0] >= 0.25)


def test_what_scenes_refuse():
    with pytest.raises(ValueError, match="size must be at least 16, got 15"):
        data.shapes(size=15)
    with pytest.raises(ValueError, match=r"noise must not be negative, got -0\.1"):
        data.shapes(noise=-0.1)
    with pytest.raises(ValueError, match="train must be at least 1, got 0"):
        data.shapes(train=0)
    with pytest.raises(ValueError, match="most must be at least 1, got 0"):
        data.digit_scenes(most=0)
    with pytest.raises(ValueError, match="size must be at least 32, got 31"):
        data.digit_scenes(size=31)
