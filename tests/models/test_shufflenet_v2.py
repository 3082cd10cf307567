"""ShuffleNet v2: counts for every width, the untouched half, gradients, and that it learns."""

import pytest
import torch
from asked import convolutions, kinds, macs, maps_of, on_meta, parameters
from torch import nn

from cnnbook.models.shufflenet_v2 import (
    DownUnit,
    SplitUnit,
    shufflenet_v2,
)

PUBLISHED = {  # width -> parameters (torchvision), multiply-adds
    0.5: (1_366_792, 40_476_448),
    1.0: (2_278_604, 144_907_992),
    1.5: (3_503_624, 295_759_392),
    2.0: (7_393_996, 583_253_464),
}


@pytest.mark.parametrize("width", PUBLISHED)
def test_parameters_and_work_are_those_published(width):
    network = on_meta(shufflenet_v2, width=width)
    assert (parameters(network), macs(network, 224)) == PUBLISHED[width]


def test_the_stages_of_table_5():
    network = on_meta(shufflenet_v2)
    assert maps_of(DownUnit | SplitUnit, network, 224) == [
        *[(116, 28, 28)] * 4,
        *[(232, 14, 14)] * 8,
        *[(464, 7, 7)] * 4,
    ]
    assert maps_of(nn.Conv2d, network.head, 7, 464) == [(1024, 7, 7)]


def test_half_of_the_channels_pass_untouched():
    torch.manual_seed(0)
    unit, x = SplitUnit(12), torch.randn(2, 12, 5, 4)
    y = unit(x)
    torch.testing.assert_close(y[:, ::2], x[:, :6], rtol=0, atol=0)
    torch.testing.assert_close(y[:, 1::2], unit.branch(x[:, 6:]))


def test_no_channel_stays_untouched_twice_as_the_shuffle_spreads_them():
    torch.manual_seed(0)
    two = nn.Sequential(SplitUnit(8), SplitUnit(8)).eval()
    x = torch.randn(1, 8, 3, 3)
    y = two(x)
    same = [any(torch.equal(y[:, i], x[:, j]) for i in range(8)) for j in range(8)]
    assert same == [True, True, False, False, False, False, False, False]


def test_a_down_unit_doubles_by_two_branches():
    torch.manual_seed(0)
    unit, x = DownUnit(6, 14).eval(), torch.randn(2, 6, 9, 7)
    y = unit(x)
    assert y.shape == (2, 14, 5, 4)
    torch.testing.assert_close(y[:, ::2], unit.shortcut(x))
    torch.testing.assert_close(y[:, 1::2], unit.branch(x))
    assert (y >= 0).all()


def test_convolutions_are_dense_or_depthwise():
    for layer in convolutions(on_meta(shufflenet_v2))[1:]:
        assert layer.groups == (1 if layer.kernel_size == (1, 1) else layer.in_channels)


def test_what_stands_before_and_behind_the_units():
    network = on_meta(shufflenet_v2)
    assert kinds(network.stem) == ["ConvNorm", "ReLU", "MaxPool2d"]
    assert kinds(network.head) == ["ConvNorm", "ReLU", "AdaptiveAvgPool2d", "Flatten", "Linear"]


def test_activations_follow_the_1x1_convolutions_alone():
    unit = DownUnit(6, 14)
    assert kinds(unit.shortcut) == ["ConvNorm", "ConvNorm", "ReLU"]
    assert kinds(unit.branch) == ["ConvNorm", "ReLU", "ConvNorm", "ConvNorm", "ReLU"]
    assert kinds(SplitUnit(6).branch) == kinds(unit.branch)


def test_a_width_stands_in_the_table():
    with pytest.raises(ValueError, match=r"width must be one of 0\.5, 1\.0, 1\.5, 2\.0, got 0\.75"):
        shufflenet_v2(width=0.75)
