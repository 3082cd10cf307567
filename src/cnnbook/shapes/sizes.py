"""How long an axis is after a convolution or a pooling, and before."""

from cnnbook.shapes.checks import sides, whole


def output_size(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> int:
    """Count the positions of a window along one axis.

    floor((size + before + after − dilation (kernel − 1) − 1) / stride) + 1

    Args:
        size: cells of the axis.
        kernel: cells that one window reads.
        stride: step from one window to the next, in cells.
        padding: cells added on each side, or (before, after).
        dilation: step from one read cell to the next; 1 is dense.
        ceil_mode: round up, so that a last window may run over the end; it is dropped all the same
            if it would start behind the last input.

    Raises:
        ValueError: if the dilated kernel is longer than the padded axis, or an argument is no
            whole number or too small.
    See: Dumoulin & Visin 2016, relationship 15; ceil_mode as PyTorch's pooling has it.
    """
    size, kernel = whole(size, "size", 1), whole(kernel, "kernel", 1)
    stride, dilation = whole(stride, "stride", 1), whole(dilation, "dilation", 1)
    before, after = sides(padding)
    span = dilation * (kernel - 1) + 1
    room = before + size + after
    outputs = (room - span + (stride - 1 if ceil_mode else 0)) // stride + 1
    if ceil_mode and (outputs - 1) * stride >= before + size:
        outputs -= 1
    if outputs < 1:
        raise ValueError(
            f"kernel {kernel} with dilation {dilation} spans {span} cells, "
            f"the padded axis has {room} ({before} + {size} + {after})"
        )
    return outputs


def transposed_size(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int = 1,
    output_padding: int = 0,
) -> int:
    """Count the outputs of a transposed convolution: an input of the convolution it transposes.

    (size − 1) stride − before − after + dilation (kernel − 1) + output_padding + 1

    Args:
        size: cells of the axis, the outputs of the convolution that is transposed.
        kernel, stride, padding, dilation: as `output_size`, of that convolution.
        output_padding: cells more at the end, below stride or dilation; it says which of the
            several sizes with the same number of windows is meant.

    Raises:
        ValueError: if output_padding is not below stride or dilation, nothing is left, or an
            argument is no whole number or too small.
    See: Dumoulin & Visin 2016, relationship 14.
    """
    size, kernel = whole(size, "size", 1), whole(kernel, "kernel", 1)
    stride, dilation = whole(stride, "stride", 1), whole(dilation, "dilation", 1)
    before, after = sides(padding)
    if whole(output_padding, "output_padding") >= max(stride, dilation):
        raise ValueError(
            f"output_padding {output_padding} must be below stride {stride} or dilation {dilation}"
        )
    full = (size - 1) * stride + dilation * (kernel - 1) + 1 + output_padding
    if full <= before + after:
        raise ValueError(f"padding {before} + {after} leaves nothing of {full} outputs")
    return full - before - after


def same_padding(size: int, kernel: int, stride: int = 1, dilation: int = 1) -> tuple[int, int]:
    """Find the padding that makes ceil(size / stride) outputs; an odd cell goes after.

    Returns:
        (before, after) in cells.

    Raises:
        ValueError: if an argument is no whole number or below 1.
    """
    size, kernel = whole(size, "size", 1), whole(kernel, "kernel", 1)
    stride, dilation = whole(stride, "stride", 1), whole(dilation, "dilation", 1)
    outputs = -(-size // stride)
    # a stride longer than the kernel can leave cells over: then nothing is missing
    missing = max(0, (outputs - 1) * stride + dilation * (kernel - 1) + 1 - size)
    return missing // 2, missing - missing // 2


def dropped(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int = 1,
) -> int:
    """Count the cells at the end of an axis that lie behind the last window.

    A stride above 1 leaves up to stride − 1 of them without a word: the floor in `output_size`.
    Padding that is left over there is not counted.

    Raises:
        ValueError: as `output_size`.
    """
    outputs = output_size(size, kernel, stride, padding, dilation)
    end = (outputs - 1) * stride + dilation * (kernel - 1) + 1 - sides(padding)[0]
    return max(0, size - end)


def input_sizes(
    outputs: int,
    kernel: int,
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int = 1,
) -> range:
    """Find all sizes of an axis that `output_size` maps to `outputs`.

    Returns:
        `stride` sizes in a row; fewer, or none, where padding alone makes as many windows.

    Raises:
        ValueError: if an argument is no whole number or too small.
    """
    outputs, kernel = whole(outputs, "outputs", 1), whole(kernel, "kernel", 1)
    stride, dilation = whole(stride, "stride", 1), whole(dilation, "dilation", 1)
    least = (outputs - 1) * stride + dilation * (kernel - 1) + 1 - sum(sides(padding))
    return range(max(1, least), max(1, least + stride))
