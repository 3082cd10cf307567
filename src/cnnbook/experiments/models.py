"""Print the table of all networks of the book: `python -m cnnbook.experiments.models`.

Parameters and multiply-adds are counted, on torch's meta device where nothing is computed. What
the small forms reach comes from the last run of `python -m cnnbook.experiments reduced-models`.
"""

import re
from statistics import mean, stdev

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from cnnbook.experiments import RESULTS, result
from cnnbook.models.catalogue import MODELS, Builder, Model

HEADS = ("model", "parameters", "published", "MACs", "input", "least")
SMALL_HEADS = ("small form", "parameters", "accuracy", "s", "ms/step")
LEFT = (0, 6, 11)  # columns of words


class Counter(TorchDispatchMode):
    """Adds up the multiply-adds of all convolutions and matrix products while it is entered.

    The formulas are torch's own. Its `FlopCounterMode` also finds out which layer they belong to,
    which takes most of its time; here the sum is enough.
    """

    def __init__(self) -> None:
        """Start at zero."""
        super().__init__()
        self.macs = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Run the operation and count it."""
        y = func(*args, **(kwargs or {}))
        if count := flop_registry.get(func.overloadpacket):
            self.macs += count(*args, **(kwargs or {}), out_val=y) // 2  # a MAC is two FLOPs
        return y


def parameters(network: nn.Module) -> int:
    """Count the parameters."""
    return sum(p.numel() for p in network.parameters())


def macs(network: nn.Module, channels: int, size: int) -> int:
    """Count the multiply-adds of a use on one image; auxiliary heads have none then.

    The network cannot be used afterwards.
    """
    x = torch.empty(1, channels, size, size, device="meta")
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            # nothing in it is counted, and without numbers it takes longest of all
            layer.forward = lambda x: x
    with torch.no_grad(), Counter() as counter:
        network.eval()(x)
    return counter.macs


def least(builder: Builder) -> int:
    """Find the smallest image that a builder takes, which it says when it refuses one."""
    try:
        builder(size=1)
    except ValueError as error:
        return int(re.search(r"at least (\d+) x", str(error))[1])
    return 1


def counted(model: Model) -> tuple[str, ...]:
    """Return the row of a model under HEADS."""
    with torch.device("meta"):
        network = model.builder()
    size = model.size
    return (
        model.name,
        f"{parameters(network):,}",
        model.published or "–",
        f"{macs(network, model.channels, size):,}",
        str(size),
        str(least(model.builder)),
    )


def small(builder: Builder, study: dict) -> tuple[str, ...]:
    """Return what is known of a small form, under SMALL_HEADS."""
    name = builder.__name__
    with torch.device("meta"):
        row = (name, f"{parameters(builder()):,}")
    if name not in study:
        return (*row, "–", "–", "–")
    runs = study[name]
    spread = f" ± {100 * stdev(runs['accuracy']):.1f}" if len(runs["accuracy"]) > 1 else ""
    return (
        *(name, f"{runs['parameters']:,}", f"{100 * mean(runs['accuracy']):.1f} %{spread}"),
        *(f"{mean(runs['seconds']):.0f}", f"{mean(runs['ms_per_step']):.0f}"),
    )


def table() -> str:
    """Return the whole table; a small form stands beside the first model that it is a form of."""
    there = (RESULTS / "reduced-models.json").exists()
    study = result("reduced-models")["networks"] if there else {}
    rows, seen = [(*HEADS, *SMALL_HEADS, "published by")], set()
    for model in MODELS:
        form = ("",) * len(SMALL_HEADS) if model.reduced in seen else small(model.reduced, study)
        seen.add(model.reduced)
        rows.append((*counted(model), *form, model.source))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i in LEFT else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


if __name__ == "__main__":
    print(table())
