import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree

from cnnbook.reference.boxes import box_area, box_convert, box_iou, nms


@st.composite
def some_boxes(draw, least=0, most=8):
    """Boxes (N, 4) with sides from 0 to 6, on whole numbers in half of the draws."""
    n = draw(st.integers(least, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    low, size = rng.uniform(-5, 5, (n, 2)), rng.uniform(0, 6, (n, 2))
    if draw(st.booleans()):
        low, size = np.floor(low), np.floor(size)
    return np.hstack([low, low + size])


def area_of(box):
    x1, y1, x2, y2 = box
    return (x2 - x1) * (y2 - y1)


def iou_of(one, two):
    across = min(one[2], two[2]) - max(one[0], two[0])
    down = min(one[3], two[3]) - max(one[1], two[1])
    shared = across * down if across > 0 and down > 0 else 0.0
    covered = area_of(one) + area_of(two) - shared
    return shared / covered if covered else 0.0


@CONFIGURATIONS
@given(some_boxes(), some_boxes())
def test_area_and_iou_are_those_of_plain_loops(boxes1, boxes2):
    areas = np.array([area_of(box) for box in boxes1.tolist()])
    agree("box_area", "plain loop", "forward", box_area(boxes1), areas)
    pairs = [[iou_of(one, two) for two in boxes2.tolist()] for one in boxes1.tolist()]
    wanted = np.array(pairs).reshape(len(boxes1), len(boxes2))
    agree("box_iou", "plain loops", "forward", box_iou(boxes1, boxes2), wanted)


@CONFIGURATIONS
@given(some_boxes(), some_boxes())
def test_iou_of_whole_boxes_counts_pixels(boxes1, boxes2):
    painted = []
    for boxes in (np.round(boxes1), np.round(boxes2)):
        canvas = np.zeros((len(boxes), 24, 24), bool)
        for image, (x1, y1, x2, y2) in zip(canvas, boxes.astype(int) + 6, strict=True):
            image[y1:y2, x1:x2] = True
        painted.append(canvas)
    shared = (painted[0][:, None] & painted[1]).sum((2, 3))
    covered = (painted[0][:, None] | painted[1]).sum((2, 3))
    np.testing.assert_array_equal(
        box_iou(np.round(boxes1), np.round(boxes2)), shared / np.maximum(covered, 1)
    )


def textbook_nms(boxes, scores, threshold):
    """Keep a box if no better one that was kept overlaps it by more than the threshold."""
    best_first = sorted(range(len(boxes)), key=lambda i: (-scores[i], i))
    kept = []
    for i in best_first:
        if all(iou_of(boxes[i], boxes[j]) <= threshold for j in kept):
            kept.append(i)
    return np.array(kept, np.int64)


@CONFIGURATIONS
@given(some_boxes(most=15), st.sampled_from([0, 0.2, 0.5, 0.75, 1]), st.booleans())
def test_nms_is_the_textbook_loop(boxes, threshold, ties):
    scores = np.random.default_rng(len(boxes)).normal(size=len(boxes))
    scores = np.round(scores) if ties else scores
    wanted = textbook_nms(boxes.tolist(), scores.tolist(), threshold)
    kept = nms(boxes, scores, threshold)
    assert kept.dtype == np.int64
    agree("nms", "textbook loop", "forward", kept, wanted)


@CONFIGURATIONS
@given(some_boxes(least=1, most=15), st.sampled_from([0.2, 0.5, 0.7]))
def test_nms_is_that_of_opencv(boxes, threshold):
    scores = np.random.default_rng(len(boxes)).permutation(len(boxes)) + 1.0
    boxes = np.unique(np.add(boxes, [0, 0, 0.5, 0.5]), axis=0)[: len(scores)]  # areas above 0
    scores = scores[: len(boxes)]
    corners = box_convert(boxes, "xyxy", "xywh")
    theirs = cv2.dnn.NMSBoxes(corners.tolist(), scores.tolist(), 0.0, threshold)
    # opencv divides in float32: a pair on the threshold itself may fall to either side
    near = np.abs(box_iou(boxes, boxes) - threshold) < 1e-5
    if not near.any():
        np.testing.assert_array_equal(nms(boxes, scores, threshold), theirs)


def convert(box, in_fmt, out_fmt):
    a, b, c, d = box
    x1, y1, x2, y2 = {
        "xyxy": (a, b, c, d),
        "xywh": (a, b, a + c, b + d),
        "cxcywh": (a - c / 2, b - d / 2, a + c / 2, b + d / 2),
    }[in_fmt]
    return {
        "xyxy": (x1, y1, x2, y2),
        "xywh": (x1, y1, x2 - x1, y2 - y1),
        "cxcywh": ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1),
    }[out_fmt]


FORMATS = st.sampled_from(["xyxy", "xywh", "cxcywh"])


@CONFIGURATIONS
@given(some_boxes(), FORMATS, FORMATS)
def test_formats_are_those_of_a_plain_loop(boxes, in_fmt, out_fmt):
    if in_fmt != "xyxy":
        boxes[:, 2:] -= boxes[:, :2]
    wanted = [convert(box, in_fmt, out_fmt) for box in boxes.tolist()]
    wanted = np.array(wanted).reshape(len(boxes), 4)
    agree("box_convert", "plain loop", "forward", box_convert(boxes, in_fmt, out_fmt), wanted)


def test_by_hand():
    boxes = np.array([[0.0, 0, 4, 2], [2, 1, 6, 3], [4, 0, 5, 2], [1, 1, 1, 2]])
    assert box_area(boxes).tolist() == [8, 8, 2, 0]
    # 0 and 1 share 2 of 14; 0 and 2 touch; 1 and 2 share 1 of 9; a line has no area
    assert box_iou(boxes[:2], boxes).tolist() == [[1, 1 / 7, 0, 0], [1 / 7, 1, 1 / 9, 0]]
    assert nms(boxes, [0.1, 0.9, 0.5, 0.3], 0.12).tolist() == [1, 2, 3]
    assert nms(boxes, [0.1, 0.9, 0.5, 0.3], 0.11).tolist() == [1, 3]
    assert nms(boxes, [0.1, 0.9, 0.5, 0.3], 1 / 7).tolist() == [1, 2, 3, 0]  # equal is not above
    assert box_convert(boxes[1:2], "xyxy", "xywh").tolist() == [[2, 1, 4, 2]]
    assert box_convert(boxes[1:2], "xyxy", "cxcywh").tolist() == [[4, 2, 4, 2]]
    assert box_convert([[4, 2, 4, 2]], "cxcywh", "xywh").tolist() == [[2, 1, 4, 2]]


def test_a_dropped_box_drops_no_other():
    chain = [[0, 0, 4, 1], [2, 0, 6, 1], [4, 0, 8, 1]]  # each overlaps the next by a third
    assert nms(chain, [0.9, 0.8, 0.7], 0.3).tolist() == [0, 2]


def test_of_equal_scores_the_first_box_wins():
    assert nms([[0, 0, 2, 2]] * 3, [0.5, 0.7, 0.7], 0.5).tolist() == [1]
    boxes = np.arange(40.0)[:, None] * 3 + [0, 0, 1, 1]
    assert nms(boxes, np.zeros(40), 0.5).tolist() == list(range(40))


def test_infinite_scores_have_an_order():
    boxes = [[0, 0, 1, 1], [2, 2, 3, 3], [4, 4, 5, 5]]
    assert nms(boxes, [0, np.inf, -np.inf], 0.5).tolist() == [1, 0, 2]


def test_boxes_without_area_have_iou_0():
    points = np.array([[1.0, 1, 1, 1], [1, 1, 1, 5], [0, 0, 4, 4]])
    with np.errstate(all="raise"):
        assert box_iou(points, points).tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, 1]]
    assert nms(points[[0, 0]], [0.1, 0.2], 0).tolist() == [1, 0]


