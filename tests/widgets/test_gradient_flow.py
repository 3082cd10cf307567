import re

import numpy as np
import pytest
from promises import draws_what_python_sets, follows_its_width, suits_everybody, trait
from traitlets import TraitError

from cnnbook import reference
from cnnbook.widgets import GradientFlow
from cnnbook.widgets.flows import ACTIVATIONS, draw, flow, matched_gain, normals
from cnnbook.widgets.gradient_flow import GOALS, WIDTHS

REACHES = {  # goal -> ways to reach it, and ways that come near and must not
    "any": (
        [{"activation": "relu", "gain": 2**0.5}, {"activation": "identity"}, {"residual": True}],
        [{}, {"gain": 4.73}, {"depth": 49, "residual": True}, {"activation": "relu"}],
    ),
    "sigmoid": (
        [{"norm": True}, {"residual": True}, {"gain": 10.5}],
        [{"activation": "tanh"}, {"gain": 20}, {"weights": "orthogonal"}, {"gain": 1.846}],
    ),
    "plain": ([{"gain": 10.5}], [{"norm": True}, {"residual": True}, {"activation": "identity"}]),
    "explode": (
        [{"activation": "relu", "norm": True}, {"activation": "tanh", "gain": 2.5}],
        [
            {"activation": "relu", "gain": 2},
            {"activation": "relu", "residual": True},
            {"norm": True},
        ],
    ),
}


def by_hand(x, dy, weights, activation, residual, norm) -> tuple[np.ndarray, np.ndarray]:
    """Compute output and gradient for the input, from the layers of the reference alone."""
    f, f_backward = ACTIVATIONS[activation]
    tape, h = [], x
    for weight in weights:
        z, linear = reference.dense(h, weight)
        batch = None
        if norm:
            zeros, ones = np.zeros(len(weight)), np.ones(len(weight))
            z, batch = reference.batch_norm(z, zeros, ones, training=True)
        y, bend = f(z)
        tape.append((linear, batch, bend))
        h = h + y if residual else y
    g = dy
    for linear, batch, bend in tape[::-1]:
        dz = f_backward(g, bend)
        if norm:
            dz = reference.batch_norm_backward(dz, batch)[0]
        dx = reference.dense_backward(dz, linear)[0]
        g = g + dx if residual else dx
    return h, g


