"""Chapter 29 as a reader meets it in the built page: each control of its widget, mouse and keys."""

import re

import numpy as np
import pytest
from accessibility import complaints, overflow
from pages import uncover
from playwright.sync_api import Locator, expect
from surgery import gains, limits, places, swaps

from cnnbook.experiments import result
from cnnbook.widgets import BlockSurgery, arranged

PAGE = "notebooks/29-resnet.html"
TABLE = result("residual-surgery")["arrangements"]
WHOLE = arranged.whole(TABLE)
BLOCKS = "".join(WHOLE)


@pytest.fixture
def widget(page) -> Locator:
    surgery = page.locator(".cnnbook-surgery").first
    surgery.scroll_into_view_if_needed()
    return surgery


def block(widget: Locator, name: str) -> Locator:
    return widget.get_by_role("button", name=f"block {name}, stage")


def swap(widget: Locator, a: str, b: str) -> Locator:
    return widget.get_by_role("button", name=f"swap blocks {a} and {b}")


def press(widget: Locator, name: str) -> None:
    widget.get_by_role("button", name=name).click()


def in_python(widget: Locator) -> BlockSurgery:
    """The same widget in Python, from what stands in the page's strip."""
    buttons = widget.locator("[data-at]").evaluate_all(
        "(all) => all.map((e) => [e.textContent, e.getAttribute('aria-pressed')])"
    )
    names = iter(name for name, _ in buttons)
    order = ["".join(next(names) for _ in stage) for stage in WHOLE]
    return BlockSurgery(TABLE, order=order, out=[n for n, pressed in buttons if pressed == "false"])


def agree(widget: Locator) -> BlockSurgery:
    """All that the page shows is what the table has for the blocks of the strip."""
    found = in_python(widget)
    for kind in arranged.KINDS:
        net = widget.locator(f".cnnbook-surgery-net[data-kind={kind}]")
        value, whole = found.accuracy(kind), arranged.accuracy(TABLE, kind, WHOLE) / 1000
        text = net.inner_text().replace("−", "-")
        assert f"{value * 100:.1f} %" in text
        change = re.search(r"([-+]?)([\d.]+) points", text)
        assert float(change[2]) == pytest.approx(abs(value - whole) * 100, abs=0.01)
        assert change[1] == ("-" if value < whole else "+" if value > whole else "")
        width = net.locator(".cnnbook-surgery-fill").evaluate("(e) => e.style.width")
        assert float(width[:-1]) == pytest.approx(value * 100, abs=0.01)
    counts = widget.locator(".cnnbook-surgery-columns b").all_inner_texts()
    assert [int(count) for count in counts if count] == found.paths()
    expect(widget).to_contain_text(f"= {sum(found.paths())} of 512 left; plain network: 1")
    told = widget.locator(".cnnbook-surgery-told").inner_text().splitlines()
    out = f", out: {' '.join(sorted(found.out))}" if found.out else ""
    assert told[0] == f"{9 - len(found.out)} of 9 blocks left{out}"
    assert (
        told[1].split()[3:]
        == " | ".join(" ".join(each) or "–" for each in found.arrangement()).split()
    )
    return found


def test_accuracies_are_covered_until_a_prediction(visit) -> None:
    watch = visit(PAGE)
    widget = watch.page.locator(".cnnbook-surgery").first
    nets = widget.locator(".cnnbook-surgery-net p")
    block(widget, "4").click()
    assert [text.split() for text in nets.all_inner_texts()] == [["?", "covered"]] * 2
    fills = widget.locator(".cnnbook-surgery-fill")
    assert fills.evaluate_all("(all) => all.map((e) => e.offsetWidth)") == [0, 0]
    expect(widget).to_contain_text("Covered until you have answered")
    assert widget.locator(".cnnbook-surgery-dots > *").count() == 0
    uncover(watch.page)
    assert agree(widget).out == ["4"]
    assert widget.locator(".cnnbook-surgery-dots > *").count() == 2
    assert watch.wrong == []


def test_each_block_by_mouse_and_by_key(widget) -> None:
    for name, key in zip(BLOCKS, ("Space", "Enter") * 5, strict=False):
        block(widget, name).click()
        assert agree(widget).out == [name]
        widget.page.keyboard.press(key)
        expect(block(widget, name)).to_be_focused()
        assert agree(widget).out == []
    for name in BLOCKS:
        block(widget, name).press("Space")
    assert agree(widget).arrangement() == ["", "", ""]


