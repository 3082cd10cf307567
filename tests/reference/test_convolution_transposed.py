import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves

from cnnbook.reference import conv2d, conv2d_backward
from cnnbook.reference.convolution_transposed import (
    conv_transpose1d,
    conv_transpose1d_backward,
    conv_transpose2d,
    conv_transpose2d_backward,
    conv_transpose3d,
    conv_transpose3d_backward,
)
from cnnbook.shapes import output_size

CLOSE = dict(rtol=1e-10, atol=1e-12)
LAYERS = {
    1: (conv_transpose1d, conv_transpose1d_backward),
    2: (conv_transpose2d, conv_transpose2d_backward),
    3: (conv_transpose3d, conv_transpose3d_backward),
}


@st.composite
def transposed(draw, axes=2, most=3, cells=4, most_groups=3):
    """Arrays and settings of a transposed convolution, every axis of another length."""
    stride, dilation = (draw(st.tuples(*[st.integers(1, most)] * axes)) for _ in range(2))
    more = tuple(draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True))
    groups = draw(st.integers(1, most_groups))
    c_in, c_group = groups * draw(st.integers(1, 2)), draw(st.integers(1, 3))
    kernel = draw(st.permutations(range(1, cells + 1)))[:axes]
    n, *sizes = draw(st.permutations([s for s in range(1, 7) if s != c_in]))[: axes + 1]
    padding = []
    for k, s, d, size, extra in zip(kernel, stride, dilation, sizes, more, strict=True):
        room = (size - 1) * s + d * (k - 1) + extra  # one output more than can be cut off
        before = draw(st.integers(0, min(room, 3)))
        padding.append((before, draw(st.integers(0, min(room - before, 3)))))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.normal(size=(n, c_in, *sizes))
    weight = rng.normal(size=(c_in, c_group, *kernel))
    bias = rng.normal(size=c_group * groups) if draw(st.booleans()) else None
    return x, weight, bias, stride, tuple(padding), more, groups, dilation


def torch_transpose(x, weight, bias, stride, padding, *rest):
    """Transpose in torch; its padding is the same on both sides, the rest is cut off here."""
    transpose = getattr(torch.nn.functional, f"conv_transpose{x.ndim - 2}d")
    both = tuple(min(pair) for pair in padding)
    y = transpose(x, weight, bias, stride, both, *rest)
    rest = [(before - p, after - p) for (before, after), p in zip(padding, both, strict=True)]
    cut = (slice(a, size - b) for (a, b), size in zip(rest, y.shape[2:], strict=True))
    return y[:, :, *cut]


def compare(axes, case):
    *arrays, stride, padding, more, groups, dilation = case
    forward, backward = LAYERS[axes]
    rest = stride, padding, more, groups, dilation
    agree_with_torch(
        f"conv_transpose{axes}d",
        f"torch conv_transpose{axes}d",
        lambda *arrays: forward(*arrays, *rest),
        backward,
        lambda *tensors: torch_transpose(*tensors, *rest),
        arrays,
    )


@CONFIGURATIONS
@given(transposed(axes=1))
def test_1d_forward_and_backward_are_those_of_torch(case):
    compare(1, case)


@CONFIGURATIONS
@given(transposed(axes=2))
def test_2d_forward_and_backward_are_those_of_torch(case):
    compare(2, case)


@CONFIGURATIONS
@given(transposed(axes=3, most=2, most_groups=2))
def test_3d_forward_and_backward_are_those_of_torch(case):
    compare(3, case)


def test_1d_by_hand():
    x, weight = np.array([[[1.0, 2]]]), np.array([[[1.0, 10, 100]]])
    assert conv_transpose1d(x, weight, stride=2)[0].tolist() == [[[1, 10, 102, 20, 200]]]
    y, cache = conv_transpose1d(x, weight, np.array([0.5]), 2, 1, 1)  # cut both ends, add a zero
    assert y.tolist() == [[[10.5, 102.5, 20.5, 200.5]]]
    dx, dweight, dbias = conv_transpose1d_backward(np.array([[[1.0, 0, 0, 2]]]), cache)
    assert dx.tolist() == [[[10, 200]]]
    assert dweight.tolist() == [[[0, 1, 4]]]
    assert dbias.tolist() == [3]


