import json
import re

import numpy as np
import pytest
from promises import draws_what_python_sets, suits_everybody, trait
from traitlets import TraitError

from cnnbook.data import photograph
from cnnbook.reference import conv2d
from cnnbook.shapes import output_size, readers, window
from cnnbook.widgets import ConvExplorer
from cnnbook.widgets.samples import KERNELS, LETTER, RAMP_AND_STEP

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
                y[i, j], abs=0.0051
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
    cell.fill("")
    assert message(page) == "Kernel row 1, column 1 is empty. The output still uses 2.5 there."
    for typed in ("abc", "NaN", "1/0", "1e9", "Infinity", "1-2"):
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


def test_fractions_are_numbers(in_node) -> None:
    cases = {
        "1/9": 1 / 9,
        "−1/16": -1 / 16,
        " 0,5 / -2 ": -0.25,
        "3": 3,
        **dict.fromkeys(["1/0", "1/-0", "1/", "/2", "/", "1/2/3", "1//2", "a/2", "1/b", ""]),
    }
    found = in_node("conv_explorer", [["parseWeight", text] for text in cases])
    assert found == list(cases.values())


def test_a_fraction_stays_as_typed(show) -> None:
    page = show(ConvExplorer())
    cell = page.get_by_label("kernel row 1, column 1")
    cell.fill("−1/16")
    assert trait(page, "kernel")[0][0] == -1 / 16
    page.get_by_label("kernel row 2, column 2").fill("1/9")
    assert trait(page, "kernel")[1][1] == 1 / 9
    assert cell.input_value() == "−1/16"
    assert message(page) == ""
    assert page.evaluate("module.parseWeight('1/0')") is None  # JSON would hide an infinity


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
    assert text[0] == "rows: floor((8 + 2·2 − 5) / 1) + 1 = 8"
    assert text[1] == "columns: floor((10 + 2·2 − 3) / 1) + 1 = 12"
    page.get_by_label("Dilation").fill("2")
    text = page.locator(".cnnbook-formula").all_inner_texts()
    assert text[1] == "columns: floor((10 + 2·2 − 2·(3 − 1) − 1) / 1) + 1 = 10"


def test_dropped_and_unread_cells_are_told(show) -> None:
    page = show(ConvExplorer(image_name="ramp and step", stride=2))
    note = page.locator(".cnnbook-conv-note")
    assert "the last row and the last column of the image" in note.inner_text()
    assert "17 of 80 image cells are read by no output (struck through)" in note.inner_text()
    page.get_by_label("Stride").fill("1")
    assert note.inner_text() == "Every image cell is read by at least one output."
    page.get_by_label("Image", exact=True).select_option("photograph")
    page.get_by_label("Stride").fill("4")
    assert "are read by no output (faded)" in note.inner_text()


