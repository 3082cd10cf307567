"""Blocks of a module, found in its ledger and in the flow of its tensors."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from cnnbook import models
from cnnbook.summary import ledger
from cnnbook.summary.architectures import Network, tabulate
from cnnbook.summary.blocks import ADDED, APPENDED, PLAIN, WEIGHTED, architecture, joints
from cnnbook.summary.flow import IMAGE, flow
from cnnbook.summary.sources import lines_of


class Residual(nn.Module):
    """A block to look for."""

    def __init__(self, c: int, first: bool) -> None:
        super().__init__()
        self.branch = nn.Sequential(nn.Conv2d(c, c, 3, padding=1), nn.ReLU(), nn.Conv2d(c, c, 1))
        self.skip, self.first = nn.Identity(), first

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the shortcut first, or last."""
        if self.first:
            skip = self.skip(x)
            return F.relu(self.branch(x) + skip)
        return F.relu(self.branch(x) + self.skip(x))


class Views(nn.Module):
    """Halves of one tensor that go different ways."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.drop = nn.Conv2d(2, 2, 1), nn.Dropout()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Leave one half as it is."""
        x = x + 1
        left, right = x[:, :2], x[:, 2:]
        return torch.cat([left, self.drop(self.conv(right))], 1)


def drawn(build, **options):
    with torch.device("meta"):
        network = build(**options).eval()
    names = build.__name__
    channels = {"unet_reduced": 1, "resnet18": 3, "googlenet": 3}.get(names, 1)
    size = 224 if names in ("resnet18", "googlenet") else 28
    return network, architecture(network, (1, channels, size, size))


# ---- flow


@pytest.mark.parametrize("first", [False, True])
def test_a_shortcut_reads_what_the_branch_reads(first) -> None:
    module = Residual(4, first)
    names = [row.name for row in ledger(module, (1, 4, 5, 5)).rows]
    reads = dict(zip(names, flow(module, (1, 4, 5, 5)), strict=True))
    skip = names.index("skip")
    assert reads["branch.0"] == reads["skip"] == (IMAGE,)
    assert reads["branch.2"] == (names.index("branch.1"),)
    assert set(reads["add()"]) == {names.index("branch.2"), skip}
    assert reads["relu()"] == (names.index("add()"),)


def test_views_of_one_tensor_are_told_apart() -> None:
    module = Views().eval()
    names = [row.name for row in ledger(module, (1, 4, 5, 5)).rows]
    reads = dict(zip(names, flow(module, (1, 4, 5, 5)), strict=True))
    start = names.index("add()")
    assert reads["conv"] == (start,)
    assert reads["drop"] == (names.index("conv"),)
    assert reads["cat()"] == (start, names.index("drop"))


