"""What the exercises of chapter 29 say is so: reckoned anew with torch, or read off the study."""

from functools import partial
from itertools import product
from statistics import median

import numpy as np
import pytest
import torch
import wrong_functions_29 as wrong
from judged import assert_recognised
from torch import nn
from torch.nn.functional import cross_entropy

from cnnbook import exercises
from cnnbook.exercises.catalogue import find
from cnnbook.exercises.judging import fresh
from cnnbook.experiments import result
from cnnbook.models import resnet, resnet_cifar
from cnnbook.summary import ledger
from cnnbook.training import build


def learnt(module, kinds=(nn.Conv2d, nn.BatchNorm2d, nn.Linear)):
    layers = [layer for layer in module.modules() if isinstance(layer, kinds)]
    return sum(p.numel() for layer in layers for p in layer.parameters())


def stage(n, c_in, c_out, projected=True):
    block = partial(resnet.Basic, projected=projected)
    return resnet.line_up(block, (1, n), c_in, (c_in, c_out))[1]


def saved(c, narrowing):
    both = resnet.Basic(c, c, 1), resnet.Bottleneck(c, c, 1, narrowing)
    basic, bottleneck = (learnt(block, nn.Conv2d) for block in both)
    return basic - bottleneck


def paths(k, gone, m):
    ways = product((0, 1), repeat=k)
    return sum(1 for way in ways if sum(way) == m and not any(way[:gone]))


def striding(c_in, width, first):
    """Build a bottleneck that halves the map, in the first convolution or in the second."""
    block = resnet.Bottleneck(c_in, 4 * width, 2)
    if first:
        block.branch[0].stride, block.branch[3].stride = (2, 2), (1, 1)
    return block


def counted(c_in, width, h, w, **_):
    found = []
    for first in (False, True):
        rows = ledger(striding(c_in, width, first), (1, c_in, h, w)).rows
        found.append([r.macs for r in rows if r.kind == "Conv2d" and "branch" in r.name])
    return found


def gradients(blocks, **_):
    points = [torch.tensor(2.0, requires_grad=True)]
    for a, b in blocks:
        x = points[-1]
        points.append(torch.relu(x + b * torch.relu(a * x)))
        points[-1].retain_grad()
    points[-1].backward()
    return [[x.grad.item() for x in points[:-1]]]


def only(values, *names):
    return {name: values[name] for name in names}


RIGHT = {
    "29-count-stage": lambda **v: learnt(stage(**only(v, "n", "c_in", "c_out"))),
    "29-bottleneck": lambda **v: saved(**only(v, "c", "narrowing")),
    "29-paths": lambda **v: paths(**only(v, "k", "gone", "m")),
    "29-stride": counted,
    "29-gradient": gradients,
}


@pytest.mark.parametrize("name", RIGHT)
def test_answers_agree_with_what_torch_builds(name):
    exercise = find(name)
    for values in exercise.variants:
        np.testing.assert_allclose(exercise.answer(**values), RIGHT[name](**values), atol=1e-6)


TYPED = {  # words of the message: what a reader typed
    "29-count-stage": {
        "The projection is missing": lambda n, c_in, c_out, **_: learnt(
            stage(n, c_in, c_out, projected=False)
        ),
        "The batch norms are missing": lambda n, c_in, c_out, **_: learnt(
            stage(n, c_in, c_out), nn.Conv2d
        ),
        "They are kept, not learnt": lambda n, c_in, c_out, **_: sum(
            value.numel() for value in stage(n, c_in, c_out).state_dict().values() if value.ndim
        ),
    },
    "29-bottleneck": {
        "That is what the bottleneck has": lambda c, narrowing, **_: learnt(
            resnet.Bottleneck(c, c, 1, narrowing), nn.Conv2d
        ),
        "That is what the first 1x1 is there to prevent": lambda c, narrowing, **_: (
            9 * c * c - 2 * c * c // narrowing
        ),
    },
    "29-paths": {
        "before any block was deleted": lambda k, m, **_: paths(k, 0, m),
        "whatever the number": lambda k, gone, **_: sum(paths(k, gone, m) for m in range(k + 1)),
    },
}


