"""Maximum or mean over a whole map: texture patches, as they are and with noise.

A part of the study of pooling. One convolution of 7x7, ReLU and global pooling tell three textures
apart. Each pooling has its own learning rate, chosen on one half of the test patches; its error
is counted on the other half.
"""

import sys
from collections.abc import Iterable

import numpy as np
import torch
from torch import nn

from cnnbook import data
from cnnbook.experiments import shuffled_pixels
from cnnbook.experiments.shuffled_pixels import BATCH, MAPS, STRIDE, WINDOW
from cnnbook.training import build

POOLS = {"global max": nn.AdaptiveMaxPool2d, "global average": nn.AdaptiveAvgPool2d}
NOISES = (0, 2)  # standard deviations of the patches
RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
SEEDS, STEPS = range(8), 200
Patches = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


def network(name: str) -> nn.Sequential:
    """Build a convolution, ReLU, global pooling and a dense layer: (N, 1, 28, 28) -> (N, 3)."""
    features = nn.Conv2d(1, MAPS, WINDOW, STRIDE), nn.ReLU(), POOLS[name](1), nn.Flatten()
    return nn.Sequential(*features, nn.Linear(MAPS, len(data.TEXTURES)))


def noisy(seed: int, noise: float) -> Patches:
    """Return x_train, y_train, x_test, y_test; noise is added once, in training and test."""
    x, y, x_test, y_test = shuffled_pixels.patches(seed, "in place")
    draw = torch.Generator().manual_seed(seed)
    x, x_test = (part + noise * torch.randn(part.shape, generator=draw) for part in (x, x_test))
    return x, y, x_test, y_test


def train_one(
    name: str, patches: Patches, seed: int, rate: float, steps: int = STEPS
) -> dict[str, float]:
    """Train a network; return its error in per cent on both halves of the test patches.

    Returns:
        "choice": on the half that learning rates are chosen by; "test": on the other half.
    """
    x, y, x_test, y_test = patches
    model = build(lambda: network(name), seed)
    shuffled_pixels.train(model, x, y, seed, steps, rate)
    half = len(y_test) // 2
    halves = {"choice": slice(half), "test": slice(half, None)}
    return {
        part: 100 * (1 - shuffled_pixels.accuracy(model, x_test[cut], y_test[cut]))
        for part, cut in halves.items()
    }


def best(by_rate: dict[str, dict[str, list[float]]]) -> str:
    """Return the rate with the lowest mean error on the half that rates are chosen by."""
    return min(by_rate, key=lambda rate: np.mean(by_rate[rate]["choice"]))


def study(
    noises: Iterable[float] = NOISES,
    rates: Iterable[float] = RATES,
    seeds: Iterable[int] = SEEDS,
    steps: int = STEPS,
) -> dict:
    """Train both poolings with every noise, rate and seed; say so on standard error.

    Returns:
        The settings; error[noise][pooling][rate][half], in per cent, a number for each seed; and
        best[noise][pooling], the rate chosen.
    """
    noises, rates, seeds = list(noises), list(rates), list(seeds)
    error = {}
    for noise in noises:
        patches = {seed: noisy(seed, noise) for seed in seeds}
        error[str(noise)] = {name: {} for name in POOLS}
        for name, rate in ((name, rate) for name in POOLS for rate in rates):
            runs = [train_one(name, patches[seed], seed, rate, steps) for seed in seeds]
            found = {part: [round(run[part], 3) for run in runs] for part in ("choice", "test")}
            error[str(noise)][name][str(rate)] = found
            print(name, noise, rate, np.mean(found["test"]).round(2), file=sys.stderr, flush=True)
    return {
        "settings": {"steps": steps, "batch": BATCH, "rates": rates, "seeds": seeds},
        "error": error,
        "best": {
            noise: {name: best(by_rate) for name, by_rate in by_name.items()}
            for noise, by_name in error.items()
        },
    }
