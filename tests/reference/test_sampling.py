import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree, agree_with_torch, behaves

from cnnbook.reference.sampling import (
    bilinear_sample,
    bilinear_sample_backward,
    bilinear_sample_tents,
)


@st.composite
def cases(draw):
    """Images and positions in and around them, none on a pixel, where the slope jumps."""
    h, w, c = draw(st.permutations(range(1, 8)))[:3]
    n = draw(st.sampled_from([n for n in range(1, 5) if n not in (h, w, c)]))
    shape = (n, *draw(st.lists(st.integers(1, 5), max_size=3)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, columns = (
        rng.integers(-3, size + 3, shape) + rng.uniform(0.01, 0.99, shape) for size in (h, w)
    )
    return rng.normal(size=(n, c, h, w)), rows, columns


def grid_sample(x, rows, columns):
    """Torch's own sampling, whose positions run from −1 to 1 over the image and are (x, y)."""
    (n, c, h, w), shape = x.shape, rows.shape
    scaled = [(2 * p + 1) / size - 1 for p, size in ((columns, w), (rows, h))]
    grid = torch.stack(scaled, dim=-1).reshape(n, 1, -1, 2)
    y = torch.nn.functional.grid_sample(x, grid, align_corners=False)
    return y.reshape(n, c, *shape[1:])


@CONFIGURATIONS
@given(cases())
def test_forward_and_backward_are_those_of_torch(case):
    agree_with_torch(
        "bilinear_sample",
        "torch grid_sample",
        bilinear_sample,
        bilinear_sample_backward,
        grid_sample,
        case,
    )


@CONFIGURATIONS
@given(cases(), st.booleans())
def test_the_definition_equals_the_fast_form(case, on_pixels):
    x, rows, columns = case
    if on_pixels:
        rows, columns = np.floor(rows), np.floor(columns)
    tents = bilinear_sample_tents(x, rows, columns)
    fast, _ = bilinear_sample(x, rows, columns)
    agree("bilinear_sample_tents", "bilinear_sample", "forward", tents, fast)


def test_by_hand():
    x = np.array([[[[0.0, 10.0], [20.0, 70.0]]]])
    rows, columns = np.array([[0.5, 0.0, -0.25]]), np.array([[0.25, 1.0, 1.5]])
    y, cache = bilinear_sample(x, rows, columns)
    # 0.5 (0.75 · 0 + 0.25 · 10) + 0.5 (0.75 · 20 + 0.25 · 70);  10;  0.75 · 0.5 · 10
    assert y.tolist() == [[[17.5, 10, 3.75]]]
    dx, drows, dcolumns = bilinear_sample_backward(np.array([[[1.0, 0.0, 2.0]]]), cache)
    assert dx.tolist() == [[[[0.375, 0.125 + 0.75], [0.375, 0.125]]]]
    # down: 0.75 (20 − 0) + 0.25 (70 − 10); above the image 0.5 · 10, twice
    assert drows.tolist() == [[30, 0, 10]]
    # right: 0.5 (10 − 0) + 0.5 (70 − 20); out to the right 0.75 (0 − 10), twice
    assert dcolumns.tolist() == [[30, 0, -15]]


def test_channels_share_a_position_and_add_up_its_gradient():
    x = np.stack([np.zeros((2, 2)), np.array([[0.0, 0], [1, 1]]), np.array([[0.0, 0], [5, 5]])])
    _, cache = bilinear_sample(x[None], np.array([0.5]), np.array([0.5]))
    _, drows, dcolumns = bilinear_sample_backward(np.array([[7.0, 1, 2]]), cache)
    assert drows.tolist() == [11]
    assert dcolumns.tolist() == [0]


@pytest.mark.parametrize("axis", [0, 1])
def test_on_a_pixel_the_slope_is_the_one_ahead(axis):
    x = np.array([3.0, 5.0, -8.0]).reshape((1, 1, 3, 1) if axis == 0 else (1, 1, 1, 3))
    along = np.array([-2.0, -1.0, 0.0, 1.0, 2.0, 3.0])[None]
    positions = [np.zeros((1, 6)), np.zeros((1, 6))]
    positions[axis] = along
    y, cache = bilinear_sample(x, *positions)
    assert y.tolist() == [[[0, 0, 3, 5, -8, 0]]]
    slopes = bilinear_sample_backward(np.ones_like(y), cache)[1 + axis]
    assert slopes.tolist() == [[0, 3, 2, -13, 8, 0]]
    positions[axis] = along + 2.0**-10  # a power of two: the quotient below is exact
    ahead, _ = bilinear_sample(x, *positions)
    assert slopes.tolist() == ((ahead - y) * 2**10)[0].tolist()


def test_far_away_reads_zero_without_a_gradient():
    x = np.full((1, 2, 3, 4), 5.0)
    far = np.array([[-np.inf, -1e300, -3.5, -1.0, 3.0, 1e18, np.inf]])
    for form in (bilinear_sample_tents, lambda *a: bilinear_sample(*a)[0]):
        assert not form(x, far, np.ones((1, 7))).any()
    y, cache = bilinear_sample(x, far, np.ones((1, 7)))
    dx, drows, dcolumns = bilinear_sample_backward(np.ones_like(y), cache)
    assert not dx.any()
    assert not dcolumns.any()
    assert drows.tolist() == [[0, 0, 0, 10, 0, 0, 0]]  # one step down from −1 meets two channels


def test_nan_reaches_the_samples_that_read_it():
    x = np.zeros((1, 1, 5, 5))
    x[0, 0, 2, 2] = np.nan
    rows, columns = np.meshgrid(np.arange(0.5, 4), np.arange(0.5, 4), indexing="ij")
    y, _ = bilinear_sample(x, rows[None], columns[None])
    wanted = np.zeros((4, 4), bool)
    wanted[1:3, 1:3] = True
    np.testing.assert_array_equal(np.isnan(y[0, 0]), wanted)


def example():
    rng = np.random.default_rng(0)
    rows, columns = rng.uniform(-2, 6, (2, 3, 7)), rng.uniform(-2, 7, (2, 3, 7))
    return rng.normal(size=(2, 4, 5, 6)), rows, columns


def test_behaves_as_a_layer():
    behaves(bilinear_sample, bilinear_sample_backward, example())


def test_the_definition_keeps_the_dtype():
    for dtype in (np.float16, np.float32, np.float64):
        assert bilinear_sample_tents(*(a.astype(dtype) for a in example())).dtype == dtype


def test_many_gradients_on_one_pixel_keep_their_digits_in_float32():
    x, places = np.ones((1, 1, 2, 2), np.float32), np.zeros((1, 100_000), np.float32)
    _, cache = bilinear_sample(x, places, places)
    dx, _, _ = bilinear_sample_backward(np.full((1, 1, 100_000), 0.1, np.float32), cache)
    np.testing.assert_allclose(dx[0, 0, 0, 0], 1e4, rtol=1e-6)


def test_integers_become_floats():
    photo = np.array([[[[0, 200], [100, 50]]]], np.uint8)
    y, _ = bilinear_sample(photo, np.array([[0.5]]), np.array([[0.5]]))
    assert y.tolist() == [[[87.5]]]
    assert bilinear_sample_tents(photo, np.array([[1]]), np.array([[0]])).tolist() == [[[100.0]]]


@pytest.mark.parametrize(("n", "shape"), [(0, (3,)), (2, (0,))])
def test_nothing_to_sample(n, shape):
    x, places = np.ones((n, 4, 5, 6)), np.ones((n, *shape))
    y, cache = bilinear_sample(x, places, places)
    assert y.shape == bilinear_sample_tents(x, places, places).shape == (n, 4, *shape)
    dx, drows, dcolumns = bilinear_sample_backward(y, cache)
    np.testing.assert_array_equal(dx, np.zeros_like(x))
    assert drows.shape == dcolumns.shape == places.shape


REFUSED = {  # name -> (what to change in a good call, message)
    "x of rank 3": (dict(x=np.ones((4, 5, 6))), r"x wants 4 axes .* shape \(4, 5, 6\)"),
    "shapes": (
        dict(columns=np.ones((2, 3, 8))),
        r"rows have shape \(2, 3, 7\), columns \(2, 3, 8\)",
    ),
    "images": (dict(x=np.ones((3, 4, 5, 6))), r"rows want 3 images first, got shape \(2, 3, 7\)"),
    "no axis": (dict(rows=1.0, columns=1.0), r"rows want 2 images first, got shape \(\)"),
    "NaN": (dict(columns=np.full((2, 3, 7), np.nan)), "42 of 42 columns are NaN"),
    "text": (dict(rows=np.full((2, 3, 7), "a")), "real numbers, got dtype <U1"),
}


@pytest.mark.parametrize("form", [bilinear_sample, bilinear_sample_tents])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name, form):
    change, message = REFUSED[name]
    good = dict(zip(("x", "rows", "columns"), example(), strict=True))
    form(**good)
    with pytest.raises(ValueError, match=message):
        form(**good | change)


def test_backward_refuses_another_shape():
    _, cache = bilinear_sample(*example())
    with pytest.raises(ValueError, match=r"dy has shape \(2, 4, 21\), y has \(2, 4, 3, 7\)"):
        bilinear_sample_backward(np.ones((2, 4, 21)), cache)
