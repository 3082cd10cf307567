"""`python -m cnnbook.training`: names, options, results, and what it says when they are wrong."""

import json
from dataclasses import replace

import pytest
import torch

from cnnbook import models, training
from cnnbook.training import names
from cnnbook.training.__main__ import main


def lenet_small(channels: int = 1, classes: int = 10, size: int = 28):
    if size < 29:
        raise ValueError(f"lenet_small wants images of at least 29 x 29, size is {size}")


def resnet20(channels: int = 3, classes: int = 10, size: int = 32, width: float = 1):
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(channels * size**2, classes))


def resnet32(channels: int = 3, classes: int = 10, size: int = 32):
    """Only its name counts."""


EXPORTED = names.builders


@pytest.fixture(autouse=True)
def _three_networks(monkeypatch):
    known = {made.__name__: made for made in (lenet_small, resnet20, resnet32)}
    monkeypatch.setattr(names, "builders", lambda: known)


def test_networks_are_the_builders_that_models_exports(monkeypatch):
    for made in (lenet_small, resnet20):
        monkeypatch.setattr(models, made.__name__, made, raising=False)
    monkeypatch.setattr(models, "initialise", lambda network: None, raising=False)
    found = EXPORTED()
    assert {"lenet_small", "resnet20"} <= found.keys()
    assert not {"initialise", "checks", "check"} & found.keys()
    assert list(found) == sorted(found)


def test_it_trains_prints_one_line_and_writes_the_curves(tmp_path, capsys):
    path = tmp_path / "history.json"
    line = ["resnet20", "--data", "textures", "--steps", "30", "--history", str(path), "--quiet"]
    main(line)
    out, errors = capsys.readouterr()
    history = training.History.from_json(path.read_text())
    percent = f"{100 * history.test_accuracy:.2f}"
    assert (
        out
        == f"resnet20 on textures: {percent} % of the test images right after 30 steps (seed 0)\n"
    )
    assert errors == ""
    assert max(history.rate) == pytest.approx(training.RATE, rel=0.01)
    assert history.rate[0] < training.RATE / 20 > history.rate[-1]


def test_the_same_run_from_python(tmp_path, textures):
    path = tmp_path / "history.json"
    main(
        "resnet20 --data textures --steps 12 --batch 32 --lr 0.01 --constant --sgd --seed 4 --every 6"
        f" --validation 50 --augment noise,flip --patience 3 --quiet --history {path}".split()
    )
    expected = training.train(
        training.build(lambda: resnet20(1, 3, 28), 4), textures, 12, 32, 0.01, seed=4, every=6,
        validation=50, patience=3, augment=training.mixed(training.noise, training.flip),
        progress=False,
    )  # fmt: skip
    assert training.History.from_json(path.read_text()) == expected


def test_a_run_goes_on(tmp_path, capsys):
    line = f"resnet20 --data textures --constant --quiet --checkpoint {tmp_path / 'run.pt'}".split()
    main([*line, "--steps", "10"])
    main([*line, "--steps", "20", "--history", str(tmp_path / "parts")])
    main([*line[:-2], "--steps", "20", "--history", str(tmp_path / "one")])
    assert (tmp_path / "parts").read_text() == (tmp_path / "one").read_text()
    assert len(json.loads((tmp_path / "one").read_text())["loss"]) == 20


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("resnet2O --data textures", "no network 'resnet2O'; did you mean resnet"),
        ("RESNET --data textures", "no network 'RESNET'; did you mean resnet32 or resnet20?"),
        ("xyzzy --data textures", "no network 'xyzzy'; there are "),
        ("resnet20 --data texture", "no data set 'texture'; did you mean textures?"),
        ("resnet20 --data textures --augment flop", "no augmentation 'flop'; did you mean flip?"),
        ("resnet20 --data textures --steps 0", "steps must be at least 1, got 0"),
        ("resnet20 --data textures --lr 1e38 --constant --sgd", "learning rate 1e+38"),
        ("lenet_small --data textures", "lenet_small wants images of at least 29 x 29, size is 28"),
        ("nowhere:net --data textures", "no network 'nowhere:net'"),
        ("small_networks:other --data textures", "no network 'small_networks:other'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(line, message):
    with pytest.raises(SystemExit) as caught:
        main([*line.split(), "--quiet"])
    assert message in str(caught.value.code)
    assert "\n" not in str(caught.value.code)


def test_data_without_images_are_refused(monkeypatch, textures):
    points = replace(textures, x_train=textures.x_train[:, 0, 0, :2])
    monkeypatch.setitem(names.data.LOADERS, "points", lambda seed: points)
    with pytest.raises(SystemExit, match="points does not hold images"):
        main(["resnet20", "--data", "points"])


def test_mixed_stands_for_several(capsys):
    x, y = torch.randn(4, 1, 28, 28), torch.arange(4)
    mixed = names.change("mixed", 10)(x, y, torch.Generator().manual_seed(0))
    listed = names.change("crop,affine,noise,cutout", 10)(x, y, torch.Generator().manual_seed(0))
    assert torch.equal(mixed[0], listed[0])
    soft = names.change("mixup,flip", 6)(x, y, torch.Generator().manual_seed(0))[1]
    assert soft.shape == (4, 6)


def test_help_names_networks_and_data(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert "resnet20" in out
    assert "textures" in out
    assert "--checkpoint" in out
