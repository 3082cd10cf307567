"""Where the goals of the block surgery are reached, found by trying every arrangement."""

import itertools

from cnnbook.widgets import arranged
from cnnbook.widgets.surgery_goals import goals_of


def every(table: dict) -> list[list[str]]:
    """List all arrangements, the whole network first."""
    return [list(each) for each in itertools.product(*table["stages"])]


def residual(table: dict, arrangement: list[str]) -> int:
    """Look up the residual network's accuracy, in per mille."""
    return arranged.accuracy(table, "residual", arrangement)


def limits(table: dict) -> dict[str, dict]:
    """Return the goals of a table by their kind."""
    return {goal["kind"]: goal for goal in goals_of(table)}


def ordered(arrangement: list[str]) -> bool:
    """Tell whether the blocks that are left stand in their own order."""
    return all(order == "".join(sorted(order)) for order in arrangement)


def gains(table: dict) -> list[tuple[list[str], str, int]]:
    """List arrangements without swaps, a block of each, and what its leaving brings."""
    found = []
    for more in filter(ordered, every(table)):
        for block in "".join(more):
            less = [order.replace(block, "") for order in more]
            found.append((more, block, residual(table, less) - residual(table, more)))
    return found


def places(table: dict) -> dict[str, list[list[str]]]:
    """Return, for each kind of goal, the arrangements that reach it (or end it)."""
    goal, whole = limits(table), arranged.whole(table)
    alone = [arranged.without(table, block) for block in "".join(whole)]
    few = [e for e in every(table) if len("".join(e)) <= goal["few"]["blocks"]]
    all_blocks = [e for e in every(table) if sorted("".join(e)) == sorted("".join(whole))]
    least = residual(table, whole) - goal["order"]["cost"]
    steps = [(more, b) for more, b, gain in gains(table) if gain >= goal["gain"]["gain"]]
    return {
        "few": [e for e in few if residual(table, e) >= goal["few"]["accuracy"]],
        "missed": [min(alone, key=lambda each: residual(table, each))],
        "order": [e for e in all_blocks if e != whole and residual(table, e) > least],
        "gain": [e for more, b in steps for e in (more, [o.replace(b, "") for o in more])],
    }


def swaps(order: list[str], wanted: list[str]) -> list[tuple[str, str]]:
    """List swaps of neighbours that bring the wanted blocks into the wanted order."""
    found = []
    for each, goal in zip(order, wanted, strict=True):
        blocks = [*each]
        for last in range(len(blocks) - 1, 0, -1):
            for i in range(last):
                a, b = blocks[i : i + 2]
                if a in goal and b in goal and goal.index(a) > goal.index(b):
                    blocks[i : i + 2] = b, a
                    found.append((a, b))
    return found
