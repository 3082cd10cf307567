import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves

from cnnbook.reference.convolution import conv2d, conv2d_backward
from cnnbook.reference.convolution_deformable import deform_conv2d, deform_conv2d_backward
from cnnbook.shapes import output_size

CLOSE = dict(rtol=1e-10, atol=1e-12)


@st.composite
def cases(draw):
    """Arrays and settings of one deformable convolution; no cell reads exactly on a pixel."""
    stride, dilation = (draw(st.tuples(st.integers(1, 3), st.integers(1, 3))) for _ in range(2))
    padding = tuple(draw(st.tuples(st.integers(0, 2), st.integers(0, 2))) for _ in range(2))
    groups, offset_groups = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    c_in = np.lcm(groups, offset_groups) * draw(st.integers(1, 2))
    c_out = groups * draw(st.integers(1, 2))
    k_h, k_w = kernel = draw(st.permutations([1, 2, 3, 4]))[:2]
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    h, w = (
        max(1, span - sum(p)) + draw(st.integers(0, 4))
        for span, p in zip(spans, padding, strict=True)
    )
    w += w == h
    n = draw(st.sampled_from([n for n in range(1, 5) if n not in (c_in, h, w)][:2]))
    out = tuple(map(output_size, (h, w), kernel, stride, padding, dilation))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (n, 2 * offset_groups * k_h * k_w, *out)
    offset = rng.integers(-3, 3, shape) + rng.uniform(0.01, 0.99, shape)
    x, weight = rng.normal(size=(n, c_in, h, w)), rng.normal(size=(c_out, c_in // groups, *kernel))
    bias = rng.normal(size=c_out) if draw(st.booleans()) else None
    mask = rng.normal(size=(n, shape[1] // 2, *out)) if draw(st.booleans()) else None
    return x, offset, weight, bias, mask, stride, padding, dilation


def torch_deform(x, offset, weight, bias, mask, stride, padding, dilation):
    """The formula of Dai et al. 2017 and Zhu et al. 2018, one kernel cell and channel at a time."""
    (n, c_in, h, w), (c_out, c_group, k_h, k_w) = x.shape, weight.shape
    h_out, w_out = offset.shape[2:]
    offset_groups = offset.shape[1] // (2 * k_h * k_w)
    offset = offset.view(n, offset_groups, k_h * k_w, 2, h_out, w_out)
    if mask is not None:
        mask = mask.view(n, offset_groups, k_h * k_w, h_out, w_out)
    i, j = torch.arange(h_out).view(1, -1, 1), torch.arange(w_out).view(1, 1, -1)
    y = torch.zeros(n, c_out, h_out, w_out, dtype=x.dtype)
    for c in range(c_in):
        part = c // (c_in // offset_groups)
        group = c // c_group
        filters = slice(
            group * (c_out // (c_in // c_group)), (group + 1) * (c_out // (c_in // c_group))
        )
        for cell in range(k_h * k_w):
            a, b = divmod(cell, k_w)
            moved = offset[:, part, cell]
            row = i * stride[0] + a * dilation[0] - padding[0][0] + moved[:, 0]
            column = j * stride[1] + b * dilation[1] - padding[1][0] + moved[:, 1]
            grid = torch.stack([(2 * column + 1) / w - 1, (2 * row + 1) / h - 1], dim=-1)
            read = torch.nn.functional.grid_sample(x[:, c : c + 1], grid, align_corners=False)
            if mask is not None:
                read = read * mask[:, part, cell].unsqueeze(1)
            cell_weight = weight[filters, c % c_group, a, b].view(1, -1, 1, 1)
            y = y + torch.nn.functional.pad(
                cell_weight * read, (0, 0, 0, 0, filters.start, c_out - filters.stop)
            )
    return y if bias is None else y + bias.view(-1, 1, 1)


@CONFIGURATIONS
@given(cases())
def test_forward_and_backward_are_those_of_the_papers(case):
    *arrays, stride, padding, dilation = case
    rest = stride, padding, dilation
    agree_with_torch(
        "deform_conv2d",
        "papers' formula, torch grid_sample",
        lambda x, offset, weight, bias, mask: deform_conv2d(x, offset, weight, bias, *rest, mask),
        deform_conv2d_backward,
        lambda *tensors: torch_deform(*tensors, *rest),
        arrays,
    )


@CONFIGURATIONS
@given(cases())
def test_offset_0_and_mask_1_is_conv2d(case):
    x, offset, weight, bias, mask, *rest = case
    mask = None if mask is None else np.ones_like(mask)
    y, cache = deform_conv2d(x, np.zeros_like(offset), weight, bias, *rest, mask)
    expected, plain = conv2d(x, weight, bias, *rest, x.shape[1] // weight.shape[1])
    np.testing.assert_allclose(y, expected, **CLOSE)
    dy = np.random.default_rng(0).normal(size=y.shape)
    dx, _, dweight, dbias, _ = deform_conv2d_backward(dy, cache)
    for ours, theirs in zip((dx, dweight, dbias), conv2d_backward(dy, plain), strict=True):
        if theirs is None:
            assert ours is None
        else:
            np.testing.assert_allclose(ours, theirs, **CLOSE)


def test_by_hand():
    x = np.arange(12.0).reshape(1, 1, 3, 4) ** 2  # 0 1 4 9 / 16 25 36 49 / 64 81 100 121
    weight = np.array([[[[2.0, -1.0]]]])  # one row of two cells
    offset = np.zeros((1, 4, 3, 3))
    offset[0, :, 1, 1] = [-0.5, 0.25, 0, 1.5]  # cell 1 up and right, cell 2 to column 3.5
    mask = np.ones((1, 2, 3, 3))
    mask[0, :, 1, 1] = [0.5, 3]
    y, cache = deform_conv2d(x, offset, weight, np.array([100.0]), mask=mask)
    # cell 1 reads 0.5 (0.75 · 1 + 0.25 · 4) + 0.5 (0.75 · 25 + 0.25 · 36) = 14.75, cell 2 49 / 2
    assert y[0, 0, 1].tolist() == [100 + 32 - 25, 100 + 14.75 - 73.5, 100 + 72 - 49]
    dy = np.zeros_like(y)
    dy[0, 0, 1, 1] = 1
    dx, doffset, dweight, dbias, dmask = deform_conv2d_backward(dy, cache)
    # 2 · 0.5 shared out to rows 0 and 1; −1 · 3 · 0.5 to the last column
    assert dx.tolist() == [[[[0, 0.375, 0.125, 0], [0, 0.375, 0.125, -1.5], [0, 0, 0, 0]]]]
    # down 0.75 (25 − 1) + 0.25 (36 − 4), right 0.5 (4 − 1) + 0.5 (36 − 25); then −3 (121 − 49) / 2
    # and −3 (0 − 49)
    assert doffset[0, :, 1, 1].tolist() == [26, 7, -108, 147]
    assert dweight.tolist() == [[[[0.5 * 14.75, 3 * 24.5]]]]
    assert dbias.tolist() == [1]
    assert dmask[0, :, 1, 1].tolist() == [2 * 14.75, -24.5]
    assert np.count_nonzero(doffset) == 4
    assert np.count_nonzero(dmask) == 2


def test_a_whole_offset_moves_the_window():
    x, _, weight, bias, _ = example()
    offset = np.tile([1.0, -2.0], 2 * 6).reshape(1, -1, 1, 1) * np.ones((2, 1, 4, 5))
    y, _ = deform_conv2d(x, offset, weight, bias)
    moved = np.zeros_like(x)
    moved[:, :, :-1, 2:] = x[:, :, 1:, :-2]
    np.testing.assert_allclose(y, conv2d(moved, weight, bias, groups=2)[0], **CLOSE)


def test_on_a_pixel_the_slope_is_that_of_a_growing_offset():
    rng = np.random.default_rng(0)
    x, weight = (rng.integers(-9, 9, shape).astype(float) for shape in ((1, 2, 5, 6), (3, 2, 2, 3)))
    offset = rng.integers(-2, 3, (1, 12, 4, 4)).astype(float)
    y, cache = deform_conv2d(x, offset, weight)
    dy = rng.integers(-3, 4, y.shape).astype(float)
    _, doffset, *_ = deform_conv2d_backward(dy, cache)
    quotients = np.zeros_like(offset)
    for index in np.ndindex(offset.shape):
        ahead = offset.copy()
        ahead[index] += 2.0**-10  # a power of two: the quotient is exact
        quotients[index] = np.sum(dy * (deform_conv2d(x, ahead, weight)[0] - y)) * 2**10
    np.testing.assert_array_equal(doffset, quotients)


def example():
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=(2, 4, 5, 7)), rng.normal(size=(6, 2, 2, 3))
    offset, mask = rng.normal(size=(2, 2 * 2 * 6, 4, 5)), rng.normal(size=(2, 2 * 6, 4, 5))
    return x, offset, weight, rng.normal(size=6), mask


@pytest.mark.parametrize("left_out", [(), (3,), (4,), (3, 4)])
def test_behaves_as_a_layer(left_out):
    behaves(
        lambda x, offset, weight, bias, mask: deform_conv2d(x, offset, weight, bias, mask=mask),
        deform_conv2d_backward,
        [None if i in left_out else a for i, a in enumerate(example())],
    )


def test_integers_become_floats():
    x, weight = np.arange(12).reshape(1, 1, 3, 4), np.array([[[[1, 0], [0, -2]]]])
    y, _ = deform_conv2d(x, np.zeros((1, 8, 2, 3), int), weight)
    assert y.dtype == np.float64
    assert y.tolist() == [[[[-10, -11, -12], [-14, -15, -16]]]]


def test_empty_batch():
    x, offset, weight, bias, mask = example()
    y, cache = deform_conv2d(x[:0], offset[:0], weight, bias, mask=mask[:0])
    assert y.shape == (0, 6, 4, 5)
    dx, doffset, dweight, dbias, dmask = deform_conv2d_backward(y, cache)
    assert (dx.shape, doffset.shape, dmask.shape) == ((0, 4, 5, 7), (0, 24, 4, 5), (0, 12, 4, 5))
    np.testing.assert_array_equal(dweight, np.zeros_like(weight))
    np.testing.assert_array_equal(dbias, np.zeros_like(bias))


def test_padding_and_stride_spellings_are_those_of_conv2d():
    x, _, weight, _, _ = example()
    for padding, stride in (("same", 1), ("full", (2, 1)), ((1, (0, 3)), 2)):
        expected, _ = conv2d(x, weight, None, stride, padding, groups=2)
        offset = np.zeros((2, 12, *expected.shape[2:]))
        y, _ = deform_conv2d(x, offset, weight, None, stride, padding)
        np.testing.assert_allclose(y, expected, **CLOSE)


REFUSED = {  # name -> (what to change in a good call, message)
    "x of rank 3": (dict(x=np.ones((4, 5, 7))), r"x wants 4 axes .* shape \(4, 5, 7\)"),
    "weight of rank 2": (dict(weight=np.ones((2, 3))), r"weight wants 4 axes .* shape \(2, 3\)"),
    "channels": (
        dict(weight=np.ones((6, 3, 2, 3))),
        "weight's 3 input channels do not divide the 4 of x",
    ),
    "no input channels": (dict(weight=np.ones((6, 0, 2, 3))), "at least 1, got 0"),
    "no channels": (dict(x=np.ones((2, 0, 5, 7))), "groups must be at least 1, got 0"),
    "filters": (dict(weight=np.ones((5, 2, 2, 3))), "groups 2 does not divide 5 output channels"),
    "bias": (dict(bias=np.ones(5)), r"bias wants shape \(6,\), got \(5,\)"),
    "offset of rank 3": (dict(offset=np.ones((24, 4, 5))), "offset wants 4 axes"),
    "offset without a group": (
        dict(offset=np.ones((2, 6, 4, 5))),
        "offset wants a multiple of 2 x 2 x 3 channels, got 6",
    ),
    "offset of one and a half": (
        dict(offset=np.ones((2, 18, 4, 5))),
        "offset wants a multiple of 2 x 2 x 3 channels, got 18",
    ),
    "offset groups": (
        dict(offset=np.ones((2, 36, 4, 5))),
        "3 offset groups do not divide 4 input channels",
    ),
    "offset of another size": (
        dict(stride=2),
        r"offset wants shape \(2, 24, 2, 3\), got \(2, 24, 4, 5\)",
    ),
    "offset of another batch": (
        dict(offset=np.ones((3, 24, 4, 5))),
        r"offset wants shape \(2, 24, 4, 5\), got \(3, 24, 4, 5\)",
    ),
    "mask of one group": (
        dict(mask=np.ones((2, 6, 4, 5))),
        r"mask wants shape \(2, 12, 4, 5\), got \(2, 6, 4, 5\)",
    ),
    "NaN": (dict(offset=np.full((2, 24, 4, 5), np.nan)), "960 of 960 offsets are NaN"),
    "stride 0": (dict(stride=0), "stride must be at least 1, got 0"),
    "dilation": (dict(dilation=(1, 4)), "kernel 3 with dilation 4 spans 9 cells"),
    "padding": (dict(padding=-1), "padding must be at least 0, got -1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    change, message = REFUSED[name]
    names = ("x", "offset", "weight", "bias", "mask")
    good = dict(zip(names, example(), strict=True))
    deform_conv2d(**good)
    with pytest.raises(ValueError, match=message):
        deform_conv2d(**good | change)


def test_backward_refuses_another_shape():
    x, offset, weight, bias, mask = example()
    _, cache = deform_conv2d(x, offset, weight, bias, mask=mask)
    with pytest.raises(ValueError, match=r"dy has shape \(2, 6, 4, 4\), y has \(2, 6, 4, 5\)"):
        deform_conv2d_backward(np.ones((2, 6, 4, 4)), cache)
