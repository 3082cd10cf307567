"""A browser, the built book behind a plain file server under a sub-path, and a watched page."""

import functools
import gzip
import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from chromium import ARGUMENTS, find
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

ROOT = Path(__file__).parent.parent.parent
HTML = ROOT / "_build" / "html"
CHAPTER = "notebooks/11-convolution.html"
PACKED = (".woff2", ".png", ".jpg", ".webp", ".avif")  # compressed already


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find()
    assert path, "no Chromium: apt install chromium, or .venv/bin/playwright install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def serve(folder: Path) -> http.server.ThreadingHTTPServer:
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


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


@dataclass
class Watch:
    """What went over the wire and what went wrong."""

    page: Page
    home: str
    responses: list[Response] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen."""
        self.page.on("response", self._response)
        self.page.on("requestfailed", lambda r: self.wrong.append(f"failed: {r.url}"))
        self.page.on("pageerror", lambda e: self.wrong.append(f"page error: {e}"))
        self.page.on("console", self._console)

    def _console(self, message: object) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        url = response.url
        if url.startswith(("blob:", "data:")):
            return
        self.responses.append(response)
        if not url.startswith(self.home):
            self.wrong.append(f"outside: {url}")
        if response.status >= 400:
            self.wrong.append(f"{response.status}: {url}")

    def wire(self) -> int:
        """Bytes over the wire, if text is sent gzipped."""
        sizes = []
        for response in self.responses:
            body = response.body()
            packed = response.url.split("?")[0].endswith(PACKED)
            sizes.append(len(body) if packed else len(gzip.compress(body)))
        return sum(sizes)


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
