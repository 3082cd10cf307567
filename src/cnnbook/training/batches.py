"""From a data set to the tensors of one step."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

from cnnbook.data import Dataset
from cnnbook.shapes.checks import whole
from cnnbook.training.randomness import HELD_OUT, ORDER, generator


def standardise(dataset: Dataset) -> Dataset:
    """Bring each channel of the training images to mean 0 and standard deviation 1.

    The test images are shifted and scaled by the same two numbers: their own are not known when
    a single image arrives.
    """
    axes = (0, *range(2, dataset.x_train.ndim))
    mean, spread = (f(dataset.x_train, axes, keepdims=True) for f in (np.mean, np.std))
    spread = np.where(spread > 0, spread, 1)  # a channel that never changes stays at 0
    x_train, x_test = (
        ((x - mean) / spread).astype(np.float32) for x in (dataset.x_train, dataset.x_test)
    )
    return replace(dataset, x_train=x_train, x_test=x_test)


def tensors(x: np.ndarray, y: np.ndarray, model: nn.Module) -> tuple[Tensor, Tensor]:
    """Return images and labels where the model is, the images in the type of its weights.

    Raises:
        ValueError: if there are none, their counts disagree, or the model has no weights.
    """
    weight = next(model.parameters(), None)
    if weight is None:
        raise ValueError("the model has no parameters, so there is nothing to train")
    if len(x) != len(y) or len(x) == 0:
        raise ValueError(f"wants as many labels as images, and some: {len(x)} and {len(y)}")
    x = torch.as_tensor(x, dtype=weight.dtype, device=weight.device)
    y = torch.as_tensor(y, device=weight.device)
    return x, y if y.is_floating_point() else y.long()  # torch takes no smaller classes


class Batches:
    """The training images, some held out for validation, and the batch of each step."""

    def __init__(self, dataset: Dataset, model: nn.Module, batch: int, held_out: int, seed: int):
        """Hold out `held_out` images drawn by the seed.

        Raises:
            ValueError: if no image is left to train with.
        """
        x, y = tensors(dataset.x_train, dataset.y_train, model)
        if whole(held_out, "validation") >= len(x):
            raise ValueError(f"validation takes {held_out} of {len(x)} images: none is left")
        drawn = torch.randperm(len(x), generator=generator(seed, HELD_OUT)) if held_out else None
        rest = slice(None) if drawn is None else drawn[held_out:]
        self.x, self.y = x[rest], y[rest]
        self.held_out = None if drawn is None else (x[drawn[:held_out]], y[drawn[:held_out]])
        self.size, self.seed, self.device = batch, seed, x.device

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        """Return images and labels of a step: each image once in a drawn order, then anew."""
        count, first = len(self.x), step * self.size
        epochs = range(first // count, (first + self.size - 1) // count + 1)
        order = torch.cat([shuffled(count, self.seed, epoch) for epoch in epochs])
        chosen = order[first % count :][: self.size]
        return self.x[chosen], self.y[chosen]


@lru_cache(maxsize=2)
def shuffled(count: int, seed: int, epoch: int) -> Tensor:
    """Return the order of an epoch."""
    return torch.randperm(count, generator=generator(seed, ORDER, epoch))
