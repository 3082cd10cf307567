"""Weight standardisation: each filter of a convolution gets mean 0 and deviation 1 before use."""

from math import prod
from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import as_floats, gradient, number


class StandardiseCache(NamedTuple):
    """What `weight_standardise` keeps for `weight_standardise_backward`."""

    centred: np.ndarray  # weight − mean of its filter
    std: np.ndarray  # (C_out, 1, 1, 1)
    eps: float


def weight_standardise(
    weight: np.ndarray, eps: float = 1e-5
) -> tuple[np.ndarray, StandardiseCache]:
    r"""Give every filter mean 0 and standard deviation 1.

    y[o] = (weight[o] − mean) / (std + eps),  std = \sqrt{\sum (weight[o] − mean)² / (I − 1)}

    where I is the number of weights in a filter. Dividing by I − 1, and adding eps outside the
    root, is what the authors' PyTorch code does; their TensorFlow code and the paper divide by I,
    and other libraries add eps to the variance.

    Args:
        weight: (C_out, C_in / groups, k_h, k_w), or (C_out, n_in) of a dense layer.
        eps: added to the standard deviation.

    Returns:
        y, shaped as weight, and the cache that `weight_standardise_backward` wants.

    Raises:
        ValueError: if a filter has fewer than two weights.
    See: Qiao, Wang, Liu, Shen & Yuille 2019, arXiv:1903.10520, and their code at
        github.com/joe-siyuan-qiao/WeightStandardization.
    """
    (weight,), eps = as_floats(weight), number(eps, "eps", least=0)
    if weight.ndim < 2:
        raise ValueError(f"weight wants 2 axes or more (C_out, ...), got shape {weight.shape}")
    axes, count = tuple(range(1, weight.ndim)), prod(weight.shape[1:])
    if count < 2:
        raise ValueError(
            f"a filter wants 2 weights or more, weight of shape {weight.shape} has {count}"
        )
    centred = weight - weight.mean(axes, keepdims=True)
    std = np.sqrt(np.sum(centred**2, axes, keepdims=True) / (count - 1))
    return centred / (std + eps), StandardiseCache(centred, std, eps)


def weight_standardise_backward(dy: np.ndarray, cache: StandardiseCache) -> np.ndarray:
    r"""Pass the gradient back to the weights that are learned.

    dweight = d − mean(d),  d = dy / (std + eps) − centred dstd
    dstd = \sum dy centred / ((I − 1) std (std + eps)²), and 0 for a filter of equal weights

    Args:
        dy: gradient of the loss for each standardised weight, shaped as weight.
        cache: what `weight_standardise` returned beside y.

    Returns:
        dweight, shaped as weight.

    Raises:
        ValueError: if dy is not shaped as weight.
    """
    centred, std, eps = cache
    dy = gradient(dy, centred.shape, centred.dtype)
    axes, count = tuple(range(1, centred.ndim)), prod(centred.shape[1:])
    products = np.sum(dy * centred, axes, keepdims=True)
    spread = np.where(std > 0, std, 1)  # equal weights: products is 0 anyway
    d = dy / (std + eps) - centred * (products / ((count - 1) * spread * (std + eps) ** 2))
    return d - d.mean(axes, keepdims=True)
