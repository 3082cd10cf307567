"""The channel wiring: reach against a gradient probe, counts against the ledger, how it behaves."""

from itertools import product

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from promises import draws_what_python_sets, suits_everybody, trait
from torch import nn
from traitlets import TraitError

from cnnbook.shapes import separable_parameters
from cnnbook.summary import ledger
from cnnbook.widgets import ChannelWiring, wired
from cnnbook.widgets.channel_wiring import CHANNELS, GOALS, KERNELS


def layer(kernel: int, groups: int, shuffle: bool = False) -> dict:
    return {"kernel_size": kernel, "groups": groups, "shuffle": shuffle}


SEPARABLE = [layer(3, 12), layer(1, 1)]
UNIT = [layer(1, 3), layer(3, 12, True), layer(1, 4)]  # the order of ShuffleNet's unit
MIXED = [layer(1, 3), layer(1, 4, True)]


def divisors(channels: int) -> list[int]:
    return [n for n in range(1, channels + 1) if channels % n == 0]


def random_stack(rng: np.random.Generator) -> tuple[int, list[dict]]:
    channels = int(rng.choice(CHANNELS))
    draw = [
        layer(
            int(rng.choice(KERNELS)),
            int(rng.choice(divisors(channels))),
            bool(index and rng.integers(2)),
        )
        for index in range(rng.integers(1, 4))
    ]
    return channels, draw


def every_stack(channels: int) -> list[list[dict]]:
    """All stacks of one to three layers."""
    first = [layer(k, g) for k in KERNELS for g in divisors(channels)]
    later = [*first, *(each | {"shuffle": True} for each in first)]
    return [[*s] for n in range(3) for s in product(first, *[later] * n)]


def in_torch(channels: int, layers: list[dict]) -> nn.Sequential:
    modules, before = [], 1
    for each in layers:
        kernel, groups = each["kernel_size"], each["groups"]
        modules += [nn.ChannelShuffle(before)] * each["shuffle"]
        modules.append(
            nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=groups, bias=False)
        )
        before = groups
    return nn.Sequential(*modules)


def probed(module: nn.Module, channels: int) -> tuple[np.ndarray, set[int]]:
    """Send a gradient back from the middle pixel of each output: who is reached, how far."""
    module = module.double()
    for weight in module.parameters():
        nn.init.uniform_(weight, 0.5, 1.5)  # positive: no two paths cancel
    x = torch.ones(1, channels, 9, 9, dtype=torch.float64, requires_grad=True)
    y = module(x)
    reach, sides = np.zeros((channels, channels), dtype=bool), set()
    for output in range(channels):
        (dx,) = torch.autograd.grad(y[0, output, 4, 4], x, retain_graph=True)
        for channel, grad in enumerate(dx[0].numpy() != 0):
            reach[output, channel] = grad.any()
            if grad.any():
                sides |= {int(grad.any(axis).sum()) for axis in (0, 1)}
    return reach, sides


# ---- arithmetic


def test_reach_and_field_equal_a_gradient_probe_in_torch(in_node) -> None:
    rng = np.random.default_rng(14)
    torch.manual_seed(14)
    stacks = [random_stack(rng) for _ in range(60)]
    found = in_node("channel_wiring", [["judge", judged(c, s), []] for c, s in stacks])
    shapes = set()
    for (channels, layers), answer in zip(stacks, found, strict=True):
        reach, sides = probed(in_torch(channels, layers), channels)
        np.testing.assert_array_equal(answer["found"]["reach"], reach, err_msg=str(layers))
        assert sides == {answer["found"]["field"]}
        widget = ChannelWiring(channels=channels, layers=layers)
        np.testing.assert_array_equal(widget.reach(), reach)
        assert widget.receptive_field() == answer["found"]["field"]
        shapes.add((reach.all(), len(layers), any(each["shuffle"] for each in layers)))
    assert len(shapes) == 10  # full or not, with or without a shuffle, each number of layers


