"""Architecture explorer: a network as a strip of blocks, with the numbers and the code of each."""

import html
from copy import deepcopy

import traitlets
from traitlets import TraitError

from cnnbook.live import Live
from cnnbook.style import PALETTE
from cnnbook.widgets.arch_goals import GOALS, KINDS, is_goal
from cnnbook.widgets.architectures import count, known, side

TEXT = {
    "network": "{name}: no network {value!r}; there are {names}",
    "block": "{name} must be 0 to {last} in {network}, got {value}",
    "side": "side must be 'network' or 'beside', got {value!r}",
    "alone": "side is 'beside', but beside names no network",
    "goal": "goal {index} wants the keys id, text, kind and the limits of its kind ({kinds});"
    " got {goal!r}",
    "own": "own wants a table as `cnnbook.summary.architectures.tabulate` draws it up, got"
    " {value!r:.60}",
    "shape": "a network of your own wants the shape of its input, such as (1, 3, 224, 224)",
    "sentence": "{name} as a strip of {blocks} blocks, from the image (left) to the scores:"
    " {parameters:,} parameters, {macs:,} MACs on an input of {input},"
    " {saved:,} bytes of activations kept for training.",
    "picked": "Picked: block {number}, {block} ({kind}), which hands on {shape}.",
}
HIGH, WIDE = 90, 600  # pixels of the drawing on paper


class ArchitectureExplorer(Live, source=__file__):
    """See a network as a strip of blocks drawn to scale, and what each block costs.

    Args:
        module: a torch module of your own, in the mode in which it is to be looked at; without
            it the networks of `cnnbook.models.catalogue` are there, in evaluation mode.
        shape: of its input, with the batch.
        name: of your module in the list.
        traits: any trait by name, for example `network="resnet50", beside="vgg16"`.

    Raises:
        TraitError: if a trait or a goal is not what it should be.
        ValueError: if a module comes without the shape of its input.
        RuntimeError: if the module cannot be run, with the layer that failed.
    """

    network = traitlets.Unicode("resnet50").tag(sync=True)
    beside = traitlets.Unicode("").tag(sync=True)  # "": none
    block = traitlets.Int(0).tag(sync=True)  # the block of network that is picked
    beside_block = traitlets.Int(0).tag(sync=True)
    side = traitlets.Unicode("network").tag(sync=True)  # whose block is told
    zoom = traitlets.Bool(False).tag(sync=True)  # true: only the stage of the picked block
    choices = traitlets.List(traitlets.Unicode()).tag(sync=True)  # networks to choose; []: all
    address = traitlets.Bool(True).tag(sync=True)  # the page's address keeps the choice
    own = traitlets.Dict().tag(sync=True)  # a table of networks that are not the book's
    goals = traitlets.List().tag(sync=True)
    reached = traitlets.List(traitlets.Unicode()).tag(sync=True)  # ids of goals, set by the page

    def __init__(
        self,
        module: object = None,
        shape: tuple[int, ...] | None = None,
        name: str = "yours",
        **traits: object,
    ) -> None:
        """Tabulate the module, if there is one."""
        if module is not None:
            # here, as torch takes longer to load than all widgets
            from cnnbook.summary.architectures import Network, tabulate

            if shape is None:
                raise ValueError(TEXT["shape"])
            traits = {
                "own": tabulate([Network(name, module, tuple(shape))]),
                "network": name,
            } | traits
        super().__init__(**traits)

    @traitlets.default("goals")
    def _default_goals(self) -> list[dict]:
        return deepcopy(GOALS)

    @traitlets.validate("own")
    def _check_own(self, proposal: dict) -> dict:
        value = proposal["value"]
        if value and not {"insides", "codes", "networks"} <= value.keys():
            raise TraitError(TEXT["own"].format(value=value))
        return value

    @traitlets.validate("network", "beside")
    def _check_network(self, proposal: dict) -> str:
        name, value = proposal["trait"].name, proposal["value"]
        networks = known(self.own)
        if value not in networks and (name == "network" or value):
            raise TraitError(
                TEXT["network"].format(name=name, value=value, names=", ".join(networks))
            )
        return value

    @traitlets.validate("choices")
    def _check_choices(self, proposal: dict) -> list[str]:
        networks = known(self.own)
        for value in proposal["value"]:
            if value not in networks:
                names = ", ".join(networks)
                raise TraitError(TEXT["network"].format(name="choices", value=value, names=names))
        return proposal["value"]

    @traitlets.validate("block", "beside_block")
    def _check_block(self, proposal: dict) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        network = self.beside if name == "beside_block" else self.network
        blocks = self._count(network)
        if not 0 <= value < blocks:
            text = TEXT["block"].format(name=name, last=blocks - 1, network=network, value=value)
            raise TraitError(text)
        return value

    @traitlets.validate("side")
    def _check_side(self, proposal: dict) -> str:
        value = proposal["value"]
        if value not in ("network", "beside"):
            raise TraitError(TEXT["side"].format(value=value))
        if value == "beside" and not self.beside:
            raise TraitError(TEXT["alone"])
        return value

    @traitlets.validate("goals")
    def _check_goals(self, proposal: dict) -> list[dict]:
        for index, goal in enumerate(proposal["value"]):
            if not is_goal(goal):
                kinds = "; ".join(f"{kind}: {', '.join(sorted(v))}" for kind, v in KINDS.items())
                raise TraitError(TEXT["goal"].format(index=index, kinds=kinds, goal=goal))
        return proposal["value"]

    @traitlets.observe("network", "beside", "own")
    def _keep_inside(self, change: dict) -> None:
        if self.block >= self._count(self.network):
            self.block = 0
        if self.beside_block >= self._count(self.beside):
            self.beside_block = 0
        if not self.beside:
            self.side = "network"

    def _count(self, network: str) -> int:
        """Count the blocks of a network; 1 of none, so that block 0 is always there."""
        return count(known(self.own)[network]) if network else 1

    def static_html(self) -> str:
        """Draw the strip of each network, with its totals, and say which block is picked."""
        parts = []
        picked = {"network": self.block, "beside": self.beside_block}
        for which in ("network", "beside") if self.beside else ("network",):
            name = getattr(self, which)
            entry = known(self.own)[name]
            parameters, macs, saved, _ = entry["total"]
            chosen = {key: column[picked[which]] for key, column in entry["blocks"].items()}
            words = TEXT["sentence"].format(
                name=name,
                blocks=count(entry),
                parameters=parameters,
                macs=macs,
                saved=saved,
                input=_sides(entry["input"]),
            )
            told = {"number": picked[which] + 1, "block": chosen["name"], "kind": chosen["kind"]}
            words += " " + TEXT["picked"].format(shape=_sides(chosen["shape"]), **told)
            parts.append(f"{_strip(entry, picked[which])}<p>{html.escape(words)}</p>")
        return "".join(parts)


