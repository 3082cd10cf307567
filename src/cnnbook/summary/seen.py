"""What the cells of one tensor see of one input axis, and what happens to it when tensors meet."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import prod

import torch

from cnnbook.summary.pattern import Extent, Pattern, fitted, joined

FAR = 2**60  # first and last cell of an extent that is empty: FAR and −FAR
MANY = 2**22  # cells; what would need more is not followed one by one
Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Seen:
    """What the cells of a tensor see along one axis of one input.

    Args:
        dim: of the tensor, along which the cells see one place after the other.
        pattern: the places, along `dim`.
        scattered: first and last cell seen by each cell, two integer tensors that broadcast to
            the tensor's shape, where the places follow no pattern along one dim.
        fixed: what every cell sees besides.
    """

    dim: int | None = None
    pattern: Pattern | None = None
    scattered: tuple[torch.Tensor, torch.Tensor] | None = None
    fixed: Extent = None

    def arrays(self, shape: Shape) -> tuple[torch.Tensor, torch.Tensor] | None:
        """Return first and last cells as tensors that broadcast to the shape, without `fixed`."""
        if self.pattern is None:
            return self.scattered
        sizes = [1] * len(shape)
        sizes[self.dim] = shape[self.dim]
        cells, period = torch.arange(shape[self.dim]), self.pattern.period
        table = torch.tensor([e or (FAR, -FAR) for e in self.pattern.extents])[cells % period]
        steps = (cells // period * self.pattern.step)[:, None] * (table.abs() != FAR)
        return tuple(column.reshape(sizes) for column in (table + steps).unbind(1))

    def hull(self, shape: Shape) -> Extent:
        """Return what all cells together see."""
        local = self.arrays(shape) if prod(shape) else None
        if local is None or local[0].min() == FAR:
            return self.fixed
        return joined((self.fixed, (int(local[0].min()), int(local[1].max()))))

    def whole(self, shape: Shape) -> "Seen":
        """Return what a cell sees that depends on all of these."""
        return Seen(fixed=self.hull(shape))

    def along(self, pattern: Pattern) -> "Seen":
        """Return the same with another pattern."""
        return replace(self, pattern=pattern)

    def moved(self, shape: Shape, places: dict[int, int], dims: int) -> "Seen":
        """Carry to another tensor the dims that it keeps; each cell of it reads all of the rest.

        Args:
            shape: of the old tensor.
            places: dim of the old tensor -> dim of the new one, for those kept.
            dims: how many the new one has.
        """
        if self.pattern is not None:
            return replace(self, dim=places[self.dim]) if self.dim in places else self.whole(shape)
        if self.scattered is None:
            return self
        gone = [d for d in range(len(shape)) if d not in places]
        low, high = self.scattered
        if gone:
            low, high = low.amin(gone, keepdim=True), high.amax(gone, keepdim=True)
        sizes = [1] * dims
        for old, new in places.items():
            sizes[new] = low.shape[old]
        order = sorted(places, key=places.get) + gone
        pair = tuple(a.permute(order).reshape(sizes) for a in (low, high))
        return settled(pair, self.fixed, None)


def settled(pair: tuple[torch.Tensor, torch.Tensor], fixed: Extent, hint: Pattern | None) -> Seen:
    """Make a Seen of first and last cells: a pattern, if there is one along a single dim."""
    low, high = pair
    for dim in range(low.dim()):
        if low.shape[dim] > 1:
            first = low.narrow(dim, 0, 1), high.narrow(dim, 0, 1)
            if low.stride(dim) == high.stride(dim) == 0 or (
                bool((low == first[0]).all()) and bool((high == first[1]).all())
            ):
                low, high = first
    wide = [dim for dim in range(low.dim()) if low.shape[dim] > 1]
    if not wide:
        extent = (int(low.reshape(-1)[0]), int(high.reshape(-1)[0]))
        return Seen(fixed=joined((fixed, extent if extent[0] != FAR else None)))
    if len(wide) == 1 and low.numel() < MANY:
        cells = zip(low.reshape(-1).tolist(), high.reshape(-1).tolist(), strict=True)
        pattern = fitted([None if a == FAR else (a, b) for a, b in cells], hint)
        if pattern is not None:
            return Seen(wide[0], pattern, None, fixed)
    return Seen(None, None, (low.contiguous(), high.contiguous()), fixed)


def met(parts: Iterable[tuple[Seen, Shape]], shape: Shape) -> Seen:
    """Join what tensors see that are combined cell by cell.

    Args:
        parts: each tensor's, with its shape; a shorter or narrower one is broadcast.
        shape: of the result.
    """
    spread = [broadcast(seen, own, shape) for seen, own in parts]
    first, *others = spread
    for other in others:
        first = pair(first, other, shape)
    return first


def broadcast(seen: Seen, own: Shape, shape: Shape) -> Seen:
    """Carry a Seen to the dims of a result; a cell that is repeated shows no places any more."""
    if len(own) > len(shape):
        return seen.whole(own)
    ahead = len(shape) - len(own)
    kept = {d: d + ahead for d in range(len(own)) if own[d] == shape[d + ahead]}
    return seen.moved(own, kept, len(shape))


def pair(one: Seen, other: Seen, shape: Shape) -> Seen:
    """Join two Seens of tensors of one shape."""
    fixed = joined((one.fixed, other.fixed))
    local = [s for s in (one, other) if s.pattern is not None or s.scattered is not None]
    if len(local) < 2:
        return replace(local[0], fixed=fixed) if local else Seen(fixed=fixed)
    if one.pattern and other.pattern and one.dim == other.dim:
        union = one.pattern.union(other.pattern)
        if union is not None:
            return Seen(one.dim, union, None, fixed)
    (low, high), (low_2, high_2) = one.arrays(shape), other.arrays(shape)
    both = torch.minimum(low, low_2), torch.maximum(high, high_2)
    return settled(both, fixed, one.pattern)
