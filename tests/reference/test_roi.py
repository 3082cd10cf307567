from decimal import ROUND_HALF_UP, Decimal
from math import ceil, floor, inf

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree_with_torch, behaves

from cnnbook.reference.roi import roi_align, roi_align_backward, roi_pool, roi_pool_backward


@st.composite
def cases(draw, most_boxes=4):
    """Images, boxes in, across and outside of them (some ending before they start), settings."""
    h, w, c = draw(st.permutations(range(1, 9)))[:3]
    n = draw(st.sampled_from([n for n in range(1, 5) if n not in (h, w, c)]))
    output_size = draw(st.permutations(range(1, 5)))[:2]
    scale = draw(st.sampled_from([1.0, 0.5, 0.3, 1.7]))
    k = draw(st.integers(0, most_boxes))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    corner = rng.uniform(-3, [w + 1, h + 1], (k, 2))
    other = corner + rng.uniform(-1, [w, h], (k, 2))
    boxes = np.hstack([rng.integers(0, n, (k, 1)), corner / scale, other / scale])
    return rng.normal(size=(n, c, h, w)), boxes, tuple(output_size), scale


def torch_roi_pool(x, boxes, output_size, scale):
    """Adaptive pooling of each box's crop, from images that −infinity surrounds."""
    margin = 40
    padded = torch.nn.functional.pad(x, (margin,) * 4, value=-inf)
    pooled = [torch.zeros(0, x.shape[1], *output_size, dtype=x.dtype)]
    for image, *corners in boxes:
        # decimal's "half up" is away from 0
        left, top, right, bottom = (
            int(Decimal(float(v * scale)).quantize(Decimal(1), ROUND_HALF_UP)) + margin
            for v in corners
        )
        bottom, right = max(bottom, top), max(right, left)
        crop = padded[int(image), :, top : bottom + 1, left : right + 1]
        pooled.append(torch.nn.functional.adaptive_max_pool2d(crop[None], output_size))
    y = torch.cat(pooled) + 0 * x.sum()  # so that there is a gradient also without a box
    return torch.where(torch.isneginf(y), 0.0, y)


@CONFIGURATIONS
@given(cases(), st.booleans())
def test_roi_pool_is_adaptive_pooling_of_the_crop(case, halves):
    x, boxes, output_size, scale = case
    if halves:  # corners on halves, which rounding sends away from 0
        scale = 0.5
        boxes[:, 1:] = np.round(boxes[:, 1:])
    agree_with_torch(
        "roi_pool",
        "torch adaptive_max_pool2d of the crop",
        lambda x: roi_pool(x, boxes, output_size, scale),
        roi_pool_backward,
        lambda x: torch_roi_pool(x, boxes, output_size, scale),
        [x],
    )


def torch_roi_align(x, boxes, output_size, scale, sampling_ratio, aligned):
    """He et al. 2017 with torchvision's borders, one sample at a time."""
    p_h, p_w = output_size
    y = [torch.zeros(0, x.shape[1], p_h, p_w, dtype=x.dtype)]
    for image, *corners in boxes.tolist():
        x1, y1, x2, y2 = (v * scale - (0.5 if aligned else 0.0) for v in corners)
        height, width = y2 - y1, x2 - x1
        if not aligned:
            height, width = max(height, 1.0), max(width, 1.0)
        s_h, s_w = sampling_ratio, sampling_ratio
        if sampling_ratio <= 0:
            s_h, s_w = ceil(height / p_h), ceil(width / p_w)
        bins = []
        for i in range(p_h):
            for j in range(p_w):
                total = 0 * x[int(image), :, 0, 0]
                for a in range(s_h):
                    for b in range(s_w):
                        row = y1 + i * height / p_h + (a + 0.5) * height / p_h / s_h
                        column = x1 + j * width / p_w + (b + 0.5) * width / p_w / s_w
                        total = total + torch_sample(x[int(image)], row, column)
                bins.append(total / max(s_h * s_w, 1))
        y.append(torch.stack(bins, dim=1).view(1, -1, p_h, p_w))
    return torch.cat(y) + 0 * x.sum()


def torch_sample(image, row, column):
    """Nothing more than one pixel out, the border up to there, else the four pixels around."""
    h, w = image.shape[1:]
    if row < -1 or row > h or column < -1 or column > w:
        return torch.zeros(len(image), dtype=image.dtype)
    row, column = min(max(row, 0.0), h - 1.0), min(max(column, 0.0), w - 1.0)
    top, left = floor(row), floor(column)
    bottom, right = min(top + 1, h - 1), min(left + 1, w - 1)
    down, across = row - top, column - left
    upper = image[:, top, left] * (1 - across) + image[:, top, right] * across
    lower = image[:, bottom, left] * (1 - across) + image[:, bottom, right] * across
    return upper * (1 - down) + lower * down


