"""Chapter 07 as a reader meets it in the built page: each control of its widget, mouse and keys."""

import re

import numpy as np
import pytest
from accessibility import complaints, overflow
from pages import uncover
from playwright.sync_api import Locator, expect

from cnnbook.widgets import GradientFlow
from cnnbook.widgets.flows import matched_gain

PAGE = "notebooks/07-vanishing-gradients.html"
START = {"depth": 50, "width": 64, "activation": "sigmoid", "gain": 1.0}
WIDTHS = [1, 2, 4, 8, 16, 32, 64]
RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


@pytest.fixture
def widget(page) -> Locator:
    """The first net of the page, set to where the widget itself starts."""
    flow = page.locator(".cnnbook-flow").first
    flow.scroll_into_view_if_needed()
    put(flow, **START, weights="normal", residual=False, norm=False)
    return flow


def put(flow: Locator, **changes: object) -> None:
    for name, value in changes.items():
        label = {"gain": "Initial scale (gain)", "residual": "Residual", "norm": "Batch norm"}
        control = flow.get_by_label(label.get(name, name.title()))
        if isinstance(value, str):
            control.select_option(value)
        elif isinstance(value, bool):
            control.set_checked(value)
        else:
            place = {"gain": round(100 * np.log10(value)), "width": round(np.log2(value))}
            control.fill(str(place.get(name, value)))


def number(text: str) -> float:
    plain = text.translate(RAISED).replace(",", "")
    return float(re.sub(r" × 10(-?\d+)", r"e\1", plain))


def ratio(flow: Locator) -> float:
    cells = flow.locator(".cnnbook-flow-facts div", has_text="layer 1 ÷ last layer")
    return number(cells.locator("dd").inner_text())


def gain(flow: Locator) -> float:
    return 10 ** (int(flow.get_by_label("Initial scale (gain)").input_value()) / 100)


def agree(flow: Locator, **changes: object) -> None:
    """The page's ratio, and both numbers at three layers, are those of cnnbook.reference."""
    found = GradientFlow(**(START | changes)).flow()
    assert ratio(flow) == pytest.approx(found.ratio, rel=0.06)
    depth = len(found.signal) - 1
    for key, layer in (("Home", 1), ("ArrowRight", min(2, depth)), ("End", depth)):
        for kind in ("signal", "gradient"):
            panel = flow.get_by_role("slider", name=f"{kind.title()} by layer")
            panel.press(key if kind == "signal" else "Shift")
            text = panel.get_attribute("aria-valuetext")
            assert text.startswith(f"layer {layer}: {kind}")
            value = getattr(found, kind)[layer]
            assert number(text.split(kind)[1].strip()) == pytest.approx(value, rel=0.06)


def test_the_start_vanishes_and_is_python_s(widget) -> None:
    expect(widget.locator(".cnnbook-flow-verdict")).to_contain_text("Vanishing")
    agree(widget)


def test_sliders_by_keyboard(widget) -> None:
    for label in ("Depth", "Width", "Initial scale (gain)"):
        control = widget.get_by_label(label, exact=True)
        control.focus()
        for key, count in (("Home", 1), ("ArrowRight", 3), ("End", 1), ("ArrowLeft", 1)):
            for _ in range(count):
                control.press(key)
            if key in ("ArrowRight", "ArrowLeft"):
                depth = int(widget.get_by_label("Depth").input_value())
                width = WIDTHS[int(widget.get_by_label("Width").input_value())]
                exact = gain(widget) if label.startswith("Initial") else 1.0
                agree(widget, depth=depth, width=width, gain=exact)


def test_sliders_by_mouse(widget) -> None:
    for label in ("Depth", "Width", "Initial scale (gain)"):
        control = widget.get_by_label(label, exact=True)
        control.scroll_into_view_if_needed()
        box = control.bounding_box()
        control.click(position={"x": box["width"] * 0.7, "y": box["height"] / 2})
    depth = int(widget.get_by_label("Depth").input_value())
    width = WIDTHS[int(widget.get_by_label("Width").input_value())]
    assert 30 < depth < 40
    assert width in (16, 32)
    assert 2 < gain(widget) < 5
    agree(widget, depth=depth, width=width, gain=gain(widget))


def test_selects_and_checkboxes(widget) -> None:
    put(widget, depth=20, width=16)
    for activation in ("identity", "tanh", "relu", "leaky_relu", "selu", "gelu"):
        put(widget, activation=activation)
        agree(widget, depth=20, width=16, activation=activation)
    changes = {"depth": 20, "width": 16, "activation": "tanh"}
    put(widget, activation="tanh")
    for label, name in (("Residual", "residual"), ("Batch norm", "norm")):
        box = widget.get_by_label(label)
        box.focus()
        box.press("Space")
        agree(widget, **changes, **{name: True})
        box.click()
        agree(widget, **changes)
    put(widget, weights="orthogonal")
    agree(widget, **changes, weights="orthogonal")


def test_rules_new_draw_and_reset(widget) -> None:
    put(widget, activation="relu", depth=30)
    widget.get_by_role("button", name="He: 1.41").click()
    agree(widget, activation="relu", depth=30, gain=matched_gain("relu"))
    xavier = widget.get_by_role("button", name="Xavier: 1.00")
    xavier.focus()
    xavier.press("Enter")
    agree(widget, activation="relu", depth=30)
    widget.get_by_role("button", name="New draw").click()
    agree(widget, activation="relu", depth=30, seed=1)
    widget.get_by_role("button", name="Start again").click()
    assert ratio(widget) != pytest.approx(GradientFlow(activation="relu", depth=30).flow().ratio)


def test_a_layer_by_mouse(widget) -> None:
    panel = widget.get_by_role("slider", name="Gradient by layer")
    box = panel.bounding_box()
    panel.hover(position={"x": 58 + (box["width"] - 68) / 2, "y": 60})
    expect(widget.locator(".cnnbook-flow-reading")).to_contain_text("Layer 25: signal")


def test_every_goal_can_be_reached(visit) -> None:
    watch = visit(PAGE)
    uncover(watch.page)
    flow = watch.page.locator(".cnnbook-flow", has=watch.page.locator("[data-goal]")).first
    goals = flow.locator("[data-goal]")
    assert goals.count() == 4
    for goal in goals.all():
        expect(goal).to_contain_text("open", use_inner_text=False)
    put(flow, depth=50, width=64, activation="sigmoid", residual=False, norm=False)
    put(flow, gain=10.5)  # from loud to quiet by the keyboard, until the plain sigmoid keeps it
    for name in ("any", "sigmoid", "plain"):
        expect(flow.locator(f"[data-goal={name}]")).to_contain_text("reached", use_inner_text=False)
    expect(flow.locator("[data-goal=explode]")).to_contain_text("open", use_inner_text=False)
    put(flow, activation="relu", norm=True)
    expect(flow.locator("[data-goal=explode]")).to_contain_text("reached", use_inner_text=False)
    assert watch.wrong == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_fits_stays_put_and_is_accessible(visit, width, dark) -> None:
    watch = visit(PAGE, width=width, dark=dark)
    uncover(watch.page)
    flow = watch.page.locator(".cnnbook-flow").first
    heights = set()
    for changes in (
        START,
        {"gain": 20, "width": 1},
        {"norm": True, "activation": "leaky_relu", "gain": 0.05},
        {"depth": 1, "residual": True},
    ):
        put(flow, **changes)
        heights.add(round(flow.bounding_box()["height"]))
    assert len(heights) == 1
    assert overflow(watch.page) <= 0
    assert complaints(watch.page, ".cnnbook-flow") == []
    assert watch.wrong == []
