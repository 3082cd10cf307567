import numpy as np
import pytest
import torch
from convolutions import convolutions, torch_convolution
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree

from cnnbook.reference import (
    conv2d,
    conv2d_fft,
    conv2d_im2col,
    conv2d_shifts,
    conv2d_winograd,
    conv_matrix,
    flip,
    im2col,
)

CLOSE = dict(rtol=1e-10, atol=1e-12)
FORMS = [conv2d_shifts, conv2d_im2col, conv2d_fft]


@st.composite
def cases(draw, kernel=None, ones=False):
    """Arrays and settings without groups; `ones` fixes stride and dilation at 1."""
    x, weight, _, stride, padding, dilation, _ = draw(convolutions(most_groups=1))
    if ones:
        stride = dilation = 1, 1
    if kernel:
        rng = np.random.default_rng(0)
        weight = rng.normal(size=(*weight.shape[:2], *kernel))
        # room for at least one window
        padding = tuple((before + 1, after + 1) for before, after in padding)
    return x, weight, stride, padding, dilation


def torch_conv2d(x, weight, *rest):
    return torch_convolution(torch.from_numpy(x), torch.from_numpy(weight), None, *rest, 1).numpy()


@CONFIGURATIONS
@given(cases())
def test_forms_are_torchs_convolution(case):
    theirs = torch_conv2d(*case)
    for form in FORMS:
        agree(form.__name__, "torch conv2d", "forward", form(*case), theirs)


@CONFIGURATIONS
@given(cases(kernel=(3, 3), ones=True))
def test_winograd_is_torchs_convolution(case):
    theirs = torch_conv2d(*case)
    agree("conv2d_winograd", "torch conv2d", "forward", conv2d_winograd(*case), theirs)


@CONFIGURATIONS
@given(cases())
def test_im2col_is_torchs_unfold(case):
    x, weight, stride, ((top, bottom), (left, right)), dilation = case
    padded = torch.nn.functional.pad(torch.from_numpy(x), (left, right, top, bottom))
    theirs = torch.nn.functional.unfold(padded, weight.shape[2:], dilation, 0, stride).numpy()
    ours = im2col(x, weight.shape[2:], *case[2:])
    np.testing.assert_array_equal(ours, theirs)
    agree("im2col", "torch unfold", "forward", ours, theirs)


@CONFIGURATIONS
@given(convolutions())
def test_matrix_is_torchs_convolution_and_its_transpose_the_gradient(case):
    x, weight, _, *rest = case
    matrix = conv_matrix(weight, *x.shape[2:], *rest)
    image = torch.tensor(x, requires_grad=True)
    theirs = torch_convolution(image, torch.from_numpy(weight), None, *rest)
    y = (matrix @ x.reshape(len(x), -1).T).T.reshape(theirs.shape)
    agree("conv_matrix", "torch conv2d, on pictures as vectors", "forward", y, theirs.detach())
    dy = np.random.default_rng(0).normal(size=y.shape)
    theirs.backward(torch.from_numpy(dy))
    dx = (dy.reshape(len(x), -1) @ matrix).reshape(x.shape)
    agree("conv_matrix", "torch conv2d, on pictures as vectors", "backward", dx, image.grad)


@CONFIGURATIONS
@given(convolutions())
def test_flip_is_torchs(case):
    weight = case[1]
    theirs = torch.flip(torch.from_numpy(weight), (2, 3))
    agree("flip", "torch flip", "forward", flip(weight), theirs)


def test_groups_are_blocks_on_the_diagonal():
    weight = np.array([1.0, 2, 3, 4]).reshape(4, 1, 1, 1)
    assert conv_matrix(weight, 1, 1, groups=2).tolist() == [[1, 0], [2, 0], [0, 3], [0, 4]]


def test_matrix_by_hand():
    matrix = conv_matrix(np.array([[1, 2], [3, 4]]), 2, 3)
    assert matrix.tolist() == [[1, 2, 0, 3, 4, 0], [0, 1, 2, 0, 3, 4]]
    assert conv_matrix(np.array([[1, 2]]), 1, 2, stride=2, padding=(0, 1)).tolist() == [
        [2, 0],
        [0, 1],
    ]


def test_flip_turns_by_half_a_turn():
    weight = np.arange(24.0).reshape(2, 2, 2, 3)
    assert flip(weight)[1, 0].tolist() == [[17, 16, 15], [14, 13, 12]]
    np.testing.assert_array_equal(flip(flip(weight)), weight)
    assert not np.shares_memory(flip(weight), weight)


def example(dtype=np.float64):
    rng = np.random.default_rng(0)
    shapes = (2, 4, 9, 11), (5, 4, 3, 3)
    return tuple(rng.normal(size=shape).astype(dtype) for shape in shapes)


ALL = [*FORMS, conv2d_winograd]


