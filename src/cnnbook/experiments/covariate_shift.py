"""Does batch norm help because it keeps the inputs of a layer from shifting, or for another reason?

Networks without batch norm, with it, and with it spoilt by noise that shifts what the next layer
sees at every step learn the same garments. Measured are their loss, how far the inputs of their
layers shift in a step, and how far a gradient is still right after a step along it.

See: Santurkar, Tsipras, Ilyas & Madry 2018, arXiv:1805.11604, whose experiment this is, smaller.
"""

import copy
import sys
import time
from collections.abc import Iterable

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from cnnbook.experiments.normalisation import garments, pooled
from cnnbook.training import SGD, build
from cnnbook.training.randomness import generator

DEPTH, MAPS, BATCH, PROBE = 8, 16, 64, 200
STEPS, EVERY, SEEDS, RATES = 150, 15, range(4), (0.03, 0.1, 0.3)
ALONG = (0.01, 0.03, 0.1, 0.3)  # steps along the gradient after which it is looked at again
SHIFT, STRETCH, JITTER = 0.5, 0.25, 0.1
KINDS = ("none", "batch", "noisy batch")


class Noise(nn.Module):
    """Shift and stretch each channel of each image, differently at every step.

    y = stretch x + shift: at a step each channel draws the mean of its shifts from ±`SHIFT` and of
    its stretches from 1 to 1 + `STRETCH`; its images differ from these by up to ±`JITTER`.
    """

    def __init__(self, place: int, seed: int = 0) -> None:
        """Note what the draws depend on beside the step."""
        super().__init__()
        self.key, self.step = (seed, place), 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Disturb x, (N, C, H, W), in training; in eval mode return it as it is."""
        if not self.training:
            return x
        draw = generator(*self.key, self.step)
        count, channels = x.shape[:2]
        shift, stretch = torch.rand(2, 1, channels, 1, 1, generator=draw)
        own = torch.rand(2, count, channels, 1, 1, generator=draw) * 2 - 1
        shift = SHIFT * (2 * shift - 1) + JITTER * own[0]
        return (1 + STRETCH * stretch + JITTER * own[1]) * x + shift


def network(kind: str, seed: int = 0) -> nn.Sequential:
    """Build eight 3x3 convolutions with ReLU, a mean and a dense layer.

    Args:
        kind: one of `KINDS`, what stands between each convolution and its ReLU.
        seed: of the noise.

    Returns:
        x (N, 1, 14, 14) -> logits (N, 10).
    """
    stages, channels = [], 1
    for i in range(DEPTH):
        layers = [nn.Conv2d(channels, MAPS, 3, 2 if i == 0 else 1, 1)]
        nn.init.kaiming_normal_(layers[0].weight)  # with torch's own, nothing learns without norm
        layers += [nn.BatchNorm2d(MAPS)] if kind != "none" else []
        layers += [Noise(i, seed)] if kind == "noisy batch" else []
        stages.append(nn.Sequential(*layers, nn.ReLU()))
        channels = MAPS
    return nn.Sequential(*stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(MAPS, 10))


def at_step(model: nn.Module, step: int) -> None:
    """Let the noise be that of a step."""
    for layer in model.modules():
        if isinstance(layer, Noise):
            layer.step = step


def gradient(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    """Return the gradient of the loss for each parameter."""
    return list(torch.autograd.grad(F.cross_entropy(model(x), y), list(model.parameters())))


def length(tensors: list[torch.Tensor]) -> float:
    """Return the norm of tensors taken together."""
    return float(torch.stack([t.norm() for t in tensors]).norm())


def seen(model: nn.Sequential, x: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return mean and standard deviation of each channel that each convolution but the first reads.

    The network is left in training mode, as it is while it learns.
    """
    found = []
    with torch.no_grad():
        for stage in model[: DEPTH - 1]:
            x = stage(x)
            std, mean = torch.std_mean(x, (0, 2, 3))
            found.append((mean, std))
    return found


def shift(before: list, after: list) -> float:
    """Return how far means moved, in standard deviations: the mean over channels and layers.

    A channel that its ReLU holds at 0 before and after has nothing to shift and is left out.
    """
    moves = []
    for (mean, std), (new, new_std) in zip(before, after, strict=True):
        alive = (std > 1e-6) | (new_std > 1e-6)
        spread = torch.maximum(std, new_std)[alive]
        moves.append((new - mean).abs()[alive] / spread)
    return float(torch.cat(moves).mean())


