"""The exercises in a real browser, by mouse and by keyboard, on a page with nothing else on it."""

import json

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright import sync_api
from test_progress import GOOD, SOLVED

from cnnbook import exercises
from cnnbook.exercises.catalogue import find
from cnnbook.exercises.definitions import Matrix, fill, plain
from cnnbook.exercises.drawn import Grid
from cnnbook.exercises.exercise import Exercise
from cnnbook.exercises.progress_view import ProgressView

URL = "http://book.test/page.html"
STATE = ("kind", "spec", "variant", "concealed", "record", "note", "chapters", "base", "progress")
KEY = "cnnbook:progress"
LARGE = Grid(  # in no catalogue
    id="11-large",
    title="Large numbers",
    text="Copy the map.",
    given=[Matrix("a map", "input", "x")],
    hints=["As it is."],
    solution="{answer}",
    why="It is long.",
    caption="the copy",
    variants=[{"x": [[1234, -56789], [999, 1000000]]}],
    answer=lambda x: x,
)
PAGE = """<!doctype html><html lang="en" data-theme="THEME"><meta charset="utf-8"><title>Test</title>
<meta name="viewport" content="width=device-width"><style>
body { margin: 0 auto; max-width: 760px; padding: 0 12px; font: 16px/1.5 sans-serif }
html[data-theme="dark"] body { background: #14181d; color: #e7ebef }
CSS</style><body><main><h1>Test</h1></main><script>
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const make = (state) => {
  const on = {}, sent = [];
  return { state, sent, saves: 0, get: (k) => state[k], send: (m) => sent.push(m),
    set(k, v) { if (!same(state[k], v)) { state[k] = v; (on[k] ?? []).slice().forEach((f) => f()); } },
    on: (k, f) => (on[k.slice(7)] ??= []).push(f),
    off: (k, f) => (on[k.slice(7)] = on[k.slice(7)].filter((g) => g !== f)),
    save_changes() { this.saves += 1; } };
};
const load = (text) => import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
(async () => {
  const modules = { exercise: await load(EXERCISE), progress: await load(PROGRESS) };
  window.models = {}; window.cleanups = [];
  for (const { module, name, state } of ITEMS) {
    const el = document.createElement("div");
    models[name] = make(state);
    cleanups.push(modules[module].default.render({ model: models[name], el }));
    document.querySelector("main").append(el);
  }
  document.body.dataset.ready = "yes";
})();
</script></body></html>"""


def item(name, widget, live):
    state = {trait: getattr(widget, trait) for trait in STATE if widget.has_trait(trait)}
    if state.get("variant") == -1:
        state["variant"] = 0
    module = "progress" if isinstance(widget, ProgressView) else "exercise"
    return {"module": module, "name": name, "state": {**state, "live": live}}


def build(theme="light", live=False):
    items = [item(name, exercises.show(name), live) for name in exercises.ids()]
    items.append(item(LARGE.id, Exercise(LARGE), live))
    items.append(item("progress", exercises.progress("notebooks/"), live))
    page = PAGE.replace("THEME", theme).replace("CSS", Exercise._css + ProgressView._css)
    for name, value in (
        ("EXERCISE", Exercise._esm),
        ("PROGRESS", ProgressView._esm),
        ("ITEMS", items),
    ):
        page = page.replace(name, json.dumps(value if name == "ITEMS" else str(value)), 1)
    return page


@pytest.fixture
def visit(browser):
    """Return a function that opens a page; all pages of a test share one reader's storage."""
    contexts, errors = [], []

    def go(theme="light", live=False, width=800, init=None, stored=None, context=None):
        if context is None:
            context = browser.new_context(viewport={"width": width, "height": 900})
            contexts.append(context)
            if init:
                context.add_init_script(init)
            if stored is not None:
                script = (
                    f"if (!localStorage.seen) {{ localStorage.seen = 1; localStorage['{KEY}'] = "
                )
                context.add_init_script(script + json.dumps(stored) + "; }")
            text = build(theme, live)
            context.route("**/*", lambda route: route.fulfill(body=text, content_type="text/html"))
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text))
        page.goto(URL)
        page.wait_for_selector("body[data-ready]")
        return page

    yield go
    for context in contexts:
        context.close()
    assert errors == []


