"""A fit to noisy samples: capacity, samples, noise and ridge against every kind of error."""

import html
import math
from copy import deepcopy

import numpy as np
import traitlets
from traitlets import TraitError

from cnnbook.live import Live
from cnnbook.style import PALETTE
from cnnbook.widgets import fitting
from cnnbook.widgets.fit_goals import GOAL_KINDS, GOALS
from cnnbook.widgets.fitting import CAPACITIES, CURVES, GRID, Measure, Setting
from cnnbook.widgets.grids import number

CHOICES = {"curve": tuple(CURVES), "family": tuple(CAPACITIES)}
LIMITS = {
    "degree": (0, fitting.MOST_DEGREE),
    "width": (1, fitting.MOST_WIDTH),
    "samples": (2, fitting.MOST_SAMPLES),
    "noise": (0, 0.6),
    "ridge": (0, 10),
    "seed": (0, 999),
}
HIGHEST = 2.5  # |y| of a sample that the reader places
TEXT = {
    "choice": "{name} must be one of {names}, got {value!r}",
    "limit": "{name} must be {low} to {high}, got {value}",
    "points": "points wants [] or {low} to {high} samples [x, y], got {value!r}",
    "point": "points: sample {index} is {value!r}, it wants [x, y] with x from -1 to 1 and y from"
    " -{highest} to {highest}",
    "selected": "selected must be -1 (none) or the index of one of {count} samples, got {value}",
    "goal": "goal {index} wants the keys id, text, kind and the limits of its kind ({kinds});"
    " got {goal!r}",
    "fitted": {
        "polynomial": "a polynomial of degree {capacity}",
        "relu": "a net of {capacity} random ReLU units",
    },
    "below": "below {chance}",
    "sentence": "{fitted} with {coefficients} coefficients, ridge {ridge}, fitted to {count}"
    " samples of the curve “{curve}” with noise {noise} (dots; dashed: the curve; line: the fit)."
    " Training error {train}, validation error {validation}. Over {refits} other draws:"
    " bias² {bias2} + variance {variance} + noise² {noise2} = expected error {expected}.",
    "secret": "{count} samples (dots) of the curve “{curve}” (dashed) with noise {noise}; {fitted}"
    " is fitted to them. The fit and its errors are covered until you have answered.",
}


