"""Chapter 18 as a reader meets it in the built page: each control of its widget, mouse and keys."""

import re

import numpy as np
import pytest
from accessibility import complaints, overflow
from pages import uncover
from playwright.sync_api import Locator, expect

from cnnbook.widgets import PoolRouter

PAGE = "notebooks/18-pooling.html"
LABELS = {
    "pool": "Pooling",
    "windows": "Windows",
    "view": "Gradient of",
    "kernel_size": "Window size",
    "stride": "Stride",
    "padding": "Padding",
    "output_size": "Outputs a side",
    "ceil_mode": "ceil_mode",
    "count_include_pad": "count_include_pad",
}
START = {
    "pool": "max",
    "windows": "fixed",
    "view": "one",
    "kernel_size": 2,
    "stride": 2,
    "padding": 0,
    "ceil_mode": False,
}


@pytest.fixture
def widget(page) -> Locator:
    """The first router of the page, set to where the widget itself starts."""
    router = page.locator(".cnnbook-pool").first
    router.scroll_into_view_if_needed()
    put(router, **START)
    return router


def put(router: Locator, **changes: object) -> None:
    for name, value in changes.items():
        control = router.get_by_label(LABELS[name])
        if isinstance(value, str):
            control.select_option(value)
        elif isinstance(value, bool):
            control.set_checked(value)
        else:
            control.fill(str(value))


def number(text: str) -> float:
    return float(text.replace("−", "-") or 0)


def numbers(router: Locator, name: str) -> np.ndarray:
    """The numbers in the boxes of x or dy."""
    boxes = router.get_by_label(re.compile(rf"^{name} row"))
    shape = [int(n) for n in re.findall(r"\d+", boxes.last.get_attribute("aria-label"))]
    values = boxes.evaluate_all("(all) => all.map((box) => box.value)")
    return np.reshape([number(value) for value in values], shape)


def in_python(router: Locator) -> PoolRouter:
    """The same widget in Python, from what stands in the page's controls."""
    traits = {}
    for name, label in LABELS.items():
        control = router.get_by_label(label)
        if name in ("ceil_mode", "count_include_pad"):
            traits[name] = control.is_checked()
        else:
            value = control.input_value()
            traits[name] = int(value) if value.isdigit() else value
    return PoolRouter(x=numbers(router, "x"), dy=numbers(router, "dy"), **traits)


def parts(router: Locator) -> np.ndarray:
    texts = router.locator(".cnnbook-pool-part").all_inner_texts()
    return np.reshape([number(text) for text in texts], numbers(router, "x").shape)


def agree(router: Locator) -> None:
    """The four corners of y, walked by keyboard, and all of dx are those of the reference."""
    found = in_python(router)
    y = found.output()
    rows, cols = y.shape
    router.locator("button[tabindex='0'][data-at]").focus()
    for key, place in (
        ("Control+Home", (0, 0)),
        ("End", (0, cols - 1)),
        ("Control+End", (rows - 1, cols - 1)),
        ("Home", (rows - 1, 0)),
    ):
        router.page.keyboard.press(key)
        chosen = router.get_by_role("button", pressed=True)
        expect(chosen).to_be_focused()
        label = chosen.get_attribute("aria-label")
        match = re.match(r"output row (\d+), column (\d+): (\S+), its gradient (\S+)$", label)
        assert (int(match[1]) - 1, int(match[2]) - 1) == place
        assert number(match[3]) == pytest.approx(y[place], abs=5e-5)
        found.selected = list(place)
        expected = found.backward() if found.view == "all" else found.route()
        np.testing.assert_allclose(parts(router), expected, atol=0.0051)
    dy, dx = found.gradient().sum(), found.backward().sum()
    if found.view == "one":
        dy, dx = found.gradient()[tuple(found.selected)], found.route().sum()
    for name, value in (("dy", dy), ("dx", dx)):
        fact = router.locator(f"[data-fact={name}] dd").inner_text()
        assert number(fact) == pytest.approx(value, abs=5e-5)


