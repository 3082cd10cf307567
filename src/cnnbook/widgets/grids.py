"""Grids of numbers for the widgets: refused if they are none, and drawn for readers on paper."""

import base64
import html
import reprlib
import struct
import zlib
from collections.abc import Callable

import numpy as np
from traitlets import TraitError

from cnnbook.style import PALETTE

TEXT = {
    "shape": "{name} wants 2 axes, got an array of shape {shape}",
    "ragged": "{name} wants rows of equal length: row 1 has {first} numbers, row {row} has {other}",
    "text": "{name} wants rows of numbers, got {value}",
    "empty": "{name} has no cells: its shape is {shape}",
    "large": "{name} may have at most {most} x {most} cells, got {rows} x {cols}",
    "finite": "{name} row {row}, column {col} is {value}: only numbers up to {most:,} will do",
}
MOST_VALUE = 1_000_000


def grid(values: object, name: str, most: int) -> list[list[float]]:
    """Return a 2-D array or nested list as a list of rows of plain numbers.

    Args:
        values: what the reader gave.
        name: what to call it in an error.
        most: longest side allowed, in cells.

    Raises:
        TraitError: if it has another rank, is ragged, empty, too large, or holds NaN or text.
    """
    try:
        array = np.asarray(values)
        if array.dtype.kind == "O":
            array = array.astype(float)
    except (TypeError, ValueError):
        raise TraitError(_why_no_array(values, name)) from None
    if array.dtype.kind not in "biuf":
        raise TraitError(TEXT["text"].format(name=name, value=reprlib.repr(values)))
    if array.ndim != 2:
        raise TraitError(TEXT["shape"].format(name=name, shape=array.shape))
    rows, cols = array.shape
    if not array.size:
        raise TraitError(TEXT["empty"].format(name=name, shape=array.shape))
    if max(rows, cols) > most:
        raise TraitError(TEXT["large"].format(name=name, most=most, rows=rows, cols=cols))
    array = array.astype(int) if array.dtype.kind == "b" else array
    wrong = np.argwhere(~(np.abs(array) <= MOST_VALUE))
    if len(wrong):
        row, col = wrong[0]
        raise TraitError(
            TEXT["finite"].format(
                name=name, row=row + 1, col=col + 1, value=array[row, col], most=MOST_VALUE
            )
        )
    return array.tolist()


def _why_no_array(values: object, name: str) -> str:
    """Say what keeps nested lists from being an array of numbers."""
    if isinstance(values, list | tuple) and all(isinstance(row, list | tuple) for row in values):
        lengths = [len(row) for row in values]
        row = next((i for i, n in enumerate(lengths) if n != lengths[0]), None)
        if row is not None:
            return TEXT["ragged"].format(
                name=name, first=lengths[0], row=row + 1, other=lengths[row]
            )
    return TEXT["text"].format(name=name, value=reprlib.repr(values))


def png(pixels: np.ndarray) -> str:
    """Return grey (H, W) or RGB (H, W, 3) bytes as the data URL of a PNG picture."""
    rows, cols = pixels.shape[:2]
    lines = pixels.astype(np.uint8).reshape(rows, -1)
    body = zlib.compress(np.insert(lines, 0, 0, axis=1).tobytes(), 9)
    header = struct.pack(">IIBBBBB", cols, rows, 8, 2 if pixels.ndim == 3 else 0, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    parts = (chunk(b"IHDR", header), chunk(b"IDAT", body), chunk(b"IEND", b""))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(parts)
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def signed_pixels(values: np.ndarray) -> np.ndarray:
    """Colour values by RdBu_r, white exactly at zero: (H, W) to (H, W, 3) bytes."""
    from matplotlib import colormaps

    peak = float(np.abs(values).max()) or 1.0
    return (colormaps["RdBu_r"](0.5 + values / peak / 2)[..., :3] * 255).round().astype(np.uint8)


def grey_pixels(values: np.ndarray) -> np.ndarray:
    """Colour values from black at 0, or below it, to white at the largest: (H, W) bytes."""
    low, high = min(0.0, float(values.min())), float(values.max())
    return np.round((values - low) / ((high - low) or 1.0) * 255).astype(np.uint8)


def blank_pixels(values: np.ndarray) -> np.ndarray:
    """Leave every cell white: (H, W) bytes."""
    return np.full(values.shape, 255, dtype=np.uint8)


def number(value: float) -> str:
    """Write a number with at most 4 decimals and a true minus sign."""
    return f"{round(float(value), 4) + 0.0:g}".replace("-", "−")


def figure(
    values: list[list[float]], title: str, role: str, paint: Callable, marked: list | None = None
) -> str:
    """Draw a grid as inline SVG: numbers up to 12 cells a side, a picture beyond.

    Args:
        values: rows of numbers.
        title: caption, and what a screen reader hears.
        role: key of `style.PALETTE` for the frame.
        paint: `signed_pixels` or `grey_pixels`.
        marked: cells (row, column) to outline.
    """
    array = np.asarray(values, dtype=float)
    rows, cols = array.shape
    small = max(rows, cols) <= 12
    cell = 34 if small else 220 / max(rows, cols)
    pixels = paint(array)
    parts = []
    if small:
        for (i, j), value in np.ndenumerate(array):
            red, green, blue = np.broadcast_to(pixels[i, j], 3).tolist()
            dark = 0.3 * red + 0.6 * green + 0.1 * blue < 120
            parts.append(
                f'<rect x="{j * cell}" y="{i * cell}" width="{cell}" height="{cell}"'
                f' fill="rgb({red},{green},{blue})" stroke="#8a949e"/>'
                f'<text x="{(j + 0.5) * cell}" y="{(i + 0.5) * cell + 4}" font-size="11"'
                f' text-anchor="middle" fill="{"#fff" if dark else "#000"}">{number(value)}</text>'
            )
    else:
        parts.append(
            f'<image href="{png(pixels)}" width="{cols * cell:g}" height="{rows * cell:g}"'
            ' style="image-rendering:pixelated" preserveAspectRatio="none"/>'
        )
    for i, j in marked or []:
        parts.append(
            f'<rect x="{j * cell:g}" y="{i * cell:g}" width="{cell:g}" height="{cell:g}"'
            f' fill="none" stroke="{PALETTE["kernel"]}" stroke-width="{3 if small else 1}"/>'
        )
    width, height = cols * cell, rows * cell
    return (
        f'<figure style="display:inline-block;margin:0 1em 0.5em 0;max-width:100%">'
        f'<svg role="img" aria-label="{html.escape(title)}" viewBox="-3 -3 {width + 6:g}'
        f' {height + 6:g}" width="{width + 6:g}" style="max-width:100%;height:auto">'
        f'{"".join(parts)}<rect width="{width:g}" height="{height:g}" fill="none"'
        f' stroke="{PALETTE[role]}" stroke-width="3"/></svg>'
        f"<figcaption>{html.escape(title)}</figcaption></figure>"
    )
