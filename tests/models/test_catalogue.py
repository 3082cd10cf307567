"""The table of models: it has all of them, and their counts are those published."""

import inspect
import pkgutil
from functools import partial
from importlib import import_module

import pytest
import torch

from cnnbook import models
from cnnbook.models.catalogue import MODELS, REDUCED

LEFT_OUT = {"preresnet1001"}  # building it takes longer than all others together


def _builders():
    for module in pkgutil.iter_modules(models.__path__, "cnnbook.models."):
        if module.name == "cnnbook.models.catalogue":
            continue
        for name, value in vars(import_module(module.name)).items():
            own = inspect.isfunction(value) and value.__module__ == module.name
            if own and list(inspect.signature(value).parameters)[:3] == [
                "channels",
                "classes",
                "size",
            ]:
                yield name


def test_every_builder_is_in_the_table():
    rows = [model.builder for model in MODELS]
    there = {b.func.__name__ if isinstance(b, partial) else b.__name__ for b in rows}
    there |= {builder.__name__ for builder in REDUCED}
    assert {name for name in _builders() if not name.startswith("_")} == there | LEFT_OUT


def test_no_row_stands_twice():
    names = [model.name for model in MODELS]
    assert len(set(names)) == len(names)
    assert "vgg16(batch_norm=True)" in names
    assert len(REDUCED) == len(set(REDUCED))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_count_is_the_published_one(model):
    with torch.device("meta"):
        count = sum(p.numel() for p in model.builder().parameters())
    if model.published.endswith(" M"):
        digits = len(model.published[:-2].partition(".")[2])
        assert f"{count / 1e6:.{digits}f} M" == model.published
    else:
        assert model.published in ("", f"{count:,}")
    assert bool(model.published) == bool(model.source)


def test_sizes_and_channels_are_those_of_the_builder():
    rows = {model.name: model for model in MODELS}
    assert (rows["alexnet"].channels, rows["alexnet"].size) == (3, 227)
    assert (rows["lenet5"].channels, rows["lenet5"].size) == (1, 32)
    assert rows["unet(same=True, size=576)"].size == 576
