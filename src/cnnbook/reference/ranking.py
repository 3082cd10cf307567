"""How well scores rank positives above negatives: ROC and precision-recall, over all thresholds.

An entry counts as found when its score is at least the threshold; equal scores are found together.
"""

import numpy as np

from cnnbook.reference.arguments import as_floats, check_axes, check_shape
from cnnbook.reference.targets import yes_or_no


def roc_curve(target: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Trace how many negatives are found by mistake for how many positives.

    Args:
        target: (N,) bools, or 0 and 1, both at least once.
        score: (N,), larger for what is more likely positive.

    Returns:
        (false positive rate, true positive rate, threshold), each (K + 1,) for K different
        scores, from threshold infinity, which finds nothing, down to the smallest score.

    Raises:
        ValueError: if shapes disagree, a score is not finite, or a class is missing.
    See: Fawcett 2006, doi:10.1016/j.patrec.2005.10.010.
    """
    true, false, threshold = found(target, score)
    for counts, kind in ((true, "positives"), (false, "negatives")):
        if counts[-1] == 0:
            raise ValueError(f"target holds no {kind} among {len(target)}, the curve wants both")
    return false / false[-1], true / true[-1], threshold


def roc_auc(target: np.ndarray, score: np.ndarray) -> float:
    """Measure the area under the ROC curve, by trapezoids: equal scores make a slanted step.

    Arguments and errors as `roc_curve`; 1/2 is chance, 1 is a perfect ranking.
    """
    false_rate, true_rate, _ = roc_curve(target, score)
    return float(np.trapezoid(true_rate, false_rate))


def roc_auc_pairs(target: np.ndarray, score: np.ndarray) -> float:
    """Return how often a positive outranks a negative, over all pairs; equal scores count half.

    This is what `roc_auc` means, and equals it; it takes memory for every pair. Arguments and
    errors as `roc_curve`.
    See: Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747.
    """
    roc_curve(target, score)  # refuses what has no area
    target, (score,) = yes_or_no(target, "target"), as_floats(score)
    positive, negative = score[target][:, None], score[~target]
    return float(np.mean((positive > negative) + 0.5 * (positive == negative)))


def precision_recall_curve(
    target: np.ndarray, score: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Trace how pure the found entries are for how many positives are found.

    Args:
        target: (N,) bools, or 0 and 1, with at least one positive.
        score: (N,), larger for what is more likely positive.

    Returns:
        (precision, recall, threshold): (K + 1,), (K + 1,) and (K,) for K different scores, in
        scikit-learn's order: from the smallest threshold, where recall is 1, up; the last point,
        precision 1 at recall 0, is a convention and has no threshold.

    Raises:
        ValueError: if shapes disagree, a score is not finite, or there is no positive.
    """
    true, false, threshold = (values[:0:-1] for values in found(target, score))
    if len(true) == 0 or true[0] == 0:
        raise ValueError(f"target holds no positives among {len(target)}, recall is undefined")
    return np.append(true / (true + false), 1.0), np.append(true / true[0], 0.0), threshold


def average_precision(target: np.ndarray, score: np.ndarray) -> float:
    r"""Measure the area under the precision-recall curve, by steps.

    \sum_k (recall_k − recall_{k-1}) precision_k, over the thresholds from high to low

    This is scikit-learn's sum. Detection benchmarks first replace precision_k by the largest
    precision at this recall or above (PASCAL VOC's interpolation), which is never smaller.

    Arguments and errors as `precision_recall_curve`.
    """
    precision, recall, _ = precision_recall_curve(target, score)
    return float(-np.sum(np.diff(recall) * precision[:-1]))


def found(target: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count positives and negatives at or above each threshold, from infinity down, each (K + 1,).

    Raises:
        ValueError: if shapes disagree, or a score is not finite.
    """
    target, (score,) = yes_or_no(target, "target"), as_floats(score)
    check_axes(target, "target", "N")
    check_shape(score, "score", target.shape)
    if not np.isfinite(score).all():
        raise ValueError(f"score wants finite numbers, got {score[~np.isfinite(score)][0]}")
    order = np.argsort(-score, kind="stable")
    score, target = score[order], target[order]
    last = np.flatnonzero(np.append(score[:-1] != score[1:], True)[: len(score)])  # of equal scores
    true = np.append(0, np.cumsum(target)[last])
    return true, np.append(0, last + 1) - true, np.append(np.inf, score[last])
