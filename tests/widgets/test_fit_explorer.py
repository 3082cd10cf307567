"""The fit explorer: refusals, arithmetic against numpy, goals, and what a hand can do to it."""

import dataclasses
import re

import numpy as np
import pytest
from promises import draws_what_python_sets, resize, suits_everybody, trait
from traitlets import TraitError

from cnnbook.widgets import FitExplorer, fitting
from cnnbook.widgets.fit_explorer import GOALS

CORNER = (36, 10, 24, 40)  # left, right, top and bottom edge of the plot, in pixels


def plain(widget: FitExplorer) -> dict:
    return {name: getattr(widget, name) for name in widget.trait_names(sync=True) if name[0] != "_"}


def traits(**given: object) -> dict:
    hidden = ("goals", "reached", "live", "layout", "tooltip", "tabbable", "comm")
    state = plain(FitExplorer(**given))
    return {name: value for name, value in state.items() if name not in hidden}


# ---- arithmetic, against numpy


def test_both_languages_draw_the_same_numbers(in_node) -> None:
    streams = (0, 999, 10_000, 20_099, 30_000)
    found = in_node("fit_explorer", [["uniform", stream, 300] for stream in streams])
    for stream, numbers in zip(streams, found, strict=True):
        np.testing.assert_array_equal(numbers, fitting.uniform(stream, 300))
        assert 0.45 < np.mean(numbers) < 0.55
    assert len({tuple(numbers) for numbers in found}) == len(streams)


def test_draws_are_what_they_are_said_to_be() -> None:
    x, z = np.hstack([fitting.draw(20_000 + stream, 50) for stream in range(100)])
    np.testing.assert_array_equal(np.floor((x[:50] + 1) * 25), np.arange(50))  # one in each slot
    assert abs(z.mean()) < 0.05
    assert z.std() == pytest.approx(1, abs=0.03)
    assert abs(np.mean(z**4) - 3) < 0.3  # normal, not uniform


def test_polynomials_have_mean_square_1() -> None:
    x = -1 + (np.arange(20_000) + 0.5) / 10_000
    columns = fitting.features("polynomial", 15, x)
    np.testing.assert_allclose(columns.T @ columns / len(x), np.eye(16), atol=1e-4)


@pytest.mark.parametrize("ridge", [0, 1e-6, 0.3])
def test_random_systems_equal_lstsq(in_node, ridge) -> None:
    rng = np.random.default_rng(1)
    shapes = [(1, 1), (7, 1), (1, 6), (9, 5), (5, 9), (6, 6), (40, 17), (17, 40)]
    cases = [(rng.normal(size=shape), rng.normal(size=shape[0])) for shape in shapes]
    calls = [["solved", rows.tolist(), y.tolist(), ridge] for rows, y in cases]
    for (rows, y), found in zip(cases, in_node("fit_explorer", calls), strict=True):
        np.testing.assert_allclose(found, fitting.solve(rows, y, ridge), rtol=1e-9, atol=1e-11)


def test_ill_conditioned_systems_equal_lstsq(in_node) -> None:
    rng = np.random.default_rng(2)
    x = np.linspace(-1, 1, 16) + rng.uniform(-0.02, 0.02, 16)
    powers = np.vander(x, 16, increasing=True)  # condition number about 1e6
    assert np.linalg.cond(powers) > 1e5
    twice = rng.normal(size=(12, 4))
    cases = {
        "powers": powers,
        "two columns alike": np.concatenate([twice[:, :1], twice], 1),
        "a column of zeros": np.concatenate([np.zeros((12, 1)), twice], 1),
        "two rows alike, wide": rng.normal(size=(3, 8))[[0, 1, 1, 2]],
        "rank 1": np.outer(rng.normal(size=9), rng.normal(size=5)),
        "nothing": np.zeros((4, 3)),
    }
    right = {name: rng.normal(size=len(rows)) for name, rows in cases.items()}
    calls = [["solved", rows.tolist(), right[name].tolist(), 0] for name, rows in cases.items()]
    for (name, rows), found in zip(cases.items(), in_node("fit_explorer", calls), strict=True):
        wanted = np.linalg.lstsq(rows, right[name], rcond=None)[0]
        scale = max(1, abs(wanted).max())
        np.testing.assert_allclose(
            np.array(found) / scale, wanted / scale, atol=1e-9, rtol=0, err_msg=name
        )


