"""The architecture explorer: traits, its table against the ledger of every network, its JavaScript."""

import json
from itertools import pairwise
from math import prod

import pytest
from promises import suits_everybody
from torch import nn
from traitlets import TraitError

from cnnbook.experiments.architectures import LISTED, built
from cnnbook.models.catalogue import MODELS, REDUCED
from cnnbook.summary import ledger
from cnnbook.summary.architectures import tabulate
from cnnbook.summary.flow import flow
from cnnbook.widgets import ArchitectureExplorer
from cnnbook.widgets.arch_goals import GOALS
from cnnbook.widgets.architectures import FILE, count, table

NAMES = list(table()["networks"])
BY_NAME = {model.name: model for model in LISTED}


@pytest.fixture(scope="module")
def in_page(in_node) -> dict:
    """Every network as the page reads it."""
    return dict(
        zip(NAMES, in_node("architecture_explorer", [["network", n] for n in NAMES]), strict=True)
    )


# ---- every network against its ledger


def test_every_model_is_there() -> None:
    wanted = [model.name for model in MODELS] + [builder.__name__ for builder in REDUCED]
    assert wanted == NAMES
    assert len(NAMES) >= 70
    assert len(FILE.read_bytes()) < 500_000


def no_more(rows, reads) -> list[int]:
    """The rows that the page shows: all but the Identities that nothing reads."""
    read = {source for sources in reads for source in sources}
    return [i for i, row in enumerate(rows) if row.kind != "Identity" or i in read]


@pytest.mark.parametrize("name", NAMES)
def test_the_page_shows_the_ledger(in_page, name) -> None:
    network, shown = built(BY_NAME[name]), in_page[name]
    drawn = ledger(network.module, network.shape)
    total = drawn.total
    assert shown["total"] == {
        key: getattr(total, key) for key in ("parameters", "macs", "saved", "alive")
    }
    rows = [row for row in drawn.rows if row.name != "(never used)"]
    shown_rows = [row for block in shown["blocks"] for row in block["rows"]]
    kept = no_more(rows, flow(network.module, network.shape))
    assert sorted(map(facts_of_page, shown_rows)) == sorted(facts(rows[i]) for i in kept)
    assert sum(row.parameters for row in drawn.rows) - shown["unused"] == sum(
        block["parameters"] for block in shown["blocks"]
    )
    for key in ("macs", "saved"):
        assert sum(block[key] for block in shown["blocks"]) == getattr(total, key)
    assert max(block["alive"] for block in shown["blocks"]) == total.alive
    for block in shown["blocks"]:  # as maps or flattened: the same numbers
        assert prod(block["shape"]) == prod(block["rows"][-1]["output"])


def facts(row) -> str:
    field = None if not row.field or "all" in row.field else list(row.field)
    output = list(max(row.outputs, key=len)[1:])
    return json.dumps([row.kind, output, row.parameters, row.macs, row.saved, field])


def facts_of_page(row) -> str:
    return json.dumps([row[k] for k in ("kind", "output", "parameters", "macs", "saved", "field")])


def spelled_out(drawn: dict, name: str) -> list[dict]:
    """The blocks of a network, each with what stands in the table only once."""
    blocks = []
    for place in range(count(drawn["networks"][name])):
        block = {key: column[place] for key, column in drawn["networks"][name]["blocks"].items()}
        rows = {f"rows {key}": column[block["inside"]] for key, column in drawn["insides"].items()}
        blocks.append({**block, **rows, "inside": 0, "code": drawn["codes"][block["code"]]})
    return blocks


@pytest.mark.parametrize("name", NAMES[::5])
def test_the_committed_table_is_what_the_package_draws_up(name) -> None:
    network = built(BY_NAME[name])
    assert spelled_out(table(), name) == spelled_out(tabulate([network]), name)


def test_the_lines_of_code_are_those_of_the_package() -> None:
    for place, text in table()["codes"]:
        if text:
            assert place.startswith("models/"), place
            assert text.startswith(("class ", "def ")), place


