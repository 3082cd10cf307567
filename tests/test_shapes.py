import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnbook.shapes import (
    Field,
    Layer,
    adaptive_windows,
    conv_macs,
    conv_parameters,
    deformable_extra_macs,
    deformable_extra_parameters,
    dense_macs,
    dense_parameters,
    dropped,
    eca_macs,
    eca_parameters,
    embedding_parameters,
    holes,
    input_sizes,
    largest_gap,
    norm_parameters,
    output_size,
    pixel_shuffle_shape,
    pixel_unshuffle_shape,
    pyramid_length,
    read_counts,
    readers,
    receptive_field,
    resized,
    same_padding,
    se_macs,
    se_parameters,
    separable_macs,
    separable_parameters,
    total_read_counts,
    transposed_macs,
    transposed_size,
    unpooled_size,
    window,
)

MANY = settings(max_examples=200, deadline=None, derandomize=True)


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


@MANY
@given(axes())
def test_output_size_counts_the_windows_as_torch_does(axis):
    size, kernel, stride, padding, dilation = axis
    x = torch.nn.functional.pad(torch.zeros(1, 1, size), padding)
    y = torch.nn.functional.conv1d(x, torch.zeros(1, 1, kernel), None, stride, 0, dilation)
    assert output_size(*axis) == len(starts(*axis)) == y.shape[2]


@MANY
@given(axes())
def test_window_lists_what_each_output_reads(axis):
    _, kernel, _, _, dilation = axis
    for output, start in enumerate(starts(*axis)):
        assert window(output, *axis) == [start + dilation * cell for cell in range(kernel)]


@MANY
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


def test_same_padding_is_tensorflows_where_it_differs_from_torchs():
    # an even image under stride 2 wants an odd number of cells, where torch's networks pad 3 and 3
    assert same_padding(224, 7, 2) == (2, 3)
    assert same_padding(225, 7, 2) == (3, 3)
    assert same_padding(224, 3, 2) == (0, 1)
    assert same_padding(10, 2, 4) == (0, 0)  # nothing is missing: cells are left over


