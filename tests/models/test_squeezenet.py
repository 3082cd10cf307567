"""SqueezeNet: counts of Table 1, sizes, gradients, and that the reduced form learns."""

import pytest
import torch
from light import (
    check_gradients,
    check_learns,
    check_shapes,
    convolutions,
    kinds,
    macs,
    on_meta,
    output_sizes,
    parameters,
)
from torch import nn

from cnnbook.models.squeezenet import (
    Fire,
    squeezenet_1_0,
    squeezenet_1_1,
    squeezenet_reduced,
)

BUILDERS = [(squeezenet_1_0, 21), (squeezenet_1_1, 17), (squeezenet_reduced, 6)]


def test_parameters_are_those_published():
    assert parameters(on_meta(squeezenet_1_0)) == 1_248_424
    assert parameters(on_meta(squeezenet_1_1)) == 1_235_496


def test_each_module_has_the_parameters_of_table_1():
    network = on_meta(squeezenet_1_0)
    fires = [parameters(module) for module in network.modules() if isinstance(module, Fire)]
    assert fires == [11_920, 12_432, 45_344, 49_440, 104_880, 111_024, 188_992, 197_184]
    assert parameters(network.stem) == 14_208
    assert parameters(network.head) == 513_000


def test_the_maps_of_table_1():
    network = on_meta(squeezenet_1_0)
    maps = output_sizes(network, nn.Conv2d | nn.MaxPool2d | Fire, 227)
    assert [c_and_size for c_and_size in maps if c_and_size[0] in (96, 512, 1000)] == [
        *[(96, 111), (96, 55)],
        *[(512, 27), (512, 13), (512, 13), (1000, 13)],
    ]


def test_version_1_1_pools_earlier_and_does_less_than_half_the_work():
    shapes = output_sizes(on_meta(squeezenet_1_1), nn.MaxPool2d, 227)
    assert shapes == [(64, 56), (128, 28), (256, 14)]
    work = [macs(on_meta(build), 227) for build in (squeezenet_1_0, squeezenet_1_1)]
    assert work == [832_667_936, 387_747_520]
    # the published 1.0 pads its last convolution, and so scores 15 x 15 places: 1.72 GFLOPs
    assert round(2 * (work[0] + (15**2 - 13**2) * 512_000) / 1e9, 2) == 1.72


def test_a_fire_module_joins_both_expansions():
    torch.manual_seed(0)
    fire, x = Fire(5, 2, 3), torch.randn(2, 5, 6, 7)
    y = fire(x)
    assert y.shape == (2, 6, 6, 7)
    assert (y >= 0).all()
    squeezed = fire.squeeze(x)
    assert (squeezed >= 0).all()
    torch.testing.assert_close(y[:, :3], fire.expand1[0](squeezed).relu())
    torch.testing.assert_close(y[:, 3:], fire.expand3[0](squeezed).relu())


def test_what_stands_before_and_behind_the_fire_modules():
    network = on_meta(squeezenet_1_0)
    assert kinds(network.stem) == ["Conv2d", "ReLU"]
    assert kinds(network.head) == ["Dropout", "Conv2d", "ReLU", "AdaptiveAvgPool2d", "Flatten"]


@pytest.mark.parametrize(
    ("build", "channels", "classes", "size"),
    [
        (squeezenet_1_0, 1, 7, 225),
        (squeezenet_1_0, 4, 1000, 64),
        (squeezenet_1_1, 3, 2, 101),
        *[(squeezenet_reduced, c, 5, size) for c, size in ((1, 28), (3, 33), (3, 64))],
    ],
)
def test_any_channels_classes_and_size(build, channels, classes, size):
    check_shapes(build, channels, classes, size)


@pytest.mark.parametrize(("build", "least"), BUILDERS)
def test_the_least_size_works_and_one_less_is_refused(build, least):
    assert on_meta(build, 3, 4, least)(torch.empty(1, 3, least, least, device="meta")).numel() == 4
    message = f"{build.__name__} wants images of at least {least} x {least}, size is {least - 1}"
    with pytest.raises(ValueError, match=message):
        build(3, 4, least - 1)
    with pytest.raises(RuntimeError):  # it is the network that cannot, not only the check
        on_meta(build, 3, 4, least)(torch.empty(1, 3, least - 1, least - 1, device="meta"))
    with pytest.raises(ValueError, match="channels must be at least 1, got 0"):
        build(0)


@pytest.mark.parametrize(
    ("build", "size"), [(squeezenet_1_0, 63), (squeezenet_1_1, 63), (squeezenet_reduced, 28)]
)
def test_every_parameter_receives_a_gradient(build, size):
    torch.manual_seed(0)
    assert not check_gradients(build(3, 2, size), 3, size)


def test_first_weights_keep_the_signal():
    torch.manual_seed(0)
    network = squeezenet_1_0()
    assert not any(layer.bias.any() for layer in convolutions(network))
    assert network.head[1].weight.std().item() == pytest.approx(0.01, rel=0.01)
    first = network.stem[0].weight
    assert first.abs().max().item() == pytest.approx((6 / (3 * 49)) ** 0.5, rel=0.01)


@pytest.mark.parametrize(("channels", "size"), [(1, 28), (3, 33)])
def test_the_reduced_form_learns_sixteen_images_by_heart(channels, size):
    check_learns(squeezenet_reduced, channels, size, rate=0.003)


def test_only_the_published_scores_stop_at_zero():
    torch.manual_seed(0)
    x = torch.randn(8, 3, 63, 63)
    assert (squeezenet_1_0(3, 10, 63)(x) >= 0).all()
    assert (squeezenet_reduced(3, 10, 63)(x) < 0).any()
