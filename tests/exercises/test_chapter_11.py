"""Every exercise of chapter 11: the solution passes, plausible wrong answers fail, each in its way.

Answers given in a widget are judged by the JavaScript that judges them in the page.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import wrong_functions as wrong

from cnnbook import exercises
from cnnbook.exercises.catalogue import find
from cnnbook.exercises.chapter_11 import choices, functions, maps, numbers, predictions
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


KINDS = ["frame", "choice", "number", "grid", "predict"]
TYPED = {  # what a reader typed, reckoned without the package: words of the message
    "11-output-size": {
        "The window's length is missing": lambda size, kernel, padding, stride: (
            (size + 2 * padding) // stride + 1
        ),
        "fits into the padded side": lambda size, kernel, padding, stride: (
            (size + 2 * padding) // stride
        ),
    },
    "11-parameters": {
        "That is the number of multiplications": lambda c_in, c_out, k, h, w: (
            k * k * c_in * c_out * h * w
        ),
        "the weights do not multiply by {h} x {w}": lambda c_in, c_out, k, h, w: (
            k * k * c_in * c_out * h * w + c_out
        ),
        "without weight sharing": lambda c_in, c_out, k, h, w: (k * k * c_in + 1) * c_out * h * w,
        "not for each of the {c_in} input maps": lambda c_in, c_out, k, h, w: (
            k * k * c_in * c_out + c_in
        ),
        "not to each of its {c_in} channels": lambda c_in, c_out, k, h, w: (
            k * k * c_in * c_out + c_in * c_out
        ),
    },
    "11-macs": {
        "That is without padding": lambda n, c_in, c_out, h, w, k: (
            n * c_out * (h - k + 1) * (w - k + 1) * k * k * c_in
        ),
    },
    "11-dense-ratio": {
        "That is the whole dense layer": lambda c_in, c_out, n, k: c_in * n * n * c_out * n * n,
    },
}


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
    found = {}
    for job, verdict in zip(jobs, in_node(JUDGE, KINDS, jobs), strict=True):
        found.setdefault((job["id"], job["variant"]), []).append((job["answer"], verdict))
    return found


def test_the_order_is_that_of_the_chapter():
    path = Path(__file__).parents[2] / "notebooks" / "11-convolution.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    source = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    asked = re.findall(r'exercises\.(?:show|predict_first)\(\s*"(11-[a-z0-9-]+)"', source)
    assert asked == exercises.ids(11)
    groups = (choices.CHOICES, functions.FUNCTIONS, maps.MAPS, numbers.NUMBERS)
    defined = {e.id for group in (*groups, predictions.PREDICTIONS) for e in group}
    assert defined == set(asked)


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
    swapped, zeros = (verdict["message"] for verdict in in_node(JUDGE, KINDS, jobs))
    assert "Rows and columns of your map are swapped." in swapped
    assert "Every cell is 0" in zeros


def test_counts_may_be_typed_with_separators(in_node):
    exercise = find("11-parameters")
    spec = exercise.spec()
    answer = int(exercise.answer(**exercise.variants[0]))
    assert answer == 1216
    typed = ["1216", "1,216", "1 216", "1\u2009216", "1_216", "1.216", "1216.0", "1216,0", " 1216 "]
    jobs = [{"kind": "number", "spec": spec, "variant": 0, "answer": text} for text in typed]
    for verdict in in_node(JUDGE, KINDS, jobs):
        assert (verdict["passed"], verdict["message"]) == (True, "1,216 parameters.")


def test_what_was_typed_is_written_with_parted_thousands(in_node):
    common = {"kind": "number", "spec": find("11-parameters").spec(), "variant": 0}
    typed = ["1,217", "1215", "1216,5", "1,5"]
    jobs = [{**common, "answer": text} for text in typed]
    assert [verdict["message"] for verdict in in_node(JUDGE, KINDS, jobs)] == [
        "1,217 is too large.",
        "1,215 is too small.",
        "1,216.5: a count is a whole number.",
        "1.5: a count is a whole number.",
    ]


def test_one_right_cell_is_one(in_node):
    exercise = find("11-hand-map")
    one = np.asarray(exercise.answer(**exercise.variants[0])) + 1
    one[1, 2] -= 1
    two = one - np.eye(3)
    common = {"kind": "grid", "spec": exercise.spec(), "variant": 0}
    jobs = [{**common, "answer": texts(m)} for m in (one, two)]
    first, second = (verdict["message"] for verdict in in_node(JUDGE, KINDS, jobs))
    assert first == "1 of 9 cells is right; the first to look at again is row 1, column 1."
    assert second == "4 of 9 cells are right; the first to look at again is row 1, column 2."


@pytest.mark.parametrize("name", TYPED)
def test_what_readers_typed_is_recognised_in_every_variant(in_node, name):
    exercise = find(name)
    spec = exercise.spec()
    jobs, wanted = [], []
    for variant, values in enumerate(exercise.variants):
        for words, slip in TYPED[name].items():
            answer = f"{slip(**values):,}"
            jobs.append({"kind": "number", "spec": spec, "variant": variant, "answer": answer})
            wanted.append(words.format(**values))
    verdicts = in_node(JUDGE, KINDS, jobs)
    for job, words, verdict in zip(jobs, wanted, verdicts, strict=True):
        assert not verdict["passed"]
        assert words in verdict["message"], job["answer"]


def test_the_numbers_that_were_reported(in_node):
    exercise = find("11-parameters")
    reported = [({"c_out": 32, "h": 14}, "435456"), ({"c_out": 10, "h": 64}, "5017610")]
    for values, answer in reported:
        (variant,) = (i for i, v in enumerate(exercise.variants) if values.items() <= v.items())
        job = {"kind": "number", "spec": exercise.spec(), "variant": variant, "answer": answer}
        (verdict,) = in_node(JUDGE, KINDS, [job])
        assert "too large" not in verdict["message"]
        assert "{h} x {w}".format(**exercise.variants[variant]) in verdict["message"]


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