def test_no_boxes():
    none = np.ones((0, 4))
    assert box_area(none).shape == (0,)
    assert box_iou(none, np.array([[0, 0, 1, 1]])).shape == (0, 1)
    assert nms(none, [], 0.5).tolist() == []
    assert box_convert(none, "xywh", "cxcywh").shape == (0, 4)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtypes(dtype):
    boxes = np.array([[0, 0, 300, 300], [0, 0, 300, 150]], dtype)
    wide = np.promote_types(dtype, np.float32)  # 300 · 300 is more than a float16 holds
    assert box_area(boxes).dtype == box_iou(boxes, boxes).dtype == wide
    assert box_iou(boxes, boxes).tolist() == [[1, 0.5], [0.5, 1]]
    for fmt in ("xyxy", "xywh", "cxcywh"):
        assert box_convert(boxes, "xyxy", fmt).dtype == dtype
    assert box_area(boxes.astype(int)).dtype == np.float64
    assert box_iou(boxes, boxes.astype(np.float64)).dtype == np.float64


def test_inputs_are_neither_written_nor_returned():
    boxes, scores = np.array([[0.0, 0, 2, 2], [1, 1, 3, 4]]), np.array([0.5, 0.9])
    boxes.flags.writeable = scores.flags.writeable = False
    nms(boxes, scores, 0.5)
    for result in (
        box_area(boxes),
        box_iou(boxes, boxes),
        *(box_convert(boxes, a, b) for a in ("xyxy", "xywh") for b in ("xyxy", "xywh", "cxcywh")),
    ):
        assert not np.shares_memory(result, boxes)
        result += 1
    assert boxes.tolist() == [[0, 0, 2, 2], [1, 1, 3, 4]]


