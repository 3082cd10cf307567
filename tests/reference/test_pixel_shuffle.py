import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves

from cnnbook.reference.pixel_shuffle import (
    pixel_shuffle,
    pixel_shuffle_backward,
    pixel_unshuffle,
    pixel_unshuffle_backward,
)

LAYERS = {
    "pixel_shuffle": (pixel_shuffle, pixel_shuffle_backward),
    "pixel_unshuffle": (pixel_unshuffle, pixel_unshuffle_backward),
}


@st.composite
def cases(draw):
    """Sizes of different length, of an image with few channels, and the factor."""
    n, c, h, w = draw(st.permutations(range(1, 6)))[:4]
    return n, c, h, w, draw(st.integers(1, 4)), draw(st.integers(0, 2**32 - 1))


@CONFIGURATIONS
@given(cases())
def test_forward_and_backward_are_those_of_torch(case):
    n, c, h, w, factor, seed = case
    rng = np.random.default_rng(seed)
    shapes = {
        "pixel_shuffle": (n, c * factor**2, h, w),
        "pixel_unshuffle": (n, c, h * factor, w * factor),
    }
    for name, (forward, backward) in LAYERS.items():
        agree_with_torch(
            name,
            f"torch {name}",
            lambda x, forward=forward: forward(x, factor),
            backward,
            lambda x, name=name: getattr(torch.nn.functional, name)(x, factor),
            [rng.normal(size=shapes[name])],
        )


def test_by_hand():
    x = np.array([[[[1, 2]], [[3, 4]], [[5, 6]], [[7, 8]]]])  # four channels of 1 x 2
    y, cache = pixel_shuffle(x, 2)
    assert y.tolist() == [[[[1, 3, 2, 4], [5, 7, 6, 8]]]]
    assert pixel_shuffle_backward(y, cache).tolist() == x.tolist()
    y, cache = pixel_unshuffle(y, 2)
    assert y.tolist() == x.tolist()
    assert pixel_unshuffle_backward(y, cache).tolist() == [[[[1, 3, 2, 4], [5, 7, 6, 8]]]]


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("factor", [1, 2])
def test_behaves(name, factor):
    x = np.random.default_rng(0).normal(size=(2, 8, 4, 6))
    forward, backward = LAYERS[name]
    behaves(lambda x: forward(x, factor), backward, [x])


def test_empty_batch():
    y, cache = pixel_shuffle(np.zeros((0, 8, 3, 5)), 2)
    assert y.shape == (0, 2, 6, 10)
    assert pixel_shuffle_backward(y, cache).shape == (0, 8, 3, 5)
    y, cache = pixel_unshuffle(y, 2)
    assert y.shape == (0, 8, 3, 5)
    assert pixel_unshuffle_backward(y, cache).shape == (0, 2, 6, 10)


X = np.ones((2, 8, 4, 6))
REFUSED = {
    "x of rank 3": (lambda: pixel_shuffle(X[0], 2), "x wants 4 axes"),
    "unshuffle of rank 3": (lambda: pixel_unshuffle(X[0], 2), "x wants 4 axes"),
    "channels": (
        lambda: pixel_shuffle(X, 3),
        "upscale_factor 3 wants groups of 9 channels, x has 8",
    ),
    "height": (lambda: pixel_unshuffle(X, 3), "downscale_factor 3 does not divide 4 x 6"),
    "width": (lambda: pixel_unshuffle(X, 4), "downscale_factor 4 does not divide 4 x 6"),
    "factor 0": (lambda: pixel_shuffle(X, 0), "upscale_factor must be at least 1, got 0"),
    "factor 1.5": (
        lambda: pixel_unshuffle(X, 1.5),
        "downscale_factor wants a whole number, got 1.5",
    ),
    "dy": (
        lambda: pixel_shuffle_backward(X, pixel_shuffle(X, 2)[1]),
        r"dy has shape \(2, 8, 4, 6\), y has \(2, 2, 8, 12\)",
    ),
    "unshuffle's dy": (
        lambda: pixel_unshuffle_backward(X, pixel_unshuffle(X, 2)[1]),
        r"dy has shape \(2, 8, 4, 6\), y has \(2, 32, 2, 3\)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    call, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        call()
