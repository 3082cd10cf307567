"""Whether confidences mean what they say: reliability diagram and expected calibration error."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import as_floats, check_axes, check_shape
from cnnbook.reference.targets import check_probabilities, yes_or_no
from cnnbook.shapes.checks import whole


class Reliability(NamedTuple):
    """What a reliability diagram draws, each (bins,); NaN where a bin is empty."""

    count: np.ndarray  # predictions in the bin
    confidence: np.ndarray  # their mean confidence
    accuracy: np.ndarray  # part of them that is right


def reliability(confidence: np.ndarray, correct: np.ndarray, bins: int = 15) -> Reliability:
    """Compare confidence and accuracy in bins of equal width.

    Bin m of M holds the confidences above (m − 1) / M and up to m / M; the first holds 0 too.

    Args:
        confidence: (N,) probability given to the predicted class, 0 to 1.
        correct: (N,) whether the prediction was right, bools or 0 and 1.
        bins: how many, at least 1.

    Raises:
        ValueError: if shapes disagree, a number is out of bounds, or there is no prediction.
    See: Guo et al. 2017, arXiv:1706.04599.
    """
    bins, (confidence,) = whole(bins, "bins", 1), as_floats(confidence)
    check_axes(confidence, "confidence", "N")
    check_probabilities(confidence, "confidence")
    correct = yes_or_no(correct, "correct")
    check_shape(correct, "correct", confidence.shape)
    if len(confidence) == 0:
        raise ValueError("the calibration of no predictions is undefined, got shape (0,)")
    upper = np.arange(1, bins + 1) / bins
    index = np.searchsorted(upper, confidence)  # the first bin that reaches up to it
    count = np.bincount(index, minlength=bins)
    sums = (np.bincount(index, values, bins) for values in (confidence, correct))
    means = (np.where(count, total / np.maximum(count, 1), np.nan) for total in sums)
    return Reliability(count, *means)


def calibration_error(confidence: np.ndarray, correct: np.ndarray, bins: int = 15) -> float:
    r"""Measure the expected calibration error (ECE).

    \sum_m count_m / N |accuracy_m − confidence_m|, over the bins that hold a prediction

    Arguments and errors as `reliability`. The value depends on the number of bins: say it.
    See: Guo et al. 2017, arXiv:1706.04599.
    """
    count, mean_confidence, accuracy = reliability(confidence, correct, bins)
    gap = np.abs(accuracy - mean_confidence)
    return float(np.sum(count * np.nan_to_num(gap)) / count.sum())
