"""Pool router: pool a grid, choose an output, see its gradient routed back to the inputs."""

import html
from copy import deepcopy

import numpy as np
import traitlets
from traitlets import TraitError

from cnnbook.live import Live
from cnnbook.widgets import pooled
from cnnbook.widgets.grids import blank_pixels, figure, grid, number
from cnnbook.widgets.pool_goals import GOAL_KINDS, GOALS

MOST = {"side": 7, "outputs": 8}
RANGES = {"kernel_size": (1, 4), "stride": (1, 4), "padding": (0, 2), "output_size": (1, 7)}
CHOICES = {"pool": pooled.POOLS, "windows": pooled.WINDOWS, "view": ("one", "all")}
START = [  # digits; the window at rows 3-4, columns 1-2 has its maximum twice
    [1, 3, 2, 0, 6, 1],
    [4, 0, 1, 5, 2, 3],
    [2, 7, 3, 1, 0, 4],
    [7, 1, 0, 2, 8, 5],
    [0, 2, 9, 4, 1, 3],
    [5, 6, 1, 3, 2, 7],
]
TEXT = {
    "whole": "{name} must be {low} to {high}, got {value}",
    "choice": "{name} must be one of {choices}, got {value!r}",
    "place": "selected wants [] or [row, column], two whole numbers from 0, got {value!r}",
    "outside": "selected {place} lies outside an output of {rows} x {cols}",
    "dy": "dy must have the shape of y, {rows} x {cols}, got {given_rows} x {given_cols}",
    "misfit": "x of {rows} x {cols} cannot be pooled so: {why}",
    "goal": "goal {index} wants the keys id, text and kind, one of {kinds}; got {goal!r}",
    "goal_number": "goal {id!r}: {key} must be a whole number from 1, got {value!r}",
    "input": "x, {rows} × {cols}",
    "output": "y, {rows} × {cols}",
    "gradient": "dx, {rows} × {cols}",
    "fixed": "{pool} pooling, window {kernel_size} × {kernel_size}, stride {stride}, padding"
    " {padding}{extras}.",
    "global": "Global {pool} pooling: one window, the whole input.",
    "adaptive": "Adaptive {pool} pooling to {output_size} × {output_size} outputs.",
    "ceil_mode": ", ceil_mode",
    "not_counted": ", padding not counted",
    "one": "The gradient of output row {row}, column {col} (outlined), which is {dy}, goes back"
    " to the inputs as dx shows; {arrived} of it arrives.",
    "all": "The gradients of all outputs add up to {dy}; {arrived} of that arrives at the inputs.",
    "secret": "Where the gradients go, the page asks you to predict.",
}


