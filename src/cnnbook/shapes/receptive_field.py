"""What one output of a stack of layers can see of the input, along one axis."""

from collections.abc import Iterable
from typing import NamedTuple

from cnnbook.shapes.checks import sides, whole


class Layer(NamedTuple):
    """One convolution or pooling along one axis; a plain tuple does as well."""

    kernel: int
    stride: int = 1
    padding: int | tuple[int, int] = 0
    dilation: int = 1


class Field(NamedTuple):
    """The receptive field of the outputs of one layer, in cells of the input."""

    size: int  # from the first cell that an output sees to the last
    jump: int  # from the field of one output to the field of the next
    start: float  # centre of the first output's field; the first cell is 0, padding is negative


def checked(layers: Iterable[Layer | tuple]) -> list[Layer]:
    """Return the rows as layers, each number checked and padding as (before, after).

    Raises:
        ValueError: if a row is too long, or a number is no whole number or too small.
    """
    rows = list(layers)
    for row in rows:
        if not isinstance(row, tuple | list) or not 1 <= len(row) <= 4:
            raise ValueError(f"a layer wants (kernel, stride, padding, dilation), got {row!r}")
    return [
        Layer(
            whole(layer.kernel, "kernel", 1),
            whole(layer.stride, "stride", 1),
            sides(layer.padding),
            whole(layer.dilation, "dilation", 1),
        )
        for layer in (Layer(*row) for row in rows)
    ]


def receptive_field(layers: Iterable[Layer | tuple]) -> list[Field]:
    """Follow the receptive field through a stack, from the input on.

    size += dilation (kernel − 1) jump
    start += (dilation (kernel − 1) / 2 − before) jump
    jump *= stride

    Two 3x3 convolutions see 5, three see 7. AlexNet sees 195 after its last pooling, of
    (11, 4) (3, 2) (5,) (3, 2) (3,) (3,) (3,) (3, 2), and 163 after the convolution before it.
    VGG-16, of two, two, three, three and three (3, 1, 1) with a (2, 2) behind each of the five,
    sees 212 after its last pooling.

    Args:
        layers: (kernel, stride, padding, dilation) of each; what is left out is 1, 0 and 1.

    Returns:
        One field for each layer, size 1 and jump 1 being the input itself.

    Raises:
        ValueError: if a row is too long, or a number is no whole number or too small.
    See: Araujo, Norris & Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks",
        Distill, doi:10.23915/distill.00021.
    """
    size, jump, start = 1, 1, 0.0
    fields = []
    for kernel, stride, (before, _), dilation in checked(layers):
        reach = dilation * (kernel - 1)
        size += reach * jump
        start += (reach / 2 - before) * jump
        jump *= stride
        fields.append(Field(size, jump, start))
    return fields
