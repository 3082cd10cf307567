"""Parts of the small networks: padding, shuffle, squeeze-excite, rounding, first weights."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from asked import parameters
from torch import nn

from cnnbook.models.blocks import (
    ChannelShuffle,
    ConvNorm,
    ConvSqueezeExcite,
    SameConv2d,
    multiplied,
)


@pytest.mark.parametrize(
    ("size", "kernel", "first"),
    # where TensorFlow's first window starts: an even size with stride 2 misses one cell, or three
    [(8, 3, 0), (7, 3, -1), (8, 5, -1), (7, 5, -2)],
)
def test_same_convolution_pads_the_end_more(size, kernel, first):
    layer = SameConv2d(1, 1, kernel, 2, bias=False)
    nn.init.zeros_(layer.weight)
    with torch.no_grad():
        layer.weight[0, 0, 0, 0] = 1  # reads the upper left cell of each window
    x = torch.arange(1.0, size * size + 1).reshape(1, 1, size, size)
    padded = F.pad(x, (-first, 4, -first, 4))
    y = layer(x)
    assert y.shape[2] == -(-size // 2)
    torch.testing.assert_close(y, padded[:, :, ::2, ::2][:, :, : y.shape[2], : y.shape[3]])


def test_same_convolution_is_the_plain_one_with_stride_1():
    torch.manual_seed(0)
    layer, x = SameConv2d(3, 4, 5, bias=False), torch.randn(2, 3, 6, 9)
    torch.testing.assert_close(layer(x), F.conv2d(x, layer.weight, padding=2))


@pytest.mark.parametrize("same", [False, True])
def test_conv_norm_has_no_bias_but_that_of_the_norm(same):
    block = ConvNorm(6, 4, 3, 2, groups=2, eps=0.25, same=same)
    assert parameters(block) == 3 * 3 * 3 * 4 + 2 * 4
    assert block[1].eps == 0.25
    torch.manual_seed(0)
    y = block(torch.randn(5, 6, 9, 8))
    assert y.shape == (5, 4, 5, 4)
    torch.testing.assert_close(y.mean((0, 2, 3)), torch.zeros(4), atol=1e-6, rtol=0)


def test_shuffle_deals_the_channels_out():
    x = torch.arange(6.0).reshape(1, 6, 1, 1).expand(2, 6, 3, 4)
    assert ChannelShuffle(2)(x)[1, :, 2, 3].tolist() == [0, 3, 1, 4, 2, 5]
    assert ChannelShuffle(3)(x)[1, :, 2, 3].tolist() == [0, 2, 4, 1, 3, 5]
    assert ChannelShuffle(3)(ChannelShuffle(2)(x))[0, :, 0, 0].tolist() == list(range(6))
    torch.testing.assert_close(ChannelShuffle(1)(x), x)


def test_squeeze_excite_weighs_channels_by_their_means():
    torch.manual_seed(0)
    block = ConvSqueezeExcite(3, 2, nn.ReLU(), nn.Sigmoid())
    x = torch.randn(2, 3, 4, 5)
    first, second = block.weigh[1], block.weigh[3]
    hidden = F.relu(F.linear(x.mean((2, 3)), first.weight[:, :, 0, 0], first.bias))
    weight = torch.sigmoid(F.linear(hidden, second.weight[:, :, 0, 0], second.bias))
    torch.testing.assert_close(block(x), x * weight[:, :, None, None])


@pytest.mark.parametrize(
    ("channels", "width", "result"),
    [
        (32, 1, 32),
        (16, 0.75, 16),  # 12 lies half way: up
        (24, 0.5, 16),  # so does 12 here
        (16, 0.1, 8),  # not below 8
        (24, 0.75, 24),  # 18 is nearer to 16, but that is more than a tenth less
        (160, 0.35, 56),
        (1280, 1.4, 1792),
    ],
)
def test_multiplied_channels_are_multiples_of_8(channels, width, result):
    assert multiplied(channels, width) == result


@pytest.mark.parametrize("width", [0, -1.5, float("nan")])
def test_a_width_is_above_zero(width):
    with pytest.raises(ValueError, match=f"width must be above 0, got {width}"):
        multiplied(32, width)
