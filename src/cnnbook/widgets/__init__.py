"""Interactive figures: one widget per file, with its module and style sheet beside it."""

from cnnbook.widgets.architecture_explorer import ArchitectureExplorer
from cnnbook.widgets.block_surgery import BlockSurgery
from cnnbook.widgets.channel_wiring import ChannelWiring
from cnnbook.widgets.conv_explorer import ConvExplorer
from cnnbook.widgets.fit_explorer import FitExplorer
from cnnbook.widgets.gradient_flow import GradientFlow
from cnnbook.widgets.kernels_on_photo import KernelsOnPhoto
from cnnbook.widgets.norm_block import NormBlock
from cnnbook.widgets.pool_router import PoolRouter

__all__ = [
    "ArchitectureExplorer",
    "BlockSurgery",
    "ChannelWiring",
    "ConvExplorer",
    "FitExplorer",
    "GradientFlow",
    "KernelsOnPhoto",
    "NormBlock",
    "PoolRouter",
]
