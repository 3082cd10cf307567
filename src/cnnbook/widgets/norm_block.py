"""Norm block: choose which numbers a value is compared with, and see the result."""

import html
from copy import deepcopy

import numpy as np
import traitlets
from traitlets import TraitError

from cnnbook.live import Live
from cnnbook.widgets import normed
from cnnbook.widgets.grids import blank_pixels, figure, grid, number
from cnnbook.widgets.norm_goals import GOAL_KINDS, GOALS, START

MOST = (4, 6, 4)  # images, channels, places
TEXT = {
    "block": "x wants 3 axes, images, channels and places, got {value}",
    "uneven": "x wants images of one shape: image 1 is {first}, image {image} is {other}",
    "many": "x may have at most {most} images, channels and places, got {given}",
    "image": "x image {image}",
    "axes": "axes must be different axes of 0, 1 and 2 in rising order, got {value}",
    "groups": "groups must divide the {channels} channels of x, got {groups}",
    "momentum": "momentum must be 0 to 1, got {value}",
    "place": "selected wants [image, channel, place], whole numbers from 0, got {value!r}",
    "outside": "selected {place} lies outside a block of {shape}",
    "running": "running wants [] or {sets} pairs, a mean and a variance of at least 0 for each set;"
    " got {value}",
    "goal": "goal {index} wants the keys id, text and kind, one of {kinds}; got {goal!r}",
    "title": "image {image}: channels × places",
    "names": {
        "batch": "Batch norm",
        "layer": "Layer norm",
        "instance": "Instance norm",
        "group": "Group norm with {groups} groups",
        "": "Sets along {axes}",
    },
    "axis_names": ("images", "channels", "places"),
    "no_axes": "no axis",
    "train": "{name}: image {n}, channel {c}, place {p} holds {x}. Its set (outlined) has {m}"
    " numbers with mean {mean} and variance {variance}; the result is {y}.",
    "eval": "{name} in eval: image {n}, channel {c}, place {p} holds {x}. By the running"
    " mean {mean} and the running variance {variance} the result is {y}.",
    "secret": "{name}: the set of image {n}, channel {c}, place {p} is outlined. The page asks you"
    " to predict the result.",
}


