"""The reduced networks under the common budget: `python -m cnnbook.training.table`.

Adam, one rise and fall of the learning rate, the images standardised, nothing tuned by network.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import nn

from cnnbook.data import Dataset
from cnnbook.training import names
from cnnbook.training.batches import standardise
from cnnbook.training.budget import RATE, STEPS_SCRIPT, one_cycle
from cnnbook.training.loop import train
from cnnbook.training.randomness import build

HEAD = f"{'network':24} {'parameters':>10} {'ms a step':>9} {'seconds':>7} {'accuracy':>9}"


class Row(NamedTuple):
    """What one network reached; `why` is empty unless it could not be trained."""

    name: str
    parameters: int
    steps: int
    seconds: float
    accuracy: float | None
    why: str = ""

    def __str__(self) -> str:
        """Write under `HEAD`."""
        start = f"{self.name:24} {self.parameters:10,}"
        if self.why:
            return f"{start} {self.why}"
        pace = 1000 * self.seconds / self.steps
        return f"{start} {pace:9.1f} {self.seconds:7.1f} {100 * self.accuracy:7.2f} %"


def reduced() -> dict[str, Callable[..., nn.Module]]:
    """Return the reduced forms that `cnnbook.models` exports."""
    return {name: make for name, make in names.builders().items() if name.endswith("_reduced")}


def rows(
    makers: dict[str, Callable[..., nn.Module]],
    dataset: Dataset,
    steps: int = STEPS_SCRIPT,
    top: float = RATE,
    seed: int = 0,
) -> Iterator[Row]:
    """Train one network after the other, each from its seed and for as many steps.

    A network that needs other labels, masks for one, or whose loss stops being a number, has the
    reason in its row. The time holds for this machine, and everything else repeats.
    """
    channels, size, classes = *dataset.x_train.shape[1:3], len(dataset.classes)
    for name, make in makers.items():
        model = build(lambda make=make: make(channels, classes, size), seed)
        parameters = sum(w.numel() for w in model.parameters())
        start = time.perf_counter()
        try:
            schedule = one_cycle(steps, top)
            adam = torch.optim.Adam
            history = train(
                model, dataset, steps, lr=schedule, optimiser=adam, seed=seed, progress=False
            )
        except (ValueError, RuntimeError, FloatingPointError) as error:
            why = str(error).partition("\n")[0]
            yield Row(name, parameters, steps, time.perf_counter() - start, None, why)
        else:
            seconds = time.perf_counter() - start
            yield Row(name, parameters, steps, seconds, history.test_accuracy)


def main(arguments: list[str] | None = None) -> None:
    """Print the table, a row as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m cnnbook.training.table")
    parser.add_argument("networks", nargs="*", help="reduced networks (all of them)")
    parser.add_argument("--data", default="fashion-mnist", metavar="NAME")
    parser.add_argument("--steps", type=int, default=STEPS_SCRIPT)
    parser.add_argument("--lr", type=float, default=RATE, help="top of the learning rate")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    try:
        makers = {name: names.builder(name) for name in asked.networks} or reduced()
        dataset = standardise(names.dataset(asked.data))
    except ValueError as error:
        sys.exit(f"{parser.prog}: {error}")
    print(f"{asked.data}, {asked.steps} steps of 64 images, seed {asked.seed}\n{HEAD}", flush=True)
    for row in rows(makers, dataset, asked.steps, asked.lr, asked.seed):
        print(row, flush=True)


if __name__ == "__main__":
    main()
