"""Every exercise of chapter 11: the solution passes, plausible wrong answers fail, each in its way.

Answers given in a widget are judged by the JavaScript that judges them in the page.
"""

import numpy as np
import pytest
import wrong_functions as wrong

from cnnbook import exercises
from cnnbook.exercises.catalogue import find
from cnnbook.exercises.definitions import Choice, Code
from cnnbook.exercises.drawn import Grid, Number

CODE = {
    "11-shift-and-add": (wrong.shift_and_add, wrong.CORRELATE),
    "11-flip": (wrong.reads_from_the_end, wrong.FLIP),
    "11-dweight": (wrong.weight_gradient, wrong.GRADIENT),
}
JUDGE = """
const kinds = { choice, number, grid, predict };
output = input.map(({ kind, spec, variant, answer }) =>
  kinds[kind].judge(spec, frame.unseal(spec.faces[variant].sealed).key, answer));
"""


def texts(cells):
    return [[str(value) for value in row] for row in cells]


def choice_answers(exercise):
    right = [i for i, option in enumerate(exercise.options) if option.right]
    others = [i for i in range(len(exercise.options)) if i not in right]
    if exercise.several:
        wrong = [[], right[:-1], right[1:], [*right, others[0]], list(range(len(exercise.options)))]
        wrong += [[i] for i in others]
    else:
        wrong = [[], *[[i] for i in others]]
    return [(0, right, wrong)]


def number_answers(exercise):
    for variant, values in enumerate(exercise.variants):
        answer = exercise.answer(**values)
        slips = [str(slip(**values)) for slip in exercise.slips.values()]
        rest = ["", "many", "0", "-3", str(10 * answer + 7), f"{answer}.5"]
        yield variant, f"{answer:g}" if answer < 1e5 else str(int(answer)), slips + rest


def grid_answers(exercise):
    for variant, values in enumerate(exercise.variants):
        answer = np.asarray(exercise.answer(**values))
        rows, columns = answer.shape
        one_off = answer + np.eye(rows, columns)
        none = [[""] * columns for _ in range(rows)]
        word = [["1"] * columns for _ in range(rows - 1)] + [["one"] + ["1"] * (columns - 1)]
        slips = [texts(np.asarray(slip(**values))) for slip in exercise.slips.values()]
        wrong = [none, word, texts(0 * answer), texts(answer.T), texts(one_off)]
        yield variant, texts(answer), slips + wrong


ANSWERS = {Choice: choice_answers, Number: number_answers, Grid: grid_answers}
LIVE = [name for name in exercises.ids(11) if not isinstance(find(name), Code)]


def answers(exercise):
    return list(next(f for kind, f in ANSWERS.items() if isinstance(exercise, kind))(exercise))


@pytest.fixture(scope="module")
def verdicts(in_node):
    """Judge all answers in one process: id -> [(right verdict, {answer: verdict})] by variant."""
    jobs = []
    for name in LIVE:
        exercise = find(name)
        spec = exercise.spec()
        for variant, right, wrong_answers in answers(exercise):
            common = {"id": name, "kind": exercise.kind, "spec": spec, "variant": variant}
            jobs += [{**common, "answer": answer} for answer in (right, *wrong_answers)]
    modules = ["frame", "choice", "number", "grid", "predict"]
    found = {}
    for job, verdict in zip(jobs, in_node(JUDGE, modules, jobs), strict=True):
        found.setdefault((job["id"], job["variant"]), []).append((job["answer"], verdict))
    return found


def test_every_exercise_is_judged_here():
    assert set(LIVE) | set(CODE) == set(exercises.ids(11))
    assert len({find(name).kind for name in exercises.ids(11)}) == 5


@pytest.mark.parametrize("name", LIVE)
def test_right_answers_pass_in_every_variant(verdicts, name):
    for (exercise, _), results in verdicts.items():
        if exercise == name:
            _, verdict = results[0]
            assert verdict["passed"]
            assert verdict["complete"]


