"""Block surgery: take blocks out of two trained networks, or move them, and see what is left."""

import html
from collections.abc import Mapping

import traitlets
from traitlets import TraitError

from cnnbook.live import Live
from cnnbook.widgets import arranged
from cnnbook.widgets.surgery_goals import KINDS as GOAL_KINDS
from cnnbook.widgets.surgery_goals import goals_of, is_goal

TEXT = {
    "order": "order of stage {stage} must be one of {known}; got {value!r}",
    "orders": "order wants one text for each of {stages} stages, got {value}",
    "out": "out wants different blocks of {blocks}, got {value}",
    "tried": "tries wants arrangements such as {whole!r}, got {value!r}",
    "chance": "chance must be 0 to 1, got {value}",
    "goal": "goal {index} wants the keys id, text, kind and the limits of its kind, one of {kinds};"
    " got {goal!r}",
    "kind": "kind must be residual or plain, got {value!r}",
    "told": "Blocks in their order: {order}; out: {out}. Test accuracy: residual {residual} %"
    " (whole network {residual_whole} %), plain {plain} % (whole network {plain_whole} %). Of {all}"
    " paths through the residual network {paths} are left.",
    "none": "none",
    "secret": "Blocks in their order: {order}; out: {out}. The page asks you to predict what that"
    " costs.",
    "caption": "Test accuracy in per cent without one block",
    "head": ("block out", "residual", "plain"),
    "whole": "none",
}