def box(page, name):
    return page.locator(f"[data-exercise='{name}']")


def status(page, name):
    return box(page, name).get_attribute("data-status")


def give(where, name, answer):
    """Enter an answer by mouse."""
    kind = find(name).kind
    if kind in ("choice", "predict"):
        for i, option in enumerate(where.locator("fieldset input").all()):
            if find(name).several:
                option.set_checked(i in answer)
            elif i in answer:
                option.check()
    elif kind == "number":
        where.locator("input").fill(str(answer))
    else:
        cells = [value for row in answer for value in row]
        for cell, value in zip(where.locator("input").all(), cells, strict=True):
            cell.fill(str(value))
    where.locator(".cnnbook-ex-check").click()


def answers(name):
    """Return a wrong and a right answer to variant 0."""
    exercise = find(name)
    if exercise.kind in ("choice", "predict"):
        right = [i for i, option in enumerate(exercise.options) if option.right]
        return [i for i in range(len(exercise.options)) if i not in right][:1], right
    answer = np.asarray(exercise.answer(**exercise.variants[0]))
    return plain((answer + 1).tolist()), plain(answer.tolist())


LIVE = [name for name in exercises.ids() if find(name).kind != "code"]


def test_wrong_then_right_by_mouse_then_reload(visit):
    page = visit()
    for name in LIVE:
        wrong, right = answers(name)
        where = box(page, name)
        solution = where.locator(".cnnbook-ex-show")
        assert (status(page, name), solution.is_disabled()) == ("untouched", True)
        give(where, name, wrong)
        feedback = where.locator(".cnnbook-ex-feedback")
        assert feedback.inner_text().startswith("✗ Not yet.")
        assert (status(page, name), solution.is_disabled()) == ("tried", False)
        give(where, name, right)
        number = find(name).kind == "number"
        assert feedback.inner_text().startswith("✓ Right:" if number else "✓ Right.")
        assert status(page, name) == "solved"
        solution.click()
        values = getattr(find(name), "variants", [{}])[0]
        why = fill(find(name).why, values).replace("`", "")
        assert why[:40] in where.locator(".cnnbook-ex-solution").inner_text()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert {status(page, name) for name in LIVE} == {"solved"}
    stored = json.loads(page.evaluate(f"localStorage['{KEY}']"))
    assert {record["tries"] for record in stored["exercises"].values()} == {2}
    assert f"{len(LIVE)} of {len(exercises.ids())} exercises solved" in page.inner_text("main")


def test_by_keyboard(visit):
    page = visit()
    keys = page.keyboard
    # a number: type, Enter
    page.locator("[data-exercise='11-macs'] input").focus()
    keys.type(str(answers("11-macs")[1]))
    keys.press("Enter")
    assert status(page, "11-macs") == "solved"
    # options: arrows move the choice, Tab leads to the button
    page.locator("[data-exercise='11-which-kernel'] input").first.focus()
    keys.press("Space")
    keys.press("ArrowDown")
    keys.press("Tab")
    keys.press("Enter")
    assert status(page, "11-which-kernel") == "solved"
    # several: Space ticks
    right = answers("11-equivariance")[1]
    page.locator("[data-exercise='11-equivariance'] input").first.focus()
    for i in range(6):
        if i in right:
            keys.press("Space")
        keys.press("Tab")
    keys.press("Enter")
    assert status(page, "11-equivariance") == "solved"
    # a grid: arrows walk from cell to cell
    page.locator("[data-exercise='11-hand-map'] input").first.focus()
    for i, row in enumerate(answers("11-hand-map")[1]):
        for value in row if i % 2 == 0 else row[::-1]:
            keys.type(str(value))
            keys.press("ArrowRight" if i % 2 == 0 else "Home")
            keys.press("ArrowLeft") if i % 2 else None
        keys.press("ArrowDown")
    keys.press("Enter")
    assert status(page, "11-hand-map") == "solved"
    # hints, then the solution, without a try
    where = box(page, "11-odd-kernel")
    where.locator(".cnnbook-ex-hint").focus()
    for _ in find("11-odd-kernel").hints:
        keys.press("Enter")
    assert where.locator(".cnnbook-ex-hints li").count() == 2
    where.locator(".cnnbook-ex-show").focus()
    keys.press("Enter")
    assert where.locator(".cnnbook-ex-solution").is_visible()
    assert where.locator(".cnnbook-ex-show").get_attribute("aria-expanded") == "true"
    keys.press("Enter")
    assert not where.locator(".cnnbook-ex-solution").is_visible()
    assert status(page, "11-odd-kernel") == "untouched"


