import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree
from sklearn import metrics

from cnnbook.reference.confusion import (
    accuracy,
    confusion_matrix,
    dice,
    jaccard,
    precision_recall_f1,
)


@st.composite
def cases(draw):
    """Two lists of class numbers; often a class is missing from one or both."""
    classes, size = draw(st.integers(1, 6)), draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    there = rng.integers(classes, size=draw(st.integers(1, 6)))
    return rng.choice(there, size), rng.integers(classes, size=size), classes


@pytest.mark.filterwarnings("ignore:A single label was found")
@CONFIGURATIONS
@given(cases())
def test_confusion_matrix_and_accuracy_are_those_of_scikit_learn(case):
    target, prediction, classes = case
    theirs = metrics.confusion_matrix(target, prediction, labels=range(classes))
    ours = confusion_matrix(target, prediction, classes)
    agree("confusion_matrix", "scikit-learn confusion_matrix", "forward", ours, theirs)
    theirs = metrics.accuracy_score(target, prediction)
    ours = accuracy(target, prediction)
    agree("accuracy", "scikit-learn accuracy_score", "forward", ours, theirs)


@pytest.mark.parametrize("average", ["macro", "micro", None])
@CONFIGURATIONS
@given(case=cases())
def test_precision_recall_f1_are_those_of_scikit_learn(average, case):
    target, prediction, classes = case
    *theirs, _ = metrics.precision_recall_fscore_support(
        target, prediction, labels=range(classes), average=average, zero_division=0
    )
    ours = precision_recall_f1(confusion_matrix(target, prediction, classes), average)
    oracle = "scikit-learn precision_recall_fscore"
    agree("precision_recall_f1", oracle, "forward", ours, theirs)


@st.composite
def masks(draw):
    """Two masks of equal shape, empty or full at times."""
    shape = tuple(draw(st.permutations(range(1, 6)))[: draw(st.integers(1, 3))])
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return [rng.uniform(size=shape) < draw(st.sampled_from([0, 0.3, 0.8, 1])) for _ in range(2)]


@CONFIGURATIONS
@given(masks())
def test_overlaps_are_those_of_scikit_learn(pair):
    flat = [mask.ravel() for mask in pair]
    theirs = metrics.jaccard_score(*flat, zero_division=1)
    agree("jaccard", "scikit-learn jaccard_score", "forward", jaccard(*pair), theirs)
    theirs = metrics.f1_score(*flat, zero_division=1)
    agree("dice", "scikit-learn f1_score", "forward", dice(*pair), theirs)


def test_by_hand():
    target = np.array([0, 0, 0, 1, 1, 2])
    prediction = np.array([0, 0, 1, 1, 2, 2])
    matrix = confusion_matrix(target, prediction, 4)
    assert matrix.tolist() == [[2, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert accuracy(target, prediction) == 4 / 6
    precision, recall, f1 = precision_recall_f1(matrix, None)
    assert precision.tolist() == [1, 1 / 2, 1 / 2, 0]  # class 3 is neither seen nor predicted
    assert recall.tolist() == [2 / 3, 1 / 2, 1, 0]
    assert f1.tolist() == [4 / 5, 1 / 2, 2 / 3, 0]
    np.testing.assert_allclose(precision_recall_f1(matrix), [1 / 2, 13 / 24, 59 / 120], rtol=1e-14)
    assert precision_recall_f1(matrix, "micro") == (4 / 6, 4 / 6, 4 / 6)


def test_masks_by_hand():
    a, b = np.array([[1, 1, 1], [0, 0, 0]]), np.array([[0, 1, 1], [1, 0, 1]])
    assert dice(a, b) == 4 / 7
    assert jaccard(a, b) == 2 / 5
    np.testing.assert_allclose(dice(a, b) / (2 - dice(a, b)), 2 / 5, rtol=1e-14)
    assert dice(a, 0 * a) == jaccard(a, 0 * a) == 0
    assert dice(0 * a, 0 * a) == jaccard(0 * a, 0 * a) == 1


def test_small_integers_do_not_wrap_around():
    numbers = np.arange(200, dtype=np.uint8)
    matrix = confusion_matrix(numbers, numbers, 200)
    assert matrix.trace() == matrix.sum() == 200
    many = np.ones(300, np.uint8)
    assert dice(many, many) == 1


def test_images_and_nothing():
    target = np.zeros((2, 3, 4), int)
    assert confusion_matrix(target, 1 - target, 2).tolist() == [[0, 24], [0, 0]]
    nothing = confusion_matrix(target[:0], target[:0], 2)
    assert nothing.tolist() == [[0, 0], [0, 0]]
    assert precision_recall_f1(nothing) == precision_recall_f1(nothing, "micro") == (0, 0, 0)


REFUSED = {
    "other shape": (
        lambda: confusion_matrix(np.ones(3, int), np.ones(4, int), 2),
        r"prediction wants shape \(3,\), got \(4,\)",
    ),
    "probabilities": (
        lambda: confusion_matrix(np.ones(3, int), np.ones(3), 2),
        "prediction wants class numbers, got dtype float64",
    ),
    "class 2 of 2": (
        lambda: confusion_matrix(np.array([0, 2]), np.ones(2, int), 2),
        "target wants classes 0 to 1, got 0 to 2",
    ),
    "no classes": (
        lambda: confusion_matrix(np.ones(3, int), np.ones(3, int), 0),
        "classes must be at least 1, got 0",
    ),
    "accuracy of other shapes": (
        lambda: accuracy(np.ones((3, 1)), np.ones(3)),
        r"prediction wants shape \(3, 1\), got \(3,\)",
    ),
    "accuracy of nothing": (
        lambda: accuracy([], []),
        r"accuracy of no predictions is undefined, got shape \(0,\)",
    ),
    "no matrix": (
        lambda: precision_recall_f1(np.ones((2, 3))),
        r"matrix wants shape \(C, C\), got \(2, 3\)",
    ),
    "average": (
        lambda: precision_recall_f1(np.ones((2, 2)), "weighted"),
        "average 'weighted' is none of 'macro', 'micro'",
    ),
    "masks of other shapes": (
        lambda: dice(np.ones((2, 3)), np.ones(3)),
        r"prediction wants shape \(2, 3\), got \(3,\)",
    ),
    "mask of 255": (
        lambda: jaccard(np.array([0, 255]), np.ones(2)),
        "target wants 0 and 1, got 255",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    call, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        call()
