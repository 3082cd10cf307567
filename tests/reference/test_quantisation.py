from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import CONFIGURATIONS, agree, agree_with_torch, behaves

from cnnbook.reference.quantisation import (
    affine_parameters,
    dequantise,
    fake_quantise,
    fake_quantise_backward,
    quantise,
)


def code_ends(bits, signed):
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)


@st.composite
def cases(draw, powers=True):
    """Numbers in and out of range, and exact halves of steps if scales are powers of two.

    torch rounds x / scale in float32; powers of two are exact there, and so are the halves.
    """
    shape = tuple(draw(st.permutations(range(1, 6)))[: draw(st.integers(1, 4))])
    axis = draw(st.sampled_from([None, *range(len(shape))]))
    bits, signed = draw(st.integers(2, 12)), draw(st.booleans())
    low, high = code_ends(bits, signed)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = () if axis is None else shape[axis]
    zero_point = rng.integers(low, high + 1, size=size)
    codes = rng.integers(low - 5, high + 6, size=shape)
    if powers:
        scale = 2.0 ** rng.integers(-6, 3, size=size)
        steps = codes + rng.choice([0, 0.5, 0.25, 0.9], size=shape)
    else:
        scale = rng.uniform(0.01, 3, size=size)
        steps = codes + rng.uniform(-0.4, 0.4, size=shape)  # never near a half
    wide = [1] * len(shape)
    if axis is not None:
        wide[axis] = -1
    x = (steps - zero_point.reshape(wide)) * scale.reshape(wide)
    return x, np.asarray(scale), np.asarray(zero_point), bits, signed, axis


def torch_fake_quantise(x, scale, zero_point, bits, signed, axis):
    low, high = code_ends(bits, signed)
    if axis is None:
        return torch.fake_quantize_per_tensor_affine(x, float(scale), int(zero_point), low, high)
    scale, zero_point = torch.tensor(scale).float(), torch.tensor(zero_point).int()
    return torch.fake_quantize_per_channel_affine(x, scale, zero_point, axis, low, high)


@CONFIGURATIONS
@given(cases())
def test_fake_quantise_is_that_of_torch(case):
    x, *rest = case
    agree_with_torch(
        "fake_quantise",
        "torch fake_quantize_per_...",
        lambda x: fake_quantise(x, *rest),
        fake_quantise_backward,
        lambda x: torch_fake_quantise(x, *rest),
        [x],
    )


@CONFIGURATIONS
@given(cases(powers=False))
def test_scales_that_torch_rounds_to_float32(case):
    x, *rest = case
    tensor = torch.tensor(x, requires_grad=True)
    theirs = torch_fake_quantise(tensor, *rest)
    theirs.sum().backward()
    y, cache = fake_quantise(x, *rest)
    np.testing.assert_allclose(y, theirs.detach().numpy(), rtol=1e-6)
    np.testing.assert_array_equal(fake_quantise_backward(np.ones(x.shape), cache), tensor.grad)


@CONFIGURATIONS
@given(cases())
def test_codes_are_those_of_pythons_round(case):
    x, scale, zero_point, bits, signed, axis = case
    low, high = code_ends(bits, signed)
    codes = quantise(*case)
    expected = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        channel = () if axis is None else index[axis]
        code = round(x[index] / scale[channel]) + zero_point[channel]  # halves to even, as well
        expected[index] = min(max(code, low), high)
    agree("quantise", "Python round", "forward", codes, expected)
    values = dequantise(codes, scale, zero_point, axis)
    oracle = "torch fake_quantize_per_..."
    agree("dequantise", oracle, "forward", values, torch_fake_quantise(torch.tensor(x), *case[1:]))


@CONFIGURATIONS
@given(cases())
def test_fake_quantise_is_quantise_then_dequantise(case):
    _, scale, zero_point, _, _, axis = case
    two_steps = dequantise(quantise(*case), scale, zero_point, axis)
    np.testing.assert_array_equal(fake_quantise(*case)[0], two_steps)


def test_behaves():
    x, scale = example()
    for settings in ((0.25, 3), (scale, np.array([-3, 0, 3]), 5, True, 1)):
        behaves(lambda x, s=settings: fake_quantise(x, *s), fake_quantise_backward, [x])


def example():
    rng = np.random.default_rng(0)
    return rng.normal(size=(2, 3, 4, 5)), np.array([0.125, 0.25, 0.5])


def test_by_hand():
    x = np.array([-1.0, 0.0, 0.25, 0.75, 1.3, 9.0])
    codes = quantise(x, 0.5, 1, bits=3, signed=False)  # steps −2, 0, 0.5, 1.5, 2.6, 18
    assert codes.tolist() == [0, 1, 1, 3, 4, 7]  # halves to even, then + 1, ends at 0 and 7
    assert dequantise(codes, 0.5, 1).tolist() == [-0.5, 0, 0, 1, 1.5, 3]
    y, cache = fake_quantise(x, 0.5, 1, bits=3, signed=False)
    assert y.tolist() == [-0.5, 0, 0, 1, 1.5, 3]
    dy = np.arange(1.0, 7.0)
    assert fake_quantise_backward(dy, cache).tolist() == [0, 2, 3, 4, 5, 0]


