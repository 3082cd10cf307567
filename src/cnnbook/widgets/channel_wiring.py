"""Channel wiring: which channels a stack of grouped convolutions connects, and what it costs."""

import html
from copy import deepcopy
from fractions import Fraction
from numbers import Real

import numpy as np
import traitlets
from traitlets import TraitError

from cnnbook.live import Live
from cnnbook.widgets import wired
from cnnbook.widgets.wiring_drawing import drawing

CHANNELS = (4, 6, 8, 12)
KERNELS = (1, 3)
MOST = {"layers": 3, "size": 512}
GOAL_KIND = "all_see_all"
GOAL_NUMBERS = ("layers", "field", "share", "groups")  # conditions that a goal may add
GOALS = [
    {
        "id": "separate",
        "text": "With 12 channels and two layers: every output sees every input, through 3x3"
        " pixels, for at most a fifth of the MACs of one dense 3x3.",
        "kind": GOAL_KIND,
        "layers": 2,
        "field": 3,
        "share": 0.2,
    },
    {
        "id": "mixed",
        "text": "Two layers, neither of them dense: every output sees every input all the same.",
        "kind": GOAL_KIND,
        "layers": 2,
        "groups": 2,
    },
    {
        "id": "sixth",
        "text": "With 12 channels and three layers: every output sees every input, through 3x3"
        " pixels, for at most a sixth of the MACs of one dense 3x3.",
        "kind": GOAL_KIND,
        "layers": 3,
        "field": 3,
        "share": 1 / 6,
    },
]
TEXT = {
    "channels": "channels must be one of {choices}, got {value}",
    "count": "layers wants 1 to {most} layers, got {count}",
    "list": "layers wants a list of dicts with kernel_size and groups, got {value!r}",
    "keys": "layer {index} wants the keys kernel_size, groups and perhaps shuffle, got {value!r}",
    "kernel": "layer {index}: kernel_size must be 1 or 3, got {value!r}",
    "groups": "layer {index}: groups must divide {channels} channels, got {value!r}",
    "shuffle": "layer {index}: shuffle must be True or False, got {value!r}",
    "first": "layer 1 has no layer before it whose groups could be shuffled",
    "size": "size must be 1 to {most}, got {value}",
    "selected": "selected must be -1 (none) to {most}, got {value}",
    "goal": "goal {index} wants the keys id, text and kind {kind!r}; got {goal!r}",
    "goal_number": "goal {id!r}: {key} must be a number above 0, got {value!r}",
    "layer": "{kernel}x{kernel}, {groups}",
    "groups_of": ("1 group (dense)", "{groups} groups of {each}", "{groups} groups (depthwise)"),
    "shuffle_of": "shuffle",
    "stack": "{channels} channels, {count}: {layers}. Receptive field {field} x {field},"
    " {parameters} weights, {share} % of the MACs of one dense 3x3.",
    "layers_of": ("one layer", "{count} layers"),
    "told": "Output {output} (bold lines) sees {seen} of {channels} inputs.",
    "covered": "{channels} channels, {count}: {layers}. Who sees whom, the page asks you to"
    " predict.",
}


