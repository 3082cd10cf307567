"""Every exercise of chapter 07: the solution passes, plausible wrong answers fail, each in its way.

Answers given in a widget are judged by the JavaScript that judges them in the page. The slips in
TYPED and the right answers in RIGHT are reckoned here, without the package.
"""

import json
import re
from math import isclose, log10, sqrt
from pathlib import Path

import numpy as np
import pytest
import torch
import wrong_functions_07 as wrong
from test_chapter_11 import JUDGE, KINDS, blank, choice_answers, texts

from cnnbook import exercises, reference
from cnnbook.exercises.catalogue import find
from cnnbook.exercises.definitions import Choice
from cnnbook.exercises.drawn import Grid
from cnnbook.widgets import GradientFlow

CODE = {
    "07-initialiser": (wrong.he, wrong.INITIALISER),
    "07-clip-by-norm": (wrong.clip, wrong.CLIP),
    "07-backward-norms": (wrong.backward, wrong.BACKWARD),
}
LIVE = [name for name in exercises.ids(7) if name not in CODE]


def gradient_of_a_chain(weight, y):
    """Let torch differentiate it, from an input that leads to the first output."""
    numbers = [torch.tensor(0.0, dtype=torch.float64, requires_grad=True)]
    for w, value in zip(weight[0], y[0], strict=True):
        bias = np.log(value / (1 - value)) - w * numbers[-1].item()  # so that y is as given
        numbers.append(torch.sigmoid(w * numbers[-1] + bias))
    numbers[-1].backward()
    return float(numbers[0].grad)


def layers_counted(gain, slope):
    size, count = 1.0, 0
    while size >= 1e-6:
        size, count = size * gain * slope, count + 1
    return count


def clipped_by_torch(g, max_norm, norm):
    weight = torch.zeros(1, 3, requires_grad=True)
    weight.grad = torch.tensor(g, dtype=torch.float32)
    found = torch.nn.utils.clip_grad_norm_([weight], max_norm)
    assert isclose(float(found), norm, rel_tol=1e-6)
    return weight.grad.tolist()


RIGHT = {
    "07-chain": gradient_of_a_chain,
    "07-layers": layers_counted,
    "07-initial-std": lambda c_in, k, mean, var: 1 / sqrt(c_in * k**2 * (var + mean**2)),
    "07-clip-by-hand": clipped_by_torch,
}
TYPED = {  # words of the message: what a reader typed
    "07-chain": {
        "passes the three weights": lambda weight, y: np.prod([v * (1 - v) for v in y[0]]),
        "product of the weights": lambda weight, y: np.prod(weight),
        "by the outputs y": lambda weight, y: np.prod(weight) * np.prod(y),
        "by 1 − y": lambda weight, y: np.prod(weight) * np.prod([1 - v for v in y[0]]),
        "1/4 is the slope where": lambda weight, y: np.prod(weight) / 64,
        "slope of tanh": lambda weight, y: np.prod(weight) * np.prod([1 - v * v for v in y[0]]),
        "the sign is not": lambda weight, y: -gradient_of_a_chain(weight, y),
        "Layer 1 is missing": lambda weight, y: gradient_of_a_chain([weight[0][1:]], [y[0][1:]]),
        "Layer 2 is missing": lambda weight, y: gradient_of_a_chain([weight[0][::2]], [y[0][::2]]),
        "You added": lambda weight, y: sum(
            w * v * (1 - v) for w, v in zip(weight[0], y[0], strict=True)
        ),
    },
    "07-layers": {
        "the activation alone": lambda gain, slope: layers_counted(1, slope),
        "One too few": lambda gain, slope: layers_counted(gain, slope) - 1,
        "That is a thousandth": lambda gain, slope: np.ceil(-3 / log10(gain * slope)),
    },
    "07-initial-std": {
        "for inputs with mean 0": lambda c_in, k, mean, var: (c_in * k * k * var) ** -0.5,
        "variance of the weights": lambda c_in, k, mean, var: 1 / (c_in * k * k * (var + mean**2)),
        "the kernel counts": lambda c_in, k, mean, var: (c_in * (var + mean**2)) ** -0.5,
        "He's formula": lambda c_in, k, mean, var: sqrt(2 / (c_in * k * k)),
    },
}


