"""What a layer costs: learned numbers, and multiply-adds for one image."""

from cnnbook.shapes.checks import area, whole


def filter_cells(c_in: int, c_out: int, kernel: int | tuple[int, int], groups: int) -> int:
    """Count the numbers in one filter, after checking that the groups divide."""
    groups = whole(groups, "groups", 1)
    for channels, name in ((c_in, "input"), (c_out, "output")):
        if whole(channels, f"{name} channels", 1) % groups:
            raise ValueError(f"groups {groups} does not divide {channels} {name} channels")
    return c_in // groups * area(kernel, "kernel")


def conv_parameters(
    c_in: int, c_out: int, kernel: int | tuple[int, int], groups: int = 1, bias: bool = True
) -> int:
    """Count the learned numbers of a 2D convolution.

    c_out (c_in / groups · k_h k_w + 1), without the 1 if there is no bias

    Raises:
        ValueError: if groups does not divide both channel counts, or a number is below 1.
    """
    return c_out * (filter_cells(c_in, c_out, kernel, groups) + bool(bias))


def conv_macs(
    c_in: int,
    c_out: int,
    kernel: int | tuple[int, int],
    output: int | tuple[int, int],
    groups: int = 1,
) -> int:
    """Count the multiply-adds of a 2D convolution for one image, padding included, bias not.

    h_out w_out c_out · c_in / groups · k_h k_w

    Args:
        c_in: input channels.
        c_out: output channels, the number of filters.
        kernel: k, or (k_h, k_w).
        output: size of the output map, or (h_out, w_out); `output_size` tells it.
        groups: parts into which both channel counts are split.

    Raises:
        ValueError: if groups does not divide both channel counts, or a number is below 1.
    """
    return area(output, "output") * c_out * filter_cells(c_in, c_out, kernel, groups)


def dense_parameters(n_in: int, n_out: int, bias: bool = True) -> int:
    """Count the learned numbers of a dense layer: n_out (n_in + 1), or n_out n_in without bias.

    Raises:
        ValueError: if a number is below 1.
    """
    return whole(n_out, "outputs", 1) * (whole(n_in, "inputs", 1) + bool(bias))
