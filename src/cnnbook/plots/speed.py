"""What a layer could gain and gained: speed-ups beside counts, and layers under a roofline."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from cnnbook import style
from cnnbook.plots.spreads import MARKERS


def speedups(
    measured: Mapping[str, Mapping[float, Sequence[float]]],
    counted: Mapping[float, float],
    xlabel: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw how many times faster a layer is, beside how many times less it computes.

    Args:
        measured: name -> setting -> lower quartile, median and upper quartile of the speed-up.
        counted: setting -> ratio of the multiply-adds.
        xlabel: what the setting is, with its unit; its values stand on a scale of powers of 2.
        ax: where to draw; lines join medians, bars join quartiles.
    """
    ax = ax or plt.subplots(figsize=(6, 3.4))[1]
    settings = [float(x) for x in counted]
    ax.plot(settings, list(counted.values()), color="0.3", ls="-", lw=2, label="multiply-adds")
    for index, (name, runs) in enumerate(measured.items()):
        low, middle, high = np.array(list(runs.values())).T
        ax.errorbar(
            [float(x) for x in runs],
            middle,
            yerr=[middle - low, high - middle],
            color=style.LINES[index],
            ls=style.DASHES[index],
            marker=MARKERS[index],
            capsize=2,
            label=name,
        )
    ax.axhline(1, color="0.5", lw=1, ls=":")
    ax.set_xscale("log", base=2)
    ax.set_yscale("log", base=2)
    ax.set_xticks(settings, [f"{x:g}" for x in settings])
    ax.yaxis.set_major_formatter("{x:g}")
    ax.minorticks_off()
    ax.set(xlabel=xlabel, ylabel="times fewer, times faster")
    return ax


def roofline(
    layers: Mapping[str, Sequence[tuple[float, float]]],
    peak: float,
    bandwidths: Mapping[str, float],
    ax: Axes | None = None,
) -> Axes:
    """Draw layers under what arithmetic and bandwidth let them reach.

    min(peak, intensity · bandwidth)

    Args:
        layers: name -> (intensity in FLOPs per byte, speed in GFLOP/s) of each layer.
        peak: most GFLOP/s that the processor reaches.
        bandwidths: where the data lie -> GB/s that are moved from there.
        ax: where to draw.
    See: Williams, Waterman & Patterson 2009, doi:10.1145/1498765.1498785.
    """
    ax = ax or plt.subplots(figsize=(6, 3.8))[1]
    every = np.array([point for points in layers.values() for point in points])
    low, high = every[:, 0].min() / 2, every[:, 0].max() * 2
    x = np.geomspace(low, high, 200)
    for (place, bandwidth), shade in zip(bandwidths.items(), ("0.2", "0.6"), strict=False):
        ax.plot(x, np.minimum(peak, x * bandwidth), color=shade, ls="-", label=f"roof: {place}")
    for index, (name, points) in enumerate(layers.items()):
        ax.plot(*np.array(points).T, MARKERS[index], color=style.LINES[index], ls="", label=name)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.set(
        xlabel="arithmetic intensity (FLOPs per byte)", ylabel="speed (GFLOP/s)", xlim=(low, high)
    )
    return ax
