"""SE-ResNet: the published count, the weighing against its formula, sizes, gradients."""

import torch
from asked import macs, maps, noisy, on_meta, parameters

from cnnbook.models.resnet import resnet50
from cnnbook.models.se_resnet import (
    DenseSqueezeExcite,
    SEBottleneck,
    se_resnet50,
    se_resnet_reduced,
)


def test_parameters_are_those_published():
    network = on_meta(se_resnet50)
    assert parameters(network) == 28_088_024
    weighing = [layer for layer in network.modules() if isinstance(layer, DenseSqueezeExcite)]
    assert len(weighing) == 16
    assert sum(parameters(layer) for layer in weighing) == 28_088_024 - 25_557_032


def test_weights_are_twice_the_square_of_the_channels_over_the_reduction():
    """The paper counts 2 c²/r for each block and leaves the biases out."""
    blocks = ((3, 256), (4, 512), (6, 1024), (3, 2048))
    weights = sum(n * 2 * c**2 // 16 for n, c in blocks)
    biases = sum(n * (c // 16 + c) for n, c in blocks)
    assert weights == 2_514_944
    assert weights + biases == 28_088_024 - 25_557_032


def test_the_weighing_costs_less_than_a_thousandth_of_the_macs():
    extra = macs(on_meta(se_resnet50)) - macs(on_meta(resnet50))
    assert extra == 2_514_944  # each weight is used once in an image


def test_channels_are_weighed_by_their_means():
    layer = DenseSqueezeExcite(8, 4).double()
    x = torch.randn(2, 8, 5, 3, dtype=torch.double)
    first, last = layer.excite[0], layer.excite[2]
    assert first.weight.shape == (2, 8)
    hidden = (x.sum((2, 3)) / 15 @ first.weight.T + first.bias).clamp(min=0)
    scale = 1 / (1 + (-hidden @ last.weight.T - last.bias).exp())
    torch.testing.assert_close(layer(x), torch.einsum("nchw,nc->nchw", x, scale))


def test_the_branch_is_weighed_and_not_the_shortcut():
    block = noisy(SEBottleneck(8, 8, 1, reduction=2))
    x = torch.randn(2, 8, 9, 7, dtype=torch.double)
    weighing = block.branch[-1]
    y = block.branch[:-1](x)
    assert (y < 0).any()  # straight from the normalisation
    torch.testing.assert_close(block(x), (weighing(y) + x).clamp(min=0))


def test_the_output_sizes():
    network = on_meta(se_resnet50)
    wanted = [(256, 56, 56), (512, 28, 28), (1024, 14, 14), (2048, 7, 7)]
    assert maps(network, network.stages, 224) == wanted
    network = on_meta(se_resnet_reduced)
    wanted = [(16, 14, 14), (32, 14, 14), (64, 7, 7), (128, 4, 4)]
    assert maps(network, [network.stem, *network.stages], 28, 1) == wanted


def test_the_reduced_form_weighs_in_every_block():
    network = on_meta(se_resnet_reduced)
    kinds = [type(block) for stage in network.stages for block in stage]
    assert kinds == [SEBottleneck] * 6
    assert parameters(network) == 68_274
