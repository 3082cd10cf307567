"""VGG A to E: published counts, stages, and what the first dense layer costs."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
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


def parameters(network):
    return sum(p.numel() for p in network.parameters())


def on_meta(build, **options):
    with torch.device("meta"):
        return build(**options)


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


@pytest.mark.parametrize("build", [*BUILDERS, vgg.vgg_reduced])
@pytest.mark.parametrize(("channels", "classes", "size"), [(1, 10, 32), (3, 7, 45), (2, 1, 64)])
def test_shapes(build, channels, classes, size):
    network = on_meta(build, channels=channels, classes=classes, size=size)
    x = torch.empty(3, channels, size, size, device="meta")
    assert network(x).shape == (3, classes)


@pytest.mark.parametrize("size", [28, 33, 64])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_shapes_of_the_reduced_form(size, batch_norm):
    network = vgg.vgg_reduced(3, 10, size, batch_norm)
    assert network(torch.randn(2, 3, size, size)).shape == (2, 10)


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
@pytest.mark.parametrize(
    ("build", "least"), [*((build, 32) for build in BUILDERS), (vgg.vgg_reduced, 8)]
)
def test_least_size(build, least, monkeypatch):
    x = torch.empty(2, 2, least, least, device="meta")
    assert on_meta(build, channels=2, size=least)(x).shape[0] == 2
    with pytest.raises(
        ValueError,
        match=f"{build.__name__} wants images of at least {least} x {least}, size is {least - 1}",
    ):
        build(size=least - 1)
    monkeypatch.setattr(vgg, "check", lambda *arguments: None)
    with pytest.raises((ValueError, RuntimeError)):  # it is the least indeed
        on_meta(build, channels=2, size=least - 1)(
            torch.empty(2, 2, least - 1, least - 1, device="meta")
        )


@pytest.mark.parametrize(
    ("build", "size", "options"),
    [
        (vgg.vgg11_lrn, 32, {}),
        (vgg.vgg16_c, 32, {}),
        (vgg.vgg19, 32, {}),
        (vgg.vgg16, 32, {"batch_norm": True}),
        (vgg.vgg_reduced, 28, {}),
        (vgg.vgg_reduced, 28, {"batch_norm": True}),
    ],
)
def test_every_parameter_receives_a_gradient(build, size, options):
    torch.manual_seed(0)
    network = build(channels=3, classes=5, size=size, **options)
    F.cross_entropy(network(torch.randn(2, 3, size, size)), torch.arange(2)).backward()
    for name, p in network.named_parameters():
        assert p.grad is not None, name
        assert p.grad.isfinite().all(), name
        if not (options and name.endswith("bias")):  # batch normalisation cancels a bias before it
            assert p.grad.any(), name


def test_first_weights_by_the_rule_of_glorot():
    torch.manual_seed(0)
    for layer in vgg.vgg_reduced(channels=3).modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            cells = layer.weight[0, 0].numel()
            bound = (6 / (cells * sum(layer.weight.shape[:2]))) ** 0.5
            assert 0.95 * bound < layer.weight.abs().max().item() <= bound
            assert not layer.bias.any()


@pytest.mark.parametrize("batch_norm", [False, True])
def test_reduced_form_learns_16_images_by_heart(batch_norm):
    torch.manual_seed(0)
    network = vgg.vgg_reduced(batch_norm=batch_norm)
    network.classifier.eval()  # without dropout, which is there to hinder this
    x, y = torch.randn(16, 1, 28, 28), torch.arange(16) % 10
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    losses = []
    for _ in range(50):
        loss = F.cross_entropy(network(x), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 10
