"""Conv explorer: choose an image and a kernel, see how every output is summed from its window."""

import html
from copy import deepcopy

import numpy as np
import traitlets
from traitlets import TraitError

from cnnbook.live import Live
from cnnbook.reference import conv2d
from cnnbook.shapes import output_size
from cnnbook.widgets.grids import (
    blank_pixels,
    figure,
    grey_pixels,
    grid,
    number,
    signed_pixels,
)
from cnnbook.widgets.samples import KERNELS, LETTER, RAMP_AND_STEP, small_photograph

MOST = {"side": 96, "kernel": 7, "step": 16}
GOAL_KINDS = {  # kind -> what else such a goal must say
    "output_shape": ("shape",),
    "same_shape": (),
    "flat_zero": (),
    "unread": (),
    "flip_same": (),
}
GOALS = [
    {
        "id": "three-by-three",
        "text": "From the 7 × 7 image and with a 3 × 3 kernel, make the output exactly 3 × 3.",
        "kind": "output_shape",
        "shape": [3, 3],
        "image_shape": [7, 7],
        "kernel_shape": [3, 3],
    },
    {
        "id": "edges-only",
        "text": "Find a kernel whose output is 0 wherever the image is flat,"
        " at any brightness, yet is not 0 everywhere.",
        "kind": "flat_zero",
    },
    {
        "id": "unread",
        "text": "Make at least one image cell be read by no output.",
        "kind": "unread",
    },
]
TEXT = {
    "yours": "yours",
    "names": ("letter L", "ramp and step", "photograph"),
    "no_image": "image_name {name!r} is none of the images: {names}",
    "images": "images wants at least one named grid, got {value!r}",
    "step": "{name} must be {least} to {most}, got {value}",
    "place": "{name} wants [] or [row, column], two whole numbers from 0, got {value!r}",
    "outside": "{name} {place} lies outside a map of {rows} x {cols}",
    "image": "image {name!r}",
    "preset": "kernel preset {name!r}",
    "misfit": "image {name!r}: {why}",
    "goal": "goal {index} wants the keys id, text and kind, one of {kinds}; got {goal!r}",
    "goal_key": "goal {id!r} of kind {kind} also wants {key!r}",
    "input": "Input, {rows} × {cols}",
    "kernel": "Kernel, {rows} × {cols}",
    "output": "Output, {rows} × {cols}",
    "sentence": "Each output is a sum of products: output row {row}, column {col} is {terms} ="
    " {value}, from the {count} cells of its window (outlined) and the {count} kernel weights"
    " (stride {stride}, padding {padding}, dilation {dilation}).",
    "long": "the sum of {count} products",
    "secret": "a value that the page asks you to predict",
}


