"""What an exercise is: plain dataclasses, one for each kind of answer.

To add one, copy the smallest of a chapter (`chapter_11/`) and change its words. A definition is
also the table of its strings; text may mark `code` with backticks and part paragraphs by an empty
line. The kinds whose numbers are drawn anew are in `drawn.py`.
"""

import base64
import json
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

_ID = re.compile(r"\d\d-[a-z0-9]+(-[a-z0-9]+)*")


def seal(secret: dict) -> str:
    """Encode what a reader should not stumble over while reading the page's source; no security."""
    return base64.b64encode(json.dumps(secret, ensure_ascii=False).encode()).decode()


def plain(values: object) -> object:
    """Return an array or number as nested lists; whole numbers become ints."""
    if isinstance(values, np.ndarray | list | tuple):
        return [plain(value) for value in values]
    number = float(values)
    return int(number) if number.is_integer() else number


def worded(value: object) -> str:
    """Write a value for a reader: 1760 as 1,760, with a true minus sign."""
    return f"{value:,}".replace("-", "−") if isinstance(value, int | float) else str(value)


class _Words(string.Formatter):
    """Formats as `str.format`, but writes numbers as `worded` does."""

    def format_field(self, value: object, format_spec: str) -> str:
        """Leave a value that has a format of its own to it."""
        return super().format_field(value, format_spec) if format_spec else worded(value)


def fill(text: str, values: dict) -> str:
    """Put a variant's values into a text; a text without values may hold braces of its own."""
    return _Words().vformat(text, (), values) if values else text


@dataclass(frozen=True)
class Matrix:
    """Numbers shown beside a question.

    Args:
        caption: what they are.
        role: input, kernel, output or gradient; sets the colour.
        cells: nested list, or the name of one of the variant's values.
    """

    caption: str
    role: str
    cells: list | str


@dataclass(frozen=True)
class Option:
    """One answer to choose, with what the reader hears when choosing it."""

    text: str
    feedback: str
    right: bool = False


@dataclass(frozen=True, kw_only=True)
class Definition:
    """What every exercise has.

    Args:
        id: chapter and name, as "11-output-size".
        title: a few words.
        text: the question.
        hints: shown one by one, each saying more.
        solution: shown after a try, or after the last hint.
        why: why the usual slip is one.
        given: matrices beside the question.
    """

    kind: ClassVar[str]
    id: str
    title: str
    text: str
    hints: Sequence[str]
    solution: str
    why: str
    given: Sequence[Matrix] = ()

    def __post_init__(self) -> None:
        """Refuse an exercise that could not be shown."""
        if not _ID.fullmatch(self.id):
            raise ValueError(f"an exercise's id looks like 11-output-size, got {self.id!r}")
        for name in ("title", "text", "solution", "why"):
            self.expect(str(getattr(self, name)).strip(), f"{name} is empty")
        self.expect(self.hints and not isinstance(self.hints, str), "hints wants a list of texts")
        self.check()

    def expect(self, holds: object, message: str) -> None:
        """Raise a ValueError that names the exercise unless `holds`."""
        if not holds:
            raise ValueError(f"exercise {self.id}: {message}")

    def check(self) -> None:
        """Raise a ValueError if the answers contradict each other; each kind has its own rules."""

    @property
    def chapter(self) -> int:
        """The chapter's number, the first two digits of the id."""
        return int(self.id[:2])

    def key(self) -> dict:
        """Return what the page needs to judge an answer."""
        return {}

    def extra(self) -> dict:
        """Return what else the page needs to show the question."""
        return {}

    def faces(self) -> list[dict]:
        """Return the forms of the question: one, or one for each variant."""
        return [self.face({}, self.key())]

    def face(self, values: dict, key: dict) -> dict:
        """Return one form of the question, its answers sealed."""
        given = [
            [m.caption, m.role, plain(values[m.cells]) if isinstance(m.cells, str) else m.cells]
            for m in self.given
        ]
        secret = {
            "solution": fill(self.solution, values),
            "why": fill(self.why, values),
            "key": key,
        }
        hints = [fill(hint, values) for hint in self.hints]
        text = fill(self.text, values)
        return {"text": text, "hints": hints, "given": given, "sealed": seal(secret)}

    def spec(self) -> dict:
        """Return the exercise as the widget reads it: JSON only."""
        return {"id": self.id, "title": self.title, "faces": self.faces(), **self.extra()}


@dataclass(frozen=True, kw_only=True)
class Choice(Definition):
    """Choose one option, or with `several` all that hold."""

    kind: ClassVar[str] = "choice"
    options: Sequence[Option]
    several: bool = False

    def check(self) -> None:
        """Refuse options without one right answer, or that say the same."""
        right = sum(option.right for option in self.options)
        self.expect(right >= 1 and (self.several or right == 1), f"{right} options are right")
        self.expect(len(self.options) > right, "every option is right")
        for part in ("text", "feedback"):
            texts = {getattr(option, part) for option in self.options}
            self.expect(len(texts) == len(self.options), f"two options have one {part}")

    def key(self) -> dict:
        """Return which options are right, and the feedback of each."""
        return {
            "right": [i for i, option in enumerate(self.options) if option.right],
            "feedback": [option.feedback for option in self.options],
        }

    def extra(self) -> dict:
        """Return the options' texts."""
        return {"options": [option.text for option in self.options], "several": self.several}


@dataclass(frozen=True, kw_only=True)
class Predict(Choice):
    """Commit to an option before another widget shows the answer (see `predict_first`)."""

    kind: ClassVar[str] = "predict"


@dataclass(frozen=True, kw_only=True)
class Code(Definition):
    """Write a function; `check` calls it on cases.

    Args:
        name: the function's name.
        stub: its first lines, as the notebook gives them.
        answer: a right function; its results are never shown.
        cases: name of the mistake that the case catches -> the arguments, in the function's
            order; nested lists become arrays of float64.
        misconceptions: message -> function that makes this mistake, to recognise it by.
    """

    kind: ClassVar[str] = "code"
    name: str
    stub: str
    answer: Callable
    cases: dict[str, dict]
    misconceptions: dict[str, Callable] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse an exercise without cases."""
        self.expect(self.cases, "cases is empty")

    def extra(self) -> dict:
        """Return the function's name and stub."""
        return {"name": self.name, "stub": self.stub}
