import numpy as np
import pytest
import torch
from convolutions import convolutions, torch_convolution
from hypothesis import given
from oracle import CONFIGURATIONS, agree, agree_with_torch, behaves

from cnnbook.reference import conv2d, conv2d_backward, conv2d_loops

CLOSE = dict(rtol=1e-10, atol=1e-12)


@CONFIGURATIONS
@given(convolutions())
def test_forward_and_backward_are_those_of_torch(case):
    *arrays, stride, padding, dilation, groups = case
    rest = stride, padding, dilation, groups
    agree_with_torch(
        "conv2d",
        "torch conv2d",
        lambda x, weight, bias: conv2d(x, weight, bias, *rest),
        conv2d_backward,
        lambda *tensors: torch_convolution(*tensors, *rest),
        arrays,
    )


@CONFIGURATIONS
@given(convolutions())
def test_the_definition_is_torchs_convolution(case):
    *arrays, stride, padding, dilation, groups = case
    tensors = (None if a is None else torch.from_numpy(a) for a in arrays)
    theirs = torch_convolution(*tensors, stride, padding, dilation, groups)
    agree("conv2d_loops", "torch conv2d", "forward", conv2d_loops(*case), theirs.numpy())


def example(dtype=np.float64):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 4, 9, 11)).astype(dtype)
    weight = rng.normal(size=(6, 2, 3, 5)).astype(dtype)
    return x, weight, rng.normal(size=6).astype(dtype)


def test_by_hand():
    x = np.arange(12.0).reshape(1, 1, 3, 4)
    weight = np.array([[[[1.0, 0.0], [0.0, -2.0]]]])  # not symmetric: a flip would show
    y, cache = conv2d(x, weight, np.array([100.0]))
    assert y.tolist() == [[[[90, 89, 88], [86, 85, 84]]]]
    dx, dweight, dbias = conv2d_backward(np.ones_like(y), cache)
    assert dx.tolist() == [[[[1, 1, 1, 0], [1, -1, -1, -2], [0, -2, -2, -2]]]]
    assert dweight.tolist() == [[[[18, 24], [42, 48]]]]
    assert dbias.tolist() == [6]


PADDINGS = {  # spelling -> the same in full
    "one int": (2, ((2, 2), (2, 2))),
    "per axis": ((1, 3), ((1, 1), (3, 3))),
    "per side": (((1, 2), (0, 3)), ((1, 2), (0, 3))),
    "mixed": ((1, (0, 3)), ((1, 1), (0, 3))),
    "lists": ([[1, 2], [0, 3]], ((1, 2), (0, 3))),
    "valid": ("valid", ((0, 0), (0, 0))),
    "full": ("full", ((2, 2), (4, 4))),
}


@pytest.mark.parametrize("form", [lambda *a: conv2d(*a)[0], conv2d_loops])
@pytest.mark.parametrize("name", PADDINGS)
def test_padding_spellings(name, form):
    short, full = PADDINGS[name]
    x, weight, bias = example()
    theirs = torch_convolution(*map(torch.from_numpy, (x, weight, bias)), (2, 1), full, 1, 2)
    ours = form(x, weight, bias, (2, 1), short, 1, 2)
    np.testing.assert_allclose(ours, theirs.numpy(), **CLOSE)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even")
@pytest.mark.parametrize("kernel", [(1, 2), (2, 3), (4, 5)])
@pytest.mark.parametrize("dilation", [1, (1, 2), (3, 2)])
def test_same_padding_is_torchs(kernel, dilation):
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=(2, 3, 9, 11)), rng.normal(size=(5, 3, *kernel))
    y, _ = conv2d(x, weight, padding="same", dilation=dilation)
    tensors = torch.from_numpy(x), torch.from_numpy(weight)
    theirs = torch.nn.functional.conv2d(*tensors, None, 1, "same", dilation)
    assert y.shape[2:] == x.shape[2:]
    np.testing.assert_allclose(y, theirs.numpy(), **CLOSE)


