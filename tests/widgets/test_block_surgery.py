"""Block surgery: its table, its arithmetic against an enumeration, its goals, and how it behaves."""

import itertools
import math
import re
from collections import Counter

import numpy as np
import pytest
from playwright.sync_api import expect
from promises import draws_what_python_sets, suits_everybody, trait
from surgery import every, gains, limits, ordered, places, residual, swaps
from traitlets import TraitError

from cnnbook.experiments import result
from cnnbook.widgets import BlockSurgery, arranged
from cnnbook.widgets.surgery_goals import goals_of

WHOLE = ["012", "34", "567"]


def stage(blocks: str, first: str = "") -> list[str]:
    """All orders of all subsets of the blocks, behind a first one that stays or goes."""
    orders = [
        head + "".join(some)
        for head in {first, ""}
        for k in range(len(blocks) + 1)
        for some in itertools.permutations(blocks, k)
    ]
    return sorted(orders, key=lambda order: (-len(order), order))


STAGES = [stage("012"), stage("4", "3"), stage("67", "5")]  # of 16, 4 and 10 orders


def invented() -> dict:
    """A table in which each accuracy tells where it stands: residual 990 for the whole network."""
    shape = [len(orders) for orders in STAGES]
    rng = np.random.default_rng(29)
    residual = rng.permutation(np.arange(1000 - np.prod(shape), 1000)).reshape(shape)
    here = np.argwhere(residual == 990)[0]
    residual[tuple(here)], residual[0, 0, 0] = residual[0, 0, 0], 990
    plain = rng.integers(60, 300, shape)
    plain[0, 0, 0] = 912
    accuracy = {"residual": residual.tolist(), "plain": plain.tolist()}
    return {"stages": STAGES, "accuracy": accuracy}


def both(numbers: list) -> dict[str, list]:
    return {"residual": numbers, "plain": numbers}


TABLE = invented()
MEASURED = result("residual-surgery")["arrangements"]


# ---- arithmetic, against an enumeration


def test_paths_are_those_of_an_enumeration(in_node) -> None:
    found = in_node("block_surgery", [["paths", blocks] for blocks in range(13)])
    for blocks, row in enumerate(found):
        ways = Counter(sum(each) for each in itertools.product((0, 1), repeat=blocks))
        assert row == [ways[k] for k in range(blocks + 1)]
        assert arranged.paths(blocks) == row
        assert sum(row) == 2**blocks
    assert found[9] == [math.comb(9, k) for k in range(10)]


@pytest.mark.parametrize("table", [TABLE, MEASURED], ids=["invented", "measured"])
def test_both_languages_look_up_the_same(in_node, table) -> None:
    cases = [(kind, each) for kind in arranged.KINDS for each in every(table)]
    found = in_node("block_surgery", [["lookUp", table, *case] for case in cases])
    assert found == [arranged.accuracy(table, *case) for case in cases]
    flat = itertools.chain(*(np.ravel(table["accuracy"][kind]) for kind in arranged.KINDS))
    assert found == list(flat)
    assert len(set(found)) > 200


def test_blocks_are_left_out_as_in_python(in_node) -> None:
    cases = [
        ({"order": list(order), "out": list(out)})
        for order in itertools.product(*map(arranged.full, STAGES))
        for k in range(4)
        for out in itertools.combinations("01234567", k)
    ][::7]
    found = in_node("block_surgery", [["arrangementOf", c["order"], c["out"]] for c in cases])
    for case, each in zip(cases, found, strict=True):
        widget = BlockSurgery(TABLE, **case)
        assert each == widget.arrangement()
        assert widget.accuracy() == residual(TABLE, each) / 1000
        assert sum(widget.paths()) == 2 ** (8 - len(case["out"]))


def test_only_neighbours_that_the_table_knows_change_places(in_node) -> None:
    orders = [list(order) for order in itertools.product(*map(arranged.full, STAGES))]
    cases = [(order, at) for order in orders for at in range(-1, 9)]
    found = in_node("block_surgery", [["swap", TABLE, *case] for case in cases])
    swapped = 0
    for (order, at), each in zip(cases, found, strict=True):
        blocks = list("".join(order))
        if 0 <= at < 7:
            blocks[at], blocks[at + 1] = blocks[at + 1], blocks[at]
        text = "".join(blocks)
        wanted = [text[:3], text[3:5], text[5:]]
        if text != "".join(order) and wanted in orders:
            assert each == wanted
            swapped += 1
        else:
            assert each is None
    assert swapped == len(orders) * 3  # 0 with 1, 1 with 2, 6 with 7


