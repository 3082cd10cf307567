"""Exercises of chapter 08, overfitting and underfitting."""

from cnnbook.exercises.chapter_08.choices import CHOICES
from cnnbook.exercises.chapter_08.functions import FUNCTIONS
from cnnbook.exercises.chapter_08.grids import GRIDS
from cnnbook.exercises.chapter_08.numbers import NUMBERS
from cnnbook.exercises.chapter_08.predictions import PREDICTIONS

ORDER = [  # as the chapter's page asks them
    "08-predict-capacity",
    "08-hand-decomposition",
    "08-gap-parts",
    "08-training-error",
    "08-best-of-k",
    "08-predict-more-data",
    "08-learning-curve",
    "08-loss-and-accuracy",
    "08-leaks",
    "08-kfold",
    "08-decompose",
    "08-patience",
]
EXERCISES = sorted(
    [*PREDICTIONS, *GRIDS, *NUMBERS, *CHOICES, *FUNCTIONS], key=lambda e: ORDER.index(e.id)
)
