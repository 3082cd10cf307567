"""What the exercises of chapter 11 answer to what readers typed."""

import numpy as np
import pytest
import wrong_functions_11 as wrong
from judged import JUDGE, KINDS, assert_recognised, texts

from cnnbook.exercises.catalogue import find

TYPED = {  # what a reader typed, reckoned without the package: words of the message
    "11-output-size": {
        "The window's length is missing": lambda size, kernel, padding, stride: (
            (size + 2 * padding) // stride + 1
        ),
        "fits into the padded side": lambda size, kernel, padding, stride: (
            (size + 2 * padding) // stride
        ),
    },
    "11-parameters": {
        "That is the number of multiplications": lambda c_in, c_out, k, h, w: (
            k * k * c_in * c_out * h * w
        ),
        "the weights do not multiply by {h} x {w}": lambda c_in, c_out, k, h, w: (
            k * k * c_in * c_out * h * w + c_out
        ),
        "without weight sharing": lambda c_in, c_out, k, h, w: (k * k * c_in + 1) * c_out * h * w,
        "not for each of the {c_in} input maps": lambda c_in, c_out, k, h, w: (
            k * k * c_in * c_out + c_in
        ),
        "not to each of its {c_in} channels": lambda c_in, c_out, k, h, w: (
            k * k * c_in * c_out + c_in * c_out
        ),
    },
    "11-macs": {
        "That is without padding": lambda n, c_in, c_out, h, w, k: (
            n * c_out * (h - k + 1) * (w - k + 1) * k * k * c_in
        ),
    },
    "11-dense-ratio": {
        "That is the whole dense layer": lambda c_in, c_out, n, k: c_in * n * n * c_out * n * n,
    },
}


def test_swapped_and_empty_maps_are_named(in_node):
    exercise = find("11-hand-map")
    answer = np.asarray(exercise.answer(**exercise.variants[0]))
    common = {"kind": "grid", "spec": exercise.spec(), "variant": 0}
    jobs = [{**common, "answer": texts(m)} for m in (answer.T, 0 * answer)]
    swapped, zeros = (verdict["message"] for verdict in in_node(JUDGE, KINDS, jobs))
    assert "Rows and columns of your map are swapped." in swapped
    assert "Every cell is 0" in zeros


def test_counts_may_be_typed_with_separators(in_node):
    exercise = find("11-parameters")
    spec = exercise.spec()
    answer = int(exercise.answer(**exercise.variants[0]))
    assert answer == 1216
    typed = ["1216", "1,216", "1 216", "1\u2009216", "1_216", "1.216", "1216.0", "1216,0", " 1216 "]
    jobs = [{"kind": "number", "spec": spec, "variant": 0, "answer": text} for text in typed]
    for verdict in in_node(JUDGE, KINDS, jobs):
        assert (verdict["passed"], verdict["message"]) == (True, "1,216 parameters.")


def test_what_was_typed_is_written_with_parted_thousands(in_node):
    common = {"kind": "number", "spec": find("11-parameters").spec(), "variant": 0}
    typed = ["1,217", "1215", "1216,5", "1,5"]
    jobs = [{**common, "answer": text} for text in typed]
    assert [verdict["message"] for verdict in in_node(JUDGE, KINDS, jobs)] == [
        "1,217 is too large.",
        "1,215 is too small.",
        "1,216.5: a count is a whole number.",
        "1.5: a count is a whole number.",
    ]


def test_one_right_cell_is_one(in_node):
    exercise = find("11-hand-map")
    one = np.asarray(exercise.answer(**exercise.variants[0])) + 1
    one[1, 2] -= 1
    two = one - np.eye(3)
    common = {"kind": "grid", "spec": exercise.spec(), "variant": 0}
    jobs = [{**common, "answer": texts(m)} for m in (one, two)]
    first, second = (verdict["message"] for verdict in in_node(JUDGE, KINDS, jobs))
    assert first == "1 of 9 cells is right; the first to look at again is row 1, column 1."
    assert second == "4 of 9 cells are right; the first to look at again is row 1, column 2."


@pytest.mark.parametrize("name", TYPED)
def test_what_readers_typed_is_recognised_in_every_variant(in_node, name):
    assert_recognised(in_node, name, TYPED[name], "{:,}".format)


def test_the_numbers_that_were_reported(in_node):
    exercise = find("11-parameters")
    reported = [({"c_out": 32, "h": 14}, "435456"), ({"c_out": 10, "h": 64}, "5017610")]
    for values, answer in reported:
        (variant,) = (i for i, v in enumerate(exercise.variants) if values.items() <= v.items())
        job = {"kind": "number", "spec": exercise.spec(), "variant": variant, "answer": answer}
        (verdict,) = in_node(JUDGE, KINDS, [job])
        assert "too large" not in verdict["message"]
        assert "{h} x {w}".format(**exercise.variants[variant]) in verdict["message"]


@pytest.mark.parametrize("name", wrong.FUNCTIONS)
def test_first_case_has_axes_of_different_length(name):
    exercise = find(name)
    arguments = next(iter(exercise.cases.values()))
    arrays = {k: np.array(v) for k, v in arguments.items()}
    for array in (*arrays.values(), exercise.answer(**arrays)):
        assert len(set(array.shape)) == array.ndim, array.shape
