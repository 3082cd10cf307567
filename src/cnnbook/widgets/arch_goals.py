"""Goals of the architecture explorer."""

KINDS = {  # kind -> the limits it wants
    "layer_share": {"share"},  # pick a layer with more than this share of all parameters
    "pair": {"near", "apart"},  # parameters within a share, MACs more than so many times apart
    "field": {"network"},  # pick the first block that sees more than the image
    "shortcut": set(),  # pick a block whose shortcut has weights
}
GOALS = [
    {
        "id": "half",
        "text": "Find a network in which one single layer holds more than half of all parameters,"
        " and pick the block with that layer.",
        "kind": "layer_share",
        "share": 0.5,
    },
    {
        "id": "pair",
        "text": "Put two networks side by side whose parameters differ by less than 10 % and whose"
        " MACs differ by more than 5 times.",
        "kind": "pair",
        "near": 0.1,
        "apart": 5,
    },
    {
        "id": "field",
        "text": "In `resnet50`, pick the first block whose receptive field is wider than the"
        " image.",
        "kind": "field",
        "network": "resnet50",
    },
    {
        "id": "shortcut",
        "text": "Pick a block whose shortcut has weights, and find them in the table of its"
        " layers.",
        "kind": "shortcut",
    },
]


def is_goal(goal: object) -> bool:
    """Tell whether a goal has all that its kind wants."""
    if not isinstance(goal, dict) or not {"id", "text", "kind"} <= goal.keys():
        return False
    return goal["kind"] in KINDS and KINDS[goal["kind"]] <= goal.keys()
