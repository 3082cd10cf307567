"""Pre-activation: counts of the paper, the units against their formula, a path of additions."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from asked import maps, noisy, norm, on_meta, parameters, weighted_layers
from torch import nn

from cnnbook.models import preactivation
from cnnbook.models.preactivation import PreBasic, PreBottleneck, preactivation_reduced

NETWORKS = {  # layers, parameters
    "preresnet20": (20, 269_722),
    "preresnet56": (56, 853_018),
    "preresnet110": (110, 1_727_962),
    "preresnet164": (164, 1_703_258),
    "preresnet1001": (1001, 10_327_706),
    "preactivation_reduced": (14, 172_218),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_and_parameters(name):
    network = on_meta(getattr(preactivation, name))
    assert (weighted_layers(network), parameters(network)) == NETWORKS[name]


@pytest.mark.parametrize(("name", "millions"), [("preresnet164", "1.7"), ("preresnet1001", "10.2")])
def test_the_paper_seems_to_leave_the_normalisation_out(name, millions):
    network = on_meta(getattr(preactivation, name))
    norms = sum(parameters(layer) for layer in network.modules() if "BatchNorm" in str(type(layer)))
    assert f"{(parameters(network) - norms) / 1e6:.1f}" == millions


@pytest.mark.parametrize(("c_out", "stride"), [(6, 2), (4, 1)])
def test_a_basic_unit_is_its_formula(c_out, stride):
    unit = noisy(PreBasic(4, c_out, stride))
    x = torch.randn(2, 4, 9, 7, dtype=torch.double)
    y = norm(x, unit.activate[0]).clamp(min=0)
    y = F.conv2d(y, unit.branch[0].weight, stride=stride, padding=1)
    y = norm(y, unit.branch[1]).clamp(min=0)
    y = F.conv2d(y, unit.branch[3].weight, padding=1)
    y[:, :4] += x[:, :, ::stride, ::stride]
    torch.testing.assert_close(unit(x), y)


@pytest.mark.parametrize(("c_out", "stride"), [(12, 2), (12, 1), (8, 1)])
def test_a_bottleneck_unit_is_its_formula(c_out, stride):
    unit = noisy(PreBottleneck(8, c_out, stride))
    x = torch.randn(2, 8, 9, 7, dtype=torch.double)
    active = norm(x, unit.activate[0]).clamp(min=0)
    y = F.conv2d(active, unit.branch[0].weight, stride=stride)
    y = norm(y, unit.branch[1]).clamp(min=0)
    y = norm(F.conv2d(y, unit.branch[3].weight, padding=1), unit.branch[4]).clamp(min=0)
    y = F.conv2d(y, unit.branch[6].weight)
    y += x if c_out == 8 else F.conv2d(active, unit.shortcut.weight, stride=stride)
    assert unit.branch[3].weight.shape == (c_out // 4, c_out // 4, 3, 3)
    torch.testing.assert_close(unit(x), y)


@pytest.mark.parametrize("name", ["preresnet20", "preresnet164"])
def test_a_stage_adds_to_its_input_and_never_cuts_it_off(name):
    network = noisy(getattr(preactivation, name)())
    units = network.stages[2][1:]
    x = torch.randn(2, network.dense.in_features, 5, 3, dtype=torch.double)
    for unit in units:
        nn.init.zeros_(unit.branch[-1].weight)
    torch.testing.assert_close(units(x), x, rtol=0, atol=0)
    assert (x < 0).any()


def test_the_ends_of_the_path_are_activated_once():
    network = noisy(preactivation_reduced())
    first = network.stages[0][0]
    assert isinstance(first.activate, nn.Identity)
    assert all(isinstance(unit.activate, nn.Sequential) for unit in network.stages[0][1:])
    x = torch.randn(2, 1, 28, 28, dtype=torch.double)
    stem = norm(F.conv2d(x, network.stem[0].weight, stride=2, padding=1), network.stem[1])
    torch.testing.assert_close(network.stem(x), stem.clamp(min=0))
    y = network.stages(network.stem(x))
    y = norm(y, network.mean[0]).clamp(min=0).mean((2, 3))
    torch.testing.assert_close(network(x), y @ network.dense.weight.T + network.dense.bias)
    assert isinstance(on_meta(preactivation.preresnet164).stem, nn.Conv2d)


def test_the_feature_maps():
    network = on_meta(preactivation.preresnet164)
    wanted = [(16, 32, 32), (64, 32, 32), (128, 16, 16), (256, 8, 8)]
    assert maps(network, [network.stem, *network.stages], 32) == wanted
    network = on_meta(preactivation.preresnet20)
    wanted = [(16, 32, 32), (16, 32, 32), (32, 16, 16), (64, 8, 8)]
    assert maps(network, [network.stem, *network.stages], 32) == wanted
