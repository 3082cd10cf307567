"""Boxes: area, overlap, formats, and thinning out those that overlap (x1, y1, x2, y2)."""

import numpy as np

from cnnbook.reference.arguments import as_floats, check_shape, choice, number

FORMATS = ("xyxy", "xywh", "cxcywh")


def box_area(boxes: np.ndarray) -> np.ndarray:
    """Measure boxes (N, 4): (x2 − x1) (y2 − y1), an array (N,).

    Raises:
        ValueError: as `box_iou`.
    """
    return areas(as_boxes(boxes, "boxes"))


def box_iou(boxes1: np.ndarray, boxes2: np.ndarray) -> np.ndarray:
    """Divide the area that two boxes share by the area that they cover, for each pair.

    Args:
        boxes1: (N, 4), each x1, y1, x2, y2; a side of 0 is allowed.
        boxes2: (M, 4).

    Returns:
        (N, M), from 0 (apart or touching) to 1 (the same box); two boxes without any area have 0.
        float16 becomes float32, in which areas do not overflow.

    Raises:
        ValueError: if a shape is another, x2 < x1, y2 < y1 or a number is not finite.
    See: torchvision.ops.box_iou.
    """
    boxes1, boxes2 = as_floats(as_boxes(boxes1, "boxes1"), as_boxes(boxes2, "boxes2"))
    return overlaps(boxes1, boxes2)


def nms(boxes: np.ndarray, scores: np.ndarray, iou_threshold: float) -> np.ndarray:
    """Keep the best box, drop all that overlap it too much, and so on with the rest.

    Args:
        boxes: (N, 4), each x1, y1, x2, y2.
        scores: (N,); of equal ones the first in the list counts as the better.
        iou_threshold: a box is dropped if its IoU with a kept one is above this, 0 to 1.

    Returns:
        indices of the kept boxes by falling score, int64.

    Raises:
        ValueError: as `box_iou`, or if a score is NaN, or the threshold below 0 or above 1.
    See: torchvision.ops.nms.
    """
    boxes, (scores,) = as_boxes(boxes, "boxes"), as_floats(scores)
    check_shape(scores, "scores", (len(boxes),))
    if np.isnan(scores).any():
        raise ValueError(f"score {np.flatnonzero(np.isnan(scores))[0]} is NaN")
    iou_threshold = number(iou_threshold, "iou_threshold", least=0, most=1)
    left = np.argsort(-scores, kind="stable")  # best first
    kept = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        left = left[overlaps(boxes[[best]], boxes[left])[0] <= iou_threshold]
    return np.array(kept, np.int64)


def box_convert(boxes: np.ndarray, in_fmt: str, out_fmt: str) -> np.ndarray:
    """Write boxes in another format.

    Args:
        boxes: (N, 4).
        in_fmt, out_fmt: "xyxy" is x1, y1, x2, y2; "xywh" is x1, y1, width, height; "cxcywh" is the
            centre's x and y, width, height.

    Returns:
        (N, 4), a copy also where the formats are the same.

    Raises:
        ValueError: if a format is none of these, a width or height is below 0, or as `box_iou`.
    See: torchvision.ops.box_convert.
    """
    choice(in_fmt, "in_fmt", FORMATS)
    choice(out_fmt, "out_fmt", FORMATS)
    (boxes,) = as_floats(boxes)
    check_boxes(boxes, "boxes", in_fmt)
    if in_fmt == out_fmt:
        return boxes.copy()
    a, b = boxes[:, :2], boxes[:, 2:]  # two numbers each: x and y
    low = a - b / 2 if in_fmt == "cxcywh" else a
    size = b - a if in_fmt == "xyxy" else b
    first, second = {
        "xyxy": (low, low + size),
        "xywh": (low, size),
        "cxcywh": (low + size / 2, size),
    }[out_fmt]
    return np.concatenate([first, second], axis=1)


def overlaps(boxes1: np.ndarray, boxes2: np.ndarray) -> np.ndarray:
    """Compute `box_iou` of boxes that are already checked."""
    low = np.maximum(boxes1[:, None, :2], boxes2[:, :2])  # (N, M, 2)
    high = np.minimum(boxes1[:, None, 2:], boxes2[:, 2:])
    shared = np.maximum(high - low, 0).prod(2)  # (N, M)
    covered = areas(boxes1)[:, None] + areas(boxes2) - shared
    return np.divide(shared, covered, out=np.zeros_like(shared), where=covered > 0)


def areas(boxes: np.ndarray) -> np.ndarray:
    """Measure boxes that are already checked."""
    return (boxes[:, 2:] - boxes[:, :2]).prod(1)


def as_boxes(boxes: np.ndarray, name: str) -> np.ndarray:
    """Check boxes x1, y1, x2, y2 and return them as floats of at least 32 bits."""
    (boxes,) = as_floats(boxes)
    check_boxes(boxes, name, "xyxy")
    return boxes.astype(np.result_type(boxes, np.float32), copy=False)


def check_boxes(boxes: np.ndarray, name: str, fmt: str) -> None:
    """Refuse boxes whose numbers are not those of boxes.

    Raises:
        ValueError: if they are not (N, 4), not finite, or a side is below 0.
    """
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"{name} want shape (N, 4), got {boxes.shape}")
    sides = boxes[:, 2:] - boxes[:, :2] if fmt == "xyxy" else boxes[:, 2:]
    for bad, words in (
        (~np.isfinite(boxes).all(1), "is not finite"),
        ((sides < 0).any(1), "has a side below 0"),
    ):
        if bad.any():
            i = np.flatnonzero(bad)[0]
            raise ValueError(f"{name}[{i}] {words}: {boxes[i].tolist()} as {fmt}")
