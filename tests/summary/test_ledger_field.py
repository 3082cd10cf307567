"""Receptive fields: published values, and a gradient probe on random stacks and odd modules."""

import copy
from fractions import Fraction

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from brought import Branches, Odd, Several
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from cnnbook import shapes
from cnnbook.summary import ledger


def vgg16() -> nn.Module:
    layers, c_in = [], 3
    for many, c in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
        for _ in range(many):
            layers += [nn.Conv2d(c_in, c, 3, padding=1), nn.ReLU(inplace=True)]
            c_in = c
        layers.append(nn.MaxPool2d(2))
    dense = [nn.Linear(25088, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 1000)]
    return nn.Sequential(*layers, nn.Flatten(), *dense)


def alexnet() -> nn.Module:
    pool = (3, 2)
    return nn.Sequential(
        nn.Conv2d(3, 96, 11, 4), nn.ReLU(), nn.MaxPool2d(*pool),
        nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), nn.MaxPool2d(*pool),
        nn.Conv2d(256, 384, 3, padding=1), nn.Conv2d(384, 384, 3, padding=1, groups=2),
        nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.MaxPool2d(*pool),
    )  # fmt: skip


def test_vgg_sees_212_behind_its_last_pooling():
    with torch.device("meta"):
        rows = ledger(vgg16(), (1, 3, 224, 224)).rows
    pools = [row for row in rows if row.kind == "MaxPool2d"]
    assert [row.field for row in pools] == [(n, n) for n in (6, 16, 44, 100, 212)]
    assert [row.jump for row in pools] == [(n, n) for n in (2, 4, 8, 16, 32)]
    assert rows[-4].kind == "Linear"
    assert rows[-4].field == ("all", "all")
    assert rows[-4].jump == (None, None)


def test_alexnet_sees_195_behind_its_last_pooling_and_163_before():
    with torch.device("meta"):
        rows = ledger(alexnet(), (1, 3, 227, 227)).rows
    assert rows[-1].outputs == ((1, 256, 6, 6),)
    assert (rows[-2].field, rows[-1].field) == ((163, 163), (195, 195))
    assert rows[-1].jump == (32, 32)


