"""What the exercises of chapter 21 say is so: reckoned anew with torch, or measured."""

import copy
from functools import partial

import numpy as np
import pytest
import torch
import wrong_functions_21 as wrong
from judged import assert_recognised
from torch import nn
from torch.nn import functional

from cnnbook import data, exercises, training
from cnnbook.exercises.catalogue import find
from cnnbook.exercises.chapter_21.predictions import CHANNEL
from cnnbook.exercises.judging import fresh
from cnnbook.widgets import NormBlock


def images(values):
    return torch.tensor(np.array(values), dtype=torch.float64)


def batch_norm(channels, **options):
    return nn.BatchNorm1d(channels, affine=False, eps=1e-14, dtype=torch.float64, **options)


def channel_normed(first, second, **_):
    return batch_norm(2)(images([first, second]))[:, 0].numpy()


def counted(n, c, h, w, groups):
    """Count the sets by what moves when one number is changed."""
    layers = (
        nn.BatchNorm2d(c),
        nn.LayerNorm([c, h, w]),
        nn.InstanceNorm2d(c),
        nn.GroupNorm(groups, c),
    )
    x = torch.randn(n, c, h, w, dtype=torch.float64, generator=torch.Generator().manual_seed(21))
    changed = x.clone()
    changed[0, 0, 0, 0] += 1
    sizes = [int((layer(x) != layer(changed)).sum()) for layer in (a.double() for a in layers)]
    return [sizes, [x.numel() // size for size in sizes]]


def learnt(layer):
    return sum(p.numel() for p in layer.parameters())


def stepped(x, running, momentum, **_):
    layer = batch_norm(1, momentum=momentum)
    layer.running_var.fill_(running)
    layer(images(x).T)
    return layer.running_var.item()


def fold(w, b, weight, bias, mean, variance, **_):
    """Read weight and bias off the two layers' outputs at 0 and 1."""
    both = functional.batch_norm(
        images([[b], [w + b]]), *(images([v]) for v in (mean, variance, weight, bias)), eps=0
    )
    at_0, at_1 = both.ravel().tolist()
    return [[at_1 - at_0, at_0]]


RIGHT = {
    "21-hand-batch": channel_normed,
    "21-set-sizes": counted,
    "21-parameters": lambda c, h, w: learnt(nn.LayerNorm([c, h, w])) - learnt(nn.BatchNorm2d(c)),
    "21-running": stepped,
    "21-fold": fold,
}


@pytest.mark.parametrize("name", RIGHT)
def test_answers_agree_with_torch(name):
    exercise = find(name)
    for values in exercise.variants:
        np.testing.assert_allclose(exercise.answer(**values), RIGHT[name](**values), atol=1e-9)


TYPED = {  # words of the message: what a reader typed
    "21-parameters": {
        "GroupNorm(1, {c})": lambda **_: 0,
        "take it off": lambda c, h, w: learnt(nn.LayerNorm([c, h, w])),
        "they are not learnt": lambda c, h, w: (
            learnt(nn.LayerNorm([c, h, w]))
            - sum(v.numel() for v in nn.BatchNorm2d(c).state_dict().values() if v.ndim)
        ),
    },
    "21-running": {
        "divides the squares by 5": lambda x, running, momentum, **_: (
            running + momentum * (np.mean((np.array(x) - np.mean(x)) ** 2) - running)
        ),
        "the share of the new": lambda momentum, **v: stepped(momentum=1 - momentum, **v),
        "standard deviation": lambda x, running, momentum, **_: (
            running + momentum * (np.std(x, ddof=1) - running)
        ),
    },
}


@pytest.mark.parametrize("name", TYPED)
def test_what_readers_type_is_recognised_in_every_variant(in_node, name):
    assert_recognised(in_node, name, TYPED[name], lambda value: f"{value:.4f}".rstrip("0"))


def test_the_neighbour_does_in_the_widget_what_the_answer_says():
    block = NormBlock()
    x = np.array(block.x)
    assert x[:, 0].tolist() == CHANNEL
    assert (block.axes, block.training, block.selected) == ([0, 2], True, [0, 0, 0])
    mean, variance = block.statistics()
    assert (f"{mean:.2f}", f"{variance**0.5:.2f}") == ("3.17", "1.57")
    found = []
    for value in (5, 20, 38, 40, 100, 1000, 1e6):
        x[2, 0, 0] = value
        found.append(NormBlock(x=x.tolist()).output()[0][0][0])
    assert f"{found[0]:.2f}" == "1.80"
    assert np.all(np.diff(found) < 0)
    assert found[2] > 0 > found[3]  # the mean reaches 6 at 39
    assert found[-1] == pytest.approx(-1 / 11**0.5, abs=0.001)
    (right,) = (option.text for option in find("21-predict-neighbour").options if option.right)
    assert right == "It falls, turns negative, and comes to rest near −0.3."


def test_each_choice_of_a_layer_does_what_is_said():
    normal = partial(np.random.default_rng(21).normal, size=(2, 6, 4, 4))
    photos = images(normal()[:, :3])
    instance, group = nn.InstanceNorm2d(3, eps=1e-14), nn.GroupNorm(3, 6, dtype=torch.float64)
    torch.testing.assert_close(instance(photos), instance(2.5 * photos))
    torch.testing.assert_close(instance(photos), instance(photos + 3))  # so brightness has gone
    pairs = images(normal())
    other = torch.stack([pairs[0], images(normal())[1]])
    torch.testing.assert_close(group(pairs)[0], group(other)[0])
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        nn.BatchNorm1d(4)(torch.ones(1, 4))
    for layer, linear in ((nn.BatchNorm2d(6).double().eval(), True), (group, False)):
        middle = (layer(pairs) + layer(other)) / 2  # a scale and shift keeps the middle
        assert torch.allclose(layer((pairs + other) / 2), middle) == linear
    words = pairs.flatten(2)  # (N, words, features)
    padded = torch.cat([words, torch.zeros_like(words)], 1)
    layer = nn.LayerNorm(16, dtype=torch.float64)
    torch.testing.assert_close(layer(padded)[:, :6], layer(words))
    right = [option.right for option in find("21-which-layer").options]
    assert right == [True, False, True, False, True, False, True]


def network(momentum):
    layers = []
    for c_in, c_out in ((1, 8), (8, 16)):
        conv = nn.Conv2d(c_in, c_out, 3, padding=1)
        layers += [conv, nn.BatchNorm2d(c_out, momentum=momentum), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64, 10))


def test_the_four_accuracies_are_those_of_a_small_momentum():
    digits = training.standardise(data.load("digits"))
    model = training.build(partial(network, 0.001), 0)
    training.train(model, digits, 200, 64, 0.1, optimiser=torch.optim.SGD, progress=False)
    found = []
    for x, y in ((digits.x_train, digits.y_train), (digits.x_test, digits.y_test)):
        order = np.random.default_rng(21).permutation(len(x))
        x, y = torch.tensor(x[order]), torch.tensor(y[order])
        in_training = copy.deepcopy(model).train()
        with torch.no_grad():
            scores = torch.cat([in_training(part) for part in x.split(64)]), model.eval()(x)
        found.append([100 * (s.argmax(1) == y).double().mean().item() for s in scores])
    (given,) = find("21-diagnose").given
    np.testing.assert_allclose(found, given.cells, atol=8)
    assert 1 - 0.999**200 < 1 / 5


NAMED = {  # the reader's slip: words of what the checker recognises
    "21-group-norm": {
        "batch norm": "this is batch norm",
        "layer norm": "this is layer norm",
        "instance norm": "this is instance norm",
        "groups as sizes": "number of channels in a group",
        "dealt out": "in turn",
        "less one": "one less",
        "eps outside": "under the root",
    },
    "21-rms-backward": {
        "constant": "taken for a constant",
        "batch norm's": "a layer that subtracts the mean",
        "mean too": "the mean of `dy` is taken away",
        "sum": "Their mean is wanted",
        "x for x_hat": "where `x_hat` belongs",
        "standard deviation": "measured from 0",
    },
    "21-running-update": {
        "the other way round": "share of the new",
        "divides by the count": "divides by one less",
        "about the running mean": "measured from the running mean",
        "image by image": "within each image",
    },
}


@pytest.mark.parametrize("name", NAMED)
def test_what_readers_write_is_recognised(name):
    for slip, words in NAMED[name].items():
        message = exercises.check(name, wrong.FUNCTIONS[name][1][slip]).message
        assert words in message.split("What it looks like: ")[-1], (slip, message)


def group_normed(x, groups, weight, bias, eps):
    return functional.group_norm(images(x), groups, images(weight), images(bias), eps)


def rms_gradient(dy, x, axes, eps):
    x = images(x).requires_grad_()
    (x / ((x**2).mean(axes, keepdim=True) + eps).sqrt()).backward(images(dy))
    return x.grad


def remembered(running, x, momentum):
    layer = nn.BatchNorm2d(len(running[0]), momentum=momentum, dtype=torch.float64)
    layer.running_mean[:], layer.running_var[:] = images(running)
    layer(images(x))
    return torch.stack([layer.running_mean, layer.running_var])


TORCH = {
    "21-group-norm": group_normed,
    "21-rms-backward": rms_gradient,
    "21-running-update": remembered,
}


@pytest.mark.parametrize("name", TORCH)
def test_torch_agrees_about_the_code_exercises(name):
    for case in find(name).cases.values():
        ours, theirs = find(name).answer(**fresh(case)), TORCH[name](**case).numpy()
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


@pytest.mark.parametrize("name", wrong.FUNCTIONS)
def test_first_case_tells_axes_apart(name):
    assert len(set(np.shape(next(iter(find(name).cases.values()))["x"]))) == 4
