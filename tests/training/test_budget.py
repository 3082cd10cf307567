"""The budget of a chapter on the packaged images: what a LeNet reaches in it."""

import pytest
import torch

from cnnbook import data, training
from cnnbook.models.lenet import lenet_reduced


@pytest.mark.parametrize(("name", "least"), [("fashion-mnist", 0.85), ("digits-28", 0.98)])
def test_a_lenet_in_the_budget_of_a_chapter(name, least):
    images = training.standardise(data.load(name))
    steps = training.STEPS_LIVE
    history = training.train(
        training.build(lenet_reduced, 0), images, steps, lr=training.one_cycle(steps),
        optimiser=torch.optim.Adam, progress=False,
    )  # fmt: skip
    assert history.test_accuracy > least
