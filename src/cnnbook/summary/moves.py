"""How operations that only move numbers carry receptive fields: views, reshapes, joins, copies.

First and last cell seen are numbers for each cell of a tensor, so they are moved as the values
are: by the operation itself, on integers.
"""

from math import prod

import torch

from cnnbook.summary.record import Operation, Ref, replaced
from cnnbook.summary.rules import Fields, Key, Known
from cnnbook.summary.seen import FAR, MANY, Seen, Shape, met, settled

Pair = tuple[torch.Tensor, torch.Tensor]


def whole(operation: Operation, known: Known) -> Fields:
    """Let every result depend on all that is read: right for what mixes, too much for the rest."""
    out: Fields = {}
    for ref in operation.read:
        for key, seen in known(ref).items():
            seen = seen.whole(ref.shape)
            out[key] = met([(seen, ()), (out[key], ())], ()) if key in out else seen
    return out


def reshaped(operation: Operation, known: Known) -> Fields:
    """Follow a reshape: dims merge and part, the order of the cells stays."""
    old, new = operation.args[0].shape, operation.written[0].shape
    out: Fields = {}
    for key, seen in known(operation.args[0]).items():
        arrays = seen.arrays(old)
        if arrays is None or not prod(new):
            out[key] = seen
            continue
        moved = [reshape(array, old, new) for array in arrays]
        out[key] = (
            seen.whole(old)
            if any(part is None for part in moved)
            else settled(moved, seen.fixed, seen.pattern)
        )
    return out


def reshape(array: torch.Tensor, old: Shape, new: Shape) -> torch.Tensor | None:
    """Reshape an array that broadcasts to the old shape; None if that takes too much memory."""
    short = min(len(old), len(new))  # dims at both ends that are the same stay as they are
    ahead = next((d for d in range(short) if old[d] != new[d]), short)
    rest = range(1, short - ahead + 1)
    behind = next((d for d in rest if old[-d] != new[-d]), short - ahead + 1) - 1
    own, middle = tuple(array.shape), slice(ahead, len(old) - behind)
    if all(n == 1 for n in own[middle]):
        inner, sizes = own[middle], (1,) * (len(new) - ahead - behind)
    else:
        inner, sizes = old[middle], new[ahead : len(new) - behind]
    tail = own[len(own) - behind :]
    if prod((*own[:ahead], *inner, *tail)) > MANY:
        return None
    return array.expand(*own[:ahead], *inner, *tail).reshape(*own[:ahead], *sizes, *tail)


def moved(operation: Operation, known: Known) -> list[Fields] | Fields:
    """Follow a view or a shuffle by doing it to the numbers of the cells that are seen."""
    x = operation.args[0]
    if not operation.is_view and prod(x.shape) > MANY:
        return whole(operation, known)
    outs: list[Fields] = [{} for _ in operation.written]
    for key, seen in known(x).items():
        arrays = seen.arrays(x.shape)
        if arrays is None:
            for out in outs:
                out[key] = seen
            continue
        ends = []
        for array in arrays:
            values = array.expand(x.shape)
            first = [values]  # the tensor that moves; other tensors say how, and are not here
            args = replaced(operation.args, Ref, lambda _, first=first: first.pop())
            try:
                result = operation.function(*args, **operation.kwargs)
            except (RuntimeError, IndexError, NotImplementedError):
                return whole(operation, known)
            ends.append(result if isinstance(result, list | tuple) else [result])
        for out, *pair in zip(outs, *ends, strict=True):
            out[key] = settled(tuple(pair), seen.fixed, seen.pattern)
    return outs


def joined(operation: Operation, known: Known) -> Fields:
    """Follow `torch.cat`: on other dims a union, along the dim itself one after the other."""
    refs, shape = operation.args[0], operation.written[0].shape
    dim = operation.args[1] if len(operation.args) > 1 else operation.kwargs.get("dim", 0)
    dim %= max(len(shape), 1)
    refs = [ref for ref in refs if len(ref.shape) == len(shape)]  # torch skips an empty (0,)
    keys = dict.fromkeys(key for ref in refs for key in known(ref))
    return {key: follow(key, refs, known, dim, shape) for key in keys}


def follow(key: Key, refs: list[Ref], known: Known, dim: int, shape: Shape) -> Seen:
    """Join the tensors' fields of one axis along a dim."""
    own = [(known(ref).get(key, Seen()), ref.shape) for ref in refs]
    arrays = [seen.arrays(size) for seen, size in own]
    if all(pair is None or pair[0].shape[dim] == 1 < size[dim] or shape[dim] == size[dim]
           for pair, (_, size) in zip(arrays, own, strict=True)):  # fmt: skip
        return met(own, shape)
    sizes = [max(p[0].shape[d] for p in arrays if p) for d in range(len(shape))]
    ends = []
    for end, empty in ((0, FAR), (1, -FAR)):
        parts = [torch.full([1] * len(shape), empty) if p is None else p[end] for p in arrays]
        wide = [
            part.expand(*sizes[:dim], size[dim], *sizes[dim + 1 :])
            for part, (_, size) in zip(parts, own, strict=True)
        ]
        ends.append(torch.cat(wide, dim))
    fixed = met([(Seen(fixed=seen.fixed), ()) for seen, _ in own], ()).fixed
    hint = next((seen.pattern for seen, _ in own if seen.pattern), None)
    return settled(tuple(ends), fixed, hint)


def stacked(operation: Operation, known: Known) -> Fields:
    """Follow `torch.stack`: a union, in a tensor with one more dim."""
    refs, shape = operation.args[0], operation.written[0].shape
    dim = operation.args[1] if len(operation.args) > 1 else operation.kwargs.get("dim", 0)
    places = {d: d + (d >= dim % len(shape)) for d in range(len(shape) - 1)}
    parts: dict[Key, list] = {}
    for ref in refs:
        for key, seen in known(ref).items():
            parts.setdefault(key, []).append((seen.moved(ref.shape, places, len(shape)), shape))
    return {key: met(part, shape) for key, part in parts.items()}


def indexed(operation: Operation, known: Known) -> Fields:
    """Follow the choice of cells along one dim by an index tensor, which may repeat and skip."""
    x = operation.args[0]
    if operation.name == "index_select":
        chosen = [operation.args[1] % len(x.shape)]
    else:
        chosen = [d for d, index in enumerate(operation.args[1]) if index is not None]
    if len(chosen) != 1 or len(operation.written[0].shape) != len(x.shape):
        return whole(operation, known)
    places = {d: d for d in range(len(x.shape)) if d not in chosen}
    return {k: seen.moved(x.shape, places, len(x.shape)) for k, seen in known(x).items()}


def copied(operation: Operation, known: Known) -> Fields:
    """Follow `copy_`: what was there before is gone."""
    target, source = operation.args[:2]
    return {k: met([(seen, source.shape)], target.shape) for k, seen in known(source).items()}
