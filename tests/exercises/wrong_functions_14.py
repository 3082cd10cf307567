"""Plausible wrong answers to the code exercises of chapter 14, written as a reader would."""

import numpy as np

from cnnbook.reference import conv2d


def correlate(image, kernel):
    """Slide one kernel over one map, with loops."""
    k_h, k_w = kernel.shape
    y = np.zeros((image.shape[0] - k_h + 1, image.shape[1] - k_w + 1))
    for i, j in np.ndindex(*y.shape):
        y[i, j] = (image[i : i + k_h, j : j + k_w] * kernel).sum()
    return y


def grouped(x, weight, groups):
    size, filters = x.shape[1] // groups, len(weight) // groups
    parts = []
    for g in range(groups):
        own = x[:, g * size : (g + 1) * size]
        parts.append(conv2d(own, weight[g * filters : (g + 1) * filters])[0])
    return np.concatenate(parts, axis=1)


def join(x, weight, groups, axis):
    pairs = zip(np.split(x, groups, 1), np.split(weight, groups), strict=True)
    return np.concatenate([conv2d(*pair)[0] for pair in pairs], axis)


def interleaved(x, weight, groups):
    pairs = zip(np.split(x, groups, 1), np.split(weight, groups), strict=True)
    y = np.stack([conv2d(*pair)[0] for pair in pairs], axis=2)
    return y.reshape(y.shape[0], -1, *y.shape[3:])


def strided(x, weight, groups, filters_too=False):
    parts = []
    for g in range(groups):
        filters = weight[g::groups] if filters_too else np.split(weight, groups)[g]
        parts.append(conv2d(x[:, g::groups], filters)[0])
    return np.concatenate(parts, axis=1)


def added(x, weight, groups):
    pairs = zip(np.split(x, groups, 1), np.split(weight, groups), strict=True)
    return sum(conv2d(*pair)[0] for pair in pairs)


def stacked(x, weight, groups):
    pairs = zip(np.split(x, groups, 1), np.split(weight, groups), strict=True)
    return np.stack([conv2d(*pair)[0] for pair in pairs])


def first_part(x, weight, groups):
    part = np.split(x, groups, 1)[0]
    return conv2d(part, weight)[0]


def first_filters(x, weight, groups):
    filters = np.split(weight, groups)[0]
    return np.concatenate([conv2d(part, filters)[0] for part in np.split(x, groups, 1)], axis=1)


def cuts_axis_1(x, weight, groups):
    pairs = zip(np.split(x, groups, 1), np.split(weight, groups, 1), strict=True)
    return np.concatenate([conv2d(*pair)[0] for pair in pairs], axis=1)


def shuffle(x, groups):
    size = x.shape[1] // groups
    order = [g * size + i for i in range(size) for g in range(groups)]
    return x[:, order]


def shuffle_in_place(x, groups):
    x[:] = shuffle(x, groups)
    return x


