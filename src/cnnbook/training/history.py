"""What a training run leaves behind: its curves, which it can draw, and its result."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # drawing is the only part that needs matplotlib
    from matplotlib.axes import Axes


@dataclass
class History:
    """The curves of one run.

    Place i of loss, accuracy and rate belongs to step i: the loss and the share of right answers
    on its batch, after i updates and before the next, and the rate of that next one. Place j of
    the validation curves was measured after validated[j] updates.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    validated: list[int] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    test_loss: float | None = None
    test_accuracy: float | None = None

    @property
    def steps(self) -> range:
        """The updates made before each value of loss and accuracy."""
        return range(len(self.loss))

    @property
    def best(self) -> int | None:
        """The place of the lowest validation loss, the first of equals; None without validation."""
        if not self.validation_loss:
            return None
        return min(range(len(self.validation_loss)), key=self.validation_loss.__getitem__)

    @property
    def final(self) -> dict[str, float]:
        """The last value of each curve, and the result on the test images."""
        final: dict[str, float] = {"steps": len(self.loss)}
        for name in ("loss", "accuracy", "validation_loss", "validation_accuracy"):
            if values := getattr(self, name):
                final[name] = values[-1]
        if self.test_accuracy is not None:
            final |= {"test_loss": self.test_loss, "test_accuracy": self.test_accuracy}
        return final

    def add(self, rate: float, loss: float, accuracy: float) -> None:
        """Note what a step was like."""
        self.rate.append(float(rate))
        self.loss.append(loss)
        self.accuracy.append(accuracy)

    def stale(self, patience: int | None) -> bool:
        """Tell whether the last `patience` validations all failed to lower the loss."""
        if patience is None or self.best is None:
            return False
        return len(self.validation_loss) - 1 - self.best >= patience

    def plot(
        self, axes: "Sequence[Axes] | None" = None, label: str | None = None
    ) -> "Sequence[Axes]":
        """Draw loss and accuracy side by side.

        Args:
            axes: the two axes of an earlier call, to compare runs in one picture.
            label: of this run, for the legend.

        Returns:
            The two axes. Pale lines are single batches, the strong line is their running mean,
            dots are validations.
        """
        from cnnbook.training import curves

        return curves.run(self, axes, label)

    def to_json(self) -> str:
        """Write as text; `from_json` returns an equal history."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "History":
        """Read what `to_json` wrote.

        Raises:
            ValueError: if the text is something else.
        """
        values = json.loads(text)
        if not isinstance(values, dict) or values.keys() != asdict(cls()).keys():
            raise ValueError("not the JSON of a History")
        return cls(**values)
