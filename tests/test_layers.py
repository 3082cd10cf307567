"""Imports point down only; a row never imports a row above it, and row 4 not its neighbours."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "cnnbook"
ROWS = {
    "shapes": 1,
    "style": 1,
    "reference": 2,
    "models": 2,
    "data": 2,
    "live": 3,
    "summary": 3,
    "training": 3,
    "widgets": 4,
    "exercises": 4,
    "plots": 4,
    "experiments": 4,
}
OUTSIDE = {  # the parts that may import a library that not every part may
    "torch": {"models", "data", "summary", "training", "plots", "experiments", "exercises"},
    "matplotlib": {"style", "training", "plots", "widgets", "exercises", "experiments"},
    "anywidget": {"live"},
}
FILES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            module = node.module or ""
            names += [f"{module}.{a.name}" for a in node.names] if module == "cnnbook" else [module]
    return names


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def breaches(own: str, names: list[str]) -> list[str]:
    found = []
    for name in names:
        top, *rest = name.split(".")
        if top == "cnnbook" and rest and rest[0] != own:
            if ROWS[rest[0]] >= ROWS[own]:
                found.append(f"{own} (row {ROWS[own]}) imports {rest[0]} (row {ROWS[rest[0]]})")
        elif top in OUTSIDE and own not in OUTSIDE[top]:
            found.append(f"{own} imports {top}")
    return found


@pytest.mark.parametrize(
    "path", [p for p in FILES if p.parent != PACKAGE or p.stem in ROWS], ids=str
)
def test_imports_point_down(path: Path) -> None:
    assert breaches(part(path), imported(path)) == []


def test_every_part_has_a_row() -> None:
    parts = {part(path) for path in FILES} - {"__init__"}
    assert parts <= ROWS.keys()


def test_a_breach_is_found() -> None:
    assert breaches("widgets", ["cnnbook.exercises.judge"])
    assert breaches("reference", ["torch"])
    assert not breaches("exercises", ["cnnbook.reference", "numpy"])


@pytest.mark.parametrize("path", [p for p in FILES if p.stem != "__init__"], ids=str)
def test_modules_stay_short(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= 300
