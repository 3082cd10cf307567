"""What the norm block starts with: its block of numbers and its goals."""

GOAL_KINDS = ("sign_turned", "freed", "both_ends", "agreed")
START = [  # image, channel, place; each channel of its own size, as channels of a network are
    [[6, 3, 2, 5], [40, 25, 30, 55], [-1, -3, -2, -4], [1, 0, 1, 2]],
    [[4, 1, 3, 2], [35, 60, 20, 45], [0, -2, -1, -5], [0, 2, 1, 0]],
    [[5, 2, 4, 1], [50, 30, 65, 40], [-3, -1, -4, -2], [2, 1, 0, 1]],
]
GOALS = [
    {
        "id": "turn",
        "text": "Turn it: with batch norm in training, change the sign of the followed result"
        " without touching its own image.",
        "kind": "sign_turned",
    },
    {
        "id": "free",
        "text": "Free it: choose sets of several numbers with which no other image can move the"
        " followed result. Then change a number there, as proof.",
        "kind": "freed",
    },
    {
        "id": "twins",
        "text": "Find both ends: with group norm, find the number of groups that makes layer"
        " norm, and the one that makes instance norm.",
        "kind": "both_ends",
    },
    {
        "id": "agree",
        "text": "Catch up: bring the followed result of batch norm in eval to within 0.1 of its"
        " result in training.",
        "kind": "agreed",
    },
]
