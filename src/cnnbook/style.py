"""Colours and matplotlib settings: one colour means one thing in the whole book.

The widgets' style sheet (`live/shared.css`) repeats `PALETTE`; a test holds the two equal.
"""

from cycler import cycler

# Okabe & Ito's colour-blind-safe set (https://jfly.uni-koeln.de/color/), by the role it plays here.
PALETTE = {
    "input": "#0072b2",  # blue
    "kernel": "#d55e00",  # vermilion
    "output": "#009e73",  # green
    "gradient": "#cc79a7",  # purple
}
LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 2)))

IMAGE = "gray"
SIGNED = "RdBu_r"
POSITIVE = "viridis"


def use() -> None:
    """Apply the book's matplotlib settings; call it once, in a chapter's setup cell."""
    import matplotlib as mpl

    mpl.rcParams.update(
        {
            "axes.prop_cycle": cycler(color=LINES) + cycler(linestyle=DASHES),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.constrained_layout.use": True,
            "figure.dpi": 110,
            "figure.facecolor": "white",
            "font.size": 10,
            "image.cmap": IMAGE,
            "image.interpolation": "nearest",
            "legend.frameon": False,
        }
    )
