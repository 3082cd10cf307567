"""Why a network does worse on new digits than on its own: each possible cause varied alone.

All networks have one hidden layer of tanh units and read 8 x 8 digits. The networks of all seeds
are trained side by side, stacked along a first axis, which takes hardly longer than one of them.
What they learn from, and how, is a `Setting`; the study changes one field of it at a time.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

from cnnbook import data
from cnnbook.experiments.overfitting_digits import CLASSES, VIEWS, Arrays, Setting, stacked

SEEDS = range(5)
BATCH, RATE, MOMENTUM = 64, 0.02, 0.9
SETS, GROUPS = 20, range(3)  # training sets for bias and variance, and how often that is repeated
BASE = Setting()
LONG = 10_000  # steps
IMAGES, WIDTHS = (50, 100, 200, 400, 800, 1400), (1, 2, 3, 4, 8, 16, 64, 256, 1024)
SWEEPS = {  # name -> what it starts from, the field that is varied, its values
    "images": (BASE, "images", IMAGES),
    "width": (BASE, "width", WIDTHS),
    "label noise": (BASE, "label_noise", (0.0, 0.1, 0.2, 0.4)),
    "decay": (BASE, "decay", (0.0, 0.003, 0.01, 0.03, 0.1, 0.3)),
    "view": (BASE, "view", tuple(VIEWS)),
    "width, noisy": (replace(BASE, label_noise=0.2), "width", WIDTHS),
    "width, noisy, all images": (replace(BASE, label_noise=0.2, images=1400), "width", WIDTHS[:-1]),
    "images, narrow": (replace(BASE, width=3), "images", IMAGES),
    "images, noisy": (replace(BASE, label_noise=0.2), "images", IMAGES),
}
CURVES = {  # name -> a run whose curves are kept
    "plain": replace(BASE, steps=LONG),
    "20 % wrong labels": replace(BASE, steps=LONG, label_noise=0.2),
    "3 hidden units": replace(BASE, steps=LONG, width=3),
}


def first_weights(inputs: int, width: int, seeds: Sequence[int]) -> list[torch.Tensor]:
    """Draw a hidden and an output layer for each seed, with variance 1 / inputs (of a layer)."""
    draws = [torch.Generator().manual_seed(seed) for seed in seeds]
    parameters = []
    for fan_in, fan_out in ((inputs, width), (width, CLASSES)):
        weights = [torch.randn(fan_in, fan_out, generator=dice) for dice in draws]
        parameters += [torch.stack(weights) / fan_in**0.5, torch.zeros(len(seeds), 1, fan_out)]
    return [p.requires_grad_() for p in parameters]


def scores(parameters: Sequence[torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Run every network on its own images: x (S, N, inputs) -> y (S, N, classes)."""
    hidden_weight, hidden_bias, weight, bias = parameters
    hidden = torch.tanh(torch.baddbmm(hidden_bias, x, hidden_weight))  # (S, N, width)
    return torch.baddbmm(bias, hidden, weight)  # (S, N, classes)


def measure(parameters: Sequence[torch.Tensor], part: Arrays) -> dict[str, list[float]]:
    """Return the mean cross-entropy and the share of errors, one of each for every seed."""
    x, y = part
    with torch.no_grad():
        logits = scores(parameters, x)  # (S, N, classes)
    loss = F.cross_entropy(logits.movedim(2, 1), y, reduction="none").mean(1)
    error = (logits.argmax(2) != y).double().mean(1)
    return {
        name: [round(v, 4) for v in values.tolist()]
        for name, values in (("loss", loss), ("error", error))
    }


def train(
    setting: Setting,
    seeds: Sequence[int],
    parts: dict[str, Arrays],
    watch: Callable[[int, list[torch.Tensor]], None] = lambda step, parameters: None,
) -> list[torch.Tensor]:
    """Train the networks of all seeds; `watch` is called before each step and after the last."""
    x, y = parts["train"]
    parameters = first_weights(x.shape[2], setting.width, seeds)
    velocity = [torch.zeros_like(p) for p in parameters]
    dice = [torch.Generator().manual_seed(1000 + seed) for seed in seeds]
    rows = torch.arange(len(seeds))[:, None]
    decays = (setting.decay, 0.0, setting.decay, 0.0)
    for step in range(setting.steps):
        watch(step, parameters)
        batch = torch.stack([torch.randint(setting.images, (BATCH,), generator=d) for d in dice])
        logits = scores(parameters, x[rows, batch])  # (S, BATCH, classes)
        loss = F.cross_entropy(logits.movedim(2, 1), y[rows, batch], reduction="sum") / BATCH
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for p, v, dp, decay in zip(parameters, velocity, gradients, decays, strict=True):
                p -= RATE * v.mul_(MOMENTUM).add_(dp).add_(p, alpha=decay)
    watch(setting.steps, parameters)
    return parameters


