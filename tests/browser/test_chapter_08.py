"""Chapter 08 as a reader meets it in the built page: the fit explorer, by mouse and keyboard."""

import numpy as np
import pytest
from accessibility import complaints, overflow
from playwright.sync_api import Locator, Page, expect

from cnnbook.widgets import FitExplorer

PATH = "notebooks/08-overfitting.html"
START = {"degree": 3, "samples": 15, "noise": 0.3}  # as the chapter shows it first
EDGE = (36, 10, 24, 40)  # left, right, top and bottom edge of the plot, in pixels
PLACES = (
    "(widget) => [...widget.querySelectorAll('canvas, button, table, .cnnbook-goals')]"
    ".map((e) => [e.offsetLeft, e.offsetTop, e.offsetWidth, e.offsetHeight])"
)


def first(page: Page) -> Locator:
    return page.locator(".cnnbook-fit").first


def uncover(page: Page) -> Locator:
    """Commit to a prediction; return the explorer that was covered until then."""
    question = page.locator("#exercise-08-predict-capacity")
    question.locator("input").first.check()
    question.get_by_role("button", name="Commit").click()
    return settled(first(page))


def settled(widget: Locator) -> Locator:
    expect(widget).to_have_attribute("data-busy", "false", timeout=60_000)
    return widget


@pytest.fixture
def page(visit) -> Page:
    watch = visit(PATH)
    yield watch.page
    assert watch.wrong == []  # nothing failed, and nothing was asked of another machine


@pytest.fixture
def explorer(page) -> Locator:
    return uncover(page)


def numbers(widget: Locator) -> dict[str, float]:
    found = {}
    for name in ("train", "validation", "bias2", "variance", "noise2", "expected"):
        text = widget.locator(f".cnnbook-fit-{name} td").inner_text()
        clean = text.replace(",", "").replace("< ", "").replace(" · 10^", "e")
        found[name] = float("nan") if clean in "?…" else float(clean)
    return found


def agree(widget: Locator, **given: object) -> None:
    """The page's six numbers are those that Python measures with numpy."""
    found = numbers(settled(widget))
    measured = FitExplorer(**(START | given)).measure()
    wanted = vars(measured) | {"bias2": max(measured.bias2, measured.chance)}
    for name, value in found.items():
        assert value == pytest.approx(wanted[name], abs=1.1e-4, rel=1e-3), name
    parts = found["bias2"] + found["variance"] + found["noise2"]
    unknown = 2 * measured.chance if measured.bias2 <= measured.chance else 0
    assert parts == pytest.approx(found["expected"], abs=2.1e-4 + unknown, rel=1e-3)


def press(widget: Locator, label: str, *keys: str) -> Locator:
    control = widget.get_by_label(label, exact=True)
    control.focus()
    for key in keys:
        control.press(key)
    return control


