"""The page of networks as a reader meets it: the explorer over every network of the book."""

import re

import pytest
from accessibility import complaints, overflow
from playwright.sync_api import Locator, Page, expect

from cnnbook.widgets.architectures import count, table

PAGE = "notebooks/networks.html"
NETWORKS = table()["networks"]
HOSTILE = (
    "#%",
    "#explorer=%E0%A4%A",
    "#explorer=<img src=x onerror=alert(1)>&block=<b>",
    "#explorer=__proto__&beside=constructor",
    "#explorer=resnet18&beside=%3Cscript%3E",
)


@pytest.fixture
def widget(page) -> Locator:
    return opened(page)


def opened(page: Page) -> Locator:
    explorer = page.locator(".cnnbook-arch").first
    explorer.scroll_into_view_if_needed()
    return explorer


def choose(explorer: Locator, network: str, beside: str = "") -> None:
    explorer.get_by_label("Network", exact=True).select_option(network)
    explorer.get_by_label("Beside it").select_option(beside)


def strip(explorer: Locator, which: int = 0) -> Locator:
    return explorer.get_by_role("slider").nth(which)


def numbers(text: str) -> list[int]:
    return [int(found.replace(",", "")) for found in re.findall(r"\d[\d,]*", text)]


def fact(explorer: Locator, name: str) -> str:
    return explorer.locator(f"[data-fact={name}] dd").inner_text()


def expected(network: str, index: int) -> dict:
    """What the table, which a test holds equal to the ledger, says about a block."""
    entry, insides = NETWORKS[network], table()["insides"]
    block = {key: column[index] for key, column in entry["blocks"].items()}
    inside = {key: column[block["inside"]] for key, column in insides.items()}
    sums = {key: sum(inside[key]) for key in ("parameters", "macs", "saved")}
    return {**block, **sums, "rows": len(inside["name"])}


def agrees(explorer: Locator, network: str, index: int) -> None:
    wanted = expected(network, index)
    title = explorer.locator(".cnnbook-arch-title").inner_text()
    assert wanted["kind"] in title
    assert f"block {index + 1} of {count(NETWORKS[network])} of {network}" in title
    assert numbers(fact(explorer, "shape")) == wanted["shape"]
    for name in ("parameters", "macs", "saved"):
        assert numbers(fact(explorer, name))[0] == wanted[name], name
    assert numbers(fact(explorer, "alive")) == [wanted["alive"]]
    layers = explorer.locator(".cnnbook-arch-layers tbody tr")
    assert layers.count() == wanted["rows"] + max(1, len(wanted["reads"]))


@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_first_middle_and_last_block(shared, network) -> None:
    explorer = opened(shared)
    choose(explorer, network)
    last = count(NETWORKS[network]) - 1
    agrees(explorer, network, 0)
    slider = strip(explorer)
    slider.press("End")
    agrees(explorer, network, last)
    slider.press("ArrowLeft")
    agrees(explorer, network, last - 1)
    totals = explorer.locator("[data-total] td:first-of-type").all_inner_texts()
    parameters, macs, saved, alive = NETWORKS[network]["total"]
    assert [numbers(text)[0] for text in totals[:5]] == [last + 1, parameters, macs, saved, alive]