@pytest.mark.parametrize("name", TYPED)
def test_what_readers_type_is_recognised(in_node, name):
    assert_recognised(in_node, name, TYPED[name])


def test_a_bottleneck_costs_about_as_much_as_its_narrow_channels_would():
    for v in find("29-bottleneck").variants:
        narrow = learnt(resnet.Basic(v["width"], v["width"], 1), nn.Conv2d)
        assert narrow == v["narrow"]
        assert abs(v["bottleneck"] / narrow - 1) < 0.2


@pytest.mark.parametrize("first", [False, True])
def test_which_cells_a_bottleneck_sees(first):
    block = build(lambda: striding(8, 4, first), 29).double()
    x = torch.randn(2, 8, 6, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(29))
    x.requires_grad_()
    (block.branch(x) ** 3).sum().backward()
    seen = (x.grad != 0).any(0).any(0)
    assert seen[::2, ::2].all()
    assert seen.double().mean() == (0.25 if first else 1)


@pytest.fixture(scope="module")
def surgery():
    return result("residual-surgery")


def without_each(arrangements, kind):
    """Return the accuracy of the whole network, and without each block (in tenths of a %)."""
    stages, table = arrangements["stages"], np.array(arrangements["accuracy"][kind])
    kept = []
    for stage, ways in enumerate(stages):
        for block in ways[0]:
            place = [0, 0, 0]
            place[stage] = ways.index(ways[0].replace(block, ""))
            kept.append(table[tuple(place)])
    return table[0, 0, 0], np.array(kept)


def truths(arrangements):
    """Judge the options of the prediction, in their order."""
    whole, kept = without_each(arrangements, "residual")
    whole_plain, kept_plain = without_each(arrangements, "plain")
    lost = whole - kept
    near_chance, near_chance_plain = (k.max() < 200 for k in (kept, kept_plain))
    most, most_plain = kept.min() > whole / 2, kept_plain.min() > whole_plain / 2
    differs = lost.max() > 3 * lost.min() > 0
    return [
        near_chance and near_chance_plain,
        most and most_plain,
        lost.max() < 10 and near_chance_plain,
        most and differs and lost.max() >= 10 and near_chance_plain,
        near_chance and most_plain,
    ]


def test_the_prediction_is_what_the_study_recorded(surgery):
    found = truths(surgery["arrangements"])
    assert found == [option.right for option in find("29-predict-delete").options]


def test_the_other_seeds_do_not_contradict_it(surgery):
    plain, residual = (surgery["networks"][kind]["20"] for kind in ("plain", "residual"))
    for whole, kept in zip(residual["whole"], residual["deleted"], strict=True):
        assert min(kept[1:]) > whole / 2
        assert median(kept) > whole - 20
    firsts = zip(residual["whole"], (kept[0] for kept in residual["deleted"]), strict=True)
    assert any(kept < whole / 2 for whole, kept in firsts)
    for whole, kept in zip(plain["whole"], plain["deleted"], strict=True):
        assert median(kept) < 20 < whole


def test_more_than_half_of_the_cost_is_that_of_old_statistics(surgery):
    found = surgery["networks"]["residual"]["20"]
    for whole, old, new in zip(found["whole"], found["deleted"], found["adapted"], strict=True):
        assert 0 < whole - np.mean(new) < (whole - np.mean(old)) / 2


def test_fewer_blocks_add_more_each(surgery):
    short, long = (surgery["networks"]["residual"][depth]["moves"] for depth in ("20", "56"))
    for nine, more in zip(short, long, strict=True):
        assert median(nine["branch"]) > 1.3 * median(more["branch"])


def slope(block):
    """Return the gradient at x for a gradient of 1 at y, for numbers around 1."""
    x = torch.linspace(0.5, 2, 4, dtype=torch.float64, requires_grad=True)
    block(x).sum().backward()
    return x.grad