def judged(channels: int, layers: list[dict], size: int = 28) -> dict:
    return {"channels": channels, "layers": layers, "size": size, "selected": 0}


def test_counts_equal_the_ledger_of_the_torch_module(in_node) -> None:
    rng = np.random.default_rng(1)
    stacks = [(*random_stack(rng), int(rng.integers(1, 40))) for _ in range(30)]
    found = in_node("channel_wiring", [["judge", judged(*each), []] for each in stacks])
    for (channels, layers, size), answer in zip(stacks, found, strict=True):
        total = ledger(in_torch(channels, layers), (1, channels, size, size)).total
        counted = answer["found"]
        assert counted["parameters"] == sum(counted["weights"]) == total.parameters
        assert counted["macs"] == total.macs
        widget = ChannelWiring(channels=channels, layers=layers, size=size)
        assert (widget.parameters(), widget.macs()) == (total.parameters, total.macs)
        assert counted["share"] == pytest.approx(widget.share())


def test_page_and_python_agree_on_every_stack_of_8_channels(in_node) -> None:
    stacks = every_stack(8)
    found = in_node("channel_wiring", [["judge", judged(8, each), []] for each in stacks])
    for layers, answer in zip(stacks, found, strict=True):
        assert answer["found"]["reach"] == wired.reach(8, layers).tolist()
        assert answer["found"]["parameters"] == wired.parameters(8, layers)
        assert answer["found"]["field"] == wired.field(layers)


@pytest.mark.parametrize("channels", CHANNELS)
def test_shuffle_is_torch_s(in_node, channels) -> None:
    x = torch.arange(channels).reshape(1, channels, 1, 1)
    for groups in divisors(channels):
        order = nn.ChannelShuffle(groups)(x).flatten().tolist()
        assert in_node("channel_wiring", [["shuffled", channels, groups]]) == [order]
        assert wired.shuffled(channels, groups).tolist() == order


def test_a_cone_goes_both_ways(in_node) -> None:
    stacks = [(12, UNIT), (6, [layer(3, 2), layer(1, 3, True)])]
    for channels, layers in stacks:
        calls = [["build", channels, layers]]
        (graph,) = in_node("channel_wiring", calls)
        reach = wired.reach(channels, layers)
        last = len(graph["columns"]) - 1
        calls = [["cone", graph, [at, c]] for c in range(channels) for at in (0, last)]
        cones = iter(in_node("channel_wiring", calls))
        for channel in range(channels):
            np.testing.assert_array_equal(next(cones)[-1], reach[:, channel])
            np.testing.assert_array_equal(next(cones)[0], reach[channel])


def test_known_reaches() -> None:
    twice = [layer(1, 3), layer(1, 3)]
    assert (ChannelWiring(layers=twice).reach().sum(1) == 4).all()
    twice[1]["shuffle"] = True
    assert ChannelWiring(layers=twice).reach().all()
    assert (ChannelWiring(layers=[layer(1, 4), layer(1, 4, True)]).reach().sum(1) == 9).all()
    between = ChannelWiring(layers=[layer(1, 3), layer(1, 4)]).reach().sum(1)
    assert between.tolist() == [4] * 3 + [8] * 6 + [4] * 3
    widget = ChannelWiring(layers=SEPARABLE)
    assert widget.parameters() == separable_parameters(12, 12, 3, bias=False) == 252
    assert widget.share() == pytest.approx(1 / 12 + 1 / 9)
    assert widget.mask(0).sum() == 12
    assert widget.mask(1).all()


@pytest.mark.parametrize(
    ("lit", "text"),
    [
        ([0, 1, 2, 3], "1–4"),
        ([0, 1], "1, 2"),
        ([11], "12"),
        ([0, 4, 5, 6, 8, 9], "1, 5–7, 9, 10"),
        ([], ""),
    ],
)
def test_runs_of_channels(in_node, lit, text) -> None:
    assert in_node("channel_wiring", [["runs", lit]]) == [text]