# ---- arithmetic, against cnnbook.reference


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("residual", [False, True])
def test_signal_and_gradient_equal_the_reference(in_node, activation, norm, residual) -> None:
    rng = np.random.default_rng(5)
    for n, width, depth in ((8, 6, 3), (5, 7, 4), (32, 1, 2), (3, 2, 1), (32, 16, 9)):
        x, dy = rng.normal(size=(2, n, width))
        gain = float(rng.uniform(0.5, 2))
        weights = rng.normal(size=(depth, width, width)) / np.sqrt(width)
        options = {"gain": gain, "activation": activation, "residual": residual, "norm": norm}
        given = [array.tolist() for array in (x, dy, weights)]
        found = in_node("gradient_flow", [["flowOf", *given, options]])[0]
        scaled = list(gain * weights)
        y, dx = by_hand(x, dy, scaled, activation, residual, norm)
        np.testing.assert_allclose(found["y"], y.ravel(), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(found["dx"], dx.ravel(), rtol=1e-10, atol=1e-12)
        expected = flow(x, dy, scaled, activation, residual, norm)
        for name, value in expected._asdict().items():
            key = {"slope_rms": "slopeRms"}.get(name, name)
            np.testing.assert_allclose(found[key], value, rtol=1e-10)
        assert expected.signal[-1] == pytest.approx(np.sqrt(np.mean(y**2)))
        assert expected.gradient[0] == pytest.approx(np.sqrt(np.mean(dx**2)))


def test_page_and_python_draw_the_same_numbers(in_node) -> None:
    cases = [(0, 0, 5), (0, 1, 8), (7, 3, 101), (999, 51, 64)]
    found = in_node("gradient_flow", [["normals", *case] for case in cases])
    for case, numbers in zip(cases, found, strict=True):
        np.testing.assert_allclose(numbers, normals(*case), rtol=1e-12, atol=1e-14)
    for kind in ("normal", "orthogonal"):
        x, _, weights = draw(3, 16, 2, kind)
        found = in_node(
            "gradient_flow",
            [["drawInput", 3, 16], *(["drawLayer", 3, n, 16, kind] for n in (1, 2))],
        )
        for ours, theirs in zip((x, *weights), found, strict=True):
            np.testing.assert_allclose(theirs, ours.ravel(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("width", WIDTHS)
def test_page_and_python_show_the_same_curves(in_node, width) -> None:
    choices = [
        {"seed": 5, "depth": 50, "width": width, "activation": activation, **more}
        for activation in ACTIVATIONS
        for more in ({"residual": True, "gain": 0.2}, {"weights": "orthogonal"})
    ]
    widgets = [GradientFlow(**choice) for choice in choices]
    found = in_node("gradient_flow", [["run", widget.get_state()] for widget in widgets])
    for widget, result in zip(widgets, found, strict=True):
        expected = widget.flow()
        # rounding differs in the last digit, and fifty layers may let that grow
        np.testing.assert_allclose(result["signal"], expected.signal, rtol=1e-6)
        np.testing.assert_allclose(result["gradient"], expected.gradient, rtol=1e-6)


def test_the_drawn_numbers_are_normal_and_independent() -> None:
    numbers = np.stack([normals(seed, stream, 20_000) for seed in (0, 1) for stream in (0, 1, 2)])
    assert np.abs(numbers.mean(axis=1)).max() < 0.03
    assert np.abs(numbers.std(axis=1) - 1).max() < 0.03
    assert np.abs(np.mean(numbers**4, axis=1) - 3).max() < 0.25
    assert np.abs(np.corrcoef(numbers) - np.eye(6)).max() < 0.03
    for row in numbers:
        assert abs(np.corrcoef(row[1:], row[:-1])[0, 1]) < 0.03
    x, dy, weights = draw(2, 64, 3)
    assert np.mean(x**2) == pytest.approx(1)
    assert np.mean(dy**2) == pytest.approx(1)
    assert [np.std(weight) * 8 for weight in weights] == pytest.approx([1] * 3, abs=0.05)
    for weight in draw(2, 64, 3, "orthogonal")[2]:
        np.testing.assert_allclose(weight @ weight.T, np.eye(64), atol=1e-12)


def test_matched_gains(in_node) -> None:
    z = np.random.default_rng(0).normal(size=400_000)
    found = in_node("gradient_flow", [["matchedGain", name] for name in ACTIVATIONS])
    for (name, (f, _)), theirs in zip(ACTIVATIONS.items(), found, strict=True):
        assert theirs == pytest.approx(matched_gain(name), rel=1e-9)
        assert matched_gain(name) == pytest.approx(1 / np.sqrt(np.mean(f(z)[0] ** 2)), rel=0.01)
    assert matched_gain("relu") == pytest.approx(reference.calculate_gain("relu"))
    assert matched_gain("leaky_relu") == pytest.approx(reference.calculate_gain("leaky_relu", 0.2))


# ---- what the theory says, in the widget's numbers


def over_draws(count: int = 6, **traits: object) -> list:
    return [GradientFlow(seed=seed, **traits).flow() for seed in range(count)]


def test_he_keeps_the_mean_square_through_relu() -> None:
    flows = over_draws(activation="relu", gain=2**0.5)
    assert 0.2 < np.exp(np.mean([np.log(f.signal[-1]) for f in flows])) < 2
    assert 0.2 < np.exp(np.mean([np.log(f.ratio) for f in flows])) < 2
    xavier = over_draws(activation="relu")
    assert [f.factor for f in xavier] == pytest.approx([0.5**0.5] * 6, rel=0.04)


def test_sigmoid_with_xavier_loses_a_factor_of_four_and_a_bit_per_layer() -> None:
    for found in over_draws():
        assert 0.23 < found.factor < 0.25
        assert found.slope < 0.25
        assert found.factor == pytest.approx(found.slope_rms, rel=0.03)
    loud = over_draws(gain=20)
    assert min(f.ratio for f in loud) > 100  # the same sigmoid explodes


def test_orthogonal_linear_nets_keep_every_norm_exactly() -> None:
    (found,) = over_draws(1, activation="identity", weights="orthogonal")
    np.testing.assert_allclose(found.signal, 1, rtol=1e-12)
    np.testing.assert_allclose(found.gradient, 1, rtol=1e-12)


def test_residual_signals_grow_as_variances_add() -> None:
    for gain in (0.1, 1.0):  # h and z are uncorrelated: the mean square grows by 1 + gain²
        for found in over_draws(activation="identity", residual=True, gain=gain):
            grown = (1 + gain**2) ** 25
            assert found.signal[-1] == pytest.approx(grown, rel=0.6)
    for found in over_draws(residual=True):  # each sigmoid adds about 1/2
        assert found.signal[-1] == pytest.approx(25, rel=0.05)


def test_batch_norm_lets_the_gradient_grow_with_relu() -> None:
    for found in over_draws(activation="relu", norm=True):
        # sqrt(E f'² / Var f) = sqrt(0.5 / (0.5 - 1 / (2 pi))) is 1.21
        assert found.factor == pytest.approx((0.5 / (0.5 - 1 / (2 * np.pi))) ** 0.5, rel=0.04)
    (small,) = over_draws(1, activation="relu", norm=True, gain=0.5)
    (large,) = over_draws(1, activation="relu", norm=True, gain=5)
    assert small.factor == pytest.approx(large.factor, rel=0.02)  # the scale is divided out


def test_ratio_and_factor_of_one_and_two_layers() -> None:
    one, two = (GradientFlow(depth=depth).flow() for depth in (1, 2))
    assert (one.ratio, one.factor) == (1, 1)
    assert two.ratio == two.factor == two.gradient[1] / two.gradient[2]


# ---- goals


LABELS = {
    "activation": "Activation",
    "weights": "Weights",
    "depth": "Depth",
    "width": "Width",
    "gain": "Initial scale (gain)",
    "residual": "Residual connections",
    "norm": "Batch normalisation",
}


def choose(page, **changes: object) -> None:
    """Set controls as a reader would, one after the other."""
    for name, value in changes.items():
        control = page.get_by_label(LABELS[name], exact=True)
        if name in ("activation", "weights"):
            control.select_option(value)
        elif isinstance(value, bool):
            control.set_checked(value)
        else:
            place = {"gain": round(100 * np.log10(value)), "width": round(np.log2(value))}
            control.fill(str(place.get(name, value)))


@pytest.mark.parametrize("goal", REACHES)
def test_each_goal_can_be_reached_and_missed(show, goal) -> None:
    ways, near = REACHES[goal]
    for changes, done in [(way, True) for way in ways] + [(way, False) for way in near]:
        page = show(GradientFlow())
        choose(page, **changes)
        assert (goal in page.evaluate("state.reached")) == done, (goal, changes)
        ticked = page.locator(f"[data-goal={goal}]").get_attribute("data-done")
        assert ticked == str(done).lower()
        page.close()


def test_the_start_reaches_nothing(show) -> None:
    assert {goal["id"] for goal in GOALS} == set(REACHES)
    page = show(GradientFlow())
    assert page.evaluate("state.reached") == []
    page.get_by_role("button", name="New draw").click()
    assert page.evaluate("state.reached") == []
    page = show(GradientFlow(residual=True))  # in range, but where it starts
    page.get_by_role("button", name="New draw").click()
    assert page.evaluate("state.reached") == []
    page.get_by_label("Batch normalisation").check()
    assert page.evaluate("state.reached") == ["any", "sigmoid"]
    page = show(GradientFlow(reached=["plain"]))
    assert page.locator("[data-done=true]").count() == 1


# ---- traits, in Python


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"depth": 0}, "depth must be 1 to 50, got 0"),
        ({"depth": 51}, "depth must be 1 to 50, got 51"),
        ({"layer": 51}, "layer must be 1 to 50, got 51"),
        ({"seed": -1}, "seed must be 0 to 999, got -1"),
        ({"gain": 0.04}, "gain must be 0.05 to 20, got 0.04"),
        ({"gain": float("nan")}, "gain must be 0.05 to 20, got nan"),
        ({"width": 48}, "width must be one of 1, 2, 4, 8, 16, 32, 64, got 48"),
        ({"activation": "swish"}, "activation must be one of identity, .*, got 'swish'"),
        ({"weights": "uniform"}, "weights must be one of normal, orthogonal, got 'uniform'"),
        ({"residual": "yes"}, "residual"),
        ({"goals": [{"id": "a"}]}, "goal 0 wants the keys id, text, kind"),
        ({"goals": [GOALS[0], GOALS[0] | {"factor": 1}]}, "goal 1 .* factor above 1"),
        ({"goals": [GOALS[0] | {"kind": "win"}]}, "one of in_range, explode"),
        ({"goals": [GOALS[0] | {"activation": "step"}]}, "activation must be one of identity"),
        ({"goals": [GOALS[0] | {"depth": "deep"}]}, "depth from 1"),
    ],
)
def test_bad_traits_are_refused_with_their_numbers(given, words) -> None:
    with pytest.raises(TraitError, match=words):
        GradientFlow(**given)


