"""An exercise of chapter 08 by hand: the parts of the expected error."""

from collections.abc import Callable

import numpy as np

from cnnbook.exercises.definitions import Matrix
from cnnbook.exercises.drawn import Grid


def parts(predictions: list, truth: float, noise: float) -> np.ndarray:
    """Return bias², variance, the noise's variance and their sum, as one row."""
    return row((np.mean(predictions) - truth) ** 2, np.var(predictions), noise**2)


def row(bias2: float, variance: float, noise: float) -> np.ndarray:
    """Put three parts and their sum into one row of four cells."""
    return np.array([[bias2, variance, noise, bias2 + variance + noise]])


def bias(predictions: list, truth: float, **_: float) -> float:
    """Return how far the mean of the fits lies above the truth."""
    return np.mean(predictions) - truth


def sample_variance(predictions: list, **_: float) -> float:
    """Return the variance divided by one less than the number of fits."""
    return np.var(predictions, ddof=1)


def from_truth(predictions: list, truth: float, **_: float) -> float:
    """Return the mean squared distance of the fits from the truth."""
    return np.mean((np.array(predictions) - truth) ** 2)


def with_part(index: int, slip: Callable, *, summed: bool = True) -> Callable:
    """Make the slip of one wrong part, with the sum that it leads to, or the right one."""

    def wrong(**given: object) -> np.ndarray:
        answer = parts(**given)
        answer[0, index] = slip(**given)
        if summed:
            answer[0, 3] = answer[0, :3].sum()
        return answer

    return wrong


GRIDS = [
    Grid(
        id="08-hand-decomposition",
        title="Four refits at one place",
        text="The same model was fitted to four fresh draws of the samples. At one place, where "
        "the true curve has the height {truth}, the four fits predict the numbers below. A new "
        "sample there is the true height plus noise of mean 0 and standard deviation {noise}.\n\n"
        "Take these four fits as all there are, so divide by 4, and fill in the four numbers for "
        "this place.",
        given=[Matrix("predictions of the four fits", "output", "predictions")],
        caption="from left to right: bias²; variance of the fits; variance of the noise; expected "
        "squared error on a new sample",
        variants=[
            {"predictions": [[2, 4, 3, 7]], "truth": 2, "noise": 3},
            {"predictions": [[1, 5, 3, 3]], "truth": 6, "noise": 2},
            {"predictions": [[8, 2, 5, 9]], "truth": 4, "noise": 3},
            {"predictions": [[0, 6, 6, 8]], "truth": 3, "noise": 5},
            {"predictions": [[7, 3, 9, 1]], "truth": 8, "noise": 2},
            {"predictions": [[4, 4, 10, 2]], "truth": 7, "noise": 3},
        ],
        answer=parts,
        tolerance=0.01,
        slips={
            "Every cell is 0: then the four fits would agree, be right, and meet no noise.": (
                lambda **_: row(0, 0, 0)
            ),
            "The second cell is divided by 3, the sample variance. The four fits are all there "
            "are here, so the mean of the four squares is wanted.": with_part(1, sample_variance),
            "Only the second cell is off: it is divided by 3, the sample variance, and the mean of "
            "the four squares is wanted.": with_part(1, sample_variance, summed=False),
            "The first cell is the bias itself; its square is asked for, and only the square can "
            "be added to variances.": with_part(0, bias),
            "Only the first cell is off: it is the bias itself, and its square is asked for.": (
                with_part(0, bias, summed=False)
            ),
            "The first cell is the bias, measured from the fits to the truth; its square is asked "
            "for, which has no sign.": with_part(0, lambda **given: -bias(**given)),
            "Only the first cell is off: it is the distance of mean and truth, and its square is "
            "asked for.": with_part(0, lambda **given: -bias(**given), summed=False),
            "The first cell is the mean squared distance to the true height. That is bias² and "
            "variance together: take the mean of the predictions first, then its distance.": (
                with_part(0, from_truth)
            ),
            "The second cell measures from the true height. The variance measures how far the "
            "fits scatter about their own mean, right or wrong.": with_part(1, from_truth),
            "The third cell is the standard deviation of the noise; its square is the variance.": (
                with_part(2, lambda noise, **_: noise)
            ),
            "Only the third cell is off: it is the noise's standard deviation, not its square.": (
                with_part(2, lambda noise, **_: noise, summed=False)
            ),
            "The sum leaves out the noise. A new sample carries noise of its own, whatever was "
            "fitted.": (
                lambda predictions, truth, noise: (
                    parts(predictions, truth, noise) - [[0, 0, 0, noise**2]]
                )
            ),
            "The third cell is divided by 4. Averaging the fits does not calm the noise of a new "
            "sample.": with_part(2, lambda noise, **_: noise**2 / 4),
        },
        hints=[
            "Begin with the mean of the four predictions. Everything else is measured from it.",
            "Bias²: the square of (mean − {truth}). Variance: the mean of the four squares "
            "(prediction − mean)². Noise: {noise}².",
            "The expected squared error is the sum of the first three cells.",
        ],
        solution="Mean of the predictions, its squared distance to {truth}, the mean of the four "
        "squared distances to that mean, {noise}², and the sum: {answer}.",
        why="Bias² and variance both measure the fits, from different places: the bias from the "
        "true height to the mean of the fits, the variance from that mean to each fit. Measuring "
        "the second from the true height counts the bias twice.",
    ),
]
