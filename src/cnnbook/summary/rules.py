"""How each ATen operation carries receptive fields from the tensors it reads to those it writes.

A rule takes the operation and the fields of what it reads, and returns those of its results.
Statistics of normalisation layers are not followed: with them, every output of a batch, group or
instance normalisation would see the whole image.
"""

from collections.abc import Callable
from fractions import Fraction

from cnnbook.summary.pattern import Pattern, adaptive, resized, transposed, windows
from cnnbook.summary.record import Operation
from cnnbook.summary.seen import Seen, met

Key = tuple[int, int]  # input, and axis of it
Fields = dict[Key, Seen]
Known = Callable[[object], Fields]  # the fields of an argument; none if it is no tensor


def full(values: object, many: int, default: int = 1) -> list[int]:
    """Return one number for each axis."""
    values = list(values) if isinstance(values, list | tuple) else [values]
    values = values or [default]
    return values * many if len(values) == 1 else values


def spatial(
    operation: Operation, known: Known, many: int, change: Callable[[Pattern, int], Pattern | None]
) -> Fields:
    """Change the patterns along the last `many` dims; a change to None means all of the axis."""
    x, out = operation.args[0], {}
    ahead = len(x.shape) - many
    for key, seen in known(x).items():
        if seen.pattern is not None and seen.dim >= ahead:
            pattern = change(seen.pattern, seen.dim - ahead)
            out[key] = seen.whole(x.shape) if pattern is None else seen.along(pattern)
        elif seen.scattered and any(n > 1 for n in seen.scattered[0].shape[ahead:]):
            out[key] = seen.whole(x.shape)
        else:
            out[key] = seen
    return out


def convolution(operation: Operation, known: Known) -> Fields:
    """Follow a convolution of any number of axes, transposed or not."""
    x, weight, _, stride, padding, dilation, flipped = operation.args[:7]
    many = len(x.shape) - 2
    stride, padding, dilation = (full(v, many) for v in (stride, padding, dilation))
    follow = transposed if flipped else windows

    def change(pattern: Pattern, axis: int) -> Pattern:
        numbers = weight.shape[2 + axis], stride[axis], padding[axis], dilation[axis]
        return follow(pattern, *numbers)

    def mixed(argument: object) -> Fields:  # each output reads all channels
        kept = {d: d for d in range(len(x.shape)) if d != 1}
        return {k: s.moved(x.shape, kept, len(x.shape)) for k, s in known(argument).items()}

    return spatial(operation, mixed, many, change)


def pooling(operation: Operation, known: Known) -> Fields:
    """Follow max or average pooling."""
    many = int(operation.name.split("pool")[1][0])
    average = operation.name.startswith("avg")
    given = [*operation.args[1:], *[[], 0, 1][len(operation.args) - 2 :]]
    kernel = full(given[0], many)
    stride = full(given[1], many) if given[1] else kernel
    padding = full(given[2], many)
    dilation = [1] * many if average else full(given[3], many)
    numbers = list(zip(kernel, stride, padding, dilation, strict=True))
    return spatial(operation, known, many, lambda pattern, axis: windows(pattern, *numbers[axis]))


def adaptive_pooling(operation: Operation, known: Known) -> Fields:
    """Follow adaptive pooling; down to one cell, it sees all."""
    many = int(operation.name.split("pool")[1][0])
    size, size_out = operation.args[0].shape[-many:], operation.written[0].shape[-many:]

    def change(pattern: Pattern, axis: int) -> Pattern | None:
        return adaptive(pattern, size[axis], size_out[axis]) if size_out[axis] > 1 else None

    return spatial(operation, known, many, change)