def test_groups_follow_the_number_of_channels(in_node) -> None:
    def groups(given: list[int], before: int, after: int) -> list[int]:
        layers = [layer(3, g) for g in given]
        (found,) = in_node("channel_wiring", [["fitted", layers, before, after]])
        assert wired.reach(after, found).shape == (after, after)
        return [each["groups"] for each in found]

    assert groups([1, 12, 4], 12, 8) == [1, 8, 4]
    assert groups([3, 6, 2], 12, 8) == [2, 4, 2]
    assert groups([4, 2, 1], 4, 12) == [12, 2, 1]
    assert groups([8, 4, 2], 8, 6) == [6, 3, 2]


# ---- goals


def test_goals_over_every_stack_of_12_channels(in_node) -> None:
    stacks = every_stack(12)
    found = in_node("channel_wiring", [["judge", judged(12, each), GOALS] for each in stacks])
    reached = {goal["id"]: [] for goal in GOALS}
    for layers, answer in zip(stacks, found, strict=True):
        assert len(answer["reached"]) <= 1, layers  # never two ticks at once
        for name in answer["reached"]:
            reached[name].append(layers)
    kinds = {tuple((x["kernel_size"], x["groups"]) for x in each) for each in reached["separate"]}
    assert kinds == {((3, 12), (1, 1)), ((1, 1), (3, 12))}
    for name in ("mixed", "sixth"):
        assert reached[name]
        for layers in reached[name]:
            assert wired.reach(12, layers).all()
            assert any(each["shuffle"] for each in layers)
            assert min(each["groups"] for each in layers) > 1
    assert MIXED in reached["mixed"]
    assert UNIT in reached["sixth"]
    shares = [wired.parameters(12, each) / 1296 for each in reached["sixth"]]
    assert min(shares) == 192 / 1296
    assert max(shares) == 1 / 6
    full = [s for s, a in zip(stacks, found, strict=True) if a["found"]["full"] == 12]
    spatial = [wired.parameters(12, each) / 1296 for each in full if wired.field(each) == 3]
    assert min(spatial) == 192 / 1296  # a tenth is out of reach


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("layers", 2), ("layers", 4), ("field", 5), ("field", 1), ("share", 0.148), ("groups", 4)],
)
def test_each_condition_of_a_goal_counts(in_node, name, wrong) -> None:
    goal = {"id": "a", "text": "b", "kind": "all_see_all"}
    goal |= {"layers": 3, "field": 3, "share": 0.15, "groups": 3}
    call = ["judge", judged(12, UNIT), [goal]]
    assert in_node("channel_wiring", [call])[0]["reached"] == ["a"]
    call = ["judge", judged(12, UNIT), [goal | {name: wrong}]]
    assert in_node("channel_wiring", [call])[0]["reached"] == []
    cut = [UNIT[0], UNIT[1] | {"shuffle": False}, UNIT[2]]
    assert in_node("channel_wiring", [["judge", judged(12, cut), [goal]]])[0]["reached"] == []


