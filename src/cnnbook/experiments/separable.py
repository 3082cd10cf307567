"""What a network loses and gains by leaving out connections: trained networks.

They learn the same garments and differ in their three body layers: dense 3x3 convolutions, grouped
ones with and without a channel shuffle, or depthwise-separable ones, at the same width or with
as many parameters and multiply-adds. The kernels of the dense network are kept and cut down to
lower ranks.
"""

import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import product
from multiprocessing import get_context

import torch
from torch import nn

from cnnbook import data
from cnnbook.data import Dataset
from cnnbook.experiments.kernel_ranks import look
from cnnbook.experiments.pooling import split
from cnnbook.models.blocks import ChannelShuffle, ConvNorm
from cnnbook.summary import ledger
from cnnbook.training import RATE, build, evaluate, one_cycle, standardise, train

SIZE, IMAGES, STEPS, BATCH = 28, 8000, 400, 64
SEEDS = range(5)


@dataclass(frozen=True)
class Design:
    """What the three body layers are, and how many channels the first of them reads."""

    layer: str
    width: int
    groups: int = 1
    shuffle: bool = False


NETWORKS = {
    "standard 24": Design("grouped", 24),
    "separable 24": Design("separable", 24),
    "separable 67": Design("separable", 67),  # parameters and multiply-adds of standard 24
    "standard 9": Design("grouped", 9),  # parameters and multiply-adds of separable 24
    "separable 24, pointwise first": Design("pointwise first", 24),
    "separable 24, no ReLU between": Design("no ReLU between", 24),
    "3x1 and 1x3": Design("columns and rows", 24),
    "2 groups": Design("grouped", 24, 2),
    "2 groups, shuffled": Design("grouped", 24, 2, True),
    "4 groups": Design("grouped", 24, 4),
    "4 groups, shuffled": Design("grouped", 24, 4, True),
    "8 groups": Design("grouped", 24, 8),
    "8 groups, shuffled": Design("grouped", 24, 8, True),
    "depthwise only": Design("depthwise", 24),
    "4 groups, width 48": Design("grouped", 48, 4),
    "4 groups, width 48, shuffled": Design("grouped", 48, 4, True),
}
DENSE = "standard 24"  # whose kernels are kept


def layer(design: Design, c_in: int, c_out: int, stride: int) -> list[nn.Module]:
    """Build one body layer; batch norm follows every convolution."""
    depthwise = partial(ConvNorm, kernel=3, stride=stride)
    if design.layer == "separable":
        first = depthwise(c_in, c_in, groups=c_in)
        return [first, nn.ReLU(), ConvNorm(c_in, c_out), nn.ReLU()]
    if design.layer == "no ReLU between":
        return [depthwise(c_in, c_in, groups=c_in), ConvNorm(c_in, c_out), nn.ReLU()]
    if design.layer == "pointwise first":
        first = ConvNorm(c_in, c_out)
        return [first, nn.ReLU(), depthwise(c_out, c_out, groups=c_out), nn.ReLU()]
    if design.layer == "columns and rows":
        column = nn.Conv2d(c_in, c_out, (3, 1), (stride, 1), (1, 0), bias=False)
        row = nn.Conv2d(c_out, c_out, (1, 3), (1, stride), (0, 1), bias=False)
        return [column, row, nn.BatchNorm2d(c_out), nn.ReLU()]
    groups = c_in if design.layer == "depthwise" else design.groups
    shuffle = [ChannelShuffle(groups)] if design.shuffle else []
    return [depthwise(c_in, c_out, groups=groups), nn.ReLU(), *shuffle]


def network(name: str) -> nn.Sequential:
    """Build a stem, three body layers, the mean over the map and a dense layer.

    Returns:
        x (N, 1, 28, 28) -> logits (N, 10).
    """
    design = NETWORKS[name]
    c = design.width
    stem = [ConvNorm(1, c, 3, 2), nn.ReLU()]
    body = [
        part
        for c_in, c_out, stride in ((c, c, 1), (c, 2 * c, 2), (2 * c, 2 * c, 1))
        for part in layer(design, c_in, c_out, stride)
    ]
    return nn.Sequential(
        nn.Sequential(*stem),
        nn.Sequential(*body),
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2 * c, 10)),
    )


@lru_cache(1)
def garments(seed: int) -> Dataset:
    """Return the garments that a seed trains on, and those that it tests on, standardised."""
    return standardise(split(data.load("fashion-mnist"), IMAGES, seed))


def train_one(name: str, seed: int, steps: int = STEPS) -> tuple[nn.Sequential, dict[str, float]]:
    """Train a network; return it, its errors in per cent and the seconds that a step took."""
    part = garments(seed)
    model = build(lambda: network(name), seed)
    start = time.process_time()
    history = train(
        model,
        part,
        steps,
        BATCH,
        one_cycle(steps, RATE),
        optimiser=torch.optim.Adam,
        seed=seed,
        progress=False,
    )
    seconds = time.process_time() - start
    seen = evaluate(model, part.x_train[:2000], part.y_train[:2000])[1]
    return model, {
        "train": 100 * (1 - seen),
        "test": 100 * (1 - history.test_accuracy),
        "ms": 1000 * seconds / steps,  # the test at the end is part of it, 1 in 10 or less
    }


def run(job: tuple[str, int], steps: int) -> dict:
    """Do one training of the study, and look at the kernels if they are to be kept."""
    name, seed = job
    model, errors = train_one(name, seed, steps)
    kept = look(model, garments(seed), BATCH) if name == DENSE else None
    print(f"{name} {seed} {errors['test']:.2f} {errors['ms']:.0f} ms", file=sys.stderr, flush=True)
    return {**{key: round(value, 3) for key, value in errors.items()}, "kernels": kept}


def study(
    names: Iterable[str] = tuple(NETWORKS),
    seeds: Iterable[int] = SEEDS,
    steps: int = STEPS,
    workers: int = 1,
) -> dict:
    """Train every network from every seed; say so on standard error.

    Args:
        names: of the networks.
        seeds: one run for each.
        steps: of each run.
        workers: processes, each with one thread.

    Returns:
        The settings; for each network its parameters and multiply-adds, its errors in per cent
        and milliseconds for a step, lists with one number for each seed; and the kernels of
        DENSE, one entry for each seed.
    """
    names, seeds = list(names), list(seeds)
    jobs = [(name, seed) for seed, name in product(seeds, names)]
    if workers == 1:
        runs = [run(job, steps) for job in jobs]
    else:
        context = get_context("spawn")
        with ProcessPoolExecutor(workers, context, torch.set_num_threads, (1,)) as pool:
            runs = list(pool.map(partial(run, steps=steps), jobs))
    results = dict(zip(jobs, runs, strict=True))
    networks = {}
    for name in names:
        total = ledger(network(name).eval(), (1, 1, SIZE, SIZE)).total
        own = [results[name, seed] for seed in seeds]
        networks[name] = {"parameters": total.parameters, "macs": total.macs} | {
            key: [scores[key] for scores in own] for key in ("train", "test", "ms")
        }
    return {
        "settings": {
            "steps": steps,
            "batch": BATCH,
            "rate": RATE,
            "images": IMAGES,
            "seeds": seeds,
        },
        "networks": networks,
        "kernels": [results[DENSE, seed]["kernels"] for seed in seeds] if DENSE in names else [],
    }
