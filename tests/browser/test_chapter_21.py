"""Chapter 21 as a reader meets it in the built page: each control of its widget, mouse and keys."""

import re

import numpy as np
import pytest
from accessibility import complaints, overflow
from pages import uncover
from playwright.sync_api import Locator, expect

from cnnbook.widgets import NormBlock

PAGE = "notebooks/21-normalisation.html"
AXES = ("images (N)", "channels (C)", "places (H·W)")
OTHER = "x image 3, channel 1, place 4"


@pytest.fixture
def widget(page) -> Locator:
    """The first block of the page, set to batch norm in training."""
    block = page.locator(".cnnbook-norm").first
    block.scroll_into_view_if_needed()
    block.locator("[data-norm=batch]").click()
    return block


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", "."))


def shape_of(block: Locator) -> tuple[int, int, int]:
    label = block.get_by_label(re.compile("^x image")).last.get_attribute("aria-label")
    return tuple(int(n) for n in re.findall(r"\d+", label))


def numbers(block: Locator) -> np.ndarray:
    """The numbers in the boxes of x, exact where a box shows them shortened."""
    boxes = block.get_by_label(re.compile("^x image"))
    values = boxes.evaluate_all("(all) => all.map((box) => box.title || box.value)")
    return np.reshape([number(value) for value in values], shape_of(block))


def results(block: Locator) -> np.ndarray:
    labels = block.locator("button[data-at]").evaluate_all(
        "(all) => all.map((e) => e.getAttribute('aria-label'))"
    )
    return np.reshape([number(re.search(r": (\S+),", t)[1]) for t in labels], shape_of(block))


def selected(block: Locator) -> list[int]:
    chosen = block.locator("button[data-at][aria-pressed=true]")
    label = chosen.get_attribute("aria-label")
    return [int(n) - 1 for n in re.findall(r" (\d+)[,:]", label)[:3]]


def in_python(block: Locator, **traits: object) -> NormBlock:
    """The same widget in Python, from what stands in the page's controls."""
    axes = [axis for axis, name in enumerate(AXES) if block.get_by_label(name).is_checked()]
    return NormBlock(
        x=numbers(block),
        axes=axes,
        groups=int(block.get_by_label("Groups of C").input_value()),
        training=block.get_by_label("Statistics").input_value() == "true",
        selected=selected(block),
        **traits,
    )


def agree(block: Locator, **traits: object) -> None:
    """All results, the outlined set and the sum are those of the reference."""
    found = in_python(block, **traits)
    np.testing.assert_allclose(results(block), found.output(), atol=5.1e-5)
    inside = block.locator(".cnnbook-norm-cell").evaluate_all(
        "(all) => all.map((cell) => cell.hasAttribute('data-set'))"
    )
    np.testing.assert_array_equal(np.reshape(inside, found.members().shape), found.members())
    told = block.locator(".cnnbook-norm-told-box").inner_text()
    mean, variance = found.statistics()
    if variance > 0:
        shown = re.search(r"ean (\S+),.* variance (\S+?)[:.]\s", told)
        assert number(shown[1]) == pytest.approx(mean, abs=0.051)
        assert number(shown[2]) == pytest.approx(variance, abs=0.051)


def test_results_are_covered_until_a_prediction(visit) -> None:
    watch = visit(PAGE)
    block = watch.page.locator(".cnnbook-norm").first
    shown = block.locator("button[data-at]")
    assert set(shown.all_inner_texts()) == {"?"}
    expect(block.locator(".cnnbook-norm-told-box")).to_contain_text("Covered until")
    uncover(watch.page)
    assert "?" not in shown.all_inner_texts()
    agree(block)
    assert watch.wrong == []


def test_the_four_norms_by_mouse_and_by_key(widget) -> None:
    for norm, axes, groups in (
        ("layer", [1, 2], 1),
        ("instance", [2], 1),
        ("group", [1, 2], 2),
        ("batch", [0, 2], 1),
    ):
        for act in (lambda b: b.click(), lambda b: b.press("Enter")):
            button = widget.locator(f"[data-norm={norm}]")
            act(button)
            expect(button).to_have_attribute("aria-pressed", "true")
            found = in_python(widget)
            assert (found.axes, found.groups) == (axes, groups)
            agree(widget)


