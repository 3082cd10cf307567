"""Prediction of chapter 18: who gets the gradient of a window with two equal maxima."""

from cnnbook.exercises.definitions import Matrix, Option, Predict

TIED = [[1, 6, 2, 0], [6, 3, 1, 4], [0, 2, 7, 5], [3, 1, 2, 6]]

PREDICTIONS = [
    Predict(
        id="18-predict-tie",
        title="Two equal maxima",
        text="Max pooling writes down the largest number of each window: here of four windows of "
        "2x2 that lie side by side. The upper left one gives a 6. During training, the loss "
        "sends back a gradient for every output: by how much the loss changes, for each unit "
        "that this output grows. For our 6 the gradient is 1.\n\nIn the window, 6 stands twice. "
        "Which cells get a gradient from it in this book, and in torch?",
        given=[Matrix("input `x`", "input", TIED)],
        options=[
            Option(
                "All four get 1/4.",
                "The 1 and the 3 have no say: make them a little larger and the maximum is still "
                "6. Equal shares are what average pooling sends back.",
            ),
            Option(
                "The two sixes get 1/2 each.",
                "That would be fair, and `torch.amax` does so. But a pooling layer remembers one "
                "place for each window, and no more.",
            ),
            Option(
                "Each of the two sixes gets 1.",
                "Then 2 would arrive for the 1 that was sent. If both grow by a little, the output "
                "grows by as much, not by twice as much.",
            ),
            Option(
                "The upper 6 gets 1, all others get 0.",
                "The first of equal maxima in row order is taken for the maximum. The other 6 gets "
                "nothing, although it is just as large.",
                right=True,
            ),
            Option(
                "The lower 6 gets 1, all others get 0.",
                "It is one cell alone, but not this one: the search runs row by row, and only a "
                "larger number replaces what has been found.",
            ),
        ],
        hints=[
            "Let one cell grow by a little while the others stay. For which cells does the "
            "output grow?",
            "The code keeps the place of the largest number found so far, row by row, and "
            "replaces it only by something larger.",
        ],
        solution="The first maximum in row order gets it all: the 6 in row 1. A window sends its "
        "gradient to one place, the one that it remembers from the forward pass.",
        why="At a tie the maximum has no derivative: a 6 that grows pulls the output up, a 6 that "
        "falls leaves it where it is. The code has to choose, and any split of the 1 between "
        "the two would do as well. Ties are common: behind a ReLU, many windows hold only zeros.",
    ),
]
