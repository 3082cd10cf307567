"""Kernels on a photograph: original and result under one divider, measured as the reader types."""

import base64
import binascii
import html
from collections.abc import Sequence
from copy import deepcopy

import numpy as np
import traitlets
from traitlets import TraitError

from cnnbook.data import photograph
from cnnbook.live import Live
from cnnbook.reference import conv2d
from cnnbook.widgets.grids import grid, number, png, signed_pixels
from cnnbook.widgets.samples import KERNELS, PHOTOS, shrink

MOST = {"side": 160, "kernel": 7}
OWN = "your own"
BORDER = 4  # cells that ranges and scores leave out
MAGNITUDE = "Sobel magnitude"
NAMED = {name: k for name, k in KERNELS.items() if np.shape(k) == (3, 3)} | {
    MAGNITUDE: KERNELS["Sobel x"]
}
FIRST = ("cameraman", "cat", "bricks")  # without an argument: each photograph is 25 KB of page
VIEWS = ("signed", "absolute", "clipped")
GOAL_KINDS = {"keep_horizontal": "leak", "restore": "error"}  # kind -> the limit it must name
GOALS = [
    {
        "id": "keep-horizontal",
        "text": "Type a kernel of your own that keeps horizontal edges and weakens vertical ones"
        " to at most 40 % of that strength.",
        "kind": "keep_horizontal",
        "leak": 0.4,
    },
    {
        "id": "undo-blur",
        "text": "Blur the photograph first, then find a kernel after which at most 75 % of the"
        " blur's error remains. (Full `sharpen` overshoots.)",
        "kind": "restore",
        "error": 0.75,
    },
]
TEXT = {
    "photo_name": "photo {name!r} is none of the photos: {names}",
    "unknown": "there is no photograph {name!r}; those that ship with the book are {names}",
    "photos": "photos wants at least one photograph, got {value!r}",
    "photo": "photo {name!r} wants rows, cols (1 to {most}) and data, base64 of rows x cols bytes;"
    " got {rows} x {cols} and {count} bytes",
    "bytes": "photo {name!r} wants whole numbers from 0 to 255, got {low} to {high}",
    "odd": "kernel wants odd sides, so that the result keeps the photograph's size;"
    " got {rows} x {cols}",
    "kernel_name": "kernel_name must be one of {names}, got {value!r}",
    "view": "view must be one of {views}, got {value!r}",
    "wipe": "wipe must be 0 to 1, got {value}",
    "goal": "goal {index} wants the keys id, text, kind and the limit of its kind, one of {kinds};"
    " got {goal!r}",
    "sentence": "Left the photograph “{photo}”, right what the kernel {name} makes of it"
    " ({rows} × {cols} weights: {weights}); values from {low} to {high}"
    " away from the border, which zeros surround.",
    "alt": ("the photograph", "the result"),
}


def pack(pixels: np.ndarray) -> dict:
    """Write grey (H, W) bytes as the widget keeps them: rows, cols and base64 data."""
    data = base64.b64encode(np.ascontiguousarray(pixels, dtype=np.uint8).tobytes()).decode()
    return {"rows": pixels.shape[0], "cols": pixels.shape[1], "data": data}


def unpack(photo: dict) -> np.ndarray:
    """Undo `pack`."""
    raw = np.frombuffer(base64.b64decode(photo["data"]), dtype=np.uint8)
    return raw.reshape(photo["rows"], photo["cols"])


def shipped(name: str) -> dict:
    """Load a photograph of the book, at most 160 wide and 4 to 3, and pack it."""
    image = photograph(PHOTOS[name])
    image = image[: round(image.shape[1] * 3 / 4)]  # squares keep their upper three quarters
    rows = round(image.shape[0] * MOST["side"] / image.shape[1])
    return pack(np.rint(shrink(image, rows, MOST["side"])))


