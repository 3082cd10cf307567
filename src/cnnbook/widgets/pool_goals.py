"""What the reader of the pool router is asked to reach."""

GOAL_KINDS = {  # kind -> the number it may name
    "sum_lost": None,
    "unread_kept": "cells",
    "wins": "outputs",
    "tie_moves": None,
}
GOALS = [
    {
        "id": "lose",
        "text": "Lose some: find settings in which the sum of `dx` is not the sum of `dy`.",
        "kind": "sum_lost",
    },
    {
        "id": "leave",
        "text": "Leave some out: let inputs be read by no window, and see what that does to the"
        " sum of `dx`.",
        "kind": "unread_kept",
    },
    {
        "id": "four",
        "text": "Win four times: with max or min pooling, let one input get the gradients of four"
        " outputs.",
        "kind": "wins",
        "outputs": 4,
    },
    {
        "id": "move",
        "text": "Move a gradient and no output: change one number of `x` so that `dx` changes and"
        " `y` does not.",
        "kind": "tie_moves",
    },
]
