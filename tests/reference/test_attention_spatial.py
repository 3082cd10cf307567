import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves
from torch.nn import functional

from cnnbook.reference.attention_spatial import (
    cbam,
    cbam_backward,
    spatial_attention,
    spatial_attention_backward,
)


@st.composite
def cases(draw):
    """Images and a convolution, with or without bias."""
    shape = draw(st.permutations([1, 2, 3, 4, 5, 6]))[:4]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kernel = draw(st.permutations([1, 3, 5, 7]))[:2]
    weight = rng.normal(size=(1, 2, *kernel))
    return rng.normal(size=shape), weight, rng.normal(size=1) if draw(st.booleans()) else None


@st.composite
def cbam_cases(draw):
    x, weight, bias = draw(cases())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    c, squeezed = x.shape[1], draw(st.integers(1, 4))
    bias1, bias2 = (rng.normal(size=k) if draw(st.booleans()) else None for k in (squeezed, c))
    layers = rng.normal(size=(squeezed, c)), bias1, rng.normal(size=(c, squeezed)), bias2
    return x, *layers, weight, bias


def torch_spatial_attention(x, weight, bias):
    """The convolution of two maps as the sum of two convolutions of one."""
    padding = [size // 2 for size in weight.shape[2:]]
    mean = functional.conv2d(x.mean(1, True), weight[:, :1], bias, 1, padding)
    score = mean + functional.conv2d(x.amax(1, True), weight[:, 1:], None, 1, padding)
    return x * torch.sigmoid(score)


def torch_cbam(x, weight1, bias1, weight2, bias2, weight, bias):
    def layers(z):
        return functional.linear(functional.linear(z, weight1, bias1).relu(), weight2, bias2)

    scale = torch.sigmoid(layers(x.mean((2, 3))) + layers(x.amax((2, 3))))
    return torch_spatial_attention(torch.einsum("nchw,nc->nchw", x, scale), weight, bias)


@CONFIGURATIONS
@given(cases())
def test_spatial_attention_is_the_formula_in_torch(case):
    agree_with_torch(
        "spatial_attention",
        "torch formula, two convolutions",
        spatial_attention,
        spatial_attention_backward,
        torch_spatial_attention,
        case,
    )


@CONFIGURATIONS
@given(cbam_cases())
def test_cbam_is_the_formula_in_torch(case):
    agree_with_torch("cbam", "torch formula", cbam, cbam_backward, torch_cbam, case)


def test_spatial_attention_by_hand():
    x = np.array([[[[1.0, -2.0]], [[3.0, 0.0]]]])  # means 2 and -1, maxima 3 and 0
    weight = np.log(3) * np.array([[[[1.0]], [[-1.0]]]])  # score: mean − maximum, both −log 3
    y, cache = spatial_attention(x, weight)
    np.testing.assert_allclose(cache.scale, np.full((1, 1, 1, 2), 1 / 4))
    np.testing.assert_allclose(y, x / 4)
    dx, dweight, dbias = spatial_attention_backward(np.ones(x.shape), cache)
    dscore = np.array([4, -2]) * 3 / 16
    np.testing.assert_allclose(dweight[0, :, 0, 0], [2 * dscore[0] - dscore[1], 3 * dscore[0]])
    through = np.log(3) * dscore  # half of it for each channel's mean, all of it off the maximum
    np.testing.assert_allclose(dx[0, :, 0], [1 / 4 + through / 2, 1 / 4 - through / 2])
    assert dbias is None


def example(bias=True):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 5, 4))
    weight = rng.normal(size=(1, 2, 3, 7))
    layers = [rng.normal(size=shape) for shape in ((6, 3), (6,), (3, 6), (3,))]
    if not bias:
        return x, layers[0], None, layers[2], None, weight, None
    return x, *layers, weight, rng.normal(size=1)