class ChannelWiring(Live, source=__file__):
    """Connect channels by grouped convolutions, and see which inputs each output sees.

    Args:
        traits: any trait by name, for example
            `ChannelWiring(layers=[{"kernel_size": 3, "groups": 12}])`.

    Raises:
        TraitError: if a number is out of range, or groups do not divide the channels.
    """

    channels = traitlets.Int(12).tag(sync=True)  # of the input, and of every layer's output
    layers = traitlets.Any().tag(sync=True)  # dicts: kernel_size, groups, shuffle (before it)
    size = traitlets.Int(28).tag(sync=True)  # side of the maps, for the multiply-adds
    selected = traitlets.Int(0).tag(sync=True)  # output whose inputs are shown, -1 for none
    concealed = traitlets.Bool(False).tag(sync=True)  # true: lines, reach and costs are covered
    goals = traitlets.List().tag(sync=True)
    reached = traitlets.List(traitlets.Unicode()).tag(sync=True)  # ids of goals, set by the page

    def mask(self, index: int) -> np.ndarray:
        """Tell which weights a layer has: bool (C_out, C_in)."""
        return wired.mask(self.channels, self.layers[index]["groups"])

    def reach(self) -> np.ndarray:
        """Tell which outputs of the stack see which inputs: bool (C_out, C_in)."""
        return wired.reach(self.channels, self.layers)

    def parameters(self) -> int:
        """Count the weights; there are no biases."""
        return wired.parameters(self.channels, self.layers)

    def macs(self) -> int:
        """Count the multiply-adds for one image, on maps of size x size."""
        return wired.macs(self.channels, self.layers, self.size)

    def share(self) -> float:
        """Compare the multiply-adds with those of one dense 3x3 convolution; 1 is as many."""
        dense = {"kernel_size": 3, "groups": 1}
        return float(Fraction(self.parameters(), wired.parameters(self.channels, [dense])))

    def receptive_field(self) -> int:
        """Return the side of the receptive field, in cells of the input."""
        return wired.field(self.layers)

    @traitlets.default("layers")
    def _default_layers(self) -> list[dict]:
        return [{"kernel_size": 3, "groups": 1, "shuffle": False}]

    @traitlets.default("goals")
    def _default_goals(self) -> list[dict]:
        return deepcopy(GOALS)

    @traitlets.validate("channels")
    def _check_channels(self, proposal: dict) -> int:
        value = proposal["value"]
        if value not in CHANNELS:
            choices = ", ".join(map(str, CHANNELS))
            raise TraitError(TEXT["channels"].format(choices=choices, value=value))
        _checked_layers(self.layers, value)
        return value

    @traitlets.validate("layers")
    def _check_layers(self, proposal: dict) -> list[dict]:
        return _checked_layers(proposal["value"], self.channels)

    @traitlets.validate("size")
    def _check_size(self, proposal: dict) -> int:
        value, most = proposal["value"], MOST["size"]
        if not 1 <= value <= most:
            raise TraitError(TEXT["size"].format(most=most, value=value))
        return value

    @traitlets.validate("selected")
    def _check_selected(self, proposal: dict) -> int:
        value, most = proposal["value"], self.channels - 1
        if not -1 <= value <= most:
            raise TraitError(TEXT["selected"].format(most=most, value=value))
        return value

    @traitlets.validate("goals")
    def _check_goals(self, proposal: dict) -> list[dict]:
        for index, goal in enumerate(proposal["value"]):
            known = isinstance(goal, dict) and {"id", "text", "kind"} <= goal.keys()
            if not known or goal["kind"] != GOAL_KIND:
                raise TraitError(TEXT["goal"].format(index=index, kind=GOAL_KIND, goal=goal))
            for key in GOAL_NUMBERS:
                value = goal.get(key, 1)
                if isinstance(value, bool) or not isinstance(value, Real) or not value > 0:
                    values = {"id": goal["id"], "key": key, "value": value}
                    raise TraitError(TEXT["goal_number"].format(**values))
        return proposal["value"]

    @traitlets.observe("channels")
    def _keep_inside(self, change: dict) -> None:
        self.selected = min(self.selected, self.channels - 1)

    def static_html(self) -> str:
        """Draw the lines of the stack and what the chosen output sees, with two sentences."""
        words = _count("layers_of", len(self.layers))
        named = ", then ".join(_named(layer, self.channels) for layer in self.layers)
        stack = TEXT["stack"].format(
            channels=self.channels,
            count=words,
            layers=named,
            field=self.receptive_field(),
            parameters=f"{self.parameters():,}",
            share=f"{100 * self.share():.1f}",
        )
        if self.concealed:
            stack = TEXT["covered"].format(channels=self.channels, count=words, layers=named)
            return f"<p>{html.escape(stack)}</p>"
        told = ""
        if self.selected >= 0:
            seen = int(self.reach()[self.selected].sum())
            places = {"output": self.selected + 1, "seen": seen, "channels": self.channels}
            told = f" {TEXT['told'].format(**places)}"
        picture = drawing(self.channels, self.layers, self.selected)
        return f"{picture}<p>{html.escape(stack + told)}</p>"


def _count(key: str, count: int) -> str:
    return TEXT[key][min(count, 2) - 1].format(count=count)


def _named(layer: dict, channels: int) -> str:
    groups = layer["groups"]
    kind = 0 if groups == 1 else 2 if groups == channels else 1
    words = TEXT["groups_of"][kind].format(groups=groups, each=channels // groups)
    text = TEXT["layer"].format(kernel=layer["kernel_size"], groups=words)
    return f"{TEXT['shuffle_of']}, {text}" if layer["shuffle"] else text


def _checked_layers(layers: object, channels: int) -> list[dict]:
    """Return the layers with all three keys each; refuse those that cannot be."""
    if not isinstance(layers, list | tuple):
        raise TraitError(TEXT["list"].format(value=layers))
    if not 1 <= len(layers) <= MOST["layers"]:
        raise TraitError(TEXT["count"].format(most=MOST["layers"], count=len(layers)))
    return [_checked_layer(index, layer, channels) for index, layer in enumerate(layers, 1)]


def _checked_layer(index: int, layer: object, channels: int) -> dict:
    known = {"kernel_size", "groups", "shuffle"}
    if not isinstance(layer, dict) or not known - {"shuffle"} <= layer.keys() <= known:
        raise TraitError(TEXT["keys"].format(index=index, value=layer))
    kernel, groups, shuffle = layer["kernel_size"], layer["groups"], layer.get("shuffle", False)
    if type(kernel) is not int or kernel not in KERNELS:
        raise TraitError(TEXT["kernel"].format(index=index, value=kernel))
    if type(groups) is not int or groups < 1 or channels % groups:
        raise TraitError(TEXT["groups"].format(index=index, channels=channels, value=groups))
    if type(shuffle) is not bool:
        raise TraitError(TEXT["shuffle"].format(index=index, value=shuffle))
    if shuffle and index == 1:
        raise TraitError(TEXT["first"])
    return {"kernel_size": kernel, "groups": groups, "shuffle": shuffle}
