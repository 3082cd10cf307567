"""Numbers of chapter 08: a gap in parts, a training error, the best of some guessers."""

from cnnbook.exercises.drawn import Number


def share(wrong: int, count: int) -> float:
    """Return how many per cent are wrong."""
    return round(100 * wrong / count, 6)


def training_error(degree: int, n: int, noise: float) -> float:
    """Return the mean squared error that least squares leaves of the noise on its own samples."""
    return round(noise**2 * (1 - (degree + 1) / n), 9)


def best_of(models: int, classes: int) -> float:
    """Return the expected accuracy, in per cent, of the best of some guessers on two images."""
    right = 1 / classes
    none, at_most_one = (1 - right) ** 2, 1 - right**2
    return round(100 * ((1 - none**models) + (1 - at_most_one**models)) / 2, 6)


NUMBERS = [
    Number(
        id="08-gap-parts",
        title="Two parts of one gap",
        text="A network is trained on {n_train} images from one scanner; {train} of them it gets "
        "wrong. Of {n_val} validation images from the same scanner, never trained with, it gets "
        "{val} wrong. Of {n_test} test images from another hospital's scanner it gets {test} "
        "wrong.\n\nHow many percentage points of the gap between training and test error come "
        "from the change of scanner, and not from overfitting?",
        unit="percentage points",
        variants=[
            {"n_train": 2000, "train": 40, "n_val": 500, "val": 30, "n_test": 400, "test": 73},
            {"n_train": 1500, "train": 15, "n_val": 300, "val": 12, "n_test": 200, "test": 45},
            {"n_train": 4000, "train": 40, "n_val": 800, "val": 64, "n_test": 600, "test": 66},
            {"n_train": 2500, "train": 50, "n_val": 600, "val": 42, "n_test": 300, "test": 57},
            {"n_train": 3000, "train": 90, "n_val": 400, "val": 20, "n_test": 250, "test": 70},
            {"n_train": 1200, "train": 12, "n_val": 200, "val": 18, "n_test": 500, "test": 75},
        ],
        answer=lambda n_val, val, n_test, test, **_: round(
            share(test, n_test) - share(val, n_val), 6
        ),
        tolerance=0.01,
        slips={
            "That is the whole gap. Part of it is there before the scanner changes: compare "
            "training with validation.": (
                lambda n_train, train, n_test, test, **_: (
                    share(test, n_test) - share(train, n_train)
                )
            ),
            "That is the other part, training to validation, within one scanner: the share of "
            "overfitting.": (
                lambda n_train, train, n_val, val, **_: share(val, n_val) - share(train, n_train)
            ),
            "That is the difference of two counts. The sets differ in size: turn each count into "
            "per cent first.": lambda val, test, **_: test - val,
            "That is the test error, not a gap: even without a change of scanner some images "
            "would be wrong.": lambda n_test, test, **_: share(test, n_test),
            "That is the difference of the shares; in percentage points it is a hundred times "
            "as much.": lambda n_val, val, n_test, test, **_: test / n_test - val / n_val,
        },
        hints=[
            "Turn the three counts into error rates in per cent.",
            "Which two of the three sets differ in the scanner, and in nothing else that the "
            "network could notice?",
            "Validation error {val} / {n_val}, test error {test} / {n_test}: take the difference.",
        ],
        solution="Validation {val} of {n_val} against test {test} of {n_test}: neither was trained "
        "with, only the scanner differs. The difference is {answer} percentage points. From "
        "training to validation is the part of overfitting.",
        why="Blaming the whole gap on overfitting leads to remedies that cannot work: weight decay "
        "or early stopping act on the part between training and validation, and leave the other "
        "scanner as foreign as before.",
    ),
    Number(
        id="08-training-error",
        title="What the fit swallows",
        text="The true curve is a straight line, the samples are the line plus independent noise "
        "of standard deviation {noise}. A polynomial of degree {degree} is fitted to {n} samples "
        "at {n} different places by least squares.\n\nEach free coefficient takes, on average, "
        "the share 1/{n} of the noise's variance out of the training error. What mean squared "
        "error on its own {n} samples does the fit have, on average over many draws?",
        variants=[
            {"degree": 3, "n": 20, "noise": 0.5},
            {"degree": 4, "n": 8, "noise": 0.2},
            {"degree": 7, "n": 40, "noise": 0.6},
            {"degree": 5, "n": 24, "noise": 0.4},
            {"degree": 3, "n": 16, "noise": 2},
            {"degree": 9, "n": 25, "noise": 3},
        ],
        answer=training_error,
        tolerance=0.0005,
        slips={
            "That counts {degree} coefficients. A polynomial of degree {degree} has one more, "
            "the constant.": lambda degree, n, noise: training_error(degree - 1, n, noise),
            "That is the variance of the noise: what the true line would leave. The fit bends "
            "towards its samples and leaves less.": lambda degree, n, noise: noise**2,
            "That starts from the standard deviation; the squared error starts from its square.": (
                lambda degree, n, noise: noise * (1 - (degree + 1) / n)
            ),
            "That is more than the noise: it is the error on fresh noise at the same places. On "
            "its own samples the fit is better than the truth, not worse.": (
                lambda degree, n, noise: noise**2 * (1 + (degree + 1) / n)
            ),
            "That is what the fit swallows; what is left is asked for.": (
                lambda degree, n, noise: noise**2 * (degree + 1) / n
            ),
            "That counts the two coefficients of the true line. The fit does not know that the "
            "others should be 0 and uses them all.": (
                lambda degree, n, noise: training_error(1, n, noise)
            ),
        },
        hints=[
            "How many coefficients has a polynomial of degree 1? Of degree 2? Of degree {degree}?",
            "Of {n} shares of the noise's variance, as many go as there are coefficients. The "
            "variance is {noise}².",
        ],
        solution="{degree} + 1 coefficients take as many of the {n} shares; of the variance "
        "{noise}² there is {answer} left.",
        why="A training error below the noise is no success: it is the noise that the fit has "
        "learned by heart, and on fresh samples it comes back as an error.",
    ),
    Number(
        id="08-best-of-k",
        title="The best of some guessers",
        text="There are {models} models that only guess: each is right about each image with "
        "probability 1/{classes}, independently of everything else. They are compared on the same "
        "two test images, and the best score is reported. What accuracy does the report show "
        "on average, in per cent to one decimal?",
        unit="%",
        variants=[
            {"models": 2, "classes": 2},
            {"models": 3, "classes": 2},
            {"models": 4, "classes": 2},
            {"models": 2, "classes": 4},
            {"models": 2, "classes": 5},
            {"models": 3, "classes": 5},
        ],
        answer=best_of,
        tolerance=0.2,
        slips={
            "That is the accuracy of one of them. The best was picked because of its score, so "
            "its score is not a typical one.": lambda models, classes: 100 / classes,
            "That is the probability that at least one model gets both images right. The report "
            "also counts a best score of one out of two, as 50 %.": (
                lambda models, classes: 100 * (1 - (1 - 1 / classes**2) ** models)
            ),
            "That is the report for a single test image; with two, the best model has to be right "
            "on both to show 100 %.": (
                lambda models, classes: 100 * (1 - (1 - 1 / classes) ** models)
            ),
            "That is the probability that anybody gets anything right; a score of one out of two "
            "shows as 50 %, not as 100 %.": (
                lambda models, classes: 100 * (1 - (1 - 1 / classes) ** (2 * models))
            ),
            "That is the expected number of images that the best gets right, times 100; there are "
            "two images.": lambda models, classes: 2 * best_of(models, classes),
            "That is a fraction; the answer is asked for in per cent.": (
                lambda models, classes: best_of(models, classes) / 100
            ),
        },
        hints=[
            "One model has 0, 1 or 2 right. With what probability each?",
            "The best of {models} has 0 right only if all have; it has at most 1 right only if "
            "all have at most 1. Independent: the probabilities of one model, to the power "
            "{models}.",
            "Expected best score = (1 − P(best is 0)) + (1 − P(best is at most 1)), out of 2.",
        ],
        solution="One model has 0 right with probability (1 − 1/{classes})², at most 1 with "
        "probability 1 − 1/{classes}². To the power {models} these belong to the best; the "
        "expected score is {answer:.4g} %, while each model is right in 1 of {classes} cases.",
        why="Nothing was learned and no test image was trained with, yet the reported number is "
        "too good. Choosing by a set uses it up; the winner's accuracy has to be measured on "
        "images that took no part in the choice.",
    ),
]