class Flat(nn.Module):
    """A tensor that is read after a layer has looked at it in another way."""

    def __init__(self) -> None:
        super().__init__()
        self.flat, self.dense = nn.Flatten(), nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add what came before the flattening."""
        x = x.exp()
        return self.dense(self.flat(x)) + x.mean((2, 3)).repeat(1, 4)


def test_a_view_is_not_who_wrote_the_numbers() -> None:
    names = [row.name for row in ledger(Flat(), (1, 2, 2, 2)).rows]
    reads = dict(zip(names, flow(Flat(), (1, 2, 2, 2)), strict=True))
    assert reads["dense"] == (names.index("flat"),)
    assert reads["mean()"] == reads["flat"] == (names.index("exp()"),)


def test_what_writes_in_place_is_read_next() -> None:
    module = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(inplace=True), nn.Conv2d(2, 1, 1))
    assert flow(module, (1, 1, 4, 4)) == ((IMAGE,), (0,), (1,))


# ---- blocks


def test_blocks_of_a_residual_network() -> None:
    _, found = drawn(models.resnet_reduced)
    names = [block.name for block in found.blocks]
    stages = [f"stages.{i}.{j}" for i in range(3) for j in range(2)]
    assert names == ["stem.0", *stages, "mean", "dense"]
    assert [block.reads for block in found.blocks] == [(i,) for i in range(-1, len(names) - 1)]
    assert {joints(found, block) for block in found.blocks[1:-2]} == {(ADDED, 1)}
    _, found = drawn(models.resnet_reduced, projected=True)
    shortcuts = [joints(found, block)[0] for block in found.blocks]
    assert shortcuts == [PLAIN, ADDED, ADDED, WEIGHTED, ADDED, WEIGHTED, ADDED, PLAIN, PLAIN]
    _, found = drawn(models.resnet_reduced, shortcut=False)
    assert {joints(found, block)[0] for block in found.blocks} == {PLAIN}


def test_branches_and_appended_inputs() -> None:
    _, found = drawn(models.googlenet_reduced)
    kinds = {block.kind: joints(found, block) for block in found.blocks}
    assert kinds["Inception"] == (PLAIN, 4)
    _, found = drawn(models.densenet_reduced)
    assert [joints(found, b)[0] for b in found.blocks if b.kind == "DenseLayer"] == [APPENDED] * 9
    transition = next(block for block in found.blocks if block.name == "blocks.1.2")
    rows = [found.ledger.rows[row].kind for row in transition.rows]
    assert rows == ["BatchNorm2d", "ReLU", "Conv2d"]  # not the end of the dense layer before
    _, found = drawn(models.squeezenet_reduced)
    assert {joints(found, b) for b in found.blocks if b.kind == "Fire"} == {(PLAIN, 2)}


def test_sums_of_numbers_are_no_shortcut() -> None:
    _, found = drawn(models.alexnet_reduced)
    assert {joints(found, block) for block in found.blocks} == {(PLAIN, 1)}


def test_bridges_between_blocks() -> None:
    _, found = drawn(models.unet_reduced)
    names = [block.name for block in found.blocks]
    joins = [block for block in found.blocks if block.kind == "cat"]
    ends = [[names[i] for i in block.reads] for block in joins]
    assert ends == [["down.1.2", "up.0"], ["down.0.2", "up.1"]]


def test_every_row_is_in_one_block() -> None:
    for build in (models.lenet_reduced, models.convnext_reduced, models.mobilenet_v3_reduced):
        _, found = drawn(build)
        rows = sorted(row for block in found.blocks for row in block.rows)
        assert rows == list(range(len(found.ledger.rows)))


def test_a_network_in_a_wrapper_is_opened() -> None:
    class Wrapper(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = models.resnet_reduced()

        def forward(self, x):
            return self.body(x)

    found = architecture(Wrapper().eval(), (1, 1, 28, 28))
    assert len(found.blocks) == 9


def test_a_single_layer_is_a_block() -> None:
    found = architecture(nn.Conv2d(3, 4, 3), (2, 3, 9, 9))
    assert [(block.kind, block.reads) for block in found.blocks] == [("Conv2d", (IMAGE,))]


# ---- code and table


def test_the_code_of_a_block() -> None:
    network, found = drawn(models.resnet18)
    code = {block.name: lines_of(network, block, models.resnet18) for block in found.blocks}
    place, text = code["stages.0.0"]
    assert place.startswith("models/resnet.py, line ")
    assert text.startswith("class Basic(nn.Module):")
    assert '"""' not in text
    assert code["stem.0"][1].startswith("def stem(")
    assert "self.dense = nn.Linear(features, classes)" in code["dense"][1]
    network, found = drawn(models.squeezenet_reduced)
    assert lines_of(network, found.blocks[0], models.squeezenet_reduced)[1].startswith(
        "def _squeezenet("
    )


def test_code_without_a_file() -> None:
    space: dict = {"nn": nn}
    exec("class Ghost(nn.Module):\n def forward(self, x):\n  return x * self.w", space)
    module = nn.Sequential(space["Ghost"]())
    module[0].w = nn.Parameter(torch.ones(1))
    table = tabulate([Network("ghost", module, (1, 1, 4, 4))])
    assert table["codes"] == [["", ""]]


def test_equal_blocks_stand_once() -> None:
    with torch.device("meta"):
        network = models.resnet152().eval()
    table = tabulate([Network("resnet152", network, (1, 3, 224, 224))])
    blocks = table["networks"]["resnet152"]["blocks"]
    assert len(blocks["name"]) == 54
    assert len(table["insides"]["name"]) == 12
    assert table["networks"]["resnet152"]["total"][0] == 60_192_808
