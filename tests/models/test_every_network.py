"""What every network of the catalogue must do; a new row is asked without a test of its own."""

import re
import sys
from functools import partial

import pytest
import torch
from asked import (
    every_parameter_learns,
    falls_below_a_tenth,
    fits,
    learns_by_heart,
    on_meta,
    outputs,
)
from torch.nn.functional import cross_entropy

from cnnbook import models
from cnnbook.models.catalogue import MODELS, REDUCED

# forms that are no rows of the table, but differ in layers that a row does not have
OPTIONS = (
    partial(models.googlenet, auxiliary=True),
    partial(models.resnet20, shortcut=False),
    partial(models.resnet20, projected=True),
)
REDUCED_OPTIONS = (
    partial(models.googlenet_reduced, auxiliary=True),
    partial(models.resnet_reduced, shortcut=False),
    partial(models.resnet_reduced, projected=True),
    partial(models.vgg_reduced, batch_norm=True),
)
FULL = (*(model.builder for model in MODELS), *OPTIONS)
SMALL = (*REDUCED, *REDUCED_OPTIONS)
# dense layers over places count the places: these take images of the announced size alone, and
# so does GoogLeNet with its heads
SQUARE = {"lenet", "alexnet", "zfnet", "vgg"}
SCORES_PIXELS = {models.unet_reduced, models.fcn_reduced}
TOO_LARGE = {models.fcn8s}  # even for one step on a small image: on the meta device alone
# more of the layers that another row of the same file has; each of them is slow to draw
DEEPER = {
    *(models.resnet34, models.resnet101, models.resnet152),
    *(models.resnet32, models.resnet44, models.resnet56, models.preresnet56, models.preresnet110),
    *(models.densenet169, models.densenet201, models.vgg11, models.vgg13, models.vgg16),
}


def plain(build):
    return build.func if isinstance(build, partial) else build


def name(build):
    options = build.keywords if isinstance(build, partial) else {}
    return "-".join([plain(build).__name__, *options])


def family(build):
    return plain(build).__module__.rpartition(".")[2]


def is_square(build):
    heads = getattr(build, "keywords", {}).get("auxiliary")
    return family(build) in SQUARE or (family(build) == "googlenet" and heads)


def least(build):
    """Read the smallest size out of the refusal of one pixel."""
    with pytest.raises(ValueError, match=r"size is 1$") as refused:
        build(size=1)
    wanted = rf"{plain(build).__name__} wants images of at least (\d+) x \1, size is 1"
    return int(re.fullmatch(wanted, str(refused.value))[1])


def built(build, channels, classes, size):
    """Build for a size, or for the next that works, if the network refuses it and says so."""
    try:
        return build(channels, classes, size=size), size
    except ValueError as refused:
        size = int(re.search(r"the next that can is (\d+)$", str(refused))[1])
        return build(channels, classes, size=size), size


# networks of one file that want the same size differ in depth and width, not in what fits
BY_SIZE = {(family(b), least(b)): b for b in reversed((*FULL, *SMALL))}.values()


@pytest.mark.parametrize("build", SMALL, ids=name)
@pytest.mark.parametrize(("channels", "classes", "size"), [(1, 10, 28), (3, 4, 64), (2, 1, 45)])
def test_small_forms_fit_any_channels_classes_and_size(build, channels, classes, size):
    with torch.device("meta"):
        _, size = built(build, channels, classes, size)
    fits(build, channels, classes, size, is_square(build))


@pytest.mark.parametrize("build", [b for b in BY_SIZE if b not in SMALL], ids=name)
def test_odd_and_oblong_images_fit(build):
    with torch.device("meta"):
        _, size = built(build, 2, 7, (least(build) + 8) | 1)
    fits(build, 2, 7, size, is_square(build), device="meta")


@pytest.mark.parametrize("build", [b for b in SMALL if is_square(b)], ids=name)
def test_square_networks_take_no_other_shape(build):
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        fits(build, 1, 10, 28)


@pytest.mark.parametrize("build", [*FULL, *SMALL], ids=name)
def test_bad_counts_are_refused(build):
    with pytest.raises(ValueError, match=r"^channels must be at least 1, got 0$"):
        build(0)
    with pytest.raises(ValueError, match=r"^classes must be at least 1, got 0$"):
        build(1, 0)
    size = least(build)
    refusal = rf"^{plain(build).__name__} wants .* at least {size} x {size}, size is {size - 1}$"
    with pytest.raises(ValueError, match=refusal):
        build(size=size - 1)


def strided(network, size):
    """List the heights (before, behind) of each layer with a stride, after a run in training."""
    found = []
    for layer in network.train().modules():
        stride = getattr(layer, "stride", 1)
        if (stride[0] if isinstance(stride, tuple) else stride) > 1:
            layer.register_forward_hook(
                lambda _, x, y: found.append((x[0].shape[2], y.shape[2])),
            )
    with torch.no_grad():
        network(torch.empty(2, 3, size, size, device="meta"))
    return found


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
@pytest.mark.parametrize("build", BY_SIZE, ids=name)
def test_the_size_that_the_refusal_names_is_the_smallest(build, monkeypatch):
    """One less does not run; or a stride has nothing to halve; or fills no cell of the last map."""
    size = least(build)
    at_least = strided(on_meta(build, 3, 5, size=size), size)
    monkeypatch.setattr(sys.modules[plain(build).__module__], "check", lambda *arguments: None)
    try:
        below = strided(on_meta(build, 3, 5, size=size - 1), size - 1)
    except (ArithmeticError, RuntimeError, ValueError):
        return
    if min(below)[0] == 1:
        assert min(at_least)[0] > 1
        return
    network = on_meta(build, 3, 5, size=size)
    cells = [min(cells for _, cells in strided(network, n * size)) for n in (8, 16)]
    assert cells[1] - cells[0] == 8  # the next cell of the last map is `size` pixels away


@pytest.mark.parametrize("build", [b for b in (*FULL, *SMALL) if b not in DEEPER], ids=name)
def test_every_parameter_receives_a_gradient(build):
    size = least(build)
    size = (size if size > 64 else size + 32) | 1
    if build in TOO_LARGE:
        with torch.device("meta"):
            network, size = built(build, 3, 5, size)
            sum(y.sum() for y in outputs(network, torch.empty(2, 3, size, size))).backward()
        assert [key for key, p in network.named_parameters() if p.grad is None] == []
        return
    torch.manual_seed(0)
    network, size = built(build, 3, 5, size)
    every_parameter_learns(network, 3, size)


@pytest.mark.parametrize("build", [b for b in SMALL if b not in SCORES_PIXELS], ids=name)
def test_small_forms_learn_sixteen_images_of_noise_by_heart(build):
    assert learns_by_heart(build) < 9  # ln 10 = 2.3, and three times that with two heads


@pytest.mark.parametrize("build", SCORES_PIXELS, ids=name)
def test_small_forms_that_score_pixels_learn_sixteen_images_by_heart(build):
    torch.manual_seed(0)
    x = torch.rand(16, 1, 28, 28)
    labels = torch.zeros(16, 28, 28, dtype=torch.long)
    for i in range(16):  # two kinds of squares in places of their own
        row, column, kind = 3 + i % 4 * 4, 3 + i // 4 * 4, 1 + i % 2
        labels[i, row : row + 8, column : column + 8] = kind
        x[i, 0, row : row + 8, column : column + 8] += kind
    network = build(classes=3)
    first = falls_below_a_tenth(network, lambda: cross_entropy(network(x), labels), 0.01, 70)
    assert first == pytest.approx(1.1, abs=0.2)  # ln 3