def test_the_best_of_each_number_of_blocks(in_node) -> None:
    tried = [
        {"left": 3, "residual": 40, "plain": 7},
        {"left": 1, "residual": 20, "plain": 6},
        {"left": 3, "residual": 50, "plain": 5},
    ]
    calls = [["bests", tried, "residual"], ["bests", tried, "plain"], ["bests", [], "plain"]]
    assert in_node("block_surgery", calls) == [[[3, 50], [1, 20]], [[3, 7], [1, 6]], []]


# ---- goals, without a page


def state(table: dict, arrangement: list[str]) -> dict:
    """The traits with which exactly these blocks are left, in this order."""
    order = [
        next(o for o in arranged.full(s) if "".join(b for b in o if b in each) == each)
        for s, each in zip(table["stages"], arrangement, strict=True)
    ]
    out = [block for block in "".join(order) if block not in "".join(arrangement)]
    return {"arrangements": table, "order": order, "out": out}


def all_judged(in_node, table: dict, *readers: list[list[str]]) -> list[set[str]]:
    """The goals of readers who make these arrangements, each after the whole network."""
    calls = []
    for steps in readers:
        states = [state(table, each) for each in (arranged.whole(table), *steps)]
        calls.append(["judge", [each | {"chance": 0.1, "tries": []} for each in states]])
    goals = goals_of(table)
    return [set(found) for found in in_node("block_surgery", [[*each, goals] for each in calls])]


def judged(in_node, table: dict, *steps: list[str]) -> set[str]:
    return all_judged(in_node, table, list(steps))[0]


@pytest.mark.parametrize("table", [TABLE, MEASURED], ids=["invented", "measured"])
def test_few_blocks_are_the_fewest_there_are(in_node, table) -> None:
    goal = limits(table)["few"]
    good = [each for each in every(table) if residual(table, each) >= goal["accuracy"]]
    fewest = min(len("".join(each)) for each in good)
    assert fewest == goal["blocks"] < len("".join(arranged.whole(table)))
    nearly = [each for each in every(table) if fewest <= len("".join(each)) <= fewest + 1]
    wanted = [each in good and len("".join(each)) == fewest for each in nearly]
    found = all_judged(in_node, table, *([each] for each in nearly))
    assert ["few" in each for each in found] == wanted
    assert any(each in good and not w for each, w in zip(nearly, wanted, strict=True))


@pytest.mark.parametrize("table", [TABLE, MEASURED], ids=["invented", "measured"])
def test_the_missed_block_is_known_only_when_each_was_out(in_node, table) -> None:
    alone = [arranged.without(table, block) for block in "".join(arranged.whole(table))]
    worst, *others = sorted(alone, key=lambda each: residual(table, each))
    readers = {
        True: ([*others, worst], [worst, *others, worst]),
        False: ([worst], [worst, *others], [*others[1:], worst], others),
    }
    for wanted, steps in readers.items():
        found = all_judged(in_node, table, *steps)
        assert ["missed" in each for each in found] == [wanted] * len(steps)


@pytest.mark.parametrize("table", [TABLE, MEASURED], ids=["invented", "measured"])
def test_another_order_of_all_blocks(in_node, table) -> None:
    cost = limits(table)["order"]["cost"]
    whole = arranged.whole(table)
    orders = [list(each) for each in itertools.product(*map(arranged.full, table["stages"]))]
    losses = [residual(table, whole) - residual(table, each) for each in orders]
    wanted = [o != whole and loss < cost for o, loss in zip(orders, losses, strict=True)]
    found = all_judged(in_node, table, *([each] for each in orders))
    assert ["order" in each for each in found] == wanted
    assert 1 <= sum(wanted) < len(orders) / 2
    fewer = [arranged.without(table, block) for block in "".join(whole)]
    assert all("order" not in each for each in all_judged(in_node, table, *([f] for f in fewer)))


