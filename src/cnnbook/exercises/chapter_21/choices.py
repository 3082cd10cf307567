"""Exercises of chapter 21 with answers to choose from."""

from cnnbook.exercises.definitions import Choice, Matrix, Option

ACCURACIES = [[100, 71], [98, 71]]  # %, 200 steps on handwritten digits with momentum=0.001

CHOICES = [
    Choice(
        id="21-which-layer",
        title="Which layer for which case?",
        text="In each line somebody chooses a layer for a purpose. Which of these choices do what "
        "they are meant to? Torch's layers as built, eps aside.",
        several=True,
        options=[
            Option(
                "Photographs come with all kinds of contrast, which shall not matter: "
                "`InstanceNorm2d` on the image.",
                "Twice the contrast is twice the distance from the mean, and twice the standard "
                "deviation. The results are the same.",
                right=True,
            ),
            Option(
                "A network shall tell overexposed photographs from good ones by how bright they "
                "are on the whole: `InstanceNorm2d` on the image.",
                "Every image leaves it with mean 0 and variance 1 in each channel: brightness "
                "has gone.",
            ),
            Option(
                "Two large images fit into memory for each step, and results shall not depend on "
                "which two: `GroupNorm` instead of `BatchNorm2d`.",
                "All of its sets lie within one image.",
                right=True,
            ),
            Option(
                "Training with one image at a time, behind global average pooling: `BatchNorm1d`.",
                "Each channel has a single number, so its mean is that number and its variance 0. "
                "Torch refuses to train with it.",
            ),
            Option(
                "A fixed network shall run on a phone, and normalising shall cost nothing: "
                "`BatchNorm2d` behind each convolution, folded away.",
                "In use its mean and variance are constants, so it is a scale and a shift, which "
                "the convolution can take over.",
                right=True,
            ),
            Option(
                "The same with `GroupNorm`, folded away.",
                "Its mean and variance are those of the image at hand. They are not known before "
                "the image comes, so no fixed weight can hold them.",
            ),
            Option(
                "Sentences of different length, filled up with empty words to one length. The "
                "result of a word shall not depend on how many: `LayerNorm` over each word's "
                "features.",
                "The set is the features of one word. No other word is in it, empty or not.",
                right=True,
            ),
        ],
        hints=[
            "For each choice, name the set that a number is compared with. What does the layer "
            "take away from it?",
            "A fixed scale and shift can be folded. For which layers are mean and variance fixed "
            "once training is over?",
        ],
        solution="Right are instance norm against contrast, group norm for two images, batch norm "
        "to be folded, and layer norm over each word. Instance norm takes brightness away where "
        "it was the answer; a set of one number has no variance; group norm's statistics are "
        "not known in advance.",
        why="The usual slip is to ask which layer is the best. A normalisation removes what a set "
        "has in common. That is help where it does not matter, and harm where it is the answer.",
    ),
    Choice(
        id="21-diagnose",
        title="Four accuracies",
        text="A small network with two batch norms was trained on handwritten digits, in batches "
        "of 64. Then its accuracy was measured, without any further training step: in training "
        "mode with batches of 64, the digits in random order, and in eval mode.\n\nWhat went "
        "wrong?",
        given=[
            Matrix(
                "accuracy in %. Rows: training images, test images. Columns: training mode, eval "
                "mode",
                "output",
                ACCURACIES,
            )
        ],
        options=[
            Option(
                "It overfits.",
                "Overfitting shows between the rows: training images right, test images wrong. "
                "There the difference is small. It is large between the columns.",
            ),
            Option(
                "`model.eval()` was forgotten.",
                "That would be to read the left column. In the right one it was not forgotten, "
                "and that one is low.",
            ),
            Option(
                "The running statistics have not arrived yet, as with a momentum that is too "
                "small for so few steps.",
                "With the batch's own statistics the same weights are right, with the running "
                "ones they are not, even on the images they were trained with.",
                right=True,
            ),
            Option(
                "The test images come from another distribution.",
                "Then the running statistics would not fit the test images. But they fail on the "
                "training images just as much.",
            ),
            Option(
                "The batches in the measurement were too small.",
                "In eval mode the size of a batch makes no difference, and in training mode 64 "
                "were as good as one could wish.",
            ),
            Option(
                "The learning rate was too large, so that nothing was learnt.",
                "The left column is nearly perfect: the weights have learnt.",
            ),
        ],
        hints=[
            "The same weights, the same images: what is different between the two columns?",
            "A column that is low in both rows cannot be the fault of one of the two sets of "
            "images.",
        ],
        solution="The weights are good and the running statistics are not. In this run momentum "
        "was 0.001: after 200 steps the running values had come less than a fifth of the way "
        "from where they start, mean 0 and variance 1. No retraining is needed: let a few hundred "
        "batches pass in training mode, with a larger momentum and without updates of the "
        "weights.",
        why="A training loop reports the left column, so the loss curve looks healthy. The four "
        "cells tell apart what one number cannot: rows show overfitting or a foreign "
        "distribution, columns show the statistics.",
    ),
]
