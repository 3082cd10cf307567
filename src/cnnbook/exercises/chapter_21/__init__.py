"""Exercises of chapter 21, normalisation."""

from cnnbook.exercises.chapter_21.choices import CHOICES
from cnnbook.exercises.chapter_21.folding import FOLDING
from cnnbook.exercises.chapter_21.functions import FUNCTIONS
from cnnbook.exercises.chapter_21.grids import GRIDS
from cnnbook.exercises.chapter_21.numbers import NUMBERS
from cnnbook.exercises.chapter_21.predictions import PREDICTIONS
from cnnbook.exercises.chapter_21.steps import STEPS

ORDER = [  # as the chapter's page asks them
    "21-predict-neighbour",
    "21-hand-batch",
    "21-set-sizes",
    "21-parameters",
    "21-running",
    "21-fold",
    "21-which-layer",
    "21-diagnose",
    "21-group-norm",
    "21-rms-backward",
    "21-running-update",
]
EXERCISES = sorted(
    [*PREDICTIONS, *GRIDS, *FOLDING, *NUMBERS, *CHOICES, *FUNCTIONS, *STEPS],
    key=lambda e: ORDER.index(e.id),
)
