"""What every data set of the book looks like, and how to set part of one aside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cnnbook.shapes.checks import whole

if TYPE_CHECKING:
    import torch

    Array = np.ndarray | torch.Tensor


@dataclass(frozen=True)
class Dataset:
    """Inputs and labels in two parts that share no example.

    The inputs are float32, images (N, C, H, W) or points (N, 2); the labels are int64, (N,),
    indices into `classes`. What `licence` says holds for the inputs.
    """

    name: str
    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    classes: tuple[str, ...]
    licence: str

    def tensors(self) -> Dataset:
        """Return the same with torch tensors; they share their memory with the arrays."""
        import torch

        arrays = {name: value for name, value in vars(self).items() if name[:2] in ("x_", "y_")}
        return replace(self, **{name: torch.as_tensor(value) for name, value in arrays.items()})

    def take(self, count: int, seed: int = 0) -> Dataset:
        """Keep `count` training examples, each class with its share; the test part stays.

        With one seed a smaller choice is part of every larger one.

        Raises:
            ValueError: if count is below 1 or more than there are.
        """
        count = whole(count, "count", 1)
        if count > len(self.y_train):
            raise ValueError(f"count is {count}, {self.name} has {len(self.y_train)} to train with")
        return replace(self, **self._chosen(_fair_order(self.y_train, seed)[:count], "train"))

    def split(self, fraction: float = 0.2, seed: int = 0) -> Dataset:
        """Set a fraction of the training part aside as the test part of a new data set.

        It is the validation part, to choose a model by: the test part is not in the new data set,
        so that nothing can be chosen by it.

        Raises:
            ValueError: if one of the two parts would be empty.
        """
        held = round(fraction * len(self.y_train))
        if not 0 < held < len(self.y_train):
            raise ValueError(f"fraction {fraction} of {len(self.y_train)} leaves a part empty")
        order = _fair_order(self.y_train, seed)
        kept = self._chosen(order[held:], "train")
        return replace(self, **kept, **self._chosen(order[:held], "test"))

    def _chosen(self, rows: np.ndarray, part: str) -> dict:
        """Return some of the training examples under the field names of a part."""
        return {f"x_{part}": self.x_train[rows], f"y_{part}": self.y_train[rows]}


def _fair_order(labels: Array, seed: int) -> np.ndarray:
    """Shuffle the examples so that each class is spread evenly over the order."""
    labels, rng = np.asarray(labels), np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    if labels.ndim > 1:  # a label for each pixel: there is no class to spread
        return order
    place = np.empty(len(labels))  # in (0, 1): where in its class an example stands
    for label in np.unique(labels):
        rows = order[labels[order] == label]
        place[rows] = (np.arange(len(rows)) + rng.random(len(rows))) / len(rows)
    return np.argsort(place, kind="stable")
