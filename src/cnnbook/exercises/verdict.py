"""What `check` answers: passed or not, and why, never the expected numbers."""

import html
from dataclasses import dataclass

TEXT = {"passed": "Right", "failed": "Not yet", "untouched": "Not tried yet"}
SIGNS = {"passed": "✓", "failed": "✗", "untouched": "○"}
COLOURS = {"passed": "#1d8f57", "failed": "#c8553d", "untouched": "#7b8490"}


@dataclass(frozen=True)
class Verdict:
    """The judgement of one answer; it draws itself at the end of a cell.

    Args:
        exercise: id of the exercise.
        title: its title.
        passed: whether every case came out right.
        message: one sentence or more.
        counted: whether it is a try; an empty stub is not.
        untouched: whether it is the stub itself; then nothing is wrong yet.
    """

    exercise: str
    title: str
    passed: bool
    message: str
    counted: bool = True
    untouched: bool = False

    def __repr__(self) -> str:
        """Say it in plain text."""
        return f"{self._heading} · {self.title}\n{self.message}"

    def _repr_html_(self) -> str:
        """Say it in a box; colours hold in both themes because the text keeps the page's own."""
        lines = "<br>".join(prose_html(line) for line in self.message.split("\n"))
        return (
            f'<div class="cnnbook-verdict" data-exercise="{html.escape(self.exercise)}" '
            f'data-passed="{str(self.passed).lower()}" '
            f'style="border-left: 4px solid {COLOURS[self._state]}; padding: 0.2rem 0.8rem; '
            f'margin: 0.4rem 0">'
            f"<strong>{self._heading}</strong> · "
            f"{html.escape(self.title)}<br>{lines}</div>"
        )

    @property
    def _state(self) -> str:
        return "untouched" if self.untouched else "passed" if self.passed else "failed"

    @property
    def _heading(self) -> str:
        return f"{SIGNS[self._state]} {TEXT[self._state]}"


def prose_html(text: str) -> str:
    """Escape a text and mark what stands in backticks as code."""
    parts = [html.escape(part) for part in text.split("`")]
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
