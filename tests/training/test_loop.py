"""The loop: it learns, it repeats itself, it leaves nothing behind, and it says what is wrong."""

import random
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from small_networks import drawing, exact, plain
from torch import nn

from cnnbook import training
from cnnbook.reference import one_cycle_lr
from cnnbook.training.batches import Batches
from cnnbook.training.randomness import generator, number

quiet = partial(training.train, progress=False)


def weights(model):
    return torch.cat([value.flatten().double() for value in model.state_dict().values()])


def test_it_learns(textures):
    model = training.build(plain, 0)
    history = quiet(model, textures, 120)
    assert sum(history.loss[:10]) > 3 * sum(history.loss[-10:])
    assert history.accuracy[0] < 0.7 < history.test_accuracy
    loss, accuracy = training.evaluate(model, textures.x_test, textures.y_test)
    assert (loss, accuracy) == (history.test_loss, history.test_accuracy)
    assert not model.training


def test_the_first_loss_is_that_of_the_first_weights_on_the_first_batch(few):
    model = training.build(plain, 0)
    x, y = Batches(few, model, 64, 0, 0)[0]
    expected = nn.functional.cross_entropy(model(x), y).item()
    assert quiet(model, few, 1).loss == [expected]


def test_the_same_arguments_give_the_same_numbers(few):
    augment = training.mixed(training.crop, training.affine, training.noise, training.cutout)
    runs = []
    for seed in (0, 0, 1):
        model = training.build(drawing, 0)
        history = quiet(model, few, 20, seed=seed, augment=augment, validation=20, every=5)
        runs.append((history, weights(model)))
    assert runs[0][0] == runs[1][0]
    assert torch.equal(runs[0][1], runs[1][1])
    assert runs[0][0] != runs[2][0]


def test_random_numbers_of_the_reader_are_left_alone(few):
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    model = training.build(drawing, 3)
    quiet(model, few, 3, augment=partial(training.mixup, classes=3))
    with pytest.raises(training.DivergedError):
        quiet(model, replace(few, x_train=few.x_train * np.nan), 3)
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])
    assert random.getstate() == before[2]


def test_dropout_draws_another_mask_at_each_step(few):
    masks = []

    class Watched(nn.Dropout):
        def forward(self, x):
            y = super().forward(x)
            if self.training:
                masks.append(y[0] == 0)
            return y

    model = nn.Sequential(nn.Flatten(), Watched(0.5), nn.Linear(784, 3)).eval()
    quiet(model, few, 3)  # in train mode, whatever mode it came in
    assert len(masks) == 3
    assert not torch.equal(masks[0], masks[1])
    assert not torch.equal(masks[1], masks[2])


def test_the_data_are_not_written_to(few):
    before = few.x_train.copy(), few.y_train.copy()
    quiet(plain(), few, 3, augment=training.mixed(training.noise, training.cutout))
    np.testing.assert_array_equal(few.x_train, before[0])
    np.testing.assert_array_equal(few.y_train, before[1])