def test_each_statement_about_the_gradient_holds_or_not_as_is_said():
    rng = torch.Generator().manual_seed(29)
    weights = torch.randn(3, 4, 4, dtype=torch.float64, generator=rng)

    def chain(x):
        for weight in weights:
            x = x + torch.tanh(weight @ x)
        return x

    x = torch.linspace(-1, 1, 4, dtype=torch.float64)
    whole = torch.autograd.functional.jacobian(chain, x)
    parts, y = torch.eye(4, dtype=torch.float64), x
    for weight in weights:
        branch = torch.autograd.functional.jacobian(lambda x, w=weight: torch.tanh(w @ x), y)
        parts, y = parts + branch @ parts, y + torch.tanh(weight @ y)
    summand = torch.allclose(whole, parts)  # the first of the parts is dy itself
    not_smaller = bool((slope(lambda x: x - x) >= 1).all())
    cut = bool((slope(lambda x: torch.relu(x - 3 * x)) == 0).all())
    block = build(lambda: resnet.Basic(4, 8, 2), 29).double().eval()
    image = torch.ones(1, 4, 2, 2, dtype=torch.float64, requires_grad=True)
    block.shortcut(image).sum().backward()
    unchanged = bool((image.grad[..., 0, 0] == 1).all())
    millionth = abs(0.5**20 - 1e-6) < 1e-7
    smaller = bool((slope(lambda x: 2 * x) < 1).all())
    still = bool((slope(lambda x: 0 * torch.tanh(x)) == 0).all())
    found = [summand, not_smaller, cut, unchanged, millionth, smaller, still]
    assert found == [option.right for option in find("29-shortcut-gradient").options]
    assert f"{2**20:,}" in find("29-shortcut-gradient").options[4].feedback


def test_only_one_report_has_more_training_error_for_depth_alone():
    assert find("29-diagnose").text.startswith("Six people")
    assert len(find("29-diagnose").options) == 6
    (right,) = (option.text for option in find("29-diagnose").options if option.right)
    assert "Training error 4 % and 10 %" in right
    assert "As many steps" in right


NAMED = {  # the reader's slip: words of what the checker recognises
    "29-repair": {
        "cropped": "upper left",
        "averaged": "are averaged",
        "second cells": "is the second",
        "zeros in front": "stand before",
        "zeros on both sides": "on both sides",
        "tiled": "repeat the old",
        "branch cut": "lost its new channels",
        "a ReLU": "comes elsewhere",
    },
    "29-block": {
        "plain": "plain block",
        "no ReLU inside": "between the two",
        "no ReLU at the end": "behind the addition is missing",
        "ReLU on the branch too": "it must be able to be negative",
        "ReLU on the branch instead": "It comes behind it",
        "pre-activation": "a pre-activation block",
        "second strides": "belongs to the first",
        "padded": "Here it is a projection",
        "around one": "goes around both",
    },
    "29-depths": {
        "all blocks": "of all three stages",
        "two in a bottleneck": "has three convolutions",
        "running statistics": "kept, not learnt",
        "option B": "Option A has no weights",
        "no norm behind a projection": "your projections have no batch norm",
        "64 features": "four times as many",
    },
}


@pytest.mark.parametrize("name", NAMED)
def test_what_readers_write_is_recognised(name):
    for slip, words in NAMED[name].items():
        message = exercises.check(name, wrong.FUNCTIONS[name][1][slip]).message
        assert words in message.split("What it looks like: ")[-1], (slip, message)


