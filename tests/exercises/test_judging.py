"""`check` survives whatever a reader hands it, and gives nothing away."""

import re
import sys

import numpy as np
import pytest
import torch
import wrong_functions_11 as wrong

from cnnbook import exercises
from cnnbook.exercises.catalogue import CHAPTERS, find
from cnnbook.exercises.definitions import Code
from cnnbook.exercises.judging import fresh

ID = "11-shift-and-add"


def endless(x, weight):
    return endless(x, weight)


def exits(x, weight):
    sys.exit(3)


class Hostile:
    def __array__(self, *args, **kwargs):
        raise RuntimeError("no")

    def __repr__(self):
        raise RuntimeError("no")

    def __getattr__(self, name):
        raise RuntimeError("no")


class MuteError(Exception):
    def __str__(self):
        raise RuntimeError("no")


def not_implemented_here(x, weight):
    wrong.shift_and_add(x, weight)
    raise NotImplementedError("no such stride")


def raises_mute(x, weight):
    raise MuteError


def shrinks(x, weight):
    y = wrong.shift_and_add(x, weight)
    x.resize((1,), refcheck=False)
    return y


SURVIVED = {  # what the reader hands over: words that the message holds
    "None": (None, "it got None"),
    "the result": (np.zeros((3, 3)), "ndarray"),
    "text": ("shift_and_add", "str"),
    "hostile object": (Hostile(), "Hostile"),
    "too few arguments": (lambda x: x, "`shift_and_add` is called with (x, weight)"),
    "too many arguments": (lambda x, weight, stride: x, "yours takes (x, weight, stride)"),
    "raises": (lambda x, weight: 1 / 0, "ZeroDivisionError: division by zero"),
    "raises without words": (raises_mute, "MuteError: (its message cannot be read)"),
    "recursion": (endless, "RecursionError"),
    "exits": (exits, "SystemExit: 3"),
    "not implemented": (lambda x, weight: NotImplemented, "NotImplementedType"),
    "None back": (wrong.forgets_to_return, "it returned None. Is the `return` missing?"),
    "not implemented for this": (not_implemented_here, "NotImplementedError: no such stride"),
    "text back": (lambda x, weight: "0", "type str"),
    "ragged lists": (lambda x, weight: [[1, 2], [3]], "type list"),
    "dict": (lambda x, weight: {"y": 1}, "type dict"),
    "generator": (lambda x, weight: (row for row in x), "type generator"),
    "function": (lambda x, weight: len, "type builtin_function_or_method"),
    "hostile result": (lambda x, weight: Hostile(), "type Hostile"),
    "complex": (lambda x, weight: wrong.shift_and_add(x, weight) + 0j, "complex"),
    "objects": (lambda x, weight: np.array([[object()]]), "no array"),
    "one number": (lambda x, weight: 1.0, "has shape (), the right one (3, 6)"),
    "empty": (lambda x, weight: [], "has shape (0,)"),
    "batch axes": (lambda x, weight: wrong.shift_and_add(x, weight)[None], "has shape (1, 3, 6)"),
    "nan": (
        lambda x, weight: np.nan * wrong.shift_and_add(x, weight),
        "[0, 0] of your result is nan",
    ),
    "infinity": (lambda x, weight: np.inf + wrong.shift_and_add(x, weight), "is inf"),
    "half precision": (
        lambda x, weight: wrong.shift_and_add(x, weight).astype("f2") * 1.01,
        "cells",
    ),
    "changes x": (wrong.works_in_place, "changed its argument `x`"),
    "resizes x": (shrinks, "changed its argument `x`"),
    "a class": (dict, "raised"),
    "a builtin": (max, "raised"),
}
ACCEPTED = {
    "list": lambda x, weight: wrong.shift_and_add(x, weight).tolist(),
    "float32": lambda x, weight: wrong.shift_and_add(x, weight).astype(np.float32),
    "torch": lambda x, weight: torch.from_numpy(wrong.shift_and_add(x, weight)),
    "torch with gradient": lambda x, weight: torch.nn.functional.conv2d(
        torch.from_numpy(x)[None, None], torch.from_numpy(weight)[None, None].requires_grad_()
    )[0, 0],
    "masked": lambda x, weight: np.ma.array(wrong.shift_and_add(x, weight)),
    "other names": lambda image, k, unused=1: wrong.shift_and_add(image, k),
    "any arguments": lambda *arguments: wrong.shift_and_add(*arguments),
}


@pytest.mark.parametrize("name", SURVIVED)
def test_survives(name):
    function, words = SURVIVED[name]
    verdict = exercises.check(ID, function)
    assert not verdict.passed
    assert words in verdict.message
    assert verdict.title in repr(verdict)
    assert 'data-passed="false"' in verdict._repr_html_()


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepts(name):
    verdict = exercises.check(ID, ACCEPTED[name])
    assert verdict.passed, verdict.message
    assert "All 5 cases agree" in verdict.message


