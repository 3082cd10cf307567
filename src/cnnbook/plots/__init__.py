"""Figures of the chapters: functions that take data and an optional axes and return what they drew.

Images are grey, signed values red and blue about a white zero; one colour means one thing in the
whole book (`style.PALETTE`).
"""

from cnnbook.plots.depth import flows, powers
from cnnbook.plots.fitting import errors, learning
from cnnbook.plots.images import filters, grid, image, images, matrix, signed_norm
from cnnbook.plots.measures import costs, scores, sweep
from cnnbook.plots.spreads import curves, strips
from cnnbook.plots.table import Table

__all__ = [
    "Table",
    "costs",
    "curves",
    "errors",
    "filters",
    "flows",
    "grid",
    "image",
    "images",
    "learning",
    "matrix",
    "powers",
    "scores",
    "signed_norm",
    "strips",
    "sweep",
]