def test_2d_by_hand():
    x = np.array([[[[1.0, 2], [3, 4]]]])
    weight = np.array([[[[1.0, 10], [100, 1000]]]])
    y, cache = conv_transpose2d(x, weight)
    assert y.tolist() == [[[[1, 12, 20], [103, 1234, 2040], [300, 3400, 4000]]]]
    dx, dweight, dbias = conv_transpose2d_backward(np.ones_like(y), cache)
    assert dx.tolist() == [[[[1111, 1111], [1111, 1111]]]]
    assert dweight.tolist() == [[[[10, 10], [10, 10]]]]
    assert dbias is None


def test_3d_by_hand():
    x = np.array([1.0, 2]).reshape(1, 1, 2, 1, 1)
    weight = np.array([1.0, 10, 100, 1000]).reshape(1, 1, 2, 1, 2)
    y, cache = conv_transpose3d(x, weight, np.array([0.5]))
    assert y.tolist() == [[[[[1.5, 10.5]], [[102.5, 1020.5]], [[200.5, 2000.5]]]]]
    dx, dweight, dbias = conv_transpose3d_backward(np.ones_like(y), cache)
    assert dx.ravel().tolist() == [1111, 1111]
    assert dweight.ravel().tolist() == [3, 3, 3, 3]
    assert dbias.tolist() == [6]


def test_it_is_the_gradient_of_a_convolution():
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=(2, 4, 9, 11)), rng.normal(size=(6, 2, 3, 5))
    y, cache = conv2d(x, weight, None, (2, 3), 1, 1, 2)
    dy = rng.normal(size=y.shape)
    dx, _, _ = conv2d_backward(dy, cache)
    again, _ = conv_transpose2d(dy, weight, None, (2, 3), 1, (0, 2), 2)
    np.testing.assert_array_equal(again, dx)


def test_output_padding_tells_sizes_apart_that_have_the_same_number_of_windows():
    assert [output_size(size, 3, 3) for size in (6, 7, 8)] == [2, 2, 2]
    x, weight = np.ones((1, 1, 2)), np.ones((1, 1, 3))
    shapes = [conv_transpose1d(x, weight, None, 3, 0, more)[0].shape[2] for more in (0, 1, 2)]
    assert shapes == [6, 7, 8]


def example(axes=2):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 4, *(5, 6, 3)[:axes]))
    return x, rng.normal(size=(4, 3, *(3, 4, 2)[:axes])), rng.normal(size=6)


@pytest.mark.parametrize("axes", LAYERS)
@pytest.mark.parametrize("padding", [0, 1])
def test_behaves(axes, padding):
    forward, backward = LAYERS[axes]
    behaves(lambda *arrays: forward(*arrays, 2, padding, 1, 2), backward, example(axes))


@pytest.mark.parametrize("axes", LAYERS)
def test_empty_batch(axes):
    forward, backward = LAYERS[axes]
    x, weight, bias = example(axes)
    y, cache = forward(x[:0], weight, bias, 2, groups=2)
    assert y.shape == (0, 6, 11, 14, 6)[: axes + 2]
    dx, dweight, dbias = backward(y, cache)
    assert dx.shape == (0, *x.shape[1:])
    assert not dweight.any()
    assert not dbias.any()


PADDINGS = {
    "one int": (1, ((1, 1), (1, 1))),
    "per axis": ((1, 2), ((1, 1), (2, 2))),
    "per side": (((0, 1), (2, 0)), ((0, 1), (2, 0))),
    "valid": ("valid", ((0, 0), (0, 0))),
    "same": ("same", ((1, 1), (1, 2))),
    "full": ("full", ((2, 2), (3, 3))),
}


