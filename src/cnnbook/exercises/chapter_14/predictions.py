"""Prediction of chapter 14: how far two grouped convolutions see across the channels."""

from cnnbook.exercises.definitions import Option, Predict

PREDICTIONS = [
    Predict(
        id="14-predict-reach",
        title="Two layers in two groups",
        text="Eight channels go through two 3x3 convolutions, one after the other, with eight "
        "channels between them and eight at the end. Both are cut into two groups: outputs 1 to 4 "
        "of a layer read its inputs 1 to 4, outputs 5 to 8 read its inputs 5 to 8.\n\nOn how many "
        "of the eight input channels can the first output of the second layer depend?",
        options=[
            Option(
                "2",
                "Two is the number of groups. How many channels are there in one?",
            ),
            Option(
                "4",
                "Four channels of the layer between, and each of these reads the same four inputs. "
                "The two halves never meet, however many such layers follow.",
                right=True,
            ),
            Option(
                "6",
                "That would take a channel that reads some of either half. Which one does?",
            ),
            Option(
                "8",
                "Across the picture the field of view does grow with a second layer. Across the "
                "channels it does not: go back from the first output and see where the wires end.",
            ),
            Option(
                "16",
                "Four times four is the number of paths from the first output to the input. Many "
                "of them end at the same channel, and there are only eight.",
            ),
        ],
        hints=[
            "Which channels of the layer between does the first output read?",
            "And which inputs do those read? Count each once.",
        ],
        solution="Four: inputs 1 to 4. The first output reads channels 1 to 4 of the layer "
        "between, and each of these reads inputs 1 to 4.",
        why="The usual slip is to carry over what holds for pixels. Windows overlap, so a second "
        "layer widens the field of view; groups do not overlap, so a second layer in the same "
        "groups widens nothing.",
    ),
]
