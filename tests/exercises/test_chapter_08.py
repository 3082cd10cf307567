"""Every exercise of chapter 08: the solution passes, plausible wrong answers fail, each in its way.

Answers given in a widget are judged by the JavaScript that judges them in the page.
"""

import json
import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import wrong_functions_08 as wrong
from test_chapter_11 import JUDGE, KINDS, choice_answers, texts

from cnnbook import exercises
from cnnbook.exercises.catalogue import find
from cnnbook.exercises.chapter_08 import choices, functions, grids, numbers, predictions
from cnnbook.exercises.definitions import fill
from cnnbook.widgets import FitExplorer

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "08-overfitting.ipynb"
CODE = {
    "08-kfold": (wrong.kfold, wrong.KFOLD),
    "08-decompose": (wrong.decompose, wrong.DECOMPOSE),
    "08-patience": (wrong.stop, wrong.STOP),
}
LIVE = [name for name in exercises.ids(8) if name not in CODE]
DRAWN = [name for name in LIVE if hasattr(find(name), "slips")]


def number_answers(exercise):
    for variant, values in enumerate(exercise.variants):
        answer = exercise.answer(**values)
        slips = [f"{slip(**values):.9g}" for slip in exercise.slips.values()]
        yield variant, f"{answer:.9g}", [*slips, "", "many", "0", "-3", f"{10 * answer + 7:.9g}"]


def grid_answers(exercise):
    for variant, values in enumerate(exercise.variants):
        answer = np.asarray(exercise.answer(**values))
        slips = [texts(slip(**values).round(2)) for slip in exercise.slips.values()]
        none, word = texts(answer), texts(answer)
        none[0][1], word[0][2] = "", "nine"
        one_off = answer + np.eye(1, 4, 3)
        rest = [none, word, texts(answer[:, ::-1]), texts(one_off)]
        yield variant, texts(answer), slips + rest


def answers(exercise):
    kinds = {"number": number_answers, "grid": grid_answers}
    return list(kinds.get(exercise.kind, choice_answers)(exercise))


@pytest.fixture(scope="module")
def verdicts(in_node):
    """Judge all answers in one process: id -> for each variant [(answer, verdict)], right first."""
    jobs = []
    for name in LIVE:
        exercise = find(name)
        for variant, right, wrong_answers in answers(exercise):
            job = {"id": name, "kind": exercise.kind, "spec": exercise.spec(), "variant": variant}
            jobs += [{**job, "answer": answer} for answer in (right, *wrong_answers)]
    found = {}
    for job, verdict in zip(jobs, in_node(JUDGE, KINDS, jobs), strict=True):
        variants = found.setdefault(job["id"], {})
        variants.setdefault(job["variant"], []).append((job["answer"], verdict))
    return found


def test_the_order_is_that_of_the_chapter():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    source = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    asked = re.findall(r'exercises\.(?:show|predict_first)\(\s*"(08-[a-z0-9-]+)"', source)
    assert asked == exercises.ids(8)


def test_every_exercise_is_judged_here():
    groups = (choices.CHOICES, functions.FUNCTIONS, grids.GRIDS, numbers.NUMBERS)
    defined = [e.id for group in (*groups, predictions.PREDICTIONS) for e in group]
    assert sorted(defined) == sorted(exercises.ids(8)) == sorted([*LIVE, *CODE])
    assert {find(name).kind for name in defined} == {"choice", "code", "grid", "number", "predict"}


@pytest.mark.parametrize("name", LIVE)
def test_right_answers_pass_in_every_variant(verdicts, name):
    assert len(verdicts[name]) == len(find(name).faces())
    for results in verdicts[name].values():
        _, verdict = results[0]
        assert verdict["passed"]
        assert verdict["complete"]


@pytest.mark.parametrize("name", LIVE)
def test_wrong_answers_fail_each_with_its_own_message(verdicts, name):
    for results in verdicts[name].values():
        messages = [verdict["message"] for _, verdict in results[1:]]
        assert len(messages) >= 5
        assert not any(verdict["passed"] for _, verdict in results[1:])
        assert len(set(messages)) == len(messages)


@pytest.mark.parametrize("name", DRAWN)
def test_each_slip_is_recognised_in_every_variant(verdicts, name):
    exercise = find(name)
    for variant, values in enumerate(exercise.variants):
        results = verdicts[name][variant][1:]
        for (_, verdict), text in zip(results, exercise.slips, strict=False):
            assert verdict["message"].split("\n")[-1] == fill(text, values)