def pixels_too(x, groups):
    n, c, h, w = x.shape
    return x.reshape(n, groups, c // groups, h, w).swapaxes(2, 3).reshape(x.shape)


def no_batch(x, groups):
    c, h, w = x.shape[1:]
    return x[0].reshape(groups, c // groups, h, w).swapaxes(0, 1).reshape(c, h, w)


def images_too(x, groups):
    n, c, h, w = x.shape
    return x.reshape(n * groups, c // groups, h, w).swapaxes(0, 1).reshape(x.shape)


def by_random(x, groups):
    return x[:, np.random.default_rng(0).permutation(x.shape[1])]


def depthwise(x, weight, channel=lambda j, c, m: j // m):
    n, c = x.shape[:2]
    m = len(weight) // c
    maps = [
        [correlate(x[i, channel(j, c, m)], weight[j, 0]) for j in range(c * m)] for i in range(n)
    ]
    return np.array(maps)


def one_per_channel(x, weight):
    """Forget the multiplier: as many outputs as inputs."""
    n, c = x.shape[:2]
    return np.array([[correlate(x[i, j], weight[j, 0]) for j in range(c)] for i in range(n)])


def all_channels(x, weight):
    n, c = x.shape[:2]
    maps = [
        [sum(correlate(x[i, a], kernel) for a in range(c)) for kernel in weight[:, 0]]
        for i in range(n)
    ]
    return np.array(maps)


def keeps_the_size(x, weight):
    k_h, k_w = weight.shape[2:]
    return depthwise(
        np.pad(x, ((0, 0), (0, 0), (k_h // 2, k_h // 2), (k_w // 2, k_w // 2))), weight
    )


def nearest(weight, rank):
    y = np.zeros_like(weight)
    for o, c in np.ndindex(*weight.shape[:2]):
        left, sizes, right = np.linalg.svd(weight[o, c])
        for i in range(rank):
            y[o, c] += sizes[i] * np.outer(left[:, i], right[i])
    return y


def of_terms(weight, rank, term):
    y = np.zeros_like(weight)
    for o, c in np.ndindex(*weight.shape[:2]):
        parts = np.linalg.svd(weight[o, c])
        for i in range(rank):
            y[o, c] += term(i, *parts)
    return y


def columns_of_right(i, left, sizes, right):
    return sizes[i] * np.outer(left[:, i], right[:, i])


def rows_of_left(i, left, sizes, right):
    return sizes[i] * np.outer(left[i], right[i])


def rows_cut(weight, rank):
    y = weight.copy()
    y[:, :, rank:] = 0
    return y


def layer_as_a_matrix(weight, rank):
    left, sizes, right = np.linalg.svd(weight.reshape(len(weight), -1), full_matrices=False)
    return ((left * sizes)[:, :rank] @ right[:rank]).reshape(weight.shape)


def eigen(weight, rank):
    """Take eigenvectors of the square W Wᵀ: project, but onto the smallest."""
    y = np.zeros_like(weight)
    for o, c in np.ndindex(*weight.shape[:2]):
        vectors = np.linalg.eigh(weight[o, c] @ weight[o, c].T)[1][:, :rank]
        y[o, c] = vectors @ vectors.T @ weight[o, c]
    return y


def sums(weight, rank):
    rows, columns = weight.sum(3, keepdims=True), weight.sum(2, keepdims=True)
    total = weight.sum((2, 3), keepdims=True)
    return np.divide(rows * columns, total, out=np.zeros_like(weight), where=total != 0)


GROUPED = {
    "stub": lambda x, weight, groups: None,
    "zeros": lambda x, weight, groups: 0 * grouped(x, weight, groups),
    "the pair": lambda x, weight, groups: conv2d(x, weight, groups=groups),
    "inputs dealt": strided,
    "inputs and filters dealt": lambda x, weight, groups: strided(x, weight, groups, True),
    "interleaved": interleaved,
    "added": added,
    "stacked": stacked,
    "first part": first_part,
    "first filters": first_filters,
    "images' axis": lambda x, weight, groups: join(x, weight, groups, 0),
    "rows' axis": lambda x, weight, groups: join(x, weight, groups, 2),
    "cuts axis 1": cuts_axis_1,
    "dense": lambda x, weight, groups: conv2d(x, np.tile(weight, (1, groups, 1, 1)))[0],
    "plain": lambda x, weight, groups: conv2d(x, weight)[0],
    "flipped": lambda x, weight, groups: grouped(x, weight[:, :, ::-1, ::-1], groups),
    "backwards": lambda x, weight, groups: np.concatenate(
        np.split(grouped(x, weight, groups), groups, 1)[::-1], 1
    ),
}
SHUFFLE = {
    "stub": lambda x, groups: None,
    "zeros": lambda x, groups: np.zeros_like(x),
    "the other way": lambda x, groups: shuffle(x, x.shape[1] // groups),
    "nothing": lambda x, groups: x.reshape(len(x), groups, -1, *x.shape[2:]).reshape(x.shape),
    "no way back": lambda x, groups: x.reshape(len(x), groups, -1, *x.shape[2:]).swapaxes(1, 2),
    "groups reversed": lambda x, groups: np.concatenate(np.split(x, groups, 1)[::-1], 1),
    "channels reversed": lambda x, groups: np.flip(x, 1),
    "rolled": lambda x, groups: np.roll(x, -(x.shape[1] // groups), 1),
    "rolled by one": lambda x, groups: np.roll(x, 1, 1),
    "pixels too": pixels_too,
    "first image alone": no_batch,
    "images too": images_too,
    "random": by_random,
    "changes its argument": shuffle_in_place,
}
DEPTHWISE = {
    "stub": lambda x, weight: None,
    "zeros": lambda x, weight: 0 * depthwise(x, weight),
    "tile": lambda x, weight: depthwise(x, weight, lambda j, c, m: j % c),
    "first channel": lambda x, weight: depthwise(x, weight, lambda j, c, m: 0),
    "flipped": lambda x, weight: depthwise(x, weight[..., ::-1, ::-1]),
    "first kernel": lambda x, weight: depthwise(x, 0 * weight + weight[0]),
    "no multiplier": one_per_channel,
    "standard": all_channels,
    "one map": lambda x, weight: depthwise(x, weight).sum(1, keepdims=True),
    "mean": lambda x, weight: depthwise(x, weight) / np.prod(weight.shape[2:]),
    "padded": keeps_the_size,
    "kernels on their side": lambda x, weight: depthwise(x, weight.swapaxes(2, 3)),
    "an axis too many": lambda x, weight: depthwise(x, weight)[:, :, None],
    "in whole numbers": lambda x, weight: depthwise(x, weight).astype(int),
}
NEAREST = {
    "stub": lambda weight, rank: None,
    "zeros": lambda weight, rank: 0 * weight,
    "no sizes": lambda w, rank: of_terms(w, rank, lambda i, u, s, v: np.outer(u[:, i], v[i])),
    "columns of right": lambda w, rank: of_terms(
        w, rank, lambda i, u, s, v: s[i] * np.outer(u[:, i], v[: w.shape[3], i])
    ),
    "rows of left": lambda w, rank: of_terms(w, rank, rows_of_left),
    "last of the terms": lambda w, rank: nearest(w, rank) - nearest(w, rank - 1),
    "smallest": eigen,
    "too many": lambda weight, rank: nearest(weight, min(rank + 1, *weight.shape[2:])),
    "nothing left out": lambda weight, rank: weight,
    "the rest": lambda weight, rank: weight - nearest(weight, rank),
    "one matrix": layer_as_a_matrix,
    "sums": sums,
    "rows cut off": rows_cut,
    "always rank 1": lambda weight, rank: nearest(weight, 1),
    "changes its argument": lambda weight, rank: np.copyto(weight, nearest(weight, rank)) or weight,
}
FUNCTIONS = {
    "14-grouped": (grouped, GROUPED),
    "14-shuffle": (shuffle, SHUFFLE),
    "14-depthwise": (depthwise, DEPTHWISE),
    "14-nearest": (nearest, NEAREST),
}
