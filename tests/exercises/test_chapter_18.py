"""What the exercises of chapter 18 say is so: reckoned anew with torch, without the package."""

import numpy as np
import pytest
import torch
import wrong_functions_18 as wrong
from judged import assert_recognised
from torch import nn
from torch.nn import functional

from cnnbook import exercises
from cnnbook.exercises.catalogue import find
from cnnbook.exercises.chapter_18.predictions import TIED


def image(values, **options):
    """Return a tensor (1, 1, H, W), which torch's max pooling pads with −inf (not with 0)."""
    return torch.tensor(np.array(values, float), **options)[None, None]


def gradient(pool, x, dy):
    x = torch.tensor(np.array(x, float), requires_grad=True)
    pool(x[None, None]).backward(image(dy))
    return x.grad.numpy()


def pooled_shape(h, w, kernel, stride, padding, ceil_mode=True):
    pool = nn.MaxPool2d(kernel, stride, padding, ceil_mode=ceil_mode)
    return list(pool(torch.zeros(1, 1, h, w)).shape[2:])


def sum_lost(h, w, kernel, stride, padding, d):
    pool = nn.AvgPool2d(kernel, stride, padding)
    dy = np.full(pool(torch.zeros(1, 1, h, w)).shape[2:], d)
    return dy.sum() - gradient(pool, np.zeros((h, w)), dy).sum()


RIGHT = {
    "18-max-map": lambda x: nn.MaxPool2d(3, 2)(image(x))[0, 0].numpy(),
    "18-max-back": lambda x, dy: gradient(nn.MaxPool2d(2, 1), x, dy),
    "18-output-size": lambda **v: np.prod(pooled_shape(**v)),
    "18-sum-lost": sum_lost,
}


def whole_windows_lost(h, w, kernel, stride, padding, d):
    """Count a window as lost if any of its cells is padding."""
    ones = functional.avg_pool2d(torch.ones(1, 1, h, w), kernel, stride, padding)
    return d * int((ones < 0.999).sum())


TYPED = {  # words of the message: what a reader typed
    "18-output-size": {
        "rounded down": lambda **v: np.prod(pooled_shape(**v, ceil_mode=False)),
        "torch leaves such a window out": lambda h, w, kernel, stride, padding: np.prod(
            [np.ceil((n + 2 * padding - kernel) / stride) + 1 for n in (h, w)]
        ),
        "without the": lambda padding, **v: np.prod(pooled_shape(padding=0, **v)),
        "number of rows": lambda **v: pooled_shape(**v)[0],
        "number of columns": lambda **v: pooled_shape(**v)[1],
    },
    "18-sum-lost": {
        "That is what arrives": lambda d, **v: (
            d * np.prod(pooled_shape(**v, ceil_mode=False)) - sum_lost(d=d, **v)
        ),
        "Nothing would be lost": lambda **v: 0,
        "each cell of padding once": lambda h, w, kernel, stride, padding, d: (
            d / kernel**2 * (2 * padding * (h + w) + 4 * padding**2)
        ),
        "not its whole gradient": whole_windows_lost,
        "That is the whole sum": lambda d, **v: d * np.prod(pooled_shape(**v, ceil_mode=False)),
    },
}


@pytest.mark.parametrize("name", RIGHT)
def test_answers_agree_with_torch(name):
    exercise = find(name)
    for values in exercise.variants:
        ours = np.asarray(exercise.answer(**values), float)
        theirs = np.asarray(RIGHT[name](**values))
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
        assert np.all(ours == ours.round())  # nothing to round: a reader can hit them exactly


@pytest.mark.parametrize("name", TYPED)
def test_what_readers_type_is_recognised_in_every_variant(in_node, name):
    assert_recognised(in_node, name, TYPED[name])