def padded(x, branch):
    both = zip(x.shape[2:], branch.shape[2:], strict=True)
    strides = [next(s for s in (1, 2, 3) if -(-n // s) == m) for n, m in both]
    shortcut = resnet.Padded(x.shape[1], branch.shape[1], strides[0])
    if strides[1] != strides[0]:  # the book's takes one stride for both
        x = x.repeat(strides[0], axis=3)[..., :: strides[1]]
    return torch.tensor(branch) + shortcut(torch.tensor(x))


def with_norms(x, weight_1, bias_1, weight_2, bias_2, weight_s, bias_s, stride):
    """Compute the book's block, whose batch norms only add the biases."""
    c_out, c_in = weight_1.shape[:2]
    block = resnet.Basic(c_in, c_out, stride).double().eval()
    pairs = [(0, weight_1, bias_1), (3, weight_2, bias_2)]
    layers = [(*block.branch[place : place + 2], w, b) for place, w, b in pairs]
    if weight_s is not None:
        layers.append((*block.shortcut, weight_s, bias_s))
    for conv, norm, weight, bias in layers:
        conv.weight.data, norm.bias.data = torch.tensor(weight), torch.tensor(bias)
        norm.eps = 0
    return block(torch.tensor(x)).detach()


def built(depth, bottleneck):
    kind, widths, per_block = partial(resnet.Basic, projected=False), resnet_cifar.WIDTHS, 2
    if bottleneck:
        kind, widths, per_block = resnet.Bottleneck, [4 * w for w in widths], 3
    n = (depth - 2) // (3 * per_block)
    with torch.device("meta"):
        stages = resnet.line_up(kind, (n,) * 3, 16, widths)
        network = resnet.ResNet(resnet.small_stem(3, 16), stages, widths[-1], 10)
    names = [name for name, m in network.named_modules() if isinstance(m, nn.Conv2d)]
    assert sum("shortcut" not in name for name in names) + 1 == depth
    return torch.tensor([n, learnt(network)])


MODELS = {"29-repair": padded, "29-block": with_norms, "29-depths": built}


@pytest.mark.parametrize("name", MODELS)
def test_the_models_of_the_book_agree_about_the_code_exercises(name):
    for case in find(name).cases.values():
        ours, theirs = find(name).answer(**fresh(case)), MODELS[name](**fresh(case)).numpy()
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-10)


def test_the_counts_are_those_of_the_models():
    count = find("29-depths").answer
    for name, n in resnet_cifar.BLOCKS.items():
        network = getattr(resnet_cifar, name)()
        assert count(6 * n + 2, False).tolist() == [n, learnt(network)]


def test_some_depths_are_those_of_either_block():
    asked = [tuple(case.values()) for case in find("29-depths").cases.values()]
    assert asked == [(20, False), (20, True), (56, False), (56, True)]
    assert all((depth - 2) % 6 == (depth - 2) % 9 == 0 for depth, _ in asked)


def test_cases_of_the_block_are_what_their_names_say():
    cases, answer = find("29-block").cases, find("29-block").answer
    *positive, negative = cases.values()
    for case in positive:
        x = np.array(case["x"])
        assert (x > 0).all()
        assert (answer(**fresh(case)) > 0).all()
    assert (np.array(negative["x"]) < 0).any()
    assert (answer(**fresh(negative)) == 0).any()
    assert [case["stride"] for case in cases.values()] == [1, 2, 2, 1, 1]
    assert [case["weight_s"] is None for case in cases.values()] == [
        True,
        False,
        False,
        False,
        True,
    ]


def started_at_zero(shortcut):
    block = partial(resnet.Basic, projected=False, shortcut=shortcut)
    stages = resnet.line_up(block, (2, 2, 2), 8, (8, 16, 32))
    network = resnet.ResNet(resnet.small_stem(1, 8), stages, 32, 10)
    for stage in network.stages:
        for each in stage:
            nn.init.constant_(each.branch[-1].weight, 0)
    return network


def test_a_plain_network_never_leaves_zero():
    generator = torch.Generator().manual_seed(29)
    x, y = torch.randn(32, 1, 8, 8, generator=generator), torch.arange(32) % 10
    for shortcut in (True, False):
        network = build(partial(started_at_zero, shortcut), 29)
        descent = torch.optim.SGD(network.parameters(), 0.1)
        first = {name: p.detach().clone() for name, p in network.named_parameters()}
        for _ in range(3):
            descent.zero_grad()
            cross_entropy(network(x), y).backward()
            descent.step()
        moved = {name for name, p in network.named_parameters() if not torch.equal(p, first[name])}
        assert moved == (set(first) if shortcut else {"dense.bias"})