@CONFIGURATIONS
@given(cases(most_boxes=2), st.integers(-1, 2), st.booleans())
def test_roi_align_is_the_mean_of_its_samples(case, sampling_ratio, aligned):
    x, boxes, *rest = case
    rest = *rest, sampling_ratio, aligned
    agree_with_torch(
        "roi_align",
        "published formula, torch loops",
        lambda x: roi_align(x, boxes, *rest),
        roi_align_backward,
        lambda x: torch_roi_align(x, boxes, *rest),
        [x],
    )


def test_roi_pool_by_hand():
    x = np.arange(30.0).reshape(1, 1, 5, 6)
    x[0, 0, 2, 2] = 100
    boxes = [[0, 1.4, 0.6, 4.5, 3.4]]  # columns 1 to 5, rows 1 to 3
    y, cache = roi_pool(x, boxes, 2)
    # rows 1, 2 and 2, 3; columns 1, 2, 3 and 3, 4, 5: the peak lies in the left bins of both
    assert y.tolist() == [[[[100, 17], [100, 23]]]]
    dx = roi_pool_backward(np.array([[[[1.0, 2], [3, 4]]]]), cache)
    wanted = np.zeros_like(x)
    wanted[0, 0, [2, 2, 3], [2, 5, 5]] = [1 + 3, 2, 4]
    np.testing.assert_array_equal(dx, wanted)


def test_roi_align_by_hand():
    x = np.array([[[[0.0, 4.0, 8.0], [10.0, 14.0, 18.0], [20.0, 24.0, 28.0]]]])
    boxes = [[0, 0, 0, 2, 1]]  # 2 wide, 1 high
    y, cache = roi_align(x, boxes, (1, 2), sampling_ratio=1)
    assert y.tolist() == [[[[7, 11]]]]  # samples at row 0.5, columns 0.5 and 1.5
    dx = roi_align_backward(np.array([[[[4.0, 8.0]]]]), cache)
    assert dx.tolist() == [[[[1, 3, 2], [1, 3, 2], [0, 0, 0]]]]
    # half a pixel up and left: row 0, columns 0 and 1
    assert roi_align(x, boxes, (1, 2), 1.0, 1, True)[0].tolist() == [[[[0, 4]]]]
    # two samples each way: rows 0.25 and 0.75, columns 0.25, 0.75 and 1.25, 1.75
    assert roi_align(x, boxes, (1, 2), sampling_ratio=2)[0].tolist() == [[[[7, 11]]]]


def test_roi_align_borders_by_hand():
    x = np.array([[[[3.0, 5.0]]]])  # one row, two columns: position 2 is still border
    for column, wanted in ((-1.25, 0), (-1, 3), (-0.5, 3), (0.5, 4), (1.5, 5), (2, 5), (2.25, 0)):
        box = [[0, column - 0.5, -0.5, column + 0.5, 0.5]]
        y, cache = roi_align(x, box, 1, sampling_ratio=1)
        assert y.tolist() == [[[[wanted]]]], column
        assert roi_align_backward(np.ones_like(y), cache).sum() == (wanted > 0)


def test_only_roi_align_moves_with_a_box_of_part_pixels():
    x = np.arange(12.0) * np.ones((1, 1, 9, 1))  # a ramp: the value is the column
    pooled, sampled = [], []
    for shift in (0, 0.125, 0.25):
        box = [[0, 2 + shift, 1, 6 + shift, 5]]
        pooled.append(roi_pool(x, box, 2)[0])
        sampled.append(roi_align(x, box, 2)[0])
    np.testing.assert_array_equal(pooled[0], pooled[2])
    np.testing.assert_allclose(sampled[2] - sampled[0], 0.25, rtol=1e-12)
    np.testing.assert_allclose(sampled[1] - sampled[0], 0.125, rtol=1e-12)


@pytest.mark.parametrize(
    ("corner", "row"), [(0.5, 1), (1.5, 2), (2.5, 3), (-0.5, -1), (0.49999999999999994, 0)]
)
def test_roi_pool_rounds_halves_away_from_0(corner, row):
    x = np.arange(1.0, 7).reshape(1, 1, 6, 1)
    wanted = x[0, 0, row, 0] if row >= 0 else 0  # a bin outside of the image is empty
    y, cache = roi_pool(x, [[0, 0, corner, 0, corner]], 1)
    assert y.tolist() == [[[[wanted]]]]
    assert roi_pool_backward(np.ones_like(y), cache).sum() == (row >= 0)


def test_roi_pool_gives_ties_to_the_first_pixel():
    x = np.zeros((1, 1, 3, 4))
    y, cache = roi_pool(x, [[0, 1, 1, 3, 2]], 1)
    assert np.flatnonzero(roi_pool_backward(np.ones_like(y), cache)).tolist() == [5]


def test_boxes_that_end_before_they_start():
    x = np.arange(1.0, 31).reshape(1, 1, 5, 6)
    box = [[0, 4, 3, 2, 1]]
    assert roi_pool(x, box, 1)[0].item() == x[0, 0, 3, 4]  # made one pixel
    assert roi_align(x, box, 1)[0].item() == x[0, 0, 3:5, 4:6].mean()  # 1 by 1 from row 3
    y, cache = roi_align(x, box, 2, aligned=True)  # no length, no samples
    assert not y.any()
    assert not roi_align_backward(np.ones_like(y), cache).any()


