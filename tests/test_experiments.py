"""The committed studies: a short part runs again, and the result file fits the code that made it."""

import json

import numpy as np
import pytest
import torch

from cnnbook import experiments
from cnnbook.data import Dataset
from cnnbook.experiments import models, reduced_models, shuffled_pixels
from cnnbook.models.catalogue import MODELS, REDUCED
from cnnbook.models.lenet import lenet_reduced
from cnnbook.models.unet import unet_reduced
from cnnbook.summary import ledger


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def noise():
    """Stand-ins for both data sets: two classes of images, and of pixels, told by brightness."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(96, 1, 28, 28)).astype(np.float32)
    y = np.arange(96) % 2
    masks = np.broadcast_to((np.arange(28) < 10)[:, None], (96, 28, 28)).astype(np.int64)
    images, pixels = x + y[:, None, None, None].astype(np.float32), x + 3 * masks[:, None]
    split, classes = slice(64), ("dark", "bright")
    return {
        "fashion-mnist": Dataset("a", images[split], y[split], images[64:], y[64:], classes, ""),
        "shapes": Dataset("b", pixels[split], masks[split], pixels[64:], masks[64:], classes, ""),
    }


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


def _without_times(study):
    return {
        name: {key: value for key, value in run.items() if key not in ("seconds", "ms_per_step")}
        for name, run in study["networks"].items()
    }


def test_small_networks_are_trained_on_images_or_on_pixels(noise, capsys):
    study = reduced_models.study((lenet_reduced, unet_reduced), (0, 1), 20, noise)
    assert study["settings"] == {"steps": 20, "batch": 64, "seeds": [0, 1]}
    assert study["sides"]["shapes"] == {"channels": 1, "classes": 2, "size": 28}
    assert study["chance"] == {"fashion-mnist": 0.5, "shapes": round(18 / 28, 4)}
    lenet, unet = study["networks"]["lenet_reduced"], study["networks"]["unet_reduced"]
    assert (lenet["data"], unet["data"]) == ("fashion-mnist", "shapes")
    assert (lenet["optimiser"], unet["optimiser"]) == ("Adam", "Adam")
    assert lenet["parameters"] == sum(p.numel() for p in lenet_reduced(classes=2).parameters())
    for run in (lenet, unet):
        assert len(run["accuracy"]) == len(run["seconds"]) == len(run["ms_per_step"]) == 2
        assert all(0 <= accuracy <= 1 for accuracy in run["accuracy"])
    assert "iou" not in lenet
    assert len(unet["iou"]) == 2
    assert all(0 <= iou <= 1 for iou in unet["iou"])
    assert min(lenet["accuracy"]) > 0.9  # a brighter image is told after 20 steps
    assert capsys.readouterr().err.count("\n") == 4


def test_a_small_network_learns_the_same_again(noise):
    once, again = (reduced_models.study((lenet_reduced,), (3,), 3, noise) for _ in range(2))
    assert _without_times(once) == _without_times(again)


def test_the_rate_of_a_network_is_its_own(noise, monkeypatch):
    runs = {}
    for rate in (1e-9, 0.05):
        monkeypatch.setitem(reduced_models.RATES, "lenet_reduced", rate)
        study = reduced_models.study((lenet_reduced,), (0,), 20, noise)
        runs[rate] = study["networks"]["lenet_reduced"]
        assert runs[rate]["rate"] == rate
    assert runs[1e-9]["accuracy"] != runs[0.05]["accuracy"]
    tuned = {*reduced_models.RATES, *reduced_models.DESCENT, *reduced_models.LABEL_PIXELS}
    assert tuned <= {builder.__name__ for builder in REDUCED}


@pytest.mark.skipif(
    not (experiments.RESULTS / "reduced-models.json").exists(), reason="the study was not run yet"
)
def test_the_result_of_the_small_networks_fits_the_code():
    record = experiments.result("reduced-models")
    assert list(record["networks"]) == [builder.__name__ for builder in REDUCED]
    assert record["settings"]["steps"] == reduced_models.STEPS_SCRIPT
    seeds = len(record["settings"]["seeds"])
    sides = {name: reduced_models.sides(part) for name, part in reduced_models.load().items()}
    assert record["sides"] == sides
    for builder in REDUCED:
        run = record["networks"][builder.__name__]
        with torch.device("meta"):
            assert run["parameters"] == models.parameters(builder(**sides[run["data"]]))
        assert len(run["accuracy"]) == seeds
        assert min(run["accuracy"]) > record["chance"][run["data"]]
        assert run["rate"] == reduced_models.top(builder)


@pytest.mark.parametrize("name", ["lenet5", "shufflenet_v2", "se_resnet50", "fcn8s"])
def test_multiply_adds_are_those_of_the_ledger(name):
    (model,) = (model for model in MODELS if model.name == name)
    with torch.device("meta"):
        network = model.builder().eval()
    wanted = ledger(network, (1, model.channels, model.size, model.size)).total.macs
    assert models.macs(network, model.channels, model.size) == wanted > 0


def test_the_smallest_image_is_the_one_that_is_not_refused():
    for model in MODELS[::6]:
        least = models.least(model.builder)
        with torch.device("meta"):
            model.builder(size=least)
        with pytest.raises(ValueError, match=f"{least} x {least}"):
            model.builder(size=least - 1)


def test_the_tables_of_models(monkeypatch, tmp_path):
    runs = {"data": "shapes", "accuracy": [0.5, 0.6], "iou": [0.3, 0.4], "seconds": [3.0, 5.0]}
    record = {
        "networks": {"lenet_reduced": runs},
        "sides": {"shapes": {"channels": 3, "classes": 4, "size": 28}},
    }
    (tmp_path / "reduced-models.json").write_text(json.dumps(record), encoding="utf-8")
    rows = [model for model in MODELS if model.name in ("lenet5", "zfnet", "zfnet_wide")]
    monkeypatch.setattr(models, "MODELS", rows)
    monkeypatch.setattr(models, "RESULTS", tmp_path)
    monkeypatch.setattr(experiments, "RESULTS", tmp_path)
    whole, small = (part.splitlines() for part in models.tables().split("\n\n"))
    head, lenet, zfnet, _ = (line.split() for line in whole)
    assert head[:5] == ["model", "parameters", "published", "MACs", "input"]
    assert lenet[:7] == ["lenet5", "60,000", "60,000", "325,680", "32", "16", "paper,"]
    assert zfnet == ["zfnet", "62,357,608", "–", "1,168,032,896", "224", "53"]
    head, lenet, zfnet = (line.split() for line in small)
    with torch.device("meta"):
        network = lenet_reduced(3, 4, 28)
    assert lenet[:2] == ["lenet_reduced", f"{models.parameters(network):,}"]
    assert lenet[4:] == ["shapes", "55.0", "%", "±", "7.1", "35.0", "%", "±", "7.1", "4"]
    assert zfnet[:1] + zfnet[4:] == ["zfnet_reduced", "–", "–", "–", "–"]  # not in this result


def test_the_overlap_is_a_mean_over_the_classes():
    truth = np.array([[[0, 0, 1, 1], [2, 2, 2, 2]]])
    named = np.array([[[0, 1, 1, 1], [2, 2, 0, 2]]])
    scores = torch.nn.functional.one_hot(torch.tensor(named)).movedim(-1, 1)
    dataset = Dataset("c", truth, truth, named, truth, ("a", "b", "c"), "")
    wanted = (1 / 3 + 2 / 3 + 3 / 4) / 3
    assert reduced_models.mean_iou(lambda x: scores, dataset) == pytest.approx(wanted)
