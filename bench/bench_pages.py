"""Weigh the chapter's page and time its loading and the book's build.

Bytes over the wire are those of a server that sends text gzipped.
"""

import functools
import gzip
import http.server
import shutil
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
HTML = ROOT / "_build" / "html"
CHAPTER = "notebooks/11-convolution.html"
SECOND = "book/notation.html"
PACKED = (".woff2", ".png", ".avif", ".webp")
LOADS = 7


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A file server that says nothing."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def wire(url: str) -> int:
    """Count the bytes of one file of the book as they travel."""
    path = HTML / url.split("?")[0].split("/", 3)[3]
    data = path.read_bytes()
    return len(data) if path.suffix in PACKED else len(gzip.compress(data))


def collect(page: Page) -> list[str]:
    urls: list[str] = []
    page.on("request", lambda r: urls.append(r.url) if r.url.startswith("http") else None)
    return urls


def usable(page: Page, url: str) -> float:
    """Seconds until every widget of the page has been drawn."""
    start = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_selector("html[data-cnnbook=ready]")
    return time.perf_counter() - start


def weigh(browser: Browser, home: str) -> list[dict]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    urls = collect(page)
    page.goto(home + CHAPTER, wait_until="networkidle")
    arrival = list(dict.fromkeys(urls))
    height = page.evaluate("document.documentElement.scrollHeight")
    for y in range(0, height, 800):
        page.evaluate(f"window.scrollTo(0, {y})")
        page.wait_for_timeout(40)
    page.wait_for_load_state("networkidle")
    read = list(dict.fromkeys(urls))
    urls.clear()
    page.goto(home + SECOND, wait_until="networkidle")
    second = [url for url in dict.fromkeys(urls) if url not in read]
    context.close()
    return [
        row("chapter, on arrival", sum(map(wire, arrival)) / 1024, "KB", 450),
        row("chapter, read to the end", sum(map(wire, read)) / 1024, "KB", 450),
        row("chapter, requests on arrival", len(arrival), "", 25),
        row("chapter, requests read to the end", len(read), "", 25),
        row("second page", sum(map(wire, second)) / 1024, "KB", 150),
    ]


def row(name: str, value: float, unit: str, target: float | None) -> dict:
    return {"name": name, "value": value, "unit": unit, "target": target}


def build() -> float:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, ROOT / "book" / "build.py"],
        check=True,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def run() -> list[dict]:
    """Measure, and return rows of name, value, unit and target."""
    shutil.rmtree(ROOT / "_build", ignore_errors=True)
    cold, warm = build(), build()
    handler = functools.partial(Quiet, directory=str(HTML))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = f"http://127.0.0.1:{server.server_port}/"
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or playwright.chromium.executable_path
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        rows = weigh(browser, home)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        times = [usable(page, home + CHAPTER) for _ in range(LOADS)]
        browser.close()
    server.shutdown()
    host = len(gzip.compress((HTML / "_static" / "host.js").read_bytes())) / 1024
    rows.append(row("host, gzipped", host, "KB", 6))
    for file in sorted((HTML / "_static" / "live").glob("*.js")):
        size = len(gzip.compress(file.read_bytes())) / 1024
        rows.append(row(f"{file.stem.rsplit('-', 1)[0]}, gzipped", size, "KB", 15))
    return [
        *rows,
        row("chapter usable after (median)", statistics.median(times), "s", 1),
        row("build, cold", cold, "s", None),
        row("build, nothing changed", warm, "s", 5),
        row("build, nothing changed / cold", warm / cold, "", None),
    ]