@pytest.mark.parametrize("batch", [1, 7, 32, 100, 230])
def test_every_image_comes_once_before_any_comes_again(few, batch):
    marked = replace(few, x_train=np.arange(100.0).reshape(100, 1, 1, 1).repeat(2, 3))
    batches = Batches(marked, plain(), batch, 0, 5)
    order = torch.cat([batches[step][0][:, 0, 0, 0] for step in range(-(-300 // batch))]).long()
    epochs = [order[i : i + 100] for i in (0, 100, 200)]
    assert all(sorted(epoch.tolist()) == list(range(100)) for epoch in epochs)
    assert not torch.equal(epochs[0], epochs[1])
    assert not torch.equal(epochs[0], torch.arange(100))


def test_images_stay_with_their_labels(few):
    rows = {image.tobytes(): label for image, label in zip(few.x_train, few.y_train, strict=True)}
    batches = Batches(few, plain(), 40, 30, 1)
    for x, y in (batches[0], batches[7], batches.held_out):
        assert [rows[image.numpy().tobytes()] for image in x] == y.tolist()


def test_images_that_are_held_out_are_not_trained_with(few):
    batches = Batches(few, plain(), 35, 30, 1)
    held_out = {image.numpy().tobytes() for image in batches.held_out[0]}
    seen = {image.numpy().tobytes() for step in range(6) for image in batches[step][0]}
    assert len(held_out) == 30
    assert len(seen) == 70
    assert not held_out & seen


def test_augmentation_does_not_change_which_images_a_step_sees(few):
    seen = []

    def watch(x, y, draw):
        seen.append(y.clone())
        return training.noise(x, y, draw)

    quiet(plain(), few, 4, augment=watch)
    batches = Batches(few, plain(), 64, 0, 0)
    assert all(torch.equal(y, batches[step][1]) for step, y in enumerate(seen))


def test_augmentation_draws_anew_at_each_step(few):
    drawn = []

    def watch(x, y, draw):
        drawn.append(torch.rand(1, generator=draw).item())
        return x, y

    quiet(plain(), few, 4, augment=watch)
    quiet(plain(), few, 1, augment=watch, seed=1)
    assert len(set(drawn)) == 5


def test_keys_that_are_neighbours_have_nothing_in_common():
    numbers = {
        number(seed, what, step) for seed in range(9) for what in range(4) for step in range(9)
    }
    assert len(numbers) == 9 * 4 * 9
    assert torch.rand(1, generator=generator(0, 1)) != torch.rand(1, generator=generator(1, 0))


def test_a_schedule_is_followed(few):
    schedule = partial(one_cycle_lr, max_lr=0.1, total_steps=12)
    rates = []

    class Watched(torch.optim.SGD):
        def step(self):
            rates.append(self.param_groups[0]["lr"])
            return super().step()

    history = quiet(plain(), few, 12, lr=schedule, optimiser=Watched)
    assert history.rate == rates == [schedule(step) for step in range(12)]


def test_no_rate_no_change(few):
    model = training.build(plain, 0)
    before = weights(model)
    quiet(model, few, 5, lr=lambda step: 0.0)
    assert torch.equal(weights(model), before)


@pytest.mark.parametrize(
    "extra", [{}, {"weight_decay": 0.01}, {"nesterov": True, "weight_decay": 0.01}]
)
def test_our_descent_is_that_of_torch(few, extra):
    models = []
    for optimiser in (training.SGD, torch.optim.SGD):
        models.append(training.build(drawing, 1))
        quiet(models[-1], few, 10, optimiser=partial(optimiser, momentum=0.8, **extra))
    assert torch.equal(*map(weights, models))


def test_optimisers_of_torch_and_weights_that_are_frozen(few):
    model = training.build(plain, 0)
    model[0].weight.requires_grad_(False)
    frozen, free = model[0].weight.clone(), model[4].weight.clone()
    quiet(model, few, 3, lr=1e-3, optimiser=torch.optim.Adam)
    assert torch.equal(model[0].weight, frozen)
    assert not torch.equal(model[4].weight, free)


def test_a_weight_that_gets_no_gradient_stays(few):
    model = training.build(plain, 0)
    model.spare = nn.Parameter(torch.ones(2))
    model.forward = lambda x: nn.Sequential.forward(model[:5], x)
    quiet(model, few, 2)
    assert model.spare.tolist() == [1, 1]


def test_a_loss_that_is_no_number_says_where(few):
    with pytest.raises(FloatingPointError) as caught:
        quiet(plain(), few, 300, lr=1e6)
    text, history = str(caught.value), caught.value.history
    step = len(history.loss) - 1
    assert text.startswith(f"loss is {history.loss[-1]} at step {step}, learning rate 1e+06; ")
    assert "the gradient of the last update had norm" in text
    assert float(text.rsplit(" ", 1)[1]) > 1


def test_the_gradient_norm_is_that_of_the_last_update(few):
    gradients, model = [], training.build(exact, 0)

    class Watched(training.SGD):
        def step(self):
            gradients.append([w.grad.clone() for w in self.param_groups[0]["params"]])
            super().step()

    def loss(scores, y):
        return training.cross_entropy(scores, y) * (float("inf") if len(gradients) == 3 else 1)

    with pytest.raises(training.DivergedError, match="loss is inf at step 3, learning rate") as e:
        quiet(model, few, 9, loss=loss, optimiser=Watched)
    norm = sum(float((g**2).sum()) for g in gradients[2]) ** 0.5
    assert f"had norm {norm:.3g}" in str(e.value)


def test_images_without_numbers_are_found_before_any_update(few):
    model = plain()
    model(torch.ones(1, 1, 28, 28)).sum().backward()  # a gradient of the reader's own
    with pytest.raises(training.DivergedError, match=r"nan at step 0.*no update was made yet"):
        quiet(model, replace(few, x_train=few.x_train * np.nan), 3)


def test_a_last_update_that_spoils_the_network_is_noticed_too(few):
    with pytest.raises(training.DivergedError, match=r"nan on the test images at step 0, .* norm"):
        quiet(plain(), few, 1, lr=1e38)
    with pytest.raises(training.DivergedError, match="nan on the validation images at step 0"):
        quiet(plain(), few, 2, lr=1e38, validation=20, every=1)


def test_small_and_whole_numbers_are_taken_as_labels_and_images(few):
    bytes_ = replace(
        few, x_train=(few.x_train * 50 + 99).astype(np.uint8), y_train=few.y_train.astype(np.uint8)
    )
    assert quiet(plain(), bytes_, 2, lr=1e-6).loss[0] > 0


def test_early_stopping_puts_the_best_weights_back(few):
    model = training.build(plain, 0)
    kept = {}

    def loss(scores, y):  # validation, 20 images, is where the weights are to be remembered
        if len(y) == 20:
            kept[len(kept)] = weights(model).clone()
        return training.cross_entropy(scores, y)

    # a rate that spoils the network from step 12 on
    history = quiet(
        model, few, 200, 30, lambda step: 0.02 if step < 12 else 3.0,
        loss=loss, validation=20, every=4, patience=3,
    )  # fmt: skip
    assert history.best == 2
    assert history.validated == [4, 8, 12, 16, 20, 24]
    assert len(history.loss) == 24
    assert torch.equal(weights(model), kept[2])


def test_patience_counts_validations_since_the_best():
    history = training.History(validated=[1, 2, 3, 4], validation_loss=[3.0, 1.0, 1.0, 2.0])
    assert history.best == 1
    assert history.stale(2)
    assert not history.stale(3)
    assert not history.stale(None)
    assert not training.History().stale(1)


def test_masks(few):
    masked = replace(few, y_train=(few.x_train[:, 0] > 0).astype(np.int64),
                     y_test=(few.x_test[:, 0] > 0).astype(np.int64))  # fmt: skip
    model = nn.Conv2d(1, 2, 1)
    history = quiet(model, masked, 150, augment=training.flip)
    assert history.test_accuracy > 0.95  # of the pixels


def test_networks_with_auxiliary_heads(few):
    class Heads(nn.Module):
        def __init__(self):
            super().__init__()
            self.main, self.side = plain(), plain()

        def forward(self, x):
            return (self.main(x), self.side(x), self.side(x)) if self.training else self.main(x)

    model = training.build(Heads, 0)
    x, y = Batches(few, model, 64, 0, 0)[0]
    main, side = (nn.functional.cross_entropy(m(x), y).item() for m in (model.main, model.side))
    history = quiet(model, few, 2)
    assert history.loss[0] == pytest.approx(main + 0.3 * 2 * side, rel=1e-6)


def test_evaluate_takes_all_images_in_eval_mode_and_puts_the_mode_back(few):
    model = training.build(drawing, 0)
    whole = training.evaluate(model, few.x_train, few.y_train)
    parts = training.evaluate(model, few.x_train, few.y_train, batch=33)
    assert model.training
    model.eval()
    with torch.no_grad():
        scores, y = model(torch.from_numpy(few.x_train)), torch.from_numpy(few.y_train)
    expected = (
        nn.functional.cross_entropy(scores, y).item(),
        (scores.argmax(1) == y).double().mean().item(),
    )
    assert whole == pytest.approx(expected, rel=1e-6)
    assert parts == pytest.approx(expected, rel=1e-6)


def test_standardised_channels(textures):
    x = np.random.default_rng(0).normal(3, 2, (50, 3, 5, 6)).astype(np.float32)
    x[:, 2] = 7.0
    colour = training.standardise(replace(textures, x_train=x, x_test=x + 1))
    np.testing.assert_allclose(colour.x_train.mean((0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(colour.x_train.std((0, 2, 3)), [1, 1, 0], atol=1e-5)
    shift = colour.x_test - colour.x_train
    np.testing.assert_allclose(shift[:, :2], 1 / x[:, :2].std((0, 2, 3), keepdims=True)
                               * np.ones_like(x[:, :2]), rtol=1e-4)  # fmt: skip
    assert colour.x_train.dtype == colour.x_test.dtype == np.float32


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"steps": 2.5}, "steps wants a whole number"),
        ({"batch": 0}, "batch must be at least 1"),
        ({"every": 0}, "every must be at least 1"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"validation": 100}, "validation takes 100 of 100 images: none is left"),
        ({"validation": -1}, "validation must be at least 0"),
        ({"patience": 3}, "patience wants validation images, validation is 0"),
        ({"patience": 0, "validation": 9}, "patience must be at least 1"),
    ],
)
def test_what_train_refuses(few, settings, message):
    with pytest.raises(ValueError, match=message):
        quiet(plain(), few, **settings)


def test_what_cannot_be_trained(few):
    with pytest.raises(ValueError, match="the model has no parameters"):
        quiet(nn.Flatten(), few)
    with pytest.raises(ValueError, match="as many labels as images, and some: 100 and 99"):
        quiet(plain(), replace(few, y_train=few.y_train[1:]))
