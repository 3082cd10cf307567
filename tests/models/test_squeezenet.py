"""SqueezeNet: counts of Table 1, sizes, gradients, and that the reduced form learns."""

import pytest
import torch
from asked import convolutions, kinds, macs, maps_of, on_meta, parameters
from torch import nn

from cnnbook.models.squeezenet import (
    Fire,
    squeezenet_1_0,
    squeezenet_1_1,
    squeezenet_reduced,
)


def test_each_module_has_the_parameters_of_table_1():
    network = on_meta(squeezenet_1_0)
    fires = [parameters(module) for module in network.modules() if isinstance(module, Fire)]
    assert fires == [11_920, 12_432, 45_344, 49_440, 104_880, 111_024, 188_992, 197_184]
    assert parameters(network.stem) == 14_208
    assert parameters(network.head) == 513_000


def test_the_maps_of_table_1():
    network = on_meta(squeezenet_1_0)
    maps = maps_of(nn.Conv2d | nn.MaxPool2d | Fire, network, 227)
    assert [c_and_size for c_and_size in maps if c_and_size[0] in (96, 512, 1000)] == [
        *[(96, 111, 111), (96, 55, 55)],
        *[(512, 27, 27), (512, 13, 13), (512, 13, 13), (1000, 13, 13)],
    ]


def test_version_1_1_pools_earlier_and_does_less_than_half_the_work():
    shapes = maps_of(nn.MaxPool2d, on_meta(squeezenet_1_1), 227)
    assert shapes == [(64, 56, 56), (128, 28, 28), (256, 14, 14)]
    work = [macs(on_meta(build), 227) for build in (squeezenet_1_0, squeezenet_1_1)]
    assert work == [832_667_936, 387_747_520]
    # the published 1.0 pads its last convolution, and so scores 15 x 15 places: 1.72 GFLOPs
    assert round(2 * (work[0] + (15**2 - 13**2) * 512_000) / 1e9, 2) == 1.72


def test_a_fire_module_joins_both_expansions():
    torch.manual_seed(0)
    fire, x = Fire(5, 2, 3), torch.randn(2, 5, 6, 7)
    y = fire(x)
    assert y.shape == (2, 6, 6, 7)
    assert (y >= 0).all()
    squeezed = fire.squeeze(x)
    assert (squeezed >= 0).all()
    torch.testing.assert_close(y[:, :3], fire.expand1[0](squeezed).relu())
    torch.testing.assert_close(y[:, 3:], fire.expand3[0](squeezed).relu())


def test_what_stands_before_and_behind_the_fire_modules():
    network = on_meta(squeezenet_1_0)
    assert kinds(network.stem) == ["Conv2d", "ReLU"]
    assert kinds(network.head) == ["Dropout", "Conv2d", "ReLU", "AdaptiveAvgPool2d", "Flatten"]


def test_first_weights_keep_the_signal():
    torch.manual_seed(0)
    network = squeezenet_1_0()
    assert not any(layer.bias.any() for layer in convolutions(network))
    assert network.head[1].weight.std().item() == pytest.approx(0.01, rel=0.01)
    first = network.stem[0].weight
    assert first.abs().max().item() == pytest.approx((6 / (3 * 49)) ** 0.5, rel=0.01)


def test_only_the_published_scores_stop_at_zero():
    torch.manual_seed(0)
    x = torch.randn(8, 3, 63, 63)
    assert (squeezenet_1_0(3, 10, 63)(x) >= 0).all()
    assert (squeezenet_reduced(3, 10, 63)(x) < 0).any()
