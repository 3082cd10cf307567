import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree
from sklearn import metrics

from cnnbook.reference.ranking import (
    average_precision,
    precision_recall_curve,
    roc_auc,
    roc_auc_pairs,
    roc_curve,
)


@st.composite
def cases(draw, one_of_each=True):
    """Labels and scores: all different, of few levels, or all equal."""
    size = draw(st.integers(2, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    target = rng.uniform(size=size) < draw(st.sampled_from([0.05, 0.5, 0.95]))
    target[0] = True
    if one_of_each:
        target[1] = False
    order = rng.permutation(size)
    levels = draw(st.sampled_from([1, 3, 10, None]))
    score = rng.normal(size=size) if levels is None else rng.integers(levels, size=size) / 7
    return target[order], score


@CONFIGURATIONS
@given(cases())
def test_roc_is_that_of_scikit_learn(case):
    ours, theirs = roc_curve(*case), metrics.roc_curve(*case, drop_intermediate=False)
    assert ours[2][0] == theirs[2][0] == np.inf
    for mine, other in zip(ours, theirs, strict=True):
        agree("roc_curve", "scikit-learn roc_curve", "forward", mine[1:], other[1:])
        assert mine[0] == other[0]
    theirs = metrics.roc_auc_score(*case)
    agree("roc_auc", "scikit-learn roc_auc_score", "forward", roc_auc(*case), theirs)
    agree("roc_auc_pairs", "scikit-learn roc_auc_score", "forward", roc_auc_pairs(*case), theirs)


@CONFIGURATIONS
@given(cases(one_of_each=False))
def test_precision_and_recall_are_those_of_scikit_learn(case):
    theirs = metrics.precision_recall_curve(*case)
    oracle = "scikit-learn precision_recall_curve"
    for mine, other in zip(precision_recall_curve(*case), theirs, strict=True):
        agree("precision_recall_curve", oracle, "forward", mine, other)
    theirs = metrics.average_precision_score(*case)
    oracle = "scikit-learn average_precision_score"
    agree("average_precision", oracle, "forward", average_precision(*case), theirs)


def test_by_hand():
    target, score = np.array([1, 0, 1, 1, 0]), np.array([0.9, 0.8, 0.8, 0.4, 0.1])
    false_rate, true_rate, threshold = roc_curve(target, score)
    assert threshold.tolist() == [np.inf, 0.9, 0.8, 0.4, 0.1]
    assert true_rate.tolist() == [0, 1 / 3, 2 / 3, 1, 1]
    assert false_rate.tolist() == [0, 0, 1 / 2, 1 / 2, 1]
    # of 6 pairs the positive wins 4, loses 1 (0.4 against 0.8) and ties 1 (0.8)
    assert roc_auc_pairs(target, score) == 4.5 / 6
    np.testing.assert_allclose(roc_auc(target, score), 4.5 / 6, rtol=1e-15)

    precision, recall, threshold = precision_recall_curve(target, score)
    assert threshold.tolist() == [0.1, 0.4, 0.8, 0.9]
    assert precision.tolist() == [3 / 5, 3 / 4, 2 / 3, 1, 1]
    assert recall.tolist() == [1, 1, 2 / 3, 1 / 3, 0]
    expected = (1 + 2 / 3 + 3 / 4) / 3
    np.testing.assert_allclose(average_precision(target, score), expected, rtol=1e-15)


def test_chance_perfect_and_worst():
    target = np.array([0, 1, 0, 1, 1])
    assert roc_auc(target, np.ones(5)) == 0.5
    assert roc_auc(target, target) == average_precision(target, target) == 1
    assert roc_auc(target, -target) == 0
    assert average_precision(target, np.ones(5)) == 3 / 5  # the part of positives


def test_only_the_order_of_scores_matters():
    rng = np.random.default_rng(0)
    target, score = rng.uniform(size=50) < 0.3, rng.normal(size=50)
    for metric in (roc_auc, average_precision):
        assert metric(target, score) == metric(target, np.exp(3 * score))


def test_positives_alone_have_a_precision_and_no_roc():
    assert average_precision(np.ones(3), np.arange(3)) == 1
    with pytest.raises(ValueError, match="no negatives among 3"):
        roc_curve(np.ones(3), np.arange(3))


REFUSED = {
    "no positives": (dict(target=np.zeros(3)), "target holds no positives among 3"),
    "nothing": (dict(target=[], score=[]), "target holds no positives among 0"),
    "two axes": (
        dict(target=np.ones((3, 1)), score=np.ones((3, 1))),
        r"target wants 1 axis \(N\), got shape \(3, 1\)",
    ),
    "other lengths": (dict(score=np.ones(4)), r"score wants shape \(3,\), got \(4,\)"),
    "three classes": (dict(target=np.arange(3)), "target wants 0 and 1, got 2"),
    "score NaN": (dict(score=np.array([0, np.nan, 1])), "score wants finite numbers, got nan"),
    "score inf": (dict(score=np.array([0, np.inf, 1])), "score wants finite numbers, got inf"),
}


@pytest.mark.parametrize(
    "metric", [roc_curve, roc_auc, roc_auc_pairs, precision_recall_curve, average_precision]
)
@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name, metric):
    change, message = REFUSED[name]
    good = dict(target=np.array([1, 0, 1]), score=np.array([0.5, 0.1, 0.5]))
    metric(**good)
    with pytest.raises(ValueError, match=message):
        metric(**good | change)
