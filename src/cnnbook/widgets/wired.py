"""A stack of grouped convolutions as channels see it: which weights there are, who sees whom."""

import numpy as np

from cnnbook.shapes import conv_macs, conv_parameters, receptive_field

Layer = dict[str, int | bool]  # kernel_size, groups, shuffle


def mask(channels: int, groups: int) -> np.ndarray:
    """Tell which weights a grouped layer has: bool (C_out, C_in), blocks on the diagonal."""
    group = np.arange(channels) // (channels // groups)
    return group[:, None] == group


def shuffled(channels: int, groups: int) -> np.ndarray:
    """Return which channel stands where after a channel shuffle: (C,), counted from 0.

    The channels are written into rows, one for each group, and read by columns.

    See: Zhang, Zhou, Lin & Sun 2018, arXiv:1707.01083, section 3.1.
    """
    return np.arange(channels).reshape(groups, -1).T.ravel()


def reach(channels: int, layers: list[Layer]) -> np.ndarray:
    """Tell which outputs of the stack see which inputs: bool (C_out, C_in)."""
    seen = np.eye(channels, dtype=bool)
    before = 1
    for layer in layers:
        if layer["shuffle"]:
            seen = seen[shuffled(channels, before)]
        seen = mask(channels, layer["groups"]) @ seen
        before = layer["groups"]
    return seen


def parameters(channels: int, layers: list[Layer]) -> int:
    """Count the weights of the stack; it has no biases."""
    return sum(
        conv_parameters(channels, channels, layer["kernel_size"], layer["groups"], bias=False)
        for layer in layers
    )


def macs(channels: int, layers: list[Layer], size: int) -> int:
    """Count the multiply-adds for one image, on maps of size x size."""
    return sum(
        conv_macs(channels, channels, layer["kernel_size"], size, layer["groups"])
        for layer in layers
    )


def field(layers: list[Layer]) -> int:
    """Return the side of the receptive field, in cells of the input."""
    return receptive_field([(layer["kernel_size"],) for layer in layers])[-1].size