def marks(steps: int, count: int = 24) -> list[int]:
    """Choose the steps at which curves are measured: close together early, the last among them."""
    return sorted({0, *np.geomspace(1, steps, count).round().astype(int).tolist()})


def run(setting: Setting = BASE, seeds: Iterable[int] = SEEDS) -> dict:
    """Train with one setting from every seed.

    Returns:
        "setting"; "final": part -> "loss" and "error", a number for each seed; and "curves": "step"
        and, for the training and validation part, lists of the same over the steps.
    """
    seeds = list(seeds)
    parts, wanted = stacked(setting, seeds), marks(setting.steps)
    curves = {
        "step": wanted,
        **{name: {"loss": [], "error": []} for name in ("train", "validation")},
    }

    def watch(step: int, parameters: list[torch.Tensor]) -> None:
        if step in wanted:
            for name in ("train", "validation"):
                for kind, values in measure(parameters, parts[name]).items():
                    curves[name][kind].append(values)

    parameters = train(setting, seeds, parts, watch)
    final = {name: measure(parameters, part) for name, part in parts.items()}
    return {"setting": asdict(setting), "final": final, "curves": curves}


def resampled(width: int, group: int, images: int = 100, sets: int = SETS) -> dict[str, float]:
    """Train on `sets` draws of the training images; split the squared error on the held-out ones.

    The error of an image is the sum over the classes of (probability - truth)^2, truth being 1 for
    its class and 0 for the others. Bias^2 is that of the mean probability over the draws.
    """
    digits = data.digits(group)
    some = [digits.take(images, 100 * (group + 1) + i) for i in range(sets)]
    x, y = (np.stack([getattr(each, name) for each in some]) for name in ("x_train", "y_train"))
    mean, spread = digits.x_train.mean(), digits.x_train.std()
    x, held = ((v.reshape(*v.shape[:-3], -1) - mean) / spread for v in (x, digits.x_test))
    setting, part = replace(BASE, width=width, images=images), tuple(map(torch.from_numpy, (x, y)))
    seeds = [100 * (group + 1) + i for i in range(sets)]
    parameters = train(setting, seeds, {"train": part})
    with torch.no_grad():
        everyone = torch.from_numpy(held).expand(sets, *held.shape)  # (sets, N, inputs)
        chances = scores(parameters, everyone).softmax(2).double().numpy()  # (sets, N, classes)
    truth, middle = np.eye(CLASSES)[digits.y_test], chances.mean(0)
    return {
        "bias2": float(((middle - truth) ** 2).sum(1).mean()),
        "variance": float(((chances - middle) ** 2).sum(2).mean()),
        "error": float(((chances - truth) ** 2).sum(2).mean()),
    }


def study(
    sweeps: dict | None = None,
    curves: dict[str, Setting] | None = None,
    widths: Iterable[int] = WIDTHS[:-1],
    seeds: Iterable[int] = SEEDS,
    sets: int = SETS,
) -> dict:
    """Run all sweeps, and say so on standard error.

    Returns:
        The settings; "sweeps": name -> value -> part -> "loss" and "error", a number for each
        seed; "curves": name -> those of `run`; "resampled": width -> a list, for each group, of
        what `resampled` returns.
    """
    seeds, record = list(seeds), {}
    for name, (base, field, values) in (SWEEPS if sweeps is None else sweeps).items():
        record[name] = {}
        for value in values:
            print(name, value, file=sys.stderr, flush=True)
            record[name][str(value)] = run(replace(base, **{field: value}), seeds)["final"]
    kept = {n: run(s, seeds)["curves"] for n, s in (CURVES if curves is None else curves).items()}
    parts = {}
    for width in widths:
        print("resampled", width, file=sys.stderr, flush=True)
        parts[str(width)] = [resampled(width, group, sets=sets) for group in GROUPS]
    return {
        "settings": {
            **{"base": asdict(BASE), "seeds": seeds, "sets": sets, "batch": BATCH},
            **{"rate": RATE, "momentum": MOMENTUM},
        },
        "sweeps": record,
        "curves": kept,
        "resampled": parts,
    }