# ---- traits


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"channels": 10}, "channels must be one of 4, 6, 8, 12, got 10"),
        ({"channels": 8, "layers": [layer(3, 3)]}, "groups must divide 8 channels, got 3"),
        ({"layers": []}, "layers wants 1 to 3 layers, got 0"),
        ({"layers": [layer(3, 1)] * 4}, "layers wants 1 to 3 layers, got 4"),
        ({"layers": 3}, "layers wants a list of dicts"),
        ({"layers": [(3, 1)]}, "layer 1 wants the keys kernel_size, groups"),
        ({"layers": [{"kernel_size": 3}]}, "layer 1 wants the keys"),
        ({"layers": [layer(3, 1) | {"stride": 2}]}, "layer 1 wants the keys"),
        ({"layers": [layer(5, 1)]}, "layer 1: kernel_size must be 1 or 3, got 5"),
        ({"layers": [layer(3, 1), layer(3, 5)]}, "layer 2: groups must divide 12"),
        ({"layers": [layer(3, 0)]}, "groups must divide 12 channels, got 0"),
        ({"layers": [layer(3, 1), layer(3, 1, 1)]}, "layer 2: shuffle must be True or False"),
        ({"layers": [layer(3, 1, True)]}, "layer 1 has no layer before it"),
        ({"size": 0}, "size must be 1 to 512, got 0"),
        ({"selected": 12}, "selected must be -1 (none) to 11, got 12"),
        ({"goals": [{"id": "a", "text": "b", "kind": "c"}]}, "goal 0 wants the keys"),
        ({"goals": [GOALS[0] | {"share": 0}]}, "share must be a number above 0, got 0"),
    ],
)
def test_bad_traits_are_refused_with_their_numbers(traits, words) -> None:
    with pytest.raises(TraitError) as error:
        ChannelWiring(**traits)
    assert words in str(error.value)
    if len(traits) == 1:
        widget = ChannelWiring()
        with pytest.raises(TraitError):
            widget.set_trait(*next(iter(traits.items())))
        assert widget.parameters() == 1296


def test_several_traits_at_once() -> None:
    widget = ChannelWiring(layers=[{"kernel_size": 1, "groups": 12}], selected=11)
    assert widget.layers == [layer(1, 12)]  # the key that was left out is filled in
    with pytest.raises(TraitError) as error:
        widget.channels = 8
    assert "groups must divide 8 channels, got 12" in str(error.value)
    with widget.hold_trait_notifications():
        widget.layers = [layer(3, 4)]
        widget.channels = 8
    assert widget.selected == 7
    assert widget.reach().sum() == 16


def test_stand_in_says_what_is_shown() -> None:
    text = ChannelWiring(layers=UNIT, selected=4).static_html()
    assert "12 channels, 3 layers: 1x1, 3 groups of 4, then shuffle, 3x3, 12 groups (dep" in text
    assert "Receptive field 3 x 3, 192 weights, 14.8 % of the MACs of one dense 3x3." in text
    assert "Output 5 (bold lines) sees 12 of 12 inputs." in text
    assert text.count("<path") == 48 + 12 + 12 + 36
    assert text.count('stroke-opacity="1"') == 12 + 3 + 3 + 3  # the lines of output 5
    cut = ChannelWiring(layers=[layer(3, 3), layer(3, 3)], selected=11).static_html()
    assert "sees 4 of 12 inputs" in cut
    assert cut.count('fill-opacity="1"') == 4 + 4 + 1
    assert "bold" not in ChannelWiring(selected=-1).static_html()
    assert "one layer: 3x3, 1 group (dense)." in ChannelWiring(concealed=True).static_html()
    assert "<svg" not in ChannelWiring(concealed=True).static_html()


# ---- behaviour, in a browser


def told(page) -> str:
    return " ".join(page.locator(".cnnbook-wiring-route").inner_text().split())


def fact(page, name: str) -> str:
    return page.locator(f"[data-fact={name}] dd").inner_text()


def card(page, index: int):
    return page.get_by_role("group", name=f"Layer {index}", exact=True)


def lit_inputs(page) -> list[int]:
    nodes = page.locator(".cnnbook-wiring-node[data-role=input][data-lit]")
    return [int(text) for text in nodes.all_inner_texts()]


def lines(page, kind: str) -> int:
    paths = page.locator(f".cnnbook-wiring-{kind}")
    return sum(
        d.count("M") for d in paths.evaluate_all("(all) => all.map((p) => p.getAttribute('d'))")
    )


