"""Bytes kept for the backward pass and bytes alive at once, against counts by hand."""

import pytest
import torch
from brought import CASES, Reuse
from torch import nn

from cnnbook.summary import ledger


def test_convolution_relu_linear_by_hand():
    module = nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU(), nn.Flatten(), nn.Linear(5 * 6 * 8, 4))
    found = ledger(module, (2, 3, 8, 10))
    x, h, y = (4 * n for n in (2 * 3 * 8 * 10, 2 * 5 * 6 * 8, 2 * 4))  # bytes
    # the convolution keeps its input; the ReLU its output, of which the linear layer keeps a view
    assert [row.saved for row in found.rows] == [x, h, 0, 0]
    assert found.total.saved == x + h
    # input and output of each layer; nothing is copied by the flattening
    assert [row.alive for row in found.rows] == [x + h, 2 * h, h, h + y]
    assert found.total.alive == x + h
    assert (x, h) == (1920, 1920)


def test_working_in_place_halves_the_peak():
    def stack(inplace):
        return nn.Sequential(nn.Conv2d(1, 8, 1), nn.ReLU(inplace), nn.Conv2d(8, 1, 1))

    h = 4 * 8 * 9
    assert [row.alive for row in ledger(stack(False), (1, 1, 3, 3)).rows][1] == 2 * h
    assert [row.alive for row in ledger(stack(True), (1, 1, 3, 3)).rows][1] == h
    assert ledger(stack(True), (1, 1, 3, 3)).total.saved == h + 36  # output once, input


def test_a_shortcut_keeps_its_source_alive():
    class Shortcut(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)

        def forward(self, x):
            x = torch.sigmoid(x)
            return x + self.b(self.a(x))

    h = 4 * 4 * 25
    assert [row.alive for row in ledger(Shortcut(), (1, 4, 5, 5)).rows] == [
        2 * h,
        2 * h,
        3 * h,
        3 * h,
    ]


def test_pooling_keeps_its_indices_in_eight_bytes():
    (row,) = ledger(
        nn.Sequential(nn.MaxPool2d(2)), torch.zeros(1, 1, 4, 6, requires_grad=True)
    ).rows
    assert row.saved == 4 * 24 + 8 * 6


def test_what_has_no_gradient_keeps_nothing():
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    assert ledger(module, (1, 1, 5, 5)).total.saved > 0
    assert ledger(module.requires_grad_(False), (1, 1, 5, 5)).total.saved == 0


def test_a_part_keeps_the_whole_alive():
    class Part(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))

        def forward(self, x):
            return x[:, :1] * self.scale

    assert ledger(Part(), (1, 8, 5, 5)).total.saved == 4 * 8 * 25


def test_batch_norm_keeps_statistics_only_in_training():
    module = nn.Sequential(nn.Conv2d(1, 3, 1, bias=False), nn.BatchNorm2d(3))
    x = 4 * 50, 4 * 3 * 50
    training = ledger(module, (2, 1, 5, 5))
    assert training.total.saved == sum(x) + 2 * 4 * 3  # input of each, mean and 1 / spread
    assert training.training
    assert ledger(module.eval(), (2, 1, 5, 5)).total.saved == sum(x)


def measured(module, *inputs):
    """Count saved bytes on real tensors, away from the ledger's own code."""
    own = {p.untyped_storage().data_ptr() for p in [*module.parameters(), *module.buffers()]}
    kept = {}

    def pack(t):
        kept[t.untyped_storage().data_ptr()] = t.untyped_storage()
        return t

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        result = module(*inputs)
    assert result is not None  # alive, so that no address is given twice
    return sum(s.nbytes() for address, s in kept.items() if address not in own)


@pytest.mark.parametrize("case", CASES)
def test_saved_bytes_are_those_of_a_real_run(case):
    module = case()
    inputs = [
        torch.rand(v) if isinstance(v, tuple) and isinstance(v[0], int) else v for v in CASES[case]
    ]
    assert ledger(module, *CASES[case]).total.saved == measured(module, *inputs)


def test_other_types_of_numbers():
    module = Reuse()
    single, double = ledger(module, (1, 1, 9, 9)), ledger(module.double(), (1, 1, 9, 9))
    assert double.total.saved == 2 * single.total.saved
    assert double.total.alive == 2 * single.total.alive
    half = ledger(Reuse().bfloat16(), (1, 1, 9, 9))
    assert 2 * half.total.saved == single.total.saved