def test_less_is_more_in_either_direction_and_without_swaps(in_node) -> None:
    gain = limits(MEASURED)["gain"]["gain"]
    cases: dict[tuple[bool, bool], list] = {}
    for more in every(MEASURED):
        for block in "".join(more):
            less = [order.replace(block, "") for order in more]
            wins = residual(MEASURED, less) - residual(MEASURED, more) >= gain
            cases.setdefault((wins, ordered(more)), []).append([more, less])
    assert len(cases) == 4
    for (wins, in_order), pairs in cases.items():
        pairs = pairs[:: len(pairs) // 10]
        for readers in (pairs, [pair[::-1] for pair in pairs]):
            found = all_judged(in_node, MEASURED, *readers)
            assert ["gain" in each for each in found] == [wins and in_order] * len(readers)
        alone = all_judged(in_node, MEASURED, *([less] for _, less in pairs))
        assert not any("gain" in each for each in alone)


def test_no_step_reaches_two_goals() -> None:
    assert set(limits(MEASURED)) == {"few", "missed", "order", "gain"}
    found = {kind: {"/".join(e) for e in each} for kind, each in places(MEASURED).items()}
    assert all(found.values())
    for one, other in itertools.combinations(found.values(), 2):
        assert not one & other
    assert "/".join(arranged.whole(MEASURED)) not in set().union(*found.values())


def test_goals_that_a_table_does_not_allow_are_left_out() -> None:
    flat = {kind: [[500] * 5] * 5 for kind in arranged.KINDS}
    even = {"stages": [stage("01"), stage("23")], "accuracy": flat}
    assert [goal["kind"] for goal in goals_of(even)] == ["few", "order"]
    poor = {"stages": [["0", ""]], "accuracy": {"residual": [90, 80], "plain": [90, 90]}}
    assert goals_of(poor) == []


# ---- traits


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (None, "a dict with the keys stages and accuracy, got None"),
        ({"stages": []}, "stage 1 wants a list of different texts"),
        ({"stages": [["01", "10", "0", "1"]]}, "stage 1 lacks the order '', though '01' is one"),
        ({"stages": [["01", "10", "0", ""]]}, "stage 1 lacks the order '1', though '01' is one"),
        ({"stages": [["01", "0", "1", "", "2"]]}, "stage 1 has the order '2': its whole orders"),
        ({"stages": [["0", "", "0"]]}, "got ['0', '', '0']"),
        ({"stages": [["0", ""], ["0", ""]]}, "block '0' stands twice: the stages are 0, 0"),
        (
            {"stages": [["0", ""]] + [[c, ""] for c in "abcdefghijkl"]},
            "at most 12 blocks, got 13",
        ),
        ({"stages": [["0", ""]], "accuracy": {"plain": [1, 2]}}, "residual and plain, got ['plain"),
        ({"accuracy": {"residual": [1], "plain": []}}, "wants 16 x 4 x 10 numbers"),
        (
            {"stages": [["0", ""]], "accuracy": {"residual": [1, 2, 3], "plain": [1, 2]}},
            "accuracy of residual wants 2 numbers, one for each order of each stage; got 3",
        ),
        (
            {"stages": [["0", ""]], "accuracy": {"residual": [1, 2], "plain": [1001, 2]}},
            "accuracy of plain wants whole numbers of 0 to 1000 per mille, got 1001 for '0'",
        ),
        (
            {"stages": [["0", ""]], "accuracy": {"residual": [0.5, 0.25], "plain": [1, 2]}},
            "got 0.5 for '0'",
        ),
    ],
)
def test_a_bad_table_is_refused_with_its_numbers(changes, words) -> None:
    with pytest.raises(TraitError) as error:
        BlockSurgery(None if changes is None else TABLE | changes)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"order": ["012", "43", "567"]}, "order of stage 2 must be one of 34; got '43'"),
        ({"order": ["012", "34"]}, "one text for each of 3 stages, got ['012', '34']"),
        ({"out": ["9"]}, "different blocks of 0, 1, 2, 3, 4, 5, 6, 7, got ['9']"),
        ({"out": ["1", "1"]}, "got ['1', '1']"),
        ({"tries": ["012/34"]}, "such as '012/34/567', got '012/34'"),
        ({"tries": ["012/43/"]}, "got '012/43/'"),
        ({"chance": 1.5}, "chance must be 0 to 1, got 1.5"),
        ({"goals": [{"id": "a", "text": "b", "kind": "few"}]}, "goal 0 wants the keys"),
        ({"goals": [{"id": "a", "text": "b", "kind": "c"}]}, "few, missed, order, gain; got"),
    ],
)
def test_bad_traits_are_refused_with_their_numbers(traits, words) -> None:
    with pytest.raises(TraitError) as error:
        BlockSurgery(TABLE, **traits)
    assert words in str(error.value)
    widget = BlockSurgery(TABLE)
    with pytest.raises(TraitError):
        widget.set_trait(*next(iter(traits.items())))
    assert widget.arrangement() == WHOLE


