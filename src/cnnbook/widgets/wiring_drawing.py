"""The lines of `ChannelWiring` for readers on paper."""

import html

import numpy as np

from cnnbook.style import LINES
from cnnbook.widgets import wired

GAP, ROW, EDGE, TOP = 110, 20, 14, 34
TEXT = {
    "input": "input",
    "output": "output",
    "layer": "{kernel}x{kernel}, groups {groups}",
    "shuffle": "shuffle",
    "alt": "Lines between {channels} channels, input on the left, output on the right: {layers}",
}


def drawing(channels: int, layers: list[wired.Layer], selected: int) -> str:
    """Return an SVG of the channels in columns, with a line for each kernel of weights."""
    steps = _steps(channels, layers)
    lit = _lit(channels, steps, selected)
    x = [EDGE + GAP * column for column in range(len(steps) + 1)]
    y = TOP + ROW * np.arange(channels)
    lines, heads = [], []
    for column, (name, pairs, thick) in enumerate(steps):
        middle = (x[column] + x[column + 1]) / 2
        heads.append(f'<text x="{middle}" y="26" text-anchor="middle">{html.escape(name)}</text>')
        for source, target, group in pairs:
            bright = selected < 0 or (lit[column][source] and lit[column + 1][target])
            line = f"M{x[column]},{y[source]}L{x[column + 1]},{y[target]}"
            colour = "currentColor" if thick == 0 else LINES[group % len(LINES)]
            dashes = ' stroke-dasharray="2 4"' if thick == 0 else ""
            lines.append(
                f'<path d="{line}" stroke="{colour}" stroke-width="{max(thick, 1)}"'
                f' stroke-opacity="{1 if bright else 0.15}"{dashes}/>'
            )
    dots = [
        f'<circle cx="{place}" cy="{y[c]}" r="5" stroke="currentColor"'
        f' fill-opacity="{1 if on[c] and selected >= 0 else 0}"/>'
        for place, on in zip(x, lit, strict=True)
        for c in range(channels)
    ]
    ends = f'<text x="2" y="12">{TEXT["input"]}</text>' + (
        f'<text x="{x[-1] + EDGE}" y="12" text-anchor="end">{TEXT["output"]}</text>'
    )
    alt = TEXT["alt"].format(channels=channels, layers=", ".join(name for name, *_ in steps))
    width, height = x[-1] + EDGE, TOP + ROW * channels
    return (
        f'<svg role="img" aria-label="{html.escape(alt, quote=True)}" width="{width}"'
        f' height="{height}" viewBox="0 0 {width} {height}" font-size="12" fill="currentColor"'
        f' style="max-width: 100%">{ends}{"".join(heads)}{"".join(lines)}{"".join(dots)}</svg>'
    )


def _steps(channels: int, layers: list[wired.Layer]) -> list[tuple[str, list, int]]:
    """List the gaps between columns: name, lines (from, to, group), thickness (0: no weights)."""
    steps, before = [], 1
    for layer in layers:
        if layer["shuffle"]:
            order = wired.shuffled(channels, before).tolist()
            pairs = [(source, target, 0) for target, source in enumerate(order)]
            steps.append((TEXT["shuffle"], pairs, 0))
        before, kernel = layer["groups"], layer["kernel_size"]
        name = TEXT["layer"].format(kernel=kernel, groups=before)
        each = channels // before
        targets, sources = np.nonzero(wired.mask(channels, before))
        pairs = [(int(s), int(t), int(t) // each) for s, t in zip(sources, targets, strict=True)]
        steps.append((name, pairs, 2 if kernel == 3 else 1))
    return steps


def _lit(channels: int, steps: list, selected: int) -> list[np.ndarray]:
    """Tell which channels of each column the chosen output sees."""
    lit = [np.arange(channels) == selected]
    for _, pairs, _ in reversed(steps):
        on = np.zeros(channels, dtype=bool)
        for source, target, _ in pairs:
            on[source] |= lit[0][target]
        lit.insert(0, on)
    return lit
