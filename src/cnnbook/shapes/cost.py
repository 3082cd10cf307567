"""What convolutions and dense layers cost: learned numbers, and multiply-adds for one image.

Multiply-adds are those with a learned number: one at each place where a weight meets an input,
padding included. Biases, activations and pooling are not among them.
"""

from cnnbook.shapes.checks import area, whole


def filter_cells(
    c_in: int, c_out: int, kernel: int | tuple[int, ...], groups: int, axes: int = 2
) -> int:
    """Count the numbers in one filter, after checking that the groups divide."""
    groups = whole(groups, "groups", 1)
    for channels, name in ((c_in, "input"), (c_out, "output")):
        if whole(channels, f"{name} channels", 1) % groups:
            raise ValueError(f"groups {groups} does not divide {channels} {name} channels")
    return c_in // groups * area(kernel, "kernel", axes)


def conv_parameters(
    c_in: int,
    c_out: int,
    kernel: int | tuple[int, ...],
    groups: int = 1,
    bias: bool = True,
    axes: int = 2,
) -> int:
    """Count the learned numbers of a convolution; a transposed one has as many.

    c_out (c_in / groups · k_h k_w + 1), without the 1 if there is no bias

    Args:
        c_in: input channels.
        c_out: output channels, the number of filters.
        kernel: k, or one number for each axis, such as (k_h, k_w).
        groups: parts into which both channel counts are split.
        bias: whether each filter has one.
        axes: 1 of a signal, 2 of an image, 3 of a volume.

    Raises:
        ValueError: if groups does not divide both channel counts, or a number is below 1.
    """
    return c_out * (filter_cells(c_in, c_out, kernel, groups, axes) + bool(bias))


def conv_macs(
    c_in: int,
    c_out: int,
    kernel: int | tuple[int, ...],
    output: int | tuple[int, ...],
    groups: int = 1,
    axes: int = 2,
) -> int:
    """Count the multiply-adds of a convolution for one image, padding included, bias not.

    h_out w_out c_out · c_in / groups · k_h k_w

    Args:
        c_in, c_out, kernel, groups, axes: as `conv_parameters`.
        output: size of the output map, or (h_out, w_out); `output_size` tells it.

    Raises:
        ValueError: if groups does not divide both channel counts, or a number is below 1.
    """
    outputs = area(output, "output", axes)
    return outputs * c_out * filter_cells(c_in, c_out, kernel, groups, axes)


def transposed_macs(
    c_in: int,
    c_out: int,
    kernel: int | tuple[int, ...],
    size: int | tuple[int, ...],
    groups: int = 1,
    axes: int = 2,
) -> int:
    """Count the multiply-adds of a transposed convolution: each input goes through a whole kernel.

    h w c_in · c_out / groups · k_h k_w

    What padding then cuts off is counted too, and stride costs nothing.

    Args:
        c_in, c_out, kernel, groups, axes: as `conv_parameters`.
        size: size of the input map, or (h, w).

    Raises:
        ValueError: if groups does not divide both channel counts, or a number is below 1.
    """
    return area(size, "size", axes) * c_out * filter_cells(c_in, c_out, kernel, groups, axes)


def separable_parameters(
    c_in: int, c_out: int, kernel: int | tuple[int, ...], bias: bool = True, axes: int = 2
) -> int:
    """Count the learned numbers of a depthwise convolution and a 1x1 convolution behind it.

    c_in (k_h k_w + 1) + c_out (c_in + 1), without the 1s if there is no bias

    Raises:
        ValueError: if a number is below 1.
    See: Howard et al. 2017, arXiv:1704.04861, section 3.1.
    """
    depthwise = conv_parameters(c_in, c_in, kernel, c_in, bias, axes)
    return depthwise + conv_parameters(c_in, c_out, 1, 1, bias, axes)


def separable_macs(
    c_in: int,
    c_out: int,
    kernel: int | tuple[int, ...],
    output: int | tuple[int, ...],
    axes: int = 2,
) -> int:
    """Count the multiply-adds of a depthwise and a 1x1 convolution for one image.

    h_out w_out c_in (k_h k_w + c_out), which is 1 / c_out + 1 / (k_h k_w) of `conv_macs`

    Args:
        c_in, c_out, kernel, axes: as `conv_parameters`.
        output: size of the output map, or (h_out, w_out).

    Raises:
        ValueError: if a number is below 1.
    See: Howard et al. 2017, arXiv:1704.04861, section 3.1.
    """
    depthwise = conv_macs(c_in, c_in, kernel, output, c_in, axes)
    return depthwise + conv_macs(c_in, c_out, 1, output, 1, axes)


def dense_parameters(n_in: int, n_out: int, bias: bool = True) -> int:
    """Count the learned numbers of a dense layer: n_out (n_in + 1), or n_out n_in without bias.

    Raises:
        ValueError: if a number is below 1.
    """
    return whole(n_out, "outputs", 1) * (whole(n_in, "inputs", 1) + bool(bias))


def dense_macs(n_in: int, n_out: int) -> int:
    """Count the multiply-adds of a dense layer for one example: n_out n_in.

    Raises:
        ValueError: if a number is below 1.
    """
    return dense_parameters(n_in, n_out, bias=False)
