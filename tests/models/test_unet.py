"""U-Net: counts, sizes in and out, bridges cut from the middle, and that it learns."""

from itertools import pairwise

import pytest
import torch
from asked import parameters
from torch import nn

from cnnbook.models.unet import UNet, unet, unet_output_size, unet_reduced, unet_tile_size


@pytest.mark.parametrize(
    ("channels", "classes", "same", "count"),
    [
        (1, 2, False, 31_030_658),
        (1, 2, True, 31_030_658),
        (1, 1, False, 31_030_593),
        (3, 2, False, 31_031_810),
    ],
)
def test_parameters_are_those_published(channels, classes, same, count):
    with torch.device("meta"):
        assert parameters(unet(channels, classes, 1100 if not same else 1024, same)) == count


def test_the_layers_of_figure_1():
    with torch.device("meta"):
        network = unet()
    shapes = []
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            layer.register_forward_hook(lambda _, x, y: shapes.append(tuple(y.shape[1:3])))
    assert network(torch.empty(1, 1, 572, 572, device="meta")).shape == (1, 2, 388, 388)
    assert shapes == [  # channels and height behind each of the 23 layers
        *[(64, 570), (64, 568), (128, 282), (128, 280), (256, 138), (256, 136)],
        *[(512, 66), (512, 64), (1024, 30), (1024, 28)],
        *[(512, 56), (512, 54), (512, 52), (256, 104), (256, 102), (256, 100)],
        *[(128, 200), (128, 198), (128, 196), (64, 392), (64, 390), (64, 388)],
        (2, 388),
    ]


@pytest.mark.parametrize(
    ("channels", "classes", "h", "w", "same"),
    [(3, 5, 188, 236, False), (1, 1, 204, 188, False), (2, 4, 16, 48, True), (3, 2, 80, 32, True)],
)
def test_every_size_comes_out_as_announced(channels, classes, h, w, same):
    with torch.device("meta"):
        network = unet(channels, classes, h, same)
        y = network(torch.empty(2, channels, h, w))
    lost = 0 if same else 184
    assert y.shape == (2, classes, h - lost, w - lost)


@pytest.mark.parametrize("levels", [1, 2, 3, 4])
@pytest.mark.parametrize("same", [False, True])
def test_the_output_size_is_that_of_the_layers(levels, same):
    fitting = []
    for size in range(1, 300):
        h, whole = size, True
        for _ in range(levels):
            h -= 0 if same else 4
            whole &= h % 2 == 0
            h //= 2
        for _ in range(levels):
            h = 2 * (h - (0 if same else 4))
        h -= 0 if same else 4
        if whole and h > 0:
            assert unet_output_size(size, levels, same) == h
            fitting.append(size)
        else:
            with pytest.raises(ValueError, match=f"size {size} cannot be halved {levels} times"):
                unet_output_size(size, levels, same)
    assert len(fitting) > 2
    with pytest.raises(ValueError, match=f"the next that can is {fitting[2]}$"):
        unet_output_size(fitting[1] + 1, levels, same)


def test_sizes_that_do_not_fit_are_refused_with_the_next():
    with pytest.raises(ValueError, match=r"size 573 .* the next that can is 588"):
        unet(size=573)
    with pytest.raises(ValueError, match=r"size 570 .* the next that can is 576"):
        unet(size=570, same=True)
    with pytest.raises(ValueError, match=r"size 29 .* the next that can is 32"):
        unet_reduced(size=29)
    with torch.device("meta"), pytest.raises(ValueError, match=r"size 202 .* can is 204"):
        unet(size=188)(torch.empty(1, 1, 188, 202))


@pytest.mark.parametrize(("same", "least"), [(False, 188), (True, 16)])
def test_the_least_size(same, least):
    with torch.device("meta"):
        y = unet(size=least, same=same)(torch.empty(1, 1, least, least))
    assert y.shape[2:] == ((16, 16) if same else (4, 4))
    with pytest.raises(ValueError, match=f"at least {least} x {least}, size is {least - 1}"):
        unet(size=least - 1, same=same)


def test_tiles_cover_what_is_asked():
    assert unet_tile_size(388) == 572
    assert unet_tile_size(512) == 700  # the images of the paper's data set: one tile gives 516
    for outputs in range(1, 200):
        tile = unet_tile_size(outputs)
        assert outputs <= unet_output_size(tile) < outputs + 16
    with pytest.raises(ValueError, match="outputs must be at least 1, got 0"):
        unet_tile_size(0)


def test_a_bridge_is_cut_from_the_middle():
    torch.manual_seed(0)
    network = UNet(1, 2, (2, 3, 4), same=False, dropout=0.0)
    with torch.no_grad():
        network.up[-1].weight.zero_()  # what is left reads 4 pixels around each label
        for p in network.parameters():
            p.abs_()  # no path is cut by a ReLU
    x = torch.rand(1, 1, 60, 68, requires_grad=True)
    y = network(x)
    lost = (60 - y.shape[2]) // 2
    assert y.shape[2:] == (60 - 2 * lost, 68 - 2 * lost)
    for row, column in ((0, 0), (5, 11)):
        (dx,) = torch.autograd.grad(y[0, :, row, column].sum(), x, retain_graph=True)
        rows, columns = dx[0, 0].nonzero().T
        assert (rows.min(), rows.max()) == (row + lost - 4, row + lost + 4)
        assert (columns.min(), columns.max()) == (column + lost - 4, column + lost + 4)


def test_valid_and_same_agree_away_from_the_edge():
    torch.manual_seed(0)
    same = UNet(1, 3, (2, 4, 6), same=True, dropout=0.0).double()
    valid = UNet(1, 3, (2, 4, 6), same=False, dropout=0.0).double()
    valid.load_state_dict(same.state_dict())
    x = torch.randn(1, 1, 124, 132, dtype=torch.float64)
    # valid convolutions pool pixels 2 and 3, ...: from pixel 2 on, the padded ones pool them too
    a, b = valid(x), same(x[:, :, 2:-2, 2:-2])
    assert a.shape[2:] == (84, 92)
    torch.testing.assert_close(a[:, :, 4:-4, 4:-4], b[:, :, 22:-22, 22:-22])


def test_each_3x3_convolution_has_its_relu():
    with torch.device("meta"):
        layers = list(unet().modules())
    followers = [
        after
        for layer, after in pairwise(layers)
        if isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3)
    ]
    assert len(followers) == 18
    assert all(isinstance(layer, nn.ReLU) for layer in followers)


def test_dropout_stands_at_the_end_of_the_way_down():
    with torch.device("meta"):
        shares = [layer.p for layer in unet().drop]
    assert shares == [0, 0, 0, 0.5, 0.5]


def test_weights_are_drawn_as_the_paper_says():
    torch.manual_seed(0)
    network = UNet(1, 2, (16, 32, 64), same=True, dropout=0.0)
    layer = network.merge[0][0]
    assert layer.weight.std().item() == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.03)
    assert not layer.bias.any()
