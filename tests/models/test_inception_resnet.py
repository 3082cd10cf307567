"""Inception-ResNet v2: the count of the published code, scaled residuals, the reduced form."""

import torch
from asked import maps, on_meta, parameters
from torch import nn

from cnnbook.models.inception_resnet_v2 import (
    BLOCK_B,
    Residual,
    inception_resnet_reduced,
    inception_resnet_v2,
)


def residuals(network):
    return [layer for layer in network.modules() if isinstance(layer, Residual)]


def test_keras_count_follows():
    """Keras prints 55,873,736: without the scales of the batch norms, with their statistics."""
    network = on_meta(inception_resnet_v2)
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    channels = sum(norm.num_features for norm in norms)
    assert parameters(network) - channels + 2 * channels == 55_873_736


def test_maps():
    network = on_meta(inception_resnet_v2)
    assert maps(network, network, 299) == [
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
