"""The ledger: what each layer of any torch module makes, holds and costs."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import nn

from cnnbook.summary import cost, memory, table
from cnnbook.summary.receptive_field import receptive_fields
from cnnbook.summary.record import Group
from cnnbook.summary.run import Run, run

Shape = tuple[int, ...]
NEVER = "(never used)"


@dataclass(frozen=True)
class Row:
    """One call of a layer, or of a function in the forward of a module that is not torch's own.

    Args:
        name: as in `named_modules`, with "()" behind a function and "#2" at a second call.
        kind: class of the layer, or name of the function.
        inputs: shapes of the tensors that go in, parameters left out.
        outputs: shapes of the tensors that come out.
        parameters: that this call is the first to use.
        macs: multiply-adds of convolutions and matrix products, for the whole batch.
        field: size of the receptive field along each axis of the first input that is seen:
            cells from the first to the last that an output depends on, or "all".
        jump: input cells between the fields of neighbours; a fraction behind an upsampling, None
            where outputs no longer lie side by side.
        saved: bytes kept for the backward pass that no call before it kept.
        alive: most bytes of activations in memory at one moment of the call, if nothing is kept
            for a backward pass.
        traffic: bytes read and written, parameters included.
    """

    name: str
    kind: str
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    parameters: int
    macs: int
    field: tuple[int | str, ...]
    jump: tuple[Fraction | None, ...]
    saved: int
    alive: int
    traffic: int

    @property
    def flops(self) -> int:
        """Floating-point operations (FLOPs): two for each multiply-add."""
        return 2 * self.macs

    @property
    def intensity(self) -> float:
        """FLOPs for each byte moved; 0 where nothing is counted."""
        return self.flops / self.traffic if self.traffic else 0.0


@dataclass(frozen=True)
class Ledger:
    """Rows in the order of the calls, and their total; shows itself as a table.

    Args:
        rows: one for each call; parameters that no call used have a row at the end.
        total: parameters, macs, saved and traffic are sums, alive is the largest.
        title: class of the module.
        training: whether it was in training mode, which it is run in as it is.
        device: "meta", or where it ran because it could not run there.
        unfamiliar: operations after which the receptive field is an upper bound.
    """

    rows: tuple[Row, ...]
    total: Row
    title: str
    training: bool
    device: str
    unfamiliar: tuple[str, ...]

    def share(self, row: Row, column: str) -> float:
        """Return a row's part of the total of parameters, macs, saved or traffic, 0 to 1.

        Raises:
            ValueError: if rows of that column do not add up to a total.
        """
        if column not in table.SHARED:
            raise ValueError(f"no shares of {column!r}; there are {', '.join(table.SHARED)}")
        whole = getattr(self.total, column)
        return getattr(row, column) / whole if whole else 0.0

    def __str__(self) -> str:
        """Return the table as text, at most 100 characters wide."""
        return table.text(self)

    def _repr_html_(self) -> str:
        """Return the table as HTML, for a notebook."""
        return table.markup(self)

    def to_pandas(self):
        """Return the rows as a `pandas.DataFrame`, with columns for the shares.

        Raises:
            ModuleNotFoundError: if pandas is not installed.
        """
        try:
            import pandas
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError("to_pandas wants pandas: pip install pandas") from error
        return pandas.DataFrame(table.records(self))


def ledger(module: nn.Module, *inputs: object) -> Ledger:
    """Draw up the ledger of a module.

    The module is called once, in the mode it is in (`module.eval()` first for the other), on
    stand-ins for its parameters and buffers on torch's meta device, which has shapes and no
    numbers: no network is too large. If it cannot run there, because its forward asks for values,
    it is called where its parameters are, on copies; shapes then get standard normal noise. The
    module's state, its attributes and the random generators stay as they were; its own hooks run.

    Args:
        module: any module.
        inputs: what its forward takes: shapes such as (1, 3, 224, 224), which become tensors of
            the type of the parameters, or tensors (a network that looks up integers wants its
            own), alone or in lists and dicts, and other arguments beside them.

    Returns:
        The ledger. Memory is that of activations: `saved` is what autograd keeps for a backward
        pass, each piece of memory once, the input included, parameters and buffers not; `alive`
        is what is in memory at once without one, where a tensor lives from the operation that
        makes it to the last that reads it, the input from the start and the output to the end.
        Receptive fields ignore the borders of the image and the statistics of normalisation.

    Raises:
        ValueError: if the module or an input is of the wrong kind.
        RuntimeError: if the module fails, with the name and the input shapes of the layer.
    """
    result = run(module, inputs)
    tracer = result.tracer
    with torch.device("cpu"):  # whatever the caller has set: here numbers are needed
        fields, unfamiliar = receptive_fields(tracer.operations, tracer.groups, result.inputs)
    rows = [*drawn_up(result, fields)]
    title, place = type(module).__name__, result.device.type
    total = summed(title, rows, result)
    return Ledger(tuple(rows), total, title, module.training, place, tuple(sorted(unfamiliar)))


def drawn_up(result: Run, fields: dict[Group, tuple]) -> Iterator[Row]:
    """Yield the rows of a run, and one for parameters that were not used."""
    operations, groups = result.tracer.operations, result.tracer.groups
    moments: dict[Group, list[int]] = {}
    for moment, operation in enumerate(operations):
        moments.setdefault(operation.group, []).append(moment)
    parameters = used(result)
    apart = result.tracer.state | memory.unreal(operations)
    saved = memory.saved(groups, apart)
    alive = memory.alive(operations, result.inputs, result.outputs, apart)
    for group in groups:
        own = moments.get(group, [])
        yield Row(
            group.name,
            group.kind,
            group.inputs,
            tuple(ref.shape for ref in group.outputs),
            parameters[group],
            sum(cost.macs(operations[moment]) for moment in own),
            *fields[group],
            saved[group],
            max(alive[moment] for moment in own or [group.begin]),
            sum(cost.traffic(operations[moment]) for moment in own),
        )
    if parameters[None]:
        yield Row(NEVER, "", (), (), parameters[None], 0, (), (), 0, 0, 0)


def summed(title: str, rows: list[Row], result: Run) -> Row:
    """Add up the rows."""
    return Row(
        "total",
        title,
        tuple(ref.shape for ref in result.inputs),
        tuple(ref.shape for ref in result.outputs),
        sum(row.parameters for row in rows),
        sum(row.macs for row in rows),
        (),
        (),
        sum(row.saved for row in rows),
        max((row.alive for row in rows), default=0),
        sum(row.traffic for row in rows),
    )


def used(result: Run) -> Counter:
    """Count the parameters by the first call that uses them; None stands for no call."""
    count: Counter = Counter()
    left = dict(result.parameters)
    for operation in result.tracer.operations:
        for ref in operation.read:
            if operation.group.listed and ref.storage in left:
                count[operation.group] += left.pop(ref.storage)
    count[None] = sum(left.values())
    return count