def asked(xs: np.ndarray) -> list:
    return [["measured"], ["fitted", xs.tolist()]]


def smallest(setting: fitting.Setting) -> float:
    """The smallest singular value that counts, over all refits, as a share of the largest."""
    found = []
    for stream in range(20_000, 20_100):
        x = fitting.draw(stream, setting.samples)[0]
        columns = fitting.features(setting.family, setting.capacity, x)
        values = np.linalg.svd(columns, compute_uv=False) / np.linalg.norm(columns, 2)
        found += [values[values > 1e-14].min()]
    return min(found)


def cases() -> list[dict]:
    rng = np.random.default_rng(3)
    fixed = [
        {"degree": 15, "samples": 15},  # as many samples as coefficients, less one
        {"degree": 14, "samples": 15},
        {"degree": 15, "samples": 3},
        {"degree": 12, "samples": 15, "ridge": 1e-5},
        {"family": "relu", "width": 60, "samples": 15},
        {"family": "relu", "width": 60, "samples": 60},
        {"family": "relu", "width": 17, "samples": 40, "ridge": 10.0},
        {"degree": 9, "points": [[0.5, 1], [0.5, -1], [0.5, 0.25], [-1, 0], [1, 2.5]]},
        {"degree": 0, "points": [[0.1, 1], [0.1, -1]], "curve": "line"},
    ]
    drawn = [
        {
            "curve": str(rng.choice(["wave", "line", "step"])),
            "family": str(rng.choice(["polynomial", "relu"])),
            "degree": int(rng.integers(16)),
            "width": int(rng.integers(1, 61)),
            "samples": int(rng.integers(2, 80)),
            "noise": float(rng.uniform(0, 0.6)),
            "ridge": float(rng.choice([0, 1e-4, 0.1])),
            "seed": int(rng.integers(1000)),
        }
        for _ in range(20)
    ]
    return fixed + drawn


def test_every_number_equals_numpy(in_node) -> None:
    """Fits, errors, bias and variance, also where columns depend on each other."""
    xs = np.linspace(-1, 1, 33)
    calls = [[f, traits(**case), *rest] for case in cases() for f, *rest in asked(xs)]
    found = in_node("fit_explorer", calls)
    for case, measured, fitted in zip(cases(), found[::2], found[1::2], strict=True):
        widget = FitExplorer(**case)
        # a singular value of 1e-11 leaves five digits, in either language
        rel = 1e-6 if widget.ridge or smallest(widget.setting()) > 1e-8 else 1e-2
        for name, wanted in dataclasses.asdict(widget.measure()).items():
            value = len(measured["coefficients"]) if name == "coefficients" else measured[name]
            # bias² is what is left of a difference as large as the chance in it
            least = max(1e-10, rel * measured["chance"])
            assert value == pytest.approx(wanted, rel=rel, abs=least), (case, name)
        assert measured["chance"] == pytest.approx(widget.measure().chance, rel=rel, abs=1e-10)
        wanted = widget.fit(xs)
        scale = max(1, abs(wanted).max())
        np.testing.assert_allclose(np.array(fitted) / scale, wanted / scale, atol=1e-7, rtol=0)


