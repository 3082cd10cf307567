"""Which cells of an axis a window reads, and which windows read a cell."""

from cnnbook.shapes.checks import sides, whole
from cnnbook.shapes.sizes import output_size


def window(
    index: int,
    size: int,
    kernel: int,
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int = 1,
) -> list[int]:
    """List the input positions that output `index` reads.

    Returns:
        `kernel` positions; those below 0, or from `size` on, are padding.

    Raises:
        ValueError: if there is no such output, or as `output_size`.
    """
    outputs = output_size(size, kernel, stride, padding, dilation)
    if whole(index, "index") >= outputs:
        raise ValueError(f"output {index} is not among the {outputs} outputs")
    start = index * stride - sides(padding)[0]
    return [start + cell * dilation for cell in range(kernel)]


def readers(
    index: int,
    size: int,
    kernel: int,
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int = 1,
) -> list[int]:
    """List the outputs whose window holds input `index`, in ascending order.

    The list can be empty: a stride or dilation may jump over a cell.

    Raises:
        ValueError: if there is no such input, or as `output_size`.
    """
    outputs = output_size(size, kernel, stride, padding, dilation)
    if whole(index, "index") >= size:
        raise ValueError(f"input {index} is not among the {size} inputs")
    shifted = index + sides(padding)[0]
    # output o reads the input with its kernel cell t where o stride + t dilation = shifted
    starts = (shifted - cell * dilation for cell in reversed(range(kernel)))
    return [s // stride for s in starts if s % stride == 0 and 0 <= s // stride < outputs]


def adaptive_windows(size: int, outputs: int) -> list[tuple[int, int]]:
    """List the windows of adaptive pooling, which cover `size` cells with `outputs` windows.

    start = floor(i size / outputs),  stop = ceil((i + 1) size / outputs)

    They overlap, and differ by a cell in length, unless outputs divides size.

    Returns:
        (start, stop) of each window; the cell at stop is not in it.

    Raises:
        ValueError: if an argument is no whole number or below 1.
    See: PyTorch's AdaptiveAvgPool2d, whose windows these are.
    """
    size, outputs = whole(size, "size", 1), whole(outputs, "outputs", 1)
    return [(i * size // outputs, -(-(i + 1) * size // outputs)) for i in range(outputs)]
