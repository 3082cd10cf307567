"""Figures: what is drawn is the data, both axes say what they measure, one norm for one colour bar."""

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnnbook import plots, style

RNG = np.random.default_rng(5)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def labelled(axes) -> bool:
    """Say whether every visible axes of a figure names both of its axes, or leaves it to a neighbour."""
    return all(ax.get_xlabel() and ax.get_ylabel() for ax in axes)


def test_signed_norm_has_its_white_at_zero_and_equal_room():
    norm = plots.signed_norm(np.array([[-1.0, 0.5], [4.0, 0.0]]))
    assert (norm.vmin, norm.vcenter, norm.vmax) == (-4, 0, 4)
    assert norm(0.0) == 0.5
    assert norm(-2.0) == pytest.approx(0.25)


def test_signed_norm_of_nothing_but_zeros():
    norm = plots.signed_norm(np.zeros((2, 3)))
    assert (norm.vmin, norm.vmax) == (-1, 1)


def test_image_draws_the_values_and_labels_both_axes():
    values = RNG.uniform(0, 255, (5, 7))
    ax = plots.image(values, title="noise")
    np.testing.assert_array_equal(ax.images[0].get_array(), values)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("column (pixels)", "row (pixels)")
    assert ax.get_title() == "noise"
    assert ax.images[0].get_cmap().name == style.IMAGE


def test_a_colour_image_keeps_its_channels():
    values = np.zeros((3, 4, 5))
    values[0] = 255
    drawn = plots.image(values).images[0].get_array()
    assert drawn.shape == (4, 5, 3)
    assert drawn[2, 2].tolist() == [1, 0, 0]


def test_images_share_one_norm_and_one_colour_bar():
    axes = plots.images({"dark": np.zeros((3, 4)), "bright": np.full((3, 4), 9.0)}, label="grey")
    limits = {ax.images[0].get_clim() for ax in axes.flat}
    assert limits == {(0, 9)}
    assert len(axes[0, 0].figure.axes) == 3
    assert axes[0, 0].figure.axes[-1].get_ylabel() == "grey"


def test_images_take_the_limits_of_their_scale():
    axes = plots.images({"grey": np.full((2, 2), 90.0)}, limits=(0, 255))
    assert axes[0, 0].images[0].get_clim() == (0, 255)


def test_images_in_rows_hide_the_empty_place():
    axes = plots.images({str(i): RNG.normal(size=(2, 2)) for i in range(3)}, columns=2, signed=True)
    assert axes.shape == (2, 2)
    assert not axes[1, 1].axison
    assert axes[0, 0].images[0].norm.vcenter == 0


def test_images_refuses_none():
    with pytest.raises(ValueError, match="at least one image"):
        plots.images({})


def test_grid_writes_every_number_in_its_cell():
    ax = plots.grid(np.array([[1.0, -2.5], [0, 30]]), role="kernel", boxes=[(0, 1, 2, 1)])
    texts = {tuple(t.get_position()): t.get_text() for t in ax.texts}
    assert texts == {(0, 0): "1", (1, 0): "−2.5", (0, 1): "0", (1, 1): "30"}
    assert labelled([ax])
    box = ax.patches[-1]
    assert (box.get_xy(), box.get_width(), box.get_height()) == ((0.5, -0.5), 1, 2)
    assert mpl.colors.to_hex(box.get_edgecolor()) == style.PALETTE["kernel"]


def test_grid_refuses_an_unknown_role():
    with pytest.raises(KeyError, match="weights"):
        plots.grid(np.zeros((2, 2)), role="weights")


def test_matrix_is_signed_and_labelled():
    drawn = plots.matrix(np.array([[1.0, 0, -3], [0, 2, 0]]))
    assert drawn.get_array().shape == (2, 3)
    assert drawn.norm.vmax == 3
    assert labelled([drawn.axes])


def test_filters_has_a_row_for_each_filter_and_a_column_for_each_channel():
    weight = RNG.normal(size=(4, 2, 3, 5))
    axes = plots.filters(weight, channels=("red", "green"))
    assert axes.shape == (4, 2)
    np.testing.assert_array_equal(axes[3, 1].images[0].get_array(), weight[3, 1])
    assert [ax.get_xlabel() for ax in axes[3]] == ["red", "green"]
    assert axes[2, 0].get_ylabel() == "filter 2"


def test_filters_beside_the_maps_they_make():
    weight, maps = RNG.normal(size=(2, 3, 3, 3)), RNG.normal(size=(2, 6, 7))
    axes = plots.filters(weight, x=RNG.uniform(0, 255, (3, 8, 9)), maps=maps)
    assert axes.shape == (2, 3)
    drawn = [ax.images[0].get_array() for ax in axes[0, 0].figure.axes if ax.images]
    assert any(np.array_equal(maps[1], array) for array in drawn)


