import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree, agree_with_torch, behaves, central_differences
from torch.nn import functional

from cnnbook.reference.attention_channel import (
    channel_attention,
    channel_attention_backward,
    eca,
    eca_backward,
    eca_kernel_size,
    squeeze_excite,
    squeeze_excite_backward,
)

WITH_LAYERS = {
    "squeeze_excite": (squeeze_excite, squeeze_excite_backward),
    "channel_attention": (channel_attention, channel_attention_backward),
}
EACH = pytest.mark.parametrize("name", WITH_LAYERS)


@st.composite
def images(draw):
    shape = draw(st.permutations([1, 2, 3, 4, 5, 6]))[:4]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(size=shape, scale=2), rng


@st.composite
def cases(draw):
    """Images, and two dense layers with or without biases."""
    x, rng = draw(images())
    c, squeezed = x.shape[1], draw(st.integers(1, 4))
    bias1, bias2 = (rng.normal(size=k) if draw(st.booleans()) else None for k in (squeezed, c))
    return x, rng.normal(size=(squeezed, c)), bias1, rng.normal(size=(c, squeezed)), bias2


@st.composite
def eca_cases(draw):
    x, rng = draw(images())
    return x, rng.normal(size=(1, 1, draw(st.sampled_from([1, 3, 5, 7]))))


def one_by_one(z, weight1, bias1, weight2, bias2):
    """The two layers as 1 x 1 convolutions on (N, C, 1, 1), as they are often written."""
    hidden = functional.conv2d(z, weight1[:, :, None, None], bias1).relu()
    return functional.conv2d(hidden, weight2[:, :, None, None], bias2)


def torch_squeeze_excite(x, *layers):
    return x * torch.sigmoid(one_by_one(functional.adaptive_avg_pool2d(x, 1), *layers))


def torch_channel_attention(x, *layers):
    mean = one_by_one(functional.adaptive_avg_pool2d(x, 1), *layers)
    return x * torch.sigmoid(mean + one_by_one(functional.adaptive_max_pool2d(x, 1), *layers))


def torch_eca(x, weight):
    """The convolution as a sum over neighbours c + a − k // 2, those outside being 0."""
    n, c, k = *x.shape[:2], weight.shape[2]
    mean = functional.pad(x.sum((2, 3)) / (x.shape[2] * x.shape[3]), (k // 2, k // 2))
    score = sum(weight[0, 0, a] * mean[:, a : a + c] for a in range(k))
    return x * torch.sigmoid(score).reshape(n, c, 1, 1)


@CONFIGURATIONS
@given(cases())
def test_squeeze_excite_is_the_formula_in_torch(case):
    agree_with_torch(
        "squeeze_excite",
        "torch formula, 1x1 convolutions",
        squeeze_excite,
        squeeze_excite_backward,
        torch_squeeze_excite,
        case,
    )


@CONFIGURATIONS
@given(cases())
def test_channel_attention_is_the_formula_in_torch(case):
    agree_with_torch(
        "channel_attention",
        "torch formula, 1x1 convolutions",
        channel_attention,
        channel_attention_backward,
        torch_channel_attention,
        case,
    )


@CONFIGURATIONS
@given(eca_cases())
def test_eca_is_the_formula_in_torch(case):
    agree_with_torch(
        "eca", "torch formula, sum over neighbours", eca, eca_backward, torch_eca, case
    )


def example():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 5, 4))
    return (
        x,
        rng.normal(size=(6, 3)),
        rng.normal(size=6),
        rng.normal(size=(3, 6)),
        rng.normal(size=3),
    )


X = np.array([[[[1.0, 3.0]], [[-2.0, 0.0]]]])  # (1, 2, 1, 2): means 2 and -1, maxima 3 and 0
LOG3 = np.log(3)  # sigmoid(log 3) = 3/4, with slope 3/16


