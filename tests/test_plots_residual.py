"""The figures of residual learning: every number drawn, kinds keep their colour, scales are shared."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("agg")
import matplotlib.pyplot as plt
from matplotlib.colors import to_rgba

from cnnbook import plots, style


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def named(ax):
    """Return the lines of an axes that have a name."""
    return {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


RUNS = {
    "plain": {
        "20": {"train": [30.0, 34.0], "test": [35.0, 37.0]},
        "8": {"train": [20.0, 22.0], "test": [24.0, 24.0]},
    },
    "residual": {
        "20": {"train": [16.0, 18.0], "test": [19.0, 21.0]},
        "8": {"train": [19.0, 19.0], "test": [20.0, 22.0]},
    },
}


def test_degradation_draws_each_seed_and_the_means_in_the_order_of_the_depths():
    axes = plots.degradation(RUNS)
    assert [ax.get_title() for ax in axes] == ["training images", "test images"]
    train, test = map(named, axes)
    assert train["plain"].get_xydata().tolist() == [[8, 21], [20, 32]]
    assert train["residual"].get_xydata().tolist() == [[8, 19], [20, 17]]
    assert test["plain"].get_xydata().tolist() == [[8, 24], [20, 36]]
    dots = [line.get_xydata().tolist() for line in axes[0].lines if line.get_marker() == "."]
    assert dots[:2] == [[[8, 20], [8, 22]], [[20, 30], [20, 34]]]
    assert axes[0].get_ylim() == axes[1].get_ylim()
    assert axes[0].get_ylim()[0] == 0
    assert [tick.get_text() for tick in axes[1].get_xticklabels()] == ["8", "20"]
    assert [text.get_text() for text in axes[0].figure.legends[0].get_texts()] == list(RUNS)
    assert axes[0].get_ylabel() == "error (%)"


def test_degradation_takes_other_measures():
    axes = plots.degradation(RUNS, {"test": "unseen"})
    assert [ax.get_title() for ax in axes] == ["unseen"]
    assert named(axes[0])["residual"].get_ydata().tolist() == [21, 20]


def test_a_kind_looks_the_same_in_every_figure():
    numbers = [[1.0, 2.0], [3.0, 2.0]]
    for order in (("plain", "residual"), ("residual", "plain")):
        lines = [
            named(plots.by_layer(dict.fromkeys(order, numbers), "size")),
            named(plots.cuts([0, 1], {kind: [numbers] for kind in order})),
            named(plots.degradation({kind: RUNS[kind] for kind in order})[0]),
        ]
        for found in lines:
            assert found["residual"].get_color() == style.LINES[0]
            assert found["plain"].get_color() == style.LINES[1]
            assert found["residual"].get_linestyle() != found["plain"].get_linestyle()
        bars = plots.block_bars(dict.fromkeys(order, numbers), "points")
        colours = [container[0].get_facecolor()[:3] for container in bars.containers]
        wanted = {"residual": style.LINES[0], "plain": style.LINES[1]}
        assert colours == [to_rgba(wanted[kind])[:3] for kind in order]
    others = named(plots.by_layer({"first": numbers, "second": numbers}, "size"))
    assert [line.get_color() for line in others.values()] == list(style.LINES[3:5])


def test_by_layer_takes_geometric_means_on_a_logarithmic_axis():
    seeds = [[1.0, 10.0], [4.0, 40.0]]
    ax = plots.by_layer({"plain": seeds}, "gradient")
    assert named(ax)["plain"].get_xydata() == pytest.approx(np.array([[1, 2], [2, 20]]))
    assert (ax.get_yscale(), ax.get_ylabel(), ax.get_xlabel()) == ("log", "gradient", "layer")
    corners = ax.collections[0].get_paths()[0].vertices
    assert {tuple(corner) for corner in corners} == {(1, 1), (1, 4), (2, 10), (2, 40)}
    ax = plots.by_layer({"plain": seeds}, "x", plt.subplots()[1], "block", log=False, first=0)
    assert named(ax)["plain"].get_xydata() == pytest.approx(np.array([[0, 2.5], [1, 25]]))
    assert (ax.get_yscale(), ax.get_xlabel()) == ("linear", "block")


def test_block_bars_show_means_seeds_and_the_edges_of_stages():
    measured = {
        "residual": [[2.0, 4.0, 1.0], [4.0, 4.0, 3.0]],
        "plain": [[60, 61, 62], [62, 61, 60]],
    }
    ax = plots.block_bars(measured, "lost (points)", stages=(1, 2))
    heights = [[bar.get_height() for bar in bars] for bars in ax.containers]
    assert heights == [[3, 4, 2], [61, 61, 61]]
    centres = [[bar.get_x() + bar.get_width() / 2 for bar in bars] for bars in ax.containers]
    assert centres[0] == pytest.approx([-0.2, 0.8, 1.8])
    dots = [line for line in ax.lines if line.get_marker() == "."]
    assert dots[0].get_ydata().tolist() == [2, 4, 1, 4, 4, 3]
    assert dots[0].get_xdata() == pytest.approx(2 * [-0.2, 0.8, 1.8])
    edges = [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":"]
    assert edges == [0.5]
    assert legend(ax) == ["residual", "plain"]
    assert ax.get_ylabel() == "lost (points)"


def test_cuts_draw_every_direction_and_their_median():
    losses = [[[3.0, 1.0, 2.0], [5.0, 1.0, 9.0]], [[4.0, 1.0, 4.0], [40.0, 1.0, 3.0]]]
    ax = plots.cuts([-1, 0, 1], {"plain": losses})
    assert named(ax)["plain"].get_xydata().tolist() == [[-1, 4.5], [0, 1], [1, 3.5]]
    assert len([line for line in ax.lines if line.get_lw() < 1]) == 4
    assert ax.get_yscale() == "log"
    ax.figure.canvas.draw()
    labels = [tick.get_text() for tick in ax.get_yticklabels()]
    assert {"1", "2", "5", "10"} <= set(labels)
    ax = plots.cuts([0, 1], {"plain": [[[0.5, 9e4]]]})
    ax.figure.canvas.draw()
    labels = [tick.get_text() for tick in ax.get_yticklabels()]
    assert "1000" in labels
    assert "2000" not in labels


def test_maps_share_their_levels_and_have_the_first_direction_upwards():
    along = [-1.0, 0.0, 1.0]
    rising = [[1.0] * 3, [10.0] * 3, [100.0] * 3]  # along the first direction alone
    axes = plots.loss_maps(along, {"plain": rising, "residual": np.full((3, 3), 20.0) + np.eye(3)})
    assert [ax.get_title() for ax in axes] == ["plain", "residual"]
    filled = [ax.collections[0] for ax in axes]
    np.testing.assert_allclose(filled[0].levels, filled[1].levels)
    assert filled[0].levels[0] == pytest.approx(1)
    assert filled[0].levels[-1] == pytest.approx(100)
    lines = axes[0].collections[1]
    where = {round(y, 6) for path in lines.get_paths() for y in path.vertices[:, 1]}
    assert len(where) > 3  # level lines run across, at many heights
    for drawn in (filled[0], lines):
        across = [path.vertices[:, 0] for path in drawn.get_paths() if len(path.vertices)]
        assert all(x.min() == -1 and x.max() == 1 for x in across)
    cross = next(line for line in axes[0].lines if line.get_marker() == "x")
    assert cross.get_xydata().tolist() == [[0, 0]]
    assert axes[0].get_ylabel() == "first direction"


def test_drawn_where_they_are_told():
    ax = plt.subplots()[1]
    numbers = [[1.0, 2.0]]
    assert plots.by_layer({"plain": numbers}, "x", ax) is ax
    assert plots.block_bars({"plain": numbers}, "x", ax=ax) is ax
    assert plots.cuts([0, 1], {"plain": [numbers]}, ax) is ax
