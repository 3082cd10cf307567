"""What pages and widgets owe every reader: no complaint of axe, and no sideways scrolling."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def complaints(page: Page, context: str | dict | None = None) -> list[str]:
    """Return what axe finds wrong with the page, or with the part of it that a selector names."""
    results = Axe().run(page, context=context, options=WCAG)
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]} {node['any'][0]['message'] if node['any'] else ''}"
        for rule in results.response["violations"]
        for node in rule["nodes"]
    ]


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")