class BlockSurgery(Live, source=__file__):
    """Take blocks out of two trained networks, or move them, and see how well both still do.

    Args:
        arrangements: a dict with `stages`, for each stage the orders that were measured (the
            whole stage first, one character for each block, all orders with blocks left out), and
            `accuracy`, for `residual` and `plain` the test accuracy in per mille, nested lists
            with one axis for each stage.
        traits: any other trait by name, for example `out=["4"]`.

    Raises:
        TraitError: if an order is missing, a number does not fit, or a trait names no block.
    """

    arrangements = traitlets.Any().tag(sync=True)
    order = traitlets.List(traitlets.Unicode()).tag(sync=True)  # every block, a text for each stage
    out = traitlets.List(traitlets.Unicode()).tag(sync=True)  # blocks that are out
    chance = traitlets.Float(0.1).tag(sync=True)  # accuracy of a guess
    tries = traitlets.List(traitlets.Unicode()).tag(sync=True)  # arrangements seen: "02/345/678"
    concealed = traitlets.Bool(False).tag(sync=True)  # true: accuracies are covered
    goals = traitlets.List().tag(sync=True)
    reached = traitlets.List(traitlets.Unicode()).tag(sync=True)  # ids of goals, set by the page

    def __init__(self, arrangements: Mapping, **traits: object) -> None:
        """Take the table, and any other trait by name."""
        super().__init__(arrangements=arrangements, **traits)

    def arrangement(self) -> list[str]:
        """Return the blocks that are left, in their order, one text for each stage."""
        return ["".join(block for block in each if block not in self.out) for each in self.order]

    def accuracy(self, kind: str = "residual") -> float:
        """Look up the share of test images that a network gets right as it stands.

        Args:
            kind: `residual` or `plain`.

        Raises:
            ValueError: if there is no such network.
        """
        if kind not in arranged.KINDS:
            raise ValueError(TEXT["kind"].format(value=kind))
        return arranged.accuracy(self.arrangements, kind, self.arrangement()) / arranged.PER_MILLE

    def paths(self) -> list[int]:
        """Count the residual network's paths through 0, 1, 2, … of the blocks that are left."""
        return arranged.paths(len("".join(self.arrangement())))

    @traitlets.default("order")
    def _default_order(self) -> list[str]:
        return arranged.whole(self.arrangements)

    @traitlets.default("goals")
    def _default_goals(self) -> list[dict]:
        return goals_of(self.arrangements)

    @traitlets.validate("arrangements")
    def _check_arrangements(self, proposal: dict) -> dict:
        try:
            return arranged.checked(proposal["value"])
        except ValueError as error:
            raise TraitError(str(error)) from None

    @traitlets.validate("order")
    def _check_order(self, proposal: dict) -> list[str]:
        value, stages = proposal["value"], self.arrangements["stages"]
        if len(value) != len(stages):
            raise TraitError(TEXT["orders"].format(stages=len(stages), value=value))
        for number, (order, stage) in enumerate(zip(value, stages, strict=True), 1):
            if order not in (known := arranged.full(stage)):
                told = {"stage": number, "known": ", ".join(known), "value": order}
                raise TraitError(TEXT["order"].format(**told))
        return value

    @traitlets.validate("out")
    def _check_out(self, proposal: dict) -> list[str]:
        value, blocks = proposal["value"], "".join(arranged.whole(self.arrangements))
        if len(set(value)) < len(value) or not set(value) <= set(blocks):
            raise TraitError(TEXT["out"].format(blocks=", ".join(blocks), value=value))
        return value

    @traitlets.validate("chance")
    def _check_chance(self, proposal: dict) -> float:
        if not 0 <= proposal["value"] <= 1:
            raise TraitError(TEXT["chance"].format(value=proposal["value"]))
        return proposal["value"]

    @traitlets.validate("tries")
    def _check_tries(self, proposal: dict) -> list[str]:
        for value in proposal["value"]:
            try:
                arranged.accuracy(self.arrangements, "plain", value.split("/"))
            except ValueError:
                example = "/".join(arranged.whole(self.arrangements))
                raise TraitError(TEXT["tried"].format(whole=example, value=value)) from None
        return proposal["value"]

    @traitlets.validate("goals")
    def _check_goals(self, proposal: dict) -> list[dict]:
        for index, goal in enumerate(proposal["value"]):
            if not is_goal(goal):
                kinds = ", ".join(GOAL_KINDS)
                raise TraitError(TEXT["goal"].format(index=index, kinds=kinds, goal=goal))
        return proposal["value"]

    @traitlets.observe("arrangements")
    def _begin_anew(self, change: dict) -> None:
        if change["old"]:
            self.out, self.tries = [], []
            self.order = arranged.whole(self.arrangements)
            self.goals = goals_of(self.arrangements)

    def static_html(self) -> str:
        """Tell how both networks do, and list what each block costs alone."""
        order = " | ".join(" ".join(each) for each in self.arrangement())
        told = {"order": order, "out": ", ".join(self.out) or TEXT["none"]}
        if self.concealed:
            return f"<p>{html.escape(TEXT['secret'].format(**told))}</p>"
        table, whole = self.arrangements, arranged.whole(self.arrangements)
        for kind in arranged.KINDS:
            told[kind] = _per_cent(arranged.accuracy(table, kind, self.arrangement()))
            told[f"{kind}_whole"] = _per_cent(arranged.accuracy(table, kind, whole))
        told |= {"all": 2 ** len("".join(whole)), "paths": sum(self.paths())}
        rows = [TEXT["head"]]
        for name, blocks in [(TEXT["whole"], whole)] + [
            (block, arranged.without(table, block)) for block in "".join(whole)
        ]:
            found = (arranged.accuracy(table, kind, blocks) for kind in arranged.KINDS)
            rows.append((name, *map(_per_cent, found)))
        return f"<p>{html.escape(TEXT['told'].format(**told))}</p>{_table(TEXT['caption'], rows)}"


def _per_cent(per_mille: int) -> str:
    return f"{per_mille / 10:.1f}"


def _table(caption: str, rows: list[tuple[str, ...]]) -> str:
    """Write rows as a table; the first is its head."""
    lines = [
        "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)
        for tag, row in zip(["th"] + ["td"] * (len(rows) - 1), rows, strict=True)
    ]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><caption>{html.escape(caption)}</caption>{body}</table>"
