import json
import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from traitlets import TraitError

from cnnbook.reference import conv2d
from cnnbook.shapes import output_size, readers, window
from cnnbook.widgets import ConvExplorer
from cnnbook.widgets.samples import KERNELS, LETTER, RAMP_AND_STEP

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
SETTINGS = [
    {},
    {"stride": 2, "padding": 1, "dilation": 2, "flip": True},
    {"image_name": "ramp and step", "kernel": [[1, -2], [0.5, 3], [0, 7]], "padding": 2},
    {"image_name": "photograph", "kernel": (np.arange(25).reshape(5, 5) - 9).tolist()},
    {"image_name": "ramp and step", "kernel": [[1] * 7] * 6, "padding": 3, "stride": 3},
]


# ---- arithmetic, against cnnbook.reference and cnnbook.shapes


def random_cases(count: int) -> list[tuple]:
    """Draw images, kernels and steps with every axis of its own size, all of which fit."""
    rng = np.random.default_rng(11)
    cases = []
    while len(cases) < count:
        stride, dilation = rng.integers(1, 5, 2).tolist(), rng.integers(1, 4, 2).tolist()
        padding = rng.integers(0, 5, 2).tolist()
        kernel = rng.normal(size=rng.integers(1, 8, 2)) * 3
        image = rng.normal(size=rng.integers(1, 17, 2)) * 100
        spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel.shape, strict=True)]
        room = [n + 2 * p for n, p in zip(image.shape, padding, strict=True)]
        if all(s <= r for s, r in zip(spans, room, strict=True)):
            cases.append((image, kernel, stride, padding, dilation))
    return cases


def options(stride: list, padding: list, dilation: list) -> dict:
    return {"stride": stride, "padding": padding, "dilation": dilation}


def test_convolve_equals_the_reference_on_1500_random_configurations(in_node) -> None:
    cases = random_cases(1500)
    assert {tuple(stride) for _, _, stride, _, _ in cases} >= {(1, 2), (2, 1), (3, 4), (4, 4)}
    assert {kernel.shape for _, kernel, *_ in cases} >= {(1, 1), (2, 3), (3, 2), (4, 4)}
    calls = [
        ["convolve", image.tolist(), kernel.tolist(), options(*steps)]
        for image, kernel, *steps in cases
    ]
    worst = 0.0
    for (image, kernel, *steps), found in zip(cases, in_node("convolve", calls), strict=True):
        stride, padding, dilation = map(tuple, steps)
        y, _ = conv2d(image[None, None], kernel[None, None], None, stride, padding, dilation)
        assert np.shape(found) == y.shape[2:]
        worst = max(worst, float(np.abs(np.asarray(found) - y[0, 0]).max()))
    assert worst <= 1e-9


def test_the_explorer_exports_the_same_arithmetic(in_node) -> None:
    calls = [["convolve", LETTER, KERNELS["emboss"], {"stride": [2, 1]}]]
    y, _ = conv2d(np.array([[LETTER]]), np.array([[KERNELS["emboss"]]]), stride=(2, 1))
    np.testing.assert_allclose(in_node("conv_explorer", calls)[0], y[0, 0], atol=1e-12)


def test_output_size_is_0_where_python_refuses(in_node) -> None:
    grid = [
        (n, k, s, p, d)
        for n in range(1, 9)
        for k in range(1, 6)
        for s in range(1, 4)
        for p in range(3)
        for d in range(1, 4)
    ]
    found = in_node("conv_explorer", [["outputSize", *case] for case in grid])
    for case, size in zip(grid, found, strict=True):
        try:
            assert size == output_size(*case)
        except ValueError:
            assert size == 0