def probe(module: nn.Module, x: torch.Tensor, pick=lambda y: y) -> list[tuple[int, int]]:
    """Return first and last input place, along the last axis, that each output place depends on."""
    module = copy.deepcopy(module).double().eval()
    for p in module.parameters():
        p.data = 0.5 + torch.rand_like(p)  # positive: no two paths cancel
    for name, layer in list(module.named_modules()):
        if isinstance(layer, nn.MaxPool1d | nn.MaxPool2d):  # the gradient would take one path
            average = nn.AvgPool1d if isinstance(layer, nn.MaxPool1d) else nn.AvgPool2d
            mean = average(layer.kernel_size, layer.stride, layer.padding)
            parent, _, last = name.rpartition(".")
            setattr(module.get_submodule(parent), last, mean)
    x = x.double().requires_grad_()
    y = pick(module(x)).sum(tuple(range(1, x.dim() - 1)))[0]  # (W,)
    middle = slice(max(len(y) // 2 - 40, 0), len(y) // 2 + 40)
    found = []
    for value in y[middle]:
        (gradient,) = torch.autograd.grad(value, x, retain_graph=True)
        places = gradient.abs().sum(tuple(range(x.dim() - 1))).nonzero().flatten().tolist()
        found.append((places[0], places[-1]) if places else None)
    return found


STEP = st.one_of(
    st.builds(
        lambda k, s, d, p: nn.Conv1d(1, 1, k, s, p, d),
        st.integers(1, 5), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2),
    ),
    st.builds(lambda k, s: nn.MaxPool1d(k, s), st.integers(1, 4), st.integers(1, 3)),
    st.builds(lambda k, s: nn.AvgPool1d(k, s), st.integers(1, 4), st.integers(1, 3)),
    st.builds(
        lambda k, s, d, p: nn.ConvTranspose1d(1, 1, k, s, min(p, k - 1), dilation=d),
        st.integers(1, 5), st.integers(1, 3), st.integers(1, 2), st.integers(0, 1),
    ),
    st.builds(
        lambda n, mode: nn.Upsample(scale_factor=n, mode=mode),
        st.sampled_from((2, 3, 1.5)), st.sampled_from(("nearest", "linear", "nearest-exact")),
    ),
)  # fmt: skip


@settings(max_examples=40, deadline=None, derandomize=True)
@given(layers=st.lists(STEP, min_size=1, max_size=5))
def test_random_stacks_against_a_gradient_probe(layers):
    length, stack = 240, nn.Sequential(*layers)
    with torch.no_grad():
        assume(16 < stack(torch.zeros(1, 1, length)).shape[-1] < 1500)
    row = ledger(stack, (1, 1, length)).rows[-1]
    (size,), (jump,) = row.field, row.jump
    period = 6 * jump.denominator
    assume(size < 60 and period < 40)
    found = probe(stack, torch.rand(1, 1, length))
    inner = [e is None or (size < e[0] and e[1] < length - 1 - size) for e in found]
    real = [e for e, far in zip(found, inner, strict=True) if far and e]
    assume(len(real) > 1)
    assert max(b - a + 1 for a, b in real) == size
    for j, (one, two) in enumerate(zip(found, found[period:], strict=False)):
        if inner[j] and inner[j + period] and one and two:
            assert two[0] - one[0] == two[1] - one[1] == jump * period


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.integers(1, 7), st.integers(1, 4), st.integers(0, 3), st.integers(1, 4)),
        min_size=1,
        max_size=8,
    )
)
def test_stacks_agree_with_the_recurrence(layers):
    stack = nn.Sequential(*(nn.Conv1d(1, 1, k, s, p, d) for k, s, p, d in layers))
    length = 1
    for k, s, _, d in reversed(layers):
        length = (length - 1) * s + d * (k - 1) + 1
    rows = ledger(stack, (1, 1, length)).rows
    expected = shapes.receptive_field(layers)
    assert [(*row.field, *row.jump) for row in rows] == [(f.size, f.jump) for f in expected]


def test_branches_join_their_extents():
    module = Branches()
    rows = {row.name: row for row in ledger(module, (1, 3, 33, 81)).rows}
    assert rows["near"].field == (3, 3)
    assert rows["add()"].field == (7, 11)  # -3 .. 1 strides of 2, three cells each
    assert rows["cat()"].field == (11, 13)
    found = probe(module, torch.rand(1, 3, 33, 81))
    assert max(b - a + 1 for a, b in found[7:-7]) == rows["out"].field[1] == 17


def test_the_odd_module_against_the_probe():
    module = Odd()
    rows = {row.name: row for row in ledger(module, (1, 1, 29, 81)).rows}
    for name, pick in (
        ("down", lambda y: y["low"][0]),
        ("heads.mask", lambda y: y["heads"][0]["mask"]),
        ("heads.edge", lambda y: y["heads"][0]["edge"]),
    ):
        found = probe(module, torch.rand(1, 1, 29, 81), pick)
        assert max(b - a + 1 for a, b in found[12:-12]) == rows[name].field[1], name
        step = {two[0] - one[0] for one, two in zip(found[12:-14], found[14:-12], strict=True)}
        assert step == {2 * rows[name].jump[1]}, name


class Hourglass(nn.Module):
    """Down, up again, and a shortcut: what both see lies where padding has put it."""

    def __init__(self, kernel, padding, up):
        super().__init__()
        self.down = nn.Conv1d(1, 1, kernel, 2, padding)
        self.up = up

    def forward(self, x):
        up = self.up(self.down(x))
        least = min(up.shape[-1], x.shape[-1])
        return up[..., :least] + x[..., :least]


