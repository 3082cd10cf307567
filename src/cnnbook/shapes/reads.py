"""How often a stack of layers reads each cell of its input, along one axis, and what it misses."""

from collections.abc import Iterable

from cnnbook.shapes.checks import whole
from cnnbook.shapes.receptive_field import Layer, checked
from cnnbook.shapes.sizes import output_size


def read_counts(layers: Iterable[Layer | tuple]) -> list[int]:
    """Count the paths from each cell of the receptive field to one output.

    Of 3x3 convolutions with dilations 2, 4 and 8, one output spans 29 cells and reads 15 of them;
    with dilations 1, 2 and 5 it reads all 17.

    Args:
        layers: as `receptive_field`; padding plays no part.

    Returns:
        One count for each cell of the field; a 0 is a hole. They add up to the product of the
        kernels.

    Raises:
        ValueError: as `receptive_field`.
    """
    counts = [1]  # the output itself
    for kernel, stride, _, dilation in reversed(checked(layers)):
        earlier = [0] * ((len(counts) - 1) * stride + dilation * (kernel - 1) + 1)
        for position, paths in enumerate(counts):
            for cell in range(kernel):
                earlier[position * stride + cell * dilation] += paths
        counts = earlier
    return counts


def total_read_counts(size: int, layers: Iterable[Layer | tuple]) -> list[int]:
    """Count the paths from each of `size` input cells to all outputs of the stack together.

    Cells at the border have fewer, and a stride longer than the kernel leaves cells with none.

    Raises:
        ValueError: as `receptive_field`, or if a window does not fit.
    """
    stack, sizes = checked(layers), [whole(size, "size", 1)]
    for layer in stack:
        sizes.append(output_size(sizes[-1], *layer))
    counts = [1] * sizes.pop()
    for (kernel, stride, (before, _), dilation), earlier_size in zip(
        reversed(stack), reversed(sizes), strict=True
    ):
        earlier = [0] * earlier_size
        for position, paths in enumerate(counts):
            for cell in range(kernel):
                read = position * stride - before + cell * dilation
                if 0 <= read < earlier_size:  # the rest is padding
                    earlier[read] += paths
        counts = earlier
    return counts


def holes(layers: Iterable[Layer | tuple]) -> int:
    """Count the cells inside the receptive field that no path reaches.

    Raises:
        ValueError: as `receptive_field`.
    """
    return read_counts(layers).count(0)


def largest_gap(dilations: Iterable[int]) -> int:
    """Evaluate the rule for hybrid dilated convolutions, which wants at most the kernel.

    gap = last dilation, then for each dilation r before it, down to the second,
    gap = max(gap − 2 r, 2 r − gap, r)

    For kernels of 3 the rule takes 1, 2, 5 (gap 2) and not 1, 2, 9 (gap 5). It is about the order
    of the layers, which does not change the cells that are read: `holes` counts those.

    Raises:
        ValueError: if there is no dilation, or one is no whole number or below 1.
    See: Wang et al. 2018, "Understanding Convolution for Semantic Segmentation",
        arXiv:1702.08502, where it is M_2.
    """
    rates = [whole(rate, "dilation", 1) for rate in dilations]
    if not rates:
        raise ValueError("dilations wants one number or more, got none")
    gap = rates[-1]
    for rate in reversed(rates[1:-1]):
        gap = max(gap - 2 * rate, 2 * rate - gap, rate)
    return gap
