"""FCN-8s: counts, crops, enlargement, and that it learns."""

import pytest
import torch
from asked import every_parameter_learns, parameters
from torch import nn

from cnnbook.models import fcn, vgg
from cnnbook.models.fcn import FCN, bilinear_weight, crop_offsets, fcn8s, fcn_reduced


def test_parameters_are_those_published():
    with torch.device("meta"):
        network = fcn8s()
    assert parameters(network) == 134_489_759
    assert parameters(network.stages) + parameters(network.classifier) == 134_260_544
    assert parameters(network) - parameters(network.ups) == 134_362_751
    # VGG-16 (138,357,544) without the last layer of its 1000 classes
    assert parameters(network.stages) + parameters(network.classifier) == 138_357_544 - 4_097_000


def test_the_stages_are_those_of_vgg_16():
    with torch.device("meta"):
        network = fcn8s()
    widths = [
        layer.out_channels for layer in network.stages.modules() if isinstance(layer, nn.Conv2d)
    ]
    assert widths == [64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
    with torch.device("meta"):
        from_other_classes = fcn8s(1, 2)
    assert parameters(network) - parameters(from_other_classes) == (
        2 * 9 * 64 + 19 * (4096 + 512 + 256 + 3) + (21**2 - 2**2) * (16 + 16 + 256)
    )


def test_the_classifier_is_that_of_vgg_as_a_convolution():
    torch.manual_seed(0)
    thin = (4, 4, 6, 6, 8)
    dense = vgg.VGG(vgg.D, thin, 10, 3, 5, 224).eval()
    stages = tuple(
        (convolutions, c) for (convolutions, _), c in zip(fcn.STAGES["fcn8s"], thin, strict=True)
    )
    network = FCN(3, 5, stages, padding=1, window=7, width=10, dropout=0.5).eval()
    ours = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    theirs = [layer for layer in dense.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    for conv, layer in zip(ours[:15], theirs[:15], strict=True):
        conv.weight.data = layer.weight.data.reshape(conv.weight.shape)
        conv.bias.data = layer.bias.data
    x = torch.randn(2, 3, 224, 224)
    hidden = dense.classifier[:5](dense.features(x).flatten(1))
    for stage in network.stages:
        x = stage(x)
    assert hidden.any()
    torch.testing.assert_close(network.classifier(x)[:, :, 0, 0], hidden)


def test_the_crops_are_those_of_the_released_network():
    assert crop_offsets(5, 100, 7) == (5, 9, 31)
    with torch.device("meta"):
        assert fcn8s().offsets == (5, 9, 31)
        assert fcn_reduced().offsets == crop_offsets(3, 10, 5) == (3, 5, 0)


@pytest.mark.parametrize(
    ("channels", "classes", "h", "w"), [(3, 21, 500, 375), (1, 3, 33, 61), (4, 1, 224, 32)]
)
def test_scores_come_in_the_size_of_the_image(channels, classes, h, w):
    with torch.device("meta"):
        y = fcn8s(channels, classes, min(h, w))(torch.empty(2, channels, h, w))
    assert y.shape == (2, classes, h, w)


def test_maps_of_the_full_network():
    with torch.device("meta"):
        network = fcn8s()
        sides = []
        for layer in (*network.stages, *network.scores, *network.ups):
            layer.register_forward_hook(lambda _, x, y: sides.append(y.shape[2]))
        network(torch.empty(1, 3, 500, 500))
    assert sides == [349, 175, 88, 44, 22, 16, 34, 44, 70, 88, 568]


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_enlargement_begins_bilinear(factor):
    torch.manual_seed(0)
    y = torch.randn(1, 3, 5, 6)
    up = nn.ConvTranspose2d(3, 3, 2 * factor, factor, factor // 2, bias=False)
    with torch.no_grad():
        up.weight.copy_(bilinear_weight(3, factor))
    expected = nn.functional.interpolate(y, scale_factor=factor, mode="bilinear")
    inner = slice(factor, -factor)  # at the edge, interpolate repeats the last cell
    torch.testing.assert_close(up(y)[:, :, inner, inner], expected[:, :, inner, inner])


def test_all_pixels_score_alike_before_training():
    y = fcn_reduced(1, 4, 28)(torch.randn(2, 1, 28, 28))
    assert not y.any()


@pytest.mark.parametrize(("stages", "padding", "window"), [(3, 10, 5), (4, 40, 5), (5, 100, 7)])
def test_each_score_lies_on_its_pixels(stages, padding, window):
    # one channel, means instead of convolutions: each depth then returns the image, blurred, and
    # the centre of a bright spot must stay where it is
    network = FCN(1, 1, ((1, 1),) * stages, padding, window, 1, 0.0).double()
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                layer.weight.fill_(1 / layer.weight[0].numel())
    for i, stage in enumerate(network.stages):
        network.stages[i] = nn.Sequential(*stage[:-1], nn.AvgPool2d(2, ceil_mode=True))
    size = 6 * 2**stages * 4
    places = torch.arange(size, dtype=torch.float64)
    x = torch.zeros(1, 1, size, size, dtype=torch.float64)
    x[0, 0, size // 2 : size // 2 + 32, size // 2 - 32 : size // 2 + 32] = 1
    for depth in range(3):
        with torch.no_grad():
            for i, score in enumerate(network.scores):
                score.weight.fill_(float(i == depth))
            y = network(x)[0, 0]
        assert (y.sum(1) @ places / y.sum()).item() == pytest.approx(size // 2 + 15.5, abs=0.1)
        assert (y.sum(0) @ places / y.sum()).item() == pytest.approx(size // 2 - 0.5, abs=0.1)


def test_every_parameter_of_the_full_network_receives_a_gradient():
    # a sixteenth of the channels: with all of them, and the padding, one step takes gigabytes
    thin = tuple((convolutions, width // 16) for convolutions, width in fcn.STAGES["fcn8s"])
    every_parameter_learns(FCN(3, 5, thin, 100, 7, 64, 0.5), 3, 32)
