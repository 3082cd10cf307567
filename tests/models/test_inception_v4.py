"""Inception v4: the count of the published code, the maps of the paper's figures."""

from asked import maps, on_meta
from torch import nn

from cnnbook.models.inception_v3 import Block
from cnnbook.models.inception_v4 import BLOCK_B, BLOCK_C, STEM, inception_v4


def kernels(branch):
    """Kernel sizes of the convolutions in a chain."""
    return [layer.kernel_size for layer in branch.modules() if isinstance(layer, nn.Conv2d)]


def test_maps_of_the_papers_figures():
    network = on_meta(inception_v4)
    assert maps(network, network[0], 299) == [
        (32, 149, 149),
        (32, 147, 147),
        (64, 147, 147),
        (160, 73, 73),
        (192, 71, 71),
        (384, 35, 35),
        *[(384, 35, 35)] * 4,
        (1024, 17, 17),
        *[(1024, 17, 17)] * 7,
        (1536, 8, 8),
        *[(1536, 8, 8)] * 3,
    ]


def test_the_stem_branches_three_times():
    sizes = [sum(len(branch) for branch in part) for part in STEM if isinstance(part[0], tuple)]
    assert sizes == [
        2,
        6,
        2,
    ]  # parts in figure 3: pool | 3x3; 1x1 3x3 | 1x1 1x7 7x1 3x3; 3x3 | pool


def test_order_of_rows_and_columns():
    _, pair, pairs, _ = on_meta(Block, 1024, BLOCK_B).branches
    assert kernels(pair) == [(1, 1), (1, 7), (7, 1)]
    assert kernels(pairs) == [(1, 1), (7, 1), (1, 7), (7, 1), (1, 7)]
    _, fork, long_fork, _ = on_meta(Block, 1536, BLOCK_C).branches
    assert kernels(fork) == [(1, 1), (1, 3), (3, 1)]
    assert kernels(long_fork) == [(1, 1), (3, 1), (1, 3), (1, 3), (3, 1)]
    assert fork[1].channels == long_fork[3].channels == 512


def test_a_fifth_is_dropped_out():
    assert [
        layer.p for layer in on_meta(inception_v4).modules() if isinstance(layer, nn.Dropout)
    ] == [0.2]
