"""Plausible wrong answers to the code exercises of chapter 29, written as a reader would."""

import numpy as np
import torch
from torch.nn import functional


def strides(x, branch):
    (h, w), (h_out, w_out) = x.shape[2:], branch.shape[2:]
    return (h + h_out - 1) // h_out, (w + w_out - 1) // w_out


def add_shortcut(x, branch):
    y = np.array(branch)
    down, across = strides(x, branch)
    for c in range(x.shape[1]):
        y[:, c] += x[:, c, ::down][..., ::across]
    return y


def summed(shortcut):
    def add(x, branch):
        return branch + shortcut(x, branch.shape[1], *strides(x, branch))

    return add


def with_zeros(small, c, before=0):
    whole = np.zeros((len(small), c, *small.shape[2:]))
    whole[:, before : before + small.shape[1]] = small
    return whole


def every(x, down, across, start=0):
    return x[..., start * (down > 1) :: down, start * (across > 1) :: across]


def pooled(x, c, down, across, how=functional.avg_pool2d):
    return with_zeros(how(torch.tensor(x), (down, across), ceil_mode=True).numpy(), c)


def corner(x, branch):
    c, h, w = branch.shape[1:]
    return branch + with_zeros(x[:, :, :h, :w], c)


def into_the_argument(x, branch):
    branch[:, : x.shape[1]] += every(x, *strides(x, branch))
    return branch


def floored(x, branch):
    stride = x.shape[2] // branch.shape[2]
    return branch + with_zeros(x[:, :, ::stride, ::stride], branch.shape[1])


def one_stride(x, branch):
    down, _ = strides(x, branch)
    return branch + with_zeros(x[:, :, ::down, ::down], branch.shape[1])


def rows_alone(x, branch):
    down, _ = strides(x, branch)
    return branch + with_zeros(x[:, :, ::down, : branch.shape[3]], branch.shape[1])


def conv(x, weight, bias, stride=1, padding=0):
    tensors = (torch.tensor(np.asarray(a)) for a in (x, weight, bias))
    return functional.conv2d(*tensors, stride=stride, padding=padding).numpy()


def basic_block(x, weight_1, bias_1, weight_2, bias_2, weight_s, bias_s, stride):
    y = conv(x, weight_1, bias_1, stride, 1)
    y = conv(y * (y > 0), weight_2, bias_2, 1, 1)
    y += x if weight_s is None else conv(x, weight_s, bias_s, stride)
    return y * (y > 0)


def relu(x):
    return x.clip(0)


def as_is(x):
    return x


def steps(first=as_is, middle=relu, branch=as_is, shortcut=as_is, end=relu, strides=None, drop=()):
    """Write the block with other ReLUs, strides, or without some of the biases."""

    def forward(x, weight_1, bias_1, weight_2, bias_2, weight_s, bias_s, stride):
        bias_1, bias_2 = bias_1 * ("1" not in drop), bias_2 * ("2" not in drop)
        one, two = strides(stride) if strides else (stride, 1)
        y = conv(middle(conv(first(x), weight_1, bias_1, one, 1)), weight_2, bias_2, two, 1)
        if weight_s is not None:
            x = conv(x, weight_s, bias_s * ("s" not in drop), stride)
        return end(branch(y) + shortcut(x))

    return forward


def never_projected(x, weight_1, bias_1, weight_2, bias_2, weight_s, bias_s, stride):
    y = conv(relu(conv(x, weight_1, bias_1, stride, 1)), weight_2, bias_2, 1, 1)
    return relu(y + x)


def projected_without_stride(x, weight_1, bias_1, weight_2, bias_2, weight_s, bias_s, stride):
    y = conv(relu(conv(x, weight_1, bias_1, stride, 1)), weight_2, bias_2, 1, 1)
    return relu(y + (x if weight_s is None else conv(x, weight_s, bias_s)))


def padded_shortcut(x, weight_1, bias_1, weight_2, bias_2, weight_s, bias_s, stride):
    y = conv(relu(conv(x, weight_1, bias_1, stride, 1)), weight_2, bias_2, 1, 1)
    return relu(add_shortcut(x, y))


def without_padding(x, weight_1, bias_1, weight_2, bias_2, weight_s, bias_s, stride):
    y = conv(relu(conv(x, weight_1, bias_1, stride)), weight_2, bias_2)
    return relu(y + (x if weight_s is None else conv(x, weight_s, bias_s, stride)))


def around_one(x, weight_1, bias_1, weight_2, bias_2, weight_s, bias_s, stride):
    y = conv(x, weight_1, bias_1, stride, 1)
    y += x if weight_s is None else conv(x, weight_s, bias_s, stride)
    return relu(conv(relu(y), weight_2, bias_2, 1, 1))


def with_the_cache(x, weight_1, bias_1, weight_2, bias_2, weight_s, bias_s, stride):
    from cnnbook.reference import conv2d

    y = conv2d(x, weight_1, bias_1, stride, 1)
    return conv2d(np.maximum(y, 0), weight_2, bias_2, padding=1)


def blocks_and_parameters(depth, bottleneck):
    return table(depth, bottleneck)