def test_windows_and_readers_equal_shapes(in_node) -> None:
    rng = np.random.default_rng(5)
    cases = random_cases(300)
    calls, wanted = [], []
    for image, kernel, stride, padding, dilation in cases:
        axes = list(zip(image.shape, kernel.shape, stride, padding, dilation, strict=True))
        at = [int(rng.integers(output_size(*axis))) for axis in axes]
        rows, cols = (window(i, *axis) for i, axis in zip(at, axes, strict=True))
        calls.append(["windowOf", at, kernel.tolist(), options(stride, padding, dilation)])
        wanted.append([[r, c] for r in rows for c in cols])
        cell = [int(rng.integers(n)) for n in image.shape]
        down, across = (readers(i, *axis) for i, axis in zip(cell, axes, strict=True))
        given = [*image.shape, kernel.tolist(), options(stride, padding, dilation)]
        calls.append(["readersOf", cell, *given])
        wanted.append([[i, j] for i in down for j in across])
    found = in_node("conv_explorer", calls)
    for index, want in enumerate(wanted):
        key = "output" if index % 2 else "cell"
        assert [entry[key] for entry in found[index]] == want
    # a reader's tap is the place of the cell in that reader's window
    for (_, _, stride, padding, dilation), (_, cell, *_), each in zip(
        cases, calls[1::2], found[1::2], strict=True
    ):
        for entry in each:
            steps = zip(entry["output"], entry["tap"], stride, padding, dilation, strict=True)
            assert [i * s - p + t * d for i, t, s, p, d in steps] == cell


# ---- traits, in Python


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"stride": 0}, "stride must be 1 to 16, got 0"),
        ({"padding": -1}, "padding must be 0 to 16, got -1"),
        ({"dilation": 4}, r"spans 9 cells, the padded axis has 7 \(0 \+ 7 \+ 0\)"),
        ({"kernel": [[1, float("nan")]]}, "kernel row 1, column 2 is nan"),
        ({"kernel": [[1, 2], [3]]}, "row 1 has 2 numbers, row 2 has 1"),
        ({"kernel": [["a"]]}, r"kernel wants rows of numbers, got \[\['a'\]\]"),
        ({"kernel": [[1j]]}, "kernel wants rows of numbers"),
        ({"kernel": [1, 2]}, r"kernel wants 2 axes, got an array of shape \(2,\)"),
        ({"kernel": [[]]}, r"kernel has no cells: its shape is \(1, 0\)"),
        ({"kernel": [[1] * 8]}, "kernel may have at most 7 x 7 cells, got 1 x 8"),
        ({"kernel": [[1] * 7] * 2, "image": [[1, 2]]}, "kernel 2 with dilation 1 spans 2 cells"),
        ({"image": np.zeros((2, 3, 4))}, r"image 'yours' wants 2 axes.*\(2, 3, 4\)"),
        ({"image": np.full((2, 3), np.inf)}, "image 'yours' row 1, column 1 is inf"),
        ({"image": np.zeros((97, 5))}, "at most 96 x 96 cells, got 97 x 5"),
        ({"images": {}}, "images wants at least one named grid"),
        ({"image_name": "moon"}, "'moon' is none of the images: letter L, ramp and step"),
        ({"selected": [5, 0]}, r"selected \[5, 0\] lies outside a map of 5 x 5"),
        ({"probe": [0, 7]}, r"probe \[0, 7\] lies outside a map of 7 x 7"),
        ({"selected": [1, 1.5]}, "two whole numbers from 0"),
        ({"selected": [1]}, r"wants \[\] or \[row, column\]"),
        ({"goals": [{"id": "a"}]}, "goal 0 wants the keys id, text and kind"),
        ({"goals": [{"id": "a", "text": "", "kind": "win"}]}, "one of output_shape"),
        ({"goals": [{"id": "a", "text": "", "kind": "output_shape"}]}, "also wants 'shape'"),
    ],
)
def test_bad_traits_are_refused_with_their_numbers(traits, words) -> None:
    with pytest.raises(TraitError, match=words):
        ConvExplorer(**traits)


