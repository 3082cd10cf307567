import numpy as np
import pytest
import torch
from convolutions import convolutions, torch_convolution
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves

from cnnbook.reference.convolution_separable import (
    depthwise_conv2d,
    depthwise_conv2d_backward,
    pointwise_conv2d,
    pointwise_conv2d_backward,
    separable_conv2d,
    separable_conv2d_backward,
)


@st.composite
def depthwise_cases(draw):
    """A convolution whose groups are the channels, with one to three filters each."""
    x, weight, _, stride, padding, dilation, _ = draw(convolutions(most_groups=1))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    c_out = x.shape[1] * draw(st.integers(1, 3))
    weight = rng.normal(size=(c_out, 1, *weight.shape[2:]))
    bias = rng.normal(size=c_out) if draw(st.booleans()) else None
    return x, weight, bias, stride, padding, dilation


@CONFIGURATIONS
@given(depthwise_cases())
def test_depthwise_is_torchs_with_a_group_for_each_channel(case):
    *arrays, stride, padding, dilation = case
    rest = stride, padding, dilation
    agree_with_torch(
        "depthwise_conv2d",
        "torch conv2d, groups = channels",
        lambda x, weight, bias: depthwise_conv2d(x, weight, bias, *rest),
        depthwise_conv2d_backward,
        lambda *tensors: torch_convolution(*tensors, *rest, arrays[0].shape[1]),
        arrays,
    )


@st.composite
def mixed(draw, channels=None):
    """A 1x1 weight and bias for `channels`, and the images where there are none yet."""
    n, c_in, h, w, c_out = draw(st.permutations([1, 2, 3, 4, 5, 6, 7]))[:5]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weight = rng.normal(size=(c_out, channels or c_in, 1, 1))
    bias = rng.normal(size=c_out) if draw(st.booleans()) else None
    return (weight, bias) if channels else (rng.normal(size=(n, c_in, h, w)), weight, bias)


@CONFIGURATIONS
@given(mixed())
def test_pointwise_is_torchs_1x1_convolution(arrays):
    agree_with_torch(
        "pointwise_conv2d",
        "torch conv2d, 1x1",
        pointwise_conv2d,
        pointwise_conv2d_backward,
        torch.nn.functional.conv2d,
        arrays,
    )


@CONFIGURATIONS
@given(depthwise_cases(), st.data())
def test_separable_is_torchs_two_convolutions(case, data):
    x, depthwise, _, *rest = case
    pointwise, bias = data.draw(mixed(channels=len(depthwise)))

    def theirs(x, depthwise, pointwise, bias):
        filtered = torch_convolution(x, depthwise, None, *rest, x.shape[1])
        return torch.nn.functional.conv2d(filtered, pointwise, bias)

    agree_with_torch(
        "separable_conv2d",
        "torch conv2d twice, groups and 1x1",
        lambda *arrays: separable_conv2d(*arrays, *rest),
        separable_conv2d_backward,
        theirs,
        (x, depthwise, pointwise, bias),
    )


def test_depthwise_by_hand():
    x = np.array([[[[1.0, 2, 3]], [[10, 20, 30]]]])
    weight = np.array([[1.0, 0], [0, 1], [1, -1], [2, 0]]).reshape(4, 1, 1, 2)
    y, cache = depthwise_conv2d(x, weight, np.array([0.0, 0, 0, 5]))
    assert y.tolist() == [[[[1, 2]], [[2, 3]], [[-10, -10]], [[25, 45]]]]
    dx, dweight, dbias = depthwise_conv2d_backward(np.ones_like(y), cache)
    assert dx.tolist() == [[[[1, 2, 1]], [[3, 2, -1]]]]
    assert dweight.reshape(4, 2).tolist() == [[3, 5], [3, 5], [30, 50], [30, 50]]
    assert dbias.tolist() == [2, 2, 2, 2]


def test_pointwise_by_hand():
    x = np.array([[[[1.0, 2]], [[3, 4]]]])
    weight = np.array([[1.0, 10], [0, -1], [2, 0]]).reshape(3, 2, 1, 1)
    y, cache = pointwise_conv2d(x, weight, np.array([0.0, 0, 100]))
    assert y.tolist() == [[[[31, 42]], [[-3, -4]], [[102, 104]]]]
    dx, dweight, dbias = pointwise_conv2d_backward(np.ones_like(y), cache)
    assert dx.tolist() == [[[[3, 3]], [[9, 9]]]]
    assert dweight[:, :, 0, 0].tolist() == [[3, 7], [3, 7], [3, 7]]
    assert dbias.tolist() == [2, 2, 2]


def test_separable_by_hand():
    x = np.array([[[[1.0, 2, 3]], [[10, 20, 30]]]])
    depthwise = np.array([[1.0, 0], [1, -1]]).reshape(2, 1, 1, 2)  # [1, 2] and [-10, -10]
    pointwise = np.array([[1.0, 10], [-1, 0]]).reshape(2, 2, 1, 1)
    y, cache = separable_conv2d(x, depthwise, pointwise, np.array([0.0, 7]))
    assert y.tolist() == [[[[-99, -98]], [[6, 5]]]]
    dx, ddepthwise, dpointwise, dbias = separable_conv2d_backward(np.ones_like(y), cache)
    assert dx.tolist() == [[[[0, 0, 0]], [[10, 0, -10]]]]
    assert ddepthwise.reshape(2, 2).tolist() == [[0, 0], [300, 500]]
    assert dpointwise[:, :, 0, 0].tolist() == [[3, -20], [3, -20]]
    assert dbias.tolist() == [2, 2]


