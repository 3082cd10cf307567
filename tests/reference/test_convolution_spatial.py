import numpy as np
import pytest
import torch
from convolutions import convolutions, torch_convolution
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree, agree_with_torch, behaves

from cnnbook.reference.convolution_spatial import (
    separate_kernel,
    spatial_separable_conv2d,
    spatial_separable_conv2d_backward,
)

SOBEL = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])


@CONFIGURATIONS
@given(convolutions(most_groups=1), st.booleans())
def test_spatial_is_torchs_depthwise_with_the_product(case, has_bias):
    x, weight, _, *rest, _ = case
    rng = np.random.default_rng(0)
    (c, k_h, k_w), bias = (x.shape[1], *weight.shape[2:]), rng.normal(size=x.shape[1])

    def theirs(x, column, row, bias):
        kernels = torch.einsum("ca,cb->cab", column, row)[:, None]
        return torch_convolution(x, kernels, bias, *rest, c)

    agree_with_torch(
        "spatial_separable_conv2d",
        "torch conv2d, column times row",
        lambda *arrays: spatial_separable_conv2d(*arrays, *rest),
        spatial_separable_conv2d_backward,
        theirs,
        (x, rng.normal(size=(c, k_h)), rng.normal(size=(c, k_w)), bias if has_bias else None),
    )


def test_spatial_by_hand():
    x = np.arange(9.0).reshape(1, 1, 3, 3)
    column, row = np.array([[1.0, 2, 1]]), np.array([[1.0, 0, -1]])  # Sobel's
    y, cache = spatial_separable_conv2d(x, column, row, np.array([100.0]))
    assert y.tolist() == [[[[92]]]]  # each of four weighted rows falls by 2 from left to right
    dx, dcolumn, drow, dbias = spatial_separable_conv2d_backward(np.ones_like(y), cache)
    assert dx[0, 0].tolist() == SOBEL.tolist()
    assert dcolumn.tolist() == [[-2, -2, -2]]
    assert drow.tolist() == [[12, 16, 20]]  # columns of x, weighted 1, 2, 1
    assert dbias.tolist() == [1]


@CONFIGURATIONS
@given(st.data())
def test_no_column_and_row_come_nearer_than_torchs(data):
    stack, k_h, k_w = data.draw(st.permutations([1, 2, 3, 4, 5, 6]))[:3]
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    kernel = rng.normal(size=(stack, k_h, k_w))
    column, row, residual = separate_kernel(kernel)
    # the nearest matrix of rank 1 from eigenvectors: K v v^T for the longest K v
    tensor = torch.from_numpy(kernel)
    v = torch.linalg.eigh(tensor.mT @ tensor).eigenvectors[..., -1:]
    nearest = tensor @ v @ v.mT
    left_over = torch.linalg.norm(tensor - nearest, dim=(1, 2)) / torch.linalg.norm(
        tensor, dim=(1, 2)
    )
    product = column[:, :, None] * row[:, None, :]
    ours = np.concatenate([product.ravel(), residual])
    theirs = torch.cat([nearest.flatten(), left_over]).numpy()
    agree("separate_kernel", "torch eigh, nearest of rank 1", "forward", ours, theirs)
    np.testing.assert_allclose(np.linalg.norm(column, axis=1), np.linalg.norm(row, axis=1))
    largest = np.abs(column).argmax(1)
    assert (column[np.arange(stack), largest] > 0).all()


def test_separate_by_hand():
    column, row, residual = separate_kernel(SOBEL)
    np.testing.assert_allclose(column / column[0], [1, 2, 1])
    np.testing.assert_allclose(row / row[0], [1, 0, -1], atol=1e-15)
    np.testing.assert_allclose(np.outer(column, row), SOBEL, atol=1e-14)
    assert residual < 1e-15
    column, row, residual = separate_kernel(np.diag([3.0, -4]))
    np.testing.assert_allclose((column, row), [[0, 2], [0, -2]], atol=1e-15)
    assert residual == pytest.approx(3 / 5)


def test_which_kernels_are_separable():
    bell = np.exp(-(np.arange(-2, 3) ** 2) / 2)
    assert separate_kernel(np.outer(bell, bell))[2] < 1e-15
    assert separate_kernel(np.ones((3, 4)))[2] < 1e-15
    laplacian = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])  # eigenvalues 0 and -2 ± √6
    assert separate_kernel(laplacian)[2] == pytest.approx((np.sqrt(6) - 2) / np.sqrt(20))