@pytest.mark.parametrize("kernel", [2, 3])
@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize(
    "up",
    [
        *(nn.ConvTranspose1d(1, 1, k, 2, p) for k, p in ((2, 0), (4, 1), (5, 3), (1, 0), (7, 0))),
        *(nn.Upsample(scale_factor=2, mode=mode) for mode in ("nearest", "linear")),
    ],
)
def test_shortcuts_meet_in_the_right_place(kernel, padding, up):
    module = Hourglass(kernel, padding, up)
    found = probe(module, torch.rand(1, 1, 64))[10:-10]
    row = ledger(module, (1, 1, 64)).rows[-1]
    assert row.field == (max(b - a + 1 for a, b in found),)
    assert row.jump == (1,)


def test_two_inputs_keep_their_own_coordinates():
    extra = {"half": torch.zeros(1, 1, 8, 10), "vector": torch.zeros(1, 7)}
    rows = {row.name: row for row in ledger(Several(), (1, 3, 16, 20), extra).rows}
    assert rows["large"].field == (5, 5)
    assert rows["small"].field == (3, 3)  # cells of the second image
    assert rows["add()"].field == (5, 5)  # of the first
    assert rows["gate"].field == ()  # a vector has no axes
    assert rows["einsum()"].field == ("all", "all")