def interpolation(operation: Operation, known: Known) -> Fields:
    """Follow nearest, linear and cubic interpolation."""
    name, x = operation.name, operation.args[0]
    many = int(name.split("d")[-2][-1])
    kind = "cubic" if "cubic" in name else "linear" if "linear" in name else "nearest"
    kind += "-exact" * ("exact" in name)
    aligned = kind in ("linear", "cubic") and bool(operation.args[2])
    rest = operation.args[3 if kind in ("linear", "cubic") else 2 :]
    scales = list(rest[0]) if rest and isinstance(rest[0], list) else list(rest)
    size, size_out = x.shape[-many:], operation.written[0].shape[-many:]

    def change(pattern: Pattern, axis: int) -> Pattern:
        step = Fraction(size[axis], size_out[axis])
        if aligned:
            step = Fraction(size[axis] - 1, max(size_out[axis] - 1, 1))
        elif axis < len(scales) and scales[axis]:
            step = 1 / Fraction(scales[axis]).limit_denominator(1000)
        return resized(pattern, step, kind, aligned)

    return spatial(operation, known, many, change)


def padding(operation: Operation, known: Known) -> Fields:
    """Follow padding of any kind (or cropping): what it adds sees as if the image went on."""
    pads = operation.args[1]
    many = len(pads) // 2

    def change(pattern: Pattern, axis: int) -> Pattern:
        return windows(pattern, 1, 1, pads[2 * (many - 1 - axis)], 1)

    return spatial(operation, known, many, change)


def cell_by_cell(operation: Operation, known: Known) -> Fields:
    """Follow what computes each cell from the cells at the same place."""
    shape = operation.written[0].shape
    parts: dict[Key, list] = {}
    for ref in operation.read:
        for key, seen in known(ref).items():
            parts.setdefault(key, []).append((seen, ref.shape))
    return {key: met(part, shape) for key, part in parts.items()}


def first_only(operation: Operation, known: Known) -> Fields:
    """Follow a normalisation: the values pass, its statistics are not followed."""
    return known(operation.args[0])


def dims_of(operation: Operation) -> tuple[list[int], bool]:
    """Return the dims that an operation names, all if none, and whether it keeps them."""
    x = operation.args[0]
    expected = operation.function._schema.arguments
    values = {a.name: a.default_value for a in expected} | operation.kwargs
    values |= {a.name: value for a, value in zip(expected, operation.args, strict=False)}
    dims = values.get("dim", values.get("dims"))
    dims = [dims] if isinstance(dims, int) else dims or range(len(x.shape))
    return [d % max(len(x.shape), 1) for d in dims], bool(values.get("keepdim"))


def reduction(operation: Operation, known: Known) -> Fields:
    """Follow a sum, mean or maximum: each result reads all along the dims."""
    x = operation.args[0]
    dims, keep = dims_of(operation)
    kept = [d for d in range(len(x.shape)) if d not in dims]
    places = {d: d if keep else new for new, d in enumerate(kept)}
    many = len(x.shape) if keep else len(kept)
    return {k: seen.moved(x.shape, places, many) for k, seen in known(x).items()}


def running(operation: Operation, known: Known) -> Fields:
    """Follow what mixes along dims and keeps the shape: softmax, sorting, running sums."""
    x = operation.args[0]
    dims, _ = dims_of(operation)
    places = {d: d for d in range(len(x.shape)) if d not in dims}
    return {k: seen.moved(x.shape, places, len(x.shape)) for k, seen in known(x).items()}


def product(operation: Operation, known: Known) -> Fields:
    """Follow matrix products: rows of the first, columns of the second."""
    adds = operation.name.startswith(("add", "badd"))
    one, two = operation.args[adds : adds + 2]
    shape = operation.written[0].shape
    many = len(shape)
    rows = {d: d for d in range(many)} if len(two.shape) == 1 else {d: d for d in range(many - 1)}
    columns = {d: d for d in range(many) if d != many - 2} if len(two.shape) > 1 else {}
    parts: dict[Key, list] = {}
    for ref, places in ((one, rows), (two, columns)):
        for key, seen in known(ref).items():
            parts.setdefault(key, []).append((seen.moved(ref.shape, places, many), shape))
    if adds:
        for key, seen in known(operation.args[0]).items():
            parts.setdefault(key, []).append((seen, operation.args[0].shape))
    return {key: met(part, shape) for key, part in parts.items()}