def test_published_counts() -> None:
    """Counts by papers and libraries: 11,689,512 / 21,797,672 / 25,557,032 and so on."""
    exact = {model.name: model.published for model in MODELS if model.published.count(",")}
    assert len(exact) > 30
    for name, published in exact.items():
        entry = table()["networks"][name]
        assert entry["total"][0] == int(published.replace(",", ""))


# ---- JavaScript


def test_every_block_is_under_the_pointer_once(in_node, in_page) -> None:
    cases = [
        (name, width)
        for name in ("lenet5", "resnet152", "densenet201", "unet")
        for width in (330, 720)
    ]
    calls = [
        ["layOut", in_page[n], [0, len(in_page[n]["blocks"])], width, 224] for n, width in cases
    ]
    for (name, width), boxes in zip(cases, in_node("architecture_explorer", calls), strict=True):
        blocks = [box for box in boxes if box["index"] >= 0]
        assert [box["index"] for box in blocks] == list(range(len(in_page[name]["blocks"])))
        assert boxes[0]["x"] >= 0
        assert boxes[-1]["x"] + boxes[-1]["w"] <= width
        assert all(a["x"] + a["w"] < b["x"] + 1e-9 for a, b in pairwise(boxes))
        # to scale: width by the root of the channels, height by the root of the side
        shapes = [block["shape"] for block in in_page[name]["blocks"]]
        for box, shape in zip(blocks, shapes, strict=True):
            assert box["w"] / blocks[0]["w"] == pytest.approx((shape[0] / shapes[0][0]) ** 0.5)
            height = 104 * (max(shape[1:], default=1) / 224) ** 0.5
            assert box["h"] == pytest.approx(max(3, height))
        found = in_node(
            "architecture_explorer",
            [
                ["blockAt", boxes, x]
                for box in blocks
                for x in (box["x"] + 0.01, box["x"] + box["w"])
            ],
        )
        assert found == [box["index"] for box in blocks for _ in range(2)]
        ends = in_node("architecture_explorer", [["blockAt", boxes, x] for x in (-9, width + 9)])
        assert ends == [0, len(blocks) - 1]