def test_goals_are_the_widget_s_own() -> None:
    GradientFlow().goals[0]["depth"] = 3
    assert GradientFlow().goals == GOALS


def test_stand_in_draws_both_curves_and_names_the_net() -> None:
    widget = GradientFlow(depth=20, activation="relu", gain=1.5, residual=True)
    text = widget.static_html()
    assert text.count("<svg ") == text.count("<polyline ") == text.count(" aria-label=") == 2
    assert "20 layers of 64 units, relu, gain 1.5, normal weights, with residual" in text
    assert f"gradient of layer 1 is {widget.flow().ratio:.2g} of the last" in text
    first = re.search(r'points="([\d., -]+)"', text)[1].split()
    assert len(first) == 21
    widget.concealed = True
    assert "svg" not in widget.static_html()
    assert "predict" in widget.static_html()
    dead = GradientFlow(width=1, activation="relu", seed=1)  # no unit may be left alive
    assert (dead.flow().gradient == 0).any()
    assert "nan" not in dead.static_html()


# ---- behaviour, in a browser


def fact(page, label: str) -> float:
    cell = page.locator(".cnnbook-flow-facts div", has_text=label).locator("dd")
    return number(cell.inner_text())


def number(text: str) -> float:
    plain = text.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(re.sub(r" × 10(-?\d+)", r"e\1", plain).replace(",", ""))