def test_squeeze_excite_by_hand():
    weight1, weight2 = np.array([[1.0, 1.0]]), np.array([[LOG3], [-LOG3]])
    y, cache = squeeze_excite(X, weight1, None, weight2, None)  # hidden: 2 − 1 = 1
    np.testing.assert_allclose(cache.scale, [[3 / 4, 1 / 4]])
    np.testing.assert_allclose(y, [[[[0.75, 2.25]], [[-0.5, 0]]]])
    dx, dweight1, dbias1, dweight2, dbias2 = squeeze_excite_backward(np.ones(X.shape), cache)
    dscore = np.array([4, -2]) * 3 / 16  # the sums of the channels, times the sigmoid's slope
    np.testing.assert_allclose(dweight2, dscore[:, None])
    dhidden = LOG3 * dscore[0] - LOG3 * dscore[1]
    np.testing.assert_allclose(dweight1, [[2 * dhidden, -dhidden]])
    both = np.array([3 / 4, 1 / 4])[:, None, None] + dhidden / 2  # scaled, and through the mean
    np.testing.assert_allclose(dx, np.broadcast_to(both, X.shape))
    assert dbias1 is dbias2 is None


def test_channel_attention_by_hand():
    weight1, weight2 = np.array([[1.0, 1.0]]), np.array([[LOG3 / 4], [-LOG3 / 4]])
    y, cache = channel_attention(X, weight1, None, weight2, None)  # hidden: 1 and 3 + 0 = 3
    np.testing.assert_allclose(cache.scale, [[3 / 4, 1 / 4]])
    np.testing.assert_allclose(y, [[[[0.75, 2.25]], [[-0.5, 0]]]])
    dx, _, _, dweight2, _ = channel_attention_backward(np.ones(X.shape), cache)
    dscore = np.array([4, -2]) * 3 / 16
    np.testing.assert_allclose(dweight2, 4 * dscore[:, None])  # hidden 1 and hidden 3
    dhidden = LOG3 / 4 * (dscore[0] - dscore[1])
    mean, peak = np.full((1, 2), dhidden / 2), np.array([[0, dhidden]])  # maxima on the right
    np.testing.assert_allclose(dx[0], [mean + peak + 3 / 4, mean + peak + 1 / 4])


def test_eca_by_hand():
    weight = np.array([[[5.0, LOG3, 2 * LOG3]]])  # channel 0 has no neighbour before it
    y, cache = eca(X, weight)
    scale = 1 / (1 + np.exp([-(2 * LOG3 - 2 * LOG3), -(5 * 2 - LOG3)]))  # 1/2 and 0.9999
    np.testing.assert_allclose(cache.scale, [scale])
    np.testing.assert_allclose(y[0], X[0] * scale[:, None, None])
    _, dweight = eca_backward(np.ones(X.shape), cache)
    first, second = np.array([4, -2]) * scale * (1 - scale)
    np.testing.assert_allclose(dweight, [[[2 * second, 2 * first - second, -first]]])


