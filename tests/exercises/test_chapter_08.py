"""What the exercises of chapter 08 say is so: reckoned anew, or measured with the widget."""

from itertools import product

import numpy as np
import pytest

from cnnbook.exercises.catalogue import find
from cnnbook.widgets import FitExplorer


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


def test_axes_of_the_first_refits_differ_in_length():
    arguments = next(iter(find("08-decompose").cases.values()))
    predictions, truth = np.shape(arguments["predictions"]), np.shape(arguments["truth"])
    assert predictions[0] != predictions[1]
    assert truth == predictions[1:]