def agrees(page) -> None:
    """Counts, lines, matrix and each output's inputs are those of Python's widget."""
    widget = ChannelWiring(**{name: trait(page, name) for name in ("channels", "layers", "size")})
    reach = widget.reach()
    counts = [int(text) for text in page.locator(".cnnbook-wiring-count").all_inner_texts()]
    assert counts == reach.sum(1).tolist()
    shuffles = sum(each["shuffle"] for each in widget.layers)
    masks = sum(int(widget.mask(i).sum()) for i in range(len(widget.layers)))
    assert lines(page, "base") == masks + shuffles * widget.channels
    assert fact(page, "parameters") == f"{widget.parameters():,}"
    assert fact(page, "macs") == f"{widget.macs():,}"
    assert float(fact(page, "share").split()[0]) == round(100 * widget.share(), 1)
    assert fact(page, "field") == f"{widget.receptive_field()} × {widget.receptive_field()}"
    assert fact(page, "full") == f"{int(reach.all(1).sum())} of {widget.channels}"
    cells = page.locator(".cnnbook-wiring-matrix[data-kind=whole] path").first.get_attribute("d")
    assert cells.count("M") == reach.sum()
    selected = trait(page, "selected")
    if selected >= 0:
        assert lit_inputs(page) == (np.flatnonzero(reach[selected]) + 1).tolist()
        said = int(reach[selected].sum())
        words = f"all {said} inputs" if said == len(reach) else f"{said} of {len(reach)} inputs"
        assert told(page).startswith(f"Output {selected + 1} sees {words}")


def test_random_stacks_are_drawn_as_python_counts_them(show) -> None:
    rng = np.random.default_rng(0)
    page = show(ChannelWiring())
    for _ in range(12):
        channels, layers = random_stack(rng)
        values = {"selected": -1, "layers": [layer(3, 1)], "channels": channels}
        for name, value in (values | {"selected": int(rng.integers(channels))}).items():
            page.evaluate("([name, value]) => model.set(name, value)", [name, value])
        page.evaluate("(value) => model.set('layers', value)", layers)
        agrees(page)


def test_a_cone_s_lines_only(show) -> None:
    page = show(ChannelWiring(layers=UNIT, selected=4))
    assert lines(page, "lit") == 12 + 3 + 3 + 3
    assert lit_inputs(page) == list(range(1, 13))
    page.get_by_role("button", name="input 2", exact=True).hover()
    assert told(page).startswith(
        "Input 2 is seen by all 12 outputs. From here a line leads to every"
    )
    assert lines(page, "lit") == 4 + 4 + 4 + 12
    page.get_by_role("button", name="channel 6 of layer 1").hover()
    assert (
        told(page)
        == "Channel 6 of layer 1 sees 4 of 12 inputs: 5–8. It is seen by 3 of 12 outputs: 4–6."
    )
    page.get_by_role("group", name="Layer 1").hover()
    assert told(page).startswith("Output 5 sees all 12 inputs")


def test_an_output_is_chosen_and_left(show) -> None:
    page = show(ChannelWiring(layers=[layer(3, 3)]))
    button = page.get_by_role("button", name="output 9, sees 4 of 12 inputs")
    button.click()
    assert trait(page, "selected") == 8
    assert button.get_attribute("aria-pressed") == "true"
    assert lit_inputs(page) == [9, 10, 11, 12]
    assert told(page) == (
        "Output 9 sees 4 of 12 inputs: 9–12. Nothing that changes in inputs 1–8 can change it,"
        " whatever the weights are."
    )
    assert page.locator("p.cnnbook-heard").inner_text().startswith("Output 9 sees 4 of 12")
    button.click()
    assert trait(page, "selected") == -1
    page.mouse.move(1, 1)
    assert told(page).startswith("No channel is chosen.")
    assert page.locator("[data-lit]").count() == 0


