import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS

from cnnbook.reference.arguments import pad
from cnnbook.reference.pooling_windows import fold, pool_windows, spread


@st.composite
def pool_cases(draw, dilated=True):
    """The shape of x, all axes of different length, and settings that PyTorch takes too."""
    kernel = draw(st.permutations(range(1, 6)))[:2]
    stride = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    dilation = draw(st.tuples(st.integers(1, 3), st.integers(1, 3))) if dilated else (1, 1)
    ceil_mode = draw(st.booleans())
    sizes = []
    for k, s, p, d in zip(kernel, stride, padding, dilation, strict=True):
        fits = d * (k - 1) + 1 - 2 * p - (s - 1) * ceil_mode
        # from size d on, no window lies wholly in the padding
        sizes.append(max(1, fits, d if p else 1) + draw(st.integers(0, 6)))
    h, w = sizes[0], sizes[1] + (sizes[1] == sizes[0])
    n, c = draw(st.permutations([m for m in range(1, 6) if m not in (h, w)]))[:2]
    return (n, c, h, w), tuple(kernel), stride, padding, dilation, ceil_mode


def test_ceil_mode_pads_as_far_as_the_last_window_reaches():
    windows = pool_windows((5, 6), (3, 2), (2, 4), (1, 0), (1, 1), ceil_mode=True)
    assert windows.output == (3, 2)
    assert windows.padding == ((1, 1), (0, 0))
    windows = pool_windows((6, 7), (3, 4), (2, 3), (1, 1), (1, 1), ceil_mode=True)
    assert windows.output == (4, 3)  # columns -1..2, 2..5, 5..8
    assert windows.padding == ((1, 2), (1, 2))


@CONFIGURATIONS
@given(pool_cases())
def test_spread_is_the_transpose_of_a_sum(case):
    shape, *settings = case
    windows = pool_windows(shape[2:], *settings)
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=shape), rng.normal(size=(*shape[:2], *windows.output))
    y = fold(pad(x, windows.padding), np.add, windows)
    assert y.shape == dy.shape
    np.testing.assert_allclose(np.sum(y * dy), np.sum(x * spread(dy, windows, shape)), rtol=1e-9)


REFUSED = {  # name -> (settings, message)
    "kernel 0": (dict(kernel_size=0), "kernel_size must be at least 1, got 0"),
    "kernel triple": (dict(kernel_size=(1, 2, 3)), r"kernel_size wants an int or a pair, got"),
    "kernel fraction": (dict(kernel_size=1.5), "kernel_size wants a whole number, got 1.5"),
    "stride 0": (dict(stride=(1, 0)), "stride must be at least 1, got 0"),
    "stride triple": (dict(stride=(1, 2, 3)), r"stride wants an int or a pair, got \(1, 2, 3\)"),
    "padding -1": (dict(padding=-1), "padding must be at least 0, got -1"),
    "padding of rows": (dict(padding=(2, 0)), "padding 2 is more than half of kernel_size 3"),
    "padding of columns": (dict(padding=(0, 3)), "padding 3 is more than half of kernel_size 4"),
    "padding in sides": (dict(padding=((0, 1), 1)), r"padding wants a whole number, got \(0, 1\)"),
    "dilation 0": (dict(dilation=0), "dilation must be at least 1, got 0"),
    "too high": (dict(kernel_size=(7, 2)), r"kernel 7 .* spans 7 cells, the padded axis has 6"),
    "too wide": (dict(dilation=(1, 3)), r"kernel 4 .* spans 10 cells, the padded axis has 9"),
    "empty image": (dict(sizes=(0, 9)), "size must be at least 1, got 0"),
    "empty window": (
        dict(sizes=(6, 2), kernel_size=2, padding=1, dilation=(1, 3)),
        "dilation 3 jumps over the whole axis of 2: a window is empty",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    change, message = REFUSED[name]
    good = dict(sizes=(6, 9), kernel_size=(3, 4))
    pool_windows(**good)
    with pytest.raises(ValueError, match=message):
        pool_windows(**good | change)


def test_torch_reads_nothing_in_the_window_that_is_refused():
    x = torch.zeros(1, 1, 6, 2)
    y, indices = torch.nn.functional.max_pool2d(x, 2, 2, 1, (1, 3), return_indices=True)
    assert y[0, 0, 0, 0] == -torch.inf
    assert indices[0, 0, 0, 0] >= 2  # no column of the image: its gradient would land elsewhere
