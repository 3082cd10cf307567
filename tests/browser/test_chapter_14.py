"""Chapter 14 as a reader meets it in the built page: each control of its widget, mouse and keys."""

import re

import numpy as np
import pytest
from accessibility import complaints, overflow
from pages import uncover
from playwright.sync_api import Locator, Page, expect

from cnnbook.widgets import ChannelWiring

PAGE = "notebooks/14-separable-convolution.html"
STAGE = ".cnnbook-wiring-stage"


def with_goals(page: Page) -> Locator:
    return page.locator(".cnnbook-wiring", has=page.locator("[data-goal]")).first


@pytest.fixture
def widget(page) -> Locator:
    """The wiring that has goals."""
    wiring = with_goals(page)
    wiring.scroll_into_view_if_needed()
    return wiring


def card(wiring: Locator, index: int) -> Locator:
    return wiring.get_by_role("group", name=f"Layer {index}", exact=True)


def groups(wiring: Locator, index: int) -> int:
    return int(card(wiring, index).locator("output").inner_text())


def set_groups(wiring: Locator, index: int, wanted: int) -> None:
    """Move the slider by keys to a number of groups."""
    slider = card(wiring, index).get_by_label("Groups")
    slider.press("Home")
    while groups(wiring, index) < wanted:
        slider.press("ArrowRight")
    assert groups(wiring, index) == wanted


def put(wiring: Locator, layers: list[tuple], channels: int = 12) -> None:
    """Compose a stack of (kernel, groups, shuffle) by the page's controls."""
    wiring.get_by_label("Channels", exact=True).select_option(str(channels))
    while (away := wiring.get_by_role("button", name=re.compile("Remove layer"))).count():
        away.click()
    for index, (kernel, number, *shuffle) in enumerate(layers, 1):
        if index > 1:
            wiring.get_by_role("button", name=f"Add layer {index}").click()
        card(wiring, index).get_by_label("Kernel").select_option(f"{kernel}x{kernel}")
        set_groups(wiring, index, number)
        if shuffle:
            card(wiring, index).get_by_label("Shuffle before it").set_checked(shuffle[0])


def in_python(wiring: Locator) -> ChannelWiring:
    """The same widget in Python, from what stands in the page's controls."""
    layers = []
    for face in wiring.locator(".cnnbook-wiring-face:not([hidden])").all():
        shuffle = face.get_by_label("Shuffle before it")
        layers.append(
            {
                "kernel_size": int(face.get_by_label("Kernel").input_value()),
                "groups": int(face.locator("output").inner_text()),
                "shuffle": bool(shuffle.count()) and shuffle.is_checked(),
            }
        )
    channels = int(wiring.get_by_label("Channels", exact=True).input_value())
    return ChannelWiring(channels=channels, layers=layers)


def fact(wiring: Locator, name: str) -> str:
    return wiring.locator(f"[data-fact={name}] dd").inner_text()


def lit(wiring: Locator) -> list[int]:
    nodes = wiring.locator(".cnnbook-wiring-node[data-role=input][data-lit]")
    return [int(text) for text in nodes.all_inner_texts()]


def agree(wiring: Locator) -> None:
    """Counts, facts and the inputs of some outputs, walked by keyboard, are those of Python."""
    found = in_python(wiring)
    reach = found.reach()
    last = found.channels
    counts = [int(text) for text in wiring.locator(".cnnbook-wiring-count").all_inner_texts()]
    assert counts == reach.sum(1).tolist()
    assert fact(wiring, "parameters") == f"{found.parameters():,}"
    assert fact(wiring, "macs") == f"{found.macs():,}"
    assert fact(wiring, "field") == f"{found.receptive_field()} × {found.receptive_field()}"
    assert float(fact(wiring, "share").split()[0]) == round(100 * found.share(), 1)
    assert fact(wiring, "full") == f"{int(reach.all(1).sum())} of {last}"
    wiring.get_by_role("button", name=re.compile("^output 1, sees")).focus()
    for key, output in (("End", last), ("ArrowUp", last - 1), ("Home", 1), ("ArrowDown", 2)):
        wiring.page.keyboard.press(key)
        chosen = wiring.get_by_role("button", pressed=True)
        expect(chosen).to_be_focused()
        seen = int(reach[output - 1].sum())
        assert (
            chosen.get_attribute("aria-label") == f"output {output}, sees {seen} of {last} inputs"
        )
        assert lit(wiring) == (np.flatnonzero(reach[output - 1]) + 1).tolist()


def test_lines_are_covered_until_a_prediction(visit) -> None:
    watch = visit(PAGE)
    wiring = watch.page.locator(".cnnbook-wiring").first
    expect(wiring.locator(".cnnbook-wiring-wires")).to_be_hidden()
    texts = wiring.locator(".cnnbook-wiring-count, [data-fact] dd").all_inner_texts()
    assert set(texts) == {"?"}
    uncover(watch.page)
    expect(wiring.locator(".cnnbook-wiring-wires")).to_be_visible()
    agree(wiring)
    assert watch.wrong == []


def test_stacks_composed_by_controls(widget) -> None:
    for stack in (
        [(3, 12), (1, 1)],
        [(3, 4), (1, 3, True), (1, 6, True)],
        [(1, 3), (3, 4)],
        [(3, 1), (3, 2), (3, 3, True)],
    ):
        put(widget, stack)
        agree(widget)
    put(widget, [(3, 2), (1, 2, True)], channels=4)
    agree(widget)
    widget.get_by_role("button", name="Start again").click()
    agree(widget)


