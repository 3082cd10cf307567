"""The table of reduced networks under the common budget."""

import pytest
import torch
from small_networks import drawing, plain
from torch import nn

from cnnbook import training
from cnnbook.training import names, table
from cnnbook.training.budget import RATE, one_cycle


def masks(channels: int = 1, classes: int = 10, size: int = 28) -> nn.Module:
    return nn.Conv2d(channels, classes, 1)


@pytest.fixture(autouse=True)
def _two_networks(monkeypatch):
    known = {"big": plain, "one_reduced": plain, "two_reduced": drawing, "mask_reduced": masks}
    monkeypatch.setattr(names, "builders", lambda: known)


def test_rows_are_runs_under_the_budget(few):
    one, two, mask = table.rows(table.reduced(), few, steps=15)
    assert [row.name for row in (one, two, mask)] == ["one_reduced", "two_reduced", "mask_reduced"]
    model = training.build(plain, 0)
    expected = training.train(
        model, few, 15, lr=one_cycle(15), optimiser=torch.optim.Adam, progress=False
    )
    assert one.accuracy == expected.test_accuracy
    assert one.parameters == sum(w.numel() for w in model.parameters())
    assert mask.accuracy is None
    assert mask.why
    assert "\n" not in mask.why


def test_it_is_printed(capsys):
    table.main(["one_reduced", "--data", "textures", "--steps", "4"])
    first, head, row = capsys.readouterr().out.splitlines()
    assert first == "textures, 4 steps of 64 images, seed 0"
    assert row.startswith("one_reduced")
    assert len(row) == len(head)
    with pytest.raises(SystemExit, match="no network 'one'; did you mean one_reduced"):
        table.main(["one", "--data", "textures"])


def test_the_rate_rises_once_and_falls():
    rate = one_cycle(100)
    rates = [rate(step) for step in range(100)]
    top = rates.index(max(rates))
    assert 25 <= top <= 30
    assert max(rates) == pytest.approx(RATE)
    assert sorted(rates[: top + 1]) == rates[: top + 1]
    assert sorted(rates[top:], reverse=True) == rates[top:]
    assert rates[-1] < 1e-4 * RATE