def verdict(page) -> str:
    return page.locator(".cnnbook-flow-verdict").inner_text()


@pytest.mark.parametrize(
    ("traits", "word"),
    [
        ({}, "Vanishing"),
        ({"activation": "relu", "norm": True}, "Exploding"),
        ({"activation": "relu", "gain": 2**0.5}, "In range"),
        ({"width": 1, "activation": "relu", "seed": 1}, "Cut off"),
        ({"depth": 1}, "In range"),
    ],
)
def test_the_numbers_are_python_s(show, traits, word) -> None:
    widget = GradientFlow(**traits)
    page, found = show(widget), widget.flow()
    assert verdict(page).startswith(word)
    assert fact(page, "layer 1 ÷ last layer") == pytest.approx(found.ratio, rel=0.06)
    assert fact(page, "factor per layer") == pytest.approx(found.factor, rel=0.006)
    assert fact(page, "last layer ÷ input") == pytest.approx(found.signal[-1], rel=0.06)
    assert fact(page, "Mean |slope|") == pytest.approx(found.slope, rel=0.006)
    weights = draw(widget.seed, widget.width, widget.depth)[2]
    gain = widget.gain * np.sqrt(np.mean(np.square(weights)) * widget.width)
    assert fact(page, "Gain of the weights") == pytest.approx(gain, rel=0.006)
    assert fact(page, "Gain × r.m.s.") == pytest.approx(gain * found.slope_rms, rel=0.02)