@pytest.fixture(scope="module")
def shared(browser, site):
    """One page for all networks: opened once, watched for errors to the end."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    page.goto(site + PAGE)
    page.wait_for_selector("html[data-cnnbook=ready]", timeout=15000)
    yield page
    page.close()
    assert wrong == []


def test_blocks_by_keyboard(widget) -> None:
    choose(widget, "resnet50")
    slider = strip(widget)
    slider.focus()
    sides = [max(shape[1:], default=1) for shape in NETWORKS["resnet50"]["blocks"]["shape"]]
    for key, place in (
        ("End", 19),
        ("ArrowRight", 19),
        ("Home", 0),
        ("ArrowLeft", 0),
        ("ArrowUp", 1),
        ("ArrowRight", 2),
        ("PageDown", 0),
        ("PageUp", sides.index(56)),
        ("PageUp", sides.index(28)),
        ("ArrowDown", sides.index(28) - 1),
    ):
        widget.page.keyboard.press(key)
        assert slider.get_attribute("aria-valuenow") == str(place + 1), key
        agrees(widget, "resnet50", place)
    expect(slider).to_be_focused()


def test_blocks_by_mouse(widget) -> None:
    choose(widget, "googlenet", "resnet152")
    page = widget.page
    for which, network in enumerate(("googlenet", "resnet152")):
        slider = strip(widget, which)
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        seen = []
        for part in (0.1, 0.35, 0.6, 0.97):
            page.mouse.click(box["x"] + part * box["width"], box["y"] + 60)
            index = int(slider.get_attribute("aria-valuenow")) - 1
            agrees(widget, network, index)
            seen.append(index)
        assert seen == sorted(set(seen))
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 60, steps=5)
    dragged = int(slider.get_attribute("aria-valuenow"))
    page.mouse.up()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 60)
    assert int(slider.get_attribute("aria-valuenow")) == dragged > seen[1] + 1


def test_two_networks_and_their_differences(widget) -> None:
    choose(widget, "resnet152", "alexnet_one_tower")
    assert strip(widget, 1).is_visible()
    for name, place in (("parameters", 0), ("macs", 1), ("saved", 2), ("alive", 3)):
        cells = widget.locator(f"[data-total={name}] td").all_inner_texts()
        ours, theirs = (NETWORKS[n]["total"][place] for n in ("resnet152", "alexnet_one_tower"))
        assert [numbers(cell)[0] for cell in cells[:2]] == [ours, theirs]
        larger = "resnet152" if ours > theirs else "alexnet_one_tower"
        times = float(cells[2].split(", ")[1].removesuffix(" ×"))
        assert cells[2].startswith(larger)
        assert times == pytest.approx(max(ours, theirs) / min(ours, theirs), rel=0.06)
    choose(widget, "resnet152")
    assert not strip(widget, 1).is_visible()


def test_zoom_shows_the_stage_of_the_picked_block(widget) -> None:
    choose(widget, "resnet152")
    strip(widget).press("End")
    widget.get_by_label("Zoom to the stage").check()
    box = strip(widget).bounding_box()
    widget.page.mouse.click(box["x"] + 0.02 * box["width"], box["y"] + 60)
    sides = [max(shape[1:], default=1) for shape in NETWORKS["resnet152"]["blocks"]["shape"]]
    assert strip(widget).get_attribute("aria-valuenow") == str(sides.index(1) + 1)


def test_the_code_of_a_block(widget) -> None:
    choose(widget, "resnet18")
    for _ in range(2):
        strip(widget).press("ArrowRight")
    widget.get_by_text("Code that builds it").click()
    code = widget.locator("pre")
    assert code.inner_text().startswith("class Basic(nn.Module):")
    assert "self.relu(y)" in code.inner_text()
    assert code.locator("*").count() == 0
    strip(widget).press("Home")
    assert code.inner_text().startswith("def stem(")


def test_the_address_keeps_the_choice(visit) -> None:
    watch = visit(PAGE)
    explorer = opened(watch.page)
    choose(explorer, "densenet121", "unet(same=True, size=576)")
    strip(explorer, 1).press("End")
    watch.page.wait_for_function("location.hash.includes('beside_block=30')")
    address = watch.page.evaluate("location.hash")
    again = visit(PAGE + address)
    other = opened(again.page)
    assert other.get_by_label("Network", exact=True).input_value() == "densenet121"
    assert other.get_by_label("Beside it").input_value() == "unet(same=True, size=576)"
    agrees(other, "unet(same=True, size=576)", 30)
    again.page.evaluate("location.hash = '#explorer=lenet5&block=4'")
    expect(other.get_by_label("Network", exact=True)).to_have_value("lenet5")
    agrees(other, "lenet5", 4)
    assert watch.wrong == again.wrong == []


@pytest.mark.parametrize("address", HOSTILE)
def test_a_hostile_address_changes_nothing(visit, address) -> None:
    plain = opened(visit(PAGE).page)
    watch = visit(PAGE + address)
    explorer = opened(watch.page)
    assert (
        explorer.get_by_label("Network", exact=True).input_value()
        == plain.get_by_label("Network", exact=True).input_value()
    )
    assert explorer.inner_text() == plain.inner_text()
    assert watch.page.locator("img[src=x]").count() == 0
    assert watch.wrong == []


def test_every_goal_can_be_reached(page) -> None:
    explorer = page.locator(".cnnbook-arch", has=page.locator("[data-goal]")).first
    explorer.scroll_into_view_if_needed()
    goals = {
        name: explorer.locator(f"[data-goal={name}]")
        for name in ("half", "pair", "field", "shortcut")
    }
    for goal in goals.values():
        expect(goal).to_have_attribute("data-done", "false")
    choose(explorer, "vgg16")
    for _ in range(2):
        strip(explorer).press("End")
    for _ in range(2):
        strip(explorer).press("ArrowLeft")
    expect(goals["half"]).to_have_attribute("data-done", "true")
    choose(explorer, "resnet152", "alexnet_one_tower")
    expect(goals["pair"]).to_have_attribute("data-done", "true")
    choose(explorer, "resnet50")
    expect(goals["field"]).to_have_attribute("data-done", "false")
    slider = strip(explorer)
    for _ in range(20):
        slider.press("ArrowRight")
        found = fact(explorer, "field")
        if found.startswith("all") or numbers(found)[0] > 224:
            break
    expect(goals["field"]).to_have_attribute("data-done", "true")
    expect(goals["shortcut"]).to_have_attribute("data-done", "true")  # on the way


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_strip_has_the_colours_of_the_book(visit, dark) -> None:
    explorer = opened(visit(PAGE, dark=dark).page)
    choose(explorer, "resnet18")
    found = explorer.evaluate(
        """(root) => {
          const canvas = root.querySelector("canvas");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const there = new Set();
          for (let i = 0; i < data.length; i += 4)
            if (data[i + 3] === 255) there.add([data[i], data[i + 1], data[i + 2]].map((v) => v.toString(16).padStart(2, "0")).join(""));
          const style = getComputedStyle(root);
          return ["input", "kernel", "output", "muted", "line"].map((name) => [name, there.has(style.getPropertyValue(`--cnnbook-${name}`).trim().slice(1))]);
        }"""
    )
    assert dict(found) == dict.fromkeys(("input", "kernel", "output", "muted", "line"), True)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_fits_stays_put_and_is_accessible(visit, width, dark) -> None:
    watch = visit(PAGE, width=width, dark=dark)
    explorer = opened(watch.page)
    for network, beside in (("googlenet", ""), ("resnet152", "mobilenet_v3_large")):
        choose(explorer, network, beside)
        heights = set()
        for key in ("Home", *("ArrowRight",) * 7, "PageUp", "PageUp", "End"):
            strip(explorer).press(key)
            heights.add(round(explorer.bounding_box()["height"]))
        assert len(heights) == 1, heights
        assert overflow(watch.page) <= 0
    explorer.get_by_text("Code that builds it").click()
    assert complaints(watch.page, ".cnnbook-arch") == []
    assert watch.wrong == []