def test_grid_marks_cells_and_reads_bad_input(visit):
    page = visit()
    where = box(page, "11-hand-map")
    right = answers("11-hand-map")[1]
    where.locator(".cnnbook-ex-check").click()
    feedback = where.locator(".cnnbook-ex-feedback")
    assert feedback.inner_text() == "Row 1, column 1 is still empty."
    give(where, "11-hand-map", [["one", *right[0][1:]], *right[1:]])
    assert feedback.inner_text() == "Row 1, column 1: “one” is not a number."
    assert status(page, "11-hand-map") == "untouched"
    give(where, "11-hand-map", [[right[0][0] + 1, *right[0][1:]], *right[1:]])
    assert "8 of 9 cells are right" in feedback.inner_text()
    bad = where.get_by_label("row 1, column 1, not yet")
    assert bad.get_attribute("aria-invalid") == "true"
    assert where.get_by_label("row 3, column 3, right").count() == 1
    bad.fill(f"−{right[0][0]}" if right[0][0] < 0 else f" {right[0][0]} ")
    assert where.get_by_label("row 1, column 1", exact=True).get_attribute("aria-invalid") is None
    where.locator(".cnnbook-ex-check").click()
    assert status(page, "11-hand-map") == "solved"


def test_thousands_are_parted(visit):
    page = visit()
    page.evaluate("models['11-parameters'].set('variant', 3)")
    where = box(page, "11-parameters")
    feedback = where.locator(".cnnbook-ex-feedback")
    where.locator("input").fill("1 760")
    where.locator(".cnnbook-ex-check").click()
    assert feedback.inner_text() == "✓ Right: 1,760 parameters."
    where.locator("input").fill("2783")
    where.locator(".cnnbook-ex-check").click()
    assert feedback.inner_text() == "✗ Not yet. 2,783 is too large."
    large = box(page, LARGE.id)
    cells = large.locator("figure td").all_inner_texts()
    assert cells == ["1,234", "−56,789", "999", "1,000,000"]
    for cell, text in zip(large.locator("td input").all(), cells, strict=True):
        cell.fill(text)
    large.locator(".cnnbook-ex-check").click()
    assert "All 4 cells are right." in large.inner_text()


def test_new_numbers(visit):
    page = visit()
    where = box(page, "11-output-size")
    seen = set()
    for _ in range(6):
        before = where.get_attribute("data-variant")
        where.locator("input").fill("3")
        where.locator(".cnnbook-ex-fresh").click()
        variant = where.get_attribute("data-variant")
        values = find("11-output-size").variants[int(variant)]
        assert variant != before
        assert f"{values['size']} x {values['size']}" in where.inner_text()
        assert where.locator("input").input_value() == ""
        seen.add(variant)
    assert len(seen) > 1
    page.evaluate("models['11-output-size'].set('variant', 3)")  # as from Python
    assert where.get_attribute("data-variant") == "3"
    page.evaluate("models['11-output-size'].set('variant', 77)")  # edited by hand
    assert 0 <= int(where.get_attribute("data-variant")) < 8


