"""EfficientNet: counts from B0 to B7, the lite form, what is in a block, gradients, learning."""

import pytest
import torch
from asked import convolutions, kinds, macs, maps_of, on_meta, parameters
from torch import nn

from cnnbook.models.blocks import ConvSqueezeExcite, SameConv2d
from cnnbook.models.efficientnet import (
    SCALES,
    MBConv,
    efficientnet,
    efficientnet_lite0,
)

PUBLISHED = (
    *(5_288_548, 7_794_184, 9_109_994, 12_233_232),
    *(19_341_616, 30_389_784, 43_040_704, 66_347_960),
)


@pytest.mark.parametrize("scale", range(8))
def test_parameters_are_those_published(scale):
    assert parameters(on_meta(efficientnet, scale=scale)) == PUBLISHED[scale]


@pytest.mark.parametrize(("scale", "work"), [(0, 0.39), (1, 0.69), (2, 0.99), (3, 1.83)])
def test_work_is_that_of_table_2(scale, work):
    size = SCALES[scale][2]
    flops = macs(on_meta(efficientnet, size=size, scale=scale), size) / 1e9
    # the paper has 0.70 and 1.0 and 1.8
    assert flops == pytest.approx(work, abs=0.01)


def test_lite0_is_b0_without_the_weighing():
    network = on_meta(efficientnet_lite0)
    assert parameters(network) == 4_652_008
    assert macs(network, 224) == 385_187_552
    weighing = sum(
        parameters(m) for m in on_meta(efficientnet).modules() if isinstance(m, ConvSqueezeExcite)
    )
    assert parameters(network) + weighing == PUBLISHED[0]
    names = kinds(network.modules())
    assert "ReLU6" in names
    assert not {"SiLU", "ConvSqueezeExcite"} & set(names)
    strided = [layer for layer in convolutions(network) if layer.stride == (2, 2)]
    assert [type(layer) for layer in strided] == [SameConv2d] * 5


def test_tensors_of_lite0_stand_in_the_published_order():
    shapes = [tuple(tensor.shape) for tensor in on_meta(efficientnet_lite0).state_dict().values()]
    assert len(shapes) == 296
    norms = {c: [(c,)] * 4 + [()] for c in (16, 32, 96, 1280)}  # with the count of batches
    assert shapes[:24] == [
        *[(32, 3, 3, 3), *norms[32]],
        *[(32, 1, 3, 3), *norms[32], (16, 32, 1, 1), *norms[16]],
        *[(96, 16, 1, 1), *norms[96]],
    ]
    assert shapes[-8:] == [(1280, 320, 1, 1), *norms[1280], (1000, 1280), (1000,)]


def test_the_maps_of_table_1():
    assert maps_of(MBConv, on_meta(efficientnet), 224) == [
        *[(16, 112, 112)] + [(24, 56, 56)] * 2 + [(40, 28, 28)] * 2,
        *[(80, 14, 14)] * 3 + [(112, 14, 14)] * 3,
        *[(192, 7, 7)] * 4 + [(320, 7, 7)],
    ]


def test_a_block_has_everything_in_its_place():
    block = MBConv(8, 8, 5, 6, 1, lite=False)
    assert kinds(block.branch) == [
        "ConvNorm",
        "SiLU",
        "ConvNorm",
        "SiLU",
        "ConvSqueezeExcite",
        "ConvNorm",
    ]
    assert kinds(block.branch[4].weigh) == [
        "AdaptiveAvgPool2d",
        "Conv2d",
        "SiLU",
        "Conv2d",
        "Sigmoid",
    ]
    assert block.branch[4].weigh[1].out_channels == 2  # a quarter of 8, not of 48
    torch.manual_seed(0)
    x = torch.randn(2, 8, 5, 6)
    torch.testing.assert_close(block.eval()(x), x + block.branch(x))
    plain = MBConv(8, 8, 3, 1, 2, lite=True)
    assert kinds(plain.branch) == ["ConvNorm", "ReLU6", "ConvNorm"]
    assert plain(x).shape == (2, 8, 3, 3)


@pytest.mark.parametrize(("build", "name"), [(efficientnet, "SiLU"), (efficientnet_lite0, "ReLU6")])
def test_what_stands_before_and_behind_the_blocks(build, name):
    network = on_meta(build)
    assert kinds(network.stem) == ["ConvNorm", name]
    assert kinds(network.head) == [
        *["ConvNorm", name, "AdaptiveAvgPool2d", "Flatten", "Dropout", "Linear"]
    ]
    assert {m.eps for m in network.modules() if isinstance(m, nn.BatchNorm2d)} == {0.001}


@pytest.mark.parametrize("scale", [-1, 8])
def test_a_scale_stands_in_the_table(scale):
    with pytest.raises(ValueError, match=f"scale must be 0 to 7, got {scale}"):
        efficientnet(scale=scale)


def test_first_weights_of_the_dense_layer():
    torch.manual_seed(0)
    weight = efficientnet(1, 16, 32).head[-1].weight
    assert weight.abs().max().item() == pytest.approx(0.25, rel=0.01)