def test_lanes_keep_branches_apart(in_node, in_page) -> None:
    chain, shortcut, fork = (
        [[-1], [0], [1]],
        [[-1], [0], [-1], [1, 2]],
        [[-1], [-1], [1], [-1], [0, 2, 3]],
    )
    found = in_node(
        "architecture_explorer", [["lanesOf", reads] for reads in (chain, shortcut, fork)]
    )
    assert found[0]["lanes"] == [0, 0, 0, 0]
    assert found[1]["lanes"] == [0, 1, 1, 0, 0]
    assert found[2]["lanes"] == [0, 1, 2, 2, 0, 0]
    blocks = [b for name in NAMES for b in in_page[name]["blocks"]]
    some = blocks[:: max(1, len(blocks) // 300)]
    laid = in_node(
        "architecture_explorer", [["lanesOf", [r["reads"] for r in b["rows"]]] for b in some]
    )
    for block, result in zip(some, laid, strict=True):
        runs = {}  # lane -> the stretches that results hold it
        for source, reader in result["edges"]:
            lane, last = result["lanes"][source], runs.get(("end", source), source)
            runs[("end", source)] = max(last, reader)
            runs[("lane", source)] = lane
        held = [(runs[("lane", s)], s, e) for (k, s), e in runs.items() if k == "end"]
        for lane, start, end in held:
            for other, begin, stop in held:
                assert lane != other or start == begin or end <= begin or stop <= start, block[
                    "name"
                ]


def test_the_address_keeps_the_choice(in_node) -> None:
    states = [
        {"network": "resnet152", "block": 17},
        {
            "network": "vgg16(batch_norm=True)",
            "block": 3,
            "beside": "unet(same=True, size=576)",
            "beside_block": 30,
            "side": "beside",
            "zoom": True,
        },
        {"network": "lenet5"},
    ]
    calls = [["addressOf", ArchitectureExplorer(**s).get_state()] for s in states]
    written = in_node("architecture_explorer", calls)
    assert written[0] == "#explorer=resnet152&block=17"
    for state, found in zip(
        states, in_node("architecture_explorer", [["address", w] for w in written]), strict=True
    ):
        whole = {
            "network": "",
            "beside": "",
            "block": 0,
            "beside_block": 0,
            "side": "network",
            "zoom": False,
        }
        assert found == whole | state


HOSTILE = [
    "",
    "#",
    "#a-heading",
    "#%",
    "#explorer=%E0%A4%A",
    "#explorer=<img src=x onerror=alert(1)>",
    "#explorer=__proto__",
    "#explorer=constructor&block=1",
    "#explorer=resnet18&beside=toString",
    "#explorer=resnet18&beside=%3Cscript%3E",
]


def test_an_address_that_is_wrong_changes_nothing(in_node) -> None:
    assert in_node("architecture_explorer", [["address", hash_] for hash_ in HOSTILE]) == [
        None
    ] * len(HOSTILE)
    wild = ["-1", "1e3", "99999", "12", "1.5", "NaN", "0x1", " 1", "<b>"]
    calls = [
        ["address", f"#explorer=resnet18&block={block}&side=beside&zoom=yes"] for block in wild
    ]
    for found in in_node("architecture_explorer", calls):
        assert found == {
            "network": "resnet18",
            "beside": "",
            "block": 0,
            "beside_block": 0,
            "side": "network",
            "zoom": False,
        }


def picks(name: str, wanted) -> list[int]:
    blocks = range(len(table()["networks"][name]["blocks"]["name"]))
    return [i for i in blocks if wanted(i)]


def test_goals(in_node, in_page) -> None:
    def reached(**state):
        start = {
            "network": "resnet50",
            "beside": "",
            "block": 0,
            "beside_block": 0,
            "side": "network",
        }
        return in_node("architecture_explorer", [["judge", {**start, **state}, GOALS]])[0]

    assert reached() == []
    assert reached(network="vgg16", block=18) == ["half"]
    assert reached(network="vgg16", block=19) == []
    assert reached(
        network="vgg16",
        beside="alexnet",
        beside_block=len(in_page["alexnet"]["blocks"]) - 3,
        side="beside",
    ) == ["half"]
    field = [block["field"] for block in in_page["resnet50"]["blocks"]]
    first = next(i for i, size in enumerate(field) if size is None or min(size) > 224)
    assert reached(block=first) == ["field"]
    assert reached(block=first - 1) == []
    assert reached(block=first + 1) == []
    assert reached(network="resnet101", block=first) == []
    assert reached(block=2) == ["shortcut"]
    assert reached(block=3) == []
    assert reached(network="resnet152", beside="alexnet_one_tower") == ["pair"]
    assert reached(network="resnet152", beside="resnet152") == []
    assert reached(network="resnet50", beside="resnext50") == []
    assert reached(network="lenet5", beside="unet") == []


def test_state_that_is_wrong_is_survived(show) -> None:
    page = show(
        ArchitectureExplorer(),
        network="<b>nothing</b>",
        beside=7,
        block=-3,
        side="x",
        zoom="y",
        goals=[1, {"kind": "constructor", "id": "a", "text": "b"}],
        own={"networks": 3},
        choices=5,
        reached=0,
    )
    assert 'network was "<b>nothing</b>"' in page.locator(".cnnbook-message").inner_text()
    assert page.locator(".cnnbook-arch-strip").first.get_attribute("aria-valuemax") == "20"


# ---- traits


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"network": "resnet51"}, r"network: no network 'resnet51'; there are lenet5, alexnet"),
        ({"network": ""}, r"network: no network ''"),
        ({"beside": "x"}, r"beside: no network 'x'"),
        ({"network": "resnet18", "block": 12}, r"block must be 0 to 11 in resnet18, got 12"),
        ({"block": -1}, r"block must be 0 to 19 in resnet50, got -1"),
        ({"beside_block": 1}, r"beside_block must be 0 to 0 in , got 1"),
        ({"side": "left"}, r"side must be 'network' or 'beside', got 'left'"),
        ({"side": "beside"}, r"beside names no network"),
        ({"choices": ["resnet18", "y"]}, r"choices: no network 'y'"),
        ({"own": {"networks": {}}}, r"own wants a table"),
        ({"goals": [{"id": "a", "text": "b"}]}, r"goal 0 wants the keys"),
        ({"goals": [{"id": "a", "text": "b", "kind": "pair", "near": 1}]}, r"pair: apart, near"),
        ({"goals": [3]}, r"goal 0 wants .*got 3"),
        ({"zoom": "yes"}, r"zoom"),
        ({"block": 1.5}, r"block"),
    ],
)
def test_bad_traits_are_refused(traits, message) -> None:
    with pytest.raises(TraitError, match=message):
        ArchitectureExplorer(**traits)