def test_any_commitment_uncovers_the_figure(visit):
    page = visit()
    where = box(page, "11-predict-edge")
    concealed = "models['11-predict-edge'].get('concealed')"
    where.locator(".cnnbook-ex-check").click()
    assert page.evaluate(concealed)
    assert "stays covered" in where.inner_text()
    where.locator("input").first.check()
    assert page.evaluate(concealed)
    where.locator(".cnnbook-ex-check").click()
    assert not page.evaluate(concealed)
    assert "uncovered" in where.inner_text()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert not page.evaluate(concealed)  # who has committed once need not again


@pytest.mark.parametrize("width", [390, 800])
def test_nothing_above_moves_when_feedback_appears(visit, width):
    page = visit(width=width)
    below = """name => {
        const root = document.querySelector(`[data-exercise='${name}']`);
        const button = root.querySelector(".cnnbook-ex-check");
        return button.getBoundingClientRect().top - root.getBoundingClientRect().top;
    }"""
    for name in LIVE:
        before = page.evaluate(below, name)
        give(box(page, name), name, answers(name)[0])
        assert page.evaluate(below, name) == before, name


def test_a_browser_without_storage(visit):
    denied = (
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } })"
    )
    page = visit(init=denied)
    give(box(page, "11-macs"), "11-macs", answers("11-macs")[1])
    assert status(page, "11-macs") == "solved"
    assert "keeps no data" in box(page, "11-macs").inner_text()
    assert f"1 of {len(exercises.ids())} exercises solved" in page.inner_text("main")


def test_damaged_progress_is_told_and_kept(visit):
    page = visit(stored='{"version": 1, "exercises": {"11-macs": 3}}')
    note = page.locator(".cnnbook-progress").inner_text()
    assert "11-macs is no record. It is kept in this browser as" in note
    give(box(page, "11-macs"), "11-macs", answers("11-macs")[1])
    stored = page.evaluate("Object.entries(localStorage)")
    aside = [text for key, text in stored if key.startswith(f"{KEY}:aside:")]
    assert aside == ['{"version": 1, "exercises": {"11-macs": 3}}']


def test_another_tab_is_heard(visit):
    page = visit()
    other = visit(context=page.context)
    give(box(other, "11-macs"), "11-macs", answers("11-macs")[1])
    page.wait_for_selector("[data-exercise='11-macs'][data-status='solved']")
    give(box(page, "11-matrix"), "11-matrix", answers("11-matrix")[1])
    other.wait_for_selector("[data-progress='11-matrix'][data-status='solved']")
    assert status(other, "11-macs") == "solved"


def upload(page, text):
    file = {"name": "p.json", "mimeType": "application/json", "buffer": text.encode()}
    page.locator(".cnnbook-pg-file").set_input_files(file)


def test_export_import_reset(visit, tmp_path):
    page = visit()
    view = page.locator(".cnnbook-progress")
    give(box(page, "11-macs"), "11-macs", answers("11-macs")[1])
    with page.expect_download() as download:
        view.locator(".cnnbook-pg-export").click()
    exported = json.loads(download.value.path().read_text())
    assert download.value.suggested_filename == "cnnbook-progress.json"
    assert exported["exercises"]["11-macs"]["status"] == "solved"
    # a foreign file changes nothing
    upload(page, '{"version": 9, "exercises": {}}')
    sync_api.expect(view).to_contain_text("not imported: its version is 9")
    assert status(page, "11-macs") == "solved"
    upload(page, json.dumps({"version": 1, "exercises": {"11-macs": SOLVED}}))
    sync_api.expect(view).to_contain_text("1 exercise read")
    view.locator(".cnnbook-pg-reset").click()
    assert "Forget the progress of 1 exercise?" in view.inner_text()
    page.keyboard.press("Enter")
    # a good one is merged; what this book does not know is kept
    ours = {"11-macs": GOOD, "11-flip": SOLVED, "38-later": GOOD}
    upload(page, json.dumps({"version": 1, "exercises": ours}))
    sync_api.expect(view).to_contain_text("3 exercises read")
    assert (status(page, "11-macs"), status(page, "11-flip")) == ("solved", "solved")
    assert "38-later" in page.evaluate(f"localStorage['{KEY}']")
    # reset asks, can be declined, and undone
    view.locator(".cnnbook-pg-reset").click()
    assert page.evaluate("document.activeElement.className").endswith("cnnbook-pg-no")
    assert "Forget the progress of 3 exercises?" in view.inner_text()
    page.keyboard.press("Enter")
    assert status(page, "11-macs") == "solved"
    view.locator(".cnnbook-pg-reset").click()
    view.locator(".cnnbook-pg-yes").click()
    assert status(page, "11-macs") == "untouched"
    view.locator(".cnnbook-pg-undo").click()
    assert status(page, "11-macs") == "solved"
    assert "38-later" in page.evaluate(f"localStorage['{KEY}']")


