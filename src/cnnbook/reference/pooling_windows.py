"""Where the windows of pooling lie, and how all of them are read or filled at once.

A maximum or a sum over a rectangle can be taken over its rows first and then over its columns:
k_h + k_w steps for each output instead of k_h k_w.
"""

from typing import NamedTuple

import numpy as np

from cnnbook.reference.arguments import Pair, inside, per_axis, steps
from cnnbook.shapes import output_size


class Windows(NamedTuple):
    """Where the windows of one pooling lie: an entry for the rows, and one for the columns."""

    kernel_size: Pair
    stride: Pair
    padding: tuple[Pair, Pair]  # (before, after); after is as far as the last window reaches
    dilation: Pair
    output: Pair  # (h_out, w_out)


def pool_windows(
    sizes: Pair,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair = 0,
    dilation: int | Pair = 1,
    ceil_mode: bool = False,
) -> Windows:
    """Bring the settings of a pooling to one form.

    Args:
        sizes: (h, w) of the images.
        kernel_size, stride, padding, dilation, ceil_mode: as `max_pool2d`.

    Raises:
        ValueError: if padding is more than half of the kernel, a window has no cell of the image,
            or no window fits; the message repeats the numbers.
    """
    kernel_size = per_axis(kernel_size, "kernel_size")
    stride = kernel_size if stride is None else per_axis(stride, "stride")
    before, dilation = per_axis(padding, "padding", least=0), per_axis(dilation, "dilation")
    output, sides = [], []
    for size, k, s, p, d in zip(sizes, kernel_size, stride, before, dilation, strict=True):
        if p > k // 2:
            raise ValueError(f"padding {p} is more than half of kernel_size {k}")
        outputs = output_size(size, k, s, p, d, ceil_mode)
        # a window that starts in the padding has its first cell of the image at start % d
        if any(start % d >= size for start in range(-p, 0, s)[:outputs]):
            raise ValueError(f"dilation {d} jumps over the whole axis of {size}: a window is empty")
        reach = (outputs - 1) * s + d * (k - 1) + 1
        output.append(outputs)
        sides.append((p, max(p, reach - p - size)))  # ceil_mode may run over the padded end
    return Windows(kernel_size, stride, tuple(sides), dilation, tuple(output))


def slices(windows: Windows) -> tuple[list[slice], list[slice]]:
    """Slice the padded image to what each kernel row reads, and to what each kernel column reads.

    Each slice has one position for each output.
    """
    rows, columns = (
        [steps(cell, outputs, s, d) for cell in range(k)]
        for k, s, d, outputs in zip(
            windows.kernel_size, windows.stride, windows.dilation, windows.output, strict=True
        )
    )
    return rows, columns


def cells(windows: Windows) -> list[tuple]:
    """Index the padded images by what each cell of the kernel reads, in row order."""
    rows, columns = slices(windows)
    return [(..., row, column) for row in rows for column in columns]


def fold(padded: np.ndarray, combine: np.ufunc, windows: Windows) -> np.ndarray:
    """Combine all cells of each window, with np.add or np.maximum: (N, C, h_out, w_out)."""
    rows, columns = slices(windows)
    # rows first: they are long and lie together in memory, and fewer are left for the columns
    folded = combine_all(combine, [padded[:, :, row] for row in rows])  # (N, C, h_out, W_padded)
    return combine_all(combine, [folded[..., column] for column in columns])


def combine_all(combine: np.ufunc, parts: list[np.ndarray]) -> np.ndarray:
    """Combine arrays of one shape, in one array's worth of new memory."""
    first, *rest = parts
    total = combine(first, rest[0]) if rest else first.copy()
    for part in rest[1:]:
        combine(total, part, out=total)
    return total


def spread(dy: np.ndarray, windows: Windows, shape: tuple[int, ...]) -> np.ndarray:
    """Add each output's number to every cell of its window: the transpose of folding with np.add.

    Args:
        dy: (N, C, h_out, w_out).
        shape: (N, C, H, W) of the images.

    Returns:
        what arrived at the images, in their shape; what fell on the padding is dropped.
    """
    rows, columns = slices(windows)
    h, w = (size + sum(sides) for size, sides in zip(shape[2:], windows.padding, strict=True))
    wide = np.zeros((*dy.shape[:3], w), dy.dtype)  # (N, C, h_out, W_padded)
    for column in columns:
        wide[..., column] += dy
    dpadded = np.zeros((*dy.shape[:2], h, w), dy.dtype)  # (N, C, H_padded, W_padded)
    for row in rows:
        dpadded[:, :, row] += wide
    return dpadded[inside(windows.padding, shape[2:])]


def read_cells(x: np.ndarray, windows: Windows) -> np.ndarray:
    """Copy the padded images to (k_h k_w, N, C, H_out, W_out): what each kernel cell reads."""
    return np.stack([x[cell] for cell in cells(windows)])


def add_cells(dcells: np.ndarray, shape: tuple[int, ...], windows: Windows) -> np.ndarray:
    """Add up at each cell of the images (N, C, H, W) what the windows that read it send back."""
    sizes = [size + sum(sides) for size, sides in zip(shape[2:], windows.padding, strict=True)]
    dpadded = np.zeros((*shape[:2], *sizes), dcells.dtype)
    for cell, dcell in zip(cells(windows), dcells, strict=True):
        dpadded[cell] += dcell
    return dpadded[inside(windows.padding, shape[2:])]
