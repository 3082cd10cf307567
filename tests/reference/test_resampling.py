import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree, agree_with_torch, behaves

from cnnbook.reference.resampling import interpolate, interpolate_backward, resample_matrix

CLOSE = dict(rtol=1e-10, atol=1e-12)
OPTIONS = [  # mode, align_corners, antialias; torch has Lanczos only with antialias
    ("nearest", False, False),
    ("bilinear", False, False),
    ("bilinear", True, False),
    ("bilinear", False, True),
    ("bicubic", False, False),
    ("bicubic", True, False),
    ("bicubic", False, True),
    ("lanczos", False, True),
]
NICE = (0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)


@st.composite
def scales(draw, size, least):
    """A scale factor that leaves at least `least` cells of `size`."""
    nice = [s for s in NICE if int(size * s) >= least]
    bound = (least + 0.01) / size
    return draw(st.one_of(st.sampled_from(nice), st.floats(bound, max(4.0, bound + 1))))


@st.composite
def cases(draw):
    """An image, every axis of another length, and where it is to be resampled to."""
    n, c, h, w = draw(st.permutations(range(1, 10)))[:4]
    mode, align_corners, antialias = draw(st.sampled_from(OPTIONS))
    # torch 2.13 on CPU: with antialias and ONE column of output, every row is the first row
    least = 2 if antialias else 1
    if draw(st.booleans()):
        where = dict(size=(draw(st.integers(1, 24)), draw(st.integers(least, 24))))
    else:
        where = dict(scale_factor=(draw(scales(h, 1)), draw(scales(w, least))))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    how = dict(mode=mode, align_corners=align_corners, antialias=antialias)
    return rng.normal(size=(n, c, h, w)), where | how


def torch_interpolate(x, align_corners, mode, **rest):
    corners = None if mode == "nearest" else align_corners
    return torch.nn.functional.interpolate(x, mode=mode, align_corners=corners, **rest)


@CONFIGURATIONS
@given(cases())
def test_forward_and_backward_are_those_of_torch(case):
    x, how = case
    agree_with_torch(
        "interpolate",
        "torch interpolate",
        lambda x: interpolate(x, **how),
        interpolate_backward,
        lambda x: torch_interpolate(x, **how),
        [x],
    )


@CONFIGURATIONS
@given(st.integers(1, 12), st.integers(2, 30), st.sampled_from(OPTIONS))
def test_the_matrix_is_what_torch_makes_of_the_identity(size_in, size_out, options):
    mode, align_corners, antialias = options
    columns = torch.eye(size_in, dtype=torch.float64)[None, None]
    theirs = torch_interpolate(
        columns,
        size=(size_in, size_out),
        mode=mode,
        align_corners=align_corners,
        antialias=antialias,
    )
    ours = resample_matrix(size_in, size_out, mode, align_corners, antialias)
    agree("resample_matrix", "torch interpolate", "forward", ours, theirs[0, 0].numpy().T)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "lanczos"])
def test_antialias_to_one_column_is_that_to_one_row(mode):
    x = np.random.default_rng(0).normal(size=(2, 3, 7, 5))
    rows = torch_interpolate(torch.tensor(x), False, mode, size=(1, 9), antialias=True).numpy()
    column, _ = interpolate(x.swapaxes(2, 3), size=(9, 1), mode=mode, antialias=True)
    np.testing.assert_allclose(column.swapaxes(2, 3), rows, **CLOSE)


@pytest.mark.parametrize(("size_in", "size_out"), [(5, 8), (8, 5), (1, 3), (6, 6), (3, 11)])
@pytest.mark.parametrize("align_corners", [False, True])
def test_lanczos_without_antialias_by_its_definition(size_in, size_out, align_corners):
    x = np.random.default_rng(0).normal(size=size_in)
    expected = []
    for i in range(size_out):
        at = (
            i * (size_in - 1) / (size_out - 1)
            if align_corners
            else (i + 0.5) * size_in / size_out - 0.5
        )
        total = norm = 0.0
        for j in range(int(np.floor(at)) - 2, int(np.floor(at)) + 4):
            t = np.pi * (at - j)
            weight = 1.0 if t == 0 else 3 * np.sin(t) * np.sin(t / 3) / t**2
            total += weight * x[min(max(j, 0), size_in - 1)]
            norm += weight
        expected.append(total / norm)
    ours = resample_matrix(size_in, size_out, "lanczos", align_corners) @ x
    np.testing.assert_allclose(ours, expected, **CLOSE)


