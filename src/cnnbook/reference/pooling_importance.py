"""Pooling by learnt importance: a softmax over each window, or over the whole map, weighs cells."""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import Pair, as_floats, check_axes, check_shape, gradient, pad
from cnnbook.reference.pooling_windows import Windows, add_cells, pool_windows, read_cells
from cnnbook.reference.softmax import softmax


class LipCache(NamedTuple):
    """What `lip2d` keeps for `lip2d_backward`."""

    features: np.ndarray  # (k_h k_w, N, C, H_out, W_out), the cells of each window
    importance: np.ndarray  # (k_h k_w, N, C, H_out, W_out), summing to 1 over the cells
    y: np.ndarray
    x_shape: tuple[int, int, int, int]
    windows: Windows


class AttentionPoolCache(NamedTuple):
    """What `attention_pool2d` keeps for `attention_pool2d_backward`."""

    x: np.ndarray
    attention: np.ndarray  # shaped as logit, summing to 1 over H and W
    y: np.ndarray


def lip2d(
    x: np.ndarray,
    logit: np.ndarray,
    kernel_size: int | Pair = 3,
    stride: int | Pair = 2,
    padding: int | Pair = 1,
) -> tuple[np.ndarray, LipCache]:
    r"""Average each window with weights exp(logit): local importance-based pooling.

    y = \sum_k x_k exp(logit_k) / \sum_k exp(logit_k), over the cells of a window in the image

    Equal logits make it average pooling, one far above the others picks its cell. The authors'
    code divides two average poolings of exp(logit), and keeps it from running over by making
    logits 12 sigmoid(...); here the largest logit of each window is subtracted first.

    Args:
        x: (N, C, H, W); N may be 0.
        logit: (N, C, H, W), importance of each cell, usually made from x by a small network.
        kernel_size, stride, padding: as `avg_pool2d`; padding has no weight.

    Returns:
        y (N, C, H_out, W_out), and the cache that `lip2d_backward` wants.

    Raises:
        ValueError: if logit is not shaped as x, or windows do not fit.
    See: Gao, Wang & Wu 2019, arXiv:1908.04156.
    """
    x, logit = as_floats(x, logit)
    check_axes(x, "x", "N, C, H, W")
    check_shape(logit, "logit", x.shape)
    windows = pool_windows(x.shape[2:], kernel_size, stride, padding)
    features = read_cells(pad(x, windows.padding), windows)
    importance, _ = softmax(read_cells(pad(logit, windows.padding, -np.inf), windows), dim=0)
    y = (features * importance).sum(0)
    return y.copy(), LipCache(features, importance, y, x.shape, windows)


def lip2d_backward(dy: np.ndarray, cache: LipCache) -> tuple[np.ndarray, np.ndarray]:
    """Pass the gradient of `lip2d` back to cells and logits.

    With the importance p_k of a cell in its window: dx_k = p_k dy, dlogit_k = p_k (x_k − y) dy.

    Args:
        dy: (N, C, H_out, W_out).
        cache: what `lip2d` returned beside y.

    Returns:
        dx and dlogit, both (N, C, H, W).

    Raises:
        ValueError: if dy is not shaped as y.
    """
    features, importance, y, x_shape, windows = cache
    dcells = importance * gradient(dy, y.shape, y.dtype)
    dx = add_cells(dcells, x_shape, windows)
    return dx, add_cells(dcells * (features - y), x_shape, windows)


def attention_pool2d(x: np.ndarray, logit: np.ndarray) -> tuple[np.ndarray, AttentionPoolCache]:
    r"""Average each whole map with weights that a softmax over its positions gives.

    y[n, c] = \sum_{h, w} p[h, w] x[n, c, h, w],   p = exp(logit) / \sum exp(logit)

    Equal logits make it global average pooling.

    Args:
        x: (N, C, H, W); N may be 0.
        logit: (N, 1, H, W), one map of attention for all channels, or (N, C, H, W).

    Returns:
        y (N, C), and the cache that `attention_pool2d_backward` wants.

    Raises:
        ValueError: if logit has another shape, or a map has no cell.
    See: Ilse, Tomczak & Welling 2018, arXiv:1802.04712, with positions as the instances.
    """
    x, logit = as_floats(x, logit)
    check_axes(x, "x", "N, C, H, W")
    n, c, h, w = x.shape
    if h * w == 0:
        raise ValueError(f"x wants at least one position, got {h} x {w}")
    check_shape(logit, "logit", (n, 1 if logit.shape[1:2] == (1,) else c, h, w))
    attention = softmax(logit.reshape(*logit.shape[:2], h * w), dim=2)[0].reshape(logit.shape)
    y = (attention * x).sum((2, 3))
    return y.copy(), AttentionPoolCache(x, attention, y)


def attention_pool2d_backward(
    dy: np.ndarray, cache: AttentionPoolCache
) -> tuple[np.ndarray, np.ndarray]:
    """Pass the gradient of `attention_pool2d` back to cells and logits.

    dx = p dy, and dlogit = p (x − y) dy, summed over the channels that share the logit.

    Args:
        dy: (N, C).
        cache: what `attention_pool2d` returned beside y.

    Returns:
        dx (N, C, H, W) and dlogit, shaped as logit.

    Raises:
        ValueError: if dy is not shaped as y.
    """
    x, attention, y = cache
    dx = attention * gradient(dy, y.shape, x.dtype)[:, :, None, None]
    dlogit = dx * (x - y[:, :, None, None])
    return dx, dlogit if attention.shape == x.shape else dlogit.sum(1, keepdims=True)
