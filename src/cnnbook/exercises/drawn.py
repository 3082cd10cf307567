"""Exercises whose numbers are drawn anew: `Number` and `Grid`.

Their texts name the values of a variant in braces: {size}; solutions may also name the {answer}.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from cnnbook.exercises.definitions import Definition, fill, plain


@dataclass(frozen=True, kw_only=True)
class Drawn(Definition):
    """A question whose numbers are drawn anew.

    Args:
        variants: the values of each form of the question.
        answer: the right answer to a variant, called with its values as keywords.
        slips: message -> the answer to which that slip leads, called likewise.
        tolerance: largest accepted distance from the answer.
    """

    variants: Sequence[dict]
    answer: Callable
    slips: dict[str, Callable] = field(default_factory=dict)
    tolerance: float = 1e-9

    def check(self) -> None:
        """Refuse a variant in which a slip leads to the right answer, or two to the same."""
        self.expect(self.variants, "variants is empty")
        for variant in self.variants:
            seen = [("the answer", plain(self.answer(**variant)))]
            for message, slip in self.slips.items():
                wrong = plain(slip(**variant))
                for name, other in seen:
                    apart = not _close(wrong, other, self.tolerance)
                    self.expect(apart, f"{message!r} gives the same as {name} for {variant}")
                seen.append((repr(message), wrong))

    def faces(self) -> list[dict]:
        """Return one form of the question for each variant."""
        return [self.variant_face(variant) for variant in self.variants]

    def variant_face(self, variant: dict) -> dict:
        """Return the form of the question with this variant's values."""
        answer = plain(self.answer(**variant))
        values = {**variant, "answer": answer}
        slips = [[plain(slip(**variant)), fill(text, values)] for text, slip in self.slips.items()]
        return self.face(values, {"answer": answer, "tolerance": self.tolerance, "slips": slips})


def _close(a: object, b: object, tolerance: float) -> bool:
    a, b = np.array(a, float), np.array(b, float)
    return a.shape == b.shape and bool(np.all(abs(a - b) <= tolerance))


@dataclass(frozen=True, kw_only=True)
class Number(Drawn):
    """Type a number.

    Args:
        unit: written behind the box.
        whole: whether the answer is a count, so that 1.760 may mean 1760 and 1.5 is told that a
            count is a whole number; else it is an amount. None: a count if all answers are whole.
    """

    kind: ClassVar[str] = "number"
    unit: str = ""
    whole: bool | None = None

    def check(self) -> None:
        """Refuse a count whose answers are not whole."""
        super().check()
        self.expect(not self.whole or self.all_whole(), "whole is True, some answers are not")

    def all_whole(self) -> bool:
        """Tell whether the answer to every variant is a whole number."""
        return all(isinstance(plain(self.answer(**v)), int) for v in self.variants)

    def extra(self) -> dict:
        """Return the unit, and whether the answer is a count."""
        whole = self.all_whole() if self.whole is None else self.whole
        return {"unit": self.unit, "whole": whole}


@dataclass(frozen=True, kw_only=True)
class Grid(Drawn):
    """Fill in a map, cell by cell.

    Args:
        caption: what the map is.
        role: input, kernel, output or gradient.
    """

    kind: ClassVar[str] = "grid"
    caption: str
    role: str = "output"

    def extra(self) -> dict:
        """Return the map's caption, colour and shape; the shape is the same in all variants."""
        shapes = {np.shape(self.answer(**variant)) for variant in self.variants}
        self.expect(len(shapes) == 1, f"variants differ in shape: {sorted(shapes)}")
        return {"caption": self.caption, "role": self.role, "shape": list(shapes.pop())}
