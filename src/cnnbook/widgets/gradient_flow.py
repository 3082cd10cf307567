"""Gradient flow: the size of signal and gradient, layer by layer, in a deep net."""

import html
from copy import deepcopy
from numbers import Real

import numpy as np
import traitlets
from traitlets import TraitError

from cnnbook.live import Live
from cnnbook.widgets import flows
from cnnbook.widgets.flow_drawing import drawing

DEPTH = (1, 50)
WIDTHS = (1, 2, 4, 8, 16, 32, 64)
GAIN = (0.05, 20)
KINDS = ("normal", "orthogonal")
SEEDS = 1000
GOAL_KINDS = ("in_range", "explode")
GOALS = [
    {
        "id": "any",
        "text": "Keep the gradient of a 50-layer net in range: every layer’s within a factor of 10"
        " of the last layer’s. Anything goes.",
        "kind": "in_range",
        "depth": 50,
        "factor": 10,
    },
    {
        "id": "sigmoid",
        "text": "Do it again with the sigmoid as the activation.",
        "kind": "in_range",
        "depth": 50,
        "factor": 10,
        "activation": "sigmoid",
    },
    {
        "id": "plain",
        "text": "And once more: 50 sigmoid layers, no residual connections, no normalisation.",
        "kind": "in_range",
        "depth": 50,
        "factor": 10,
        "activation": "sigmoid",
        "plain": True,
    },
    {
        "id": "explode",
        "text": "The opposite: make layer 1’s gradient at least 1,000 times the last one’s, while"
        " the signal of every layer stays within a factor of 10 of the input’s.",
        "kind": "explode",
        "depth": 50,
        "factor": 1000,
    },
]
TEXT = {
    "whole": "{name} must be {low} to {high}, got {value}",
    "choice": "{name} must be one of {choices}, got {value!r}",
    "goal": "goal {index} wants the keys id, text, kind (one of {kinds}), depth from 1 and factor"
    " above 1; an activation must be one of {activations}; got {goal!r}",
    "sentence": "{depth} layers of {width} units, {activation}, gain {gain:.3g}, {weights} weights,"
    " {residual} residual connections, {norm} batch normalisation.",
    "numbers": "The signal of the last layer is {signal} of the input’s; the gradient of layer 1"
    " is {ratio} of the last layer’s.",
    "secret": "What becomes of signal and gradient the page asks you to predict.",
}


class GradientFlow(Live, source=__file__):
    """Send a signal forward through a deep net, and a gradient back, and see their size by layer.

    Args:
        traits: any trait by name, for example `GradientFlow(activation="relu", gain=2**0.5)`.

    Raises:
        TraitError: if a trait or a goal is not what it should be.
    """

    depth = traitlets.Int(50).tag(sync=True)
    width = traitlets.Int(64).tag(sync=True)
    activation = traitlets.Unicode("sigmoid").tag(sync=True)
    gain = traitlets.Float(1.0).tag(sync=True)  # deviation of a weight times sqrt(width)
    weights = traitlets.Unicode("normal").tag(sync=True)
    residual = traitlets.Bool(False).tag(sync=True)
    norm = traitlets.Bool(False).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)
    layer = traitlets.Int(1).tag(sync=True)  # whose two numbers are read off
    concealed = traitlets.Bool(False).tag(sync=True)  # true: curves and numbers are covered
    goals = traitlets.List().tag(sync=True)
    reached = traitlets.List(traitlets.Unicode()).tag(sync=True)  # ids of goals, set by the page

    def flow(self) -> flows.Flow:
        """Compute with `cnnbook.reference` what the page shows, from the same random numbers."""
        x, dy, weights = flows.draw(self.seed, self.width, self.depth, self.weights)
        scaled = [self.gain * weight for weight in weights]
        return flows.flow(x, dy, scaled, self.activation, self.residual, self.norm)

    @traitlets.default("goals")
    def _default_goals(self) -> list[dict]:
        return deepcopy(GOALS)

    @traitlets.validate("depth", "layer", "seed", "gain")
    def _check_number(self, proposal: dict) -> float:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = {"seed": (0, SEEDS - 1), "gain": GAIN}.get(name, DEPTH)
        if not low <= value <= high:
            raise TraitError(TEXT["whole"].format(name=name, low=low, high=high, value=value))
        return value

    @traitlets.validate("width", "activation", "weights")
    def _check_choice(self, proposal: dict) -> object:
        name, value = proposal["trait"].name, proposal["value"]
        known = {"width": WIDTHS, "activation": tuple(flows.ACTIVATIONS), "weights": KINDS}[name]
        if value not in known:
            choices = ", ".join(map(str, known))
            raise TraitError(TEXT["choice"].format(name=name, choices=choices, value=value))
        return value

    @traitlets.validate("goals")
    def _check_goals(self, proposal: dict) -> list[dict]:
        for index, goal in enumerate(proposal["value"]):
            if not _is_goal(goal):
                text = TEXT["goal"].format(
                    index=index,
                    kinds=", ".join(GOAL_KINDS),
                    activations=", ".join(flows.ACTIVATIONS),
                    goal=goal,
                )
                raise TraitError(text)
        return proposal["value"]

    def static_html(self) -> str:
        """Draw both curves, with a sentence that names the net."""
        sentence = TEXT["sentence"].format(
            depth=self.depth,
            width=self.width,
            activation=self.activation,
            gain=self.gain,
            weights=self.weights,
            residual="with" if self.residual else "no",
            norm="with" if self.norm else "no",
        )
        if self.concealed:
            return f"<p>{html.escape(sentence)} {html.escape(TEXT['secret'])}</p>"
        flow = self.flow()
        numbers = TEXT["numbers"].format(signal=f"{flow.signal[-1]:.3g}", ratio=f"{flow.ratio:.2g}")
        return f"{drawing(flow)}<p>{html.escape(sentence)} {html.escape(numbers)}</p>"


def _is_goal(goal: object) -> bool:
    """Whether the page can check it."""
    if not isinstance(goal, dict) or not {"id", "text", "kind", "depth", "factor"} <= goal.keys():
        return False
    known = goal["kind"] in GOAL_KINDS and goal.get("activation", "relu") in flows.ACTIVATIONS
    sizes = all(isinstance(goal[name], Real) for name in ("depth", "factor"))
    return (
        known
        and sizes
        and goal["depth"] >= 1
        and goal["factor"] > 1
        and np.isfinite(goal["factor"])
    )
