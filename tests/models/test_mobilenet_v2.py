"""MobileNet v2: counts, where the shortcuts and the activations are, gradients, and learning."""

import pytest
import torch
from asked import convolutions, fits, kinds, macs, maps_of, on_meta, parameters

from cnnbook.models.mobilenet_v2 import InvertedResidual, mobilenet_v2, mobilenet_v2_reduced

WIDTHS = {  # width -> parameters, M multiply-adds (Keras' table of the published networks)
    1.0: (3_504_872, 301),
    0.35: (1_677_128, 59),
    0.5: (1_968_680, 97),
    0.75: (2_636_424, 209),
    1.3: (5_386_792, 509),
    1.4: (6_108_776, 582),
}


@pytest.mark.parametrize("width", WIDTHS)
def test_parameters_and_work_are_those_published(width):
    network = on_meta(mobilenet_v2, width=width)
    count, work = WIDTHS[width]
    assert parameters(network) == count
    assert round(macs(network, 224) / 1e6) == work


def test_the_maps_of_table_2():
    maps = maps_of(InvertedResidual, on_meta(mobilenet_v2), 224)
    assert maps == [
        *[(16, 112, 112)] + [(24, 56, 56)] * 2 + [(32, 28, 28)] * 3,
        *[(64, 14, 14)] * 4 + [(96, 14, 14)] * 3,
        *[(160, 7, 7)] * 3 + [(320, 7, 7)],
    ]


def test_the_narrow_ends_are_added_where_the_shape_stays():
    blocks = [m for m in on_meta(mobilenet_v2).modules() if isinstance(m, InvertedResidual)]
    assert "".join("+" if block.residual else "." for block in blocks) == "..+.++.+++.++.++."
    torch.manual_seed(0)
    block, x = InvertedResidual(4, 4, 6, 1).eval(), torch.randn(2, 4, 5, 6)
    torch.testing.assert_close(block(x), x + block.branch(x))
    for block in (InvertedResidual(4, 5, 6, 1), InvertedResidual(4, 4, 6, 2)):
        block.eval()
        torch.testing.assert_close(block(x), block.branch(x))


def test_bottlenecks_are_linear_and_wide_inside():
    block = InvertedResidual(4, 5, 6, 2)
    assert kinds(block.branch) == ["ConvNorm", "ReLU6", "ConvNorm", "ReLU6", "ConvNorm"]
    assert [layer.out_channels for layer in convolutions(block)] == [24, 24, 5]
    assert [layer.groups for layer in convolutions(block)] == [1, 24, 1]
    assert [layer.stride[0] for layer in convolutions(block)] == [1, 2, 1]
    assert len(convolutions(InvertedResidual(4, 5, 1, 1))) == 2  # nothing to expand


def test_what_stands_before_and_behind_the_blocks():
    network = on_meta(mobilenet_v2)
    assert kinds(network.stem) == ["ConvNorm", "ReLU6"]
    assert kinds(network.head) == [
        *["ConvNorm", "ReLU6", "AdaptiveAvgPool2d", "Flatten", "Dropout", "Linear"]
    ]


@pytest.mark.parametrize(
    ("build", "channels", "classes", "size", "width"),
    [
        (mobilenet_v2_reduced, 1, 5, 28, 2),
        (mobilenet_v2_reduced, 3, 5, 64, 0.5),
    ],
)
def test_any_channels_classes_size_and_width(build, channels, classes, size, width):
    fits(build, channels, classes, size, width=width)


@pytest.mark.parametrize("build", [mobilenet_v2, mobilenet_v2_reduced])
def test_a_width_is_above_zero(build):
    with pytest.raises(ValueError, match="width must be above 0, got -1"):
        build(width=-1)


def test_the_last_convolution_never_shrinks():
    features = [on_meta(mobilenet_v2, width=w).head[-1].in_features for w in (0.35, 1, 1.4)]
    assert features == [1280, 1280, 1792]
