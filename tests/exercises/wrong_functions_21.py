"""Plausible wrong answers to the code exercises of chapter 21, written as a reader would."""

import numpy as np


def group_norm(x, groups, weight, bias, eps):
    y = np.empty_like(x)
    size = x.shape[1] // groups
    for n in range(len(x)):
        for first in range(0, x.shape[1], size):
            one = x[n, first : first + size]
            spread = np.sqrt(((one - one.mean()) ** 2).mean() + eps)
            for c in range(first, first + size):
                y[n, c] = weight[c] * (x[n, c] - one.mean()) / spread + bias[c]
    return y


def reshaped(*shape, axes, **how):
    """Normalise after a reshape; shape names sizes of x, or gives numbers to multiply them by."""

    def norm(x, groups, weight, bias, eps):
        n, c, h, w = x.shape
        sizes = {"n": n, "c": c, "h": h, "w": w, "g": groups, "s": c // groups}
        x_hat = x.reshape([sizes[name] for name in shape])
        x_hat = plain(x_hat, axes, eps, **how).reshape(x.shape)
        return weight.reshape(-1, 1, 1) * x_hat + bias.reshape(-1, 1, 1)

    return norm


def plain(x, axes, eps, ddof=0, power=0.5, outside=False):
    centred = x - np.mean(x, axes, keepdims=True)
    variance = np.var(x, axes, keepdims=True, ddof=ddof)
    if outside:
        return centred / (variance**power + eps)
    return centred / (variance + eps) ** power


def dealt_out(x, groups, weight, bias, eps):
    y = np.empty_like(x)
    for g in range(groups):
        one = plain(x[:, g::groups], (1, 2, 3), eps)
        y[:, g::groups] = weight[g::groups, None, None] * one + bias[g::groups, None, None]
    return y


def one_weight_for_each_group(x, groups, weight, bias, eps):
    repeat = np.repeat(weight[:groups], x.shape[1] // groups)
    return group_norm(x, groups, repeat, np.repeat(bias[:groups], x.shape[1] // groups), eps)


def weight_along_the_width(x, groups, weight, bias, eps):
    x_hat = group_norm(x, groups, np.ones_like(weight), np.zeros_like(bias), eps)
    return weight * x_hat + bias


def only_the_first_image(x, groups, weight, bias, eps):
    return group_norm(x[:1], groups, weight, bias, eps)


def into_the_argument(x, groups, weight, bias, eps):
    x[:] = group_norm(x, groups, weight, bias, eps)
    return x


def rms_backward(dy, x, axes, eps):
    dx = np.empty_like(x)
    sets = np.moveaxis(x, axes, range(-len(axes), 0))
    for place in np.ndindex(sets.shape[: x.ndim - len(axes)]):
        one, got = sets[place].ravel(), np.moveaxis(dy, axes, range(-len(axes), 0))[place].ravel()
        rms = (np.sum(one**2) / one.size + eps) ** 0.5
        slopes = np.eye(one.size) / rms - np.outer(one, one) / (one.size * rms**3)
        np.moveaxis(dx, axes, range(-len(axes), 0))[place] = (slopes @ got).reshape(
            sets[place].shape
        )
    return dx


def root(x, axes, eps):
    return np.sqrt(np.mean(x**2, axes, keepdims=True) + eps)


def part(dy, x, axes, eps, of=np.mean):
    x_hat = x / root(x, axes, eps)
    return x_hat * of(dy * x_hat, axes, keepdims=True)


def standard_deviation(dy, x, axes, eps):
    std = np.sqrt(x.var(axes, keepdims=True) + eps)
    x_hat = x / std
    return (dy - x_hat * (dy * x_hat).mean(axes, keepdims=True)) / std


def batch_norms(dy, x, axes, eps):
    mean = x.mean(axes, keepdims=True)
    std = np.sqrt(x.var(axes, keepdims=True) + eps)
    x_hat = (x - mean) / std
    along = (dy * x_hat).mean(axes, keepdims=True)
    return (dy - dy.mean(axes, keepdims=True) - x_hat * along) / std


def running_update(running, x, momentum):
    flat = x.swapaxes(0, 1).reshape(x.shape[1], -1)
    mean = flat.sum(1) / flat.shape[1]
    variance = ((flat.T - mean) ** 2).sum(0) / (flat.shape[1] - 1)
    return running + momentum * (np.stack([mean, variance]) - running)


def mixing(statistics, swap=False):
    def update(running, x, momentum):
        share = 1 - momentum if swap else momentum
        return (1 - share) * running + share * np.stack(statistics(running, x))

    return update


def in_place(running, x, momentum):
    running[:] = running_update(running, x, momentum)
    return running


def about_the_running_mean(running, x):
    mean = x.mean((0, 2, 3))
    return mean, ((x - running[0][:, None, None]) ** 2).mean((0, 2, 3))


ALL = (0, 2, 3)
GROUP = {
    "stub": lambda x, groups, weight, bias, eps: None,
    "zeros": lambda x, groups, weight, bias, eps: 0 * x,
    "batch norm": reshaped("n", "c", "h", "w", axes=(0, 2, 3)),
    "layer norm": reshaped("n", "c", "h", "w", axes=(1, 2, 3)),
    "instance norm": reshaped("n", "c", "h", "w", axes=(2, 3)),
    "over the batch too": reshaped("n", "g", "s", "h", "w", axes=(0, 2, 3, 4)),
    "place by place": reshaped("n", "g", "s", "h", "w", axes=(2,)),
    "over the groups": reshaped("n", "g", "s", "h", "w", axes=(1, 3, 4)),
    "groups as sizes": reshaped("n", "s", "g", "h", "w", axes=(2, 3, 4)),
    "dealt out": dealt_out,
    "less one": reshaped("n", "g", "s", "h", "w", axes=(2, 3, 4), ddof=1),
    "eps outside": reshaped("n", "g", "s", "h", "w", axes=(2, 3, 4), outside=True),
    "variance": reshaped("n", "g", "s", "h", "w", axes=(2, 3, 4), power=1),
    "no division": reshaped("n", "g", "s", "h", "w", axes=(2, 3, 4), power=0),
    "no eps": lambda x, groups, weight, bias, eps: group_norm(x, groups, weight, bias, 0),
    "no affine": lambda x, groups, weight, bias, eps: group_norm(
        x, groups, 1 + 0 * bias, 0 * bias, eps
    ),
    "one weight for each group": one_weight_for_each_group,
    "weight along the width": weight_along_the_width,
    "the first image alone": only_the_first_image,
    "changes its argument": into_the_argument,
}
RMS = {
    "stub": lambda dy, x, axes, eps: None,
    "zeros": lambda dy, x, axes, eps: 0 * x,
    "constant": lambda dy, x, axes, eps: dy / root(x, axes, eps),
    "batch norm's": batch_norms,
    "mean too": lambda dy, x, axes, eps: (
        (dy - dy.mean(axes, keepdims=True) - part(dy, x, axes, eps)) / root(x, axes, eps)
    ),
    "sum": lambda dy, x, axes, eps: (dy - part(dy, x, axes, eps, np.sum)) / root(x, axes, eps),
    "no division": lambda dy, x, axes, eps: dy - part(dy, x, axes, eps),
    "plus": lambda dy, x, axes, eps: (dy + part(dy, x, axes, eps)) / root(x, axes, eps),
    "x for x_hat": lambda dy, x, axes, eps: (
        (dy - x * (dy * x).mean(axes, keepdims=True)) / root(x, axes, eps)
    ),
    "half of x_hat": lambda dy, x, axes, eps: (
        (dy - x * part(dy, x, axes, eps)) / root(x, axes, eps)
    ),
    "standard deviation": standard_deviation,
    "one axis": lambda dy, x, axes, eps: rms_backward(dy, x, axes[-1:], eps),
    "no axes": lambda dy, x, axes, eps: rms_backward(dy, x, tuple(range(x.ndim)), eps),
    "no eps": lambda dy, x, axes, eps: rms_backward(dy, x, axes, 1e-300),
    "forward": lambda dy, x, axes, eps: x / root(x, axes, eps),
    "dy": lambda dy, x, axes, eps: dy,
    "swapped": lambda dy, x, axes, eps: rms_backward(x, dy, axes, eps),
}
RUNNING = {
    "stub": lambda running, x, momentum: None,
    "zeros": lambda running, x, momentum: 0 * running,
    "the other way round": lambda running, x, momentum: running_update(running, x, 1 - momentum),
    "divides by the count": mixing(lambda running, x: (x.mean(ALL), x.var(ALL))),
    "both": mixing(lambda running, x: (x.mean(ALL), x.var(ALL)), swap=True),
    "standard deviation": mixing(lambda running, x: (x.mean(ALL), x.std(ALL, ddof=1))),
    "about the running mean": mixing(about_the_running_mean),
    "image by image": mixing(lambda running, x: (x.mean(ALL), x.var((2, 3), ddof=1).mean(0))),
    "spread of the means": mixing(lambda running, x: (x.mean(ALL), x.mean((2, 3)).var(0, ddof=1))),
    "batch alone": lambda running, x, momentum: running_update(running, x, 1),
    "running alone": lambda running, x, momentum: running,
    "full weight": lambda running, x, momentum: (
        running + momentum * np.stack([x.mean(ALL), x.var(ALL, ddof=1)])
    ),
    "rows swapped": lambda running, x, momentum: running_update(running, x, momentum)[::-1],
    "transposed": lambda running, x, momentum: running_update(running, x, momentum).T,
    "means alone": lambda running, x, momentum: running_update(running, x, momentum)[0],
    "in place": in_place,
}
FUNCTIONS = {
    "21-group-norm": (group_norm, GROUP),
    "21-rms-backward": (rms_backward, RMS),
    "21-running-update": (running_update, RUNNING),
}