def test_a_single_layer_out_of_range_is_named(in_node) -> None:
    signal = [1, 1, 1, 1]
    found = in_node("gradient_flow", [["verdictOf", signal, [1, 0.5, 0.05, 1]]])[0]
    assert (found["verdict"], found["worst"]) == ("between", [2, 0.05])
    found = in_node("gradient_flow", [["verdictOf", [1, 1, 11, 1], [99, 9.9, 0.11, 1]]])[0]
    assert (found["verdict"], found["calm"]) == ("inRange", False)  # index 0 is no layer


def test_the_rules_are_those_of_the_activation(show) -> None:
    page = show(GradientFlow())
    for name in ACTIVATIONS:
        choose(page, activation=name)
        he = page.get_by_role("button", name="He:")
        assert he.inner_text() == f"He: {matched_gain(name):.2f}"
        he.click()
        assert trait(page, "gain") == pytest.approx(matched_gain(name))
        assert he.get_attribute("aria-pressed") == "true"
        page.get_by_role("button", name="Xavier:").click()
        assert trait(page, "gain") == 1
    choose(page, width=16, gain=2)
    assert "2.00 / √16 = 0.499" in page.locator(".cnnbook-flow-scale").inner_text()


def test_a_layer_is_read_by_keyboard_and_mouse(show) -> None:
    widget = GradientFlow(depth=20)
    page, found = show(widget), widget.flow()
    for kind in ("signal", "gradient"):
        panel = page.get_by_role("slider", name=f"{kind.title()} by layer")
        panel.focus()
        keys = {
            "Home": 1,
            "ArrowRight": 2,
            "PageUp": 12,
            "ArrowLeft": 11,
            "End": 20,
            "PageDown": 10,
        }
        for key, layer in keys.items():
            page.keyboard.press(key)
            assert trait(page, "layer") == layer
            value = getattr(found, kind)[layer]
            text = panel.get_attribute("aria-valuetext")
            assert text.startswith(f"layer {layer}: {kind} ")
            assert number(text.split(f"{kind} ")[1]) == pytest.approx(value, rel=0.06)
        box = panel.bounding_box()
        for layer in (5, 15):
            at = box["x"] + 58 + layer / 20 * (box["width"] - 68)
            page.mouse.move(at, box["y"] + 50)
            assert trait(page, "layer") == layer
            assert f"Layer {layer}: " in page.locator(".cnnbook-flow-reading").inner_text()


def curve(page, kind: str) -> np.ndarray:
    """Return the heights of a curve, read off the drawing by its own ticks."""
    return np.array(
        page.evaluate(
            """(kind) => {
              const line = document.querySelector(`path.cnnbook-flow-line.cnnbook-flow-${kind}`);
              const panel = line.closest("svg");
              const ticks = [...panel.querySelectorAll(".cnnbook-flow-grid line")].map((tick) => {
                const label = tick.nextSibling.textContent;
                const raised = "⁰¹²³⁴⁵⁶⁷⁸⁹";
                const digits = [...label.slice(2)].map((c) => (c === "⁻" ? "-" : raised.indexOf(c)));
                return [label === "1" ? 0 : Number(digits.join("")), Number(tick.getAttribute("y1"))];
              });
              const [[e0, y0], [e1, y1]] = [ticks[0], ticks.at(-1)];
              const places = line.getAttribute("d").slice(1).split("L").map((p) => p.split(",").map(Number));
              return places.map(([, y]) => e0 + ((y - y0) / (y1 - y0)) * (e1 - e0));
            }""",
            kind,
        )
    )


@pytest.mark.parametrize(
    "traits", [{}, {"gain": 20.0, "activation": "relu"}, {"depth": 7, "activation": "tanh"}]
)
def test_the_curves_stand_at_their_ticks(show, traits) -> None:
    widget = GradientFlow(**traits)
    page, found = show(widget), widget.flow()
    for kind in ("signal", "gradient"):
        logs = np.log10(getattr(found, kind))
        span = max(4, np.ptp(np.log10(np.concatenate([found.signal, found.gradient]))))
        np.testing.assert_allclose(curve(page, kind), logs, atol=0.012 * span)