@pytest.mark.parametrize("first", ["stride", "kernel", "probe", "images"])
def test_traits_set_together_are_refused_alike_in_any_order(first) -> None:
    values = {"stride": 2, "kernel": [[1, 2], [3]], "probe": [1, 1], "images": {"letter L": [[1]]}}
    explorer = ConvExplorer()
    before = {name: getattr(explorer, name) for name in values}
    order = sorted(values, key=lambda name: name != first)

    def set_together() -> None:
        with explorer.hold_trait_notifications():
            for name in order:
                setattr(explorer, name, values[name])

    with pytest.raises(TraitError, match=r"row 1 has 2 numbers|spans"):
        set_together()
    assert {name: getattr(explorer, name) for name in values} == before


def test_a_refused_change_leaves_the_old_value() -> None:
    explorer = ConvExplorer()
    for name, value in (("kernel", [[np.nan]]), ("dilation", 5), ("images", {"a": [[1]]})):
        before = getattr(explorer, name)
        with pytest.raises(TraitError):
            setattr(explorer, name, value)
        assert getattr(explorer, name) == before


def test_the_readers_own_image_is_shown_first() -> None:
    explorer = ConvExplorer(np.arange(12).reshape(3, 4), kernel=np.ones((2, 3)))
    assert explorer.image_name == "yours"
    assert next(iter(explorer.images)) == "yours"
    np.testing.assert_array_equal(explorer.output(), [[18, 24], [42, 48]])
    json.dumps(explorer.get_state(["images", "kernel"]))  # plain numbers, no arrays
    explorer.kernel = [[1]]
    explorer.load([[1.5, 2], [3, 4], [5, 6]], "mine")
    assert (explorer.image_name, explorer.output().shape) == ("mine", (3, 2))


def test_the_selection_stays_on_the_map() -> None:
    explorer = ConvExplorer(selected=[4, 4], probe=[6, 6])
    explorer.stride = 2
    assert explorer.selected == [2, 2]
    explorer.load([[1, 2, 3]] * 3)
    assert (explorer.selected, explorer.probe) == ([0, 0], [2, 2])


def test_two_explorers_share_nothing() -> None:
    one, other = ConvExplorer(), ConvExplorer()
    one.goals[0]["text"] = one.kernel[0][0] = "changed"
    assert other.goals[0]["text"] != "changed"
    assert other.kernel[0][0] == KERNELS["emboss"][0][0]


def test_the_samples_are_what_the_goals_say() -> None:
    explorer = ConvExplorer()
    shapes = {name: np.shape(image) for name, image in explorer.images.items()}
    assert shapes == {"letter L": (7, 7), "ramp and step": (8, 10), "photograph": (64, 64)}
    assert np.shape(RAMP_AND_STEP) == (8, 10)
    photo = np.asarray(explorer.images["photograph"])
    assert photo.dtype.kind == "i"
    assert 0 <= photo.min() < 50 < 200 < photo.max() <= 255


def test_stand_in_names_the_sum_and_its_numbers() -> None:
    text = ConvExplorer(selected=[1, 2]).static_html()
    assert text.count("<svg") == 3
    assert "output row 2, column 3 is 5·(−2) + 1·(−1) + 1·0 + 5·(−1)" in text
    assert "= −11, from" in text
    secret = ConvExplorer(selected=[1, 2], concealed=True).static_html()
    assert "−11" not in secret
    assert secret.count("<svg") == 2
    assert "<image " in ConvExplorer(image_name="photograph", selected=[]).static_html()


def test_stand_in_escapes_names() -> None:
    explorer = ConvExplorer()
    explorer.load([[1, 2, 3]] * 3, "<b>")
    assert "<b>" not in explorer.static_html()


# ---- behaviour, in a browser


def said(page) -> str:
    return page.locator(".cnnbook-conv [role=status]").inner_text()


def message(page) -> str:
    return page.locator(".cnnbook-message").inner_text()