@pytest.mark.parametrize("name", PADDINGS)
def test_padding_spellings(name):
    short, full = PADDINGS[name]
    x, weight, bias = example()
    theirs = torch_transpose(*map(torch.from_numpy, (x, weight, bias)), 1, full, 0, 2, 1)
    ours, _ = conv_transpose2d(x, weight, bias, 1, short, 0, 2)
    np.testing.assert_allclose(ours, theirs.numpy(), **CLOSE)
    if name == "same":
        assert ours.shape[2:] == x.shape[2:]


def test_nan_is_stamped_once():
    x, weight, bias = example()
    x[1, 3, 2, 4] = np.nan
    y, _ = conv_transpose2d(x, weight, bias, 2, groups=2)
    wanted = np.zeros(y.shape, bool)
    wanted[1, 3:, 4:7, 8:12] = True  # the second group's channels, 3 x 4 cells
    np.testing.assert_array_equal(np.isnan(y), wanted)


REFUSED = {  # name -> (axes, what to change in a good call, message)
    "1D image": (1, dict(x=np.ones((2, 4, 5, 6))), r"x wants 3 axes \(N, C_in, W\), got shape"),
    "1D weight": (1, dict(weight=np.ones((4, 3))), r"weight wants 3 axes \(C_in, C_out, k_w\)"),
    "1D stride": (1, dict(stride=(1, 2)), r"stride wants an int, got \(1, 2\)"),
    "2D x": (2, dict(x=np.ones((4, 5, 6))), r"x wants 4 axes .* got shape \(4, 5, 6\)"),
    "2D weight": (2, dict(weight=np.ones((4, 3, 3))), "weight wants 4 axes"),
    "channels": (2, dict(weight=np.ones((6, 3, 3, 4))), "weight wants 6 input channels, x has 4"),
    "groups": (2, dict(groups=3), "groups 3 does not divide 4 input channels"),
    "groups 0": (2, dict(groups=0), "groups must be at least 1, got 0"),
    "no channels": (2, dict(x=np.ones((2, 0, 5, 6))), "input channels must be at least 1, got 0"),
    "no filters": (2, dict(weight=np.ones((4, 0, 3, 4))), "output channels must be .* got 0"),
    "bias": (2, dict(bias=np.ones(3)), r"bias wants shape \(6,\), got \(3,\)"),
    "stride 0": (2, dict(stride=0), "stride must be at least 1, got 0"),
    "dilation triple": (2, dict(dilation=(1, 1, 1)), "dilation wants an int or a pair"),
    "padding -1": (2, dict(padding=-1), "padding must be at least 0, got -1"),
    "padding word": (2, dict(padding="smae"), "padding 'smae' is none of"),
    "padding too much": (2, dict(padding=((3, 4), 0)), r"padding 3 \+ 4 leaves nothing of 7"),
    "output_padding": (
        2,
        dict(stride=(2, 3), output_padding=2),
        "output_padding 2 must be below stride 2 or dilation 1",
    ),
    "output_padding -1": (2, dict(output_padding=-1), "output_padding must be at least 0, got -1"),
    "output_padding triple": (2, dict(output_padding=(0, 0, 0)), r"wants an int or a pair, got"),
    "empty image": (2, dict(x=np.ones((2, 4, 0, 6))), "size must be at least 1, got 0"),
    "complex": (2, dict(x=np.ones((2, 4, 5, 6), complex)), "real numbers, got dtype complex128"),
    "3D image": (3, dict(x=np.ones((2, 4, 5, 6))), r"x wants 5 axes \(N, C_in, D, H, W\), got"),
    "3D stride": (3, dict(stride=(1, 2)), "stride wants an int or a triple"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    axes, change, message = REFUSED[name]
    x, weight, bias = example(axes)
    good = dict(x=x, weight=weight, bias=bias, groups=2)
    LAYERS[axes][0](**good)
    with pytest.raises(ValueError, match=message):
        LAYERS[axes][0](**good | change)


@pytest.mark.parametrize("axes", LAYERS)
def test_backward_refuses_another_shape(axes):
    forward, backward = LAYERS[axes]
    y, cache = forward(*example(axes), groups=2)
    with pytest.raises(ValueError, match=r"dy has shape \(.*, 99\), y has \(2, 6, 7"):
        backward(np.ones((*y.shape[:-1], 99)), cache)
