"""What locality and sharing are worth on texture patches, and what is left in shuffled ones.

Five networks learn the same patches twice: as they are, and with the pixels of every patch in one
and the same random order. The first is linear, a baseline. The others have one hidden layer of
ReLU units; each of the last three is the one before it with one freedom taken away.
"""

from collections.abc import Iterable

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from cnnbook import data
from cnnbook.shapes import output_size

WINDOW, STRIDE, MAPS = 7, 3, 8  # 8 x 8 windows of 7 x 7 pixels cover the 28 x 28 patch exactly
STEPS, BATCH, MOMENTUM = 600, 64, 0.9
RATES = (0.01, 0.02, 0.05, 0.1)
SEEDS = range(10)
ORDERS = ("in place", "shuffled")


class Local(nn.Module):
    """Windows as in a convolution, but each position has a filter bank of its own.

    x (N, 1, H, W) -> y (N, positions, maps)
    """

    def __init__(self, size: int, maps: int, kernel: int, stride: int) -> None:
        """Draw the first weights as `nn.Conv2d` does, once for each position."""
        super().__init__()
        self.kernel, self.stride = kernel, stride
        positions, bound = output_size(size, kernel, stride) ** 2, 1 / kernel
        self.weight = nn.Parameter(torch.empty(positions, kernel**2, maps).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(positions, 1, maps).uniform_(-bound, bound))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Multiply each window by the filters of its position."""
        k, step = self.kernel, self.stride
        windows = x[:, 0].unfold(1, k, step).unfold(2, k, step)  # (N, h_out, w_out, k, k)
        windows = windows.reshape(len(x), -1, k * k).transpose(0, 1)  # (positions, N, k k)
        y = torch.baddbmm(self.bias, windows, self.weight)  # (positions, N, maps)
        return y.transpose(0, 1)


def networks() -> dict[str, nn.Module]:
    """Build the five networks; the middle three have 512 hidden units each."""
    size, classes = data.PATCH, len(data.TEXTURES)
    hidden = MAPS * output_size(size, WINDOW, STRIDE) ** 2
    convolution = (1, MAPS, WINDOW, STRIDE)
    return {
        "logistic regression": nn.Sequential(nn.Flatten(), nn.Linear(size**2, classes)),
        "dense": nn.Sequential(
            nn.Flatten(), nn.Linear(size**2, hidden), nn.ReLU(), nn.Linear(hidden, classes)
        ),
        "local windows": nn.Sequential(
            Local(size, MAPS, WINDOW, STRIDE), nn.ReLU(), nn.Flatten(), nn.Linear(hidden, classes)
        ),
        "convolution": nn.Sequential(
            nn.Conv2d(*convolution), nn.ReLU(), nn.Flatten(), nn.Linear(hidden, classes)
        ),
        "convolution, then mean": nn.Sequential(
            nn.Conv2d(*convolution),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(MAPS, classes),
        ),
    }


def patches(seed: int, order: str) -> tuple[torch.Tensor, ...]:
    """Return x_train, y_train, x_test, y_test, standardised by the mean and spread of x_train.

    "shuffled" puts the pixels of every patch, train and test, into one order drawn by the seed.

    Raises:
        ValueError: if there is no such order.
    """
    if order not in ORDERS:
        raise ValueError(f"no order {order!r}; there are {', '.join(ORDERS)}")
    textures = data.textures(seed)
    mean, spread = textures.x_train.mean(), textures.x_train.std()
    places = np.arange(data.PATCH**2)
    if order == "shuffled":
        places = np.random.default_rng(seed).permutation(places)
    x_train, x_test = (
        torch.from_numpy((x.reshape(len(x), -1)[:, places].reshape(x.shape) - mean) / spread)
        for x in (textures.x_train, textures.x_test)
    )
    return x_train, torch.from_numpy(textures.y_train), x_test, torch.from_numpy(textures.y_test)


def train(
    network: nn.Module, x: torch.Tensor, y: torch.Tensor, seed: int, steps: int, rate: float
) -> None:
    """Minimise cross-entropy by mini-batch gradient descent with momentum, for fixed steps."""
    draw = torch.Generator().manual_seed(seed)
    parameters = list(network.parameters())
    velocity = [torch.zeros_like(p) for p in parameters]
    for _ in range(steps):
        batch = torch.randint(len(x), (BATCH,), generator=draw)
        loss = F.cross_entropy(network(x[batch]), y[batch])
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for p, v, dp in zip(parameters, velocity, gradients, strict=True):
                p -= rate * v.mul_(MOMENTUM).add_(dp)


def accuracy(network: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """Return the share of images whose largest score is that of their class."""
    with torch.no_grad():
        return (network(x).argmax(1) == y).double().mean().item()


def compare(seed: int, order: str, steps: int, rate: float) -> dict[str, float]:
    """Train each network from the same seed; return its accuracy on the test patches."""
    x_train, y_train, x_test, y_test = patches(seed, order)
    torch.manual_seed(seed)  # the first weights
    scores = {}
    for name, network in networks().items():
        train(network, x_train, y_train, seed, steps, rate)
        scores[name] = accuracy(network, x_test, y_test)
    return scores


def study(
    seeds: Iterable[int] = SEEDS, steps: int = STEPS, rates: tuple[float, ...] = RATES
) -> dict:
    """Compare the networks over seeds and learning rates.

    Returns:
        The settings, the parameters of each network, and accuracy[order][network][rate], a list
        with one number for each seed.
    """
    seeds = list(seeds)
    scores = {
        order: {name: {str(rate): [] for rate in rates} for name in networks()} for order in ORDERS
    }
    for order in ORDERS:
        for rate in rates:
            for seed in seeds:
                for name, score in compare(seed, order, steps, rate).items():
                    scores[order][name][str(rate)].append(round(score, 4))
    return {
        "settings": {"steps": steps, "batch": BATCH, "momentum": MOMENTUM, "seeds": seeds},
        "parameters": {
            name: sum(p.numel() for p in network.parameters())
            for name, network in networks().items()
        },
        "accuracy": scores,
    }