def test_walking_by_keyboard_keeps_one_tab_stop(show) -> None:
    page = show(ChannelWiring(layers=MIXED))
    page.get_by_role("button", name="output 1, sees").focus()
    for key, name, selected in (
        ("ArrowDown", "output 2, sees", 1),
        ("End", "output 12, sees", 11),
        ("ArrowDown", "output 12, sees", 11),
        ("ArrowLeft", "channel 12 of layer 1", 11),  # over the shuffled places
        ("ArrowUp", "channel 11 of layer 1", 11),
        ("ArrowLeft", "input 11", 11),
        ("ArrowLeft", "input 11", 11),
        ("Home", "input 1", 11),
        ("ArrowRight", "channel 1 of layer 1", 11),
        ("ArrowRight", "output 1, sees", 0),
        ("ArrowLeft", "channel 1 of layer 1", 0),
        ("ArrowRight", "output 1, sees", 0),  # to walk back to it is not to press it again
    ):
        page.keyboard.press(key)
        expect(page.get_by_role("button", name=name).first).to_be_focused()
        assert trait(page, "selected") == selected
    page.keyboard.press("ArrowLeft")
    assert told(page).startswith("Channel 1 of layer 1 sees 4 of 12 inputs: 1–4.")
    assert page.locator(".cnnbook-wiring-stage [tabindex='0']").count() == 1
    page.keyboard.press("Tab")
    assert told(page).startswith("Output 1 sees all 12 inputs")


def test_layers_are_added_changed_and_removed(show) -> None:
    page = show(ChannelWiring())
    page.get_by_role("button", name="Add layer 2").press("Enter")
    expect(card(page, 2).get_by_label("Kernel")).to_be_focused()
    assert trait(page, "layers") == [layer(3, 1)] * 2
    agrees(page)
    card(page, 2).get_by_label("Kernel").select_option("1x1")
    card(page, 2).get_by_label("Groups").fill("5")
    card(page, 1).get_by_label("Groups").fill("2")
    card(page, 2).get_by_label("Shuffle before it").check()
    assert trait(page, "layers") == [layer(3, 3), layer(1, 12, True)]
    agrees(page)
    assert "Layer 2: depthwise 1x1" in card(page, 2).inner_text()
    assert "12·12 / 12 = 12 weights" in card(page, 2).inner_text()
    assert "deals out the 3 groups" in card(page, 2).inner_text()
    page.get_by_role("button", name="Add layer 3").click()
    assert page.get_by_role("button", name="Remove layer 2").count() == 0
    assert "12 groups: nothing moves" in card(page, 3).inner_text()
    agrees(page)
    page.get_by_role("button", name="Remove layer 3").click()
    expect(page.get_by_role("button", name="Add layer 3")).to_be_focused()
    assert len(trait(page, "layers")) == 2
    page.get_by_label("Channels", exact=True).select_option("8")
    assert trait(page, "layers") == [layer(3, 2), layer(1, 8, True)]
    agrees(page)
    page.get_by_role("button", name="Start again").click()
    assert (trait(page, "channels"), trait(page, "layers")) == (12, [layer(3, 1)])
    agrees(page)


def test_torch_code_makes_the_same_stack(show) -> None:
    page = show(ChannelWiring(layers=UNIT))
    page.get_by_text("The same stack in torch").click()
    made = eval(page.locator("pre").inner_text(), {"nn": nn})
    assert str(made) == str(in_torch(12, UNIT))


def test_concealed_covers_lines_and_numbers_and_earns_nothing(show) -> None:
    page = show(ChannelWiring(layers=[layer(3, 3), layer(1, 3)]), concealed=True)
    expect(page.get_by_text("The lines are covered until you have answered.")).to_be_visible()
    for part in (".cnnbook-wiring-wires", ".cnnbook-wiring-cells >> nth=0"):
        expect(page.locator(part)).to_be_hidden()
    assert set(page.locator(".cnnbook-wiring-count, [data-fact] dd").all_inner_texts()) == {"?"}
    page.get_by_role("button", name="output 3", exact=True).hover()
    assert told(page) == "Covered until you have answered."
    assert page.locator("[data-lit]").count() == 0
    card(page, 2).get_by_label("Shuffle before it").check()
    assert trait(page, "reached") == []
    page.evaluate("model.set('concealed', false)")
    expect(page.locator(".cnnbook-wiring-cover")).to_be_hidden()
    agrees(page)


