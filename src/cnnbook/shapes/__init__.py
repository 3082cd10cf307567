"""Integer arithmetic of layers: sizes, padding, receptive field, parameters, multiply-adds.

Sizes count along one axis; a picture is two axes that know nothing of each other.
"""

from cnnbook.shapes.cost import conv_macs, conv_parameters, dense_parameters
from cnnbook.shapes.sizes import output_size, readers, same_padding, transposed_size, window

__all__ = [
    "conv_macs",
    "conv_parameters",
    "dense_parameters",
    "output_size",
    "readers",
    "same_padding",
    "transposed_size",
    "window",
]