def test_lookups_outside_the_table_are_refused() -> None:
    with pytest.raises(ValueError, match="stage 2 has 4 orders, and '43' is none of them"):
        arranged.accuracy(TABLE, "plain", ["012", "43", ""])
    with pytest.raises(ValueError, match="an arrangement has 3 stages, '012' has 1"):
        arranged.accuracy(TABLE, "plain", ["012"])
    with pytest.raises(ValueError, match="residual or plain, got 'both'"):
        BlockSurgery(TABLE).accuracy("both")


def test_another_table_begins_anew() -> None:
    widget = BlockSurgery(TABLE, order=["021", "34", "576"], out=["1"], tries=["02/34/567"])
    assert widget.arrangement() == ["02", "34", "576"]
    widget.arrangements = MEASURED
    assert widget.arrangement() == ["012", "345", "678"]
    assert widget.tries == []
    assert widget.goals == goals_of(MEASURED)


def test_stand_in_tells_both_networks_and_each_block() -> None:
    text = BlockSurgery(TABLE, order=["102", "34", "567"], out=["4"]).static_html()
    found = [arranged.accuracy(TABLE, kind, ["102", "3", "567"]) / 10 for kind in arranged.KINDS]
    assert "Blocks in their order: 1 0 2 | 3 | 5 6 7; out: 4." in text
    assert f"residual {found[0]:.1f} % (whole network 99.0 %), plain {found[1]:.1f} %" in text
    assert "Of 256 paths through the residual network 128 are left." in text
    rows = re.findall(r"<tr><td>(\w+)</td><td>([\d.]+)</td><td>([\d.]+)</td></tr>", text)
    assert rows[0] == ("none", "99.0", "91.2")
    for block, row in zip("01234567", rows[1:], strict=True):
        each = arranged.without(TABLE, block)
        numbers = (arranged.accuracy(TABLE, kind, each) / 10 for kind in arranged.KINDS)
        assert row == (block, *(f"{number:.1f}" for number in numbers))
    hidden = BlockSurgery(TABLE, out=["4"], concealed=True).static_html()
    assert "asks you to predict" in hidden
    assert "%" not in hidden


# ---- behaviour, in a browser


def block(page, name: str):
    return page.get_by_role("button", name=f"block {name}, stage")


def agree(page, table: dict = TABLE) -> None:
    """All that the page shows is what the widget in Python has with the page's traits."""
    widget = BlockSurgery(table, order=trait(page, "order"), out=trait(page, "out"))
    blocks = page.locator("[data-at]")
    assert "".join(blocks.all_inner_texts()) == "".join(widget.order)
    pressed = blocks.evaluate_all("(all) => all.map((e) => e.getAttribute('aria-pressed'))")
    assert pressed == [str(b not in widget.out).lower() for b in "".join(widget.order)]
    for kind in arranged.KINDS:
        net = page.locator(f".cnnbook-surgery-net[data-kind={kind}]")
        value = widget.accuracy(kind)
        expect(net).to_contain_text(f"{value * 100:.1f} %")
        width = net.locator(".cnnbook-surgery-fill").evaluate("(e) => e.style.width")
        assert float(width[:-1]) == pytest.approx(value * 100, abs=0.01)
        whole = arranged.accuracy(table, kind, arranged.whole(table)) / 1000
        change = f"{abs(value - whole) * 100:.1f} points"
        expect(net).to_contain_text(("−" if value < whole else "") + change)
        mark = net.locator(".cnnbook-surgery-whole").evaluate("(e) => e.style.left")
        assert float(mark[:-1]) == pytest.approx(whole * 100, abs=0.01)
    counts = page.locator(".cnnbook-surgery-columns b").all_inner_texts()
    paths = [str(count) for count in widget.paths()]
    assert counts == paths + [""] * (len(widget.out))
    columns = page.locator(".cnnbook-surgery-columns i:not(.cnnbook-surgery-ghost)")
    heights = columns.evaluate_all("(all) => all.map((e) => parseFloat(e.style.height))")
    most = max(arranged.paths(blocks.count()))
    wanted = [100 * count / most for count in widget.paths()] + [0] * len(widget.out)
    assert heights == pytest.approx(wanted, abs=0.01)
    panel = page.locator(".cnnbook-surgery-panel").first
    expect(panel).to_contain_text(f"= {sum(widget.paths())} of {2 ** blocks.count()} left")
    told = page.locator(".cnnbook-surgery-told").inner_text()
    assert told.startswith(f"{len(widget.paths()) - 1} of {blocks.count()} blocks left")
    assert ("out: " + " ".join(sorted(widget.out)) in told) == bool(widget.out)