def test_what_rounds_into_the_range_has_a_gradient():
    x = np.array([-4.26, -4.24, 3.74, 3.76])  # codes of step 0.5 end at −4 and 3.5
    _, cache = fake_quantise(x, 0.5, 0, bits=4)
    assert fake_quantise_backward(np.ones(4), cache).tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("bits", "signed", "dtype", "ends"),
    [
        (2, True, np.int8, (-2, 1)),
        (8, True, np.int8, (-128, 127)),
        (8, False, np.uint8, (0, 255)),
        (9, True, np.int16, (-256, 255)),
        (16, False, np.uint16, (0, 65535)),
    ],
)
def test_codes_have_the_smallest_dtype_and_infinities_its_ends(bits, signed, dtype, ends):
    codes = quantise(np.array([-np.inf, np.inf]), 1.0, 0, bits, signed)
    assert codes.dtype == dtype
    assert codes.tolist() == list(ends)
    # zero_point and code have one dtype here: their difference must not wrap around
    values = dequantise(codes, 1.0, dtype(ends[1]))
    assert values.tolist() == [ends[0] - ends[1], 0]


def test_nan_stays_nan_and_has_no_code():
    y, cache = fake_quantise(np.array([np.nan, 1.0]), 0.5, 0)
    assert np.isnan(y).tolist() == [True, False]
    assert fake_quantise_backward(np.ones(2), cache).tolist() == [0, 1]
    with pytest.raises(ValueError, match="x holds 1 NaN, which have no code"):
        quantise(np.array([np.nan, 1.0]), 0.5, 0)


def test_empty_batch_and_dtypes():
    x, scale = example()
    codes = quantise(x[:0], scale, np.zeros(3, int), axis=1)
    assert codes.shape == (0, 3, 4, 5)
    assert dequantise(codes, scale, np.zeros(3, int), axis=1).shape == (0, 3, 4, 5)
    y, cache = fake_quantise(x[:0], 0.1, 0)
    assert fake_quantise_backward(y, cache).shape == (0, 3, 4, 5)
    assert dequantise(quantise(x, 0.1, 0), np.float32(0.1), 0).dtype == np.float32
    assert dequantise(quantise(x, 0.1, 0), 0.1, 0).dtype == np.float64
    last = quantise(x, np.full(5, 0.5), np.zeros(5, int), axis=-1)
    np.testing.assert_array_equal(last, quantise(x, 0.5, 0))


@st.composite
def ranges(draw):
    """Numbers of any sign and size, and the settings of `affine_parameters`."""
    bits, symmetric = draw(st.integers(2, 16)), draw(st.booleans())
    signed = symmetric or draw(st.booleans())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.normal(draw(st.sampled_from([-5, 0, 0.3, 5])), size=(4, 6))
    x = x * 10.0 ** draw(st.integers(-3, 3))
    return x.astype(draw(st.sampled_from([np.float32, np.float64]))), bits, signed, symmetric


@CONFIGURATIONS
@given(ranges(), st.sampled_from([None, 0, 1]))
def test_the_error_inside_the_range_is_half_a_step_and_0_is_exact(case, axis):
    x, *settings = case
    bits, signed, _ = settings
    over = None if axis is None else 1 - axis
    scale, zero_point = affine_parameters(x.min(over), x.max(over), *settings)
    assert scale.dtype == x.dtype
    assert zero_point.dtype == np.int64
    wide = scale.astype(float) if axis is None else np.expand_dims(scale.astype(float), over)
    y, cache = fake_quantise(x.astype(float), scale, zero_point, bits, signed, axis)
    assert np.all(np.abs(y - x) <= wide / 2 * (1 + 1e-6) + 1e-7 * np.abs(x))
    assert fake_quantise_backward(np.ones(x.shape), cache).all() or not settings[2]
    assert not fake_quantise(0 * x, scale, zero_point, bits, signed, axis)[0].any()


@CONFIGURATIONS
@given(ranges())
def test_affine_parameters_are_those_of_exact_fractions(case):
    x, bits, signed, symmetric = case
    low, high = code_ends(bits, signed)
    x_min, x_max = float(x.min()), float(x.max())
    below, above = max(Fraction(0), -Fraction(x_min)), max(Fraction(0), Fraction(x_max))
    if symmetric:
        step, zero = max(below, above) / high, 0
    else:
        step = (below + above) / (high - low)
        zero = low + round(below / step)
    ours = affine_parameters(x_min, x_max, *case[1:])
    agree("affine_parameters", "exact fractions", "forward", ours, [float(step), zero])


@CONFIGURATIONS
@given(ranges())
def test_affine_parameters_are_those_of_torchs_observer(case):
    x, bits, signed, _ = case
    low, high = code_ends(bits, signed)
    x = x.astype(np.float32)
    observer = torch.ao.quantization.MinMaxObserver(
        torch.qint32, torch.per_tensor_affine, quant_min=low, quant_max=high, eps=1e-12
    )
    observer(torch.from_numpy(x))
    theirs, zero = observer.calculate_qparams()
    scale, zero_point = affine_parameters(x.min(), x.max(), bits, signed)
    # float32, for the observer computes in it
    np.testing.assert_allclose(scale, theirs.item(), rtol=1e-6)
    assert abs(zero_point - zero.item()) <= (0 if bits < 12 else 1)


