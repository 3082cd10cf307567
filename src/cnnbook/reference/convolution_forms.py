"""The same convolution computed in other ways, each short enough to print beside its cost.

All of them give `conv2d(x, weight, None, stride, padding, dilation)[0]`, up to rounding.
"""

import numpy as np

from cnnbook.reference.arguments import Padding, Pair, as_floats, conv_setup, pad, per_axis, steps
from cnnbook.shapes.checks import whole


def conv2d_shifts(
    x: np.ndarray,
    weight: np.ndarray,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
) -> np.ndarray:
    """Convolve by adding shifted copies of the images, one for each cell of the kernel.

    Arguments and errors as `conv2d`, without bias and groups; returns y alone.
    """
    x, weight = as_floats(x, weight)
    setup = conv_setup(x, weight, None, stride, padding, dilation, 1)
    padded = pad(x, setup.padding)
    (h_out, w_out), (s_h, s_w), (d_h, d_w) = setup.output, setup.stride, setup.dilation
    y = np.zeros((len(x), len(weight), h_out * w_out), x.dtype)
    for a, b in np.ndindex(weight.shape[2:]):
        shifted = padded[:, :, steps(a, h_out, s_h, d_h), steps(b, w_out, s_w, d_w)]
        # one kernel cell is a matrix: it mixes C_in channels into C_out, the same in every pixel
        y += weight[:, :, a, b] @ shifted.reshape(*x.shape[:2], h_out * w_out)
    return y.reshape(len(x), len(weight), h_out, w_out)


def im2col(
    x: np.ndarray,
    kernel: int | Pair,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
) -> np.ndarray:
    """Write each window of each image as one column of a matrix.

    Args:
        x: (N, C, H, W).
        kernel: k, or (k_h, k_w).
        stride, padding, dilation: as `conv2d`.

    Returns:
        (N, C k_h k_w, h_out w_out): a pixel stands in as many columns as windows read it.

    Raises:
        ValueError: as `conv2d`.
    See: Chellapilla, Puri & Simard 2006.
    """
    k_h, k_w = per_axis(kernel, "kernel")
    (x,) = as_floats(x)
    one_filter = np.empty((1, x.shape[1] if x.ndim == 4 else 1, k_h, k_w))
    setup = conv_setup(x, one_filter, None, stride, padding, dilation, 1)
    padded = pad(x, setup.padding)
    (h_out, w_out), (s_h, s_w), (d_h, d_w) = setup.output, setup.stride, setup.dilation
    columns = np.empty((*x.shape[:2], k_h, k_w, h_out, w_out), x.dtype)
    for a, b in np.ndindex(k_h, k_w):  # few and long copies, where one per window would be many
        columns[:, :, a, b] = padded[:, :, steps(a, h_out, s_h, d_h), steps(b, w_out, s_w, d_w)]
    return columns.reshape(len(x), x.shape[1] * k_h * k_w, h_out * w_out)


def conv2d_im2col(
    x: np.ndarray,
    weight: np.ndarray,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
) -> np.ndarray:
    """Convolve as one matrix product: filters as rows times windows as columns.

    Arguments and errors as `conv2d`, without bias and groups; returns y alone.
    See: Chellapilla, Puri & Simard 2006.
    """
    x, weight = as_floats(x, weight)
    setup = conv_setup(x, weight, None, stride, padding, dilation, 1)
    columns = im2col(x, weight.shape[2:], stride, padding, dilation)
    y = weight.reshape(len(weight), -1) @ columns  # (N, C_out, h_out w_out)
    return y.reshape(len(x), len(weight), *setup.output)


