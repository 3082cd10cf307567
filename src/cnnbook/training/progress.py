"""One line that says how far a training is, wherever it is read.

A terminal rewrites the line. A notebook updates one output, so that the page of the book shows the
last state and nothing else. A log that cannot rewrite gets about ten lines. tqdm was considered
and left out: its bar is either an ipywidget, which a page without a kernel cannot draw, or a
stream of carriage returns, which a page and a log keep, every one of them.
"""

import sys
import time
from types import TracebackType

from cnnbook.training.history import History

LINES = 10  # in a log
PAUSE = 0.25  # s between two updates of a terminal or notebook


def line(history: History, steps: int) -> str:
    """Say how far a run is, with means over its last tenth (at most 50 steps): no times in it."""
    done = len(history.loss)
    last = min(max(done // 10, 1), 50)
    loss, accuracy = (sum(v[-last:]) / last for v in (history.loss, history.accuracy))
    text = f"step {done:{len(str(steps))}} of {steps}   loss {loss:.3f}"
    text += f"   accuracy {100 * accuracy:.1f} %"
    if history.validation_accuracy:
        text += f"   validation {100 * history.validation_accuracy[-1]:.1f} %"
    return text


def in_notebook() -> bool:
    """Tell whether a Jupyter kernel runs this."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")


class Progress:
    """Shows a history while it grows: `with Progress(steps) as bar: ... bar.show(history)`."""

    def __init__(self, steps: int, wanted: bool = True) -> None:
        """Find out where it is read; a program's results stay alone on standard output."""
        self.steps, self.start, self.first, self.shown, self.text = steps, 0.0, 0, 0.0, ""
        self.history: History | None = None
        self.write = lambda text, last: None
        if wanted and in_notebook():
            self.write, self.handle = self._notebook, None
        elif wanted and sys.stderr.isatty():
            self.write = self._terminal
        elif wanted:
            self.write = self._log

    def __enter__(self) -> "Progress":
        """Start the clock."""
        self.start = time.monotonic()
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last state on the screen, also when the training was stopped."""
        if self.history is not None and self.history.loss:
            self.write(line(self.history, self.steps), True)

    def show(self, history: History) -> None:
        """Show the history, unless something was shown just now."""
        if self.history is None:
            self.history, self.first = history, len(history.loss) - 1
        done, now = len(history.loss), time.monotonic()
        if self.write == self._log:
            due = done % max(-(-self.steps // LINES), 1) == 0
        else:
            due = now - self.shown >= PAUSE
        if due:
            self.shown = now
            self.write(line(history, self.steps), False)

    def _terminal(self, text: str, last: bool) -> None:
        done = len(self.history.loss)
        left = (time.monotonic() - self.start) / (done - self.first) * (self.steps - done)
        text += "" if last else f"   {left:.0f} s left"
        # blanks wipe what is left of a longer line before
        print(f"\r{text:<{len(self.text)}}", end="\n" if last else "", file=sys.stderr, flush=True)
        self.text = text

    def _notebook(self, text: str, last: bool) -> None:
        from IPython.display import display

        bundle = {"text/plain": text}
        if self.handle is None:
            self.handle = display(bundle, raw=True, display_id=True)
        elif text != self.text:
            self.handle.update(bundle, raw=True)
        self.text = text

    def _log(self, text: str, last: bool) -> None:
        if text != self.text:
            print(text, file=sys.stderr, flush=True)
        self.text = text
