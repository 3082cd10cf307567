"""The rules of first weights that families share."""

import pytest
import torch
from torch import nn

from cnnbook.models.first_weights import draw_glorot, draw_he_outputs, draw_normal


@pytest.fixture
def network():
    """A grouped convolution, a plain one and a dense layer, none of them fresh."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(8, 64, 3, groups=8), nn.Conv2d(64, 32, 3, bias=False), nn.Linear(300, 200)
    )
    for p in network.parameters():
        nn.init.constant_(p, 7.0)
    return network


def test_the_rule_over_outputs_counts_those_of_all_groups(network):
    draw_he_outputs(network, dense=0.01)
    assert network[0].weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.1)
    assert network[1].weight.std().item() == pytest.approx((2 / (32 * 9)) ** 0.5, rel=0.02)
    assert network[2].weight.std().item() == pytest.approx(0.01, rel=0.02)
    assert not network[0].bias.any()
    assert not network[2].bias.any()


def test_the_rule_over_outputs_leaves_dense_layers_alone_unless_told(network):
    draw_he_outputs(network)
    assert (network[2].weight == 7).all()
    assert (network[2].bias == 7).all()
    assert not network[0].bias.any()


def test_the_rule_of_glorot_is_uniform_and_counts_both_ends(network):
    draw_glorot(network)
    bounds = ((6 / (9 * (1 + 64))) ** 0.5, (6 / (9 * (64 + 32))) ** 0.5, (6 / 500) ** 0.5)
    for layer, bound in zip(network, bounds, strict=True):
        assert 0.98 * bound < layer.weight.abs().max().item() <= bound
        assert layer.bias is None or not layer.bias.any()


def test_normal_weights_have_the_spread_and_ones_where_asked():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(8, 64, 3), nn.Linear(300, 200))
    draw_normal(network, 0.03, ones=(1,))
    assert [layer.bias.unique().tolist() for layer in network] == [[0], [1]]
    for layer in network:
        assert layer.weight.std().item() == pytest.approx(0.03, rel=0.05)
    draw_normal(network, None)
    for layer, inputs in zip(network, (72, 300), strict=True):
        assert layer.weight.std().item() == pytest.approx((2 / inputs) ** 0.5, rel=0.05)
        assert not layer.bias.any()
