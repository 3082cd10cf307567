"""The built book behind a plain file server, and a page that is watched."""

import functools
import gzip
import http.server
import threading
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, Response

ROOT = Path(__file__).parent.parent.parent
HTML = ROOT / "_build" / "html"
CHAPTER = "notebooks/11-convolution.html"
PACKED = (".woff2", ".png", ".jpg", ".webp", ".avif")  # compressed already


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def serve(folder: Path) -> http.server.ThreadingHTTPServer:
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


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


def uncover(page: Page) -> None:
    """Commit to an option of every prediction, so that no figure stays covered."""
    commit = page.get_by_role("button", name="Commit to it")
    for question in page.locator("[data-exercise]").filter(has=commit).all():
        question.locator("input").first.check()
        question.get_by_role("button", name="Commit to it").click()
