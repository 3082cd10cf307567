"""Figures of the chapters: functions that take data and an optional axes and return what they drew.

Images are grey, signed values red and blue about a white zero; one colour means one thing in the
whole book (`style.PALETTE`).
"""

from cnnbook.plots.depth import flows, powers
from cnnbook.plots.fitting import errors, learning
from cnnbook.plots.images import filters, grid, image, images, matrix, signed_norm
from cnnbook.plots.measures import costs, scores, sweep
from cnnbook.plots.residual import (
    block_bars,
    by_layer,
    cuts,
    degradation,
    loss_maps,
)
from cnnbook.plots.speed import roofline, speedups
from cnnbook.plots.spreads import curves, strips
from cnnbook.plots.table import Table

__all__ = [
    "Table",
    "block_bars",
    "by_layer",
    "costs",
    "curves",
    "cuts",
    "degradation",
    "errors",
    "filters",
    "flows",
    "grid",
    "image",
    "images",
    "learning",
    "loss_maps",
    "matrix",
    "powers",
    "roofline",
    "scores",
    "signed_norm",
    "speedups",
    "strips",
    "sweep",
]
