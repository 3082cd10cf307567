"""Chapter 11 as a reader meets it in the built page: each control, by mouse and by keyboard."""

import json
import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from cnnbook.exercises.catalogue import by_id
from cnnbook.reference import conv2d

STEP = np.zeros((8, 8))
STEP[:, 4:] = 1
EDGE = np.array([[-1.0, 0, 1]] * 3)
ABOUT = re.compile(r"output row (\d+), column (\d+): .+ = (\S+)$")


@pytest.fixture
def page(visit) -> Page:
    watch = visit()
    yield watch.page
    assert watch.wrong == []


@pytest.fixture
def explorer(page) -> Locator:
    """The first explorer, uncovered by committing to a prediction."""
    question = page.locator("#exercise-11-predict-edge")
    question.locator("input").first.check()
    question.get_by_role("button", name="Commit").click()
    return page.locator(".cnnbook-conv").first


def heard(widget: Locator) -> tuple[int, int, float]:
    """What the widget tells a screen reader of the chosen output: row, column, value."""
    text = widget.locator("p.cnnbook-heard").inner_text()
    match = ABOUT.match(text)
    assert match, text
    return int(match[1]) - 1, int(match[2]) - 1, float(match[3].replace("−", "-"))


def output(kernel=EDGE, **options: int) -> np.ndarray:
    return conv2d(STEP[None, None], np.asarray(kernel, float)[None, None], **options)[0][0, 0]


def output_map(widget: Locator) -> Locator:
    return widget.locator(".cnnbook-conv-output canvas")


def agree(widget: Locator, expected: np.ndarray) -> None:
    """Walk to the four corners of the output map by keyboard; each value is the reference's."""
    canvas = output_map(widget)
    canvas.focus()
    rows, cols = expected.shape
    for keys, place in (
        ("Control+Home", (0, 0)),
        ("End", (0, cols - 1)),
        ("Control+End", (rows - 1, cols - 1)),
        ("Home", (rows - 1, 0)),
    ):
        canvas.press(keys)
        i, j, value = heard(widget)
        assert (i, j) == place
        assert value == pytest.approx(expected[place], abs=5e-5)


def test_the_map_is_covered_until_a_prediction(page) -> None:
    widget = page.locator(".cnnbook-conv").first
    output_map(widget).focus()
    output_map(widget).press("Control+Home")
    assert "covered until you have answered" in widget.locator("p.cnnbook-heard").inner_text()
    assert widget.locator(".cnnbook-conv-term:visible").count() == 0
    assert widget.locator(".cnnbook-goals [data-done=true]").count() == 0


def test_outputs_by_keyboard(explorer) -> None:
    agree(explorer, output())


def test_outputs_by_mouse(explorer) -> None:
    canvas = output_map(explorer)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    expected = output()
    for i, j in ((0, 2), (5, 3), (2, 5)):
        at = {"x": (j + 0.5) * box["width"] / 6, "y": (i + 0.5) * box["height"] / 6}
        canvas.hover(position=at)
        assert heard(explorer) == (i, j, expected[i, j])


@pytest.mark.parametrize(
    ("label", "option", "steps"),
    [("Stride", "stride", 1), ("Padding", "padding", 2), ("Dilation", "dilation", 2)],
)
def test_sliders_by_keyboard(explorer, label, option, steps) -> None:
    control = explorer.get_by_label(label, exact=True)
    control.focus()
    for _ in range(steps):
        control.press("ArrowRight")
    agree(explorer, output(**{option: int(control.input_value())}))
    control.press("Home")
    agree(explorer, output())


def test_sliders_by_mouse(explorer) -> None:
    control = explorer.get_by_label("Padding", exact=True)
    control.scroll_into_view_if_needed()
    box = control.bounding_box()
    control.click(position={"x": box["width"] - 3, "y": box["height"] / 2})
    padding = int(control.input_value())
    assert padding == 6
    agree(explorer, output(padding=padding))


def test_random_kernels_typed(explorer) -> None:
    rng = np.random.default_rng(0)
    for _ in range(3):
        kernel = rng.integers(-9, 10, (3, 3)) / 4
        for (a, b), weight in np.ndenumerate(kernel):
            cell = explorer.get_by_label(f"kernel row {a + 1}, column {b + 1}")
            cell.fill(str(weight).replace("-", "−"))
            cell.press("Tab")
        agree(explorer, output(kernel))


def test_kernel_size_preset_and_flip(explorer) -> None:
    explorer.get_by_label("Kernel", exact=True).select_option("Sobel x")
    sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    agree(explorer, output(sobel))
    flip = explorer.get_by_role("checkbox", name="Turn the kernel")
    flip.press("Space")
    agree(explorer, output(-sobel))
    flip.click()
    columns = explorer.get_by_label("Kernel columns")
    columns.focus()
    columns.press("ArrowLeft")
    assert (
        explorer.locator(".cnnbook-conv-output .cnnbook-conv-title").inner_text().endswith("6 × 7")
    )