def example():
    rng = np.random.default_rng(0)
    shapes = (2, 4, 9, 11), (8, 1, 3, 5), (3, 8, 1, 1)
    return tuple(rng.normal(size=shape) for shape in shapes)


def test_behaves():
    x, depthwise, pointwise = example()
    bias = np.arange(8.0)
    for padding in (0, 1):
        behaves(
            lambda x, weight, bias, padding=padding: depthwise_conv2d(x, weight, bias, 2, padding),
            depthwise_conv2d_backward,
            (x, depthwise, bias),
        )
    behaves(pointwise_conv2d, pointwise_conv2d_backward, (x, pointwise[:, :4], bias[:3]))
    behaves(separable_conv2d, separable_conv2d_backward, (x, depthwise, pointwise, bias[:3]))


def test_widest_dtype_of_all_arguments():
    x, depthwise, pointwise = (a.astype(np.float32) for a in example())
    assert separable_conv2d(x, depthwise, pointwise.astype(np.float64))[0].dtype == np.float64
    assert separable_conv2d(x.astype(np.uint8), depthwise, pointwise)[0].dtype == np.float32


def test_empty_batch():
    x, depthwise, pointwise = example()
    y, cache = separable_conv2d(x[:0], depthwise, pointwise)
    assert y.shape == (0, 3, 7, 7)
    dx, ddepthwise, dpointwise, dbias = separable_conv2d_backward(y, cache)
    assert dx.shape == (0, 4, 9, 11)
    assert not ddepthwise.any()
    assert not dpointwise.any()
    assert dbias is None


def test_nan_stays_in_its_channel_until_the_channels_are_mixed():
    x, depthwise, pointwise = example()
    x[1, 2, 4, 5] = np.nan
    filtered, _ = depthwise_conv2d(x, depthwise)
    wanted = np.zeros(filtered.shape, bool)
    wanted[1, 4:6, 2:5, 1:6] = True  # the third channel's two filters
    np.testing.assert_array_equal(np.isnan(filtered), wanted)
    y, _ = pointwise_conv2d(filtered, pointwise)
    np.testing.assert_array_equal(np.isnan(y), np.repeat(wanted[:, 4:5], 3, axis=1))


REFUSED = {  # function, what to change in a good call, message
    "depthwise of rank 3": (depthwise_conv2d, dict(x=np.ones((4, 9, 9))), "x wants 4 axes"),
    "depthwise of a dense weight": (
        depthwise_conv2d,
        dict(weight=np.ones((8, 4, 3, 5))),
        "weight wants 4 x 4 groups input channels, x has 4",
    ),
    "filters not shared out": (
        depthwise_conv2d,
        dict(weight=np.ones((6, 1, 3, 5))),
        "groups 4 does not divide 6 output channels",
    ),
    "depthwise bias": (depthwise_conv2d, dict(bias=np.ones(4)), r"bias wants shape \(8,\), got"),
    "depthwise stride": (depthwise_conv2d, dict(stride=0), "stride must be at least 1, got 0"),
    "depthwise without channels": (
        depthwise_conv2d,
        dict(x=np.ones((2, 0, 9, 9))),
        "input channels must be at least 1, got 0",
    ),
    "pointwise of rank 3": (pointwise_conv2d, dict(x=np.ones((4, 9, 9))), "x wants 4 axes"),
    "pointwise 3x3": (
        pointwise_conv2d,
        dict(weight=np.ones((3, 4, 3, 3))),
        r"weight wants shape \(3, 4, 1, 1\), got \(3, 4, 3, 3\)",
    ),
    "pointwise channels": (
        pointwise_conv2d,
        dict(weight=np.ones((3, 5, 1, 1))),
        "weight wants 5 input channels, x has 4",
    ),
    "pointwise bias": (pointwise_conv2d, dict(bias=1.0), r"bias wants shape \(3,\), got \(\)"),
    "separable channels": (
        separable_conv2d,
        dict(pointwise_weight=np.ones((3, 4, 1, 1))),
        "weight wants 4 input channels, x has 8",
    ),
    "separable bias": (separable_conv2d, dict(bias=np.ones(8)), r"bias wants shape \(3,\), got"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    function, change, message = REFUSED[name]
    x, depthwise, pointwise = example()
    good = {
        depthwise_conv2d: dict(x=x, weight=depthwise),
        pointwise_conv2d: dict(x=x, weight=pointwise[:, :4]),
        separable_conv2d: dict(x=x, depthwise_weight=depthwise, pointwise_weight=pointwise),
    }[function]
    function(**good)
    with pytest.raises(ValueError, match=message):
        function(**good | change)


def test_backward_refuses_another_shape():
    x, depthwise, pointwise = example()
    short = np.ones((2, 3, 7, 6))
    _, cache = separable_conv2d(x, depthwise, pointwise)
    with pytest.raises(ValueError, match=r"dy has shape \(2, 3, 7, 6\), y has \(2, 3, 7, 7\)"):
        separable_conv2d_backward(short, cache)
    _, cache = depthwise_conv2d(x, depthwise)
    with pytest.raises(ValueError, match=r"dy has shape \(2, 3, 7, 6\), y has \(2, 8, 7, 7\)"):
        depthwise_conv2d_backward(short, cache)
    _, cache = pointwise_conv2d(x, pointwise[:, :4])
    with pytest.raises(ValueError, match=r"dy has shape \(2, 3, 7, 6\), y has \(2, 3, 9, 11\)"):
        pointwise_conv2d_backward(short, cache)