def pixel(widget: Locator, x: float, y: float) -> tuple[float, float]:
    """Where a point of the plane lies on the screen."""
    plot = widget.locator(".cnnbook-fit-plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    left, right, top, bottom = EDGE
    return (
        box["x"] + left + (x + 1.04) / 2.08 * (box["width"] - left - right),
        box["y"] + box["height"] - bottom - (y + 2.6) / 5.2 * (box["height"] - top - bottom),
    )


def count(widget: Locator) -> str:
    return widget.locator(".cnnbook-fit-controls output:visible").nth(1).inner_text()


def picture(widget: Locator, name: str) -> str:
    return widget.locator(f".cnnbook-fit-{name}").evaluate("(canvas) => canvas.toDataURL()")


def test_fit_and_errors_are_covered_until_a_prediction(page) -> None:
    widget = settled(first(page))
    assert all(np.isnan(value) for value in numbers(widget).values())
    assert "covered until you have answered" in widget.locator("p.cnnbook-heard").inner_text()
    before = picture(widget, "errors")
    press(widget, "Ridge", "End")
    press(widget, "Ridge", "Home")
    assert picture(settled(widget), "errors") == before
    uncover(page)
    agree(widget)
    assert picture(widget, "errors") != before
    assert widget.locator("[data-done=true]").count() == 0


@pytest.mark.parametrize(
    ("label", "keys", "given"),
    [
        ("Degree", ["End"], {"degree": 15}),
        ("Degree", ["End", "ArrowLeft", "ArrowLeft", "ArrowLeft"], {"degree": 12}),
        ("Samples", ["ArrowRight"], {"samples": 16}),
        ("Samples", ["End"], {"samples": 200}),
        ("Samples", ["Home"], {"samples": 2}),
        ("Noise", ["ArrowLeft", "ArrowLeft"], {"noise": 0.2}),
        ("Noise", ["Home"], {"noise": 0.0}),
        ("Ridge", ["End"], {"ridge": 10.0}),
        ("Ridge", ["ArrowRight"] * 9, {"ridge": 0.1}),
    ],
)
def test_sliders_by_keyboard(explorer, label, keys, given) -> None:
    control = press(explorer, label, *keys)
    agree(explorer, **given)
    assert (
        control.get_attribute("aria-valuetext") == control.locator("xpath=../output").inner_text()
    )


def test_sliders_by_mouse(explorer) -> None:
    for label, given in (("Noise", {"noise": 0.6}), ("Degree", {"noise": 0.6, "degree": 15})):
        control = explorer.get_by_label(label, exact=True)
        control.scroll_into_view_if_needed()
        box = control.bounding_box()
        control.click(position={"x": box["width"] - 3, "y": box["height"] / 2})
        agree(explorer, **given)


def test_curve_family_and_draw(explorer) -> None:
    explorer.get_by_label("True curve", exact=True).select_option("step")
    agree(explorer, curve="step")
    explorer.get_by_label("Fitted", exact=True).select_option("relu")
    agree(explorer, curve="step", family="relu", width=15)
    press(explorer, "Units", "End")
    agree(explorer, curve="step", family="relu", width=60)
    explorer.get_by_role("button", name="Draw anew").press("Enter")
    agree(explorer, curve="step", family="relu", width=60, seed=1)


def test_a_click_on_the_errors_chooses_the_degree(explorer) -> None:
    errors = explorer.locator(".cnnbook-fit-errors")
    errors.scroll_into_view_if_needed()
    inner = errors.bounding_box()["width"] - EDGE[0] - EDGE[1]
    errors.click(position={"x": EDGE[0] + (8 + 0.375) / 15.75 * inner, "y": 60})
    assert explorer.get_by_label("Degree", exact=True).input_value() == "8"
    agree(explorer, degree=8)


def test_samples_are_placed_dragged_and_removed_by_mouse(page, explorer) -> None:
    points = [[float(a), float(b)] for a, b in zip(*FitExplorer(**START).sample(), strict=True)]
    remove = explorer.get_by_role("button", name="Remove the sample")
    expect(remove).to_be_disabled()
    page.mouse.click(*pixel(explorer, 0.1, -1.5))
    assert count(explorer) == "16, yours"
    assert "x 0.1, y −1.5" in explorer.locator("p.cnnbook-heard").inner_text()
    before = numbers(settled(explorer))
    page.mouse.move(*pixel(explorer, 0.1, -1.5))
    page.mouse.down()
    page.mouse.move(*pixel(explorer, -0.5, -2), steps=6)
    page.mouse.up()
    after = numbers(settled(explorer))
    assert after["train"] != before["train"]
    assert after["expected"] == before["expected"]  # that of 16 drawn ones
    remove.click()
    assert count(explorer) == "15, yours"
    agree(explorer, points=points)


def test_samples_are_placed_moved_and_removed_by_keyboard(explorer) -> None:
    plot = explorer.locator(".cnnbook-fit-plot")
    heard = explorer.locator("p.cnnbook-heard")
    plot.focus()
    plot.press("Home")
    expect(heard).to_contain_text("sample 1 of 15", use_inner_text=False)
    plot.press("PageDown")
    expect(heard).to_contain_text("sample 2 of 15", use_inner_text=False)
    points = [[float(a), float(b)] for a, b in zip(*FitExplorer(**START).sample(), strict=True)]
    plot.press("Shift+ArrowUp")
    points[1][1] += 0.25
    agree(
        explorer,
        points=[
            [round(x, 3), round(y, 3)] if i == 1 else [x, y] for i, (x, y) in enumerate(points)
        ],
    )
    plot.press("Enter")
    expect(heard).to_contain_text("of 16", use_inner_text=False)
    plot.press("Delete")
    plot.press("End")
    plot.press("Delete")
    assert count(explorer) == "14, yours"
    explorer.get_by_role("button", name="Place a sample").press("Space")
    assert count(explorer) == "15, yours"


def test_every_goal_can_be_reached(explorer) -> None:
    goals = explorer.locator(".cnnbook-goals li")
    reached = explorer.locator(".cnnbook-goals li[data-done=true]")
    expect(goals).to_have_count(4)
    expect(reached).to_have_count(0)
    press(explorer, "Degree", *["ArrowRight"] * 3, "ArrowLeft")
    expect(reached).to_have_count(1, timeout=30_000)
    press(explorer, "Samples", "End")
    press(explorer, "Degree", "Home")
    expect(reached).to_have_count(2, timeout=30_000)
    press(explorer, "Degree", "End", *["ArrowLeft"] * 3)
    expect(reached).to_have_count(3, timeout=30_000)
    press(explorer, "Samples", *["ArrowLeft"] * 13)
    explorer.get_by_label("Fitted", exact=True).select_option("relu")
    press(explorer, "Units", "End")
    expect(reached).to_have_count(4, timeout=30_000)
    for goal in goals.all():
        expect(goal).to_contain_text("reached", use_inner_text=False)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_jumps_and_everybody_can_use_it(visit, width, dark) -> None:
    watch = visit(PATH, width=width, dark=dark)
    widget = uncover(watch.page)
    before = widget.evaluate(PLACES)
    for label, key in (("Degree", "End"), ("Noise", "End"), ("Samples", "Home"), ("Ridge", "End")):
        press(settled(widget), label, key)
        assert settled(widget).evaluate(PLACES) == before, (label, key)
    assert complaints(watch.page, ".cnnbook-fit") == []
    assert overflow(watch.page) <= 0
    assert watch.wrong == []
