"""The line that says how far a run is: in a terminal, a notebook and a log."""

import io
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from small_networks import plain

from cnnbook import training
from cnnbook.training.history import History
from cnnbook.training.progress import Progress, in_notebook, line


class Terminal(io.StringIO):
    def isatty(self):
        return True


def history(steps):
    return History(
        loss=[1.0 - i / 100 for i in range(steps)], accuracy=[i / 100 for i in range(steps)]
    )


def run(steps, total, wanted=True):
    grown = History()
    with Progress(total, wanted) as bar:
        for i in range(steps):
            grown.add(0.1, 1 - i / 100, i / 100)
            bar.show(grown)


def test_what_the_line_says():
    assert line(history(1), 100) == "step   1 of 100   loss 1.000   accuracy 0.0 %"
    last_five = line(history(50), 1000)
    assert last_five == "step   50 of 1000   loss 0.530   accuracy 47.0 %"
    validated = history(50)
    validated.validation_accuracy = [0.25, 0.5]
    assert line(validated, 50).endswith("accuracy 47.0 %   validation 50.0 %")


@pytest.mark.parametrize(
    ("steps", "total", "lines"), [(50, 50, 10), (55, 55, 10), (3, 3, 3), (7, 50, 2)]
)
def test_a_log_gets_about_ten_lines_and_the_last_state(monkeypatch, steps, total, lines):
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    run(steps, total)
    written = log.getvalue().splitlines()
    assert len(written) == len(set(written)) == lines
    assert written[-1].startswith(f"step {steps:{len(str(total))}} of {total} ")
    assert "\r" not in log.getvalue()


def test_a_terminal_rewrites_one_line(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr("cnnbook.training.progress.PAUSE", 0)
    run(50, 50)
    text = screen.getvalue()
    assert text.count("\n") == 1
    assert text.endswith("\n")
    parts = text.split("\r")[1:]
    assert len(parts) == 51
    assert parts[0].startswith("step  1 of 50")
    assert "s left" in parts[0]
    assert parts[-1].rstrip() == line(history(50), 50)
    assert len(parts[-1].rstrip("\n")) >= len(parts[-2].rstrip())  # nothing of it is left over


def test_a_terminal_is_not_flooded(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    run(90, 90)
    assert screen.getvalue().count("\r") < 10


def test_silence(monkeypatch, few, capsys):
    monkeypatch.setattr(sys, "stderr", Terminal())
    run(5, 5, wanted=False)
    assert sys.stderr.getvalue() == ""
    training.train(plain(), few, 3, progress=False)
    assert sys.stderr.getvalue() == capsys.readouterr().out == ""


def test_a_run_that_fails_leaves_its_last_line(monkeypatch, few):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(training.DivergedError):
        training.train(plain(), few, 300, lr=1e6)
    assert sys.stderr.getvalue().endswith("\n")


def test_a_notebook_keeps_one_output_and_the_same_each_time():
    cell = """
import sys, time
from types import SimpleNamespace
from cnnbook.training.progress import Progress
from cnnbook.training.history import History
grown = History()
with Progress(40) as bar:
    for i in range(40):
        grown.add(0.1, 1 - i / 100, i / 100)
        time.sleep(0.02)
        bar.show(grown)
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    updates = []

    class Client(NotebookClient):
        def process_message(self, message, cell, index):
            updates.append(message["msg_type"])
            return super().process_message(message, cell, index)

    Client(notebook, timeout=60, kernel_name="python3").execute()
    outputs = notebook.cells[0].outputs
    assert [output.output_type for output in outputs] == ["display_data"]
    assert outputs[0].data["text/plain"] == line(history(40), 40)
    assert 2 <= updates.count("update_display_data") <= 10


def test_here_is_no_notebook():
    assert not in_notebook()
    code = "import IPython, cnnbook.training.progress as p; print(p.in_notebook())"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"
