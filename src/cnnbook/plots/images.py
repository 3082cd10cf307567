"""Pictures: photographs, maps, small matrices with their numbers, kernels."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize, TwoSlopeNorm
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from cnnbook import style

Box = tuple[int, int, int, int]  # top, left, rows, columns


def signed_norm(values: np.ndarray) -> TwoSlopeNorm:
    """Norm whose white is exactly zero, with equal room on both sides."""
    peak = float(np.nanmax(np.abs(values), initial=0)) or 1.0
    return TwoSlopeNorm(vmin=-peak, vcenter=0.0, vmax=peak)


def image(
    values: np.ndarray,
    ax: Axes | None = None,
    title: str = "",
    norm: Normalize | None = None,
    cmap: str | Colormap = style.IMAGE,
) -> Axes:
    """Draw one channel, (H, W), or a colour image, (3, H, W) from 0 to 255."""
    values = np.asarray(values)
    ax = ax or plt.subplots(figsize=(4, 4))[1]
    if values.ndim == 3:
        ax.imshow(np.clip(values.transpose(1, 2, 0) / 255, 0, 1))
    else:
        ax.imshow(values, cmap=cmap, norm=norm)
    ax.set(title=title, xlabel="column (pixels)", ylabel="row (pixels)")
    return ax


def only_outer(ax: Axes) -> Axes:
    """Keep the ticks and labels of an image only at the edge of the figure; returns `ax`."""
    place = ax.get_subplotspec()
    if not place.is_last_row():
        ax.set(xlabel="", xticks=[])
    if not place.is_first_col():
        ax.set(ylabel="", yticks=[])
    return ax


def images(
    values: Mapping[str, np.ndarray],
    signed: bool = False,
    columns: int = 3,
    label: str = "grey level (0 to 255)",
    limits: tuple[float, float] | None = None,
) -> np.ndarray:
    """Draw images side by side under one norm and one colour bar.

    Args:
        values: title -> (H, W).
        signed: whether the values have a sign: red and blue about white, instead of grey.
        columns: images in a row.
        label: what the colour bar measures, with its unit.
        limits: values drawn black and white; without them the smallest and the largest.

    Returns:
        The axes, (rows, columns); those without an image are hidden.

    Raises:
        ValueError: if there is no image.
    """
    if not values:
        raise ValueError("images wants at least one image")
    columns = min(columns, len(values))
    rows = -(-len(values) // columns)
    everything = np.concatenate([np.ravel(v) for v in values.values()])
    low, high = limits or (everything.min(), everything.max())
    norm = signed_norm(everything) if signed else Normalize(low, high)
    fig, axes = plt.subplots(
        rows, columns, figsize=(2.3 * columns + 0.8, 2.5 * rows), squeeze=False
    )
    for ax, (title, value) in zip(axes.flat, values.items(), strict=False):
        only_outer(image(value, ax, title, norm, style.SIGNED if signed else style.IMAGE))
    for ax in axes.flat[len(values) :]:
        ax.set_axis_off()
    fig.colorbar(axes.flat[0].images[0], ax=axes, label=label, shrink=0.8)
    return axes


def grid(
    values: np.ndarray,
    ax: Axes | None = None,
    title: str = "",
    role: str = "input",
    boxes: Sequence[Box] = (),
) -> Axes:
    """Draw a small matrix as cells with their numbers, in the colour of its role.

    Args:
        values: (rows, columns).
        ax: where to draw.
        title: what stands above.
        role: input, kernel, output or gradient.
        boxes: windows to outline, each (top, left, rows, columns).
    """
    values = np.asarray(values)
    rows, columns = values.shape
    ax = ax or plt.subplots(figsize=(0.6 * columns, 0.6 * rows))[1]
    colour = style.PALETTE[role]
    for (i, j), value in np.ndenumerate(values):
        ax.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fc="none", ec=colour, lw=0.8))
        ax.text(j, i, f"{value:g}".replace("-", "−"), ha="center", va="center")
    for top, left, height, width in boxes:
        corner = (left - 0.5, top - 0.5)
        ax.add_patch(Rectangle(corner, width, height, fc=colour, alpha=0.2, zorder=-1))
        ax.add_patch(Rectangle(corner, width, height, fc="none", ec=colour, lw=3))
    ax.set(
        xlim=(-0.55, columns - 0.45),
        ylim=(rows - 0.45, -0.55),
        xticks=range(columns),
        yticks=range(rows),
        aspect="equal",
        xlabel="column",
        ylabel="row",
    )
    ax.set_title(title, color=colour)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    return ax


def matrix(values: np.ndarray, ax: Axes | None = None, title: str = "") -> AxesImage:
    """Draw the matrix of a linear layer, outputs down and inputs across; white is zero."""
    ax = ax or plt.subplots(figsize=(6, 4))[1]
    drawn = ax.imshow(values, cmap=style.SIGNED, norm=signed_norm(values))
    ax.set(title=title, xlabel="input cell, row by row", ylabel="output cell, row by row")
    return drawn


def filters(
    weight: np.ndarray,
    channels: Sequence[str] = (),
    x: np.ndarray | None = None,
    maps: np.ndarray | None = None,
) -> np.ndarray:
    """Draw a filter bank: a row for each filter, a kernel for each channel that it reads.

    Args:
        weight: (C_out, C_in, k_h, k_w).
        channels: names of the channels.
        x: a colour image, (3, H, W) from 0 to 255, drawn before them; goes with maps.
        maps: what the filters make of it, (C_out, H, W), drawn after them.

    Returns:
        The axes of the kernels, (C_out, C_in).
    """
    c_out, c_in = weight.shape[:2]
    columns = c_in + 2 * (maps is not None)
    figsize = (1.3 * columns + 1.2, 1.8 * c_out)
    fig, axes = plt.subplots(c_out, columns, figsize=figsize, squeeze=False)
    kernels = axes[:, 1:-1] if maps is not None else axes
    norm = signed_norm(weight)
    for (o, c), ax in np.ndenumerate(kernels):
        ax.imshow(weight[o, c], cmap=style.SIGNED, norm=norm)
        ax.set(xticks=[], yticks=[], ylabel=f"filter {o}" if c == 0 else "")
        ax.set_xlabel(channels[c] if channels else f"channel {c}")
        ax.hlines(np.arange(weight.shape[2] + 1) - 0.5, -0.5, weight.shape[3] - 0.5, "0.5", lw=0.6)
        ax.vlines(np.arange(weight.shape[3] + 1) - 0.5, -0.5, weight.shape[2] - 0.5, "0.5", lw=0.6)
        ax.spines[:].set_visible(False)
    fig.colorbar(kernels[0, 0].images[0], ax=kernels, label="weight (no unit)", location="top")
    if maps is None:
        return kernels
    for ax in axes[:, 0]:
        ax.set_axis_off()
    middle = axes[c_out // 2, 0]
    image(x, middle, "input").set_axis_on()
    norm = signed_norm(maps)
    for o, ax in enumerate(axes[:, -1]):
        only_outer(image(maps[o], ax, norm=norm, cmap=style.SIGNED)).set_ylabel(f"map {o}")
    fig.colorbar(
        axes[0, -1].images[0], ax=axes[:, -1], label="sum (grey levels)", location="top", shrink=0.8
    )
    return kernels