def test_each_block_goes_and_comes_back(show) -> None:
    page = show(BlockSurgery(TABLE))
    agree(page)
    for name in "01234567":
        block(page, name).click()
        assert trait(page, "out") == [name]
        agree(page)
        page.keyboard.press("Space" if name in "0246" else "Enter")
        assert trait(page, "out") == []
        agree(page)
    for name in "71350246":
        block(page, name).click()
        agree(page)
    assert trait(page, "tries")[-1] == "//"
    assert page.locator("[data-out]").count() == 8


def test_neighbours_swap_by_button_and_by_key(show) -> None:
    page = show(BlockSurgery(TABLE))
    assert page.locator("[data-swap]:visible").count() == 3
    page.get_by_role("button", name="swap blocks 0 and 1").click()
    assert trait(page, "order") == ["102", "34", "567"]
    agree(page)
    assert page.locator("[data-moved]").count() == 2
    expect(page.locator(".cnnbook-surgery-told")).to_contain_text("order 1 0 2 | 3 4 | 5 6 7")
    block(page, "0").focus()
    page.keyboard.press("Shift+ArrowRight")
    assert trait(page, "order")[0] == "120"
    expect(block(page, "0")).to_be_focused()
    agree(page)
    note = page.locator(".cnnbook-surgery-note")
    page.keyboard.press("Shift+ArrowRight")
    assert trait(page, "order")[0] == "120"
    expect(note).to_contain_text("Block 0 cannot move there")
    block(page, "6").focus()
    page.keyboard.press("Shift+ArrowLeft")
    expect(note).to_contain_text("Block 6 cannot move there")
    page.keyboard.press("Shift+ArrowRight")
    assert trait(page, "order") == ["120", "34", "576"]
    expect(note).not_to_contain_text("cannot")
    agree(page)
    block(page, "2").click()
    expect(page.locator(".cnnbook-surgery-told")).to_contain_text("order 1 0 | 3 4 | 5 7 6")
    agree(page)
    page.get_by_role("button", name="Whole network").click()
    assert (trait(page, "order"), trait(page, "out")) == (WHOLE, [])
    agree(page)


def test_walking_by_keyboard_keeps_one_tab_stop(show) -> None:
    page = show(BlockSurgery(TABLE))
    block(page, "0").focus()
    for key, name in (
        ("ArrowRight", "1"),
        ("End", "7"),
        ("ArrowRight", "7"),
        ("ArrowLeft", "6"),
        ("Home", "0"),
        ("ArrowLeft", "0"),
    ):
        page.keyboard.press(key)
        expect(block(page, name)).to_be_focused()
    assert page.locator("[data-at][tabindex='0']").count() == 1
    assert trait(page, "out") == []
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="swap blocks 0 and 1")).to_be_focused()


def test_the_record_grows_and_is_cleared(show) -> None:
    page = show(BlockSurgery(TABLE))
    dots = page.locator(".cnnbook-surgery-dots > *")
    assert dots.count() == 2
    for name in "147":
        block(page, name).click()
    assert dots.count() == 8
    block(page, "7").click()
    assert dots.count() == 8  # seen before
    assert trait(page, "tries") == ["012/34/567", "02/34/567", "02/3/567", "02/3/56"]
    values = [residual(TABLE, key.split("/")) for key in trait(page, "tries")]
    circles = page.locator(".cnnbook-surgery-dots circle")
    heights = circles.evaluate_all("(all) => all.map((e) => parseFloat(e.getAttribute('cy')))")
    assert heights == pytest.approx([100 - value / 10 for value in values])
    places = circles.evaluate_all("(all) => all.map((e) => parseFloat(e.getAttribute('cx')))")
    assert places == pytest.approx([100 * (out + 0.5) / 9 for out in range(4)])
    assert page.locator(".cnnbook-surgery-lines line").count() == 6
    expect(page.locator(".cnnbook-surgery-panel").last).to_contain_text("4 arrangements")
    page.get_by_role("button", name="Clear the tries").click()
    assert trait(page, "tries") == []
    assert dots.count() == 2
    expect(page.get_by_role("button", name="Clear the tries")).to_be_disabled()
    block(page, "7").click()
    assert trait(page, "tries") == ["02/3/567", "02/3/56"]


