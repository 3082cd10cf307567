"""What leaving out connections saves on the clock: convolutions timed beside their multiply-adds.

All ways to compute take turns within one process, a repeat of each at a time, so that what else
the machine does meets all of them alike. With one thread it is the thread's own time that counts,
which on an idle machine is that of a clock on the wall. Times are those of one machine and one
version of torch; the chapter shows ratios.
"""

import platform
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from cnnbook.shapes import conv_macs, separable_macs
from cnnbook.summary import ledger

SIZE, CHANNELS = 28, (8, 16, 32, 64, 128, 256)
THREADS, SHARED, TRIES = (1, 2), (8, 32, 64, 128), 300
REPEATS = 25
SHORT = 3e-4  # seconds that a repeat takes at least: a clock is read before and after it
LAYERS = ((32, 64, 112), (128, 128, 56), (256, 256, 28), (512, 512, 14), (1024, 1024, 7))
"""c_in, c_out and size of a layer with stride 1 from each stage of MobileNet 1.0 at 224 pixels."""

Ways = Mapping[str, Callable[[], object]]


def convolutions(c_in: int, c_out: int, size: int, seed: int = 0) -> Ways:
    """Return the dense 3x3 convolution and what takes its place, each as a call.

    "channels last" is the same layer with the channels of a pixel side by side in memory, as the
    library's own loops want them; otherwise the columns of a map are.
    """
    torch.manual_seed(seed)
    x = torch.randn(1, c_in, size, size)
    dense, depthwise = torch.randn(c_out, c_in, 3, 3), torch.randn(c_in, 1, 3, 3)
    pointwise = torch.randn(c_out, c_in, 1, 1)
    last = [part.to(memory_format=torch.channels_last) for part in (x, dense, depthwise, pointwise)]

    def filtered(x: torch.Tensor = x, weight: torch.Tensor = depthwise) -> torch.Tensor:
        return F.conv2d(x, weight, padding=1, groups=c_in)

    return {
        "dense": lambda: F.conv2d(x, dense, padding=1),
        "depthwise": filtered,
        "pointwise": lambda: F.conv2d(x, pointwise),
        "separable": lambda: F.conv2d(filtered(), pointwise),
        "dense, channels last": lambda: F.conv2d(last[0], last[1], padding=1),
        "depthwise, channels last": lambda: filtered(last[0], last[2]),
        "separable, channels last": lambda: F.conv2d(filtered(last[0], last[2]), last[3]),
    }


@torch.no_grad()
def times(ways: Ways, repeats: int = REPEATS) -> dict[str, np.ndarray]:
    """Time every way so many times, all taking turns in an order that is drawn anew.

    Returns:
        way -> seconds of one call in each repeat, (repeats,).
    """
    calls, rng = {}, np.random.default_rng(0)
    for way, call in ways.items():
        once = min(seconds(call, 1) for _ in range(4))  # the first ones prepare
        calls[way] = max(1, int(SHORT / once))
    found = {way: [] for way in ways}
    for _ in range(repeats):
        for way in rng.permutation(list(ways)).tolist():
            found[way].append(seconds(ways[way], calls[way]))
    return {way: np.array(some) for way, some in found.items()}


def seconds(call: Callable[[], object], count: int) -> float:
    """Return the seconds of a call, as a mean of so many one after the other."""
    clock = time.thread_time if torch.get_num_threads() == 1 else time.perf_counter
    start = clock()
    for _ in range(count):
        call()
    return (clock() - start) / count


def middle(values: np.ndarray, digits: int) -> list[float]:
    """Return the lower quartile, the median and the upper quartile."""
    return [round(float(v), digits) for v in np.quantile(values, (0.25, 0.5, 0.75))]


