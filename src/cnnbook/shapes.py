"""Integer arithmetic of convolutions: sizes, padding, parameters, and who reads whom.

Everything here counts along one axis; a picture is two axes that know nothing of each other.
"""

import operator
from math import prod


def whole(value: int, name: str, least: int = 0) -> int:
    """Return `value` as a plain int.

    Raises:
        ValueError: if it is no whole number (a bool is none), or below `least`.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise ValueError(f"{name} wants a whole number, got {value!r}")
    if number < least:
        raise ValueError(f"{name} must be at least {least}, got {number}")
    return number


def _sides(padding: int | tuple[int, int]) -> tuple[int, int]:
    if not isinstance(padding, tuple | list):
        padding = (padding, padding)
    if len(padding) != 2:
        raise ValueError(f"padding wants an int or (before, after), got {padding!r}")
    return whole(padding[0], "padding"), whole(padding[1], "padding")


def _area(value: int | tuple[int, int], name: str) -> int:
    if not isinstance(value, tuple | list):
        value = (value, value)
    if len(value) != 2:
        raise ValueError(f"{name} wants an int or a pair, got {value!r}")
    return prod(whole(v, name, least=1) for v in value)


def output_size(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int = 1,
) -> int:
    """Count the positions of a window along one axis.

    floor((size + before + after − dilation (kernel − 1) − 1) / stride) + 1

    Args:
        size: cells of the axis.
        kernel: cells that one window reads.
        stride: step from one window to the next, in cells.
        padding: cells added on each side, or (before, after).
        dilation: step from one read cell to the next; 1 is dense.

    Raises:
        ValueError: if the dilated kernel is longer than the padded axis, or an argument is no
            whole number or too small.
    See: Dumoulin & Visin 2016, relationship 15.
    """
    size, kernel = whole(size, "size", 1), whole(kernel, "kernel", 1)
    stride, dilation = whole(stride, "stride", 1), whole(dilation, "dilation", 1)
    before, after = _sides(padding)
    span = dilation * (kernel - 1) + 1
    room = before + size + after
    if span > room:
        raise ValueError(
            f"kernel {kernel} with dilation {dilation} spans {span} cells, "
            f"the padded axis has {room} ({before} + {size} + {after})"
        )
    return (room - span) // stride + 1


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


def _filter_cells(c_in: int, c_out: int, kernel: int | tuple[int, int], groups: int) -> int:
    """Count the numbers in one filter, after checking that the groups divide."""
    groups = whole(groups, "groups", 1)
    for channels, name in ((c_in, "input"), (c_out, "output")):
        if whole(channels, f"{name} channels", 1) % groups:
            raise ValueError(f"groups {groups} does not divide {channels} {name} channels")
    return c_in // groups * _area(kernel, "kernel")


def conv_parameters(
    c_in: int, c_out: int, kernel: int | tuple[int, int], groups: int = 1, bias: bool = True
) -> int:
    """Count the learned numbers of a 2D convolution.

    c_out (c_in / groups · k_h k_w + 1), without the 1 if there is no bias

    Raises:
        ValueError: if groups does not divide both channel counts, or a number is below 1.
    """
    return c_out * (_filter_cells(c_in, c_out, kernel, groups) + bool(bias))


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
    return _area(output, "output") * c_out * _filter_cells(c_in, c_out, kernel, groups)


def dense_parameters(n_in: int, n_out: int, bias: bool = True) -> int:
    """Count the learned numbers of a dense layer: n_out (n_in + 1), or n_out n_in without bias.

    Raises:
        ValueError: if a number is below 1.
    """
    return whole(n_out, "outputs", 1) * (whole(n_in, "inputs", 1) + bool(bias))


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
    start = index * stride - _sides(padding)[0]
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
    shifted = index + _sides(padding)[0]
    # output o reads the input with its kernel cell t where o stride + t dilation = shifted
    starts = (shifted - cell * dilation for cell in reversed(range(kernel)))
    return [s // stride for s in starts if s % stride == 0 and 0 <= s // stride < outputs]