def test_stopping_an_endless_loop_stops():
    def stopped(x, weight):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exercises.check(ID, stopped)


def test_first_differing_cell_and_its_value():
    def slip(x, weight):
        y = wrong.shift_and_add(x, weight)
        y[1, 2] = 77.125
        y[2, 3] += 1
        return y

    message = exercises.check(ID, slip).message
    assert (
        "“rows are not columns”: 2 of 18 cells are off; the first is [1, 2], where yours is 77.125."
        in message
    )


def test_a_later_case_is_named():
    def square_only(x, weight):
        y = wrong.shift_and_add(x, weight)
        return y if weight.shape != (1, 3) else y + 1

    assert "Case “a kernel of one row”" in exercises.check(ID, square_only).message


def test_every_case_gets_fresh_arguments():
    seen = []

    def function(x, weight):
        seen.append((x, x.copy()))
        return wrong.shift_and_add(x, weight)

    assert exercises.check(ID, function).passed
    first = [copy for _, copy in seen]
    seen[0][0][:] = 0  # what a reader keeps is a copy
    seen.clear()
    assert exercises.check(ID, function).passed
    assert all((a == b).all() for a, (_, b) in zip(first, seen, strict=True))


@pytest.mark.parametrize("name", [n for n in exercises.ids() if isinstance(find(n), Code)])
def test_no_expected_number_is_given_away(name):
    exercise = find(name)
    for message, function in {
        "a constant": lambda *a: 1e6 + 0 * exercise.answer(*a),
        "one": lambda *a: np.ones_like(exercise.answer(*a)),
        "a vector": lambda *a: exercise.answer(*a).ravel(),
        "nan": lambda *a: exercise.answer(*a) * np.nan,
    }.items():
        verdict = exercises.check(name, function)
        spoken = set(re.findall(r"-?\d+\.\d+", verdict.message + verdict._repr_html_()))
        expected = set()
        for case in exercise.cases.values():
            expected |= {f"{v:.6g}" for v in exercise.answer(**fresh(case)).ravel()}
        expected -= {"1"}
        assert not spoken & expected, message


def empty(x, weight): ...


def with_docstring(x, weight):
    """Slide one kernel over one map."""


def unfinished(x, weight):
    raise NotImplementedError


def unfinished_in_words(x, weight):
    raise NotImplementedError("to do")


STUBS = [empty, with_docstring, unfinished, unfinished_in_words, lambda x, weight: None]


@pytest.mark.parametrize("stub", STUBS)
def test_a_stub_is_not_tried_and_not_wrong(stub, progress_file):
    verdict = exercises.check(ID, stub)
    assert (verdict.passed, verdict.counted, verdict.untouched) == (False, False, True)
    assert verdict.message == "Write the function above, then run this cell."
    assert repr(verdict).startswith("○ Not tried yet · ")
    page = verdict._repr_html_()
    assert "✗" not in repr(verdict) + page
    assert "#c8553d" not in page
    assert not progress_file.exists()


@pytest.mark.parametrize("function", [wrong.forgets_to_return, not_implemented_here, type(None)])
def test_what_does_something_is_no_stub(function):
    verdict = exercises.check(ID, function)
    assert not verdict.untouched
    assert repr(verdict).startswith("✗ Not yet · ")
    assert "#c8553d" in verdict._repr_html_()


def test_numbers_are_counted_and_written_as_everywhere():
    def one_off(x, weight):
        y = wrong.shift_and_add(x, weight)
        y[0, 0] = -12345.5
        return y

    message = exercises.check(ID, one_off).message
    assert "1 of 18 cells is off; the first is [0, 0], where yours is -12,345.5." in message


def test_html_is_escaped():
    def function(x, weight):
        raise ValueError("<script>alert(1)</script> `code`")

    page = exercises.check(ID, function)._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("11-outputsize", "11-output-size"),
        ("99-nothing", "close to it: "),
        (None, "no exercise None"),
        (["11-flip"], "no exercise"),
    ],
)
def test_unknown_exercises_are_refused_with_close_ids(name, words):
    for function in (exercises.show, lambda n: exercises.check(n, max)):
        with pytest.raises(ValueError, match=re.escape(words)):
            function(name)


def test_only_functions_are_checked():
    with pytest.raises(ValueError, match=r"11-output-size is answered in its widget"):
        exercises.check("11-output-size", max)


def test_ids_of_a_chapter():
    assert exercises.ids() == [name for number in CHAPTERS for name in exercises.ids(number)]
    assert {name[:2] for name in exercises.ids(11)} == {"11"}
    assert exercises.ids(99) == []