class FitExplorer(Live, source=__file__):
    """Fit a polynomial or a small net to noisy samples; errors, bias² and variance are measured.

    Args:
        traits: any trait by name, for example `degree=3, samples=40`.

    Raises:
        TraitError: if a trait is not what it should be.
    """

    curve = traitlets.Unicode("wave").tag(sync=True)
    family = traitlets.Unicode("polynomial").tag(sync=True)
    degree = traitlets.Int(12).tag(sync=True)
    width = traitlets.Int(15).tag(sync=True)
    samples = traitlets.Int(15).tag(sync=True)
    noise = traitlets.Float(0.3).tag(sync=True)
    ridge = traitlets.Float(0.0).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)
    points = traitlets.List().tag(sync=True)  # the reader's own [x, y]; []: drawn
    selected = traitlets.Int(-1).tag(sync=True)  # the sample that keys move
    concealed = traitlets.Bool(False).tag(sync=True)  # true: fit and errors are covered
    goals = traitlets.List().tag(sync=True)
    reached = traitlets.List(traitlets.Unicode()).tag(sync=True)  # ids of goals, set by the page

    def setting(self, capacity: int | None = None) -> Setting:
        """Return what is fitted, at another capacity if one is given."""
        own = self.degree if self.family == "polynomial" else self.width
        count = len(self.points) or self.samples
        capacity = own if capacity is None else capacity
        return Setting(self.curve, self.family, capacity, count, self.noise, self.ridge)

    def sample(self) -> tuple[np.ndarray, np.ndarray]:
        """Return x and y of the samples, drawn or placed; (samples,) each."""
        if self.points:
            x, y = np.array(self.points, dtype=float).T
            return x, y
        return fitting.sample(self.curve, self.seed, self.samples, self.noise)

    def fit(self, x: np.ndarray) -> np.ndarray:
        """Return the values at x of the fit to the samples; (len(x),)."""
        now = self.setting()
        at, y = self.sample()
        columns = fitting.features(now.family, now.capacity, at)
        best = fitting.solve(columns, y, now.ridge)
        return fitting.features(now.family, now.capacity, np.asarray(x, float)) @ best

    def measure(self) -> Measure:
        """Measure the errors of the fit, and bias and variance over 100 other draws."""
        return fitting.measure(self.setting(), *self.sample())

    def measure_all(self) -> dict[int, Measure]:
        """Measure every capacity of the family's slider: capacity -> what `measure` returns."""
        return {
            capacity: fitting.measure(self.setting(capacity), *self.sample())
            for capacity in CAPACITIES[self.family]
        }

    @traitlets.default("goals")
    def _default_goals(self) -> list[dict]:
        return deepcopy(GOALS)

    @traitlets.validate(*CHOICES)
    def _check_choice(self, proposal: dict) -> str:
        name, value = proposal["trait"].name, proposal["value"]
        if value not in CHOICES[name]:
            names = ", ".join(CHOICES[name])
            raise TraitError(TEXT["choice"].format(name=name, names=names, value=value))
        return value

    @traitlets.validate(*LIMITS)
    def _check_limit(self, proposal: dict) -> float:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = LIMITS[name]
        if not low <= value <= high:
            raise TraitError(TEXT["limit"].format(name=name, low=low, high=high, value=value))
        return value

    @traitlets.validate("points")
    def _check_points(self, proposal: dict) -> list[list[float]]:
        value = proposal["value"]
        low, high = LIMITS["samples"]
        if value and not low <= len(value) <= high:
            given = f"{len(value)} of them"
            raise TraitError(TEXT["points"].format(low=low, high=high, value=given))
        for index, point in enumerate(value):
            if not _is_point(point):
                text = TEXT["point"].format(index=index, value=point, highest=HIGHEST)
                raise TraitError(text)
        return [[float(x), float(y)] for x, y in value]

    @traitlets.validate("selected")
    def _check_selected(self, proposal: dict) -> int:
        count = len(self.points) or self.samples
        if not -1 <= proposal["value"] < count:
            raise TraitError(TEXT["selected"].format(count=count, value=proposal["value"]))
        return proposal["value"]

    @traitlets.observe("points", "samples")
    def _keep_selected(self, change: dict) -> None:
        if self.selected >= (len(self.points) or self.samples):
            self.selected = -1

    @traitlets.validate("goals")
    def _check_goals(self, proposal: dict) -> list[dict]:
        for index, goal in enumerate(proposal["value"]):
            known = isinstance(goal, dict) and {"id", "text", "kind"} <= goal.keys()
            limits = GOAL_KINDS.get(goal["kind"]) if known else None
            if limits is None or not set(limits) <= goal.keys():
                kinds = "; ".join(
                    f"{kind}: {', '.join(names)}" for kind, names in GOAL_KINDS.items()
                )
                raise TraitError(TEXT["goal"].format(index=index, kinds=kinds, goal=goal))
        return proposal["value"]

    def static_html(self) -> str:
        """Draw samples, curve and fit, with a sentence that gives the errors."""
        now = self.setting()
        fitted = TEXT["fitted"][now.family].format(capacity=now.capacity)
        given = {"curve": now.curve, "noise": number(now.noise), "count": now.samples}
        if self.concealed:
            sentence = TEXT["secret"].format(fitted=fitted, **given)
        else:
            measured = self.measure()
            found = {name: _short(value) for name, value in vars(measured).items()}
            if measured.bias2 <= measured.chance:
                found["bias2"] = TEXT["below"].format(chance=_short(max(measured.chance, 1e-4)))
            sentence = TEXT["sentence"].format(
                fitted=fitted, ridge=f"{now.ridge:g}", refits=fitting.REFITS, **given, **found
            )
        sentence = sentence[0].upper() + sentence[1:]
        return f"{self._figure()}<p>{html.escape(sentence)}</p>"

    def _figure(self) -> str:
        """Draw samples, curve and, unless covered, the fit as inline SVG."""
        lines = [(CURVES[self.curve](GRID), "#55606b", ' stroke-dasharray="6 4"')]
        if not self.concealed:
            lines.append((self.fit(GRID), PALETTE["output"], ""))
        drawn = "".join(
            f'<polyline points="{" ".join(_place(*at) for at in zip(GRID, y, strict=True))}"'
            f' fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
            for y, colour, dash in lines
        )
        for x, y in zip(*self.sample(), strict=True):
            left, top = _place(x, y).split(",")
            drawn += f'<circle cx="{left}" cy="{top}" r="3.5" fill="{PALETTE["input"]}"/>'
        return (
            '<svg aria-hidden="true" viewBox="0 0 400 250" width="400"'
            ' style="max-width:100%;height:auto;background:#fff;border:1px solid #8a949e">'
            f"{drawn}</svg>"
        )


def _is_point(point: object) -> bool:
    if not isinstance(point, list | tuple | np.ndarray) or len(point) != 2:
        return False
    numbers = all(isinstance(v, int | float | np.number) and math.isfinite(v) for v in point)
    return numbers and abs(point[0]) <= 1 and abs(point[1]) <= HIGHEST


def _place(x: float, y: float) -> str:
    """Return where a point of the plane lies in the figure; beyond its edge, on it."""
    return f"{200 + 195 * x:.1f},{125 - 50 * float(np.clip(y, -HIGHEST, HIGHEST)):.1f}"


def _short(value: float) -> str:
    return f"{value:,.2f}" if value >= 10 else number(value)