def conv2d_fft(
    x: np.ndarray,
    weight: np.ndarray,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
) -> np.ndarray:
    r"""Convolve by multiplying spectra.

    y = F^{-1}( \sum_c F(x_c) \overline{F(weight_c)} )

    Arguments and errors as `conv2d`, without bias and groups; returns y alone. One NaN in an image
    spreads over all of its outputs, because every frequency reads every pixel.
    See: Mathieu, Henaff & LeCun 2013, arXiv:1312.5851.
    """
    x, weight = as_floats(x, weight)
    setup = conv_setup(x, weight, None, stride, padding, dilation, 1)
    padded = pad(x, setup.padding)
    size, (s_h, s_w), (d_h, d_w) = padded.shape[2:], setup.stride, setup.dilation
    c_out, c_in, k_h, k_w = weight.shape
    spread = np.zeros((c_out, c_in, d_h * (k_h - 1) + 1, d_w * (k_w - 1) + 1), x.dtype)
    spread[:, :, ::d_h, ::d_w] = weight  # the kernel with its holes
    # frequencies first: each is a matrix product of its own over the channels
    x_hat = np.fft.rfft2(padded).transpose(2, 3, 0, 1)  # (H, W/2+1, N, C_in)
    weight_hat = np.fft.rfft2(spread, s=size).transpose(2, 3, 1, 0)  # (H, W/2+1, C_in, C_out)
    y_hat = x_hat @ weight_hat.conj()  # without the conjugate the kernel would be flipped
    y = np.fft.irfft2(y_hat.transpose(2, 3, 0, 1), s=size).astype(x.dtype, copy=False)
    # the picture is a ring to the FFT; windows that would run over its edge are left out here
    h_out, w_out = setup.output
    return y[:, :, steps(0, h_out, s_h, 1), steps(0, w_out, s_w, 1)]


# Winograd's F(2, 3): 4 products make 2 outputs of a kernel of 3, where the definition takes 6. Done
# along rows and columns it is F(2x2, 3x3), where 16 products make 4 outputs, instead of 36.
# See Lavin & Gray 2015, arXiv:1509.09308, section 4.1.
B_T = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
A_T = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])


