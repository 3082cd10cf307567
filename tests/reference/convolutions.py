"""Random convolutions of one, two or three axes for the tests, and torch's with padding per side."""

import numpy as np
import torch
from hypothesis import strategies as st


@st.composite
def convolutions(draw, axes=2, most=3, cells=5, most_groups=4):
    """Arrays and settings of a convolution, every axis of x and of weight of another length.

    `most` bounds stride, dilation and padding, `cells` the kernel.
    """
    stride, dilation = (draw(st.tuples(*[st.integers(1, most)] * axes)) for _ in range(2))
    padding = draw(st.tuples(*[st.tuples(st.integers(0, most), st.integers(0, most))] * axes))
    groups, c_group = draw(st.integers(1, most_groups)), draw(st.integers(1, 3))
    c_in, c_out = groups * c_group, groups * draw(st.integers(1, 3))
    lengths = [k for k in range(1, cells + 1) if k not in (c_group, c_out)]
    kernel = draw(st.permutations(lengths))[:axes]
    taken = [c_in]
    for k, d, sides in zip(kernel, dilation, padding, strict=True):
        size = max(1, d * (k - 1) + 1 - sum(sides)) + draw(st.integers(0, 2 * most))
        taken.append(next(s for s in range(size, size + 9) if s not in taken))
    n = draw(st.sampled_from([n for n in range(1, 7) if n not in taken][:2]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.normal(size=(n, *taken))
    weight = rng.normal(size=(c_out, c_group, *kernel))
    bias = rng.normal(size=c_out) if draw(st.booleans()) else None
    return x, weight, bias, stride, padding, dilation, groups


def torch_convolution(x, weight, bias, stride, padding, dilation, groups):
    """Convolve tensors in torch, with padding (before, after) for each axis."""
    both = [side for pair in reversed(padding) for side in pair]  # torch begins at the last axis
    convolve = getattr(torch.nn.functional, f"conv{x.ndim - 2}d")
    x = torch.nn.functional.pad(x, both)
    return convolve(x, weight, bias, stride, 0, dilation, groups)
