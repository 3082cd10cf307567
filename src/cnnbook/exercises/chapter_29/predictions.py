"""Prediction of chapter 29: what is lost with one block of a trained network."""

from cnnbook.exercises.definitions import Option, Predict

PREDICTIONS = [
    Predict(
        id="29-predict-delete",
        title="One block less",
        text="Two networks of 20 layers were trained alike, one with a shortcut around each of its "
        "nine blocks, one without shortcuts. Now one block is deleted, and nothing is trained "
        "again. In either network, what is left in its place is a bare shortcut: its input goes "
        "straight to the next block (and where the shape changes, every second pixel and zeros for "
        "the new channels). Each of the nine is tried in turn. What happens to the accuracy on "
        "test images?",
        options=[
            Option(
                "Both networks fall to near chance, 10 %, whichever block goes.",
                "What comes next has never seen such an input, that is true. But with shortcuts, "
                "most of that input is as it was: only what one block added is missing.",
            ),
            Option(
                "Both keep most of their accuracy, whichever block goes: eight of nine are there.",
                "A block with a shortcut adds something to what arrives. A block without one "
                "replaces it, and what replaced it is what the next block can read.",
            ),
            Option(
                "With shortcuts hardly anything changes, less than one point whichever block "
                "goes. Without them it falls to near chance.",
                "The second half is so. But a network of nine blocks has none to spare: what "
                "a block adds is used.",
            ),
            Option(
                "With shortcuts it loses some points, with some blocks more than with others, and "
                "keeps most. Without them it falls to near chance, whichever block goes.",
                "What a block adds is missing then, but all that the others add is still there. "
                "Without shortcuts, everything has to pass through every block.",
                right=True,
            ),
            Option(
                "Without shortcuts it loses some points. With them it falls to near chance: what "
                "each block adds was fitted to all that the others add.",
                "They were fitted to each other, and so were the blocks without shortcuts. But a "
                "missing summand changes a sum less than a missing step changes a chain.",
            ),
        ],
        hints=[
            "What does the block behind the gap read? Compare it with what it read before: with "
            "shortcuts x instead of x + F(x), without them x instead of F(x).",
            "With nine blocks there are 512 paths from the input to the output with shortcuts, and "
            "a single one without. How many of them pass the deleted block?",
        ],
        solution="With shortcuts it loses some points and keeps most of its accuracy; without "
        "them it falls to near chance. So it was in the two networks below. Trained from another "
        "seed, the one with shortcuts lost more than half of its accuracy with its first block; "
        "with most others it lost some points again.",
        why="The usual slip is to take “residual” to mean “dispensable”. The shortcut keeps x "
        "readable for the next block. It does not make what a block adds useless, and the fewer "
        "blocks there are, the more each of them adds. (More than half of what a missing block "
        "costs is that the batch norms behind it go on with the old running statistics; the "
        "chapter takes them anew.)",
    ),
]
