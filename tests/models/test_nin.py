"""Network in Network: counts of the published files, a perceptron at every place, no dense layer."""

from importlib import import_module

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from asked import on_meta, parameters
from torch import nn

nin = import_module("cnnbook.models.nin")  # the file: the package has a builder by its name


BUILDERS = [nin.nin, nin.nin_cifar, nin.nin_reduced]
SHORT = {nin.MLPConv: "m", nn.MaxPool2d: "p", nn.AvgPool2d: "a", nn.Dropout: "o"}


def test_count_of_the_network_for_imagenet():
    assert parameters(on_meta(nin.nin)) == 7_595_176


def test_count_fits_the_published_file():
    with torch.device("meta"):
        assert (
            round(4 * parameters(nin.nin()) / 2**20) == 29
        )  # megabytes of nin_imagenet.caffemodel


@pytest.mark.parametrize(
    ("build", "size", "order", "sizes"),
    [
        (nin.nin, 224, "mpmpmpom", [54, 27, 27, 13, 13, 6, 6, 6]),
        (nin.nin_cifar, 32, "mpomaom", [32, 16, 16, 16, 8, 8, 8]),
        (nin.nin_reduced, 28, "mpmam", [28, 14, 14, 7, 7]),
    ],
)
def test_layers_and_sizes(build, size, order, sizes):
    with torch.device("meta"):
        network = build(channels=3)
        x, found = torch.empty(1, 3, size, size), []
        for layer in network.features:
            x = layer(x)
            found.append(x.shape[2])
    assert "".join(SHORT[type(layer)] for layer in network.features) == order
    assert found == sizes


@pytest.mark.parametrize("build", BUILDERS)
def test_no_dense_layer_and_a_relu_behind_each_convolution(build):
    with torch.device("meta"):
        network = build(classes=11)
    assert not any(isinstance(layer, nn.Linear) for layer in network.modules())
    rows = [layer for layer in network.features if isinstance(layer, nin.MLPConv)]
    for row in rows:
        assert [type(layer) for layer in row.layers] == [nn.Conv2d, nn.ReLU] * 3
        assert [layer.kernel_size for layer in row.layers[2::2]] == [(1, 1), (1, 1)]
    assert rows[-1].layers[-2].out_channels == 11


def test_mlpconv_is_a_perceptron_at_every_place():
    torch.manual_seed(0)
    layer = nin.MLPConv(2, nin.Row(3, 2, 1, (5, 4, 3), "", False), (5, 4, 3)).double()
    x = torch.randn(1, 2, 7, 9, dtype=torch.float64)
    y = layer(x)
    assert y.shape == (1, 3, 4, 5)
    padded = F.pad(x, (1, 1, 1, 1))
    values = padded[:, :, 4:7, 6:9].flatten(1)  # the window of row 2, column 3
    for convolution in layer.layers[::2]:
        values = F.linear(values, convolution.weight.flatten(1), convolution.bias).relu()
    torch.testing.assert_close(y[:, :, 2, 3], values)


def test_scores_are_means_of_maps_without_negative_cells():
    torch.manual_seed(0)
    network = nin.nin_cifar().eval()
    x = torch.randn(2, 3, 32, 32)
    maps = network.features(x)
    assert maps.shape == (2, 10, 8, 8)
    assert (maps >= 0).all()
    torch.testing.assert_close(network(x), maps.flatten(2).mean(2))


def test_first_weights():
    torch.manual_seed(0)
    for layer in nin.nin_cifar().modules():
        if isinstance(layer, nn.Conv2d):
            assert layer.weight.std().item() == pytest.approx(0.05, rel=0.06)
            assert not layer.bias.any()
