"""What is put beside convolutions costs: norms, embeddings, channel attention, deformation."""

from cnnbook.shapes.checks import area, whole
from cnnbook.shapes.cost import conv_macs, conv_parameters, dense_parameters


def norm_parameters(channels: int) -> int:
    """Count the learned numbers of a normalisation, a scale and a shift for each channel: 2 C.

    Layer norm has them for each number of an example instead.

    Raises:
        ValueError: if channels is below 1.
    """
    return 2 * whole(channels, "channels", 1)


def embedding_parameters(num_embeddings: int, embedding_dim: int) -> int:
    """Count the learned numbers of a table of vectors; looking one up multiplies nothing.

    Raises:
        ValueError: if a number is below 1.
    """
    return whole(num_embeddings, "num_embeddings", 1) * whole(embedding_dim, "embedding_dim", 1)


def se_parameters(channels: int, reduction: int = 16, bias: bool = False) -> int:
    """Count the learned numbers of squeeze and excitation: two dense layers, C to C / r and back.

    2 C² / r, and C / r + C biases

    Raises:
        ValueError: if the reduction does not divide the channels, or a number is below 1.
    See: Hu, Shen & Sun 2018, arXiv:1709.01507.
    """
    if whole(channels, "channels", 1) % whole(reduction, "reduction", 1):
        raise ValueError(f"reduction {reduction} does not divide {channels} channels")
    squeezed = channels // reduction
    down = dense_parameters(channels, squeezed, bias)
    return down + dense_parameters(squeezed, channels, bias)


def se_macs(channels: int, reduction: int = 16) -> int:
    """Count the multiply-adds of squeeze and excitation: 2 C² / r, for an image of any size.

    Averaging the channels and scaling them, C h w operations each, is not counted.

    Raises:
        ValueError: as `se_parameters`.
    """
    return se_parameters(channels, reduction)


def eca_parameters(kernel: int) -> int:
    """Count the learned numbers of efficient channel attention: one 1D kernel without bias.

    Raises:
        ValueError: if kernel is below 1.
    See: Wang et al. 2020, arXiv:1910.03151.
    """
    return conv_parameters(1, 1, kernel, bias=False, axes=1)


def eca_macs(channels: int, kernel: int) -> int:
    """Count the multiply-adds of efficient channel attention: the kernel at each channel, C k.

    Raises:
        ValueError: if a number is below 1.
    """
    return conv_macs(1, 1, kernel, whole(channels, "channels", 1), axes=1)


def offset_channels(kernel: int | tuple[int, int], offset_groups: int, modulated: bool) -> int:
    """Count the maps that steer a deformable convolution: x and y (and a mask) for each cell."""
    cells = area(kernel, "kernel") * whole(offset_groups, "offset_groups", 1)
    return (3 if modulated else 2) * cells


def deformable_extra_parameters(
    c_in: int,
    kernel: int | tuple[int, int],
    offset_groups: int = 1,
    modulated: bool = False,
    bias: bool = True,
) -> int:
    """Count what a deformable convolution learns more than a plain one: the offset convolution.

    m (c_in k_h k_w + 1),  m = 2 k_h k_w offset_groups, or 3 k_h k_w offset_groups if modulated

    Args:
        c_in: input channels.
        kernel: k or (k_h, k_w), of both convolutions.
        offset_groups: parts of the channels with offsets of their own.
        modulated: whether there is a mask too, as in version 2.
        bias: whether the offset convolution has one.

    Raises:
        ValueError: if a number is below 1.
    See: Dai et al. 2017, arXiv:1703.06211; Zhu et al. 2018, arXiv:1811.11168, for the mask.
    """
    maps = offset_channels(kernel, offset_groups, modulated)
    return conv_parameters(c_in, maps, kernel, bias=bias)


def deformable_extra_macs(
    c_in: int,
    kernel: int | tuple[int, int],
    output: int | tuple[int, int],
    offset_groups: int = 1,
    modulated: bool = False,
) -> int:
    """Count the multiply-adds a deformable convolution has more than a plain one.

    h_out w_out (m c_in k_h k_w + q c_in k_h k_w), with m maps as `deformable_extra_parameters`:
    the offset convolution, and q products for each number it reads, 4 to interpolate it between
    four pixels and 1 more for the mask if modulated. Finding the four weights is not counted.

    Args:
        output: size of the output map, or (h_out, w_out).
        c_in, kernel, offset_groups, modulated: as `deformable_extra_parameters`.

    Raises:
        ValueError: if a number is below 1.
    """
    maps = offset_channels(kernel, offset_groups, modulated)
    reads = area(output, "output") * whole(c_in, "input channels", 1) * area(kernel, "kernel")
    return conv_macs(c_in, maps, kernel, output) + (5 if modulated else 4) * reads
