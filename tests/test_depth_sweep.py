"""The study of depth: its stack is what torch's own layers make, a short part of it runs again."""

import numpy as np
import pytest
import torch
from torch import nn

from cnnbook import experiments
from cnnbook.experiments import depth_sweep
from cnnbook.experiments.stack import MOMENTUM, Recipe, Stack

RATES, SEEDS = (0.02, 0.1), (3, 8, 5)


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def record():
    return experiments.result("depth-sweep")


def stack(recipe=None, depth=3, rates=RATES):
    return Stack(recipe or Recipe("tanh", "Xavier"), depth, rates, SEEDS, width=6, classes=4)


def data(n=7, runs=6):
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(runs, n, 6, generator=draw)
    return x, torch.randint(4, (runs, n), generator=draw)


class Plain(nn.Module):
    """Run `r` of a stack in torch's own layers."""

    def __init__(self, nets, r):
        super().__init__()
        self.recipe = nets.recipe
        self.layers = nn.ModuleList(nn.Linear(6, len(w[r])) for w in nets.weights)
        self.norms = nn.ModuleList(nn.BatchNorm1d(6, affine=False) for _ in nets.weights[:-1])
        for layer, weight, bias in zip(self.layers, nets.weights, nets.biases, strict=True):
            layer.weight.data, layer.bias.data = (
                weight[r].detach().clone(),
                bias[r, 0].detach().clone(),
            )

    def forward(self, x):
        for layer, norm in zip(self.layers[:-1], self.norms, strict=True):
            z = layer(x)
            y = {"tanh": torch.tanh, "ReLU": torch.relu, "sigmoid": torch.sigmoid}[
                self.recipe.activation
            ](norm(z) if self.recipe.normalise else z)
            x = x + y if self.recipe.residual else y
        return self.layers[-1](x)


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe("tanh", "Xavier"),
        Recipe("ReLU", "He", decay=0.1),
        Recipe("sigmoid", normalise=True),
        Recipe("ReLU", residual=True, clip=0.5),
        Recipe("tanh", "Xavier", clip=50.0),
    ],
    ids=["plain", "decay", "batch norm", "residual, clipped", "short of the limit"],
)
def test_a_run_of_a_stack_is_a_network_of_torch(recipe):
    nets = stack(recipe)
    twins = [Plain(nets, r) for r in range(6)]
    optimisers = [
        torch.optim.SGD(t.parameters(), RATES[r // 3], MOMENTUM, weight_decay=recipe.decay)
        for r, t in enumerate(twins)
    ]
    x, y = data()
    for _ in range(3):
        losses, _ = nets.step(x, y)
        for r, (twin, optimiser) in enumerate(zip(twins, optimisers, strict=True)):
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(twin(x[r]), y[r])
            assert loss.item() == pytest.approx(losses[r].item(), rel=1e-5)
            loss.backward()
            if recipe.clip:
                nn.utils.clip_grad_norm_(twin.parameters(), recipe.clip)
            optimiser.step()
    for r, twin in enumerate(twins):
        right = (twin.eval()(x[0]).argmax(1) == y[0]).double().mean().item()
        assert nets.accuracy(x[0], y[0])[r // 3, r % 3].item() == pytest.approx(right)
        for layer, weight in zip(twin.layers, nets.weights, strict=True):
            torch.testing.assert_close(layer.weight, weight[r], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("recipe", "variance"),
    [
        (Recipe(), 1 / 3),
        (Recipe(init="Xavier"), 1),
        (Recipe("ReLU", "He"), 2),
        (Recipe("ReLU", "He", 1.5), 4.5),
        (Recipe("ReLU", "orthogonal", 2**0.5), 2),
    ],
)
def test_first_weights_have_the_variance_of_their_name(recipe, variance):
    nets = Stack(recipe, 2, (0.1,), (0, 1), width=64, classes=3)
    for weight in nets.weights[:-1]:
        assert 64 * weight.var().item() == pytest.approx(variance, rel=0.06)
        assert not torch.equal(weight[0], weight[1])
        if recipe.init == "orthogonal":
            torch.testing.assert_close(weight[0] @ weight[0].T, 2 * torch.eye(64))


def test_networks_of_a_stack_do_not_see_each_other():
    together, alone = stack(), stack(rates=RATES[1:])
    x, y = data()
    for _ in range(4):
        together.step(x, y)
        alone.step(x[3:], y[3:])
    torch.testing.assert_close(together.weights[0][3:], alone.weights[0])


def test_a_network_that_diverges_leaves_the_others_alone():
    nets, (x, y) = stack(Recipe("ReLU", "He"), rates=(1e30, 0.1)), data()
    for _ in range(3):
        nets.step(x, y)
    assert not nets.weights[0][:3].isfinite().all()
    assert nets.weights[0][3:].isfinite().all()
    assert nets.accuracy(x[0], y[0]).isfinite().all()


def test_layers_that_rest_do_not_move():
    nets, x, y = stack(), *data()
    before = [w.detach().clone() for w in nets.weights]
    loss, grads = nets.step(x, y, layers=(1, 3))
    moved = [not torch.equal(a, b) for a, b in zip(before, nets.weights, strict=True)]
    assert moved == [False, True, False, True]
    assert len(grads) == 4
    # it ends with hidden layer 1: layer 2 takes no part in the loss
    h = torch.tanh(x[0] @ before[0][0].T)
    h = torch.tanh(h @ before[1][0].T)
    expected = nn.functional.cross_entropy(h @ before[3][0].T, y[0]).item()
    assert loss[0].item() == pytest.approx(expected, rel=1e-5)


def test_the_parts_of_the_digits_share_no_image():
    x, y, x_val, y_val, x_test, y_test = depth_sweep.digits()
    assert [len(part) for part in (x, x_val, x_test)] == [1120, 280, 397]
    assert [len(y), len(y_val), len(y_test)] == [1120, 280, 397]
    assert x.shape[1] == depth_sweep.WIDTH == 64
    assert abs(float(torch.cat([x, x_val]).mean())) < 1e-5


def test_the_rate_is_chosen_on_validation_images(monkeypatch):
    def accuracy(self, x, y):
        validation = [[0.5, 0.5], [0.9, 0.7], [0.6, 0.6]]
        test = [[0.99, 0.99], [0.1, 0.2], [0.8, 0.8]]
        return torch.tensor(validation if len(x) == 280 else test, dtype=torch.double)

    monkeypatch.setattr(Stack, "accuracy", accuracy)
    chosen = depth_sweep.scores(stack(), (0.1, 0.2, 0.3))
    assert chosen == {"rate": 0.2, "accuracy": [0.1, 0.2]}


def test_first_gradients_are_those_of_the_first_step():
    norms = depth_sweep.first_gradients(Recipe("ReLU", "He", 1.5), 20, seeds=(0, 1))
    assert norms.shape == (20, 2)
    smaller = depth_sweep.first_gradients(Recipe("ReLU"), 20, seeds=(0, 1))
    assert (norms > 1e8 * smaller).all()


def test_the_result_says_how_it_was_made(record):
    assert record["command"] == "python -m cnnbook.experiments depth-sweep"
    assert set(record["versions"]) == {"python", "numpy", "torch"}
    settings = record["settings"]
    assert settings["steps"] == depth_sweep.STEPS
    assert settings["rates"] == list(depth_sweep.RATES)
    assert settings["seeds"] == list(depth_sweep.SEEDS)
    assert settings["layer_steps"] == depth_sweep.LAYER_STEPS
    assert settings["width"] == depth_sweep.WIDTH


def test_the_result_has_every_recipe_at_every_depth(record):
    short = depth_sweep.study(
        steps=1, rates=(0.1,), seeds=(0,), depths=(2,), pretrained=(2,), layer_steps=1
    )
    tiny = np.nextafter(0, 1) * np.ones(1)
    assert tiny[0] + 0 > 0  # the processor counts again as it did before
    assert short.keys() | {"command", "date", "versions"} == record.keys()
    assert short["settings"].keys() == record["settings"].keys()
    assert {g: list(c) for g, c in short["runs"].items()} == {
        g: list(c) for g, c in record["runs"].items()
    }
    for cures in record["runs"].values():
        for by_depth in cures.values():
            assert list(by_depth) == [str(depth) for depth in depth_sweep.DEPTHS]
            for run in by_depth.values():
                assert run.keys() == {"rate", "accuracy"}
                assert len(run["accuracy"]) == len(depth_sweep.SEEDS)
                assert run["rate"] in depth_sweep.RATES
    assert list(record["pretraining"]) == [str(depth) for depth in depth_sweep.PRETRAINED]
    for stages in record["pretraining"].values():
        assert stages.keys() == short["pretraining"]["2"].keys()


def test_a_part_of_the_result_comes_out_again(record):
    written = record["runs"]["ReLU"]["batch norm"]["2"]
    again = depth_sweep.sweep(depth_sweep.RECIPES["ReLU"]["batch norm"], 2)
    # other processors add in another order: a digit or two of 397 may change sides
    np.testing.assert_allclose(again["accuracy"], written["accuracy"], atol=0.03)
    sigmoid = record["runs"]["sigmoid"][depth_sweep.START]["10"]
    assert max(sigmoid["accuracy"]) < 0.15
    short = depth_sweep.sweep(depth_sweep.RECIPES["sigmoid"][depth_sweep.START], 10, steps=30)
    assert max(short["accuracy"]) < 0.15
