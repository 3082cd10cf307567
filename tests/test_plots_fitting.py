"""Training beside validation: every seed is drawn, lines are means, both axes say what they measure."""

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnnbook import plots, style

MEASURED = {
    "training": {"50": [0.0, 0.02, 0.01], "100": [0.0, 0.0, 0.03]},
    "validation": {"50": [0.6, 0.4, 0.5], "100": [0.2, 0.1, 0.3]},
}
CURVES = {
    "step": [0, 1, 10],
    "training": {"loss": [[9, 9], [2, 4], [1, 1]], "error": [[1, 1], [0.5, 0.7], [0, 0]]},
    "validation": {"loss": [[9, 9], [3, 5], [2, 4]], "error": [[1, 1], [0.6, 0.8], [0.2, 0.4]]},
}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def lines(ax) -> dict:
    return {line.get_label(): line for line in ax.get_lines() if line.get_label()[0] != "_"}


def test_errors_draw_every_seed_and_join_their_means_in_per_cent():
    ax = plots.errors(MEASURED, "training images")
    drawn = lines(ax)
    assert drawn["training"].get_ydata().tolist() == pytest.approx([1, 1])
    assert drawn["validation"].get_ydata().tolist() == pytest.approx([50, 20])
    dots = sorted(
        y for line in ax.get_lines() if line.get_marker() == "." for y in line.get_ydata()
    )
    every = [100 * v for part in MEASURED.values() for runs in part.values() for v in runs]
    assert dots == pytest.approx(sorted(every))


def test_errors_name_both_axes_and_every_value():
    ax = plots.errors(MEASURED, "training images")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("training images", "error (%)")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["50", "100"]
    colours = {line.get_color() for line in lines(ax).values()}
    assert colours == set(style.LINES[:2])


def test_panels_that_share_an_axis_show_the_largest_error_of_all():
    _, axes = plt.subplots(1, 2, sharey=True)
    for ax, share in zip(axes, (0.05, 0.9), strict=True):
        plots.errors({"training": {"1": [share], "2": [share / 2]}}, "units", ax)
    low, high = axes[0].get_ylim()
    assert low <= 2.5
    assert high >= 90


def test_learning_draws_means_and_one_deviation_and_leaves_step_0_out():
    axes = plots.learning(CURVES, title="a run")
    loss, error = (lines(ax)["validation"] for ax in axes)
    assert loss.get_xdata().tolist() == [1, 10]
    assert loss.get_ydata().tolist() == [4, 3]
    assert error.get_ydata().tolist() == pytest.approx([70, 30])
    edges = axes[0].collections[1].get_paths()[0].vertices[:, 1]
    assert (edges.min(), edges.max()) == pytest.approx((3 - np.sqrt(2), 4 + np.sqrt(2)))
    assert [ax.get_ylabel() for ax in axes] == ["loss", "error (%)"]
    assert {(ax.get_xlabel(), ax.get_xscale(), ax.get_title()) for ax in axes} == {
        ("step", "log", "a run")
    }


def test_one_seed_has_no_band():
    one = {
        part: kinds if part == "step" else {k: [[v[0]] for v in runs] for k, runs in kinds.items()}
        for part, kinds in CURVES.items()
    }
    assert not plots.learning(one)[0].collections


def test_learning_wants_two_axes():
    with pytest.raises(ValueError, match="wants two axes, for loss and error, got 3"):
        plots.learning(CURVES, plt.subplots(1, 3)[1])
