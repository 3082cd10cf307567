"""Normalisation of a block in sets of the reader's choice, by `cnnbook.reference`."""

import numpy as np

from cnnbook import reference

NAMES = {(0, 2): "batch", (1, 2): "layer", (2,): "instance"}  # of axes, with one group of channels


def columns(shape: tuple[int, int, int], axes: list[int], groups: int) -> np.ndarray:
    """List which numbers of a block share one mean and one variance.

    Args:
        shape: of the block (N, C, P), whose places P are H times W.
        axes: axes of the block that a set runs along.
        groups: parts that the channels are split into where axes has 1.

    Returns:
        Indices into the flat block (m, sets): one column for each set of m numbers.
    """
    n, c, p = shape
    groups = groups if 1 in axes else c
    split = np.arange(n * c * p).reshape(n, groups, c // groups, p)
    along = [2, *([0] * (0 in axes)), *([3] * (2 in axes))]
    rest = [axis for axis in range(4) if axis not in along]
    sets = int(np.prod([split.shape[axis] for axis in rest]))
    return split.transpose(*along, *rest).reshape(-1, sets)


def name(axes: list[int], groups: int, channels: int) -> str:
    """Name the sets "batch", "layer", "instance" or "group"; "" where no paper has."""
    found = NAMES.get(tuple(axes), "")
    if found != "layer" or groups == 1:
        return found
    return "instance" if groups == channels else "group"


def pairs(running: list, sets: int) -> np.ndarray:
    """Return the running mean and variance of each set (sets, 2); at first 0 and 1, as in torch."""
    return np.array(running, dtype=float) if len(running) else np.tile([0.0, 1.0], (sets, 1))


def normalise(
    x: np.ndarray, axes: list[int], groups: int, training: bool, running: list
) -> tuple[np.ndarray, np.ndarray]:
    """Normalise each set by its own mean and variance, or the batch's sets by running ones.

    Args:
        x: (N, C, P).
        axes, groups: as in `columns`.
        training: false takes running statistics, if the sets run along the batch.
        running: mean and variance for each set, or [] for 0 and 1.

    Returns:
        y (N, C, P), and the mean and variance that each set was normalised with (sets, 2).
    """
    at = columns(x.shape, axes, groups)
    y = np.empty(x.size)
    if training or 0 not in axes:
        y[at], cache = reference.normalise(x.ravel()[at], 0)
        used = np.stack([cache.mean[0], cache.variance[0]], 1)
    else:
        used = pairs(running, at.shape[1])
        y[at], _ = reference.batch_norm(x.ravel()[at], *used.T)
    return y.reshape(x.shape), used


def step(
    x: np.ndarray, axes: list[int], groups: int, momentum: float, running: list
) -> list[list[float]]:
    """Move the running statistics by one training step on x.

    Raises:
        ValueError: if a set has one number, which has no variance that divides by m − 1.
    """
    at = columns(x.shape, axes, groups)
    used = pairs(running, at.shape[1])
    _, cache = reference.batch_norm(x.ravel()[at], *used.T, training=True, momentum=momentum)
    return np.stack([cache.running_mean, cache.running_var], 1).tolist()