def test_a_map_pooled_by_average_first_cell_or_step_1_is_rejected():
    for values in find("18-max-map").variants:
        x = image(values["x"])
        right = RIGHT["18-max-map"](**values)
        average = functional.avg_pool2d(x, 3, 2)[0, 0].numpy()
        first = np.array(values["x"])[:-2:2, :-2:2]
        step_1 = functional.max_pool2d(x, 3, 1)[0, 0, :2, :3].numpy()
        exercise = find("18-max-map")
        for other in (average, first, step_1):
            assert abs(other - right).max() > exercise.tolerance
        assert (right < 0).sum() == 1  # the slip of starting from 0 shows


def test_the_gradient_by_hand_meets_a_tie_and_a_cell_with_several_windows():
    for values in find("18-max-back").variants:
        x = np.array(values["x"])
        windows = [x[i : i + 2, j : j + 2].ravel() for i in range(2) for j in range(3)]
        assert any((window == window.max()).sum() > 1 for window in windows)
        assert gradient(nn.MaxPool2d(2, 1), x, np.ones((2, 3))).max() > 1
        ours = find("18-max-back").answer(**values)
        assert ours.sum() == np.sum(values["dy"])


def test_ceil_mode_adds_a_window_along_one_axis_alone():
    for values in find("18-output-size").variants:
        up, down = pooled_shape(**values), pooled_shape(**values, ceil_mode=False)
        assert sorted(np.subtract(up, down)) == [0, 1]
        steps = [
            (values[n] + 2 * values["padding"] - values["kernel"]) % values["stride"] for n in "hw"
        ]
        assert all(steps)  # so along the other axis it is the rule that takes a window away


LAYERS = {  # how an option's layer is written: the layer
    "MaxPool2d(2)": nn.MaxPool2d(2),
    "MaxPool2d(3, stride=2, padding=1)": nn.MaxPool2d(3, 2, 1),
    "in a ring of zeros": nn.Sequential(nn.ZeroPad2d(1), nn.MaxPool2d(3, 2)),
    "MaxPool2d(4, stride=2, padding=1)": nn.MaxPool2d(4, 2, 1),
    "AvgPool2d(3, stride=2, padding=1)": nn.AvgPool2d(3, 2, 1),
    "Every second cell": nn.MaxPool2d(1, 2),
}


def test_one_layer_alone_makes_the_map():
    exercise = find("18-which-pooling")
    x, y = (matrix.cells for matrix in exercise.given)
    assert len(LAYERS) == len(exercise.options)
    for option, (words, layer) in zip(exercise.options, LAYERS.items(), strict=True):
        assert words in option.text
        found = layer(image(x))[0, 0].numpy()
        assert found.shape == (3, 3)
        assert np.array_equal(found, y) == option.right
    # what the feedback says
    assert LAYERS["MaxPool2d(2)"](image(x))[0, 0, 0, 1] == 5
    assert y[0][1] == 6
    assert LAYERS["in a ring of zeros"](image(x))[0, 0, 2, 0] == 0
    assert LAYERS["MaxPool2d(4, stride=2, padding=1)"](image(x))[0, 0, 2, 0] == x[3][2] == 8
    assert y[2][0] == -2
    assert np.array(x)[::2, ::2][0].tolist() == [7, 0, 8]


def test_the_sum_is_kept_where_the_exercise_says():
    rng = np.random.default_rng(18)
    torch.manual_seed(18)
    for option in find("18-keeps-sum").options:
        text = option.text.split("`")[1]
        layer = eval(f"nn.{text}", {"nn": nn}).double()
        kept = []
        for _ in range(3):
            x = rng.normal(size=(7, 7))
            dy = rng.normal(size=layer(image(x)).shape[2:])
            kept.append(np.isclose(gradient(layer, x, dy).sum(), dy.sum()))
        assert kept == [option.right] * 3, text