@pytest.mark.parametrize("options", [*OPTIONS, ("lanczos", False, False), ("lanczos", True, False)])
@pytest.mark.parametrize("size", [(3, 4), (7, 5), (13, 29)])
def test_a_constant_image_stays_constant(options, size):
    y, _ = interpolate(np.full((1, 1, 7, 5), 0.3), size, None, *options)
    np.testing.assert_allclose(y, np.full((1, 1, *size), 0.3), **CLOSE)


def test_by_hand():
    row = np.array([[[[0.0, 8.0]]]])
    hand = {  # four outputs: centres at -1/4, 1/4, 3/4, 5/4, or with the corners at 0, 1/3, 2/3, 1
        ("nearest", False): [0, 0, 8, 8],
        ("bilinear", False): [0, 2, 6, 8],
        ("bilinear", True): [0, 8 / 3, 16 / 3, 8],
        # at 1/4 cells -1, 0, 1, 2 hold 0, 0, 8, 8 and weigh -27, 225, 67, -9 of 256; at -1/4 cells
        # -2, -1, 0, 1 hold 0, 0, 0, 8 and weigh the same the other way round
        ("bicubic", False): [-27 / 32, (67 - 9) / 32, (225 - 27) / 32, (-9 + 67 + 225) / 32],
    }
    for (mode, corners), wanted in hand.items():
        y, cache = interpolate(row, (1, 4), mode=mode, align_corners=corners)
        np.testing.assert_allclose(y[0, 0, 0], wanted, **CLOSE, err_msg=mode)
        dx = interpolate_backward(np.ones_like(y), cache)
        np.testing.assert_allclose(dx, [[[[2, 2]]]], **CLOSE)
    # [0, 8, 4] to one cell, stretched threefold: the triangle weighs 2/3, 1, 2/3 and is normalised
    y, _ = interpolate(np.array([[[[0.0], [8.0], [4.0]]]]), (1, 1), mode="bilinear", antialias=True)
    np.testing.assert_allclose(y, [[[[(0 * 2 + 8 * 3 + 4 * 2) / 7]]]], **CLOSE)


def test_the_given_scale_decides_the_positions_not_the_sizes():
    x = np.arange(10.0).reshape(1, 1, 1, 10)
    by_scale, _ = interpolate(x, scale_factor=(1, 0.55), mode="bilinear")
    by_size, _ = interpolate(x, size=(1, 5), mode="bilinear")
    np.testing.assert_allclose(by_scale[0, 0, 0], (np.arange(5) + 0.5) / 0.55 - 0.5, **CLOSE)
    np.testing.assert_allclose(by_size[0, 0, 0], (np.arange(5) + 0.5) * 2 - 0.5, **CLOSE)


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("scale", [1.1, 2.05])
def test_torch_drops_the_scale_where_a_size_stays_or_doubles(mode, scale):
    x = np.random.default_rng(0).normal(size=(1, 1, 1, 9))
    theirs = torch_interpolate(torch.tensor(x), False, mode, scale_factor=(1, scale)).numpy()
    ours, _ = interpolate(x, scale_factor=(1, scale), mode=mode)
    np.testing.assert_allclose(ours, theirs, **CLOSE)
    dropped, _ = interpolate(x, size=(1, int(9 * scale)), mode=mode)
    wanted = {"nearest": (1.1, 2.05), "bilinear": (1.1,), "bicubic": ()}[mode]
    assert np.allclose(ours, dropped) == (scale in wanted)