def trait(page, name: str) -> object:
    return page.evaluate("(name) => state[name]", name)


def value_of(text: str) -> float:
    return float(text.rsplit(" = ", 1)[1].replace("−", "-"))


def hover(page, name: str, row: int, col: int) -> None:
    """Move the mouse to the middle of a cell; both maps have square cells of one size."""
    image, padding = page.evaluate("[state.images[state.image_name], state.padding]")
    box = page.locator(".cnnbook-map-input").bounding_box()
    cell = box["height"] / (len(image) + 2 * padding)
    canvas = page.locator(f".cnnbook-map-{name}")
    canvas.scroll_into_view_if_needed()
    box, edge = canvas.bounding_box(), padding if name == "input" else 0
    page.mouse.move(box["x"] + (col + edge + 0.5) * cell, box["y"] + (row + edge + 0.5) * cell)


@pytest.mark.parametrize("traits", SETTINGS)
def test_every_output_on_the_page_equals_the_reference(show, traits) -> None:
    explorer = ConvExplorer(**traits, selected=[0, 0])
    page = show(explorer)
    page.locator(".cnnbook-map-output").focus()
    y = explorer.output()
    for i in range(min(y.shape[0], 6)):
        page.keyboard.press("Home")
        for j in range(min(y.shape[1], 6)):
            assert said(page).startswith(f"output row {i + 1}, column {j + 1}:")
            assert value_of(said(page)) == pytest.approx(y[i, j], abs=1e-4)
            panel = page.locator(".cnnbook-conv-total").inner_text()
            assert float(panel.removeprefix("= ").replace("−", "-")) == pytest.approx(
                y[i, j], abs=1e-4
            )
            page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+End")
    assert trait(page, "selected") == [n - 1 for n in y.shape]
    for key in ("ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
        assert trait(page, "selected") == [n - 1 for n in y.shape]


def test_pointing_at_an_output_shows_its_window_and_tells_python(show) -> None:
    page = show(ConvExplorer(padding=1))
    hover(page, "output", 3, 4)
    assert trait(page, "selected") == [3, 4]
    assert said(page).startswith("output row 4, column 5: 1·(−2) + 1·(−1) + 1·0 + ")
    assert page.evaluate("saves.length") == 1
    assert page.locator(".cnnbook-conv-term:visible").count() == 9


def test_a_tap_selects(show, browser) -> None:
    page = show(ConvExplorer())
    page.locator(".cnnbook-map-output").dispatch_event(
        "pointerdown", {"clientX": 0, "clientY": 0, "pointerType": "touch"}
    )
    assert trait(page, "selected") == [1, 2]  # outside the map: nothing happens
    box = page.locator(".cnnbook-map-output").bounding_box()
    at = {"clientX": box["x"] + box["width"] - 5, "clientY": box["y"] + 5, "pointerType": "touch"}
    page.locator(".cnnbook-map-output").dispatch_event("pointerdown", at)
    assert trait(page, "selected") == [0, 4]


def test_pointing_at_an_input_shows_who_reads_it(show) -> None:
    page = show(ConvExplorer(padding=1, dilation=2))
    hover(page, "input", 2, 2)
    assert trait(page, "probe") == [2, 2]
    assert said(page) == (
        "input row 3, column 3, value 5: read by 4 outputs: row 2, column 2 with weight 1; "
        "row 2, column 4 with weight −1; row 4, column 2 with weight −1; "
        "row 4, column 4 with weight −2"
    )
    assert page.locator(".cnnbook-kernel-lit").count() == 4
    page.locator(".cnnbook-map-input").focus()
    page.keyboard.press("Escape")
    assert trait(page, "probe") == []
    assert said(page).startswith("output row 2, column 3")


def test_readers_with_a_flipped_kernel_are_told_with_the_weight_used(show) -> None:
    page = show(ConvExplorer(flip=True, probe=[0, 0]))
    assert said(page).endswith("read by 1 output: row 1, column 1 with weight 2")
    lit = page.locator(".cnnbook-kernel-lit")
    assert lit.get_attribute("aria-label") == "kernel row 3, column 3"


def test_selecting_never_moves_the_page(show) -> None:
    for width in (1000, 390):
        page = show(ConvExplorer(image_name="photograph"), width=width)
        heights = set()
        for change in ("selected', [30, 30]", "probe', [20, 11]", "probe', [63, 63]", "probe', []"):
            page.evaluate(f"model.set('{change})")
            heights.add(page.evaluate("document.getElementById('widget').offsetHeight"))
        assert len(heights) == 1
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_hover_on_a_kernel_cell_marks_its_term(show) -> None:
    page = show(ConvExplorer())
    page.get_by_label("kernel row 2, column 1").hover()
    assert page.locator(".cnnbook-conv-hot").inner_text() == "5 · (−1)"
    page.locator(".cnnbook-conv-heading").hover()
    assert page.locator(".cnnbook-conv-hot").count() == 0


def test_typing_into_the_kernel(show) -> None:
    page = show(ConvExplorer())
    cell = page.get_by_label("kernel row 1, column 1")
    cell.fill("2,5")
    assert trait(page, "kernel")[0][0] == 2.5
    for typed in ("abc", "NaN", "", "1e9", "Infinity", "1-2"):
        cell.fill(typed)
        assert trait(page, "kernel")[0][0] == 2.5
        assert f"“{typed}”" in message(page)
        assert "row 1, column 1" in message(page)
        assert "2.5" in message(page)
        assert cell.get_attribute("aria-invalid") == "true"
    page.get_by_label("kernel row 2, column 2").fill("9")
    assert trait(page, "kernel")[1][1] == 9
    assert cell.input_value() == "1-2"
    page.get_by_label("Stride").fill("2")
    assert "“1-2”" in message(page)
    cell.fill("−4")
    assert trait(page, "kernel")[0][0] == -4
    assert message(page) == ""
    assert cell.get_attribute("aria-invalid") == "false"


def test_arrows_and_enter_move_in_the_kernel(show) -> None:
    page = show(ConvExplorer())
    page.get_by_label("kernel row 1, column 1").focus()
    for key, at in (
        ("ArrowRight", "1, column 2"),
        ("ArrowDown", "2, column 2"),
        ("Enter", "2, column 3"),
        ("Enter", "3, column 1"),
        ("ArrowUp", "2, column 1"),
    ):
        page.keyboard.press(key)
        focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
        assert focused == f"kernel row {at}"
    assert page.locator(".cnnbook-kernel [tabindex='0']").count() == 1


def test_what_cannot_fit_is_refused_with_the_numbers(show) -> None:
    page = show(ConvExplorer())
    page.get_by_label("Dilation").fill("4")
    expected = "would span 9 rows, the padded input is only 7 high (7 + 2 · 0)"
    assert expected in message(page)
    assert trait(page, "dilation") == 1
    assert page.get_by_label("Dilation").input_value() == "1"
    page.get_by_label("Dilation").fill("2")
    assert message(page) == ""
    assert trait(page, "dilation") == 2
    page.get_by_label("Kernel columns").fill("5")
    assert "would span 9 columns, the padded input is only 7 wide" in message(page)
    assert np.shape(trait(page, "kernel")) == (3, 3)


def test_controls_write_their_traits(show) -> None:
    page = show(ConvExplorer())
    page.get_by_label("Image", exact=True).select_option("ramp and step")
    page.get_by_label("Kernel", exact=True).select_option("Sobel y")
    page.get_by_label("Padding").fill("2")
    page.get_by_label("Kernel rows").fill("5")
    page.get_by_label("Turn the kernel").check()
    assert trait(page, "image_name") == "ramp and step"
    assert trait(page, "padding") == 2
    assert trait(page, "flip") is True
    grown = [[0, 0, 0], *KERNELS["Sobel y"], [0, 0, 0]]
    assert trait(page, "kernel") == grown
    assert page.get_by_label("Kernel", exact=True).input_value() == ""
    text = page.locator(".cnnbook-formula").all_inner_texts()
    assert text[0] == "rows: floor((8 + 2·2 − 1·(5 − 1) − 1) / 1) + 1 = 8"
    assert text[1] == "columns: floor((10 + 2·2 − 1·(3 − 1) − 1) / 1) + 1 = 12"


def test_dropped_and_unread_cells_are_told(show) -> None:
    page = show(ConvExplorer(image_name="ramp and step", stride=2))
    note = page.locator(".cnnbook-conv-note")
    assert "the last row and the last column of the image" in note.inner_text()
    assert "17 of 80 image cells" in note.inner_text()
    page.get_by_label("Stride").fill("1")
    assert note.inner_text() == "Every image cell is read by at least one output."


def test_goals_tick_themselves_and_tell_python(show) -> None:
    page = show(ConvExplorer())
    done = page.locator(".cnnbook-goals [data-done=true]")
    assert done.count() == 0
    page.get_by_label("Stride").fill("2")
    assert trait(page, "reached") == ["three-by-three"]
    page.get_by_label("Stride").fill("1")
    page.get_by_label("Kernel", exact=True).select_option("Laplacian")
    assert trait(page, "reached") == ["three-by-three", "edges-only"]
    page.get_by_label("Stride").fill("3")
    assert done.count() == 3


@pytest.mark.parametrize(
    ("goal", "almost", "enough"),
    [
        ({"kind": "output_shape", "shape": [3, 3]}, {"padding": 1}, {"dilation": 2}),
        (
            {"kind": "output_shape", "shape": [3, 3], "kernel_shape": [3, 3]},
            {"kernel": [[1] * 5] * 5},
            {"stride": 2},
        ),
        ({"kind": "same_shape"}, {"padding": 2}, {"padding": 1}),
        ({"kind": "flat_zero"}, {"kernel": [[0, 0]]}, {"kernel": [[1, -1]]}),
        ({"kind": "unread", "cells": 20}, {"stride": 3}, {"stride": 5}),
        ({"kind": "flip_same"}, {"kernel": [[1, 2]]}, {"kernel": [[2, 1, 2]]}),
    ],
)
def test_each_kind_of_goal(show, goal, almost, enough) -> None:
    goal = {"id": "g", "text": "do `it`"} | goal
    for traits, ticked in ((almost, 0), (enough, 1)):
        page = show(ConvExplorer(goals=[goal], **traits))
        assert page.locator(".cnnbook-goals [data-done=true]").count() == ticked


def test_concealed_outputs_are_nowhere_in_the_page(show) -> None:
    page = show(ConvExplorer(concealed=True, selected=[1, 2]))
    assert said(page).endswith("= hidden until you have answered")
    assert page.locator(".cnnbook-conv-total").inner_text() == "= ?"
    assert "−11" not in page.locator("main").inner_text()
    hidden = page.locator(".cnnbook-map-output").screenshot()
    page.evaluate("model.set('concealed', false)")
    assert value_of(said(page)) == -11
    assert page.locator(".cnnbook-map-output").screenshot() != hidden


def test_what_python_sets_is_drawn_and_never_saved(show) -> None:
    page = show(ConvExplorer())
    changes = {
        "kernel": [[1, 2], [3, 4]],
        "image_name": "ramp and step",
        "padding": 1,
        "stride": 2,
        "dilation": 2,
        "flip": True,
        "selected": [2, 1],
        "probe": [3, 3],
        "concealed": True,
        "goals": [{"id": "u", "text": "t", "kind": "unread"}],
        "images": {"a": [[1, 2], [3, 4]]},
        "kernel_presets": {"only": [[1]]},
    }
    picture = (
        "[...document.querySelectorAll('canvas')].map((c) => c.toDataURL()).join()"
        " + document.querySelector('main').textContent"
        " + [...document.querySelectorAll('input')].map((i) => i.value + i.checked).join()"
    )
    before = page.evaluate(picture)
    for name, value in changes.items():
        page.evaluate("([name, value]) => model.set(name, value)", [name, value])
        after = page.evaluate(picture)
        assert after != before, name
        before = after
    assert page.evaluate("saves.length") == 0


def test_hovering_saves_at_most_ten_times_a_second(show) -> None:
    page = show(ConvExplorer(image_name="photograph"))
    for step in range(25):
        hover(page, "output", step % 50, (step * 7) % 50)
    page.wait_for_timeout(150)
    saves = page.evaluate("saves")
    assert len(saves) >= 2
    assert min(np.diff(saves)) >= 95


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kernel": "x"}, 'The kernel "x" is not a grid'),
        ({"kernel": [[None]]}, "a single 1 is used"),
        ({"kernel": [[1], [1, 2]]}, "a single 1 is used"),
        ({"stride": 0}, "stride = 0 is no whole number in range"),
        ({"padding": -3}, "padding = -3"),
        ({"dilation": "2"}, 'dilation = "2"'),
        ({"dilation": 9}, "would span 19 rows"),
        ({"image_name": "gone"}, 'There is no image "gone"; “letter L” is shown.'),
        ({"images": None}, "There is no usable image"),
        ({"images": {"a": [[1, None]], "b": [[1] * 4] * 4}}, "The image “a” is not a grid"),
        ({"kernel_presets": 7, "goals": "x", "reached": 1, "selected": "y", "probe": [9, -1]}, ""),
        ({"selected": [99, 99], "probe": None, "flip": "no", "concealed": 0}, ""),
        ({"goals": [1, {"id": "a", "text": "t", "kind": "toString"}]}, ""),
    ],
)
def test_damaged_state_is_told_and_survived(show, changes, words) -> None:
    page = show(ConvExplorer(), **changes)
    assert words in message(page)
    page.get_by_label("Image", exact=True).select_option(index=0)
    page.get_by_label("Dilation").fill("1")
    page.get_by_label("kernel row 1, column 1").fill("3")
    page.locator(".cnnbook-map-output").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Home")
    assert said(page).startswith("output row ")