def number_answers(exercise):
    for variant, values in enumerate(exercise.variants):
        answer = exercise.answer(**values)
        slips = [repr(slip(**values)) for slip in exercise.slips.values()]
        yield variant, f"{answer:g}", [*slips, "", "many", "123456", "-123456", f"{answer + 77.5}"]


def grid_answers(exercise):
    for variant, values in enumerate(exercise.variants):
        answer = np.asarray(exercise.answer(**values))
        none = [[""] * answer.size]
        word = [["one", "1", "1"]]
        slips = [texts(np.asarray(slip(**values))) for slip in exercise.slips.values()]
        one_off = np.add(answer, [[0.1, 0, 0]])
        yield variant, texts(answer), [*slips, none, word, texts(one_off)]


def answers(exercise):
    if isinstance(exercise, Choice):
        return choice_answers(exercise)
    return list((grid_answers if isinstance(exercise, Grid) else number_answers)(exercise))


@pytest.fixture(scope="module")
def verdicts(in_node):
    """Judge all answers in one process: (id, variant) -> [(answer, verdict)], the right one first."""
    jobs = []
    for name in LIVE:
        exercise = find(name)
        common = {"id": name, "kind": exercise.kind, "spec": exercise.spec()}
        for variant, right, wrong_answers in answers(exercise):
            jobs += [{**common, "variant": variant, "answer": a} for a in (right, *wrong_answers)]
    found = {}
    for job, verdict in zip(jobs, in_node(JUDGE, KINDS, jobs), strict=True):
        found.setdefault((job["id"], job["variant"]), []).append((job["answer"], verdict))
    return found


def of(verdicts, name):
    return [results for (exercise, _), results in verdicts.items() if exercise == name]


def test_the_order_is_that_of_the_chapter():
    path = Path(__file__).parents[2] / "notebooks" / "07-vanishing-gradients.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    source = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    asked = re.findall(r'exercises\.(?:show|predict_first)\(\s*"(07-[a-z0-9-]+)"', source)
    assert asked == exercises.ids(7)


def test_there_is_every_kind():
    assert {find(name).kind for name in exercises.ids(7)} == {
        "choice", "predict", "number", "grid", "code",
    }  # fmt: skip


@pytest.mark.parametrize("name", LIVE)
def test_right_answers_pass_in_every_variant(verdicts, name):
    for results in of(verdicts, name):
        _, verdict = results[0]
        assert (verdict["passed"], verdict["complete"]) == (True, True)


@pytest.mark.parametrize("name", LIVE)
def test_wrong_answers_fail_each_with_its_own_message(verdicts, name):
    for results in of(verdicts, name):
        wrong_verdicts = [verdict for _, verdict in results[1:]]
        assert len(wrong_verdicts) >= 4
        assert not any(verdict["passed"] for verdict in wrong_verdicts)
        messages = [verdict["message"] for verdict in wrong_verdicts]
        assert len(set(messages)) == len(messages)


@pytest.mark.parametrize("name", RIGHT)
def test_each_slip_is_recognised_in_every_variant(verdicts, name):
    exercise = find(name)
    for variant, values in enumerate(exercise.variants):
        results = verdicts[name, variant][1 : 1 + len(exercise.slips)]
        for (_, verdict), text in zip(results, exercise.slips, strict=True):
            assert verdict["message"].split("\n")[-1] == text.format(**values)


@pytest.mark.parametrize("name", LIVE)
def test_unanswered_is_not_a_try(verdicts, name):
    for results in of(verdicts, name):
        empty = [verdict for answer, verdict in results if blank(answer)]
        assert [verdict["complete"] for verdict in empty] == [False]


@pytest.mark.parametrize("name", RIGHT)
def test_answers_agree_with_an_independent_reckoning(name):
    exercise = find(name)
    for values in exercise.variants:
        ours = np.asarray(exercise.answer(**values), float)
        theirs = np.asarray(RIGHT[name](**values))
        assert ours.shape == theirs.shape
        # what a reader finds exactly, or rounds to three decimals, lies within the tolerance
        assert np.all(abs(np.round(theirs, 3) - ours) <= exercise.tolerance)
        assert np.all(abs(theirs - ours) <= exercise.tolerance)


