"""A function to write in chapter 14: the nearest kernels of a given rank."""

import numpy as np

from cnnbook.exercises.definitions import Code


def terms(weight: np.ndarray, first: int, stop: int | None, power: float = 1) -> np.ndarray:
    """Add up the terms `first` to `stop` of each kernel's singular value decomposition."""
    left, sizes, right = np.linalg.svd(weight, full_matrices=False)
    kept = left[..., first:stop] * sizes[..., None, first:stop] ** power
    return kept @ right[..., first:stop, :]


def nearest(weight: np.ndarray, rank: int) -> np.ndarray:
    """Replace each kernel by the nearest one of that rank."""
    return terms(weight, 0, rank)


def as_one_matrix(weight: np.ndarray, rank: int) -> np.ndarray:
    """Make the slip of decomposing the layer as one matrix."""
    return terms(weight.reshape(len(weight), -1), 0, rank).reshape(weight.shape)


def right_turned(weight: np.ndarray, rank: int) -> np.ndarray:
    """Make the slip of taking columns of `right` for its rows."""
    left, sizes, right = np.linalg.svd(weight, full_matrices=False)
    rows = right.swapaxes(-1, -2)
    return (left[..., :rank] * sizes[..., None, :rank]) @ rows[..., :rank, :]


def by_sums(weight: np.ndarray, rank: int) -> np.ndarray:
    """Make the slip of multiplying the kernel's row sums and column sums."""
    rows, columns = weight.sum(-1, keepdims=True), weight.sum(-2, keepdims=True)
    return rows * columns / weight.sum((-1, -2), keepdims=True)


LAYERS = {  # the mistake that the case catches: the arguments
    "rank 1 of kernels 3x5": {
        "weight": [
            [
                [[3, 1, -2, 0, 4], [1, 5, 2, -1, 0], [2, 0, 1, 6, -3]],
                [[0, 2, 1, 1, -4], [7, 1, 0, 2, 1], [-1, 3, 5, 0, 2]],
                [[1, -1, 4, 2, 0], [2, 3, 0, -5, 1], [6, 0, 1, 1, 2]],
                [[2, 2, -3, 1, 5], [0, 4, 1, 1, -1], [-2, 1, 0, 8, 1]],
            ],
            [
                [[1, 0, 5, -2, 1], [3, -4, 1, 0, 2], [0, 1, 1, 7, 0]],
                [[-3, 1, 2, 2, 0], [5, 0, -1, 4, 1], [1, 6, 0, 0, -2]],
                [[0, 4, -1, 3, 2], [1, 1, 8, 0, -1], [2, -3, 1, 2, 0]],
                [[6, 1, 0, -1, 3], [2, 0, 4, 1, 1], [-1, 5, 1, 0, 2]],
            ],
        ],
        "rank": 1,
    },
    "rank 2 of kernels 4x3": {
        "weight": [
            [[[4, 1, 0], [-1, 3, 2], [0, 2, -5], [1, 0, 1]]],
            [[[1, -2, 3], [6, 0, 1], [0, 1, 1], [-3, 2, 4]]],
            [[[0, 5, 1], [2, -1, 0], [1, 1, 3], [4, 0, -2]]],
        ],
        "rank": 2,
    },
    "a kernel that is separable already": {
        "weight": [[[[2, 0, -2], [4, 0, -4], [2, 0, -2]]]],
        "rank": 1,
    },
    "a kernel of zeros beside another": {
        "weight": [[[[0, 0], [0, 0], [0, 0]], [[5, 1], [-1, 2], [0, 3]]]],
        "rank": 1,
    },
    "full rank": {"weight": [[[[1, 2, 0], [0, 1, -3], [4, 0, 1]]]], "rank": 3},
}
KERNELS = [
    Code(
        id="14-nearest",
        title="The nearest kernels of low rank",
        text="A kernel of rank r costs r columns and r rows. Replace every k_h x k_w kernel of a "
        "layer by the nearest one of the given rank: the first `rank` terms of its singular value "
        "decomposition. `left, sizes, right = np.linalg.svd(weight, full_matrices=False)` "
        "decomposes all kernels at once, the largest sizes first; term i of a kernel is "
        "`sizes[..., i]` times column i of `left` times row i of `right`.",
        name="nearest",
        stub="def nearest(weight, rank):\n    ...  # weight (C_out, C_in, k_h, k_w) -> the same "
        "shape",
        cases=LAYERS,
        answer=nearest,
        misconceptions={
            "the sizes are missing: columns and rows of the decomposition have length 1.": (
                lambda weight, rank: terms(weight, 0, rank, power=0)
            ),
            "only the square root of the sizes is there. It belongs on the columns and on the "
            "rows.": lambda weight, rank: terms(weight, 0, rank, power=0.5),
            "the sizes are there twice.": lambda weight, rank: terms(weight, 0, rank, power=2),
            "these are the last terms. The largest come first.": lambda weight, rank: terms(
                weight, min(weight.shape[-2:]) - rank, None
            ),
            "this is term number `rank` alone, counted from 0.": lambda weight, rank: terms(
                weight, rank, rank + 1
            ),
            "this is the last of the terms asked for. All up to it are added up.": (
                lambda weight, rank: terms(weight, rank - 1, rank)
            ),
            "there is a term too many.": lambda weight, rank: terms(weight, 0, rank + 1),
            "nothing was left out.": lambda weight, rank: weight,
            "this is what is left out, not what is kept.": (
                lambda weight, rank: weight - nearest(weight, rank)
            ),
            "columns of `right` were taken. Its vectors are its rows.": right_turned,
            "the whole layer was decomposed as one matrix, with a row for each filter. Here each "
            "kernel is a matrix.": as_one_matrix,
            "row sums times column sums gives a kernel of rank 1, but not the nearest.": by_sums,
        },
        hints=[
            "For rank 1: a column (..., k_h, 1) times a row (..., 1, k_w) broadcasts to a kernel. "
            "`left[..., :1]` and `right[..., :1, :]` have these shapes.",
            "Multiply the columns by the sizes: `left * sizes[..., None, :]`.",
            "`(left * sizes[..., None, :])[..., :rank] @ right[..., :rank, :]` adds up the terms.",
        ],
        solution="The folded cell below holds a solution.",
        why="`left` holds its vectors as columns, `right` as rows. With square kernels the slip of "
        "taking both alike changes no shape.",
    ),
]
