"""The same run from several seeds: one accuracy says little, its spread says how little."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import nn

from cnnbook.data import Dataset
from cnnbook.training import curves
from cnnbook.training.history import History
from cnnbook.training.loop import train
from cnnbook.training.randomness import build

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Repeats:
    """The histories of several seeds."""

    seeds: tuple[int, ...]
    histories: tuple[History, ...]

    @property
    def accuracies(self) -> np.ndarray:
        """The accuracy on the test images for each seed."""
        return np.array([history.test_accuracy for history in self.histories])

    @property
    def mean(self) -> float:
        """The mean accuracy on the test images."""
        return float(self.accuracies.mean())

    @property
    def spread(self) -> float:
        """Their standard deviation, with n − 1 below; NaN for one seed, which has none."""
        return float(self.accuracies.std(ddof=1)) if len(self.seeds) > 1 else float("nan")

    def __str__(self) -> str:
        """Write as `88.4 % ± 0.3 (3 seeds)`."""
        if len(self.seeds) == 1:
            return f"{100 * self.mean:.1f} % (1 seed)"
        return f"{100 * self.mean:.1f} % ± {100 * self.spread:.1f} ({len(self.seeds)} seeds)"

    def plot(
        self, axes: "Sequence[Axes] | None" = None, label: str | None = None
    ) -> "Sequence[Axes]":
        """Draw the mean curves, and one standard deviation to each side; see `History.plot`."""
        return curves.band(self.histories, axes, label)


def repeat(
    builder: Callable[[], nn.Module],
    dataset: Dataset,
    seeds: Iterable[int] = range(3),
    checkpoint: str | Path | None = None,
    **settings: Any,
) -> Repeats:
    """Train a new network for each seed, which draws its first weights, batches and the rest.

    Args:
        builder: called without arguments, returns the network.
        dataset: the same for all.
        seeds: one run for each.
        checkpoint: a file for each run, its seed added to the name.
        settings: of `train`.

    Raises:
        ValueError: without a seed, or if `train` refuses its settings.
    """
    seeds, histories = tuple(seeds), []
    if not seeds:
        raise ValueError("seeds are wanted, one at least")
    for seed in seeds:
        path = None if checkpoint is None else Path(checkpoint)
        path = path and path.with_stem(f"{path.stem}-{seed}")
        history = train(build(builder, seed), dataset, seed=seed, checkpoint=path, **settings)
        histories.append(history)
    return Repeats(seeds, tuple(histories))
