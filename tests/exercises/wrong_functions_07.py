"""Plausible wrong answers to the code exercises of chapter 07, written as a reader would."""

from math import sqrt

import numpy as np


def he(z, slope):
    inputs = int(np.prod(z.shape[1:]))
    return z * sqrt(2 / (inputs * (1 + slope * slope)))


def fan_out(z, slope):
    outputs = z.shape[0] * int(np.prod(z.shape[2:]))
    return z * sqrt(2 / (outputs * (1 + slope * slope)))


def xavier(z, slope):
    kernel = int(np.prod(z.shape[2:]))
    return z * sqrt(2 / (kernel * (z.shape[0] + z.shape[1])))


def sets_the_spread(z, slope):
    return he(z / np.std(z), slope)


def draws_anew(z, slope):
    return he(np.random.default_rng(0).normal(size=z.shape), slope)


def one_filter(z, slope):
    return he(z, slope)[0]


def scales_in_place(z, slope):
    z *= sqrt(2 / (z[0].size * (1 + slope**2)))
    return z


def clip(gradients, max_norm):
    norm = sqrt(float(np.square(gradients).sum()))
    return gradients * (max_norm / norm) if norm > max_norm else gradients.copy()


def clips_rows(gradients, max_norm):
    return np.array([clip(row, max_norm) for row in gradients])


def clips_columns(gradients, max_norm):
    return np.array([clip(column, max_norm) for column in gradients.T]).T


def always_scales(gradients, max_norm):
    norm = np.linalg.norm(gradients)
    return gradients * (max_norm / norm) if norm else gradients


def divides_by_zero(gradients, max_norm):
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.minimum(1, max_norm / np.linalg.norm(gradients))
        return gradients / np.linalg.norm(gradients) * np.linalg.norm(gradients) * factor


def clips_in_place(gradients, max_norm):
    norm = np.linalg.norm(gradients)
    if norm > max_norm:
        gradients *= max_norm / norm
    return gradients


def only_the_first_layer(gradients, max_norm):
    y = gradients.copy()
    y[0] = clip(y[0], max_norm)
    return y


def measured(weights, slopes, dy, through, measure=np.linalg.norm):
    found = []
    for weight, slope in list(zip(weights, slopes, strict=True))[::-1]:
        dy = through(dy, weight, slope)
        found.append(measure(dy))
    return np.array(found[::-1])


def right_way(dy, weight, slope):
    return np.matmul(dy * slope, weight)


def backward(weights, slopes, dy):
    return measured(weights, slopes, dy, right_way)


def walks_forward(weights, slopes, dy):
    found = []
    for weight, slope in zip(weights, slopes, strict=True):
        dy = right_way(dy, weight, slope)
        found.append(np.linalg.norm(dy))
    return np.array(found)


def measures_before(weights, slopes, dy):
    found = []
    for layer in range(len(weights) - 1, -1, -1):
        found.insert(0, np.linalg.norm(dy))
        dy = right_way(dy, weights[layer], slopes[layer])
    return np.array(found)


def with_the_end(weights, slopes, dy):
    return np.append(backward(weights, slopes, dy), np.linalg.norm(dy))


def starts_again(weights, slopes, dy):
    pairs = zip(weights, slopes, strict=True)
    return np.array([np.linalg.norm(right_way(dy, weight, slope)) for weight, slope in pairs])


def keeps_the_gradients(weights, slopes, dy):
    found = []
    for weight, slope in list(zip(weights, slopes, strict=True))[::-1]:
        dy = right_way(dy, weight, slope)
        found.insert(0, dy)
    return np.array(found)


def forgets_to_return(*arguments):
    backward(*arguments)


def works_in_place(weights, slopes, dy):
    found = backward(weights, slopes, dy)
    slopes *= 0
    return found


