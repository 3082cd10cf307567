"""What trained networks make of surgery: blocks deleted, swapped, and how far each moves its input.

All is measured in eval mode on `IMAGES` test images. The networks are those of `residual`, from
its first seeds. Blocks are numbered in the order of the computation, three stages of them.
"""

import sys
import time
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import combinations, permutations

import numpy as np
import torch
from torch import Tensor, nn

from cnnbook.experiments.branches import moves
from cnnbook.experiments.normalisation import garments, pooled
from cnnbook.experiments.normed import recompute
from cnnbook.experiments.residual import BATCH, BEST, STEPS, train_one
from cnnbook.experiments.shortcuts import blocks_of, bypass, network
from cnnbook.models.resnet import Padded, ResNet
from cnnbook.training import build, cross_entropy

SEEDS, IMAGES, CHOOSING = range(3), 1000, 500
NETWORKS = (("residual", 56), ("residual", 20), ("plain", 20))
TRAINED_LONGER = ("residual", 56)  # also operated on after three times the steps
DEPTH, PER_STAGE = 20, 3  # of the networks whose blocks are arranged in every way
STAGES = tuple(tuple(range(i, i + PER_STAGE)) for i in range(0, 3 * PER_STAGE, PER_STAGE))
SWAPS = ((0, 1), (0, 2), (1, 2), (4, 5), (7, 8))  # the first blocks of stages 2 and 3 never move


def ways(stage: int) -> list[str]:
    """List every way to keep and order the blocks of a stage, the whole stage first.

    The first block of stages 1 and 2, counted from 0, changes the shape: it is kept where it is or
    replaced by `shortcuts.bypass`. Blocks are written as digits, "" is a stage without any.
    """
    fixed, free = ("", STAGES[0]) if stage == 0 else (str(STAGES[stage][0]), STAGES[stage][1:])
    orders = [
        "".join(map(str, order))
        for count in range(len(free) + 1)
        for kept in combinations(free, count)
        for order in permutations(kept)
    ]
    found = {head + order for head in {fixed, ""} for order in orders}
    return sorted(found, key=lambda way: (-len(way), way))


def through(x: Tensor, blocks: list[nn.Module], stage: int, way: str) -> Tensor:
    """Send x, the input of a stage, through those of all blocks that one of its `ways` names."""
    first = STAGES[stage][0]
    if stage and str(first) not in way:
        x = bypass(blocks[first])(x)
    for digit in way:
        x = blocks[int(digit)](x)
    return x


def head(model: ResNet, x: Tensor) -> Tensor:
    """Return the logits of what leaves the last block."""
    return model.dense(model.flatten(model.mean(x)))


def images(part: str, count: int) -> tuple[Tensor, Tensor]:
    """Return the first images and labels of "train" or "test"."""
    x, y = (getattr(garments(), f"{name}_{part}")[:count] for name in "xy")
    return torch.as_tensor(x), torch.as_tensor(y).long()


def right(logits: Tensor, y: Tensor) -> float:
    """Return the per cent of images named rightly, to a tenth."""
    return round(100 * (logits.argmax(1) == y).float().mean().item(), 1)


@torch.no_grad()
def arranged(model: ResNet) -> list[list[list[int]]]:
    """Return test images in a thousand named rightly, for the ways of the three stages."""
    x, y = images("test", IMAGES)
    blocks, table = blocks_of(model), []
    x = model.stem(x)
    for one in ways(0):
        a = through(x, blocks, 0, one)
        table.append([])
        for two in ways(1):
            b = through(a, blocks, 1, two)
            logits = [head(model, through(b, blocks, 2, three)) for three in ways(2)]
            table[-1].append([round(10 * right(scores, y)) for scores in logits])
    return table


@torch.no_grad()
def swapped(model: ResNet) -> list[float]:
    """Return the accuracy with the two blocks of each of `SWAPS` in each other's place."""
    x, y = images("test", IMAGES)
    found = []
    for pair in SWAPS:
        places = list(range(len(blocks_of(model))))
        places[pair[0]], places[pair[1]] = pair[::-1]
        blocks = [blocks_of(model)[place] for place in places]
        found.append(right(run_blocks(model, blocks, x), y))
    return found


def run_blocks(model: ResNet, blocks: list[nn.Module], x: Tensor) -> Tensor:
    """Return the logits with these blocks in place of the network's."""
    x = model.stem(x)
    for block in blocks:
        x = block(x)
    return head(model, x)


@torch.no_grad()
def without_each(
    model: ResNet, blocks: list[nn.Module], x: Tensor, score: Callable[[Tensor], float]
) -> list[float]:
    """Score the logits without each block in turn; one that is deleted already stays so."""
    x, found = model.stem(x), []
    for place, block in enumerate(blocks):
        rest = (block if isinstance(block, nn.Identity | Padded) else bypass(block))(x)
        for later in blocks[place + 1 :]:
            rest = later(rest)
        found.append(score(head(model, rest)))
        x = block(x)
    return found


