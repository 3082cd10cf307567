"""The studies of normalisation: results fit the code, parts of them run again, layers are right."""

import numpy as np
import pytest
import torch

from cnnbook import experiments, reference
from cnnbook.experiments import covariate_shift, denoising, normalisation, normed


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


STUDIES = {
    "normalisation": normalisation,
    "covariate-shift": covariate_shift,
    "denoising": denoising,
}


@pytest.fixture(scope="module")
def records():
    return {name: experiments.result(name) for name in STUDIES}


def shape(record):
    """Return the keys of nested dicts, and the type of what they hold."""
    return {k: shape(v) for k, v in record.items()} if isinstance(record, dict) else type(record)


@pytest.mark.parametrize("name", STUDIES)
def test_the_result_says_how_it_was_made(name, records):
    record = records[name]
    assert record["command"] == f"python -m cnnbook.experiments {name}"
    assert set(record["versions"]) == {"python", "numpy", "torch"}
    assert record["settings"]["seeds"] == list(STUDIES[name].SEEDS)
    assert record["settings"]["steps"] == STUDIES[name].STEPS


def test_the_result_of_normalisation_fits_the_code(records):
    short = normalisation.study(seeds=(0,), seen=64, steps=1, few_steps=1)
    for part in ("sizes", "forms", "dropout"):
        assert shape(short[part]) == shape(records["normalisation"][part])
    for runs in records["normalisation"]["forms"].values():
        assert {len(numbers) for numbers in runs.values()} == {len(normalisation.SEEDS)}


def test_the_result_of_covariate_shift_fits_the_code(records):
    short = covariate_shift.study(seeds=(0,), rates=(0.1,), steps=covariate_shift.EVERY)
    record = records["covariate-shift"]
    assert list(record["runs"]) == list(covariate_shift.KINDS)
    for kind, by_rate in record["runs"].items():
        assert list(by_rate) == [str(rate) for rate in covariate_shift.RATES]
        for runs in by_rate.values():
            assert len(runs) == len(covariate_shift.SEEDS)
            assert {len(run["loss"]) for run in runs} == {covariate_shift.STEPS}
        assert short["runs"][kind]["0.1"][0].keys() == by_rate["0.1"][0].keys()


def test_the_result_of_denoising_fits_the_code(records):
    short = denoising.study(seeds=(0,), steps=1)
    assert shape(short["psnr"]) == shape(records["denoising"]["psnr"])
    assert short["parameters"] == records["denoising"]["parameters"]


def test_a_run_of_each_study_comes_out_again(records):
    # another processor may add in another order, and training enlarges the last digits
    seed = 1
    _, errors = normalisation.train_one({}, 16, seed)
    before = records["normalisation"]["sizes"]["batch"]["16"]
    assert errors["test"] == pytest.approx(before["test"][seed], abs=2.5)
    assert errors["recomputed"] == pytest.approx(before["recomputed"][seed], abs=2.5)
    steps = covariate_shift.EVERY
    run = covariate_shift.train_one("noisy batch", 0.1, seed, steps)
    before = records["covariate-shift"]["runs"]["noisy batch"]["0.1"][seed]
    np.testing.assert_allclose(run["loss"], before["loss"][:steps], atol=0.05)
    assert run["shift"][0] == pytest.approx(before["shift"][0], rel=0.1)
    assert run["change 0.1"][0] == pytest.approx(before["change 0.1"][0], rel=0.2)
    found = denoising.train_one("batch", "the noise", denoising.RATES[0], seed)
    before = records["denoising"]["psnr"]["the noise"]["batch"][str(denoising.RATES[0])]
    assert found["test"] == pytest.approx(before["test"][seed], abs=0.5)


def test_the_same_seed_gives_the_same_numbers():
    once, again = (normalisation.train_one({}, 64, 3, steps=3)[1] for _ in range(2))
    assert once == again
    once, again = (covariate_shift.train_one("noisy batch", 0.1, 3, steps=15) for _ in range(2))
    assert once == again


def test_the_rate_shrinks_with_the_batch(monkeypatch):
    steps, tops = 100, {}

    def note(model, part, steps, batch, schedule, **rest):
        tops[batch] = max(schedule(step) for step in range(steps))
        return original(model, part, 1, batch, schedule, **rest)

    original = normalisation.train
    monkeypatch.setattr(normalisation, "train", note)
    for batch in (4, 64):
        normalisation.train_one({"norm": "none"}, batch, steps=steps)
    assert tops[64] == pytest.approx(0.2, rel=1e-3)
    assert tops[4] == pytest.approx(0.2 / 8, rel=1e-3)  # 16 to the power 3/4


@pytest.mark.parametrize(
    "variant", [*normalisation.FORMS.values(), *normalisation.DROPOUTS.values()]
)
def test_every_network_learns_and_shares_its_first_weights(variant):
    torch.manual_seed(0)
    network = normed.network(**variant)
    torch.manual_seed(0)
    plain = normed.network("none")
    own, others = (
        [layer for layer in net if isinstance(layer, torch.nn.Conv2d)] for net in (network, plain)
    )
    for a, b in zip(own, others, strict=True):
        torch.testing.assert_close(a.weight, b.weight, rtol=0, atol=0)
    network(torch.rand(4, 1, 14, 14)).sum().backward()
    assert all(p.grad is not None for p in network.parameters())


def test_where_normalisation_and_dropout_stand():
    names = [type(layer).__name__ for layer in normed.network(inside=0.5, end=0.25)]
    inside = ["Conv2d", "BatchNorm2d", "ReLU", "Dropout"]
    end = ["Conv2d", "BatchNorm2d", "ReLU", "AdaptiveAvgPool2d", "Flatten", "Dropout", "Linear"]
    assert names == [*inside, *inside, *end]
    after = [type(layer).__name__ for layer in normed.network(after=True)][:3]
    assert after == ["Conv2d", "ReLU", "BatchNorm2d"]
    bare = normed.network(affine=False, momentum=0.3)
    assert [bn.weight for bn in normed.norms_of(bare)] == [None] * 3
    assert [bn.momentum for bn in normed.norms_of(bare)] == [0.3] * 3


