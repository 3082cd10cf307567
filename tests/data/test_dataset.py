"""What can be done with any data set: fewer examples, a validation part, tensors."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import torch

from cnnbook import data
from cnnbook.data import Dataset


def numbered(counts=(50, 30, 20)) -> Dataset:
    """Make a set whose training input k is the number k, with so many of each class."""
    y = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    x = np.arange(len(y), dtype=np.float32)[:, None]
    return Dataset("numbered", x, y, -x[:7] - 1, y[:7], ("a", "b", "c"), "none")


def test_take_keeps_the_share_of_each_class_and_each_label():
    some = numbered().take(20)
    assert np.bincount(some.y_train).tolist() == [10, 6, 4]
    assert len(set(some.x_train[:, 0])) == 20
    full = numbered()
    np.testing.assert_array_equal(full.y_train[some.x_train[:, 0].astype(int)], some.y_train)
    assert some.x_test is not None
    assert len(some.x_test) == 7


def test_a_smaller_choice_is_part_of_a_larger_one_and_the_seed_decides():
    few, more = (set(numbered().take(n, 5).x_train[:, 0]) for n in (10, 40))
    assert few < more
    assert few != set(numbered().take(10, 6).x_train[:, 0])


def test_take_all_is_a_shuffle():
    everything = numbered().take(100)
    assert sorted(everything.x_train[:, 0]) == list(range(100))


def test_split_parts_the_training_examples_and_leaves_the_test_part_out():
    inner = numbered().split(0.25, seed=1)
    kept, held = set(inner.x_train[:, 0]), set(inner.x_test[:, 0])
    assert len(held) == 25
    assert kept | held == set(range(100))
    assert not kept & held
    assert np.abs(np.bincount(inner.y_test) - np.array([12.5, 7.5, 5])).max() <= 1
    y = numbered().y_train
    np.testing.assert_array_equal(y[inner.x_test[:, 0].astype(int)], inner.y_test)
    np.testing.assert_array_equal(y[inner.x_train[:, 0].astype(int)], inner.y_train)


def test_what_take_and_split_refuse():
    with pytest.raises(ValueError, match="count is 101, numbered has 100 to train with"):
        numbered().take(101)
    with pytest.raises(ValueError, match="count must be at least 1, got 0"):
        numbered().take(0)
    for fraction in (0, 0.001, 0.999, 1, -0.5, 2):
        with pytest.raises(ValueError, match=f"fraction {fraction} of 100 leaves a part empty"):
            numbered().split(fraction)


def test_tensors_have_the_values_and_types_and_can_still_be_split():
    arrays = numbered()
    tensors = arrays.tensors()
    for field in ("x_train", "y_train", "x_test", "y_test"):
        theirs = getattr(tensors, field)
        assert isinstance(theirs, torch.Tensor)
        np.testing.assert_array_equal(theirs.numpy(), getattr(arrays, field))
    assert tensors.x_train.dtype == torch.float32
    assert tensors.y_train.dtype == torch.int64
    assert tensors.classes == arrays.classes
    inner = tensors.split(0.2)
    assert isinstance(inner.x_test, torch.Tensor)
    np.testing.assert_array_equal(inner.x_test.numpy(), arrays.split(0.2).x_test)


def test_scenes_are_chosen_with_their_objects():
    scenes = data.shapes(train=10, test=2, size=32)
    inner = scenes.split(0.3, seed=2)
    for x, y, objects in (
        *zip(inner.x_train, inner.y_train, inner.objects_train, strict=True),
        *zip(inner.x_test, inner.y_test, inner.objects_test, strict=True),
    ):
        where = [i for i in range(10) if np.array_equal(scenes.x_train[i], x)]
        assert len(where) == 1
        np.testing.assert_array_equal(scenes.y_train[where[0]], y)
        assert scenes.objects_train[where[0]] is objects
    assert len(scenes.take(4).objects_train) == 4
    tensors = scenes.tensors()
    assert isinstance(tensors.x_test, torch.Tensor)
    boxes = tensors.objects_test[1].boxes
    assert isinstance(boxes, torch.Tensor)
    np.testing.assert_array_equal(boxes.numpy(), scenes.objects_test[1].boxes)


def test_a_set_cannot_be_changed_by_accident():
    with pytest.raises(dataclasses.FrozenInstanceError):
        numbered().name = "other"


def test_only_tensors_needs_torch():
    code = (
        "import sys; from cnnbook import data; d = data.load('digits').split().take(9);"
        "assert 'torch' not in sys.modules; d.tensors(); assert 'torch' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