def test_any_axes_by_key_and_groups(widget) -> None:
    for name in (AXES[1], AXES[0], AXES[2], AXES[1], AXES[2], AXES[1]):
        box = widget.get_by_label(name)
        box.focus()
        box.press("Space")
        agree(widget)
    for groups in ("4", "2", "1"):
        widget.get_by_label("Groups of C").select_option(groups)
        agree(widget)


def test_results_by_keyboard_and_mouse(widget) -> None:
    widget.get_by_role("button", name="result image 2, channel 2, place 2:").click()
    assert selected(widget) == [1, 1, 1]
    last = [n - 1 for n in shape_of(widget)]
    for key, place in (
        ("ArrowUp", [1, 0, 1]),
        ("ArrowRight", [1, 0, 2]),
        ("End", [last[0], 0, last[2]]),
        ("Control+End", last),
        ("Home", [0, last[1], 0]),
        ("Control+Home", [0, 0, 0]),
    ):
        widget.page.keyboard.press(key)
        assert selected(widget) == place
        expect(widget.locator("button[aria-pressed=true][data-at]")).to_be_focused()
        agree(widget)


def test_random_numbers_typed(widget) -> None:
    rng = np.random.default_rng(0)
    n, c, p = shape_of(widget)
    for i, j, k in [(rng.integers(n), rng.integers(c), rng.integers(p)) for _ in range(8)]:
        cell = widget.get_by_label(f"x image {i + 1}, channel {j + 1}, place {k + 1}")
        cell.fill(str(rng.integers(-99, 100)).replace("-", "−"))
        agree(widget)
    widget.get_by_label(OTHER).fill("one")
    expect(widget.locator(".cnnbook-message")).to_contain_text("“one” is not a number")
    widget.get_by_label(OTHER).fill("1,5")
    expect(widget.locator(".cnnbook-message")).to_be_empty()
    agree(widget)
    widget.get_by_label(OTHER).press("Enter")
    expect(widget.get_by_label("x image 1, channel 2, place 1")).to_be_focused()


def test_a_change_marks_each_result_that_moves(widget) -> None:
    for norm in ("batch", "group"):
        widget.locator(f"[data-norm={norm}]").click()
        before = results(widget)
        widget.get_by_label(OTHER).fill("12" if norm == "batch" else "−7")
        marked = widget.locator(".cnnbook-norm-cell").evaluate_all(
            "(all) => all.map((cell) => cell.hasAttribute('data-moved'))"
        )
        moved = np.abs(results(widget) - before) > 1e-4
        np.testing.assert_array_equal(np.reshape(marked, moved.shape), moved)
        assert moved.sum() == (12 if norm == "batch" else 8)


def test_dots_are_dragged(widget) -> None:
    before = numbers(widget)
    dot = widget.locator("circle[data-at='1,0,0']")
    dot.scroll_into_view_if_needed()
    box = dot.bounding_box()
    at = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    widget.page.mouse.move(*at)
    widget.page.mouse.down()
    widget.page.mouse.move(at[0] + 100, at[1] + 5, steps=5)
    widget.page.mouse.up()
    after = numbers(widget)
    assert after[1, 0, 0] > before[1, 0, 0]
    assert (after != before).sum() == 1
    agree(widget)


def test_sliders_by_keyboard_and_mouse(widget) -> None:
    images = widget.get_by_label("Images in the batch")
    images.focus()
    for key, n in (("End", 4), ("Home", 1), ("ArrowRight", 2)):
        images.press(key)
        assert shape_of(widget)[0] == n
        agree(widget)
    places = widget.get_by_label("Places in an image")
    box = places.bounding_box()
    places.click(position={"x": box["width"] * 0.66, "y": box["height"] / 2})
    assert shape_of(widget)[2] == 3
    agree(widget)
    places.focus()
    places.press("Home")
    agree(widget)
    images.press("Home")
    expect(widget.locator(".cnnbook-norm-told-box")).to_contain_text("Compared with itself alone")
    assert (results(widget) == 0).all()
    widget.get_by_role("button", name="Training step").click()
    expect(widget.locator(".cnnbook-message")).to_contain_text("No training step")