@pytest.mark.parametrize("form", ALL)
@pytest.mark.parametrize("padding", [1, "same", "full", "valid", (2, (0, 1))])
def test_padding_spellings(form, padding):
    x, weight = example()
    np.testing.assert_allclose(
        form(x, weight, padding=padding), conv2d(x, weight, padding=padding)[0], **CLOSE
    )


@pytest.mark.parametrize("form", ALL)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_is_kept(form, dtype):
    y = form(*example(dtype), padding=1)
    assert y.dtype == dtype
    tolerance = 100 * np.finfo(dtype).eps
    expected = conv2d(*example(dtype), padding=1)[0]
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("form", ALL)
def test_integers_become_floats(form):
    x, weight = np.arange(20).reshape(1, 1, 4, 5), np.arange(9).reshape(1, 1, 3, 3)
    y = form(x.astype(np.uint8), weight)
    assert y.dtype == np.float64
    np.testing.assert_allclose(y, conv2d(x, weight)[0], **CLOSE)


@pytest.mark.parametrize("form", ALL)
@pytest.mark.parametrize("padding", [0, 1])
def test_inputs_are_never_written(form, padding):
    arrays = example()
    before = [a.copy() for a in arrays]
    for a in arrays:
        a.flags.writeable = False  # so that a write raises instead of passing unseen
    y = form(*arrays, padding=padding)
    y += 1
    columns = im2col(arrays[0], 3, padding=padding)
    columns += 1
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("form", ALL)
def test_empty_batch(form):
    x, weight = example()
    assert form(x[:0], weight, padding=1).shape == (0, 5, 9, 11)
    assert im2col(x[:0], 3).shape == (0, 36, 63)


@pytest.mark.parametrize("form", ALL)
def test_nan_is_not_swallowed(form):
    x, weight = example()
    x[1, 2, 4, 5] = np.nan
    missing = np.isnan(form(x, weight))
    assert missing[1, :, 2:5, 3:6].all()
    assert not missing[0].any()


REFUSED = {
    "x of rank 3": (dict(x=np.ones((4, 9, 11))), r"x wants 4 axes .* shape \(4, 9, 11\)"),
    "channels": (dict(weight=np.ones((5, 3, 3, 3))), "weight wants 3 input channels, x has 4"),
    "stride 0": (dict(stride=0), "stride must be at least 1, got 0"),
    "dilation 0": (dict(dilation=0), "dilation must be at least 1, got 0"),
    "negative padding": (dict(padding=-1), "padding must be at least 0, got -1"),
    "kernel too long": (dict(dilation=(5, 1)), "kernel 3 with dilation 5 spans 11 .* has 9"),
}


def only_im2col(x, weight, **rest):
    return im2col(x, weight.shape[2:], **rest)


def only_matrix(x, weight, **rest):
    return conv_matrix(weight, *x.shape[2:], **rest)


CASES = [(form, name) for form in [*ALL, only_im2col, only_matrix] for name in REFUSED]
CASES.remove((only_im2col, "channels"))  # it knows no weight
CASES.remove((only_matrix, "channels"))  # it knows no x
CASES.remove((only_matrix, "x of rank 3"))


@pytest.mark.parametrize(("form", "name"), CASES)
def test_refused_with_the_numbers(form, name):
    change, message = REFUSED[name]
    x, weight = example()
    with pytest.raises(ValueError, match=message):
        form(**dict(x=x, weight=weight) | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(weight=np.ones((5, 4, 3, 5))), r"wants a kernel of \(3, 3\), got \(3, 5\)"),
        (dict(stride=(1, 2)), r"wants stride \(1, 1\), got \(1, 2\)"),
        (dict(dilation=2), r"wants dilation \(1, 1\), got \(2, 2\)"),
    ],
)
def test_winograd_says_what_it_cannot(change, message):
    x, weight = example()
    with pytest.raises(ValueError, match=message):
        conv2d_winograd(**dict(x=x, weight=weight) | change)


def test_im2col_refuses_a_kernel_of_zero():
    with pytest.raises(ValueError, match="kernel must be at least 1, got 0"):
        im2col(example()[0], (3, 0))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.ones((1, 1, 3, 3)), 300, 300), "88804 x 90000 cells, more than 10\\^8"),
        ((np.ones(3), 5, 7), r"weight wants 4 axes .* shape \(3,\)"),
        ((np.ones((3, 3)), 0, 7), "h must be at least 1, got 0"),
        ((np.ones((3, 2, 1, 1)), 5, 7, 1, 0, 1, 2), "groups 2 does not divide 3 output channels"),
        ((np.ones((3, 3)), 5, 7.5), "w wants a whole number, got 7.5"),
    ],
)
def test_matrix_refuses_with_the_numbers(arguments, message):
    with pytest.raises(ValueError, match=message):
        conv_matrix(*arguments)