def test_group_norms_ends_are_layer_and_instance_norm():
    x = torch.randn(2, 8, 3, 5, generator=torch.Generator().manual_seed(0)) + 2
    layer = reference.layer_norm(x.numpy(), (8, 3, 5))[0]
    instance = reference.instance_norm(x.numpy())[0]
    np.testing.assert_allclose(normed.NORMS["layer"](8)(x).detach(), layer, atol=1e-5)
    np.testing.assert_allclose(normed.NORMS["instance"](8)(x).detach(), instance, atol=1e-5)


def test_standardised_weights_are_those_of_the_reference():
    torch.manual_seed(0)
    layer = normed.StandardisedConv2d(3, 4, 3, 2, 1).double()
    x = torch.randn(2, 3, 7, 9, dtype=torch.float64)
    weight, _ = reference.weight_standardise(layer.weight.detach().numpy())
    y, _ = reference.conv2d(x.numpy(), weight, layer.bias.detach().numpy(), 2, 1)
    np.testing.assert_allclose(layer(x).detach(), y, rtol=1e-10)


def test_recomputed_statistics_are_those_of_the_images():
    x = np.random.default_rng(0).normal(3, 2, (40, 1, 14, 14)).astype(np.float32)
    model = normed.network(inside=0.5)
    normed.recompute(model, x, batch=20)
    assert not any(layer.training for layer in model.modules())
    with torch.no_grad():
        z = model[0](torch.as_tensor(x))
    bn = normed.norms_of(model)[0]
    np.testing.assert_allclose(bn.running_mean, z.mean((0, 2, 3)), rtol=1e-4, atol=1e-5)
    halves = (half.var((0, 2, 3)) for half in z.split(20))
    np.testing.assert_allclose(bn.running_var, sum(halves) / 2, rtol=1e-4)
    np.testing.assert_allclose(normed.variance_shift(model, x)[0], 1, rtol=0.05)


def test_noise_shifts_in_training_only_and_anew_at_each_step():
    noise, x = covariate_shift.Noise(2, seed=1), torch.ones(50, 3, 4, 4)
    first, same = noise(x), noise(x)
    torch.testing.assert_close(first, same)
    covariate_shift.at_step(noise, 1)
    assert (noise(x) - first).abs().mean() > 0.05
    values = torch.stack([covariate_shift.Noise(0, seed)(x) for seed in range(40)])
    low = 1 - 0.5 - 2 * 0.1
    high = 1.25 + 0.5 + 2 * 0.1
    assert low < values.min() < 0.6
    assert 1.5 < values.max() < high
    torch.testing.assert_close(noise.eval()(x), x)


def test_a_shift_is_counted_in_standard_deviations():
    mean, std = torch.zeros(2, 3), torch.full((2, 3), 2.0)
    mean[1] = torch.tensor([1.0, 2.0, 3.0])
    moved = covariate_shift.shift([(mean[0], std[0])], [(mean[1], std[1])])
    assert moved == pytest.approx(1)
    dead = torch.tensor([2.0, 2.0, 0.0])
    assert covariate_shift.shift([(mean[0], dead)], [(mean[1], dead)]) == pytest.approx(0.75)


def test_a_frozen_network_shifts_nothing_and_its_gradients_agree():
    model = covariate_shift.network("batch")
    x = torch.randn(16, 1, 14, 14, generator=torch.Generator().manual_seed(0))
    y = torch.arange(16) % 10
    state = {k: v.clone() for k, v in model.state_dict().items()}
    assert covariate_shift.covariate_shift(model, state, x, y, 0) == pytest.approx(1, abs=1e-5)
    seen = covariate_shift.seen(model, x)
    assert len(seen) == covariate_shift.DEPTH - 1
    assert covariate_shift.shift(seen, covariate_shift.seen(model, x)) == 0
    with torch.no_grad():
        model[0][0].weight.add_(torch.randn_like(model[0][0].weight))
    assert covariate_shift.covariate_shift(model, state, x, y, 0) < 0.99


def test_looking_leaves_the_network_as_it_is():
    model = covariate_shift.network("none")
    x, y = torch.randn(8, 1, 14, 14), torch.arange(8)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    found = covariate_shift.look(model, x, y)
    for key, value in model.state_dict().items():
        torch.testing.assert_close(value, before[key], rtol=0, atol=0)
    assert set(found) == {"gradient", *(f"change {far}" for far in covariate_shift.ALONG)}


def test_the_noise_of_the_patches_is_as_loud_as_said():
    train, test = denoising.patches()
    assert train.shape[1:] == (20, 20)
    assert test.shape[1:] == (1, 20, 20)
    clean = denoising.scaled(test)
    assert clean.abs().max() <= 1
    truth = torch.zeros(1, 1, 4, 4)
    assert denoising.psnr(truth + 2, truth) == pytest.approx(0)
    assert denoising.psnr(truth + 0.2, truth) == pytest.approx(20, abs=1e-4)
    assert 20 * np.log10(255 / denoising.NOISE) == pytest.approx(20.17, abs=0.01)


def test_the_two_targets_differ_by_what_is_subtracted():
    noisy = torch.rand(2, 1, 20, 20)
    torch.testing.assert_close(denoising.clean(torch.exp, noisy, "the image"), noisy.exp())
    torch.testing.assert_close(denoising.clean(torch.exp, noisy, "the noise"), noisy - noisy.exp())
