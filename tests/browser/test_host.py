"""The host on a page made for it: links, several views, failures, buffers, cleaning up."""

import json
from pathlib import Path

import pytest

HOST = (Path(__file__).parent.parent.parent / "book" / "assets" / "host.js").read_text(
    encoding="utf-8"
)
COUNTER = """
import { add } from "cnnbook:sum.js";
export default {
  initialize({ model }) { window.started = (window.started ?? 0) + 1; },
  render({ model, el }) {
    if (model.get("n") === 13) throw new Error("thirteen");
    const draw = () => { el.textContent = `n = ${model.get("n")}, bytes ${model.get("raw")?.byteLength ?? 0}`; };
    model.on("change:n", draw);
    el.addEventListener("click", () => { model.set("n", add(model.get("n"), 1)); model.save_changes(); });
    draw();
    return () => { window.cleaned = (window.cleaned ?? 0) + 1; model.off("change:n", draw); };
  },
};
"""


def link(kind: str, source: str, target: str) -> dict:
    return {
        "model_name": kind,
        "state": {"source": [f"IPY_MODEL_{source}", "n"], "target": [f"IPY_MODEL_{target}", "n"]},
    }


STATE = {
    "a": {"state": {"_esm": "counter.js", "n": 1}},
    "b": {"state": {"_esm": "counter.js", "n": 50}},
    "c": {
        "state": {"_esm": "other.js", "n": 70},
        "buffers": [{"path": ["raw"], "encoding": "base64", "data": "AAEC"}],
    },
    "bad": {"state": {"_esm": "counter.js", "n": 13}},
    "gone": {"state": {"_esm": "nowhere.js", "n": 2}},
    "l1": link("LinkModel", "a", "b"),
    "l2": link("DirectionalLinkModel", "b", "c"),
}


@pytest.fixture
def page(browser, tmp_path):
    def views(*names: str) -> str:
        return "".join(
            f'<div class="cnnbook-view" id="v{i}" data-model="{name}"><p>stand-in</p></div>'
            for i, name in enumerate(names)
        )

    scripts = (
        f"<script>{HOST}</script>"
        f'<script>cnnbook.define("counter.js", {json.dumps(COUNTER)});'
        f'cnnbook.define("other.js", {json.dumps(COUNTER)});'
        'cnnbook.define("sum.js", "window.loads = (window.loads ?? 0) + 1; export const add = (a, b) => a + b;");'
        '</script><script type="application/vnd.jupyter.widget-state+json">'
        f"{json.dumps({'state': STATE})}</script>"
    )
    file = tmp_path / "page.html"
    file.write_text(f"<body>{views('a', 'a', 'b', 'c', 'bad', 'gone', 'missing')}{scripts}</body>")
    page = browser.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-cnnbook=ready]")
    yield page
    page.close()


def text(page, number: int) -> str:
    return page.locator(f"#v{number}").inner_text()


def test_two_views_share_a_model(page) -> None:
    page.click("#v0 > div")
    assert text(page, 0).startswith("n = 2")
    assert text(page, 1).startswith("n = 2")


def test_links_carry_both_ways_and_one_way(page) -> None:
    assert text(page, 2).startswith("n = 1")  # from a, at the start
    page.click("#v2 > div")
    assert [text(page, i)[:5] for i in (0, 2, 3)] == ["n = 2", "n = 2", "n = 2"]
    page.click("#v3 > div")
    assert [text(page, i)[:5] for i in (0, 2, 3)] == ["n = 2", "n = 2", "n = 3"]


def test_bytes_are_restored(page) -> None:
    assert text(page, 3).endswith("bytes 3")


@pytest.mark.parametrize(
    ("number", "reason"),
    [(4, "thirteen"), (5, "not on the page: nowhere.js"), (6, "missing or damaged")],
)
def test_a_failure_is_told_in_its_place(page, number, reason) -> None:
    assert reason in text(page, number)
    assert "stand-in" in text(page, number)
    assert page.locator(".cnnbook-failed").count() == 3


def test_modules_load_once_and_models_start_once(page) -> None:
    assert page.evaluate("window.loads") == 1
    assert page.evaluate("window.started") == 4


def test_dispose_cleans_up(page) -> None:
    page.evaluate("cnnbook.dispose(document.getElementById('v0'))")
    assert page.evaluate("window.cleaned") == 1
    page.click("#v1 > div")
    assert text(page, 0) == ""
    assert text(page, 1).startswith("n = 2")


def test_damaged_state_leaves_the_page_alive(browser, tmp_path) -> None:
    file = tmp_path / "page.html"
    file.write_text(
        f'<body><div class="cnnbook-view" data-model="a">stand-in</div><script>{HOST}</script>'
        '<script type="application/vnd.jupyter.widget-state+json">{"state": </script></body>'
    )
    page = browser.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-cnnbook=ready]")
    assert "stand-in" in page.locator(".cnnbook-view").inner_text()
    assert "missing or damaged" in page.locator(".cnnbook-failed").inner_text()
    page.close()