class KernelsOnPhoto(Live, source=__file__):
    """Filter a photograph with a kernel and compare original and result under one divider.

    Args:
        photos: names of shipped photographs (cameraman, astronaut, coffee, cat, bricks), or a dict
            from name to a grey 2-D array of 0 to 255, at most 160 x 160. Three, if not given.
        traits: any other trait by name, for example `kernel=[[0, 0, 0], [0, 2, 0], [0, 0, 0]]`.

    Raises:
        TraitError: if a photograph, the kernel or a goal is not what it should be.
    """

    photos = traitlets.Dict().tag(sync=True)  # name -> {rows, cols, data}
    photo = traitlets.Unicode().tag(sync=True)
    kernel = traitlets.Any().tag(sync=True)
    kernel_name = traitlets.Unicode("Sobel x").tag(sync=True)
    blur_first = traitlets.Bool(False).tag(sync=True)
    view = traitlets.Unicode("signed").tag(sync=True)
    wipe = traitlets.Float(0.5).tag(sync=True)  # where the divider stands, 0 left to 1 right
    goals = traitlets.List().tag(sync=True)
    reached = traitlets.List(traitlets.Unicode()).tag(sync=True)  # ids of goals, set by the page

    def __init__(self, photos: list[str] | dict | None = None, **traits: object) -> None:
        """Take shipped photographs by name, or the reader's own, and any trait by name."""
        if photos is not None:
            traits["photos"] = photos if isinstance(photos, dict) else _by_name(photos)
        if "kernel" in traits:
            traits.setdefault("kernel_name", OWN)
        elif traits.get("kernel_name") in NAMED:
            traits["kernel"] = deepcopy(NAMED[traits["kernel_name"]])
        super().__init__(**traits)

    def result(self) -> np.ndarray:
        """Filter the photograph with `cnnbook.reference`; (H, W), not clipped."""
        x = unpack(self.photos[self.photo]).astype(float)
        if self.blur_first:
            x = _same(x, KERNELS["Gaussian blur"])
        if self.kernel_name == MAGNITUDE:
            return np.hypot(_same(x, KERNELS["Sobel x"]), _same(x, KERNELS["Sobel y"]))
        return _same(x, self.kernel)

    @traitlets.default("photos")
    def _default_photos(self) -> dict:
        return _by_name(FIRST)

    @traitlets.default("photo")
    def _default_photo(self) -> str:
        return next(iter(self.photos))

    @traitlets.default("kernel")
    def _default_kernel(self) -> list[list[float]]:
        return deepcopy(KERNELS["Sobel x"])

    @traitlets.default("goals")
    def _default_goals(self) -> list[dict]:
        return deepcopy(GOALS)

    @traitlets.validate("photos")
    def _check_photos(self, proposal: dict) -> dict:
        if not proposal["value"]:
            raise TraitError(TEXT["photos"].format(value=proposal["value"]))
        photos = {str(name): _checked(name, photo) for name, photo in proposal["value"].items()}
        if self.photo not in photos:
            names = ", ".join(photos)
            raise TraitError(TEXT["photo_name"].format(name=self.photo, names=names))
        return photos

    @traitlets.validate("photo")
    def _check_photo(self, proposal: dict) -> str:
        if proposal["value"] not in self.photos:
            names = ", ".join(self.photos)
            raise TraitError(TEXT["photo_name"].format(name=proposal["value"], names=names))
        return proposal["value"]

    @traitlets.validate("kernel")
    def _check_kernel(self, proposal: dict) -> list[list[float]]:
        kernel = grid(proposal["value"], "kernel", MOST["kernel"])
        if len(kernel) % 2 == 0 or len(kernel[0]) % 2 == 0:
            raise TraitError(TEXT["odd"].format(rows=len(kernel), cols=len(kernel[0])))
        return kernel

    @traitlets.validate("kernel_name")
    def _check_kernel_name(self, proposal: dict) -> str:
        if proposal["value"] not in (*NAMED, OWN):
            names = ", ".join((*NAMED, OWN))
            raise TraitError(TEXT["kernel_name"].format(names=names, value=proposal["value"]))
        return proposal["value"]

    @traitlets.validate("view")
    def _check_view(self, proposal: dict) -> str:
        if proposal["value"] not in VIEWS:
            views = ", ".join(VIEWS)
            raise TraitError(TEXT["view"].format(views=views, value=proposal["value"]))
        return proposal["value"]

    @traitlets.validate("wipe")
    def _check_wipe(self, proposal: dict) -> float:
        if not 0 <= proposal["value"] <= 1:
            raise TraitError(TEXT["wipe"].format(value=proposal["value"]))
        return proposal["value"]

    @traitlets.validate("goals")
    def _check_goals(self, proposal: dict) -> list[dict]:
        for index, goal in enumerate(proposal["value"]):
            known = isinstance(goal, dict) and {"id", "text", "kind"} <= goal.keys()
            if not known or GOAL_KINDS.get(goal["kind"]) not in goal:
                kinds = ", ".join(GOAL_KINDS)
                raise TraitError(TEXT["goal"].format(index=index, kinds=kinds, goal=goal))
        return proposal["value"]

    def static_html(self) -> str:
        """Show the photograph beside the result, with a sentence that names the kernel."""
        result = self.result()
        before = unpack(self.photos[self.photo])
        # the zeros around the photograph would outshine it: colours span what is inside
        inside = result[BORDER:-BORDER, BORDER:-BORDER] if min(result.shape) > 16 else result
        peak = float(np.abs(inside).max()) or 1.0
        after = {
            "signed": signed_pixels(np.clip(result, -peak, peak)),
            "absolute": np.minimum(np.abs(result) / peak, 1) * 255,
            "clipped": np.clip(result, 0, 255),
        }[self.view]
        pictures = "".join(
            # 16 levels: half the bytes, and enough for a small print
            f'<img src="{png(np.asarray(image) // 16 * 17)}" alt="{alt}" width="320"'
            ' style="max-width:48%;image-rendering:pixelated;margin:0 1% 0 0">'
            for image, alt in zip((before, after), TEXT["alt"], strict=True)
        )
        kernel = np.asarray(self.kernel, dtype=float)
        sentence = TEXT["sentence"].format(
            photo=self.photo,
            name=self.kernel_name,
            rows=kernel.shape[0],
            cols=kernel.shape[1],
            weights="; ".join(" ".join(map(number, row)) for row in kernel),
            low=number(np.round(inside.min(), 1)),
            high=number(np.round(inside.max(), 1)),
        )
        return f"<div>{pictures}</div><p>{html.escape(sentence)}</p>"


