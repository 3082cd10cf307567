"""Exercises of chapter 14, grouped and separable convolution."""

from cnnbook.exercises.chapter_14.choices import CHOICES
from cnnbook.exercises.chapter_14.functions import FUNCTIONS
from cnnbook.exercises.chapter_14.kernels import KERNELS
from cnnbook.exercises.chapter_14.maps import MAPS
from cnnbook.exercises.chapter_14.numbers import NUMBERS
from cnnbook.exercises.chapter_14.predictions import PREDICTIONS
from cnnbook.exercises.chapter_14.shuffling import SHUFFLING

ORDER = [  # as the chapter's page asks them
    "14-predict-reach",
    "14-parameters",
    "14-ratio",
    "14-shuffle-reach",
    "14-intensity",
    "14-rank-one",
    "14-cost",
    "14-grouped",
    "14-shuffle",
    "14-depthwise",
    "14-nearest",
]
EXERCISES = sorted(
    [*PREDICTIONS, *NUMBERS, *MAPS, *CHOICES, *FUNCTIONS, *SHUFFLING, *KERNELS],
    key=lambda e: ORDER.index(e.id),
)
