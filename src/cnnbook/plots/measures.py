"""Measurements: running times as ratios, accuracies with every seed and their spread."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from cnnbook import style


def costs(seconds: Mapping[str, Mapping[str, Sequence[float]]], baseline: str) -> np.ndarray:
    """Compare running times as ratios: a panel for each setting, a bar for each way to compute.

    Args:
        seconds: setting -> way -> one time for each run, in seconds.
        baseline: the way whose median is 1 in each setting.

    Returns:
        The axes, one for each setting.
    """
    names = list(dict.fromkeys(way for ways in seconds.values() for way in ways))
    figsize = (4.2 * len(seconds), 0.6 + 0.36 * len(names))
    _, axes = plt.subplots(1, len(seconds), figsize=figsize, sharex=True, squeeze=False)
    for ax, (setting, ways) in zip(axes[0], seconds.items(), strict=True):
        unit = np.median(ways[baseline])
        for way, times in ways.items():
            low, middle, high = np.quantile(np.array(times) / unit, (0, 0.5, 1))
            y, spread = names.index(way), [[middle - low], [high - middle]]
            ax.barh(y, middle, xerr=spread, color=style.PALETTE["output"], capsize=3)
            ax.text(high * 1.2, y, f"{middle:.2g}" if middle < 10 else f"{middle:.0f}", va="center")
        ax.axvline(1, color="0.4", lw=1, ls=":")
        ax.set(xscale="log", title=setting, xlabel=f"time / time of {baseline} (no unit)")
        ax.set(yticks=range(len(names)), yticklabels=names, ylabel="way to compute")
        ax.set_ylim(len(names) - 0.5, -0.5)
        ax.margins(x=0.25)
        if ax is not axes[0, 0]:
            ax.set(yticks=[], ylabel="")
    return axes[0]


def scores(
    accuracy: Mapping[str, Mapping[str, Sequence[float]]], chance: float, ax: Axes | None = None
) -> Axes:
    """Draw test accuracies: a line of the figure for each network, a marker for each condition.

    Args:
        accuracy: condition -> network -> one accuracy for each seed, 0 to 1.
        chance: accuracy of guessing.
        ax: where to draw; small dots are the seeds, the large one their mean, its bar ± one
            standard deviation.
    """
    ax = ax or plt.subplots(figsize=(7, 3))[1]
    names = list(next(iter(accuracy.values())))
    for index, (condition, networks) in enumerate(accuracy.items()):
        colour, marker = style.LINES[index], "osD^"[index]
        for line, name in enumerate(names):
            percent, y = 100 * np.array(networks[name]), line + 0.24 * index - 0.12
            ax.plot(percent, np.full(len(percent), y), ".", color=colour, alpha=0.5, ls="")
            ax.errorbar(
                percent.mean(),
                y,
                xerr=percent.std(ddof=1) if len(percent) > 1 else None,
                fmt=marker,
                color=colour,
                capsize=3,
                label=condition if line == 0 else None,
            )
    ax.axvline(100 * chance, color="0.4", lw=1, ls=":", label="guessing")
    ax.set(yticks=range(len(names)), yticklabels=names)
    ax.set(xlabel="test accuracy (%)", ylabel="network")
    ax.invert_yaxis()
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return ax


def sweep(
    accuracy: Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]], label: str
) -> np.ndarray:
    """Draw test accuracy against a setting, a panel for each condition.

    Args:
        accuracy: condition -> network -> setting, a number as text -> one accuracy for each seed.
        label: what the setting is, with its unit.

    Returns:
        The axes, one for each condition.
    """
    _, axes = plt.subplots(1, len(accuracy), figsize=(9, 3.4), sharey=True, squeeze=False)
    for ax, (condition, networks) in zip(axes[0], accuracy.items(), strict=True):
        for index, (name, runs) in enumerate(networks.items()):
            percent = [100 * np.array(run) for run in runs.values()]
            ax.errorbar(
                [float(setting) for setting in runs],
                [p.mean() for p in percent],
                yerr=[p.std(ddof=1) for p in percent],
                color=style.LINES[index],
                ls=style.DASHES[index],
                marker="os^Dv"[index],
                capsize=3,
                label=name,
            )
        ax.set(xscale="log", title=condition, xlabel=label, ylabel="test accuracy (%)")
    axes[0, -1].legend(loc="upper left", bbox_to_anchor=(1, 1))
    return axes[0]