def test_parameters_by_hand():
    scale, zero_point = affine_parameters(-1.0, 3.0, bits=3, signed=False)  # 7 steps of 4/7
    assert (scale, zero_point) == (4 / 7, 2)  # 1 / (4/7) = 1.75
    assert affine_parameters(-1.0, 3.0, bits=3) == (4 / 7, -2)  # the same, 4 lower
    assert affine_parameters(2.0, 3.5, bits=3, signed=False) == (0.5, 0)  # widened down to 0
    assert affine_parameters(-3.5, -2.0, bits=3, signed=False) == (0.5, 7)  # and up to 0
    assert affine_parameters(-1.0, 1.5, bits=3, symmetric=True) == (0.5, 0)  # codes −3 ... 3
    scales, zeros = affine_parameters(np.array([0.0, -7.0]), np.array([7.0, 0.0]), 3, False)
    assert scales.tolist() == [1, 1]
    assert zeros.tolist() == [0, 7]


def test_a_range_of_0_and_one_below_all_floats():
    assert affine_parameters(0.0, 0.0) == (1, -128)
    assert affine_parameters(np.float32(0), np.float32(1e-45)) == (1, -128)
    scale, _ = affine_parameters(np.float16(-1e-3), np.float16(1e-3), 16)
    assert scale.dtype == np.float32
    assert scale > 0


REFUSED = {  # name -> (what to change in a good call, message)
    "bits 1": (dict(bits=1), "bits must be at least 2, got 1"),
    "bits 17": (dict(bits=17), "bits must be at most 16, got 17"),
    "bits 4.0": (dict(bits=4.0), "bits wants a whole number, got 4.0"),
    "scale 0": (dict(scale=0.0), "scale wants finite numbers above 0, got 0.0"),
    "scale inf": (dict(scale=np.inf), "scale wants finite numbers above 0, got inf"),
    "zero_point of half": (dict(zero_point=0.5), "zero_point wants integers, got dtype float64"),
    "zero_point too high": (
        dict(zero_point=128),
        "zero_point wants codes from -128 to 127, got 128",
    ),
    "zero_point too low": (
        dict(zero_point=-1, signed=False),
        "zero_point wants codes from 0 to 255, got -1",
    ),
    "scales without an axis": (
        dict(scale=np.ones(3)),
        r"scale wants shape \(\) with axis None, got \(3,\)",
    ),
    "one scale with an axis": (dict(axis=1), r"scale wants shape \(3,\) with axis 1, got \(\)"),
    "one zero_point with an axis": (
        dict(axis=1, scale=np.ones(3)),
        r"zero_point wants shape \(3,\) with axis 1, got \(\)",
    ),
    "axis 4": (dict(axis=4), "axis 4 is out of bounds for array of dimension 4"),
    "complex": (dict(x=np.ones(3, complex)), "real numbers, got dtype complex128"),
}


@pytest.mark.parametrize("function", [quantise, fake_quantise])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_numbers(name, function):
    change, message = REFUSED[name]
    good = dict(x=example()[0], scale=0.5, zero_point=0)
    function(**good)
    with pytest.raises(ValueError, match=message):
        function(**good | change)


OTHERS_REFUSED = {
    "codes of floats": (
        lambda: dequantise(np.ones(3), 0.5, 0),
        "codes wants integers, got dtype float64",
    ),
    "codes with scales": (
        lambda: dequantise(np.ones(3, int), np.ones(3), 0),
        r"scale wants shape \(\) with axis None, got \(3,\)",
    ),
    "range upside down": (
        lambda: affine_parameters(1.0, -1.0),
        "x_min to x_max wants a finite range, got 1.0 to -1.0",
    ),
    "range NaN": (
        lambda: affine_parameters(np.nan, 1.0),
        "x_min to x_max wants a finite range, got nan to 1.0",
    ),
    "range infinite": (
        lambda: affine_parameters(0.0, np.inf),
        "x_min to x_max wants a finite range, got 0.0 to inf",
    ),
    "ranges of other lengths": (
        lambda: affine_parameters(np.zeros(3), np.ones(2)),
        r"x_min has shape \(3,\), x_max has \(2,\)",
    ),
    "symmetric and unsigned": (
        lambda: affine_parameters(-1.0, 1.0, signed=False, symmetric=True),
        "symmetric wants signed codes, signed is False",
    ),
    "bits": (lambda: affine_parameters(-1.0, 1.0, 1), "bits must be at least 2, got 1"),
    "dy": (
        lambda: fake_quantise_backward(np.ones(2), fake_quantise(np.ones(3), 1.0, 0)[1]),
        r"dy has shape \(2,\), y has \(3,\)",
    ),
}


@pytest.mark.parametrize("name", OTHERS_REFUSED)
def test_others_refused_with_the_numbers(name):
    call, message = OTHERS_REFUSED[name]
    with pytest.raises(ValueError, match=message):
        call()
