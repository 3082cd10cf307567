"""Memory of activations: what the backward pass keeps, and what is alive at once without one."""

from cnnbook.summary.record import Group, Operation, Ref


def unreal(operations: list[Operation]) -> set[int]:
    """Return storages that only the meta device makes: batch statistics that are not computed."""
    return {
        ref.storage
        for operation in operations
        if operation.name == "native_batch_norm" and not operation.args[5]  # not in training
        for ref in operation.written[1:]
    }


def saved(groups: list[Group], state: set[int]) -> dict[Group, int]:
    """Count the bytes that autograd saves in each call.

    A piece of memory counts once, whole, in the call that saves it first, however many views of
    it are saved. Parameters and buffers are there anyway and do not count; the input does.

    Args:
        groups: the calls, in order.
        state: storages that do not count, such as those of parameters and buffers.
    """
    seen, count = set(state), {}
    for group in groups:
        count[group] = 0
        for ref in group.saved:
            if ref.storage not in seen:
                seen.add(ref.storage)
                count[group] += ref.held
    return count


def alive(
    operations: list[Operation], inputs: list[Ref], outputs: list[Ref], state: set[int]
) -> list[int]:
    """Count the bytes of activations in memory during each operation, if nothing is saved.

    A piece of memory is alive from the operation that makes it to the last that reads it; an
    input from the start, an output to the end. Work space inside an operation is not seen.
    """
    first, last, held = {}, {}, {}
    for ref in inputs:
        first[ref.storage] = 0
    for moment, operation in enumerate(operations):
        for ref in (*operation.read, *operation.written):
            first.setdefault(ref.storage, moment)
            last[ref.storage], held[ref.storage] = moment, ref.held
    for ref in outputs:
        first.setdefault(ref.storage, 0)
        last[ref.storage], held[ref.storage] = len(operations), ref.held
    change = [0] * (len(operations) + 2)
    for storage, moment in last.items():
        if storage not in state:
            change[first[storage]] += held[storage]
            change[moment + 1] -= held[storage]
    counts, now = [], 0
    for step in change[:-1]:
        now += step
        counts.append(now)
    return counts  # one more than there are operations: the last is what the caller gets
