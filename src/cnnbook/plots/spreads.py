"""The same measurement from several seeds or images: every number, or their mean and spread."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from cnnbook import style

MARKERS = "os^Dvx"


def strips(
    measured: Mapping[str, Mapping[str, Sequence[float]]], label: str, ax: Axes | None = None
) -> Axes:
    """Draw measured numbers: a line of the figure for each name, a marker for each condition.

    Args:
        measured: condition -> name -> one number for each seed.
        label: what is measured, with its unit.
        ax: where to draw; small dots are the seeds, the large one their mean.
    """
    names = list(next(iter(measured.values())))
    ax = ax or plt.subplots(figsize=(7, 0.8 + 0.36 * len(names)))[1]
    apart = np.linspace(-0.16, 0.16, len(measured)) if len(measured) > 1 else [0]
    for index, (condition, lines) in enumerate(measured.items()):
        colour, marker = style.LINES[index], MARKERS[index]
        for line, name in enumerate(names):
            numbers, y = np.asarray(lines[name], float), line + apart[index]
            ax.plot(numbers, np.full(len(numbers), y), ".", color=colour, alpha=0.5, ls="", ms=5)
            shown = condition if line == 0 else None
            ax.plot(numbers.mean(), y, marker, color=colour, ls="", ms=7, label=shown)
    ax.set(yticks=range(len(names)), yticklabels=names, xlabel=label, ylabel="network")
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(axis="x", color="0.9")
    ax.set_axisbelow(True)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(measured))
    return ax


def curves(
    measured: Mapping[str, Mapping[float, Sequence[float]]],
    xlabel: str,
    ylabel: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw measured numbers against a setting, a line for each name.

    Args:
        measured: name -> setting -> one number for each seed or image; at most six names.
        xlabel: what the setting is, with its unit.
        ylabel: what is measured, with its unit.
        ax: where to draw; lines join means, bars are ± one standard deviation, and the names stand
            a little apart at each setting.
    """
    ax = ax or plt.subplots(figsize=(6, 3.2))[1]
    settings = np.array([float(x) for x in next(iter(measured.values()))])
    step = np.diff(np.sort(settings)).min() if len(settings) > 1 else 1.0
    for index, (name, runs) in enumerate(measured.items()):
        numbers = [np.asarray(run, float) for run in runs.values()]
        x = settings + 0.06 * step * (index - (len(measured) - 1) / 2)
        _, _, bars = ax.errorbar(
            x,
            [run.mean() for run in numbers],
            yerr=[run.std(ddof=1) if len(run) > 1 else 0 for run in numbers],
            color=style.LINES[index],
            ls=style.DASHES[index],
            marker=MARKERS[index],
            ms=5,
            lw=1.3,
            label=name,
        )
        bars[0].set(alpha=0.4, linestyle="-")
    ax.set_xticks(settings, [f"{x:g}" for x in settings])
    ax.set(xlabel=xlabel, ylabel=ylabel)
    return ax