def test_nearest_is_exact_where_single_precision_is_not():
    # output 41 of 82 stands at 41 * 2 / 82 = 1; torch's rounded product falls just below
    x = torch.arange(2.0, dtype=torch.float64).reshape(1, 1, 1, 2)
    theirs = torch_interpolate(x, False, "nearest", size=(1, 82)).numpy().ravel()
    ours = interpolate(x.numpy(), (1, 82))[0].ravel()
    np.testing.assert_array_equal(ours, np.repeat([0, 1], 41))
    assert set(np.flatnonzero(ours != theirs)) <= {41}


def test_behaves():
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 7))
    for mode, corners, antialias in OPTIONS:
        behaves(
            lambda x, how=(mode, corners, antialias): interpolate(x, (4, 9), None, *how),
            interpolate_backward,
            [x],
        )
    behaves(lambda x: interpolate(x, (5, 7)), interpolate_backward, [x])


def test_empty_batch():
    y, cache = interpolate(np.zeros((0, 3, 5, 7)), (4, 9), mode="bicubic")
    assert y.shape == (0, 3, 4, 9)
    assert interpolate_backward(y, cache).shape == (0, 3, 5, 7)


def test_nan_spoils_its_own_map_only():
    x = np.ones((2, 3, 4, 6))
    x[1, 2, 1, 2] = np.nan
    y, _ = interpolate(x, (5, 9), mode="bilinear")
    assert np.isnan(y).any((2, 3)).tolist() == [[False] * 3, [False, False, True]]


REFUSED = {
    "x of rank 3": (dict(x=np.ones((3, 5, 7))), "x wants 4 axes"),
    "neither": (dict(size=None), "one of size and scale_factor is wanted, got None and None"),
    "both": (dict(scale_factor=2), r"one of size and scale_factor is wanted, got \(4, 9\) and 2"),
    "size 0": (dict(size=(4, 0)), "size must be at least 1, got 0"),
    "size triple": (dict(size=(4, 9, 1)), r"size wants an int or a pair, got \(4, 9, 1\)"),
    "size of no whole number": (dict(size=4.5), "size wants a whole number, got 4.5"),
    "nothing left": (dict(size=None, scale_factor=(1, 0.1)), "size_out must be at least 1, got 0"),
    "scale 0": (dict(size=None, scale_factor=0.0), "scale_factor must be above 0, got 0"),
    "scale nan": (
        dict(size=None, scale_factor=np.nan),
        "scale_factor wants a finite number, got nan",
    ),
    "scale triple": (
        dict(size=None, scale_factor=(1, 2, 3)),
        "scale_factor wants a number or a pair",
    ),
    "no image": (dict(x=np.ones((2, 3, 0, 7))), "size_in must be at least 1, got 0"),
    "mode": (dict(mode="cubic"), "mode 'cubic' is none of 'nearest', 'bilinear'"),
    "nearest corners": (
        dict(align_corners=True),
        "'nearest' has neither align_corners nor antialias",
    ),
    "nearest antialias": (
        dict(antialias=True),
        "'nearest' has neither align_corners nor antialias",
    ),
    "both options": (
        dict(mode="bicubic", align_corners=True, antialias=True),
        "antialias wants align_corners=False",
    ),
    "complex": (dict(x=np.ones((2, 3, 5, 7), complex)), "real numbers, got dtype complex128"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    change, message = REFUSED[name]
    good = dict(x=np.ones((2, 3, 5, 7)), size=(4, 9))
    interpolate(**good)
    with pytest.raises(ValueError, match=message):
        interpolate(**good | change)


@pytest.mark.parametrize(
    ("scale", "message"),
    [
        (-1, "scale_factor must be above 0, got -1"),
        (1.2, "scale_factor 1.2 does not make 4 cells of 3"),
    ],
)
def test_matrix_refuses_the_scale(scale, message):
    with pytest.raises(ValueError, match=message):
        resample_matrix(3, 4, scale_factor=scale)


def test_backward_refuses_another_shape():
    _, cache = interpolate(np.ones((2, 3, 5, 7)), (4, 9))
    with pytest.raises(ValueError, match=r"dy has shape \(2, 3, 4, 8\), y has \(2, 3, 4, 9\)"):
        interpolate_backward(np.ones((2, 3, 4, 8)), cache)