@pytest.mark.parametrize("typed", ["NaN", "one", "1e99", ""])
def test_what_is_no_number_is_refused(explorer, typed) -> None:
    cell = explorer.get_by_label("kernel row 1, column 1")
    cell.fill(typed)
    cell.press("Tab")
    told = f"“{typed}” is not a number" if typed else "column 1 is empty"
    assert told in explorer.locator(".cnnbook-message").inner_text()
    agree(explorer, output())


def test_a_kernel_that_does_not_fit_is_refused(explorer) -> None:
    control = explorer.get_by_label("Dilation", exact=True)
    control.focus()
    control.press("End")
    message = explorer.locator(".cnnbook-message").inner_text()
    assert re.search(r"span 9 rows, the padded input is only 8 high", message)
    assert control.input_value() == "1"
    agree(explorer, output())


def test_an_input_cell_shows_its_readers(explorer) -> None:
    canvas = explorer.locator(".cnnbook-conv-input canvas")
    canvas.focus()
    canvas.press("Control+Home")
    assert (
        "read by 1 output: row 1, column 1 with weight −1"
        in explorer.locator("p.cnnbook-heard").inner_text()
    )
    for _ in range(3):
        canvas.press("ArrowRight")
        canvas.press("ArrowDown")
    assert "read by 9 outputs" in explorer.locator("p.cnnbook-heard").inner_text()


def test_every_goal_can_be_reached(explorer) -> None:
    goals = explorer.locator(".cnnbook-goals li")
    assert goals.count() == 3
    for goal in goals.all():  # though the kernel that the chapter starts with is 0 on flat ground
        expect(goal).to_contain_text("open", use_inner_text=False)
    explorer.get_by_label("Image", exact=True).select_option("letter L")
    explorer.get_by_label("Stride", exact=True).focus()
    explorer.get_by_label("Stride", exact=True).press("ArrowRight")
    explorer.get_by_label("Stride", exact=True).press("End")
    explorer.get_by_label("Kernel", exact=True).select_option("Laplacian")
    for goal in goals.all():
        expect(goal).to_contain_text("reached", use_inner_text=False)


def test_the_photograph(page) -> None:
    widget = page.locator(".cnnbook-photo").first
    widget.scroll_into_view_if_needed()
    divider = widget.get_by_role("slider", name=re.compile("divider|original", re.I)).first
    divider.focus()
    divider.press("Home")
    assert divider.get_attribute("aria-valuenow") == "0"
    divider.press("End")
    assert divider.get_attribute("aria-valuenow") == "100"
    box = widget.locator("canvas").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    assert divider.get_attribute("aria-valuenow") == "25"
    for control in widget.locator("select").all():
        for index in range(control.locator("option").count()):
            control.select_option(index=index)
    widget.get_by_role("checkbox").check()
    widget.get_by_label("kernel row 1, column 1").fill("zero")
    widget.get_by_label("kernel row 1, column 1").press("Tab")
    assert "“zero” is not a number" in widget.locator(".cnnbook-message").inner_text()


def test_a_reader_s_own_file_is_checked(page, tmp_path) -> None:
    widget = page.locator(".cnnbook-photo").first
    (tmp_path / "x.png").write_bytes(b"no picture at all")
    widget.locator("input[type=file]").set_input_files(tmp_path / "x.png")
    expect(widget.locator(".cnnbook-message")).not_to_be_empty()


def test_progress_survives_and_is_shown(page, site) -> None:
    name = "11-which-kernel"
    exercise = by_id()[name]
    right = next(i for i, option in enumerate(exercise.options) if option.right)
    where = page.locator(f"#exercise-{name}")
    wrong = (right + 1) % len(exercise.options)
    for choice, status in ((wrong, "tried"), (right, "solved")):
        where.locator("fieldset input").nth(choice).check()
        where.get_by_role("button", name="Check").click()
        assert where.get_attribute("data-status") == status
    page.reload()
    page.wait_for_selector("html[data-cnnbook=ready]")
    assert page.locator(f"#exercise-{name}").get_attribute("data-status") == "solved"
    stored = json.loads(page.evaluate("localStorage['cnnbook:progress']"))
    assert stored["exercises"][name]["tries"] == 2
    page.goto(site + "notebooks/progress.html")
    page.wait_for_selector("html[data-cnnbook=ready]")
    assert f"1 of {len(by_id())} exercises solved" in page.locator(".cnnbook-progress").inner_text()
    page.get_by_role("link", name=exercise.title).click()
    page.wait_for_selector("html[data-cnnbook=ready]")
    assert page.url.endswith(f"notebooks/11-convolution.html#exercise-{name}")
    expect(page.locator(f"#exercise-{name}")).to_be_in_viewport()