@pytest.mark.parametrize("name", TYPED)
def test_what_readers_type_is_recognised_in_every_variant(in_node, name):
    exercise = find(name)
    spec = exercise.spec()
    jobs, wanted = [], []
    for variant, values in enumerate(exercise.variants):
        for words, slip in TYPED[name].items():
            typed = f"{round(float(slip(**values)), 3):g}"
            jobs.append({"kind": "number", "spec": spec, "variant": variant, "answer": typed})
            wanted.append(words)
    for job, words, verdict in zip(jobs, wanted, in_node(JUDGE, KINDS, jobs), strict=True):
        assert not verdict["passed"]
        assert words in verdict["message"], job["answer"]


def test_a_clipped_gradient_is_shorter_and_points_the_same_way():
    exercise = find("07-clip-by-hand")
    for values in exercise.variants:
        g, y = np.ravel(values["g"]), np.ravel(exercise.answer(**values))
        assert isclose(np.linalg.norm(g), values["norm"])
        assert isclose(np.linalg.norm(y), values["max_norm"])
        assert isclose(g @ y, np.linalg.norm(g) * np.linalg.norm(y))
        by_value = np.clip(g, -values["max_norm"], values["max_norm"])
        assert not isclose(g @ by_value, np.linalg.norm(g) * np.linalg.norm(by_value))


def test_the_variance_of_a_sum_is_1():
    rng = np.random.default_rng(7)
    exercise = find("07-initial-std")
    for values in exercise.variants:
        size = (4000, values["c_in"] * values["k"] ** 2)
        x = rng.normal(values["mean"], sqrt(values["var"]), size)
        weight = rng.normal(0, exercise.answer(**values), size)
        assert abs((x * weight).sum(1).var() - 1) < 0.12


def ratios(**traits):
    return [GradientFlow(seed=seed, **traits).flow().ratio for seed in range(3)]


CURES = {  # words of the option: the change, as traits of the widget
    "A residual connection": {"residual": True},
    "Orthogonal weights": {"weights": "orthogonal"},
    "Batch normalisation": {"norm": True},
    "ReLU instead of sigmoid, Xavier": {"activation": "relu"},
    "ReLU instead of sigmoid, and He": {"activation": "relu", "gain": sqrt(2)},
}


def test_the_cures_are_measured():
    options = find("07-which-cure").options
    assert all(-31.5 < log10(ratio) < -30 for ratio in ratios())
    for words, traits in CURES.items():
        (option,) = (option for option in options if option.text.startswith(words))
        within = [0.1 < ratio < 10 for ratio in ratios(**traits)]
        assert within == [option.right] * 3, words
    # the other two scale all layers alike
    others = [o for o in options if not o.text.startswith(tuple(CURES))]
    assert [o.right for o in others] == [False, False]
    # sqrt(1/2) per layer is 10^-7.4; a draw is off by up to half a power of ten
    assert all(-8.2 < log10(ratio) < -6.6 for ratio in ratios(activation="relu"))


RUNS = {  # words of the option: the net, and what the table would show for layer 1
    "Sigmoid": ({}, -30.5),
    "ReLU, Xavier": ({"activation": "relu"}, -7.5),
    "ReLU, He": ({"activation": "relu", "gain": sqrt(2)}, 0),
    "No activation": ({"activation": "identity", "weights": "orthogonal"}, 0),
    "ReLU, weights with twice": ({"activation": "relu", "gain": 2}, 7.4),
}


def test_the_table_is_that_of_the_right_run_alone():
    exercise = find("07-which-run")
    ((layers, powers),) = (matrix.cells for matrix in exercise.given)
    for words, (traits, at_layer_1) in RUNS.items():
        (option,) = (o for o in exercise.options if o.text.startswith(words))
        found = np.log10(GradientFlow(**traits).flow().gradient[layers])
        assert abs(found[-1] - at_layer_1) < 1, words
        assert np.allclose(found, powers, atol=0.05) == option.right, words
        assert option.right or abs(found[-1] - powers[-1]) > 5


