"""Gates: functions that multiply x with a share of it, between 0 and 1, that grows with x.

Arguments, results and errors are those that `activations` describes. `hardsigmoid` is no gate
itself, but the share that `hardswish` takes.
"""

from math import pi, sqrt
from typing import NamedTuple

import numpy as np

from cnnbook.reference.activations import sigmoid
from cnnbook.reference.arguments import as_floats, choice, gradient, number
from cnnbook.reference.error_function import erfc

FAR = 40.0  # from here on the share of `gelu` is 0 or 1 to the last bit


class SwishCache(NamedTuple):
    """What `swish` keeps for `swish_backward`."""

    x: np.ndarray
    share: np.ndarray  # sigmoid(beta x)
    beta: float


class GeluCache(NamedTuple):
    """What `gelu` keeps for `gelu_backward`."""

    x: np.ndarray
    share: np.ndarray  # Φ(x), or what stands for it
    approximate: str


def swish(x: np.ndarray, beta: float = 1.0) -> tuple[np.ndarray, SwishCache]:
    """Multiply x with its sigmoid: y = x sigmoid(beta x).

    Args:
        x: any shape.
        beta: sharpness; 0 gives x / 2, and the larger it is, the closer to `relu`.

    Raises:
        ValueError: if beta is no finite number.
    See: Ramachandran, Zoph & Le 2017, arXiv:1710.05941 (there beta may also be learned).
    """
    (x,), beta = as_floats(x), number(beta, "beta")
    share = sigmoid(beta * x)[0]
    return x * share, SwishCache(x, share, beta)


def swish_backward(dy: np.ndarray, cache: SwishCache) -> np.ndarray:
    """Multiply dy with the slope s + beta x s (1 − s), where s = sigmoid(beta x)."""
    x, share, beta = cache
    return gradient(dy, x.shape, x.dtype) * share * (1 + beta * x * (1 - share))


def silu(x: np.ndarray) -> tuple[np.ndarray, SwishCache]:
    """Compute `swish` with beta 1: y = x sigmoid(x).

    See: Elfwing, Uchibe & Doya 2018, arXiv:1702.03118.
    """
    return swish(x)


def silu_backward(dy: np.ndarray, cache: SwishCache) -> np.ndarray:
    """Multiply dy with the slope, as `swish_backward` does."""
    return swish_backward(dy, cache)


def hardsigmoid(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Replace the sigmoid by three straight lines: y = min(max(x + 3, 0), 6) / 6.

    See: Howard et al. 2019, arXiv:1905.02244.
    """
    (x,) = as_floats(x)
    return np.clip(x + 3, 0, 6) / 6, x


def hardsigmoid_backward(dy: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """Divide dy by 6 where −3 < x < 3; elsewhere, at the corners too, the gradient is 0."""
    x = cache
    return gradient(dy, x.shape, x.dtype) * (np.abs(x) < 3) / 6


def hardswish(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Multiply x with its `hardsigmoid`: y = x min(max(x + 3, 0), 6) / 6.

    See: Howard et al. 2019, arXiv:1905.02244.
    """
    (x,) = as_floats(x)
    return x * hardsigmoid(x)[0], x


def hardswish_backward(dy: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """Multiply dy with 0 up to x = −3, with (2x + 3) / 6 up to x = 3, and with 1 from there on."""
    x = cache
    dy = gradient(dy, x.shape, x.dtype)
    return dy * np.where(np.abs(x) < 3, (2 * x + 3) / 6, x > 0)


def gelu(x: np.ndarray, approximate: str = "none") -> tuple[np.ndarray, GeluCache]:
    r"""Multiply x with the probability that a standard normal number is below it.

    y = x Φ(x), Φ(x) = (1 + erf(x / \sqrt 2)) / 2 = erfc(−x / \sqrt 2) / 2

    Args:
        x: any shape.
        approximate: "none", or "tanh" for (1 + tanh(\sqrt{2/π} (x + 0.044715 x³))) / 2 in place
            of Φ(x); y then moves by less than 0.0005.

    Raises:
        ValueError: if approximate is neither.
    See: Hendrycks & Gimpel 2016, arXiv:1606.08415.
    """
    (x,) = as_floats(x)
    if choice(approximate, "approximate", ("none", "tanh")) == "tanh":
        near = np.clip(x, -FAR, FAR)  # so that x³ stays finite in float16
        share = (1 + np.tanh(sqrt(2 / pi) * near * (1 + 0.044715 * near * near))) / 2
    else:
        share = erfc(x / -sqrt(2)) / 2
    return x * share, GeluCache(x, share, approximate)


def gelu_backward(dy: np.ndarray, cache: GeluCache) -> np.ndarray:
    r"""Multiply dy with the slope Φ(x) + x Φ'(x), where Φ'(x) = e^{−x²/2} / \sqrt{2π}.

    With "tanh", Φ' is the slope of its approximation, 2 Φ (1 − Φ) times that of the tanh's
    argument, for (1 + tanh u) / 2 = sigmoid(2u).
    """
    x, share, approximate = cache
    near = np.clip(x, -FAR, FAR)  # so that x² stays finite in float16
    if approximate == "tanh":
        density = 2 * share * (1 - share) * sqrt(2 / pi) * (1 + 3 * 0.044715 * near * near)
    else:
        density = np.exp(-near * near / 2) / sqrt(2 * pi)
    return gradient(dy, x.shape, x.dtype) * (share + near * density)
