"""Layers in numpy alone, forward and backward: what the chapters build, check and measure."""

from cnnbook.reference.convolution import conv2d, conv2d_backward, conv2d_loops
from cnnbook.reference.convolution_forms import (
    conv2d_fft,
    conv2d_im2col,
    conv2d_shifts,
    conv2d_winograd,
    conv_matrix,
    flip,
    im2col,
)

__all__ = [
    "conv2d",
    "conv2d_backward",
    "conv2d_fft",
    "conv2d_im2col",
    "conv2d_loops",
    "conv2d_shifts",
    "conv2d_winograd",
    "conv_matrix",
    "flip",
    "im2col",
]
