"""Inception v3: counts and maps of the published code, factorised windows, the reduced form."""

import pytest
import torch
from asked import maps, on_meta
from torch import nn

from cnnbook.models.inception_v3 import (
    BLOCK_C,
    Block,
    Step,
    Unit,
    block_b,
    chain,
    inception_v3,
    inception_v3_reduced,
)


def kernels(branch):
    """Kernel sizes of the convolutions in a chain."""
    return [layer.kernel_size for layer in branch.modules() if isinstance(layer, nn.Conv2d)]


def test_maps_of_the_papers_table():
    network = on_meta(inception_v3, auxiliary=True).train()
    layers = [*network.lower, *network.upper, network.head[0], network.head[1]]
    assert maps(network, layers, 299) == [
        (32, 149, 149),
        (32, 147, 147),
        (64, 147, 147),
        (64, 73, 73),
        (80, 73, 73),
        (192, 71, 71),
        (192, 35, 35),
        (256, 35, 35),
        (288, 35, 35),
        (288, 35, 35),
        (768, 17, 17),
        *[(768, 17, 17)] * 4,
        (1280, 8, 8),
        (2048, 8, 8),
        (2048, 8, 8),
        (768, 5, 5),
        (768, 1, 1),
    ]


def test_seven_by_seven_windows_are_rows_and_columns():
    one, pair, pairs, pool = on_meta(Block, 768, block_b(128)).branches
    assert kernels(one) == kernels(pool) == [(1, 1)]
    assert kernels(pair) == [(1, 1), (1, 7), (7, 1)]
    assert kernels(pairs) == [(1, 1), (7, 1), (1, 7), (7, 1), (1, 7)]
    # two one-dimensional windows of 7 cost 14 weights for each pair of channels instead of 49
    assert sum(p.numel() for p in pair[1:].parameters() if p.ndim == 4) == 7 * 128 * (128 + 192)


def test_the_last_blocks_fork():
    block = on_meta(Block, 1280, BLOCK_C)
    assert block.channels == 320 + 2 * 384 + 2 * 384 + 192 == 2048
    fork = block.branches[2][2]
    assert [kernels(branch) for branch in fork.branches] == [[(1, 3)], [(3, 1)]]


def test_branches_are_concatenated_and_forks_read_the_same_map():
    torch.manual_seed(0)
    fork = ((Step(3, (1, 3)),), (Step(4, (3, 1)),))
    block = Block(2, ((Step(5),), (Step(2, 3), fork), ("average",))).eval()
    x = torch.randn(2, 2, 6, 7)
    one, (three, sides), _ = block.branches
    middle = three(x)
    expected = [one(x), sides.branches[0](middle), sides.branches[1](middle)]
    y = block(x)
    assert y.shape == (2, 14, 6, 7)
    torch.testing.assert_close(y[:, :12], torch.cat(expected, 1))


def test_average_pooling_does_not_count_the_padding():
    ones = torch.ones(1, 2, 5, 4)
    torch.testing.assert_close(chain(2, ("average",))[0](ones), ones)


def test_a_unit_is_convolution_batch_norm_relu():
    torch.manual_seed(0)
    unit = Unit(2, Step(50, 3))
    y = unit(torch.randn(8, 2, 6, 6))
    assert unit[0].bias is None
    assert unit[1].eps == 0.001
    assert y.min() == 0
    assert (y > 0).double().mean() == pytest.approx(0.5, abs=0.05)  # centred before ReLU


def test_the_head_speaks_only_in_training():
    network = on_meta(inception_v3, 1, 3, auxiliary=True).train()
    x = torch.empty(2, 1, 299, 299, device="meta")
    assert [tuple(logits.shape) for logits in network(x)] == [(2, 3), (2, 3)]
    assert network.eval()(x).shape == (2, 3)
    assert on_meta(inception_v3, 1, 3).train()(x).shape == (2, 3)


def test_the_reduced_form_keeps_each_factorisation():
    found = set(kernels(inception_v3_reduced()))
    assert {(3, 3), (1, 7), (7, 1), (1, 3), (3, 1)} <= found


def test_the_start_of_the_head_is_small():
    torch.manual_seed(0)
    head = inception_v3(auxiliary=True).head
    assert head[1][1][0].weight.detach().std() == pytest.approx(0.01, rel=0.02)
    assert head[-1][-1].weight.detach().std() == pytest.approx(0.001, rel=0.02)
    assert head[1][0][0].weight.detach().std() == pytest.approx((2 / 768) ** 0.5, rel=0.02)