def test_gradients_are_covered_until_a_prediction(visit) -> None:
    watch = visit(PAGE)
    router = watch.page.locator(".cnnbook-pool").first
    shown = router.locator(".cnnbook-pool-part")
    assert set(shown.all_inner_texts()) == {"", "?"}
    uncover(watch.page)
    assert "?" not in shown.all_inner_texts()
    assert any(shown.all_inner_texts())
    assert watch.wrong == []


def test_outputs_by_keyboard(widget) -> None:
    agree(widget)
    put(widget, view="all")
    agree(widget)


def test_outputs_by_mouse(widget) -> None:
    found = in_python(widget)
    for place in ((0, 1), (1, 1), (1, 0)):
        widget.get_by_role(
            "button", name=f"output row {place[0] + 1}, column {place[1] + 1}"
        ).click()
        found.selected = list(place)
        np.testing.assert_allclose(parts(widget), found.route(), atol=0.0051)
        heading = widget.locator(".cnnbook-pool-route p").first
        expect(heading).to_contain_text(f"Output row {place[0] + 1}, column {place[1] + 1} is")


def test_sliders_by_keyboard(widget) -> None:
    put(widget, pool="average")
    for name, key, count in (
        ("kernel_size", "ArrowRight", 1),
        ("padding", "ArrowRight", 1),
        ("stride", "Home", 1),
        ("stride", "End", 1),
        ("kernel_size", "Home", 1),  # refused: padding 1 is more than half of it
        ("padding", "ArrowLeft", 1),
        ("kernel_size", "Home", 1),
    ):
        control = widget.get_by_label(LABELS[name])
        control.focus()
        for _ in range(count):
            control.press(key)
        agree(widget)
    assert widget.get_by_label("Window size").input_value() == "1"
    for label in ("Rows of x", "Columns of x"):
        control = widget.get_by_label(label)
        control.focus()
        control.press("End")
        control.press("ArrowLeft")
        agree(widget)
    assert numbers(widget, "x").shape == (6, 6)


def test_sliders_by_mouse(widget) -> None:
    for label, part, value in (
        ("Rows of x", 0.98, "7"),
        ("Columns of x", 0.5, "4"),
        ("Window size", 0.66, "3"),
        ("Stride", 0.02, "1"),
        ("Padding", 0.5, "1"),
    ):
        control = widget.get_by_label(label)
        control.scroll_into_view_if_needed()
        box = control.bounding_box()
        control.click(position={"x": box["width"] * part, "y": box["height"] / 2})
        assert control.input_value() == value
        agree(widget)


def test_selects_and_checkboxes(widget) -> None:
    put(widget, kernel_size=3)
    put(widget, padding=1, stride=2)
    for pool in ("min", "average", "max"):
        put(widget, pool=pool)
        agree(widget)
    box = widget.get_by_label("ceil_mode")
    box.focus()
    box.press("Space")
    assert box.is_checked()
    agree(widget)
    put(widget, pool="average", view="all")
    widget.get_by_label("count_include_pad").click()
    agree(widget)
    box.click()
    for windows in ("global", "adaptive"):
        for pool in ("average", "min"):
            put(widget, windows=windows, pool=pool)
            agree(widget)
    put(widget, output_size=3)
    agree(widget)


def test_random_numbers_typed(widget) -> None:
    rng = np.random.default_rng(0)
    put(widget, kernel_size=2, stride=1, pool="max")
    for name in ("x", "dy"):
        shape = numbers(widget, name).shape
        for (i, j), value in np.ndenumerate(rng.integers(-9, 10, shape)):
            cell = widget.get_by_label(f"{name} row {i + 1}, column {j + 1}")
            cell.fill(str(value).replace("-", "−"))
    agree(widget)
    cell = widget.get_by_label("x row 1, column 1")
    cell.fill("one")
    assert "“one” is not a number" in widget.locator(".cnnbook-message").inner_text()
    cell.fill("8")
    expect(widget.locator(".cnnbook-message")).to_be_empty()
    cell.press("Enter")
    expect(widget.get_by_label("x row 1, column 2")).to_be_focused()
    widget.page.keyboard.press("ArrowDown")
    expect(widget.get_by_label("x row 2, column 2")).to_be_focused()
    agree(widget)


