"""The table of all networks of the book that the page of `ArchitectureExplorer` reads, in Python.

It is made by `python -m cnnbook.experiments.architectures`; `cnnbook.summary.architectures` says
how it is written.
"""

import json
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("architecture_data.js")


@cache
def table() -> dict:
    """Read the table of the book's networks."""
    text = FILE.read_text(encoding="utf-8")
    return json.loads(text[text.index("{") : text.rindex("}") + 1])


def known(own: dict) -> dict[str, dict]:
    """Return the networks of the book and those of a table of the reader's, by name."""
    return table()["networks"] | own.get("networks", {})


def count(entry: dict) -> int:
    """Count the blocks of a network."""
    return len(entry["blocks"]["name"])


def side(shape: list[int]) -> int:
    """Return the longer side of maps (C, H, W), 1 of a vector."""
    return max(shape[1:], default=1)
