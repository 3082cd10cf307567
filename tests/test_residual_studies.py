"""The studies of residual learning: results fit the code, parts run again, surgery is surgery."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn

from cnnbook import experiments
from cnnbook.experiments import branches, loss_cut, residual, residual_surgery, shortcuts
from cnnbook.models import preactivation, resnet, resnet_cifar
from cnnbook.training import build


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


STUDIES = {"residual": residual, "residual-surgery": residual_surgery, "loss-cut": loss_cut}


@pytest.fixture(scope="module")
def records():
    return {name: experiments.result(name) for name in STUDIES}


@pytest.fixture(scope="module")
def images():
    x = torch.randn(6, 1, 14, 14, generator=torch.Generator().manual_seed(0))
    return x, torch.arange(6)


def shape(record):
    """Return the keys of nested dicts and the lengths of nested lists, but for those of seeds."""
    if isinstance(record, dict):
        return {key: shape(value) for key, value in record.items()}
    if isinstance(record, list):
        return [shape(record[0])] if record else []
    return type(record).__name__


@pytest.mark.parametrize("name", STUDIES)
def test_the_result_says_how_it_was_made(name, records):
    record = records[name]
    assert record["command"] == f"python -m cnnbook.experiments {name}"
    assert set(record["versions"]) == {"python", "numpy", "torch"}
    assert record["settings"]["seeds"] == list(STUDIES[name].SEEDS)
    assert record["settings"]["steps"] == residual.STEPS


def test_the_result_of_residual_fits_the_code(records, monkeypatch):
    record = records["residual"]
    monkeypatch.setattr(residual, "RATES", (0.1,))
    monkeypatch.setattr(residual, "BARE_RATES", (0.01,))
    monkeypatch.setattr(residual, "BARE_SEARCH_SEEDS", (100,))
    monkeypatch.setattr(residual, "ABLATIONS", (shortcuts.BARE,))
    monkeypatch.setattr(residual, "ABLATED", 8)
    monkeypatch.setattr(residual, "GRADIENT_DEPTHS", (8,))
    short = residual.study((0,), (0,), (8,), steps=1, longer=2)
    for kind in shortcuts.KINDS:
        assert list(record["runs"][kind]) == ["56", "32", "20", "8"]
        for runs in record["runs"][kind].values():
            assert shape(short["runs"][kind]["8"]) == shape(runs)
            assert {len(numbers) for numbers in runs.values()} == {len(residual.SEEDS)}
            assert {len(curve) for curve in runs["loss"]} == {residual.POINTS}
        assert shape(short["longer"][kind]) == shape(record["longer"][kind])
        for when, by_kind in record["gradients"].items():
            assert set(by_kind[kind]) == {"20", "56"}
            for depth, found in by_kind[kind].items():
                counts = {key: {len(each) for each in found[key]} for key in found}
                layers = int(depth) - 1
                assert counts == {"weight": {layers}, "size": {layers}, "output": {layers // 2}}
                assert shape(short["gradients"][when][kind]["8"]) == shape(found)
    assert list(record["ablations"]) == list(shortcuts.ABLATIONS)
    for runs in record["ablations"].values():
        assert short["ablations"][shortcuts.BARE].keys() == runs.keys()
        assert {len(numbers) for numbers in runs.values()} == {len(residual.FEW_SEEDS)}


def test_every_network_had_its_own_best_rate(records):
    rates = records["residual"]["rates"]
    assert list(rates) == [*shortcuts.KINDS, *shortcuts.ABLATIONS]
    for kind, by_depth in rates.items():
        for losses in by_depth.values():
            assert [float(rate) for rate in losses] == list(residual.tries(kind)[0])
    for kind, best in residual.BEST.items():
        found = {int(d): float(min(by, key=by.get)) for d, by in rates[kind].items()}
        assert found == best


def test_the_result_of_the_surgery_fits_the_code(records, monkeypatch):
    record = records["residual-surgery"]
    monkeypatch.setattr(residual_surgery, "NETWORKS", (("residual", 20), ("plain", 20)))
    monkeypatch.setattr(residual_surgery, "IMAGES", 20)
    monkeypatch.setattr(residual_surgery, "CHOOSING", 20)
    short = residual_surgery.study((0,), steps=1)
    for kind in ("residual", "plain"):
        assert shape(short["networks"][kind]["20"]) == shape(record["networks"][kind]["20"])
    assert short["arrangements"]["stages"] == record["arrangements"]["stages"]
    for kind, table in record["arrangements"]["accuracy"].items():
        assert np.shape(table) == np.shape(short["arrangements"]["accuracy"][kind]) == (16, 10, 10)
        own = record["networks"][kind]["20"]
        assert table[0][0][0] == round(10 * own["whole"][0])
        # what was measured alone stands in the table too
        stages = record["arrangements"]["stages"]
        where = [
            (way.index(a), stage)
            for stage, (way, a) in enumerate(zip(stages, ("12", "35", "67"), strict=True))
        ]
        places = [[0, 0, 0] for _ in where]
        for place, (index, stage) in zip(places, where, strict=True):
            place[stage] = index
        found = [table[a][b][c] / 10 for a, b, c in places]
        assert found == [own["deleted"][0][block] for block in (0, 4, 8)]
        index = stages[0].index("102")
        assert table[index][0][0] / 10 == own["swapped"][0][0]
    assert shape(short["longer"]) == shape(record["longer"])
    for key in ("deleted", "adapted"):
        assert [len(each) for each in record["longer"][key]] == 3 * [27]
    assert [len(each) for each in record["networks"]["residual"]["56"]["adapted"]] == 3 * [27]
    for networks in record["networks"].values():
        for depth, found in networks.items():
            count = (int(depth) - 2) // 2
            assert {len(each) for each in found["deleted"]} == {count}
            for each in found["greedy"]:
                assert sorted(each["order"]) == list(range(count))
                assert len(each["accuracy"]) == count + 1


def test_the_result_of_the_cuts_fits_the_code(records, monkeypatch):
    record = records["loss-cut"]
    monkeypatch.setattr(loss_cut, "NETWORKS", (("plain", 20),))
    monkeypatch.setattr(loss_cut, "MAP_DEPTH", 20)
    monkeypatch.setattr(loss_cut, "IMAGES", 20)
    short = loss_cut.study((0,), steps=1, points=3)
    assert shape(short["cuts"]["plain"]["20"]) == shape(record["cuts"]["plain"]["20"])
    assert np.shape(short["maps"]["plain"]) == (3, 3)
    first, second = short["cuts"]["plain"]["20"]["batch"][0][:2]
    assert [row[1] for row in short["maps"]["plain"]] == pytest.approx(first, rel=0.01)
    assert short["maps"]["plain"][1] == pytest.approx(second, rel=0.01)
    points, side = (len(record["settings"][key]) for key in ("along", "map_along"))
    assert record["settings"]["along"][points // 2] == 0
    assert set(record["maps"]) == {"plain", "residual"}
    for kind, table in record["maps"].items():
        assert np.shape(table) == (side, side)
        first, second = record["cuts"][kind]["56"]["batch"][0][:2]
        middle = side // 2
        # the axes of the map are the first two cuts
        assert table[0][middle] == pytest.approx(first[0], rel=0.01)
        assert table[middle][-1] == pytest.approx(second[-1], rel=0.01)
    for by_depth in record["cuts"].values():
        assert set(by_depth) == {"20", "56"}
        for found in by_depth.values():
            for losses in found.values():
                assert np.shape(losses) == (3, loss_cut.DIRECTIONS, points)
                assert np.ptp(np.array(losses)[:, :, points // 2], axis=1).max() == 0


def test_a_run_of_each_study_comes_out_again(records):
    # another processor may add in another order, and training enlarges the last digits
    seed, kind, depth = 1, "residual", 8
    found = residual.run((kind, depth, seed, residual.BEST[kind][depth], residual.STEPS))
    before = records["residual"]["runs"][kind][str(depth)]
    for key in ("train", "test", "test recomputed"):
        assert found[key] == pytest.approx(before[key][seed], abs=2.5)
    np.testing.assert_allclose(found["loss"][:5], before["loss"][seed][:5], rtol=0.05)
    model = build(lambda: shortcuts.network("plain", 20), seed)
    first = residual.gradients(model)
    before = records["residual"]["gradients"]["start"]["plain"]["20"]
    for key, sizes in first.items():
        np.testing.assert_allclose(sizes, before[key][seed], rtol=0.02)
    moves = residual_surgery.first_moves("residual", 20, seed)
    before = records["residual-surgery"]["networks"]["residual"]["20"]["first moves"][seed]
    for key, numbers in moves.items():
        np.testing.assert_allclose(numbers, before[key], atol=0.001)


def test_the_search_takes_the_mean_over_its_seeds(monkeypatch):
    monkeypatch.setattr(residual, "trial", lambda job: job[2] * 100 + job[3] - 101)
    cells = [(shortcuts.BARE, 32), ("plain", 8)]
    found = residual.search(cells, 1, 1)
    assert found[cells[0]] == {rate: pytest.approx(100 * rate) for rate in residual.BARE_RATES}
    assert found[cells[1]] == {rate: pytest.approx(100 * rate - 1) for rate in residual.RATES}


def test_the_settings_of_the_result_are_those_of_the_code(records):
    settings = records["residual"]["settings"]
    assert settings == {
        "steps": residual.STEPS,
        "longer": residual.LONGER,
        "batch": residual.BATCH,
        "seeds": list(residual.SEEDS),
        "few_seeds": list(residual.FEW_SEEDS),
        "search_seed": residual.SEARCH_SEED,
        "seen": residual.SEEN,
        "bare_search_seeds": list(residual.BARE_SEARCH_SEEDS),
        "ablated": residual.ABLATED,
        "deep": residual.DEEP,
    }


def test_a_network_that_diverges_guesses():
    found = residual.run((shortcuts.BARE, 8, 0, 1e9, 3))
    assert found["train"] == found["test recomputed"] == 90
    assert found["loss"] == []
    assert residual.trial((shortcuts.BARE, 8, 1e9, 0, 3)) == pytest.approx(np.log(10), abs=1e-3)


def test_a_curve_is_thinned_to_means():
    assert residual.thinned([1, 3, 5, 7], points=2) == [2, 6]
    assert residual.thinned([1, 3], points=50) == [1, 3]


def test_the_networks_are_those_of_the_package_but_narrower():
    own = shortcuts.network("residual", 20)
    others = resnet_cifar.resnet20(channels=1, size=14)
    assert list(own.state_dict()) == list(others.state_dict())
    pre = shortcuts.network("pre-activation", 20)
    assert list(pre.state_dict()) == list(preactivation.preresnet20(1, 10, 14).state_dict())
    assert [stage[-1].branch[3].out_channels for stage in own.stages] == [8, 16, 32]
    assert all(isinstance(pre.stages[i][0].activate[0], nn.BatchNorm2d) for i in (1, 2))
    for depth in shortcuts.DEPTHS:
        assert len(shortcuts.blocks_of(shortcuts.network("plain", depth))) == (depth - 2) // 2


def test_plain_and_residual_start_with_the_same_weights():
    plain, other = (build(lambda k=k: shortcuts.network(k, 20), 3) for k in ("plain", "residual"))
    for a, b in zip(plain.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


@pytest.mark.parametrize("kind", shortcuts.KINDS + shortcuts.ABLATIONS)
def test_every_kind_learns(kind, images):
    x, y = images
    model = shortcuts.network(kind, 20)
    nn.functional.cross_entropy(model(x), y).backward()
    assert all(p.grad is not None for p in model.parameters())


def test_each_ablation_changes_one_thing(images):
    x = images[0].relu().expand(-1, 8, -1, -1)
    blocks = {}
    for kind in shortcuts.ABLATIONS:
        blocks[kind] = build(lambda kind=kind: shortcuts.changed(kind, 8, 8, 1), 0)
    same = resnet.Basic(8, 8, 1, projected=False)
    same.load_state_dict(blocks[shortcuts.HALF].state_dict())
    branch = same.branch(x)
    half = blocks[shortcuts.HALF](x)
    torch.testing.assert_close(half, (branch + 0.5 * x).relu())
    torch.testing.assert_close(blocks[shortcuts.RECTIFIED](x), x + branch.relu())
    torch.testing.assert_close(blocks[shortcuts.PROJECTED](x), (branch + x).relu())
    kinds = {kind: [type(layer).__name__ for layer in blocks[kind].modules()] for kind in blocks}
    assert kinds[shortcuts.CONVOLVED].count("Conv2d") == 3
    assert kinds[shortcuts.BARE].count("BatchNorm2d") == 0
    assert all(conv.bias is not None for conv in blocks[shortcuts.BARE].branch[::2])
    bare = shortcuts.network(shortcuts.BARE, 20)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in bare.modules())
    shrinking = shortcuts.changed(shortcuts.PROJECTED, 8, 16, 2)
    assert [type(layer) for layer in shrinking.shortcut] == [nn.Conv2d, nn.BatchNorm2d]


def test_wrong_kinds_and_depths_are_refused():
    with pytest.raises(ValueError, match="no kind 'dense'"):
        shortcuts.network("dense", 20)
    for depth in (2, 18, 21):
        with pytest.raises(ValueError, match=f"got {depth}"):
            shortcuts.network("plain", depth)


def test_a_deleted_block_leaves_its_shortcut(images):
    x = images[0].relu().expand(-1, 8, -1, -1)
    torch.testing.assert_close(shortcuts.bypass(resnet.Basic(8, 8, 1, False, False))(x), x)
    first = resnet.Basic(8, 16, 2, projected=False)
    y = shortcuts.bypass(first)(x)
    torch.testing.assert_close(y, first.shortcut(x))
    torch.testing.assert_close(y[:, :8], x[:, :, ::2, ::2])
    assert not y[:, 8:].any()


def test_errors_with_new_statistics_do_not_need_the_old():
    model, history = residual.train_one("residual", 8, 0, 0.1, steps=40)
    good = residual.errors(model, history)
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean += 5
    bad = residual.errors(model, history)
    assert good["train"] < 45
    assert bad["train"] > 60
    assert bad["train loss"] > good["train loss"]
    for part in ("train", "test"):
        assert bad[f"{part} recomputed"] == good[f"{part} recomputed"] < 45
    assert good["test"] == pytest.approx(100 * (1 - history.test_accuracy), abs=1e-4)
    assert good["last loss"] == pytest.approx(np.mean(history.loss[-25:]), abs=1e-4)


def test_gradients_are_those_of_a_step_of_training():
    model = build(lambda: shortcuts.network("residual", 8), 0)
    before = deepcopy(model.state_dict())
    found = residual.gradients(model.eval(), batches=1)
    assert not model.training
    for key, value in model.state_dict().items():
        torch.testing.assert_close(value, before[key], rtol=0, atol=0)
    part = residual.garments()
    x, y = (torch.as_tensor(a[: residual.BATCH]) for a in (part.x_train, part.y_train))
    outputs = []
    model.train().stages[1][0].register_forward_hook(
        lambda block, inputs, output: (output.retain_grad(), outputs.append(output))[1]
    )
    nn.functional.cross_entropy(model(x), y.long()).backward()
    assert found["weight"][0] == pytest.approx(float(model.stem[0].weight.grad.norm()), rel=1e-3)
    last = model.stages[2][0].branch[3].weight
    assert found["weight"][-1] == pytest.approx(float(last.grad.norm()), rel=1e-3)
    assert found["size"][-1] == pytest.approx(float(last.detach().norm()), rel=1e-3)
    assert found["output"][1] == pytest.approx(float(outputs[0].grad.norm()), rel=1e-3)


def test_the_ways_of_a_stage_are_all_there_are():
    ways = [residual_surgery.ways(stage) for stage in range(3)]
    assert [len(each) for each in ways] == [16, 10, 10]
    assert [each[0] for each in ways] == ["012", "345", "678"]
    assert all(len(set(each)) == len(each) and "" in each for each in ways)
    assert all(way.find("3") <= 0 for way in ways[1])
    assert {"54", "354", "3"} <= set(ways[1])
    assert {"210", "20"} <= set(ways[0])


@pytest.fixture(scope="module")
def operated():
    return build(lambda: shortcuts.network("residual", 20), 0).eval()


def test_blocks_go_through_in_the_order_they_are_written(operated, images):
    x = operated.stem(images[0])
    blocks = shortcuts.blocks_of(operated)
    found = residual_surgery.through(x, blocks, 0, "20")
    torch.testing.assert_close(found, blocks[0](blocks[2](x)))
    y = residual_surgery.through(found, blocks, 1, "5")
    torch.testing.assert_close(y, blocks[5](shortcuts.bypass(blocks[3])(found)))
    whole = x
    for stage, way in enumerate(("012", "345", "678")):
        whole = residual_surgery.through(whole, blocks, stage, way)
    torch.testing.assert_close(residual_surgery.head(operated, whole), operated(images[0]))


def test_swapped_blocks_stand_in_each_others_place(operated, monkeypatch):
    monkeypatch.setattr(residual_surgery, "IMAGES", 5)
    monkeypatch.setattr(residual_surgery, "right", lambda logits, y: logits)
    found = residual_surgery.swapped(operated)
    x, _ = residual_surgery.images("test", 5)
    orders = ((1, 0, 2), (2, 1, 0), (0, 2, 1), (3, 5, 4), (6, 8, 7))
    for logits, order in zip(found, orders, strict=True):
        blocks = shortcuts.blocks_of(operated)
        blocks[min(order) : min(order) + 3] = [blocks[place] for place in order]
        torch.testing.assert_close(logits, residual_surgery.run_blocks(operated, blocks, x))


def test_without_each_deletes_one_block_and_keeps_the_deleted(operated, images):
    blocks, x = shortcuts.blocks_of(operated), images[0]
    blocks[7] = nn.Identity()
    blocks[3] = shortcuts.bypass(blocks[3])
    logits = residual_surgery.without_each(operated, blocks, x, lambda z: z)
    for place, found in enumerate(logits):
        rest = list(blocks)
        if place not in (3, 7):
            rest[place] = shortcuts.bypass(blocks[place])
        torch.testing.assert_close(found, residual_surgery.run_blocks(operated, rest, x))


def test_the_greedy_order_takes_the_cheapest_block_first(operated, monkeypatch):
    monkeypatch.setattr(residual_surgery, "IMAGES", 30)
    monkeypatch.setattr(residual_surgery, "CHOOSING", 30)
    model = deepcopy(operated)
    useless = model.stages[1][2].branch
    nn.init.zeros_(useless[4].weight)  # this branch adds nothing, so its end costs nothing
    nn.init.zeros_(useless[4].bias)
    nn.init.zeros_(model.stages[2][1].branch[4].weight)
    x, y = residual_surgery.images("train", 30)
    losses = residual_surgery.without_each(
        model, shortcuts.blocks_of(model), x, lambda z: residual_surgery.cross_entropy(z, y).item()
    )
    found = residual_surgery.greedy(model)
    assert found["order"][0] == int(np.argmin(losses))
    assert sorted(found["order"]) == list(range(9))
    x, y = residual_surgery.images("test", 30)
    assert found["accuracy"][0] == residual_surgery.right(model(x), y)


def test_new_statistics_undo_what_only_statistics_broke(monkeypatch):
    monkeypatch.setattr(residual_surgery, "IMAGES", 60)
    model = build(lambda: shortcuts.network("residual", 20), 0).eval()
    before = deepcopy(model.state_dict())
    found = residual_surgery.adapted(model)
    assert len(found) == 10  # the whole network first
    rest = deepcopy(model)
    rest.stages[2][2] = nn.Identity()
    residual_surgery.recompute(rest, residual_surgery.images("train", 60)[0].numpy())
    x, y = residual_surgery.images("test", 60)
    assert found[9] == residual_surgery.right(rest(x), y)
    rest = deepcopy(model)
    residual_surgery.recompute(rest, residual_surgery.images("train", 60)[0].numpy())
    assert found[0] == residual_surgery.right(rest(x), y)
    for key, value in model.state_dict().items():
        torch.testing.assert_close(value, before[key], rtol=0, atol=0)


def test_high_frequencies_are_high():
    line = torch.arange(14)
    flat, fine = torch.ones(1, 1, 14, 14), (-1.0) ** line.expand(1, 1, 14, 14)
    slow = torch.cos(2 * np.pi * line / 14).expand(1, 1, 14, 14)
    assert branches.high_share(fine + 5 * flat) == pytest.approx(1)
    assert branches.high_share(slow) == pytest.approx(0, abs=1e-6)
    assert branches.high_share(slow * 2**0.5 + fine) == pytest.approx(0.5, abs=1e-4)
    noise = torch.randn(400, 1, 7, 7, generator=torch.Generator().manual_seed(0))
    assert branches.high_share(noise) == pytest.approx(40 / 48, abs=0.02)  # 40 of 48 are high


def test_detail_is_what_a_blur_takes_away():
    flat = torch.full((1, 2, 5, 5), 3.0)
    torch.testing.assert_close(branches.detail(flat), torch.zeros(1, 2, 5, 5))
    dot = torch.zeros(1, 1, 5, 5)
    dot[..., 2, 2] = 1
    found = branches.detail(dot)
    assert found[0, 0, 2, 2] == pytest.approx(0.75)
    assert found[0, 0, 2, 1] == pytest.approx(-0.125)
    assert branches.correlation(dot + 7, 2 * dot) == pytest.approx(1, abs=1e-5)
    assert branches.correlation(dot, -dot) == pytest.approx(-1, abs=1e-5)


def test_moves_are_those_of_one_block(operated, images):
    x = images[0]
    found = branches.moves(operated, x)
    assert {len(numbers) for numbers in found.values()} == {9}
    block = operated.stages[0][0]
    with torch.no_grad():
        s = operated.stem(x)
        f, y = block.branch(s).flatten(1), block(s).flatten(1)
        s = s.flatten(1)
    assert found["branch"][0] == pytest.approx(
        float((f.norm(dim=1) / s.norm(dim=1)).mean()), abs=1e-3
    )
    assert found["change"][0] == pytest.approx(
        float(((y - s).norm(dim=1) / s.norm(dim=1)).mean()), abs=1e-3
    )
    assert found["cosine"][0] == pytest.approx(
        float(torch.cosine_similarity(f, s).mean()), abs=1e-3
    )
    still = deepcopy(operated)
    nn.init.zeros_(still.stages[0][1].branch[4].weight)
    moved = branches.moves(still, x)
    assert moved["branch"][1] == moved["change"][1] == moved["cosine"][1] == 0
    assert moved["high sum"][1] == moved["high s"][1]


def test_a_direction_has_the_norm_of_each_filter(operated):
    way = loss_cut.direction(operated, 5)
    other = loss_cut.direction(operated, 6)
    for name, weight in operated.named_parameters():
        if weight.ndim < 2:  # biases, and the scales and shifts of batch norm
            assert not way[name].any()
            continue
        own, its = (w.detach().flatten(1).norm(dim=1) for w in (weight, way[name]))
        torch.testing.assert_close(own, its)
        assert not torch.equal(way[name], other[name])


@torch.no_grad()
def test_the_loss_along_a_direction(operated, images):
    x, y = images
    way = loss_cut.direction(operated, 0)
    before = deepcopy(operated.state_dict())
    moves = [loss_cut.plus((t, way)) for t in (0, 0.5)]
    for own in (False, True):
        still, far = loss_cut.losses(operated, moves, x, y, own)
        assert still == pytest.approx(
            float(nn.functional.cross_entropy(deepcopy(operated).train(own)(x), y)), rel=1e-3
        )
        moved = deepcopy(operated)
        for name, weight in moved.named_parameters():
            weight.data += 0.5 * way[name]
        assert far == pytest.approx(
            float(nn.functional.cross_entropy(moved.train(own)(x), y)), rel=1e-3
        )
    for key, value in operated.state_dict().items():
        torch.testing.assert_close(value, before[key], rtol=0, atol=0)


def test_two_directions_add_up(operated):
    ways = [loss_cut.direction(operated, seed) for seed in (0, 1)]
    total = loss_cut.plus((2, ways[0]), (-1, ways[1]))
    for name in total:
        torch.testing.assert_close(total[name], 2 * ways[0][name] - ways[1][name])
    assert loss_cut.thin((1.0, 2.0, 3.0, 4.0, 5.0), 3) == (1, 3, 5)
