"""What the exercises of chapter 14 say is so: reckoned anew with torch, or measured."""

import numpy as np
import pytest
import torch
from judged import assert_recognised
from torch import nn

from cnnbook.exercises.catalogue import find
from cnnbook.exercises.chapter_14.choices import KERNELS
from cnnbook.summary import ledger
from cnnbook.widgets import ChannelWiring


def parameters(layer):
    return sum(p.numel() for p in layer.parameters())


def seen(layers, channels):
    """Return which outputs depend on which inputs, from torch's gradients: (outputs, inputs)."""
    stack = nn.Sequential(*layers)
    for p in stack.parameters():
        nn.init.constant_(p, 0.5)
    x = torch.ones(1, channels, 1, 1, requires_grad=True)
    rows = [torch.autograd.grad(y, x, retain_graph=True)[0].ravel() for y in stack(x).ravel()]
    return (torch.stack(rows) != 0).int().numpy()


def test_grouped_parameters_are_torchs():
    exercise = find("14-parameters")
    for v in exercise.variants:
        layer = nn.Conv2d(v["c_in"], v["c_out"], v["k"], groups=v["groups"])
        assert exercise.answer(**v) == parameters(layer)


def layers_of(v):
    one = nn.Conv2d(v["c_in"], v["c_out"], v["k"], padding=v["padding"], bias=False)
    deep = nn.Conv2d(
        v["c_in"], v["c_in"], v["k"], padding=v["padding"], groups=v["c_in"], bias=False
    )
    return one, nn.Sequential(deep, nn.Conv2d(v["c_in"], v["c_out"], 1, bias=False))


def test_the_ratio_is_that_of_the_ledger():
    exercise = find("14-ratio")
    for v in exercise.variants:
        x = torch.zeros(1, v["c_in"], v["h"], v["w"])
        one, pair = (ledger(layer, x).total.macs for layer in layers_of(v))
        assert exercise.answer(**v) == pytest.approx(one / pair)
        assert exercise.answer(**v) == round(exercise.answer(**v), 2)  # a reader can hit it
        assert (one, pair) == tuple(v["h"] * v["w"] * v[part] for part in ("dense", "separable"))


def test_the_intensity_is_that_of_the_ledger():
    exercise = find("14-intensity")
    for v in exercise.variants:
        layer = nn.Conv2d(v["c"], v["c"], v["k"], padding=v["padding"], groups=v["c"], bias=False)
        row = ledger(layer, torch.zeros(1, v["c"], v["h"], v["w"])).total
        assert (row.flops, row.traffic) == (v["flops"], v["bytes"])
        assert exercise.answer(**v) == pytest.approx(row.intensity)
        assert exercise.answer(**v) == round(exercise.answer(**v), 2)
        assert exercise.answer(**v) < v["k"] ** 2 / 4  # the limit that the exercise names


def test_what_the_shuffle_reaches_is_what_torchs_gradient_says():
    exercise = find("14-shuffle-reach")
    for v in exercise.variants:
        order, reach = exercise.answer(**v).T
        shuffle = nn.ChannelShuffle(v["first"])
        assert shuffle(torch.arange(1.0, 7)[None, :, None, None]).ravel().tolist() == order.tolist()
        layers = [nn.Conv2d(6, 6, 1, groups=v[name]) for name in ("first", "second")]
        row = seen([layers[0], shuffle, layers[1]], 6)[v["output"] - 1]
        assert row.tolist() == reach.tolist()
        assert row.sum() < 6  # the slip of "all with all" shows
        unshuffled = seen(layers, 6)[v["output"] - 1]
        assert row.tolist() != unshuffled.tolist()


