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


def area(value: int | tuple[int, ...], name: str, axes: int = 2) -> int:
    """Count the cells of a square, or of a (rows, columns) rectangle; likewise with other axes."""
    values = value if isinstance(value, tuple | list) else (value,) * whole(axes, "axes", 1)
    if len(values) != axes:
        many = {1: "an int", 2: "an int or a pair", 3: "an int or a triple"}
        wanted = many.get(axes, f"an int or {axes} of them")
        raise ValueError(f"{name} wants {wanted}, got {value!r}")
    return prod(whole(v, name, least=1) for v in values)