def look(model: nn.Sequential, x: torch.Tensor, y: torch.Tensor) -> dict[str, float]:
    """Measure on a copy of the network what one step of plain descent along the gradient does.

    Returns:
        "gradient", its length, and for each step of `ALONG` times the gradient "change": how far
        the gradient there is from the first one, as a share of the first one's length.
    """
    model = copy.deepcopy(model)
    first = gradient(model, x, y)
    size = length(first)
    found = {"gradient": size}
    start = [p.detach().clone() for p in model.parameters()]
    for far in ALONG:
        with torch.no_grad():
            for p, old, g in zip(model.parameters(), start, first, strict=True):
                p.copy_(old - far * g)
        there = gradient(model, x, y)
        moved = length([a - b for a, b in zip(there, first, strict=True)])
        found[f"change {far}"] = moved / size
    return found


def covariate_shift(
    model: nn.Sequential, old: dict, x: torch.Tensor, y: torch.Tensor, step: int
) -> float:
    """Compare gradients of layers before and after the layers in front of them have been updated.

    Args:
        model: after the update of this step.
        old: its state before.
        x, y: the batch of this step.
        step: its number; the noise of the gradients after the update is that of the next step.

    Returns:
        The cosine between the two gradients, the mean over every second convolution.
    See: Santurkar et al. 2018, definition 2.1.
    """
    probe = copy.deepcopy(model).train()
    new = model.state_dict()
    cosines = []
    for i in range(1, DEPTH, 2):
        pair = []
        for front, when in ((old, step), (new, step + 1)):
            early = {k for k in old if int(k.split(".")[0]) < i}
            probe.load_state_dict({k: front[k] if k in early else old[k] for k in old})
            at_step(probe, when)
            loss = F.cross_entropy(probe(x), y)
            pair.append(torch.autograd.grad(loss, probe[i][0].weight)[0].flatten())
        cosines.append(float(F.cosine_similarity(*pair, dim=0)))
    return float(np.mean(cosines))


def train_one(kind: str, rate: float, seed: int, steps: int = STEPS) -> dict[str, list[float]]:
    """Train a network by descent with momentum at a fixed rate; look at it every `EVERY` steps.

    Returns:
        "loss" of every step's batch (ln 10, a guess, once it is infinite), and at each look
        "shift", "cosine", "gradient" and "change ..." of `look`; "test", the error in per cent on
        the test images as one batch, in training mode: as the network is while it learns.
    """
    part = garments().tensors()
    model = build(lambda: network(kind, seed), seed)
    updates = SGD(model.parameters(), lr=rate)
    order = torch.randperm(len(part.x_train), generator=generator(seed))
    found: dict[str, list[float]] = {"loss": []}
    for step in range(steps):
        chosen = order[torch.arange(step * BATCH, (step + 1) * BATCH) % len(order)]
        x, y = part.x_train[chosen], part.y_train[chosen]
        at_step(model, step)
        watched = step % EVERY == EVERY - 1
        if watched:
            old = {k: v.clone() for k, v in model.state_dict().items()}
            before = seen(copy.deepcopy(model), part.x_train[:PROBE])
            measures = look(model, x, y)
        updates.zero_grad()
        loss = F.cross_entropy(model(x), y)
        found["loss"].append(round(loss.item(), 4))
        if not np.isfinite(found["loss"][-1]):
            found["loss"][step:] = [round(float(np.log(10)), 4)] * (steps - step)
            return {**found, "test": [90.0]}
        loss.backward()
        updates.step()
        if watched:
            measures["cosine"] = covariate_shift(model, old, x, y, step)
            at_step(model, step + 1)
            measures["shift"] = shift(before, seen(copy.deepcopy(model), part.x_train[:PROBE]))
            for key, value in measures.items():
                found.setdefault(key, []).append(round(value, 4))
    with torch.no_grad():
        right = model(part.x_test).argmax(1) == part.y_test
    return {**found, "test": [100 * (1 - float(right.double().mean()))]}


def run(job: tuple[str, float, int, int]) -> dict[str, list[float]]:
    """Do one training of the study, and say so on standard error."""
    start = time.process_time()
    found = train_one(*job)
    seconds = time.process_time() - start
    last = np.mean(found["loss"][-20:])
    print(f"{job} loss {last:.3f} {seconds:.0f} s", file=sys.stderr, flush=True)
    return found


def study(
    seeds: Iterable[int] = SEEDS,
    rates: Iterable[float] = RATES,
    steps: int = STEPS,
    workers: int = 1,
) -> dict:
    """Train every kind at every rate from every seed.

    Returns:
        The settings, and runs[kind][rate], a list of the results of `train_one`, one a seed.
    """
    seeds, rates = list(seeds), list(rates)
    cells = [(kind, rate) for kind in KINDS for rate in rates]
    runs = iter(pooled(run, [(*cell, seed, steps) for cell in cells for seed in seeds], workers))
    found: dict = {kind: {} for kind in KINDS}
    for kind, rate in cells:
        found[kind][str(rate)] = [next(runs) for _ in seeds]
    settings = {"steps": steps, "every": EVERY, "batch": BATCH, "seeds": seeds, "along": ALONG}
    return {"settings": settings, "runs": found}
