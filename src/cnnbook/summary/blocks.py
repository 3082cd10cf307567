"""The blocks of a module: rows of its ledger that belong together, and how they are joined."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from torch import nn

from cnnbook.summary.flow import IMAGE, flow
from cnnbook.summary.ledger import NEVER, Ledger, Row, ledger
from cnnbook.summary.trace import of_torch

# a block's shortcut: none, x + F(x), W x + F(x), x beside F(x) in the channels
PLAIN, ADDED, WEIGHTED, APPENDED = range(4)


@dataclass
class Block:
    """A layer with what follows it, or one block of the network's own.

    Args:
        name: path of the module, as in `named_modules`.
        kind: class of the module, or name of the function.
        rows: indices of the ledger's rows.
        reads: indices of the blocks whose results it reads, IMAGE for the input.
        own: whether its class is not torch's own.
    """

    name: str
    kind: str
    rows: list[int]
    reads: tuple[int, ...] = ()
    own: bool = False


@dataclass(frozen=True)
class Architecture:
    """A module as a chain of blocks; all numbers are those of the ledger.

    Args:
        ledger: of the module.
        reads: for each row, the rows it reads.
        blocks: in the order of the calls.
    """

    ledger: Ledger
    reads: tuple[tuple[int, ...], ...]
    blocks: tuple[Block, ...]

    @property
    def unused(self) -> int:
        """Parameters that this run used nowhere, such as those of auxiliary heads."""
        return sum(row.parameters for row in self.ledger.rows if row.name == NEVER)


def architecture(module: nn.Module, *inputs: object) -> Architecture:
    """Cut a module into blocks.

    Containers are opened; a module whose class is not torch's own is one block, unless it holds
    most of the network. Of the layers in between, each that changes the size or multiplies begins
    a block, and normalisations, activations and views go with it.

    Args:
        module, inputs: as of `ledger`.

    Raises:
        ValueError, RuntimeError: as `ledger`.
    """
    drawn, reads = ledger(module, *inputs), flow(module, *inputs)
    blocks = gathered(list(pieces(module, drawn.rows)), drawn.rows, reads)
    where = {row: i for i, block in enumerate(blocks) for row in block.rows}
    for i, block in enumerate(blocks):
        found = dict.fromkeys(where.get(r, IMAGE) for row in block.rows for r in reads[row])
        block.reads = tuple(sorted(r for r in found if r != i))
    return Architecture(drawn, reads, tuple(blocks))


def pieces(module: nn.Module, rows: tuple[Row, ...]) -> Iterator[Block]:
    """Yield runs of rows of one closed module, and all other rows one by one."""
    modules = dict(module.named_modules())
    closed = set(closed_modules(module, rows))
    last = None
    for i, row in enumerate(rows):
        if row.name == NEVER:
            continue
        path = home(row.name, modules)
        owner = next((p for p in prefixes(path) if p in closed), None)
        if owner is None:
            kind = row.kind if "()" in row.name else type(modules[path]).__name__
            yield Block(row.name, kind, [i])
        elif last is not None and last.name == owner and last.rows[-1] == i - 1:
            last.rows.append(i)
            continue
        else:
            last = Block(owner, type(modules[owner]).__name__, [i], own=True)
            yield last
            continue
        last = None


def closed_modules(module: nn.Module, rows: tuple[Row, ...]) -> Iterator[str]:
    """Name the modules that are one block each."""
    paths = [home(row.name, dict(module.named_modules())) for row in rows if row.macs]

    def visit(part: nn.Module, path: str) -> Iterator[str]:
        own = not of_torch(part)
        if path and own and not coarse(part, path, paths):
            yield path
        else:
            for name, child in part.named_children():
                yield from visit(child, f"{path}.{name}" if path else name)

    return visit(module, "")


def coarse(part: nn.Module, path: str, paths: list[str]) -> bool:
    """Tell whether a module holds most of the multiplying layers, in blocks of its own."""
    inside = sum(p == path or p.startswith(path + ".") for p in paths)
    nested = any(not of_torch(child) for child in list(part.modules())[1:])
    return nested and 2 * inside > len(paths)


def home(name: str, modules: dict[str, nn.Module]) -> str:
    """Return the path of the module that a row belongs to."""
    path = name.split("#")[0]
    if path.endswith("()"):
        path = path.rpartition(".")[0]
    return path if path in modules else ""


def prefixes(path: str) -> Iterator[str]:
    """Yield the modules around a path, the outermost first, then itself."""
    parts = path.split(".")
    for n in range(1, len(parts) + 1):
        yield ".".join(parts[:n])


def gathered(
    parts: list[Block], rows: tuple[Row, ...], reads: tuple[tuple[int, ...], ...]
) -> list[Block]:
    """Put what only follows a block, and what only leads to one, together with it."""
    blocks: list[Block] = []
    waiting: list[Block] = []  # views and normalisations before the layer that reads them
    for part in parts:
        ahead = {row for block in waiting for row in block.rows}
        if waiting and not ahead & set(reads[part.rows[0]]):
            blocks += waiting
            waiting, ahead = [], set()
        if not follows(part, rows, reads):
            part.rows = sorted(ahead) + part.rows
            waiting = []
            blocks.append(part)
        elif not waiting and blocks and belongs(part, blocks[-1], reads):
            blocks[-1].rows += part.rows
        else:
            waiting.append(part)
    return blocks + waiting


def belongs(part: Block, last: Block, reads: tuple[tuple[int, ...], ...]) -> bool:
    """Tell whether what keeps all numbers goes with the block before it, or with the one behind.

    A normalisation after a block of the network's own is the beginning of what comes next.
    """
    return set(reads[part.rows[0]]) == {last.rows[-1]} and not (last.own and "Norm" in part.kind)


def follows(block: Block, rows: tuple[Row, ...], reads: tuple[tuple[int, ...], ...]) -> bool:
    """Tell whether a block neither multiplies nor pools nor joins: one that keeps all numbers."""
    own = [rows[i] for i in block.rows]
    sources = {source for i in block.rows for source in reads[i]} - set(block.rows)
    if len(sources) > 1 or any(row.macs or "pool" in row.kind.lower() for row in own):
        return False
    if all(row.traffic == 0 for row in own):
        return True
    return counted(own[0].inputs[:1]) == counted(own[-1].outputs)


def counted(shapes: tuple[tuple[int, ...], ...]) -> int:
    """Count the numbers of some tensors."""
    return sum(map(prod, shapes))


def shape_of(drawn: Architecture, block: Block) -> tuple[int, ...]:
    """Return the shape of what a block hands on, as maps if it is one for it or for its readers.

    A flattening at its end, or a normalisation that has the channels last, does not count.
    """
    rows, inside = drawn.ledger.rows, set(block.rows)
    last = max(rows[block.rows[-1]].outputs, key=len, default=())
    readers = [i for i, reads in enumerate(drawn.reads) if i not in inside and inside & set(reads)]
    shapes = [shape for i in readers for shape in rows[i].inputs]
    shapes += [shape for i in block.rows[::-1] for shape in rows[i].outputs]
    axes = len(max(drawn.ledger.total.inputs, key=len))
    maps = (shape for shape in shapes if len(shape) == axes and prod(shape) == prod(last))
    return next(maps, last)


def joints(drawn: Architecture, block: Block) -> tuple[int, int]:
    """Find a block's shortcut and its branches.

    Returns:
        PLAIN, ADDED, WEIGHTED (added, with layers of its own) or APPENDED, of the last join that
        has a shortcut; and the number of branches that run side by side, 1 without any.
    """
    inside, shortcut, branches = set(block.rows), PLAIN, 1
    for row in block.rows:
        kind, sources = drawn.ledger.rows[row].kind, drawn.reads[row]
        if kind not in ("add", "cat") or len(sources) < 2:
            continue
        arms = [ancestors(source, drawn.reads, inside) for source in sources]
        shared = set.intersection(*arms)
        costs = [sum(map(weight, (drawn.ledger.rows[r] for r in arm - shared))) for arm in arms]
        if not any(costs):  # it joins blocks, or only numbers of one layer
            continue
        if kind == "add":
            shortcut = ADDED if 0 in costs else WEIGHTED
        elif len(arms) == 2 and 0 in costs:
            shortcut = APPENDED
        else:
            branches = max(branches, len(arms))
    return shortcut, branches


def ancestors(row: int, reads: tuple[tuple[int, ...], ...], inside: set[int]) -> set[int]:
    """Collect the rows of a block that a row depends on, and itself."""
    found, queue = set(), [row]
    while queue:
        now = queue.pop()
        if now in inside and now not in found:
            found.add(now)
            queue += reads[now]
    return found


def weight(row: Row) -> int:
    """Count what a row costs, to tell a shortcut from a branch."""
    return row.parameters + row.macs
