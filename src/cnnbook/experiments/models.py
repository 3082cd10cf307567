"""Print the tables of all networks of the book: `python -m cnnbook.experiments.models`.

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

HEADS = ("model", "parameters", "published", "MACs", "input", "least", "published by")
SMALL_HEADS = ("small form", "parameters", "MACs", "least", "data", "accuracy", "IoU", "s")
WORDS = ("model", "published by", "small form", "data")  # columns that begin on the left


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
    return (
        model.name,
        f"{parameters(network):,}",
        model.published or "–",
        f"{macs(network, model.channels, model.size):,}",
        str(model.size),
        str(least(model.builder)),
        model.source,
    )


def small(builder: Builder, study: dict) -> tuple[str, ...]:
    """Return the row of a small form under SMALL_HEADS; what was not measured is a dash."""
    run = study["networks"].get(builder.__name__, {})
    side = study["sides"].get(run.get("data"), {"channels": 1, "classes": 10, "size": 28})
    with torch.device("meta"):
        network = builder(**side)
    return (
        builder.__name__,
        f"{parameters(network):,}",
        f"{macs(network, side['channels'], side['size']):,}",
        str(least(builder)),
        run.get("data", "–"),
        percent(run.get("accuracy")),
        percent(run.get("iou")),
        f"{mean(run['seconds']):.0f}" if run else "–",
    )


def percent(shares: list[float] | None) -> str:
    """Write the mean and the standard deviation of some shares."""
    if not shares:
        return "–"
    spread = f" ± {100 * stdev(shares):.1f}" if len(shares) > 1 else ""
    return f"{100 * mean(shares):.1f} %{spread}"


def aligned(rows: list[tuple[str, ...]]) -> str:
    """Write rows under each other; the first one has the heads."""
    left = [head in WORDS for head in rows[0]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if words else cell.rjust(width)
            for cell, width, words in zip(row, widths, left, strict=True)
        ).rstrip()
        for row in rows
    )


def tables() -> str:
    """Return the table of the networks and that of their small forms."""
    there = (RESULTS / "reduced-models.json").exists()
    study = result("reduced-models") if there else {"networks": {}, "sides": {}}
    forms = dict.fromkeys(model.reduced for model in MODELS)
    return "\n\n".join(
        (
            aligned([HEADS, *map(counted, MODELS)]),
            aligned([SMALL_HEADS, *(small(form, study) for form in forms)]),
        )
    )


if __name__ == "__main__":
    print(tables())
