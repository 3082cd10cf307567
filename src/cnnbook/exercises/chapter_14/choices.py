"""Exercises of chapter 14 with answers to choose from."""

from cnnbook.exercises.definitions import Choice, Matrix, Option

KERNELS = {  # none of them is among the chapter's own
    "A": [[2, -4, 6], [-1, 2, -3], [3, -6, 9]],
    "B": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "C": [[0, 0, 0], [0, 0, 1], [0, 0, 0]],
    "D": [[1, 2, 1], [2, 3, 2], [1, 2, 1]],
    "E": [[1, -2, 1], [-2, 4, -2], [1, -2, 1]],
    "F": [[1, 1, 1], [1, 0, 1], [1, 1, 1]],
    "G": [[0, 3, 0], [0, 3, 0], [0, -6, 0]],
}

CHOICES = [
    Choice(
        id="14-rank-one",
        title="Which kernels come apart?",
        text="Which of these kernels are spatially separable, that is, one column times one row?",
        several=True,
        given=[Matrix(name, "kernel", cells) for name, cells in KERNELS.items()],
        options=[
            Option(
                "A",
                "Every row is a multiple of (1, −2, 3): by 2, −1 and 3. Those multiples are the "
                "column.",
                right=True,
            ),
            Option(
                "B",
                "Its rows are (1, 0, 0), (0, 1, 0) and (0, 0, 1), and none is a multiple of "
                "another: it has rank 3. A line along the diagonal is the worst case, not the "
                "simplest.",
            ),
            Option(
                "C",
                "Column (0, 1, 0) times row (0, 0, 1). It moves the picture by one pixel, and "
                "moving never takes more than a row and a column.",
                right=True,
            ),
            Option(
                "D",
                "With a 4 in the middle it would be (1, 2, 1) times (1, 2, 1). With a 3 the "
                "middle row is no multiple of the others. Symmetry is not enough.",
            ),
            Option(
                "E",
                "Column (1, −2, 1) times row (1, −2, 1): the middle row is −2 times the first.",
                right=True,
            ),
            Option(
                "F",
                "(1, 0, 1) is no multiple of (1, 1, 1). It is a box, which is separable, less a "
                "single 1, which is separable too: a sum of two, so it has rank 2.",
            ),
            Option(
                "G",
                "Column (3, 3, −6) times row (0, 1, 0). A kernel of one column alone has rank 1.",
                right=True,
            ),
        ],
        hints=[
            "Take a row that is not all zeros. Is each of the other rows a multiple of it? Zero "
            "times a row is a multiple too.",
            "A multiple keeps ratios. In D, the first row has twice as much in the middle as at "
            "its ends. And the second?",
        ],
        solution="A, C, E and G. In each of them all rows are multiples of one row. B has rank 3, "
        "D and F have rank 2.",
        why="The usual slip is to judge by looks. A has nothing regular about it and comes apart; "
        "D is as symmetric as can be, nearly the blur that comes apart, and does not.",
    ),
    Choice(
        id="14-cost",
        title="What the exchange costs",
        text="In a network stands `Conv2d(64, 128, 3, padding=1)`, on maps of 28x28 cells. In its "
        "place put `Conv2d(64, 64, 3, padding=1, groups=64)` and `Conv2d(64, 128, 1)`, with "
        "nothing between them; no layer has a bias. Which statements hold?",
        several=True,
        options=[
            Option(
                "The two layers have 8,768 weights, the one had 73,728.",
                "64 kernels of 3x3 are 576, and 64 x 128 are 8,192 more. The one layer had 3 x 3 x "
                "64 x 128.",
                right=True,
            ),
            Option(
                "The number of multiply-adds falls by the same factor as that of the weights.",
                "Each weight is used once at each of the 28 x 28 places, in all three layers. So "
                "both fall to 8,768 / 73,728, which is 1 / 8.4, a little more than a ninth.",
                right=True,
            ),
            Option(
                "More than nine tenths of the multiply-adds that are left are in the 1x1 "
                "convolution.",
                "8,192 of 8,768 at each place: 93 %. What can be saved next is there.",
                right=True,
            ),
            Option(
                "If each layer reads its input and its weights once and writes its output once, "
                "the two move fewer bytes than the one.",
                "They move more: 259,648 numbers against 224,256. The weights shrink by 64,960, "
                "but the 64 maps between the layers are written and read again: 100,352.",
            ),
            Option(
                "So it takes 8.4 times less time.",
                "That follows only if time were in proportion to multiply-adds. The depthwise "
                "layer does little with each byte that it moves; this chapter measures what that "
                "costs.",
            ),
            Option(
                "With suitable weights, the two compute whatever the one can.",
                "The kernels from one input to all 128 outputs are then multiples of a single "
                "3x3 kernel. The one layer has 128 different ones there.",
            ),
            Option(
                "Each output channel can depend on all 64 input channels.",
                "The depthwise layer keeps them apart, the 1x1 convolution reads them all.",
                right=True,
            ),
        ],
        hints=[
            "Count the weights of the three layers. At how many places is each of them used?",
            "For the bytes, add up input, weights and output of each layer. The maps between the "
            "two layers count twice.",
        ],
        solution="Weights and multiply-adds fall to 8,768 / 73,728, of which 8,192 are in the 1x1 "
        "convolution; every output still sees every input. Bytes do not fall: 50,176 + 576 + "
        "50,176 numbers and 50,176 + 8,192 + 100,352 numbers, against 50,176 + 73,728 + 100,352. "
        "How much time is saved has to be measured, and what the pair can compute is less.",
        why="A count of multiply-adds says what has to be computed, not how long it takes to fetch "
        "what it is computed from.",
    ),
]