def test_another_network_starts_at_a_block_it_has() -> None:
    widget = ArchitectureExplorer(
        network="resnet152", block=50, beside="vgg19", beside_block=20, side="beside"
    )
    widget.network = "resnet18"
    assert widget.block == 0
    widget.beside = "lenet5"
    assert (widget.beside_block, widget.side) == (0, "beside")
    widget.beside = ""
    assert widget.side == "network"
    with pytest.raises(TraitError):
        widget.block = 12


def test_a_network_of_the_readers_own(show) -> None:
    module = nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 9, 5)
    )
    widget = ArchitectureExplorer(module, (1, 1, 7, 7), beside="lenet5")
    assert (widget.network, table()["networks"].get("yours")) == ("yours", None)
    page = show(widget)
    assert page.locator("[data-total=parameters] td").first.inner_text() == "445"
    assert page.get_by_label("Network", exact=True).input_value() == "yours"
    with pytest.raises(ValueError, match="wants the shape of its input"):
        ArchitectureExplorer(module)
    with pytest.raises(RuntimeError, match="Linear"):
        ArchitectureExplorer(module, (1, 1, 9, 9))
    text = widget.static_html()
    assert "445 parameters" in text
    assert "lenet5" in text


def test_on_paper_it_says_what_it_shows() -> None:
    text = ArchitectureExplorer(network="resnet18", block=1).static_html()
    assert "11,689,512 parameters" in text
    assert "block 2, stem.3 (MaxPool2d), which hands on 64 × 56 × 56" in text
    assert text.count("<rect") == 13


# ---- on a page


def test_python_moves_the_page(show) -> None:
    page = show(ArchitectureExplorer(network="resnet18", block=3))
    strip = page.locator(".cnnbook-arch-strip").first
    assert strip.get_attribute("aria-valuenow") == "4"
    page.evaluate("model.set('block', 5)")
    assert strip.get_attribute("aria-valuenow") == "6"
    page.evaluate("model.set('network', 'lenet5')")
    assert strip.get_attribute("aria-valuemax") == "7"
    page.evaluate("model.set('own', {insides: {}})")
    assert page.evaluate("saves.length") == 0
    page.evaluate("cleanup()")
    assert page.evaluate("listening()") == 0


def test_it_saves_what_is_picked(show) -> None:
    page = show(ArchitectureExplorer(network="resnet18", beside="vgg16"))
    strip = page.locator(".cnnbook-arch-strip").nth(1)
    strip.focus()
    strip.press("End")
    assert page.evaluate("[state.beside_block, state.side, state.block]") == [20, "beside", 0]
    assert page.evaluate("saves.length") == 1


def test_names_of_a_reader_are_text(show) -> None:
    module = nn.Sequential(nn.Linear(2, 3))
    name = "<img src=x onerror=\"document.title='broken'\">"
    page = show(ArchitectureExplorer(module, (1, 2), name=name))
    page.wait_for_timeout(100)
    assert page.title() != "broken"
    assert page.locator(".cnnbook-arch img").count() == 0
    assert name in page.locator(".cnnbook-arch-name").first.inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 390])
def test_it_is_accessible(show, theme, width) -> None:
    page = show(
        ArchitectureExplorer(network="googlenet", block=6, beside="unet"), width=width, theme=theme
    )
    page.evaluate("document.querySelector('details').open = true")
    suits_everybody(page)
