"""What can be counted of right and wrong answers: the confusion matrix, and numbers read off it."""

import numpy as np

from cnnbook.reference.arguments import check_shape, choice
from cnnbook.reference.targets import class_numbers, yes_or_no
from cnnbook.shapes.checks import whole


def confusion_matrix(target: np.ndarray, prediction: np.ndarray, classes: int) -> np.ndarray:
    """Count each pair of true and predicted class.

    Args:
        target: true class numbers 0 ... classes − 1, of any shape.
        prediction: predicted class numbers, of the same shape.
        classes: how many classes there are.

    Returns:
        (classes, classes) counts: the row is the true class, the column the predicted one.

    Raises:
        ValueError: if the shapes differ, or a class does not exist.
    """
    classes = whole(classes, "classes", 1)
    target = class_numbers(target, "target", classes)
    prediction = class_numbers(prediction, "prediction", classes)
    check_shape(prediction, "prediction", target.shape)
    pairs = target * classes + prediction  # one number for each pair
    return np.bincount(pairs.ravel(), minlength=classes**2).reshape(classes, classes)


def accuracy(target: np.ndarray, prediction: np.ndarray) -> float:
    """Return the part of the predictions that is right.

    Args:
        target: true class numbers, of any shape.
        prediction: predicted class numbers, of the same shape.

    Raises:
        ValueError: if the shapes differ, or there is no prediction.
    """
    target, prediction = np.asarray(target), np.asarray(prediction)
    check_shape(prediction, "prediction", target.shape)
    if target.size == 0:
        raise ValueError(f"the accuracy of no predictions is undefined, got shape {target.shape}")
    return float(np.mean(target == prediction))


def precision_recall_f1(matrix: np.ndarray, average: str | None = "macro") -> tuple:
    r"""Read precision, recall and F1 off a confusion matrix.

    precision = right / predicted, recall = right / occurring,
    F1 = 2 right / (predicted + occurring), the harmonic mean of the two

    A division by 0 gives 0: the precision of a class that is never predicted, the recall of a
    class that never occurs. Such a class still counts in the macro mean.

    Args:
        matrix: (C, C) as `confusion_matrix` counts it.
        average: None gives each class; "macro" is the mean over classes (of F1 too: it is not the
            F1 of the other two means); "micro" counts over all classes first, and then all three
            are the accuracy.

    Returns:
        (precision, recall, F1): three floats, or three arrays (C,) if average is None.

    Raises:
        ValueError: if the matrix is not square, or average is another.
    See: Sokolova & Lapalme 2009, doi:10.1016/j.ipm.2009.03.002.
    """
    matrix = np.asarray(matrix)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"matrix wants shape (C, C), got {matrix.shape}")
    right, predicted, occurring = np.diagonal(matrix), matrix.sum(0), matrix.sum(1)
    if average is not None and choice(average, "average", ("macro", "micro")) == "micro":
        right, predicted, occurring = (counts.sum() for counts in (right, predicted, occurring))
    scores = (
        ratio(right, predicted),
        ratio(right, occurring),
        ratio(2 * right, predicted + occurring),
    )
    return scores if average is None else tuple(float(score.mean()) for score in scores)


def ratio(part: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Divide counts, where 0 / 0 is 0."""
    return np.divide(part, total, out=np.zeros(np.shape(total)), where=total != 0)


def dice(target: np.ndarray, prediction: np.ndarray) -> float:
    r"""Measure the overlap of two masks by their mean size: the F1 of the pixels.

    2 |A \cap B| / (|A| + |B|)

    Args:
        target, prediction: bools, or 0 and 1, of the same shape; all pixels are counted together.

    Returns:
        0 to 1; two empty masks agree, which is 1.

    Raises:
        ValueError: if the shapes differ, or a pixel is neither 0 nor 1.
    """
    both, either = overlap(target, prediction)
    return 2 * both / (both + either) if either else 1.0


def jaccard(target: np.ndarray, prediction: np.ndarray) -> float:
    r"""Measure the overlap of two masks by their union (IoU).

    |A \cap B| / |A \cup B| = dice / (2 − dice)

    Arguments, result and errors as `dice`.
    """
    both, either = overlap(target, prediction)
    return both / either if either else 1.0


def overlap(target: np.ndarray, prediction: np.ndarray) -> tuple[int, int]:
    """Count the pixels in both masks, and in at least one."""
    target, prediction = yes_or_no(target, "target"), yes_or_no(prediction, "prediction")
    check_shape(prediction, "prediction", target.shape)
    return int(np.sum(target & prediction)), int(np.sum(target | prediction))
