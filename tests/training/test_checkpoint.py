"""Checkpoints: a run that was killed goes on as if nothing had been, and damage is noticed."""

import os
import pickle
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import torch
from small_networks import drawing, plain

from cnnbook import training
from cnnbook.training import checkpoint

quiet = partial(training.train, progress=False)
PATH = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
LINE = [
    "-m",
    "cnnbook.training",
    "small_networks:drawing",
    "--data",
    "textures",
    "--steps",
    "150",
    "--every",
    "7",
    "--batch",
    "32",
    "--validation",
    "100",
    "--augment",
    "mixed",
    "--seed",
    "3",
    "--quiet",
]


def start(*more: str | Path) -> subprocess.Popen:
    environment = os.environ | {"PYTHONPATH": PATH, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, *LINE, *map(str, more)], env=environment)


def steps_in(path: Path) -> int:
    return len(torch.load(path, weights_only=True)["history"]["loss"]) if path.exists() else 0


def test_a_run_that_is_killed_again_and_again_has_the_curve_of_one_that_is_not(tmp_path):
    kept, killed, whole = (tmp_path / name for name in ("run.pt", "killed.json", "whole.json"))
    undisturbed = start("--history", whole)
    reached = []
    for delay in (0.0, 0.05):
        run = start("--checkpoint", kept, "--history", killed)
        before = steps_in(kept)
        while steps_in(kept) == before:
            assert run.poll() is None, "the run ended before it could be killed"
            time.sleep(0.002)
        time.sleep(delay)
        run.send_signal(signal.SIGKILL)
        assert run.wait() == -signal.SIGKILL
        reached.append(steps_in(kept))
    assert 0 < reached[0] < reached[1] < 150
    assert not killed.exists()
    assert start("--checkpoint", kept, "--history", killed).wait() == 0
    assert undisturbed.wait() == 0
    assert killed.read_text() == whole.read_text()
    assert steps_in(kept) == 150


@pytest.mark.parametrize("optimiser", [training.SGD, torch.optim.Adam])
def test_a_run_in_two_parts_is_the_run_in_one(few, tmp_path, optimiser):
    def go(steps, path):
        model = training.build(drawing, 0)
        history = quiet(
            model, few, steps, 30, 0.002, optimiser=optimiser, validation=20, every=5,
            patience=50, augment=training.crop, checkpoint=path,
        )  # fmt: skip
        return history, model.state_dict()

    go(10, tmp_path / "parts")
    parts, weights = go(20, str(tmp_path / "parts"))
    one, expected = go(20, None)
    assert parts == one
    assert all(torch.equal(weights[key], expected[key]) for key in expected)


def test_the_first_weights_do_not_matter_to_a_run_that_goes_on(few, tmp_path):
    path = tmp_path / "run"
    first = quiet(training.build(plain, 0), few, 6, checkpoint=path)
    other = training.build(plain, 1)
    assert quiet(other, few, 6, checkpoint=path) == first  # it was finished: nothing is trained
    assert training.evaluate(other, few.x_test, few.y_test)[0] == first.test_loss


def test_early_stopping_remembers_the_best_weights_over_a_restart(few, tmp_path):
    def go(path, steps):
        model = training.build(plain, 0)
        history = quiet(
            model, few, steps, 30, 0.5, validation=20, every=4, patience=4, checkpoint=path
        )
        return history, model(torch.from_numpy(few.x_test))

    whole, expected = go(None, 400)
    assert 8 < len(whole.loss) < 400, "it was to stop early"
    go(tmp_path / "run", len(whole.loss) - 8)
    parts, scores = go(tmp_path / "run", 400)
    again, same = go(tmp_path / "run", 400)
    assert whole == parts == again
    assert torch.equal(scores, expected)
    assert torch.equal(same, expected)


@pytest.mark.parametrize("moment", ["write", "fsync", "replace"])
def test_dying_while_writing_leaves_the_checkpoint_before(tmp_path, monkeypatch, moment):
    path = tmp_path / "run"
    checkpoint.save(path, {"settings": {}, "x": torch.ones(1000)})

    def die(*_):
        raise KeyboardInterrupt

    if moment == "write":  # half of it is on the disk
        monkeypatch.setattr(torch, "save", lambda state, file: file.write(b"half") and die())
    else:
        monkeypatch.setattr(os, moment, die)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(path, {"settings": {}, "x": torch.zeros(1000)})
    assert checkpoint.load(path, {})["x"].sum() == 1000
    monkeypatch.undo()
    checkpoint.save(path, {"settings": {}, "x": torch.zeros(1000)})
    assert checkpoint.load(path, {})["x"].sum() == 0
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def whole_file(few, path):
    quiet(plain(), few, 2, checkpoint=path)
    return path.read_bytes()


@pytest.mark.parametrize("share", [0, 0.3, 0.999])
def test_a_truncated_file_is_refused(few, tmp_path, share):
    path = tmp_path / "run.pt"
    content = whole_file(few, path)
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=r"run\.pt is no whole checkpoint .* remove it to start"):
        quiet(plain(), few, 4, checkpoint=path)


def test_a_damaged_byte_is_noticed(few, tmp_path):
    path = tmp_path / "run.pt"
    content = bytearray(whole_file(few, path))
    weight = torch.load(path, weights_only=True)["model"]["4.weight"].numpy().tobytes()
    content[content.index(weight) + 50] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is damaged"):
        quiet(plain(), few, 4, checkpoint=path)


def test_a_file_with_code_in_it_is_refused_and_not_run(tmp_path):
    class Code:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    torch.save({"settings": {}, "model": Code()}, tmp_path / "run.pt")
    with pytest.raises(ValueError, match="no whole checkpoint"):
        checkpoint.load(tmp_path / "run.pt", {})
    (tmp_path / "other").write_bytes(pickle.dumps({"settings": {}}))
    with pytest.raises(ValueError, match="no whole checkpoint"):
        checkpoint.load(tmp_path / "other", {})
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(ValueError, match="no whole checkpoint"):
        checkpoint.load(tmp_path / "list.pt", {})
    assert not (tmp_path / "ran").exists()


def test_a_checkpoint_of_another_run_is_refused(few, tmp_path):
    path = tmp_path / "run.pt"
    quiet(plain(), few, 4, batch=20, checkpoint=path)
    again = partial(quiet, plain(), few, checkpoint=path)
    with pytest.raises(
        ValueError, match="run with seed 0, batch 20, this one has seed 1, batch 25;"
    ):
        again(steps=6, batch=25, seed=1)
    with pytest.raises(ValueError, match=r"lr 0\.02, this one has lr a schedule of 6 steps"):
        again(steps=6, batch=20, lr=lambda step: 0.1)
    with pytest.raises(ValueError, match="has made 4 steps, 3 are asked for"):
        again(steps=3, batch=20)
    with pytest.raises(RuntimeError, match="size mismatch"):
        quiet(plain(classes=5), few, 6, batch=20, checkpoint=path)
    assert len(again(steps=6, batch=20).loss) == 6
