import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree

from cnnbook.reference.calibration import calibration_error, reliability


@st.composite
def cases(draw):
    """Confidences, some of them on the edges of bins."""
    size, bins = draw(st.integers(1, 60)), draw(st.integers(1, 20))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    confidence = rng.uniform(size=size)
    on_edge = rng.uniform(size=size) < 0.3
    confidence[on_edge] = (rng.integers(bins + 1, size=size) / bins)[on_edge]
    return confidence, rng.uniform(size=size) < confidence, bins


def plain_loop(confidence, correct, bins):
    """Put each prediction into its bin in turn, by the definition (m − 1) / M < p <= m / M."""
    rows = []
    for m in range(1, bins + 1):
        inside = [
            (p, right)
            for p, right in zip(confidence.tolist(), correct.tolist(), strict=True)
            if (m - 1) / bins < p <= m / bins or (m == 1 and p == 0)
        ]
        count = len(inside)
        means = (sum(column) / count for column in zip(*inside, strict=True))
        rows.append((count, *means) if count else (0, np.nan, np.nan))
    return rows


@CONFIGURATIONS
@given(cases())
def test_reliability_and_error_are_the_plain_loop(case):
    rows = plain_loop(*case)
    agree("reliability", "plain loop", "forward", np.transpose(reliability(*case)), rows)
    error = sum(n * abs(right - sure) for n, sure, right in rows if n) / len(case[0])
    agree("calibration_error", "plain loop", "forward", calibration_error(*case), error)


def test_by_hand():
    confidence = np.array([0.0, 0.25, 0.3, 0.5, 1.0, 0.9])
    correct = np.array([0, 1, 0, 1, 1, 0])
    count, sure, right = reliability(confidence, correct, 4)
    assert count.tolist() == [2, 2, 0, 2]  # 0.25 ends the first bin, 0.5 the second
    np.testing.assert_allclose(sure, [0.125, 0.4, np.nan, 0.95], rtol=1e-15)
    assert right[[0, 1, 3]].tolist() == [0.5, 0.5, 0.5]
    expected = (2 * 0.375 + 2 * 0.1 + 2 * 0.45) / 6
    np.testing.assert_allclose(calibration_error(confidence, correct, 4), expected, rtol=1e-14)


def test_one_bin_compares_the_means():
    rng = np.random.default_rng(0)
    confidence, correct = rng.uniform(size=50), rng.uniform(size=50) < 0.3
    expected = abs(confidence.mean() - correct.mean())
    np.testing.assert_allclose(calibration_error(confidence, correct, 1), expected, rtol=1e-14)


def test_sure_and_right_is_calibrated_and_sure_and_wrong_is_not():
    assert calibration_error(np.ones(4), np.ones(4)) == 0
    assert calibration_error(np.ones(4), np.zeros(4)) == 1
    assert calibration_error(np.full(4, 0.75), np.array([1, 1, 1, 0])) == 0


def test_integers_and_float32():
    assert reliability([0, 1], [False, True], 2).count.tolist() == [1, 1]
    confidence = np.array([0.3, 0.9], np.float32)
    error = calibration_error(confidence, [0, 1])
    np.testing.assert_allclose(error, 0.2, rtol=1e-6)


REFUSED = {
    "logits": (dict(confidence=np.array([0.5, 3])), "confidence wants numbers from 0 to 1, got 3"),
    "NaN": (dict(confidence=np.array([0.5, np.nan])), "confidence wants numbers .* got nan"),
    "all classes": (dict(confidence=np.ones((2, 3))), r"confidence wants 1 axis \(N\), got"),
    "class numbers": (dict(correct=np.array([0, 2])), "correct wants 0 and 1, got 2"),
    "other lengths": (dict(correct=np.ones(3)), r"correct wants shape \(2,\), got \(3,\)"),
    "nothing": (
        dict(confidence=[], correct=[]),
        r"calibration of no predictions is undefined, got shape \(0,\)",
    ),
    "no bins": (dict(bins=0), "bins must be at least 1, got 0"),
}


@pytest.mark.parametrize("function", [reliability, calibration_error])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name, function):
    change, message = REFUSED[name]
    good = dict(confidence=np.array([0.5, 0.9]), correct=np.array([0, 1]))
    function(**good)
    with pytest.raises(ValueError, match=message):
        function(**good | change)
