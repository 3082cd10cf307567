"""Images and kernels that the widgets start with."""

import numpy as np

from cnnbook.data import photograph

LETTER = [  # an L of 5s on flat ground: straight edges, corners, and windows that see no edge
    [1, 1, 1, 1, 1, 1, 1],
    [1, 5, 5, 1, 1, 1, 1],
    [1, 5, 5, 1, 1, 1, 1],
    [1, 5, 5, 1, 1, 1, 1],
    [1, 5, 5, 5, 5, 5, 1],
    [1, 5, 5, 5, 5, 5, 1],
    [1, 1, 1, 1, 1, 1, 1],
]
RAMP_AND_STEP = [list(range(10))] * 4 + [[2] * 5 + [7] * 5] * 4  # 8 x 10, and not square
KERNELS = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "box blur": [[1 / 9] * 3] * 3,
    "Gaussian blur": [[1 / 16, 1 / 8, 1 / 16], [1 / 8, 1 / 4, 1 / 8], [1 / 16, 1 / 8, 1 / 16]],
    "Gaussian blur 5 × 5": (np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256).tolist(),
    "Sobel x": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "Sobel y": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "Laplacian": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "mean of 2 × 2": [[1 / 4, 1 / 4], [1 / 4, 1 / 4]],
    "difference 1 × 2": [[-1, 1]],
    "column of 5": [[1]] * 5,
}
PHOTOS = {  # name shown -> name in cnnbook.data
    "cameraman": "camera",
    "astronaut": "astronaut",
    "coffee": "coffee",
    "cat": "chelsea",
    "bricks": "brick",
}


def _shares(size: int, parts: int) -> np.ndarray:
    """Give the weight of each of `size` cells in each of `parts` equal stretches, as rows."""
    edges = np.linspace(0, size, parts + 1)
    cells = np.arange(size)
    covered = np.minimum(edges[1:, None], cells + 1) - np.maximum(edges[:-1, None], cells)
    return np.clip(covered, 0, None) * (parts / size)


def shrink(image: np.ndarray, rows: int, cols: int) -> np.ndarray:
    """Average an (H, W) image down to (rows, cols), each cell the mean of the area it covers."""
    return _shares(image.shape[0], rows) @ image @ _shares(image.shape[1], cols).T


def small_photograph(size: int = 64) -> list[list[int]]:
    """Shrink the cameraman to a square of whole numbers of 0 to 255."""
    return np.rint(photograph(PHOTOS["cameraman"], size)).astype(int).tolist()