@torch.no_grad()
def adapted(model: ResNet) -> list[float]:
    """Return the accuracy of the whole, then without each block in turn, with new statistics.

    Batch norm gets those of `IMAGES` training images in what is left of the network, so that what
    remains of the damage is not the running statistics of another network.
    """
    x, y = images("test", IMAGES)
    seen = images("train", IMAGES)[0].numpy()
    places = [(stage, place) for stage in range(3) for place in range(len(model.stages[stage]))]
    found = []
    for place in (None, *places):
        rest = deepcopy(model)
        if place:
            rest.stages[place[0]][place[1]] = bypass(rest.stages[place[0]][place[1]])
        recompute(rest, seen)
        found.append(right(rest(x), y))
    return found


@torch.no_grad()
def greedy(model: ResNet) -> dict[str, list]:
    """Delete blocks one after the other, each time the one whose loss costs least.

    Returns:
        "order" of the deletions, chosen by the mean loss of `CHOOSING` training images, and
        "accuracy" on test images, of the whole network and after each deletion.
    """
    x, y = images("train", CHOOSING)
    x_test, y_test = images("test", IMAGES)
    blocks, order = list(blocks_of(model)), []
    accuracy = [right(run_blocks(model, blocks, x_test), y_test)]
    while len(order) < len(blocks):
        losses = without_each(model, blocks, x, lambda z: cross_entropy(z, y).item())
        left = [place for place in range(len(blocks)) if place not in order]
        order.append(min(left, key=losses.__getitem__))
        blocks[order[-1]] = bypass(blocks[order[-1]])
        accuracy.append(right(run_blocks(model, blocks, x_test), y_test))
    return {"order": order, "accuracy": accuracy}


def first_moves(kind: str, depth: int, seed: int) -> dict[str, list[float]]:
    """Return `moves` of a network before training, batch norm's statistics those of `recompute`."""
    first = build(lambda: network(kind, depth), seed)
    recompute(first, images("train", IMAGES)[0].numpy())
    return moves(first, images("test", IMAGES)[0])


def missing(job: tuple[str, int, int, int]) -> tuple[ResNet, dict]:
    """Train a network and take out one block after the other."""
    kind, depth, seed, steps = job
    model, _ = train_one(kind, depth, seed, BEST[kind][depth], steps)
    x, y = images("test", IMAGES)
    with torch.no_grad():
        found: dict = {"whole": right(model(x), y)}
    found["deleted"] = without_each(model, blocks_of(model), x, lambda logits: right(logits, y))
    found["whole adapted"], *found["adapted"] = adapted(model)
    return model, found


def run_longer(job: tuple[str, int, int, int]) -> dict:
    """Return the findings of `missing`."""
    return missing(job)[1]


def run(job: tuple[str, int, int, int]) -> dict:
    """Train a network and operate on it; say so on standard error."""
    kind, depth, seed, _ = job
    start = time.process_time()
    model, found = missing(job)
    found["greedy"] = greedy(model)
    if depth == DEPTH:
        found["swapped"] = swapped(model)
        if seed == SEEDS[0]:
            found["arranged"] = arranged(model)
    if kind == "residual":
        found["moves"] = moves(model, images("test", IMAGES)[0])
        found["first moves"] = first_moves(kind, depth, seed)
    said = f"{found['whole']} {np.round(found['deleted'], 1)} {time.process_time() - start:.0f} s"
    print(kind, depth, seed, said, file=sys.stderr, flush=True)
    return found


def study(seeds: Iterable[int] = SEEDS, steps: int = STEPS, workers: int = 1) -> dict:
    """Train and operate on the networks of `NETWORKS`, once for each seed.

    Args:
        seeds: with the first of `SEEDS` among them, whose networks are arranged in every way.
        steps: of each training.
        workers: processes, each with one thread.

    Returns:
        The settings; networks[kind][depth], with lists that have one entry for each seed: "whole",
        "deleted" (each block alone), both with new statistics ("whole adapted", "adapted"), and
        "swapped" (each of `SWAPS`), all in per cent of the test images; "greedy"; "moves" and
        before training "first moves", see `branches.moves`. "longer", the first of these, of
        `TRAINED_LONGER`. "arrangements": the ways of the three "stages", "accuracy"[kind][way of
        stage 0][of 1][of 2], in tenths of a per cent, for 20 layers from the first seed.
    """
    seeds = list(seeds)
    jobs = [(*TRAINED_LONGER, seed, 3 * steps) for seed in seeds]
    longer = pooled(run_longer, jobs, workers)
    jobs = [(*network, seed, steps) for network in NETWORKS for seed in seeds]
    runs = iter(pooled(run, jobs, workers))
    networks: dict = {}
    tables = {}
    for kind, depth in NETWORKS:
        own = [next(runs) for _ in seeds]
        for each in own:
            if "arranged" in each:
                tables[kind] = each.pop("arranged")
        lists = {key: [each[key] for each in own] for key in own[0]}
        networks.setdefault(kind, {})[str(depth)] = lists
    settings = {"steps": steps, "batch": BATCH, "seeds": seeds, "images": IMAGES}
    settings |= {"choosing": CHOOSING, "swaps": [list(pair) for pair in SWAPS]}
    settings["rates"] = {kind: {str(k): v for k, v in by.items()} for kind, by in BEST.items()}
    stages = [ways(stage) for stage in range(len(STAGES))]
    return {
        "settings": settings,
        "arrangements": {"stages": stages, "accuracy": tables},
        "networks": networks,
        "longer": {key: [each[key] for each in longer] for key in longer[0]},
    }
