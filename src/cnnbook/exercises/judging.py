"""Judge a reader's function on the cases of a `Code` exercise."""

import dis
import inspect
from collections.abc import Callable
from types import FunctionType

import numpy as np

from cnnbook.exercises.definitions import Code
from cnnbook.exercises.verdict import Verdict

RTOL, ATOL = 1e-6, 1e-8  # float32 is good enough

TEXT = {
    "passed": "All {count} cases agree: {names}.",
    "no function": "`check` wants the function itself, {name} without parentheses; it got {got}.",
    "signature": "`{name}` is called with ({wants}), in this order; yours takes {takes}.",
    "raised": "it raised {kind}: {text}",
    "untouched": "Write the function above, then run this cell.",
    "none": "it returned None. Is the `return` missing?",
    "no array": "it returned {got}, which is no array of numbers.",
    "complex": "it returned complex numbers; an inverse FFT leaves an imaginary part to drop.",
    "shape": "your result has shape {has}, the right one {wants}.",
    "nan": "the cell {index} of your result is {value}, which is no number.",
    "cell": "{wrong:,} of {count:,} cells {are} off; the first is {index}, where yours is {value}.",
    "changed": "the result is right, but your function changed its argument `{name}`: work on a "
    "copy.",
    "case": "Case “{case}”: {message}",
    "recognised": "What it looks like: {message}",
    "zeros": "every cell is 0, nothing was ever added to the result.",
    "swapped": "the axes are in another order: rows and columns, or two channels, are swapped.",
    "cut": "the fractions are cut off: the array for the result was made for integers.",
    "sign": "every cell has the wrong sign.",
}


class StubError(Exception):
    """The function is the stub, as the notebook gave it."""


class WrongAnswerError(Exception):
    """A finding about the reader's function; `counted` as in Verdict."""

    def __init__(self, message: str, counted: bool = True) -> None:
        """Keep the message."""
        super().__init__(message)
        self.counted = counted


def judge(exercise: Code, function: object) -> Verdict:
    """Call the function on every case and report the first that comes out wrong.

    Whatever the function does is reported, not raised, except KeyboardInterrupt: a reader who
    stops an endless loop wants it to stop.
    """
    try:
        check_callable(exercise, function)
        for name, arguments in exercise.cases.items():
            try:
                judge_case(exercise, arguments, function)
            except WrongAnswerError as wrong:
                text = TEXT["case"].format(case=name, message=wrong)
                raise WrongAnswerError(text, wrong.counted) from None
    except StubError:
        text = TEXT["untouched"]
        return Verdict(exercise.id, exercise.title, False, text, counted=False, untouched=True)
    except WrongAnswerError as wrong:
        return Verdict(exercise.id, exercise.title, False, str(wrong), wrong.counted)
    names = ", ".join(exercise.cases)
    message = TEXT["passed"].format(count=len(exercise.cases), names=names)
    return Verdict(exercise.id, exercise.title, True, message)


def check_callable(exercise: Code, function: object) -> None:
    """Refuse what cannot be called with the case's arguments."""
    if not callable(function):
        raise WrongAnswerError(
            TEXT["no function"].format(name=f"`{exercise.name}`", got=describe(function))
        )
    arguments = next(iter(exercise.cases.values()))
    try:
        signature = inspect.signature(function)
    except Exception:
        return  # a builtin, or something odd: calling it will tell
    try:
        signature.bind(*arguments)
    except TypeError:
        wants = ", ".join(arguments)
        text = TEXT["signature"].format(name=exercise.name, wants=wants, takes=signature)
        raise WrongAnswerError(text) from None


def judge_case(exercise: Code, arguments: dict, function: Callable) -> None:
    """Raise WrongAnswerError unless the function is right on this case."""
    wanted = np.asarray(exercise.answer(**fresh(arguments)), float)
    given = fresh(arguments)
    result = read_result(call(function, given))
    try:
        compare(result, wanted)
    except WrongAnswerError as wrong:
        hint = recognise(exercise, arguments, result, wanted)
        if hint is None:
            raise
        raise WrongAnswerError(f"{wrong}\n{TEXT['recognised'].format(message=hint)}") from None
    for name, value in fresh(arguments).items():
        if isinstance(value, np.ndarray) and not np.array_equal(value, given[name]):
            raise WrongAnswerError(TEXT["changed"].format(name=name))


