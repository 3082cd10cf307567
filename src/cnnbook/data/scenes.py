"""Pictures with several objects in them, whose pixels and boxes are known exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cnnbook.data.dataset import Dataset

if TYPE_CHECKING:
    from cnnbook.data.dataset import Array

TRIES = 20  # places tried for an object before it is left out


@dataclass(frozen=True)
class Objects:
    """What is in one image, one row for each object, in the order in which they were drawn.

    boxes (k, 4) int64: x1, y1, x2, y2, the edges of the pixels: columns x1 to x2 − 1, rows y1 to
    y2 − 1. labels (k,) int64, indices into `classes`. masks (k, H, W) bool.
    """

    boxes: Array
    labels: Array
    masks: Array


@dataclass(frozen=True)
class Scenes(Dataset):
    """Images whose labels are for pixels: y is int64 (N, H, W), 0 where there is no object.

    A pixel belongs to one object at most; boxes may overlap.
    """

    objects_train: tuple[Objects, ...]
    objects_test: tuple[Objects, ...]

    def tensors(self) -> Scenes:
        """Return the same with torch tensors, those of the objects too."""
        import torch

        parts = {
            key: tuple(
                Objects(*(torch.as_tensor(value) for value in vars(objects).values()))
                for objects in getattr(self, key)
            )
            for key in ("objects_train", "objects_test")
        }
        return replace(super().tensors(), **parts)

    def _chosen(self, rows: np.ndarray, part: str) -> dict:
        objects = tuple(self.objects_train[row] for row in rows)
        return super()._chosen(rows, part) | {f"objects_{part}": objects}


@dataclass(frozen=True)
class Stamp:
    """An object before it is on the image: its label, its ink (h, w), the top left pixel of it.

    Its pixels are those with at least a quarter of full ink; there is at least one.
    """

    label: int
    ink: np.ndarray
    row: int
    column: int

    @property
    def mask(self) -> np.ndarray:
        """Which pixels of the ink are the object, (h, w) bool."""
        return self.ink >= 0.25

    def within(self, image: np.ndarray) -> np.ndarray:
        """Return the part of an image (..., H, W) that the stamp covers."""
        height, width = self.ink.shape
        return image[..., self.row : self.row + height, self.column : self.column + width]


def fill(size: int, wanted: int, draw: Callable[[], Stamp]) -> list[Stamp]:
    """Draw `wanted` stamps whose inks do not touch; one that finds no room is left out."""
    taken, found = np.zeros((size, size), bool), []
    for _ in range(wanted):
        for _ in range(TRIES):
            stamp = draw()
            window = stamp.within(taken)
            if not (window & (stamp.ink > 0)).any():
                window |= stamp.ink > 0
                found.append(stamp)
                break
    return found


def describe(size: int, found: list[Stamp]) -> Objects:
    """Write the masks onto the whole image and measure their boxes."""
    masks = np.zeros((len(found), size, size), bool)
    for mask, stamp in zip(masks, found, strict=True):
        stamp.within(mask)[:] = stamp.mask
    labels = np.array([stamp.label for stamp in found], np.int64)
    return Objects(boxes(masks), labels, masks)


def boxes(masks: np.ndarray) -> np.ndarray:
    """Measure the smallest box about each mask: (k, H, W) bool -> (k, 4) int64.

    Each mask must have a pixel.
    """
    columns, rows = masks.any(1), masks.any(2)  # (k, W), (k, H)
    first = [line.argmax(1) for line in (columns, rows)]
    last = [line.shape[1] - line[:, ::-1].argmax(1) for line in (columns, rows)]
    return np.stack(first + last, 1).astype(np.int64)


def pixel_labels(objects: Objects) -> np.ndarray:
    """Return the label of each pixel, (H, W) int64, 0 where there is no object."""
    return np.tensordot(objects.labels, objects.masks.astype(np.int64), 1)