def test_bias_variance_and_noise_add_up_to_the_error() -> None:
    for case in cases():
        found = FitExplorer(**case).measure()
        assert found.bias2 + found.variance + found.noise2 == pytest.approx(found.expected)
    # and the expected error is what noisy samples of other draws really cost
    setting = FitExplorer(degree=5).setting()
    values = fitting.refits(setting)
    y = fitting.CURVES["wave"](fitting.GRID) + 0.3 * np.random.default_rng(0).normal(
        size=(50, *values.shape)
    )
    assert np.mean((values - y) ** 2) == pytest.approx(
        FitExplorer(degree=5).measure().expected, rel=0.01
    )


def test_bias_is_not_what_chance_alone_gives() -> None:
    """Groups of 5 of the 100 refits find, on average, the bias² of all, and not a fifth more."""
    setting, found = FitExplorer(degree=7).setting(), FitExplorer(degree=7).measure()
    values, truth = fitting.refits(setting), fitting.CURVES["wave"](fitting.GRID)
    order = np.random.default_rng(0).permuted(np.tile(np.arange(100), (400, 1)), axis=1)
    groups = values[order.reshape(-1, 5)]  # (8000, 5, 100)
    variance = groups.var(1, ddof=1).mean()
    plain = np.mean((groups.mean(1) - truth) ** 2)
    assert variance == pytest.approx(found.variance, rel=0.02)
    assert plain > 15 * found.variance / 100  # what was measured before it was taken off
    assert plain - variance / 5 == pytest.approx(found.bias2, abs=0.1 * found.variance / 5)
    assert abs(found.bias2) < found.chance == found.variance / 100


def test_a_new_draw_moves_the_fit_and_not_what_is_expected() -> None:
    one, other = (FitExplorer(seed=seed).measure() for seed in (0, 1))
    assert (one.bias2, one.variance, one.expected) == (other.bias2, other.variance, other.expected)
    assert one.train != other.train
    assert one.validation != other.validation


# ---- traits, in Python


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"curve": "moon"}, "curve must be one of wave, line, step, got 'moon'"),
        ({"family": "forest"}, "family must be one of polynomial, relu, got 'forest'"),
        ({"degree": 16}, "degree must be 0 to 15, got 16"),
        ({"degree": -1}, "degree must be 0 to 15, got -1"),
        ({"width": 0}, "width must be 1 to 60, got 0"),
        ({"samples": 1}, "samples must be 2 to 200, got 1"),
        ({"noise": 0.7}, "noise must be 0 to 0.6, got 0.7"),
        ({"noise": float("nan")}, "noise must be 0 to 0.6, got nan"),
        ({"ridge": -1e-9}, "ridge must be 0 to 10, got -1e-09"),
        ({"seed": 1000}, "seed must be 0 to 999, got 1000"),
        ({"points": [[0, 0]]}, "2 to 200 samples .*, got '1 of them'"),
        ({"points": [[0, 0], [0, 2.6]]}, r"sample 1 is \[0, 2.6\].* from -2.5 to 2.5"),
        ({"points": [[0, 0], [1.1, 0]]}, r"sample 1 is \[1.1, 0\]"),
        ({"points": [[0, 0], [0, float("nan")]]}, "sample 1 is"),
        ({"points": [[0, 0], "ab"]}, "sample 1 is 'ab'"),
        ({"selected": 15}, "index of one of 15 samples, got 15"),
        ({"goals": [{"id": "a", "text": "", "kind": "win"}]}, "goal 0 wants"),
        ({"goals": [{"id": "a", "text": "", "kind": "tame"}]}, "tame: degree, noise, error"),
        ({"goals": ["x"]}, "goal 0 wants"),
    ],
)
def test_bad_traits_are_refused_with_their_numbers(given, words) -> None:
    with pytest.raises(TraitError, match=words):
        FitExplorer(**given)


def test_the_choice_of_a_sample_ends_with_the_sample() -> None:
    widget = FitExplorer(selected=14)
    widget.samples = 10
    assert widget.selected == -1


def test_two_explorers_share_nothing() -> None:
    one, other = FitExplorer(), FitExplorer()
    one.goals[0]["text"] = "changed"
    assert other.goals[0]["text"] == GOALS[0]["text"] != "changed"


