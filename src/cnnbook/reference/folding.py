"""Fold a trained batch norm into the convolution or dense layer in front of it."""

import numpy as np

from cnnbook.reference.arguments import as_floats, check_shape, number
from cnnbook.reference.batch_normalisation import check_variance


def fold_batch_norm(
    weight: np.ndarray,
    bias: np.ndarray | None,
    running_mean: np.ndarray,
    running_var: np.ndarray,
    bn_weight: np.ndarray | None = None,
    bn_bias: np.ndarray | None = None,
    eps: float = 1e-5,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Find the one layer that does what a layer and then batch norm in evaluation do.

    weight' = scale weight,  bias' = scale (bias − running_mean) + bn_bias
    scale = bn_weight / \sqrt{running_var + eps}, one number for each filter

    Args:
        weight: (C_out, C_in / groups, k_h, k_w) of `conv2d` with any groups, (C_out, n_in) of a
            dense layer: anything with the filters first, so not of a transposed convolution.
        bias: (C_out,) of that layer.
        running_mean, running_var, bn_weight, bn_bias: (C_out,) of the batch norm behind it.
        eps: of the batch norm.

    Returns:
        The weight and the bias of the one layer, shaped as weight and (C_out,).

    Raises:
        ValueError: if shapes disagree, or a running variance is negative.
    """
    arrays = as_floats(weight, bias, running_mean, running_var, bn_weight, bn_bias)
    weight, bias, running_mean, running_var, bn_weight, bn_bias = arrays
    if weight.ndim < 2:
        raise ValueError(f"weight wants 2 axes or more (C_out, ...), got shape {weight.shape}")
    names = "bias", "running_mean", "running_var", "bn_weight", "bn_bias"
    for array, name in zip(arrays[1:], names, strict=True):
        if array is not None:
            check_shape(array, name, weight.shape[:1])
    check_variance(running_var)
    scale = 1 / np.sqrt(running_var + number(eps, "eps", least=0))
    if bn_weight is not None:
        scale = scale * bn_weight
    shift = -running_mean if bias is None else bias - running_mean
    shift = scale * shift
    if bn_bias is not None:
        shift += bn_bias
    return weight * scale.reshape(-1, *[1] * (weight.ndim - 1)), shift
