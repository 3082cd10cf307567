"""ResNeXt: the published count, the grouped block against separate paths, sizes, gradients."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from asked import macs, maps, noisy, norm, on_meta, parameters, weighted_layers

from cnnbook.models.resnet import Bottleneck
from cnnbook.models.resnext import resnext50, resnext_reduced


def test_layers_and_macs_are_those_published():
    network = on_meta(resnext50)
    assert weighted_layers(network) == 50
    assert macs(network) / 1e9 == pytest.approx(4.2, abs=0.05)  # table 1


def test_every_3x3_has_32_paths_of_4_8_16_and_32_channels():
    network = on_meta(resnext50)
    for width, stage in zip((4, 8, 16, 32), network.stages, strict=True):
        for block in stage:
            assert block.branch[3].groups == 32
            assert block.branch[3].weight.shape == (32 * width, width, 3, 3)


def test_a_block_is_the_sum_of_its_paths():
    """Figure 3 a: each path has three convolutions of its own; their outputs are added."""
    block = noisy(Bottleneck(8, 16, 2, narrowing=2, groups=4))
    x = torch.randn(2, 8, 9, 7, dtype=torch.double)
    hidden = norm(F.conv2d(x, block.branch[0].weight), block.branch[1]).clamp(min=0)
    total = 0
    for path in range(4):
        two = slice(2 * path, 2 * path + 2)  # the channels of this path
        y = F.conv2d(hidden[:, two], block.branch[3].weight[two], stride=2, padding=1)
        rest = torch.zeros(2, 8, 5, 4, dtype=torch.double)
        rest[:, two] = y
        y = norm(rest, block.branch[4]).clamp(min=0)[:, two]
        total = total + F.conv2d(y, block.branch[6].weight[:, two])
    y = norm(total, block.branch[7])
    skip = norm(F.conv2d(x, block.shortcut[0].weight, stride=2), block.shortcut[1])
    torch.testing.assert_close(block(x), (y + skip).clamp(min=0))


def test_the_output_sizes():
    network = on_meta(resnext50)
    wanted = [(256, 56, 56), (512, 28, 28), (1024, 14, 14), (2048, 7, 7)]
    assert maps(network, network.stages, 224) == wanted
    network = on_meta(resnext_reduced)
    wanted = [(16, 14, 14), (32, 14, 14), (64, 7, 7), (128, 4, 4)]
    assert maps(network, [network.stem, *network.stages], 28, 1) == wanted


def test_the_reduced_form_keeps_the_paths():
    network = on_meta(resnext_reduced)
    groups = [block.branch[3].groups for stage in network.stages for block in stage]
    assert groups == [8] * 5
    assert parameters(network) == 62_746
