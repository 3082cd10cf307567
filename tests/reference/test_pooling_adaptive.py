import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves

from cnnbook.reference.pooling_adaptive import (
    adaptive_avg_pool2d,
    adaptive_avg_pool2d_backward,
    adaptive_max_pool2d,
    adaptive_max_pool2d_backward,
    global_max_pool2d,
    global_max_pool2d_backward,
)
from cnnbook.reference.pooling_average import avg_pool2d
from cnnbook.reference.pooling_max import max_pool2d

VALUES = [  # what images with equal numbers are drawn from
    [-1.0, 0.0, 1.0],
    [0.0, 0.0, 0.0, 1.0],
    [-np.inf, -np.inf, -5.0],
    [np.nan, -np.inf, 0.0, 0.0, 1.0, np.inf],
    [np.nan],
]


@st.composite
def cases(draw):
    """The shape of x, all axes of different length, an output size for each axis, and a seed."""
    shape = tuple(draw(st.permutations(range(1, 12)))[:4])
    output = draw(st.tuples(*[st.one_of(st.none(), st.integers(1, 13))] * 2))
    return shape, output, draw(st.integers(0, 2**32 - 1))


@CONFIGURATIONS
@given(cases())
def test_average_is_torchs(case):
    shape, output, seed = case
    agree_with_torch(
        "adaptive_avg_pool2d",
        "torch adaptive_avg_pool2d",
        lambda x: adaptive_avg_pool2d(x, output),
        adaptive_avg_pool2d_backward,
        lambda x: torch.nn.functional.adaptive_avg_pool2d(x, output),
        [np.random.default_rng(seed).normal(size=shape)],
    )


@CONFIGURATIONS
@given(cases())
def test_maximum_is_torchs(case):
    shape, output, seed = case
    agree_with_torch(
        "adaptive_max_pool2d",
        "torch adaptive_max_pool2d",
        lambda x: adaptive_max_pool2d(x, output),
        adaptive_max_pool2d_backward,
        lambda x: torch.nn.functional.adaptive_max_pool2d(x, output),
        [np.random.default_rng(seed).normal(size=shape)],
    )


@CONFIGURATIONS
@given(cases())
def test_global_maximum_is_torchs(case):
    shape, _, seed = case
    agree_with_torch(
        "global_max_pool2d",
        "torch adaptive_max_pool2d(x, 1)",
        global_max_pool2d,
        global_max_pool2d_backward,
        lambda x: torch.nn.functional.adaptive_max_pool2d(x, 1).flatten(1),
        [np.random.default_rng(seed).normal(size=shape)],
    )


@CONFIGURATIONS
@given(cases(), st.sampled_from(VALUES))
def test_winners_among_equals_are_torchs(case, values):
    shape, output, seed = case
    rng = np.random.default_rng(seed)
    x = rng.choice(values, shape)
    tensor = torch.tensor(x, requires_grad=True)
    theirs = torch.nn.functional.adaptive_max_pool2d(tensor, output)
    y, cache = adaptive_max_pool2d(x, output)
    np.testing.assert_array_equal(y, theirs.detach().numpy())
    dy = rng.integers(-9, 9, y.shape).astype(float)  # whole numbers: sums are exact
    theirs.backward(torch.from_numpy(dy))
    np.testing.assert_array_equal(adaptive_max_pool2d_backward(dy, cache), tensor.grad.numpy())


def test_by_hand():
    x = np.array([[[[1.0, 2, 9], [5, 4, 3]]]])  # 3 columns in 2 windows: they share the middle
    dy = np.array([[[[4.0, 40]]]])
    y, cache = adaptive_avg_pool2d(x, (1, 2))
    assert y.tolist() == [[[[3, 4.5]]]]
    dx = adaptive_avg_pool2d_backward(dy, cache)
    assert dx.tolist() == [[[[1, 11, 10], [1, 11, 10]]]]
    y, cache = adaptive_max_pool2d(x, (1, 2))
    assert y.tolist() == [[[[5, 9]]]]
    assert adaptive_max_pool2d_backward(dy, cache).tolist() == [[[[0, 0, 40], [4, 0, 0]]]]
    y, cache = global_max_pool2d(x)
    assert y.tolist() == [[9]]
    dx = global_max_pool2d_backward(np.array([[7.0]]), cache)
    assert dx.tolist() == [[[[0, 0, 7], [0, 0, 0]]]]