class Function(nn.Module):
    """A forward of one line."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


CONV = nn.Conv2d(4, 4, 3, padding=1)
ONE = torch.ones(4, 1, 3, 3)


@pytest.mark.parametrize(
    ("function", "field", "jump"),
    [
        (lambda x: x.mean((2, 3)), ("all", "all"), (None, None)),
        (lambda x: x.mean(3) + 0, (1, "all"), (1, None)),
        (lambda x: x * torch.sigmoid(x.mean((2, 3), keepdim=True)), ("all", "all"), (1, 1)),
        (lambda x: F.avg_pool2d(x, 2)[:, :, 1::3] * 2, (2, 2), (6, 2)),
        (lambda x: F.conv2d(x.transpose(2, 3), ONE, groups=4, stride=(2, 1)), (3, 3), (1, 2)),
        (lambda x: F.conv2d(x.flip(3), ONE, groups=4, stride=2), (3, 3), (2, 2)),
        (lambda x: F.pixel_shuffle(x, 2) + 0, (1, 1), (Fraction(1, 2),) * 2),
        (lambda x: F.pixel_unshuffle(x, 2) + 0, (1, 1), (None, None)),  # by channel
        (lambda x: F.conv2d(F.pixel_unshuffle(x, 2), torch.ones(1, 16, 1, 1)), (2, 2), (2, 2)),
        (lambda x: x.unfold(3, 5, 2).sum(-1), (1, 5), (1, 2)),
        (lambda x: F.conv2d(x, ONE, groups=4).flatten(2) * 2, (3, 3), (None, None)),
        (lambda x: F.layer_norm(x.permute(0, 2, 3, 1), (4,)) * 1, (1, 1), (1, 1)),
        (lambda x: F.linear(x.permute(0, 2, 3, 1), torch.ones(6, 4), torch.ones(6)), (1, 1), (1, 1)),
        (lambda x: F.conv2d(x[:, :, 2:5, 2:5], ONE, groups=4) + 0, (3, 3), (1, 1)),
        (lambda x: x[:, :, 2:5, 2:6].flatten(1) @ torch.ones(48, 2), (3, 4), (None, None)),
        (lambda x: x.softmax(2), ("all", 1), (None, 1)),
        (lambda x: torch.stack([x, F.conv2d(x, ONE, groups=4, padding=1)], 1), (3, 3), (1, 1)),
        (lambda x: torch.stack([x, x], 1).mean(-1), (1, "all"), (1, None)),
        (lambda x: F.interpolate(x, scale_factor=1, mode="bilinear"), (1, 1), (1, 1)),
        (lambda x: x[:, torch.tensor([0, 2, 2])] + 0, (1, 1), (1, 1)),
        (lambda x: torch.cat(F.conv2d(x, ONE, groups=4).chunk(2, 1), 1), (3, 3), (1, 1)),
        (lambda x: F.adaptive_avg_pool2d(x, (6, 5)), (2, 4), (2, Fraction(16, 5))),
        (lambda x: F.interpolate(x, size=(23, 31), mode="bilinear", align_corners=True), (2, 2),
         (Fraction(1, 2), Fraction(1, 2))),
        (lambda x: F.instance_norm(x), (1, 1), (1, 1)),
        (lambda x: x @ torch.ones(16, 3), (1, "all"), (1, None)),
        (lambda x: F.grid_sample(x, torch.zeros(1, 3, 3, 2), align_corners=False),
         ("all", "all"), (None, None)),
        (lambda x: torch.fft.rfft(x).real + 0, ("all", "all"), (None, None)),
    ],
)  # fmt: skip
def test_functions_carry_the_field(function, field, jump):
    row = ledger(Function(function), (1, 4, 12, 16)).rows[-1]
    assert row.field == field
    assert row.jump == jump


def test_writing_into_a_part_is_seen_by_the_whole():
    class Insert(nn.Module):
        def forward(self, x):
            y = x.new_zeros(1, 1, 24)
            y[..., ::2] = x
            return F.avg_pool1d(y, 3)

    row = ledger(Insert(), (1, 1, 12)).rows[-1]
    assert row.field == ("all",)  # an upper bound, never nothing


def test_an_operation_without_a_rule_is_named():
    found = ledger(Function(lambda x: torch.fft.rfft(x).real + 0), (1, 1, 6, 8))
    assert found.unfamiliar
    assert "No rule for" in str(found)
    assert not ledger(Branches(), (1, 3, 33, 37)).unfamiliar


ACTIVATIONS = [
    *("CELU", "ELU", "GELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU"),
    *("LogSigmoid", "Mish", "PReLU", "RReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid"),
    *("Softplus", "Softshrink", "Softsign", "Tanh", "Tanhshrink", "Identity", "Dropout"),
    *("Dropout2d", "AlphaDropout", "FeatureAlphaDropout", "Softmax2d"),
]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_of_torch_leave_the_field_alone(name, training):
    module = nn.Sequential(nn.Conv2d(4, 4, 3, 2), getattr(nn, name)()).train(training)
    found = ledger(module, (1, 4, 9, 11))
    assert not found.unfamiliar
    assert (found.rows[1].field, found.rows[1].jump) == ((3, 3), (2, 2))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("layer", "field", "jump"),
    [
        (nn.BatchNorm2d(4), 3, 2),
        (nn.GroupNorm(2, 4), 3, 2),
        (nn.InstanceNorm2d(4, affine=True, track_running_stats=True), 3, 2),
        (nn.LocalResponseNorm(3), 3, 2),
        (nn.ZeroPad2d(1), 3, 2),
        (nn.ReflectionPad2d(2), 3, 2),
        (nn.ReplicationPad2d(2), 3, 2),
        (nn.PixelShuffle(2), 3, 1),
        (nn.ChannelShuffle(2), 3, 2),
        (nn.LPPool2d(2, 2), 5, 4),
        (nn.AdaptiveMaxPool2d(4), 5, 4),
        (nn.AdaptiveMaxPool2d(1), "all", None),
        (nn.Upsample(scale_factor=2, mode="bicubic"), 9, 1),
        (nn.UpsamplingBilinear2d(scale_factor=2), 5, Fraction(2 * 7, 15)),
        (nn.Flatten(), 3, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_other_layers_of_torch(layer, field, jump, training):
    module = nn.Sequential(nn.Conv2d(4, 4, 3, 2), layer).train(training)
    found = ledger(module, (1, 4, 17, 17))
    assert not found.unfamiliar
    assert (found.rows[1].field, found.rows[1].jump) == ((field,) * 2, (jump,) * 2)
