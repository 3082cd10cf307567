"""Network in Network: counts of the published files, a perceptron at every place, no dense layer."""

from importlib import import_module

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

nin = import_module("cnnbook.models.nin")  # the file: the package has a builder by its name


BUILDERS = [(nin.nin, 39), (nin.nin_cifar, 4), (nin.nin_reduced, 4)]
SHORT = {nin.MLPConv: "m", nn.MaxPool2d: "p", nn.AvgPool2d: "a", nn.Dropout: "o"}


def parameters(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(("build", "count"), [(nin.nin, 7_595_176), (nin.nin_cifar, 966_986)])
def test_counts(build, count):
    with torch.device("meta"):
        assert parameters(build()) == count


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


@pytest.mark.parametrize(("build", "least"), BUILDERS)
def test_no_dense_layer_and_a_relu_behind_each_convolution(build, least):
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


@pytest.mark.parametrize("build", [nin.nin, nin.nin_cifar, nin.nin_reduced])
@pytest.mark.parametrize(("channels", "classes", "size"), [(1, 10, 64), (3, 7, 99), (2, 1, 128)])
def test_shapes(build, channels, classes, size):
    with torch.device("meta"):
        network = build(channels, classes, size)
        assert network(torch.empty(3, channels, size, size)).shape == (3, classes)


@pytest.mark.parametrize("size", [28, 32, 45, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_of_the_reduced_form(channels, size):
    network = nin.nin_reduced(channels, 10, size)
    assert network(torch.randn(2, channels, size, size)).shape == (2, 10)


@pytest.mark.parametrize(("build", "least"), BUILDERS)
def test_least_size(build, least):
    with torch.device("meta"):
        network = build(channels=2, size=least)
        assert network(torch.empty(2, 2, least, least)).shape[0] == 2
        with pytest.raises(RuntimeError):  # it is the least indeed
            network(torch.empty(2, 2, least - 1, least - 1))
    with pytest.raises(
        ValueError,
        match=f"{build.__name__} wants images of at least {least} x {least}, size is {least - 1}",
    ):
        build(size=least - 1)


@pytest.mark.parametrize(
    ("build", "size"), [(nin.nin, 67), (nin.nin_cifar, 32), (nin.nin_reduced, 28)]
)
def test_every_parameter_receives_a_gradient(build, size):
    torch.manual_seed(0)
    network = build(channels=3, classes=5, size=size)
    F.cross_entropy(network(torch.randn(2, 3, size, size)), torch.arange(2)).backward()
    for name, p in network.named_parameters():
        assert p.grad is not None, name
        assert p.grad.isfinite().all(), name
        assert p.grad.any(), name


def test_reduced_form_learns_16_images_by_heart():
    torch.manual_seed(0)
    network = nin.nin_reduced()
    x, y = torch.randn(16, 1, 28, 28), torch.arange(16) % 10
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    losses = []
    for _ in range(80):
        loss = F.cross_entropy(network(x), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 10
