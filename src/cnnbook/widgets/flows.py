"""A deep net of dense layers as the widget `GradientFlow` draws it, computed with the reference."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from cnnbook import reference
from cnnbook.reference import batch_norm, batch_norm_backward, dense, dense_backward

BATCH = 32  # inputs
LEAK = 0.2  # slope of the leaky ReLU below 0
ACTIVATIONS: dict[str, tuple[Callable, Callable]] = {
    "identity": (reference.identity, reference.identity_backward),
    "sigmoid": (reference.sigmoid, reference.sigmoid_backward),
    "tanh": (reference.tanh, reference.tanh_backward),
    "relu": (reference.relu, reference.relu_backward),
    "leaky_relu": (
        partial(reference.leaky_relu, negative_slope=LEAK),
        reference.leaky_relu_backward,
    ),
    "selu": (reference.selu, reference.selu_backward),
    "gelu": (partial(reference.gelu, approximate="tanh"), reference.gelu_backward),
}
STEP = np.uint32(0x6D2B79F5)


class Flow(NamedTuple):
    """Sizes of signal and gradient by layer, roots of mean squares; index 0 is the input."""

    signal: np.ndarray  # (depth + 1,), of each layer's output
    gradient: np.ndarray  # (depth + 1,), of the gradient for each layer's output
    slope: float  # mean |slope| of the activation, over layers, units and inputs
    slope_rms: float

    @property
    def ratio(self) -> float:
        """Gradient of layer 1, in units of the last layer's."""
        return float(self.gradient[1] / self.gradient[-1])

    @property
    def factor(self) -> float:
        """Geometric mean of what one layer multiplies the gradient with; 1 if there is only one."""
        return float(self.ratio ** (1 / max(1, len(self.gradient) - 2)))


def flow(
    x: np.ndarray,
    dy: np.ndarray,
    weights: list[np.ndarray],
    activation: str = "sigmoid",
    residual: bool = False,
    norm: bool = False,
) -> Flow:
    """Send x forward through all layers, and the gradient dy back.

    h ← f(norm(h weight^T)), to which `residual` adds h.

    Args:
        x, dy: (N, width), input and gradient for the last layer's output.
        weights: (width, width) each, gain included.
        activation: one of `ACTIVATIONS`.
        residual: add each layer's input to its output.
        norm: normalise each unit over the batch before the activation, without scale and shift.
    """
    f, f_backward = ACTIVATIONS[activation]
    signal, gradient, slopes, caches = [rms(x)], [rms(dy)], [], []
    h, g = x, dy
    for weight in weights:
        z, cache = dense(h, weight)
        if norm:
            width = len(weight)
            z, batch = batch_norm(z, np.zeros(width), np.ones(width), training=True)
        y, bend = f(z)
        h = h + y if residual else y
        caches.append((cache, batch if norm else None, bend))
        slopes.append(f_backward(np.ones_like(y), bend))
        signal.append(rms(h))
    for cache, batch, bend in reversed(caches):
        dz = f_backward(g, bend)
        if norm:
            dz, _, _ = batch_norm_backward(dz, batch)
        dx, _, _ = dense_backward(dz, cache)
        g = g + dx if residual else dx
        gradient.append(rms(g))
    slope = float(np.mean(np.abs(slopes)))
    return Flow(np.array(signal), np.array(gradient[::-1]), slope, rms(np.array(slopes)))


def rms(values: np.ndarray) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(values))))


def draw(
    seed: int, width: int, depth: int, kind: str = "normal"
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Draw input, gradient and weights as the page does, from the same small generator.

    Returns:
        x and dy (32, width), of root mean square 1, and the weights (width, width) for gain 1:
        normal numbers of deviation 1 / sqrt(width), or orthogonal matrices.
    """
    shape = (BATCH, width)
    x, dy = (normals(seed, stream, BATCH * width).reshape(shape) for stream in (0, 1))
    weights = [
        normals(seed, layer + 1, width * width).reshape(width, width)
        for layer in range(1, depth + 1)
    ]
    scaled = [orthonormal(w) if kind == "orthogonal" else w / np.sqrt(width) for w in weights]
    return x / rms(x), dy / rms(dy), scaled


def orthonormal(matrix: np.ndarray) -> np.ndarray:
    """Make the rows orthonormal, each in the half-space of the row that it replaces."""
    q, r = np.linalg.qr(matrix.T)
    return (q * np.sign(np.diag(r))).T


def scramble(state: np.ndarray) -> np.ndarray:
    """Hash 32-bit numbers as Mulberry32 does."""
    t = (state ^ (state >> np.uint32(15))) * (state | np.uint32(1))
    t = (t + (t ^ (t >> np.uint32(7))) * (t | np.uint32(61))) ^ t
    return t ^ (t >> np.uint32(14))


def normals(seed: int, stream: int, count: int) -> np.ndarray:
    """Draw normal numbers by Box and Muller's method; each stream of a seed is another sequence."""
    start = scramble(scramble(np.array([seed], dtype=np.uint32)) + np.uint32(stream))
    counter = np.arange(1, count + count % 2 + 1, dtype=np.uint32)
    u = (scramble(start + counter * STEP) + 0.5) / 2**32
    radius, angle = np.sqrt(-2 * np.log(u[::2])), 2 * np.pi * u[1::2]
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return pairs.ravel()[:count]


def matched_gain(activation: str) -> float:
    r"""Return the gain that keeps the mean square of a standard normal signal: He's argument.

    gain = 1 / \sqrt{E f(z)²}, z standard normal; \sqrt 2 for ReLU. By Simpson's rule, piece by
    piece: the rectifiers bend at 0.

    See: He, Zhang, Ren and Sun 2015, arXiv:1502.01852, for the rectifiers.
    """
    f, _ = ACTIVATIONS[activation]
    z = np.linspace(0, 12, 2401)
    weight = np.where(np.arange(z.size) % 2, 4.0, 2.0)
    weight[[0, -1]] = 1
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * weight * (z[1] / 3)
    squares = f(z)[0] ** 2 + f(-z)[0] ** 2
    return float(1 / np.sqrt(np.sum(squares * density)))
