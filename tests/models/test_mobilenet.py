"""MobileNet: counts for all widths and resolutions, shares by kind, gradients, and learning."""

import pytest
import torch
from asked import convolutions, fits, kinds, macs, maps_of, on_meta, parameters
from torch import nn

from cnnbook.models.mobilenet import SeparableBlock, mobilenet, mobilenet_reduced

WIDTHS = {  # width -> parameters (osmr/imgclsmob), M multiply-adds in Table 6
    1.0: (4_231_976, 569),
    0.75: (2_585_560, 325),
    0.5: (1_331_592, 149),
    0.25: (470_072, 41),
}


@pytest.mark.parametrize("width", WIDTHS)
def test_parameters_and_work_are_those_published(width):
    network = on_meta(mobilenet, width=width)
    count, work = WIDTHS[width]
    assert parameters(network) == count
    assert round(macs(network, 224) / 1e6) == work


# Table 7 has 290 for 160 pixels, which are 290.7
@pytest.mark.parametrize(("size", "work"), [(224, 569), (192, 418), (160, 291), (128, 186)])
def test_resolution_changes_the_work_alone(size, work):
    network = on_meta(mobilenet, size=size)
    assert parameters(network) == 4_231_976
    assert round(macs(network, size) / 1e6) == work


def test_convolutions_are_those_of_the_published_code():
    network = on_meta(mobilenet)
    layers = convolutions(network)
    assert len(layers) == 27  # 28 layers with the dense one
    assert sum(layer.weight.numel() for layer in layers) == 3_185_088
    assert macs(network, 224) - 1_024_000 == 567_716_352


def test_most_of_the_network_is_pointwise():
    network = on_meta(mobilenet)
    work = {}
    for layer in (*convolutions(network), network.head[-1]):
        layer.register_forward_hook(
            lambda layer, _, y: work.update({layer: layer.weight.numel() * y[0, 0].numel()})
        )
    network(torch.empty(1, 3, 224, 224, device="meta"))
    pointwise = [layer for layer in work if getattr(layer, "kernel_size", None) == (1, 1)]
    share = sum(work[layer] for layer in pointwise) / sum(work.values())
    assert round(100 * share, 2) == 94.86  # Table 2
    weights = sum(layer.weight.numel() for layer in work)
    assert round(100 * sum(layer.weight.numel() for layer in pointwise) / weights, 2) == 74.59


def test_the_maps_of_table_1():
    maps = maps_of(SeparableBlock, on_meta(mobilenet), 224)
    assert maps == [
        *[
            (64, 112, 112),
            (128, 56, 56),
            (128, 56, 56),
            (256, 28, 28),
            (256, 28, 28),
            (512, 14, 14),
        ],
        *[(512, 14, 14)] * 5,
        *[(1024, 7, 7), (1024, 7, 7)],
    ]


def test_a_block_filters_each_channel_by_itself():
    block = SeparableBlock(6, 10, 2)
    assert kinds(block) == ["ConvNorm", "ReLU", "ConvNorm", "ReLU"]
    depthwise, pointwise = convolutions(block)
    assert (depthwise.groups, depthwise.kernel_size, depthwise.stride) == (6, (3, 3), (2, 2))
    assert (pointwise.groups, pointwise.kernel_size, pointwise.stride) == (1, (1, 1), (1, 1))
    assert block(torch.randn(2, 6, 9, 7)).shape == (2, 10, 5, 4)


def test_what_stands_before_and_behind_the_blocks():
    network = on_meta(mobilenet)
    assert kinds(network.stem) == ["ConvNorm", "ReLU"]
    assert kinds(network.head) == ["AdaptiveAvgPool2d", "Flatten", "Linear"]


@pytest.mark.parametrize(
    ("build", "channels", "classes", "size", "width"),
    [
        (mobilenet_reduced, 1, 5, 28, 2),
        (mobilenet_reduced, 3, 5, 64, 0.5),
    ],
)
def test_any_channels_classes_size_and_width(build, channels, classes, size, width):
    fits(build, channels, classes, size, width=width)


@pytest.mark.parametrize("build", [mobilenet, mobilenet_reduced])
def test_a_width_is_above_zero_and_leaves_8_channels(build):
    with pytest.raises(ValueError, match="width must be above 0, got 0"):
        build(width=0)
    assert on_meta(build, width=0.01).head[-1].in_features in (8, 10)


def test_first_weights_and_norms_are_those_of_the_published_code():
    torch.manual_seed(0)
    network = mobilenet()
    weight = network.body[-1][2][0].weight
    # cut off at two spreads, which leaves 0.88 of one
    assert weight.std().item() == pytest.approx(0.88 * 0.09, rel=0.01)
    assert weight.abs().max() <= 0.18
    assert not network.head[-1].bias.any()
    norms = [m.eps for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    assert norms == [0.001] * 27
