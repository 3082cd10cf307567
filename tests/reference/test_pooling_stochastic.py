import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree, agree_with_torch, behaves, central_differences
from scipy.stats import chisquare

from cnnbook.reference.pooling_stochastic import stochastic_pool2d, stochastic_pool2d_backward

CLOSE = dict(rtol=1e-10, atol=1e-12)
ORACLE = "Generator.choice; torch autograd"


@st.composite
def cases(draw):
    """Activations as after ReLU, every axis of another length, in windows that touch, overlap or leave gaps."""
    kernel, stride = (draw(st.tuples(st.integers(1, 4), st.integers(1, 4))) for _ in range(2))
    h, w = kernel[0] + draw(st.integers(0, 6)), kernel[1] + draw(st.integers(0, 6))
    w += w == h
    n, c = draw(st.permutations([k for k in range(1, 6) if k not in (h, w)]))[:2]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = np.maximum(rng.normal(size=(n, c, h, w)) + draw(st.sampled_from([-1, 0, 4])), 0)
    return x, kernel, draw(st.sampled_from([stride, None])), draw(st.integers(0, 99))


def one_window_at_a_time(x, kernel, stride, rng, dy):
    """Draw with numpy's own choice, and send each gradient where its output came from."""
    (k_h, k_w), (s_h, s_w) = kernel, stride or kernel
    y, dx = np.zeros(dy.shape), np.zeros(x.shape)
    for n, c, i, j in np.ndindex(dy.shape):
        window = x[n, c, i * s_h : i * s_h + k_h, j * s_w : j * s_w + k_w]
        if not window.any():
            rng.random()
            continue
        row, column = divmod(rng.choice(window.size, p=window.ravel() / window.sum()), k_w)
        y[n, c, i, j] = window[row, column]
        dx[n, c, i * s_h + row, j * s_w + column] += dy[n, c, i, j]
    return y, dx


@CONFIGURATIONS
@given(cases())
def test_training_draws_as_numpys_choice(case):
    x, kernel, stride, seed = case
    y, cache = stochastic_pool2d(x, kernel, stride, rng=np.random.default_rng(seed))
    dy = np.random.default_rng(0).normal(size=y.shape)
    theirs = one_window_at_a_time(x, kernel, stride, np.random.default_rng(seed), dy)
    agree("stochastic_pool2d", ORACLE, "forward", y, theirs[0])
    agree("stochastic_pool2d", ORACLE, "backward", stochastic_pool2d_backward(dy, cache), theirs[1])


def torch_expectation(x, kernel, stride):
    """Sum of squares over sum, 0 where a window is 0, by average pooling."""
    total = torch.nn.functional.avg_pool2d(x, kernel, stride, divisor_override=1)
    squares = torch.nn.functional.avg_pool2d(x**2, kernel, stride, divisor_override=1)
    return torch.where(total > 0, squares / torch.where(total > 0, total, 1), 0)


@CONFIGURATIONS
@given(cases())
def test_use_is_the_expectation(case):
    x, kernel, stride, _ = case
    agree_with_torch(
        "stochastic_pool2d",
        ORACLE,
        lambda x: stochastic_pool2d(x, kernel, stride, training=False),
        stochastic_pool2d_backward,
        lambda x: torch_expectation(x, kernel, stride),
        [x],
    )


def test_by_hand():
    x = np.array([[[[1.0, 2], [3, 0]]]])  # drawn with 1/6, 2/6, 3/6, never
    y, cache = stochastic_pool2d(x, 2, training=False)
    np.testing.assert_allclose(y, [[[[14 / 6]]]], **CLOSE)
    # 2 p - (14/6) / 6
    wanted = np.array([[[[-2, 10], [22, -14]]]]) / 36
    np.testing.assert_allclose(
        stochastic_pool2d_backward(np.ones((1, 1, 1, 1)), cache), wanted, **CLOSE
    )

    class Half:  # an rng whose numbers are all 0.5: half of the sum 6 is 3, reached after the 2
        random = staticmethod(lambda shape: np.full(shape, 0.5 - 1e-9))

    y, cache = stochastic_pool2d(x, 2, rng=Half())
    assert y.tolist() == [[[[2]]]]
    dx = stochastic_pool2d_backward(np.full((1, 1, 1, 1), 5.0), cache)
    assert dx.tolist() == [[[[0, 5], [0, 0]]]]


MANY = np.tile(np.array([[0.0, 1, 2], [3, 0, 4]]), (1, 1, 100, 200))  # 20,000 equal windows


def test_cells_are_drawn_as_often_as_their_share_says():
    y, _ = stochastic_pool2d(MANY, (2, 3), rng=np.random.default_rng(0))
    drawn = [np.sum(y == value) for value in (0, 1, 2, 3, 4)]
    assert drawn[0] == 0
    assert chisquare(drawn[1:], y.size * np.array([1, 2, 3, 4]) / 10).pvalue > 0.01
    # the same test refuses draws that are off by little
    assert chisquare(drawn[1:], y.size * np.array([1.1, 2, 3, 3.9]) / 10).pvalue < 0.01


