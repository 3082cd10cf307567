"""The committed studies: a short part runs again, and the result file fits the code that made it."""

import numpy as np
import pytest
import torch

from cnnbook import experiments
from cnnbook.experiments import shuffled_pixels


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def record():
    return experiments.result("shuffled-pixels")


def test_the_result_says_how_it_was_made(record):
    assert record["command"] == "python -m cnnbook.experiments shuffled-pixels"
    assert set(record["versions"]) == {"python", "numpy", "torch"}
    assert record["settings"]["steps"] == shuffled_pixels.STEPS
    assert record["settings"]["seeds"] == list(shuffled_pixels.SEEDS)
    assert len(record["date"]) == 10


def test_the_result_fits_the_code(record):
    short = shuffled_pixels.study(seeds=(0,), steps=1)
    assert short["parameters"] == record["parameters"]
    assert short["accuracy"].keys() == record["accuracy"].keys()
    for order, networks in short["accuracy"].items():
        assert networks.keys() == record["accuracy"][order].keys()
        for name, runs in networks.items():
            assert runs.keys() == record["accuracy"][order][name].keys()
            seeds = {len(run) for run in record["accuracy"][order][name].values()}
            assert seeds == {len(record["settings"]["seeds"])}


def test_one_run_of_the_study_comes_out_again(record):
    name, order, rate = "convolution, then mean", "in place", 0.05
    x_train, y_train, x_test, y_test = shuffled_pixels.patches(0, order)
    torch.manual_seed(0)
    network = shuffled_pixels.networks()[name]
    shuffled_pixels.train(network, x_train, y_train, 0, shuffled_pixels.STEPS, rate)
    score = shuffled_pixels.accuracy(network, x_test, y_test)
    # another processor may add in another order, and training enlarges the last digits
    assert score == pytest.approx(record["accuracy"][order][name][str(rate)][0], abs=0.03)


def test_the_same_seed_gives_the_same_numbers():
    runs = [shuffled_pixels.compare(1, "shuffled", steps=5, rate=0.05) for _ in range(2)]
    assert runs[0] == runs[1]


def test_shuffling_moves_pixels_and_loses_none():
    straight, mixed = (shuffled_pixels.patches(3, order) for order in shuffled_pixels.ORDERS)
    for part in (0, 2):
        a, b = straight[part].flatten(1), mixed[part].flatten(1)
        assert not torch.equal(a, b)
        assert torch.equal(a.sort(1).values, b.sort(1).values)
    # one order for all: where two pixels of the first patch went, those of the last went too
    order = np.random.default_rng(3).permutation(28 * 28)
    assert torch.equal(straight[2].flatten(1)[:, order], mixed[2].flatten(1))
    assert torch.equal(straight[1], mixed[1])


def test_patches_are_standardised_by_the_training_part():
    x_train, _, x_test, _ = shuffled_pixels.patches(0, "in place")
    assert x_train.mean().item() == pytest.approx(0, abs=1e-4)
    assert x_train.std().item() == pytest.approx(1, abs=1e-3)
    assert x_test.mean().item() != pytest.approx(0, abs=1e-4)


def test_local_windows_with_equal_filters_are_a_convolution():
    local = shuffled_pixels.Local(size=10, maps=3, kernel=4, stride=2)
    layer = torch.nn.Conv2d(1, 3, 4, 2)
    with torch.no_grad():
        local.weight[:] = layer.weight.reshape(3, 16).T
        local.bias[:] = layer.bias
    x = torch.randn(5, 1, 10, 10, generator=torch.Generator().manual_seed(0))
    expected = layer(x).flatten(2).transpose(1, 2)  # (N, positions, maps)
    torch.testing.assert_close(local(x), expected)


def test_every_parameter_of_every_network_learns():
    x, y, _, _ = shuffled_pixels.patches(0, "in place")
    for name, network in shuffled_pixels.networks().items():
        before = [p.detach().clone() for p in network.parameters()]
        shuffled_pixels.train(network, x, y, seed=0, steps=2, rate=0.05)
        for old, new in zip(before, network.parameters(), strict=True):
            assert not torch.equal(old, new), name


def test_accuracy_counts_the_largest_score():
    scores = torch.tensor([[0.0, 1], [2, 1], [0, 3]])
    assert shuffled_pixels.accuracy(lambda x: scores, None, torch.tensor([1, 1, 1])) == 2 / 3


def test_what_experiments_refuse():
    with pytest.raises(ValueError, match=r"no result 'pixels'; there are .*shuffled-pixels"):
        experiments.result("pixels")
    with pytest.raises(ValueError, match="no order 'mixed'; there are in place, shuffled"):
        shuffled_pixels.patches(0, "mixed")


def test_the_command_writes_a_result_file(tmp_path, monkeypatch, capsys):
    from cnnbook.experiments import __main__ as command

    monkeypatch.setattr(command, "RESULTS", tmp_path)
    monkeypatch.setattr(experiments, "RESULTS", tmp_path)
    monkeypatch.setitem(command.STUDIES, "shuffled-pixels", lambda: {"accuracy": {"a": 1}})
    command.main(["shuffled-pixels"])
    assert experiments.result("shuffled-pixels")["accuracy"] == {"a": 1}
    assert "shuffled-pixels.json" in capsys.readouterr().out
