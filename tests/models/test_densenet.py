"""DenseNet: published counts, the layer against its formula, channels on the way, gradients."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from asked import maps, noisy, norm, on_meta, parameters, weighted_layers

from cnnbook.models import densenet
from cnnbook.models.densenet import DenseLayer, densenet121, densenet_reduced, transition

NETWORKS = ("densenet121", "densenet169", "densenet201")


@pytest.mark.parametrize("name", NETWORKS)
def test_the_number_in_the_name_counts_the_layers(name):
    assert f"densenet{weighted_layers(on_meta(getattr(densenet, name)))}" == name


def test_a_layer_hands_on_what_it_read_and_adds_to_it():
    layer = noisy(DenseLayer(6, 5))
    x = torch.randn(2, 6, 9, 7, dtype=torch.double)
    y = F.conv2d(norm(x, layer.branch[0]).clamp(min=0), layer.branch[2].weight)
    assert y.shape[1] == 20
    y = F.conv2d(norm(y, layer.branch[3]).clamp(min=0), layer.branch[5].weight, padding=1)
    torch.testing.assert_close(layer(x), torch.cat([x, y], 1))


def test_a_transition_halves_channels_height_and_width():
    layers = noisy(transition(6))
    x = torch.randn(2, 6, 8, 4, dtype=torch.double)
    y = F.conv2d(norm(x, layers[0]).clamp(min=0), layers[2].weight)
    torch.testing.assert_close(layers(x), y.reshape(2, 3, 4, 2, 2, 2).mean((3, 5)))


def test_the_mean_is_taken_of_activated_channels():
    network = noisy(densenet_reduced())
    x = torch.randn(2, 1, 28, 28, dtype=torch.double)
    y = norm(network.blocks(network.stem(x)), network.mean[0]).clamp(min=0).mean((2, 3))
    torch.testing.assert_close(network(x), y @ network.dense.weight.T + network.dense.bias)


def test_channels_and_sizes_of_table_1():
    network = on_meta(densenet121)
    assert maps(network, [network.stem, *network.blocks], 224) == [
        (64, 56, 56),
        *[(256, 56, 56), (128, 28, 28)],  # 64 + 6 x 32, and half of it
        *[(512, 28, 28), (256, 14, 14)],  # 128 + 12 x 32
        *[(1024, 14, 14), (512, 7, 7)],  # 256 + 24 x 32
        (1024, 7, 7),  # 512 + 16 x 32
    ]


def test_the_reduced_form():
    network = on_meta(densenet_reduced)
    assert maps(network, [network.stem, *network.blocks], 28, 1) == [
        (24, 14, 14),
        *[(48, 14, 14), (24, 7, 7), (60, 7, 7), (30, 3, 3), (78, 3, 3)],
    ]
    assert parameters(network) == 69_898


def test_first_weights():
    torch.manual_seed(0)
    network = densenet121()
    weight = network.blocks[2][0].branch[2].weight
    assert weight.std().item() == pytest.approx((2 / 128) ** 0.5, rel=0.02)
    assert not network.dense.bias.any()