def test_goals_are_open_at_the_start_and_each_is_reached(show) -> None:
    page = show(ChannelWiring())
    done = page.locator(".cnnbook-goals [data-done=true]")
    assert done.count() == 0
    page.get_by_role("button", name="Add layer 2").click()
    card(page, 2).get_by_label("Kernel").select_option("1x1")
    assert trait(page, "reached") == []
    card(page, 1).get_by_label("Groups").fill("5")
    assert trait(page, "reached") == ["separate"]
    card(page, 1).get_by_label("Groups").fill("2")
    card(page, 2).get_by_label("Groups").fill("3")
    assert trait(page, "reached") == ["separate"]
    card(page, 2).get_by_label("Shuffle before it").check()
    assert trait(page, "reached") == ["separate", "mixed"]
    card(page, 1).get_by_label("Kernel").select_option("1x1")
    page.get_by_role("button", name="Add layer 3").click()
    assert trait(page, "reached") == ["separate", "mixed"]
    card(page, 3).get_by_label("Groups").fill("5")
    assert trait(page, "reached") == ["separate", "mixed", "sixth"]
    page.get_by_role("button", name="Start again").click()
    assert done.count() == 3


def test_where_the_widget_starts_earns_nothing(show) -> None:
    page = show(ChannelWiring(layers=SEPARABLE))
    page.get_by_role("button", name="output 3, sees").click()
    assert page.locator(".cnnbook-goals [data-done=true]").count() == 0
    assert trait(page, "reached") == []
    card(page, 2).get_by_label("Shuffle before it").check()  # it 12 groups: nothing moves
    assert trait(page, "reached") == ["separate"]


def test_what_python_sets_is_drawn_and_never_saved(show) -> None:
    changes = {
        "selected": 7,
        "size": 14,
        "layers": MIXED,
        "channels": 6,  # groups 3 and 4: the second does not divide, the start is used
        "concealed": True,
        "goals": GOALS[:1],
        "reached": ["separate"],
    }
    draws_what_python_sets(show(ChannelWiring()), changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"channels": 5}, "channels cannot be 5; 12 is used."),
        ({"layers": [{"kernel_size": 3}]}, 'layers cannot be [{"kernel_size":3}]'),
        ({"layers": None, "size": "a"}, 'size cannot be "a"; 28 is used.'),
        ({"layers": [layer(3, 1, True)]}, "layers cannot be"),
        ({"selected": 99, "goals": {"a": 1}, "reached": None}, ""),
        ({"goals": [{"id": "a", "text": "b", "kind": "toString"}]}, ""),
    ],
)
def test_damaged_state_is_told_and_survived(show, changes, words) -> None:
    page = show(ChannelWiring(), **changes)
    assert words in page.locator(".cnnbook-message").inner_text()
    page.get_by_role("button", name="output 2, sees").click()
    assert trait(page, "selected") == 1
    card(page, 1).get_by_label("Kernel").select_option("1x1")
    assert trait(page, "layers") == [layer(1, 1)]


def test_width_is_followed_until_cleaned_up(show) -> None:
    page = show(ChannelWiring(layers=UNIT))
    stage = "document.querySelector('.cnnbook-wiring-stage').dataset.vertical"
    assert page.evaluate(stage) == "false"
    page.set_viewport_size({"width": 390, "height": 900})
    page.wait_for_timeout(100)
    assert page.evaluate(stage) == "true"
    agrees(page)
    page.get_by_role("button", name="output 1, sees").focus()
    page.keyboard.press("ArrowRight")  # along the outputs, which now stand in a row
    assert trait(page, "selected") == 1
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("button", name="channel 2 of layer 2")).to_be_focused()
    page.evaluate("cleanup()")
    assert page.evaluate("listening()") == 0
    page.set_viewport_size({"width": 1000, "height": 900})
    page.wait_for_timeout(100)
    assert page.evaluate(stage) == "true"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 390])