def test_costs_are_medians_in_milliseconds_with_their_range():
    seconds = {
        "small": {"slow": [0.4, 0.9, 0.5], "fast": [0.001, 0.002, 0.003], "absent later": [0.02]},
        "large": {"slow": [9.0], "fast": [3.0]},
    }
    axes = plots.costs(seconds)
    dots = [[line.get_xydata()[0] for line in ax.lines if line.get_marker() == "o"] for ax in axes]
    # the rows mean the same in both panels, though one has a row less
    np.testing.assert_allclose(dots[0], [(500, 0), (2, 1), (20, 2)])
    np.testing.assert_allclose(dots[1], [(9000, 0), (3000, 1)])
    ranges = [line.get_xdata() for line in axes[0].lines if line.get_marker() != "o"]
    np.testing.assert_allclose(ranges, [(400, 900), (1, 3), (20, 20)])
    assert [text.get_text() for text in axes[0].texts] == ["500", "2", "20"]
    assert axes[0].get_xscale() == "log"
    assert labelled(axes)
    assert "ms" in axes[0].get_xlabel()


def test_scores_show_each_seed_and_their_mean():
    accuracy = {
        "a": {"net": [0.5, 0.7], "other": [0.9, 0.9]},
        "b": {"net": [0.4, 0.4], "other": [1, 1]},
    }
    ax = plots.scores(accuracy, chance=0.25)
    assert labelled([ax])
    xs = [line.get_xdata().tolist() for line in ax.lines if line.get_marker() == "."]
    assert xs[0] == pytest.approx([50, 70])
    means = [c.lines[0].get_xdata()[0] for c in ax.containers]
    assert means == pytest.approx([60, 90, 40, 100])
    legend = [t.get_text() for t in ax.get_legend().get_texts()]
    assert sorted(legend) == ["a", "b", "guessing"]


def test_sweep_draws_each_seed_and_means_over_the_setting():
    accuracy = {
        "a": {"net": {"0.1": [0.5, 0.7], "0.5": [0.8, 0.8]}},
        "b": {"net": {"0.1": [0.1, 0.3]}},
    }
    axes = plots.sweep(accuracy, label="rate (no unit)", chance=0.25)
    line = next(line for line in axes[0].lines if line.get_label() == "net")
    assert list(line.get_xdata()) == [0.1, 0.5]
    assert list(line.get_ydata()) == pytest.approx([60, 80])
    seeds = [line.get_ydata().tolist() for line in axes[0].lines if line.get_marker() == "."]
    assert seeds == [pytest.approx([50, 70]), pytest.approx([80, 80])]
    guessing = next(line for line in axes[1].lines if line.get_label() == "guessing")
    assert list(guessing.get_ydata()) == [25, 25]
    assert [tick.get_text() for tick in axes[0].get_xticklabels()] == ["0.1", "0.5"]
    assert labelled(axes)


def test_sweep_keeps_networks_apart_and_its_panels_comparable():
    runs = {"0.1": [0.5, 0.6]}
    axes = plots.sweep({"a": {"x": runs, "y": runs}, "b": {"x": runs, "y": runs}}, "rate", 0.2)
    places = [line.get_xdata()[0] for line in axes[0].lines if line.get_label() in ("x", "y")]
    assert places[0] < 0.1 < places[1]
    assert axes[0].get_ylim() == axes[1].get_ylim()
    shown = [text.get_text() for text in axes[0].figure.legends[0].get_texts()]
    assert shown == ["x", "y", "guessing"]


def test_drawing_functions_return_the_axes_they_were_given():
    ax = plt.subplots()[1]
    assert plots.image(np.zeros((2, 2)), ax) is ax
    assert plots.grid(np.zeros((2, 2)), ax) is ax
    assert plots.scores({"a": {"net": [0.5, 0.6]}}, 0.5, ax) is ax


def test_a_table_shows_numbers_as_readers_write_them():
    table = plots.Table(
        ("what", "n", "x"), [("a<b", 1_234_567, -0.5), ("c", np.int64(5), True)], digits=2
    )
    page = table._repr_html_()
    assert "a&lt;b" in page
    assert "1\u202f234\u202f567" in page
    assert "−0.50" in page
    assert page.count("text-align: right") == 3
    assert "yes" in repr(table)
    assert repr(table).splitlines()[0].split() == ["what", "n", "x"]


def test_a_table_refuses_a_row_of_another_length():
    with pytest.raises(ValueError, match="a row has 1 cells, the header has 2"):
        plots.Table(("a", "b"), [(1,)])
