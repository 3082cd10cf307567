"""ZFNet: the sizes of its figure 3, both widths, pooling before normalisation."""

from importlib import import_module

import pytest
import torch
from asked import parameters
from torch import nn

from cnnbook.models.alexnet import ResponseNorm

zfnet = import_module("cnnbook.models.zfnet")  # the file: the package has a builder by its name


@pytest.mark.parametrize(
    ("build", "widths", "count"),
    [
        (zfnet.zfnet, (384, 384, 256), 62_357_608),
        (zfnet.zfnet_wide, (512, 1024, 512), 107_627_624),
    ],
)
def test_widths_and_counts(build, widths, count):
    with torch.device("meta"):
        network = build()
    assert parameters(network) == count
    layers = [layer for layer in network.features if isinstance(layer, nn.Conv2d)]
    assert tuple(layer.out_channels for layer in layers) == (96, 256, *widths)
    reads = 3
    expected = 0
    for maps, kernel in zip((96, 256, *widths), (7, 5, 3, 3, 3), strict=True):
        expected += maps * (reads * kernel**2 + 1)
        reads = maps
    for units, wide in ((4096, reads * 36), (4096, 4096), (1000, 4096)):
        expected += units * (wide + 1)
    assert expected == count  # by hand, from the paper's figure


def test_sizes_of_figure_3():
    with torch.device("meta"):
        network = zfnet.zfnet()
        x, sizes = torch.empty(1, 3, 224, 224), []
        for layer in network.features:
            x = layer(x)
            if isinstance(layer, nn.Conv2d | nn.MaxPool2d):
                sizes.append(x.shape[2])
    assert sizes == [110, 55, 26, 13, 13, 13, 13, 6]
    assert network.classifier[0].in_features == 9216


@pytest.mark.parametrize("build", [zfnet.zfnet, zfnet.zfnet_wide])
def test_layers_come_in_the_order_of_figure_3(build):
    with torch.device("meta"):
        network = build()
    short = {
        nn.Conv2d: "c",
        nn.ReLU: "r",
        ResponseNorm: "n",
        nn.MaxPool2d: "p",
        nn.Linear: "d",
        nn.Dropout: "o",
    }
    assert "".join(short[type(layer)] for layer in network.features) == "crpncrpncrcrcrp"
    assert "".join(short[type(layer)] for layer in network.classifier) == "drodrod"
    assert all(layer.groups == 1 for layer in network.features if isinstance(layer, nn.Conv2d))
    assert all(layer.towers == 1 for layer in network.features if isinstance(layer, ResponseNorm))


@pytest.mark.parametrize("build", [zfnet.zfnet, zfnet.zfnet_wide])
def test_first_weights(build):
    torch.manual_seed(0)
    for layer in build(size=53, classes=5).modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            assert layer.weight.std().item() == pytest.approx(0.01, rel=0.05)
            assert not layer.bias.any()