def test_concealed_covers_accuracies_and_earns_nothing(show) -> None:
    page = show(BlockSurgery(MEASURED, tries=["01/345/678"]), concealed=True)
    nets = page.locator(".cnnbook-surgery-net")
    for text in nets.locator("p").all_inner_texts():
        assert text.split() == ["?", "covered"]
    fills = page.locator(".cnnbook-surgery-fill").evaluate_all("(a) => a.map((e) => e.style.width)")
    assert fills == ["0%", "0%"]
    assert page.locator(".cnnbook-surgery-tries [data-kind]").count() == 0
    page.get_by_role("button", name="swap blocks 7 and 8").click()
    assert trait(page, "tries") == ["01/345/678"]
    assert trait(page, "reached") == []
    assert page.locator(".cnnbook-surgery-tries [data-kind]").count() == 0
    html = page.locator(".cnnbook-surgery").inner_html()
    assert not re.search(r"\d\.\d %", html.replace("10.0 %", ""))
    goal = page.locator("[data-goal]").first  # they tell what a prediction asks
    assert not goal.is_visible()
    page.evaluate("model.set('concealed', false)")
    assert goal.is_visible()
    agree(page, MEASURED)
    assert page.locator(".cnnbook-surgery-dots > *").count() == 4
    assert trait(page, "reached") == []


def test_goals_are_open_at_the_start_and_each_is_reached(show) -> None:
    page = show(BlockSurgery(MEASURED))
    done = page.locator(".cnnbook-goals [data-done=true]")
    assert page.locator(".cnnbook-goals li").count() == 4
    assert done.count() == 0
    alone = sorted("012345678", key=lambda b: -residual(MEASURED, arranged.without(MEASURED, b)))
    for name in alone:
        assert trait(page, "reached") == []
        block(page, name).click()
        if name != alone[-1]:
            block(page, name).click()
    assert trait(page, "reached") == ["missed"]
    page.get_by_role("button", name="Whole network").click()
    whole, where = arranged.whole(MEASURED), places(MEASURED)
    order = where["order"][0]
    page.evaluate("(order) => model.set('order', order)", order)
    assert trait(page, "reached") == ["missed"]  # the reader did nothing
    page.evaluate("(order) => model.set('order', order)", whole)
    walk(page, order)
    assert trait(page, "reached") == ["missed", "order"]
    page.get_by_role("button", name="Whole network").click()
    few = where["few"][0]
    for name in sorted(set("012345678") - set("".join(few))):
        block(page, name).click()
    walk(page, few)
    assert trait(page, "reached")[:3] == ["missed", "order", "few"]
    more, gone, _ = max(gains(MEASURED), key=lambda each: each[2])
    page.get_by_role("button", name="Whole network").click()
    for name in sorted(set("012345678") - set("".join(more))):
        block(page, name).click()
    block(page, gone).click()
    assert set(trait(page, "reached")) == {"missed", "order", "few", "gain"}
    assert done.count() == 4


def walk(page, wanted: list[str]) -> None:
    """Bring the blocks that are left into this order, swap by swap."""
    for a, b in swaps(arranged.whole(MEASURED), wanted):
        page.get_by_role("button", name=f"swap blocks {a} and {b}").click()


def test_each_trait_set_from_python_is_shown_and_not_saved(show) -> None:
    changes = {
        "order": ["210", "34", "567"],
        "out": ["3", "0"],
        "chance": 0.25,
        "tries": ["012/34/567"],
        "arrangements": TABLE | {"accuracy": both(halved())},
        "concealed": True,
        "goals": goals_of(TABLE)[:1],
        "reached": ["few"],
    }
    draws_what_python_sets(show(BlockSurgery(TABLE)), changes)


