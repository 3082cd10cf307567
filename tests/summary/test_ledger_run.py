"""The module stays as it was, runs where it can, and its mistakes come through with a name."""

import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from brought import CASES, Branches, Odd
from torch import nn
from torch.nn.modules import module as hooks

from cnnbook.summary import ledger


class Values(nn.Module):
    """Asks for values, so that it cannot run on the meta device; draws and changes things."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.look = nn.Embedding(5, 4, max_norm=0.1)  # shortens its weights as it is used
        self.register_buffer("mean", torch.zeros(1))
        self.last = None

    def forward(self, x):
        self.last = x
        self.mean = self.mean + x.mean()
        x = F.dropout(self.norm(self.conv(x)), 0.5) * random.random() * np.random.rand()
        if x.sum() > 1e9:
            raise ValueError("too large")
        return x + self.look(torch.tensor([1])).view(1, 4, 1, 1)


def state(module):
    return {
        "tensors": {k: v.clone() for k, v in module.state_dict().items()},
        "objects": {k: id(v) for k, v in [*module.named_parameters(), *module.named_buffers()]},
        "attributes": {
            name: {k: v for k, v in vars(m).items() if not k.startswith("_")}
            for name, m in module.named_modules()
        },
        "hooks": [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in module.modules()],
        "all hooks": [
            len(getattr(hooks, f"_global_forward_{kind}"))
            for kind in ("hooks", "pre_hooks", "hooks_always_called")
        ],
        "modes": [m.training for m in module.modules()],
        "grads": [p.grad for p in module.parameters()],
        "draws": (torch.get_rng_state().tolist(), random.getstate()),
        "numpy draws": np.random.get_state()[1].tolist(),
    }


def same(one, two):
    for key in one["tensors"]:
        assert torch.equal(one["tensors"][key], two["tensors"][key]), key
    assert {k: v for k, v in one.items() if k != "tensors"} == {
        k: v for k, v in two.items() if k != "tensors"
    }


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("case", [*CASES, Values])
def test_the_module_stays_as_it_was(case, training):
    module = case().train(training)
    next(module.parameters()).grad = torch.ones(())[()] * next(module.parameters()).detach()
    seen = []
    next(module.children(), module).register_forward_hook(lambda m, x, y: seen.append(y))
    before = state(module)
    found = ledger(module, *CASES.get(case, ((2, 1, 8, 9),)))
    assert found.training == training
    assert len(seen) == (2 if case is Values else bool(list(module.children())) or 1)
    same(before, state(module))
    with pytest.raises(RuntimeError):
        ledger(module, (1, 77, 5, 5))
    same(before, state(module))
    assert not torch.is_inference_mode_enabled()


def test_a_module_that_asks_for_values_runs_on_its_own_device():
    found = ledger(Values(), (2, 1, 8, 9))
    assert found.device == "cpu"
    assert "ran once on cpu" in str(found)
    assert next(row for row in found.rows if row.name == "conv").field == (3, 3)
    assert found.total.macs == 2 * 4 * 9 * 6 * 7
    assert found.total.parameters == 40 + 8 + 20


def test_it_runs_under_no_grad_and_inference_mode_alike():
    module = Branches()
    expected = ledger(module, (1, 3, 33, 37))
    with torch.no_grad():
        assert ledger(module, (1, 3, 33, 37)) == expected
    with torch.inference_mode():
        assert ledger(module, torch.zeros(1, 3, 33, 37)) == expected
    with torch.device("meta"):
        assert ledger(Branches(), (1, 3, 33, 37)) == expected
    try:
        raise KeyError
    except KeyError:
        assert ledger(module, (1, 3, 33, 37)) == expected
        with pytest.raises(RuntimeError, match=r"stem \(Conv2d\) failed"):
            ledger(module, (1, 2, 33, 37))


def test_a_tensor_and_its_shape_give_the_same():
    assert ledger(Odd(), torch.rand(1, 1, 29, 33)) == ledger(Odd(), [1, 1, 29, 33])


def test_a_large_network_takes_no_memory():
    with torch.device("meta"):
        module = nn.Sequential(nn.Linear(10**6, 10**6), nn.Linear(10**6, 10**6))
    total = ledger(module, (10**4, 10**6)).total
    assert total.parameters == 2 * (10**12 + 10**6)
    assert total.macs == 2 * 10**16


def test_integers_are_looked_up():
    (row,) = ledger(nn.Embedding(10, 3), torch.zeros(2, 5, dtype=torch.int64)).rows
    assert row.outputs == ((2, 5, 3),)
    assert row.parameters == 30


class Broken(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
        self.head = nn.Linear(10, 2)

    def forward(self, x, how):
        x = self.stem(x)
        if how == "layer":
            return self.head(x.flatten(1))
        if how == "function":
            return torch.cat([x, x.mean((2, 3))], 1)
        try:
            self.head(x)
        except RuntimeError:
            raise KeyError("of my own") from None


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("layer", r"head \(Linear\) failed on \(2, 288\): RuntimeError: .*288"),
        ("function", r"cat\(\) \(cat\) failed on \(2, 8, 6, 6\), \(2, 8\): RuntimeError: Tensors"),
        ("own", r"KeyError: 'of my own'"),
    ],
)
def test_mistakes_come_through_with_the_layer(how, message):
    with pytest.raises(RuntimeError, match=message):
        ledger(Broken(), (2, 3, 8, 8), how)


def test_the_first_layer_is_named_too():
    with pytest.raises(RuntimeError, match=r"stem\.0 \(Conv2d\) failed on \(2, 1, 8, 8\): "):
        ledger(Broken(), (2, 1, 8, 8), "layer")
    with pytest.raises(RuntimeError, match=r"Broken \(Broken\) failed on .*: TypeError: .*'how'"):
        ledger(Broken(), (2, 3, 8, 8))


def test_an_error_that_the_forward_catches_is_no_failure():
    class Tries(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(3, 4), nn.Linear(5, 4)

        def forward(self, x):
            try:
                x = self.a(x)
            except RuntimeError:
                x = self.b(x)
            return F.relu(x)

    rows = {row.name: row for row in ledger(Tries(), (2, 5)).rows}
    assert rows["b"].macs == 40
    assert rows["relu()"].outputs == ((2, 4),)


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"wants a torch\.nn\.Module, got <function relu"):
        ledger(F.relu, (1, 3))
    with pytest.raises(ValueError, match="wants an input"):
        ledger(nn.ReLU())
    with pytest.raises(ValueError, match="each number of a shape must be at least 1, got 0"):
        ledger(nn.ReLU(), (1, 0, 3))
    with pytest.raises(ValueError, match="lazy parameters: call it once"):
        ledger(nn.LazyLinear(3), (1, 3))
