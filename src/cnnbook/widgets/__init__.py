"""Interactive figures: one widget per file, with its module and style sheet beside it."""

from cnnbook.widgets.conv_explorer import ConvExplorer
from cnnbook.widgets.kernels_on_photo import KernelsOnPhoto

__all__ = ["ConvExplorer", "KernelsOnPhoto"]
