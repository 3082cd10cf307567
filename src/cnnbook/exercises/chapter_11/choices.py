"""Exercises of chapter 11 with answers to choose from."""

from cnnbook.exercises.definitions import Choice, Matrix, Option

CHOICES = [
    Choice(
        id="11-which-kernel",
        title="Read a kernel",
        text="What does this kernel make of a grey photograph?",
        given=[Matrix("the kernel", "kernel", [[0, -1, 0], [-1, 5, -1], [0, -1, 0]])],
        options=[
            Option(
                "It blurs.",
                "A blur averages: no entry is negative. Here the neighbours are subtracted.",
            ),
            Option(
                "It sharpens, and flat areas keep their brightness.",
                "The entries sum to 1, so a flat area stays as it is, and a pixel that differs "
                "from its neighbours comes to differ more.",
                right=True,
            ),
            Option(
                "It leaves only edges, on black.",
                "For that, flat areas would have to give 0: the entries would sum to 0, as with "
                "4 in the centre.",
            ),
            Option(
                "It makes everything five times as bright.",
                "In a flat area of brightness b: 5b − 4b = b. The 5 does not stand alone.",
            ),
            Option(
                "It makes a relief, lit from one side.",
                "A relief needs a direction, entries of unlike sign on opposite sides. This "
                "kernel looks the same from all four sides.",
            ),
        ],
        hints=[
            "Where all pixels of the window are equal to b, what comes out?",
            "Now let only the centre be brighter, by 1. By how much is the output brighter?",
        ],
        solution="The sum 5 − 4 = 1 keeps flat areas. A centre that is brighter by 1 comes out "
        "brighter by 5: differences grow, which is what sharp means.",
        why="Read the sum of the entries first (0: flat areas vanish; 1: they stay), then the "
        "signs (differences or averages), then the symmetry (a direction or none).",
    ),
    Choice(
        id="11-equivariance",
        title="A picture moves",
        text="An object on an empty background moves three pixels to the right, staying well "
        "away from the borders. Every step is 1. "
        "What is certain, whatever the weights are?",
        several=True,
        options=[
            Option(
                "The output of a convolution layer moves three pixels to the right.",
                "The same filter at every place: equivariance.",
                right=True,
            ),
            Option(
                "The output of a convolution layer stays as it was.",
                "That would be invariance. The map moves along with the object.",
            ),
            Option(
                "The largest value of the whole output map stays as it was.",
                "The same numbers stand elsewhere, and the maximum does not ask where: invariance.",
                right=True,
            ),
            Option(
                "With a ReLU after the convolution, the map still moves along.",
                "ReLU treats every cell alike, so it does not disturb the shift.",
                right=True,
            ),
            Option(
                "The output of a dense layer moves along, if its output is read as a map.",
                "Nothing ties the weights of one place to those of another.",
            ),
            Option(
                "If the object is turned by 90° instead, the output is turned by 90°.",
                "Only if the kernel itself looks the same after the turn.",
            ),
        ],
        hints=[
            "Equivariant: the output moves as the input does. Invariant: it does not change at "
            "all.",
            "Ask of each step whether it does the same at every place, and whether it cares where.",
        ],
        solution="Convolution and ReLU move along (equivariant); the maximum over the whole map "
        "stays (invariant). Turning is another matter: the kernel has a direction.",
        why="“Convolution is translation invariant” mixes two steps: the layer is equivariant, "
        "and only a later step that forgets the place, such as a global maximum, is invariant.",
    ),
    Choice(
        id="11-odd-kernel",
        title="Why 3 and 5, seldom 4?",
        text="Most kernels in networks have an odd size. Which reason holds?",
        options=[
            Option(
                "An even kernel has no gradient at its centre.",
                "The gradient for a weight is a sum over its products, whatever the kernel's size.",
            ),
            Option(
                "An even kernel cannot keep the size of the map.",
                "It can: pad one side by one cell more. The size fits, but the map shifts by "
                "half a pixel.",
            ),
            Option(
                "An odd kernel has a centre cell, so equal padding on both sides keeps the map "
                "in place.",
                "With (k − 1) / 2 zeros on each side, output (i, j) is centred on input (i, j).",
                right=True,
            ),
            Option(
                "Odd kernels need fewer multiplications.",
                "The count is k x k for each channel; 2x2 needs fewer than 3x3.",
            ),
            Option(
                "An even kernel cannot be flipped for the backward pass.",
                "Half a turn works on any rectangle of numbers.",
            ),
        ],
        hints=[
            "Try to pad a row of 6 cells so that a window of 4 has 6 positions.",
            "Three zeros are to be shared between two sides. What does that do to the picture?",
        ],
        solution="k − 1 zeros are needed to keep the size. Only for odd k do they split evenly, "
        "and the output sits exactly on the input.",
        why="“Kernels must be odd” turns a convenience into a law: even kernels work, train, and "
        "are used, for instance 2x2 at stride 2. They shift the map by half a pixel when the "
        "size is kept.",
    ),
    Choice(
        id="11-im2col",
        title="What im2col buys",
        text="im2col writes every window as a column and multiplies the filters with that "
        "matrix. For a 3x3 kernel and step 1, what holds compared with the plain loops?",
        several=True,
        options=[
            Option(
                "It does fewer multiplications.",
                "Not one fewer: each column is multiplied with each filter, as before. "
                "Winograd's form and the FFT save products.",
            ),
            Option(
                "It needs about nine times the memory of the input.",
                "A cell inside the map stands in nine windows, so it is copied nine times.",
                right=True,
            ),
            Option(
                "It is fast because one large matrix product uses the processor well.",
                "The same products in an order that keeps them in registers and caches.",
                right=True,
            ),
            Option(
                "It gives the same result, up to rounding.",
                "The same sum; only the order of its terms may differ.",
                right=True,
            ),
            Option(
                "It works only for square kernels.",
                "A window of any shape can be written as a column.",
            ),
        ],
        hints=[
            "Count the products for one output in both forms.",
            "In how many windows does one input cell stand?",
        ],
        solution="The same products and the same sum, nine copies of each inner cell, and one "
        "matrix product that the processor does at full speed.",
        why="Counting operations does not predict time: the loops and im2col do the same "
        "arithmetic, and one is tens to hundreds of times faster than the other.",
    ),
]