def test_the_kernel_sees_far_and_the_mean_comes_first():
    x = np.zeros((1, 2, 9, 9))
    x[0, 0, 4, 4], x[0, 1, 4, 4] = 3, 1  # mean 2 and maximum 3 at one pixel
    weight = np.zeros((1, 2, 7, 7))
    weight[0, 0, 0, 6] = 1  # reads the mean three rows up and three columns to the right
    scale = spatial_attention(x, weight)[1].scale[0, 0]
    assert scale[7, 1] == pytest.approx(1 / (1 + np.exp(-2)))
    assert (scale == 1 / 2).sum() == 80
    weight[0, 0, 0, 6], weight[0, 1, 0, 6] = 0, 1
    assert spatial_attention(x, weight)[1].scale[0, 0, 7, 1] == pytest.approx(1 / (1 + np.exp(-3)))


def test_the_first_of_equal_channels_has_the_gradient():
    x = np.ones((1, 3, 1, 1))
    _, cache = spatial_attention(x, np.array([[[[0.0]], [[1.0]]]]))
    first, *rest = spatial_attention_backward(np.ones(x.shape), cache)[0].ravel()
    assert first > rest[0] == rest[1]


def test_cbam_without_weights_halves_twice():
    x, *layers, weight, _ = example(bias=False)
    zeros = [None if a is None else 0 * a for a in layers]
    y, cache = cbam(x, *zeros, 0 * weight)
    np.testing.assert_array_equal(y, x / 4)
    assert (cache.channel.scale.shape, cache.spatial.scale.shape) == ((2, 3), (2, 1, 5, 4))


@pytest.mark.parametrize("bias", [True, False])
def test_behaves(bias):
    arrays = example(bias)
    behaves(cbam, cbam_backward, arrays)
    behaves(spatial_attention, spatial_attention_backward, [arrays[0], *arrays[5:]])


def test_empty_batch():
    x, *weights = example()
    y, cache = cbam(x[:0], *weights)
    dx, *rest = cbam_backward(y, cache)
    assert y.shape == dx.shape == (0, 3, 5, 4)
    assert [gradient.shape for gradient in rest] == [weight.shape for weight in weights]
    assert not any(gradient.any() for gradient in rest)


@pytest.mark.parametrize(
    ("x", "weight", "bias", "message"),
    [
        ((3, 5, 4), (1, 2, 3, 3), None, r"x wants 4 axes \(N, C, H, W\), got shape \(3, 5, 4\)"),
        ((2, 3, 5, 0), (1, 2, 3, 3), None, r"1 channel and pixel, x has shape \(2, 3, 5, 0\)"),
        ((2, 0, 5, 4), (1, 2, 3, 3), None, r"1 channel and pixel, x has shape \(2, 0, 5, 4\)"),
        ((2, 3, 5, 4), (1, 3, 3, 3), None, r"\(1, 2, k_h, k_w\), odd sizes, got \(1, 3, 3, 3\)"),
        ((2, 3, 5, 4), (2, 2, 3, 3), None, r"\(1, 2, k_h, k_w\), odd sizes, got \(2, 2, 3, 3\)"),
        ((2, 3, 5, 4), (1, 2, 3, 4), None, r"\(1, 2, k_h, k_w\), odd sizes, got \(1, 2, 3, 4\)"),
        ((2, 3, 5, 4), (1, 2, 3), None, r"\(1, 2, k_h, k_w\), odd sizes, got \(1, 2, 3\)"),
        ((2, 3, 5, 4), (1, 2, 3, 3), (2,), r"bias wants shape \(1,\), got \(2,\)"),
    ],
)
def test_refused(x, weight, bias, message):
    with pytest.raises(ValueError, match=message):
        spatial_attention(np.ones(x), np.ones(weight), None if bias is None else np.ones(bias))


def test_cbam_refuses_what_its_halves_refuse():
    x, weight1, *rest = example()
    with pytest.raises(ValueError, match="weight wants 2 input features, x has 3"):
        cbam(x, weight1[:, :2], *rest)
    with pytest.raises(ValueError, match="odd sizes"):
        cbam(x, weight1, *rest[:3], np.ones((1, 2, 2, 2)))


def test_backward_refuses_another_shape():
    x, *weights = example()
    cases = (
        (cbam_backward, cbam(x, *weights)[1]),
        (
            spatial_attention_backward,
            spatial_attention(x, *weights[4:])[1],
        ),
    )
    for backward, cache in cases:
        with pytest.raises(ValueError, match=r"dy has shape \(2, 1, 5, 4\), y has \(2, 3, 5, 4\)"):
            backward(np.ones((2, 1, 5, 4)), cache)
