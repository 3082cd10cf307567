"""Plausible wrong answers to the code exercises of chapter 11, written as a reader would."""

import numpy as np


def shift_and_add(x, weight):
    h_out, w_out = x.shape[0] - weight.shape[0] + 1, x.shape[1] - weight.shape[1] + 1
    y = np.zeros((h_out, w_out))
    for a, b in np.ndindex(weight.shape):
        y += weight[a, b] * x[a : a + h_out, b : b + w_out]
    return y


def overwrites(x, weight):
    h_out, w_out = x.shape[0] - weight.shape[0] + 1, x.shape[1] - weight.shape[1] + 1
    y = np.zeros((h_out, w_out))
    for a, b in np.ndindex(weight.shape):
        y = weight[a, b] * x[a : a + h_out, b : b + w_out]
    return y


def too_small(x, weight):
    h_out, w_out = x.shape[0] - weight.shape[0], x.shape[1] - weight.shape[1]
    y = np.zeros((h_out, w_out))
    for a, b in np.ndindex(weight.shape):
        y += weight[a, b] * x[a : a + h_out, b : b + w_out]
    return y


def whole_numbers(x, weight):
    return shift_and_add(x, weight).astype(int)


def reads_from_the_end(x, weight):
    h_out, w_out = x.shape[0] - weight.shape[0] + 1, x.shape[1] - weight.shape[1] + 1
    y = np.zeros((h_out, w_out))
    for a, b in np.ndindex(weight.shape):
        i, j = weight.shape[0] - 1 - a, weight.shape[1] - 1 - b
        y += weight[a, b] * x[i : i + h_out, j : j + w_out]
    return y


def keeps_the_size(x, weight):
    (k_h, k_w), (h, w) = weight.shape, x.shape
    padded = np.zeros((h + k_h - 1, w + k_w - 1))
    padded[(k_h - 1) // 2 : (k_h - 1) // 2 + h, (k_w - 1) // 2 : (k_w - 1) // 2 + w] = x
    return shift_and_add(padded, weight)


def works_in_place(x, weight):
    y = shift_and_add(x, weight)
    x *= 0
    return y


def forgets_to_return(x, weight):
    shift_and_add(x, weight)


def zeros(x, weight):
    return np.zeros_like(shift_and_add(x, weight))


def weight_gradient(x, dy):
    _, c_in, h, w = x.shape
    _, c_out, h_out, w_out = dy.shape
    result = np.zeros((c_out, c_in, h - h_out + 1, w - w_out + 1))
    for o, c, a, b in np.ndindex(result.shape):
        result[o, c, a, b] = (x[:, c, a : a + h_out, b : b + w_out] * dy[:, o]).sum()
    return result


def last_picture(x, dy):
    for image, gradient in zip(x, dy, strict=True):
        result = weight_gradient(image[None], gradient[None])
    return result


def forgets_the_filters(x, dy):
    _, c_in, h, w = x.shape
    _, c_out, h_out, w_out = dy.shape
    result = np.zeros((c_out, c_in, h - h_out + 1, w - w_out + 1))
    for o, c, a, b in np.ndindex(result.shape):
        result[o, c, a, b] = (x[:, c, a : a + h_out, b : b + w_out] * dy.sum(1)).sum()
    return result


def computes_and_drops(x, dy):
    weight_gradient(x, dy)


CORRELATE = {
    "stub": lambda x, weight: None,
    "no return": forgets_to_return,
    "zeros": zeros,
    "flips the kernel": reads_from_the_end,
    "transposes the kernel": lambda x, weight: shift_and_add(x, weight.T),
    "swaps the axes of the result": lambda x, weight: shift_and_add(x, weight).T,
    "overwrites": overwrites,
    "one window too few": too_small,
    "integers": whole_numbers,
    "pads": keeps_the_size,
    "averages": lambda x, weight: shift_and_add(x, weight) / weight.size,
    "sum of the weights": lambda x, weight: zeros(x, weight) + weight.sum(),
    "changes its input": works_in_place,
    "wrong sign": lambda x, weight: -shift_and_add(x, weight),
}
FLIP = {
    "stub": lambda x, weight: None,
    "no return": forgets_to_return,
    "zeros": zeros,
    "does not flip": shift_and_add,
    "flips rows only": lambda x, weight: shift_and_add(x, weight[::-1]),
    "flips columns only": lambda x, weight: shift_and_add(x, weight[:, ::-1]),
    "transposes": lambda x, weight: shift_and_add(x, weight.T),
    "turns the result": lambda x, weight: np.rot90(shift_and_add(x, weight), 2),
    "full size": lambda x, weight: reads_from_the_end(
        np.pad(x, [(k - 1, k - 1) for k in weight.shape]), weight
    ),
    "swaps the axes of the result": lambda x, weight: reads_from_the_end(x, weight).T,
}
GRADIENT = {
    "stub": lambda x, dy: None,
    "no return": computes_and_drops,
    "zeros": lambda x, dy: 0 * weight_gradient(x, dy),
    "swaps channels and filters": lambda x, dy: weight_gradient(x, dy).transpose(1, 0, 2, 3),
    "swaps rows and columns": lambda x, dy: weight_gradient(x, dy).transpose(0, 1, 3, 2),
    "flips": lambda x, dy: weight_gradient(x, dy)[:, :, ::-1, ::-1],
    "mean over the batch": lambda x, dy: weight_gradient(x, dy) / len(x),
    "first picture": lambda x, dy: weight_gradient(x[:1], dy[:1]),
    "last picture": last_picture,
    "mean over the windows": lambda x, dy: weight_gradient(x, dy) / dy[0, 0].size,
    "forgets the filters": forgets_the_filters,
}
FUNCTIONS = {
    "11-shift-and-add": (shift_and_add, CORRELATE),
    "11-flip": (reads_from_the_end, FLIP),
    "11-dweight": (weight_gradient, GRADIENT),
}
