"""Two other views of transposed convolution: stamps that overlap, and zeros between the pixels.

Both give `conv_transpose2d(...)[0]`, with its arguments, up to rounding.
"""

import numpy as np

from cnnbook.reference.arguments import Padding, Pair, as_floats, inside, steps
from cnnbook.reference.convolution import conv2d
from cnnbook.reference.convolution_forms import flip
from cnnbook.reference.convolution_transposed import transposed_setup


def conv_transpose2d_loops(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | Pair = 1,
    padding: Padding = 0,
    output_padding: int | Pair = 0,
    groups: int = 1,
    dilation: int | Pair = 1,
) -> np.ndarray:
    """Transpose by the definition: each input stamps its kernels, times its value, onto y.

    y[n, o, i stride + a dilation − padding, j ...] += weight[c, o, a, b] x[n, c, i, j], for all
        channels c, pixels i, j and cells a, b; what falls outside of y is lost

    Arguments and errors are those of `conv_transpose2d`; returns y alone.
    See: Dumoulin & Visin 2016, arXiv:1603.07285, section 4.2.
    """
    x, weight, bias = as_floats(x, weight, bias)
    setup, (n, c_out, h_out, w_out) = transposed_setup(
        x, weight, bias, stride, padding, output_padding, groups, dilation
    )
    ((top, bottom), (left, right)) = setup.padding
    (s_h, s_w), (d_h, d_w) = setup.stride, setup.dilation
    c_in, c_group, k_h, k_w = weight.shape
    stamped = np.zeros((n, c_out, top + h_out + bottom, left + w_out + right), x.dtype)
    for image, c, i, j in np.ndindex(x.shape):
        o = c // (c_in // groups) * c_group  # the first channel that input channel c writes
        rest = stamped[image, o : o + c_group, i * s_h :: d_h, j * s_w :: d_w]
        rest[:, :k_h, :k_w] += x[image, c, i, j] * weight[c]
    y = stamped[inside(setup.padding, (h_out, w_out))]
    return y if bias is None else y + bias[:, None, None]


def conv_transpose2d_zeros(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | Pair = 1,
    padding: Padding = 0,
    output_padding: int | Pair = 0,
    groups: int = 1,
    dilation: int | Pair = 1,
) -> np.ndarray:
    """Transpose by convolving, at stride 1, images with stride − 1 zeros between their pixels.

    Arguments and errors are those of `conv_transpose2d`; returns y alone. At a stride of 2, three
    of four cells that it multiplies are zeros.
    See: Dumoulin & Visin 2016, arXiv:1603.07285, sections 4.5 and 4.6.
    """
    x, weight, bias = as_floats(x, weight, bias)
    setup, (_, c_out, h_out, w_out) = transposed_setup(
        x, weight, bias, stride, padding, output_padding, groups, dilation
    )
    ((top, bottom), (left, right)), (s_h, s_w) = setup.padding, setup.stride
    (n, c_in, h, w), (_, c_group, k_h, k_w) = x.shape, weight.shape
    # from the first cell of a window to its last one
    gap_h, gap_w = setup.dilation[0] * (k_h - 1), setup.dilation[1] * (k_w - 1)
    spread = np.zeros(
        (n, c_in, gap_h + top + h_out + bottom, gap_w + left + w_out + right), x.dtype
    )
    spread[:, :, gap_h:, gap_w:][:, :, steps(0, h, s_h, 1), steps(0, w, s_w, 1)] = x
    spread = spread[:, :, top : top + h_out + gap_h, left : left + w_out + gap_w]
    # what was the first cell to write is the last one to read, and C_in is read to make C_out
    grouped = flip(weight).reshape(groups, c_in // groups, c_group, k_h, k_w)
    filters = grouped.swapaxes(1, 2).reshape(c_out, c_in // groups, k_h, k_w)
    return conv2d(spread, filters, bias, dilation=dilation, groups=groups)[0]
