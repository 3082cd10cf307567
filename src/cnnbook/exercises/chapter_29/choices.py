"""Exercises of chapter 29 with answers to choose from."""

from cnnbook.exercises.definitions import Choice, Option

CHOICES = [
    Choice(
        id="29-diagnose",
        title="Which of them is degradation?",
        text="Six people compared a plain network of 20 layers with one of 56 on the same images, "
        "and say that the deeper one degrades. (The numbers are made up.) Which of them has shown "
        "what this chapter means by it?",
        options=[
            Option(
                "Training error 4 % with 20 layers and 1 % with 56; test error 12 % and 14 %.",
                "The deeper network fits its own images better. What got worse is the step to new "
                "ones: that is overfitting.",
            ),
            Option(
                "Training error 4 % and 10 %; test error 12 % and 15 %. As many steps, each "
                "depth at its own best rate, several seeds.",
                "The deeper network is worse on the very images it was trained with, although it "
                "could copy the shallower one and let the other layers pass their input on.",
                right=True,
            ),
            Option(
                "Training error 4 % and 10 %; test error 12 % and 15 %. The deeper one is slower, "
                "so it was stopped after a third of the steps.",
                "After a third of the steps, the shallower one would likely be worse than 4 % as "
                "well. Depth is not the only thing that differs.",
            ),
            Option(
                "Training error 4 % and 3 %; test error 12 % and 11 %. It takes three times as "
                "long.",
                "Both errors fall. That depth has its price is true, and something else.",
            ),
            Option(
                "Test error 12 % and 15 %. Nobody wrote the training error down.",
                "This may be degradation or overfitting. The test error alone cannot tell them "
                "apart.",
            ),
            Option(
                "Training error 4 % and 10 %, the first measured on the images as they are, the "
                "second during training, on randomly shifted ones.",
                "Shifted images are harder, for either network. The two errors are of different "
                "images.",
            ),
        ],
        hints=[
            "Overfitting and degradation both raise the test error. What do they do to the "
            "training error?",
            "Two numbers can be compared if nothing but the depth is different.",
        ],
        solution="The second: more training error with more layers, everything else equal. In the "
        "first it falls; in the third and the last, something besides the depth has changed; the "
        "fourth gets better; of the fifth, too little is known.",
        why="The usual slip is to read only test errors. Degradation is a statement about the "
        "training error: the larger set of functions contains the smaller one's, and still the "
        "training ends at a worse one.",
    ),
    Choice(
        id="29-shortcut-gradient",
        title="What the shortcut does to the gradient",
        text="x goes in, y comes out, dy is the gradient that arrives at y, dx the one that "
        "leaves at x. Which of these hold?",
        several=True,
        options=[
            Option(
                "Through blocks y = x + F(x) with nothing behind the addition, dy itself is one "
                "of the summands of dx, however many blocks there are.",
                "One of the paths takes the shortcut around every block. Along it, nothing "
                "multiplies the gradient.",
                right=True,
            ),
            Option(
                "Through such blocks dx is at least as large as dy.",
                "The other summands may point the other way. With F(x) = −x, dx is 0, and the "
                "shortcut is still there.",
            ),
            Option(
                "Where a ReLU behind the addition gives 0, as the first ResNet has it in every "
                "block, neither the shortcut nor the branch gets a gradient.",
                "That ReLU comes after both have been added, so it cuts both.",
                right=True,
            ),
            Option(
                "The projection of a stage's first block passes the gradient on unchanged too.",
                "It is a convolution with batch norm, and multiplies by its weights. Only an "
                "identity leaves the gradient as it is.",
            ),
            Option(
                "With shortcuts times 0.5, the path around 20 blocks multiplies the gradient by "
                "about a millionth.",
                "2 to the power 20 is 1,048,576: one part in so many is left.",
                right=True,
            ),
            Option(
                "Without shortcuts, the gradient gets smaller with every layer on its way back.",
                "Each layer multiplies by its own slope. Weights that are drawn too large make it "
                "grow instead.",
            ),
            Option(
                "Where F gives 0 for every x, because its last weights are 0, the weights before "
                "them get no gradient in this step.",
                "On the way back to them, the gradient is multiplied by those last weights.",
                right=True,
            ),
        ],
        hints=[
            "Write down the slope of one block: 1 + F'(x), and whatever stands behind the addition "
            "times that.",
            "For a claim with “at least” or “every”, look for one F that breaks it.",
        ],
        solution="The summand dy, the ReLU that cuts both, the millionth, and the weights before "
        "a last layer of zeros. The shortcut's own slope is 1; that says nothing about the size "
        "of the sum, about a projection, or about networks without it.",
        why="“The shortcut's gradient is 1” is about one summand. The usual slip is to say it of "
        "the whole block, whose slope is 1 + F'(x) and may be anything.",
    ),
]
