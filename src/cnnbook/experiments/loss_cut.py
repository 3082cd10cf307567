"""Cuts through the training loss of trained plain and residual networks along random directions.

A direction is drawn from a normal distribution, then every filter of it (the weights of one output
channel or one class) is scaled to the norm of the network's own filter. Biases, and the scales and
shifts of batch norm, stay where they are. The loss is that of `IMAGES` training images, measured
twice: with batch norm's running statistics left as training left them ("running"), and with the
mean and variance of these images at each point ("batch"), as in a step of training.

See: Li, Xu, Taylor, Studer & Goldstein 2018, arXiv:1712.09913, section 4, who measure the first
    with their directions zero for the same parameters.
"""

import sys
import time
from collections.abc import Iterable
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn

from cnnbook.experiments.normalisation import pooled
from cnnbook.experiments.normed import norms_of
from cnnbook.experiments.residual import BEST, STEPS, train_one
from cnnbook.experiments.residual_surgery import images
from cnnbook.training import cross_entropy

SEEDS, IMAGES, DIRECTIONS = range(3), 500, 3
NETWORKS = (("plain", 56), ("residual", 56), ("plain", 20), ("residual", 20))
ALONG = tuple(round(float(t), 2) for t in np.linspace(-1, 1, 21))  # 0 is the trained network
MAP_DEPTH, MAP_ALONG = 56, tuple(round(float(t), 3) for t in np.linspace(-1, 1, 17))

Direction = dict[str, Tensor]


def direction(model: nn.Module, seed: int) -> Direction:
    """Draw a filter-normalised direction: name of a parameter -> change, zero for biases and norms.

    Args:
        model: whose filters set the lengths.
        seed: draws the direction.
    """
    generator, found = torch.Generator().manual_seed(seed), {}
    for name, weight in model.named_parameters():
        if weight.ndim < 2:
            found[name] = torch.zeros_like(weight)
            continue
        drawn = torch.randn(weight.shape, generator=generator)
        axes = tuple(range(1, weight.ndim))
        own, its = (torch.linalg.vector_norm(w, dim=axes, keepdim=True) for w in (weight, drawn))
        found[name] = (drawn * own / its).detach()
    return found


@torch.no_grad()
def losses(
    model: nn.Module, moves: Iterable[Direction], x: Tensor, y: Tensor, own_statistics: bool
) -> list[float]:
    """Return the loss at the network plus each move; the network is left as it was.

    Args:
        model: the trained network.
        moves: what to add to the parameters.
        x, y: images and labels.
        own_statistics: let batch norm take mean and variance of x at each point.
    """
    moved = deepcopy(model).eval()
    for norm in norms_of(moved):
        norm.train(own_statistics)  # the running statistics of the copy drift, and are not used
    found = []
    for move in moves:
        for name, weight in moved.named_parameters():
            weight.copy_(model.get_parameter(name) + move[name])
        loss = cross_entropy(moved(x), y).item()
        found.append(float(f"{loss:.4g}"))
    return found


def plus(*parts: tuple[float, Direction]) -> Direction:
    """Add up directions, each times a number."""
    return {name: sum(t * move[name] for t, move in parts) for name in parts[0][1]}


def run(job: tuple[str, int, int, int, int]) -> dict:
    """Train a network and cut through its loss; say so on standard error."""
    kind, depth, seed, steps, points = job
    start = time.process_time()
    model, _ = train_one(kind, depth, seed, BEST[kind][depth], steps)
    x, y = images("train", IMAGES)
    ways = [direction(model, 1000 * seed + i) for i in range(DIRECTIONS)]
    found: dict = {}
    for name, own in (("running", False), ("batch", True)):
        found[name] = [
            losses(model, (plus((t, way)) for t in thin(ALONG, points)), x, y, own) for way in ways
        ]
    if depth == MAP_DEPTH and seed == SEEDS[0]:
        grid = thin(MAP_ALONG, points)
        rows = ((plus((a, ways[0]), (b, ways[1])) for b in grid) for a in grid)
        found["map"] = [losses(model, row, x, y, own_statistics=True) for row in rows]
    middle = found["batch"][0][len(thin(ALONG, points)) // 2]
    said = f"loss {middle} {time.process_time() - start:.0f} s"
    print(kind, depth, seed, said, file=sys.stderr, flush=True)
    return found


def thin(along: tuple[float, ...], points: int) -> tuple[float, ...]:
    """Return so many places, evenly apart, the first and the last among them."""
    if points >= len(along):
        return along
    return tuple(along[i] for i in np.linspace(0, len(along) - 1, points).round().astype(int))


def study(
    seeds: Iterable[int] = SEEDS, steps: int = STEPS, points: int = len(ALONG), workers: int = 1
) -> dict:
    """Train the networks of `NETWORKS`, once for each seed, and cut through their loss.

    Args:
        seeds: with the first of `SEEDS` among them, whose deep networks get a map.
        steps: of each training.
        points: of a cut, and at most of a side of a map.
        workers: processes, each with one thread.

    Returns:
        The settings, with the places "along" a cut and "map_along"; cuts[kind][depth]["running" or
        "batch"], one list for each seed, in it one list of losses for each direction; and
        maps[kind], rows along the first direction, columns along the second, by "batch".
    """
    seeds = list(seeds)
    jobs = [(*network, seed, steps, points) for network in NETWORKS for seed in seeds]
    runs = iter(pooled(run, jobs, workers))
    cuts: dict = {}
    maps = {}
    for kind, depth in NETWORKS:
        own = [next(runs) for _ in seeds]
        for each in own:
            if "map" in each:
                maps[kind] = each["map"]
        lists = {name: [each[name] for each in own] for name in ("running", "batch")}
        cuts.setdefault(kind, {})[str(depth)] = lists
    settings = {"steps": steps, "seeds": seeds, "images": IMAGES, "directions": DIRECTIONS}
    settings |= {"along": list(thin(ALONG, points)), "map_along": list(thin(MAP_ALONG, points))}
    settings |= {"map_depth": MAP_DEPTH}
    return {"settings": settings, "cuts": cuts, "maps": maps}
