"""Tabulate every network of the book for `ArchitectureExplorer`.

`python -m cnnbook.experiments.architectures` writes the table into the module that the widget
imports. Nothing is computed but sizes and counts, on torch's meta device.
"""

import json
from pathlib import Path

import torch

from cnnbook.models.catalogue import MODELS, REDUCED, Model
from cnnbook.summary.architectures import Network, tabulate

FILE = Path(__file__).parent.parent / "widgets" / "architecture_data.js"
HEAD = "// Made by `python -m cnnbook.experiments.architectures`; see summary/architectures.py.\n"


# every network of the catalogue and every small form
LISTED = (*MODELS, *(Model(builder, "", "", builder) for builder in REDUCED))


def built(model: Model) -> Network:
    """Build a network in evaluation mode, without numbers in it."""
    with torch.device("meta"):
        module = model.builder().eval()
    shape = (1, model.channels, model.size, model.size)
    return Network(model.name, module, shape, model.builder)


def text(table: dict) -> str:
    """Write a table as a module of JavaScript, a line for each column, code and network."""
    parts = []
    for key, value in table.items():
        named = isinstance(value, dict)
        lines = (
            [f"{packed(k)}:{packed(v)}" for k, v in value.items()] if named else map(packed, value)
        )
        ends = "{}" if named else "[]"
        parts.append(f'"{key}":{ends[0]}\n' + ",\n".join(lines) + f"\n{ends[1]}")
    return f"{HEAD}export const DATA = {{{','.join(parts)}}};\n"


def packed(value: object) -> str:
    """Write JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    FILE.write_text(text(tabulate(list(map(built, LISTED)))), encoding="utf-8")
    print(FILE)
