"""EfficientNet: counts from B0 to B7, the lite form, what is in a block, gradients, learning."""

import pytest
import torch
from light import (
    check_gradients,
    check_learns,
    check_shapes,
    convolutions,
    kinds,
    macs,
    on_meta,
    output_sizes,
    parameters,
)
from torch import nn

from cnnbook.models.blocks import SameConv2d, SqueezeExcite
from cnnbook.models.efficientnet import (
    SCALES,
    MBConv,
    efficientnet,
    efficientnet_lite0,
    efficientnet_reduced,
)

PUBLISHED = (
    *(5_288_548, 7_794_184, 9_109_994, 12_233_232),
    *(19_341_616, 30_389_784, 43_040_704, 66_347_960),
)
BUILDERS = [(efficientnet, 32), (efficientnet_lite0, 32), (efficientnet_reduced, 4)]


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
        parameters(m) for m in on_meta(efficientnet).modules() if isinstance(m, SqueezeExcite)
    )
    assert parameters(network) + weighing == PUBLISHED[0]
    names = kinds(network.modules())
    assert "ReLU6" in names
    assert not {"SiLU", "SqueezeExcite"} & set(names)
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
    assert output_sizes(on_meta(efficientnet), MBConv, 224) == [
        *[(16, 112)] + [(24, 56)] * 2 + [(40, 28)] * 2,
        *[(80, 14)] * 3 + [(112, 14)] * 3,
        *[(192, 7)] * 4 + [(320, 7)],
    ]


def test_a_block_has_everything_in_its_place():
    block = MBConv(8, 8, 5, 6, 1, lite=False)
    assert kinds(block.branch) == [
        "ConvNorm",
        "SiLU",
        "ConvNorm",
        "SiLU",
        "SqueezeExcite",
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


@pytest.mark.parametrize(
    ("build", "channels", "classes", "size"),
    [
        (efficientnet, 1, 7, 225),
        (efficientnet, 4, 1000, 64),
        (efficientnet_lite0, 2, 3, 101),
        *[(efficientnet_reduced, c, 5, size) for c, size in ((1, 28), (3, 33), (3, 64))],
    ],
)
def test_any_channels_classes_and_size(build, channels, classes, size):
    check_shapes(build, channels, classes, size)


@pytest.mark.parametrize(("build", "least"), BUILDERS)
def test_the_least_size_works_and_one_less_is_refused(build, least):
    network = on_meta(build, 3, 4, least)
    x = torch.empty(2, 3, least, least, device="meta")
    assert network.body(network.stem(x)).shape[2:] == (1, 1)  # one whole cell of the last map
    assert network.train()(x).shape == (2, 4)
    message = f"{build.__name__} wants images of at least {least} x {least}, size is {least - 1}"
    with pytest.raises(ValueError, match=message):
        build(3, 4, least - 1)


@pytest.mark.parametrize("scale", [-1, 8])
def test_a_scale_stands_in_the_table(scale):
    with pytest.raises(ValueError, match=f"scale must be 0 to 7, got {scale}"):
        efficientnet(scale=scale)


@pytest.mark.parametrize(
    ("build", "size"),
    [(efficientnet, 64), (efficientnet_lite0, 64), (efficientnet_reduced, 28)],
)
def test_every_parameter_receives_a_gradient(build, size):
    torch.manual_seed(0)
    assert not check_gradients(build(3, 2, size), 3, size)


def test_first_weights_of_the_dense_layer():
    torch.manual_seed(0)
    weight = efficientnet(1, 16, 32).head[-1].weight
    assert weight.abs().max().item() == pytest.approx(0.25, rel=0.01)


@pytest.mark.parametrize(("channels", "size"), [(1, 28), (3, 33)])
def test_the_reduced_form_learns_sixteen_images_by_heart(channels, size):
    check_learns(efficientnet_reduced, channels, size)
