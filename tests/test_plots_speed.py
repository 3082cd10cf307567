"""Speed-ups and rooflines: every measured number in its place, under its label."""

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


def test_speedups_stand_beside_the_counts_with_their_quartiles():
    measured = {"this way": {8: [0.4, 0.5, 1.0], 16: [1.5, 2.0, 2.25]}}
    ax = plots.speedups(measured, {8: 4.0, 16: 6.0}, "channels")
    (drawn,) = ax.containers
    line, _, bars = drawn.lines
    assert (line.get_xdata().tolist(), line.get_ydata().tolist()) == ([8, 16], [0.5, 2.0])
    ends = [segment[:, 1].tolist() for segment in bars[0].get_segments()]
    assert ends == [pytest.approx([0.4, 1.0]), pytest.approx([1.5, 2.25])]
    counts = next(line for line in ax.lines if line.get_label() == "multiply-adds")
    assert counts.get_ydata().tolist() == [4, 6]
    assert any(np.all(np.equal(line.get_ydata(), 1)) for line in ax.lines)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["8", "16"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("channels", "times fewer, times faster")


def test_a_roof_is_flat_behind_the_ridge_and_rises_before_it():
    layers = {"dense": [(40.0, 90.0), (80.0, 95.0)], "depthwise": [(2.0, 5.0)]}
    ax = plots.roofline(layers, 100.0, {"cache": 10.0, "memory": 5.0})
    roofs = {line.get_label(): line for line in ax.lines if "roof" in line.get_label()}
    for place, bandwidth in (("cache", 10.0), ("memory", 5.0)):
        x, y = roofs[f"roof: {place}"].get_data()
        np.testing.assert_allclose(y, np.where(x < 100 / bandwidth, x * bandwidth, 100))
        assert (x.min(), x.max()) == (pytest.approx(1), pytest.approx(160))
    points = {line.get_label(): line.get_xydata().tolist() for line in ax.lines[2:]}
    assert points == {name: [list(p) for p in some] for name, some in layers.items()}
    assert ax.get_xlabel() == "arithmetic intensity (FLOPs per byte)"
    assert ax.get_ylabel() == "speed (GFLOP/s)"


def test_both_draw_where_they_are_told():
    ax = plt.subplots()[1]
    assert plots.speedups({"a": {8: [1, 1, 1]}}, {8: 2.0}, "channels", ax) is ax
    assert plots.roofline({"a": [(1.0, 1.0)]}, 2.0, {"cache": 1.0}, ax) is ax
