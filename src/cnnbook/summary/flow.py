"""Which row of a ledger reads which: the branches and shortcuts of a module, as they were run."""

from torch import nn

from cnnbook.summary.record import Group, Ref
from cnnbook.summary.run import Run, run

IMAGE = -1  # stands for what the module was called with
JOINS = 2  # tensors that a join reads, at least


def flow(module: nn.Module, *inputs: object) -> tuple[tuple[int, ...], ...]:
    """Tell for each row of the ledger which rows have written what it reads.

    A layer that hands its input on as it is (`nn.Dropout` in evaluation) reads and writes it; an
    `nn.Identity` stands before the joins that come after it, not before the layers beside it.

    Args:
        module, inputs: as of `ledger`.

    Returns:
        For each row the indices of earlier rows, in the order of its arguments, each once; IMAGE
        for the inputs. Parameters, buffers and constants are not listed.

    Raises:
        ValueError, RuntimeError: as `ledger`.
    """
    return traced(run(module, inputs))


def traced(result: Run) -> tuple[tuple[int, ...], ...]:
    """Follow the tensors of a run from row to row."""
    groups = result.tracer.groups
    index = {group: i for i, group in enumerate(groups)}
    idle = idle_groups(result)
    writers, identities = Writers(result), {}
    reads: list[dict[int, None]] = [{} for _ in groups]
    for moment, operation in enumerate(result.tracer.operations):
        for group in idle.get(moment, ()):
            hand_on(group, index[group], writers, identities, reads)
        sources = [s for s in map(writers.of, operation.read) if s is not None]
        own = index.get(operation.group)
        if own is not None:
            if len(set(sources)) >= JOINS:
                sources = [identities.get(s, s) for s in sources]
            reads[own].update(dict.fromkeys(s for s in sources if s != own))
        for ref in operation.written:
            source = own if own is not None else next(iter(sources), None)
            writers.write(ref, source, operation.is_view)
    for group in idle.get(len(result.tracer.operations), ()):
        hand_on(group, index[group], writers, identities, reads)
    return tuple(map(tuple, reads))


class Writers:
    """Who wrote a tensor last: exactly this view of its memory, or else its memory."""

    def __init__(self, result: Run) -> None:
        """Begin with the inputs."""
        self.views: dict[int, dict[Ref, int | None]] = {}  # by storage
        self.storages: dict[int, int | None] = {ref.storage: IMAGE for ref in result.inputs}

    def of(self, ref: Ref) -> int | None:
        """Return the row that wrote a tensor, None for parameters and constants."""
        views = self.views.get(ref.storage, {})
        return views.get(ref, self.storages.get(ref.storage))

    def write(self, ref: Ref, source: int | None, is_view: bool) -> None:
        """Note that a row has made a tensor, or has looked at one in another way."""
        if is_view:
            self.views.setdefault(ref.storage, {})[ref] = source
        else:
            self.views.pop(ref.storage, None)
            self.storages[ref.storage] = source


def idle_groups(result: Run) -> dict[int, list[Group]]:
    """List the calls that carried nothing out, by the operation that came next."""
    busy = {operation.group for operation in result.tracer.operations}
    idle: dict[int, list[Group]] = {}
    for group in result.tracer.groups:
        if group not in busy:
            idle.setdefault(group.begin, []).append(group)
    return idle


def hand_on(
    group: Group, own: int, writers: Writers, identities: dict[int, int], reads: list[dict]
) -> None:
    """Let a call that does nothing stand between its input and what reads it next."""
    for ref in group.outputs:
        source = writers.of(ref)
        if source is None or source == own:
            continue
        reads[own][source] = None
        if group.kind == "Identity":
            identities[source] = own
        else:
            writers.write(ref, own, True)
