"""Degradation on garments: plain, residual and pre-activation networks of four depths.

Every network has the same images, steps and batches. The top of its learning rate is the best of
`RATES` for its own kind and depth, on seeds outside the study and by the loss on training images,
so that no network has another one's rate. `residual_surgery` cuts up trained networks, `loss_cut`
the surface of their loss.
"""

import sys
import time
from collections.abc import Iterable, Sequence
from copy import deepcopy
from itertools import product
from statistics import fmean

import numpy as np
import torch
from torch import nn

from cnnbook.experiments.normalisation import garments, pooled
from cnnbook.experiments.normed import recompute
from cnnbook.experiments.shortcuts import ABLATIONS, BARE, DEPTHS, KINDS, blocks_of, network
from cnnbook.training import build, cross_entropy, evaluate, one_cycle, train
from cnnbook.training.history import History

STEPS, BATCH, SEEDS, FEW_SEEDS = 200, 64, range(5), range(3)
LONGER, DEEP = 3 * STEPS, 56  # steps and depth of the longer runs
ABLATED = 32  # depth of the networks with one change
RATES, SEARCH_SEED = (0.03, 0.1, 0.3), 100
# Without batch norm the rates are lower, and runs differ so much that one seed would mislead.
BARE_RATES, BARE_SEARCH_SEEDS = (0.001, 0.003, 0.01, 0.03), range(100, 103)
SEEN = 2000  # fixed training images that errors are measured on
GUESSING = 2.3026  # the loss of a tenth for each class
LAST, POINTS = 25, 50  # steps whose mean loss chooses the rate; points of a loss curve
GRADIENT_DEPTHS, GRADIENT_BATCHES = (20, 56), 5
# The best rates of the result, for the other studies and the chapter's own run.
BEST: dict[str, dict[int, float]] = {
    "plain": {8: 0.3, 20: 0.1, 32: 0.1, 56: 0.1},
    "residual": {8: 0.3, 20: 0.1, 32: 0.03, 56: 0.03},
}


def train_one(
    kind: str, depth: int, seed: int, rate: float, steps: int = STEPS
) -> tuple[nn.Module, History]:
    """Train a network by descent with momentum; it comes back in eval mode.

    Args:
        kind, depth: arguments of `shortcuts.network`.
        seed: draws the first weights and the batches.
        rate: top of the learning rate.
        steps: updates of `BATCH` images.

    Raises:
        FloatingPointError: if the loss is NaN or infinite.
    """
    model = build(lambda: network(kind, depth), seed)
    schedule = one_cycle(steps, rate)
    history = train(model, garments(), steps, BATCH, schedule, seed=seed, progress=False)
    return model, history


def thinned(values: list[float], points: int = POINTS) -> list[float]:
    """Return the means of as many equal parts of a curve, fewer if it is short."""
    parts = np.array_split(np.asarray(values), min(points, len(values)))
    return [round(float(part.mean()), 4) for part in parts]


def last_loss(history: History) -> float:
    """Return the mean loss of the last `LAST` steps, on the training images as they came."""
    return round(float(np.mean(history.loss[-LAST:])), 4)


def errors(model: nn.Module, history: History) -> dict[str, float]:
    """Return errors in per cent, and losses.

    "train" is of the first `SEEN` training images and "test" of the test images, in eval mode, so
    with the running statistics of batch norm; "recomputed" says that these were first set to the
    statistics of the `SEEN` training images. "train loss" belongs to "train", and "last loss" is
    the mean over the last `LAST` steps.
    """
    part = garments()
    x, y = part.x_train[:SEEN], part.y_train[:SEEN]
    loss, right = evaluate(model, x, y)
    mended = deepcopy(model)
    recompute(mended, x)
    found = {
        "train": 100 * (1 - right),
        "test": 100 * (1 - history.test_accuracy),
        "train recomputed": 100 * (1 - evaluate(mended, x, y)[1]),
        "test recomputed": 100 * (1 - evaluate(mended, part.x_test, part.y_test)[1]),
        "train loss": loss,
        "last loss": last_loss(history),
    }
    return {key: round(value, 4) for key, value in found.items()}


def gradients(model: nn.Module, batches: int = GRADIENT_BATCHES) -> dict[str, list[float]]:
    """Measure the gradient of the mean loss of a batch, layer by layer and block by block.

    The network is in training mode, batch norm with the statistics of the batch, and is left as it
    was. All norms are Euclidean, over every number of a weight or of a batch of outputs, and means
    over the first batches of training images.

    Returns:
        "weight": of each convolution's weights, those in shortcuts left out; "size": norm of these
        weights themselves; "output": with respect to each block's output (batch, C, H, W), in the
        order of the computation.
    """
    model, part = deepcopy(model).train(), garments()
    main = [layer for name, layer in model.named_modules() if "shortcut" not in name]
    weights = [layer.weight for layer in main if isinstance(layer, nn.Conv2d)]
    kept: list[torch.Tensor] = []
    for block in blocks_of(model):
        block.register_forward_hook(lambda block, inputs, output: kept.append(output))
    norms = []
    for i in range(batches):
        kept.clear()
        x, y = (
            torch.as_tensor(a[i * BATCH : (i + 1) * BATCH]) for a in (part.x_train, part.y_train)
        )
        loss = cross_entropy(model(x), y.long())
        found = torch.autograd.grad(loss, weights + kept)
        norms.append([float(dw.norm()) for dw in found])
    mean = np.mean(norms, axis=0)
    sizes = [float(weight.detach().norm()) for weight in weights]
    lists = {"weight": mean[: len(weights)], "size": sizes, "output": mean[len(weights) :]}
    return {key: [float(f"{value:.4g}") for value in norms] for key, norms in lists.items()}


