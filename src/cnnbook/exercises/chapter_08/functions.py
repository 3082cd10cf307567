"""Functions to write in chapter 08."""

import numpy as np

from cnnbook.exercises.chapter_08.answers import (
    decompose,
    dropping,
    kfold,
    masks,
    never_reset,
    rest_last,
    rising,
    rounding_up,
    stop,
    ties_count,
    total,
)
from cnnbook.exercises.definitions import Code

SPLITS = {  # the mistake that the case catches: the arguments
    "folds of equal length": {"n": 12, "k": 4},
    "a few images left over": {"n": 13, "k": 5},
    "one image left over": {"n": 9, "k": 4},
    "nearly as many left over as folds": {"n": 14, "k": 5},
    "two folds": {"n": 7, "k": 2},
    "one image in each fold": {"n": 5, "k": 5},
}

REFITS = {
    "refits and places differ in number": {
        "predictions": [[1.0, 4.0, 2.0], [3.0, 0.0, 2.5], [2.0, 2.0, 3.0], [4.0, 1.0, 1.0]],
        "truth": [2.0, 3.0, 1.5],
        "noise": 0.25,
    },
    "biases of both signs": {
        "predictions": [[1.0, 2.0, -1.0, 0.5], [1.0, 2.0, -1.0, 0.5]],
        "truth": [2.0, 1.0, -1.0, 0.5],
        "noise": 0.0,
    },
    "no bias, much variance": {
        "predictions": [[0.0, 5.0], [2.0, 1.0], [4.0, 3.0]],
        "truth": [2.0, 3.0],
        "noise": 1.5,
    },
    "a single place": {"predictions": [[1.0], [2.0], [6.0]], "truth": [1.0], "noise": 4.0},
}

LOSSES = {
    "a fall, then a rise": {"losses": [9, 7, 5, 4, 6, 7, 8, 9, 10], "patience": 3},
    "a better loss after the stop": {"losses": [8, 6, 5, 6, 7, 4, 3, 2], "patience": 2},
    "ups and downs above the best": {"losses": [8, 5, 7, 6, 7, 6, 7, 6], "patience": 3},
    "pauses between new bests": {"losses": [9, 8, 8.5, 7, 7.5, 6, 6.5, 5, 6, 7, 8], "patience": 3},
    "the same loss again": {"losses": [7, 4, 4, 4, 4, 6], "patience": 3},
    "the end comes first": {"losses": [6, 5, 4, 3, 3.5], "patience": 4},
    "never a better one": {"losses": [2, 3, 4, 5, 6], "patience": 2},
}