def fresh(arguments: dict) -> dict:
    """Return new arrays for the case's nested lists."""
    return {k: np.array(v, float) if isinstance(v, list) else v for k, v in arguments.items()}


def call(function: Callable, arguments: dict) -> object:
    """Call the reader's function; raise WrongAnswerError if it raises, StubError if it is empty."""
    try:
        result = function(*arguments.values())
    except (Exception, SystemExit) as error:
        if isinstance(error, NotImplementedError) and ignores_arguments(function):
            raise StubError from None
        raise WrongAnswerError(
            TEXT["raised"].format(kind=type(error).__name__, text=brief(error))
        ) from None
    if result is None:
        if ignores_arguments(function):
            raise StubError
        raise WrongAnswerError(TEXT["none"], counted=False)
    return result


def ignores_arguments(function: Callable) -> bool:
    """Tell whether a function neither reads its arguments nor keeps anything, as a stub."""
    if type(function) is not FunctionType:
        return False
    names = {step.opname for step in dis.get_instructions(function)}
    return not any("FAST" in name or "DEREF" in name for name in names)


def read_result(result: object) -> np.ndarray:
    """Return a copy of the reader's result as an array; raise WrongAnswerError if it is none."""
    try:
        if hasattr(result, "detach"):  # a torch tensor, perhaps one that wants a gradient
            result = result.detach().cpu().numpy()
        if isinstance(result, str | bytes | dict | set):
            raise TypeError
        array = np.array(result, subok=False)
        if array.dtype.kind == "c":
            raise WrongAnswerError(TEXT["complex"])
        return array.astype(float)
    except WrongAnswerError:
        raise
    except Exception:
        raise WrongAnswerError(TEXT["no array"].format(got=describe(result))) from None


def compare(result: np.ndarray, wanted: np.ndarray) -> None:
    """Raise WrongAnswerError, naming shapes or the first differing cell, unless the two agree."""
    if result.shape != wanted.shape:
        raise WrongAnswerError(TEXT["shape"].format(has=result.shape, wants=wanted.shape))
    for text, off in (
        ("nan", ~np.isfinite(result)),
        ("cell", ~np.isclose(result, wanted, RTOL, ATOL)),
    ):
        if off.any():
            index = tuple(int(i) for i in np.argwhere(off)[0])
            values = {"index": list(index), "value": f"{result[index]:,.6g}"}
            wrong = int(off.sum())
            are = "is" if wrong == 1 else "are"
            raise WrongAnswerError(
                TEXT[text].format(wrong=wrong, are=are, count=off.size, **values)
            )


def recognise(
    exercise: Code, arguments: dict, result: np.ndarray, wanted: np.ndarray
) -> str | None:
    """Name the mistake that leads to exactly this wrong result, if it is known."""

    def same(other: object) -> bool:
        other = np.asarray(other, float)
        return other.shape == result.shape and np.allclose(result, other, RTOL, ATOL)

    for message, mistake in exercise.misconceptions.items():
        try:
            if same(mistake(**fresh(arguments))):
                return message
        except Exception:  # the mistake itself may not fit this case's shapes
            continue
    if not result.any():
        return TEXT["zeros"]
    if same(np.trunc(wanted)):
        return TEXT["cut"]
    if same(-wanted):
        return TEXT["sign"]
    axes = range(wanted.ndim)
    swaps = (np.swapaxes(wanted, a, b) for a in axes for b in axes if a < b)
    return TEXT["swapped"] if any(same(other) for other in (*swaps, wanted.T)) else None


def describe(value: object) -> str:
    """Name a value by its type, without trusting its own words."""
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    return f"an object of type {type(value).__name__}"


def brief(error: BaseException) -> str:
    """Return an error's text in one line of at most 200 characters."""
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = "(its message cannot be read)"
    return text if len(text) <= 200 else text[:199] + "…"