class ConvExplorer(Live, source=__file__):
    """Slide a kernel over an image and see each output as a sum of products.

    Args:
        image: the reader's own 2-D image, at most 96 x 96; it is named "yours" and shown first.
        kernel: 2-D, 1 to 7 cells a side.
        traits: any other trait by name, for example `stride=2`.

    Raises:
        TraitError: if a value is no grid of numbers, out of range, or the kernel does not fit.
    """

    images = traitlets.Dict().tag(sync=True)
    image_name = traitlets.Unicode().tag(sync=True)
    kernel = traitlets.Any().tag(sync=True)
    kernel_presets = traitlets.Dict().tag(sync=True)
    stride = traitlets.Int(1).tag(sync=True)
    padding = traitlets.Int(0).tag(sync=True)
    dilation = traitlets.Int(1).tag(sync=True)
    flip = traitlets.Bool(False).tag(sync=True)  # true: the kernel is turned by 180 degrees first
    selected = traitlets.List([1, 2]).tag(sync=True)  # output shown, [] for none
    probe = traitlets.List([]).tag(sync=True)  # input cell whose readers are shown, [] for none
    concealed = traitlets.Bool(False).tag(sync=True)  # true: outputs are shown as "?"
    goals = traitlets.List().tag(sync=True)
    reached = traitlets.List(traitlets.Unicode()).tag(sync=True)  # ids of goals, set by the page

    def __init__(self, image: object = None, **traits: object) -> None:
        """Take the reader's image, if there is one, and any trait by name."""
        if image is not None:
            own = {TEXT["yours"]: image}
            traits["images"] = own | dict(traits.get("images") or self._default_images())
            traits.setdefault("image_name", TEXT["yours"])
        super().__init__(**traits)

    def load(self, image: object, name: str = TEXT["yours"]) -> None:
        """Add the reader's own 2-D image under a name, and show it."""
        with self.hold_trait_notifications():
            self.images = {name: image} | {k: v for k, v in self.images.items() if k != name}
            self.image_name = name

    def output(self) -> np.ndarray:
        """Compute the output map (h_out, w_out) with `cnnbook.reference`."""
        x = np.asarray(self.images[self.image_name], dtype=float)
        weight = np.asarray(self.kernel, dtype=float)
        weight = weight[::-1, ::-1] if self.flip else weight
        steps = {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}
        y, _ = conv2d(x[None, None], weight[None, None], **steps)
        return y[0, 0]

    def output_shape(self, **changes: object) -> tuple[int, int]:
        """Count the output's rows and columns, as they are or with some traits changed.

        Raises:
            TraitError: if the kernel does not fit on the padded image.
        """
        names = ("images", "image_name", "kernel", "stride", "padding", "dilation")
        images, name, kernel, *steps = (changes.get(key, getattr(self, key)) for key in names)
        if name not in images:
            raise TraitError(TEXT["no_image"].format(name=name, names=", ".join(images)))
        # several traits set at once are checked in any order: these two may be unchecked yet
        image = grid(images[name], TEXT["image"].format(name=name), MOST["side"])
        shapes = np.shape(image), np.shape(grid(kernel, "kernel", MOST["kernel"]))
        try:
            rows, cols = (output_size(*sizes, *steps) for sizes in zip(*shapes, strict=True))
        except ValueError as error:
            raise TraitError(TEXT["misfit"].format(name=name, why=error)) from None
        return rows, cols

    @traitlets.default("images")
    def _default_images(self) -> dict:
        return dict(zip(TEXT["names"], (LETTER, RAMP_AND_STEP, small_photograph()), strict=True))

    @traitlets.default("image_name")
    def _default_image_name(self) -> str:
        return next(iter(self.images))

    @traitlets.default("kernel")
    def _default_kernel(self) -> list[list[float]]:
        return deepcopy(KERNELS["emboss"])

    @traitlets.default("kernel_presets")
    def _default_kernel_presets(self) -> dict:
        return deepcopy(KERNELS)

    @traitlets.default("goals")
    def _default_goals(self) -> list[dict]:
        return deepcopy(GOALS)

    @traitlets.validate("images")
    def _check_images(self, proposal: dict) -> dict:
        if not proposal["value"]:
            raise TraitError(TEXT["images"].format(value=proposal["value"]))
        images = {
            str(name): grid(image, TEXT["image"].format(name=name), MOST["side"])
            for name, image in proposal["value"].items()
        }
        self.output_shape(images=images)
        return images

    @traitlets.validate("image_name")
    def _check_image_name(self, proposal: dict) -> str:
        self.output_shape(image_name=proposal["value"])
        return proposal["value"]

    @traitlets.validate("kernel")
    def _check_kernel(self, proposal: dict) -> list[list[float]]:
        kernel = grid(proposal["value"], "kernel", MOST["kernel"])
        self.output_shape(kernel=kernel)
        return kernel

    @traitlets.validate("kernel_presets")
    def _check_presets(self, proposal: dict) -> dict:
        return {
            str(name): grid(kernel, TEXT["preset"].format(name=name), MOST["kernel"])
            for name, kernel in proposal["value"].items()
        }

    @traitlets.validate("stride", "padding", "dilation")
    def _check_step(self, proposal: dict) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        least = 0 if name == "padding" else 1
        if not least <= value <= MOST["step"]:
            text = TEXT["step"].format(name=name, least=least, most=MOST["step"], value=value)
            raise TraitError(text)
        self.output_shape(**{name: value})
        return value

    @traitlets.validate("selected", "probe")
    def _check_place(self, proposal: dict) -> list[int]:
        name, value = proposal["trait"].name, proposal["value"]
        if not value:
            return value
        if len(value) != 2 or not all(type(v) is int and v >= 0 for v in value):
            raise TraitError(TEXT["place"].format(name=name, value=value))
        rows, cols = self._sides(name)
        if value[0] >= rows or value[1] >= cols:
            text = TEXT["outside"].format(name=name, place=value, rows=rows, cols=cols)
            raise TraitError(text)
        return value

    @traitlets.validate("goals")
    def _check_goals(self, proposal: dict) -> list[dict]:
        for index, goal in enumerate(proposal["value"]):
            known = isinstance(goal, dict) and {"id", "text", "kind"} <= goal.keys()
            if not known or goal["kind"] not in GOAL_KINDS:
                kinds = ", ".join(GOAL_KINDS)
                raise TraitError(TEXT["goal"].format(index=index, kinds=kinds, goal=goal))
            for key in GOAL_KINDS[goal["kind"]]:
                if key not in goal:
                    raise TraitError(TEXT["goal_key"].format(key=key, **goal))
        return proposal["value"]

    @traitlets.observe("images", "image_name", "kernel", "stride", "padding", "dilation")
    def _keep_inside(self, change: dict) -> None:
        for name in ("selected", "probe"):
            place = getattr(self, name)
            if len(place) == 2:
                sides = self._sides(name)
                setattr(self, name, [min(v, n - 1) for v, n in zip(place, sides, strict=True)])

    def _sides(self, name: str) -> tuple[int, int]:
        shape = self.output_shape()
        return shape if name == "selected" else np.shape(self.images[self.image_name])

    def static_html(self) -> str:
        """Draw input, kernel and output of the selected cell, with a sentence that sums it."""
        image = np.asarray(self.images[self.image_name], dtype=float)
        kernel = np.asarray(self.kernel, dtype=float)
        used = kernel[::-1, ::-1] if self.flip else kernel
        output = self.output()
        (rows, cols), (i, j) = image.shape, self.selected or (0, 0)
        down, across = (
            [at * self.stride - self.padding + k * self.dilation for k in range(length)]
            for at, length in zip((i, j), kernel.shape, strict=True)
        )
        cells = [(r, c) for r in down for c in across]
        inside = [(r, c) for r, c in cells if 0 <= r < rows and 0 <= c < cols]
        values = [image[at] if at in inside else 0.0 for at in cells]
        products = (f"{_factor(x)}·{_factor(w)}" for x, w in zip(values, used.flat, strict=True))
        long = TEXT["long"].format(count=kernel.size)
        sentence = TEXT["sentence"].format(
            row=i + 1,
            col=j + 1,
            count=kernel.size,
            terms=long if self.concealed or kernel.size > 9 else " + ".join(products),
            value=TEXT["secret"] if self.concealed else number(output[i, j]),
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
        )
        figures = [
            figure(image, title("input", image), "input", grey_pixels, inside),
            figure(kernel, title("kernel", kernel), "kernel", blank_pixels),
        ]
        if not self.concealed:
            paint = signed_pixels
            figures.append(figure(output, title("output", output), "output", paint, [(i, j)]))
        return f"{''.join(figures)}<p>{html.escape(sentence)}</p>"


def _factor(value: float) -> str:
    return f"({number(value)})" if value < 0 else number(value)


def title(part: str, values: np.ndarray) -> str:
    """Caption a map with its name and size."""
    return TEXT[part].format(rows=values.shape[0], cols=values.shape[1])
