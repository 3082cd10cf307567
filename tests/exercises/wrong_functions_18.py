"""Plausible wrong answers to the code exercises of chapter 18, written as a reader would."""

import numpy as np


def each_window(dy, k, stride):
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            top, left = i * stride, j * stride
            yield dy[i, j], slice(top, top + k), slice(left, left + k)


def average(x, dy, k, stride):
    dx = np.zeros_like(x)
    for g, rows, columns in each_window(dy, k, stride):
        dx[rows, columns] += g / (k * k)
    return dx


def average_written(x, dy, k, stride):
    dx = np.zeros_like(x)
    for g, rows, columns in each_window(dy, k, stride):
        dx[rows, columns] = g / (k * k)
    return dx


def average_of_shares(x, dy, k, stride):
    reads = np.zeros_like(x)
    for _, rows, columns in each_window(dy, k, stride):
        reads[rows, columns] += 1
    return np.divide(average(x, dy, k, stride), reads, out=np.zeros_like(x), where=reads > 0)


def average_repeated(x, dy, k, stride):
    return np.repeat(np.repeat(dy, k, 0), k, 1) / k**2


def average_by_stride(x, dy, k, stride):
    return average(x, dy, k, stride) * k**2 / stride**2


def average_into_the_argument(x, dy, k, stride):
    dx = average(x, dy, k, stride)
    x[:] = dx
    return x


def maximum(x, dy, k, stride):
    dx = np.zeros_like(x)
    for g, rows, columns in each_window(dy, k, stride):
        best, place = -np.inf, None
        for i in range(rows.start, rows.stop):
            for j in range(columns.start, columns.stop):
                if x[i, j] > best:
                    best, place = x[i, j], (i, j)
        dx[place] += g
    return dx


def places(x, k, stride, shape, pick=np.argmax):
    rows, columns = np.zeros(shape, int), np.zeros(shape, int)
    for i, j in np.ndindex(*shape):
        window = x[i * stride : i * stride + k, j * stride : j * stride + k]
        a, b = divmod(int(pick(window)), window.shape[1])
        rows[i, j], columns[i, j] = i * stride + a, j * stride + b
    return rows, columns


def plain_fancy_index(x, dy, k, stride):
    dx = np.zeros_like(x)
    dx[places(x, k, stride, dy.shape)] += dy
    return dx


def smallest(x, dy, k, stride):
    dx = np.zeros_like(x)
    np.add.at(dx, places(x, k, stride, dy.shape, np.argmin), dy)
    return dx


def masked(x, dy, k, stride):
    dx = np.zeros_like(x)
    for g, rows, columns in each_window(dy, k, stride):
        window = x[rows, columns]
        dx[rows, columns] += g * (window == window.max())
    return dx


def fair(x, dy, k, stride):
    dx = np.zeros_like(x)
    for g, rows, columns in each_window(dy, k, stride):
        mask = x[rows, columns] == x[rows, columns].max()
        dx[rows, columns] += g * mask / mask.sum()
    return dx


def latest(x, dy, k, stride):
    dx = np.zeros_like(x)
    for g, rows, columns in each_window(dy, k, stride):
        best, place = -np.inf, None
        for i in range(rows.start, rows.stop):
            for j in range(columns.start, columns.stop):
                if x[i, j] >= best:
                    best, place = x[i, j], (i, j)
        dx[place] += g
    return dx


def from_zero(x, dy, k, stride):
    dx = np.zeros_like(x)
    for g, rows, columns in each_window(dy, k, stride):
        best, place = 0, None
        for i in range(rows.start, rows.stop):
            for j in range(columns.start, columns.stop):
                if x[i, j] > best:
                    best, place = x[i, j], (i, j)
        if place:
            dx[place] += g
    return dx


def corner(x, dy, k, stride):
    dx = np.zeros_like(x)
    dx[: dy.shape[0] * stride : stride, : dy.shape[1] * stride : stride] = dy
    return dx


def no_offset(x, dy, k, stride):
    dx = np.zeros_like(x)
    for g, rows, columns in each_window(dy, k, stride):
        dx[np.unravel_index(x[rows, columns].argmax(), (k, k))] += g
    return dx


def width_of_the_map(x, dy, k, stride):
    dx = np.zeros_like(x)
    for g, rows, columns in each_window(dy, k, stride):
        a, b = divmod(int(x[rows, columns].argmax()), x.shape[1])
        dx[rows.start + a, min(columns.start + b, x.shape[1] - 1)] += g
    return dx


def global_maximum(x, dy, k, stride):
    dx = np.zeros_like(x)
    dx[np.unravel_index(x.argmax(), x.shape)] = dy.sum()
    return dx


def swapped_strides(x, dy, k, stride):
    return maximum(x.T, dy.T, k, stride)


def in_whole_numbers(x, dy, k, stride):
    return maximum(x, dy, k, stride).astype(int)


def eats_the_maxima(x, dy, k, stride):
    dx = maximum(x, dy, k, stride)
    x[x == x.max()] = -np.inf
    return dx


def adaptive(x, h_out, w_out):
    h, w = x.shape
    y = np.empty((h_out, w_out))
    for i in range(h_out):
        for j in range(w_out):
            top, bottom = int(np.floor(i * h / h_out)), int(np.ceil((i + 1) * h / h_out))
            left, right = int(np.floor(j * w / w_out)), int(np.ceil((j + 1) * w / w_out))
            y[i, j] = np.mean(x[top:bottom, left:right])
    return y


