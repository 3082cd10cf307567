"""How deep a network can be trained on digits, and which cure carries it how far.

Networks of 2 to 50 hidden layers learn the 8 x 8 digits. A recipe and its cures differ in one
thing: the first weights, normalisation, residual connections, clipping. Each has its learning rate
chosen on validation images, and is measured at that rate on the test images.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import sqrt

import torch

from cnnbook import data
from cnnbook.experiments.stack import MOMENTUM, Recipe, Stack
from cnnbook.training import standardise

WIDTH = 64  # as many units as pixels, so that every hidden layer is square
DEPTHS = (2, 5, 10, 20, 50)
STEPS, BATCH = 300, 32
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
SEEDS = range(5)
VALIDATION = 0.2  # of the 1,400 training images
START = "uniform, 1/√n"
RECIPES = {  # recipes differ from the first of their group in one thing, but for "both"
    "sigmoid": {
        START: Recipe(),
        "Xavier (ReLU: He)": Recipe(init="Xavier"),
        "orthogonal": Recipe(init="orthogonal"),
        "batch norm": Recipe(normalise=True),
        "residual": Recipe(residual=True),
        "both": Recipe(normalise=True, residual=True),
    },
    "tanh": {
        START: Recipe("tanh"),
        "Xavier (ReLU: He)": Recipe("tanh", "Xavier"),
        "orthogonal": Recipe("tanh", "orthogonal"),
        "batch norm": Recipe("tanh", normalise=True),
        "residual": Recipe("tanh", residual=True),
        "both": Recipe("tanh", normalise=True, residual=True),
    },
    "ReLU": {
        START: Recipe("ReLU"),
        "Xavier (ReLU: He)": Recipe("ReLU", "He"),
        "orthogonal": Recipe("ReLU", "orthogonal", sqrt(2)),
        "batch norm": Recipe("ReLU", normalise=True),
        "residual": Recipe("ReLU", residual=True),
        "both": Recipe("ReLU", normalise=True, residual=True),
    },
    "ReLU, 1.5 times He": {
        "as it is": Recipe("ReLU", "He", 1.5),
        "clipped to norm 1": Recipe("ReLU", "He", 1.5, clip=1.0),
        "weight decay 0.01": Recipe("ReLU", "He", 1.5, decay=0.01),
        "weight decay 1": Recipe("ReLU", "He", 1.5, decay=1.0),
    },
}
LAYER_STEPS = 100  # of pre-training, for each hidden layer
PRETRAINED = (5, 10)  # depths


@lru_cache(1)
def digits() -> tuple[torch.Tensor, ...]:
    """Return images (N, 64) and labels to train, to validate and to test with, standardised."""
    whole = standardise(data.load("digits"))
    parts = whole.split(VALIDATION)
    pairs = (
        (parts.x_train, parts.y_train),
        (parts.x_test, parts.y_test),
        (whole.x_test, whole.y_test),
    )
    return tuple(
        torch.as_tensor(a).flatten(1) if a.ndim > 1 else torch.as_tensor(a)
        for pair in pairs
        for a in pair
    )


def batches(seeds: Iterable[int], steps: int, rates: int) -> torch.Tensor:
    """Draw which images each run sees, (runs, steps, BATCH); the rates of a seed see the same."""
    count, drawn = len(digits()[0]), []
    for seed in seeds:
        draw = torch.Generator().manual_seed(1000 + seed)
        drawn.append(torch.randint(count, (steps, BATCH), generator=draw))
    return torch.stack(drawn).repeat(rates, 1, 1)


def train(
    stack: Stack, steps: int, seeds: Iterable[int], layers: Sequence[int] | None = None
) -> torch.Tensor:
    """Make `steps` updates of all layers or of some; return the losses, (runs, steps)."""
    x, y = digits()[:2]
    chosen = batches(seeds, steps, len(stack.rate.unique()))
    losses = [stack.step(x[chosen[:, t]], y[chosen[:, t]], layers)[0] for t in range(steps)]
    return torch.stack(losses, 1)


def first_gradients(recipe: Recipe, depth: int, seeds: Iterable[int] = SEEDS) -> torch.Tensor:
    """Return the norms of the gradients for the hidden weights before any step, (depth, seeds)."""
    seeds = list(seeds)
    x, y = digits()[:2]
    chosen = batches(seeds, 1, rates=1)[:, 0]
    _, grads = new(recipe, depth, RATES[:1], seeds).step(x[chosen], y[chosen])
    return torch.stack([g.flatten(1).double().norm(dim=1) for g in grads[:depth]])


def new(recipe: Recipe, depth: int, rates: Sequence[float], seeds: Iterable[int]) -> Stack:
    """Return untrained networks for the digits."""
    return Stack(recipe, depth, rates, seeds, WIDTH, classes=10)


def scores(stack: Stack, rates: Sequence[float]) -> dict:
    """Return the test accuracy of each seed at the rate that is best on the validation images."""
    _, _, x, y, x_test, y_test = digits()
    best = int(stack.accuracy(x, y).mean(1).argmax())
    accuracy = stack.accuracy(x_test, y_test)[best]
    return {"rate": rates[best], "accuracy": [round(a, 4) for a in accuracy.tolist()]}


def sweep(
    recipe: Recipe,
    depth: int,
    steps: int = STEPS,
    rates: Sequence[float] = RATES,
    seeds: Iterable[int] = SEEDS,
) -> dict:
    """Train one recipe at one depth; return the best rate and each seed's test accuracy at it."""
    seeds = list(seeds)
    stack = new(recipe, depth, rates, seeds)
    train(stack, steps, seeds)
    return scores(stack, rates)


