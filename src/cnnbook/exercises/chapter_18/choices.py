"""Exercises of chapter 18 with answers to choose from."""

from cnnbook.exercises.definitions import Choice, Matrix, Option

POOLED = [  # torch's MaxPool2d(3, 2, padding=1) makes the second of the first
    [
        [7, 0, 0, 5, 8, -5],
        [3, 6, -4, 0, 5, 0],
        [3, 6, -2, 1, -4, 5],
        [-2, -2, 8, 0, -5, -3],
        [-9, -6, -3, -1, 3, 0],
        [-5, -8, 4, 2, 3, -2],
    ],
    [[7, 6, 8], [6, 8, 5], [-2, 8, 3]],
]

CHOICES = [
    Choice(
        id="18-which-pooling",
        title="Which pooling was it?",
        text="One of these layers has made `y` of `x`. Which?",
        given=[Matrix("input `x`", "input", POOLED[0]), Matrix("output `y`", "output", POOLED[1])],
        options=[
            Option(
                "`MaxPool2d(2)`",
                "Its windows lie side by side. The one at the top in the middle holds 0, 5, −4 and "
                "0 and would give 5. Where does the 6 come from?",
            ),
            Option(
                "`MaxPool2d(3, stride=2, padding=1)`",
                "Windows of 3x3 that begin in the padding and share a row or a column with their "
                "neighbours. The −2 tells that the padding plays no part in the maximum.",
                right=True,
            ),
            Option(
                "`MaxPool2d(3, stride=2)` of `x` in a ring of zeros",
                "Then the window in the lower left corner would give 0: its cells of `x` are all "
                "negative. Max pooling pads with −∞, which never wins.",
            ),
            Option(
                "`MaxPool2d(4, stride=2, padding=1)`",
                "Its windows reach one cell further down and to the right. The one in the lower "
                "left corner would read the 8 in row 4, column 3.",
            ),
            Option(
                "`AvgPool2d(3, stride=2, padding=1)`",
                "An average lies below the largest number of its window unless all are equal. In "
                "the upper left corner 7, 0, 3 and 6 cannot have the average 7.",
            ),
            Option(
                "Every second cell of `x`, as `x[::2, ::2]`",
                "The first row of `y` would be 7, 0, 8. The corners fit, the 6 between them does "
                "not.",
            ),
        ],
        hints=[
            "Are all numbers of `y` among those of `x`, and can you find each in its window?",
            "Work out one corner of `y` under each option, then another. The lower left corner "
            "tells apart what the padding counts for.",
        ],
        solution="Max pooling with windows of 3x3, stride 2, padding 1: the −2 is the largest of "
        "the four cells of `x` that the window in the lower left corner reads.",
        why="The usual slip is to think of padding as zeros. For a sum zeros are neutral; for a "
        "maximum only −∞ is.",
    ),
    Choice(
        id="18-keeps-sum",
        title="Where is the sum of gradients kept?",
        text="Each of these torch layers reads a map of 7x7 cells; what is not named stands as "
        "torch sets it. For which of them is the sum of `dx` equal to the sum of `dy`, whatever "
        "`x` and `dy` are?",
        several=True,
        options=[
            Option(
                "`MaxPool2d(3, stride=2, padding=1)`",
                "Every window has its maximum inside the map, and all of its gradient goes there.",
                right=True,
            ),
            Option(
                "`AvgPool2d(3, stride=2, padding=1)`",
                "At the border a window divides by 9 but has fewer cells in the map: the rest of "
                "its gradient falls on the padding.",
            ),
            Option(
                "`AvgPool2d(3, stride=2, padding=1, count_include_pad=False)`",
                "The divisor is the number of cells in the map, so the shares of a window add up "
                "to 1 at the border too.",
                right=True,
            ),
            Option(
                "`AvgPool2d(2, stride=3)`",
                "Some cells are read by no window and get 0. That loses nothing: no output sent "
                "them anything.",
                right=True,
            ),
            Option(
                "`AvgPool2d(2, ceil_mode=True)`",
                "The last windows hang over the end, and torch divides by the cells they do have, "
                "2 or 1. In the corner one cell gets a whole gradient.",
                right=True,
            ),
            Option(
                "`AvgPool2d(2, divisor_override=1)`, which divides by 1",
                "This adds the cells of a window up. Each of the four gets the whole gradient, so "
                "the sum is four times as large.",
            ),
            Option(
                "`AdaptiveAvgPool2d(3)`",
                "Windows of 3x3 that overlap, at rows 1, 3 and 5. Each sends back nine ninths; "
                "where two overlap, shares add up.",
                right=True,
            ),
            Option(
                "`Conv2d(1, 1, 2, stride=2, bias=False)`, as initialised",
                "Each output sends back `dy` times the sum of the four weights, and random "
                "weights have no reason to add up to 1.",
            ),
        ],
        hints=[
            "Ask of one output: which cells share its gradient, and do the shares add up to 1?",
            "Shares are lost only where they fall on something that is not a cell of the map. "
            "Which of these layers send something to the padding?",
        ],
        solution="The shares of one window add up to 1 in max pooling, in average pooling without "
        "padding (also where the last window is cut off), in adaptive pooling, and with "
        "`count_include_pad=False`. Average pooling with padding sends some to the padding; a "
        "sum multiplies by four; a convolution by the sum of its weights.",
        why="The usual slip is to look at cells: a cell that gets nothing seems to be a loss. The "
        "sum is kept output by output, and a cell that no window reads was never owed anything.",
    ),
    Choice(
        id="18-strided",
        title="A convolution instead of a pooling",
        text="A network halves its 64 maps of 28x28 cells. Instead of pooling it could use "
        "`Conv2d(64, 64, 3, stride=2, padding=1)`. Which statements hold?",
        several=True,
        options=[
            Option(
                "The convolution learns 36,928 numbers, a pooling none.",
                "64 filters with 3 x 3 x 64 weights and a bias each: 64 x 577.",
                right=True,
            ),
            Option(
                "The convolution learns 640 numbers.",
                "3 x 3 weights and a bias for each map would be 640. But each filter reads all 64 "
                "maps.",
            ),
            Option(
                "With suitable weights it computes average pooling with windows of 2x2.",
                "1/4 in four cells of the kernel that reads its own map, 0 elsewhere: average "
                "pooling is linear.",
                right=True,
            ),
            Option(
                "With suitable weights it computes max pooling with windows of 2x2.",
                "A maximum is not linear: max(1, 0) + max(0, 1) is 2, but max(1, 1) is 1. It "
                "would take a ReLU and more than one layer.",
            ),
            Option(
                "Its output can mix maps; a pooling leaves each map by itself.",
                "The sum runs over all 64 maps. A pooling reads one map for each of its own.",
                right=True,
            ),
            Option(
                "It costs nothing to run, because it skips three of four places.",
                "At each of the 14 x 14 places that are left it takes 576 products for each of "
                "64 maps: more than 7 million multiplications.",
            ),
        ],
        hints=[
            "How many weights has one filter of this layer? How many filters are there?",
            "A convolution is a weighted sum of cells. Which poolings are?",
        ],
        solution="64 x (3 x 3 x 64 + 1) = 36,928 numbers to learn, 14 x 14 x 64 x 576 = 7,225,344 "
        "multiplications; average pooling is among what it can learn, max pooling is not; and it "
        "mixes maps.",
        why="“A strided convolution can learn the pooling” holds for averages, not maxima. A "
        "network that does better with it has also been given more parameters and more work, "
        "which a fair comparison has to count.",
    ),
]
