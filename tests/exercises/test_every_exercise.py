"""Every exercise of the book: the solution passes, plausible wrong answers fail, each in its way.

Answers given in a widget are judged by the JavaScript that judges them in the page; functions are
those of `wrong_functions_NN.py`. What only one chapter can prove stands in `test_chapter_NN.py`.
"""

import importlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
from judged import blank, verdicts_on

from cnnbook import exercises
from cnnbook.exercises.catalogue import CHAPTERS, find
from cnnbook.exercises.definitions import fill

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NAMES = [name for chapter in CHAPTERS for name in exercises.ids(chapter)]
CODE = {}
for chapter in CHAPTERS:
    CODE |= importlib.import_module(f"wrong_functions_{chapter:02d}").FUNCTIONS
LIVE = [name for name in NAMES if name not in CODE]
DRAWN = [name for name in LIVE if hasattr(find(name), "slips")]


@pytest.fixture(scope="module")
def verdicts(in_node):
    return verdicts_on(in_node, LIVE)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_order_is_that_of_the_chapter(chapter):
    path = NOTEBOOKS / f"{CHAPTERS[chapter][1]}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    source = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    asked = re.findall(r'exercises\.(?:show|predict_first)\(\s*"(\d\d-[a-z0-9-]+)"', source)
    assert asked == exercises.ids(chapter)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_there_are_six_of_three_kinds(chapter):
    names = exercises.ids(chapter)
    assert len(names) >= 6
    assert len({find(name).kind for name in names}) >= 3


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_none_that_is_defined_is_forgotten(chapter):
    package = importlib.import_module(f"cnnbook.exercises.chapter_{chapter:02d}")
    defined = {
        exercise.id
        for path in Path(package.__file__).parent.glob("*.py")
        for value in vars(importlib.import_module(f"{package.__name__}.{path.stem}")).values()
        if isinstance(value, list | tuple)
        for exercise in value
        if hasattr(exercise, "hints")
    }
    assert defined == set(exercises.ids(chapter))


@pytest.mark.parametrize("name", CODE)
def test_code_exercises_are_checked_in_python_alone(name):
    assert find(name).kind == "code"


@pytest.mark.parametrize("name", LIVE)
def test_right_answers_pass_in_every_variant(verdicts, name):
    assert len(verdicts[name]) == len(find(name).faces())
    for (_, verdict), *_ in verdicts[name]:
        assert (verdict["passed"], verdict["complete"]) == (True, True)


@pytest.mark.parametrize("name", LIVE)
def test_wrong_answers_fail_each_with_its_own_message(verdicts, name):
    for _, *wrong in verdicts[name]:
        assert len(wrong) >= 4
        assert [answer for answer, verdict in wrong if verdict["passed"]] == []
        messages = [verdict["message"] for _, verdict in wrong]
        assert len(set(messages)) == len(messages)


@pytest.mark.parametrize("name", DRAWN)
def test_each_slip_is_recognised_in_every_variant(verdicts, name):
    exercise = find(name)
    for values, (_, *wrong) in zip(exercise.variants, verdicts[name], strict=True):
        for (_, verdict), text in zip(wrong, exercise.slips, strict=False):
            assert verdict["message"].split("\n")[-1] == fill(text, values)


@pytest.mark.parametrize("name", LIVE)
def test_unanswered_is_not_a_try(verdicts, name):
    for results in verdicts[name]:
        for answer, verdict in results:
            unreadable = answer == "many" or "one" in np.ravel(answer)
            assert verdict["complete"] == (not unreadable and not blank(answer)), answer


@pytest.mark.parametrize("name", [n for n in LIVE if find(n).kind == "grid"])
def test_marks_say_which_cells_are_right(verdicts, name):
    for (right, _), *_, (other, verdict) in verdicts[name]:
        marks = np.array(verdict["marks"])
        assert ((marks == "right") == (np.array(right) == np.array(other))).all()


@pytest.mark.parametrize("name", CODE)
def test_solution_passes(name):
    solution, _ = CODE[name]
    verdict = exercises.check(name, solution)
    assert verdict.passed, verdict.message


@pytest.mark.parametrize("name", CODE)
def test_wrong_functions_fail_each_with_its_own_message(name):
    _, slips = CODE[name]
    verdicts = {slip: exercises.check(name, function) for slip, function in slips.items()}
    assert len(verdicts) >= 4
    assert [slip for slip, verdict in verdicts.items() if verdict.passed] == []
    assert len({verdict.message for verdict in verdicts.values()}) == len(verdicts)


@pytest.mark.parametrize("name", CODE)
def test_each_misconception_is_recognised(name):
    for text, mistake in find(name).misconceptions.items():
        verdict = exercises.check(name, mistake)
        assert not verdict.passed, text
        assert text in verdict.message


@pytest.mark.parametrize("name", CODE)
def test_the_stub_is_the_functions(name):
    exercise = find(name)
    space = {}
    exec(exercise.stub, space)
    verdict = exercises.check(name, space[exercise.name])
    assert not verdict.passed
    assert not verdict.counted
