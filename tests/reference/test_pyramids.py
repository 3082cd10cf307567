from itertools import pairwise

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree, behaves, central_differences

from cnnbook.reference.pyramids import (
    KERNEL,
    gaussian_pyramid,
    laplacian_pyramid,
    pyr_down,
    pyr_down_backward,
    pyr_up,
    pyr_up_backward,
    reconstruct_pyramid,
)

CLOSE = dict(rtol=1e-10, atol=1e-12)


@st.composite
def images(draw, largest=12):
    """Images, every axis of another length."""
    h, w = draw(st.permutations(range(1, largest + 1)))[:2]
    n, c = draw(st.permutations([k for k in range(1, 6) if k not in (h, w)]))[:2]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(size=(n, c, h, w))


def each(x, f):
    """Apply a function of one map (H, W) to all of them."""
    maps = [f(np.ascontiguousarray(m)) for m in x.reshape(-1, *x.shape[2:])]
    return np.array(maps).reshape(*x.shape[:2], *maps[0].shape)


def cv_down(x):
    return each(x, cv2.pyrDown)


def cv_up(x, size):
    return each(x, lambda m: cv2.pyrUp(m, dstsize=size[::-1]))


def transposed(layer, x_shape, dy):
    """The gradient of a LINEAR layer for its input, from what the layer makes of each unit map."""
    h, w = x_shape[2:]
    units = layer(np.eye(h * w).reshape(h * w, 1, h, w)).reshape(h, w, -1)
    return np.einsum("ijk,nck->ncij", units, dy.reshape(*dy.shape[:2], -1))


@CONFIGURATIONS
@given(images())
def test_down_is_that_of_opencv(x):
    y, cache = pyr_down(x)
    agree("pyr_down", "cv2 pyrDown, transposed", "forward", y, cv_down(x))
    dy = np.random.default_rng(0).normal(size=y.shape)
    theirs = transposed(cv_down, x.shape, dy)
    agree("pyr_down", "cv2 pyrDown, transposed", "backward", pyr_down_backward(dy, cache), theirs)


@CONFIGURATIONS
@given(images(), st.booleans(), st.booleans())
def test_up_is_that_of_opencv(x, odd_height, odd_width):
    size = 2 * x.shape[2] - odd_height, 2 * x.shape[3] - odd_width
    y, cache = pyr_up(x, size)
    agree("pyr_up", "cv2 pyrUp, transposed", "forward", y, cv_up(x, size))
    dy = np.random.default_rng(0).normal(size=y.shape)
    theirs = transposed(lambda units: cv_up(units, size), x.shape, dy)
    agree("pyr_up", "cv2 pyrUp, transposed", "backward", pyr_up_backward(dy, cache), theirs)


def cv_pyramids(x, levels):
    gaussian = [x]
    for _ in range(levels - 1):
        gaussian.append(cv_down(gaussian[-1]))
    laplacian = [image - cv_up(smaller, image.shape[2:]) for image, smaller in pairwise(gaussian)]
    return gaussian, [*laplacian, gaussian[-1]]


@CONFIGURATIONS
@given(images(17), st.integers(1, 6))
def test_pyramids_are_those_of_opencv_and_give_the_image_back(x, levels):
    ours, theirs = (
        (gaussian_pyramid(x, levels), laplacian_pyramid(x, levels)),
        cv_pyramids(x, levels),
    )
    for name, mine, other in zip(
        ("gaussian_pyramid", "laplacian_pyramid"), ours, theirs, strict=True
    ):
        assert [a.shape for a in mine] == [a.shape for a in other]
        flat = (np.concatenate([a.ravel() for a in arrays]) for arrays in (mine, other))
        agree(name, "cv2 pyrDown and pyrUp", "forward", *flat)
    back = reconstruct_pyramid(ours[1])
    agree("reconstruct_pyramid", "the image before", "forward", back, x)
    assert np.abs(back - x).max() <= 1e-12


