import numpy as np
import pytest
import torch
from hypothesis import given
from oracle import CONFIGURATIONS, agree
from test_convolution_transposed import REFUSED, example, torch_transpose, transposed

from cnnbook.reference.convolution_transposed import conv_transpose2d
from cnnbook.reference.convolution_transposed_forms import (
    conv_transpose2d_loops,
    conv_transpose2d_zeros,
)

FORMS = [conv_transpose2d_loops, conv_transpose2d_zeros]


@CONFIGURATIONS
@given(transposed(axes=2))
def test_forms_are_torchs_transpose(case):
    *arrays, stride, padding, more, groups, dilation = case
    tensors = (None if a is None else torch.from_numpy(a) for a in arrays)
    theirs = torch_transpose(*tensors, stride, padding, more, groups, dilation).numpy()
    for form in FORMS:
        agree(form.__name__, "torch conv_transpose2d", "forward", form(*case), theirs)


@pytest.mark.parametrize("form", FORMS)
def test_by_hand(form):
    x = np.array([[[[1.0, 2], [3, 4]]]])
    weight = np.array([[[[1.0, 10], [100, 1000]]]])
    wanted = [[1, 12, 20], [103, 1234, 2040], [300, 3400, 4000]]
    assert form(x, weight)[0, 0].tolist() == wanted


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_is_kept_and_inputs_are_not_written(form, dtype):
    arrays = [a.astype(dtype) for a in example()]
    before = [a.copy() for a in arrays]
    for a in arrays:
        a.flags.writeable = False  # so that a write raises instead of passing unseen
    for bias in (arrays[2], None):
        y = form(*arrays[:2], bias, 2, 1, 1, 2)
        assert y.dtype == dtype
        y += 1
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("form", FORMS)
def test_integers_and_an_empty_batch(form):
    x, weight = np.arange(40).reshape(1, 2, 4, 5), np.arange(36).reshape(2, 2, 3, 3)
    np.testing.assert_allclose(form(x, weight), conv_transpose2d(x, weight)[0], rtol=1e-10)
    assert form(x[:0], weight, stride=2).shape == (0, 2, 9, 11)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [name for name, (axes, *_) in REFUSED.items() if axes == 2])
def test_refused_with_the_numbers(form, name):
    _, change, message = REFUSED[name]
    x, weight, bias = example()
    good = dict(x=x, weight=weight, bias=bias, groups=2)
    form(**good)
    with pytest.raises(ValueError, match=message):
        form(**good | change)
