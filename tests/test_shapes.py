import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnbook.shapes import (
    conv_macs,
    conv_parameters,
    dense_parameters,
    output_size,
    readers,
    same_padding,
    window,
)


@st.composite
def axes(draw):
    """One axis with a window that fits: (size, kernel, stride, (before, after), dilation)."""
    kernel, stride = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    dilation = draw(st.integers(1, 3))
    padding = draw(st.integers(0, 4)), draw(st.integers(0, 4))
    least = max(1, dilation * (kernel - 1) + 1 - sum(padding))
    return draw(st.integers(least, least + 9)), kernel, stride, padding, dilation


def starts(size, kernel, stride, padding, dilation):
    """First cells of all windows that lie on the padded axis, found by trying every place."""
    before, after = padding
    span = dilation * (kernel - 1) + 1
    return [s for s in range(-before, size + after - span + 1) if (s + before) % stride == 0]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(axes())
def test_output_size_counts_the_windows_as_torch_does(axis):
    size, kernel, stride, padding, dilation = axis
    x = torch.nn.functional.pad(torch.zeros(1, 1, size), padding)
    y = torch.nn.functional.conv1d(x, torch.zeros(1, 1, kernel), None, stride, 0, dilation)
    assert output_size(*axis) == len(starts(*axis)) == y.shape[2]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(axes())
def test_window_lists_what_each_output_reads(axis):
    _, kernel, _, _, dilation = axis
    for output, start in enumerate(starts(*axis)):
        assert window(output, *axis) == [start + dilation * cell for cell in range(kernel)]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(axes())
def test_readers_are_the_outputs_whose_window_holds_the_input(axis):
    outputs = range(output_size(*axis))
    for cell in range(axis[0]):
        assert readers(cell, *axis) == [o for o in outputs if cell in window(o, *axis)]


def test_window_and_readers_by_hand():
    # cells 0..6, a kernel of 3 with holes, every second place, one cell of padding before
    assert window(0, 7, 3, stride=2, padding=(1, 0), dilation=2) == [-1, 1, 3]
    assert window(1, 7, 3, stride=2, padding=(1, 0), dilation=2) == [1, 3, 5]
    assert readers(3, 7, 3, stride=2, padding=(1, 0), dilation=2) == [0, 1]
    assert readers(0, 7, 3, stride=2, padding=(1, 0), dilation=2) == []


@pytest.mark.parametrize("size", [1, 2, 7, 10, 28])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("stride", [1, 2, 3, 8])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_padding_is_the_least_that_keeps_every_stride_th_cell(size, kernel, stride, dilation):
    before, after = same_padding(size, kernel, stride, dilation)
    wanted = math.ceil(size / stride)
    assert output_size(size, kernel, stride, (before, after), dilation) == wanted
    assert after - before in (0, 1)
    if before + after:  # one cell less is too few
        span = dilation * (kernel - 1) + 1
        assert (size + before + after - 1 - span) // stride + 1 < wanted


@pytest.mark.parametrize("groups", [1, 2, 3])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("kernel", "pair"), [(3, (3, 3)), ((2, 5), (2, 5)), ([4, 1], (4, 1))])
def test_conv_counts_are_those_of_torch(groups, bias, kernel, pair):
    layer = torch.nn.Conv2d(6, 12, pair, groups=groups, bias=bias)
    count = sum(p.numel() for p in layer.parameters())
    assert conv_parameters(6, 12, kernel, groups, bias) == count
    assert conv_macs(6, 12, kernel, (7, 9), groups) == layer.weight.numel() * 7 * 9
    assert conv_macs(6, 12, kernel, 8, groups) == layer.weight.numel() * 64


def test_dense_counts_are_those_of_torch():
    for bias in (True, False):
        layer = torch.nn.Linear(7, 5, bias=bias)
        assert dense_parameters(7, 5, bias) == sum(p.numel() for p in layer.parameters())


def test_numpy_integers_count_as_whole_numbers():
    size = output_size(np.int64(9), np.uint8(3), np.int32(2), (np.int64(1), 0))
    assert size == 4
    assert type(size) is int


