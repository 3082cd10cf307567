"""What a run of a module leaves behind: its operations and the tensors that they read and wrote."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from math import prod
from typing import NamedTuple


class Ref(NamedTuple):
    """A tensor as an operation saw it. Two that are equal hold the same numbers."""

    storage: int
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    cell: int  # bytes of one number
    held: int  # bytes of the storage, which may be more than those of the tensor

    @property
    def bytes(self) -> int:
        """Count the bytes that its numbers take."""
        return self.cell * prod(self.shape)


@dataclass(eq=False)
class Group:
    """The operations of one row: one call of a layer, or of a function in a forward."""

    name: str
    kind: str
    inputs: tuple[tuple[int, ...], ...] = ()
    outputs: list[Ref] = field(default_factory=list)
    saved: list[Ref] = field(default_factory=list)  # for the backward pass, in the order saved
    listed: bool = False
    begin: int = 0  # the operation that comes next when the call starts


@dataclass(eq=False)
class Operation:
    """One ATen call; `args`, `kwargs` and `results` have a Ref for each tensor."""

    function: object  # torch._ops.OpOverload
    args: tuple
    kwargs: dict
    results: object
    group: Group

    @property
    def name(self) -> str:
        """Return the ATen name without its namespace and overload."""
        return self.function._schema.name.split("::")[1]

    @property
    def read(self) -> list[Ref]:
        """The tensors that go in."""
        return list(leaves((self.args, self.kwargs), Ref))

    @property
    def written(self) -> list[Ref]:
        """The tensors that come out."""
        return list(leaves(self.results, Ref))

    @property
    def is_view(self) -> bool:
        """Tell whether it only looks at memory in another way."""
        return self.function.is_view or self.name in ("_unsafe_view", "detach", "lift_fresh")


def leaves(value: object, kind: type) -> Iterator:
    """Yield what is of a kind in nested lists, tuples, dicts and dataclasses."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from leaves(part, kind)
    elif isinstance(value, list | tuple | set):
        for part in value:
            yield from leaves(part, kind)
    elif is_dataclass(value) and not isinstance(value, type):
        for part in fields(value):
            yield from leaves(getattr(value, part.name), kind)


def replaced(value: object, kind: type, change: Callable) -> object:
    """Return nested lists, tuples and dicts with `change` applied to what is of a kind."""
    if isinstance(value, kind):
        return change(value)
    if isinstance(value, Mapping):
        return {key: replaced(part, kind, change) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [replaced(part, kind, change) for part in value]
    return value
