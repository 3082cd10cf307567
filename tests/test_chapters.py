"""Every chapter has the form that style asks for, and each check can fail."""

import copy
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from chapters import (
    CHAPTERS,
    CHECKS,
    cell_sizes,
    code_cells,
    figures,
    forbidden_lines,
    read_verdicts,
    runs_of_code,
    sections,
    shown_exercises,
    solutions,
    stored_outputs,
    tags,
    verdicts,
    word_count,
)
from nbformat.v4 import new_code_cell, new_output

from cnnbook import exercises


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


@pytest.fixture
def chapter() -> nbformat.NotebookNode:
    return copy.deepcopy(read(CHAPTERS[0]))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_chapter(path: Path, check: Callable) -> None:
    assert list(check(read(path))) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_exercises_are_all_there(path: Path) -> None:
    shown = shown_exercises(read(path))
    assert sorted(shown) == sorted(exercises.ids(int(path.stem[:2])))
    assert len(shown) >= 6
    assert len({exercises.show(name).kind for name in shown}) >= 3


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_code_exercise_has_its_solution(path: Path) -> None:
    notebook = read(path)
    solved = "\n".join(c.source for c in code_cells(notebook) if "solution" in tags(c))
    for name in shown_exercises(notebook):
        if exercises.show(name).kind == "code":
            assert f'"{name}"' in solved


def test_stored_outputs_are_refused(chapter) -> None:
    code_cells(chapter)[0].outputs.append(new_output("stream", text="1"))
    assert list(stored_outputs(chapter))


def test_long_cells_are_refused(chapter) -> None:
    code_cells(chapter)[0].source = "x = 1\n" * 26
    assert "26 lines" in next(cell_sizes(chapter))


def test_three_code_cells_in_a_row_are_refused(chapter) -> None:
    chapter.cells += [new_code_cell("1") for _ in range(3)]
    assert list(runs_of_code(chapter))


@pytest.mark.parametrize("section", ["Setup", "Measure", "References"])
def test_a_missing_section_is_refused(chapter, section) -> None:
    for cell in chapter.cells:
        cell.source = cell.source.replace(f"## {section}", "## Other")
    assert f"there is no section '{section}'" in list(sections(chapter))


@pytest.mark.parametrize(
    "line", ["%matplotlib inline", "!ls", "plt.show()", "print(1)", "import requests"]
)
def test_lines_that_do_not_belong_are_refused(chapter, line) -> None:
    code_cells(chapter)[0].source += f"\n{line}"
    assert list(forbidden_lines(chapter))


def test_a_short_chapter_is_refused(chapter) -> None:
    chapter.cells = chapter.cells[:3]
    assert list(word_count(chapter))


def test_verdicts_that_contradict_themselves_are_refused(chapter) -> None:
    box = read_verdicts(chapter)[0]
    for cell in chapter.cells:
        cell.source = cell.source.replace(f"(#{box['target']})", "(#nowhere)")
    assert any("nowhere" in complaint for complaint in verdicts(chapter))


def test_open_solutions_are_refused(chapter) -> None:
    cell = next(c for c in code_cells(chapter) if "solution" in tags(c))
    cell.metadata.jupyter.source_hidden = False
    assert list(solutions(chapter))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [('ax.set_ylabel("m")', "x axis"), ('ax.set_xlabel("s")', "y axis"), ("", "alt text")],
)
def test_unlabelled_figures_are_refused(chapter, line, complaint) -> None:
    source = f"import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])\n{line}"
    chapter.cells = [new_code_cell(source)]
    assert any(complaint in each for each in figures(chapter))