PREDICTED = ("07-predict-sigmoid", "07-predict-scale")


def test_the_predictions_come_true():
    right = [next(o.text for o in find(name).options if o.right) for name in PREDICTED]
    assert right == ["The gradient alone.", "Hardly anything."]
    flow = GradientFlow().flow()
    assert flow.ratio < 1e-28
    assert all(0.4 < size < 0.6 for size in flow.signal[1:])
    one, ten = (GradientFlow(norm=True, gain=gain).flow() for gain in (1, 10))
    np.testing.assert_allclose(ten.gradient, one.gradient, rtol=0.01)
    np.testing.assert_allclose(ten.signal, one.signal, rtol=0.01)


@pytest.mark.parametrize("name", CODE)
def test_solution_passes(name):
    solution, _ = CODE[name]
    verdict = exercises.check(name, solution)
    assert verdict.passed, verdict.message


@pytest.mark.parametrize("name", CODE)
def test_wrong_functions_fail_each_with_its_own_message(name):
    _, slips = CODE[name]
    verdicts = {slip: exercises.check(name, function) for slip, function in slips.items()}
    assert len(verdicts) >= 4
    assert [slip for slip, verdict in verdicts.items() if verdict.passed] == []
    messages = {verdict.message for verdict in verdicts.values()}
    assert len(messages) == len(verdicts)


@pytest.mark.parametrize("name", CODE)
def test_each_misconception_is_recognised(name):
    for text, mistake in find(name).misconceptions.items():
        verdict = exercises.check(name, mistake)
        assert not verdict.passed, text
        assert text in verdict.message


@pytest.mark.parametrize("name", CODE)
def test_the_stub_is_the_functions(name):
    exercise = find(name)
    space = {}
    exec(exercise.stub, space)
    verdict = exercises.check(name, space[exercise.name])
    assert not verdict.passed
    assert not verdict.counted


def test_the_books_own_clipping_passes():
    def own(gradients, max_norm):
        return reference.clip_grad_norm([gradients], max_norm)[0][0]

    assert exercises.check("07-clip-by-norm", own).passed


def test_torch_agrees_about_the_code_exercises():
    for arguments in find("07-initialiser").cases.values():
        z, slope = torch.tensor(arguments["z"]), arguments["slope"]
        gain = torch.nn.init.calculate_gain("leaky_relu", slope)
        fan = torch.nn.init._calculate_correct_fan(z, "fan_in")
        np.testing.assert_allclose(wrong.he(z.numpy(), slope), z * gain / fan**0.5, rtol=1e-6)
    for arguments in find("07-backward-norms").cases.values():
        weights, slopes, dy = (torch.tensor(a, dtype=torch.float64) for a in arguments.values())
        inputs = [torch.zeros_like(dy, requires_grad=True)]
        for weight, slope in zip(weights, slopes, strict=True):
            y = (inputs[-1] @ weight.T) * slope  # a function with this slope everywhere
            y.retain_grad()
            inputs.append(y)
        inputs[-1].backward(dy)
        norms = [float(x.grad.norm()) for x in inputs[:-1]]
        ours = exercises.check("07-backward-norms", wrong.backward)
        assert ours.passed
        np.testing.assert_allclose(wrong.backward(*map(np.asarray, (weights, slopes, dy))), norms)


@pytest.mark.parametrize("name", CODE)
def test_first_case_tells_axes_apart(name):
    arguments = {k: np.array(v) for k, v in next(iter(find(name).cases.values())).items()}
    if name == "07-backward-norms":  # the weights are square, all else differs
        layers, n, c = arguments["slopes"].shape
        assert len({layers, n, c}) == 3
        assert arguments["weights"].shape == (layers, c, c)
        assert not np.allclose(arguments["weights"], arguments["weights"].swapaxes(1, 2))
    else:
        shapes = [array.shape for array in arguments.values() if array.ndim]
        assert all(len(set(shape)) == len(shape) for shape in shapes)
