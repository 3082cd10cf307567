"""The state of a run besides its place in the loop: what a checkpoint keeps."""

from collections.abc import Callable
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cnnbook.data import Dataset
from cnnbook.training import checkpoint, distributed
from cnnbook.training.history import History
from cnnbook.training.measure import evaluate


class DivergedError(FloatingPointError):
    """The loss became NaN or infinite; `history` has the curves up to there."""

    def __init__(self, text: str, history: History) -> None:
        """Keep the curves beside the message."""
        super().__init__(text)
        self.history = history


class Run:
    """A network, its optimiser, its history and, with early stopping, its best weights so far."""

    def __init__(self, model: nn.Module, updates: Any, settings: dict[str, Any]) -> None:
        """Start with an empty history; a checkpoint of other settings is refused."""
        self.model, self.updates, self.settings = model, updates, settings
        self.history = History()
        updates.zero_grad()  # what the reader computed before is no part of the run
        self.best: dict[str, Tensor] | None = None

    def resume(self, path: str | Path, steps: int) -> None:
        """Go on from a checkpoint, if it is there.

        Raises:
            ValueError: if it is not whole, of another run, or has made more than `steps` steps.
        """
        state = checkpoint.load(path, self.settings)
        if state is None:
            return
        history = History(**state["history"])
        if len(history.loss) > steps:
            raise ValueError(f"{path} has made {len(history.loss)} steps, {steps} are asked for")
        self.model.load_state_dict(state["model"])
        self.updates.load_state_dict(state["optimiser"])
        self.history, self.best = history, state["best"]

    def save(self, path: str | Path) -> None:
        """Write a checkpoint; one process is enough for that."""
        if distributed.rank() == 0:
            state = {
                "settings": self.settings,
                "history": asdict(self.history),
                "model": self.model.state_dict(),
                "optimiser": self.updates.state_dict(),
                "best": self.best,
            }
            checkpoint.save(path, state)

    def validate(
        self, images: tuple[Tensor, Tensor], loss: Callable[[Any, Tensor], Tensor], keep: bool
    ) -> None:
        """Measure on the images that were held out; keep the weights if they are the best yet."""
        history = self.history
        distributed.align(self.model)
        value, accuracy = evaluate(self.model, *images, loss)
        self.refuse(value, " on the validation images")
        history.validated.append(len(history.loss))
        history.validation_loss.append(value)
        history.validation_accuracy.append(accuracy)
        if keep and history.best == len(history.validated) - 1:
            self.best = {k: v.clone() for k, v in self.model.state_dict().items()}

    def finish(self, dataset: Dataset, loss: Callable[[Any, Tensor], Tensor]) -> None:
        """Put the best weights back, if they were kept, and measure on the test images."""
        if self.best is not None:
            self.model.load_state_dict(self.best)
        self.model.eval()
        distributed.align(self.model)
        value, accuracy = evaluate(self.model, dataset.x_test, dataset.y_test, loss)
        self.refuse(value, " on the test images")
        self.history.test_loss, self.history.test_accuracy = value, accuracy

    def refuse(self, loss: float, where: str = "") -> None:
        """Stop if a loss is no number; the gradients at hand are those of the last step made.

        Raises:
            DivergedError: if it is NaN or infinite.
        """
        if isfinite(loss):
            return
        step, rate, norm = len(self.history.loss) - 1, self.history.rate[-1], self.gradient_norm()
        raise DivergedError(
            f"loss is {loss}{where} at step {step}, learning rate {rate:g}; "
            + (
                "no update was made yet, so look at the images and the first weights"
                if norm is None
                else f"the gradient of the last update had norm {norm:.3g}"
            ),
            self.history,
        )

    def gradient_norm(self) -> float | None:
        """Return the length of the whole gradient, or None before the first."""
        weights = [w for w in self.model.parameters() if w.requires_grad]
        gradients = [w.grad for w in weights if w.grad is not None]
        return torch.stack([g.norm() for g in gradients]).norm().item() if gradients else None