@pytest.mark.parametrize("name", LIVE)
def test_wrong_answers_fail_each_with_its_own_message(verdicts, name):
    for (exercise, _), results in verdicts.items():
        if exercise == name:
            wrong_results = results[1:]
            assert len(wrong_results) >= 4
            assert not any(verdict["passed"] for _, verdict in wrong_results)
            messages = [verdict["message"] for _, verdict in wrong_results]
            assert len(set(messages)) == len(messages)


@pytest.mark.parametrize("name", [n for n in LIVE if hasattr(find(n), "slips")])
def test_each_slip_is_recognised_in_every_variant(verdicts, name):
    exercise = find(name)
    for variant, values in enumerate(exercise.variants):
        results = verdicts[name, variant][1:]
        for (_, verdict), text in zip(results, exercise.slips, strict=False):
            expected = text.format(**values, answer=None)
            assert verdict["message"].split("\n")[-1] == expected


def blank(answer):
    return answer in ([], "") or set(np.ravel(answer)) == {""}


@pytest.mark.parametrize("name", LIVE)
def test_unanswered_is_not_a_try(verdicts, name):
    for (exercise, _), results in verdicts.items():
        if exercise == name:
            empty = [verdict for answer, verdict in results if blank(answer)]
            assert [verdict["complete"] for verdict in empty] == [False]


@pytest.mark.parametrize("name", [n for n in LIVE if find(n).kind == "grid"])
def test_marks_say_which_cells_are_right(verdicts, name):
    for (exercise, _), results in verdicts.items():
        if exercise == name:
            (right, _), (one_off, verdict) = results[0], results[-1]
            same = [
                [a == b for a, b in zip(*rows, strict=True)]
                for rows in zip(
                    texts(np.array(right, float)), texts(np.array(one_off, float)), strict=True
                )
            ]
            assert [[m == "right" for m in row] for row in verdict["marks"]] == same


def test_swapped_and_empty_maps_are_named(in_node):
    exercise = find("11-hand-map")
    answer = np.asarray(exercise.answer(**exercise.variants[0]))
    common = {"kind": "grid", "spec": exercise.spec(), "variant": 0}
    jobs = [{**common, "answer": texts(m)} for m in (answer.T, 0 * answer)]
    modules = ["frame", "choice", "number", "grid", "predict"]
    swapped, zeros = (verdict["message"] for verdict in in_node(JUDGE, modules, jobs))
    assert "Rows and columns of your map are swapped." in swapped
    assert "Every cell is 0" in zeros


def test_counts_may_be_typed_with_separators(in_node):
    exercise = find("11-parameters")
    spec = exercise.spec()
    answer = int(exercise.answer(**exercise.variants[0]))
    assert answer == 1216
    typed = ["1216", "1,216", "1 216", "1_216", "1.216", "1216.0", " 1216 "]
    jobs = [{"kind": "number", "spec": spec, "variant": 0, "answer": text} for text in typed]
    modules = ["frame", "choice", "number", "grid", "predict"]
    assert all(verdict["passed"] for verdict in in_node(JUDGE, modules, jobs))


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
    messages = {verdict.message for verdict in verdicts.values()}
    assert len(messages) == len(verdicts)


@pytest.mark.parametrize("name", CODE)
def test_each_misconception_is_recognised(name):
    exercise = find(name)
    for text, mistake in exercise.misconceptions.items():
        verdict = exercises.check(name, mistake)
        assert not verdict.passed, text
        assert text in verdict.message


@pytest.mark.parametrize("name", CODE)
def test_first_case_has_axes_of_different_length(name):
    exercise = find(name)
    arguments = next(iter(exercise.cases.values()))
    arrays = {k: np.array(v) for k, v in arguments.items()}
    for array in (*arrays.values(), exercise.answer(**arrays)):
        assert len(set(array.shape)) == array.ndim, array.shape


@pytest.mark.parametrize("name", CODE)
def test_the_stub_is_the_functions(name):
    exercise = find(name)
    space = {}
    exec(exercise.stub, space)
    verdict = exercises.check(name, space[exercise.name])
    assert not verdict.passed
    assert not verdict.counted
