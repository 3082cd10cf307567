"""Exercises of chapter 07 by hand: a chain, its length, an initial scale."""

from math import ceil, log, prod, sqrt

from cnnbook.exercises.definitions import Matrix
from cnnbook.exercises.drawn import Number


def chain(weight: list, y: list, slope: object = lambda y: y * (1 - y)) -> float:
    """Multiply weight and slope over a chain of one-unit layers; each row holds one number each."""
    return round(prod(w * slope(value) for w, value in zip(weight[0], y[0], strict=True)), 6)


def layers(factor: float, smallest: float = 1e-6) -> int:
    """Count the factors whose product is the first below `smallest`."""
    return ceil(log(smallest) / log(factor))


def initial_std(fan_in: float, square: float) -> float:
    """Return the weights' standard deviation for which a sum has variance 1, to three decimals."""
    return round(1 / sqrt(fan_in * square), 3)


NUMBERS = [
    Number(
        id="07-chain",
        title="A chain of three units",
        text="Three layers with one sigmoid unit each: every layer multiplies its input by its "
        "weight, adds its bias and applies the sigmoid. The tables have the weights and the "
        "outputs y of layers 1, 2 and 3; the biases are not needed. The gradient for the output of "
        "layer 3 is 1. What is the gradient for the input of layer 1?",
        given=[Matrix("weights", "kernel", "weight"), Matrix("outputs y", "output", "y")],
        variants=[
            {"weight": [[5, -4, 2]], "y": [[0.5, 0.8, 0.3]]},
            {"weight": [[-2, 5, 4]], "y": [[0.9, 0.5, 0.8]]},
            {"weight": [[4, 5, 5]], "y": [[0.4, 0.5, 0.1]]},
            {"weight": [[10, -2, -5]], "y": [[0.2, 0.9, 0.5]]},
            {"weight": [[-5, -8, -4]], "y": [[0.6, 0.5, 0.8]]},
            {"weight": [[2, 10, -5]], "y": [[0.3, 0.5, 0.2]]},
        ],
        tolerance=5e-4,
        answer=chain,
        slips={
            "The slopes are right, but the gradient also passes the three weights.": (
                lambda weight, y: chain([[1, 1, 1]], y)
            ),
            "That is the product of the weights. Each sigmoid multiplies by its slope as well.": (
                lambda weight, y: chain(weight, y, lambda _: 1)
            ),
            "You multiplied by the outputs y. The slope of a sigmoid is y (1 − y).": (
                lambda weight, y: chain(weight, y, lambda value: value)
            ),
            "You multiplied by 1 − y. The slope of a sigmoid is y (1 − y).": (
                lambda weight, y: chain(weight, y, lambda value: 1 - value)
            ),
            "1/4 is the slope where y = 0.5, and nowhere else.": (
                lambda weight, y: chain(weight, y, lambda _: 0.25)
            ),
            "1 − y² is the slope of tanh; that of a sigmoid is y (1 − y).": (
                lambda weight, y: chain(weight, y, lambda value: 1 - value**2)
            ),
            "The size is right, the sign is not: count the minus signs of the weights.": (
                lambda weight, y: -chain(weight, y)
            ),
            "The gradient is given for the output of layer 3, behind its sigmoid: the slope of "
            "that sigmoid is missing.": (
                lambda weight, y: chain(weight, y) / (y[0][2] * (1 - y[0][2]))
            ),
            "That is the gradient for the sum in layer 1. Its input lies before the weight: "
            "multiply by it as well.": lambda weight, y: chain(weight, y) / weight[0][0],
            **{
                f"Layer {layer + 1} is missing: every layer gives a weight and a slope.": (
                    lambda weight, y, layer=layer: (
                        chain(weight, y) / chain([[weight[0][layer]]], [[y[0][layer]]])
                    )
                )
                for layer in range(3)
            },
            "You added the three layers up. The chain rule multiplies.": (
                lambda weight, y: sum(
                    chain([[w]], [[value]]) for w, value in zip(weight[0], y[0], strict=True)
                )
            ),
        },
        hints=[
            "Each layer contributes two factors: its weight, and the slope of its sigmoid.",
            "The slope can be read off the output: y (1 − y). Multiply all six factors.",
        ],
        solution="Three weights and three slopes, multiplied: "
        "({weight[0][0]} · {y[0][0]} · (1 − {y[0][0]})) · "
        "({weight[0][1]} · {y[0][1]} · (1 − {y[0][1]})) · ({weight[0][2]} · {y[0][2]} · "
        "(1 − {y[0][2]})) = {answer}.",
        why="The input of a sigmoid is not needed, only its output; taking y itself, or 1/4 "
        "everywhere, is the usual slip. The slopes are far below 1 here, and only large weights "
        "keep the product from vanishing.",
    ),
    Number(
        id="07-layers",
        title="Down to a millionth",
        text="In a plain network, each layer changes the length of the gradient by two factors: "
        "its weights by {gain}, its activation by {slope}. After how many layers is the gradient "
        "for the first time shorter than a millionth of what entered?",
        unit="layers",
        variants=[
            {"gain": 2.4, "slope": 0.25},
            {"gain": 1.6, "slope": 0.25},
            {"gain": 3.2, "slope": 0.25},
            {"gain": 1.2, "slope": 0.25},
            {"gain": 2.8, "slope": 0.25},
            {"gain": 4.5, "slope": 0.2},
            {"gain": 4, "slope": 0.2},
            {"gain": 3.5, "slope": 0.2},
        ],
        answer=lambda gain, slope: layers(gain * slope),
        slips={
            "That is the activation alone. The weights bring back a factor of {gain} per layer.": (
                lambda gain, slope: layers(slope)
            ),
            "One too few: after so many layers, a little more than a millionth is left.": (
                lambda gain, slope: layers(gain * slope) - 1
            ),
            "One too many: it is below a millionth one layer earlier.": (
                lambda gain, slope: layers(gain * slope) + 1
            ),
            "Two kinds of logarithm are mixed: 6 is the decimal logarithm of a million, so the "
            "factor's must be decimal too.": lambda gain, slope: ceil(-6 / log(gain * slope)),
            "That is a thousandth; or you squared the factor. A layer multiplies the "
            "length by {gain} x {slope}.": (lambda gain, slope: layers(gain * slope, 1e-3)),
            "You took the same amount off at each layer. A layer multiplies what is left.": (
                lambda gain, slope: ceil(round(1 / (1 - gain * slope), 9))
            ),
        },
        hints=[
            "What is the factor of one layer, weights and activation together?",
            "You want the smallest n with factor to the power of n below 10⁻⁶. Take the logarithm "
            "of both sides, and mind that both are negative.",
        ],
        solution="The factor of a layer is {gain} x {slope}. The logarithm of a millionth, "
        "divided by that of the factor and rounded up, is {answer}.",
        why="A factor of 0.8 sounds harmless and takes 62 layers to a millionth; 0.25 takes 10. "
        "The usual slip is to look at the slope alone, which gives the same depth whatever the "
        "weights.",
    ),
    Number(
        id="07-initial-std",
        title="Weights for inputs that are not centred",
        text="A convolution reads {c_in} channels through kernels of {k} x {k}. Its inputs have "
        "the mean {mean} and the variance {var}. The weights are drawn independently, with mean 0; "
        "there is no bias. Which standard deviation must they have, so that a sum, before the "
        "activation, has the variance 1, over inputs and draws of the weights? (Three decimals.)",
        variants=[
            {"c_in": 4, "k": 5, "mean": 0.3, "var": 0.16},
            {"c_in": 16, "k": 3, "mean": 0.4, "var": 0.2},
            {"c_in": 4, "k": 3, "mean": 0.5, "var": 2},
            {"c_in": 9, "k": 5, "mean": 0.3, "var": 0.16},
            {"c_in": 25, "k": 3, "mean": 0.6, "var": 0.28},
            {"c_in": 64, "k": 3, "mean": 0.6, "var": 0.28},
            {"c_in": 16, "k": 5, "mean": 0.4, "var": 0.2},
        ],
        tolerance=6e-4,
        answer=lambda c_in, k, mean, var: initial_std(c_in * k * k, var + mean**2),
        slips={
            "That is for inputs with mean 0. A weight of mean 0 turns the input's mean into "
            "variance too: what counts is the mean of x², {var} + {mean}².": (
                lambda c_in, k, mean, var: initial_std(c_in * k * k, var)
            ),
            "The mean of x² is {var} + {mean}²; the square is missing.": (
                lambda c_in, k, mean, var: initial_std(c_in * k * k, var + mean)
            ),
            "That is the variance of the weights; their standard deviation is its root.": (
                lambda c_in, k, mean, var: 1 / (c_in * k * k * (var + mean**2))
            ),
            "A sum has {c_in} x {k} x {k} terms, not {c_in}: the kernel counts.": (
                lambda c_in, k, mean, var: initial_std(c_in, var + mean**2)
            ),
            "A sum has {c_in} x {k} x {k} terms: it reads all {c_in} channels.": (
                lambda c_in, k, mean, var: initial_std(k * k, var + mean**2)
            ),
            "A kernel has {k} x {k} cells, not {k}.": (
                lambda c_in, k, mean, var: initial_std(c_in * k, var + mean**2)
            ),
            "That is He's formula, for inputs that come out of a ReLU whose own inputs had "
            "mean 0 and variance 1. These have a mean square of their own.": (
                lambda c_in, k, mean, var: initial_std(c_in * k * k, 0.5)
            ),
            "That is for inputs with a mean square of 1; theirs is {var} + {mean}².": (
                lambda c_in, k, mean, var: initial_std(c_in * k * k, 1)
            ),
        },
        hints=[
            "How many products does one sum have? Each has the variance of a weight times the "
            "mean of x².",
            "The mean of x² is the variance plus the square of the mean: {var} + {mean}².",
            "Number of products times variance of a weight times mean of x² = 1. Solve for the "
            "variance, and take the root.",
        ],
        solution="{c_in} x {k} x {k} products, each with the variance of a weight times "
        "{var} + {mean}². The weights' standard deviation is one over the root of the product of "
        "the two: {answer}.",
        why="The usual slip is the variance of x in place of the mean of x². Behind a ReLU the "
        "mean of x² is one half of what went in, which is He's factor; the variance, 0.34 of it, "
        "plays no part.",
    ),
]
