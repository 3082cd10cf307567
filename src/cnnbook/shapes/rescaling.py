"""Sizes after layers that enlarge, resize or rearrange an image."""

from math import floor, isfinite
from numbers import Real

from cnnbook.shapes.checks import whole
from cnnbook.shapes.sizes import transposed_size


def unpooled_size(size: int, kernel: int, stride: int | None = None, padding: int = 0) -> int:
    """Count the cells after max unpooling: the least size that pooling maps to `size`.

    (size − 1) stride − 2 padding + kernel

    Args:
        size: cells of the axis, outputs of the pooling that is undone.
        kernel, stride, padding: of that pooling; its stride is the kernel if not given.

    Raises:
        ValueError: as `transposed_size`.
    """
    return transposed_size(size, kernel, kernel if stride is None else stride, padding)


def resized(size: int, scale: float) -> int:
    """Count the cells after resizing by a factor: floor(size scale).

    Raises:
        ValueError: if the factor is no finite number above 0, or nothing is left.
    See: PyTorch's interpolate with scale_factor, which rounds down as well.
    """
    if not isinstance(scale, Real) or isinstance(scale, bool) or not isfinite(scale) or scale <= 0:
        raise ValueError(f"scale wants a number above 0, got {scale!r}")
    cells = floor(whole(size, "size", 1) * scale)
    if cells < 1:
        raise ValueError(f"scale {scale} leaves nothing of {size} cells")
    return cells


def pixel_shuffle_shape(
    channels: int, height: int, width: int, upscale_factor: int
) -> tuple[int, int, int]:
    """Find (C / r², H r, W r), where sub-pixel upsampling puts channels side by side.

    Raises:
        ValueError: if r² does not divide the channels, or a number is below 1.
    See: Shi et al. 2016, arXiv:1609.05158.
    """
    factor = whole(upscale_factor, "upscale_factor", 1)
    if whole(channels, "channels", 1) % factor**2:
        raise ValueError(f"upscale_factor {factor} squared does not divide {channels} channels")
    height, width = whole(height, "height", 1), whole(width, "width", 1)
    return channels // factor**2, height * factor, width * factor


def pixel_unshuffle_shape(
    channels: int, height: int, width: int, downscale_factor: int
) -> tuple[int, int, int]:
    """Find (C r², H / r, W / r), what `pixel_shuffle_shape` came from.

    Raises:
        ValueError: if r does not divide height and width, or a number is below 1.
    """
    factor = whole(downscale_factor, "downscale_factor", 1)
    for size, name in ((height, "height"), (width, "width")):
        if whole(size, name, 1) % factor:
            raise ValueError(f"downscale_factor {factor} does not divide {name} {size}")
    return whole(channels, "channels", 1) * factor**2, height // factor, width // factor


def pyramid_length(channels: int, levels: tuple[int, ...]) -> int:
    """Count the numbers after spatial pyramid pooling: channels (n1² + n2² + ...), for any image.

    Args:
        channels: maps that are pooled.
        levels: windows along each axis of an image, one number for each level, such as (4, 2, 1).

    Raises:
        ValueError: if there is no level, or a number is below 1.
    See: He, Zhang, Ren & Sun 2014, arXiv:1406.4729.
    """
    if not levels:
        raise ValueError("levels wants one number or more, got none")
    return whole(channels, "channels", 1) * sum(whole(n, "level", 1) ** 2 for n in levels)