def pretrain(
    depth: int,
    steps: int = STEPS,
    layer_steps: int = LAYER_STEPS,
    rates: Sequence[float] = RATES,
    seeds: Iterable[int] = SEEDS,
) -> dict[str, dict]:
    """Train a sigmoid network whole, for longer, and layer by layer before that.

    Layer by layer: the first hidden layer learns under the output layer; then it rests, and the
    second learns between it and the output layer; and so on. At the end all learn together.
    """
    seeds, runs = list(seeds), {}
    for name, more in (("none", 0), ("none, as many steps", depth * layer_steps)):
        stack = new(RECIPES["sigmoid"][START], depth, rates, seeds)
        train(stack, steps + more, seeds)
        runs[name] = scores(stack, rates)
    stack = new(RECIPES["sigmoid"][START], depth, rates, seeds)
    for i in range(depth):
        train(stack, layer_steps, seeds, (i, depth))
    stack.velocity.clear()
    runs["layer by layer, not tuned"] = scores(stack, rates)
    train(stack, steps, seeds)
    return runs | {"layer by layer": scores(stack, rates)}


def study(
    recipes: Mapping[str, Mapping[str, Recipe]] = RECIPES,
    depths: Sequence[int] = DEPTHS,
    steps: int = STEPS,
    rates: Sequence[float] = RATES,
    seeds: Iterable[int] = SEEDS,
    pretrained: Sequence[int] = PRETRAINED,
    layer_steps: int = LAYER_STEPS,
) -> dict:
    """Sweep recipes over depths, and compare pre-training with none; say so on standard error.

    Returns:
        The settings, runs[group][cure][depth] as of `sweep`, pretraining[depth] as of `pretrain`.
    """
    seeds = list(seeds)
    torch.set_flush_denormal(True)  # what vanished below 1e-38 is 0, or takes ten times as long
    try:
        runs = {
            group: {
                cure: {
                    str(depth): reported(group, cure, depth, recipe, steps, rates, seeds)
                    for depth in depths
                }
                for cure, recipe in cures.items()
            }
            for group, cures in recipes.items()
        }
        pretraining = {
            str(depth): pretrain(depth, steps, layer_steps, rates, seeds) for depth in pretrained
        }
    finally:
        torch.set_flush_denormal(False)  # a state of the whole process
    return {
        "settings": {
            **{"width": WIDTH, "steps": steps, "batch": BATCH, "momentum": MOMENTUM},
            **{"rates": list(rates), "seeds": seeds, "layer_steps": layer_steps},
        },
        "runs": runs,
        "pretraining": pretraining,
    }


def reported(group: str, cure: str, depth: int, recipe: Recipe, *settings: object) -> dict:
    """Sweep one recipe at one depth, and say so on standard error."""
    run = sweep(recipe, depth, *settings)
    print(group, cure, depth, run, file=sys.stderr, flush=True)
    return run
