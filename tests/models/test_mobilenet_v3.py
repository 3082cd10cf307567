"""MobileNet v3: counts, the tables, what stands in a block, gradients, and that it learns."""

import pytest
import torch
from asked import convolutions, fits, kinds, macs, maps_of, on_meta, parameters
from torch import nn

from cnnbook.models.blocks import ConvSqueezeExcite
from cnnbook.models.mobilenet_v3 import (
    Bottleneck,
    Row,
    mobilenet_v3_large,
    mobilenet_v3_reduced,
    mobilenet_v3_small,
)

BUILDERS = (mobilenet_v3_large, mobilenet_v3_small, mobilenet_v3_reduced)


@pytest.mark.parametrize(
    ("build", "width", "count", "work"),
    [
        (mobilenet_v3_large, 1.0, 5_483_032, 216_589_760),
        (mobilenet_v3_large, 0.75, 3_993_528, 154_560_624),  # published 4.0 M, 155 M
        (mobilenet_v3_small, 1.0, 2_542_856, 56_510_400),
        (mobilenet_v3_small, 0.75, 2_041_872, 43_399_344),
    ],
)
def test_parameters_and_work_are_those_published(build, width, count, work):
    network = on_meta(build, width=width)
    assert (parameters(network), macs(network, 224)) == (count, work)


def test_the_maps_of_tables_1_and_2():
    assert maps_of(Bottleneck, on_meta(mobilenet_v3_large), 224) == [
        *[(16, 112, 112)] + [(24, 56, 56)] * 2 + [(40, 28, 28)] * 3,
        *[(80, 14, 14)] * 4 + [(112, 14, 14)] * 2,
        *[(160, 7, 7)] * 3,
    ]
    assert maps_of(Bottleneck, on_meta(mobilenet_v3_small), 224) == [
        *[(16, 56, 56)]
        + [(24, 28, 28)] * 2
        + [(40, 14, 14)] * 3
        + [(48, 14, 14)] * 2
        + [(96, 7, 7)] * 3,
    ]


def _signs(network, has):
    return "".join("x" if has(m) else "." for m in network.modules() if isinstance(m, Bottleneck))


def test_which_blocks_excite_swish_and_look_wide():
    large, small = on_meta(mobilenet_v3_large), on_meta(mobilenet_v3_small)

    def excites(block):
        return any(isinstance(module, ConvSqueezeExcite) for module in block.modules())

    def swishes(block):
        return any(isinstance(module, nn.Hardswish) for module in block.modules())

    def wide(block):
        return any(layer.kernel_size == (5, 5) for layer in convolutions(block))

    assert _signs(large, excites) == "...xxx....xxxxx"
    assert _signs(large, swishes) == "......xxxxxxxxx"
    assert _signs(large, wide) == "...xxx......xxx"
    assert _signs(large, lambda block: block.residual) == "x.x.xx.xxx.x.xx"
    assert _signs(small, excites) == "x..xxxxxxxx"
    assert _signs(small, swishes) == "...xxxxxxxx"
    assert _signs(small, wide) == "...xxxxxxxx"
    assert _signs(small, lambda block: block.residual) == "..x.xx.x.xx"


def test_a_block_has_everything_in_its_place():
    block = Bottleneck(4, Row(5, 24, 4, True, True, 1))
    assert kinds(block.branch) == [
        *["ConvNorm", "Hardswish", "ConvNorm", "Hardswish"],
        *["ConvSqueezeExcite", "ConvNorm"],
    ]
    assert kinds(block.branch[4].weigh) == [
        "AdaptiveAvgPool2d",
        "Conv2d",
        "ReLU",
        "Conv2d",
        "Hardsigmoid",
    ]
    assert block.branch[4].weigh[1].out_channels == 8  # a quarter of 24 is 6: rounded
    torch.manual_seed(0)
    x = torch.randn(2, 4, 5, 6)
    torch.testing.assert_close(block.eval()(x), x + block.branch(x))
    plain = Bottleneck(4, Row(3, 4, 5, False, False, 2))
    assert kinds(plain.branch) == ["ConvNorm", "ReLU", "ConvNorm"]
    assert plain(x).shape == (2, 5, 3, 3)


def test_the_last_stage_widens_after_the_pooling():
    head = on_meta(mobilenet_v3_large).head
    assert kinds(head) == [
        *["ConvNorm", "Hardswish", "AdaptiveAvgPool2d", "Flatten"],
        *["Linear", "Hardswish", "Dropout", "Linear"],
    ]
    assert (head[4].in_features, head[4].out_features) == (960, 1280)


def test_the_stem_has_16_channels_and_h_swish():
    network = on_meta(mobilenet_v3_large)
    assert kinds(network.stem) == ["ConvNorm", "Hardswish"]
    assert network.stem[0][0].out_channels == 16  # 32 in v1 and v2
    assert {m.eps for m in network.modules() if isinstance(m, nn.BatchNorm2d)} == {0.001}


def test_a_width_is_above_zero():
    for build in BUILDERS:
        with pytest.raises(ValueError, match="width must be above 0, got 0"):
            build(width=0)


@pytest.mark.parametrize(
    ("build", "channels", "classes", "size", "width"),
    [
        (mobilenet_v3_reduced, 1, 5, 28, 2),
        (mobilenet_v3_reduced, 3, 5, 64, 0.5),
    ],
)
def test_any_channels_classes_size_and_width(build, channels, classes, size, width):
    fits(build, channels, classes, size, width=width)
