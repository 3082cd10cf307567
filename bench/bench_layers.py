"""Time numpy layers against torch, float32 on one thread: each row is our time over torch's.

`python -m bench.bench_layers` prints the table; `run()` returns its rows.
"""

# ruff: noqa: E402 (the number of threads is fixed before numpy and torch are imported)
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # read when numpy and torch are first imported

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (everybody's name for it)

from bench.bench_convolution import medians
from cnnbook.reference import (
    adam,
    avg_pool2d,
    avg_pool2d_backward,
    batch_norm,
    batch_norm_backward,
    cross_entropy,
    cross_entropy_backward,
    dense,
    dense_backward,
    depthwise_conv2d,
    depthwise_conv2d_backward,
    max_pool2d,
    max_pool2d_backward,
    relu,
    relu_backward,
)

IMAGES = (8, 64, 56, 56)
LENET = [(6, 25), (6,), (16, 150), (16,), (120, 400), (120,), (84, 120), (84,), (10, 84), (10,)]
rng = np.random.default_rng(0)
running = np.zeros(64, np.float32), np.ones(64, np.float32)
labels = rng.integers(1000, size=256)
running_t, labels_t = [torch.from_numpy(a) for a in running], torch.from_numpy(labels)

BOTH_WAYS = [  # name, forward, backward, torch's forward, shapes of what has a gradient, target
    (
        "depthwise conv k3, (4, 64, 56²)",
        lambda x, weight: depthwise_conv2d(x, weight, padding=1),
        depthwise_conv2d_backward,
        lambda x, weight: F.conv2d(x, weight, padding=1, groups=64),
        [(4, 64, 56, 56), (64, 1, 3, 3)],
        4.5,
    ),
    (
        "batch norm in training, (8, 64, 56²)",
        lambda x, weight, bias: batch_norm(x, *running, weight, bias, training=True),
        batch_norm_backward,
        lambda x, weight, bias: F.batch_norm(x, *running_t, weight, bias, training=True),
        [IMAGES, (64,), (64,)],
        2.0,
    ),
    ("ReLU, (8, 64, 56²)", relu, relu_backward, F.relu, [IMAGES], None),
    (
        "softmax and cross-entropy, (256, 1000)",
        lambda x: cross_entropy(x, labels),
        cross_entropy_backward,
        lambda x: F.cross_entropy(x, labels_t),
        [(256, 1000)],
        None,
    ),
    (
        "dense 1024 to 512, (128, 1024)",
        dense,
        dense_backward,
        F.linear,
        [(128, 1024), (512, 1024), (512,)],
        None,
    ),
]
POOLS = [  # name, forward, backward, torch's forward, targets of forward and backward
    ("max pool 2x2", max_pool2d, max_pool2d_backward, F.max_pool2d, 0.5, None),
    ("average pool 2x2", avg_pool2d, avg_pool2d_backward, F.avg_pool2d, 0.5, None),
]


def draw(shape: tuple[int, ...]) -> np.ndarray:
    return rng.normal(size=shape).astype(np.float32)


def row(name: str, ours: Callable, theirs: Callable, target: float | None, rounds: int) -> dict:
    ms = medians({"ours": ours, "torch": theirs}, rounds)
    return {"name": name, "value": ms["ours"] / ms["torch"], "unit": "x", "target": target}


def both_ways(name, forward, backward, forward_t, shapes, target) -> dict:
    arrays = [draw(shape) for shape in shapes]
    tensors = [torch.from_numpy(a).requires_grad_() for a in arrays]
    dy = draw(forward(*arrays)[0].shape)
    dy_t = torch.from_numpy(dy)

    def ours():
        backward(dy, forward(*arrays)[1])

    def theirs():
        for tensor in tensors:
            tensor.grad = None
        forward_t(*tensors).backward(dy_t)

    return row(f"{name}, forward + backward", ours, theirs, target, 25)


def pool(name, forward, backward, forward_t, *targets) -> list[dict]:
    x = draw(IMAGES)
    x_t = torch.from_numpy(x)
    y, cache = forward(x, 2)
    dy = draw(y.shape)
    dy_t, leaf = torch.from_numpy(dy), x_t.clone().requires_grad_()
    y_t = forward_t(leaf, 2)

    def backward_t():
        leaf.grad = None
        y_t.backward(dy_t, retain_graph=True)

    name = f"{name}, (8, 64, 56²)"
    calls = (
        (f"{name}, forward", lambda: forward(x, 2), lambda: forward_t(x_t, 2)),
        (f"{name}, backward", lambda: backward(dy, cache), backward_t),
    )
    return [row(*call, target, 40) for call, target in zip(calls, targets, strict=True)]


def adam_step() -> dict:
    weights = [draw(shape) for shape in LENET]
    grads, states = [draw(shape) for shape in LENET], [None] * len(LENET)
    tensors = [torch.nn.Parameter(torch.from_numpy(w.copy())) for w in weights]
    for tensor, grad in zip(tensors, grads, strict=True):
        tensor.grad = torch.from_numpy(grad)
    optimiser = torch.optim.Adam(tensors)

    def ours():
        for i, grad in enumerate(grads):
            weights[i], states[i] = adam(weights[i], grad, states[i])

    return row("Adam, one step of LeNet-5's 61,706 weights", ours, optimiser.step, None, 200)


def run() -> list[dict]:
    """Measure, and return rows of name, value, unit and target."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        rows = [both_ways(*case) for case in BOTH_WAYS]
        for case in POOLS:
            rows += pool(*case)
        return [*rows, adam_step()]
    finally:
        torch.set_num_threads(threads)


if __name__ == "__main__":
    for result in run():
        goal = "" if result["target"] is None else f"(at most {result['target']})"
        print(f"{result['name']:62} {result['value']:7.2f} {result['unit']} {goal}")
