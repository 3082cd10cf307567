"""A small table that draws itself at the end of a cell."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real


@dataclass(frozen=True)
class Table:
    """Rows under a header; numbers stand to the right, integers with thin spaces by thousands.

    Args:
        header: a text for each column.
        rows: as many cells in each as the header has; a float is shown with `digits` decimals.
        digits: decimals of a float.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[object]]
    digits: int = 3

    def __post_init__(self) -> None:
        """Refuse rows that do not fit under the header."""
        for row in self.rows:
            if len(row) != len(self.header):
                raise ValueError(f"a row has {len(row)} cells, the header has {len(self.header)}")

    def text(self, cell: object) -> str:
        """Return a cell as it is shown."""
        if isinstance(cell, bool):
            return "yes" if cell else "no"
        if isinstance(cell, Integral):
            return f"{cell:,}".replace(",", "\u202f")
        if isinstance(cell, Real):
            return f"{cell:.{self.digits}f}".replace("-", "−")
        return str(cell)

    def __repr__(self) -> str:
        """Return the table as text, for a terminal."""
        lines = [[str(h) for h in self.header], *([self.text(c) for c in r] for r in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def _repr_html_(self) -> str:
        """Return the table as HTML, for a notebook and the page."""
        head = "".join(f'<th scope="col">{html.escape(str(h))}</th>' for h in self.header)
        body = "".join(f"<tr>{''.join(map(self._cell, row))}</tr>" for row in self.rows)
        return (
            f'<table class="cnnbook-table"><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )

    def _cell(self, cell: object) -> str:
        side = "right" if isinstance(cell, Real) and not isinstance(cell, bool) else "left"
        return f'<td style="text-align: {side}">{html.escape(self.text(cell))}</td>'