def test_controls_by_mouse(widget) -> None:
    put(widget, [(3, 1)])
    widget.get_by_role("button", name="Add layer 2").click()
    for index, part, wanted in ((1, 0.99, 12), (2, 0.4, 3), (1, 0.6, 4)):
        slider = card(widget, index).get_by_label("Groups")
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        slider.click(position={"x": box["width"] * part, "y": box["height"] / 2})
        assert groups(widget, index) == wanted
        agree(widget)
    card(widget, 2).get_by_label("Shuffle before it").click()
    agree(widget)
    assert widget.locator(".cnnbook-wiring-port").count() == 12
    widget.get_by_role("button", name="Remove layer 2").click()
    agree(widget)


def test_controls_by_keyboard(widget) -> None:
    put(widget, [(3, 3)])
    widget.get_by_role("button", name="Add layer 2").press("Enter")
    expect(card(widget, 2).get_by_label("Kernel")).to_be_focused()
    card(widget, 2).get_by_label("Kernel").press("ArrowUp")
    for key, wanted in (("End", 12), ("ArrowLeft", 6), ("Home", 1), ("ArrowRight", 2)):
        card(widget, 2).get_by_label("Groups").press(key)
        assert groups(widget, 2) == wanted
    card(widget, 2).get_by_label("Shuffle before it").press("Space")
    agree(widget)
    widget.get_by_role("button", name="Remove layer 2").press("Enter")
    expect(widget.get_by_role("button", name="Add layer 2")).to_be_focused()
    agree(widget)


def test_channels_by_mouse_and_by_keyboard(widget) -> None:
    put(widget, [(1, 3), (1, 4, True)])
    told = widget.locator(".cnnbook-wiring-route")
    widget.get_by_role("button", name="output 8, sees").click()
    expect(told).to_contain_text("Output 8 sees all 12 inputs.")
    widget.get_by_role("button", name="input 3", exact=True).hover()
    expect(told).to_contain_text("Input 3 is seen by all 12 outputs.")
    widget.get_by_role("button", name="channel 5 of layer 1").hover()
    expect(told).to_contain_text("Channel 5 of layer 1 sees 4 of 12 inputs: 5–8.")
    expect(told).to_contain_text("It is seen by 3 of 12 outputs: 1–3.")
    widget.locator(".cnnbook-wiring-facts").hover()
    expect(told).to_contain_text("Output 8 sees all 12 inputs.")
    widget.get_by_role("button", name="output 8, sees").focus()
    for _ in range(2):
        widget.page.keyboard.press("ArrowLeft")
    expect(widget.get_by_role("button", name="input 8", exact=True)).to_be_focused()
    expect(told).to_contain_text("Input 8 is seen by all 12 outputs.")
    widget.page.keyboard.press("Home")
    expect(told).to_contain_text("Input 1 is seen by all 12 outputs.")
    assert widget.locator(f"{STAGE} [tabindex='0']").count() == 1


def test_every_goal_can_be_reached(page) -> None:
    wiring = with_goals(page)
    goals = {name: wiring.locator(f"[data-goal={name}]") for name in ("separate", "mixed", "sixth")}

    def open_are(*names: str) -> None:
        for name, goal in goals.items():
            words = "open" if name in names else "reached"
            expect(goal).to_contain_text(words, use_inner_text=False)

    open_are("separate", "mixed", "sixth")
    put(wiring, [(1, 1), (3, 6)])
    open_are("separate", "mixed", "sixth")
    set_groups(wiring, 2, 12)
    open_are("mixed", "sixth")
    put(wiring, [(1, 3), (1, 3)])
    open_are("mixed", "sixth")
    card(wiring, 2).get_by_label("Shuffle before it").check()
    open_are("sixth")
    put(wiring, [(1, 3), (3, 12), (1, 4)])
    open_are("sixth")
    card(wiring, 2).get_by_label("Shuffle before it").check()
    open_are()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_fits_stays_put_and_is_accessible(visit, width, dark) -> None:
    watch = visit(PAGE, width=width, dark=dark)
    uncover(watch.page)
    wiring = with_goals(watch.page)
    put(wiring, [(3, 12), (1, 3), (1, 4)])
    heights = set()
    for index, number in ((1, 1), (2, 12), (3, 12), (1, 4)):
        set_groups(wiring, index, number)
        heights.add(round(wiring.bounding_box()["height"]))
    for name in ("output 7, sees", "input 2", "channel 9 of layer 2"):
        wiring.get_by_role("button", name=name).first.hover()
        heights.add(round(wiring.bounding_box()["height"]))
    if width > 1000:  # on a phone the stack runs downward: a shuffle and a layer want room
        card(wiring, 3).get_by_label("Shuffle before it").check()
        heights.add(round(wiring.bounding_box()["height"]))
        wiring.get_by_role("button", name="Remove layer 3").click()
        heights.add(round(wiring.bounding_box()["height"]))
    assert len(heights) == 1
    texts = wiring.locator(".cnnbook-wiring-face p")
    assert texts.evaluate_all("(all) => all.every((p) => p.scrollWidth <= p.clientWidth)")
    assert wiring.locator(STAGE).get_attribute("data-vertical") == str(width < 1000).lower()
    assert overflow(watch.page) <= 0
    assert complaints(watch.page, ".cnnbook-wiring") == []
    assert watch.wrong == []
