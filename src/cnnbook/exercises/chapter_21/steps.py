"""Functions to write in chapter 21: a backward pass without a mean, and running statistics."""

import numpy as np

from cnnbook.exercises.chapter_21.functions import series
from cnnbook.exercises.definitions import Code
from cnnbook.reference import batch_norm


def rms(x: np.ndarray, axes: tuple, eps: float) -> np.ndarray:
    """Return the root of the mean square, one for each set."""
    return np.sqrt((x**2).mean(axes, keepdims=True) + eps)


def pulled(dy: np.ndarray, x_hat: np.ndarray, axes: tuple) -> np.ndarray:
    """Return the part of dy along x_hat."""
    return x_hat * (dy * x_hat).mean(axes, keepdims=True)


def rms_backward(dy: np.ndarray, x: np.ndarray, axes: tuple, eps: float) -> np.ndarray:
    """Pass the gradient of x / rms back."""
    root = rms(x, axes, eps)
    return (dy - pulled(dy, x / root, axes)) / root


def batch_norm_backward(dy: np.ndarray, x: np.ndarray, axes: tuple, eps: float) -> np.ndarray:
    """Pass back the gradient of a layer that subtracts the mean."""
    centred = x - x.mean(axes, keepdims=True)
    root = rms(centred, axes, eps)
    return (dy - dy.mean(axes, keepdims=True) - pulled(dy, centred / root, axes)) / root


def mean_term_kept(dy: np.ndarray, x: np.ndarray, axes: tuple, eps: float) -> np.ndarray:
    """Subtract the mean of dy, as behind a layer that subtracts the mean of x."""
    return rms_backward(dy, x, axes, eps) - dy.mean(axes, keepdims=True) / rms(x, axes, eps)


def about_the_mean(dy: np.ndarray, x: np.ndarray, axes: tuple, eps: float) -> np.ndarray:
    """Take the standard deviation for the root mean square."""
    std = np.sqrt(x.var(axes, keepdims=True) + eps)
    return (dy - pulled(dy, x / std, axes)) / std


def added_up(dy: np.ndarray, x: np.ndarray, axes: tuple, eps: float) -> np.ndarray:
    """Sum where a mean belongs."""
    root = rms(x, axes, eps)
    x_hat = x / root
    return (dy - x_hat * (dy * x_hat).sum(axes, keepdims=True)) / root


def running_update(running: np.ndarray, x: np.ndarray, momentum: float) -> np.ndarray:
    """Move both running statistics as batch norm does in training."""
    _, cache = batch_norm(x, *running, training=True, momentum=momentum)
    return np.array([cache.running_mean, cache.running_var])


def moved(running: np.ndarray, batch: list, momentum: float) -> np.ndarray:
    """Move running statistics towards any others."""
    return (1 - momentum) * running + momentum * np.array(batch)


