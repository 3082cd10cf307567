"""Figures of depth: what is drawn is the data, over the size that it is compared with."""

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnnbook import plots


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def drawn(ax, name):
    (line,) = (line for line in ax.lines if line.get_label() == name)
    return line.get_xydata()


def test_flows_are_relative_to_the_input_and_to_the_last_layer():
    signal, gradient = np.array([2.0, 1.0, 4.0]), np.array([0.3, 0.05, 0.5])
    top, bottom = plots.flows({"net": (signal, gradient), "other": (2 * signal, gradient)})
    np.testing.assert_allclose(drawn(top, "net"), [(0, 1), (1, 0.5), (2, 2)])
    np.testing.assert_allclose(drawn(bottom, "net"), [(1, 0.1), (2, 1)])  # not that of the input
    assert {top.get_yscale(), bottom.get_yscale()} == {"log"}
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in (top, bottom))
    names = [text.get_text() for text in top.figure.legends[0].get_texts()]
    assert names == ["net", "other"]


def test_flows_mark_a_factor_of_ten():
    axes = plots.flows({"net": (np.ones(3), np.ones(3))})
    for ax in axes:
        box = ax.patches[0].get_bbox() if hasattr(ax.patches[0], "get_bbox") else None
        assert (box.y0, box.y1) == pytest.approx((0.1, 10))


def test_powers_write_each_exponent_on_a_scale_that_is_white_at_one():
    exponents = np.array([[-30.4, 0.2, 12.0], [-0.3, 3.6, 30.0]])
    ax = plots.powers(exponents, ["a", "b"], ["x", "y", "z"], ("gain", "activation"))
    texts = {text.get_position(): text.get_text() for text in ax.texts}
    assert [texts[j, 0] for j in range(3)] == ["−30", "0", "12"]
    assert [texts[j, 1] for j in range(3)] == ["0", "4", "30"]
    assert ax.images[0].norm.vcenter == 0
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["x", "y", "z"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["a", "b"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("gain", "activation")


def test_powers_are_readable_on_dark_cells():
    ax = plots.powers(np.array([[-30.0, 1.0]]), ["a"], ["x", "y"], ("", ""))
    assert [text.get_color() for text in ax.texts] == ["white", "black"]
