import numpy as np
import pytest
import torch
from convolutions import convolutions, torch_convolution
from hypothesis import given
from oracle import CONFIGURATIONS, agree_with_torch, behaves

from cnnbook.reference.convolution import conv2d
from cnnbook.reference.convolution_3d import conv3d, conv3d_backward


@CONFIGURATIONS
@given(convolutions(axes=3, most=2, most_groups=3))
def test_forward_and_backward_are_those_of_torch(case):
    *arrays, stride, padding, dilation, groups = case
    rest = stride, padding, dilation, groups
    agree_with_torch(
        "conv3d",
        "torch conv3d",
        lambda x, weight, bias: conv3d(x, weight, bias, *rest),
        conv3d_backward,
        lambda *tensors: torch_convolution(*tensors, *rest),
        arrays,
    )


def test_by_hand():
    x = np.arange(8.0).reshape(1, 1, 2, 2, 2)
    weight = np.array([[[[[1.0, 0]], [[0, -2]]]]])  # this frame's left pixel, the next one's right
    y, cache = conv3d(x, weight, np.array([100.0]))
    assert y.tolist() == [[[[[100 + 0 - 2 * 5], [100 + 2 - 2 * 7]]]]]
    dx, dweight, dbias = conv3d_backward(np.ones_like(y), cache)
    assert dx.tolist() == [[[[[1, 0], [1, 0]], [[0, -2], [0, -2]]]]]
    assert dweight.tolist() == [[[[[2, 4]], [[10, 12]]]]]
    assert dbias.tolist() == [2]


def test_one_frame_is_an_image():
    x, weight, bias = example()
    y, _ = conv3d(x[:, :, :1], weight[:, :, :1], bias, 2, (0, 1, 2), 1, 2)
    image, _ = conv2d(x[:, :, 0], weight[:, :, 0], bias, 2, (1, 2), 1, 2)
    np.testing.assert_allclose(y[:, :, 0], image, rtol=1e-10, atol=1e-12)


def example():
    rng = np.random.default_rng(0)
    return rng.normal(size=(2, 4, 3, 5, 6)), rng.normal(size=(6, 2, 2, 3, 4)), rng.normal(size=6)


@pytest.mark.parametrize("padding", [0, 1])
def test_behaves(padding):
    behaves(
        lambda x, weight, bias: conv3d(x, weight, bias, (1, 2, 1), padding, groups=2),
        conv3d_backward,
        example(),
    )


PADDINGS = {
    "one int": (1, ((1, 1), (1, 1), (1, 1))),
    "per axis": ((0, 1, 2), ((0, 0), (1, 1), (2, 2))),
    "per side": (((0, 1), 2, (1, 0)), ((0, 1), (2, 2), (1, 0))),
    "same": ("same", ((0, 1), (1, 1), (1, 2))),
    "full": ("full", ((1, 1), (2, 2), (3, 3))),
}


@pytest.mark.parametrize("name", PADDINGS)
def test_padding_spellings(name):
    short, full = PADDINGS[name]
    x, weight, bias = example()
    theirs = torch_convolution(*map(torch.from_numpy, (x, weight, bias)), 1, full, 1, 2)
    ours, _ = conv3d(x, weight, bias, 1, short, 1, 2)
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-10, atol=1e-12)


def test_empty_batch():
    x, weight, bias = example()
    y, cache = conv3d(x[:0], weight, bias, groups=2)
    assert y.shape == (0, 6, 2, 3, 3)
    dx, dweight, dbias = conv3d_backward(y, cache)
    assert dx.shape == (0, 4, 3, 5, 6)
    assert not dweight.any()
    assert not dbias.any()


REFUSED = {
    "an image": (dict(x=np.ones((2, 4, 9, 9))), r"x wants 5 axes \(N, C_in, D, H, W\), got"),
    "weight of an image": (dict(weight=np.ones((6, 2, 3, 3))), "weight wants 5 axes"),
    "channels": (dict(weight=np.ones((6, 3, 2, 3, 4))), "weight wants 3 x 2 groups input channel"),
    "bias": (dict(bias=np.ones(5)), r"bias wants shape \(6,\), got \(5,\)"),
    "stride pair": (dict(stride=(1, 2)), r"stride wants an int or a triple, got \(1, 2\)"),
    "padding pair": (dict(padding=(1, 2)), r"padding wants .* got \(1, 2\)"),
    "kernel too deep": (dict(dilation=(3, 1, 1)), "kernel 2 with dilation 3 spans 4 .* has 3"),
    "groups": (dict(groups=3), "groups 3 does not divide 4 input channels"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    change, message = REFUSED[name]
    x, weight, bias = example()
    good = dict(x=x, weight=weight, bias=bias, groups=2)
    conv3d(**good)
    with pytest.raises(ValueError, match=message):
        conv3d(**good | change)


def test_backward_refuses_another_shape():
    x, weight, bias = example()
    _, cache = conv3d(x, weight, bias, groups=2)
    with pytest.raises(ValueError, match=r"dy has shape \(2, 6, 2, 3\), y has \(2, 6, 2, 3, 3\)"):
        conv3d_backward(np.ones((2, 6, 2, 3)), cache)