@pytest.mark.parametrize("size", [(37, 50), (64, 1), (31, 33)])
def test_a_large_image_comes_back_exactly(size):
    x = np.random.default_rng(0).uniform(0, 255, size=(1, 3, *size)) / 255
    assert np.abs(reconstruct_pyramid(laplacian_pyramid(x, 7)) - x).max() <= 1e-12


def test_by_hand():
    assert (KERNEL * 16).tolist() == [1, 4, 6, 4, 1]
    x = np.array([[[[16.0, 32, 0, 0, 64]]]])
    y, cache = pyr_down(x)
    # 6 16 + 2 4 32 + 2 0, 16 + 4 32 + 6 0 + 4 0 + 64, 6 64 + 2 4 0 + 2 0; all of 16
    assert y.tolist() == [[[[22, 13, 24]]]]
    assert pyr_down_backward(np.full((1, 1, 1, 3), 16.0), cache).tolist() == [
        [[[7, 12, 10, 12, 7]]]
    ]
    up, cache = pyr_up(np.array([[[[8.0, 16]]]]), (1, 3))
    assert up.tolist() == [[[[10, 12, 15]]]]  # (6 8 + 2 16) / 8, (8 + 16) / 2, (8 + 7 16) / 8
    assert pyr_up_backward(np.full((1, 1, 1, 3), 8.0), cache).tolist() == [[[[11, 13]]]]
    difference, smallest = laplacian_pyramid(x, 2)
    assert smallest.tolist() == [[[[22, 13, 24]]]]
    # up: (6 22 + 2 13) / 8, (22 + 13) / 2, (22 + 6 13 + 24) / 8, (13 + 24) / 2, (13 + 7 24) / 8
    assert difference.tolist() == [[[[-3.75, 14.5, -15.5, -18.5, 41.375]]]]


def test_constant_images_stay_constant():
    x = np.full((1, 2, 9, 6), 0.7)
    np.testing.assert_allclose(pyr_up(x)[0], np.full((1, 2, 18, 12), 0.7), **CLOSE)
    for level in gaussian_pyramid(x, 5):
        np.testing.assert_allclose(level, np.full(level.shape, 0.7), **CLOSE)
    for level in laplacian_pyramid(x, 5)[:-1]:
        np.testing.assert_allclose(level, np.zeros(level.shape), **CLOSE)


def test_inside_the_borders_up_is_four_times_the_transposed_down():
    x = np.zeros((1, 1, 8, 10))
    x[0, 0, 3, 4] = 1.0
    _, cache = pyr_down(np.zeros((1, 1, 16, 20)))
    np.testing.assert_allclose(pyr_up(x)[0], 4 * pyr_down_backward(x, cache), **CLOSE)


def test_gradients_by_central_differences():
    x = np.random.default_rng(0).normal(size=(1, 2, 5, 4))
    for forward, backward in ((pyr_down, pyr_down_backward), (pyr_up, pyr_up_backward)):
        y, cache = forward(x)
        dy = np.random.default_rng(1).normal(size=y.shape)
        numeric = central_differences(lambda x, f=forward: f(x)[0], x, dy)
        np.testing.assert_allclose(backward(dy, cache), numeric, atol=1e-7)


def test_down_is_a_convolution_of_torch():
    x = torch.tensor(np.random.default_rng(0).normal(size=(2, 1, 9, 12)))
    kernel = torch.tensor([1.0, 4, 6, 4, 1], dtype=torch.float64) / 16
    padded = torch.nn.functional.pad(x, (2, 2, 2, 2), mode="reflect")
    theirs = torch.nn.functional.conv2d(padded, torch.outer(kernel, kernel)[None, None], stride=2)
    np.testing.assert_allclose(pyr_down(x.numpy())[0], theirs.numpy(), **CLOSE)


