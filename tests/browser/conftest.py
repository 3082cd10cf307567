"""The built book under a sub-path of a file server, and a function that opens its pages."""

from collections.abc import Callable, Iterator

import pytest
from pages import CHAPTER, HTML, Watch, serve, uncover
from playwright.sync_api import Browser, BrowserContext, Page


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the built book, below a sub-path of a plain file server."""
    assert (HTML / "index.html").exists(), "the book is not built: make book"
    root = tmp_path_factory.mktemp("www")
    (root / "some").mkdir()
    (root / "some" / "path").symlink_to(HTML)
    server = serve(root)
    yield f"http://127.0.0.1:{server.server_port}/some/path/"
    server.shutdown()


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Callable[..., Watch]]:
    """Open a page of the book: visit("notebooks/x.html", width=390, dark=True) -> Watch."""
    contexts: list[BrowserContext] = []

    def open_page(
        path: str = CHAPTER,
        width: int = 1280,
        dark: bool = False,
        home: str = site,
        **options: object,
    ) -> Watch:
        script = options.pop("init_script", None)
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        if script:
            context.add_init_script(script)
        watch = Watch(context.new_page(), home)
        watch.page.goto(home + path)
        if options.get("java_script_enabled", True) and watch.page.locator(".cnnbook-view").count():
            watch.page.wait_for_selector("html[data-cnnbook=ready]", timeout=15000)
        watch.page.wait_for_load_state("networkidle")
        return watch

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(visit: Callable[..., Watch], request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page that the test's module is about, uncovered; nothing may go wrong on it."""
    watch = visit(request.module.PAGE)
    uncover(watch.page)
    yield watch.page
    assert watch.wrong == []
