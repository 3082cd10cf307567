"""Functions to write in chapter 11."""

import numpy as np

from cnnbook.exercises.definitions import Code
from cnnbook.reference import conv2d, conv2d_backward, flip


def counted(*shape: int, start: int = 1) -> list:
    """Return nested lists of quarters without a pattern: plain data, the same on every machine."""
    size = int(np.prod(shape))
    return ((np.arange(start, start + size) * 7919 % 97 % 37 - 15) / 4).reshape(shape).tolist()


def correlate(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Slide one kernel over one map."""
    return conv2d(x[None, None], weight[None, None])[0][0, 0]


def one_product(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Make the slip of overwriting: only the last kernel cell's product is left."""
    h_out, w_out = x.shape[0] - weight.shape[0] + 1, x.shape[1] - weight.shape[1] + 1
    return x[-h_out:, -w_out:] * weight[-1, -1]


def same_size(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Make the slip of padding with zeros until the output is as large as the map."""
    around = [((k - 1) // 2, k // 2) for k in weight.shape]
    return correlate(np.pad(x, around), weight)


def gradient_weight(x: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """Return the gradient for the weights of a plain convolution."""
    k_h, k_w = x.shape[2] - dy.shape[2] + 1, x.shape[3] - dy.shape[3] + 1
    _, cache = conv2d(x, np.zeros((dy.shape[1], x.shape[1], k_h, k_w)))
    return conv2d_backward(dy, cache)[1]


MAPS = {  # the mistake that the case catches: the arguments
    "rows are not columns": {"x": counted(5, 7), "weight": counted(3, 2, start=40)},
    "a kernel with a direction": {
        "x": [[0, 0, 1, 1], [0, 2, 1, 0], [1, 0, 0, 3]],
        "weight": [[1, 0], [0, -2]],
    },
    "a kernel of one row": {"x": counted(4, 6, start=9), "weight": [[0.5, -1.0, 2.0]]},
    "a kernel as large as the map": {"x": counted(3, 4), "weight": counted(3, 4, start=20)},
    "a map with fractions": {"x": [[0.5, 1.25, 0.75], [2.5, 0.25, 1.5]], "weight": [[0.5], [0.25]]},
}

BATCHES = {
    "several pictures, channels and filters": {
        "x": counted(2, 3, 9, 7),
        "dy": counted(2, 4, 5, 6, start=300),
    },
    "a single picture": {"x": counted(1, 2, 4, 7, start=5), "dy": counted(1, 3, 2, 4, start=50)},
    "a kernel of one cell": {"x": counted(3, 2, 3, 4), "dy": counted(3, 1, 3, 4, start=80)},
    "a kernel as large as the map": {"x": counted(2, 1, 3, 2), "dy": counted(2, 5, 1, 1, start=7)},
}

FUNCTIONS = [
    Code(
        id="11-shift-and-add",
        title="Convolution with one loop over the kernel",
        text="Write the cross-correlation of one map with one kernel, without padding, so that "
        "the only loop runs over the cells of the kernel. Each cell adds a shifted copy of the "
        "whole map.",
        name="shift_and_add",
        stub="def shift_and_add(x, weight):\n    ...  # x (H, W), weight (k_h, k_w) -> y (H_out, "
        "W_out)",
        cases=MAPS,
        answer=correlate,
        misconceptions={
            "the kernel is flipped. `weight[a, b]` belongs to the copy that starts at `x[a, b]`.": (
                lambda x, weight: correlate(x, flip(weight))
            ),
            "the kernel is transposed: `a` counts its rows and moves along the rows of `x`.": (
                lambda x, weight: correlate(x, weight.T)
            ),
            "each shifted copy replaces the sum so far; use `+=`.": one_product,
            "the map is padded with zeros to keep its size; here no window hangs over.": same_size,
            "the last window is missing: H − k_h + 1 windows lie along a side of H cells.": (
                lambda x, weight: correlate(x, weight)[:-1, :-1]
            ),
            "the sum is divided by the kernel's size; that is an average.": (
                lambda x, weight: correlate(x, weight) / weight.size
            ),
            "the weights were added up without the map: the shifted copies are missing.": (
                lambda x, weight: np.full_like(correlate(x, weight), weight.sum())
            ),
        },
        hints=[
            "How large is `y`? Start from zeros of that shape, and let it hold fractions.",
            "The cell `weight[a, b]` meets `x[a, b]` in the first window, `x[a, b + 1]` in the "
            "next: over all windows, a slice of `x` with the shape of `y`.",
            "`y += weight[a, b] * x[a : a + h_out, b : b + w_out]`, for every a and b.",
        ],
        solution="The folded cell below holds a solution.",
        why="The usual slip is to loop over the windows, as the definition reads. The sum does "
        "not care in which order it is taken: k·k large additions instead of H·W small ones.",
    ),
    Code(
        id="11-flip",
        title="The true convolution",
        text="Write the convolution as mathematicians define it, for one map and one kernel, "
        "only where the kernel lies wholly inside: `y[i, j]` is the sum over a and b of "
        "`weight[a, b] * x[i + k_h - 1 - a, j + k_w - 1 - b]`. You may use any function of the "
        "chapter.",
        name="true_convolution",
        stub="def true_convolution(x, weight):\n    ...  # x (H, W), weight (k_h, k_w) -> y "
        "(H_out, W_out)",
        cases=MAPS,
        answer=lambda x, weight: correlate(x, flip(weight)),
        misconceptions={
            "this is the cross-correlation: the kernel has not been flipped.": correlate,
            "only the kernel's rows are flipped; it turns about both axes.": (
                lambda x, weight: correlate(x, weight[::-1])
            ),
            "only the kernel's columns are flipped; it turns about both axes.": (
                lambda x, weight: correlate(x, weight[:, ::-1])
            ),
            "the kernel is transposed. Half a turn is `weight[::-1, ::-1]`, not `weight.T`.": (
                lambda x, weight: correlate(x, weight.T)
            ),
            "the result is turned instead of the kernel.": (
                lambda x, weight: correlate(x, weight)[::-1, ::-1]
            ),
            "this is the full convolution: it also holds windows that hang over the map's edge.": (
                lambda x, weight: correlate(
                    np.pad(x, [(k - 1, k - 1) for k in weight.shape]), flip(weight)
                )
            ),
        },
        hints=[
            "Substitute a' = k_h − 1 − a in the sum. What happens to the indices of `x`, and to "
            "those of `weight`?",
            "`weight[::-1, ::-1]` is the kernel after half a turn. Then slide it as ever.",
        ],
        solution="The folded cell below holds a solution.",
        why="Turning only one axis mirrors the kernel; turning the result mirrors the picture. "
        "Only half a turn of the kernel gives the sum whose indices run against each other.",
    ),
    Code(
        id="11-dweight",
        title="The gradient for the weights",
        text="A layer cross-correlated `x` with its filters, without padding and without bias. "
        "Given `dy`, the gradient for its output, write the gradient for its filters. The "
        "kernel's size follows from the two shapes.",
        name="weight_gradient",
        stub="def weight_gradient(x, dy):\n    ...  # x (N, C_in, H, W), dy (N, C_out, H_out, "
        "W_out)\n    # -> (C_out, C_in, k_h, k_w)",
        cases=BATCHES,
        answer=gradient_weight,
        misconceptions={
            "the first two axes are swapped: filters come first, then their channels.": (
                lambda x, dy: gradient_weight(x, dy).swapaxes(0, 1)
            ),
            "the kernel is flipped. The flip belongs to the gradient for the input, not for the "
            "weights.": (lambda x, dy: flip(gradient_weight(x, dy))),
            "it is averaged over the pictures. A weight was used for all of them, so its shares "
            "add up.": (lambda x, dy: gradient_weight(x, dy) / len(x)),
            "only the first picture counts; sum over the batch as well.": (
                lambda x, dy: gradient_weight(x[:1], dy[:1])
            ),
            "only the last picture counts: `=` where `+=` belongs.": (
                lambda x, dy: gradient_weight(x[-1:], dy[-1:])
            ),
            "all filters have one gradient: the output channels of `dy` are summed up.": (
                lambda x, dy: np.repeat(
                    gradient_weight(x, dy.sum(1, keepdims=True)), dy.shape[1], axis=0
                )
            ),
            "it is divided by the number of windows; each window's share counts in full.": (
                lambda x, dy: gradient_weight(x, dy) / dy[0, 0].size
            ),
        },
        hints=[
            "Which cells of `x` did `weight[o, c, a, b]` ever meet? One in each window.",
            "Over all windows these are a slice of `x[:, c]` with the shape of `dy[:, o]`.",
            "`dweight[o, c, a, b] = (x[:, c, a : a + h_out, b : b + w_out] * dy[:, o]).sum()`: "
            "itself a cross-correlation of `x` with `dy`.",
        ],
        solution="The folded cell below holds a solution.",
        why="The shares of a weight come from every window of every picture, and a shared weight "
        "sums them. Averaging belongs to the loss, if at all, and is already in `dy`.",
    ),
]
