"""Xception: the count and the maps of the paper, separable convolutions, the reduced form."""

import pytest
import torch
from asked import maps, of, on_meta, parameters
from torch import nn

from cnnbook.models.xception import Plain, Residual, Separable, xception


def test_keras_count_follows():
    """Keras prints 22,910,480, with the running means and variances."""
    network = on_meta(xception)
    statistics = 2 * sum(norm.num_features for norm in of(nn.BatchNorm2d, network))
    assert parameters(network) + statistics == 22_910_480


def test_36_convolutions_in_14_modules():
    network = on_meta(xception)
    assert len(of(Separable, network)) + len(of(Plain, network)) == 36
    assert len(of(Residual, network)) == 12  # all but the first and the last module (section 3)


def test_maps_of_the_papers_figure():
    network = on_meta(xception)
    layers = [*of(Plain, network), *of(Residual, network), of(Separable, network)[-1]]
    assert maps(network, layers, 299) == [
        (32, 149, 149),
        (64, 147, 147),
        (128, 74, 74),
        (256, 37, 37),
        (728, 19, 19),  # figure 5: "19x19x728 feature maps"
        *[(728, 19, 19)] * 8,
        (1024, 10, 10),
        (2048, 10, 10),  # figure 5: 2048-dimensional vectors
    ]


def test_a_separable_convolution_has_no_relu_inside():
    torch.manual_seed(0)
    layer = Separable(3, 4)
    depthwise, pointwise, norm = layer
    assert depthwise.groups == 3
    assert depthwise.weight.shape == (3, 1, 3, 3)
    assert pointwise.kernel_size == (1, 1)
    assert norm.eps == 0.001
    assert parameters(layer) == 3 * 9 + 3 * 4 + 2 * 4
    layer.eval()
    x = torch.randn(2, 3, 5, 6)
    torch.testing.assert_close(layer(-x), -layer(x))  # linear: the statistics are 0 and 1


@pytest.mark.parametrize("stride", [1, 2])
def test_a_block_is_relu_before_each_separable_convolution(stride):
    block = on_meta(Residual, 6, (6, 6, 6), stride)
    kinds = [nn.ReLU, Separable] * 3 + [nn.MaxPool2d] * (stride - 1)
    assert [type(layer) for layer in block.layers] == kinds
    block = on_meta(Residual, 6, (6, 6), stride, first_relu=False)
    kinds = [Separable, nn.ReLU, Separable] + [nn.MaxPool2d] * (stride - 1)
    assert [type(layer) for layer in block.layers] == kinds


def test_only_the_first_block_goes_without_its_first_relu():
    first, *others = of(Residual, on_meta(xception))
    assert isinstance(first.layers[0], Separable)
    assert all(isinstance(block.layers[0], nn.ReLU) for block in others)


@pytest.mark.parametrize("size", [8, 9])
def test_both_sides_of_a_block_of_stride_2_look_at_the_same_places(size):
    """A single bright cell at (4, 4) comes out at (2, 2) of both sides."""
    torch.manual_seed(0)
    block = Residual(2, (3, 3), 2).eval()
    x = torch.zeros(1, 2, size, size)
    x[:, :, 4, 4] = 1
    side = block.shortcut(x)
    assert side[0, 0].nonzero().tolist() == [[2, 2]]
    windows = block.layers[-1]
    assert windows(x)[0, 0].nonzero().tolist() == [[2, 2]]
    assert side.shape == block.layers(x).shape


def test_the_shortcut_passes_x_itself():
    block = Residual(4, (4, 4, 4), 1).eval()
    x = torch.randn(2, 4, 5, 5)
    nn.init.zeros_(block.layers[-1][1].weight)
    torch.testing.assert_close(block(x), x)


def test_half_is_dropped_out():
    assert [layer.p for layer in of(nn.Dropout, on_meta(xception))] == [0.5]
