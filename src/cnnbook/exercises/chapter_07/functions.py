"""Functions to write in chapter 07: an initialiser, and the gradient layer by layer."""

import numpy as np

from cnnbook.exercises.definitions import Code


def series(*shape: int, start: int = 1) -> list:
    """Return nested lists of quarters without a pattern: plain data, the same on every machine."""
    size = int(np.prod(shape))
    return ((np.arange(start, start + size) * 7919 % 101 % 23 - 11) / 4).reshape(shape).tolist()


def fan_in(z: np.ndarray) -> int:
    """Count the inputs of one output."""
    return z[0].size


def scaled(z: np.ndarray, slope: float) -> np.ndarray:
    """Scale normal numbers to He's weights for a leaky ReLU."""
    return z * np.sqrt(2 / ((1 + slope**2) * fan_in(z)))


def gradients_back(weights: np.ndarray, slopes: np.ndarray, dy: np.ndarray) -> list:
    """Return the gradients for the inputs of all layers, first layer first, and for the output."""
    gradients = [dy]
    for weight, slope in zip(weights[::-1], slopes[::-1], strict=True):
        gradients.insert(0, (gradients[0] * slope) @ weight)
    return gradients


def norms(gradients: list) -> np.ndarray:
    """Return the norm of each."""
    return np.array([np.linalg.norm(g) for g in gradients])