def test_what_python_sets_is_drawn_and_never_saved(show) -> None:
    changes = {
        "depth": 30,
        "width": 16,
        "activation": "tanh",
        "gain": 1.3,
        "weights": "orthogonal",
        "residual": True,
        "norm": True,
        "seed": 4,
        "layer": 12,
        "goals": GOALS[:1],
        "reached": ["any"],
        "concealed": True,
    }
    draws_what_python_sets(show(GradientFlow()), changes)


def test_what_is_concealed_is_nowhere_to_be_read(show) -> None:
    page = show(GradientFlow(concealed=True, layer=7))
    assert page.locator("path:visible").count() == 0
    assert verdict(page) == "Covered until you have answered."
    assert set(page.locator(".cnnbook-flow-facts dd").all_inner_texts()) == {"?"}
    choose(page, residual=True)
    texts = page.locator("main").inner_text() + page.evaluate(
        "[...document.querySelectorAll('[aria-valuetext]')].map((e) => e.ariaValueText).join()"
    )
    assert "layer 7: covered" in texts
    assert "× 10⁻" not in texts  # the ticks are those of an empty panel
    assert trait(page, "reached") == []
    page.evaluate("model.set('concealed', false)")
    assert verdict(page).startswith("In range")
    assert page.locator("path.cnnbook-flow-line:visible").count() == 2


def test_reset_goes_back_to_the_start(show) -> None:
    page = show(GradientFlow(activation="relu", depth=30))
    choose(page, activation="selu", depth=3, width=8, gain=5, weights="orthogonal", norm=True)
    page.get_by_role("button", name="New draw").click()
    assert trait(page, "seed") == 1
    page.get_by_role("button", name="Start again").click()
    widget = GradientFlow(activation="relu", depth=30)
    for name in (*LABELS, "seed"):
        assert trait(page, name) == getattr(widget, name), name
    assert page.get_by_label("Depth").input_value() == "30"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"depth": 99}, "depth cannot be 99; 50 is used."),
        ({"seed": None, "gain": "x"}, "gain cannot be x; 1 is used. seed cannot be null; 0"),
        ({"activation": "toString"}, "activation cannot be toString; sigmoid is used."),
        ({"layer": 50, "depth": 10}, ""),
        ({"goals": {"a": 1}, "reached": None, "concealed": "no"}, ""),
        ({"goals": [None, {"id": "x", "text": "t", "kind": "toString", "factor": 2}]}, ""),
    ],
)
def test_damaged_state_is_told_and_survived(show, changes, words) -> None:
    page = show(GradientFlow(), **changes)
    message = page.locator(".cnnbook-message").inner_text()
    assert message.startswith(words) if words else message == ""
    choose(page, width=8, activation="relu")
    page.get_by_role("slider", name="Signal by layer").press("Home")
    assert trait(page, "layer") == 1


def test_a_change_moves_nothing_else(show) -> None:
    page = show(GradientFlow())
    tops = (
        "[...document.querySelectorAll('.cnnbook-flow > *, svg, button, input, select')]"
        ".map((e) => e.getBoundingClientRect()).map((b) => [b.top, b.height, b.left])"
    )
    before = page.evaluate(tops)
    for changes in (
        {"activation": "leaky_relu"},
        {"gain": 20},
        {"gain": 0.05},
        {"width": 1},
        {"depth": 1},
        {"norm": True, "depth": 33},
        {"residual": True, "weights": "orthogonal", "width": 32, "gain": 20},
    ):
        choose(page, **changes)
        np.testing.assert_allclose(page.evaluate(tops), before, atol=0.6, err_msg=str(changes))


def test_width_is_followed_until_cleaned_up(show) -> None:
    follows_its_width(show(GradientFlow()), "document.querySelector('svg').getAttribute('width')")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 390])
def test_axe_finds_nothing(show, theme, width) -> None:
    page = show(GradientFlow(layer=9), width, theme)
    suits_everybody(page)
    fonts = page.evaluate(
        "[...document.querySelectorAll('.cnnbook *')].filter((e) => e.textContent.trim())"
        ".map((e) => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(fonts) >= 12
