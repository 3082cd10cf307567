"""ShuffleNet: counts for every number of groups, the shuffle, gradients, and that it learns."""

import pytest
import torch
from asked import convolutions, fits, kinds, macs, maps_of, on_meta, parameters
from torch import nn

from cnnbook.models.shufflenet import ShuffleUnit, shufflenet, shufflenet_reduced

PUBLISHED = {  # groups -> parameters (osmr/imgclsmob), M multiply-adds in Table 1
    1: (1_531_936, 143),
    2: (1_733_848, 140),
    3: (1_865_728, 137),
    4: (1_968_344, 133),
    8: (2_434_768, 137),
}


@pytest.mark.parametrize("groups", PUBLISHED)
def test_parameters_and_work_are_those_published(groups):
    network = on_meta(shufflenet, groups=groups)
    count, work = PUBLISHED[groups]
    assert parameters(network) == count
    # the paper counts the convolutions: with the dense layer three of the five would be 1 M more
    assert round((macs(network, 224) - network.head[-1].weight.numel()) / 1e6) == work


def test_the_stages_of_table_1():
    network = on_meta(shufflenet)
    assert maps_of(ShuffleUnit, network, 224) == [
        *[(240, 28, 28)] * 4,
        *[(480, 14, 14)] * 8,
        *[(960, 7, 7)] * 4,
    ]
    assert maps_of(nn.Conv2d | nn.MaxPool2d, network.stem, 224) == [(24, 112, 112), (24, 56, 56)]


def test_only_the_first_convolution_of_all_is_not_grouped():
    pointwise = [
        layer for layer in convolutions(on_meta(shufflenet)) if layer.kernel_size == (1, 1)
    ]
    assert [layer.groups for layer in pointwise] == [1] + [3] * 31
    depthwise = [
        layer for layer in convolutions(on_meta(shufflenet)) if layer.kernel_size == (3, 3)
    ]
    assert [layer.groups == layer.in_channels for layer in depthwise] == [False] + [True] * 16


def _seen(unit, x, outputs):
    """Which input channels move the given channels of the branch."""
    x.requires_grad_()
    unit.eval().branch(x)[:, outputs].sum().backward()
    return x.grad.abs().sum((0, 2, 3)) > 0


def test_groups_meet_by_the_shuffle_alone():
    torch.manual_seed(0)
    unit = ShuffleUnit(36, 36, 1, groups=3, first=3)  # 3 groups of 12, inside of 3
    x = torch.randn(2, 36, 5, 4)
    assert _seen(unit, x.clone(), slice(0, 12)).all()
    unit.branch[2].groups = 1  # no shuffle
    assert _seen(unit, x.clone(), slice(0, 12)).tolist() == [True] * 12 + [False] * 24


def test_a_unit_adds_or_joins():
    torch.manual_seed(0)
    x = torch.randn(2, 24, 7, 5)
    unit = ShuffleUnit(24, 24, 1, 2, 2).eval()
    torch.testing.assert_close(unit(x), (x + unit.branch(x)).relu())
    unit = ShuffleUnit(24, 48, 2, 2, 1).eval()
    y = unit(x)
    assert y.shape == (2, 48, 4, 3)
    # the paper's average counts the zeros of the padding, as torch does by default
    mean = nn.functional.avg_pool2d(nn.functional.pad(x, (1, 1, 1, 1)), 3, 2).relu()
    torch.testing.assert_close(y[:, :24], mean)
    torch.testing.assert_close(y[:, 24:], unit.branch(x).relu())


def test_no_activation_between_the_depthwise_and_the_last_convolution():
    branch = ShuffleUnit(24, 24, 1, 2, 2).branch
    assert kinds(branch) == ["ConvNorm", "ReLU", "ChannelShuffle", "ConvNorm", "ConvNorm"]


def test_what_stands_before_and_behind_the_units():
    network = on_meta(shufflenet)
    assert kinds(network.stem) == ["ConvNorm", "ReLU", "MaxPool2d"]
    assert kinds(network.head) == ["AdaptiveAvgPool2d", "Flatten", "Linear"]


@pytest.mark.parametrize(
    ("build", "channels", "classes", "size", "groups"),
    [
        *[(shufflenet_reduced, 1, 5, 28, groups) for groups in (1, 2, 3, 4, 6)],
        (shufflenet_reduced, 3, 2, 33, 3),
        (shufflenet_reduced, 3, 2, 64, 3),
    ],
)
def test_any_channels_classes_size_and_groups(build, channels, classes, size, groups):
    fits(build, channels, classes, size, groups=groups)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (shufflenet, "groups must be one of 1, 2, 3, 4, 8, got 5"),
        (shufflenet_reduced, "groups must be one of 1, 2, 3, 4, 6, got 5"),
    ],
)
def test_groups_stand_in_the_table(build, message):
    with pytest.raises(ValueError, match=message):
        build(groups=5)


def test_first_weights_are_those_of_the_published_code():
    torch.manual_seed(0)
    network = shufflenet()
    assert network.stem[0][0].weight.std().item() == pytest.approx(0.01, rel=0.1)
    assert network.head[-1].weight.std().item() == pytest.approx(0.01, rel=0.01)
    unit = network.body[2][1]  # 960 channels in 3 groups
    assert unit.branch[0][0].weight.std().item() == pytest.approx(1 / 320, rel=0.02)
