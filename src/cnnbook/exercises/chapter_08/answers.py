"""Right and wrong answers to the functions of chapter 08, as their checks need them."""

import numpy as np


def masks(parts: list, n: int) -> np.ndarray:
    """Return one row for each part, 1 where an index is in it."""
    return np.array([np.isin(np.arange(n), part) for part in parts], float)


def kfold(n: int, k: int) -> np.ndarray:
    """Cut n images into k validation parts in a row, the first ones longer by one if need be."""
    return masks(np.array_split(np.arange(n), k), n)


def dropping(n: int, k: int) -> np.ndarray:
    """Make the slip of leaving out the images beyond k equal parts."""
    return masks(list(np.arange(n - n % k).reshape(k, -1)), n)


def rest_last(n: int, k: int) -> np.ndarray:
    """Make the slip of giving all the images left over to the last part."""
    return masks(np.split(np.arange(n), [f * (n // k) for f in range(1, k)]), n)


def rounding_up(n: int, k: int) -> np.ndarray:
    """Make the slip of parts that are as long as the longest, so that the last is short."""
    size = -(-n // k)
    return masks([range(f * size, (f + 1) * size) for f in range(k)], n)


def decompose(
    predictions: np.ndarray, truth: np.ndarray, noise: float, ddof: int = 0
) -> np.ndarray:
    """Return bias², variance and expected squared error, means over the places."""
    bias2 = np.mean((predictions.mean(0) - truth) ** 2)
    return total(bias2, np.mean(predictions.var(0, ddof=ddof)), noise)


def total(bias2: float, variance: float, noise: float) -> np.ndarray:
    """Put two parts and the sum of all three into an array."""
    return np.array([bias2, variance, bias2 + variance + noise])


def stop(losses: np.ndarray, patience: int) -> np.ndarray:
    """Return where training stops and whose weights are kept."""
    best = 0
    for step, loss in enumerate(losses):
        best = step if loss < losses[best] else best
        if step - best == patience:
            break
    return np.array([step, best])


def rising(losses: np.ndarray, patience: int) -> np.ndarray:
    """Make the slip of counting steps that are worse than the one before, not than the best."""
    bad = 0
    for step in range(1, len(losses)):
        bad = bad + 1 if losses[step] >= losses[step - 1] else 0
        if bad == patience:
            break
    return np.array([step, np.argmin(losses[: step + 1])])


def never_reset(losses: np.ndarray, patience: int) -> np.ndarray:
    """Make the slip of counting all steps without a new best, not those in a row."""
    best, bad = 0, 0
    for step in range(1, len(losses)):
        better = losses[step] < losses[best]
        best, bad = (step, bad) if better else (best, bad + 1)
        if bad == patience:
            break
    return np.array([step, best])


def ties_count(losses: np.ndarray, patience: int) -> np.ndarray:
    """Make the slip of taking an equal loss for a better one."""
    best = 0
    for step, loss in enumerate(losses):
        best = step if loss <= losses[best] else best
        if step - best == patience:
            break
    return np.array([step, best])