def test_stand_in_gives_the_numbers_and_keeps_the_secret() -> None:
    widget = FitExplorer(degree=5)
    text = widget.static_html()
    assert "A polynomial of degree 5 with 6 coefficients, ridge 0, fitted to 15 samples" in text
    found = widget.measure()
    assert f"= expected error {found.expected:.4f}" in text
    assert text.count("<polyline") == 2
    assert text.count("<circle") == 15
    assert f"bias² {found.bias2:.4f} + variance" in text
    wild = FitExplorer(degree=12)
    assert f"bias² below {wild.measure().chance:.4f} + variance" in wild.static_html()
    calm = FitExplorer(degree=12, noise=0.05, samples=200)
    assert "bias² below 0.0001 +" in calm.static_html()
    widget.concealed = True
    assert widget.static_html().count("<polyline") == 1
    assert f"{found.expected:.4f}" not in widget.static_html()


def test_measuring_every_capacity_measures_each() -> None:
    widget = FitExplorer(samples=8)
    found = widget.measure_all()
    assert list(found) == list(range(16))
    assert found[12] == widget.measure()
    assert found[1] == FitExplorer(samples=8, degree=1).measure()


# ---- behaviour, in a browser


def settled(page) -> None:
    page.wait_for_selector(".cnnbook-fit[data-busy=false]", timeout=60_000)


def numbers(page) -> dict[str, float]:
    """The table's numbers by name; nan where the page shows none."""
    found = {}
    for name in ("train", "validation", "bias2", "variance", "noise2", "expected"):
        text = page.locator(f".cnnbook-fit-{name} td").inner_text()
        clean = text.replace(",", "").replace("< ", "").replace(" · 10^", "e")
        found[name] = float("nan") if clean in "?…" else float(clean)
    return found


def pixel(page, x: float, y: float) -> tuple[float, float]:
    """Where a point of the plane lies on the page."""
    box = page.locator(".cnnbook-fit-plot").bounding_box()
    left, right, top, bottom = CORNER
    across, up = (x + 1.04) / 2.08, (y + 2.6) / 5.2
    return (
        box["x"] + left + across * (box["width"] - left - right),
        box["y"] + box["height"] - bottom - up * (box["height"] - top - bottom),
    )


def change(page, label: str, *keys: str) -> None:
    control = page.get_by_label(label, exact=True)
    control.focus()
    for key in keys:
        control.press(key)
    settled(page)


def test_the_page_shows_what_python_measures(show) -> None:
    for case in ({}, {"degree": 5}, {"family": "relu", "width": 60}, {"samples": 40, "ridge": 0.1}):
        page = show(FitExplorer(**case))
        settled(page)
        measured = FitExplorer(**case).measure()
        wanted = dataclasses.asdict(measured)
        bias = measured.bias2 > measured.chance
        assert page.locator(".cnnbook-fit-bias2 td").inner_text().startswith("<") != bias, case
        wanted["bias2"] = measured.bias2 if bias else measured.chance
        for name, value in numbers(page).items():
            if wanted[name] < 5e-5:
                assert value <= 1e-4
            else:
                assert value == pytest.approx(wanted[name], abs=6e-5, rel=6e-4), (case, name)


def test_the_start_reaches_no_goal_and_every_goal_can_be_reached(show) -> None:
    page = show(FitExplorer())
    settled(page)
    assert trait(page, "reached") == []
    change(page, "Degree", *["ArrowLeft"] * 7)
    assert trait(page, "degree") == 5
    assert trait(page, "reached") == []  # 4 has not been looked at
    change(page, "Degree", "ArrowLeft")
    assert trait(page, "reached") == []
    change(page, "Degree", "ArrowRight")
    assert trait(page, "reached") == ["lowest"]
    change(page, "Degree", *["ArrowRight"] * 7)
    change(page, "Ridge", *["ArrowRight"] * 10)
    assert trait(page, "ridge") == 0.3
    assert trait(page, "reached") == ["lowest", "tame"]
    change(page, "Samples", "End")
    assert trait(page, "reached") == ["lowest", "tame"]
    change(page, "Ridge", "End")
    assert trait(page, "reached") == ["lowest", "tame", "underfit"]
    change(page, "Ridge", "Home")
    page.get_by_label("Fitted", exact=True).select_option("relu")
    change(page, "Samples", *["ArrowLeft"] * 13)
    assert trait(page, "samples") == 15
    change(page, "Units", "End")
    assert trait(page, "reached") == [goal["id"] for goal in GOALS]
    assert page.locator(".cnnbook-goals [data-done=true]").count() == 4


