"""A table of what two networks do with blocks left out or moved: checked, looked up, counted."""

from itertools import combinations
from math import comb

import numpy as np

KINDS = ("residual", "plain")
MOST = 12  # blocks
PER_MILLE = 1000
TEXT = {
    "keys": "arrangements wants a dict with the keys stages and accuracy, got {value}",
    "stage": "stage {stage} wants a list of different texts, the whole stage first, one character"
    " for each block; got {value!r}",
    "twice": "block {block!r} stands twice: the stages are {wholes}",
    "many": "at most {most} blocks, got {count}",
    "strange": "stage {stage} has the order {order!r}: its whole orders are {full}, with blocks"
    " left out or not",
    "lacks": "stage {stage} lacks the order {order!r}, though {full!r} is one",
    "kinds": "accuracy wants the networks residual and plain, got {value}",
    "shape": "accuracy of {kind} wants {wanted} numbers, one for each order of each stage;"
    " got {given}",
    "range": "accuracy of {kind} wants whole numbers of 0 to 1000 per mille, got {value} for {key}",
    "arrangement": "there is no arrangement {arrangement!r}: stage {stage} has {count} orders,"
    " and {order!r} is none of them",
    "wholes": "an arrangement has {wanted} stages, {arrangement!r} has {given}",
}


def parts(order: str) -> set[str]:
    """Return an order with blocks left out in every way: `parts("34")` has 34, 3, 4 and ``."""
    picks = (c for k in range(len(order) + 1) for c in combinations(order, k))
    return {"".join(pick) for pick in picks}


def full(stage: list[str]) -> list[str]:
    """Return those orders of a stage that have all its blocks."""
    return [order for order in stage if len(order) == len(stage[0])]


def checked(table: object) -> dict:
    """Return the table as plain lists.

    Raises:
        ValueError: if orders are missing or strange, or the numbers do not fit them.
    """
    if not isinstance(table, dict) or not {"stages", "accuracy"} <= table.keys():
        value = sorted(table) if isinstance(table, dict) else table
        raise ValueError(TEXT["keys"].format(value=value))
    stages = _stages(table["stages"])
    accuracy = table["accuracy"]
    if not isinstance(accuracy, dict) or set(accuracy) != set(KINDS):
        value = sorted(accuracy) if isinstance(accuracy, dict) else accuracy
        raise ValueError(TEXT["kinds"].format(value=value))
    return {
        "stages": stages,
        "accuracy": {kind: _numbers(accuracy[kind], stages, kind) for kind in KINDS},
    }


def _stages(stages: object) -> list[list[str]]:
    if not isinstance(stages, list | tuple) or not stages:
        raise ValueError(TEXT["stage"].format(stage=1, value=stages))
    for number, stage in enumerate(stages, 1):
        _check_stage(number, stage)
    wholes = [stage[0] for stage in stages]
    blocks = "".join(wholes)
    if len(blocks) > MOST:
        raise ValueError(TEXT["many"].format(most=MOST, count=len(blocks)))
    for block in blocks:
        if blocks.count(block) > 1:
            raise ValueError(TEXT["twice"].format(block=block, wholes=", ".join(wholes)))
    return [list(stage) for stage in stages]


def _check_stage(number: int, stage: object) -> None:
    texts = isinstance(stage, list | tuple) and all(isinstance(each, str) for each in stage)
    if not texts or not stage or not stage[0] or len(set(stage)) < len(stage):
        raise ValueError(TEXT["stage"].format(stage=number, value=stage))
    orders = [order for order in full(stage) if sorted(order) == sorted(stage[0])]
    known = set().union(*map(parts, orders))
    for order in stage:
        if order not in known:
            raise ValueError(
                TEXT["strange"].format(stage=number, order=order, full=", ".join(orders))
            )
    for order in orders:
        for part in sorted(parts(order) - set(stage)):
            raise ValueError(TEXT["lacks"].format(stage=number, order=part, full=order))


def _numbers(values: object, stages: list[list[str]], kind: str) -> list:
    wanted = tuple(map(len, stages))
    try:
        found = np.array(values)
    except ValueError:
        found = np.empty(0)  # ragged
    if found.shape != wanted:
        sizes = (" x ".join(map(str, shape)) for shape in (wanted, found.shape))
        raise ValueError(
            TEXT["shape"].format(kind=kind, **dict(zip(("wanted", "given"), sizes, strict=True)))
        )
    fine = np.zeros(wanted, bool)
    if found.dtype.kind in "iu":
        fine = (found >= 0) & (found <= PER_MILLE)
    for place in np.argwhere(~fine):
        key = "/".join(stage[i] for stage, i in zip(stages, place, strict=True))
        value = found[tuple(place)].item()
        raise ValueError(TEXT["range"].format(kind=kind, value=value, key=repr(key)))
    return found.tolist()


def whole(table: dict) -> list[str]:
    """Return the arrangement with every block in its place."""
    return [stage[0] for stage in table["stages"]]


def accuracy(table: dict, kind: str, arrangement: list[str]) -> int:
    """Look up the test accuracy of an arrangement, in per mille.

    Args:
        arrangement: the blocks that are left, one text for each stage: ["02", "345", "678"].

    Raises:
        ValueError: if the table has no such arrangement.
    """
    stages = table["stages"]
    if len(arrangement) != len(stages):
        given = {"wanted": len(stages), "given": len(arrangement)}
        raise ValueError(TEXT["wholes"].format(arrangement="/".join(arrangement), **given))
    values = table["accuracy"][kind]
    for number, (order, stage) in enumerate(zip(arrangement, stages, strict=True), 1):
        if order not in stage:
            told = {"stage": number, "count": len(stage), "order": order}
            raise ValueError(TEXT["arrangement"].format(arrangement="/".join(arrangement), **told))
        values = values[stage.index(order)]
    return values


def without(table: dict, block: str) -> list[str]:
    """Return the whole network's arrangement without one block."""
    return [order.replace(block, "") for order in whole(table)]


def paths(blocks: int) -> list[int]:
    """Count the paths past blocks in a row that go through 0, 1, 2, … of them.

    C(blocks, k) for k = 0 … blocks; 2^blocks in all: each block is passed through or by.

    See: Veit, Wilber & Belongie 2016, section 3.
    """
    return [comb(blocks, k) for k in range(blocks + 1)]
