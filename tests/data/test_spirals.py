"""Two spirals: the formula, and the symmetry of the arms."""

import numpy as np
import pytest

from cnnbook import data


def test_without_noise_every_point_lies_on_its_arm():
    spirals = data.spirals(3, train=80, test=50, noise=0, turns=1.25)
    for x, y in ((spirals.x_train, spirals.y_train), (spirals.x_test, spirals.y_test)):
        radius = np.hypot(x[:, 0], x[:, 1])
        angle = 2 * np.pi * 1.25 * radius + np.pi * y
        assert 0.1 <= radius.min() < 0.2 < 0.9 < radius.max() <= 1
        np.testing.assert_allclose(x[:, 0], radius * np.cos(angle), atol=1e-5)
        np.testing.assert_allclose(x[:, 1], radius * np.sin(angle), atol=1e-5)


def test_counts_types_and_order():
    spirals = data.load("spirals")
    assert spirals.x_train.shape == (400, 2)
    assert spirals.x_train.dtype == np.float32
    assert spirals.y_train.dtype == np.int64
    assert (
        np.bincount(spirals.y_train).tolist() == np.bincount(spirals.y_test).tolist() == [200, 200]
    )
    assert not (np.diff(spirals.y_train) >= 0).all()
    assert len(spirals.classes) == 2
    assert not np.isin(spirals.x_test, spirals.x_train).all(1).any()


def test_noise_has_the_spread_that_was_asked_for():
    clean, noisy = (data.spirals(0, train=5000, noise=noise) for noise in (0, 0.1))
    assert (noisy.x_train - clean.x_train).std() == pytest.approx(0.1, rel=0.03)


def test_what_spirals_refuse():
    with pytest.raises(ValueError, match=r"must not be negative, got -0\.1 and 1\.5"):
        data.spirals(noise=-0.1)
    with pytest.raises(ValueError, match="train must be at least 1, got 0"):
        data.spirals(train=0)
