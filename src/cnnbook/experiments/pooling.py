"""What each way to halve a map is worth: trained networks, and how still their features stand.

Small networks that differ only in how they halve their maps learn the same garments, from few and
from many images. Then garments that they were not trained on are moved, turned and scaled.
"""

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import lru_cache, partial
from multiprocessing import get_context

import numpy as np
import torch
from torch import nn

from cnnbook import data
from cnnbook.data import Dataset
from cnnbook.data.warping import grid, sample
from cnnbook.summary import ledger
from cnnbook.training import RATE, build, evaluate, one_cycle, standardise, train
from cnnbook.training.augment import Augment

SIZE, INNER, MAPS = 28, 20, (8, 16)  # moved by 4 pixels, a garment of 20 stays in its 28 pixels
STEPS, BATCH, MOVED = 500, 64, 500
SEEDS = {1000: range(8), 8000: range(5)}  # training images -> seeds

# name -> stride of the convolutions, and what follows each of their ReLUs, for so many maps
Layers = Callable[[int], list[nn.Module]]
HALVINGS: dict[str, tuple[int, Layers]] = {
    "none": (1, lambda maps: []),
    "every second cell": (1, lambda maps: [nn.MaxPool2d(1, 2)]),
    "max 2x2": (1, lambda maps: [nn.MaxPool2d(2)]),
    "average 2x2": (1, lambda maps: [nn.AvgPool2d(2)]),
    "max 3x3": (1, lambda maps: [nn.MaxPool2d(3, 2, 1)]),
    "average 3x3": (1, lambda maps: [nn.AvgPool2d(3, 2, 1, count_include_pad=False)]),
    "stride 2 in the convolution": (2, lambda maps: []),
    "strided convolution added": (1, lambda maps: [nn.Conv2d(maps, maps, 3, 2, 1), nn.ReLU()]),
    "convolution and max 2x2": (
        1,
        lambda maps: [nn.Conv2d(maps, maps, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2)],
    ),
}

# kind -> how far -> the ways to move a garment so far, as arguments of `moved`
Move = Mapping[str, float]
DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1))
MOVES: dict[str, dict[float, list[Move]]] = {
    "shift": {
        far: [{"down": far * i, "right": far * j} for i, j in DIRECTIONS] for far in range(5)
    },
    "turn": {far: [{"angle": far}, {"angle": -far}] for far in (0, 5, 10, 20, 30)},
    "scale": {far: [{"scale": far}] for far in (0.8, 0.9, 1.0, 1.1, 1.2)},
}


def network(name: str) -> nn.Sequential:
    """Build two stages of 3x3 convolution, ReLU and halving, and a dense layer after them.

    Returns:
        x (N, 1, 28, 28) -> logits (N, 10); the first of its two parts makes the features.
    """
    stride, halve = HALVINGS[name]
    layers, channels = [], 1
    for maps in MAPS:
        layers += [nn.Conv2d(channels, maps, 3, stride, 1), nn.ReLU(), *halve(maps)]
        channels = maps
    side = SIZE if name == "none" else SIZE // 4
    return nn.Sequential(nn.Sequential(*layers, nn.Flatten()), nn.Linear(maps * side**2, 10))


def moved(
    garments: np.ndarray, down: float = 0, right: float = 0, angle: float = 0, scale: float = 1
) -> np.ndarray:
    """Draw garments 20 pixels large in the middle of 28x28 pixels, or away from there.

    Args:
        garments: (N, 28, 28).
        down, right: pixels that they are moved by.
        angle: degrees that they are turned by, clockwise.
        scale: factor by which they are enlarged.

    Returns:
        (N, 1, 28, 28); what lies outside a garment is 0.
    """
    turn, middle = np.deg2rad(angle), (SIZE - 1) / 2
    places = grid(SIZE, SIZE, INNER) - middle  # (28,), from the middle, in pixels of the garment
    step = SIZE / INNER
    rows, columns = places[:, None] - down * step, places[None, :] - right * step
    read_rows = (np.cos(turn) * rows - np.sin(turn) * columns) / scale + middle
    read_columns = (np.sin(turn) * rows + np.cos(turn) * columns) / scale + middle
    return sample(garments, read_rows[None], read_columns[None])[:, None]


@lru_cache(1)
def small_garments() -> Dataset:
    """Return Fashion-MNIST with garments 20 pixels large."""
    whole = data.load("fashion-mnist")
    parts = {part: moved(getattr(whole, part)[:, 0]) for part in ("x_train", "x_test")}
    return replace(whole, **parts)


def split(dataset: Dataset, count: int, seed: int) -> Dataset:
    """Keep `count` training images; test on a fifth of them as well, never trained on."""
    held = dataset.split(0.2, seed)
    x_test, y_test = (
        np.concatenate([getattr(part, key) for part in (held, dataset)])
        for key in ("x_test", "y_test")
    )
    return replace(held.take(count, seed), x_test=x_test, y_test=y_test)