def run(job: tuple[str, int, int, float, int]) -> dict:
    """Do one training of the study, and say so on standard error."""
    kind, depth, seed, rate, steps = job
    start = time.process_time()
    measured = depth in GRADIENT_DEPTHS and kind in KINDS
    first = gradients(build(lambda: network(kind, depth), seed)) if measured else None
    try:
        model, history = train_one(kind, depth, seed, rate, steps)
        found: dict = errors(model, history) | {"loss": thinned(history.loss)}
        if measured:
            found["gradients"] = {"start": first, "trained": gradients(model)}
    except FloatingPointError:  # it diverged, so it guesses
        found = dict.fromkeys(("train", "test", "train recomputed", "test recomputed"), 90.0)
        found |= dict.fromkeys(("train loss", "last loss"), GUESSING)
        found["loss"] = []
    said = f"{found['train']:.1f} {found['test']:.1f} {time.process_time() - start:.0f} s"
    print(kind, depth, seed, rate, steps, said, file=sys.stderr, flush=True)
    return found


def trial(job: tuple[str, int, float, int, int]) -> float:
    """Train for (kind, depth, rate, seed, steps); return the `last_loss`, or `GUESSING`."""
    kind, depth, rate, seed, steps = job
    try:
        loss = last_loss(train_one(kind, depth, seed, rate, steps)[1])
    except FloatingPointError:
        loss = GUESSING
    print(*job, loss, file=sys.stderr, flush=True)
    return loss


def tries(kind: str) -> tuple[tuple[float, ...], Sequence[int]]:
    """Return the rates that a kind is tried with, and the seeds of each."""
    return (BARE_RATES, BARE_SEARCH_SEEDS) if kind == BARE else (RATES, (SEARCH_SEED,))


def search(cells: list[tuple[str, int]], steps: int, workers: int) -> dict[tuple, dict]:
    """Try every rate for every kind and depth; return the mean losses of `trial` by rate."""
    jobs = [(*cell, rate, seed, steps) for cell in cells for rate, seed in product(*tries(cell[0]))]
    losses = iter(pooled(trial, jobs, workers))
    found: dict[tuple, dict] = {}
    for cell in cells:
        rates, seeds = tries(cell[0])
        means = [fmean(next(losses) for _ in seeds) for _ in rates]
        found[cell] = {rate: round(mean, 4) for rate, mean in zip(rates, means, strict=True)}
    return found


def study(
    seeds: Iterable[int] = SEEDS,
    few_seeds: Iterable[int] = FEW_SEEDS,
    depths: Iterable[int] = DEPTHS,
    steps: int = STEPS,
    longer: int = LONGER,
    workers: int = 1,
) -> dict:
    """Train every kind at every depth, the ablations at one, and the deepest for longer.

    Args:
        seeds: one run for each, of the three kinds.
        few_seeds: of the ablations and of the longer runs.
        depths: of the three kinds.
        steps: of each run.
        longer: steps of the longer runs, with the rate chosen for `steps`.
        workers: processes, each with one thread.

    Returns:
        The settings; rates[kind][depth][rate] -> loss of the search; and lists with one entry for
        each seed, by measure of `errors` and "loss", the curve: runs[kind][depth],
        ablations[name], longer[kind]. gradients[when][kind][depth][measure] are of `gradients`,
        one list for each seed.
    """
    seeds, few_seeds, depths = list(seeds), list(few_seeds), sorted(depths, reverse=True)
    cells = [(kind, depth) for depth in depths for kind in KINDS]
    cells += [(name, ABLATED) for name in ABLATIONS]
    found = search(cells, steps, workers)
    best = {cell: min(losses, key=losses.get) for cell, losses in found.items()}
    deep = [(kind, depths[0]) for kind in KINDS]
    jobs = [(*cell, seed, best[cell], longer) for cell in deep for seed in few_seeds]
    jobs += [
        (*cell, seed, best[cell], steps)
        for cell in cells
        for seed in (seeds if cell[0] in KINDS else few_seeds)
    ]
    runs = iter(pooled(run, jobs, workers))
    result: dict = {"rates": {}, "runs": {}, "ablations": {}, "longer": {}}
    result["gradients"] = {"start": {}, "trained": {}}
    for kind, _ in deep:
        result["longer"][kind] = gathered([next(runs) for _ in few_seeds])
    for kind, depth in cells:
        result["rates"].setdefault(kind, {})[str(depth)] = {
            str(rate): loss for rate, loss in found[kind, depth].items()
        }
        own = [next(runs) for _ in (seeds if kind in KINDS else few_seeds)]
        if kind in ABLATIONS:
            result["ablations"][kind] = gathered(own)
            continue
        result["runs"].setdefault(kind, {})[str(depth)] = gathered(own)
        if "gradients" in own[0]:
            for when, by_kind in result["gradients"].items():
                lists = gathered([each["gradients"][when] for each in own])
                by_kind.setdefault(kind, {})[str(depth)] = lists
    settings = {"steps": steps, "longer": longer, "batch": BATCH, "seeds": seeds}
    settings |= {"few_seeds": few_seeds, "search_seed": SEARCH_SEED, "seen": SEEN}
    settings |= {"bare_search_seeds": list(BARE_SEARCH_SEEDS)}
    return {"settings": settings | {"ablated": ABLATED, "deep": depths[0]}, **result}


def gathered(runs: list[dict]) -> dict[str, list]:
    """Turn one dict for each seed into a list by measure, the gradients left out."""
    return {key: [each[key] for each in runs] for key in runs[0] if key != "gradients"}