def test_what_is_said_about_the_strided_convolution():
    layer = nn.Conv2d(64, 64, 3, stride=2, padding=1)
    x = torch.randn(1, 64, 28, 28, generator=torch.Generator().manual_seed(0))
    y = layer(x)
    assert y.shape == (1, 64, 14, 14)
    assert sum(p.numel() for p in layer.parameters()) == 36928 == 64 * 577
    assert y.numel() * 3 * 3 * 64 == 7225344
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.zero_()
        own = torch.arange(64)
        layer.weight[own, own, 1:, 1:] = 1 / 4
    torch.testing.assert_close(layer(x), functional.avg_pool2d(x, 2))
    exercise = find("18-strided")
    assert exercise.options[0].text == "The convolution learns 36,928 numbers, a pooling none."
    assert "64 x (3 x 3 x 64 + 1) = 36,928" in exercise.solution
    assert "14 x 14 x 64 x 576 = 7,225,344" in exercise.solution
    right = [option.right for option in exercise.options]
    assert right == [True, False, True, False, True, False]


def test_the_prediction_comes_true():
    (right,) = (option.text for option in find("18-predict-tie").options if option.right)
    assert right == "The upper 6 gets 1, all others get 0."
    dx = gradient(nn.MaxPool2d(2), TIED, [[1, 0], [0, 0]])
    assert np.argwhere(dx).tolist() == [[0, 1]]
    assert dx[0, 1] == 1
    assert np.array(TIED)[:2, :2].tolist() == [[1, 6], [6, 3]]
    x = torch.tensor(TIED, dtype=torch.float32, requires_grad=True)
    x[:2, :2].amax().backward()  # what the feedback says of torch.amax
    assert x.grad[:2, :2].tolist() == [[0, 0.5], [0.5, 0]]


NAMED = {  # the reader's slip: words of what the checker recognises
    "18-average-backward": {
        "writes": "use `+=`",
        "stride k": "side by side",
        "no stride": "the stride is missing",
        "max pooling's": "of max pooling",
        "first of window": "only the upper left",
    },
    "18-max-backward": {
        "plain fancy index": "`np.add.at` adds each",
        "mask": "every cell that equals",
        "shares ties": "share the gradient",
        "last of ties": "`>=`",
        "average pooling's": "of average pooling",
        "first of window": "upper left cell",
        "no stride": "the stride is missing",
        "place in the window": "place in the window",
        "starts from 0": "starts from 0",
    },
    "18-adaptive": {
        "both down": "rounded down, so",
        "rounds first": "Round last",
        "array_split": "np.array_split",
        "max": "max pooling",
    },
}


@pytest.mark.parametrize("name", NAMED)
def test_what_readers_write_is_recognised(name):
    for slip, words in NAMED[name].items():
        message = exercises.check(name, wrong.FUNCTIONS[name][1][slip]).message
        assert words in message.split("What it looks like: ")[-1], (slip, message)


def test_torch_agrees_about_the_code_exercises():
    pools = {"18-average-backward": nn.AvgPool2d, "18-max-backward": nn.MaxPool2d}
    for name, pool in pools.items():
        for case in find(name).cases.values():
            x, dy = np.array(case["x"], float), np.array(case["dy"], float)
            theirs = gradient(pool(case["k"], case["stride"]), x, dy)
            np.testing.assert_allclose(find(name).answer(x, dy, case["k"], case["stride"]), theirs)
    for case in find("18-adaptive").cases.values():
        theirs = nn.AdaptiveAvgPool2d((case["h_out"], case["w_out"]))(image(case["x"]))[0, 0]
        ours = find("18-adaptive").answer(np.array(case["x"]), case["h_out"], case["w_out"])
        np.testing.assert_allclose(ours, theirs)


@pytest.mark.parametrize("name", wrong.FUNCTIONS)
def test_first_case_tells_axes_apart(name):
    case = next(iter(find(name).cases.values()))
    sizes = [*np.shape(case["x"])]
    sizes += np.shape(case["dy"]) if "dy" in case else (case["h_out"], case["w_out"])
    assert len(set(sizes)) == 4