def test_the_mean_of_training_is_use():
    y, _ = stochastic_pool2d(MANY, (2, 3), rng=np.random.default_rng(1))
    expected, _ = stochastic_pool2d(MANY, (2, 3), training=False)
    assert np.unique(expected).tolist() == [3]  # (1 + 4 + 9 + 16) / 10
    assert abs(y.mean() - 3) < 4 * y.std() / y.size**0.5


def test_windows_are_drawn_one_by_one_and_anew_each_time():
    rng = np.random.default_rng(0)
    first, second = (stochastic_pool2d(MANY, (2, 3), rng=rng)[0] for _ in range(2))
    assert len(np.unique(first)) == 4
    assert 0.2 < np.mean(first == second) < 0.4  # 0.01 + 0.04 + 0.09 + 0.16


def test_a_window_of_zeros_gives_zero_and_no_gradient():
    x = np.zeros((1, 1, 2, 4))
    x[0, 0, 0, 3] = 2
    for options in (dict(training=False), dict(rng=np.random.default_rng(0))):
        y, cache = stochastic_pool2d(x, 2, **options)
        assert y.tolist() == [[[[0, 2]]]]
        assert (stochastic_pool2d_backward(np.ones(y.shape), cache)[..., :2] == 0).all()


def test_gradient_by_central_differences():
    x = np.random.default_rng(0).uniform(0.5, 2, size=(1, 2, 5, 4))
    y, cache = stochastic_pool2d(x, 3, 1, training=False)
    dy = np.random.default_rng(1).normal(size=y.shape)
    numeric = central_differences(lambda x: stochastic_pool2d(x, 3, 1, training=False)[0], x, dy)
    np.testing.assert_allclose(stochastic_pool2d_backward(dy, cache), numeric, atol=1e-7)


@pytest.mark.parametrize(
    ("dtype", "large"), [(np.float16, 60000), (np.float32, 1e38), (np.float64, 1e300)]
)
def test_large_activations_do_not_run_over(dtype, large):
    x = np.full((1, 1, 2, 2), large, dtype)
    y, cache = stochastic_pool2d(x, 2, training=False)
    assert y == x[0, 0, 0, 0]
    np.testing.assert_allclose(stochastic_pool2d_backward([[[[1]]]], cache), np.full(x.shape, 0.25))
    assert stochastic_pool2d(x, 2, rng=np.random.default_rng(0))[0] == x[0, 0, 0, 0]


def test_behaves():
    x = np.random.default_rng(0).uniform(size=(2, 3, 5, 7))
    backward = stochastic_pool2d_backward
    behaves(lambda x: stochastic_pool2d(x, (2, 3), (1, 2), training=False), backward, [x])
    behaves(lambda x: stochastic_pool2d(x, 2, rng=np.random.default_rng(5)), backward, [x])
    behaves(lambda x: stochastic_pool2d(x, 1, training=False), backward, [x])


def test_integers_become_floats():
    y, cache = stochastic_pool2d(np.arange(4).reshape(1, 1, 2, 2), 2, training=False)
    assert y.dtype == stochastic_pool2d_backward(y, cache).dtype == np.float64


def test_empty_batch():
    for training in (False, True):
        y, cache = stochastic_pool2d(
            np.zeros((0, 3, 5, 7)), 2, 1, training, np.random.default_rng(0)
        )
        assert y.shape == (0, 3, 4, 6)
        assert stochastic_pool2d_backward(y, cache).shape == (0, 3, 5, 7)


def with_one(value):
    x = np.ones((2, 3, 5, 7))
    x[1, 2, 3, 4] = value
    return x


REFUSED = {
    "x of rank 3": (dict(x=np.ones((3, 5, 7))), "x wants 4 axes"),
    "negative": (dict(x=with_one(-0.5)), "finite activations of at least 0, got -0.5 to 1"),
    "NaN": (dict(x=with_one(np.nan)), "finite activations of at least 0, got nan to nan"),
    "infinity": (dict(x=with_one(np.inf)), "finite activations of at least 0, got 1 to inf"),
    "no rng": (dict(training=True), "training wants an rng to draw from, got None"),
    "kernel 0": (dict(kernel_size=0), "kernel_size must be at least 1, got 0"),
    "kernel too high": (dict(kernel_size=(6, 2)), "kernel 6 with dilation 1 spans 6 cells"),
    "stride 0": (dict(stride=0), "stride must be at least 1, got 0"),
    "complex": (dict(x=np.ones((2, 3, 5, 7), complex)), "real numbers, got dtype complex128"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    change, message = REFUSED[name]
    good = dict(x=np.ones((2, 3, 5, 7)), kernel_size=2, training=False)
    stochastic_pool2d(**good)
    with pytest.raises(ValueError, match=message):
        stochastic_pool2d(**good | change)


def test_backward_refuses_another_shape():
    _, cache = stochastic_pool2d(np.ones((2, 3, 5, 7)), 2, training=False)
    with pytest.raises(ValueError, match=r"dy has shape \(2, 3, 2, 2\), y has \(2, 3, 2, 3\)"):
        stochastic_pool2d_backward(np.ones((2, 3, 2, 2)), cache)
