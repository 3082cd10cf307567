"""Thousands: written one way, read in any usual way, without breaking the decimal comma."""

import pytest
from judged import JUDGE, KINDS

from cnnbook.exercises.catalogue import find
from cnnbook.exercises.drawn import Number

READ = [  # typed, the likelier reading where a count is expected, and where an amount is
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
    script = """const first = ([value = null]) => value;
      output = { read: input.read.map((text) => [true, false].map((w) => first(thousands.readNumbers(text, w)))),
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
    script = "output = input.map((n) => thousands.readNumbers(thousands.grouped(n), true)[0]);"
    numbers = [n * sign for n in (0, 5, 999, 1000, 12345, 999999, 10**9) for sign in (1, -1)]
    assert in_node(script, ["thousands"], numbers) == numbers


BOTH = [  # typed, all readings where a count is expected, and where an amount is
    ("1,760", [1760, 1.76], [1.76, 1760]),
    ("38.000", [38000, 38], [38]),
    ("−1.760", [-1760, -1.76], [-1.76]),
    ("1 760", [1760], [1760]),
    ("1.760,5", [1760.5], [1760.5]),
    ("3.617.280", [3617280], [3617280]),
    ("1,760,5", [], []),
    ("38.0", [38], [38]),
]


def test_what_may_mean_two_numbers_is_read_as_both(in_node):
    script = "output = input.map((t) => [true, false].map((w) => thousands.readNumbers(t, w)));"
    found = in_node(script, ["thousands"], [typed for typed, *_ in BOTH])
    assert found == [list(readings) for _, *readings in BOTH]


def verdict(in_node, name, typed, variant=0):
    exercise = find(name)
    job = {"kind": exercise.kind, "spec": exercise.spec(), "variant": variant, "answer": typed}
    return in_node(JUDGE, KINDS, [job])[0]


AMOUNTS = [  # exercise, its variant, typed, words of the answer: "" where it is right
    ("18-sum-lost", 0, "38.000", ""),
    ("18-sum-lost", 0, "38,000", ""),
    ("18-sum-lost", 0, "4.222", "4.222 is too small."),
    ("18-sum-lost", 0, "4,222", "4.222 is too small."),
    ("18-sum-lost", 0, "4.22", "4.22 is too small."),
    ("18-sum-lost", 0, "70.5", "70.5 is too large."),
    ("08-gap-parts", 2, "3.000", ""),  # of whose variants some are whole, others not
    ("08-gap-parts", 2, "3.125", "3.125 is too large."),
    ("08-gap-parts", 1, "18.500", ""),
    ("08-training-error", 4, "3.000", ""),
    ("18-output-size", 0, "20.000", ""),  # a count: either reading may be right
    ("18-output-size", 0, "2.5", "2.5: a count is a whole number."),
    ("11-parameters", 0, "1.216", ""),
    ("11-parameters", 0, "1,216", ""),
    ("11-parameters", 0, "1.217", "1,217 is too large."),
]


@pytest.mark.parametrize(("name", "variant", "typed", "words"), AMOUNTS)
def test_what_was_typed_is_answered(in_node, name, variant, typed, words):
    found = verdict(in_node, name, typed, variant)
    assert found["passed"] == (words == "")
    assert words in found["message"]


@pytest.mark.parametrize("separator", [".", ","])
def test_a_cell_of_a_map_is_an_amount(in_node, separator):
    answer = find("18-max-map").answer(**find("18-max-map").variants[0])
    typed = [[f"{value:.3f}".replace(".", separator) for value in row] for row in answer.tolist()]
    assert verdict(in_node, "18-max-map", typed)["passed"]


def test_a_count_has_whole_answers():
    common = {"title": "t", "text": "t", "hints": ["h"], "solution": "s", "why": "w"}
    common |= {"id": "99-half", "variants": [{"n": 1}, {"n": 2}], "answer": lambda n: n / 2}
    assert not Number(**common).extra()["whole"]
    assert Number(**common | {"answer": lambda n: 2 * n}).extra()["whole"]
    assert not Number(**common | {"answer": lambda n: 2 * n}, whole=False).extra()["whole"]
    with pytest.raises(ValueError, match="99-half: whole is True, some answers are not"):
        Number(**common, whole=True)
