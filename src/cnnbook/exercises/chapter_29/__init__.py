"""Exercises of chapter 29, ResNet."""

from cnnbook.exercises.chapter_29.block import BLOCK
from cnnbook.exercises.chapter_29.choices import CHOICES
from cnnbook.exercises.chapter_29.depths import DEPTHS
from cnnbook.exercises.chapter_29.grids import GRIDS
from cnnbook.exercises.chapter_29.meeting import MEETING
from cnnbook.exercises.chapter_29.numbers import NUMBERS
from cnnbook.exercises.chapter_29.predictions import PREDICTIONS

ORDER = [  # as the chapter's page asks them
    "29-predict-delete",
    "29-count-stage",
    "29-bottleneck",
    "29-stride",
    "29-gradient",
    "29-paths",
    "29-diagnose",
    "29-shortcut-gradient",
    "29-repair",
    "29-block",
    "29-depths",
]
EXERCISES = sorted(
    [*PREDICTIONS, *NUMBERS, *GRIDS, *CHOICES, *MEETING, *BLOCK, *DEPTHS],
    key=lambda e: ORDER.index(e.id),
)