def halved() -> list:
    return (np.array(TABLE["accuracy"]["residual"]) // 2).tolist()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"order": ["012", "43", "567"]}, 'order cannot be ["012","43","567"]; ["012","34","567"]'),
        ({"order": None}, "order cannot be null"),
        ({"out": ["9"]}, 'out cannot be ["9"]; [] is used.'),
        ({"out": "1"}, 'out cannot be "1"; [] is used.'),
        ({"chance": 7}, "chance cannot be 7; 0.1 is used."),
        ({"tries": ["x"]}, 'tries cannot be ["x"]; [] is used.'),
        ({"goals": {"a": 1}, "reached": None}, ""),
        ({"goals": [{"id": "a", "text": "b", "kind": "few"}, None]}, ""),
    ],
)
def test_damaged_state_is_told_and_survived(show, changes, words) -> None:
    page = show(BlockSurgery(TABLE), **changes)
    assert words in page.locator(".cnnbook-message").inner_text()
    block(page, "4").click()
    assert trait(page, "out") == ["4"]
    page.get_by_role("button", name="swap blocks 0 and 1").click()
    assert trait(page, "order") == ["102", "34", "567"]
    agree(page)


@pytest.mark.parametrize(
    "table",
    [
        None,
        {"stages": STAGES},
        TABLE | {"stages": [STAGES[0][:-1], *STAGES[1:]]},
        TABLE | {"accuracy": {"residual": TABLE["accuracy"]["residual"], "plain": [[1]]}},
        TABLE | {"accuracy": {"residual": TABLE["accuracy"]["residual"], "plain": halved()[1:]}},
        {"stages": [["01", "0", ""]], "accuracy": both([3, 2, 1])},
        {
            "stages": [["01", ""], ["1", ""]],
            "accuracy": both([[3] * 2] * 2),
        },
        {
            "stages": [["ab", "a", "b", ""]],
            "accuracy": both([1, 1, 1, "1"]),
        },
    ],
)
def test_a_damaged_table_is_told_and_survived(show, table) -> None:
    page = show(BlockSurgery(TABLE), arrangements=table)
    assert "arrangements cannot be" in page.locator(".cnnbook-message").inner_text()
    expect(page.locator("[data-at]")).to_have_count(1)
    page.locator("[data-at]").click()
    expect(page.locator(".cnnbook-surgery-told")).to_contain_text("0 of 1 block left, out: 0")


def test_nothing_listens_after_the_cleanup(show) -> None:
    page = show(BlockSurgery(TABLE))
    assert page.evaluate("listening()") == 8
    page.evaluate("cleanup()")
    assert page.evaluate("listening()") == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 390])
def test_axe_finds_nothing(show, theme, width) -> None:
    page = show(BlockSurgery(MEASURED), width, theme)
    for name in "147":
        block(page, name).click()
    page.get_by_role("button", name="swap blocks 7 and 8").click()
    block(page, "3").focus()
    page.keyboard.press("Shift+ArrowLeft")
    suits_everybody(page)
    fonts = page.evaluate(
        "[...document.querySelectorAll('.cnnbook *')].filter((e) => e.textContent && e.checkVisibility())"
        ".map((e) => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(fonts) >= 12


@pytest.mark.parametrize("width", [1000, 390])
def test_nothing_moves_while_a_reader_plays(show, width) -> None:
    page = show(BlockSurgery(MEASURED), width)
    tops: dict[str, set] = {}

    def measure() -> None:
        for part in ("-note", "-told", "-bars", "-panels", "-columns", "-tries"):
            top = page.locator(f".cnnbook-surgery{part}").evaluate(
                "(e) => e.getBoundingClientRect().top + scrollY"
            )
            tops.setdefault(part, set()).add(round(top, 2))
        box = page.locator(".cnnbook-surgery").bounding_box()
        tops.setdefault("height", set()).add(round(box["height"], 2))

    measure()
    page.get_by_role("button", name="swap blocks 7 and 8").click()
    for name in "714053628":
        block(page, name).click()
        measure()
    block(page, "3").focus()
    page.keyboard.press("Shift+ArrowLeft")
    measure()
    page.get_by_role("button", name="Whole network").click()
    page.get_by_role("button", name="Clear the tries").click()
    measure()
    page.evaluate("model.set('concealed', true)")
    measure()
    assert [len(each) for each in tops.values()] == [1] * 7, tops