def test_axe_finds_nothing(show, theme, width) -> None:
    stack = [layer(3, 4), layer(1, 3, True), layer(1, 4, True)]
    page = show(ChannelWiring(layers=stack, selected=1), width, theme)
    page.get_by_text("The same stack in torch").click()
    for hover in ("output 2", "input 3"):
        page.get_by_role("button", name=hover).first.hover()
        suits_everybody(page)
    small = page.evaluate(
        "[...document.querySelectorAll('main *')].filter((e) => e.childNodes.length"
        " && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))"
        ".map((e) => parseFloat(getComputedStyle(e).fontSize)).filter((s) => s < 12).length"
    )
    assert small == 0
    faces = page.locator(".cnnbook-wiring-face p")
    assert faces.evaluate_all("(all) => all.every((p) => p.scrollWidth <= p.clientWidth)")
    outside = page.evaluate(
        """() => [...document.querySelectorAll('.cnnbook-wiring-stage > *')].filter((e) => {
          const [a, b] = [e.getBoundingClientRect(), e.parentNode.getBoundingClientRect()];
          return a.width && (a.right > b.right + 1 || a.bottom > b.bottom + 1 || a.left < b.left - 3 || a.top < b.top - 3);
        }).map((e) => e.className + e.textContent)"""
    )
    assert outside == []


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("width", [720, 390])  # 720: as wide as in the built page
def test_labels_do_not_overlap(show, channels, width) -> None:
    stack = [layer(3, channels), layer(1, 2, True), layer(3, channels, True)]
    page = show(ChannelWiring(channels=channels, layers=stack), width)
    boxes = page.evaluate(
        """() => [...document.querySelectorAll('.cnnbook-wiring-stage > :is(p, button, span)')]
          .concat([...document.querySelectorAll('.cnnbook-wiring-card :is(.cnnbook-wiring-away, select)')])
          .map((e) => [e.textContent, e.getBoundingClientRect()])
          .concat([...document.querySelectorAll('.cnnbook-wiring-layer > span')].map((e) => [e.textContent, e.getBoundingClientRect()]))
          .filter(([, b]) => b.width)
          .map(([t, b]) => [t, b.left, b.top, b.right, b.bottom])"""
    )
    for i, (text, *a) in enumerate(boxes):
        for other, *b in boxes[:i]:
            apart = a[0] >= b[2] - 1 or b[0] >= a[2] - 1 or a[1] >= b[3] - 1 or b[1] >= a[3] - 1
            assert apart, (text, other)


@pytest.mark.parametrize("width", [1000, 390])
def test_nothing_below_moves_while_a_reader_works(show, width) -> None:
    page = show(ChannelWiring(layers=[layer(3, 1)] * 2), width)
    heights = set()

    def measure() -> None:
        heights.add(page.locator(".cnnbook-wiring-stage").evaluate("(e) => e.offsetTop"))
        heights.add(-page.locator(".cnnbook-goalbox").evaluate("(e) => e.offsetTop"))

    measure()
    for groups in ("5", "2"):
        for index in (1, 2):
            card(page, index).get_by_label("Groups").fill(groups)
            measure()
    for name in ("output 12", "input 5", "channel 7 of layer 1"):
        page.get_by_role("button", name=name).first.hover()
        measure()
    card(page, 2).get_by_label("Kernel").select_option("1x1")
    measure()
    page.evaluate("model.set('concealed', true)")
    measure()
    page.evaluate("model.set('concealed', false)")
    if width == 1000:  # on a phone the stack runs downward, and grows with its layers
        card(page, 2).get_by_label("Shuffle before it").check()
        measure()
        page.get_by_role("button", name="Add layer 3").click()
        measure()
        card(page, 3).get_by_label("Shuffle before it").check()
        measure()
        page.get_by_label("Channels", exact=True).select_option("4")
        measure()
        for index in (3, 2):
            page.get_by_role("button", name=f"Remove layer {index}").click()
            measure()
    assert len(heights) == 2
