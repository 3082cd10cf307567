"""The studies of separable convolution: results fit the code, parts run again, ranks are exact."""

import io
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from cnnbook import experiments
from cnnbook.experiments import kernel_ranks, separable, separable_speed
from cnnbook.models.blocks import ChannelShuffle
from cnnbook.summary import ledger

CHEAP = "standard 9"


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def record():
    return experiments.result("separable")


@pytest.fixture(scope="module")
def speed():
    return experiments.result("separable-speed")


def test_the_results_say_how_they_were_made(record, speed):
    for name, some in (("separable", record), ("separable-speed", speed)):
        assert some["command"] == f"python -m cnnbook.experiments {name}"
        assert set(some["versions"]) == {"python", "numpy", "torch"}
    assert record["settings"]["steps"] == separable.STEPS
    assert record["settings"]["seeds"] == list(separable.SEEDS)
    assert speed["settings"]["repeats"] == separable_speed.REPEATS


def test_the_trained_networks_are_those_of_the_code(record):
    assert list(record["networks"]) == list(separable.NETWORKS)
    for name, found in record["networks"].items():
        total = ledger(separable.network(name).eval(), (1, 1, 28, 28)).total
        assert (found["parameters"], found["macs"]) == (total.parameters, total.macs)
        for key in ("train", "test", "ms"):
            assert len(found[key]) == len(separable.SEEDS)
    assert len(record["kernels"]) == len(separable.SEEDS)


def test_a_short_study_has_the_form_of_the_result(record):
    short = separable.study((separable.DENSE,), (0,), steps=1)
    assert short["settings"].keys() == record["settings"].keys()
    assert short["networks"][separable.DENSE].keys() == record["networks"][CHEAP].keys()
    (kernels,) = short["kernels"]
    assert kernels.keys() == record["kernels"][0].keys()
    assert np.shape(kernels["stem"]) == np.shape(record["kernels"][0]["stem"]) == (24, 3, 3)
    counts = {name: sum(bins) for name, bins in record["kernels"][0]["histogram"].items()}
    assert counts == {"stem": 24, "body 1": 576, "body 2": 1152, "body 3": 2304}


def test_one_run_of_the_study_comes_out_again(record):
    _, errors = separable.train_one(CHEAP, 1)
    for part in ("train", "test"):
        # another processor may add in another order, and training enlarges the last digits
        assert errors[part] == pytest.approx(record["networks"][CHEAP][part][1], abs=2.5)


def test_the_same_seed_gives_the_same_numbers():
    once, again = (separable.train_one("separable 24", 3, steps=2)[1] for _ in range(2))
    assert (once["train"], once["test"]) == (again["train"], again["test"])


@pytest.mark.parametrize("name", separable.NETWORKS)
def test_every_network_takes_garments_and_learns(name):
    network = separable.network(name)
    scores = network(torch.rand(4, 1, 28, 28))
    assert scores.shape == (4, 10)
    scores.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())
    design = separable.NETWORKS[name]
    groups = [m.groups for m in network[1] if isinstance(m, nn.Sequential) for m in [m[0]]]
    wanted = {
        "grouped": [design.groups] * 3,
        "depthwise": [24, 24, 48],
        "columns and rows": [],
        "separable": [design.width, 1, design.width, 1, 2 * design.width, 1],
        "no ReLU between": [24, 1, 24, 1, 48, 1],
        "pointwise first": [1, 24, 1, 48, 1, 48],
    }
    assert groups == wanted[design.layer]
    shuffles = [m.groups for m in network.modules() if isinstance(m, ChannelShuffle)]
    assert shuffles == ([design.groups] * 3 if design.shuffle else [])
    relus = sum(isinstance(m, nn.ReLU) for m in network[1])
    assert relus == (6 if design.layer in ("separable", "pointwise first") else 3)


@pytest.mark.parametrize(
    ("name", "width", "layer"),
    [("separable 67", "standard 24", "separable"), ("standard 9", "separable 24", "grouped")],
)
def test_matched_widths_are_the_nearest(name, width, layer, monkeypatch):
    def cost(design):
        monkeypatch.setitem(separable.NETWORKS, "tried", design)
        total = ledger(separable.network("tried").eval(), (1, 1, 28, 28)).total
        return np.array([total.parameters, total.macs])

    wanted = cost(separable.NETWORKS[width])
    chosen = separable.NETWORKS[name].width
    off = {
        w: np.abs(cost(separable.Design(layer, w)) / wanted - 1)
        for w in (chosen - 1, chosen, chosen + 1)
    }
    assert min(off, key=lambda w: off[w][0]) == chosen
    assert off[chosen].max() < 0.11