def about(mean: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the mean squared distance of each channel from a given mean."""
    return ((x - mean[:, None, None]) ** 2).mean((0, 2, 3))


ALL = (0, 2, 3)
CASES = {
    "a set for each image": {
        "dy": series(3, 4, 2, 5),
        "x": series(3, 4, 2, 5, start=130),
        "axes": (1, 2, 3),
        "eps": 0.25,
    },
    "a set for each channel": {
        "dy": series(2, 3, 4, 1, start=60),
        "x": series(2, 3, 4, 1, start=9),
        "axes": (0, 2, 3),
        "eps": 1e-5,
    },
    "a set for each word": {
        "dy": series(4, 6, start=310),
        "x": series(4, 6, start=17),
        "axes": (1,),
        "eps": 1e-5,
    },
    "dy proportional to x": {
        "dy": [[2, -4, 6], [3, 1, -2]],
        "x": [[1, -2, 3], [1.5, 0.5, -1]],
        "axes": (1,),
        "eps": 0.5,
    },
    "a set of zeros": {
        "dy": [[1, 2, 3, 4], [1, -1, 2, 0]],
        "x": [[0, 0, 0, 0], [3, 1, 2, 5]],
        "axes": (1,),
        "eps": 0.01,
    },
}
BATCHES = {
    "several images": {
        "running": [[0, 1, -2], [1, 4, 0.5]],
        "x": series(4, 3, 2, 5, start=40, lowest=-100),
        "momentum": 0.1,
    },
    "images of unlike means": {
        "running": [[0.5, 0], [2, 1]],
        "x": [[[[1, 2, 3]], [[10, 11, 15]]], [[[21, 22, 23]], [[-4, 0, 4]]]],
        "momentum": 0.25,
    },
    "momentum 1 keeps nothing": {
        "running": [[5, 6, 7, 8], [1, 2, 3, 4]],
        "x": series(3, 4, 2, 1, start=95),
        "momentum": 1,
    },
    "momentum 0 changes nothing": {
        "running": [[5, 6], [1, 2]],
        "x": series(3, 2, 1, 4, start=150),
        "momentum": 0,
    },
}
STEPS = [
    Code(
        id="21-rms-backward",
        title="Backward without a mean",
        text="Some networks leave the mean where it is and only divide, by the root of the mean "
        "square: y = x / rms, with rms = √(mean of x² + eps) over each set, as Zhang "
        "& Sennrich do. Sets run along `axes`, a tuple. Return `dx`, given `dy`. Batch norm's "
        "backward pass takes away two parts of the gradient: what is left of them here?",
        name="rms_backward",
        stub="def rms_backward(dy, x, axes, eps):\n    ...  # x, dy of one shape, y = x / sqrt("
        "mean of x ** 2 + eps) -> dx",
        cases=CASES,
        answer=rms_backward,
        misconceptions={
            "`rms` is taken for a constant. It moves with every `x` of its set.": (
                lambda dy, x, axes, eps: dy / rms(x, axes, eps)
            ),
            "the mean of `dy` is taken away, as behind batch norm. Here no mean of `x` was "
            "subtracted.": mean_term_kept,
            "this is the backward pass of a layer that subtracts the mean.": batch_norm_backward,
            "the products `dy * x_hat` are added up. Their mean is wanted.": added_up,
            "it divides by the standard deviation. The root mean square is measured from 0, not "
            "from the mean.": about_the_mean,
            "the division by `rms` is missing.": (
                lambda dy, x, axes, eps: rms_backward(dy, x, axes, eps) * rms(x, axes, eps)
            ),
            "it divides by the mean square, not by its root.": (
                lambda dy, x, axes, eps: rms_backward(dy, x, axes, eps) / rms(x, axes, eps)
            ),
            "`x` stands where `x_hat` belongs.": (
                lambda dy, x, axes, eps: (dy - pulled(dy, x, axes)) / rms(x, axes, eps)
            ),
            "the part along `x_hat` is added, not taken away.": (
                lambda dy, x, axes, eps: (
                    (dy + pulled(dy, x / rms(x, axes, eps), axes)) / rms(x, axes, eps)
                )
            ),
            "only the part along `x_hat` is left, which is what should go.": (
                lambda dy, x, axes, eps: pulled(dy, x / rms(x, axes, eps), axes) / rms(x, axes, eps)
            ),
            "`axes` is not used: everything is taken as one set.": (
                lambda dy, x, axes, eps: rms_backward(dy, x, tuple(range(x.ndim)), eps)
            ),
            "`eps` is missing.": lambda dy, x, axes, eps: rms_backward(dy, x, axes, 0),
            "this is the forward pass.": lambda dy, x, axes, eps: x / rms(x, axes, eps),
        },
        hints=[
            "An x acts in two ways: on its own y, by the slope 1 / rms, and on every y of its set, "
            "because rms moves.",
            "With m numbers in a set, rms moves by x / (m · rms) for each unit of x, and each y by "
            "−y / rms for each unit of rms.",
            "Add it up over the set, with `x_hat = x / rms`: "
            "`(dy - x_hat * (dy * x_hat).mean(axes, keepdims=True)) / rms`.",
        ],
        solution="The folded cell below holds a solution.",
        why="The usual slip is to hold rms fixed. Then a gradient that only asks for a larger y "
        "everywhere would pass, although the layer divides every larger x away again: without "
        "eps, y stays the same if all x of a set are doubled. One part of the gradient is taken "
        "away for each thing that the layer removes: for the mean the first, for the size the "
        "second.",
    ),
    Code(
        id="21-running-update",
        title="What batch norm remembers",
        text="In training, batch norm moves its running mean and variance by one batch. `running` "
        "has two rows, the means and the variances of the C channels; return what it is after "
        "the batch `x`. Do as torch does.",
        name="running_update",
        stub="def running_update(running, x, momentum):\n    ...  # running (2, C): means and "
        "variances; x (N, C, H, W) -> (2, C)",
        cases=BATCHES,
        answer=running_update,
        misconceptions={
            "momentum is the other way round: in torch it is the share of the new.": (
                lambda running, x, momentum: running_update(running, x, 1 - momentum)
            ),
            "the variance divides by the count. So it is while normalising; what torch remembers "
            "divides by one less.": lambda running, x, momentum: moved(
                running, [x.mean(ALL), x.var(ALL)], momentum
            ),
            "momentum is the other way round, and the variance divides by the count.": (
                lambda running, x, momentum: moved(running, [x.mean(ALL), x.var(ALL)], 1 - momentum)
            ),
            "standard deviations are mixed in. The second row holds variances.": (
                lambda running, x, momentum: moved(
                    running, [x.mean(ALL), x.std(ALL, ddof=1)], momentum
                )
            ),
            "the variance is taken within each image, and then averaged. The set of a channel is "
            "all its numbers.": lambda running, x, momentum: moved(
                running, [x.mean(ALL), x.var((2, 3), ddof=1).mean(0)], momentum
            ),
            "the variance is that of the images' means. The set of a channel is all its numbers.": (
                lambda running, x, momentum: moved(
                    running, [x.mean(ALL), x.mean((2, 3)).var(0, ddof=1)], momentum
                )
            ),
            "the variance is measured from the running mean. It is that of the batch, about its "
            "own mean.": lambda running, x, momentum: moved(
                running, [x.mean(ALL), about(running[0], x)], momentum
            ),
            "this is the batch's own statistics; nothing of the old ones is kept.": (
                lambda running, x, momentum: running_update(running, x, 1)
            ),
            "nothing has moved.": lambda running, x, momentum: running,
            "the old statistics keep their full weight. The two shares make 1.": (
                lambda running, x, momentum: (
                    running_update(running, x, momentum) + momentum * running
                )
            ),
            "the two rows are swapped.": (
                lambda running, x, momentum: running_update(running, x, momentum)[::-1]
            ),
        },
        hints=[
            "The set of a channel runs along images, rows and columns: axes (0, 2, 3).",
            "`x.var(axes, ddof=1)` divides by one less than the count.",
            "`(1 - momentum) * running + momentum * np.array([means, variances])`.",
        ],
        solution="The folded cell below holds a solution.",
        why="Three conventions have to be got right, and each wrong one gives numbers that look "
        "reasonable: whose share momentum is, which divisor the variance has, and that it is "
        "measured about the mean of the whole batch.",
    ),
]