TYPED = {  # words of the message: what a reader typed, reckoned without the package
    "14-parameters": {
        "without groups": lambda c_in, c_out, k, groups: c_out * (c_in * k * k + 1),
        "biases are missing": lambda c_in, c_out, k, groups: k * k * c_in * c_out // groups,
        "divided both channel counts": lambda c_in, c_out, k, groups: (
            k * k * (c_in // groups) * (c_out // groups) + c_out
        ),
        "divided the biases": lambda c_in, c_out, k, groups: (
            k * k * c_in * c_out // groups + c_out // groups
        ),
        "one for each group": lambda c_in, c_out, k, groups: (
            k * k * c_in * c_out // groups + groups
        ),
        "as in a depthwise layer": lambda c_in, c_out, k, groups: c_out * (k * k + 1),
    },
    "14-ratio": {
        "other way round": lambda c_out, k, **_: round(1 / c_out + 1 / k**2, 3),
        "leaves the depthwise layer out": lambda k, **_: k**2,
        "leaves the 1x1 convolution out": lambda c_out, **_: c_out,
        "the input channels": lambda c_in, k, **_: round(1 / (1 / c_in + 1 / k**2), 2),
        "not {k}": lambda c_out, k, **_: round(1 / (1 / c_out + 1 / k), 2),
    },
    "14-intensity": {
        "Each is two FLOPs": lambda k, h, w, **_: round(k**2 * h * w / (4 * (2 * h * w + k**2)), 2),
        "A number has 4 bytes": lambda k, h, w, **_: round(
            2 * k**2 * h * w / (2 * h * w + k**2), 2
        ),
        "weights are missing": lambda k, **_: k**2 / 4,
        "output is missing": lambda k, h, w, **_: round(2 * k**2 * h * w / (h * w + k**2) / 4, 2),
        "standard convolution from": lambda c, k, h, w, **_: round(
            2 * c * k**2 * h * w / (2 * h * w + c * k**2) / 4, 2
        ),
    },
}


@pytest.mark.parametrize("name", TYPED)
def test_what_readers_type_is_recognised(in_node, name):
    assert_recognised(in_node, name, TYPED[name])


def test_the_kernels_have_the_ranks_that_are_said():
    exercise = find("14-rank-one")
    ranks = {name: np.linalg.matrix_rank(np.array(cells)) for name, cells in KERNELS.items()}
    assert {o.text: o.right for o in exercise.options} == {n: r == 1 for n, r in ranks.items()}
    assert (ranks["B"], ranks["D"], ranks["F"]) == (3, 2, 2)
    products = {  # what the feedback says
        "A": np.outer([2, -1, 3], [1, -2, 3]),
        "C": np.outer([0, 1, 0], [0, 0, 1]),
        "E": np.outer([1, -2, 1], [1, -2, 1]),
        "G": np.outer([3, 3, -6], [0, 1, 0]),
    }
    assert all((np.array(KERNELS[name]) == kernel).all() for name, kernel in products.items())
    assert np.count_nonzero(np.outer([1, 2, 1], [1, 2, 1]) - KERNELS["D"]) == 1
    assert np.count_nonzero(1 - np.array(KERNELS["F"])) == 1


def test_the_cost_is_what_the_ledger_counts():
    x = torch.zeros(1, 64, 28, 28)
    one, pair = layers_of({"c_in": 64, "c_out": 128, "k": 3, "padding": 1})
    before, after = ledger(one, x), ledger(pair, x)
    assert (after.total.parameters, before.total.parameters) == (8768, 73728)
    assert before.total.macs * 8768 == after.total.macs * 73728
    assert f"{73728 / 8768:.1f}" == "8.4"
    assert f"{after.rows[-1].macs / after.total.macs:.0%}" == "93%"
    moved = [row.traffic // 4 for row in (before.total, *after.rows[-2:], after.total)]
    assert moved == [224256, 50176 + 576 + 50176, 50176 + 8192 + 100352, 259648]
    assert (73728 - 8768, 2 * 64 * 28 * 28) == (64960, 100352)
    exercise = find("14-cost")
    assert [o.right for o in exercise.options] == [True, True, True, False, False, False, True]
    said = " ".join([exercise.solution, *(o.text + o.feedback for o in exercise.options)])
    for number in ("8,768", "73,728", "8,192", "93 %", "259,648", "224,256", "64,960", "100,352"):
        assert number in said
    for layer in pair:  # all outputs see all inputs; and kernels of one input are multiples
        nn.init.normal_(layer.weight, generator=torch.Generator().manual_seed(14))
    depth, point = pair[0].weight.detach()[:, 0], pair[1].weight.detach()[:, :, 0, 0]
    kernels = (point.T[:, :, None] * depth.flatten(1)[:, None])[0]  # (128, 9), of input 0
    assert torch.linalg.matrix_rank(kernels) == 1
    assert point.count_nonzero() == 128 * 64


def test_two_layers_in_two_groups_do_in_the_widget_what_the_answer_says():
    (right,) = (o.text for o in find("14-predict-reach").options if o.right)
    layers = [{"kernel_size": 3, "groups": 2}] * 2
    wiring = ChannelWiring(channels=8, layers=layers, selected=0, goals=[])
    assert wiring.reach()[0].sum() == int(right) == 4
    probe = seen([nn.Conv2d(8, 8, 1, groups=2) for _ in layers], 8)
    assert (wiring.reach() == probe).all()


@pytest.mark.parametrize("name", ["14-grouped", "14-shuffle", "14-depthwise", "14-nearest"])
def test_torch_agrees_about_the_code_exercises(name):
    exercise = find(name)
    for case in exercise.cases.values():
        given = {k: torch.tensor(v) if isinstance(v, list) else v for k, v in case.items()}
        x, weight = given.get("x"), given.get("weight")
        if name == "14-nearest":
            left, sizes, right = torch.linalg.svd(weight.double(), full_matrices=False)
            kept = torch.arange(sizes.shape[-1]) < case["rank"]
            theirs = left @ torch.diag_embed(sizes * kept) @ right
            gap = -torch.diff(sizes)[..., case["rank"] - 1 : case["rank"]]  # none at full rank
            assert (gap >= 0.01 * sizes[..., :1]).all()  # so that the nearest is one alone
        elif name == "14-shuffle":
            theirs = nn.functional.channel_shuffle(x, case["groups"])
        else:
            groups = case.get("groups", x.shape[1])
            theirs = nn.functional.conv2d(x, weight, groups=groups)
        ours = exercise.answer(**{k: np.array(v) for k, v in case.items()})
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-8)


def test_axes_of_the_first_cases_differ_in_length():
    for name, sizes in (("14-grouped", 4), ("14-shuffle", 4), ("14-depthwise", 4)):
        x = np.shape(next(iter(find(name).cases.values()))["x"])
        assert len(set(x)) == sizes
    weight = np.shape(next(iter(find("14-nearest").cases.values()))["weight"])
    assert len(set(weight)) == 4
