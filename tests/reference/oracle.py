"""How layers are held against an oracle, and the ledger of what was compared (`make layers`).

`agree` compares one result and writes it into the ledger; `agree_with_torch` does a layer's whole
forward and backward pass; `behaves` checks what every layer promises besides its numbers.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from hypothesis import settings

RTOL, ATOL = 1e-10, 1e-12
LEDGER: dict[str, dict] = {}  # layer -> {"oracle", "forward", "backward"}; a pass is [count, worst]
CONFIGURATIONS = settings(max_examples=200, deadline=None, derandomize=True)  # for each layer


def agree(layer: str, oracle: str, part: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    """Hold one result against the oracle's, to RTOL, and note it in the ledger.

    Args:
        layer: the function's name in `cnnbook.reference`.
        oracle: what it is compared with, in a few words.
        part: "forward" or "backward".
        ours, theirs: arrays of the same shape.
    """
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape, f"{layer} {part}: {ours.shape}, the oracle {theirs.shape}"
    np.testing.assert_allclose(ours, theirs, rtol=RTOL, atol=ATOL, err_msg=f"{layer} {part}")
    entry = LEDGER.setdefault(layer, dict(oracle=oracle, forward=[0, 0.0], backward=[0, 0.0]))
    finite = np.isfinite(theirs)
    difference = np.abs(ours - theirs, where=finite, out=np.zeros(theirs.shape))
    scale = np.abs(theirs, where=finite, out=np.ones(theirs.shape)) + ATOL / RTOL
    entry[part][0] += 1
    entry[part][1] = max(entry[part][1], float(np.max(difference / scale, initial=0)))


def agree_with_torch(
    layer: str,
    oracle: str,
    forward: Callable,
    backward: Callable,
    theirs: Callable,
    arrays: Sequence[np.ndarray | None],
) -> None:
    """Compare y and the gradient for each array with torch's.

    Args:
        forward: called with the arrays; returns (y, cache).
        backward: called with (dy, cache); returns one gradient, or one for each array.
        theirs: called with the arrays as float64 tensors; returns y. A None stays None.
        arrays: inputs that have a gradient.
    """
    tensors = [None if a is None else torch.tensor(a, requires_grad=True) for a in arrays]
    expected = theirs(*tensors)
    y, cache = forward(*arrays)
    agree(layer, oracle, "forward", y, expected.detach().numpy())
    dy = np.random.default_rng(0).normal(size=expected.shape)
    expected.backward(torch.from_numpy(dy))
    gradients = backward(dy, cache)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    assert len(gradients) == len(tensors), f"{layer} returns {len(gradients)} gradients"
    worst = []
    for ours, tensor in zip(gradients, tensors, strict=True):
        if tensor is None:
            assert ours is None
        else:
            assert ours.shape == tensor.shape
            worst.append((ours.ravel(), tensor.grad.numpy().ravel()))
    agree(layer, oracle, "backward", *map(np.concatenate, zip(*worst, strict=True)))


def central_differences(
    f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, dy: np.ndarray, step: float = 1e-6
) -> np.ndarray:
    """Estimate the gradient of sum(dy f(x)) for x, one entry at a time, to about 1e-9."""
    dx = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        moved = x.copy()
        moved[index] = x[index] + step
        up = np.sum(dy * f(moved))
        moved[index] = x[index] - step
        dx[index] = (up - np.sum(dy * f(moved))) / (2 * step)
    return dx


def behaves(
    forward: Callable,
    backward: Callable,
    arrays: Sequence[np.ndarray | None],
    dtypes: Sequence[type] = (np.float16, np.float32, np.float64),
) -> None:
    """Check what every layer promises: dtype kept, nothing written, views read rightly, pure.

    Args as `agree_with_torch`; the arrays are float64 and the layer draws nothing at random.
    """
    reference = forward(*arrays)[0]
    dy = np.random.default_rng(0).normal(size=reference.shape)
    for dtype in dtypes:
        cast = [None if a is None else a.astype(dtype) for a in arrays]
        y, cache = forward(*cast)
        assert y.dtype == dtype, f"y is {y.dtype} for {dtype.__name__}"
        for gradient in as_tuple(backward(dy, cache)):  # a float64 dy does not promote either
            assert gradient is None or gradient.dtype == dtype, f"gradient is {gradient.dtype}"

    before = [None if a is None else a.copy() for a in (*arrays, dy)]
    frozen = [None if a is None else a.copy() for a in (*arrays, dy)]
    for a in frozen:
        if a is not None:
            a.flags.writeable = False  # so that a write raises instead of passing unseen
    y, cache = forward(*frozen[:-1])
    gradients = as_tuple(backward(frozen[-1], cache))
    first = [None if g is None else g.copy() for g in gradients]
    for result in (y, *gradients):
        if result is not None:
            assert not any(a is not None and np.shares_memory(result, a) for a in frozen)
            result += 1  # results are the caller's: neither inputs nor cache change with them
    for a, b in zip(frozen, before, strict=True):
        np.testing.assert_array_equal(a, b)
    for again, once in zip(as_tuple(backward(dy, cache)), first, strict=True):
        np.testing.assert_array_equal(again, once)

    views = [None if a is None else strided(a) for a in arrays]
    y, cache = forward(*views)
    np.testing.assert_allclose(y, reference, rtol=RTOL, atol=ATOL)
    for viewed, once in zip(as_tuple(backward(strided(dy), cache)), first, strict=True):
        if once is not None:
            np.testing.assert_allclose(viewed, once, rtol=RTOL, atol=ATOL)


def as_tuple(gradients: np.ndarray | tuple) -> tuple:
    """Return a tuple also where a layer has one gradient."""
    return gradients if isinstance(gradients, tuple) else (gradients,)


def strided(array: np.ndarray) -> np.ndarray:
    """Return the same numbers in another memory order, with gaps."""
    if array.ndim == 0:
        return array
    wide = np.repeat(array.T, 2, axis=0)
    return wide[::2].T
