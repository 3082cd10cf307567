"""Inception-ResNet v2: the count of the published code, scaled residuals, the reduced form."""

from importlib import import_module

import pytest
import torch
from inception import (
    every_parameter_learns,
    least_is,
    on_meta,
    overfits,
    parameters,
    scores,
    shape_behind,
)
from torch import nn

from cnnbook.models.inception_resnet_v2 import (
    BLOCK_B,
    Residual,
    inception_resnet_reduced,
    inception_resnet_v2,
)

module = import_module("cnnbook.models.inception_resnet_v2")  # the name is the builder's as well


def residuals(network):
    return [layer for layer in network.modules() if isinstance(layer, Residual)]


def test_parameters():
    assert parameters(on_meta(inception_resnet_v2)) == 55_843_464  # timm's inception_resnet_v2


def test_keras_count_follows():
    """Keras prints 55,873,736: without the scales of the batch norms, with their statistics."""
    network = on_meta(inception_resnet_v2)
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    channels = sum(norm.num_features for norm in norms)
    assert parameters(network) - channels + 2 * channels == 55_873_736


def test_maps():
    network = on_meta(inception_resnet_v2)
    found = [shape_behind(layer) for layer in network]
    network(torch.empty(2, 3, 299, 299, device="meta"))
    assert [shapes[0] for shapes in found] == [
        *[(320, 35, 35)] * (1 + 10),
        *[(1088, 17, 17)] * (1 + 20),
        *[(2080, 8, 8)] * (1 + 10),
        (1536, 8, 8),
        (1000,),
    ]


def test_scales():
    blocks = residuals(on_meta(inception_resnet_v2))
    assert [block.scale for block in blocks] == [0.17] * 10 + [0.1] * 20 + [0.2] * 9 + [1.0]
    assert [type(block.relu) for block in blocks] == [nn.ReLU] * 39 + [nn.Identity]
    scales = [block.scale for block in residuals(inception_resnet_reduced())]
    assert scales == [0.17, 0.17, 0.1, 0.1, 0.2, 1.0]


def test_a_block_adds_a_scaled_residual():
    torch.manual_seed(0)
    x = torch.randn(2, 6, 5, 4)
    block = Residual(6, BLOCK_B, 0.1, relu=False).eval()
    once = block(x) - x
    block.scale = 0.3
    torch.testing.assert_close(block(x) - x, 3 * once)
    assert once.std() > 0.01
    nn.init.zeros_(block.widen.weight)
    nn.init.constant_(block.widen.bias, 2)
    torch.testing.assert_close(block(x), x + 0.6)  # nothing stands between the 1x1 and the sum
    block.relu = nn.ReLU()
    torch.testing.assert_close(block(x), (x + 0.6).clamp(min=0))


def test_the_residual_has_rows_and_columns():
    kernels = [
        [layer.kernel_size for layer in branch.modules() if isinstance(layer, nn.Conv2d)]
        for branch in on_meta(Residual, 1088, BLOCK_B, 0.1).block.branches
    ]
    assert kernels == [[(1, 1)], [(1, 1), (1, 7), (7, 1)]]


@pytest.mark.parametrize(("channels", "classes", "size"), [(3, 1000, 299), (1, 7, 75), (4, 2, 128)])
def test_shapes(channels, classes, size):
    network = on_meta(inception_resnet_v2, channels, classes, size)
    assert scores(network, channels, size) == (2, classes)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [28, 31, 32, 64])
def test_shapes_of_the_reduced_form(channels, size):
    assert scores(on_meta(inception_resnet_reduced, channels, 7, size), channels, size) == (2, 7)


@pytest.mark.parametrize(
    ("build", "name", "least"),
    [
        (inception_resnet_v2, "inception_resnet_v2", 75),
        (inception_resnet_reduced, "inception_resnet_reduced", 13),
    ],
)
def test_least(build, name, least, monkeypatch):
    least_is(build, module, monkeypatch, name, least)


def test_every_parameter_learns():
    every_parameter_learns(inception_resnet_v2(3, 6, 107), 3, 107)
    every_parameter_learns(inception_resnet_reduced(1, 6), 1, 28)


def test_the_reduced_form_overfits():
    overfits(inception_resnet_reduced, 60, 0.003)
