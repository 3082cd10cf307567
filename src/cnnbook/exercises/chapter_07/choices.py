"""Exercises of chapter 07 with answers to choose from."""

from cnnbook.exercises.definitions import Choice, Matrix, Option

CHOICES = [
    Choice(
        id="07-which-run",
        title="Which network was it?",
        text="A plain network of 50 layers, each with 64 units, has just been initialised, and a "
        "gradient has been sent back once. The table has the size of the gradient at some of the "
        "layers, compared with the last, as powers of ten: −3 stands for a thousandth. Which "
        "network was it?",
        given=[
            Matrix(
                "layer, and below it the power of ten",
                "gradient",
                [[50, 40, 30, 20, 10, 1], [0, -1.4, -3.0, -4.6, -6.2, -7.6]],
            ),
        ],
        options=[
            Option(
                "Sigmoid, Xavier's weights.",
                "A sigmoid's slope is 1/4 at most: ten layers cost a factor of a million, "
                "6 powers of ten. Here ten layers cost 1.5.",
            ),
            Option(
                "ReLU, Xavier's weights.",
                "Half of the units pass, so a layer keeps half of the gradient's square: a factor "
                "of √½ per layer, 1/32 in ten layers, which is 1.5 powers of ten.",
                right=True,
            ),
            Option(
                "ReLU, He's weights.",
                "Their variance is twice Xavier's, which makes up for the half that ReLU drops: "
                "the row would stay near 0.",
            ),
            Option(
                "No activation, orthogonal weights.",
                "An orthogonal matrix keeps every length: the row would be 0 from end to end.",
            ),
            Option(
                "ReLU, weights with twice the standard deviation of Xavier's.",
                "Twice the standard deviation is four times the variance, and ReLU takes half: a "
                "factor of √2 per layer. The row would rise, to about +7.",
            ),
        ],
        hints=[
            "By what factor does the gradient change over ten layers, and so over one?",
            "Ten layers cost about 1.5 powers of ten, a factor of 1/32 = 2⁻⁵: the square of the "
            "gradient halves at each layer. What lets half through?",
        ],
        solution="1/32 in ten layers is √½ per layer. Xavier's weights keep the mean square of the "
        "gradient, ReLU drops half of it.",
        why="The number at layer 1 mixes two things, the factor of a layer and the depth. The "
        "difference between neighbouring columns tells the factor, and the factor tells the net.",
    ),
    Choice(
        id="07-which-cure",
        title="Which change is a cure?",
        text="A plain network of 50 sigmoid layers, all 64 units wide, starts with Xavier's "
        "weights. Its gradient at layer 1 is 10⁻³¹ of that at the last layer. Each change below "
        "is made alone. Which of them bring the gradient at layer 1 to within a factor of 10 of "
        "the last layer's?",
        several=True,
        options=[
            Option(
                "A residual connection around each layer.",
                "Backward each layer is I + J. With J small the gradient passes nearly as it is.",
                right=True,
            ),
            Option(
                "Orthogonal weights instead of Xavier's.",
                "They keep every length, but the sigmoid's slope of at most 1/4 is still there, "
                "at each of the 49 layers on the way.",
            ),
            Option(
                "Batch normalisation before each sigmoid.",
                "The slopes are still below 1/4. But the sigmoids' outputs differ little from "
                "input to input, so the standard deviation in the next layer is small, and "
                "dividing by it makes up for the slope.",
                right=True,
            ),
            Option(
                "Clipping the gradient by its norm.",
                "Clipping only ever shortens, and by one factor for all layers: their ratio stays.",
            ),
            Option(
                "ReLU instead of sigmoid, Xavier's weights kept.",
                "Far better and not enough: √½ per layer is 10⁻⁷ to 10⁻⁸ over 49 layers.",
            ),
            Option(
                "ReLU instead of sigmoid, and He's weights.",
                "The slopes are 0 or 1, half of each, and a variance of 2 / fan_in makes up for "
                "the half.",
                right=True,
            ),
            Option(
                "A learning rate that is larger by 10³¹.",
                "The gradient stays what it is; and the last layer would take a step that is "
                "10³¹ times too long.",
            ),
        ],
        hints=[
            "Ask of each change: does it alter the factor per layer, or all layers alike?",
            "A factor of 10 over 49 layers is 1.05 per layer: so close to 1 must the factor of a "
            "layer come. Work it out for each change that touches it.",
        ],
        solution="Residual connections, batch normalisation, and ReLU with He's weights. "
        "Orthogonal weights leave the sigmoid's slope as it is, ReLU with Xavier's weights loses "
        "√½ per layer; clipping and the learning rate treat all layers alike.",
        why="The usual slip is to name one culprit, the activation or the weights. What counts is "
        "their product at each layer: ReLU needs its own scale of weights, and a slope of 1/4 "
        "needs something that makes up for it.",
    ),
]
