"""What holds for every layer, looked up rather than remembered."""

import inspect
import sys

import pytest

from cnnbook import reference

NAMES = reference.__all__
FUNCTIONS = {name: getattr(reference, name) for name in NAMES}
BACKWARD = [name for name in NAMES if name.endswith("_backward")]


def test_names_are_sorted_and_stand_once():
    assert sorted(set(NAMES)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_types_stand_in_the_signature_and_the_rest_in_the_docstring(name):
    function = FUNCTIONS[name]
    signature = inspect.signature(function)
    assert signature.return_annotation is not signature.empty
    assert all(p.annotation is not p.empty for p in signature.parameters.values())
    lines = inspect.getdoc(function).splitlines()
    assert lines[0].endswith(".")
    assert len(lines) == 1 or lines[1] == ""
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("name", BACKWARD)
def test_backward_takes_the_gradient_and_the_cache(name):
    forward = FUNCTIONS[name.removesuffix("_backward")]  # each has its forward
    first, *rest = inspect.signature(FUNCTIONS[name]).parameters
    assert first in ("dy", "dloss")
    assert rest == ["cache"]
    assert not {"kwargs", "args"} & inspect.signature(forward).parameters.keys()


def test_a_layer_is_exported_with_its_backward_pass():
    for name in NAMES:
        module = sys.modules.get(getattr(FUNCTIONS[name], "__module__", ""))
        assert not hasattr(module, f"{name}_backward") or f"{name}_backward" in NAMES


def test_names_are_functions():
    # a module named as its function (`softmax`) must not stand in its place
    assert all(inspect.isfunction(f) for f in FUNCTIONS.values())
