"""LeNet-5 against the numbers of its paper, and the LeNet of today."""

import torch
import torch.nn.functional as F  # noqa: N812
from asked import learns_by_heart, parameters
from torch import nn

from cnnbook.models import lenet


def outputs(network, x):
    """Return what each layer puts out."""
    kept = []
    for layer in network:
        x = layer(x)
        kept.append(x)
    return kept


def test_lenet5_has_60000_parameters_layer_by_layer():
    with torch.device("meta"):
        network = lenet.lenet5()
    assert [n for n in map(parameters, network) if n] == [156, 12, 1516, 32, 48120, 10164]
    assert parameters(network) == 60_000


def test_lenet5_has_340908_connections():
    network = lenet.lenet5()
    total = 0
    for layer, y in zip(network, outputs(network, torch.zeros(1, 1, 32, 32)), strict=True):
        if isinstance(layer, lenet.Subsample):
            total += y.numel() * (4 + 1)  # a unit reads four cells and a bias
        elif isinstance(layer, lenet.Codes):
            total += layer.codes.numel()
        elif parameters(layer):
            places = y[0, 0].numel()
            total += places * parameters(layer)  # the weights are shared by all places
    assert total == 340_908


def test_lenet5_has_the_sizes_of_the_paper():
    shapes = [tuple(y.shape[1:]) for y in outputs(lenet.lenet5(), torch.zeros(1, 1, 32, 32))]
    assert shapes[0:-1:2] == [
        (6, 28, 28),
        (6, 14, 14),
        (16, 10, 10),
        (16, 5, 5),
        (120, 1, 1),
        (120,),
        (84,),
    ]
    assert shapes[-1] == (10,)


def test_table_reads_each_map_ten_times():
    reads = [index for row in lenet.TABLE for index in row]
    assert [reads.count(index) for index in range(6)] == [10] * 6  # the crosses of a row of table I
    assert [len(row) for row in lenet.TABLE] == [3] * 6 + [4] * 9 + [6]
    for length, rows in ((3, lenet.TABLE[:6]), (4, lenet.TABLE[6:12])):
        neighbours = {frozenset((first + i) % 6 for i in range(length)) for first in range(6)}
        assert {frozenset(row) for row in rows} == neighbours
    assert len({frozenset(row) for row in lenet.TABLE}) == 16


def test_table_convolution_is_a_convolution_with_zeros():
    torch.manual_seed(0)
    layer = lenet.TableConvolution(lenet.TABLE, 5).double()
    weight = torch.zeros(16, 6, 5, 5, dtype=torch.float64)
    for index, (small, row) in enumerate(zip(layer.maps, lenet.TABLE, strict=True)):
        weight[index, list(row)] = small.weight[0].detach()
    bias = torch.cat([small.bias for small in layer.maps])
    x = torch.randn(2, 6, 9, 11, dtype=torch.float64)
    torch.testing.assert_close(layer(x), F.conv2d(x, weight, bias))


def test_squash_maps_one_to_one():
    y = lenet.Squash()(torch.tensor([-100.0, -1, 0, 1, 100]))
    torch.testing.assert_close(y, torch.tensor([-1.7159, -1, 0, 1, 1.7159]), atol=1e-4, rtol=0)


def test_subsample_by_hand():
    layer = lenet.Subsample(2)
    with torch.no_grad():
        layer.weight[:, 0, 0], layer.bias[:, 0, 0] = torch.tensor([[2.0, -1], [0.5, 3]])
    x = torch.arange(12.0).reshape(1, 2, 2, 3)  # the third column is left over
    torch.testing.assert_close(layer(x), torch.tensor([[[[16.5]], [[-29.0]]]]))  # 2·8+.5, −32+3


def test_codes_score_by_distance():
    layer = lenet.Codes(84, 10)
    assert layer.codes.abs().eq(1).all()
    scores = layer(layer.codes)
    torch.testing.assert_close(scores.diag(), torch.zeros(10))
    different = (layer.codes[3] != layer.codes[7]).sum()
    assert scores[3, 7] == -4 * different  # a bit more or less is a distance of 2 squared
    assert (scores - 84 * torch.eye(10)).max() <= -84  # codes differ in 21 bits and more
    assert torch.equal(layer.codes, lenet.Codes(84, 10).codes)
    assert not list(layer.parameters())


def test_first_weights_lie_within_the_bounds_of_appendix_a():
    torch.manual_seed(0)
    network = lenet.lenet5()
    for layer, inputs in (
        (network[0], 25),
        (network[2], 4),
        (network[4].maps[0], 75),
        (network[8], 400),
        (network[11], 120),
    ):
        peak = max(layer.weight.abs().max().item(), layer.bias.abs().max().item())
        assert 0.5 * 2.4 / inputs < peak <= 2.4 / inputs


def test_lenet_reduced_has_61706_parameters():
    with torch.device("meta"):
        assert parameters(lenet.lenet_reduced()) == 61_706


def test_lenet5_learns_16_images_by_heart():
    learns_by_heart(lenet.lenet5)


def test_lenet5_squashes_each_layer_but_the_output():
    layers = list(lenet.lenet5())
    kinds = (nn.Conv2d, nn.Linear, lenet.Subsample, lenet.TableConvolution)
    after = [type(layers[i + 1]) for i, layer in enumerate(layers) if isinstance(layer, kinds)]
    assert after == [lenet.Squash] * 6