def train_one(
    name: str, count: int, seed: int, steps: int = STEPS, augment: Augment | None = None
) -> tuple[nn.Sequential, dict[str, float]]:
    """Train a network; return it and its errors in per cent, on what it saw and on the rest."""
    part = standardise(split(small_garments(), count, seed))
    model = build(lambda: network(name), seed)
    history = train(
        model,
        part,
        steps,
        BATCH,
        one_cycle(steps, RATE),
        optimiser=torch.optim.Adam,
        seed=seed,
        augment=augment,
        progress=False,
    )
    seen = evaluate(model, part.x_train, part.y_train)[1]
    errors = {"train": 100 * (1 - seen), "test": 100 * (1 - history.test_accuracy)}
    return model, errors


def stillness(model: nn.Sequential, count: int = MOVED) -> dict[str, dict[str, dict[str, float]]]:
    """Move test garments; compare what the network makes of them with what it made before.

    Returns:
        kind -> how far -> "error" of the moved garments in per cent, and "distance": how far their
        features are from those of the same garments unmoved, as a share of the distance between
        two different garments.
    """
    whole, small = data.load("fashion-mnist"), small_garments()
    mean, spread = small.x_train.mean(), small.x_train.std()
    garments, labels = whole.x_test[:count, 0], whole.y_test[:count]

    def look(move: Move) -> tuple[torch.Tensor, float]:
        x = torch.from_numpy((moved(garments, **move) - mean) / spread).float()
        with torch.no_grad():
            features = model[0](x)  # (N, features)
            named = model[1](features).argmax(1).numpy()
        return features, 100 * float((named != labels).mean())

    before, _ = look({})
    apart = (before - before.roll(1, 0)).norm(dim=1).mean()  # from the next garment of the list
    found = {}
    for kind, settings in MOVES.items():
        found[kind] = {}
        for far, moves in settings.items():
            seen = [look(move) for move in moves]
            distances = [(after - before).norm(dim=1).mean() / apart for after, _ in seen]
            found[kind][str(far)] = {
                "error": float(np.mean([error for _, error in seen])),
                "distance": float(np.mean(distances)),
            }
    return found


def run(job: tuple[str, int, int], steps: int) -> dict:
    """Do one training of the study, and move garments before the network if it saw many."""
    name, count, seed = job
    start = time.process_time()
    model, errors = train_one(name, count, seed, steps)
    errors["still"] = stillness(model) if count == max(SEEDS) else {}
    seconds = time.process_time() - start
    print(
        f"{name} {count} {seed} {errors['test']:.2f} {seconds:.0f} s", file=sys.stderr, flush=True
    )
    return errors


def study(
    names: Iterable[str] = tuple(HALVINGS),
    seeds: Mapping[int, Iterable[int]] = SEEDS,
    steps: int = STEPS,
    workers: int = 1,
) -> dict:
    """Train every network on every number of images from every seed; say so on standard error.

    Args:
        names: of the halvings.
        seeds: number of training images -> one run for each.
        steps: of each run.
        workers: processes, each with one thread.

    Returns:
        The settings; parameters and multiply-adds of each network; error[images][name][part], in
        per cent, and still[kind][how far][name][measure], lists with one number for each seed.
    """
    names, seeds = list(names), {count: list(some) for count, some in seeds.items()}
    jobs = [(name, count, seed) for count in seeds for seed in seeds[count] for name in names]
    if workers == 1:
        runs = [run(job, steps) for job in jobs]
    else:
        context = get_context("spawn")
        with ProcessPoolExecutor(workers, context, torch.set_num_threads, (1,)) as pool:
            runs = list(pool.map(partial(run, steps=steps), jobs))
    results = dict(zip(jobs, runs, strict=True))
    totals = {name: ledger(network(name).eval(), (1, 1, SIZE, SIZE)).total for name in names}
    most = max(seeds)
    return {
        "settings": {"steps": steps, "batch": BATCH, "rate": RATE, "seeds": seeds},
        "parameters": {name: total.parameters for name, total in totals.items()},
        "macs": {name: total.macs for name, total in totals.items()},
        "error": {
            count: {
                name: {
                    part: [round(results[name, count, seed][part], 3) for seed in some]
                    for part in ("train", "test")
                }
                for name in names
            }
            for count, some in seeds.items()
        },
        "still": {
            kind: {
                str(far): {
                    name: {
                        measure: [
                            round(results[name, most, s]["still"][kind][str(far)][measure], 4)
                            for s in seeds[most]
                        ]
                        for measure in ("error", "distance")
                    }
                    for name in names
                }
                for far in settings
            }
            for kind, settings in MOVES.items()
        },
    }
