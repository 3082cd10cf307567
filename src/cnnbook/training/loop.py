"""The training loop of the book."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from cnnbook.data import Dataset
from cnnbook.shapes.checks import whole
from cnnbook.training import distributed
from cnnbook.training.augment import Augment
from cnnbook.training.batches import Batches
from cnnbook.training.budget import STEPS_LIVE
from cnnbook.training.history import History
from cnnbook.training.measure import accuracy, cross_entropy
from cnnbook.training.optimiser import SGD
from cnnbook.training.progress import Progress
from cnnbook.training.randomness import AUGMENT, FORWARD, generator, seed_torch, untouched
from cnnbook.training.run import Run


def train(
    model: nn.Module,
    dataset: Dataset,
    steps: int = STEPS_LIVE,
    batch: int = 64,
    lr: float | Callable[[int], float] = 0.02,
    *,
    optimiser: Callable[..., Any] = SGD,
    loss: Callable[[Any, Tensor], Tensor] = cross_entropy,
    seed: int = 0,
    augment: Augment | None = None,
    validation: int = 0,
    every: int = 50,
    patience: int | None = None,
    checkpoint: str | Path | None = None,
    progress: bool = True,
) -> History:
    """Train a network where it is, on the device it is on, and leave it in eval mode.

    The same arguments give the same numbers, and torch's own random state is left as it was.

    Args:
        model: its first weights are part of the arguments; `build` draws them by a seed.
        dataset: images and labels to train with, and to test with once at the end.
        steps: updates to make.
        batch: images for each.
        lr: learning rate, or a function from the number of the step, from 0, to it.
        optimiser: called with the parameters and lr=..., returns what has the methods of one of
            torch.optim; `functools.partial` sets what else it takes.
        loss: of the network's output and the labels, a mean over the batch.
        seed: draws the validation images, the batches, augmentation and dropout.
        augment: a function of `cnnbook.training.augment`, or one like them.
        validation: how many training images are held out to validate with.
        every: steps from one validation, and one checkpoint, to the next.
        patience: validations in a row without a lower loss after which the run stops; the
            weights with the lowest are then put back.
        checkpoint: file that the run is kept in, and goes on from if it is there.
        progress: whether to show how far it is.

    Raises:
        ValueError: if arguments disagree, or the checkpoint is of another run or not whole.
        DivergedError: a FloatingPointError, if the loss is NaN or infinite; it has the history.
    """
    check(steps, batch, every, seed, validation, patience)
    batches = Batches(dataset, model, batch, validation, seed)
    rate_at = lr if callable(lr) else lambda step: lr
    updates = optimiser([w for w in model.parameters() if w.requires_grad], lr=rate_at(0))
    run = Run(model, updates, settings(batches, steps, validation, lr))
    if checkpoint is not None:
        run.resume(checkpoint, steps)
    history, network = run.history, distributed.shared(model)
    with untouched(batches.device), Progress(steps, progress and distributed.rank() == 0) as bar:
        model.train()
        while len(history.loss) < steps and not history.stale(patience):
            step = len(history.loss)
            x, y = batches[step]
            if augment is not None:
                x, y = augment(x, y, generator(seed, AUGMENT, step))
            x, y = distributed.part(x), distributed.part(y)
            seed_torch(batches.device, seed, FORWARD, step, distributed.rank())
            scores = network(x)
            value = loss(scores, y)
            history.add(rate_at(step), *distributed.mean(value, accuracy(scores, y)))
            run.refuse(history.loss[-1])
            updates.zero_grad()
            value.backward()
            for group in updates.param_groups:
                group["lr"] = history.rate[-1]
            updates.step()
            if (step + 1) % every == 0 or step + 1 == steps:
                if validation:
                    run.validate(batches.held_out, loss, keep=patience is not None)
                if checkpoint is not None:
                    run.save(checkpoint)
            bar.show(history)
        run.finish(dataset, loss)
    return history


def check(
    steps: int, batch: int, every: int, seed: int, validation: int, patience: int | None
) -> None:
    """Refuse counts that make no sense, alone or together."""
    for value, name in ((steps, "steps"), (batch, "batch"), (every, "every")):
        whole(value, name, 1)
    whole(seed, "seed")
    if batch % distributed.count():
        raise ValueError(f"batch {batch} cannot be shared by {distributed.count()} processes")
    if patience is not None and whole(patience, "patience", 1) and not validation:
        raise ValueError("patience wants validation images, validation is 0")


def settings(
    batches: Batches, steps: int, validation: int, lr: float | Callable[[int], float]
) -> dict[str, Any]:
    """Return what has to be the same for a run to go on.

    More steps may be asked for, but not with a schedule, which is made for so many.
    """
    return {
        "seed": batches.seed,
        "batch": batches.size,
        "validation": validation,
        "images": len(batches.x),
        "lr": f"a schedule of {steps} steps" if callable(lr) else float(lr),
    }
