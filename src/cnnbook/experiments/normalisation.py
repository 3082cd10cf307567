"""What a choice of normalisation is worth: batch sizes, its place, its affine part, dropout.

One small network learns garments of 14x14 pixels, with nothing changed but its normalisation.
`covariate_shift` and `denoising` are the two other studies of the chapter.
"""

import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from multiprocessing import get_context
from typing import Any

import torch
from torch import nn

from cnnbook import data
from cnnbook.data import Dataset
from cnnbook.experiments.normed import NORMS, STANDARDISED, network, recompute, variance_shift
from cnnbook.training import build, evaluate, one_cycle, standardise, train

SEEN, SIZES, SEEDS = 4000, (2, 4, 8, 16, 64), range(5)
STEPS, FEW, FEW_STEPS = 250, 1000, 300  # of the other parts: all garments, or a thousand
# The top of the learning rate for a batch of 64; it shrinks with the batch to the power 3/4, half
# way between the two usual rules, proportion and square root. On seed 100, which is not in the
# study, 0.2 was the best of 0.05, 0.2 and 0.8 for batches of 64 with and without normalisation.
RATE, POWER = 0.2, 0.75


# name -> arguments of `network`, for the parts of the study with batches of 64
Variant = dict[str, Any]
FORMS: dict[str, Variant] = {
    **{norm: {"norm": norm} for norm in NORMS},
    "batch, after ReLU": {"after": True},
    "batch, no affine": {"affine": False},
    "none, sigmoid": {"norm": "none", "activation": nn.Sigmoid},
    "batch, sigmoid": {"activation": nn.Sigmoid},
    "batch, sigmoid, no affine": {"activation": nn.Sigmoid, "affine": False},
}
DROPOUTS: dict[str, Variant] = {
    f"{norm}, {where}": {"norm": norm, "inside": 0.5 * inside, "end": 0.5 * end}
    for norm in ("none", "batch")
    for where, inside, end in (
        ("no dropout", 0, 0),
        ("dropout at the end", 0, 1),
        ("dropout inside", 1, 0),
    )
}


@lru_cache(1)
def garments() -> Dataset:
    """Return Fashion-MNIST with 14x14 pixels, each the mean of four, standardised."""
    whole = data.load("fashion-mnist")
    parts = {
        part: getattr(whole, part).reshape(-1, 1, 14, 2, 14, 2).mean((3, 5))
        for part in ("x_train", "x_test")
    }
    return standardise(replace(whole, **parts))


def train_one(
    variant: Variant,
    batch: int = 64,
    seed: int = 0,
    steps: int | None = None,
    count: int | None = None,
    rate: float = RATE,
) -> tuple[nn.Sequential, dict[str, float]]:
    """Train a network by descent with momentum.

    Args:
        variant: arguments of `network`.
        batch: images of a step.
        seed: draws the first weights, the images and the batches.
        steps: by default as many as show `SEEN` images.
        count: images to train with; by default all.
        rate: top of the learning rate for a batch of 64; see `POWER`.

    Returns:
        The network, and its errors in per cent: "test", "train" (of the first 2,000 images), and
        with batch norm "recomputed", on test images after `recompute`, and its `variance_shift`.
    """
    part = garments() if count is None else garments().take(count, seed)
    model = build(lambda: network(**variant), seed)
    steps = steps or SEEN // batch
    schedule = one_cycle(steps, rate * (batch / 64) ** POWER)
    history = train(model, part, steps, batch, schedule, seed=seed, progress=False)
    errors = {"test": 100 * (1 - history.test_accuracy)}
    errors["train"] = 100 * (1 - evaluate(model, part.x_train[:2000], part.y_train[:2000])[1])
    if variant.get("norm", "batch") == "batch":
        shifts = variance_shift(model, part.x_train[:2000])
        errors |= {f"variance {i}": ratio for i, ratio in enumerate(shifts)}
        mended = deepcopy(model)
        recompute(mended, part.x_train[:2000])
        errors["recomputed"] = 100 * (1 - evaluate(mended, part.x_test, part.y_test)[1])
    return model, errors


def run(job: tuple[str, Variant, dict]) -> dict[str, float]:
    """Do one training of the study, and say so on standard error."""
    name, variant, settings = job
    start = time.process_time()
    try:
        _, errors = train_one(variant, **settings)
    except FloatingPointError:  # it diverged, so it guesses
        errors = {"test": 90.0, "train": 90.0}
    seconds = time.process_time() - start
    print(f"{name} {settings} {errors['test']:.2f} {seconds:.0f} s", file=sys.stderr, flush=True)
    return {key: round(value, 4) for key, value in errors.items()}


def pooled(job: Callable, jobs: Iterable, workers: int) -> list:
    """Run jobs one after the other, or in processes with one thread each."""
    if workers == 1:
        return [job(each) for each in jobs]
    with ProcessPoolExecutor(workers, get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        return list(pool.map(job, jobs))


def study(
    seeds: Iterable[int] = SEEDS,
    seen: int = SEEN,
    steps: int = STEPS,
    few_steps: int = FEW_STEPS,
    workers: int = 1,
) -> dict:
    """Train every network of the three parts from every seed.

    Args:
        seeds: one run for each.
        seen: images that each run shows where the size of the batch is varied.
        steps: of each run where form and place of the normalisation are.
        few_steps: of each run with dropout, on `FEW` garments.
        workers: processes, each with one thread.

    Returns:
        The settings, and sizes[norm][batch], forms[name] and dropout[name], each with lists by
        measure of `train_one` and one number for each seed.
    """
    seeds = list(seeds)
    norms = ("none", "batch", "group", STANDARDISED)
    cells = {
        ("sizes", norm, size): ({"norm": norm}, {"batch": size, "steps": max(1, seen // size)})
        for norm in norms
        for size in SIZES
    }
    cells |= {("forms", name): (variant, {"steps": steps}) for name, variant in FORMS.items()}
    few = {"steps": few_steps, "count": FEW}
    cells |= {("dropout", name): (variant, few) for name, variant in DROPOUTS.items()}
    jobs = [
        (" ".join(map(str, cell)), variant, {**settings, "seed": seed})
        for cell, (variant, settings) in cells.items()
        for seed in seeds
    ]
    runs = iter(pooled(run, jobs, workers))
    found: dict = {"sizes": {norm: {} for norm in norms}, "forms": {}, "dropout": {}}
    for part, *names in cells:
        own = [next(runs) for _ in seeds]
        shared = min(own, key=len)  # a run that diverged has fewer measures
        lists = {key: [scores[key] for scores in own] for key in shared}
        place = found[part] if len(names) == 1 else found[part][names[0]]
        place[str(names[-1])] = lists
    settings = {"seen": seen, "steps": steps, "few": FEW, "few_steps": few_steps, "seeds": seeds}
    return {"settings": {**settings, "rate": RATE, "power": POWER}, **found}