def conv2d_winograd(
    x: np.ndarray,
    weight: np.ndarray,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
) -> np.ndarray:
    r"""Convolve with 3x3 kernels by Winograd's F(2x2, 3x3), which is F(2, 3) along both axes.

    Y = A^T [ (G g G^T) \odot (B^T d B) ] A, for each 4x4 tile d and each kernel g: 16 products for
    4 outputs, not 36; with vectors g and d, and without the right-hand factors, it is F(2, 3)

    Arguments as `conv2d`, without bias and groups; returns y alone.

    Raises:
        ValueError: as `conv2d`, or if the kernel is not 3x3 or stride or dilation is not 1.
    See: Lavin & Gray 2015, arXiv:1509.09308, section 4.1 and algorithm 1.
    """
    x, weight = as_floats(x, weight)
    setup = conv_setup(x, weight, None, stride, padding, dilation, 1)
    for name, wants, has in (
        ("a kernel of", (3, 3), weight.shape[2:]),
        ("stride", (1, 1), setup.stride),
        ("dilation", (1, 1), setup.dilation),
    ):
        if has != wants:
            raise ValueError(f"Winograd F(2x2, 3x3) wants {name} {wants}, got {has}")
    tiles = winograd_tiles(pad(x, setup.padding), setup.output)
    d_hat = both_axes(B_T, tiles)  # (4, 4, C_in, N t_h t_w)
    g_hat = both_axes(G, weight.transpose(2, 3, 0, 1))  # (4, 4, C_out, C_in)
    pieces = both_axes(A_T, g_hat @ d_hat)  # (2, 2, C_out, N t_h t_w)
    h_out, w_out = setup.output
    pieces = pieces.reshape(2, 2, len(weight), len(x), -(-h_out // 2), -(-w_out // 2))
    y = np.empty((len(x), len(weight), *setup.output), x.dtype)
    for a, b in np.ndindex(2, 2):
        piece = pieces[a, b].swapaxes(0, 1)
        y[:, :, a::2, b::2] = piece[:, :, : (h_out + 1 - a) // 2, : (w_out + 1 - b) // 2]
    return y


def winograd_tiles(padded: np.ndarray, output: Pair) -> np.ndarray:
    """Cut the images into 4x4 tiles that overlap by 2: (4, 4, C_in, N t_h t_w)."""
    h_out, w_out = output
    # an odd output leaves half a tile: a last row or column of zeros completes it
    padded = pad(padded, ((0, h_out % 2), (0, w_out % 2)))
    t_h, t_w = -(-h_out // 2), -(-w_out // 2)
    by_channel = padded.swapaxes(0, 1)
    tiles = np.empty((4, 4, *by_channel.shape[:2], t_h, t_w), padded.dtype)
    for a, b in np.ndindex(4, 4):
        tiles[a, b] = by_channel[:, :, steps(a, t_h, 2, 1), steps(b, t_w, 2, 1)]
    return tiles.reshape(4, 4, by_channel.shape[0], -1)


def both_axes(matrix: np.ndarray, tiles: np.ndarray) -> np.ndarray:
    """Multiply the first two axes of `tiles` by `matrix`: M tile M^T for each tile."""
    matrix, (a, b, *rest) = matrix.astype(tiles.dtype), tiles.shape
    rows = (matrix @ tiles.reshape(a, -1)).reshape(len(matrix), b, -1)
    return (matrix @ rows).reshape(len(matrix), len(matrix), *rest)


def conv_matrix(
    weight: np.ndarray,
    h: int,
    w: int,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
) -> np.ndarray:
    """Write the convolution of h x w images as the matrix of a dense layer, zeros and all.

    Args:
        weight: (C_out, C_in / groups, k_h, k_w), or (k_h, k_w) for one channel to one.
        h, w: rows and columns of the image.
        stride, padding, dilation, groups: as `conv2d`; groups make blocks along the diagonal.

    Returns:
        (C_out h_out w_out, C_in h w), so that `matrix @ x.ravel()` is y.ravel() for one image.

    Raises:
        ValueError: as `conv2d`, or if the matrix would have more than 10^8 cells.
    See: Dumoulin & Visin 2016, section 4.1.
    """
    (weight,) = as_floats(weight if np.ndim(weight) != 2 else np.asarray(weight)[None, None])
    h, w = whole(h, "h", 1), whole(w, "w", 1)
    groups = whole(groups, "groups", 1)
    image = np.empty((0, weight.shape[1] * groups if weight.ndim == 4 else 1, h, w))
    setup = conv_setup(image, weight, None, stride, padding, dilation, groups)
    (h_out, w_out), (s_h, s_w), (d_h, d_w) = setup.output, setup.stride, setup.dilation
    (c_out, c_group, k_h, k_w), ((top, bottom), (left, right)) = weight.shape, setup.padding
    rows, columns = c_out * h_out * w_out, groups * c_group * h * w
    if rows * columns > 10**8:
        raise ValueError(f"the matrix would have {rows} x {columns} cells, more than 10^8")
    outputs, inputs = (h_out, w_out), (top + h + bottom, left + w + right)
    filters = weight.reshape(groups, c_out // groups, c_group, k_h, k_w)
    matrix = np.zeros((*filters.shape[:2], *outputs, groups, c_group, *inputs), weight.dtype)
    for g, i, j in np.ndindex(groups, *outputs):  # each row of the matrix is one window's weights
        read_h, read_w = (slice(i * s_h, None, d_h), slice(j * s_w, None, d_w))
        matrix[g, :, i, j, g, :, read_h, read_w][..., :k_h, :k_w] = filters[g]
    # padding is zero and needs no column
    return matrix[..., top : top + h, left : left + w].reshape(rows, columns)


def flip(weight: np.ndarray) -> np.ndarray:
    """Turn the kernels by half a turn: the difference between convolution and cross-correlation."""
    return weight[..., ::-1, ::-1].copy()