def test_nan_and_infinity():
    x = np.zeros((2, 1, 6, 6))
    x[0, 0, 1, 1] = np.nan
    x[1, 0] = -np.inf
    boxes = [[0, 0, 0, 3, 3], [0, 3, 3, 5, 5], [1, 1, 1, 3, 3], [1, 9, 9, 9, 9]]
    pooled, _ = roi_pool(x, boxes, 1)
    np.testing.assert_array_equal(pooled.ravel(), [np.nan, 0, -np.inf, 0])
    sampled, _ = roi_align(x, boxes, 1, sampling_ratio=1)
    np.testing.assert_array_equal(sampled.ravel(), [np.nan, 0, -np.inf, 0])


def example():
    rng = np.random.default_rng(0)
    boxes = np.array([[1, 1.2, 0.7, 4.9, 3.3], [0, -2, 2.2, 3, 9], [1, 0, 0, 7, 5]])
    return rng.normal(size=(2, 4, 6, 7)), boxes


@pytest.mark.parametrize(
    ("forward", "backward"), [(roi_pool, roi_pool_backward), (roi_align, roi_align_backward)]
)
def test_behaves_as_a_layer(forward, backward):
    x, boxes = example()
    boxes.flags.writeable = False
    behaves(lambda x: forward(x, boxes, (2, 3)), backward, [x])


def test_y_has_the_dtype_of_x_and_boxes_may_be_integers():
    x, _ = example()
    for layer in (roi_pool, roi_align):
        assert layer(x.astype(np.float32), [[0, 1, 1, 4, 3]], 2)[0].dtype == np.float32
        assert layer(np.ones((1, 1, 3, 3), np.uint8), [[0, 0, 0, 2, 2]], 1)[0].item() == 1


LAYERS = [(roi_pool, roi_pool_backward), (roi_align, roi_align_backward)]


@pytest.mark.parametrize("n", [0, 2])
@pytest.mark.parametrize(("forward", "backward"), LAYERS)
def test_no_boxes(forward, backward, n):
    y, cache = forward(np.ones((n, 4, 6, 7)), np.ones((0, 5)), (2, 3))
    assert y.shape == (0, 4, 2, 3)
    np.testing.assert_array_equal(backward(y, cache), np.zeros((n, 4, 6, 7)))


REFUSED = {  # name -> (what to change in a good call, message)
    "x of rank 3": (dict(x=np.ones((4, 6, 7))), r"x wants 4 axes .* shape \(4, 6, 7\)"),
    "boxes without image": (
        dict(boxes=np.ones((3, 4))),
        r"boxes want shape \(K, 5\), got \(3, 4\)",
    ),
    "one box": (dict(boxes=np.ones(5)), r"boxes want shape \(K, 5\), got \(5,\)"),
    "image 2": (dict(boxes=[[0, 0, 0, 1, 1], [2, 0, 0, 1, 1]]), "box 1 names image 2, x has 2"),
    "image -1": (dict(boxes=[[-1, 0, 0, 1, 1]]), "box 0 names image -1, x has 2"),
    "image 0.5": (dict(boxes=[[0.5, 0, 0, 1, 1]]), "box 0 names image 0.5, x has 2"),
    "NaN": (dict(boxes=[[0, 0, np.nan, 1, 1]]), r"box 0 is not finite: \[0.0, 0.0, nan, 1.0, 1.0"),
    "infinite": (dict(boxes=[[0, 0, 0, np.inf, 1]]), "box 0 is not finite: .* inf"),
    "output size": (dict(output_size=(0, 2)), "output_size must be at least 1, got 0"),
    "output triple": (dict(output_size=(1, 2, 3)), r"output_size wants .* got \(1, 2, 3\)"),
    "scale": (dict(spatial_scale=0), "spatial_scale must be above 0, got 0"),
    "complex": (dict(x=np.ones((2, 4, 6, 7), complex)), "real numbers, got dtype complex128"),
}


@pytest.mark.parametrize("form", [roi_pool, roi_align])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name, form):
    change, message = REFUSED[name]
    x, boxes = example()
    good = dict(x=x, boxes=boxes, output_size=2)
    form(**good)
    with pytest.raises(ValueError, match=message):
        form(**good | change)


def test_sampling_ratio_is_refused():
    with pytest.raises(ValueError, match="sampling_ratio must be at least -1, got -2"):
        roi_align(*example(), 2, sampling_ratio=-2)


@pytest.mark.parametrize(("forward", "backward"), LAYERS)
def test_backward_refuses_another_shape(forward, backward):
    _, cache = forward(*example(), 2)
    with pytest.raises(ValueError, match=r"dy has shape \(3, 4, 2\), y has \(3, 4, 2, 2\)"):
        backward(np.ones((3, 4, 2)), cache)
