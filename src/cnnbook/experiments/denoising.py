"""Does batch norm hurt a network that makes an image out of an image? Noise is to be taken away.

Small networks with and without normalisation learn to clean patches of photographs, in two ways:
they put out the clean patch, or the noise that is to be subtracted.
"""

import sys
import time
from collections.abc import Iterable
from functools import lru_cache

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from cnnbook import data
from cnnbook.experiments.normalisation import pooled
from cnnbook.experiments.normed import NORMS
from cnnbook.training import RATE, build, one_cycle
from cnnbook.training.randomness import generator

TRAIN = ("astronaut", "camera", "chelsea", "coffee", "flower", "rocket")
TEST = ("china", "clock", "coins", "retina")
SIDE, PATCH, NOISE = 192, 20, 25  # of a photograph and a patch in pixels; sd in grey levels
DEPTH, MAPS, BATCH, STEPS, SEEDS = 5, 16, 16, 200, range(3)
RATES = (RATE, 3 * RATE)  # tops of the learning rate
KINDS = ("none", "batch", "instance")
TARGETS = ("the image", "the noise")


@lru_cache(1)
def patches() -> tuple[torch.Tensor, torch.Tensor]:
    """Return all training patches, (N, 20, 20), and test patches, (N, 1, 20, 20), 0 to 255.

    Training patches overlap, test patches lie side by side on other photographs.
    """
    photos = [torch.tensor(data.photograph(name, SIDE), dtype=torch.float32) for name in TRAIN]
    train = [p.unfold(0, PATCH, 4).unfold(1, PATCH, 4).reshape(-1, PATCH, PATCH) for p in photos]
    photos = [torch.tensor(data.photograph(name, SIDE), dtype=torch.float32) for name in TEST]
    test = [p.unfold(0, PATCH, PATCH).unfold(1, PATCH, PATCH) for p in photos]
    test = [p.reshape(-1, 1, PATCH, PATCH) for p in test]
    return torch.cat(train), torch.cat(test)


def scaled(grey: torch.Tensor) -> torch.Tensor:
    """Bring grey levels to about −1 to 1."""
    return (grey - 127.5) / 127.5


def network(kind: str) -> nn.Sequential:
    """Build five 3x3 convolutions, the first four with normalisation and ReLU behind them.

    Returns:
        x (N, 1, H, W) -> y (N, 1, H, W).
    """
    layers, channels = [], 1
    for _ in range(DEPTH - 1):
        layers += [nn.Conv2d(channels, MAPS, 3, 1, 1), NORMS[kind](MAPS), nn.ReLU()]
        channels = MAPS
    return nn.Sequential(*layers, nn.Conv2d(MAPS, 1, 3, 1, 1))


def clean(model: nn.Module, noisy: torch.Tensor, target: str) -> torch.Tensor:
    """Return what the network takes for the clean patches, scaled."""
    y = model(noisy)
    return y if target == "the image" else noisy - y


def psnr(mine: torch.Tensor, truth: torch.Tensor) -> float:
    """Return the peak signal to noise ratio in dB of scaled patches, whose range is 2.

    10 log10(2² / mean squared error), the error over all patches
    """
    return 10 * float(torch.log10(4 / F.mse_loss(mine, truth)))


def train_one(
    kind: str, target: str, rate: float, seed: int, steps: int = STEPS
) -> dict[str, float]:
    """Train a network with Adam on noise drawn anew at each step; measure on other photographs.

    Returns:
        In dB: "test", in eval mode; "noisy", of doing nothing; and with batch norm "own", in
        training mode, so with the statistics of the test patches themselves.
    """
    train, test = patches()
    model = build(lambda: network(kind), seed)
    schedule = one_cycle(steps, rate)
    updates = torch.optim.Adam(model.parameters(), lr=rate)
    for step in range(steps):
        draw = generator(seed, step)
        x = scaled(train[torch.randint(len(train), (BATCH,), generator=draw)])[:, None]
        noisy = x + NOISE / 127.5 * torch.randn(x.shape, generator=draw)
        loss = F.mse_loss(clean(model, noisy, target), x)
        updates.zero_grad()
        loss.backward()
        updates.param_groups[0]["lr"] = schedule(step)
        updates.step()
    x = scaled(test)
    noisy = x + NOISE / 127.5 * torch.randn(x.shape, generator=generator(seed, steps))
    with torch.no_grad():
        found = {"noisy": psnr(noisy, x), "test": psnr(clean(model.eval(), noisy, target), x)}
        if kind == "batch":
            found["own"] = psnr(clean(model.train(), noisy, target), x)
    return {key: round(value, 3) for key, value in found.items()}


def run(job: tuple[str, str, float, int, int]) -> dict[str, float]:
    """Do one training of the study, and say so on standard error."""
    start = time.process_time()
    found = train_one(*job)
    print(f"{job} {found} {time.process_time() - start:.0f} s", file=sys.stderr, flush=True)
    return found


def study(
    seeds: Iterable[int] = SEEDS,
    rates: Iterable[float] = RATES,
    steps: int = STEPS,
    workers: int = 1,
) -> dict:
    """Train every kind on both targets at every rate from every seed.

    Returns:
        The settings, the parameters of each kind, and psnr[target][kind][rate][measure], lists with
        one number for each seed.
    """
    seeds = list(seeds)
    cells = [(kind, target, rate) for target in TARGETS for kind in KINDS for rate in rates]
    runs = iter(pooled(run, [(*cell, seed, steps) for cell in cells for seed in seeds], workers))
    found: dict = {target: {kind: {} for kind in KINDS} for target in TARGETS}
    for kind, target, rate in cells:
        own = [next(runs) for _ in seeds]
        found[target][kind][str(rate)] = {key: [scores[key] for scores in own] for key in own[0]}
    return {
        "settings": {"steps": steps, "batch": BATCH, "noise": NOISE, "seeds": seeds},
        "parameters": {kind: sum(p.numel() for p in network(kind).parameters()) for kind in KINDS},
        "psnr": found,
    }
