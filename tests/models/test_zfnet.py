"""ZFNet: the sizes of its figure 3, both widths, pooling before normalisation."""

from importlib import import_module

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from cnnbook.models.alexnet import ResponseNorm

zfnet = import_module("cnnbook.models.zfnet")  # the file: the package has a builder by its name

FULL = [(zfnet.zfnet, 53), (zfnet.zfnet_wide, 53)]


def parameters(network):
    return sum(p.numel() for p in network.parameters())


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


@pytest.mark.parametrize("build", [zfnet.zfnet, zfnet.zfnet_wide, zfnet.zfnet_reduced])
@pytest.mark.parametrize(("channels", "classes", "size"), [(1, 10, 64), (3, 7, 99), (2, 1, 128)])
def test_shapes(build, channels, classes, size):
    with torch.device("meta"):
        network = build(channels, classes, size)
        assert network(torch.empty(3, channels, size, size)).shape == (3, classes)


@pytest.mark.parametrize("size", [28, 32, 45, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_of_the_reduced_form(channels, size):
    network = zfnet.zfnet_reduced(channels, 10, size)
    assert network(torch.randn(2, channels, size, size)).shape == (2, 10)


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
@pytest.mark.parametrize(("build", "least"), [*FULL, (zfnet.zfnet_reduced, 9)])
def test_least_size(build, least, monkeypatch):
    with torch.device("meta"):
        assert build(channels=2, size=least)(torch.empty(2, 2, least, least)).shape[0] == 2
    with pytest.raises(
        ValueError,
        match=f"{build.__name__} wants images of at least {least} x {least}, size is {least - 1}",
    ):
        build(size=least - 1)
    monkeypatch.setattr(zfnet, "check", lambda *arguments: None)
    with torch.device("meta"), pytest.raises((ValueError, RuntimeError)):  # it is the least indeed
        build(channels=2, size=least - 1)(torch.empty(2, 2, least - 1, least - 1))


@pytest.mark.parametrize(("build", "size"), [*FULL, (zfnet.zfnet_reduced, 28)])
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
    network = zfnet.zfnet_reduced().eval()  # without dropout, which is there to hinder this
    x, y = torch.randn(16, 1, 28, 28), torch.arange(16) % 10
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    losses = []
    for _ in range(40):
        loss = F.cross_entropy(network(x), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 10
