"""Exercises of chapter 07, vanishing and exploding gradients."""

from cnnbook.exercises.chapter_07.choices import CHOICES
from cnnbook.exercises.chapter_07.clipping import CLIPPING
from cnnbook.exercises.chapter_07.functions import FUNCTIONS
from cnnbook.exercises.chapter_07.numbers import NUMBERS
from cnnbook.exercises.chapter_07.predictions import PREDICTIONS

ORDER = [  # as the chapter's page asks them
    "07-predict-sigmoid",
    "07-chain",
    "07-layers",
    "07-initial-std",
    "07-clip-by-hand",
    "07-predict-scale",
    "07-which-run",
    "07-which-cure",
    "07-initialiser",
    "07-clip-by-norm",
    "07-backward-norms",
]
EXERCISES = sorted(
    [*PREDICTIONS, *NUMBERS, *CHOICES, *CLIPPING, *FUNCTIONS], key=lambda e: ORDER.index(e.id)
)
