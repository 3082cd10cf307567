import numpy as np
import pytest

from cnnbook.reference.targets import check_probabilities, class_numbers, matched, yes_or_no


def test_matched_takes_the_dtype_of_x():
    x, target = matched(np.ones(2, np.float32), np.ones(2))
    assert x.dtype == target.dtype == np.float32
    x, target = matched([1, 2], np.ones(2, np.float16))  # lists and integers: float64
    assert x.dtype == target.dtype == np.float64
    with pytest.raises(ValueError, match=r"target wants shape \(2,\), got \(1, 2\)"):
        matched(np.ones(2), np.ones((1, 2)))


def test_class_numbers():
    numbers = class_numbers(np.array([0, 255], np.uint8), "target", 256)
    assert numbers.dtype == np.int64  # so that number * classes does not wrap around
    assert class_numbers([True, False], "target", 2).tolist() == [1, 0]
    assert class_numbers(np.zeros((0, 3), int), "target", 2).shape == (0, 3)
    with pytest.raises(ValueError, match="target wants classes 0 to 254, got 0 to 255"):
        class_numbers(np.array([0, 255], np.uint8), "target", 255)
    with pytest.raises(ValueError, match="target wants class numbers, got dtype float64"):
        class_numbers([0.5], "target", 2)


def test_yes_or_no():
    assert yes_or_no([0, 1.0, True], "mask").tolist() == [False, True, True]
    assert yes_or_no([0, 1], "mask").dtype == bool
    for wrong in (0.5, 255, -1, np.nan):
        with pytest.raises(ValueError, match=f"mask wants 0 and 1, got {wrong}"):
            yes_or_no([0, 1, wrong], "mask")


def test_check_probabilities():
    check_probabilities(np.array([0, 0.5, 1]), "x")
    for wrong in (-0.5, 1.5, np.nan, np.inf):
        with pytest.raises(ValueError, match=f"x wants numbers from 0 to 1, got {wrong}"):
            check_probabilities(np.array([0, 0.5, wrong]), "x")
