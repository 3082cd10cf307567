"""ResNet: published counts, the blocks against their formula, sizes, gradients."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from asked import macs, maps, noisy, norm, on_meta, weighted_layers
from torch import nn

from cnnbook.models import resnet

NETWORKS = {  # G MACs in table 1 of the paper
    "resnet18": 1.8,
    "resnet34": 3.6,
    "resnet50": 3.8,
    "resnet101": 7.6,
    "resnet152": 11.3,
}


def stride_in_front(network):
    """Move the stride of each bottleneck to its first 1x1 convolution, as the authors had it."""
    for block in network.modules():
        if isinstance(block, resnet.Bottleneck):
            block.branch[0].stride, block.branch[3].stride = block.branch[3].stride, (1, 1)


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_and_macs_are_those_of_the_paper_once_the_stride_is_where_it_was(name):
    network = on_meta(getattr(resnet, name))
    assert f"resnet{weighted_layers(network)}" == name
    stride_in_front(network)
    assert macs(network) / 1e9 == pytest.approx(NETWORKS[name], abs=0.07)


def test_what_the_stride_in_the_3x3_costs():
    network = on_meta(resnet.resnet50)
    late = macs(network)
    stride_in_front(network)
    assert (late, macs(network)) == (4_089_184_256, 3_857_973_248)


def test_the_output_sizes_of_table_1():
    network = on_meta(resnet.resnet50)
    found = maps(network, [network.stem[0], network.stem, *network.stages, network.mean], 224)
    assert found == [
        *[(64, 112, 112), (64, 56, 56), (256, 56, 56)],
        *[(512, 28, 28), (1024, 14, 14), (2048, 7, 7), (2048, 1, 1)],
    ]
    basic = on_meta(resnet.resnet34)
    wanted = [(64, 56, 56), (128, 28, 28), (256, 14, 14), (512, 7, 7)]
    assert maps(basic, basic.stages, 224) == wanted


def test_only_the_first_blocks_of_stages_project():
    for name, first in (("resnet18", 1), ("resnet50", 0)):  # a bottleneck widens in stage 1 too
        network = on_meta(getattr(resnet, name))
        projects = [
            (i, j)
            for i, stage in enumerate(network.stages)
            for j, block in enumerate(stage)
            if not isinstance(block.shortcut, nn.Identity)
        ]
        assert projects == [(i, 0) for i in range(first, 4)]


def test_the_stem_is_activated_and_pooled():
    stem = noisy(resnet.stem(3))
    x = torch.randn(2, 3, 33, 31, dtype=torch.double)
    y = norm(F.conv2d(x, stem[0].weight, stride=2, padding=3), stem[1]).clamp(min=0)
    y = F.pad(y, (1, 1, 1, 1)).unfold(2, 3, 2).unfold(3, 3, 2).amax((-1, -2))
    torch.testing.assert_close(stem(x), y)


@pytest.mark.parametrize(("c_out", "stride", "projected"), [(6, 2, True), (6, 2, False), (4, 1, 1)])
def test_a_basic_block_is_its_formula(c_out, stride, projected):
    block = noisy(resnet.Basic(4, c_out, stride, projected))
    x = torch.randn(2, 4, 9, 7, dtype=torch.double)
    y = F.conv2d(x, block.branch[0].weight, stride=stride, padding=1)
    y = norm(y, block.branch[1]).clamp(min=0)
    y = norm(F.conv2d(y, block.branch[3].weight, padding=1), block.branch[4])
    skip = x
    if stride == 2 and projected:
        skip = norm(F.conv2d(x, block.shortcut[0].weight, stride=2), block.shortcut[1])
    elif stride == 2:
        skip = torch.zeros(2, 6, 5, 4, dtype=torch.double)
        skip[:, :4] = x[:, :, ::2, ::2]
    torch.testing.assert_close(block(x), (y + skip).clamp(min=0))


def test_a_plain_block_has_no_shortcut():
    block = noisy(resnet.Basic(4, 4, 1, shortcut=False))
    x = torch.randn(2, 4, 9, 7, dtype=torch.double)
    torch.testing.assert_close(block(x), block.branch(x).clamp(min=0))


@pytest.mark.parametrize(("c_out", "stride"), [(16, 2), (12, 1), (8, 1)])
def test_a_bottleneck_is_its_formula(c_out, stride):
    block = noisy(resnet.Bottleneck(8, c_out, stride))
    x = torch.randn(2, 8, 9, 7, dtype=torch.double)
    first, _, _, middle, _, _, last, _ = (getattr(layer, "weight", None) for layer in block.branch)
    assert first.shape == (c_out // 4, 8, 1, 1)
    assert middle.shape == (c_out // 4, c_out // 4, 3, 3)
    y = norm(F.conv2d(x, first), block.branch[1]).clamp(min=0)
    y = norm(F.conv2d(y, middle, stride=stride, padding=1), block.branch[4]).clamp(min=0)
    y = norm(F.conv2d(y, last), block.branch[7])
    skip = x
    if c_out != 8:
        skip = norm(F.conv2d(x, block.shortcut[0].weight, stride=stride), block.shortcut[1])
    torch.testing.assert_close(block(x), (y + skip).clamp(min=0))


def test_zeros_are_appended_and_pixels_dropped():
    x = torch.arange(9.0).reshape(1, 1, 3, 3)
    y = resnet.Padded(1, 3, 2)(x)
    assert y.tolist() == [[[[0, 2], [6, 8]], [[0, 0], [0, 0]], [[0, 0], [0, 0]]]]


def test_a_network_without_some_of_its_blocks_still_runs():
    network = on_meta(resnet.resnet50)
    for stage in network.stages:
        stage[1] = nn.Identity()
    assert network(torch.empty(2, 3, 64, 64, device="meta")).shape == (2, 1000)


def test_first_weights():
    torch.manual_seed(0)
    network = resnet.resnet18()
    weight = network.stages[2][1].branch[0].weight
    assert weight.std().item() == pytest.approx((2 / (9 * 256)) ** 0.5, rel=0.01)
    weight = network.stages[3][0].shortcut[0].weight  # outputs are counted, not inputs
    assert weight.std().item() == pytest.approx((2 / 512) ** 0.5, rel=0.01)
