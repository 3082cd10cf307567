"""Architectures as plain data: what a figure of many networks needs, equal parts written once.

    {"insides": {column of a block: [one for each inside], column of a row: [[one for each row]]},
     "codes": [[place, text], …],
     "networks": {name: {"input": [3, 224, 224], "total": [parameters, macs, saved, alive],
                         "unused": 0, "blocks": {column: [one for each block]}}}}

INSIDE are the columns of what blocks that are alike share: `name` of a row within its block,
`output` without the batch, `field` added to the block's (None: all), `reads` as indices of rows of
the block, or −1 − i for the i-th block that the block reads. BLOCK are those in which they differ:
`inside` and `code` as indices, `field` of its input, `alive` the most of its rows, `reads` as
indices of blocks, −1 for the image. Columns, as they pack into half the size of rows.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from torch import nn

from cnnbook.summary.blocks import Architecture, Block, architecture, joints, shape_of
from cnnbook.summary.flow import IMAGE
from cnnbook.summary.ledger import Row
from cnnbook.summary.sources import lines_of

INSIDE = ("shortcut", "branches", "name", "kind", "output", "parameters", "macs", "saved")
INSIDE += ("field", "reads")
BLOCK = ("name", "kind", "shape", "inside", "field", "alive", "reads", "code")
ALL = "all"  # a receptive field without a border


class Network(NamedTuple):
    """What to tabulate.

    Args:
        name: to look it up by.
        module: the network, in the mode in which it is to be run.
        shape: of its input, with the batch.
        builder: the function that built it, if there is one.
    """

    name: str
    module: nn.Module
    shape: tuple[int, ...]
    builder: Callable | None = None


class Once:
    """A list in which equal things stand once."""

    def __init__(self) -> None:
        """Begin empty."""
        self.items: list = []
        self.places: dict[str, int] = {}

    def add(self, item: object) -> int:
        """Return where an item stands, and put it there if it is new."""
        key = repr(item)
        if key not in self.places:
            self.places[key] = len(self.items)
            self.items.append(item)
        return self.places[key]


def tabulate(networks: list[Network]) -> dict:
    """Draw up the table of some networks.

    Raises:
        ValueError: if a network returns no single batch of maps or vectors.
        RuntimeError: as `ledger`.
    """
    insides, codes, tables = Once(), Once(), {}
    for network in networks:
        drawn = architecture(network.module, network.shape)
        total = drawn.ledger.total
        tables[network.name] = {
            "input": list(network.shape[1:]),
            "total": [total.parameters, total.macs, total.saved, total.alive],
            "unused": drawn.unused,
            "blocks": columns(
                BLOCK, (line(drawn, block, network, insides, codes) for block in drawn.blocks)
            ),
        }
    return {"insides": columns(INSIDE, insides.items), "codes": codes.items, "networks": tables}


def line(drawn: Architecture, block: Block, network: Network, insides: Once, codes: Once) -> list:
    """Write a block; what is alike elsewhere goes into the lists of such things."""
    return [
        block.name.removesuffix("()"),
        block.kind,
        list(shape_of(drawn, block)[1:]),
        insides.add(inside(drawn, block)),
        base(drawn, block),
        max(drawn.ledger.rows[row].alive for row in block.rows),
        list(block.reads),
        codes.add(list(lines_of(network.module, block, network.builder))),
    ]


def columns(names: tuple[str, ...], lines: Iterable[list]) -> dict[str, list]:
    """Turn lines into columns."""
    return dict(zip(names, map(list, zip(*lines, strict=True)), strict=True))


def base(drawn: Architecture, block: Block) -> list[int]:
    """Return the largest receptive field of what a block reads, for each axis; 1 of the image."""
    inside = set(block.rows)
    axes = max((len(row.field) for row in drawn.ledger.rows), default=0)
    sizes = [[1] * axes]
    for row in block.rows:
        for source in drawn.reads[row]:
            field = () if source in inside or source == IMAGE else drawn.ledger.rows[source].field
            if field and ALL not in field:
                sizes.append(list(field))
    return [max(size) for size in zip(*sizes, strict=True)]


def inside(drawn: Architecture, block: Block) -> list:
    """Write the rows of a block, without what differs between blocks that are alike."""
    start, rows = base(drawn, block), []
    owners = {row: i for i, other in enumerate(drawn.blocks) for row in other.rows}
    read_by = {row for reads in drawn.reads for row in reads}
    shown = [row for row in block.rows if row in read_by or row_counts(drawn, row)]
    places = {row: i for i, row in enumerate(shown)}
    for i in shown:
        row = drawn.ledger.rows[i]
        reads = [
            places[r] if r in places else -1 - block.reads.index(owners.get(r, IMAGE))
            for r in drawn.reads[i]
        ]
        name = row.name.removesuffix("()").removeprefix(block.name).removeprefix(".")
        numbers = [row.parameters, row.macs, row.saved]
        rows.append([name, row.kind, sizes_of(row), *numbers, growth(row, start), reads])
    return [*joints(drawn, block), *columns(INSIDE[2:], rows).values()]


def row_counts(drawn: Architecture, row: int) -> bool:
    """Tell a row from an `nn.Identity` that nothing reads."""
    return drawn.ledger.rows[row].kind != "Identity"


def sizes_of(row: Row) -> list[int]:
    """Return the shape of a row's largest result, without the batch."""
    return list(max(row.outputs, key=len, default=(0,))[1:])


def growth(row: Row, start: list[int]) -> list[int] | int | None:
    """Return what a row's receptive field has more than the block's input: one number if it can."""
    if not row.field or ALL in row.field:
        return None
    more = [size - before for size, before in zip(row.field, start, strict=True)]
    return more[0] if len(set(more)) == 1 else more
