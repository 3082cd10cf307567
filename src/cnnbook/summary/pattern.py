"""Which cells of one input axis the cells of a later map see, exactly, as a repeating pattern.

A convolution moves its window by the stride, so a map repeats: cell j + period sees what cell j
sees, `step` cells further on. Behind convolutions and pooling the period is 1 and the step is the
jump; behind an upsampling by two the period is 2, and each of the two cells has its own extent.
The pattern goes on past the border, where padding is: extents are those of an endless input.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

Extent = tuple[int, int] | None  # first and last cell seen; None where nothing is


def joined(extents: Iterable[Extent]) -> Extent:
    """Return the smallest stretch that holds all of them."""
    real = [extent for extent in extents if extent is not None]
    return (min(e[0] for e in real), max(e[1] for e in real)) if real else None


@dataclass(frozen=True)
class Pattern:
    """Extents of the cells 0, 1, …, period − 1; `step` input cells lie between repetitions."""

    extents: tuple[Extent, ...]
    step: int

    @property
    def period(self) -> int:
        """Count the cells after which the pattern repeats."""
        return len(self.extents)

    @property
    def jump(self) -> Fraction:
        """Input cells from one cell to the next, on average: a fraction behind an upsampling."""
        return Fraction(abs(self.step), self.period)

    @property
    def size(self) -> int:
        """The longest extent of any cell."""
        return max((e[1] - e[0] + 1 for e in self.extents if e is not None), default=0)

    def at(self, cell: int) -> Extent:
        """Return the extent of any cell, in the map or beyond its border."""
        turns, cell = divmod(cell, self.period)
        extent = self.extents[cell]
        return extent and (extent[0] + turns * self.step, extent[1] + turns * self.step)

    def read(self, taps: Callable[[int], Iterable[int]], ahead: int, every: int) -> "Pattern":
        """Return the pattern of a map whose cell o reads the cells taps(o) of this one.

        Args:
            taps: the cells read; taps(o + every) are those of taps(o), moved by ahead.
            ahead: cells of this map from one repetition of the taps to the next.
            every: cells of the new map between repetitions.
        """
        turns = self.period // gcd(ahead, self.period) if ahead else 1
        extents = [joined(self.at(cell) for cell in taps(o)) for o in range(every * turns)]
        return Pattern(tuple(extents), self.step * ahead * turns // self.period).shortest()

    def union(self, other: "Pattern") -> "Pattern | None":
        """Join cell by cell; None if the jumps differ, so that nothing repeats."""
        if self.step * other.period != other.step * self.period:
            return None
        period = lcm(self.period, other.period)
        extents = [joined((self.at(j), other.at(j))) for j in range(period)]
        return Pattern(tuple(extents), self.step * period // self.period).shortest()

    def shortest(self) -> "Pattern":
        """Return the same pattern with the smallest period."""
        for period in range(1, self.period):
            if self.period % period == 0 and self.step * period % self.period == 0:
                part = Pattern(self.extents[:period], self.step * period // self.period)
                if all(part.at(j) == self.extents[j] for j in range(self.period)):
                    return part
        return self


INPUT = Pattern(((0, 0),), 1)


def fitted(extents: list[Extent], hint: Pattern | None = None) -> Pattern | None:
    """Find the pattern of a row of extents, or None if they do not repeat.

    Args:
        extents: one for each cell of a map.
        hint: a pattern to try first, for a map too short to show its own.
    """
    many = len(extents)
    hint = hint if hint and hint.step else None
    if hint and many <= hint.period and all(hint.at(j) == extents[j] for j in range(many)):
        return hint
    for period in range(1, many // 2 + 1):
        ends = zip(extents, extents[period:], strict=False)
        step = next((b[0] - a[0] for a, b in ends if a and b), 0)
        found = Pattern(tuple(extents[:period]), step)
        if all(found.at(j) == extents[j] for j in range(period, many)):
            return found
    return Pattern(tuple(extents), hint.step) if hint and many == hint.period == 1 else None


def windows(pattern: Pattern, kernel: int, stride: int, before: int, dilation: int) -> Pattern:
    """Follow a convolution or a pooling."""
    cells = range(0, dilation * (kernel - 1) + 1, dilation)
    return pattern.read(lambda o: [o * stride - before + t for t in cells], stride, 1)


def transposed(pattern: Pattern, kernel: int, stride: int, before: int, dilation: int) -> Pattern:
    """Follow a transposed convolution: cell i writes to i stride − before + t dilation."""

    def taps(o: int) -> list[int]:
        reach = (o + before - t * dilation for t in range(kernel))
        return [cell // stride for cell in reach if cell % stride == 0]

    return pattern.read(taps, 1, stride)


def adaptive(pattern: Pattern, size: int, size_out: int) -> Pattern:
    """Follow adaptive pooling: window o is floor(o size / out) to ceil((o + 1) size / out)."""
    shared = gcd(size, size_out)
    return pattern.read(
        lambda o: range(o * size // size_out, -(-(o + 1) * size // size_out)),
        size // shared,
        size_out // shared,
    )


def resized(pattern: Pattern, scale: Fraction, kind: str, aligned: bool) -> Pattern:
    """Follow an interpolation; `scale` is the input cells for each cell of the result.

    Args:
        pattern: of the map that is resized.
        scale: step between the places that two neighbours read.
        kind: "nearest", "nearest-exact", "linear" or "cubic".
        aligned: whether the corner cells' centres, not their edges, lie on each other.
    """

    def taps(o: int) -> list[int]:
        if kind == "nearest":
            return [o * scale.numerator // scale.denominator]
        place = o * scale if aligned else (o + Fraction(1, 2)) * scale - Fraction(1, 2)
        if kind == "nearest-exact":
            return [(place + Fraction(1, 2)).__floor__()]
        cell = place.__floor__()
        if place == cell:
            return [cell]  # the other weights are zero
        return [cell, cell + 1] if kind == "linear" else [cell - 1, cell, cell + 1, cell + 2]

    return pattern.read(taps, scale.numerator, scale.denominator)
