"""The study of overfitting: what it draws, that it repeats, and that its result fits the code."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from cnnbook import data, experiments
from cnnbook.experiments import overfitting, overfitting_digits
from cnnbook.experiments.overfitting_digits import Setting

SHORT = Setting(images=60, width=5, steps=12)


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def record():
    return experiments.result("overfitting")


def rows(x: np.ndarray) -> set[bytes]:
    return {row.astype(np.float64).tobytes() for row in x}


def test_the_three_parts_share_no_digit():
    parts = overfitting_digits.draw(Setting(images=1400), 3)
    digits = data.digits(3)
    undone = {}
    mean, spread = digits.x_train.mean(), digits.x_train.std()
    for name in ("train", "validation", "test"):
        x, y = parts[name]
        assert x.shape == (len(y), 64)
        undone[name] = np.round(16 * (x * spread + mean)).astype(int)
    assert [len(undone[name]) for name in undone] == [1400, 197, 200]
    together = np.concatenate([*undone.values()])
    every = np.concatenate([digits.x_train, digits.x_test]).reshape(-1, 64)
    assert sorted(map(bytes, together.astype(np.uint8))) == sorted(
        map(bytes, np.round(16 * every).astype(np.uint8))
    )


def test_training_images_are_standardised_and_give_the_others_their_scale():
    parts = overfitting_digits.draw(SHORT, 0)
    x = parts["train"][0]
    assert x.mean() == pytest.approx(0, abs=1e-5)
    assert x.std() == pytest.approx(1, abs=1e-5)
    assert parts["validation"][0].mean() != pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_as_many_labels_are_wrong_as_were_asked_for(share):
    labels = np.arange(400) % 10
    spoilt = overfitting_digits.wrong(labels, share, np.random.default_rng(0))
    assert np.mean(spoilt != labels) == share
    assert set(spoilt) <= set(range(10))
    assert labels.tolist() == (np.arange(400) % 10).tolist()


def test_only_training_labels_are_wrong():
    plain, noisy = (overfitting_digits.draw(replace(SHORT, label_noise=z), 1) for z in (0, 0.5))
    for name, (x, y) in plain.items():
        assert np.array_equal(x, noisy[name][0])
        assert np.array_equal(y, noisy[name][1]) == (name != "train")


def test_every_shift_befalls_the_test_images_alone():
    parts = overfitting_digits.draw(SHORT, 0)
    shifted = {name for name in parts if name.startswith("test, ")}
    assert shifted == {f"test, {name}" for name in overfitting_digits.SHIFTS if name != "none"}
    x, y = parts["test"]
    for name in shifted:
        assert np.array_equal(parts[name][1], y)
        assert not np.allclose(parts[name][0], x)
    moved = parts["test, 1 pixel right"][0].reshape(-1, 8, 8)
    np.testing.assert_array_equal(moved[:, :, 1:], x.reshape(-1, 8, 8)[:, :, :-1])


def test_views_keep_what_they_promise():
    x, rng = np.random.default_rng(1).random((3, 8, 8)), np.random.default_rng(0)
    views = {name: view(x, rng) for name, view in overfitting_digits.VIEWS.items()}
    assert np.array_equal(views["pixels"], x)
    np.testing.assert_allclose(views["means of 2x2"][1, 0, 3], x[1, 0:2, 6:8].mean())
    np.testing.assert_allclose(views["means of 4x4"][2, 1, 0], x[2, 4:8, 0:4].mean())
    mixed = views["each in its own order"]
    for before, after in zip(x.reshape(3, -1), mixed, strict=True):
        assert not np.array_equal(before, after)
        assert np.array_equal(np.sort(before), np.sort(after))
    twins = overfitting_digits.own_order(np.stack([x[0], x[0]]), rng)
    assert not np.array_equal(*twins)


def test_what_the_digits_refuse():
    with pytest.raises(ValueError, match="no view 'edges'; there are pixels, means of 2x2"):
        overfitting_digits.draw(replace(SHORT, view="edges"), 0)


def test_stacked_networks_learn_as_each_would_alone():
    together = overfitting.run(SHORT, (0, 4))["final"]
    alone = overfitting.run(SHORT, (4,))["final"]
    for part, kinds in alone.items():
        for kind, values in kinds.items():
            assert together[part][kind][1] == pytest.approx(values[0], abs=2e-3), (part, kind)
    assert together["train"]["loss"][0] != together["train"]["loss"][1]


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_a_step_is_that_of_torch(decay):
    setting = replace(SHORT, steps=3, decay=decay)
    parts = overfitting_digits.stacked(setting, (2,))
    ours = overfitting.train(setting, (2,), parts)
    hidden_weight, hidden_bias, weight, bias = overfitting.first_weights(64, setting.width, (2,))
    network = torch.nn.Sequential(
        torch.nn.Linear(64, setting.width), torch.nn.Tanh(), torch.nn.Linear(setting.width, 10)
    )
    first = (hidden_weight[0].T, hidden_bias[0, 0], weight[0].T, bias[0, 0])
    with torch.no_grad():
        for p, value in zip(network.parameters(), first, strict=True):
            p.copy_(value)
    weights, biases = [network[0].weight, network[2].weight], [network[0].bias, network[2].bias]
    groups = [{"params": weights, "weight_decay": decay}, {"params": biases}]
    updates = torch.optim.SGD(groups, lr=overfitting.RATE, momentum=overfitting.MOMENTUM)
    x, y = (values[0] for values in parts["train"])
    dice = torch.Generator().manual_seed(1002)
    for _ in range(3):
        batch = torch.randint(setting.images, (overfitting.BATCH,), generator=dice)
        updates.zero_grad()
        F.cross_entropy(network(x[batch]), y[batch]).backward()
        updates.step()
    theirs = (network[0].weight.T, network[0].bias, network[2].weight.T, network[2].bias)
    for p, q in zip(ours, theirs, strict=True):
        torch.testing.assert_close(p[0].reshape(q.shape), q, rtol=1e-5, atol=1e-6)


def test_errors_and_losses_are_counted_by_network():
    identity = [
        torch.eye(10)[None],
        torch.zeros(1, 1, 10),
        torch.eye(10)[None],
        torch.zeros(1, 1, 10),
    ]
    x = torch.eye(10)[None, :4]
    found = overfitting.measure(identity, (x, torch.tensor([[0, 1, 2, 9]])))
    high = np.tanh(1)
    losses = [np.log(np.exp(high) + 9) - right for right in (high, high, high, 0)]
    assert found["error"] == [0.25]
    assert found["loss"] == [pytest.approx(np.mean(losses), abs=1e-4)]


def test_curves_start_before_the_first_step_and_end_after_the_last():
    found = overfitting.run(replace(SHORT, steps=40), (0, 1))
    curves = found["curves"]
    assert (curves["step"][0], curves["step"][-1]) == (0, 40)
    assert curves["step"] == sorted(set(curves["step"]))
    for part in ("train", "validation"):
        for kind in ("loss", "error"):
            assert np.shape(curves[part][kind]) == (len(curves["step"]), 2)
            assert curves[part][kind][-1] == found["final"][part][kind]
    assert np.mean(curves["train"]["loss"][0]) > np.mean(curves["train"]["loss"][-1])


def test_bias_and_variance_add_up_to_the_error():
    parts = overfitting.resampled(3, 0, images=40, sets=4)
    assert parts["bias2"] + parts["variance"] == pytest.approx(parts["error"], rel=1e-9)
    assert 0 < parts["variance"] < 1


def test_the_result_says_how_it_was_made(record):
    assert record["command"] == "python -m cnnbook.experiments overfitting"
    settings = record["settings"]
    assert settings["base"] == vars(overfitting.BASE)
    assert settings["seeds"] == list(overfitting.SEEDS)
    assert (settings["batch"], settings["sets"]) == (overfitting.BATCH, overfitting.SETS)
    assert (settings["rate"], settings["momentum"]) == (overfitting.RATE, overfitting.MOMENTUM)


def test_the_result_fits_the_code(record):
    assert list(record["sweeps"]) == list(overfitting.SWEEPS)
    for name, (_, _, values) in overfitting.SWEEPS.items():
        assert list(record["sweeps"][name]) == [str(value) for value in values]
        for final in record["sweeps"][name].values():
            assert len(final["test"]["error"]) == len(overfitting.SEEDS)
    assert list(record["curves"]) == list(overfitting.CURVES)
    for name, setting in overfitting.CURVES.items():
        assert record["curves"][name]["step"] == overfitting.marks(setting.steps)
    for groups in record["resampled"].values():
        assert len(groups) == len(overfitting.GROUPS)
        for parts in groups:
            assert parts["bias2"] + parts["variance"] == pytest.approx(parts["error"])


def test_one_run_of_the_study_comes_out_again(record):
    name, value = "images", 100
    base, field, _ = overfitting.SWEEPS[name]
    again = overfitting.run(replace(base, **{field: value}), (1,))["final"]
    kept = record["sweeps"][name][str(value)]
    for part, kinds in again.items():
        # another processor may add in another order, and training enlarges the last digits
        assert kinds["error"][0] == pytest.approx(kept[part]["error"][1], abs=0.03)


def test_a_short_study_has_the_form_of_the_long_one(record, capsys):
    sweeps = {"width": (SHORT, "width", (1, 2))}
    short = overfitting.study(sweeps, {"plain": SHORT}, widths=(2,), seeds=(0,), sets=2)
    assert short.keys() == record.keys() - {"command", "date", "versions"}
    kept = record["sweeps"]["width"]["1"]
    assert short["sweeps"]["width"]["1"].keys() == kept.keys()
    assert short["curves"]["plain"].keys() == record["curves"]["plain"].keys()
    assert len(short["resampled"]["2"]) == len(overfitting.GROUPS)
    assert "width 2" in capsys.readouterr().err
