"""GoogLeNet: counts and maps of the paper's table 1, the auxiliary heads, the reduced form."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from asked import maps, on_meta, parameters
from torch import nn

from cnnbook.models.googlenet import ROWS, Inception, Unit, googlenet, googlenet_reduced

# table 1 of the paper: map behind each block
MAPS = {
    "3a": (256, 28, 28),
    "3b": (480, 28, 28),
    "4a": (512, 14, 14),
    "4b": (512, 14, 14),
    "4c": (512, 14, 14),
    "4d": (528, 14, 14),
    "4e": (832, 14, 14),
    "5a": (832, 7, 7),
    "5b": (1024, 7, 7),
}


def test_parameters():
    assert parameters(on_meta(googlenet)) == 6_998_552  # Caffe's bvlc_googlenet without heads
    # a head: 1x1 convolution, 2048 -> 1024 -> 1000; 512 channels behind 4a and 528 behind 4d
    heads = sum(
        c * 128 + 128 + 2048 * 1024 + 1024 + 1024 * 1000 + 1000 for c in (512, 528)
    )  # by hand
    assert parameters(on_meta(googlenet, auxiliary=True)) == 6_998_552 + heads == 13_378_280


def test_maps_of_the_papers_table():
    network = on_meta(googlenet, auxiliary=True).train()
    assert maps(network, [network.blocks[name] for name in MAPS], 224) == list(MAPS.values())
    assert maps(network, network.stem, 224)[: len(network.stem)] == [
        (64, 112, 112),
        *[(64, 56, 56)] * 3,
        *[(192, 56, 56)] * 2,
        (192, 28, 28),
    ]
    pooled = maps(network, [head[0] for head in network.heads.values()], 224)
    assert pooled == [(512, 4, 4), (528, 4, 4)]  # section 5


def test_weights_of_a_block_by_hand():
    # 3a of the table: "159K" in thousands of 1024, weights without biases
    block = on_meta(Inception, 192, ROWS["3a"])
    weights = 192 * (64 + 96 + 16 + 32) + 96 * 128 * 9 + 16 * 32 * 25
    assert parameters(block) - (64 + 96 + 128 + 16 + 32 + 32) == weights == 163_328
    assert weights // 1024 == 159


def test_a_block_is_four_branches_in_order():
    torch.manual_seed(0)
    block = Inception(5, (2, 3, 4, 1, 6, 7))
    x = torch.randn(2, 5, 8, 9)
    y = block(x)
    convolve = lambda unit, x: F.relu(  # noqa: E731
        F.conv2d(x, unit[0].weight, unit[0].bias, padding="same")
    )
    parts = [
        convolve(block.one, x),
        convolve(block.three[1], convolve(block.three[0], x)),
        convolve(block.five[1], convolve(block.five[0], x)),
        convolve(block.pool[1], F.max_pool2d(x, 3, 1, 1)),
    ]
    torch.testing.assert_close(y, torch.cat(parts, 1))
    assert block.five[1][0].kernel_size == (5, 5)
    assert block.three[1][0].kernel_size == (3, 3)


def test_layers_of_a_head():
    head = on_meta(googlenet, auxiliary=True).heads["4a"]
    kinds = [nn.AvgPool2d, Unit, nn.Flatten, nn.Linear, nn.ReLU, nn.Dropout, nn.Linear]
    assert [type(layer) for layer in head] == kinds


def test_response_norm_and_dropout():
    network = on_meta(googlenet, auxiliary=True)
    norms = [layer for layer in network.modules() if isinstance(layer, nn.LocalResponseNorm)]
    assert [(norm.size, norm.alpha, norm.beta, norm.k) for norm in norms] == [
        (5, 1e-4, 0.75, 1)
    ] * 2
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in network.modules())
    dropouts = [layer.p for layer in network.modules() if isinstance(layer, nn.Dropout)]
    assert dropouts == [0.7, 0.7, 0.4]


@pytest.mark.parametrize("build", [googlenet, googlenet_reduced])
def test_heads_speak_only_in_training(build):
    torch.manual_seed(0)
    size = 95 if build is googlenet else 33
    network = build(1, 3, size, auxiliary=True)
    x = torch.randn(2, 1, size, size)
    logits, first, second = network(x)
    assert logits.shape == first.shape == second.shape == (2, 3)
    assert not torch.equal(first, second)
    assert network.eval()(x).shape == (2, 3)
    assert build(1, 3, size).train()(x).shape == (2, 3)


def test_a_head_teaches_the_blocks_before_it_alone():
    network = googlenet_reduced(auxiliary=True)
    _, first, second = network(torch.randn(2, 1, 28, 28))
    first.sum().backward(retain_graph=True)
    learning = {name for name, block in network.blocks.items() if _learns(block)}
    assert learning == {"3a", "3b", "4a"}
    second.sum().backward()
    assert {name for name, block in network.blocks.items() if _learns(block)} == learning | {"4b"}


def _learns(block):
    return any(p.grad is not None for p in block.parameters())


def test_the_start_is_caffes():
    torch.manual_seed(0)
    network = googlenet()
    weight = network.blocks["5b"].three[1][0].weight.detach()
    assert weight.abs().max() == pytest.approx((3 / (192 * 9)) ** 0.5, rel=1e-3)
    assert weight.var() == pytest.approx(1 / (192 * 9), rel=0.01)
    assert (network.blocks["5b"].three[1][0].bias == torch.tensor(0.2)).all()
    assert (network.dense.bias == 0).all()
