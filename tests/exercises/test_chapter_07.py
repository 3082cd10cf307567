"""What the exercises of chapter 07 say is so: reckoned anew by torch, or measured with the widget."""

from math import isclose, log10, sqrt

import numpy as np
import pytest
import torch
import wrong_functions_07 as wrong
from judged import assert_recognised, written

from cnnbook import exercises, reference
from cnnbook.exercises.catalogue import find
from cnnbook.widgets import GradientFlow


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
    assert_recognised(in_node, name, TYPED[name], lambda value: written(round(float(value), 3)))


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


@pytest.mark.parametrize("name", wrong.FUNCTIONS)
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