def _same(x: np.ndarray, kernel: list[list[float]]) -> np.ndarray:
    weight = np.asarray(kernel, dtype=float)
    y, _ = conv2d(x[None, None], weight[None, None], padding="same")
    return y[0, 0]


def _by_name(names: Sequence[str]) -> dict:
    for name in names:
        if name not in PHOTOS:
            raise TraitError(TEXT["unknown"].format(name=name, names=", ".join(PHOTOS)))
    return {name: shipped(name) for name in names}


def _checked(name: str, photo: object) -> dict:
    """Return a photograph as the widget keeps it, from that form or from an array of grey values.

    Raises:
        TraitError: if it is neither.
    """
    if not isinstance(photo, dict):
        values = np.asarray(grid(photo, f"photo {name!r}", MOST["side"]))
        low, high = values.min(), values.max()
        if low < 0 or high > 255 or (values != np.round(values)).any():
            raise TraitError(TEXT["bytes"].format(name=name, low=low, high=high))
        return pack(values)
    rows, cols = photo.get("rows"), photo.get("cols")
    try:
        count = len(base64.b64decode(photo.get("data", ""), validate=True))
    except (TypeError, ValueError, binascii.Error):
        count = 0
    sides = all(type(n) is int and 1 <= n <= MOST["side"] for n in (rows, cols))
    if not sides or rows * cols != count:
        text = TEXT["photo"].format(name=name, most=MOST["side"], rows=rows, cols=cols, count=count)
        raise TraitError(text)
    return {"rows": rows, "cols": cols, "data": photo["data"]}