FUNCTIONS = [
    Code(
        id="08-kfold",
        title="Folds",
        text="Cut `n` images, already shuffled, into `k` folds. Row f of the result marks the "
        "images with which fold f is validated: `True` there, `False` for those it trains with. "
        "The validation parts follow each other in a row, every image is in exactly one, and "
        "their lengths differ by at most 1, the longer ones first. "
        "With n = 5 and k = 2: images 0, 1, 2, then 3, 4.",
        name="kfold",
        stub="def kfold(n, k):\n    ...  # -> (k, n), True where an image is in the "
        "validation part",
        cases=SPLITS,
        answer=kfold,
        misconceptions={
            "the masks are the wrong way round: `True` is for the images that validate.": (
                lambda n, k: 1 - kfold(n, k)
            ),
            "the images left over are in no fold; every image validates exactly once.": dropping,
            "the last fold gets all that is left over; lengths may differ by 1 at most.": rest_last,
            "the lengths are rounded up, so that the last fold is short or empty.": rounding_up,
            "the images are dealt out like cards; here each fold's images follow each other.": (
                lambda n, k: masks([range(f, n, k) for f in range(k)], n)
            ),
            "the longer folds come last; they come first.": lambda n, k: kfold(n, k)[::-1, ::-1],
            "the folds are in the reverse order.": lambda n, k: kfold(n, k)[::-1],
            "all folds validate with the same images.": (
                lambda n, k: np.repeat(kfold(n, k)[:1], k, 0)
            ),
        },
        hints=[
            "n // k images for each fold, and n % k images are left over. Who gets those?",
            "The first n % k folds get one more. Keep the place where the next fold begins.",
            "`np.array_split(np.arange(n), k)` cuts in just this way; fill a mask from each part.",
        ],
        solution="The folded cell below holds a solution.",
        why="`n // k` for all folds is the usual slip: up to k − 1 images never validate, or pile "
        "up in the last fold. With small sets these are the images that decide a choice.",
    ),
    Code(
        id="08-decompose",
        title="Bias and variance from refits",
        text="A model was refitted to many fresh draws; `predictions[r, p]` is what refit r says "
        "at place p, `truth[p]` the true value there and `noise` the variance of the noise on a "
        "new sample. Return three numbers, each a mean over the places: bias², variance over the "
        "refits (divided by their number), and the expected squared error on new samples.",
        name="decompose",
        stub="def decompose(predictions, truth, noise):\n    ...  # (refits, places), (places,), "
        "a number\n    # -> [bias², variance, expected squared error]",
        cases=REFITS,
        answer=decompose,
        misconceptions={
            "the mean is taken over the places, within each refit; bias and variance belong to a "
            "place, over the refits.": (
                lambda predictions, truth, noise: total(
                    np.mean((predictions.mean(1) - truth.mean()) ** 2),
                    np.mean(predictions.var(1)),
                    noise,
                )
            ),
            "the biases are averaged over the places before squaring, so those of opposite sign "
            "cancel: square first.": (
                lambda predictions, truth, noise: total(
                    np.mean(predictions.mean(0) - truth) ** 2, np.mean(predictions.var(0)), noise
                )
            ),
            "the bias is not squared.": (
                lambda predictions, truth, noise: total(
                    np.mean(predictions.mean(0) - truth), np.mean(predictions.var(0)), noise
                )
            ),
            "the absolute bias stands where its square belongs.": (
                lambda predictions, truth, noise: total(
                    np.mean(abs(predictions.mean(0) - truth)), np.mean(predictions.var(0)), noise
                )
            ),
            "every prediction is compared with the truth, which gives bias² and variance "
            "together; take the mean over the refits first.": (
                lambda predictions, truth, noise: total(
                    np.mean((predictions - truth) ** 2), np.mean(predictions.var(0)), noise
                )
            ),
            "the variance is measured from the truth instead of from the mean of the refits.": (
                lambda predictions, truth, noise: total(
                    np.mean((predictions.mean(0) - truth) ** 2),
                    np.mean((predictions - truth) ** 2),
                    noise,
                )
            ),
            "the variance is divided by one less than the number of refits.": (
                lambda predictions, truth, noise: decompose(predictions, truth, noise, ddof=1)
            ),
            "this is the standard deviation over the refits; the variance is its square.": (
                lambda predictions, truth, noise: total(
                    np.mean((predictions.mean(0) - truth) ** 2),
                    np.mean(predictions.std(0)),
                    noise,
                )
            ),
            "this is the variance of all predictions in one heap: it also counts that the curve "
            "is not flat.": (
                lambda predictions, truth, noise: total(
                    np.mean((predictions.mean(0) - truth) ** 2), predictions.var(), noise
                )
            ),
            "the noise is missing from the expected error.": (
                lambda predictions, truth, noise: decompose(predictions, truth, 0)
            ),
            "the noise is squared; it is given as a variance.": (
                lambda predictions, truth, noise: decompose(predictions, truth, noise**2)
            ),
            "the results are added up over the places; the mean is asked for.": (
                lambda predictions, truth, noise: (
                    decompose(predictions, truth, noise / len(truth)) * len(truth)
                )
            ),
        },
        hints=[
            "The mean over the refits is `predictions.mean(axis=0)`, one number for each place.",
            "Bias²: its squared distance to `truth`, then the mean over the places. Variance: the "
            "squared distances of all predictions to it, then the mean.",
            "The third number is the sum of the two and the noise.",
        ],
        solution="The folded cell below holds a solution.",
        why="The order of mean and square is all there is to it. Squares after the mean over "
        "refits: bias. Squares before it, less the bias²: variance. A mean over places before the "
        "square lets a bias up here cancel a bias down there.",
    ),
    Code(
        id="08-patience",
        title="When to stop",
        text="`losses` holds the validation loss after each step, step 0 first. Training stops at "
        "the first step at which the smallest loss so far is `patience` steps old: `patience` "
        "steps in a row brought nothing smaller. If that never happens, it stops at the last "
        "step. Kept are the weights of the step with the smallest loss up to the stop, the first "
        "one if several are equal. Return both steps: where it stops, and which is kept.",
        name="stop",
        stub="def stop(losses, patience):\n    ...  # losses (steps,)\n    # -> [step of the stop, "
        "step that is kept]",
        cases=LOSSES,
        answer=stop,
        misconceptions={
            "the two steps are swapped: first where it stops, then which is kept.": (
                lambda losses, patience: stop(losses, patience)[::-1]
            ),
            "the smallest loss of all is kept, though training had stopped before it was "
            "reached.": (
                lambda losses, patience: np.array([stop(losses, patience)[0], losses.argmin()])
            ),
            "the whole curve is searched for its smallest loss; training cannot look ahead.": (
                lambda losses, patience: np.array(
                    [min(losses.argmin() + patience, len(losses) - 1), losses.argmin()]
                )
            ),
            "the last weights are kept; they are the ones after the overfitting.": (
                lambda losses, patience: stop(losses, patience)[[0, 0]]
            ),
            "each loss is compared with the one before; compare it with the smallest so far.": (
                rising
            ),
            "training never stops before the end: `patience` is not used.": (
                lambda losses, patience: np.array([len(losses) - 1, losses.argmin()])
            ),
            "the count is not set back to 0 at a new smallest loss: the steps without one have to "
            "be in a row.": never_reset,
            "an equal loss is taken for a smaller one.": ties_count,
            "training stops one step too late.": (
                lambda losses, patience: stop(losses, patience + 1)
            ),
            "training stops one step too early.": (
                lambda losses, patience: stop(losses, patience - 1)
            ),
            "the steps are counted from 1; the first is step 0.": (
                lambda losses, patience: stop(losses, patience) + 1
            ),
        },
        hints=[
            "Walk through the losses once and remember one thing: the step of the smallest so far.",
            "At each step: if the loss is smaller than `losses[best]`, `best = step`. Otherwise "
            "ask how old the best is.",
            "`if step - best == patience: break`. After the loop, return `step` and `best`.",
        ],
        solution="The folded cell below holds a solution.",
        why="`losses.argmin()` looks at the whole curve, and a training that has stopped has no "
        "later steps to look at. And the loss before is the wrong measure: a curve that wobbles "
        "upwards never rises many times in a row.",
    ),
]
