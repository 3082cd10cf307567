"""Time the numpy convolutions against torch and the plain loops, on one thread.

`python -m bench.bench_convolution` prints the table; `run()` returns its rows.
"""

# ruff: noqa: E402 (the number of threads is fixed before numpy and torch are imported)
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # read when numpy and torch are first imported

import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import torch

from cnnbook.reference import (
    conv2d,
    conv2d_backward,
    conv2d_fft,
    conv2d_im2col,
    conv2d_loops,
    conv2d_shifts,
    conv2d_winograd,
    im2col,
)

TRAINED = [  # (N, C_in, size, kernel, C_out), rounds, highest ratio to torch
    ((4, 64, 56, 3, 64), 15, 1.7),
    ((8, 16, 32, 3, 32), 60, 2.4),
    ((1, 1, 28, 5, 1), 200, 0.5),
]
FORMS = {
    "strips (conv2d)": lambda x, weight, padding: conv2d(x, weight, padding=padding)[0],
    "shifts": lambda x, weight, padding: conv2d_shifts(x, weight, padding=padding),
    "im2col": lambda x, weight, padding: conv2d_im2col(x, weight, padding=padding),
    "FFT": lambda x, weight, padding: conv2d_fft(x, weight, padding=padding),
    "Winograd": lambda x, weight, padding: conv2d_winograd(x, weight, padding=padding),
}
COMPARED = [((4, 64, 56, 3, 64), 7), ((1, 1, 28, 3, 1), 100)]
LOOPS = (1, 8, 56, 3, 8)


def medians(calls: dict[str, Callable], rounds: int) -> dict[str, float]:
    """Time the calls in turns, so that a busy neighbour hits them all; median in ms."""
    times = {name: [] for name in calls}
    for call in calls.values():
        call()  # the first call pays for caches and pages
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append(1e3 * (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in times.items()}


def arrays(case: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n, c_in, size, kernel, c_out = case
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, c_in, size, size)).astype(np.float32)
    weight = rng.normal(size=(c_out, c_in, kernel, kernel)).astype(np.float32)
    dy = rng.normal(size=(n, c_out, size, size)).astype(np.float32)
    return x, weight, dy


def label(case: tuple[int, ...]) -> str:
    n, c_in, size, kernel, c_out = case
    return f"({n}, {c_in}, {size}², k{kernel}, {c_out})"


def row(name: str, ours: float, theirs: float | None, target: str, ok: bool | None) -> dict:
    ratio = None if theirs is None else ours / theirs
    return dict(name=name, ours_ms=ours, torch_ms=theirs, ratio=ratio, target=target, ok=ok)


def trained() -> list[dict]:
    rows = []
    for case, rounds, most in TRAINED:
        x, weight, dy = arrays(case)
        padding = case[3] // 2
        x_t, weight_t = (torch.from_numpy(a).requires_grad_() for a in (x, weight))
        dy_t = torch.from_numpy(dy)

        def ours(x=x, weight=weight, dy=dy, padding=padding):
            conv2d_backward(dy, conv2d(x, weight, padding=padding)[1])

        def theirs(x=x_t, weight=weight_t, dy=dy_t, padding=padding):
            x.grad = weight.grad = None
            torch.nn.functional.conv2d(x, weight, padding=padding).backward(dy)

        ms = medians({"ours": ours, "torch": theirs}, rounds)
        ok = ms["ours"] / ms["torch"] <= most
        name = f"forward + backward {label(case)}"
        rows.append(row(name, ms["ours"], ms["torch"], f"≤ {most} x torch", ok))
    return rows


def against_loops() -> list[dict]:
    x, weight, _ = arrays(LOOPS)
    calls = {
        "fast": lambda: conv2d(x, weight, padding=1),
        "loops": lambda: conv2d_loops(x, weight, padding=1),
    }
    ms = medians(calls, 3)
    gain = ms["loops"] / ms["fast"]
    name = f"loops {label(LOOPS)}, {gain:.0f} x conv2d"
    return [row(name, ms["loops"], None, "conv2d ≥ 100 x ahead", gain >= 100)]


def forms() -> list[dict]:
    rows = []
    for case, rounds in COMPARED:
        x, weight, _ = arrays(case)
        padding = case[3] // 2
        x_t, weight_t = torch.from_numpy(x), torch.from_numpy(weight)
        calls = {
            name: lambda form=form, x=x, weight=weight, padding=padding: form(x, weight, padding)
            for name, form in FORMS.items()
        }
        calls["torch"] = lambda x=x_t, weight=weight_t, padding=padding: torch.nn.functional.conv2d(
            x, weight, padding=padding
        )
        ms = medians(calls, rounds)
        rows += [
            row(f"{name} forward {label(case)}", ms[name], ms["torch"], "", None) for name in FORMS
        ]
    return rows


def peak_mib(call: Callable) -> float:
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def memory() -> list[dict]:
    case = TRAINED[0][0]
    x, weight, dy = arrays(case)
    matrix = im2col(x, case[3], padding=1).nbytes / 2**20
    rows = []
    for name, call in {
        "conv2d": lambda: conv2d(x, weight, padding=1),
        "conv2d + backward": lambda: conv2d_backward(dy, conv2d(x, weight, padding=1)[1]),
        "im2col form": lambda: conv2d_im2col(x, weight, padding=1),
    }.items():
        mib = peak_mib(call)
        text = f"peak memory {name} {label(case)}: {mib:.1f} MiB, matrix {matrix:.1f} MiB"
        ok = mib <= 2 * matrix
        rows.append(
            dict(name=text, ours_ms=None, torch_ms=None, ratio=mib / matrix)
            | dict(target="≤ 2 x matrix", ok=ok)
        )
    return rows


def import_time() -> list[dict]:
    """Time the import as from the second time on, when Python has kept the compiled files."""
    code = (
        "import time, numpy; start = time.perf_counter(); import cnnbook.reference;"
        "print(1e3 * (time.perf_counter() - start))"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        environment["PYTHONPYCACHEPREFIX"] = folder
        call = [sys.executable, "-c", code]
        _, *runs = (  # the first run compiles
            float(subprocess.run(call, capture_output=True, check=True, env=environment).stdout)
            for _ in range(10)
        )
    ms = statistics.median(runs)
    return [row("import cnnbook.reference after numpy", ms, None, "≤ 30 ms", ms <= 30)]


def run() -> list[dict]:
    """Measure everything; `ok` is None in a row without a target."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return trained() + against_loops() + forms() + memory() + import_time()
    finally:
        torch.set_num_threads(threads)


def table(rows: list[dict]) -> str:
    def number(value: float | None) -> str:
        return "" if value is None else f"{value:.3f}" if value < 10 else f"{value:.1f}"

    marks = {True: "met", False: "MISSED", None: ""}
    lines = [f"{'':76} {'ours ms':>9} {'torch ms':>9} {'ratio':>7}"]
    for r in rows:
        numbers = f"{number(r['ours_ms']):>9} {number(r['torch_ms']):>9} {number(r['ratio']):>7}"
        lines.append(f"{r['name']:76} {numbers}  {r['target']} {marks[r['ok']]}".rstrip())
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(run()))