def over_windows(x, h_out, w_out, ends, of=np.mean):
    rows = [ends(i, x.shape[0], h_out) for i in range(h_out)]
    columns = [ends(j, x.shape[1], w_out) for j in range(w_out)]
    return np.array([[of(x[a:b, c:d]) for c, d in columns] for a, b in rows])


def right_ends(i, size, outputs):
    return i * size // outputs, (i * size + size + outputs - 1) // outputs


def one_size(x, h_out, w_out):
    def ends(i, size, outputs):
        stride = size // outputs
        return i * stride, i * stride + size - stride * (outputs - 1)

    return over_windows(x, h_out, w_out, ends)


def evenly_split(x, h_out, w_out):
    rows = [part.mean(0) for part in np.array_split(x, h_out, axis=0)]
    return np.array([part.mean(1) for part in np.array_split(np.array(rows), w_out, axis=1)]).T


def rows_then_forgets(x, h_out, w_out):
    parts = (right_ends(i, len(x), h_out) for i in range(h_out))
    return np.array([x[a:b].mean(0) for a, b in parts])


AVERAGE = {
    "stub": lambda x, dy, k, stride: None,
    "zeros": lambda x, dy, k, stride: 0 * x,
    "whole gradient to each": lambda x, dy, k, stride: average(x, dy, k, stride) * k * k,
    "one over k": lambda x, dy, k, stride: average(x, dy, k, stride) * k,
    "writes": average_written,
    "averages the shares": average_of_shares,
    "repeats dy": average_repeated,
    "divides by the stride": average_by_stride,
    "no stride": lambda x, dy, k, stride: average(x, dy, k, 1),
    "stride k": lambda x, dy, k, stride: average(np.pad(x, (0, 2 * k)), dy, k, k)[
        : len(x), : x.shape[1]
    ],
    "times x": lambda x, dy, k, stride: x * average(x, dy, k, stride),
    "max pooling's": maximum,
    "first of window": corner,
    "share for the first of window": lambda x, dy, k, stride: corner(x, dy, k, stride) / k**2,
    "swapped": lambda x, dy, k, stride: average(x.T, dy.T, k, stride),
    "gives dy back": lambda x, dy, k, stride: dy,
    "changes its argument": average_into_the_argument,
    "minus": lambda x, dy, k, stride: -average(x, dy, k, stride),
}
MAXIMUM = {
    "stub": lambda x, dy, k, stride: None,
    "zeros": lambda x, dy, k, stride: 0 * x,
    "plain fancy index": plain_fancy_index,
    "mask": masked,
    "shares ties": fair,
    "last of ties": latest,
    "average pooling's": average,
    "first of window": corner,
    "no stride": lambda x, dy, k, stride: maximum(x, dy, k, 1),
    "stride k": lambda x, dy, k, stride: maximum(
        np.pad(x, (0, 2 * k), constant_values=-np.inf), dy, k, k
    )[: len(x), : x.shape[1]],
    "smallest": smallest,
    "place in the window": no_offset,
    "width of the map": width_of_the_map,
    "times x": lambda x, dy, k, stride: x * maximum(x, dy, k, stride),
    "counts": lambda x, dy, k, stride: maximum(x, dy * 0 + 1, k, stride),
    "starts from 0": from_zero,
    "maximum of the whole map": global_maximum,
    "swapped": swapped_strides,
    "whole numbers": in_whole_numbers,
    "changes its argument": eats_the_maxima,
}
ADAPTIVE = {
    "stub": lambda x, h_out, w_out: None,
    "zeros": lambda x, h_out, w_out: np.zeros((h_out, w_out)),
    "both down": lambda x, h_out, w_out: over_windows(
        x, h_out, w_out, lambda i, n, m: (i * n // m, (i + 1) * n // m)
    ),
    "both up": lambda x, h_out, w_out: over_windows(
        x, h_out, w_out, lambda i, n, m: (-(-i * n // m), -(-(i + 1) * n // m))
    ),
    "rounds first": lambda x, h_out, w_out: over_windows(
        x, h_out, w_out, lambda i, n, m: (i * (n // m), (i + 1) * (n // m))
    ),
    "one size": one_size,
    "array_split": evenly_split,
    "a cell too many": lambda x, h_out, w_out: over_windows(
        x, h_out, w_out, lambda i, n, m: (i * n // m, -(-(i + 1) * n // m) + 1)
    ),
    "max": lambda x, h_out, w_out: over_windows(x, h_out, w_out, right_ends, np.max),
    "sum": lambda x, h_out, w_out: over_windows(x, h_out, w_out, right_ends, np.sum),
    "first of window": lambda x, h_out, w_out: over_windows(
        x, h_out, w_out, right_ends, lambda window: window[0, 0]
    ),
    "sizes swapped": lambda x, h_out, w_out: adaptive(x, w_out, h_out),
    "rows alone": rows_then_forgets,
    "global": lambda x, h_out, w_out: np.full((h_out, w_out), x.mean()),
    "swapped": lambda x, h_out, w_out: adaptive(x, h_out, w_out).T,
}
FUNCTIONS = {
    "18-average-backward": (average, AVERAGE),
    "18-max-backward": (maximum, MAXIMUM),
    "18-adaptive": (adaptive, ADAPTIVE),
}
