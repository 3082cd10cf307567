"""`pytest tests/reference --layers` prints the ledger: every layer, its oracle, how far off."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

import oracle


def pytest_addoption(parser):
    parser.addoption("--layers", action="store_true", help="print the table of compared layers")


def pytest_terminal_summary(terminalreporter, config):
    if config.getoption("--layers"):
        terminalreporter.write_line(oracle.table())
