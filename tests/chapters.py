"""What a chapter must look like: each function returns the complaints about a notebook."""

import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import nbformat

matplotlib.use("agg")
import matplotlib.pyplot as plt

ROOT = Path(__file__).parent.parent
CHAPTERS = sorted((ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb"))
SECTIONS = (
    "Setup",
    "See",
    "Derive",
    "Build",
    "Use",
    "Measure",
    "Verdicts",
    "Exercises",
    "Summary",
    "References",
)
VERDICTS = {
    "true": "true",
    "condition": "true with a condition",
    "misleading": "misleading",
    "false": "false",
}
FORBIDDEN = {
    r"^\s*[%!]": "a magic or shell line",
    r"\bplt\.show\(": "plt.show",
    r"^\s*print\(": "print where an expression would do",
    r"\burllib|\brequests\b|\bpooch\b|download": "something from the network",
}
LONGEST, MEDIAN = 25, 8
WORDS = (2000, 4500)


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell: nbformat.NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def lines(cell: nbformat.NotebookNode) -> int:
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def stored_outputs(notebook: nbformat.NotebookNode) -> Iterator[str]:
    for cell in code_cells(notebook):
        if cell.outputs or cell.execution_count:
            yield f"cell {cell.id} has stored outputs"


def cell_sizes(notebook: nbformat.NotebookNode) -> Iterator[str]:
    cells = code_cells(notebook)
    for cell in cells:
        if lines(cell) > LONGEST:
            yield f"cell {cell.id} has {lines(cell)} lines, {LONGEST} are allowed"
    if (middle := statistics.median(map(lines, cells))) > MEDIAN:
        yield f"the median cell has {middle} lines, {MEDIAN} are allowed"


def runs_of_code(notebook: nbformat.NotebookNode) -> Iterator[str]:
    run = 0
    for cell in notebook.cells:
        run = (
            run + 1 if cell.cell_type == "code" and not tags(cell) & {"exercise", "solution"} else 0
        )
        if run == 3:
            yield f"cell {cell.id} is the third code cell without prose between"


def sections(notebook: nbformat.NotebookNode) -> Iterator[str]:
    heads = re.findall(r"^## (.+)$", "\n".join(c.source for c in notebook.cells), flags=re.M)
    place = -1
    for section in SECTIONS:
        found = [i for i, head in enumerate(heads) if head.split(":")[0].strip() == section]
        if not found:
            yield f"there is no section {section!r}"
        elif found[0] < place:
            yield f"section {section!r} stands too early"
        else:
            place = found[0]
    first = notebook.cells[0].source
    for part in ("You will be able to", "You need", "minutes"):
        if part not in first:
            yield f"the first cell lacks {part!r}"


def forbidden_lines(notebook: nbformat.NotebookNode) -> Iterator[str]:
    for cell in code_cells(notebook):
        for pattern, name in FORBIDDEN.items():
            if re.search(pattern, cell.source, flags=re.M):
                yield f"cell {cell.id} has {name}"


def word_count(notebook: nbformat.NotebookNode) -> Iterator[str]:
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    words = len(prose.split("\n## References")[0].split())
    if not WORDS[0] <= words <= WORDS[1]:
        yield f"{words} words, {WORDS[0]} to {WORDS[1]} are wanted"


def targets(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Map each `(name)=` to the type of the next cell."""
    found = {}
    for cell, after in zip(notebook.cells, notebook.cells[1:], strict=False):
        if cell.cell_type == "markdown":
            for name in re.findall(r"^\(([\w-]+)\)=\s*$", cell.source, flags=re.M):
                found[name] = after.cell_type
    return found


def read_verdicts(notebook: nbformat.NotebookNode) -> list[dict[str, str]]:
    """List the chapter's claims: claim, verdict, text, and the target of the cell that shows it."""
    pattern = re.compile(
        r"^:::\{admonition\} (?P<claim>.+) — (?P<said>[^—\n]+)\n"
        r":class: verdict verdict-(?P<verdict>\w+)\n\n(?P<text>.+?)\n:::$",
        flags=re.M | re.S,
    )
    boxes = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for match in pattern.finditer(cell.source):
                link = re.search(r"\]\(#([\w-]+)\)", match["text"])
                boxes.append({**match.groupdict(), "target": link[1] if link else ""})
    return boxes


def verdicts(notebook: nbformat.NotebookNode) -> Iterator[str]:
    boxes = read_verdicts(notebook)
    written = sum(cell.source.count(":class: verdict") for cell in notebook.cells)
    if not boxes or len(boxes) != written:
        yield f"{written} verdict boxes, {len(boxes)} of them can be read"
    places = targets(notebook)
    for box in boxes:
        if VERDICTS.get(box["verdict"]) != box["said"].strip():
            yield f"{box['claim']}: class {box['verdict']!r}, title {box['said']!r}"
        if places.get(box["target"]) != "code":
            yield f"{box['claim']}: no code cell follows the target {box['target']!r}"


def shown_exercises(notebook: nbformat.NotebookNode) -> list[str]:
    source = "\n".join(cell.source for cell in code_cells(notebook))
    return re.findall(r"exercises\.(?:show|predict_first)\(\s*\"([\w-]+)\"", source)


def solutions(notebook: nbformat.NotebookNode) -> Iterator[str]:
    for cell in code_cells(notebook):
        if "solution" in tags(cell):
            if not cell.metadata.get("jupyter", {}).get("source_hidden"):
                yield f"solution {cell.id} is open in JupyterLab"
            if not tags(cell) & {"hide-input", "hide-cell"}:
                yield f"solution {cell.id} is open in the page"
            if ".passed" not in cell.source:
                yield f"solution {cell.id} is not checked"


def unlabelled(figure: plt.Figure) -> Iterator[str]:
    for axes in figure.axes:
        if not axes.axison or getattr(axes, "_colorbar", None):
            continue
        for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
            bare = not axis.get_visible() or not len(axis.get_ticklocs())
            if not bare and not axis.get_label_text() and axes in axes.figure.axes:
                yield f"{name} axis of {axes.get_title() or 'a figure'!r} has no label"


def figures(notebook: nbformat.NotebookNode) -> Iterator[str]:
    """Run the chapter and look at each figure that a cell leaves: labels, and a text for it."""
    names = {"__name__": "chapter"}
    plt.close("all")
    for cell in code_cells(notebook):
        exec(compile(cell.source, f"<cell {cell.id}>", "exec"), names)
        for number in plt.get_fignums():
            for complaint in unlabelled(plt.figure(number)):
                yield f"cell {cell.id}: {complaint}"
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            if len(alt) < 20:
                yield f"cell {cell.id}: its figure has no alt text"
        plt.close("all")


CHECKS = (
    stored_outputs,
    cell_sizes,
    runs_of_code,
    sections,
    forbidden_lines,
    word_count,
    verdicts,
    solutions,
    figures,
)