def table(
    depth,
    bottleneck,
    norm=2,
    stem=3 * 16 * 9 + 32,
    divided=None,
    classes=lambda features: (features + 1) * 10,
    shortcut=None,
    shortcut_norm=1,
    narrow=4,
    stages=(16, 32, 64),
):
    n = (depth - 2) // (divided or (9 if bottleneck else 6))
    shortcut = shortcut or (lambda first, changes: changes and bottleneck)
    total, arriving = stem, 16
    for width in stages:
        leaving = width * narrow if bottleneck else width
        for place in range(n):
            shapes = [(width, arriving, 9), (leaving, width, 9)]
            if bottleneck:
                shapes = [(width, arriving, 1), (width, width, 9), (leaving, width, 1)]
            for out, read, size in shapes:
                total += out * read * size + norm * out
            if shortcut(place == 0, arriving != leaving):
                total += arriving * leaving + shortcut_norm * norm * leaving
            arriving = leaving
    return [n, total + classes(arriving)]


def slip(**how):
    return lambda depth, bottleneck: table(depth, bottleneck, **how)


SHORTCUT = {
    "stub": lambda x, branch: None,
    "zeros": lambda x, branch: 0 * branch,
    "as it was": lambda x, branch: branch + x,
    "cropped": corner,
    "averaged": summed(pooled),
    "largest": summed(lambda *v: pooled(*v, how=functional.max_pool2d)),
    "second cells": summed(lambda x, c, *by: with_zeros(every(x, *by, start=1), c)),
    "zeros in front": summed(lambda x, c, *by: with_zeros(every(x, *by), c, c - x.shape[1])),
    "zeros on both sides": summed(
        lambda x, c, *by: with_zeros(every(x, *by), c, (c - x.shape[1]) // 2)
    ),
    "tiled": summed(lambda x, c, *by: np.tile(every(x, *by), (1, 3, 1, 1))[:, :c]),
    "every channel twice": summed(
        lambda x, c, *by: every(x, *by)[:, np.arange(c) * x.shape[1] // c]
    ),
    "branch cut": lambda x, branch: branch[:, : x.shape[1]] + every(x, *strides(x, branch)),
    "branch alone": lambda x, branch: branch,
    "shortcut alone": lambda x, branch: with_zeros(every(x, *strides(x, branch)), branch.shape[1]),
    "stride rounded down": floored,
    "one stride for both": one_stride,
    "rows alone": rows_alone,
    "flat": lambda x, branch: branch + np.resize(x, branch.shape),
    "subtracted": lambda x, branch: 2 * branch - add_shortcut(x, branch),
    "a ReLU": lambda x, branch: relu(add_shortcut(x, branch)),
    "half": lambda x, branch: add_shortcut(x, branch) / 2,
    "in place": into_the_argument,
}
BLOCK = {
    "stub": lambda x, weight_1, bias_1, weight_2, bias_2, weight_s, bias_s, stride: None,
    "plain": steps(shortcut=lambda x: 0),
    "shortcut alone": steps(branch=lambda y: 0),
    "no ReLU inside": steps(middle=as_is),
    "no ReLU at the end": steps(end=as_is),
    "ReLU on the branch too": steps(branch=relu),
    "ReLU on the branch instead": steps(branch=relu, end=as_is),
    "ReLU on the shortcut": steps(shortcut=relu),
    "ReLU first": steps(first=relu),
    "pre-activation": steps(first=relu, end=as_is),
    "second strides": steps(strides=lambda stride: (1, stride)),
    "both stride": steps(strides=lambda stride: (stride, stride)),
    "no bias_1": steps(drop="1"),
    "no bias_2": steps(drop="2"),
    "no bias_s": steps(drop="s"),
    "never projected": never_projected,
    "projected without stride": projected_without_stride,
    "padded": padded_shortcut,
    "no padding": without_padding,
    "around one": around_one,
    "with the cache": with_the_cache,
    "half": lambda *v: basic_block(*v) / 2,
}
DEPTHS = {
    "stub": lambda depth, bottleneck: None,
    "published numbers": lambda depth, bottleneck: [3, 269722],
    "n alone": lambda depth, bottleneck: table(depth, bottleneck)[0],
    "swapped": lambda depth, bottleneck: table(depth, bottleneck)[::-1],
    "all blocks": lambda depth, bottleneck: table(
        depth, bottleneck, divided=3 if bottleneck else 2
    ),
    "two in a bottleneck": slip(divided=6),
    "three in a basic block": slip(divided=9),
    "depth / 3": slip(divided=3),
    "no norms": slip(norm=0, stem=432),
    "one for a norm": slip(norm=1, stem=432 + 16),
    "running statistics": slip(norm=4, stem=432 + 64),
    "biases": slip(norm=3, stem=432 + 48),
    "no stem": slip(stem=0),
    "no norm in the stem": slip(stem=432),
    "grey images": slip(stem=144 + 32),
    "a large stem": slip(stem=3 * 16 * 49 + 32),
    "no dense biases": slip(classes=lambda features: 10 * features),
    "no dense layer": slip(classes=lambda features: 0),
    "64 features": slip(classes=lambda features: 650),
    "1,000 classes": slip(classes=lambda features: (features + 1) * 1000),
    "option B": slip(shortcut=lambda first, changes: changes),
    "no projections": slip(shortcut=lambda first, changes: False),
    "each stage projects": slip(shortcut=lambda first, changes: first),
    "no norm behind a projection": slip(shortcut_norm=0),
    "bottlenecks twice as wide": slip(narrow=2),
    "a fourth stage": slip(stages=(16, 32, 64, 128)),
}
FUNCTIONS = {
    "29-repair": (add_shortcut, SHORTCUT),
    "29-block": (basic_block, BLOCK),
    "29-depths": (blocks_and_parameters, DEPTHS),
}
