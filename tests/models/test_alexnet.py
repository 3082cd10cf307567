"""AlexNet: published counts, the two towers, response normalisation by the paper's formula."""

from importlib import import_module

import pytest
import torch
from torch import nn

alexnet = import_module("cnnbook.models.alexnet")  # the file: the package has a builder by its name


def outputs(network, x):
    """Return what each convolution puts out."""
    kept = []
    for layer in network.features:
        x = layer(x)
        if isinstance(layer, nn.Conv2d):
            kept.append(x)
    return kept


def test_sizes_of_the_paper():
    with torch.device("meta"):
        network = alexnet.alexnet()
        shapes = [tuple(y.shape[1:]) for y in outputs(network, torch.empty(1, 3, 227, 227))]
    assert shapes == [(96, 55, 55), (256, 27, 27), (384, 13, 13), (384, 13, 13), (256, 13, 13)]
    assert network.classifier[0].in_features == 9216
    reads = [layer.weight.shape[1:] for layer in network.features if isinstance(layer, nn.Conv2d)]
    assert reads == [(3, 11, 11), (48, 5, 5), (256, 3, 3), (192, 3, 3), (192, 3, 3)]  # section 3.5


@pytest.mark.parametrize("build", [alexnet.alexnet, alexnet.alexnet_one_tower])
def test_a_cell_of_the_last_map_sees_195_pixels(build):
    with torch.device("meta"):
        network = build()
    field, jump = 1, 1
    for layer in network.features:
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d):
            kernel, stride = torch.tensor(layer.kernel_size).max(), torch.tensor(layer.stride).max()
            field, jump = field + (int(kernel) - 1) * jump, jump * int(stride)
    assert (field, jump) == (195, 32)


@pytest.mark.parametrize("build", [alexnet.alexnet, alexnet.alexnet_reduced])
def test_towers_meet_in_the_third_layer_only(build):
    torch.manual_seed(0)
    network = build(channels=3, classes=5, size=67)
    convolutions = [i for i, layer in enumerate(network.features) if isinstance(layer, nn.Conv2d)]
    sees = []
    for start, end in zip(
        convolutions[1:], [*convolutions[2:], len(network.features)], strict=True
    ):
        x = torch.randn(1, network.features[start].in_channels, 9, 9, requires_grad=True)
        y = network.features[start:end](x)
        y[:, : y.shape[1] // 2].sum().backward()
        sees.append(bool(x.grad[:, x.shape[1] // 2 :].any()))
    assert sees == [False, True, False, False]  # layers 2 to 5, with what follows each


def test_layers_come_in_the_order_of_the_paper():
    with torch.device("meta"):
        network = alexnet.alexnet()
    short = {
        nn.Conv2d: "c",
        nn.ReLU: "r",
        alexnet.ResponseNorm: "n",
        nn.MaxPool2d: "p",
        nn.Linear: "d",
        nn.Dropout: "o",
    }
    assert "".join(short[type(layer)] for layer in network.features) == "crnpcrnpcrcrcrp"
    assert "".join(short[type(layer)] for layer in network.classifier) == "drodrod"
    assert all(
        (layer.kernel_size, layer.stride) == (3, 2)
        for layer in network.features
        if isinstance(layer, nn.MaxPool2d)
    )
    with torch.device("meta"):
        network = alexnet.alexnet_one_tower()
    assert "".join(short[type(layer)] for layer in network.features) == "crpcrpcrcrcrp"
    assert "".join(short[type(layer)] for layer in network.classifier) == "odrodrd"


def test_response_norm_by_hand():
    x = torch.tensor([1000.0, 0, 0, 10, 100, 0]).reshape(1, 6, 1, 1)
    y = alexnet.ResponseNorm()(x).flatten()
    assert y[0].item() == pytest.approx(1000 / (2 + 1e-4 * 1e6) ** 0.75)  # maps 0 to 2
    assert y[3].item() == pytest.approx(10 / (2 + 1e-4 * (10**2 + 100**2)) ** 0.75)  # maps 1 to 5
    assert y[4].item() == pytest.approx(100 / (2 + 1e-4 * (10**2 + 100**2)) ** 0.75)  # maps 2 to 5


def test_response_norm_is_torchs_with_alpha_times_five():
    torch.manual_seed(0)
    x = 30 * torch.randn(2, 8, 3, 5, dtype=torch.float64)
    theirs = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    torch.testing.assert_close(alexnet.ResponseNorm()(x), theirs(x))
    halves = torch.cat([theirs(x[:, :4]), theirs(x[:, 4:])], 1)
    torch.testing.assert_close(alexnet.ResponseNorm(towers=2)(x), halves)
    assert not torch.allclose(halves, theirs(x))


def test_first_weights_of_the_paper():
    torch.manual_seed(0)
    layers = [
        m
        for m in alexnet.alexnet(size=67, classes=5).modules()
        if isinstance(m, nn.Conv2d | nn.Linear)
    ]
    assert [layer.bias.unique().tolist() for layer in layers] == [
        [0],
        [1],
        [0],
        [1],
        [1],
        [1],
        [1],
        [0],
    ]
    for layer in layers:
        assert layer.weight.std().item() == pytest.approx(0.01, rel=0.05)
        assert abs(layer.weight.mean().item()) < 0.001
