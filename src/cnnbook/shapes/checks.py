"""What every count does with its arguments: check them, and bring them to one form."""

import operator
from math import prod


def whole(value: int, name: str, least: int = 0) -> int:
    """Return `value` as a plain int.

    Raises:
        ValueError: if it is no whole number (a bool is none), or below `least`.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise ValueError(f"{name} wants a whole number, got {value!r}")
    if number < least:
        raise ValueError(f"{name} must be at least {least}, got {number}")
    return number


def sides(padding: int | tuple[int, int]) -> tuple[int, int]:
    """Return padding as (before, after)."""
    if not isinstance(padding, tuple | list):
        padding = (padding, padding)
    if len(padding) != 2:
        raise ValueError(f"padding wants an int or (before, after), got {padding!r}")
    return whole(padding[0], "padding"), whole(padding[1], "padding")


def area(value: int | tuple[int, int], name: str) -> int:
    """Count the cells of a square, or of a (rows, columns) rectangle."""
    if not isinstance(value, tuple | list):
        value = (value, value)
    if len(value) != 2:
        raise ValueError(f"{name} wants an int or a pair, got {value!r}")
    return prod(whole(v, name, least=1) for v in value)
