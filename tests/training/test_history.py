"""Histories: what they hold, that they survive as text, and what is drawn."""

import json

import matplotlib as mpl
import numpy as np
import pytest
from small_networks import drawing, plain

from cnnbook import training
from cnnbook.training import History
from cnnbook.training.curves import smooth

mpl.use("agg")
import matplotlib.pyplot as plt

HISTORY = History(
    loss=[2.0, 1.0, 0.5, 0.25],
    accuracy=[0.1, 0.4, 0.6, 0.7],
    rate=[0.1, 0.1, 0.05, 0.05],
    validated=[2, 4],
    validation_loss=[1.5, 1.25],
    validation_accuracy=[0.3, 0.5],
    test_loss=1.375,
    test_accuracy=0.45,
)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_final():
    assert History().final == {"steps": 0}
    assert HISTORY.final == {
        "steps": 4,
        "loss": 0.25,
        "accuracy": 0.7,
        "validation_loss": 1.25,
        "validation_accuracy": 0.5,
        "test_loss": 1.375,
        "test_accuracy": 0.45,
    }


def test_text_and_back(few):
    assert History.from_json(HISTORY.to_json()) == HISTORY
    real = training.train(plain(), few, 3, validation=10, every=2, progress=False)
    assert History.from_json(real.to_json()) == real
    assert real.validated == [2, 3]
    assert list(real.steps) == [0, 1, 2]


@pytest.mark.parametrize("text", ["[]", "{}", json.dumps({"loss": []}), "nothing"])
def test_other_text_is_refused(text):
    with pytest.raises(ValueError, match=r"not the JSON|Expecting value"):
        History.from_json(text)


def test_smoothing_is_a_mean_over_as_much_on_both_sides():
    values = np.random.default_rng(0).normal(size=200)
    expected = [values[i - r : i + r + 1].mean() for i in range(200) for r in [min(5, i, 199 - i)]]
    np.testing.assert_allclose(smooth(values), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(smooth([3.0, 1.0]), [3, 1])


def test_a_history_draws_itself():
    loss, accuracy = HISTORY.plot()
    assert (loss.get_xlabel(), loss.get_ylabel()) == ("updates", "loss")
    assert (accuracy.get_xlabel(), accuracy.get_ylabel()) == ("updates", "accuracy (%)")
    pale, strong, dots = accuracy.get_lines()
    np.testing.assert_allclose(pale.get_ydata(), [10, 40, 60, 70])
    np.testing.assert_allclose(strong.get_xdata(), [0, 1, 2, 3])
    np.testing.assert_allclose(dots.get_xydata(), [[2, 30], [4, 50]])
    np.testing.assert_allclose(loss.get_lines()[2].get_xydata(), [[2, 1.5], [4, 1.25]])
    assert pale.get_alpha() < 0.5 < strong.get_linewidth()


def test_a_second_run_in_the_same_axes_looks_different():
    axes = HISTORY.plot(label="one")
    assert HISTORY.plot(axes, label="two") is axes
    first, second = axes[0].get_lines()[1], axes[0].get_lines()[4]
    assert first.get_color() != second.get_color()
    assert first.get_linestyle() != second.get_linestyle()
    assert axes[0].get_lines()[2].get_marker() != axes[0].get_lines()[5].get_marker()
    names = [text.get_text() for text in axes[1].get_legend().get_texts()]
    assert names == ["one", "one, validation", "two", "two, validation"]


def test_what_plot_refuses():
    with pytest.raises(ValueError, match="wants two axes, for loss and accuracy, got 1"):
        HISTORY.plot(plt.subplots()[1])


def test_repeats(few, tmp_path):
    path = tmp_path / "run.pt"
    runs = training.repeat(drawing, few, (4, 7), path, steps=6, progress=False)
    again = training.repeat(drawing, few, [7], steps=6, progress=False)
    assert runs.histories[1] == again.histories[0]
    assert runs.histories[0].loss[0] != runs.histories[1].loss[0]
    one, two = (history.test_accuracy for history in runs.histories)
    assert runs.mean == pytest.approx((one + two) / 2)
    assert runs.spread == pytest.approx(abs(one - two) / 2**0.5)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run-4.pt", "run-7.pt"]
    assert np.isnan(again.spread)


def test_repeats_in_words_and_pictures():
    higher = History(**{**vars(HISTORY), "loss": [3.0, 2.0, 1.5, 1.25, 1.0], "test_accuracy": 0.55})
    runs = training.Repeats((0, 1), (HISTORY, higher))
    assert str(runs) == "50.0 % ± 7.1 (2 seeds)"
    assert str(training.Repeats((0,), (HISTORY,))) == "45.0 % (1 seed)"
    loss, accuracy = runs.plot(label="both")
    np.testing.assert_allclose(loss.get_lines()[0].get_ydata(), [2.5, 1.5, 1.0, 0.75])
    corners = loss.collections[0].get_paths()[0].vertices[:, 1]
    assert corners.max() == pytest.approx(2.5 + 0.5**0.5)
    assert accuracy.get_legend().get_texts()[0].get_text() == "both"


def test_repeats_want_a_seed(few):
    with pytest.raises(ValueError, match="seeds are wanted"):
        training.repeat(plain, few, [])