def test_ranks_of_kernels():
    rng = np.random.default_rng(0)
    outer = rng.normal(size=(5, 4, 3, 1)) * rng.normal(size=(5, 4, 1, 3))
    np.testing.assert_allclose(kernel_ranks.rank_shares(outer), 1)
    assert kernel_ranks.rank_shares(np.eye(3)) == pytest.approx(1 / 3)
    kernels = rng.normal(size=(5, 4, 3, 3))
    for rank in (1, 2, 3):
        lower = kernel_ranks.cut(kernels, rank)
        assert lower.shape == kernels.shape
        assert (np.linalg.matrix_rank(lower) == rank).all()
    np.testing.assert_allclose(kernel_ranks.cut(kernels, 3), kernels)
    kept = (kernel_ranks.cut(kernels, 1) ** 2).sum((2, 3)) / (kernels**2).sum((2, 3))
    np.testing.assert_allclose(kept, kernel_ranks.rank_shares(kernels))


def test_cutting_all_ranks_leaves_the_model_alone():
    part = separable.garments(0)
    few = replace(
        part,
        x_train=part.x_train[:64],
        y_train=part.y_train[:64],
        x_test=part.x_test[:100],
        y_test=part.y_test[:100],
    )
    model = separable.network("3x1 and 1x3")
    before = {key: value.clone() for key, value in model.state_dict().items()}
    kernel_ranks.errors_by_rank(model, few, 64)
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    found = kernel_ranks.errors_by_rank(separable.network(separable.DENSE), few, 64)
    assert list(found) == ["1", "2", "3"]


def test_the_ways_to_convolve_agree():
    with torch.no_grad():
        ways = {way: call() for way, call in separable_speed.convolutions(6, 10, 7).items()}
    for way in ("dense", "depthwise", "separable"):
        torch.testing.assert_close(ways[way], ways[f"{way}, channels last"])
    assert ways["dense"].shape == ways["separable"].shape == (1, 10, 7, 7)
    assert ways["depthwise"].shape == (1, 6, 7, 7)


def test_times_are_those_of_one_call_and_all_take_turns():
    log = io.StringIO()

    def slow():
        log.write("s")
        start = time.thread_time()
        while time.thread_time() < start + 0.002:
            pass

    found = separable_speed.times({"slow": slow, "fast": lambda: log.write("f")}, repeats=3)
    assert {way: len(some) for way, some in found.items()} == {"slow": 3, "fast": 3}
    assert found["slow"].min() >= 0.002
    assert found["fast"].max() < found["slow"].min()
    assert log.getvalue().count("s") == 4 + 3  # to prepare, then one call in each repeat


def test_a_short_speed_study_has_the_form_of_the_result(speed):
    torch.set_num_threads(3)
    short = separable_speed.study((8,), separable_speed.LAYERS[-1:], 28, repeats=1, tries=1)
    assert torch.get_num_threads() == 3
    assert short["settings"].keys() == speed["settings"].keys()
    assert short["roofs"].keys() == speed["roofs"].keys()
    assert short["layers"].keys() <= speed["layers"].keys()
    assert short["threads"].keys() == speed["threads"].keys()
    for counts in speed["threads"].values():
        assert {count: list(ways) for count, ways in counts.items()} == {
            "1": ["dense", "separable"],
            "2": ["dense", "separable"],
        }
    line, kept = short["channels"]["8"], speed["channels"]["8"]
    assert line.keys() == kept.keys()
    assert line["us"].keys() == kept["us"].keys()
    assert line["macs"] == kept["macs"] == pytest.approx(1 / (1 / 8 + 1 / 9), abs=1e-4)
    assert list(speed["channels"]) == [str(c) for c in separable_speed.CHANNELS]
    for some in speed["channels"].values():
        low, middle, high = some["speedup"]
        assert 0 < low <= middle <= high
    assert speed["intensity"] == separable_speed.intensities(separable_speed.CHANNELS, 28)
