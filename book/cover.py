"""Draw the cover, assets/cover.svg: one photograph, one kernel, one map.

The numbers are real: scikit-image's `camera` (CC0), cut to the man's head and shrunk to 24 x 24
pixels, and the Sobel kernel that answers to vertical edges.
"""

from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex
from skimage import data
from skimage.transform import resize

from cnnbook.reference import conv2d
from cnnbook.style import PALETTE, SIGNED

CELL = 11  # side of a pixel in the drawing
SOBEL = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
WINDOW = (8, 13)  # the window that is shown


def squares(values: np.ndarray, colour: callable, left: float, top: float, cell: float) -> str:
    """Return one square per value."""
    parts = []
    for (i, j), value in np.ndenumerate(values):
        path = f"M{left + j * cell:g} {top + i * cell:g}h{cell}v{cell}h-{cell}z"
        parts.append(f'<path fill="{colour(value)}" d="{path}"/>')
    return "".join(parts)


def grey(value: float) -> str:
    """Colour a brightness between 0 and 1."""
    return f"#{round(255 * value):02x}" + f"{round(255 * value):02x}" * 2


def signed(value: float) -> str:
    """Colour a value between -1 and 1: blue, white, red."""
    return to_hex(colormaps[SIGNED](0.5 + 0.42 * value))


def box(left: float, top: float, side: float, colour: str) -> str:
    """Return an outlined square."""
    return (
        f'<rect x="{left}" y="{top}" width="{side}" height="{side}" fill="none" '
        f'stroke="{colour}" stroke-width="3"/>'
    )


def main() -> None:
    """Write the picture."""
    photo = resize(data.camera()[60:252, 150:342] / 255, (24, 24), anti_aliasing=True)
    answer = conv2d(photo[None, None], SOBEL[None, None])[0][0, 0]
    answer /= abs(answer).max()
    i, j = WINDOW
    side, kernel_left, map_left, top = 24 * CELL, 24 * CELL + 48, 24 * CELL + 198, 10
    kernel_top = top + side / 2 - 51
    parts = [
        squares(photo, grey, 10, top, CELL),
        box(10, top, side, PALETTE["input"]),
        box(10 + j * CELL, top + i * CELL, 3 * CELL, PALETTE["kernel"]),
        squares(SOBEL / 2, signed, kernel_left, kernel_top, 34),
        box(kernel_left, kernel_top, 102, PALETTE["kernel"]),
        squares(answer, signed, map_left, top + CELL, CELL),
        box(map_left, top + CELL, 22 * CELL, PALETTE["output"]),
        box(map_left + j * CELL, top + CELL + i * CELL, CELL, PALETTE["kernel"]),
    ]
    for (row, column), weight in np.ndenumerate(SOBEL):
        x, y = kernel_left + column * 34 + 17, kernel_top + row * 34 + 23
        text = f"{weight:g}".replace("-", "−")
        ink = "#fff" if abs(weight) > 1 else "#000"
        place = f'x="{x:g}" y="{y:g}" text-anchor="middle" fill="{ink}"'
        parts.append(f"<text {place}>{text}</text>")
    lines = [
        (10 + (j + 3) * CELL, top + (i + 1.5) * CELL, kernel_left, kernel_top + 51),
        (kernel_left + 102, kernel_top + 51, map_left + j * CELL, top + CELL + (i + 0.5) * CELL),
    ]
    for a, b, c, d in lines:
        path = f"M{a:g} {b:g}L{c:g} {d:g}"
        parts.append(f'<path d="{path}" stroke="{PALETTE["kernel"]}" stroke-width="2.5"/>')
    width, height = map_left + 22 * CELL + 10, side + 20
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="system-ui,sans-serif" font-size="17" shape-rendering="crispEdges">'
        '<rect width="100%" height="100%" fill="#fff"/>'
    )
    picture = f"{head}{''.join(parts)}</svg>\n"
    (Path(__file__).parent / "assets" / "cover.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
