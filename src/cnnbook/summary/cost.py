"""Multiply-adds and memory traffic of single operations."""

from math import prod

from cnnbook.summary.record import Operation


def macs(operation: Operation) -> int:
    """Count the multiply-adds of a convolution or a matrix product; of the rest, none.

    Padding is counted and bias is not, as in `cnnbook.shapes.conv_macs` and in torch's own
    counter, which gives twice the number. Pooling, normalisation, activations and sums are 0.
    """
    name = operation.name
    shapes = [getattr(arg, "shape", None) for arg in operation.args]
    if name in ("convolution", "_convolution", "convolution_overrideable"):
        x, weight = shapes[:2]
        places = x if operation.args[6] else operation.written[0].shape  # transposed: of the input
        return places[0] * prod(places[2:]) * prod(weight)
    if name in ("mm", "bmm", "mv", "dot", "vdot"):  # a·b: every number of a meets b's last axis
        return prod(shapes[0]) * (shapes[1][-1] if name in ("mm", "bmm") else 1)
    if name in ("addmm", "baddbmm", "addmv", "addbmm"):
        return prod(shapes[1]) * (1 if name == "addmv" else shapes[2][-1])
    if name == "addr":
        return prod(shapes[1]) * prod(shapes[2])
    if name.startswith("_scaled_dot_product"):  # query·key, then weights·value
        query, key, value = shapes[:3]
        return prod(query[:-1]) * key[-2] * (query[-1] + value[-1])
    return 0


def traffic(operation: Operation) -> int:
    """Count the bytes that an operation reads and writes, each tensor once; a view moves none."""
    if operation.is_view:
        return 0
    read = {(ref.storage, ref.offset): ref.bytes for ref in operation.read}
    return sum(read.values()) + sum(ref.bytes for ref in operation.written)