def compare(c_in: int, c_out: int, size: int = SIZE, repeats: int = REPEATS) -> dict:
    """Time the ways to convolve; divide the dense one's times by the separable one's.

    Returns:
        "macs": how many times fewer multiply-adds the separable one has; "speedup" and "speedup,
        channels last": how many times less it takes; "us": microseconds of each way. All but the
        first as `middle`; each speed-up compares times of the same repeat.
    """
    found = times(convolutions(c_in, c_out, size), repeats)
    macs = conv_macs(c_in, c_out, 3, size) / separable_macs(c_in, c_out, 3, size)
    line = {"macs": round(macs, 4)}
    for end in ("", ", channels last"):
        ratios = found["dense" + end] / found["separable" + end]
        line["speedup" + end] = middle(ratios, 3)
    line["us"] = {way: middle(1e6 * some, 1) for way, some in found.items()}
    return line


@torch.no_grad()
def fastest(channels: int, tries: int) -> dict[str, float]:
    """Return microseconds of the fastest of many calls of the dense and the separable layer.

    Several threads wait for each other, and for a processor that does something else at the moment;
    only the fastest call tells what they can do.
    """
    ways = convolutions(channels, channels, SIZE)
    best = {}
    for way in ("dense", "separable"):
        times = []
        for _ in range(tries):
            start = time.perf_counter()
            ways[way]()
            times.append(time.perf_counter() - start)
        best[way] = round(1e6 * min(times), 1)
    return best


def roofs(repeats: int = REPEATS) -> dict[str, float]:
    """Measure what bounds every layer: arithmetic and bandwidth, each the best of many tries.

    Returns:
        "gflops": billions of floating-point operations a second, in products of matrices;
        "cache" and "memory": billions of bytes read and written a second, in copies of arrays
        that fit into the processor's cache and that do not.
    """
    a = torch.randn(768, 768)
    small, large = torch.randn(100_000), torch.randn(16_000_000)
    ways = {"gflops": lambda: a @ a}
    moved = {"gflops": 2 * len(a) ** 3, "cache": 8 * len(small), "memory": 8 * len(large)}
    for name, array in (("cache", small), ("memory", large)):
        ways[name] = partial(torch.empty_like(array).copy_, array)
    best = {way: some.min() for way, some in times(ways, repeats).items()}
    return {way: round(moved[way] / best[way] / 1e9, 2) for way in ways}


def intensities(channels: Iterable[int], size: int) -> dict[str, dict[str, float]]:
    """Return channels -> layer -> FLOPs for each byte moved, by the ledger."""
    found = {}
    for c in channels:
        layers = {
            "dense": nn.Conv2d(c, c, 3, padding=1, bias=False),
            "depthwise": nn.Conv2d(c, c, 3, padding=1, groups=c, bias=False),
            "pointwise": nn.Conv2d(c, c, 1, bias=False),
        }
        x = (1, c, size, size)
        found[str(c)] = {
            name: round(ledger(layer, x).total.intensity, 3) for name, layer in layers.items()
        }
    return found


def processor() -> str:
    """Name the processor, if the system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":")[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def study(
    channels: Iterable[int] = CHANNELS,
    layers: Iterable[tuple[int, int, int]] = LAYERS,
    size: int = SIZE,
    repeats: int = REPEATS,
    tries: int = TRIES,
) -> dict:
    """Time convolutions of many channels, layers of MobileNet, and the same with two threads.

    Returns:
        The settings, with the processor; "intensity" as `intensities`; with one thread "roofs" as
        `roofs`, and "channels" and "layers", lines as `compare`; "threads": channels -> number of
        threads -> as `fastest`.
    """
    channels, layers = list(channels), list(layers)
    before = torch.get_num_threads()
    record = {"intensity": intensities(channels, size)}
    try:
        torch.set_num_threads(1)
        record["roofs"] = roofs(repeats)
        record["channels"] = {str(c): compare(c, c, size, repeats) for c in channels}
        record["layers"] = {
            f"{a} to {b}, {side}x{side}": compare(a, b, side, repeats) for a, b, side in layers
        }
        record["threads"] = {str(c): {} for c in SHARED}
        for count in THREADS:
            torch.set_num_threads(count)
            for c in SHARED:
                record["threads"][str(c)][str(count)] = fastest(c, tries)
    finally:
        torch.set_num_threads(before)
    settings = {"processor": processor(), "size": size, "repeats": repeats, "tries": tries}
    return {"settings": settings, **record}
