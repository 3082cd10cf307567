"""Every page of the built book: quiet, self-contained, accessible, within its budget."""

import gzip

import pytest
from accessibility import complaints, overflow
from pages import CHAPTER, HTML

from cnnbook.exercises import ids
from cnnbook.exercises.catalogue import by_id

PAGES = sorted(
    path.relative_to(HTML).as_posix()
    for folder in ("book", "notebooks")
    for path in (HTML / folder).glob("*.html")
)
NO_STORAGE = """
for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });
"""


def test_there_are_pages() -> None:
    assert CHAPTER in PAGES
    assert "book/index.html" in PAGES


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [1280, 390])
def test_page_is_quiet_and_fits(visit, path, width) -> None:
    watch = visit(path, width=width)
    assert watch.wrong == []
    assert overflow(watch.page) <= 0


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_page_is_accessible(visit, path, dark) -> None:
    watch = visit(path, dark=dark)
    watch.page.evaluate(
        "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
    )
    assert complaints(watch.page) == []


@pytest.mark.parametrize("chapter", sorted({int(name[:2]) for name in by_id()}))
def test_every_exercise_is_on_its_page(visit, chapter) -> None:
    (path,) = (path for path in PAGES if path.startswith(f"notebooks/{chapter:02}-"))
    page = visit(path).page
    for name in ids(chapter):
        assert page.locator(f"#exercise-{name}").count() == 1, name


def read_to_the_end(watch) -> None:
    """Scroll through the page, so that the figures that load late are there."""
    for y in range(0, watch.page.evaluate("document.documentElement.scrollHeight"), 800):
        watch.page.evaluate(f"window.scrollTo(0, {y})")
        watch.page.wait_for_timeout(40)
    watch.page.wait_for_load_state("networkidle")


def test_first_visit_is_light(visit) -> None:
    watch = visit(CHAPTER)
    arrived = len(watch.responses)
    read_to_the_end(watch)
    assert len(watch.responses) > arrived  # figures came on the way
    assert watch.wire() <= 450 * 1024
    assert len({response.url for response in watch.responses}) <= 25


def test_second_page_is_lighter(visit, site) -> None:
    watch = visit(CHAPTER)
    seen = {response.url for response in watch.responses}
    watch.responses.clear()
    watch.page.goto(site + "book/notation.html")
    watch.page.wait_for_load_state("networkidle")
    watch.responses[:] = [r for r in watch.responses if r.url not in seen]
    assert watch.responses
    assert watch.wire() <= 150 * 1024


def test_host_and_widgets_are_small() -> None:
    assert len(gzip.compress((HTML / "_static" / "host.js").read_bytes())) <= 6 * 1024
    for path in (HTML / "_static" / "live").glob("*.js"):
        most = 60 if "_data-" in path.name else 15
        assert len(gzip.compress(path.read_bytes())) <= most * 1024, path.name


def test_from_disk_it_reads_and_runs(visit) -> None:
    watch = visit(CHAPTER, home=HTML.as_uri() + "/")
    assert watch.page.locator("article h1").count() == 1
    assert watch.page.locator(".cnnbook-failed").count() == 0
    assert [line for line in watch.wrong if "searchindex" not in line] == []


def test_without_script_it_reads(visit) -> None:
    watch = visit(CHAPTER, java_script_enabled=False)
    stand_ins = watch.page.locator(".cnnbook-static")
    assert stand_ins.count() >= 10
    assert all(len(text.strip()) > 20 for text in stand_ins.all_inner_texts())
    assert watch.page.locator(".katex-html").first.is_visible()


def test_without_storage_the_widgets_run(visit) -> None:
    watch = visit(CHAPTER, init_script=NO_STORAGE)
    assert watch.page.locator(".cnnbook-failed").count() == 0
    assert watch.page.locator(".cnnbook-view .cnnbook").count() >= 10


def test_on_paper_nothing_is_lost(visit) -> None:
    watch = visit(CHAPTER)
    watch.page.emulate_media(media="print")
    assert watch.page.locator(".bd-sidebar-primary").first.is_hidden()
    assert watch.page.locator(".cnnbook-view .cnnbook").first.is_visible()