GOOD = np.array([[0.0, 0, 2, 2], [1, 1, 3, 4]])
REFUSED = {  # name -> (call, message)
    "shape": (lambda: box_area(np.ones((2, 5))), r"boxes want shape \(N, 4\), got \(2, 5\)"),
    "one box": (lambda: box_area(np.ones(4)), r"boxes want shape \(N, 4\), got \(4,\)"),
    "x": (
        lambda: box_area([[0, 0, 1, 1], [5, 0, 1, 2]]),
        r"boxes\[1\] has a side below 0: \[5.0, 0.0, 1.0, 2.0\] as xyxy",
    ),
    "y": (
        lambda: box_iou(GOOD, [[0, 3, 1, 2]]),
        r"boxes2\[0\] has a side below 0: \[0.0, 3.0, 1.0, 2.0\] as xyxy",
    ),
    "NaN": (lambda: box_iou([[0, np.nan, 1, 1]], GOOD), r"boxes1\[0\] is not finite: \[0.0, nan"),
    "infinite": (lambda: nms([[0, 0, np.inf, 1]], [1], 0.5), r"boxes\[0\] is not finite: .* inf"),
    "scores": (lambda: nms(GOOD, [1], 0.5), r"scores wants shape \(2,\), got \(1,\)"),
    "score": (lambda: nms(GOOD, [1, np.nan], 0.5), "score 1 is NaN"),
    "threshold above": (lambda: nms(GOOD, [1, 2], 1.5), "iou_threshold must be at most 1, got 1.5"),
    "threshold below": (lambda: nms(GOOD, [1, 2], -1), "iou_threshold must be at least 0, got -1"),
    "in_fmt": (
        lambda: box_convert(GOOD, "xxyy", "xywh"),
        "in_fmt 'xxyy' is none of 'xyxy', 'xywh'",
    ),
    "out_fmt": (lambda: box_convert(GOOD, "xyxy", "whxy"), "out_fmt 'whxy' is none of"),
    "width": (
        lambda: box_convert([[5, 5, -1, 2]], "cxcywh", "xyxy"),
        r"boxes\[0\] has a side below 0: \[5.0, 5.0, -1.0, 2.0\] as cxcywh",
    ),
    "text": (lambda: box_area([["a", "b", "c", "d"]]), "real numbers, got dtype <U1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    call, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        call()