def test_other_ways_to_the_goals(show) -> None:
    page = show(FitExplorer())
    change(page, "Samples", *["ArrowRight"] * 7)
    assert trait(page, "samples") == 30
    assert trait(page, "reached") == ["tame"]
    change(page, "Samples", "End")
    change(page, "Degree", *["Home", "ArrowRight"])
    assert trait(page, "reached") == ["tame", "underfit"]


@pytest.mark.parametrize(
    ("chosen", "reached"),
    [
        ({"degree": 5}, []),  # without a look to either side
        ({"ridge": 0.3}, ["tame"]),
        ({"samples": 150, "degree": 0}, []),
        ({"samples": 200, "degree": 0}, ["underfit"]),
        ({"family": "relu", "width": 60}, ["interpolate"]),
        ({"degree": 4}, []),
        ({"degree": 6}, []),
        ({"degree": 5, "ridge": 1e-4}, []),
        ({"degree": 5, "noise": 0.25}, []),
        ({"degree": 5, "samples": 16}, []),
        ({"degree": 5, "curve": "step"}, []),
        ({"noise": 0.0}, []),
        ({"samples": 25}, []),
        ({"degree": 3, "samples": 200}, []),
        ({"degree": 0, "samples": 150}, []),
        ({"degree": 15}, []),
        ({"family": "relu", "width": 20}, []),
        ({"family": "relu", "width": 60, "noise": 0.2}, []),
        ({"family": "relu", "width": 60, "samples": 12}, []),
        ({"family": "relu", "width": 60, "ridge": 1e-4}, []),
    ],
)
def test_what_is_only_near_a_goal_does_not_reach_it(show, chosen, reached) -> None:
    page = show(FitExplorer())
    settled(page)
    page.evaluate("(chosen) => void Object.assign(state, chosen)", chosen)  # unheard, until
    page.get_by_role("button", name="Draw anew").click()
    settled(page)
    assert trait(page, "reached") == reached


def test_where_python_starts_earns_nothing(show) -> None:
    page = show(FitExplorer(degree=5))
    settled(page)
    page.get_by_role("button", name="Draw anew").click()
    settled(page)
    assert trait(page, "reached") == []
    change(page, "Degree", "ArrowRight")
    change(page, "Degree", "ArrowLeft")
    assert trait(page, "reached") == []


def test_samples_by_mouse(show) -> None:
    page = show(FitExplorer())
    settled(page)
    before = FitExplorer().sample()
    page.mouse.click(*pixel(page, 0.1, -1.5))
    points = trait(page, "points")
    assert len(points) == 16
    assert points[15] == pytest.approx([0.1, -1.5], abs=0.02)
    np.testing.assert_allclose(np.array(points[:15]).T, before)
    assert trait(page, "selected") == 15
    page.mouse.move(*pixel(page, *points[15]))
    page.mouse.down()
    page.mouse.move(*pixel(page, -0.5, 0.5), steps=8)
    assert trait(page, "points")[15] == pytest.approx([-0.5, 0.5], abs=0.02)
    page.mouse.move(2000, -500)
    page.mouse.up()
    assert trait(page, "points")[15] == [1, 2.5]
    page.mouse.move(*pixel(page, 0, 0))
    assert trait(page, "points")[15] == [1, 2.5]  # let go of
    page.get_by_role("button", name="Remove").click()
    assert len(trait(page, "points")) == 15
    settled(page)
    FitExplorer(points=trait(page, "points"))  # Python takes it as it is
    page.wait_for_timeout(120)
    assert min(np.diff(page.evaluate("saves"))) >= 95