def example():
    return np.random.default_rng(0).normal(size=(2, 3, 6, 8))


def test_where_windows_divide_the_image_it_is_plain_pooling():
    x = example()
    np.testing.assert_allclose(adaptive_avg_pool2d(x, (3, 2))[0], avg_pool2d(x, (2, 4))[0])
    np.testing.assert_array_equal(adaptive_max_pool2d(x, (3, 2))[0], max_pool2d(x, (2, 4))[0])


@pytest.mark.parametrize("pool", [adaptive_avg_pool2d, adaptive_max_pool2d])
def test_output_sizes(pool):
    x = example()
    assert pool(x, 5)[0].shape == (2, 3, 5, 5)
    assert pool(x, [5, 4])[0].shape == (2, 3, 5, 4)
    np.testing.assert_array_equal(pool(x, None)[0], x)
    np.testing.assert_array_equal(pool(x, (None, 3))[0], pool(x, (6, 3))[0])
    np.testing.assert_array_equal(pool(x, (3, None))[0], pool(x, (3, 8))[0])


PAIRS = {
    "adaptive average": (lambda x: adaptive_avg_pool2d(x, (4, 3)), adaptive_avg_pool2d_backward),
    "adaptive maximum": (lambda x: adaptive_max_pool2d(x, (4, 3)), adaptive_max_pool2d_backward),
    "average, larger": (lambda x: adaptive_avg_pool2d(x, (9, None)), adaptive_avg_pool2d_backward),
    "maximum, larger": (lambda x: adaptive_max_pool2d(x, (9, None)), adaptive_max_pool2d_backward),
    "global maximum": (global_max_pool2d, global_max_pool2d_backward),
}


@pytest.mark.parametrize("name", PAIRS)
def test_what_every_layer_promises(name):
    behaves(*PAIRS[name], [example()])


@pytest.mark.parametrize("name", PAIRS)
def test_empty_batch_and_the_sum_of_the_gradient(name):
    forward, backward = PAIRS[name]
    y, cache = forward(example()[:0])
    assert y.shape == (0, *forward(example())[0].shape[1:])
    assert backward(y, cache).shape == (0, 3, 6, 8)
    y, cache = forward(example())
    np.testing.assert_allclose(backward(np.ones_like(y), cache).sum(), y.size)  # kept, always


REFUSED = {  # name -> (x, output_size, message)
    "rank 3": (np.ones((3, 6, 8)), 2, r"x wants 4 axes \(N, C, H, W\), got shape \(3, 6, 8\)"),
    "empty image": (np.ones((2, 3, 0, 8)), 2, "size must be at least 1, got 0"),
    "output 0": (np.ones((2, 3, 6, 8)), (2, 0), "output_size must be at least 1, got 0"),
    "triple": (np.ones((2, 3, 6, 8)), (2, 3, None), r"wants an int or a pair, got \(2, 3, None\)"),
    "fraction": (np.ones((2, 3, 6, 8)), 2.5, "output_size wants a whole number, got 2.5"),
}


@pytest.mark.parametrize("pool", [adaptive_avg_pool2d, adaptive_max_pool2d])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name, pool):
    x, output_size, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        pool(x, output_size)


def test_global_maximum_refuses():
    with pytest.raises(ValueError, match=r"x wants 4 axes .* got shape \(3, 6, 8\)"):
        global_max_pool2d(np.ones((3, 6, 8)))
    with pytest.raises(ValueError, match="size must be at least 1, got 0"):
        global_max_pool2d(np.ones((2, 3, 6, 0)))


def test_backward_refuses_another_shape():
    x = example()
    for pool, backward in (
        (adaptive_avg_pool2d, adaptive_avg_pool2d_backward),
        (adaptive_max_pool2d, adaptive_max_pool2d_backward),
    ):
        with pytest.raises(ValueError, match=r"dy has shape \(2, 3, 5, 4\), y has \(2, 3, 4, 5\)"):
            backward(np.ones((2, 3, 5, 4)), pool(x, (4, 5))[1])
    with pytest.raises(ValueError, match=r"dy has shape \(3, 2\), y has \(2, 3\)"):
        global_max_pool2d_backward(np.ones((3, 2)), global_max_pool2d(x)[1])
