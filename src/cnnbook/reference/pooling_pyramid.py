"""Spatial pyramid pooling: a vector of one length from a map of any size."""

from math import prod
from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import as_floats, check_axes, choice, gradient
from cnnbook.reference.pooling_adaptive import (
    AdaptiveAvgCache,
    AdaptiveMaxCache,
    adaptive_avg_pool2d,
    adaptive_avg_pool2d_backward,
    adaptive_max_pool2d,
    adaptive_max_pool2d_backward,
)
from cnnbook.shapes.checks import whole

POOLS = {  # mode -> forward, backward
    "max": (adaptive_max_pool2d, adaptive_max_pool2d_backward),
    "avg": (adaptive_avg_pool2d, adaptive_avg_pool2d_backward),
}


class PyramidPoolCache(NamedTuple):
    """What `spatial_pyramid_pool2d` keeps for `spatial_pyramid_pool2d_backward`."""

    mode: str
    levels: tuple[int, ...]
    x_shape: tuple[int, int, int, int]
    dtype: np.dtype
    caches: tuple[AdaptiveMaxCache | AdaptiveAvgCache, ...]  # one for each level


def spatial_pyramid_pool2d(
    x: np.ndarray, levels: tuple[int, ...] = (4, 2, 1), mode: str = "max"
) -> tuple[np.ndarray, PyramidPoolCache]:
    """Pool a map of any size into grids of l x l bins, and string all bins together.

    Of l bins along an axis of a cells, bin i is from floor(i a / l) up to ceil((i + 1) a / l), with
    i from 0: the paper's rule for maps of any size, and that of adaptive pooling. (The sliding
    windows that its section 2.3 trains with, ceil(a / l) wide at a stride of floor(a / l), leave
    the last of 10 cells out for l = 4, and would be 9 for l = 6.)

    Args:
        x: (N, C, H, W); N may be 0, H and W are free.
        levels: bins along an axis, for each level of the pyramid.
        mode: "max" as in the paper, or "avg".

    Returns:
        y (N, C (l_1^2 + l_2^2 + ...)): level after level; in each the channels, in each of them
        the bins row by row. And the cache for `spatial_pyramid_pool2d_backward`.

    Raises:
        ValueError: if a level is below 1, there is none, or a map has no cell.
    See: He et al. 2014, arXiv:1406.4729, appendix A, "Implementation of pooling bins".
    """
    (x,) = as_floats(x)
    check_axes(x, "x", "N, C, H, W")
    pool, _ = POOLS[choice(mode, "mode", tuple(POOLS))]
    levels = tuple(whole(level, "level", 1) for level in levels)
    if not levels:
        raise ValueError("levels wants at least one level, got none")
    grids, caches = zip(*(pool(x, level) for level in levels), strict=True)
    vectors = [grid.reshape(len(x), prod(grid.shape[1:])) for grid in grids]
    y = np.concatenate(vectors, axis=1)  # (N, C (l_1^2 + l_2^2 + ...))
    return y, PyramidPoolCache(mode, levels, x.shape, x.dtype, caches)


def spatial_pyramid_pool2d_backward(dy: np.ndarray, cache: PyramidPoolCache) -> np.ndarray:
    """Pass the gradient of `spatial_pyramid_pool2d` back: the levels add up at the map.

    Args:
        dy: (N, C (l_1^2 + l_2^2 + ...)).
        cache: what `spatial_pyramid_pool2d` returned beside y.

    Returns:
        dx (N, C, H, W).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    mode, levels, (n, c, h, w), dtype, caches = cache
    _, backward = POOLS[mode]
    ends = np.cumsum([c * level**2 for level in levels])
    dy = gradient(dy, (n, int(ends[-1])), dtype)
    dx = np.zeros((n, c, h, w), dtype)
    for level, part, kept in zip(levels, np.split(dy, ends[:-1], axis=1), caches, strict=True):
        dx += backward(part.reshape(n, c, level, level), kept)
    return dx
