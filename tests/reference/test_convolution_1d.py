import numpy as np
import pytest
import torch
from convolutions import convolutions, torch_convolution
from hypothesis import given
from oracle import CONFIGURATIONS, agree_with_torch, behaves

from cnnbook.reference.convolution_1d import conv1d, conv1d_backward


@CONFIGURATIONS
@given(convolutions(axes=1))
def test_forward_and_backward_are_those_of_torch(case):
    *arrays, stride, padding, dilation, groups = case
    agree_with_torch(
        "conv1d",
        "torch conv1d",
        lambda x, weight, bias: conv1d(x, weight, bias, *stride, padding, *dilation, groups),
        conv1d_backward,
        lambda *tensors: torch_convolution(*tensors, stride, padding, dilation, groups),
        arrays,
    )


def test_by_hand():
    x, weight = np.array([[[1.0, 2, 3, 4, 5]]]), np.array([[[1.0, 0, -2]]])
    y, cache = conv1d(x, weight, np.array([10.0]))
    assert y.tolist() == [[[5, 4, 3]]]
    dx, dweight, dbias = conv1d_backward(np.ones_like(y), cache)
    assert dx.tolist() == [[[1, 1, -1, -2, -2]]]
    assert dweight.tolist() == [[[6, 9, 12]]]
    assert dbias.tolist() == [3]


def example():
    rng = np.random.default_rng(0)
    return rng.normal(size=(2, 4, 9)), rng.normal(size=(6, 2, 3)), rng.normal(size=6)


@pytest.mark.parametrize("padding", [0, 1])
def test_behaves(padding):
    behaves(
        lambda x, weight, bias: conv1d(x, weight, bias, 2, padding, groups=2),
        conv1d_backward,
        example(),
    )


@pytest.mark.parametrize(
    ("padding", "full"),
    [
        (2, (2, 2)),
        ((2,), (2, 2)),
        (((1, 2),), (1, 2)),
        ("valid", (0, 0)),
        ("same", (2, 2)),
        ("full", (4, 4)),
    ],
)
def test_padding_spellings(padding, full):
    x, weight, bias = example()
    theirs = torch_convolution(*map(torch.from_numpy, (x, weight, bias)), 1, (full,), 2, 2)
    ours, _ = conv1d(x, weight, bias, 1, padding, 2, 2)
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-10, atol=1e-12)


def test_empty_batch():
    x, weight, bias = example()
    y, cache = conv1d(x[:0], weight, bias, groups=2)
    assert y.shape == (0, 6, 7)
    dx, dweight, dbias = conv1d_backward(y, cache)
    assert dx.shape == (0, 4, 9)
    assert not dweight.any()
    assert not dbias.any()


REFUSED = {
    "an image": (dict(x=np.ones((2, 4, 9, 9))), r"x wants 3 axes \(N, C_in, W\), got shape"),
    "weight of an image": (dict(weight=np.ones((6, 2, 3, 3))), r"weight wants 3 axes \(C_out,"),
    "channels": (dict(weight=np.ones((6, 3, 3))), "weight wants 3 x 2 groups input channels"),
    "bias": (dict(bias=np.ones(5)), r"bias wants shape \(6,\), got \(5,\)"),
    "stride pair": (dict(stride=(1, 2)), r"stride wants an int, got \(1, 2\)"),
    "stride 0": (dict(stride=0), "stride must be at least 1, got 0"),
    "padding pair": (dict(padding=(1, 2)), r"padding wants an int.* got \(1, 2\)"),
    "kernel too long": (dict(dilation=5), "kernel 3 with dilation 5 spans 11 cells, .* has 9"),
    "groups": (dict(groups=3), "groups 3 does not divide 4 input channels"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    change, message = REFUSED[name]
    x, weight, bias = example()
    good = dict(x=x, weight=weight, bias=bias, groups=2)
    conv1d(**good)
    with pytest.raises(ValueError, match=message):
        conv1d(**good | change)


def test_backward_refuses_another_shape():
    x, weight, bias = example()
    _, cache = conv1d(x, weight, bias, groups=2)
    with pytest.raises(ValueError, match=r"dy has shape \(2, 6, 1, 7\), y has \(2, 6, 7\)"):
        conv1d_backward(np.ones((2, 6, 1, 7)), cache)