def test_full_padding_dilated_meets_each_cell_with_each_weight():
    x, weight, _ = example()
    y, cache = conv2d(x, weight, None, 1, "full", (2, 3), 2)
    assert y.shape == (2, 6, 9 + 4, 11 + 12)
    dx, _, _ = conv2d_backward(np.ones_like(y), cache)
    sums = weight.reshape(2, 3, 2, -1).sum((1, 3)).ravel()  # per input channel
    np.testing.assert_allclose(dx, np.broadcast_to(sums[:, None, None], x.shape), **CLOSE)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_dtype_is_kept(dtype):
    x, weight, bias = example(dtype)
    y, cache = conv2d(x, weight, bias, padding=1, groups=2)
    grads = conv2d_backward(np.ones(y.shape), cache)  # float64 ones do not promote either
    loops = conv2d_loops(x[:, :, :5, :6], weight, bias, padding=1, groups=2)
    assert {a.dtype for a in (y, loops, *grads)} == {np.dtype(dtype)}


def test_float32_is_as_exact_as_torchs():
    arrays = example(np.float32)
    theirs = torch_convolution(*map(torch.from_numpy, arrays), 1, ((0, 0), (0, 0)), 1, 2)
    ours = conv2d(*arrays, groups=2)[0]
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-5, atol=1e-5)


def test_integers_become_floats():
    x, weight = np.arange(12).reshape(1, 1, 3, 4), np.array([[[[1, 0], [0, -2]]]])
    y, cache = conv2d(x, weight)
    assert y.dtype == np.float64
    assert y.tolist() == [[[[-10, -11, -12], [-14, -15, -16]]]]
    assert conv2d_backward(np.full(y.shape, 1), cache)[1].dtype == np.float64
    photo = x.astype(np.uint8)
    assert conv2d(photo, weight.astype(np.float32))[0].dtype == np.float32
    assert conv2d_loops(photo, weight).tolist() == y.tolist()


@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("groups", [1, 2])
def test_behaves(padding, groups):
    x, weight, bias = example()
    behaves(
        lambda x, weight, bias: conv2d(x, weight, bias, (2, 1), padding, 1, groups),
        conv2d_backward,
        (x[:, : 2 * groups], weight, bias),
    )


def test_empty_batch():
    x, weight, bias = example()
    y, cache = conv2d(x[:0], weight, bias, padding=1, groups=2)
    assert y.shape == conv2d_loops(x[:0], weight, bias, 1, 1, 1, 2).shape == (0, 6, 9, 9)
    dx, dweight, dbias = conv2d_backward(y, cache)
    assert dx.shape == (0, 4, 9, 11)
    np.testing.assert_array_equal(dweight, np.zeros_like(weight))
    np.testing.assert_array_equal(dbias, np.zeros_like(bias))


def test_nan_reaches_exactly_the_windows_that_read_it():
    x, weight, bias = example()
    x[1, 0, 4, 5] = np.nan
    for y in (conv2d(x, weight, bias, groups=2)[0], conv2d_loops(x, weight, bias, groups=2)):
        wanted = np.zeros(y.shape, bool)
        wanted[1, :3, 2:5, 1:6] = True  # first group, windows of 3 x 5 around (4, 5)
        np.testing.assert_array_equal(np.isnan(y), wanted)


