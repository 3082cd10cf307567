"""Thousands: written one way, read in any usual way, without breaking the decimal comma."""

import pytest

READ = [  # typed, where a whole number is expected, elsewhere
    ("1760", 1760, 1760),
    ("1,760", 1760, 1.76),
    ("1.760", 1760, 1.76),
    ("1 760", 1760, 1760),
    ("1\u2009760", 1760, 1760),  # thin space
    ("1\u202f760", 1760, 1760),  # narrow, not breaking
    ("1\u00a0760", 1760, 1760),
    ("1_760", 1760, 1760),
    ("1'760", 1760, 1760),
    ("1’760", 1760, 1760),
    ("3,617,280", 3617280, 3617280),
    ("3 617 280", 3617280, 3617280),
    ("3\u2009617 280", 3617280, 3617280),
    ("3.617.280", 3617280, 3617280),
    ("−1,760", -1760, -1.76),
    ("+12,345", 12345, 12.345),
    ("1,760.5", 1760.5, 1760.5),
    ("1.760,5", 1760.5, 1760.5),
    ("1 760,5", 1760.5, 1760.5),
    ("1,760.", 1760, 1760),
    (" 1,760 ", 1760, 1.76),
    ("1,5", 1.5, 1.5),
    ("1,50", 1.5, 1.5),
    ("1,7605", 1.7605, 1.7605),
    ("1234,567", 1234.567, 1234.567),
    ("0,125", 0.125, 0.125),
    ("0.125", 0.125, 0.125),
    ("-3", -3, -3),
    ("1e3", 1000, 1000),
    ("", None, None),
    ("many", None, None),
    ("1,76,0", None, None),
    ("1,760,5", None, None),
    ("1,760 280", None, None),
    ("1  760", None, None),
    ("17 60", None, None),
    ("0 125", None, None),
    ("1,,760", None, None),
    (",760", 0.76, 0.76),
]
WRITTEN = [
    (7, "7"),
    (999, "999"),
    (1760, "1,760"),
    (262144, "262,144"),
    (5017610, "5,017,610"),
    (-12345, "−12,345"),
    (1234.5678, "1,234.5678"),
    (0.00012345, "0.00012345"),
    (1e21, "1e+21"),
    ("word", "word"),
]


@pytest.fixture(scope="module")
def found(in_node):
    script = """output = { read: input.read.map((text) => [true, false].map((w) => thousands.readNumber(text, w))),
      written: input.written.map(thousands.grouped) };"""
    data = {"read": [typed for typed, *_ in READ], "written": [value for value, _ in WRITTEN]}
    return in_node(script, ["thousands"], data)


@pytest.mark.parametrize("i", range(len(READ)), ids=[repr(typed) for typed, *_ in READ])
def test_read(found, i):
    assert found["read"][i] == list(READ[i][1:])


@pytest.mark.parametrize("i", range(len(WRITTEN)), ids=[repr(value) for value, _ in WRITTEN])
def test_written(found, i):
    assert found["written"][i] == WRITTEN[i][1]


def test_what_is_written_is_read_again(in_node):
    script = "output = input.map((n) => thousands.readNumber(thousands.grouped(n), true));"
    numbers = [n * sign for n in (0, 5, 999, 1000, 12345, 999999, 10**9) for sign in (1, -1)]
    assert in_node(script, ["thousands"], numbers) == numbers