def test_a_press_that_moves_places_nothing(show) -> None:
    page = show(FitExplorer())
    page.mouse.move(*pixel(page, 0.1, -1.5))
    page.mouse.down()
    page.mouse.move(*pixel(page, 0.4, -1.5), steps=4)
    page.mouse.up()
    assert trait(page, "points") == []


def test_samples_by_keyboard(show) -> None:
    page = show(FitExplorer())
    plot = page.locator(".cnnbook-fit-plot")
    plot.focus()
    x, y = FitExplorer().sample()
    plot.press("Home")
    assert trait(page, "selected") == 0
    plot.press("PageDown")
    plot.press("ArrowUp")
    plot.press("Shift+ArrowRight")
    points = trait(page, "points")
    assert points[1] == pytest.approx([x[1] + 0.1, y[1] + 0.05], abs=1e-3)
    plot.press("End")
    assert trait(page, "selected") == 14
    plot.press("PageDown")
    assert trait(page, "selected") == 14  # there is no next one
    plot.press("PageUp")
    assert trait(page, "selected") == 13
    plot.press("Delete")
    assert len(trait(page, "points")) == 14
    assert trait(page, "selected") == -1
    plot.press("Enter")
    assert len(trait(page, "points")) == 15
    assert trait(page, "selected") == 14
    assert "sample " in page.locator("p.cnnbook-heard").inner_text()
    plot.press("Escape")
    assert trait(page, "selected") == -1
    assert page.get_by_role("button", name="Remove").is_disabled()


def test_a_placed_sample_goes_into_the_widest_gap(show) -> None:
    page = show(FitExplorer(points=[[-0.9, 0], [-0.1, 1], [0.9, 0.5]]))
    page.get_by_role("button", name="Place a sample").click()
    assert trait(page, "points")[3] == [0.4, 0.75]


def test_too_few_and_too_many_are_refused(show) -> None:
    page = show(FitExplorer(points=[[-0.5, 0], [0.5, 1]], selected=0))
    page.get_by_role("button", name="Remove").click()
    assert page.locator(".cnnbook-message").inner_text() == "At least 2 samples must stay."
    assert len(trait(page, "points")) == 2
    page.get_by_role("button", name="Place").click()
    assert page.locator(".cnnbook-message").inner_text() == ""
    page = show(FitExplorer(samples=200, degree=1))
    page.get_by_role("button", name="Place").click()
    assert page.locator(".cnnbook-message").inner_text().startswith("200 samples are the most")
    assert trait(page, "points") == []


@pytest.mark.parametrize("end", ["Draw anew", "Samples"])
def test_own_samples_last_until_others_are_drawn(show, end) -> None:
    page = show(FitExplorer(points=[[-0.5, 0], [0.5, 1], [0.6, 1]]))
    assert page.locator(".cnnbook-fit-controls output:visible").nth(1).inner_text() == "3, yours"
    change(page, "Noise", "ArrowLeft")
    page.get_by_label("True curve", exact=True).select_option("line")
    assert len(trait(page, "points")) == 3
    if end == "Samples":
        change(page, "Samples", "ArrowLeft")
    else:
        page.get_by_role("button", name=end).click()
    assert trait(page, "points") == []


def touch(page, kind: str, x: float, y: float) -> bool:
    """Send a touch and say whether the page may still scroll."""
    return page.evaluate(
        """([kind, x, y]) => {
          const target = document.querySelector('.cnnbook-fit-plot');
          const one = new Touch({ identifier: 1, target, clientX: x, clientY: y });
          return target.dispatchEvent(new TouchEvent(kind, { touches: [one], cancelable: true, bubbles: true }));
        }""",
        [kind, x, y],
    )


