"""Gaussian and Laplacian pyramids: an image at falling sizes, and what each step takes away."""

import numpy as np

from cnnbook.reference.arguments import Pair, as_floats, check_axes, check_shape, per_axis
from cnnbook.reference.blur_pool import (
    binomial_filter,
    blur_pool2d,
    blur_pool2d_backward,
    filter_matrix,
)
from cnnbook.reference.resampling import SeparableCache, apply_matrices, apply_transposed
from cnnbook.shapes.checks import whole

# Burt & Adelson allow any (1/4 − a/2, 1/4, a, 1/4, 1/4 − a/2) and find a = 0.4 close to a Gaussian.
# This is a = 0.375, as in OpenCV and MATLAB: (1, 4, 6, 4, 1) / 16, the binomial filter.
KERNEL = binomial_filter(5)


def pyr_down(x: np.ndarray) -> tuple[np.ndarray, SeparableCache]:
    r"""Blur images and keep every other row and column: REDUCE of the paper.

    y[i, j] = \sum_{a, b} KERNEL[a] KERNEL[b] x[2i + a − 2, 2j + b − 2], borders mirrored

    Args:
        x: (N, C, H, W); N may be 0.

    Returns:
        y (N, C, ceil(H / 2), ceil(W / 2)), and the cache that `pyr_down_backward` wants.

    Raises:
        ValueError: if x has not 4 axes.
    See: Burt & Adelson 1983, "The Laplacian pyramid as a compact image code"; the borders (c b |
        a b c, without repeating the outermost cell) are those of OpenCV's pyrDown.
    """
    return blur_pool2d(x, filter_size=len(KERNEL), stride=2)


def pyr_down_backward(dy: np.ndarray, cache: SeparableCache) -> np.ndarray:
    """Return the gradient (N, C, H, W) for the input of `pyr_down`, from dy and its cache.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    return blur_pool2d_backward(dy, cache)


def pyr_up(x: np.ndarray, size: Pair | None = None) -> tuple[np.ndarray, SeparableCache]:
    r"""Put zeros between all rows and columns of images, and blur with twice the kernel: EXPAND.

    y[i, j] = 4 \sum_{a, b} KERNEL[a] KERNEL[b] x[(i + a − 2) / 2, (j + b − 2) / 2],
    over whole-numbered positions only, borders of the widened image mirrored

    Args:
        x: (N, C, H, W); N may be 0.
        size: (h_out, w_out), where an axis of H cells grows to 2 H, or to 2 H − 1 if it was odd
            before `pyr_down`; (2 H, 2 W) unless given.

    Returns:
        y (N, C, h_out, w_out), and the cache that `pyr_up_backward` wants.

    Raises:
        ValueError: if x has not 4 axes, or a size is neither 2 H nor 2 H − 1.
    See: Burt & Adelson 1983; sizes and borders are those of OpenCV's pyrUp.
    """
    (x,) = as_floats(x)
    check_axes(x, "x", "N, C, H, W")
    sizes = [2 * cells for cells in x.shape[2:]] if size is None else per_axis(size, "size")
    for cells, cells_out in zip(x.shape[2:], sizes, strict=True):
        if cells_out not in (2 * cells - 1, 2 * cells):
            raise ValueError(
                f"{cells} cells grow to {2 * cells - 1} or {2 * cells}, not to {cells_out}"
            )
    rows, columns = (
        2 * filter_matrix(2 * cells, KERNEL, stride=1)[:cells_out, ::2]  # odd columns meet zeros
        for cells, cells_out in zip(x.shape[2:], sizes, strict=True)
    )
    return apply_matrices(x, rows, columns)


def pyr_up_backward(dy: np.ndarray, cache: SeparableCache) -> np.ndarray:
    """Return the gradient (N, C, H, W) for the input of `pyr_up`, from dy and its cache.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    return apply_transposed(dy, cache)


def gaussian_pyramid(x: np.ndarray, levels: int) -> list[np.ndarray]:
    """Stack an image and its smaller and smaller copies, each the `pyr_down` of the one before.

    Args:
        x: (N, C, H, W); N may be 0.
        levels: images in the pyramid, the first of them a copy of x.

    Returns:
        `levels` arrays: (N, C, H, W), (N, C, ceil(H / 2), ceil(W / 2)), ...

    Raises:
        ValueError: if x has not 4 axes, or levels is below 1.
    See: Burt & Adelson 1983.
    """
    (x,) = as_floats(x)
    check_axes(x, "x", "N, C, H, W")
    pyramid = [x.copy()]
    for _ in range(whole(levels, "levels", 1) - 1):
        pyramid.append(pyr_down(pyramid[-1])[0])
    return pyramid


def laplacian_pyramid(x: np.ndarray, levels: int) -> list[np.ndarray]:
    """Keep at each size only what the next smaller one cannot say: x_l − pyr_up(x_{l + 1}).

    Args:
        x, levels: as `gaussian_pyramid`.

    Returns:
        `levels` arrays of the shapes of `gaussian_pyramid`: differences, which are signed, and
        last the smallest image itself. `reconstruct_pyramid` gives x back.

    Raises:
        ValueError: as `gaussian_pyramid`.
    See: Burt & Adelson 1983.
    """
    images = gaussian_pyramid(x, levels)
    for level, smaller in enumerate(images[1:]):
        images[level] -= pyr_up(smaller, images[level].shape[2:])[0]
    return images


def reconstruct_pyramid(pyramid: list[np.ndarray]) -> np.ndarray:
    """Add up a Laplacian pyramid, from the smallest image: the image it was made of.

    Nothing is restored that was not kept: the differences hold what `pyr_down` lost.

    Args:
        pyramid: what `laplacian_pyramid` returned, or a blend or a change of it.

    Returns:
        x (N, C, H, W), shaped as the first array; exact but for rounding.

    Raises:
        ValueError: if there is no level, or sizes do not halve (rounded up) from one to the next.
    See: Burt & Adelson 1983.
    """
    if not len(pyramid):
        raise ValueError("pyramid wants at least one level, got none")
    levels = as_floats(*pyramid)
    for level in levels:
        check_axes(level, "a level", "N, C, H, W")
    *differences, image = levels
    image = image.copy()
    for difference in reversed(differences):
        image, _ = pyr_up(image, difference.shape[2:])
        check_shape(difference, "a level", image.shape)
        image += difference
    return image
