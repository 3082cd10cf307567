"""Goals of the block surgery, with limits that come from the table."""

from itertools import product

from cnnbook.widgets.arranged import accuracy, full, parts, whole, without

KINDS = {  # kind -> the limits it wants
    "few": {"accuracy", "blocks"},  # residual at least so good with at most so many blocks
    "missed": set(),  # each block left out alone; then the one that costs residual most
    "order": {"cost"},  # all blocks in another order, for less than so many per mille
    "gain": {"gain"},  # without swaps, one block less makes residual better by so many per mille
}
ROOM = 100  # per mille that the goal of few blocks may cost
GAINS = (20, 50, 100, 200)  # per mille
COSTS = (10, 20, 50, 100, 200, 400)  # per mille
TEXT = {
    "few": "Cut: leave at most {blocks} of the {all} blocks, with the residual network still at"
    " {accuracy} % or better.",
    "missed": "Compare: leave each block out alone. Then leave out only the one that the residual"
    " network misses most.",
    "order": "Shuffle: find another order of all {all} blocks that costs the residual network less"
    " than {cost}.",
    "gain": "Less is more: without any swap, find a block whose leaving makes the residual network"
    " better by {gain} points or more. (Other blocks may be out already.)",
    "point": "one point",
    "points": "{cost} points",
}


def goals_of(table: dict) -> list[dict]:
    """Set the goals that this table allows; each can be reached, and not by the whole network."""
    found = (_few(table), _missed(table), _order(table), _gain(table))
    count = len("".join(whole(table)))
    return [
        {"id": kind, "kind": kind, **limits, "text": TEXT[kind].format(all=count, **words)}
        for kind, limits, words in (each for each in found if each)
    ]


def is_goal(goal: object) -> bool:
    """Tell whether a goal has all that its kind wants."""
    if not isinstance(goal, dict) or not {"id", "text", "kind"} <= goal.keys():
        return False
    return goal["kind"] in KINDS and KINDS[goal["kind"]] <= goal.keys()


def _few(table: dict) -> tuple | None:
    """Take a whole per cent a little below the whole network's, and the fewest blocks for it."""
    blocks = whole(table)
    least = (accuracy(table, "residual", blocks) - ROOM) // 10 * 10
    counts = [
        len("".join(each))
        for each in product(*table["stages"])
        if accuracy(table, "residual", list(each)) >= least
    ]
    if least <= 0 or min(counts) == len("".join(blocks)):
        return None
    limits = {"accuracy": least, "blocks": min(counts)}
    return "few", limits, {"accuracy": f"{least / 10:g}", "blocks": min(counts)}


def _missed(table: dict) -> tuple | None:
    blocks = "".join(whole(table))
    left = sorted(accuracy(table, "residual", without(table, block)) for block in blocks)
    return ("missed", {}, {}) if len(left) > 1 and left[0] < left[1] else None


def _order(table: dict) -> tuple | None:
    """Take the first round cost that another order stays below."""
    blocks = whole(table)
    before = accuracy(table, "residual", blocks)
    others = [list(o) for o in product(*map(full, table["stages"])) if list(o) != blocks]
    least = min((before - accuracy(table, "residual", order) for order in others), default=1000)
    cost = next((cost for cost in COSTS if least < cost), None)
    if cost is None:
        return None
    word = TEXT["point"] if cost == 10 else TEXT["points"].format(cost=cost // 10)
    return "order", {"cost": cost}, {"cost": word}


def _gain(table: dict) -> tuple | None:
    """Take the largest round gain that one in a hundred removals without swaps brings."""
    gains = []
    for orders in product(*(sorted(parts(stage)) for stage in whole(table))):
        before = accuracy(table, "residual", list(orders))
        for block in "".join(orders):
            left = [order.replace(block, "") for order in orders]
            gains.append(accuracy(table, "residual", left) - before)
    often = [gain for gain in GAINS if sum(g >= gain for g in gains) >= len(gains) / 100]
    return ("gain", {"gain": often[-1]}, {"gain": often[-1] // 10}) if often else None
