"""The two curves of `GradientFlow` for readers on paper."""

import html

import numpy as np

from cnnbook.style import PALETTE
from cnnbook.widgets.flows import Flow

SIZE = (300, 180)
EDGE = {"left": 44, "right": 8, "top": 24, "bottom": 30}
TEXT = {
    "signal": "signal, forward",
    "gradient": "gradient, backward",
    "axis": "layer",
    "alt": "{name}: {first:.2g} at layer 1, {last:.2g} at the last layer",
}


def drawing(flow: Flow) -> str:
    """Return two small SVG panels on one logarithmic scale: signal and gradient by layer."""
    values = np.concatenate([flow.signal, flow.gradient])
    logs = np.log10(values[values > 0])
    low, high = np.floor(min(-1.0, logs.min())), np.ceil(max(1.0, logs.max()))
    panels = [
        _panel(flow.signal, low, high, TEXT["signal"], PALETTE["output"]),
        _panel(flow.gradient, low, high, TEXT["gradient"], PALETTE["gradient"]),
    ]
    return f"<div>{''.join(panels)}</div>"


def _panel(values: np.ndarray, low: float, high: float, name: str, colour: str) -> str:
    width, height = SIZE
    left, right, top, bottom = (EDGE[side] for side in ("left", "right", "top", "bottom"))
    x = np.linspace(left, width - right, values.size)
    with np.errstate(divide="ignore"):
        logs = np.clip(np.log10(values), low, high)
    foot = height - bottom
    y = top + (high - logs) / (high - low) * (foot - top)
    one = top + high / (high - low) * (foot - top)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    labels = [(top, high), (one, 0), (foot, low)]
    texts = "".join(
        f'<text x="{left - 4}" y="{at + 4:.1f}" text-anchor="end">1e{int(exponent)}</text>'
        for at, exponent in labels
    )
    alt = html.escape(TEXT["alt"].format(name=name, first=values[1], last=values[-1]), quote=True)
    return (
        f'<svg role="img" aria-label="{alt}" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" font-size="12" fill="currentColor">'
        f'<text x="{left}" y="14">{html.escape(name)}</text>{texts}'
        f'<path d="M{left},{top}V{foot}H{width - right}M{left},{one:.1f}H{width - right}"'
        ' fill="none" stroke="currentColor" stroke-opacity="0.5"/>'
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
        f'<text x="{left}" y="{foot + 15}">0</text>'
        f'<text x="{width - right}" y="{foot + 15}" text-anchor="end">'
        f"{TEXT['axis']} {values.size - 1}</text></svg>"
    )