def test_links_lead_to_the_exercise(visit):
    page = visit()
    link = page.locator("[data-progress='11-macs'] a").get_attribute("href")
    assert link == "notebooks/11-convolution.html#exercise-11-macs"
    assert page.locator("#exercise-11-macs").count() == 1


def test_code_says_where_it_is_judged(visit):
    text = box(visit(), "11-flip").inner_text()
    assert "open this chapter in JupyterLab" in text
    assert 'exercises.check("11-flip", true_convolution)' in text
    assert box(visit(live=True), "11-flip").locator(".cnnbook-ex-check").count() == 0


def test_in_jupyterlab_python_keeps_the_record(visit):
    page = visit(live=True)
    assert page.evaluate("models['11-flip'].sent") == [{"kind": "hello"}]
    page.evaluate(f"models['11-flip'].set('record', {json.dumps(SOLVED)})")
    assert status(page, "11-flip") == "solved"
    give(box(page, "11-macs"), "11-macs", answers("11-macs")[0])
    record = page.evaluate("models['11-macs'].get('record')")
    assert (record["status"], record["tries"]) == ("tried", 1)
    assert page.evaluate("models['11-macs'].saves") >= 1
    page.evaluate("models['11-macs'].set('record', { tries: 'x' })")  # edited by hand
    assert status(page, "11-macs") == "untouched"
    page.evaluate("models['11-macs'].set('note', 'cannot be saved')")
    assert "cannot be saved" in box(page, "11-macs").inner_text()
    assert page.evaluate("Object.keys(localStorage)") == []


def test_jupyterlab_gets_no_keys_that_the_widget_needs(visit):
    page = visit()
    page.evaluate("heard = []; document.addEventListener('keydown', (e) => heard.push(e.key))")
    page.locator("[data-exercise='11-hand-map'] input").first.focus()
    for key in ("ArrowDown", "ArrowRight", "Enter", "Home", "Shift+Enter", "Control+s", "Escape"):
        page.keyboard.press(key)
    assert page.evaluate("heard") == ["Shift", "Enter", "Control", "s", "Escape"]


def test_cleanup_ends_everything(visit):
    page = visit()
    page.evaluate("cleanups.forEach((f) => f())")
    page.evaluate("models['11-output-size'].set('variant', 3)")
    assert box(page, "11-output-size").get_attribute("data-variant") == "0"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation_of_wcag(visit, theme):
    axe = Axe()
    page = visit(theme=theme)
    for name in LIVE:
        give(box(page, name), name, answers(name)[0])
        box(page, name).locator(".cnnbook-ex-hint").click()
        box(page, name).locator(".cnnbook-ex-show").click()
    box(page, "11-hand-map").locator("input").first.fill("5")  # feedback is stale now
    page.locator(".cnnbook-pg-reset").click()
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = axe.run(page, options={"runOnly": {"type": "tag", "values": tags}}).response
    told = [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found["violations"]]
    assert told == []


@pytest.mark.parametrize("width", [320, 390, 800])
def test_nothing_overflows_and_targets_are_large_enough(visit, width):
    page = visit(width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.evaluate(
        "[...document.querySelectorAll('button, label.cnnbook-ex-option, td input, input[type=text]')]"
        ".map((n) => n.getBoundingClientRect()).filter((r) => r.width < 24 || r.height < 24).length"
    )
    assert small == 0