def test_width_and_theme_are_followed_until_cleaned_up(show) -> None:
    page = show(ConvExplorer(image_name="ramp and step", padding=1))
    picture = "document.querySelector('canvas').toDataURL()"
    seen = [page.evaluate(picture)]
    for width, theme in ((640, "light"), (640, "dark"), (1000, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("(theme) => (document.documentElement.dataset.theme = theme)", theme)
        page.wait_for_timeout(100)
        seen.append(page.evaluate(picture))
    assert len(set(seen)) == 4
    assert page.evaluate("listening()") > 10
    page.evaluate("cleanup()")
    assert page.evaluate("listening()") == 0
    page.set_viewport_size({"width": 640, "height": 900})
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    page.wait_for_timeout(100)
    assert page.evaluate(picture) == seen[-1]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 390])
def test_axe_finds_nothing(show, theme, width) -> None:
    page = show(ConvExplorer(padding=1, probe=[2, 2]), width, theme)
    page.get_by_label("kernel row 1, column 1").fill("zz")
    found = Axe().run(page, options=WCAG).response["violations"]
    assert [violation["id"] for violation in found] == []
    sizes = page.evaluate(
        "[...document.querySelectorAll('main button, main input, main select')]"
        ".map((e) => (e.closest('.cnnbook-check') ?? e).getBoundingClientRect())"
        ".map((b) => Math.min(b.width, b.height))"
    )
    assert min(sizes) >= 24


def test_no_markup_from_data_and_no_log() -> None:
    text = ConvExplorer()._esm
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|console\.", text)