def _sides(shape: list[int]) -> str:
    return " × ".join(map(str, shape))


def _strip(entry: dict, picked: int) -> str:
    """Draw the blocks as inline SVG: height and width are roots of side and channels."""
    shapes = [entry["input"], *entry["blocks"]["shape"]]
    gap = min(12, WIDE / 4 / len(shapes))
    wide = (WIDE - gap * len(shapes)) / sum(shape[0] ** 0.5 for shape in shapes)
    tallest, x, drawn = max(map(side, shapes)) ** 0.5, 0.0, ""
    for index, shape in enumerate(shapes, -1):
        w, h = wide * shape[0] ** 0.5, max(3, HIGH * side(shape) ** 0.5 / tallest)
        colour = PALETTE["input" if index < 0 else "output"]
        edge = ' stroke="#1b1f24" stroke-width="2"' if index == picked else ""
        drawn += (
            f'<rect x="{x:.1f}" y="{(HIGH - h) / 2 + 2:.1f}" width="{w:.1f}" height="{h:.1f}"'
            f' fill="{colour}"{edge}/>'
        )
        x += w + gap
    return (
        f'<svg aria-hidden="true" viewBox="0 0 {WIDE} {HIGH + 4}" width="{WIDE}"'
        ' style="max-width:100%;height:auto;background:#fff;border:1px solid #8a949e">'
        f"{drawn}</svg>"
    )
