"""Every exercise of the book, by id; a new chapter adds its module to `CHAPTERS`."""

import difflib
from functools import cache

from cnnbook.exercises import (
    chapter_07,
    chapter_08,
    chapter_11,
    chapter_14,
    chapter_18,
    chapter_21,
    chapter_29,
)
from cnnbook.exercises.definitions import Definition

CHAPTERS = {  # number: (title, its page, its exercises)
    7: ("Vanishing and exploding gradients", "07-vanishing-gradients", chapter_07.EXERCISES),
    8: ("Overfitting and underfitting", "08-overfitting", chapter_08.EXERCISES),
    11: ("Convolution", "11-convolution", chapter_11.EXERCISES),
    14: ("Grouped and separable convolution", "14-separable-convolution", chapter_14.EXERCISES),
    18: ("Pooling", "18-pooling", chapter_18.EXERCISES),
    21: ("Normalisation", "21-normalisation", chapter_21.EXERCISES),
    29: ("ResNet", "29-resnet", chapter_29.EXERCISES),
}


@cache
def by_id() -> dict[str, Definition]:
    """Return id -> definition, in the order of the book.

    Raises:
        ValueError: if two exercises share an id, or one stands in a foreign chapter.
    """
    found: dict[str, Definition] = {}
    for number, (_, _, exercises) in CHAPTERS.items():
        for exercise in exercises:
            exercise.expect(exercise.id not in found, "the id is taken")
            exercise.expect(exercise.chapter == number, f"it stands in chapter {number}")
            found[exercise.id] = exercise
    return found


def find(name: str) -> Definition:
    """Return the definition of an exercise.

    Raises:
        ValueError: naming close ids, if there is none of that name.
    """
    if isinstance(name, str) and name in by_id():
        return by_id()[name]
    close = difflib.get_close_matches(str(name), by_id(), n=3, cutoff=0.3)
    close = (
        close or [known for known in by_id() if known[:2] == str(name)[:2]][:3] or list(by_id())[:3]
    )
    raise ValueError(f"no exercise {name!r}; close to it: {', '.join(close)}")
