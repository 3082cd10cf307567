"""What tests of several folders share: one browser (a process holds one Playwright), one ledger.

`--layers` prints which reference layer was held against which oracle, how often and how far off,
and fails where a layer was not. Workers of pytest-xdist hand their part of the ledger over.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

sys.path.append(str(Path(__file__).parent))

from chromium import ARGUMENTS, find


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find()
    assert path, "no Chromium: apt install chromium, or .venv/bin/playwright install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


LEDGERS: list[dict] = []  # what the workers compared


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--layers", action="store_true", help="print the table of compared layers")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error) -> None:
    LEDGERS.append(getattr(node, "workeroutput", {}).get("ledger", {}))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    own = sys.modules["oracle"].LEDGER if "oracle" in sys.modules else {}
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["ledger"] = own
    elif session.config.getoption("--layers"):
        import ledger

        session.config.ledger = ledger.merged([own, *LEDGERS])
        if ledger.gaps(session.config.ledger):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    if hasattr(config, "ledger"):
        import ledger

        terminalreporter.section("layers and their oracles")
        terminalreporter.write_line(ledger.table(config.ledger))
        for gap in ledger.gaps(config.ledger):
            terminalreporter.write_line(gap, red=True)
