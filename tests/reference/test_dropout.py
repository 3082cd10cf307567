import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves

from cnnbook.reference.dropout import dropout, dropout2d, dropout2d_backward, dropout_backward

FORMS = {"dropout": (dropout, dropout_backward), "dropout2d": (dropout2d, dropout2d_backward)}
BOTH = pytest.mark.parametrize("name", FORMS)


def seeded(seed=0):
    return np.random.default_rng(seed)


@st.composite
def cases(draw):
    """Images (N, C, H, W), a probability, the seed of the mask, and whether it is training."""
    shape = draw(st.permutations([1, 2, 3, 4, 5, 6]))[:4]
    x = seeded(draw(st.integers(0, 2**32 - 1))).normal(size=shape)
    p = draw(st.sampled_from([0.0, 1.0]) | st.floats(0.01, 0.99))
    return x, p, draw(st.integers(0, 2**32 - 1)), draw(st.booleans())


@BOTH
@CONFIGURATIONS
@given(cases())
def test_forward_and_backward_are_those_of_torch_with_our_mask(name, case):
    (forward, backward), (x, p, seed, training) = FORMS[name], case
    kept = torch.tensor(forward(x, p, training, seeded(seed))[1].kept)

    def theirs(x):
        return x * kept * (0 if p == 1 else 1 / (1 - p)) if training else x.clone()

    agree_with_torch(
        name,
        "torch x mask / (1 − p), our mask",
        lambda x: forward(x, p, training, seeded(seed)),
        backward,
        theirs,
        [x],
    )


def test_by_hand():
    class Draws(np.random.Generator):
        """Draws 0, 0.1, 0.2 and so on."""

        def random(self, shape):
            return np.arange(np.prod(shape)).reshape(shape) / 10

    rng = Draws(np.random.PCG64())
    x = np.arange(1.0, 7.0).reshape(2, 3)
    y, cache = dropout(x, 0.2, rng=rng)  # draws below 0.2 are dropped
    np.testing.assert_allclose(y, [[0, 0, 3 / 0.8], [4 / 0.8, 5 / 0.8, 6 / 0.8]])
    np.testing.assert_allclose(
        dropout_backward(np.ones((2, 3)), cache), [[0, 0, 1.25], [1.25, 1.25, 1.25]]
    )
    y, _ = dropout2d(x.reshape(1, 3, 1, 2), 0.2, rng=rng)
    np.testing.assert_allclose(y, [[[[0, 0]], [[0, 0]], [[6.25, 7.5]]]])


@BOTH
def test_the_share_of_dropped_is_p_and_the_mean_stays(name):
    draws, p = 200_000, 0.3
    shape = (draws, 1, 1, 1) if name == "dropout2d" else (draws,)
    y, cache = FORMS[name][0](np.ones(shape), p, rng=seeded())
    spread = np.sqrt(p * (1 - p) / draws)
    assert abs(cache.kept.mean() - (1 - p)) < 5 * spread
    assert abs(y.mean() - 1) < 5 * spread / (1 - p)
    assert set(np.unique(y)) == {0, 1 / 0.7}
    assert abs(y.var() - p / (1 - p)) < 0.01  # what dropout adds to the variance of a 1


def test_whole_channels_are_dropped_each_image_on_its_own():
    y, cache = dropout2d(np.ones((40, 50, 3, 2)), 0.5, rng=seeded())
    channels = cache.kept.reshape(40, 50, -1)
    assert (channels.all(2) | ~channels.any(2)).all()
    assert len(np.unique(channels[:, :, 0], axis=0)) == 40  # images differ
    assert len(np.unique(channels[:, :, 0], axis=1).T) == 50  # channels differ
    np.testing.assert_array_equal(y != 0, cache.kept)


@BOTH
@pytest.mark.parametrize(("p", "training"), [(0, True), (0.9, False), (1, False)])
def test_nothing_dropped_is_a_copy(name, p, training):
    x = seeded().normal(size=(2, 3, 5, 4))
    y, cache = FORMS[name][0](x, p, training, seeded() if training else None)
    np.testing.assert_array_equal(y, x)
    assert not np.shares_memory(x, y)
    dy = seeded(1).normal(size=x.shape)
    dx = FORMS[name][1](dy, cache)
    np.testing.assert_array_equal(dx, dy)
    assert not np.shares_memory(dx, dy)


@BOTH
def test_all_dropped_with_p_1(name):
    forward, backward = FORMS[name]
    y, cache = forward(np.ones((2, 3, 5, 4)), 1, rng=seeded())
    assert not y.any()
    assert not backward(np.ones(y.shape), cache).any()
    assert not torch.nn.functional.dropout(torch.ones(3), 1.0).any()


@BOTH
def test_the_generator_moves_on(name):
    forward, rng, x = FORMS[name][0], seeded(), np.ones((4, 16, 2, 3))
    first, second = forward(x, rng=rng)[0], forward(x, rng=rng)[0]
    assert (first != second).any()
    np.testing.assert_array_equal(first, forward(x, rng=seeded())[0])


@BOTH
@pytest.mark.parametrize("training", [True, False])
def test_behaves(name, training):
    forward, backward = FORMS[name]
    x = seeded().normal(size=(2, 3, 5, 4))
    behaves(lambda x: forward(x, 0.4, training, seeded()), backward, [x])


@BOTH
def test_empty_batch(name):
    forward, backward = FORMS[name]
    y, cache = forward(np.ones((0, 3, 5, 4)), rng=seeded())
    assert y.shape == backward(y, cache).shape == (0, 3, 5, 4)


def test_any_shape_but_images_for_channels():
    assert dropout(np.ones(()), rng=seeded())[0].shape == ()
    with pytest.raises(ValueError, match=r"x wants 4 axes \(N, C, H, W\), got shape \(2, 3\)"):
        dropout2d(np.ones((2, 3)), rng=seeded())


@BOTH
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(p=-0.1, rng=seeded()), "p must be at least 0, got -0.1"),
        (dict(p=1.5, rng=seeded()), "p must be at most 1, got 1.5"),
        (dict(p=1.5, training=False), "p must be at most 1, got 1.5"),
        (dict(p=None, rng=seeded()), "p wants a number, got None"),
        (dict(), "dropout in training wants rng, a numpy Generator, got None"),
        (dict(rng=0), "dropout in training wants rng, a numpy Generator, got 0"),
    ],
)
def test_refused(name, settings, message):
    with pytest.raises(ValueError, match=message):
        FORMS[name][0](np.ones((2, 3, 5, 4)), **settings)


@BOTH
def test_backward_refuses_another_shape(name):
    forward, backward = FORMS[name]
    _, cache = forward(np.ones((2, 3, 5, 4)), rng=seeded())
    with pytest.raises(ValueError, match=r"dy has shape \(2, 3, 1, 1\), y has \(2, 3, 5, 4\)"):
        backward(np.ones((2, 3, 1, 1)), cache)
