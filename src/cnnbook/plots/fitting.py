"""Training and validation side by side: over a setting that is varied, and over the steps."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from cnnbook import style

MARKERS = "os^D"


def errors(
    measured: Mapping[str, Mapping[str, Sequence[float]]], label: str, ax: Axes | None = None
) -> Axes:
    """Draw errors against a setting whose values stand equally far apart.

    Args:
        measured: part, such as "training" -> value of the setting -> one error for each seed, 0
            to 1.
        label: what the setting is, with its unit.
        ax: where to draw; small dots are the seeds, lines join their means.
    """
    ax = ax or plt.subplots(figsize=(4.5, 3))[1]
    values = list(next(iter(measured.values())))
    for index, (part, runs) in enumerate(measured.items()):
        colour, dashes = style.LINES[index], style.DASHES[index]
        percent = [100 * np.asarray(runs[value], float) for value in values]
        for place, seeds in enumerate(percent):
            ax.plot(np.full(len(seeds), place), seeds, ".", color=colour, alpha=0.4, ms=5)
        means = [seeds.mean() for seeds in percent]
        ax.plot(means, color=colour, ls=dashes, marker=MARKERS[index], ms=5, label=part)
    ax.set_xticks(range(len(values)), values)
    ax.set(xlabel=label, ylabel="error (%)")
    return ax


def learning(
    curves: Mapping[str, Mapping], axes: Sequence[Axes] | None = None, title: str = ""
) -> Sequence[Axes]:
    """Draw loss and error over the steps of training, on a logarithmic axis.

    Args:
        curves: "step" -> steps; every other key is a part -> "loss" and "error" (0 to 1), a list
            for each step with a number for each seed. Step 0 is left out.
        axes: two, for the loss and the error.
        title: of both.

    Returns:
        The two axes: lines are means over the seeds, bands one standard deviation to each side.

    Raises:
        ValueError: if axes are not two.
    """
    axes = plt.subplots(1, 2, figsize=(8, 3))[1] if axes is None else axes
    if np.size(axes) != 2:
        raise ValueError(f"wants two axes, for loss and error, got {np.size(axes)}")
    steps = np.asarray(curves["step"])
    later = steps > 0
    parts = [part for part in curves if part != "step"]
    for ax, (kind, unit, scale) in zip(
        axes, (("loss", "", 1), ("error", " (%)", 100)), strict=True
    ):
        for index, part in enumerate(parts):
            runs = scale * np.asarray(curves[part][kind], float)[later]  # (steps, seeds)
            mean, colour = runs.mean(1), style.LINES[index]
            ax.plot(steps[later], mean, color=colour, ls=style.DASHES[index], label=part)
            if runs.shape[1] > 1:
                spread = runs.std(1, ddof=1)
                band = mean - spread, mean + spread
                ax.fill_between(steps[later], *band, color=colour, alpha=0.2, lw=0)
        ax.set(xscale="log", xlabel="step", ylabel=f"{kind}{unit}", title=title)
    return axes