def test_separated_kernels_convolve_as_before():
    rng = np.random.default_rng(0)
    x, column, row = (rng.normal(size=s) for s in ((2, 3, 9, 11), (3, 4), (3, 5)))
    expected, _ = spatial_separable_conv2d(x, column, row)
    again = separate_kernel(column[:, :, None] * row[:, None, :])
    np.testing.assert_allclose(spatial_separable_conv2d(x, *again[:2])[0], expected, rtol=1e-10)
    np.testing.assert_allclose(again[2], 0, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_separate_keeps_the_dtype_and_its_input(dtype):
    kernel = SOBEL.astype(dtype)
    kernel.flags.writeable = False
    parts = separate_kernel(kernel)
    assert {part.dtype for part in parts} == {np.dtype(dtype)}
    assert not any(np.shares_memory(part, kernel) for part in parts)
    np.testing.assert_allclose(np.outer(*parts[:2]), kernel, atol=20 * np.finfo(dtype).eps)


def test_separate_zeros_and_no_kernels_at_all():
    column, row, residual = separate_kernel(np.zeros((2, 3)))
    assert (column.tolist(), row.tolist(), residual) == ([0, 0], [0, 0, 0], 0)
    shapes = [part.shape for part in separate_kernel(np.ones((0, 2, 3)))]
    assert shapes == [(0, 2), (0, 3), (0,)]


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (np.ones(3), r"kernel wants axes .* got \(3,\)"),
        (np.ones((3, 0)), r"kernel wants axes .* got \(3, 0\)"),
        (np.array([[1, np.nan]]), "kernel wants finite numbers"),
        (np.array([[1, np.inf]]), "kernel wants finite numbers"),
        (np.ones((2, 2), complex), "real numbers, got dtype complex128"),
    ],
)
def test_separate_refuses(kernel, message):
    with pytest.raises(ValueError, match=message):
        separate_kernel(kernel)


def example():
    rng = np.random.default_rng(0)
    shapes = (2, 4, 9, 11), (4, 3), (4, 5), (4,)
    return tuple(rng.normal(size=shape) for shape in shapes)


@pytest.mark.parametrize("padding", [0, 1])
def test_behaves(padding):
    behaves(
        lambda *arrays: spatial_separable_conv2d(*arrays, 2, padding),
        spatial_separable_conv2d_backward,
        example(),
    )


def test_empty_batch():
    x, column, row, bias = example()
    y, cache = spatial_separable_conv2d(x[:0], column, row, bias)
    assert y.shape == (0, 4, 7, 7)
    dx, dcolumn, drow, dbias = spatial_separable_conv2d_backward(y, cache)
    assert dx.shape == (0, 4, 9, 11)
    assert not any(gradient.any() for gradient in (dcolumn, drow, dbias))


REFUSED = {
    "x of rank 3": (dict(x=np.ones((4, 9, 11))), "x wants 4 axes"),
    "kernel in full": (dict(column=np.ones((4, 1, 3, 1))), r"column wants 2 axes \(C, k_h\), got"),
    "row of rank 1": (dict(row=np.ones(5)), r"row wants 2 axes \(C, k_w\), got shape \(5,\)"),
    "columns": (dict(column=np.ones((3, 3))), r"column wants shape \(4, 3\), got \(3, 3\)"),
    "rows": (dict(row=np.ones((1, 5))), r"row wants shape \(4, 5\), got \(1, 5\)"),
    "bias": (dict(bias=np.ones(1)), r"bias wants shape \(4,\), got \(1,\)"),
    "column too long": (dict(dilation=(5, 1)), "kernel 3 with dilation 5 spans 11 cells"),
    "padding": (dict(padding=-1), "padding must be at least 0, got -1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    change, message = REFUSED[name]
    good = dict(zip(("x", "column", "row", "bias"), example(), strict=True))
    spatial_separable_conv2d(**good)
    with pytest.raises(ValueError, match=message):
        spatial_separable_conv2d(**good | change)


def test_backward_refuses_another_shape():
    _, cache = spatial_separable_conv2d(*example())
    with pytest.raises(ValueError, match=r"dy has shape \(2, 4, 7, 6\), y has \(2, 4, 7, 7\)"):
        spatial_separable_conv2d_backward(np.ones((2, 4, 7, 6)), cache)
