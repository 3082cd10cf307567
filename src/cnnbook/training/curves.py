"""How histories are drawn: loss on the left, accuracy on the right, updates below."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cnnbook import style
from cnnbook.training.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANELS = ("loss", "accuracy")
MARKERS = "os^Dv*"  # one for each of style.LINES
RUN = "run"  # marks the line that stands for a run, so that the next one can look different


def smooth(values: Sequence[float]) -> np.ndarray:
    """Return the running mean over a twentieth of the curve, over less near its ends."""
    values = np.asarray(values, float)
    reach = len(values) // 40  # to each side
    total = np.concatenate([[0.0], values.cumsum()])
    place = np.arange(len(values))
    reach = np.minimum(reach, np.minimum(place, place[::-1]))  # as far to the left as to the right
    return (total[place + reach + 1] - total[place - reach]) / (2 * reach + 1)


def run(history: History, axes: Sequence | None, label: str | None) -> Sequence:
    """Draw one run; see `History.plot`."""
    axes = panels(axes)
    for ax, name in zip(axes, PANELS, strict=True):
        colour, dashes, marker = look(ax)
        scale, values = unit(name), getattr(history, name)
        ax.plot(history.steps, scale * np.array(values), color=colour, ls="-", lw=0.6, alpha=0.25)
        ax.plot(scale * smooth(values), color=colour, ls=dashes, label=label, gid=RUN)
        if history.validated:
            measured = scale * np.array(getattr(history, f"validation_{name}"))
            what = f"{label}, validation" if label else "validation"
            ax.plot(history.validated, measured, marker, color=colour, ls="", ms=4, label=what)
    finish(axes)
    return axes


def band(histories: Sequence[History], axes: Sequence | None, label: str | None) -> Sequence:
    """Draw the mean of several runs, and one standard deviation to each side."""
    axes = panels(axes)
    shortest = min(len(history.loss) for history in histories)  # early stopping ends some sooner
    for ax, name in zip(axes, PANELS, strict=True):
        colour, dashes, _ = look(ax)
        curves = np.array([smooth(getattr(history, name)[:shortest]) for history in histories])
        mean = unit(name) * curves.mean(0)
        ax.plot(mean, color=colour, ls=dashes, label=label, gid=RUN)
        if len(curves) > 1:
            spread = unit(name) * curves.std(0, ddof=1)
            low, high = mean - spread, mean + spread
            ax.fill_between(range(shortest), low, high, color=colour, alpha=0.2, lw=0)
    finish(axes)
    return axes


def panels(axes: Sequence | None) -> Sequence:
    """Return the two axes that were given, or new ones."""
    if axes is None:
        import matplotlib.pyplot as plt

        axes = plt.subplots(1, 2, figsize=(8, 3))[1]
    if np.size(axes) != 2:
        raise ValueError(f"wants two axes, for loss and accuracy, got {np.size(axes)}")
    return axes


def look(ax: "Axes") -> tuple:
    """Return colour, dashes and marker of the next run in these axes."""
    index = sum(line.get_gid() == RUN for line in ax.get_lines()) % len(MARKERS)
    return style.LINES[index], style.DASHES[index], MARKERS[index]


def unit(name: str) -> float:
    """Accuracy is drawn in percent."""
    return 100 if name == "accuracy" else 1


def finish(axes: Sequence) -> None:
    """Name the axes, and the runs if they have names."""
    axes[0].set(xlabel="updates", ylabel="loss")
    axes[1].set(xlabel="updates", ylabel="accuracy (%)")
    if axes[1].get_legend_handles_labels()[0]:
        axes[1].legend()
