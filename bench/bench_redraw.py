"""Time the widgets' redraws in a headless browser: a real render, on a page with a bare model.

`python -m bench.bench_redraw` prints the table; `run()` returns its rows.
"""

import json
import shutil
import statistics
from pathlib import Path

from playwright.sync_api import sync_playwright

from cnnbook.widgets import ConvExplorer, KernelsOnPhoto

HARNESS = Path(__file__).parent.parent / "tests" / "widgets" / "harness.html"
ROUNDS = 300
WARM_UP = 30
# sets a trait to one value after the other; `layout`: the time ends when the page is laid out anew
TIME = """([name, values, rounds, layout]) => Array.from({ length: rounds }, (_, i) => {
  const settle = () => void document.getElementById("widget").offsetHeight;
  settle();
  const start = performance.now();
  model.set(name, values[i % values.length]);
  if (layout) settle();
  return performance.now() - start;
})"""
KERNELS = [[[a * b + sign for b in range(-2, 3)] for a in range(-2, 3)] for sign in (0, 1)]
TYPED = [
    [[row[0] + (i if a == 0 else 0), *row[1:]] for a, row in enumerate(KERNELS[0])] for i in (0, 1)
]
PLACES = [[i, (7 * i) % 60] for i in range(60)]


def measure(page: object, widget: object, name: str, values: list, layout: bool) -> list:
    """Return the milliseconds of each redraw after a trait was set, with or without layout."""
    page.goto(HARNESS.as_uri())
    hidden = ("layout", "tooltip", "tabbable")
    traits = {k: v for k, v in widget.get_state().items() if k[0] != "_" and k not in hidden}
    parts = {"esm": widget._esm, "css": widget._css, "traits": json.loads(json.dumps(traits))}
    page.evaluate("(parts) => start(parts)", parts)
    return page.evaluate(TIME, [name, values, WARM_UP + ROUNDS, layout])[WARM_UP:]


def run() -> list[dict]:
    """Measure, and return rows of name, value, unit and target."""
    explorer = {"image_name": "photograph", "kernel": KERNELS[0]}
    photo = KernelsOnPhoto(["cameraman"], kernel=KERNELS[0])
    cases = {  # name -> widget, trait, values, with layout, targets of median and 95th percentile
        "explorer 64x64 k5, all weights new": ("kernel", KERNELS, False, (2, 8)),
        "explorer 64x64 k5, one weight typed": ("kernel", TYPED, False, (2, 8)),
        "explorer 64x64 k5, other output": ("selected", PLACES, False, (2, 8)),
        "the same with the page's layout, all weights": ("kernel", KERNELS, True, (None, None)),
        "the same with the page's layout, one weight": ("kernel", TYPED, True, (None, None)),
        "the same with the page's layout, output": ("selected", PLACES, True, (None, None)),
        "photograph 120x160 k5, all weights new": ("kernel", KERNELS, False, (None, None)),
    }
    rows = []
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or playwright.chromium.executable_path
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 900})
        for name, (trait, values, layout, targets) in cases.items():
            widget = photo if name.startswith("photograph") else ConvExplorer(**explorer)
            times = measure(page, widget, trait, values, layout)
            p95 = statistics.quantiles(times, n=20)[-1]
            for kind, value, target in zip(
                ("median", "p95"), (statistics.median(times), p95), targets, strict=True
            ):
                rows.append(
                    {"name": f"{name}, {kind}", "value": value, "unit": "ms", "target": target}
                )
        browser.close()
    return rows


if __name__ == "__main__":
    for row in run():
        target = "" if row["target"] is None else f"(at most {row['target']})"
        print(f"{row['name']:48} {row['value']:7.2f} {row['unit']} {target}")