def test_buttons(widget) -> None:
    before = numbers(widget, "x")
    fresh = widget.get_by_role("button", name="New numbers")
    fresh.focus()
    fresh.press("Enter")
    assert (numbers(widget, "x") != before).any()
    agree(widget)
    widget.get_by_label("dy row 1, column 1").fill("5")
    agree(widget)
    widget.get_by_role("button", name="All dy = 1").click()
    assert (numbers(widget, "dy") == 1).all()
    widget.get_by_role("button", name="Start again").click()
    np.testing.assert_array_equal(numbers(widget, "x"), before)


def test_an_input_shows_who_sends_to_it(widget) -> None:
    put(widget, stride=1, pool="average")
    told = widget.locator(".cnnbook-pool-route")
    widget.get_by_label("x row 2, column 2").hover()
    expect(told).to_contain_text("4 windows read it. From all outputs it gets 0.25 + 0.25")
    assert widget.locator("[data-sender]").count() == 4
    widget.get_by_label("x row 1, column 1").focus()
    widget.locator(".cnnbook-pool-facts").hover()
    expect(told).to_contain_text("1 window reads it.")
    assert widget.locator("[data-sender]").count() == 1


def test_every_goal_can_be_reached(page) -> None:
    router = page.locator(".cnnbook-pool", has=page.locator("[data-goal]")).first
    goals = {
        name: router.locator(f"[data-goal={name}]") for name in ("lose", "leave", "four", "move")
    }
    for goal in goals.values():
        expect(goal).to_contain_text("open", use_inner_text=False)
    put(router, **START)
    x = numbers(router, "x")
    first = x[:2, :2].max()
    assert x[0, 0] != first
    router.get_by_label("x row 1, column 1").fill(f"{first:g}")
    expect(goals["move"]).to_contain_text("reached", use_inner_text=False)
    router.get_by_label("Rows of x").fill("5")
    expect(goals["leave"]).to_contain_text("reached", use_inner_text=False)
    router.get_by_label("x row 2, column 2").fill("99")
    page.wait_for_timeout(600)  # goals are judged when a slider has rested
    expect(goals["four"]).to_contain_text("open", use_inner_text=False)
    put(router, stride=1)
    expect(goals["four"]).to_contain_text("reached", use_inner_text=False)
    put(router, padding=1)
    page.wait_for_timeout(600)
    expect(goals["lose"]).to_contain_text("open", use_inner_text=False)
    put(router, pool="average")
    expect(goals["lose"]).to_contain_text("reached", use_inner_text=False)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_fits_stays_put_and_is_accessible(visit, width, dark) -> None:
    watch = visit(PAGE, width=width, dark=dark)
    uncover(watch.page)
    router = watch.page.locator(".cnnbook-pool").first
    put(router, **START)
    heights = set()
    for changes in (
        {},
        {"pool": "average", "padding": 1, "stride": 2, "view": "all"},
        {"pool": "min", "view": "one"},
        {"pool": "average", "count_include_pad": False},
    ):
        put(router, **changes)
        router.get_by_role("button", name="output row 1, column 1").click()
        heights.add(round(router.bounding_box()["height"]))
        router.get_by_label("x row 2, column 2").hover()
        heights.add(round(router.bounding_box()["height"]))
        if width > 1000:  # beside x there is room for every y; below it, on a phone, y grows
            put(router, windows="global")
            heights.add(round(router.bounding_box()["height"]))
            put(router, windows="fixed")
    assert len(heights) <= (1 if width > 1000 else 2)  # y has 2 rows, and 3 with padding
    assert overflow(watch.page) <= 0
    assert complaints(watch.page, ".cnnbook-pool") == []
    assert watch.wrong == []
