"""Integer arithmetic of layers: sizes, padding, receptive field, parameters, multiply-adds.

Sizes count along one axis; a picture is two axes that know nothing of each other.
"""

from cnnbook.shapes.added_cost import (
    deformable_extra_macs,
    deformable_extra_parameters,
    eca_macs,
    eca_parameters,
    embedding_parameters,
    norm_parameters,
    se_macs,
    se_parameters,
)
from cnnbook.shapes.cost import (
    conv_macs,
    conv_parameters,
    dense_macs,
    dense_parameters,
    separable_macs,
    separable_parameters,
    transposed_macs,
)
from cnnbook.shapes.reads import holes, largest_gap, read_counts, total_read_counts
from cnnbook.shapes.receptive_field import Field, Layer, receptive_field
from cnnbook.shapes.rescaling import (
    pixel_shuffle_shape,
    pixel_unshuffle_shape,
    pyramid_length,
    resized,
    unpooled_size,
)
from cnnbook.shapes.sizes import (
    dropped,
    input_sizes,
    output_size,
    same_padding,
    transposed_size,
)
from cnnbook.shapes.windows import adaptive_windows, readers, window

__all__ = [
    "Field",
    "Layer",
    "adaptive_windows",
    "conv_macs",
    "conv_parameters",
    "deformable_extra_macs",
    "deformable_extra_parameters",
    "dense_macs",
    "dense_parameters",
    "dropped",
    "eca_macs",
    "eca_parameters",
    "embedding_parameters",
    "holes",
    "input_sizes",
    "largest_gap",
    "norm_parameters",
    "output_size",
    "pixel_shuffle_shape",
    "pixel_unshuffle_shape",
    "pyramid_length",
    "read_counts",
    "readers",
    "receptive_field",
    "resized",
    "same_padding",
    "se_macs",
    "se_parameters",
    "separable_macs",
    "separable_parameters",
    "total_read_counts",
    "transposed_macs",
    "transposed_size",
    "unpooled_size",
    "window",
]
