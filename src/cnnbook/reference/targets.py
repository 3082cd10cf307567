"""What losses and metrics ask of a target: one shape, classes that exist, probabilities, masks."""

import numpy as np

from cnnbook.reference.arguments import as_floats, check_shape


def matched(x: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return x as floats, and a target of the same shape in the dtype of x.

    Raises:
        ValueError: if the shapes differ: a target is never broadcast.
    """
    (x,), (target,) = as_floats(x), as_floats(target)
    check_shape(target, "target", x.shape)
    return x, target.astype(x.dtype, copy=False)


def class_numbers(array: np.ndarray, name: str, classes: int) -> np.ndarray:
    """Return class numbers 0 ... classes − 1 as int64.

    Raises:
        ValueError: if they are no integers, or one is outside.
    """
    array = np.asarray(array)
    if array.dtype.kind not in "iub":
        raise ValueError(f"{name} wants class numbers, got dtype {array.dtype}")
    if array.size and not 0 <= array.min() <= array.max() < classes:
        held = f"{array.min()} to {array.max()}"
        raise ValueError(f"{name} wants classes 0 to {classes - 1}, got {held}")
    return array.astype(np.int64)


def check_probabilities(array: np.ndarray, name: str) -> None:
    """Refuse what is no probability, NaN included.

    Raises:
        ValueError: if a number is outside 0 to 1.
    """
    wrong = array[~((array >= 0) & (array <= 1))]
    if wrong.size:
        raise ValueError(f"{name} wants numbers from 0 to 1, got {wrong[0]:g}")


def yes_or_no(array: np.ndarray, name: str) -> np.ndarray:
    """Return labels or masks, given as bools or as 0 and 1, as bools.

    Raises:
        ValueError: if there is another number.
    """
    array = np.asarray(array)
    wrong = array[(array != 0) & (array != 1)]
    if wrong.size:
        raise ValueError(f"{name} wants 0 and 1, got {wrong[0]}")
    return array == 1
