"""Pooling of one map in the pool router's words: forward and backward, by `cnnbook.reference`."""

from collections.abc import Callable

import numpy as np

from cnnbook import reference

POOLS = ("max", "min", "average")
WINDOWS = ("fixed", "global", "adaptive")
SETTINGS = (
    "pool",
    "windows",
    "kernel_size",
    "stride",
    "padding",
    "ceil_mode",
    "count_include_pad",
    "output_size",
)


def pool(
    x: np.ndarray,
    pool: str,
    windows: str,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int],
    padding: int | tuple[int, int],
    ceil_mode: bool,
    count_include_pad: bool,
    output_size: int | tuple[int, int],
) -> tuple[np.ndarray, Callable]:
    """Pool one map.

    Args:
        x: (h, w).
        pool: one of `POOLS`.
        windows: one of `WINDOWS`; output_size is for "adaptive", all other settings for "fixed".
        kernel_size, stride, padding, ceil_mode, count_include_pad: as `reference.avg_pool2d`.
        output_size: as `reference.adaptive_avg_pool2d`.

    Returns:
        y (h_out, w_out), and the function that makes dx (h, w) of dy (h_out, w_out).

    Raises:
        ValueError: as the layers of `cnnbook.reference`.
    """
    steps = (kernel_size, stride, padding)
    if windows == "fixed" and pool == "average":
        y, cache = reference.avg_pool2d(x[None, None], *steps, ceil_mode, count_include_pad)
        return y[0, 0], _undo(reference.avg_pool2d_backward, cache)
    if windows == "fixed":
        forward = reference.max_pool2d if pool == "max" else reference.min_pool2d
        y, cache = forward(x[None, None], *steps, ceil_mode=ceil_mode)
        return y[0, 0], _undo(reference.max_pool2d_backward, cache)
    outputs = 1 if windows == "global" else output_size
    if pool == "average":
        y, cache = reference.adaptive_avg_pool2d(x[None, None], outputs)
        return y[0, 0], _undo(reference.adaptive_avg_pool2d_backward, cache)
    sign = 1 if pool == "max" else -1  # the minimum of x is the maximum of −x, negated
    y, cache = reference.adaptive_max_pool2d(sign * x[None, None], outputs)
    return sign * y[0, 0], _undo(reference.adaptive_max_pool2d_backward, cache)


def _undo(backward: Callable, cache: tuple) -> Callable:
    return lambda dy: backward(np.asarray(dy, dtype=float)[None, None], cache)[0, 0]
