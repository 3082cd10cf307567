"""The study of pooling: its result fits the code, a part of it runs again, its moves are exact."""

import numpy as np
import pytest
import torch

from cnnbook import data, experiments
from cnnbook.data.warping import enlarge
from cnnbook.experiments import __main__ as command
from cnnbook.experiments import pooling, pooling_textures


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def record():
    return experiments.result("pooling")


@pytest.fixture(scope="module")
def garments():
    return data.load("fashion-mnist").x_test[:6, 0]


def test_the_result_says_how_it_was_made(record):
    assert record["command"] == "python -m cnnbook.experiments pooling"
    assert set(record["versions"]) == {"python", "numpy", "torch"}
    assert record["settings"]["steps"] == pooling.STEPS
    seeds = {int(count): list(some) for count, some in record["settings"]["seeds"].items()}
    assert seeds == {count: list(some) for count, some in pooling.SEEDS.items()}


def test_the_result_fits_the_code(record):
    short = pooling.study(("max 2x2", "none"), {1000: (0,), 8000: (0,)}, steps=1)
    for key in ("parameters", "macs"):
        assert list(record[key]) == list(pooling.HALVINGS)
        assert short[key].items() <= record[key].items()
    for count, by_name in record["error"].items():
        assert list(by_name) == list(pooling.HALVINGS)
        wanted = len(pooling.SEEDS[int(count)])
        for parts in by_name.values():
            assert {part: len(seeds) for part, seeds in parts.items()} == {
                "train": wanted,
                "test": wanted,
            }
    assert short["still"].keys() == record["still"].keys()
    for kind, settings in record["still"].items():
        assert short["still"][kind].keys() == settings.keys()
        for by_name in settings.values():
            assert list(by_name) == list(pooling.HALVINGS)
            for measures in by_name.values():
                assert {len(seeds) for seeds in measures.values()} == {len(pooling.SEEDS[8000])}


def test_one_run_of_the_study_comes_out_again(record):
    name, seed = "stride 2 in the convolution", 1
    _, errors = pooling.train_one(name, 1000, seed)
    for part, wanted in (("train", 1.0), ("test", 1.5)):
        # another processor may add in another order, and training enlarges the last digits
        expected = record["error"]["1000"][name][part][seed]
        assert errors[part] == pytest.approx(expected, abs=wanted)


def test_the_same_seed_gives_the_same_numbers():
    once, again = (pooling.train_one("max 2x2", 1000, 3, steps=3)[1] for _ in range(2))
    assert once == again


