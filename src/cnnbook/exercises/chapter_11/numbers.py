"""Counting exercises of chapter 11: windows, parameters, zeros, multiplications."""

from cnnbook.exercises.drawn import Number
from cnnbook.shapes import conv_macs, conv_parameters, dense_parameters, output_size

NUMBERS = [
    Number(
        id="11-output-size",
        title="How many windows?",
        text="A map of {size} x {size} cells gets {padding} rows or columns of zeros on each of "
        "its four sides. A window of {kernel} x {kernel} moves over it {stride} cells at a time "
        "and never hangs over. How many windows lie along one side?",
        unit="windows",
        variants=[
            {"size": 13, "kernel": 8, "padding": 4, "stride": 2},
            {"size": 18, "kernel": 7, "padding": 6, "stride": 2},
            {"size": 24, "kernel": 9, "padding": 5, "stride": 3},
            {"size": 28, "kernel": 7, "padding": 5, "stride": 2},
            {"size": 30, "kernel": 7, "padding": 5, "stride": 2},
            {"size": 41, "kernel": 8, "padding": 5, "stride": 2},
            {"size": 42, "kernel": 9, "padding": 4, "stride": 2},
            {"size": 53, "kernel": 12, "padding": 6, "stride": 4},
        ],
        answer=output_size,
        slips={
            "That is without the {padding} cells of padding.": lambda padding, **v: output_size(
                **v
            ),
            "Padding stands on both sides: 2 x {padding} cells, not {padding}.": (
                lambda padding, **v: output_size(padding=(padding, 0), **v)
            ),
            "That is with a step of 1; the window moves {stride} cells at a time.": (
                lambda stride, **v: output_size(**v)
            ),
            "One too few: the window's first place counts too, so add 1 after the division.": (
                lambda **v: output_size(**v) - 1
            ),
            "One too many: the last window would hang over the edge.": lambda **v: (
                output_size(**v) + 1
            ),
            "The window's length is missing: it covers {kernel} cells before it moves at all.": (
                lambda size, padding, stride, **_: (size + 2 * padding) // stride + 1
            ),
            "That is how often a step of {stride} fits into the padded side; the window is "
            "{kernel} cells long.": (
                lambda size, padding, stride, **_: (size + 2 * padding) // stride
            ),
        },
        hints=[
            "How long is the side once the padding is on? It grows at both ends.",
            "The first window covers {kernel} cells. How many cells are left to move over, and how "
            "many steps of {stride} fit into them?",
        ],
        solution="{size} + 2 x {padding} − {kernel} cells are left after the first window; "
        "dividing by {stride}, rounding down and adding the first window gives {answer}.",
        why="Counting steps instead of windows loses the first one, as counting gaps loses a fence "
        "post; and a rest that is shorter than a step is never read.",
    ),
    Number(
        id="11-parameters",
        title="What one layer learns",
        text="A convolution layer reads {c_in} maps of {h} x {w} cells and writes {c_out} maps "
        "of the same size, with kernels of {k} x {k} and a bias. How many numbers does it learn?",
        unit="parameters",
        variants=[
            {"c_in": 3, "c_out": 16, "k": 5, "h": 32, "w": 48},
            {"c_in": 8, "c_out": 12, "k": 3, "h": 28, "w": 20},
            {"c_in": 4, "c_out": 10, "k": 7, "h": 64, "w": 40},
            {"c_in": 6, "c_out": 32, "k": 3, "h": 14, "w": 18},
            {"c_in": 5, "c_out": 24, "k": 3, "h": 56, "w": 44},
            {"c_in": 12, "c_out": 7, "k": 5, "h": 24, "w": 30},
        ],
        answer=lambda c_in, c_out, k, **_: conv_parameters(c_in, c_out, k),
        slips={
            "The biases are missing, one for each of the {c_out} filters.": (
                lambda c_in, c_out, k, **_: conv_parameters(c_in, c_out, k, bias=False)
            ),
            "A filter is as deep as its input: {k} x {k} x {c_in}, not {k} x {k}.": (
                lambda c_out, k, **_: conv_parameters(1, c_out, k)
            ),
            "That is one filter; there are {c_out}, one for each output map.": (
                lambda c_in, k, **_: conv_parameters(c_in, 1, k)
            ),
            "One bias belongs to a whole filter, not to each of its {c_in} channels.": (
                lambda c_in, c_out, k, **_: c_out * c_in * (k * k + 1)
            ),
            "That many without weight sharing: every cell of the output would have its own "
            "filter.": (lambda c_in, c_out, k, h, w: conv_parameters(c_in, c_out, k) * h * w),
            "That is the number of multiplications: the same weights serve at each of {h} x {w} "
            "places, and are learned once.": (
                lambda c_in, c_out, k, h, w: conv_macs(c_in, c_out, k, (h, w))
            ),
            "The biases are right; the weights do not multiply by {h} x {w}, for every place uses "
            "the same ones.": (
                lambda c_in, c_out, k, h, w: conv_macs(c_in, c_out, k, (h, w)) + c_out
            ),
            "There is a bias for each of the {c_out} output maps, not for each of the {c_in} "
            "input maps.": (
                lambda c_in, c_out, k, **_: conv_parameters(c_in, c_out, k, bias=False) + c_in
            ),
            "That is a dense layer from all input cells to all output cells.": (
                lambda c_in, c_out, h, w, **_: dense_parameters(c_in * h * w, c_out * h * w)
            ),
        },
        hints=[
            "How many numbers does one filter hold? It reads all {c_in} maps at once.",
            "The same filter is used at every place: {h} x {w} plays no part. Do not forget the "
            "bias.",
        ],
        solution="One filter: {k} x {k} x {c_in} weights and a bias. {c_out} of them: {answer}.",
        why="The picture's size belongs to what the layer computes, not to what it learns; and "
        "“a 3x3 filter” is short for 3x3 times all input channels.",
    ),
    Number(
        id="11-dense-ratio",
        title="The price of not sharing",
        text="One layer is a convolution: {c_in} maps of {n} x {n} in, {c_out} maps of {n} x {n} "
        "out, kernels {k} x {k}. Another is dense, from all the same cells to all the same "
        "cells. Leave the biases out. How many dense weights are there for each weight of the "
        "convolution?",
        unit="times as many",
        variants=[
            {"c_in": 3, "c_out": 8, "n": 30, "k": 5},
            {"c_in": 4, "c_out": 16, "n": 24, "k": 3},
            {"c_in": 2, "c_out": 6, "n": 20, "k": 4},
            {"c_in": 8, "c_out": 32, "n": 12, "k": 3},
            {"c_in": 3, "c_out": 10, "n": 32, "k": 2},
            {"c_in": 6, "c_out": 12, "n": 40, "k": 5},
        ],
        answer=lambda c_in, c_out, n, k: (
            dense_parameters(c_in * n * n, c_out * n * n, bias=False)
            / conv_parameters(c_in, c_out, k, bias=False)
        ),
        slips={
            "A dense layer joins every input cell to every output cell: {n} x {n} counts twice.": (
                lambda n, k, **_: n * n / k**2
            ),
            "That forgets to divide by the {k} x {k} weights of each kernel.": (
                lambda n, **_: n**4
            ),
            "A kernel has {k} x {k} weights, not {k}.": lambda n, k, **_: n**4 / k,
            "That is the whole dense layer. The question is how many times the convolution's "
            "weights fit into it.": lambda c_in, c_out, n, **_: c_in * c_out * n**4,
            "The channels cancel: {c_in} x {c_out} stands in both counts.": (
                lambda c_in, c_out, n, k: c_in * c_out * n**4 / k**2
            ),
        },
        hints=[
            "Write both counts as products before you multiply anything out.",
            "Dense: ({c_in} x {n} x {n}) x ({c_out} x {n} x {n}). Convolution: {c_in} x {c_out} "
            "x {k} x {k}.",
        ],
        solution="{c_in} and {c_out} cancel; {n}⁴ / {k}² = {answer} is left.",
        why="The saving does not come from the channels. It comes from the two things a "
        "convolution assumes: a cell depends on its neighbours only, and in the same way "
        "everywhere.",
    ),
    Number(
        id="11-matrix",
        title="A matrix of zeros",
        text="One map of {h} x {w} cells, one kernel of {k} x {k} without zeros, no padding. "
        "Written as a matrix that turns the flattened input into the flattened output, how many "
        "entries of that matrix are 0?",
        unit="zeros",
        variants=[
            {"h": 4, "w": 5, "k": 2},
            {"h": 5, "w": 6, "k": 3},
            {"h": 6, "w": 4, "k": 3},
            {"h": 7, "w": 5, "k": 3},
            {"h": 6, "w": 7, "k": 2},
            {"h": 5, "w": 8, "k": 4},
        ],
        answer=lambda h, w, k: (h - k + 1) * (w - k + 1) * (h * w - k * k),
        slips={
            "That many are not 0: each row holds the {k} x {k} weights once.": (
                lambda h, w, k: (h - k + 1) * (w - k + 1) * k * k
            ),
            "That is the whole matrix, zeros and weights.": (
                lambda h, w, k: (h - k + 1) * (w - k + 1) * h * w
            ),
            "The matrix is not square: it has a row for each output, and there are fewer outputs "
            "than inputs.": lambda h, w, k: h * w * (h * w - k * k),
            "Each row holds {k} x {k} weights, one for every cell of the window, not {k}.": (
                lambda h, w, k: (h - k + 1) * (w - k + 1) * (h * w - k)
            ),
            "That is the transposed count: rows are outputs, columns are inputs.": (
                lambda h, w, k: h * w * ((h - k + 1) * (w - k + 1) - k * k)
            ),
        },
        hints=[
            "How many rows (outputs) and how many columns (inputs) has the matrix?",
            "What stands in one row? Only the cells of that output's window.",
        ],
        solution="One row per output, one column per input; in each row {k} x {k} entries are "
        "weights and the rest is 0. Together {answer} zeros.",
        why="The matrix has as many distinct numbers as the kernel, {k} x {k}. All else that a "
        "dense layer could learn is fixed at 0, or tied to be equal.",
    ),
    Number(
        id="11-macs",
        title="What one layer costs",
        text="{n} pictures with {c_in} channels of {h} x {w} cells pass through a convolution with "
        "{c_out} filters of {k} x {k}, padded so that the maps keep their size. How many "
        "multiplications does the plain sum take? (Count the products with padding as well.)",
        unit="multiplications",
        variants=[
            {"n": 4, "c_in": 5, "c_out": 8, "h": 10, "w": 20, "k": 3},
            {"n": 2, "c_in": 6, "c_out": 10, "h": 12, "w": 10, "k": 5},
            {"n": 5, "c_in": 4, "c_out": 6, "h": 20, "w": 15, "k": 3},
            {"n": 10, "c_in": 2, "c_out": 7, "h": 8, "w": 10, "k": 5},
            {"n": 4, "c_in": 8, "c_out": 12, "h": 10, "w": 30, "k": 3},
            {"n": 6, "c_in": 5, "c_out": 4, "h": 25, "w": 10, "k": 7},
        ],
        answer=lambda n, c_in, c_out, h, w, k: n * conv_macs(c_in, c_out, k, (h, w)),
        slips={
            "That is one picture; there are {n}.": (
                lambda n, c_in, c_out, h, w, k: conv_macs(c_in, c_out, k, (h, w))
            ),
            "Each output sums over all {c_in} input channels.": (
                lambda n, c_in, c_out, h, w, k: n * conv_macs(1, c_out, k, (h, w))
            ),
            "That is one filter; each of the {c_out} computes a map of its own.": (
                lambda n, c_in, c_out, h, w, k: n * conv_macs(c_in, 1, k, (h, w))
            ),
            "A window has {k} x {k} cells, not {k}.": (
                lambda n, c_in, c_out, h, w, k: n * conv_macs(c_in, c_out, (1, k), (h, w))
            ),
            "Weights are shared, work is not: the filter is applied at each of {h} x {w} places.": (
                lambda n, c_in, c_out, h, w, k: n * c_in * c_out * k * k
            ),
            "That is without padding, where the maps shrink; here they keep {h} x {w} cells.": (
                lambda n, c_in, c_out, h, w, k: (
                    n * conv_macs(c_in, c_out, k, (h - k + 1, w - k + 1))
                )
            ),
        },
        hints=[
            "How many products does a single output cell need?",
            "{k} x {k} x {c_in} for one cell. How many cells has the output, over all maps and "
            "pictures?",
        ],
        solution="{k} x {k} x {c_in} products for a cell, {h} x {w} x {c_out} cells in a "
        "picture, {n} pictures: {answer}.",
        why="Parameters and work part ways here: sharing makes the parameters independent of the "
        "picture's size, while the work grows with every pixel.",
    ),
]
