"""What deep networks do to sizes: signal and gradient by layer, and powers of ten in a table."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from cnnbook import style
from cnnbook.plots.images import signed_norm

BAND = 10  # a gradient within this factor of the last layer's is drawn as in range


def flows(runs: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Draw the sizes of signal and gradient by layer, on logarithmic axes.

    Args:
        runs: name -> (signal, gradient), each (depth + 1,); place 0 is the input.

    Returns:
        The two axes: signals over that of the input, gradients over that of the last layer. The
        grey band is a factor of 10 to either side of 1.
    """
    fig, axes = plt.subplots(2, 1, figsize=(6.5, 6), sharex=True)
    for index, (name, (signal, gradient)) in enumerate(runs.items()):
        look = {"color": style.LINES[index], "ls": style.DASHES[index], "label": name}
        look |= {"marker": "os^Dvx"[index], "markevery": (3 * index, 18), "ms": 5}
        axes[0].plot(signal / signal[0], **look)
        axes[1].plot(np.arange(1, len(gradient)), gradient[1:] / gradient[-1], **look)
    for ax, what, last in zip(
        axes, ("signal", "gradient"), ("the input", "last layer"), strict=True
    ):
        ax.axhspan(1 / BAND, BAND, color="0.5", alpha=0.2, lw=0)
        ax.set(yscale="log", xlabel="layer", ylabel=f"{what} / that of {last}")
        ax.tick_params(labelbottom=True)
    lines, names = axes[0].get_legend_handles_labels()
    fig.legend(lines, names, loc="outside upper center", ncols=3)
    return axes


def powers(
    exponents: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    labels: tuple[str, str],
    ax: Axes | None = None,
) -> Axes:
    """Draw powers of ten as a table: white is 1, red is larger, blue is smaller.

    Args:
        exponents: of 10, (rows, columns).
        rows, columns: their names.
        labels: what the columns are, and what the rows are.
        ax: where to draw.
    """
    ax = ax or plt.subplots(figsize=(6.5, 0.45 * len(rows) + 1.3))[1]
    norm = signed_norm(exponents)
    drawn = ax.imshow(exponents, cmap=style.SIGNED, norm=norm, aspect="auto")
    for (i, j), value in np.ndenumerate(exponents):
        colour = "white" if abs(norm(value) - 0.5) > 0.3 else "black"
        text = f"{value:.0f}".replace("-0", "0").replace("-", "−")
        ax.text(j, i, text, ha="center", va="center", color=colour)
    ax.set(xticks=range(len(columns)), yticks=range(len(rows)))
    ax.set_xticklabels(columns)
    ax.set_yticklabels(rows)
    ax.set(xlabel=labels[0], ylabel=labels[1])
    ax.tick_params(length=0)
    ax.figure.colorbar(drawn, ax=ax, label="power of ten")
    return ax