REFUSED = {
    "stride 0": (lambda: output_size(9, 3, stride=0), "stride must be at least 1, got 0"),
    "dilation 0": (lambda: output_size(9, 3, dilation=0), "dilation must be at least 1, got 0"),
    "kernel 0": (lambda: output_size(9, 0), "kernel must be at least 1, got 0"),
    "size 0": (lambda: output_size(0, 3), "size must be at least 1, got 0"),
    "negative padding": (lambda: output_size(9, 3, padding=-2), "padding must be .* 0, got -2"),
    "negative after": (lambda: output_size(9, 3, padding=(0, -3)), "padding must be .* got -3"),
    "three paddings": (lambda: output_size(9, 3, padding=(1, 2, 3)), r"\(before.*\(1, 2, 3\)"),
    "kernel too long": (
        lambda: output_size(5, 4, padding=(1, 0), dilation=3),
        r"kernel 4 with dilation 3 spans 10 cells, the padded axis has 6 \(1 \+ 5 \+ 0\)",
    ),
    "fraction": (lambda: output_size(9, 2.5), "kernel wants a whole number, got 2.5"),
    "whole float": (lambda: output_size(9, 3, stride=2.0), "stride wants .* number, got 2.0"),
    "text": (lambda: output_size("9", 3), "size wants a whole number, got '9'"),
    "none": (lambda: output_size(9, 3, dilation=None), "dilation wants .* number, got None"),
    "bool": (lambda: output_size(9, 3, stride=True), "stride wants a whole number, got True"),
    "numpy bool": (lambda: output_size(9, 3, padding=np.True_), "padding wants .* np.True_"),
    "nan": (lambda: output_size(9, 3, padding=float("nan")), "padding wants .* number, got nan"),
    "same, stride 0": (lambda: same_padding(9, 3, 0), "stride must be at least 1, got 0"),
    "same, size 0": (lambda: same_padding(0, 3), "size must be at least 1, got 0"),
    "same, kernel 0": (lambda: same_padding(9, 0), "kernel must be at least 1, got 0"),
    "same, dilation 0": (lambda: same_padding(9, 3, 1, 0), "dilation must be .* got 0"),
    "groups and input": (lambda: conv_parameters(8, 9, 3, 3), "groups 3 does not divide 8 input"),
    "groups and output": (lambda: conv_macs(9, 8, 3, 5, 3), "groups 3 does not divide 8 output"),
    "groups 0": (lambda: conv_parameters(8, 9, 3, 0), "groups must be at least 1, got 0"),
    "no channel": (lambda: conv_parameters(0, 9, 3), "input channels must be .* got 0"),
    "no filter": (lambda: conv_parameters(9, 0, 3), "output channels must be .* got 0"),
    "kernel pair": (lambda: conv_parameters(8, 9, (3, 0)), "kernel must be at least 1, got 0"),
    "kernel triple": (lambda: conv_parameters(8, 9, (3, 3, 3)), r"kernel wants .* \(3, 3, 3\)"),
    "output 0": (lambda: conv_macs(8, 9, 3, (4, 0)), "output must be at least 1, got 0"),
    "no inputs": (lambda: dense_parameters(0, 3), "inputs must be at least 1, got 0"),
    "no outputs": (lambda: dense_parameters(3, 0), "outputs must be at least 1, got 0"),
    "no such output": (lambda: window(7, 9, 3), "output 7 is not among the 7 outputs"),
    "negative output": (lambda: window(-1, 9, 3), "index must be at least 0, got -1"),
    "no such input": (lambda: readers(9, 9, 3), "input 9 is not among the 9 inputs"),
    "negative input": (lambda: readers(-1, 9, 3), "index must be at least 0, got -1"),
    "window, stride 0": (lambda: window(0, 9, 3, 0), "stride must be at least 1, got 0"),
    "readers, too long": (lambda: readers(0, 2, 3), "kernel 3 .* spans 3 .* has 2"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    call, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        call()
