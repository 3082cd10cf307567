"""What the tests of all optimisers share: a few steps of a rule beside those of torch.optim."""

import numpy as np
import torch
from hypothesis import strategies as st
from oracle import agree, strided

RATE = st.floats(1e-4, 1.0)
PART = st.floats(0.0, 0.999)  # what stays of an average
DECAY = st.one_of(st.just(0.0), st.floats(1e-4, 0.3))
EPS = st.sampled_from([1e-10, 1e-8, 1e-3, 0.5])
STEPS = 10


@st.composite
def descents(draw, **settings):
    """A weight, ten gradients, a factor of lr for each step, and the settings of the rule."""
    shape = tuple(draw(st.permutations([2, 3, 4]))[: draw(st.integers(0, 3))])
    options = draw(st.fixed_dictionaries(settings))
    scale = draw(st.sampled_from([1e-4, 1.0, 1e3]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weight = rng.normal(size=shape)
    grads = scale * rng.normal(size=(STEPS, *shape))
    grads *= rng.random(grads.shape) > 0.2  # some are exactly 0
    return weight, grads, rng.choice([0.1, 1.0, 2.0], size=STEPS), options


def follow_torch(name, rule, optimiser, weight, grads, factors, options):
    """Hold every step of a run against torch's, the rate changing on the way."""
    tensor = torch.nn.Parameter(torch.tensor(weight))
    theirs = optimiser([tensor], **options)
    state, ours, expected = None, [], []
    for grad, factor in zip(grads, factors, strict=True):
        lr = options["lr"] * factor
        theirs.param_groups[0]["lr"] = lr
        tensor.grad = torch.tensor(grad)
        theirs.step()
        expected.append(tensor.detach().numpy().copy())
        weight, state = rule(weight, grad, state, **options | {"lr": lr})
        ours.append(weight)
    oracle = f"torch.optim.{optimiser.__name__}, {STEPS} steps"
    agree(name, oracle, "forward", np.stack(ours), np.stack(expected))


def arrays_of(state):
    """The arrays in a state, which is an array, a tuple or None."""
    parts = state if isinstance(state, tuple) else (state,)
    return [part for part in parts if isinstance(part, np.ndarray)]


def example(dtype=np.float64):
    rng = np.random.default_rng(0)
    return rng.normal(size=(2, 3, 4)).astype(dtype), rng.normal(size=(3, 2, 3, 4)).astype(dtype)


def keeps_its_word(rule, **options):
    """Check what every rule promises: dtype kept, nothing written or shared, views read rightly."""
    for dtype in (np.float16, np.float32, np.float64):
        weight, (grad, *_) = example(dtype)
        first, state = rule(weight, grad.astype(np.float64), **options)
        second, later = rule(first, grad, state, **options)
        for array in (first, second, *arrays_of(state), *arrays_of(later)):
            assert array.dtype == dtype

    weight, grads = example()
    state, reference = None, []
    for grad in grads:
        weight, state = rule(weight, grad, state, **options)
        reference.append((weight, *arrays_of(state)))

    (weight, grads), state = example(), None
    for grad, wanted in zip(grads, reference, strict=True):
        given = weight, grad, *arrays_of(state)
        before = [a.copy() for a in given]
        for a in given:
            a.flags.writeable = False  # so that a write raises instead of passing unseen
        rule(*strided_all(weight, grad), state, **options)  # a state can be used twice
        weight, state = rule(weight, grad, state, **options)
        results = weight, *arrays_of(state)
        for i, result in enumerate(results):
            assert not any(np.shares_memory(result, a) for a in (*given, *results[:i]))
            np.testing.assert_array_equal(result, wanted[i])
        for a, b in zip(given, before, strict=True):
            np.testing.assert_array_equal(a, b)

    (weight, grads), (viewed, views) = example(), strided_all(*example())
    first, second = rule(weight, grads[0], **options), rule(viewed, views[0], **options)
    np.testing.assert_array_equal(first[0], second[0])

    for shape in ((0, 3), ()):
        weight, state = rule(np.ones(shape), np.ones(shape), **options)
        weight, _ = rule(weight, np.ones(shape), state, **options)
        assert weight.shape == shape

    whole = rule(np.array([3, -2]), np.array([1, 2]), **options)[0]  # integers become floats
    np.testing.assert_array_equal(
        whole, rule(np.array([3.0, -2]), np.array([1.0, 2]), **options)[0]
    )


def strided_all(*arrays):
    return [strided(a) for a in arrays]
