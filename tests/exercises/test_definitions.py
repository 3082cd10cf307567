"""Definitions that contradict themselves are refused; what travels is plain and sealed."""

import base64
import gzip
import json
import re
from pathlib import Path

import pytest

from cnnbook import exercises
from cnnbook.exercises.catalogue import find
from cnnbook.exercises.definitions import Choice, Code, Option
from cnnbook.exercises.drawn import Grid, Number

FOLDER = Path(exercises.__file__).parent
WORDS = {
    "id": "11-test",
    "title": "A title",
    "text": "A text",
    "hints": ["A hint"],
    "solution": "A solution",
    "why": "A reason",
}
RIGHT, FALSE = Option("yes", "it is", right=True), Option("no", "it is not")


def number(**changes):
    values = {"variants": [{"size": 4}], "answer": lambda size: size, "slips": {}}
    return Number(**{**WORDS, **values, **changes})


def grid(**changes):
    values = {"variants": [{"n": 1}], "answer": lambda n: [[n, 2], [3, 4]], "caption": "a map"}
    return Grid(**{**WORDS, **values, **changes})


def choice(**changes):
    return Choice(**{**WORDS, "options": [RIGHT, FALSE], **changes})


REFUSED = {
    "id": (lambda: choice(id="output size"), "looks like 11-output-size, got 'output size'"),
    "no title": (lambda: choice(title=" "), "11-test: title is empty"),
    "no hints": (lambda: choice(hints=[]), "hints wants a list"),
    "one text for hints": (lambda: choice(hints="A hint"), "hints wants a list"),
    "nothing right": (lambda: choice(options=[FALSE, Option("n", "n")]), "0 options are right"),
    "two right": (lambda: choice(options=[RIGHT, Option("y", "y", True), FALSE]), "2 options"),
    "all right": (lambda: choice(options=[RIGHT], several=True), "every option is right"),
    "same text": (lambda: choice(options=[RIGHT, FALSE, Option("no", "x")]), "have one text"),
    "same feedback": (lambda: choice(options=[RIGHT, FALSE, Option("x", "it is")]), "one feedback"),
    "no variants": (lambda: number(variants=[]), "variants is empty"),
    "slip is the answer": (
        lambda: number(slips={"forgot": lambda size: size}),
        "'forgot' gives the same as the answer for {'size': 4}",
    ),
    "two slips agree": (
        lambda: number(slips={"one": lambda size: 5, "two": lambda size: 5}),
        "'two' gives the same as 'one'",
    ),
    "slip map is the answer": (
        lambda: grid(slips={"forgot": lambda n: [[n, 2], [3, 4]]}),
        "'forgot' gives the same as the answer",
    ),
    "shapes differ": (
        lambda: grid(variants=[{"n": 1}, {"n": 2}], answer=lambda n: [[0] * n]).spec(),
        "variants differ in shape: [(1, 1), (1, 2)]",
    ),
    "no cases": (
        lambda: Code(**WORDS, name="f", stub="def f(): ...", answer=max, cases={}),
        "cases is empty",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    make, words = REFUSED[name]
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- the words are compared below
        make()
    assert words in str(caught.value)


@pytest.mark.parametrize("name", exercises.ids())
def test_spec_is_plain_json(name):
    spec = find(name).spec()
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec


@pytest.mark.parametrize("name", exercises.ids())
def test_answers_do_not_stand_in_the_page_readably(name):
    exercise = find(name)
    page = json.dumps(exercise.spec(), ensure_ascii=False)
    assert exercise.why not in page
    assert "answer" not in page
    for option in getattr(exercise, "options", ()):
        assert option.feedback not in page


@pytest.mark.parametrize("name", exercises.ids())
def test_texts_are_filled_and_balanced(name):
    for face in find(name).spec()["faces"]:
        for text in (face["text"], *face["hints"]):
            assert "{" not in text
            assert text.count("`") % 2 == 0
            assert text[-1] in ".?!)"


def every_text(exercise):
    """List all that a reader may see of an exercise, answers included, matrices left out."""
    spec = exercise.spec()
    texts = [spec["title"], *spec.get("options", ()), *exercise.__dict__.get("cases", ())]
    texts += [option.feedback for option in getattr(exercise, "options", ())]
    texts += getattr(exercise, "misconceptions", {})
    for face in spec["faces"]:
        secret = json.loads(base64.b64decode(face["sealed"]))
        texts += [face["text"], *face["hints"], secret["solution"], secret["why"]]
        texts += [caption for caption, _, _ in face["given"]]
        texts += [message for _, message in secret["key"].get("slips", ())]
    return texts


@pytest.mark.parametrize("name", exercises.ids())
def test_thousands_are_parted_in_every_text(name):
    for text in every_text(find(name)):
        assert not re.search(r"\d{4}", text), text


def test_values_are_written_with_parted_thousands():
    texts = {"text": "{size} cells?", "hints": ["{size} of {name}."], "solution": "{answer}"}
    values = {"variants": [{"size": 4321, "name": "x"}], "slips": {"{size:.1f}": lambda **_: 1}}
    changes = {**texts, **values, "answer": lambda size, name: -10.0 * size}
    assert every_text(number(**changes)) == [
        "A title", "4,321 cells?", "4,321 of x.", "−43,210", "A reason", "4321.0",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "sheet", "budget"),
    [("exercise", "exercise", 15), ("progress_view", "progress_view", 6)],
)
def test_weight(entry, sheet, budget):
    """Weigh a widget's own modules and style sheet; `shared.js` is paid for by the whole page."""
    todo, seen = [FOLDER / f"{entry}.js"], set()
    while todo:
        path = todo.pop()
        if path not in seen and path.name != "shared.js":
            seen.add(path)
            names = re.findall(r'from "(\./[\w.]+)"', path.read_text())
            todo += [(path.parent / name).resolve() for name in names]
    texts = [path.read_bytes() for path in (*seen, FOLDER / f"{sheet}.css")]
    assert len(gzip.compress(b"".join(texts))) <= budget * 1024
