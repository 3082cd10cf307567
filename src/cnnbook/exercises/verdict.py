"""What `check` answers: passed or not, and why, never the expected numbers."""

import html
from dataclasses import dataclass

TEXT = {"passed": "Right", "failed": "Not yet"}


@dataclass(frozen=True)
class Verdict:
    """The judgement of one answer; it draws itself at the end of a cell.

    Args:
        exercise: id of the exercise.
        title: its title.
        passed: whether every case came out right.
        message: one sentence or more.
        counted: whether it is a try; an empty stub is not.
    """

    exercise: str
    title: str
    passed: bool
    message: str
    counted: bool = True

    def __repr__(self) -> str:
        """Say it in plain text."""
        return f"{'✓' if self.passed else '✗'} {self._word} · {self.title}\n{self.message}"

    def _repr_html_(self) -> str:
        """Say it in a box; colours hold in both themes because the text keeps the page's own."""
        colour = "#1d8f57" if self.passed else "#c8553d"
        lines = "<br>".join(prose_html(line) for line in self.message.split("\n"))
        return (
            f'<div class="cnnbook-verdict" data-exercise="{html.escape(self.exercise)}" '
            f'data-passed="{str(self.passed).lower()}" '
            f'style="border-left: 4px solid {colour}; padding: 0.2rem 0.8rem; margin: 0.4rem 0">'
            f"<strong>{'✓' if self.passed else '✗'} {self._word}</strong> · "
            f"{html.escape(self.title)}<br>{lines}</div>"
        )

    @property
    def _word(self) -> str:
        return TEXT["passed"] if self.passed else TEXT["failed"]


def prose_html(text: str) -> str:
    """Escape a text and mark what stands in backticks as code."""
    parts = [html.escape(part) for part in text.split("`")]
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
