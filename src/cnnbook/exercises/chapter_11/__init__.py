"""Exercises of chapter 11, convolution."""

from cnnbook.exercises.chapter_11.choices import CHOICES
from cnnbook.exercises.chapter_11.functions import FUNCTIONS
from cnnbook.exercises.chapter_11.maps import MAPS
from cnnbook.exercises.chapter_11.numbers import NUMBERS
from cnnbook.exercises.chapter_11.predictions import PREDICTIONS

EXERCISES = [*PREDICTIONS, *MAPS, *NUMBERS, *CHOICES, *FUNCTIONS]