@st.composite
def poolings(draw):
    """One axis as torch's pooling takes it: padding is the same on both sides and at most half."""
    kernel, stride, dilation = (draw(st.integers(1, n)) for n in (5, 4, 3))
    padding = draw(st.integers(0, kernel // 2))
    least = max(1, dilation * (kernel - 1) + 1 - 2 * padding)
    return draw(st.integers(least, least + 12)), kernel, stride, padding, dilation


@MANY
@given(poolings(), st.booleans())
def test_output_size_with_ceil_mode_is_that_of_torchs_pooling(axis, ceil_mode):
    size, *rest = axis
    y = torch.nn.functional.max_pool1d(torch.zeros(1, 1, size), *rest, ceil_mode=ceil_mode)
    assert output_size(*axis, ceil_mode) == y.shape[2]


def test_a_window_of_ceil_mode_may_not_start_in_the_padding():
    assert output_size(6, 2, 3, 0, 1, ceil_mode=True) == 2
    assert output_size(7, 2, 3, 0, 1, ceil_mode=True) == 3  # cells 6 and 7, of which 6 is there
    assert (
        output_size(5, 2, 3, 1, 1, ceil_mode=True) == 2
    )  # a third would start at 5, behind the end


@MANY
@given(axes(), st.integers(0, 3))
def test_transposed_size_is_that_of_torch(axis, output_padding):
    _, kernel, stride, (before, after), dilation = axis
    outputs = output_size(*axis)
    output_padding = min(output_padding, max(stride, dilation) - 1)
    x = torch.zeros(1, 1, outputs, device="meta")
    weight = torch.zeros(1, 1, kernel, device="meta")
    y = torch.nn.functional.conv_transpose1d(
        x, weight, None, stride, 0, output_padding, 1, dilation
    )
    if y.shape[2] <= before + after:
        with pytest.raises(ValueError, match=f"padding {before} .* {after} leaves nothing of"):
            transposed_size(outputs, kernel, stride, (before, after), dilation, output_padding)
        return
    sizes = [
        transposed_size(outputs, kernel, stride, padding, dilation, output_padding)
        for padding in ((before, after), 0)
    ]
    assert sizes == [y.shape[2] - before - after, y.shape[2]]  # torch's own padding cuts both sides


@MANY
@given(axes())
def test_transposed_size_undoes_output_size(axis):
    _, kernel, stride, padding, dilation = axis
    rest = axis[1:]
    for size in input_sizes(output_size(*axis), *rest):
        outputs = output_size(size, *rest)
        behind = (size + sum(padding) - dilation * (kernel - 1) - 1) % stride
        assert transposed_size(outputs, *rest, output_padding=behind) == size


@MANY
@given(axes())
def test_dropped_counts_the_cells_behind_the_last_window(axis):
    last = window(output_size(*axis) - 1, *axis)[-1]
    assert dropped(*axis) == len([cell for cell in range(axis[0]) if cell > last])


def test_dropped_by_hand():
    assert dropped(10, 3, 2) == 1  # windows 0-2, 2-4, 4-6, 6-8
    assert dropped(224, 11, 4) == 1  # AlexNet on 224: (224 - 11) / 4 is no whole number
    assert dropped(227, 11, 4) == 0
    assert dropped(10, 3, 2, padding=1) == 0  # the last window ends at 9, padding is left over


@MANY
@given(axes())
def test_input_sizes_are_those_with_as_many_outputs(axis):
    _, *rest = axis
    outputs = output_size(*axis)
    found = []
    for size in range(1, axis[0] + rest[1] + 1):
        try:
            if output_size(size, *rest) == outputs:
                found.append(size)
        except ValueError:
            continue  # shorter than the kernel
    assert list(input_sizes(outputs, *rest)) == found


def test_input_sizes_can_be_none():
    assert list(input_sizes(4, 3, 2)) == [9, 10]
    assert list(input_sizes(2, 1, 1, padding=3)) == []  # padding alone makes six windows


@MANY
@given(st.integers(1, 20), st.integers(1, 25))
def test_adaptive_windows_are_torchs(size, outputs):
    x = torch.zeros(1, 1, size, requires_grad=True)
    y = torch.nn.functional.adaptive_avg_pool1d(x, outputs)
    windows = adaptive_windows(size, outputs)
    assert len(windows) == outputs
    for value, (start, stop) in zip(y[0, 0], windows, strict=True):
        (dx,) = torch.autograd.grad(value, x, retain_graph=True)
        assert dx[0, 0].nonzero().ravel().tolist() == list(range(start, stop))


def test_adaptive_windows_by_hand():
    assert adaptive_windows(7, 3) == [(0, 3), (2, 5), (4, 7)]
    assert adaptive_windows(2, 3) == [(0, 1), (0, 2), (1, 2)]


@MANY
@given(poolings())
def test_unpooled_size_is_torchs_and_the_least_that_pools_back(axis):
    size, kernel, stride, padding, _ = axis
    if size <= 2 * padding:
        size += 2 * padding
    grown = (size - 1) * stride - 2 * padding + kernel
    if grown < 1:
        with pytest.raises(ValueError, match="leaves nothing"):
            unpooled_size(size, kernel, stride, padding)
        return
    values, indices = torch.zeros(1, 1, size), torch.zeros(1, 1, size, dtype=torch.int64)
    y = torch.nn.functional.max_unpool1d(values, indices, kernel, stride, padding)
    assert unpooled_size(size, kernel, stride, padding) == y.shape[2]
    assert input_sizes(size, kernel, stride, padding)[0] == y.shape[2]
    assert unpooled_size(size, kernel) == size * kernel


@MANY
@given(st.integers(1, 300), st.floats(0.004, 5))
def test_resized_rounds_down_as_torch(size, scale):
    if int(size * scale) < 1:
        with pytest.raises(ValueError, match=f"leaves nothing of {size} cells"):
            resized(size, scale)
        return
    y = torch.nn.functional.interpolate(
        torch.zeros(1, 1, size, device="meta"), scale_factor=scale, mode="nearest"
    )
    assert resized(size, scale) == y.shape[2]


def test_resized_by_hand():
    assert resized(7, 1.5) == 10
    assert resized(np.int64(9), 2) == 18
    assert resized(5, np.float32(0.5)) == 2


@MANY
@given(*[st.integers(1, 9)] * 3, st.integers(1, 4))
def test_pixel_shuffle_shapes_are_torchs(channels, height, width, factor):
    x = torch.zeros(channels * factor**2, height, width, device="meta")
    y = torch.nn.functional.pixel_shuffle(x, factor)
    assert pixel_shuffle_shape(*x.shape, factor) == tuple(y.shape)
    assert pixel_unshuffle_shape(*y.shape, factor) == tuple(x.shape)


@MANY
@given(st.integers(1, 9), st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_pyramid_length_is_that_of_the_joined_poolings(channels, levels):
    x = torch.zeros(channels, 13, 11, device="meta")
    pooled = [torch.nn.functional.adaptive_max_pool2d(x, n).reshape(-1) for n in levels]
    assert pyramid_length(channels, levels) == len(torch.cat(pooled))


def test_pyramid_length_of_the_paper():
    assert pyramid_length(256, (4, 2, 1)) == 256 * 21


@st.composite
def stacks(draw):
    """Up to four layers, and an axis that all their windows fit on."""
    row = st.tuples(
        st.integers(1, 4),
        st.integers(1, 3),
        st.tuples(st.integers(0, 3), st.integers(0, 3)),
        st.integers(1, 3),
    )
    layers = draw(st.lists(row, min_size=1, max_size=4))
    size = draw(st.integers(1, 4))  # outputs of the last layer; the axis is counted from there
    for layer in reversed(layers):
        size = max(1, max(input_sizes(size, *layer), default=1), layer[0] * layer[3])
    return size, layers


def paths(size, layers):
    """Each output's gradient for the input, all weights being 1: (outputs, size)."""
    x = torch.zeros(1, 1, size, dtype=torch.float64, requires_grad=True)
    y = x
    for kernel, stride, padding, dilation in layers:
        y = torch.nn.functional.pad(y, padding)
        ones = torch.ones(1, 1, kernel, dtype=torch.float64)
        y = torch.nn.functional.conv1d(y, ones, None, stride, 0, dilation)
    rows = [torch.autograd.grad(value, x, retain_graph=True)[0][0, 0] for value in y[0, 0]]
    return torch.stack(rows).int().numpy()


@MANY
@given(stacks())
def test_receptive_field_and_read_counts_are_what_gradients_reach(stack):
    size, layers = stack
    field, counts = receptive_field(layers)[-1], read_counts(layers)
    assert len(counts) == field.size
    assert counts[0] > 0 < counts[-1]
    reached = paths(size, layers)
    for output, row in enumerate(reached):
        first = field.start + output * field.jump - (field.size - 1) / 2
        assert first == int(first)
        seen = dict(enumerate(counts, int(first)))
        seen = np.array([seen.get(cell, 0) for cell in range(size)])
        assert (row <= seen).all()  # a path that meets padding on its way reads nothing
        if row.sum() == sum(counts) or not any(sum(padding) for _, _, padding, _ in layers):
            assert row.tolist() == seen.tolist()
    assert total_read_counts(size, layers) == reached.sum(0).tolist()


@MANY
@given(stacks())
def test_receptive_field_without_padding_is_exactly_what_gradients_reach(stack):
    layers = [(kernel, stride, 0, dilation) for kernel, stride, _, dilation in stack[1]]
    field, counts = receptive_field(layers)[-1], read_counts(layers)
    size = field.size + field.jump + 1  # two outputs, and a cell or more left over
    reached = paths(size, [(k, s, (0, 0), d) for k, s, _, d in layers])
    assert field.start == (field.size - 1) / 2
    for output, row in enumerate(reached):
        before = output * field.jump
        assert row.tolist() == [0] * before + counts + [0] * (size - field.size - before)
    assert holes(layers) == (reached[0][: field.size] == 0).sum()


def test_receptive_field_by_hand():
    layers = [(3, 2, 1), (2,), Layer(3, dilation=2)]
    assert receptive_field(layers) == [Field(3, 2, 0.0), Field(5, 2, 1.0), Field(13, 2, 5.0)]
    assert receptive_field([]) == []


VGG_16 = [row for convs in (2, 2, 3, 3, 3) for row in [(3, 1, 1)] * convs + [(2, 2)]]
ALEXNET = [(11, 4), (3, 2), (5, 1, 2), (3, 2), (3, 1, 1), (3, 1, 1), (3, 1, 1), (3, 2)]


def test_receptive_fields_of_published_networks():
    # size, jump and start (size - 1) / 2 - effective padding of the table at
    # github.com/google-research/receptive_field, which has AlexNet's first layer unpadded
    vgg = receptive_field(VGG_16)
    pools = [i for i, row in enumerate(VGG_16) if row == (2, 2)]
    assert [vgg[i].size for i in pools] == [6, 16, 44, 100, 212]
    assert vgg[-1] == Field(212, 32, 211 / 2 - 90)
    assert vgg[-2].size == 196  # at the last convolution
    alexnet = receptive_field(ALEXNET)
    assert [field.size for field in alexnet] == [11, 19, 51, 67, 99, 131, 163, 195]
    assert alexnet[-1] == Field(195, 32, 194 / 2 - 64)


def test_small_kernels_stacked_see_what_large_ones_see():
    assert receptive_field([(3,)] * 2)[-1] == receptive_field([(5,)])[-1]
    assert receptive_field([(3,)] * 3)[-1] == receptive_field([(7,)])[-1]


@pytest.mark.parametrize(
    ("rates", "span", "missed", "gap"),
    [
        ((2, 4, 8), 29, 14, 4),
        ((1, 2, 5), 17, 0, 2),
        ((1, 2, 9), 25, 4, 5),
        ((2, 2, 2), 13, 6, 2),  # the rule is kept, and misses half
        ((1, 5, 2), 17, 0, 8),  # the rule is broken, and nothing is missed: order changes no cell
    ],
)
def test_gridding_of_dilated_stacks(rates, span, missed, gap):
    layers = [Layer(3, dilation=rate) for rate in rates]
    assert (len(read_counts(layers)), holes(layers)) == (span, missed)
    assert sum(read_counts(layers)) == 27
    assert largest_gap(rates) == gap


def test_largest_gap_of_short_stacks_is_the_last_rate():
    assert largest_gap([3]) == 3
    assert largest_gap([1, 4]) == 4
    assert largest_gap([1, 2, 3, 4]) == 2  # 4, then max(4 - 6, 6 - 4, 3), then max(3 - 4, 4 - 3, 2)


def test_total_read_counts_by_hand():
    assert total_read_counts(5, [(3, 1, 1)]) == [2, 3, 3, 3, 2]  # the border is read less
    assert total_read_counts(5, [(3,)]) == [1, 2, 3, 2, 1]
    assert total_read_counts(6, [(1, 3)]) == [1, 0, 0, 1, 0, 0]
    assert total_read_counts(4, []) == [1, 1, 1, 1]


CONVS = {1: torch.nn.Conv1d, 2: torch.nn.Conv2d, 3: torch.nn.Conv3d}
TRANSPOSED = {
    1: torch.nn.ConvTranspose1d,
    2: torch.nn.ConvTranspose2d,
    3: torch.nn.ConvTranspose3d,
}


def learned(*modules):
    return sum(p.numel() for module in modules for p in module.parameters())


def products(module, *sizes):
    """Count a layer's products: with ones everywhere each adds 1 to the sum of the outputs."""
    for parameter in module.parameters():
        torch.nn.init.ones_(parameter)
    return int(module(torch.ones(1, module.in_channels, *sizes)).sum())


@st.composite
def convolutions(draw):
    """Channels, kernel, groups and an input size of a convolution with one to three axes."""
    axes, groups = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    c_in, c_out = (groups * draw(st.integers(1, 3)) for _ in range(2))
    kernel = tuple(draw(st.integers(1, 3)) for _ in range(axes))
    return c_in, c_out, kernel, groups, tuple(k + draw(st.integers(0, 3)) for k in kernel)


@MANY
@given(convolutions(), st.booleans(), st.integers(1, 2))
def test_costs_of_convolutions_are_those_of_torch(case, bias, stride):
    c_in, c_out, kernel, groups, sizes = case
    axes = len(kernel)
    conv = CONVS[axes](c_in, c_out, kernel, stride, groups=groups, bias=bias)
    transposed = TRANSPOSED[axes](c_in, c_out, kernel, stride, groups=groups, bias=bias)
    count = conv_parameters(c_in, c_out, kernel, groups, bias, axes)
    assert count == learned(conv) == learned(transposed)

    plain = CONVS[axes](c_in, c_out, kernel, stride, groups=groups, bias=False)
    output = tuple(map(output_size, sizes, kernel, [stride] * axes))
    assert conv_macs(c_in, c_out, kernel, output, groups, axes) == products(plain, *sizes)
    plain = TRANSPOSED[axes](c_in, c_out, kernel, stride, groups=groups, bias=False)
    assert transposed_macs(c_in, c_out, kernel, sizes, groups, axes) == products(plain, *sizes)


@MANY
@given(convolutions(), st.booleans())
def test_costs_of_separable_convolutions_are_those_of_torch(case, bias):
    c_in, c_out, kernel, _, sizes = case
    axes = len(kernel)
    depthwise = CONVS[axes](c_in, c_in, kernel, groups=c_in, bias=bias)
    pointwise = CONVS[axes](c_in, c_out, 1, bias=bias)
    count = learned(depthwise, pointwise)
    assert separable_parameters(c_in, c_out, kernel, bias, axes) == count
    output = tuple(map(output_size, sizes, kernel))
    plain = CONVS[axes](c_in, c_in, kernel, groups=c_in, bias=False)
    count = products(plain, *sizes) + products(CONVS[axes](c_in, c_out, 1, bias=False), *output)
    assert separable_macs(c_in, c_out, kernel, output, axes) == count


def test_one_number_stands_for_all_axes():
    assert conv_parameters(2, 3, 5, bias=False, axes=1) == 2 * 3 * 5
    assert conv_parameters(2, 3, 5, bias=False, axes=3) == 2 * 3 * 125
    assert conv_macs(2, 3, 5, 7, axes=3) == 2 * 3 * 125 * 343
    assert transposed_macs(2, 3, 5, 7) == 2 * 3 * 25 * 49


def test_costs_that_the_chapters_state():
    assert dense_parameters(512 * 7 * 7, 4096) == 102_764_544  # the first dense layer of VGG
    assert dense_macs(512 * 7 * 7, 4096) == 102_760_448
    three = 3 * conv_parameters(64, 64, 3, bias=False)
    one = conv_parameters(64, 64, 7, bias=False)
    assert 1 - three / one == pytest.approx(0.449, abs=1e-3)  # "45 % fewer"
    assert 3 * conv_macs(64, 64, 3, 56) * 49 == conv_macs(64, 64, 7, 56) * 27
    share = separable_macs(64, 128, 3, 56) / conv_macs(64, 128, 3, 56)
    assert share == pytest.approx(1 / 128 + 1 / 9)
    assert se_parameters(64, 16) == 2 * 64**2 // 16


@pytest.mark.parametrize("bias", [True, False])
def test_costs_of_small_layers_are_those_of_torch(bias):
    nn = torch.nn
    assert norm_parameters(6) == learned(nn.BatchNorm2d(6)) == learned(nn.GroupNorm(3, 6))
    assert norm_parameters(6 * 5) == learned(nn.LayerNorm((6, 5)))
    assert embedding_parameters(7, 5) == learned(nn.Embedding(7, 5))
    assert dense_macs(7, 5) == products_of_dense(nn.Linear(7, 5, bias=False))
    down, up = nn.Linear(12, 3, bias=bias), nn.Linear(3, 12, bias=bias)
    assert se_parameters(12, 4, bias) == learned(down, up)
    assert se_macs(12, 4) == down.weight.numel() + up.weight.numel()
    assert eca_parameters(5) == learned(nn.Conv1d(1, 1, 5, padding=2, bias=False))
    assert eca_macs(12, 5) == products(nn.Conv1d(1, 1, 5, bias=False), 12 + 4)


def products_of_dense(layer):
    torch.nn.init.ones_(layer.weight)
    return int(layer(torch.ones(1, layer.in_features)).sum())


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(("modulated", "maps", "per_read"), [(False, 2, 4), (True, 3, 5)])
def test_extra_cost_of_deformable_convolution(groups, modulated, maps, per_read):
    offsets = torch.nn.Conv2d(4, maps * groups * 15, (3, 5))
    extra = deformable_extra_parameters(4, (3, 5), groups, modulated)
    assert extra == learned(offsets)
    plain = deformable_extra_parameters(4, (3, 5), groups, modulated, bias=False)
    assert extra - plain == maps * groups * 15
    sampling = per_read * 7 * 9 * 4 * 15
    extra = deformable_extra_macs(4, (3, 5), (7, 9), groups, modulated)
    assert extra == offsets.weight.numel() * 7 * 9 + sampling


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
    "output_padding": (
        lambda: transposed_size(4, 3, 2, output_padding=2),
        "output_padding 2 must be below stride 2 or dilation 1",
    ),
    "nothing left": (
        lambda: transposed_size(1, 2, 1, (1, 2)),
        r"padding 1 \+ 2 leaves nothing of 2 outputs",
    ),
    "transposed, size 0": (lambda: transposed_size(0, 3), "size must be at least 1, got 0"),
    "transposed, negative": (
        lambda: transposed_size(4, 3, 2, output_padding=-1),
        "output_padding must be at least 0, got -1",
    ),
    "dropped, too long": (lambda: dropped(2, 3), "kernel 3 .* spans 3 .* has 2"),
    "no outputs wanted": (lambda: input_sizes(0, 3), "outputs must be at least 1, got 0"),
    "input_sizes, kernel": (lambda: input_sizes(1, 0), "kernel must be at least 1, got 0"),
    "adaptive, no output": (lambda: adaptive_windows(5, 0), "outputs must be .* got 0"),
    "adaptive, no cell": (lambda: adaptive_windows(0, 5), "size must be at least 1, got 0"),
    "scale 0": (lambda: resized(5, 0), "scale wants a number above 0, got 0"),
    "scale nan": (lambda: resized(5, float("nan")), "scale wants .* got nan"),
    "scale bool": (lambda: resized(5, True), "scale wants .* got True"),
    "scale text": (lambda: resized(5, "2"), "scale wants .* got '2'"),
    "scale too small": (lambda: resized(5, 0.1), "scale 0.1 leaves nothing of 5 cells"),
    "shuffle": (
        lambda: pixel_shuffle_shape(6, 4, 5, 2),
        "upscale_factor 2 squared does not divide 6 channels",
    ),
    "shuffle by 0": (lambda: pixel_shuffle_shape(6, 4, 5, 0), "upscale_factor must be .* got 0"),
    "shuffle, height 0": (lambda: pixel_shuffle_shape(4, 0, 5, 2), "height must be .* got 0"),
    "unshuffle": (
        lambda: pixel_unshuffle_shape(6, 4, 5, 2),
        "downscale_factor 2 does not divide width 5",
    ),
    "no level": (lambda: pyramid_length(6, ()), "levels wants one number or more, got none"),
    "level 0": (lambda: pyramid_length(6, (2, 0)), "level must be at least 1, got 0"),
    "layer too long": (
        lambda: receptive_field([(3, 1, 0, 1, 1)]),
        r"a layer wants \(kernel, stride, .* got \(3, 1, 0, 1, 1\)",
    ),
    "layer of a number": (lambda: receptive_field([3, 3]), "a layer wants .* got 3"),
    "empty layer": (lambda: read_counts([()]), r"a layer wants .* got \(\)"),
    "layer, kernel 0": (lambda: receptive_field([(0,)]), "kernel must be at least 1, got 0"),
    "layer, stride 0": (lambda: read_counts([(3, 0)]), "stride must be at least 1, got 0"),
    "layer, padding -1": (lambda: holes([(3, 1, -1)]), "padding must be at least 0, got -1"),
    "layer, dilation 0": (lambda: holes([(3, 1, 0, 0)]), "dilation must be .* got 0"),
    "stack too long": (lambda: total_read_counts(4, [(3,), (3,)]), "kernel 3 .* spans 3 .* has 2"),
    "stack of nothing": (lambda: total_read_counts(0, []), "size must be at least 1, got 0"),
    "no dilation": (lambda: largest_gap([]), "dilations wants one number or more, got none"),
    "gap of 0": (lambda: largest_gap([1, 0]), "dilation must be at least 1, got 0"),
    "kernel of 1 axis": (
        lambda: conv_parameters(8, 9, (3, 3), axes=1),
        r"kernel wants an int, got \(3, 3\)",
    ),
    "kernel of 3 axes": (
        lambda: conv_macs(8, 9, (3, 3), 5, axes=3),
        r"kernel wants an int or a triple, got \(3, 3\)",
    ),
    "no axes": (lambda: conv_parameters(8, 9, 3, axes=0), "axes must be at least 1, got 0"),
    "transposed, groups": (lambda: transposed_macs(8, 9, 3, 5, 3), "groups 3 .* 8 input"),
    "transposed macs, size 0": (lambda: transposed_macs(8, 9, 3, 0), "size must be .* got 0"),
    "separable, no filter": (lambda: separable_parameters(8, 0, 3), "output channels .* got 0"),
    "separable macs, output": (lambda: separable_macs(8, 9, 3, 0), "output must be .* got 0"),
    "dense macs": (lambda: dense_macs(0, 3), "inputs must be at least 1, got 0"),
    "norm of nothing": (lambda: norm_parameters(0), "channels must be at least 1, got 0"),
    "empty table": (lambda: embedding_parameters(0, 3), "num_embeddings must be .* got 0"),
    "empty vectors": (lambda: embedding_parameters(3, 0), "embedding_dim must be .* got 0"),
    "reduction": (lambda: se_parameters(12, 5), "reduction 5 does not divide 12 channels"),
    "reduction 0": (lambda: se_macs(12, 0), "reduction must be at least 1, got 0"),
    "eca, kernel 0": (lambda: eca_parameters(0), "kernel must be at least 1, got 0"),
    "eca, no channel": (lambda: eca_macs(0, 3), "channels must be at least 1, got 0"),
    "offset groups": (
        lambda: deformable_extra_parameters(4, 3, 0),
        "offset_groups must be at least 1, got 0",
    ),
    "deformable output": (lambda: deformable_extra_macs(4, 3, 0), "output must be .* got 0"),
    "readers, too long": (lambda: readers(0, 2, 3), "kernel 3 .* spans 3 .* has 2"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name):
    call, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        call()