def test_a_finger_drags_samples_and_scrolls_elsewhere(show) -> None:
    page = show(FitExplorer(points=[[-0.5, 0], [0.5, 1]]))
    assert touch(page, "touchstart", *pixel(page, 0, -1.5))
    assert not touch(page, "touchstart", *pixel(page, 0.5, 1))


def test_a_click_on_the_errors_chooses_the_capacity(show) -> None:
    page = show(FitExplorer())
    errors = page.locator(".cnnbook-fit-errors")
    box = errors.bounding_box()
    inner = box["width"] - CORNER[0] - CORNER[1]
    low, high = -0.375, 15.375
    errors.click(position={"x": CORNER[0] + (4.2 - low) / (high - low) * inner, "y": 90})
    assert trait(page, "degree") == 4
    assert page.get_by_label("Degree").input_value() == "4"


def test_what_python_sets_is_drawn_and_never_saved(show) -> None:
    changes = {
        "degree": 3,
        "samples": 18,
        "noise": 0.1,
        "ridge": 0.01,
        "seed": 7,
        "curve": "step",
        "selected": 2,
        "points": [[-0.5, 0], [0.5, 1], [0.6, 1]],
        "family": "relu",
        "width": 7,
        "concealed": True,
        "goals": [],
    }
    draws_what_python_sets(show(FitExplorer()), changes, settled)


def test_values_between_the_stops_are_told_as_they_are(show) -> None:
    page = show(FitExplorer(samples=33, noise=0.12, ridge=0.002, family="relu", width=33))
    told = page.locator(".cnnbook-fit-controls output:visible").all_inner_texts()
    assert told == ["33", "33", "0.12", "0.002"]
    change(page, "Units", "ArrowRight")
    assert trait(page, "width") == 40


def test_the_secret_is_nowhere_in_the_page(show) -> None:
    page = show(FitExplorer(concealed=True))
    settled(page)
    assert all(np.isnan(value) for value in numbers(page).values())
    assert "covered" in page.locator("p.cnnbook-heard").inner_text()
    picture = "[...document.querySelectorAll('canvas')].map((c) => c.toDataURL()).join()"
    before = page.evaluate(picture)
    page.evaluate("model.set('ridge', 0.3)")  # which moves the fit and every error
    settled(page)
    assert page.evaluate(picture) == before
    change(page, "Ridge", "ArrowLeft")
    change(page, "Ridge", "ArrowRight")
    assert trait(page, "reached") == []
    page.evaluate("model.set('concealed', false)")
    settled(page)
    assert numbers(page)["expected"] == pytest.approx(0.1997, abs=1e-4)
    change(page, "Ridge", "Home")
    assert trait(page, "reached") == []
    change(page, "Degree", *["ArrowLeft"] * 8, "ArrowRight")
    assert trait(page, "reached") == ["lowest"]


def test_what_was_chosen_under_cover_counts_when_it_is_lifted(show) -> None:
    page = show(FitExplorer(concealed=True))
    change(page, "Ridge", *["ArrowRight"] * 10)
    assert trait(page, "reached") == []
    page.evaluate("model.set('concealed', false)")
    settled(page)
    assert trait(page, "reached") == ["tame"]


def test_what_was_passed_under_cover_was_not_looked_at(show) -> None:
    page = show(FitExplorer(concealed=True))
    change(page, "Degree", *["ArrowLeft"] * 8, "ArrowRight")
    page.evaluate("model.set('concealed', false)")
    settled(page)
    assert trait(page, "reached") == []
    change(page, "Degree", "ArrowLeft", "ArrowRight", "ArrowRight", "ArrowLeft")
    assert trait(page, "reached") == ["lowest"]