# the cell's commonest colour is its ground; the contrast of the pixel that stands out most from it
CONTRAST = """([row, col]) => {
  const canvas = document.querySelector('.cnnbook-map-input');
  const cell = canvas.width / state.images[state.image_name][0].length;
  const at = [col * cell + 3, row * cell + 3, cell - 6, cell - 6].map(Math.round);
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(...at);
  const light = (v) => (v <= 10 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const seen = new Map();
  for (let i = 0; i < data.length; i += 4) {
    const level = 0.2126 * light(data[i]) + 0.7152 * light(data[i + 1]) + 0.0722 * light(data[i + 2]);
    seen.set(level, (seen.get(level) ?? 0) + 1);
  }
  const [ground] = [...seen].sort((a, b) => b[1] - a[1])[0];
  const contrasts = [...seen.keys()].map((v) => (Math.max(v, ground) + 0.05) / (Math.min(v, ground) + 0.05));
  return Math.max(...contrasts);
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_numbers_of_unread_cells_are_legible(show, theme) -> None:
    levels = np.tile(np.arange(10.0), (9, 1))  # each level of grey stands in the unread last row
    page = show(ConvExplorer(image=levels, stride=2, padding=0, kernel=[[1, 1]] * 2), theme=theme)
    assert "10 of 90 image cells" in page.locator(".cnnbook-conv-note").inner_text()
    found = [page.evaluate(CONTRAST, [8, column]) for column in range(1, 10)]
    assert min(found) >= 4.5


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


def test_where_the_explorer_starts_earns_nothing(show) -> None:
    """A starting state that meets goals of a kernel and of sizes."""
    page = show(ConvExplorer(kernel=KERNELS["Laplacian"], stride=3))
    done = page.locator(".cnnbook-goals [data-done=true]")
    page.get_by_label("Turn the kernel").check()  # asks for neither
    assert trait(page, "reached") == []
    assert done.count() == 0
    page.get_by_label("Padding").fill(
        "2"
    )  # still 3 x 3 and cells unread: sizes that the reader set
    assert trait(page, "reached") == ["three-by-three"]
    page.get_by_label("Padding").fill("0")
    page.get_by_label("Stride").fill("4")
    assert trait(page, "reached") == ["three-by-three", "unread"]
    page.get_by_label("Kernel", exact=True).select_option("Sobel x")
    assert done.count() == 3


def test_goals_that_python_sets_earn_nothing(show) -> None:
    page = show(ConvExplorer())
    page.evaluate("(kernel) => model.set('kernel', kernel)", KERNELS["Laplacian"])
    page.get_by_label("Padding").fill("1")
    assert trait(page, "reached") == []
    page.evaluate("model.set('reached', ['edges-only'])")
    assert page.locator(".cnnbook-goals [data-done=true]").count() == 1


def test_goals_saved_as_reached_stay_reached(show) -> None:
    page = show(ConvExplorer(reached=["unread"], concealed=True))
    assert page.locator(".cnnbook-goals [data-done=true]").count() == 1
    page.evaluate("model.set('concealed', false)")
    page.get_by_label("Stride").fill("2")
    assert sorted(trait(page, "reached")) == ["three-by-three", "unread"]


def test_no_goal_is_reached_under_cover(show) -> None:
    page = show(ConvExplorer(concealed=True))
    done = page.locator(".cnnbook-goals [data-done=true]")
    page.get_by_label("Stride").fill("2")
    assert trait(page, "reached") == []
    assert done.count() == 0
    page.evaluate("model.set('concealed', false)")
    assert done.count() == 1


def test_goals_can_be_left_out(show) -> None:
    page = show(ConvExplorer(goals=[]))
    page.get_by_label("Stride").fill("2")
    assert page.locator(".cnnbook-goalbox").is_hidden()
    assert trait(page, "reached") == []


CELL = "kernel row 1, column 1"  # of emboss: −2 −1 0, −1 1 1, 0 1 2
LOWER = {"kernel row 2, column 1": 1}


@pytest.mark.parametrize(
    ("goal", "almost", "enough"),
    [
        ({"kind": "output_shape", "shape": [3, 3]}, ("Padding", 1), {"Padding": 0, "Dilation": 2}),
        (
            {"kind": "output_shape", "shape": [3, 3], "kernel_shape": [3, 3]},
            ("Kernel rows", 5),
            {"Kernel rows": 3, "Stride": 2},
        ),
        ({"kind": "same_shape"}, ("Padding", 2), {"Padding": 1}),
        ({"kind": "flat_zero"}, (CELL, 1), {CELL: -3}),
        ({"kind": "unread", "cells": 20}, ("Stride", 3), {"Stride": 5}),
        ({"kind": "flip_same"}, (CELL, 1), {CELL: 2, "kernel row 1, column 2": 1, **LOWER}),
    ],
)
def test_each_kind_of_goal(show, goal, almost, enough) -> None:
    page = show(ConvExplorer(goals=[{"id": "g", "text": "do `it`"} | goal]))
    done = page.locator(".cnnbook-goals [data-done=true]")
    for label, value in (almost, *enough.items()):
        assert done.count() == 0
        page.get_by_label(label).fill(str(value))
    assert done.count() == 1


# what the sum panel's canvas writes after a change
DRAWN = """([name, value]) => {
  const panel = document.querySelector('.cnnbook-conv-sum canvas').getContext('2d');
  const texts = [];
  panel.fillText = (text, ...at) => (texts.push(text), CanvasRenderingContext2D.prototype.fillText.call(panel, text, ...at));
  model.set(name, value);
  delete panel.fillText;
  return texts;
}"""


def test_concealed_outputs_are_nowhere_in_the_page(show) -> None:
    page = show(ConvExplorer(concealed=True, selected=[1, 2]))
    texts = page.evaluate(DRAWN, ["selected", [1, 1]])
    assert texts.count("?") == 9  # the products
    page.evaluate("model.set('selected', [1, 2])")
    assert said(page) == "output row 2, column 3: covered until you have answered"
    total = page.locator(".cnnbook-conv-total")
    assert total.inner_text() == "Covered until you have answered."
    assert page.locator(".cnnbook-conv-term:visible").count() == 0
    assert "−11" not in page.locator("main").inner_text()
    hidden = page.locator(".cnnbook-map-output").screenshot()
    height = page.evaluate("document.getElementById('widget').offsetHeight")
    page.evaluate("model.set('concealed', false)")
    assert value_of(said(page)) == -11
    assert page.locator(".cnnbook-conv-term:visible").count() == 9
    assert page.evaluate("document.getElementById('widget').offsetHeight") == height
    assert page.locator(".cnnbook-map-output").screenshot() != hidden


def test_what_an_input_adds_is_concealed_too(show) -> None:
    page = show(ConvExplorer(concealed=True, stride=2))
    texts = page.evaluate(DRAWN, ["probe", [2, 2]])
    assert sorted(texts) == sorted(["5", *["?"] * 8, "×", "="])
    assert page.locator(".cnnbook-conv-term:visible").count() == 0
    assert "weight" not in said(page)
    assert "read by 4 outputs: row 1, column 1; row 1, column 2;" in said(page)


def test_the_stand_in_conceals_the_products() -> None:
    text = ConvExplorer(concealed=True).static_html()
    assert "·" not in text
    assert "is the sum of 9 products = a value that the page asks you to predict" in text


@pytest.mark.parametrize("width", [1280, 390])
def test_the_sum_panel_has_one_rounding_and_shows_all(show, width) -> None:
    image = photograph("camera", 24)
    page = show(ConvExplorer(image=image, kernel=[[1 / 9] * 3] * 3, padding=1), width=width)
    drawn = page.evaluate(DRAWN, ["selected", [4, 10]])
    terms = page.locator(".cnnbook-conv-term:visible").all_inner_texts()
    values = [f"{round(v, 2):g}" for v in image[3:6, 9:12].flat]
    assert terms == [f"{value} · 0.11" for value in values]
    if width > 600:
        assert [text for text in drawn if text in values] == values
    assert all(re.fullmatch(r"−?\d+(\.\d{1,2})?|[×=]", text) for text in drawn)
    total = page.locator(".cnnbook-conv-total").inner_text()
    assert total == f"= {round(image[3:6, 9:12].mean(), 2):g}"
    assert re.search(r"\.\d{3,4}·0\.1111 \+ ", said(page))  # the exact ones are heard
    box = page.locator(".cnnbook-conv-written").bounding_box()
    for each in page.locator(".cnnbook-conv-term:visible, .cnnbook-conv-total").all():
        inner = each.bounding_box()
        assert box["x"] <= inner["x"]
        assert inner["x"] + inner["width"] <= box["x"] + box["width"]
        assert inner["y"] + inner["height"] <= box["y"] + box["height"] + 1
    assert box["x"] + box["width"] <= width


def test_small_weights_do_not_vanish(show) -> None:
    page = show(ConvExplorer(kernel=KERNELS["Gaussian blur 5 × 5"]))
    assert page.locator(".cnnbook-conv-term:visible").first.inner_text() == "5 · 0.0039"


def test_the_keyboard_finds_a_cell_selected(show) -> None:
    page = show(ConvExplorer(selected=[]))
    page.get_by_label("Turn the kernel").focus()
    page.keyboard.press("Tab")
    assert trait(page, "probe") == [0, 0]
    page.keyboard.press("End")
    assert trait(page, "probe") == [0, 6]
    page.keyboard.press("Tab")
    assert (trait(page, "probe"), trait(page, "selected")) == ([], [0, 0])
    page.keyboard.press("End")
    assert trait(page, "selected") == [0, 4]
    page.keyboard.press("Escape")
    page.keyboard.press("End")
    assert trait(page, "selected") == [0, 4]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert (trait(page, "probe"), trait(page, "selected")) == ([], [1, 4])


def test_slider_rows_cannot_overlap(show) -> None:
    """JupyterLab has rules of its own for ranges."""
    for width in (1000, 390):
        page = show(ConvExplorer(), width=width)
        foreign = "input[type='range'] { width: 300px; min-width: 200px; margin: 8px 40px; }"
        page.add_style_tag(content=foreign)
        for label in ("Kernel rows", "Kernel columns", "Stride", "Padding", "Dilation"):
            slider = page.get_by_label(label)
            parts = slider.evaluate(
                "(e) => [e.previousSibling, e, e.nextSibling].map((n) => n.getBoundingClientRect())"
                ".map((b) => [b.left, b.right])"
            )
            ends = [end for part in parts for end in part]
            assert ends == sorted(ends), (label, parts)
            assert ends[3] - ends[2] > 40


def test_zero_is_white_in_either_theme(show) -> None:
    for theme in ("light", "dark"):
        page = show(ConvExplorer(kernel=KERNELS["Laplacian"]), theme=theme)
        pixel = page.evaluate(
            "[...document.querySelector('.cnnbook-map-output').getContext('2d')"
            ".getImageData(document.querySelector('.cnnbook-map-output').width - 5, 5, 1, 1).data]"
        )
        assert ConvExplorer(kernel=KERNELS["Laplacian"]).output()[0, 4] == 0
        assert pixel == [247, 247, 247, 255]


def test_what_python_sets_is_drawn_and_never_saved(show) -> None:
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
    draws_what_python_sets(show(ConvExplorer()), changes)


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
    suits_everybody(page)


def test_no_markup_from_data_and_no_log() -> None:
    text = ConvExplorer()._esm
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|console\.", text)
