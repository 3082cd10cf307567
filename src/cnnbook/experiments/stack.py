"""Networks of one design trained side by side, for many learning rates and seeds at once.

Small matrices keep a processor busy with overhead, and one product of stacked ones does not. No
network of a stack sees another: each has its own loss, gradient, norm and rate.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

import torch
import torch.nn.functional as F  # noqa: N812

ACTIVATIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "ReLU": torch.relu}
SQUARES = {"uniform": 1 / 3, "Xavier": 1, "He": 2}  # fan_in times the variance of a weight
MOMENTUM = 0.9


@dataclass(frozen=True)
class Recipe:
    """What a network is made of; its hidden layers are all alike.

    init is uniform (−1/√n to 1/√n), Xavier, He or orthogonal, and gain multiplies it; clip is the
    largest norm of the gradient of all weights together; decay is the weight decay.
    """

    activation: str = "sigmoid"
    init: str = "uniform"
    gain: float = 1.0
    normalise: bool = False
    residual: bool = False
    clip: float | None = None
    decay: float = 0.0


def first_weight(recipe: Recipe, width: int, draw: torch.Generator) -> torch.Tensor:
    """Draw the weight of a hidden layer, (width, width)."""
    weight = torch.empty(width, width)
    if recipe.init == "orthogonal":
        torch.nn.init.orthogonal_(weight, generator=draw)
    elif recipe.init == "uniform":
        weight.uniform_(-1, 1, generator=draw).div_(sqrt(width))
    else:
        weight.normal_(0, sqrt(SQUARES[recipe.init] / width), generator=draw)
    return weight * recipe.gain


class Stack:
    """Networks that differ in their learning rate and seed, and in nothing else.

    Run r has the rate r // seeds and the seed r % seeds. The output layer is drawn alike in every
    recipe, so that recipes differ in what is hidden.
    """

    def __init__(
        self,
        recipe: Recipe,
        depth: int,
        rates: Sequence[float],
        seeds: Iterable[int],
        width: int,
        classes: int,
    ) -> None:
        """Draw the first weights of each seed; biases start at 0."""
        self.recipe, self.depth, self.width = recipe, depth, width
        hidden, last = [], []
        for seed in seeds:
            draw = torch.Generator().manual_seed(seed)
            last.append(torch.empty(classes, width).normal_(0, sqrt(1 / width), generator=draw))
            hidden.append(torch.stack([first_weight(recipe, width, draw) for _ in range(depth)]))
        layers = [*torch.stack(hidden, 1), torch.stack(last)]  # each (seeds, out, in)
        self.weights = [w.repeat(len(rates), 1, 1).requires_grad_() for w in layers]
        self.runs = len(rates) * len(last)
        self.biases = [torch.zeros(self.runs, 1, w.shape[1]).requires_grad_() for w in layers]
        self.rate = torch.tensor(rates).repeat_interleave(len(last))[:, None, None]
        self.velocity = {}
        shape = (depth, self.runs * width)
        self.running_mean, self.running_var = torch.zeros(shape), torch.ones(shape)

    def hidden(self, i: int, x: torch.Tensor, training: bool) -> torch.Tensor:
        """Pass x, (runs, N, width), through hidden layer i."""
        z = torch.baddbmm(self.biases[i], x, self.weights[i].transpose(1, 2))
        if self.recipe.normalise:
            flat = z.transpose(0, 1).reshape(z.shape[1], -1)  # (N, runs width)
            mean, var = self.running_mean[i], self.running_var[i]
            flat = F.batch_norm(flat, mean, var, training=training)
            z = flat.reshape(z.shape[1], self.runs, self.width).transpose(0, 1)
        y = ACTIVATIONS[self.recipe.activation](z)
        return x + y if self.recipe.residual else y

    def scores(self, x: torch.Tensor, depth: int | None = None, training: bool = True):
        """Return the logits, (runs, N, classes), of the first `depth` hidden layers."""
        for i in range(self.depth if depth is None else depth):
            x = self.hidden(i, x, training)
        return torch.baddbmm(self.biases[-1], x, self.weights[-1].transpose(1, 2))

    def loss(self, x: torch.Tensor, y: torch.Tensor, depth: int | None = None) -> torch.Tensor:
        """Return the mean cross-entropy of each run; x is (runs, N, width) and y (runs, N)."""
        scores = self.scores(x, depth)
        each = F.cross_entropy(scores.flatten(0, 1), y.flatten(), reduction="none")
        return each.reshape(y.shape).mean(1)

    def step(self, x: torch.Tensor, y: torch.Tensor, layers: Sequence[int] | None = None):
        """Update the weights of all layers once; return loss and gradients as they were before.

        With `layers` only those learn, and the network ends with the highest hidden one of them.
        """
        chosen = range(self.depth + 1) if layers is None else layers
        depth = None if layers is None else max(i for i in layers if i < self.depth) + 1
        learning = [self.weights[i] for i in chosen] + [self.biases[i] for i in chosen]
        loss = self.loss(x, y, depth)
        grads = torch.autograd.grad(loss.sum(), learning)
        self.update(learning, grads)
        return loss.detach(), grads

    @torch.no_grad()
    def update(self, learning: list[torch.Tensor], grads: Sequence[torch.Tensor]) -> None:
        """Descend with momentum; the gradient is clipped first, then weight decay is added."""
        decay, clip = self.recipe.decay, self.recipe.clip
        if clip:
            norm = sum((g**2).sum((1, 2), keepdim=True) for g in grads).sqrt()
            factor = (clip / (norm + 1e-6)).clamp(max=1)
            grads = [g * factor for g in grads]
        grads = [g + decay * p if decay else g for g, p in zip(grads, learning, strict=True)]
        for p, g in zip(learning, grads, strict=True):
            v = self.velocity.setdefault(id(p), torch.zeros_like(p))
            p -= self.rate * v.mul_(MOMENTUM).add_(g)

    def accuracy(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return the share of right answers, (rates, seeds); a run that diverged guesses."""
        with torch.no_grad():
            scores = self.scores(x.expand(self.runs, *x.shape), training=False)
        right = (scores.nan_to_num().argmax(2) == y).double().mean(1)
        return right.reshape(len(self.rate.unique()), -1)
