"""The ledger as text, as HTML and as plain records."""

import html
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnbook.summary.ledger import Ledger, Row

WIDE = 100  # characters in a line of text
SHARED = ("parameters", "macs", "saved", "traffic")
HEADER = ("layer", "output", "parameters", "%", "MACs", "%", "field", "jump")
HEADER += ("saved", "%", "alive")
LEAST = 8  # characters of a name that are shown however wide the rest is


def text(ledger: "Ledger") -> str:
    """Draw up the table in columns; what does not fit is left out in this order.

    The kinds of the layers, the beginnings of long names, the digits of MACs.
    """
    rows = (*ledger.rows, ledger.total)
    lines = [cells(ledger, row) for row in rows]
    room = WIDE - width([HEADER, *lines])
    if room < LEAST:
        lines = [(*line[:4], short(line[4]), *line[5:]) for line in lines]
        room = max(WIDE - width([HEADER, *lines]), LEAST)
    labels = [row.name if ")" in row.name else f"{row.name} {row.kind}" for row in rows]
    if max(map(len, labels)) > room:
        labels = [cut(row.name, room) for row in rows]
    lines = [HEADER, *((label, *line[1:]) for label, line in zip(labels, lines, strict=True))]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    sides = str.ljust, str.ljust, *(str.rjust,) * (len(widths) - 2)
    drawn = [
        " ".join(put(c, w) for put, c, w in zip(sides, line, widths, strict=True)).rstrip()
        for line in lines
    ]
    rule = "-" * max(map(len, drawn))
    return "\n".join([drawn[0], rule, *drawn[1:-1], rule, drawn[-1], *notes(ledger)])


def width(lines: list[tuple[str, ...]]) -> int:
    """Count the characters that all columns but the names need, with the gaps."""
    columns = list(zip(*lines, strict=True))[1:]
    return sum(max(map(len, column)) + 1 for column in columns)


def cells(ledger: "Ledger", row: "Row") -> tuple[str, ...]:
    """Write the cells of a row."""
    total = row is ledger.total
    shares = ["" if total else percent(ledger.share(row, c)) for c in ("parameters", "macs")]
    return (
        row.name,
        ", ".join(map(shape, row.outputs)),
        number(row.parameters),
        shares[0],
        number(row.macs),
        shares[1],
        axes(row.field),
        axes(row.jump),
        size(row.saved),
        "" if total else percent(ledger.share(row, "saved")),
        size(row.alive),
    )


def notes(ledger: "Ledger") -> list[str]:
    """Say how the table came about."""
    mode = "training" if ledger.training else "evaluation"
    given = ", ".join(map(shape, ledger.total.inputs))
    lines = [f"{ledger.title} in {mode} mode, input {given}. Saved: activations kept for training."]
    lines.append("Alive: activations in memory at once without training. Total alive: the largest.")
    if ledger.device != "meta":
        lines.append(f"It could not run on the meta device and ran once on {ledger.device}.")
    if ledger.unfamiliar:
        names = ", ".join(ledger.unfamiliar)
        lines.append(f"No rule for {names}: taken to see all that is read.")
    return [part for line in lines for part in folded(line)]


def folded(line: str) -> list[str]:
    """Break a line at the spaces before it gets too wide."""
    parts = [""]
    for word in line.split(" "):
        if parts[-1] and len(parts[-1]) + 1 + len(word) > WIDE:
            parts.append("")
        parts[-1] += " " * bool(parts[-1]) + word
    return parts


def markup(ledger: "Ledger") -> str:
    """Write the table as HTML; every text of the reader's is escaped."""
    head = "".join(f'<th scope="col">{title}</th>' for title in HEADER)
    body = "".join(line(ledger, row) for row in ledger.rows)
    said = "".join(f"<p>{html.escape(note)}</p>" for note in notes(ledger))
    label = html.escape(f"The layers of {ledger.title}", quote=True)
    return (
        '<div class="cnnbook-ledger">'
        f'<div class="cnnbook-ledger-rows" role="region" aria-label="{label}" tabindex="0">'
        f'<table class="cnnbook-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody>'
        f"<tfoot>{line(ledger, ledger.total)}</tfoot></table></div>{said}</div>"
    )


def line(ledger: "Ledger", row: "Row") -> str:
    """Write one row as HTML; the kind of the layer is its name's tooltip."""
    first, output, *rest = map(html.escape, cells(ledger, row))
    numbers = "".join(f'<td style="text-align: right">{cell}</td>' for cell in rest)
    name = f'<th scope="row" title="{html.escape(row.kind)}">{first}</th>'
    return f"<tr>{name}<td>{output}</td>{numbers}</tr>"


def records(ledger: "Ledger") -> list[dict[str, object]]:
    """Return each row as a dict of its fields and its shares."""
    names = ("name", "kind", "inputs", "outputs", "parameters", "macs", "field", "jump")
    names += ("saved", "alive", "traffic", "flops", "intensity")
    return [
        {name: getattr(row, name) for name in names}
        | {f"{name} share": ledger.share(row, name) for name in SHARED}
        for row in ledger.rows
    ]


def shape(sizes: tuple[int, ...]) -> str:
    """Write 1x64x112x112, and () for a number without axes."""
    return "x".join(map(str, sizes)) or "()"


def number(value: int) -> str:
    """Write an integer with spaces by thousands, nothing for 0."""
    return f"{value:,}".replace(",", "\N{THIN SPACE}") if value else ""


def short(value: str) -> str:
    """Write a long integer with four digits and a prefix: 15.47 G."""
    parts = value.split("\N{THIN SPACE}")
    if len(parts) < 3:
        return value
    tail = "".join(parts[1:])[: max(4 - len(parts[0]), 0)]
    return f"{parts[0]}.{tail} {' kMGTPE'[len(parts) - 1 : len(parts)]}"


def percent(share: float) -> str:
    """Write a share as a whole percentage, nothing below half of one."""
    return f"{share:.0%}" if share >= 0.005 else ""


def size(count: int) -> str:
    """Write bytes with three digits: 12.8 MB is 12.8 million bytes."""
    if not count:
        return ""
    value, units = float(count), ["B", "kB", "MB", "GB", "TB", "PB"]
    while value >= 999.5 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.3g} {units[0]}"


def axes(values: tuple[int | str | Fraction | None, ...]) -> str:
    """Write one value if all axes share it, else all of them: 7 or 7x9."""
    words = ["-" if value is None else str(value) for value in values]
    return words[0] if len(set(words)) == 1 else "x".join(words)


def cut(name: str, room: int) -> str:
    """Keep the end of a name that is too long."""
    return name if len(name) <= room else "…" + name[len(name) - room + 1 :]
