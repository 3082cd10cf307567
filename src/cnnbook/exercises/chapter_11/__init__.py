"""Exercises of chapter 11, convolution."""

from cnnbook.exercises.chapter_11.choices import CHOICES
from cnnbook.exercises.chapter_11.functions import FUNCTIONS
from cnnbook.exercises.chapter_11.maps import MAPS
from cnnbook.exercises.chapter_11.numbers import NUMBERS
from cnnbook.exercises.chapter_11.predictions import PREDICTIONS

ORDER = [  # as the chapter's page asks them
    "11-predict-edge",
    "11-hand-map",
    "11-backward-map",
    "11-output-size",
    "11-parameters",
    "11-macs",
    "11-dense-ratio",
    "11-matrix",
    "11-predict-shift",
    "11-which-kernel",
    "11-equivariance",
    "11-odd-kernel",
    "11-im2col",
    "11-shift-and-add",
    "11-flip",
    "11-dweight",
]
EXERCISES = sorted(
    [*PREDICTIONS, *MAPS, *NUMBERS, *CHOICES, *FUNCTIONS], key=lambda e: ORDER.index(e.id)
)
