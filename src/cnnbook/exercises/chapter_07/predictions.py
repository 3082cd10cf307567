"""Predictions of chapter 07: signal and gradient in fifty layers, before the widget shows them."""

from cnnbook.exercises.definitions import Option, Predict

PREDICTIONS = [
    Predict(
        id="07-predict-sigmoid",
        title="Fifty sigmoid layers",
        text="A network has 50 layers of 64 sigmoid units. Its weights are drawn with a standard "
        "deviation of 1/8, one over the root of 64, so that a sum over 64 inputs is about as "
        "large as one input. A batch goes forward; then a random gradient enters at the last "
        "layer and goes backward. At the far end, which of the two has changed its size by a "
        "factor of more than a million?",
        options=[
            Option(
                "Both: the signal and the gradient.",
                "The signal cannot: whatever comes in, a sigmoid gives a number between 0 and 1, "
                "and 0.5 for an input of 0. Only the gradient has no such floor.",
            ),
            Option(
                "The signal alone.",
                "The other way round. A sigmoid gives 0.5 even for an input of 0, so the signal "
                "has a floor. What has the gradient to hold it up?",
            ),
            Option(
                "The gradient alone.",
                "The signal stays at about half of what came in, the gradient is multiplied by a "
                "slope of at most 1/4 at every layer. The forward pass looks healthy and says "
                "nothing about the backward pass.",
                right=True,
            ),
            Option(
                "Neither: the weights have been chosen for that.",
                "They have been chosen for the sum. After the sum comes the sigmoid, whose slope "
                "is 1/4 at its steepest.",
            ),
        ],
        hints=[
            "Between which two numbers does a sigmoid's output lie? What does it give for 0?",
            "Backward, each layer multiplies by its weights and by the sigmoid's slope. The slope "
            "is never more than 1/4; what is 1/4 to the power of 49, from layer 50 to layer 1?",
        ],
        solution="Only the gradient. The signal is a number between 0 and 1 after every layer, "
        "near 0.5. The gradient loses a factor of 4 or more at each of the 49 "
        "layers from the last back to the first: less than 10⁻²⁹ is left.",
        why="The usual guess is that both fall together, as in a chain of plain factors. Forward, "
        "the sigmoid adds its 0.5 afresh at every layer; backward, a constant has no slope.",
    ),
    Predict(
        id="07-predict-scale",
        title="Ten times the weights",
        text="The same 50 layers of sigmoid units, now with normalisation: before each sigmoid, "
        "every unit's sum has its mean over the batch taken off and is divided by its standard "
        "deviation. The gain stands at 1. You move it to 10, so that every weight is ten times "
        "as large. What happens to the gradient at layer 1, compared with the last layer's?",
        options=[
            Option(
                "It grows by a factor of about 10⁴⁹.",
                "That is the weights alone: a factor of 10 at each of 49 layers. The normalisation "
                "has a derivative too. By what does it divide?",
            ),
            Option(
                "It grows by a factor of 10.",
                "Were a factor of 10 left over at one layer, it would be left over at each of "
                "them. What becomes of it inside one layer?",
            ),
            Option(
                "Hardly anything.",
                "The sums are ten times as large, and so is the standard deviation that divides "
                "them. Backward the same: times 10 through the weights, divided by 10 through the "
                "normalisation.",
                right=True,
            ),
            Option(
                "It vanishes: the sigmoids saturate.",
                "They would without normalisation. But each sigmoid sees the sum after the "
                "division, and that has the standard deviation 1, whatever the weights.",
            ),
            Option(
                "It falls by a factor of about 10⁴⁹.",
                "That is the division alone: ten times the standard deviation at each layer. The "
                "gradient also passes the weights, and these are ten times as large.",
            ),
        ],
        hints=[
            "Follow the forward pass first: what does the sigmoid see if all weights are ten times "
            "as large?",
            "Backward through one layer: the gradient is divided by the standard deviation, then "
            "multiplied by the weights. Both are ten times as large.",
        ],
        solution="Next to nothing changes. z and its standard deviation both grow tenfold, so the "
        "sigmoid sees what it saw before; backward, the two factors of 10 cancel at each layer. "
        "(Not to the last digit: a tiny number is added to the variance before the division.)",
        why="The usual slip is to follow the weights and forget that the division has a "
        "derivative as well. Normalisation makes a layer blind to the scale of its weights, in "
        "both directions; which factor is left per layer depends on the activation.",
    ),
]
