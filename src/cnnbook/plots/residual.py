"""What shortcuts are worth: error by depth, sizes by layer, deleted blocks, cuts through the loss.

The same kind of network has the same colour, dashes and marker in every one of these figures.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

from cnnbook import style

PLACES = {"plain": 1, "residual": 0, "pre-activation": 2}  # in style.LINES
MARKERS = "os^Dvx"


def place_of(name: str, index: int) -> int:
    """Return the place of a kind in the palette; names that are no kinds get the places after."""
    return PLACES.get(name, (len(PLACES) + index) % len(MARKERS))


def look(name: str, index: int) -> dict[str, Any]:
    """Return colour and dashes of a kind, or of the index-th of names that are no kinds."""
    place = place_of(name, index)
    return {"color": style.LINES[place], "ls": style.DASHES[place]}


def degradation(
    runs: Mapping[str, Mapping[int | str, Mapping[str, Sequence[float]]]],
    measures: Mapping[str, str] | None = None,
) -> np.ndarray:
    """Draw errors against depth, one line for each kind of network.

    Args:
        runs: kind -> depth -> measure -> one number for each seed, as in `residual`'s result.
        measures: measure -> title; one pair of axes for each.

    Returns:
        The axes, with one scale. Small dots are the seeds, lines join their means.
    """
    measures = measures or {"train": "training images", "test": "test images"}
    fig, axes = plt.subplots(1, len(measures), figsize=(8, 3.4), sharey=True, squeeze=False)
    for ax, (measure, title) in zip(axes[0], measures.items(), strict=True):
        for index, (kind, by_depth) in enumerate(runs.items()):
            pairs = sorted((int(depth), found[measure]) for depth, found in by_depth.items())
            depths, numbers = zip(*pairs, strict=True)
            own, place = look(kind, index), place_of(kind, index)
            for depth, seeds in pairs:
                ax.plot([depth] * len(seeds), seeds, ".", color=own["color"], alpha=0.5, ms=4)
            means = [np.mean(seeds) for seeds in numbers]
            ax.plot(depths, means, marker=MARKERS[place], ms=6, label=kind, **own)
        ax.set_xticks(depths, [str(depth) for depth in depths])
        ax.set(xlabel="layers", title=title)
        ax.set_ylim(bottom=0)
    axes[0, 0].set_ylabel("error (%)")
    lines, names = axes[0, 0].get_legend_handles_labels()
    fig.legend(lines, names, loc="outside upper center", ncols=len(names))
    return axes[0]


def by_layer(
    measured: Mapping[str, Sequence[Sequence[float]]],
    label: str,
    ax: Axes | None = None,
    xlabel: str = "layer",
    log: bool = True,
    first: int = 1,
) -> Axes:
    """Draw a size by layer or by block, a line for each kind of network.

    Args:
        measured: name -> for each seed one number for each layer.
        label: what is measured.
        ax: where to draw; lines are means over the seeds (geometric ones on a logarithmic axis),
            the shade reaches from the smallest to the largest.
        xlabel: what is counted.
        log: draw the sizes on a logarithmic axis.
        first: number of the first layer.
    """
    ax = ax or plt.subplots(figsize=(6, 3.2))[1]
    for index, (name, seeds) in enumerate(measured.items()):
        sizes = np.asarray(seeds, float)
        x, own = first + np.arange(sizes.shape[1]), look(name, index)
        mean = np.exp(np.log(sizes).mean(0)) if log else sizes.mean(0)
        ax.fill_between(x, sizes.min(0), sizes.max(0), color=own["color"], alpha=0.2, lw=0)
        marker = MARKERS[place_of(name, index)]
        ax.plot(x, mean, marker=marker, markevery=max(1, len(x) // 9), ms=5, label=name, **own)
    ax.set(xlabel=xlabel, ylabel=label, yscale="log" if log else "linear")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(measured))
    return ax


def block_bars(
    measured: Mapping[str, Sequence[Sequence[float]]],
    label: str,
    stages: Sequence[int] = (),
    ax: Axes | None = None,
) -> Axes:
    """Draw a bar for each block and each kind of network.

    Args:
        measured: name -> for each seed one number for each block.
        label: what is measured, with its unit.
        stages: blocks of each stage; a line is drawn between two stages.
        ax: where to draw; bars are means, dots the seeds.
    """
    ax = ax or plt.subplots(figsize=(7, 3.2))[1]
    width = 0.8 / len(measured)
    for index, (name, seeds) in enumerate(measured.items()):
        numbers = np.asarray(seeds, float)
        x = np.arange(numbers.shape[1]) + (index - (len(measured) - 1) / 2) * width
        colour = look(name, index)["color"]
        hatch = "//" if index else None
        ax.bar(x, numbers.mean(0), 0.9 * width, color=colour, alpha=0.6, label=name, hatch=hatch)
        ax.plot(np.tile(x, len(numbers)), numbers.ravel(), ".", color="0.15", ms=3.5, ls="")
    for edge in np.cumsum(stages)[:-1]:
        ax.axvline(edge - 0.5, color="0.5", lw=0.8, ls=":")
    ax.set_xticks(range(numbers.shape[1]))
    ax.set(xlabel="block", ylabel=label)
    ax.axhline(0, color="0.3", lw=0.8)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(measured))
    return ax


def cuts(
    along: Sequence[float],
    measured: Mapping[str, Sequence[Sequence[Sequence[float]]]],
    ax: Axes | None = None,
) -> Axes:
    """Draw cuts through the loss, one thin line for each direction and seed.

    Args:
        along: places on the cuts; 0 is the trained network.
        measured: name -> for each seed, for each direction, the losses.
        ax: where to draw, on a logarithmic axis; thick lines are the medians.
    """
    ax = ax or plt.subplots(figsize=(6, 3.4))[1]
    for index, (name, seeds) in enumerate(measured.items()):
        lines = np.asarray(seeds, float).reshape(-1, len(along))
        own = look(name, index)
        ax.plot(along, lines.T, color=own["color"], lw=0.6, alpha=0.4, ls="-")
        ax.plot(along, np.median(lines, 0), lw=2, label=name, **own)
    ax.set(xlabel="distance (1: the norm of each filter)", ylabel="training loss", yscale="log")
    low, high = ax.get_ylim()
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 1000 * low else (1,)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(measured))
    return ax


def loss_maps(along: Sequence[float], maps: Mapping[str, Sequence[Sequence[float]]]) -> np.ndarray:
    """Draw maps of the loss over two directions side by side, with one scale of colours.

    Args:
        along: places on both directions; 0 is the trained network, marked by a cross.
        maps: name -> losses, rows along the first direction and columns along the second.
    """
    fig, axes = plt.subplots(1, len(maps), figsize=(8, 3.7), sharey=True, squeeze=False)
    numbers = {name: np.asarray(losses, float) for name, losses in maps.items()}
    together = np.stack(list(numbers.values()))
    levels = np.geomspace(together.min(), together.max(), 15)
    for ax, (name, losses) in zip(axes[0], numbers.items(), strict=True):
        drawn = ax.contourf(along, along, losses, levels, cmap=style.POSITIVE, norm=LogNorm())
        ax.contour(along, along, losses, levels, colors="white", linewidths=0.4, alpha=0.6)
        ax.plot(0, 0, "x", color="white", ms=7)
        ax.set(title=name, xlabel="second direction", aspect="equal")
    axes[0, 0].set_ylabel("first direction")
    bar = fig.colorbar(drawn, ax=list(axes[0]), label="training loss", shrink=0.85)
    shown = levels[::2]
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.set_ticks(shown, labels=[f"{level:.2g}" for level in shown])
    return axes[0]
