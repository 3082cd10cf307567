"""Answers to exercises, right and wrong, and the JavaScript that judges them in the page."""

import numpy as np

from cnnbook.exercises.catalogue import find
from cnnbook.exercises.definitions import Definition, fill

KINDS = ["frame", "choice", "number", "grid", "predict"]
JUDGE = """
const kinds = { choice, number, grid, predict };
output = input.map(({ kind, spec, variant, answer }) =>
  kinds[kind].judge(spec, frame.unseal(spec.faces[variant].sealed).key, answer));
"""


def written(value: float) -> str:
    """Write a number as a reader types it."""
    return f"{float(value):.9g}"


def texts(cells) -> list[list[str]]:
    return [[written(value) for value in row] for row in np.asarray(cells, float)]


def blank(answer) -> bool:
    return answer in ([], "") or set(np.ravel(answer)) == {""}


def choice_answers(exercise):
    right = [i for i, option in enumerate(exercise.options) if option.right]
    others = [i for i in range(len(exercise.options)) if i not in right]
    if exercise.several:
        wrong = [[], right[:-1], right[1:], [*right, others[0]], list(range(len(exercise.options)))]
        wrong += [[i] for i in others]
    else:
        wrong = [[], *[[i] for i in others]]
    yield 0, right, wrong


def number_answers(exercise):
    for variant, values in enumerate(exercise.variants):
        answer = exercise.answer(**values)
        slips = [written(slip(**values)) for slip in exercise.slips.values()]
        far = ["123456", "-123456", written(answer + 77.5)]
        yield variant, written(answer), [*slips, "", "many", *far]


def grid_answers(exercise):
    for variant, values in enumerate(exercise.variants):
        answer = np.asarray(exercise.answer(**values), float)
        slips = [texts(slip(**values)) for slip in exercise.slips.values()]
        none = [[""] * answer.shape[1] for _ in answer]
        word = texts(answer)
        word[0][-1] = "one"
        last_off = answer.copy()
        last_off[-1, -1] += 5
        yield variant, texts(answer), [*slips, none, word, texts(answer - 7), texts(last_off)]


def answers(exercise: Definition):
    """Yield (variant, right answer, wrong answers): first the slips in their order, then others."""
    kinds = {"number": number_answers, "grid": grid_answers}
    return kinds.get(exercise.kind, choice_answers)(exercise)


def verdicts_on(in_node, names) -> dict[str, list[list[tuple]]]:
    """Judge all answers in one process: id -> for each variant [(answer, verdict)], right first."""
    jobs, found = [], {}
    for name in names:
        exercise = find(name)
        common = {"id": name, "kind": exercise.kind, "spec": exercise.spec()}
        for variant, right, wrong in answers(exercise):
            jobs += [{**common, "variant": variant, "answer": a} for a in (right, *wrong)]
    for job, verdict in zip(jobs, in_node(JUDGE, KINDS, jobs), strict=True):
        variants = found.setdefault(job["id"], [])
        if job["variant"] == len(variants):
            variants.append([])
        variants[-1].append((job["answer"], verdict))
    return found


def assert_recognised(in_node, name, slips, write=written) -> None:
    """Assert that a number which a reader may type is answered with words about that slip.

    Args:
        slips: words of the message -> function of the variant's values that makes the slip.
        write: how the reader writes the number.
    """
    exercise = find(name)
    common = {"kind": exercise.kind, "spec": exercise.spec()}
    jobs, wanted = [], []
    for variant, values in enumerate(exercise.variants):
        for words, slip in slips.items():
            jobs.append({**common, "variant": variant, "answer": write(slip(**values))})
            wanted.append(fill(words, values))
    for job, words, verdict in zip(jobs, wanted, in_node(JUDGE, KINDS, jobs), strict=True):
        assert not verdict["passed"], job["answer"]
        assert words in verdict["message"], job["answer"]