def test_running_statistics(widget) -> None:
    widget.get_by_role("button", name="Start again").click()
    widget.locator("[data-norm=batch]").click()
    momentum = widget.get_by_label("Momentum")
    momentum.focus()
    momentum.press("Home")
    for _ in range(5):
        momentum.press("ArrowRight")
    step = widget.get_by_role("button", name="Training step")
    step.press("Enter")
    kept = in_python(widget, momentum=0.25).after(1)
    widget.get_by_role("button", name="Ten steps").click()
    kept = in_python(widget, momentum=0.25, running=kept).after(10)
    widget.get_by_label("Statistics").select_option("false")
    agree(widget, running=kept)
    expect(step).to_be_disabled()
    before = results(widget)
    widget.get_by_label(OTHER).fill("88")
    assert (np.abs(results(widget) - before) > 1e-4).sum() == 1
    agree(widget, running=kept)


def test_buttons(widget) -> None:
    widget.get_by_role("button", name="Start again").click()
    before = numbers(widget)
    fresh = widget.get_by_role("button", name="New batch")
    fresh.focus()
    fresh.press("Enter")
    assert (numbers(widget) != before).any()
    agree(widget)
    widget.get_by_role("button", name="Start again").click()
    np.testing.assert_array_equal(numbers(widget), before)
    agree(widget)


def test_every_goal_can_be_reached(page) -> None:
    block = page.locator(".cnnbook-norm", has=page.locator("[data-goal]")).first
    goals = {
        name: block.locator(f"[data-goal={name}]") for name in ("turn", "free", "twins", "agree")
    }
    for goal in goals.values():
        expect(goal).to_contain_text("open", use_inner_text=False)
    block.get_by_label(OTHER).fill("9")
    expect(goals["turn"]).to_contain_text("open", use_inner_text=False)
    block.get_by_label(OTHER).fill("99")
    expect(goals["turn"]).to_contain_text("reached", use_inner_text=False)
    block.locator("[data-norm=instance]").click()
    expect(goals["free"]).to_contain_text("open", use_inner_text=False)
    block.get_by_label(OTHER).fill("1")
    expect(goals["free"]).to_contain_text("reached", use_inner_text=False)
    block.locator("[data-norm=layer]").click()
    block.get_by_label("Groups of C").select_option("4")
    expect(goals["twins"]).to_contain_text("open", use_inner_text=False)
    block.get_by_label("Groups of C").select_option("1")
    expect(goals["twins"]).to_contain_text("reached", use_inner_text=False)
    block.locator("[data-norm=batch]").click()
    for _ in range(4):
        block.get_by_role("button", name="Ten steps").click()
    expect(goals["agree"]).to_contain_text("open", use_inner_text=False)
    block.get_by_label("Statistics").select_option("false")
    expect(goals["agree"]).to_contain_text("reached", use_inner_text=False)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_fits_stays_put_and_is_accessible(visit, width, dark) -> None:
    watch = visit(PAGE, width=width, dark=dark)
    block = watch.page.locator(".cnnbook-norm").first
    heights = {round(block.bounding_box()["height"])}
    uncover(watch.page)
    for norm in ("layer", "instance", "group", "batch"):
        block.locator(f"[data-norm={norm}]").click()
        block.get_by_label(OTHER).fill("−12.5")
        heights.add(round(block.bounding_box()["height"]))
    block.get_by_role("button", name="Ten steps").click()
    block.get_by_label("Statistics").select_option("false")
    heights.add(round(block.bounding_box()["height"]))
    for images in ("1", "4"):
        block.get_by_label("Images in the batch").fill(images)
        heights.add(round(block.bounding_box()["height"]))
    assert len(heights) == 1
    assert overflow(watch.page) <= 0
    assert complaints(watch.page, ".cnnbook-norm") == []
    assert watch.wrong == []
