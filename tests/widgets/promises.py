"""What every widget promises, whatever it shows."""

from collections.abc import Callable, Mapping

from accessibility import complaints, overflow
from playwright.sync_api import Page

PICTURE = (
    "[...document.querySelectorAll('canvas')].map((c) => c.toDataURL()).join()"
    " + document.querySelector('main')[document.querySelector('canvas') ? 'textContent' : 'innerHTML']"
    " + [...document.querySelectorAll('input, select')].map((i) => i.value + i.checked).join()"
)
LEAST = 24  # pixels that a finger needs


def trait(page: Page, name: str) -> object:
    return page.evaluate("(name) => state[name]", name)


def draws_what_python_sets(
    page: Page, changes: Mapping[str, object], ready: Callable[[Page], object] = lambda page: None
) -> None:
    """Each trait that is set changes the picture; none of it is saved back."""
    ready(page)
    before = page.evaluate(PICTURE)
    for name, value in changes.items():
        page.evaluate("([name, value]) => model.set(name, value)", [name, value])
        ready(page)
        after = page.evaluate(PICTURE)
        assert after != before, name
        before = after
    assert page.evaluate("saves.length") == 0


def follows_its_width(page: Page, measure: str) -> None:
    """What is measured changes with the window's width, until the widget is cleaned up."""
    wide = page.evaluate(measure)
    resize(page, 390)
    narrow = page.evaluate(measure)
    assert narrow != wide
    page.evaluate("cleanup()")
    assert page.evaluate("listening()") == 0
    resize(page, 1000)
    assert page.evaluate(measure) == narrow


def resize(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_timeout(200)


def suits_everybody(page: Page) -> None:
    """Axe is content, nothing scrolls sideways, and every control has room for a finger."""
    assert complaints(page) == []
    assert overflow(page) <= 0
    sizes = page.evaluate(
        "[...document.querySelectorAll('main button, main input, main select, [role=slider]')]"
        ".filter((e) => e.getClientRects().length)"
        ".map((e) => (e.closest('.cnnbook-check') ?? e).getBoundingClientRect())"
        ".map((b) => Math.min(b.width, b.height))"
    )
    assert min(sizes) >= LEAST
