"""Parameters, multiply-adds and names of calls, against torch's own counts."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from brought import CASES, Branches, Functional, Reuse, Several
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnbook import shapes
from cnnbook.summary import ledger


def filled(value):
    """Make tensors of the shapes in the arguments of a case."""
    shape = isinstance(value, tuple) and all(isinstance(n, int) for n in value)
    return torch.rand(value) if shape else value


def torch_macs(module, *inputs):
    with FlopCounterMode(display=False) as counter:
        module(*map(filled, inputs))
    flops = counter.get_total_flops()
    assert flops % 2 == 0
    return flops // 2


@pytest.mark.parametrize("case", CASES)
def test_totals_are_those_of_torch(case):
    module = case()
    found = ledger(module, *CASES[case])
    assert found.device == "meta"
    assert found.total.macs == torch_macs(module, *CASES[case]) > 0
    assert found.total.macs == sum(row.macs for row in found.rows)
    assert found.total.parameters == sum(p.numel() for p in module.parameters())
    assert found.total.parameters == sum(row.parameters for row in found.rows)


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.TransformerEncoderLayer(12, 3, 20, batch_first=True)
        self.attention = nn.MultiheadAttention(12, 4, batch_first=True)

    def forward(self, x):
        x = self.encoder(x)
        return self.attention(x, x, x)[0] + F.scaled_dot_product_attention(x, x, x)


@pytest.mark.parametrize(
    ("module", "shape"),
    [
        (nn.Conv1d(4, 6, 3, groups=2, stride=2), (2, 4, 17)),
        (nn.Conv3d(2, 3, 3, dilation=2, bias=False), (1, 2, 7, 8, 9)),
        (nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2), (2, 4, 5, 7)),
        (nn.Conv2d(3, 4, 3), (3, 9, 11)),
        (nn.Linear(5, 7), (2, 3, 5)),
        (nn.Linear(5, 7, bias=False), (2, 3, 5)),
        (nn.Linear(5, 7), (5,)),
        (Attention(), (2, 7, 12)),
    ],
)
def test_layers_of_torch(module, shape):
    found = ledger(module, shape)
    assert found.total.macs == torch_macs(module, shape) > 0
    assert found.total.parameters == sum(p.numel() for p in module.parameters())


def test_what_torch_does_not_count_is_counted():
    class Vectors(nn.Module):
        def forward(self, a, b):
            return a @ b, b @ b

    assert ledger(Vectors(), (5, 7), (7,)).total.macs == 5 * 7 + 7
    lstm = ledger(nn.LSTM(4, 5, 2, bidirectional=True), (6, 2, 4)).total
    assert lstm.macs == 6 * 2 * 2 * 4 * 5 * ((4 + 5) + (10 + 5))  # one kernel on the CPU


def test_rows_agree_with_the_formulas_of_the_book():
    rows = {row.name: row for row in ledger(Branches(), (1, 3, 33, 37)).rows}
    assert rows["out"].macs == shapes.conv_macs(8, 5, 3, (14, 16))
    assert rows["out"].parameters == shapes.conv_parameters(8, 5, 3, bias=False)
    assert rows["far.0"].macs == shapes.conv_macs(4, 4, 3, (16, 18))
    assert rows["far.1"].parameters == 8
    assert rows["cat()"].macs == rows["cat()"].parameters == 0
    assert rows["out"].flops == 2 * rows["out"].macs


def test_calls_are_named_and_numbered():
    names = [row.name for row in ledger(Reuse(), (2, 1, 15, 17)).rows]
    assert names == [
        "first",
        *("again.0", "again.1", "add()"),
        *("again.0#2", "again.1#2", "add()#2"),
        *("again.0#3", "again.1#3", "add()#3"),
        *("mean()", "up", "down", "tied", "(never used)"),
    ]


def test_shared_parameters_count_once_where_they_are_used_first():
    rows = {row.name: row for row in ledger(Reuse(), (2, 1, 15, 17)).rows}
    assert rows["again.0"].parameters == 6 * 6 * 9 + 6
    assert rows["again.0#2"].parameters == 0
    assert rows["again.0#2"].macs == rows["again.0"].macs
    assert (rows["up"].parameters, rows["tied"].parameters) == (60, 0)
    assert rows["(never used)"].parameters == 6


def test_functions_have_rows_with_shapes():
    rows = ledger(Functional(), (2, 3, 21, 25)).rows
    assert [row.kind for row in rows] == [
        *("conv2d", "relu", "max_pool2d", "mean", "sub", "conv2d", "relu"),
        *("adaptive_avg_pool2d", "matmul", "add", "softmax"),
    ]
    assert rows[0].inputs == ((2, 3, 21, 25),)  # the weight is no input
    assert rows[0].outputs == ((2, 8, 19, 23),)
    assert rows[5].inputs == ((2, 8, 9, 11), (16, 4, 3, 3))  # this weight is computed
    assert rows[5].macs == shapes.conv_macs(8, 16, 3, (4, 5), groups=2) * 2


def test_several_inputs_and_outputs():
    found = ledger(Several(), *CASES[Several])
    assert found.total.inputs == ((2, 3, 16, 20), (2, 1, 8, 10), (2, 7))
    assert found.total.outputs == ((2, 8, 8, 10), (2, 8, 8))
    assert next(r for r in found.rows if r.name == "mul()").inputs == ((2, 8, 1, 1), (2, 8, 8, 10))


def test_layers_of_torch_have_a_row_even_if_they_do_nothing():
    module = nn.Sequential(nn.Identity(), nn.Dropout(), nn.Flatten()).eval()
    rows = ledger(module, (2, 3, 4, 5)).rows
    assert [row.kind for row in rows] == ["Identity", "Dropout", "Flatten"]
    assert [row.outputs for row in rows] == [((2, 3, 4, 5),), ((2, 3, 4, 5),), ((2, 60),)]
    assert all(row.traffic == row.saved == 0 for row in rows)


def test_traffic_and_intensity_by_hand():
    (row,) = ledger(nn.Linear(10, 20, bias=False), (3, 10)).rows
    assert row.traffic == 4 * (10 * 20 + 3 * 10 + 3 * 20)
    assert row.intensity == 2 * 600 / row.traffic
    (relu,) = ledger(nn.ReLU(), (1, 5, 7)).rows
    assert (relu.traffic, relu.intensity) == (2 * 4 * 35, 0)
    (square,) = ledger(Function(lambda x: x * x), (1, 5, 7)).rows
    (product,) = ledger(Function(lambda x, y: x * y), (1, 5, 7), (1, 5, 7)).rows
    assert (square.traffic, product.traffic) == (2 * 4 * 35, 3 * 4 * 35)  # x is read once


class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)