INITIALISER = {
    "stub": lambda z, slope: None,
    "zeros": lambda z, slope: 0 * z,
    "as drawn": lambda z, slope: z,
    "fan_out": fan_out,
    "no kernel": lambda z, slope: z * sqrt(2 / (z.shape[1] * (1 + slope**2))),
    "no root": lambda z, slope: z * 2 / (z[0].size * (1 + slope**2)),
    "ReLU whatever the slope": lambda z, slope: he(z, 0),
    "slope not squared": lambda z, slope: z * sqrt(2 / (z[0].size * (1 + slope))),
    "no activation": lambda z, slope: z / sqrt(z[0].size),
    "upside down": lambda z, slope: z * sqrt((1 + slope**2) / (2 * z[0].size)),
    "Xavier": xavier,
    "sets the spread of the draw": sets_the_spread,
    "draws anew": draws_anew,
    "one filter": one_filter,
    "transposes": lambda z, slope: he(z, slope).swapaxes(0, 1),
    "changes its input": scales_in_place,
}
CLIP = {
    "stub": lambda gradients, max_norm: None,
    "zeros": lambda gradients, max_norm: np.zeros(gradients.shape),
    "row by row": clips_rows,
    "column by column": clips_columns,
    "by value": lambda gradients, max_norm: gradients.clip(-max_norm, max_norm),
    "lengthens": always_scales,
    "unit length": lambda gradients, max_norm: always_scales(gradients, 1.0),
    "no root": lambda gradients, max_norm: (
        gradients * min(1.0, max_norm / max((gradients**2).sum(), 1e-9))
    ),
    "sum of sizes": lambda gradients, max_norm: (
        gradients * min(1.0, max_norm / max(abs(gradients).sum(), 1e-9))
    ),
    "largest value": lambda gradients, max_norm: (
        gradients * min(1.0, max_norm / max(abs(gradients).max(), 1e-9))
    ),
    "upside down": lambda gradients, max_norm: gradients * np.linalg.norm(gradients) / max_norm,
    "does nothing": lambda gradients, max_norm: gradients + 0,
    "divides by zero": divides_by_zero,
    "flattens": lambda gradients, max_norm: clip(gradients, max_norm).ravel(),
    "changes its input": clips_in_place,
    "only the first layer": only_the_first_layer,
    "singular value": lambda gradients, max_norm: (
        gradients * min(1.0, max_norm / max(np.linalg.norm(gradients, 2), 1e-9))
    ),
}
BACKWARD = {
    "stub": lambda weights, slopes, dy: None,
    "no return": forgets_to_return,
    "zeros": lambda weights, slopes, dy: np.zeros(len(weights)),
    "last layer first": lambda *arguments: backward(*arguments)[::-1],
    "walks forward": walks_forward,
    "transposes": lambda weights, slopes, dy: backward(weights.transpose(0, 2, 1), slopes, dy),
    "no slopes": lambda weights, slopes, dy: backward(weights, slopes * 0 + 1, dy),
    "slope behind the weights": lambda *arguments: measured(
        *arguments, lambda dy, weight, slope: (dy @ weight) * slope
    ),
    "no weights": lambda *arguments: measured(*arguments, lambda dy, weight, slope: dy * slope),
    "for the outputs": measures_before,
    "one too many": with_the_end,
    "squares": lambda *arguments: measured(*arguments, right_way, lambda dy: (dy**2).sum()),
    "root mean squares": lambda *arguments: measured(
        *arguments, right_way, lambda dy: sqrt((dy**2).mean())
    ),
    "sizes added up": lambda *arguments: measured(
        *arguments, right_way, lambda dy: np.abs(dy).sum()
    ),
    "starts again": starts_again,
    "the gradients themselves": keeps_the_gradients,
    "changes its input": works_in_place,
}
FUNCTIONS = {
    "07-initialiser": (he, INITIALISER),
    "07-clip-by-norm": (clip, CLIP),
    "07-backward-norms": (backward, BACKWARD),
}