def test_behaves():
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 8))
    behaves(pyr_down, pyr_down_backward, [x])
    behaves(pyr_up, pyr_up_backward, [x])
    behaves(lambda x: pyr_up(x, (9, 16)), pyr_up_backward, [x])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_pyramids_keep_the_dtype_and_their_input(dtype):
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 8)).astype(dtype)
    before = x.copy()
    x.flags.writeable = False
    for pyramid in (gaussian_pyramid(x, 3), laplacian_pyramid(x, 3), gaussian_pyramid(x, 1)):
        assert {level.dtype for level in pyramid} == {np.dtype(dtype)}
        for level in pyramid:
            level += 1
    kept = laplacian_pyramid(x, 1)
    back = reconstruct_pyramid(kept)
    back += 1
    np.testing.assert_array_equal(kept[0], before)
    np.testing.assert_array_equal(x, before)
    pyramid = laplacian_pyramid(x, 3)
    copies = [level.copy() for level in pyramid]
    assert reconstruct_pyramid(pyramid).dtype == dtype
    for level, copy in zip(pyramid, copies, strict=True):
        np.testing.assert_array_equal(level, copy)


def test_empty_batch():
    x = np.zeros((0, 3, 5, 8))
    y, cache = pyr_down(x)
    assert y.shape == (0, 3, 3, 4)
    assert pyr_down_backward(y, cache).shape == x.shape
    y, cache = pyr_up(x)
    assert y.shape == (0, 3, 10, 16)
    assert pyr_up_backward(y, cache).shape == x.shape
    assert reconstruct_pyramid(laplacian_pyramid(x, 3)).shape == x.shape


X = np.ones((2, 3, 5, 8))
REFUSED = {
    "down of rank 3": (lambda: pyr_down(X[0]), "x wants 4 axes"),
    "up of rank 3": (lambda: pyr_up(X[0]), "x wants 4 axes"),
    "up too far": (lambda: pyr_up(X, (11, 16)), "5 cells grow to 9 or 10, not to 11"),
    "up too little": (lambda: pyr_up(X, (9, 14)), "8 cells grow to 15 or 16, not to 14"),
    "up to a triple": (
        lambda: pyr_up(X, (9, 16, 3)),
        r"size wants an int or a pair, got \(9, 16, 3\)",
    ),
    "no image": (lambda: pyr_up(X[:, :, :0]), "size must be at least 1, got 0"),
    "gaussian of rank 3": (lambda: gaussian_pyramid(X[0], 2), "x wants 4 axes"),
    "no level": (lambda: gaussian_pyramid(X, 0), "levels must be at least 1, got 0"),
    "half a level": (lambda: laplacian_pyramid(X, 1.5), "levels wants a whole number, got 1.5"),
    "nothing to reconstruct": (lambda: reconstruct_pyramid([]), "at least one level, got none"),
    "levels of one size": (
        lambda: reconstruct_pyramid([X, X]),
        "5 cells grow to 9 or 10, not to 5",
    ),
    "levels of other batches": (
        lambda: reconstruct_pyramid([X, np.ones((1, 3, 3, 4))]),
        r"a level wants shape \(1, 3, 5, 8\), got \(2, 3, 5, 8\)",
    ),
    "a level of rank 3": (
        lambda: reconstruct_pyramid([X[0], X[:, :, :3, :4]]),
        "a level wants 4 axes",
    ),
    "the smallest of rank 3": (lambda: reconstruct_pyramid([X[0]]), "a level wants 4 axes"),
    "down's dy": (
        lambda: pyr_down_backward(X, pyr_down(X)[1]),
        r"dy has shape \(2, 3, 5, 8\), y has \(2, 3, 3, 4\)",
    ),
    "up's dy": (
        lambda: pyr_up_backward(X, pyr_up(X)[1]),
        r"dy has shape \(2, 3, 5, 8\), y has \(2, 3, 10, 16\)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    call, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        call()
