"""Measurements: running times, accuracies with every seed and their spread."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from cnnbook import style


def costs(seconds: Mapping[str, Mapping[str, Sequence[float]]]) -> np.ndarray:
    """Compare running times: a panel for each setting, a dot for each way to compute.

    Args:
        seconds: setting -> way -> one time for each run, in seconds.

    Returns:
        The axes, one for each setting: dots are medians in milliseconds, lines run from the
        fastest to the slowest run.
    """
    names = list(dict.fromkeys(way for ways in seconds.values() for way in ways))
    figsize = (6.5, (0.9 + 0.32 * len(names)) * len(seconds))
    _, axes = plt.subplots(len(seconds), 1, figsize=figsize, sharex=True, squeeze=False)
    for ax, (setting, ways) in zip(axes[:, 0], seconds.items(), strict=True):
        for way, times in ways.items():
            low, middle, high = 1e3 * np.quantile(times, (0, 0.5, 1))
            y, number = names.index(way), f"{middle:.2g}" if middle < 10 else f"{middle:.0f}"
            ax.plot([low, high], [y, y], color="black", ls="-", lw=1.5)
            ax.plot(middle, y, "o", color=style.PALETTE["output"], ms=8)
            ax.annotate(number, (high, y), (9, 0), textcoords="offset points", va="center")
        ax.set(xscale="log", title=setting, xlabel="time (ms)")
        ax.set(yticks=range(len(names)), yticklabels=names, ylabel="way to compute")
        ax.set_ylim(len(names) - 0.5, -0.5)
        ax.margins(x=0.15)
        ax.xaxis.set_major_formatter("{x:g}")
        ax.tick_params(labelbottom=True)
        ax.grid(axis="x", color="0.9")
    return axes[:, 0]


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
    accuracy: Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]], label: str, chance: float
) -> np.ndarray:
    """Draw test accuracy against a setting, a panel for each condition.

    Args:
        accuracy: condition -> network -> setting, a number as text -> one accuracy for each seed.
        label: what the setting is, with its unit.
        chance: accuracy of guessing.

    Returns:
        The axes, one for each condition: small dots are the seeds, lines join their means; the
        networks stand a little apart at each setting.
    """
    figsize = (6.5, 3.1 * len(accuracy) + 0.8)
    fig, axes = plt.subplots(len(accuracy), 1, figsize=figsize, sharey=True, squeeze=False)
    for ax, (condition, networks) in zip(axes[:, 0], accuracy.items(), strict=True):
        for index, (name, runs) in enumerate(networks.items()):
            settings = np.array([float(setting) for setting in runs])
            x = settings * 1.06 ** (index - (len(networks) - 1) / 2)
            percent = [100 * np.array(run) for run in runs.values()]
            colour = style.LINES[index]
            for place, seeds in zip(x, percent, strict=True):
                ax.plot(np.full(len(seeds), place), seeds, ".", color=colour, alpha=0.4, ms=5)
            dashes, marker = style.DASHES[index], "os^Dvx"[index]
            means = [seeds.mean() for seeds in percent]
            ax.plot(x, means, color=colour, ls=dashes, marker=marker, label=name)
            ax.set(xscale="log", title=condition, xlabel=label, ylabel="test accuracy (%)")
            ax.set_xticks(settings, [f"{setting:g}" for setting in settings])
        ax.axhline(100 * chance, color="0.4", lw=1, ls=":", label="guessing")
        ax.minorticks_off()
    lines, names = axes[0, 0].get_legend_handles_labels()
    fig.legend(lines, names, loc="outside upper center", ncols=3)
    return axes[:, 0]