@pytest.mark.parametrize("name", LIVE)
def test_unanswered_is_not_a_try(verdicts, name):
    for results in verdicts[name].values():
        incomplete = [answer for answer, verdict in results if not verdict["complete"]]
        wanted = {"number": 2, "grid": 2}.get(find(name).kind, 1)  # nothing, and no number
        assert len(incomplete) == wanted


def test_the_parts_of_the_error_are_those_of_every_pair_of_fit_and_sample():
    """The expected error of a fit and a fresh sample, without bias or variance being named."""
    exercise = find("08-hand-decomposition")
    for values in exercise.variants:
        (bias2, variance, noise, expected) = exercise.answer(**values)[0]
        samples = [values["truth"] + sign * values["noise"] for sign in (-1, 1)]
        pairs = [(fit - y) ** 2 for fit, y in product(values["predictions"][0], samples)]
        assert expected == pytest.approx(np.mean(pairs))
        assert bias2 + variance + noise == pytest.approx(expected)
        (fits,) = values["predictions"]
        assert variance == np.mean([(a - b) ** 2 for a in fits for b in fits]) / 2


def test_the_gap_has_two_parts():
    exercise = find("08-gap-parts")
    for v in exercise.variants:
        gap = 100 * (v["test"] / v["n_test"] - v["train"] / v["n_train"])
        overfitting = 100 * (v["val"] / v["n_val"] - v["train"] / v["n_train"])
        assert overfitting > 0
        assert exercise.answer(**v) == pytest.approx(gap - overfitting)


def test_the_training_error_is_that_of_the_residual_projection():
    exercise = find("08-training-error")
    for v in exercise.variants:
        basis = np.polynomial.legendre.legvander(np.linspace(-1, 1, v["n"]), v["degree"])
        left = np.eye(v["n"]) - basis @ np.linalg.pinv(basis)  # (n, n), what no fit removes
        expected = v["noise"] ** 2 * np.sum(left**2) / v["n"]
        assert exercise.answer(**v) == pytest.approx(expected)


def test_the_best_of_some_guessers_by_counting_all_outcomes():
    exercise = find("08-best-of-k")
    for v in exercise.variants:
        one = [(a == 0) + (b == 0) for a, b in product(range(v["classes"]), repeat=2)]
        best = [max(scores) for scores in product(one, repeat=v["models"])]
        assert exercise.answer(**v) == pytest.approx(100 * np.mean(best) / 2)


def test_the_two_losses_are_those_of_the_question():
    exercise = find("08-loss-and-accuracy")
    early, late = (np.array(m.cells[0]) / 100 for m in exercise.given)
    assert (f"{-np.log(early).mean():.2f}", f"{-np.log(late).mean():.2f}") == ("0.57", "1.17")
    assert "0.57 after 10 passes and 1.17 after 40" in exercise.text
    assert ((early > 0.5) == (late > 0.5)).all()
    assert sorted(np.maximum(late, 1 - late)) == pytest.approx([0.97, 0.98, 0.99, 0.99])
    gained = -np.log(late[3]) + np.log(early[3])
    lost = np.log(late[:3]).sum() - np.log(early[:3]).sum()
    assert (f"{lost:.2f}", f"{gained:.2f}") == ("1.03", "3.40")
    assert "1.03 together; the last one costs 3.40 more" in exercise.solution


def right_option(name):
    (option,) = (option.text for option in find(name).options if option.right)
    return option


def test_more_capacity_does_in_the_widget_what_the_answer_says():
    found = FitExplorer(degree=3).measure_all()
    train = [found[degree].train for degree in range(15)]
    validation = [found[degree].validation for degree in range(15)]
    assert right_option("08-predict-capacity").startswith("Training error falls all the way to 0")
    assert np.diff(train).max() < 1e-9
    assert train[0] > 0.3
    assert train[14] < 1e-9
    best = int(np.argmin(validation))
    assert 3 <= best <= 8
    assert validation[0] > 2 * validation[best]
    assert validation[14] > 100 * validation[best]


def test_more_samples_do_in_the_widget_what_the_answer_says():
    few, many = (FitExplorer(degree=12, samples=n).measure() for n in (15, 200))
    assert right_option("08-predict-more-data").startswith("Training error rises, validation")
    assert "near the noise's variance" in right_option("08-predict-more-data")
    assert few.train < 0.02 < 1 < few.validation
    assert 0.07 < many.train < 0.09 < many.validation < 0.12


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


def test_axes_of_the_first_refits_differ_in_length():
    arguments = next(iter(find("08-decompose").cases.values()))
    predictions, truth = np.shape(arguments["predictions"]), np.shape(arguments["truth"])
    assert predictions[0] != predictions[1]
    assert truth == predictions[1:]