def backward_norms(weights: np.ndarray, slopes: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """Return the norms of the gradients for the layers' inputs."""
    return norms(gradients_back(weights, slopes, dy)[:-1])


def slope_last(weights: np.ndarray, slopes: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """Make the slip of multiplying by the slope after the weights."""
    found = [dy]
    for weight, slope in zip(weights[::-1], slopes[::-1], strict=True):
        found.insert(0, (found[0] @ weight) * slope)
    return norms(found[:-1])


DRAWS = {  # the mistake that the case catches: the arguments
    "a convolution and a leaky ReLU": {"z": series(4, 3, 5, 2), "slope": 0.5},
    "more outputs than inputs": {"z": series(7, 3, start=30), "slope": 0.0},
    "more inputs than outputs": {"z": series(2, 9, start=60), "slope": 0.0},
    "no activation at all: a slope of 1": {"z": series(5, 4, start=90), "slope": 1.0},
    "a single input": {"z": series(3, 1, start=12), "slope": 0.25},
}
CHAINS = {
    "several layers and inputs": {
        "weights": series(4, 3, 3),
        "slopes": np.abs(series(4, 5, 3, start=40)).tolist(),
        "dy": series(5, 3, start=70),
    },
    "dead units": {
        "weights": series(3, 2, 2, start=9),
        "slopes": [[[1, 0], [0, 1]], [[1, 1], [1, 0]], [[0, 1], [1, 1]]],
        "dy": [[1.0, -2.0], [0.5, 3.0]],
    },
    "a single layer": {
        "weights": [[[2.0, 1.0], [0.0, -1.0]]],
        "slopes": [[[0.5, 0.25]]],
        "dy": [[4.0, 8.0]],
    },
    "layers of one unit": {
        "weights": [[[2.0]], [[-0.5]], [[3.0]]],
        "slopes": [[[0.25]], [[0.5]], [[0.125]]],
        "dy": [[16.0]],
    },
}

FUNCTIONS = [
    Code(
        id="07-initialiser",
        title="He's weights for a leaky ReLU",
        text="A leaky ReLU leaves positive numbers as they are and multiplies negative ones by "
        "`slope`. `z` holds standard normal numbers in the shape of a layer's weights, dense or "
        "convolution. Return them scaled, so that a signal keeps its mean square through weights "
        "and activation. With `slope` 0 this is He's rule for ReLU.\n\nDerive the factor: which "
        "part of the mean square passes a leaky ReLU, if its input is as often negative as "
        "positive?",
        name="scaled",
        stub="def scaled(z, slope):\n    ...  # z (C_out, C_in, ...), slope a number -> weights, "
        "shaped as z",
        cases=DRAWS,
        answer=scaled,
        misconceptions={
            "these are the numbers as drawn.": lambda z, slope: z,
            "fan_out instead of fan_in: a sum has as many terms as an output has inputs.": (
                lambda z, slope: z * np.sqrt(2 / ((1 + slope**2) * z[:, 0].size))
            ),
            "the kernel is left out: a sum has C_in x k_h x k_w terms.": (
                lambda z, slope: z * np.sqrt(2 / ((1 + slope**2) * z.shape[1]))
            ),
            "all weights of the layer are counted; one sum reads those of one output.": (
                lambda z, slope: z * np.sqrt(2 / ((1 + slope**2) * z.size))
            ),
            "the root is missing: `z` is multiplied by a variance.": (
                lambda z, slope: z * 2 / ((1 + slope**2) * fan_in(z))
            ),
            "the slope is left out: negative inputs pass too, smaller.": (
                lambda z, slope: scaled(z, 0)
            ),
            "the slope is not squared, but a mean square is kept.": (
                lambda z, slope: z * np.sqrt(2 / ((1 + slope) * fan_in(z)))
            ),
            "the activation is left out: 1 / fan_in keeps the mean square of the sum alone.": (
                lambda z, slope: z / np.sqrt(fan_in(z))
            ),
            "the factor is upside down: what the activation takes, the weights have to give.": (
                lambda z, slope: z * np.sqrt((1 + slope**2) / 2 / fan_in(z))
            ),
            "this is Xavier's mean of fan_in and fan_out.": (
                lambda z, slope: z * np.sqrt(2 / (fan_in(z) + z[:, 0].size))
            ),
            "the standard deviation of these very numbers is set. They are a draw: scale them by "
            "a fixed factor.": lambda z, slope: scaled(z / z.std(), slope),
        },
        hints=[
            "Half of the inputs keep their square, the other half have it multiplied by slope². "
            "What is the mean?",
            "(1 + slope²) / 2 of the mean square passes. The sum multiplies the mean square by "
            "fan_in times the variance of a weight. The product of the two must be 1.",
            "fan_in is the number of weights that one output has: `z[0].size`.",
        ],
        solution="The folded cell below holds a solution.",
        why="The usual slips are `z.shape[1]` for fan_in, which forgets the kernel, and the "
        "variance where the standard deviation belongs. The first goes unnoticed in a "
        "dense layer and makes the weights of a 3x3 convolution 3 times too large; the second "
        "makes them far too small.",
    ),
    Code(
        id="07-backward-norms",
        title="The gradient, layer by layer",
        text="Layer l of a plain network computes `z = x @ weights[l].T` and `y = f(z)`; "
        "`slopes[l]` is f'(z), kept from the forward pass, a row for each input of the batch. "
        "`dy` is the gradient for the output of the last layer. Return one number for each layer, "
        "first layer first: the norm of the gradient for that layer's input `x` (over the whole "
        "batch, the root of the sum of all squares).",
        name="backward_norms",
        stub="def backward_norms(weights, slopes, dy):\n    ...  # weights (layers, C, C), slopes "
        "(layers, N, C), dy (N, C)\n    # -> (layers,)",
        cases=CHAINS,
        answer=backward_norms,
        misconceptions={
            "the order is turned round: the number of the first layer comes first.": (
                lambda weights, slopes, dy: backward_norms(weights, slopes, dy)[::-1]
            ),
            "the layers are walked from first to last. The gradient enters at the last.": (
                lambda weights, slopes, dy: backward_norms(weights[::-1], slopes[::-1], dy)[::-1]
            ),
            "the weights are transposed. Forward they are, in `x @ weight.T`; backward they are "
            "not.": (
                lambda weights, slopes, dy: backward_norms(weights.swapaxes(1, 2), slopes, dy)
            ),
            "the slopes are missing: the gradient passes the activation before the weights.": (
                lambda weights, slopes, dy: backward_norms(weights, np.ones_like(slopes), dy)
            ),
            "the slope comes after the weights. The gradient meets the activation first, it was "
            "applied last.": slope_last,
            "these are the gradients for the layers' outputs; the inputs lie one step further "
            "back.": (lambda weights, slopes, dy: norms(gradients_back(weights, slopes, dy)[1:])),
            "the root is missing: these are squares of norms.": (
                lambda weights, slopes, dy: backward_norms(weights, slopes, dy) ** 2
            ),
            "each layer starts again from `dy`: hand on the gradient of the layer behind.": (
                lambda weights, slopes, dy: norms(
                    [(dy * slope) @ weight for weight, slope in zip(weights, slopes, strict=True)]
                )
            ),
            "these are root mean squares: the sum of squares is divided by the number of cells.": (
                lambda weights, slopes, dy: backward_norms(weights, slopes, dy) / np.sqrt(dy.size)
            ),
            "the sizes are added up. The norm is the root of the sum of squares.": (
                lambda weights, slopes, dy: np.array(
                    [np.abs(g).sum() for g in gradients_back(weights, slopes, dy)[:-1]]
                )
            ),
            "the weights are missing.": (
                lambda weights, slopes, dy: backward_norms(
                    np.broadcast_to(np.eye(dy.shape[1]), weights.shape), slopes, dy
                )
            ),
        },
        hints=[
            "Walk from the last layer to the first. In each, the gradient passes the activation, "
            "then the weights.",
            "Through the activation: `dy * slopes[l]`, cell by cell. Through `x @ weight.T`: "
            "`@ weight`, without the transpose.",
            "`dy = (dy * slopes[l]) @ weights[l]`, then `norms[l] = np.linalg.norm(dy)`, for l "
            "from the last layer down to 0.",
        ],
        solution="The folded cell below holds a solution.",
        why="Forward the layer transposes its weights, so backward it does not; with square "
        "weights the wrong one runs without complaint. This is the function to call when a deep "
        "net does not train: it says where the gradient gets lost.",
    ),
]
