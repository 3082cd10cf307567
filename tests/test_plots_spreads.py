"""Measured numbers with their spread: every number is drawn, in its place, under its label."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("agg")
import matplotlib.pyplot as plt

from cnnbook import plots


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_strips_show_each_seed_and_their_mean():
    measured = {"few": {"max": [1.0, 3.0], "mean": [4.0, 4.0]}, "many": {"max": [0], "mean": [2]}}
    ax = plots.strips(measured, "error (%)")
    dots = [line for line in ax.lines if line.get_marker() == "."]
    assert [line.get_xdata().tolist() for line in dots] == [[1, 3], [4, 4], [0], [2]]
    means = [line for line in ax.lines if line.get_marker() in "os"]
    assert [float(np.squeeze(line.get_xdata())) for line in means] == [2, 4, 0, 2]
    # the line of the figure says which name it is, and the conditions keep apart on it
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["max", "mean"]
    places = [float(np.squeeze(line.get_ydata())) for line in means]
    assert [round(place) for place in places] == [0, 1, 0, 1]
    assert places[0] < places[2]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["few", "many"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("error (%)", "network")
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first name stands on top


def test_curves_join_means_and_show_the_spread():
    measured = {"max": {0: [1.0, 3.0], 10: [5.0, 5.0]}, "mean": {0: [2.0], 10: [8.0]}}
    ax = plots.curves(measured, "shift (pixels)", "distance")
    (first, _, bars), (second, _, _) = (drawn.lines for drawn in ax.containers)
    assert first.get_ydata().tolist() == [2, 5]
    assert second.get_ydata().tolist() == [2, 8]
    ends = [segment[:, 1].tolist() for segment in bars[0].get_segments()]
    assert ends == [pytest.approx([2 - 2**0.5, 2 + 2**0.5]), pytest.approx([5, 5])]
    assert first.get_xdata() == pytest.approx([-0.3, 9.7])
    assert second.get_xdata() == pytest.approx([0.3, 10.3])
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0", "10"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("shift (pixels)", "distance")
    assert [drawn.get_label() for drawn in ax.containers] == ["max", "mean"]


def test_both_draw_where_they_are_told():
    ax = plt.subplots()[1]
    assert plots.strips({"a": {"net": [0.5]}}, "x", ax) is ax
    assert plots.curves({"net": {1: [0.5], 2: [0.4]}}, "x", "y", ax) is ax