@pytest.mark.parametrize(
    ("channels", "k"),
    [
        (1, 1),
        (2, 1),
        (4, 1),
        (8, 3),
        (16, 3),
        (32, 3),
        (64, 3),
        (128, 5),
        (256, 5),
        (512, 5),
        (2048, 7),
    ],
)
def test_eca_kernel_size(channels, k):
    assert eca_kernel_size(channels) == k
    nearest = np.abs(np.arange(1, 12, 2) - (np.log2(channels) + 1) / 2)
    assert nearest[k // 2] == nearest.min()


@CONFIGURATIONS
@given(
    st.integers(1, 4096) | st.sampled_from(2 ** np.arange(13)), st.floats(0.5, 4), st.floats(-3, 3)
)
def test_eca_kernel_size_is_the_nearest_of_all_odd_numbers(channels, gamma, b):
    wanted = np.abs(np.log2(channels) + b) / gamma
    odd = np.arange(1, 41, 2)
    distance = np.abs(odd - wanted)
    nearest = odd[distance == distance.min()].max()  # between two, the larger
    ours = eca_kernel_size(channels, gamma, b)
    agree("eca_kernel_size", "search of all odd numbers", "forward", ours, nearest)


def test_eca_kernel_size_follows_its_settings():
    assert eca_kernel_size(256, gamma=1) == 9
    assert eca_kernel_size(256, gamma=4, b=0) == 3
    assert eca_kernel_size(16, gamma=1, b=-7) == 3  # |4 − 7|


def test_weights_of_squeeze_excite():
    c, r = 64, 16
    weight1, weight2 = np.zeros((c // r, c)), np.zeros((c, c // r))
    assert weight1.size + weight2.size == 2 * c**2 // r
    x = np.random.default_rng(0).normal(size=(2, c, 3, 4))
    y, _ = squeeze_excite(x, weight1, None, weight2, None)
    np.testing.assert_array_equal(y, x / 2)  # sigmoid(0)


def test_the_first_of_equal_maxima_has_the_gradient():
    x = np.array([[[[2.0, 2.0], [2.0, 1.0]]]])
    one = np.ones((1, 1))
    _, cache = channel_attention(x, one, None, one, None)
    dx = channel_attention_backward(np.ones(x.shape), cache)[0]
    assert dx[0, 0, 0, 0] > dx[0, 0, 0, 1] == dx[0, 0, 1, 0] == dx[0, 0, 1, 1]


def test_central_differences():
    x, *layers = example()
    dy = np.random.default_rng(1).normal(size=x.shape)
    for forward, backward in WITH_LAYERS.values():
        estimate = central_differences(lambda x, f=forward: f(x, *layers)[0], x, dy)
        np.testing.assert_allclose(backward(dy, forward(x, *layers)[1])[0], estimate, atol=1e-7)


@EACH
@pytest.mark.parametrize("biased", [True, False])
def test_behaves(name, biased):
    x, weight1, bias1, weight2, bias2 = example()
    arrays = [x, weight1, bias1, weight2, bias2] if biased else [x, weight1, None, weight2, None]
    behaves(*WITH_LAYERS[name], arrays)


def test_eca_behaves():
    rng = np.random.default_rng(0)
    behaves(eca, eca_backward, [rng.normal(size=(2, 6, 5, 4)), rng.normal(size=(1, 1, 3))])


@EACH
def test_empty_batch(name):
    forward, backward = WITH_LAYERS[name]
    x, *layers = example()
    y, cache = forward(x[:0], *layers)
    dx, *rest = backward(y, cache)
    assert y.shape == dx.shape == (0, 3, 5, 4)
    assert not any(gradient.any() for gradient in rest)


def test_eca_of_an_empty_batch():
    y, cache = eca(np.ones((0, 3, 5, 4)), np.ones((1, 1, 3)))
    dx, dweight = eca_backward(y, cache)
    assert y.shape == dx.shape == (0, 3, 5, 4)
    assert dweight.tolist() == [[[0, 0, 0]]]


@EACH
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((0, (3, 5, 4)), r"x wants 4 axes \(N, C, H, W\), got shape \(3, 5, 4\)"),
        ((0, (2, 3, 0, 4)), r"at least 1 channel and pixel, x has shape \(2, 3, 0, 4\)"),
        ((1, (6, 4)), "weight wants 4 input features, x has 3"),
        ((2, (3,)), r"bias wants shape \(6,\), got \(3,\)"),
        ((3, (3, 5)), "weight wants 5 input features, x has 6"),
        ((3, (4, 6)), r"weight2 wants 3 output features, it has 4"),
        ((4, (6,)), r"bias wants shape \(3,\), got \(6,\)"),
    ],
)
def test_refused(name, change, message):
    arrays = list(example())
    arrays[change[0]] = np.ones(change[1])
    if change == (3, (4, 6)):
        arrays[4] = None
    with pytest.raises(ValueError, match=message):
        WITH_LAYERS[name][0](*arrays)


@pytest.mark.parametrize("shape", [(3,), (1, 1, 4), (1, 2, 3), (2, 1, 3), (1, 1, 0)])
def test_eca_refuses_another_weight(shape):
    wanted = rf"weight wants shape \(1, 1, k\) with an odd k, got \({str(shape)[1:-1]}\)"
    with pytest.raises(ValueError, match=wanted):
        eca(np.ones((2, 3, 5, 4)), np.ones(shape))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "channels must be at least 1, got 0"),
        ((2.0,), "channels wants a whole number, got 2.0"),
        ((64, 0), "gamma must be above 0, got 0"),
        ((64, 2, None), "b wants a number, got None"),
    ],
)
def test_eca_kernel_size_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        eca_kernel_size(*arguments)


def test_backward_refuses_another_shape():
    x, *layers = example()
    caches = [(backward, forward(x, *layers)[1]) for forward, backward in WITH_LAYERS.values()]
    for backward, cache in [*caches, (eca_backward, eca(x, np.ones((1, 1, 3)))[1])]:
        with pytest.raises(ValueError, match=r"dy has shape \(2, 3\), y has \(2, 3, 5, 4\)"):
            backward(np.ones((2, 3)), cache)
