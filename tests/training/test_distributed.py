"""Two processes under torchrun, with gloo on this machine: the result of one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from small_networks import drawing

from cnnbook import training
from cnnbook.training import distributed

HERE = Path(__file__).parent
PATH = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
LINE = [
    "-m",
    "cnnbook.training",
    "small_networks:exact",
    "--data",
    "textures",
    "--steps",
    "40",
    "--batch",
    "48",
    "--every",
    "15",
    "--validation",
    "100",
    "--augment",
    "crop,mixup",
    "--seed",
    "2",
    "--lr",
    "0.1",
]


def start(*arguments: str | Path, processes: int = 0) -> subprocess.Popen:
    torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    environment = os.environ | {"PYTHONPATH": PATH, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, *(torchrun if processes else []), *map(str, arguments)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_same_line_under_torchrun_gives_the_same_result(tmp_path):
    paths = tmp_path / "one.json", tmp_path / "two.json"
    alone = start(*LINE, "--history", paths[0])
    both = start(*LINE, "--history", paths[1], processes=2)
    printed = [run.communicate(timeout=120) for run in (alone, both)]
    assert (alone.returncode, both.returncode) == (0, 0), printed
    assert printed[0][0] == printed[1][0]  # one line each: process 1 is silent
    assert printed[0][0].count("\n") == 1
    assert printed[0][1].count("step 40 of 40") == printed[1][1].count("step 40 of 40") == 1
    one, two = (json.loads(path.read_text()) for path in paths)
    assert one["validated"] == [15, 30, 40]
    for name, curve in one.items():
        np.testing.assert_allclose(two[name], curve, rtol=1e-9, err_msg=name)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What the two processes of two_processes.py wrote."""
    folder = tmp_path_factory.mktemp("two")
    run = start(HERE / "two_processes.py", folder, processes=2)
    _, errors = run.communicate(timeout=120)
    assert run.returncode == 0, errors
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in (0, 1)]


def test_both_have_one_history_and_one_network_also_with_batch_normalisation(found):
    assert found[0]["history"] == found[1]["history"]
    assert found[0]["state"] == found[1]["state"]
    assert found[0]["state"]["0.num_batches_tracked"] > 0
    assert found[0]["evaluated"] == found[1]["evaluated"]


def test_a_run_in_two_parts_is_the_run_in_one_dropout_included(found):
    assert found[0]["parts"] == found[1]["parts"] == found[0]["history"]
    assert [f["written"] for f in found] == [4, 0]  # by one of them


def test_each_has_its_part_of_a_batch(found):
    assert [f["part"] for f in found] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


def test_both_stop_together(found):
    assert found[0]["diverged"] == found[1]["diverged"]
    assert found[0]["diverged"].startswith(("loss is nan", "loss is inf"))
    assert found[0]["refused"] == found[1]["refused"] == "batch 9 cannot be shared by 2 processes"


def test_batch_normalisation_of_half_a_batch_is_near_that_of_the_whole(found, few):
    """Not equal: the documentation says so."""
    history = training.History.from_json(found[0]["history"])
    alone = training.train(
        training.build(drawing, 0), few, 20, 10, validation=20, every=5, progress=False
    )
    assert history.loss[0] != alone.loss[0]
    assert np.mean(history.loss[-5:]) == pytest.approx(np.mean(alone.loss[-5:]), rel=0.5)


def test_alone_nothing_is_done():
    assert not distributed.many()
    assert (distributed.rank(), distributed.count()) == (0, 1)
    model, x = drawing(), torch.arange(6.0)
    assert distributed.shared(model) is model
    assert torch.equal(distributed.part(x), x)
    assert distributed.mean(x[1], x[3]) == [1, 3]
    with distributed.processes() as device:
        assert not distributed.many()
        assert device.type in ("cpu", "cuda")
