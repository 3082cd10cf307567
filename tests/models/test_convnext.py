"""ConvNeXt: counts, maps, the norm, what is in a block, gradients, and that it learns."""

import pytest
import torch
from asked import kinds, macs, maps_of, on_meta, parameters

from cnnbook.models.convnext import Block, ChannelNorm, convnext_reduced, convnext_tiny


def test_the_work_is_that_of_the_paper():
    assert macs(on_meta(convnext_tiny)) == 4_455_531_264  # 4.5 G in the paper


def test_the_maps_of_the_paper():
    maps = maps_of(Block, on_meta(convnext_tiny), 224)
    assert (
        maps == [(96, 56, 56)] * 3 + [(192, 28, 28)] * 3 + [(384, 14, 14)] * 9 + [(768, 7, 7)] * 3
    )


def test_a_block_has_one_norm_and_one_activation():
    block = on_meta(Block, 96, 1e-6)
    layers = [module for module in block.modules() if not list(module.children())]
    assert kinds(layers) == ["Conv2d", "LayerNorm", "Linear", "GELU", "Linear"]
    assert (block.filter.kernel_size, block.filter.groups) == ((7, 7), 96)
    assert parameters(block) == 49 * 96 + 96 + 2 * 96 + 96 * 384 + 384 + 384 * 96 + 96 + 96


def test_a_block_adds_its_scaled_branch():
    torch.manual_seed(0)
    block, x = Block(6, 1e-6), torch.randn(2, 6, 9, 8)
    torch.testing.assert_close(block(x), x, atol=1e-4, rtol=0)
    with torch.no_grad():
        block.scale.copy_(torch.arange(6.0))
    y = block(x) - x
    assert not y[:, 0].any()
    mixed = block.mix(block.filter(x).movedim(1, 3)).movedim(3, 1)
    torch.testing.assert_close(y[:, 5], 5 * mixed[:, 5], atol=1e-5, rtol=1e-5)


def test_the_norm_is_over_the_channels_of_a_pixel():
    torch.manual_seed(0)
    x = 3 + 2 * torch.randn(2, 7, 5, 4)
    mean, variance = x.mean(1, keepdim=True), x.var(1, correction=0, keepdim=True)
    torch.testing.assert_close(ChannelNorm(7)(x), (x - mean) / (variance + 1e-6).sqrt())


def test_branches_start_small_in_the_deep_network_alone():
    scales = {p.item() for name, p in _first(convnext_tiny) if name.endswith("scale")}
    assert scales == {torch.tensor(1e-6).item()}
    assert {p.item() for name, p in _first(convnext_reduced) if name.endswith("scale")} == {1.0}


def _first(build):
    return [(name, p.flatten()[0]) for name, p in build().named_parameters()]


def test_what_stands_before_between_and_behind_the_blocks():
    network = on_meta(convnext_tiny)
    assert kinds(network.stem) == ["Conv2d", "ChannelNorm"]
    assert kinds(network.body[0]) == ["Block"] * 3
    assert kinds(network.body[2]) == ["ChannelNorm", "Conv2d"] + ["Block"] * 9
    assert kinds(network.head) == ["AdaptiveAvgPool2d", "Flatten", "LayerNorm", "Linear"]


def test_first_weights():
    torch.manual_seed(0)
    network = convnext_reduced()
    block = network.body[1][-1]
    for layer in (network.stem[0], block.filter, block.mix[1], network.head[-1]):
        assert layer.weight.std().item() == pytest.approx(0.02, rel=0.15)
        assert not layer.bias.any()