def test_a_stride_is_every_second_cell():
    x = torch.randn(2, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    every, stride = map(pooling.network, ("every second cell", "stride 2 in the convolution"))
    stride.load_state_dict(dict(zip(stride.state_dict(), every.state_dict().values(), strict=True)))
    torch.testing.assert_close(every(x), stride(x))


@pytest.mark.parametrize("name", pooling.HALVINGS)
def test_every_network_takes_the_garments_and_learns(name):
    network = pooling.network(name)
    scores = network(torch.rand(2, 1, 28, 28))
    assert scores.shape == (2, 10)
    scores.sum().backward()
    assert all(p.grad is not None for p in network.parameters())
    layers = [type(layer) for layer in network[0]]
    assert layers.count(torch.nn.Conv2d) == (4 if "convolution a" in name or "added" in name else 2)


def test_a_shift_is_exact_and_nothing_is_lost(garments):
    still = pooling.moved(garments)
    np.testing.assert_allclose(still[:, 0], enlarge(garments, 28, 20), atol=1e-5)
    np.testing.assert_allclose(
        pooling.moved(garments, down=3)[:, :, 3:], still[:, :, :-3], atol=1e-5
    )
    right = pooling.moved(garments, right=4)
    np.testing.assert_allclose(right[..., 4:], still[..., :-4], atol=1e-5)
    np.testing.assert_allclose(right.sum((1, 2, 3)), still.sum((1, 2, 3)), rtol=1e-4)


def test_turns_are_clockwise_and_scales_enlarge(garments):
    still = pooling.moved(garments)
    quarter = pooling.moved(garments, angle=90)
    np.testing.assert_allclose(quarter, np.rot90(still, -1, (2, 3)), atol=1e-4)
    large, small = (pooling.moved(garments, scale=s).sum() for s in (1.2, 0.8))
    assert small / still.sum() == pytest.approx(0.64, abs=0.03)
    assert large / still.sum() == pytest.approx(1.44, abs=0.03)


def test_what_is_tested_on_was_not_trained_on():
    small = pooling.small_garments()
    part = pooling.split(small, 1000, seed=2)
    assert (len(part.x_train), len(part.x_test)) == (1000, 4000)
    np.testing.assert_array_equal(part.x_test[2000:], small.x_test)
    seen = {image.tobytes() for image in part.x_train}
    twins = sum(image.tobytes() in seen for image in part.x_test[:2000])
    assert twins == 0


def test_unmoved_garments_are_at_distance_zero_and_others_at_one():
    network = pooling.network("max 2x2")
    found = pooling.stillness(network, count=40)
    for kind, far in (("shift", "0"), ("turn", "0"), ("scale", "1.0")):
        assert found[kind][far]["distance"] == pytest.approx(0, abs=1e-5)
    errors = {found[kind][far]["error"] for kind, far in (("shift", "0"), ("turn", "0"))}
    assert len(errors) == 1
    distances = [found["shift"][str(far)]["distance"] for far in range(5)]
    assert distances == sorted(distances)
    assert 0.1 < distances[1] < distances[4] < 1.5
    assert distances[4] > 0.5


def test_the_seed_draws_the_batches(monkeypatch):
    """With the same images and the same first weights, two seeds see different batches."""
    part = pooling.split(pooling.small_garments(), 1000, seed=0)
    first = pooling.network("max 2x2").state_dict()
    monkeypatch.setattr(pooling, "split", lambda dataset, count, seed: part)

    def same_weights(builder, seed):
        model = builder()
        model.load_state_dict(first)
        return model

    monkeypatch.setattr(pooling, "build", same_weights)
    after = [pooling.train_one("max 2x2", 1000, s, steps=1)[0].state_dict() for s in (0, 1, 0)]
    for name, weight in after[0].items():
        assert torch.equal(weight, after[2][name])
    assert any(not torch.equal(weight, after[1][name]) for name, weight in after[0].items())


# ---- the part on textures


def test_the_result_of_the_textures_fits_the_code(record):
    found = record["textures"]
    assert found["settings"] == {
        "steps": pooling_textures.STEPS,
        "batch": pooling_textures.BATCH,
        "rates": list(pooling_textures.RATES),
        "seeds": list(pooling_textures.SEEDS),
    }
    assert list(found["error"]) == [str(noise) for noise in pooling_textures.NOISES]
    rates = [str(rate) for rate in pooling_textures.RATES]
    for noise, by_name in found["error"].items():
        assert list(by_name) == list(pooling_textures.POOLS)
        for name, by_rate in by_name.items():
            assert list(by_rate) == rates
            for halves in by_rate.values():
                assert {part: len(seeds) for part, seeds in halves.items()} == {
                    "choice": len(pooling_textures.SEEDS),
                    "test": len(pooling_textures.SEEDS),
                }
            chosen = found["best"][noise][name]
            assert chosen == pooling_textures.best(by_rate)
            assert chosen not in (rates[0], rates[-1])  # or a rate beyond them might be better


@pytest.mark.parametrize(
    ("name", "noise", "seed"), [("global max", 0, 1), ("global average", 2, 5)]
)
def test_one_run_on_textures_comes_out_again(record, name, noise, seed):
    rate = record["textures"]["best"][str(noise)][name]
    patches = pooling_textures.noisy(seed, noise)
    errors = pooling_textures.train_one(name, patches, seed, float(rate))
    for part, halves in record["textures"]["error"][str(noise)][name][rate].items():
        assert errors[part] == pytest.approx(halves[seed], abs=3)


def test_a_short_study_of_textures_is_the_same_again():
    short = {"noises": (2,), "rates": (0.01, 0.1), "seeds": (3,), "steps": 3}
    once, again = (pooling_textures.study(**short) for _ in range(2))
    assert once == again
    errors = once["error"]["2"]["global max"]
    assert errors["0.01"] != errors["0.1"]
    assert once["best"]["2"]["global max"] == min(errors, key=lambda r: errors[r]["choice"][0])


def test_rates_are_chosen_on_one_half_and_judged_on_the_other():
    x, y = torch.zeros(4, 1, 28, 28), torch.tensor([0, 1, 2, 0])
    test = torch.tensor([1, 1, 0, 0])  # the network learns to say 0: all of one half are wrong
    patches = x, torch.zeros_like(y), x, test
    found = pooling_textures.train_one("global max", patches, 0, 0.1, steps=50)
    assert found == {"choice": 100, "test": 0}
    assert pooling_textures.best({"0.1": {"choice": [9, 1]}, "0.3": {"choice": [5, 4]}}) == "0.3"


def test_noise_is_drawn_by_the_seed_for_both_parts():
    clean, loud = (pooling_textures.noisy(4, noise) for noise in (0, 2))
    added = [loud[part] - clean[part] for part in (0, 2)]
    assert [part.std().item() for part in added] == pytest.approx([2, 2], abs=0.02)
    assert torch.equal(pooling_textures.noisy(4, 2)[2], loud[2])
    other = pooling_textures.noisy(5, 2)[0] - pooling_textures.noisy(5, 0)[0]
    assert not torch.allclose(other, added[0], atol=0.1)
    for part in (1, 3):
        assert torch.equal(loud[part], clean[part])


def test_the_command_runs_both_parts(monkeypatch):
    monkeypatch.setattr(pooling, "study", lambda workers: {"error": workers})
    monkeypatch.setattr(pooling_textures, "study", lambda: {"best": 1})
    found = command.STUDIES["pooling"]()
    assert found["textures"] == {"best": 1}
    assert found["error"] >= 1
