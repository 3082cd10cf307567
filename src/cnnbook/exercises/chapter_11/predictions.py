"""Predictions of chapter 11: what a kernel will do, before the widget shows it."""

from cnnbook.exercises.definitions import Matrix, Option, Predict

PREDICTIONS = [
    Predict(
        id="11-predict-edge",
        title="An edge under a kernel",
        text="The left half of a picture is 0, the right half is 1. This kernel slides over it "
        "without turning, and never leaves the picture. What will the output look like?",
        given=[
            Matrix("one row of the picture", "input", [[0, 0, 0, 0, 1, 1, 1, 1]]),
            Matrix("the kernel", "kernel", [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]),
        ],
        options=[
            Option(
                "Bright wherever the picture is bright, 0 on the dark half.",
                "Lay the kernel on a part where all nine cells are 1: its entries sum to 0, so "
                "flat areas give 0 however bright they are.",
            ),
            Option(
                "0 everywhere, except for a positive line one column wide.",
                "The line is there and positive, but count: the edge lies between two columns, "
                "and a window three columns wide can hold it in two places.",
            ),
            Option(
                "0 everywhere, except for a positive band two columns wide.",
                "Flat areas cancel, and the window holds the edge at two positions: both give 3.",
                right=True,
            ),
            Option(
                "0 everywhere, except for a negative band two columns wide.",
                "The +1 column lies on the right, on the bright side, so the sum is positive. It "
                "would be negative if the kernel were first turned by half a turn.",
            ),
            Option(
                "A positive band at the edge and a negative one beside it.",
                "That is a kernel that measures a change of slope, such as −1, 2, −1. This one "
                "measures a difference, and the picture only ever steps up.",
            ),
        ],
        hints=[
            "What does the kernel give where all nine cells of the window are equal?",
            "Work on one row: slide (−1, 0, 1) along 0 0 0 0 1 1 1 1 and write down six numbers.",
        ],
        solution="One row gives 0 0 1 1 0 0: the window (−1, 0, 1) has the edge inside it at two "
        "positions. Three equal rows make 0 0 3 3 0 0.",
        why="The edge is thin, the window is not. A kernel of size k answers to a step wherever "
        "the step lies inside the window, at k − 1 positions.",
    ),
    Predict(
        id="11-predict-shift",
        title="A single 1 beside the centre",
        text="Every cell of this kernel is 0 but one. What does a cross-correlation, padded to "
        "keep the size, make of a photograph?",
        given=[Matrix("the kernel", "kernel", [[0, 0, 0], [0, 0, 1], [0, 0, 0]])],
        options=[
            Option(
                "The photograph, moved one pixel to the right.",
                "The kernel's 1 is on the right, so each output reads its right-hand neighbour. "
                "What was on the right is now here: which way did the picture go? (A true "
                "convolution flips the kernel, and would move it to the right.)",
            ),
            Option(
                "The photograph, moved one pixel to the left.",
                "Each output copies its right-hand neighbour, so everything lands one pixel to "
                "the left.",
                right=True,
            ),
            Option(
                "The photograph, unchanged.",
                "That is the kernel with its 1 in the centre.",
            ),
            Option(
                "The photograph, slightly blurred.",
                "A blur mixes neighbours; here every output is a copy of exactly one pixel.",
            ),
            Option(
                "An outline of everything that has a vertical edge.",
                "An outline needs a difference, that is entries of both signs. Here nothing is "
                "subtracted.",
            ),
        ],
        hints=[
            "Write the sum for one output `y[i, j]`: a single product is left.",
            "`y[i, j] = x[i, j + 1]`. Where does the pixel `x[5, 7]` appear in `y`?",
        ],
        solution="`y[i, j] = x[i, j + 1]`, so `x[5, 7]` appears at `y[5, 6]`: one pixel to the "
        "left.",
        why="Reading from the right moves things to the left. The same confusion hides the flip in "
        "true convolution, where the kernel says where a pixel is sent, not where it is read.",
    ),
]