def test_neighbours_change_places_by_mouse_and_by_key(widget) -> None:
    expect(widget.locator("[data-swap]:visible")).to_have_count(4)
    for a, b in (("0", "1"), ("0", "2"), ("4", "5"), ("7", "8")):
        swap(widget, a, b).click()
        agree(widget)
    assert agree(widget).order == ["120", "354", "687"]
    swap(widget, "1", "2").press("Enter")
    assert agree(widget).order[0] == "210"
    block(widget, "0").focus()
    for order in ("201", "021"):
        widget.page.keyboard.press("Shift+ArrowLeft")
        expect(block(widget, "0")).to_be_focused()
        assert agree(widget).order[0] == order
    note = widget.locator(".cnnbook-surgery-note")
    for name, key in (("0", "Left"), ("3", "Right"), ("5", "Left"), ("4", "Right"), ("6", "Right")):
        block(widget, name).press(f"Shift+Arrow{key}")
        expect(note).to_contain_text(f"Block {name} cannot move there")
        assert agree(widget).order == ["021", "354", "687"]
    block(widget, "7").press("Shift+ArrowLeft")
    expect(note).not_to_contain_text("cannot")
    assert agree(widget).order == ["021", "354", "678"]


def test_walking_by_keyboard(widget) -> None:
    block(widget, "0").focus()
    for key, name in (
        ("ArrowRight", "1"),
        ("End", "8"),
        ("ArrowRight", "8"),
        ("ArrowLeft", "7"),
        ("Home", "0"),
        ("ArrowLeft", "0"),
    ):
        widget.page.keyboard.press(key)
        expect(block(widget, name)).to_be_focused()
    assert widget.locator("[data-at][tabindex='0']").count() == 1
    assert agree(widget).out == []


def test_buttons_by_mouse_and_by_key(widget) -> None:
    restore = widget.get_by_role("button", name="Whole network")
    forget = widget.get_by_role("button", name="Clear the tries")
    dots = widget.locator(".cnnbook-surgery-dots > *")
    for act in (lambda button: button.click(), lambda button: button.press("Enter")):
        expect(restore).to_be_disabled()
        expect(forget).to_be_disabled()
        for name in "27":
            block(widget, name).click()
        swap(widget, "0", "1").click()
        act(restore)
        found = agree(widget)
        assert (found.order, found.out) == (WHOLE, [])
        assert dots.count() == 8
        act(forget)
        assert dots.count() == 2


def test_random_play(widget) -> None:
    rng = np.random.default_rng(29)
    seen = {"/".join(WHOLE)}
    for _ in range(40):
        if rng.integers(3):
            block(widget, str(rng.integers(9))).click()
        else:
            buttons = widget.locator("[data-swap]:visible")
            buttons.nth(rng.integers(buttons.count())).click()
        seen.add("/".join(agree(widget).arrangement()))
    assert widget.locator(".cnnbook-surgery-dots circle").count() == len(seen)
    expect(widget).to_contain_text(f"{len(seen)} arrangements")


def test_every_goal_can_be_reached(widget) -> None:
    goal = {kind: widget.locator(f"[data-goal={kind}]") for kind in limits(TABLE)}
    assert len(goal) == 4
    where = places(TABLE)

    def go(wanted: list[str], among: str = BLOCKS) -> None:
        press(widget, "Whole network") if agree(widget).out else None
        for name in among:
            if name not in "".join(wanted):
                block(widget, name).click()
        for pair in swaps(WHOLE, wanted):
            swap(widget, *pair).click()

    def reached() -> set[str]:
        return {kind for kind, item in goal.items() if item.get_attribute("data-done") == "true"}

    (missed,) = where["missed"]
    for name in [n for n in BLOCKS if n in "".join(missed)]:
        block(widget, name).click()
        block(widget, name).click()
    assert reached() == set()
    go(missed)
    assert reached() == {"missed"}
    go(where["few"][0])
    assert reached() == {"missed", "few"}
    more, name, _ = max(gains(TABLE), key=lambda each: each[2])
    go(more)
    assert reached() == {"missed", "few"}
    block(widget, name).click()
    assert reached() == {"missed", "few", "gain"}
    go(where["order"][0])
    assert reached() == {"missed", "few", "gain", "order"}
    expect(goal["order"]).to_contain_text("reached", use_inner_text=False)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_fits_stays_put_and_is_accessible(visit, width, dark) -> None:
    watch = visit(PAGE, width=width, dark=dark, has_touch=width == 390)
    widget = watch.page.locator(".cnnbook-surgery").first
    heights = {round(widget.bounding_box()["height"])}
    uncover(watch.page)
    for name in "714053628":
        block(widget, name).tap() if width == 390 else block(widget, name).click()
        heights.add(round(widget.bounding_box()["height"]))
    assert agree(widget).arrangement() == ["", "", ""]
    press(widget, "Whole network")
    swap(widget, "7", "8").click()
    block(widget, "3").press("Shift+ArrowRight")
    heights.add(round(widget.bounding_box()["height"]))
    assert len(heights) == 1
    assert overflow(watch.page) <= 0
    assert complaints(watch.page, ".cnnbook-surgery") == []
    assert watch.wrong == []
