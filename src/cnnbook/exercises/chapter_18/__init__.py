"""Exercises of chapter 18, pooling."""

from cnnbook.exercises.chapter_18.adaptive import ADAPTIVE
from cnnbook.exercises.chapter_18.choices import CHOICES
from cnnbook.exercises.chapter_18.functions import FUNCTIONS
from cnnbook.exercises.chapter_18.maps import MAPS
from cnnbook.exercises.chapter_18.numbers import NUMBERS
from cnnbook.exercises.chapter_18.predictions import PREDICTIONS

ORDER = [  # as the chapter's page asks them
    "18-predict-tie",
    "18-max-map",
    "18-max-back",
    "18-output-size",
    "18-sum-lost",
    "18-which-pooling",
    "18-keeps-sum",
    "18-strided",
    "18-average-backward",
    "18-max-backward",
    "18-adaptive",
]
EXERCISES = sorted(
    [*PREDICTIONS, *MAPS, *NUMBERS, *CHOICES, *FUNCTIONS, *ADAPTIVE],
    key=lambda e: ORDER.index(e.id),
)