REFUSED = {  # name -> (what to change in a good call, message)
    "x of rank 3": (dict(x=np.ones((4, 9, 11))), r"x wants 4 axes .* shape \(4, 9, 11\)"),
    "weight of rank 2": (dict(weight=np.ones((3, 5))), r"weight wants 4 axes .* shape \(3, 5\)"),
    "channels": (
        dict(weight=np.ones((6, 3, 3, 5)), groups=1),
        "weight wants 3 input channels, x has 4",
    ),
    "channels in groups": (
        dict(weight=np.ones((6, 3, 3, 5))),
        "weight wants 3 x 2 groups input channels, x has 4",
    ),
    "groups and input": (dict(groups=3), "groups 3 does not divide 4 input channels"),
    "groups and output": (dict(groups=4), "groups 4 does not divide 6 output channels"),
    "groups 0": (dict(groups=0), "groups must be at least 1, got 0"),
    "groups of text": (dict(groups="2"), "groups wants a whole number, got '2'"),
    "no channels": (dict(x=np.ones((2, 0, 9, 11))), "input channels must be at least 1, got 0"),
    "no filters": (dict(weight=np.ones((0, 2, 3, 5))), "output channels must be .* got 0"),
    "empty kernel": (dict(weight=np.ones((6, 2, 0, 5))), "kernel must be at least 1, got 0"),
    "empty image": (dict(x=np.ones((2, 4, 9, 0))), "size must be at least 1, got 0"),
    "bias too short": (dict(bias=np.ones(5)), r"bias wants shape \(6,\), got \(5,\)"),
    "bias of rank 0": (dict(bias=1.0), r"bias wants shape \(6,\), got \(\)"),
    "stride 0": (dict(stride=0), "stride must be at least 1, got 0"),
    "stride of one axis 0": (dict(stride=(1, 0)), "stride must be at least 1, got 0"),
    "stride triple": (dict(stride=(1, 2, 3)), r"stride wants an int or a pair, got \(1, 2, 3\)"),
    "stride fraction": (dict(stride=1.5), "stride wants a whole number, got 1.5"),
    "stride bool": (dict(stride=True), "stride wants a whole number, got True"),
    "dilation 0": (dict(dilation=0), "dilation must be at least 1, got 0"),
    "dilation triple": (dict(dilation=(1, 1, 1)), r"dilation wants .* got \(1, 1, 1\)"),
    "padding -1": (dict(padding=-1), "padding must be at least 0, got -1"),
    "padding of a side -2": (dict(padding=((0, 0), (1, -2))), "padding must be .* got -2"),
    "padding triple": (dict(padding=(1, 2, 3)), r"padding wants .* got \(1, 2, 3\)"),
    "padding of three sides": (dict(padding=((1, 2, 3), 0)), r"got \(\(1, 2, 3\), 0\)"),
    "padding misspelled": (dict(padding="smae"), "padding 'smae' is none of 'valid', 'same'"),
    "same with a stride": (
        dict(padding="same", stride=(2, 1)),
        r"padding 'same' wants stride 1, stride is \(2, 1\)",
    ),
    "kernel too high": (
        dict(x=np.ones((2, 4, 2, 11))),
        r"kernel 3 with dilation 1 spans 3 cells, the padded axis has 2 \(0 \+ 2 \+ 0\)",
    ),
    "kernel too wide": (
        dict(dilation=(1, 4), padding=(0, (2, 1))),
        r"kernel 5 with dilation 4 spans 17 cells, the padded axis has 14 \(2 \+ 11 \+ 1\)",
    ),
    "complex": (dict(x=np.ones((2, 4, 9, 11), complex)), "real numbers, got dtype complex128"),
    "text": (dict(x=np.full((2, 4, 9, 11), "a")), "real numbers, got dtype <U1"),
}


@pytest.mark.parametrize("form", [conv2d, conv2d_loops])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name, form):
    change, message = REFUSED[name]
    x, weight, bias = example()
    good = dict(x=x, weight=weight, bias=bias, groups=2)
    form(**good)
    with pytest.raises(ValueError, match=message):
        form(**good | change)


def test_backward_refuses_another_shape():
    x, weight, bias = example()
    _, cache = conv2d(x, weight, bias, groups=2)
    with pytest.raises(ValueError, match=r"dy has shape \(2, 6, 7, 6\), y has \(2, 6, 7, 7\)"):
        conv2d_backward(np.ones((2, 6, 7, 6)), cache)
