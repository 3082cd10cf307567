"""The small ResNets: counts of table 6, plain networks, both shortcuts, and that they learn."""

import pytest
import torch
from asked import maps, on_meta, parameters, weighted_layers
from torch import nn

from cnnbook.models import resnet_cifar
from cnnbook.models.resnet import Padded
from cnnbook.models.resnet_cifar import resnet20, resnet_reduced

NETWORKS = {  # layers, parameters, millions in table 6
    "resnet20": (20, 269_722, "0.27"),
    "resnet32": (32, 464_154, "0.46"),
    "resnet44": (44, 658_586, "0.66"),
    "resnet56": (56, 853_018, "0.85"),
    "resnet110": (110, 1_727_962, "1.7"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_and_parameters_are_those_of_table_6(name):
    layers, count, millions = NETWORKS[name]
    network = on_meta(getattr(resnet_cifar, name))
    assert (weighted_layers(network), parameters(network)) == (layers, count)
    assert f"{count / 1e6:.{len(millions) - 2}f}" == millions


@pytest.mark.parametrize("name", NETWORKS)
def test_a_plain_network_has_as_many_parameters_and_no_shortcut(name):
    plain = on_meta(getattr(resnet_cifar, name), shortcut=False)
    assert (weighted_layers(plain), parameters(plain)) == NETWORKS[name][:2]
    assert {block.shortcut for stage in plain.stages for block in stage} == {None}


@pytest.mark.parametrize("builder", [resnet20, resnet_reduced])
def test_projections_cost_2752_parameters(builder):
    """16 x 32 + 32 x 64 weights, and a scale and shift for each output."""
    extra = parameters(on_meta(builder, projected=True)) - parameters(on_meta(builder))
    assert extra == 16 * 32 + 32 * 64 + 2 * (32 + 64) == 2752


def test_shortcuts_change_the_answer():
    x = torch.randn(2, 1, 28, 28)
    answers = []
    for options in ({}, {"shortcut": False}, {"projected": True}):
        torch.manual_seed(0)
        network = resnet_reduced(**options)
        kinds = {type(block.shortcut) for stage in network.stages for block in stage}
        assert (Padded in kinds) == (not options)
        assert (nn.Sequential in kinds) == ("projected" in options)
        answers.append(network(x))
    assert not torch.allclose(answers[0], answers[1], atol=0.1)
    assert not torch.allclose(answers[0], answers[2], atol=0.1)


def test_a_plain_network_has_nothing_to_project():
    for builder in (resnet20, resnet_reduced):
        with pytest.raises(ValueError, match="a plain network has no shortcuts to project"):
            builder(shortcut=False, projected=True)


def test_the_feature_maps_of_section_4_2():
    network = on_meta(resnet20)
    parts = [network.stem, *network.stages, network.flatten]
    wanted = [(16, 32, 32), (16, 32, 32), (32, 16, 16), (64, 8, 8), (64,)]
    assert maps(network, parts, 32) == wanted


def test_the_reduced_form_is_shorter_and_starts_at_half_the_size():
    network = on_meta(resnet_reduced)
    assert (weighted_layers(network), parameters(network)) == (14, 172_218)
    wanted = [(16, 14, 14), (16, 14, 14), (32, 7, 7), (64, 4, 4)]
    assert maps(network, [network.stem, *network.stages], 28, 1) == wanted
