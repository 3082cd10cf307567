"""Exercises that check themselves: `show` one, `check` a function, `progress` of the reader."""

import ipywidgets

from cnnbook.exercises.catalogue import by_id, find
from cnnbook.exercises.definitions import Code
from cnnbook.exercises.exercise import Exercise
from cnnbook.exercises.judging import judge
from cnnbook.exercises.progress_view import ProgressView
from cnnbook.exercises.reader import READER, tried
from cnnbook.exercises.verdict import Verdict

__all__ = ["Verdict", "check", "ids", "predict_first", "progress", "show"]


def ids(chapter: int | None = None) -> list[str]:
    """List the exercises of one chapter, or of the book."""
    return [name for name, e in by_id().items() if chapter in (None, e.chapter)]


def show(name: str) -> Exercise:
    """Return the widget of an exercise.

    Raises:
        ValueError: naming close ids, if there is no such exercise.
    """
    return Exercise(find(name))


def check(name: str, function: object, counts: bool = True) -> Verdict:
    """Judge a reader's function for a code exercise.

    Args:
        name: id of the exercise.
        function: whatever the reader wrote; nothing that it does is raised from here.
        counts: whether the try goes into the reader's progress; False for the book's solution.

    Raises:
        ValueError: if there is no such exercise, or it is answered in its widget.
    """
    exercise = find(name)
    if not isinstance(exercise, Code):
        raise ValueError(f"exercise {name} is answered in its widget: exercises.show({name!r})")
    verdict = judge(exercise, function)
    if counts and verdict.counted:
        READER.put(name, tried(READER.record(name), verdict.passed))
    return verdict


def predict_first(name: str, widget: ipywidgets.Widget) -> tuple[Exercise, ipywidgets.Widget]:
    """Conceal a widget's output until the reader has committed to a prediction.

    The link between the two needs no kernel. Display each in its own place:
    `question, explorer = exercises.predict_first("11-predict-edge", ConvExplorer())`.

    Args:
        name: id of a predict exercise.
        widget: any with a trait `concealed`.

    Raises:
        ValueError: if the exercise is of another kind, or the widget lacks the trait.
    """
    question = show(name)
    if question.kind != "predict":
        raise ValueError(f"exercise {name} is of kind {question.kind}, not predict")
    if not widget.has_trait("concealed"):
        raise ValueError(f"{type(widget).__name__} has no trait concealed")
    widget.concealed = True
    # kept alive by the question; the link is a widget of its own, and travels into the page
    question.revealing = ipywidgets.jslink((question, "concealed"), (widget, "concealed"))
    return question, widget


def progress(base: str = "") -> ProgressView:
    """Return the overview of what the reader has solved; `base` leads to the chapters' pages."""
    return ProgressView(base=base)