class PoolRouter(Live, source=__file__):
    """Pool a grid of numbers, and see each output's gradient go back to the inputs.

    Args:
        traits: any trait by name, for example `PoolRouter(x=[[1, 2], [2, 0]], pool="average")`.
            Without `stride` it is `kernel_size`, as in torch.

    Raises:
        TraitError: if a value is no grid of numbers or out of range, or the windows do not fit.
    """

    x = traitlets.Any().tag(sync=True)
    pool = traitlets.Unicode("max").tag(sync=True)
    windows = traitlets.Unicode("fixed").tag(sync=True)
    kernel_size = traitlets.Int(2).tag(sync=True)
    stride = traitlets.Int(2).tag(sync=True)
    padding = traitlets.Int(0).tag(sync=True)
    ceil_mode = traitlets.Bool(False).tag(sync=True)
    count_include_pad = traitlets.Bool(True).tag(sync=True)
    output_size = traitlets.Int(4).tag(sync=True)
    dy = traitlets.Any([]).tag(sync=True)  # [] is a gradient of 1 for every output
    selected = traitlets.List([0, 0]).tag(sync=True)  # output whose route is shown, [] for none
    view = traitlets.Unicode("one").tag(sync=True)  # gradient of the chosen output, or of all
    concealed = traitlets.Bool(False).tag(sync=True)  # true: where gradients go is covered
    goals = traitlets.List().tag(sync=True)
    reached = traitlets.List(traitlets.Unicode()).tag(sync=True)  # ids of goals, set by the page

    def __init__(self, **traits: object) -> None:
        """Take any trait by name."""
        low, high = RANGES["stride"]
        if traits.get("kernel_size") in range(low, high + 1):
            traits.setdefault("stride", traits["kernel_size"])
        super().__init__(**traits)

    def output(self) -> np.ndarray:
        """Pool x with `cnnbook.reference`: y (h_out, w_out)."""
        return self._pooled()[0]

    def gradient(self) -> np.ndarray:
        """Return dy (h_out, w_out), the gradient of each output."""
        return np.array(self.dy, dtype=float) if len(self.dy) else np.ones(self.output().shape)

    def backward(self) -> np.ndarray:
        """Send the gradients of all outputs back with `cnnbook.reference`: dx (h, w)."""
        return self._pooled()[1](self.gradient())

    def route(self) -> np.ndarray:
        """Send the gradient of the chosen output back, and no other: dx (h, w)."""
        dy = self.gradient()
        alone = np.zeros_like(dy)
        if self.selected:
            alone[tuple(self.selected)] = dy[tuple(self.selected)]
        return self._pooled()[1](alone)

    def _pooled(self) -> tuple:
        return pooled.pool(np.array(self.x, dtype=float), **self._settings())

    def _settings(self, **changes: object) -> dict:
        return {name: changes.get(name, getattr(self, name)) for name in pooled.SETTINGS}

    def _output_shape(self, **changes: object) -> tuple[int, int]:
        """Count the output's rows and columns, as they are or with some traits changed."""
        x = np.array(grid(changes.pop("x", self.x), "x", MOST["side"]), dtype=float)
        try:
            return pooled.pool(x, **self._settings(**changes))[0].shape
        except ValueError as error:
            rows, cols = x.shape
            raise TraitError(TEXT["misfit"].format(rows=rows, cols=cols, why=error)) from None

    @traitlets.default("x")
    def _default_x(self) -> list[list[int]]:
        return deepcopy(START)

    @traitlets.default("goals")
    def _default_goals(self) -> list[dict]:
        return deepcopy(GOALS)

    @traitlets.validate("x")
    def _check_x(self, proposal: dict) -> list[list[float]]:
        x = grid(proposal["value"], "x", MOST["side"])
        self._output_shape(x=x)
        return x

    @traitlets.validate(*RANGES)
    def _check_number(self, proposal: dict) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = RANGES[name]
        if not low <= value <= high:
            raise TraitError(TEXT["whole"].format(name=name, low=low, high=high, value=value))
        self._output_shape(**{name: value})
        return value

    @traitlets.validate(*CHOICES)
    def _check_choice(self, proposal: dict) -> str:
        name, value = proposal["trait"].name, proposal["value"]
        if value not in CHOICES[name]:
            choices = ", ".join(CHOICES[name])
            raise TraitError(TEXT["choice"].format(name=name, choices=choices, value=value))
        if name == "windows":
            self._output_shape(windows=value)
        return value

    @traitlets.validate("ceil_mode")
    def _check_ceil_mode(self, proposal: dict) -> bool:
        self._output_shape(ceil_mode=proposal["value"])
        return proposal["value"]

    @traitlets.validate("dy")
    def _check_dy(self, proposal: dict) -> list[list[float]]:
        value = proposal["value"]
        if isinstance(value, list | tuple) and not len(value):
            return []
        dy = grid(value, "dy", MOST["outputs"])
        (rows, cols), (given_rows, given_cols) = self._output_shape(), np.shape(dy)
        if (rows, cols) != (given_rows, given_cols):
            sizes = {"given_rows": given_rows, "given_cols": given_cols}
            raise TraitError(TEXT["dy"].format(rows=rows, cols=cols, **sizes))
        return dy

    @traitlets.validate("selected")
    def _check_selected(self, proposal: dict) -> list[int]:
        place = proposal["value"]
        if not place:
            return place
        if len(place) != 2 or not all(type(v) is int and v >= 0 for v in place):
            raise TraitError(TEXT["place"].format(value=place))
        rows, cols = self._output_shape()
        if place[0] >= rows or place[1] >= cols:
            raise TraitError(TEXT["outside"].format(place=place, rows=rows, cols=cols))
        return place

    @traitlets.validate("goals")
    def _check_goals(self, proposal: dict) -> list[dict]:
        for index, goal in enumerate(proposal["value"]):
            known = isinstance(goal, dict) and {"id", "text", "kind"} <= goal.keys()
            if not known or goal["kind"] not in GOAL_KINDS:
                kinds = ", ".join(GOAL_KINDS)
                raise TraitError(TEXT["goal"].format(index=index, kinds=kinds, goal=goal))
            key = GOAL_KINDS[goal["kind"]]
            if key in goal and (type(goal[key]) is not int or goal[key] < 1):
                values = {"id": goal["id"], "key": key, "value": goal[key]}
                raise TraitError(TEXT["goal_number"].format(**values))
        return proposal["value"]

    @traitlets.observe("x", *pooled.SETTINGS)
    def _keep_inside(self, change: dict) -> None:
        shape = self._output_shape()
        if len(self.dy) and np.shape(self.dy) != shape:
            self.dy = []
        if len(self.selected) == 2:
            self.selected = [min(v, n - 1) for v, n in zip(self.selected, shape, strict=True)]

    def static_html(self) -> str:
        """Draw x, y and the gradient that the chosen view shows, with a sentence."""
        extras = TEXT["ceil_mode"] * self.ceil_mode
        extras += TEXT["not_counted"] * (self.pool == "average" and not self.count_include_pad)
        words = TEXT[self.windows].format(extras=extras, **self._settings())
        x, y, at = np.array(self.x, dtype=float), self.output(), [tuple(self.selected)]
        one = self.view == "one" and bool(self.selected)
        read = [tuple(cell) for cell in self._window().tolist()] if one else []
        figures = [
            figure(x, _title("input", x), "input", blank_pixels, read),
            figure(y, _title("output", y), "output", blank_pixels, at if one else []),
        ]
        if self.concealed:
            told = TEXT["secret"]
        else:
            dx, dy = (self.route(), self.gradient()[at[0]]) if one else (self.backward(), None)
            sums = {"dy": number(self.gradient().sum() if dy is None else dy)}
            place = {"row": at[0][0] + 1, "col": at[0][1] + 1} if one else {}
            told = TEXT["one" if one else "all"].format(arrived=number(dx.sum()), **sums, **place)
            figures.append(figure(dx, _title("gradient", dx), "gradient", blank_pixels))
        return f"{''.join(figures)}<p>{html.escape(f'{words[0].upper()}{words[1:]} {told}')}</p>"

    def _window(self) -> np.ndarray:
        """List the cells of x that the chosen output reads: (cells, 2)."""
        mean = pooled.pool(np.array(self.x, dtype=float), **self._settings(pool="average"))
        dy = np.zeros_like(mean[0])
        dy[tuple(self.selected)] = 1
        return np.argwhere(mean[1](dy) > 0)


def _title(part: str, values: np.ndarray) -> str:
    return TEXT[part].format(rows=values.shape[0], cols=values.shape[1])
