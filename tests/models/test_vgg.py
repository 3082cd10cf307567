"""VGG A to E: published counts, stages, and what the first dense layer costs."""

import pytest
import torch
from asked import on_meta, parameters
from torch import nn

from cnnbook.models import vgg
from cnnbook.models.alexnet import ResponseNorm

# builder, layers with weights, parameters, the paper's millions, more with batch normalisation
PUBLISHED = [
    (vgg.vgg11, 11, 132_863_336, 133, 5_504),
    (vgg.vgg11_lrn, 11, 132_863_336, 133, None),
    (vgg.vgg13, 13, 133_047_848, 133, 5_888),
    (vgg.vgg16_c, 16, 133_638_952, 134, 8_448),
    (vgg.vgg16, 16, 138_357_544, 138, 8_448),
    (vgg.vgg19, 19, 143_667_240, 144, 11_008),
]
BUILDERS = [row[0] for row in PUBLISHED]


@pytest.mark.parametrize(("build", "layers", "count", "millions", "norms"), PUBLISHED)
def test_published_counts(build, layers, count, millions, norms):
    network = on_meta(build)
    assert parameters(network) == count
    assert round(count / 1e6) == millions
    assert sum(isinstance(layer, nn.Conv2d | nn.Linear) for layer in network.modules()) == layers
    if norms is not None:
        assert parameters(on_meta(build, batch_norm=True)) == count + norms


def test_stages_double_the_maps_and_halve_the_size():
    network, x, shapes = on_meta(vgg.vgg16), torch.empty(1, 3, 224, 224, device="meta"), []
    for layer in network.features:
        x = layer(x)
        if isinstance(layer, nn.MaxPool2d):
            shapes.append(tuple(x.shape[1:]))
    assert shapes == [(64, 112, 112), (128, 56, 56), (256, 28, 28), (512, 14, 14), (512, 7, 7)]


def test_parameters_of_vgg16_by_stage():
    counts = [0]
    for layer in on_meta(vgg.vgg16).features:
        counts[-1] += parameters(layer)
        if isinstance(layer, nn.MaxPool2d):
            counts.append(0)
    assert counts == [38_720, 221_440, 1_475_328, 5_899_776, 7_079_424, 0]


def test_the_first_dense_layer_has_three_quarters_of_all_parameters():
    network = on_meta(vgg.vgg16)
    first = parameters(network.classifier[0])
    assert first == 102_764_544
    assert round(100 * first / parameters(network)) == 74


def test_a_cell_of_the_last_map_of_vgg16_sees_212_pixels():
    field, jump = 1, 1
    for layer in on_meta(vgg.vgg16).features:
        if isinstance(layer, nn.Conv2d):
            field += (layer.kernel_size[0] - 1) * jump
        elif isinstance(layer, nn.MaxPool2d):
            field, jump = field + (layer.kernel_size - 1) * jump, jump * layer.stride
    assert (field, jump) == (212, 32)


def test_c_looks_at_single_places_last_in_the_last_three_stages():
    kernels = [
        layer.kernel_size[0]
        for layer in on_meta(vgg.vgg16_c).features
        if isinstance(layer, nn.Conv2d)
    ]
    assert kernels == [3, 3, 3, 3, 3, 3, 1, 3, 3, 1, 3, 3, 1]
    for build in (vgg.vgg11, vgg.vgg11_lrn, vgg.vgg13, vgg.vgg16, vgg.vgg19):
        assert {
            layer.kernel_size for layer in on_meta(build).features if isinstance(layer, nn.Conv2d)
        } == {(3, 3)}


@pytest.mark.parametrize(
    ("build", "options", "start"),
    [
        (vgg.vgg11, {}, "crpcrpcrcrp"),
        (vgg.vgg11_lrn, {}, "crnpcrpcrcrp"),
        (vgg.vgg13, {}, "crcrpcrcrpcrcrp"),
        (vgg.vgg16, {"batch_norm": True}, "cbrcbrpcbrcbrpcbrcbrcbrp"),
        (vgg.vgg19, {}, "crcrpcrcrpcrcrcrcrp"),
        (vgg.vgg_reduced, {}, "crcrpcrcrpcrcrp"),
    ],
)
def test_order_of_the_layers(build, options, start):
    short = {
        nn.Conv2d: "c",
        nn.ReLU: "r",
        ResponseNorm: "n",
        nn.BatchNorm2d: "b",
        nn.MaxPool2d: "p",
        nn.Linear: "d",
        nn.Dropout: "o",
    }
    network = on_meta(build, **options)
    order = "".join(short[type(layer)] for layer in network.features)
    assert order.startswith(start)
    assert order.count("n") == start.count("n")
    assert order.count("b") == (order.count("c") if options else 0)
    assert order.count("r") == order.count("c")
    assert "".join(short[type(layer)] for layer in network.classifier) == "drodrod"


def test_first_weights_by_the_rule_of_glorot():
    torch.manual_seed(0)
    for layer in vgg.vgg_reduced(channels=3).modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            cells = layer.weight[0, 0].numel()
            bound = (6 / (cells * sum(layer.weight.shape[:2]))) ** 0.5
            assert 0.95 * bound < layer.weight.abs().max().item() <= bound
            assert not layer.bias.any()