class NormBlock(Live, source=__file__):
    """Choose the numbers that a value of a block is compared with, and see its result.

    Args:
        traits: any trait by name, for example `NormBlock(axes=[1, 2], groups=2)`.

    Raises:
        TraitError: if x is no block of numbers, or a setting does not fit it.
    """

    x = traitlets.Any().tag(sync=True)  # (N, C, P)
    axes = traitlets.List(traitlets.Int(), [0, 2]).tag(sync=True)  # that a set runs along
    groups = traitlets.Int(1).tag(sync=True)  # parts of the channels, where axes has 1
    training = traitlets.Bool(True).tag(sync=True)
    momentum = traitlets.Float(0.1).tag(sync=True)  # share of the new statistics, as in torch
    running = traitlets.List([]).tag(sync=True)  # [mean, variance] of each set; [] is 0 and 1
    selected = traitlets.List([0, 0, 0]).tag(sync=True)  # the value that is followed
    concealed = traitlets.Bool(False).tag(sync=True)  # true: results and statistics are covered
    goals = traitlets.List().tag(sync=True)
    reached = traitlets.List(traitlets.Unicode()).tag(sync=True)  # ids of goals, set by the page

    def __init__(self, **traits: object) -> None:
        """Take any trait by name."""
        super().__init__(**traits)

    def output(self) -> np.ndarray:
        """Normalise every set with `cnnbook.reference`: y (N, C, P)."""
        return self._normalised()[0]

    def statistics(self) -> tuple[float, float]:
        """Return the mean and the variance that the followed value is normalised with."""
        at = np.ravel_multi_index(self.selected, np.shape(self.x))
        column = np.argwhere(self._columns() == at)[0, 1]
        mean, variance = self._normalised()[1][column].tolist()
        return mean, variance

    def members(self) -> np.ndarray:
        """Mark the set of the followed value: booleans (N, C, P)."""
        at = np.ravel_multi_index(self.selected, np.shape(self.x))
        sets = self._columns()
        mine = sets[:, np.argwhere(sets == at)[0, 1]]
        return np.isin(np.arange(np.size(self.x)), mine).reshape(np.shape(self.x))

    def set_size(self) -> int:
        """Count the numbers in one set."""
        return len(self._columns())

    def after(self, steps: int = 1) -> list[list[float]]:
        """Return the running statistics after some training steps on x, one pair for each set.

        Raises:
            ValueError: if a set has one number.
        """
        x, running = np.array(self.x, dtype=float), self.running
        for _ in range(steps):
            running = normed.step(x, self.axes, self.groups, self.momentum, running)
        return running

    def _columns(self, **changes: object) -> np.ndarray:
        x, axes, groups = (changes.get(k, getattr(self, k)) for k in ("x", "axes", "groups"))
        return normed.columns(np.shape(x), axes, groups)

    def _normalised(self) -> tuple[np.ndarray, np.ndarray]:
        x = np.array(self.x, dtype=float)
        return normed.normalise(x, self.axes, self.groups, self.training, self.running)

    @traitlets.default("x")
    def _default_x(self) -> list:
        return deepcopy(START)

    @traitlets.default("goals")
    def _default_goals(self) -> list[dict]:
        return deepcopy(GOALS)

    @traitlets.validate("x")
    def _check_x(self, proposal: dict) -> list[list[list[float]]]:
        return _block(proposal["value"])

    @traitlets.validate("axes")
    def _check_axes(self, proposal: dict) -> list[int]:
        axes = proposal["value"]
        if axes != [axis for axis in range(3) if axis in axes]:
            raise TraitError(TEXT["axes"].format(value=axes))
        return axes

    @traitlets.validate("groups")
    def _check_groups(self, proposal: dict) -> int:
        groups, channels = proposal["value"], len(self.x[0])
        if groups < 1 or channels % groups:
            raise TraitError(TEXT["groups"].format(channels=channels, groups=groups))
        return groups

    @traitlets.validate("momentum")
    def _check_momentum(self, proposal: dict) -> float:
        if not 0 <= proposal["value"] <= 1:
            raise TraitError(TEXT["momentum"].format(value=proposal["value"]))
        return proposal["value"]

    @traitlets.validate("running")
    def _check_running(self, proposal: dict) -> list[list[float]]:
        value, sets = proposal["value"], self._columns().shape[1]
        if not value:
            return []
        try:
            pairs = np.array(value, dtype=float)
        except (TypeError, ValueError):
            pairs = np.full(1, np.nan)
        if pairs.shape != (sets, 2) or not np.isfinite(pairs).all() or (pairs[:, 1] < 0).any():
            raise TraitError(TEXT["running"].format(sets=sets, value=value))
        return pairs.tolist()

    @traitlets.validate("selected")
    def _check_selected(self, proposal: dict) -> list[int]:
        place, shape = proposal["value"], np.shape(self.x)
        if len(place) != 3 or not all(type(v) is int and v >= 0 for v in place):
            raise TraitError(TEXT["place"].format(value=place))
        if any(v >= n for v, n in zip(place, shape, strict=True)):
            raise TraitError(TEXT["outside"].format(place=place, shape=_by(shape)))
        return place

    @traitlets.validate("goals")
    def _check_goals(self, proposal: dict) -> list[dict]:
        for index, goal in enumerate(proposal["value"]):
            known = isinstance(goal, dict) and {"id", "text", "kind"} <= goal.keys()
            if not known or goal["kind"] not in GOAL_KINDS:
                kinds = ", ".join(GOAL_KINDS)
                raise TraitError(TEXT["goal"].format(index=index, kinds=kinds, goal=goal))
        return proposal["value"]

    @traitlets.observe("x", "axes", "groups")
    def _keep_inside(self, change: dict) -> None:
        shape = np.shape(self.x)
        if shape[1] % self.groups:
            self.groups = 1
        if len(self.running) and len(self.running) != self._columns().shape[1]:
            self.running = []
        inside = [min(v, n - 1) for v, n in zip(self.selected, shape, strict=True)]
        if self.selected != inside:
            self.selected = inside

    def static_html(self) -> str:
        """Draw x with the followed value's set outlined, and tell its result."""
        marked = np.argwhere(self.members()).tolist()
        figures = [
            figure(
                image,
                TEXT["title"].format(image=n + 1),
                "input",
                blank_pixels,
                [(c, p) for i, c, p in marked if i == n],
            )
            for n, image in enumerate(self.x)
        ]
        mean, variance = (number(value) for value in self.statistics())
        n, c, p = self.selected
        name = TEXT["names"][normed.name(self.axes, self.groups, len(self.x[0]))]
        axes = ", ".join(TEXT["axis_names"][axis] for axis in self.axes) or TEXT["no_axes"]
        by_running = not self.training and 0 in self.axes
        told = TEXT["secret" if self.concealed else "eval" if by_running else "train"].format(
            name=name.format(groups=self.groups, axes=axes),
            **{"n": n + 1, "c": c + 1, "p": p + 1, "m": self.set_size()},
            **{"x": number(self.x[n][c][p]), "y": number(self.output()[n, c, p])},
            **{"mean": mean, "variance": variance},
        )
        return f"{''.join(figures)}<p>{html.escape(told)}</p>"


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(str(n) for n in shape)


def _block(values: object) -> list[list[list[float]]]:
    """Return a 3-D array or nested list as nested lists of plain numbers."""
    values = values.tolist() if isinstance(values, np.ndarray) else values
    if not isinstance(values, list | tuple) or not values:
        raise TraitError(TEXT["block"].format(value=values))
    images = [
        grid(image, TEXT["image"].format(image=n + 1), max(MOST)) for n, image in enumerate(values)
    ]
    first = np.shape(images[0])
    for n, image in enumerate(images):
        if np.shape(image) != first:
            sizes = {"first": _by(first), "other": _by(np.shape(image)), "image": n + 1}
            raise TraitError(TEXT["uneven"].format(**sizes))
    shape = len(images), *first
    if any(size > most for size, most in zip(shape, MOST, strict=True)):
        raise TraitError(TEXT["many"].format(most=_by(MOST), given=_by(shape)))
    return images