def test_degrees_of_another_setting_were_not_looked_at(show) -> None:
    page = show(FitExplorer())
    change(page, "Degree", *["ArrowLeft"] * 8)
    change(page, "Noise", "ArrowLeft", "ArrowRight")
    change(page, "Degree", "ArrowRight")
    assert trait(page, "degree") == 5
    assert trait(page, "reached") == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"degree": 99}, "The degree cannot be read; 12 is used."),
        ({"degree": 2.5}, "The degree cannot be read"),
        ({"curve": "toString"}, "The curve cannot be read; wave is used."),
        ({"family": None}, "The family cannot be read"),
        ({"noise": "x", "samples": None}, "The samples cannot be read; 15 is used. The noise"),
        ({"points": [[0, 0]]}, "The placed samples cannot be read; drawn ones are used."),
        ({"points": {"a": 1}}, "The placed samples cannot be read"),
        ({"points": None, "selected": "x", "goals": {"a": 1}, "reached": None}, ""),
    ],
)
def test_damaged_state_is_told_and_survived(show, changes, words) -> None:
    page = show(FitExplorer(), **changes)
    assert words in page.locator(".cnnbook-message").inner_text()
    change(page, "Degree", "End")
    assert trait(page, "degree") == 15
    assert np.isfinite(numbers(page)["expected"])


def test_nothing_jumps_while_it_is_used(show) -> None:
    for width in (1000, 390):
        page = show(FitExplorer(), width=width)
        settled(page)
        places = (
            "[...document.querySelectorAll('canvas, button, table, .cnnbook-goals')]"
            ".map((e) => e.getBoundingClientRect()).map((b) => [b.x, b.y, b.width, b.height])"
        )
        before = page.evaluate(places)
        for label, key in (
            ("Degree", "Home"),
            ("Degree", "End"),
            ("Noise", "End"),
            ("Ridge", "End"),
            ("Ridge", "Home"),
            ("Samples", "Home"),
        ):
            change(page, label, key)
            assert page.evaluate(places) == before, (width, label, key)
        for family in ("relu", "polynomial"):
            page.get_by_label("Fitted", exact=True).select_option(family)
            settled(page)
            assert page.evaluate(places) == before, (width, family)
        page.get_by_role("button", name="Place a sample").click()
        assert page.evaluate(places) == before
        page.locator(".cnnbook-fit-plot").press("Delete")
        settled(page)
        assert page.evaluate(places) == before


def test_width_is_followed_until_cleaned_up(show) -> None:
    page = show(FitExplorer())
    width = "document.querySelector('canvas').style.width"
    wide = page.evaluate(width)
    resize(page, 390)
    narrow = page.evaluate(width)
    assert narrow != wide
    page.evaluate("model.set('samples', 200)")  # cleaned up while it measures
    page.evaluate("cleanup()")
    assert page.evaluate("listening()") == 0
    resize(page, 1000)
    assert page.evaluate(width) == narrow


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 390])
def test_axe_finds_nothing(show, theme, width) -> None:
    page = show(FitExplorer(points=[[-0.5, 0], [0.5, 1]], selected=1), width, theme)
    page.get_by_role("button", name="Remove").click()
    settled(page)
    suits_everybody(page)
    short = page.evaluate(
        "[...document.querySelectorAll('main select')].map((select) => {"
        " const free = select.cloneNode(true);"
        " free.style.cssText = 'position: absolute; width: auto; flex: none';"
        " document.querySelector('.cnnbook-fit').append(free);"
        " const wanted = free.offsetWidth; free.remove(); return [select.offsetWidth, wanted]; })"
    )
    assert all(has >= wanted for has, wanted in short)


def test_every_text_is_used_and_small_print_is_large_enough(show) -> None:
    page = show(FitExplorer(selected=3), width=390)
    settled(page)
    sizes = page.evaluate(
        "[...document.querySelectorAll('main *')].filter((e) => e.textContent.trim())"
        ".map((e) => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 12
    text = page.locator("main").inner_text()
    assert not re.search(r"undefined|NaN|Infinity|null", text)
