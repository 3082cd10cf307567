"""The figures' palette and the widgets' style sheet name the same colours."""

import re
import subprocess
import sys
from pathlib import Path

from cnnbook.live import PACKAGE
from cnnbook.style import LINES, PALETTE

CSS = (PACKAGE / "live" / "shared.css").read_text(encoding="utf-8")


def test_widgets_use_the_figures_colours() -> None:
    light = CSS.split("html[data-theme", 1)[0]
    for role, colour in PALETTE.items():
        assert re.search(rf"--cnnbook-{role}: {colour};", light), f"{role} is not {colour}"


def test_lines_are_told_apart() -> None:
    assert len(set(LINES)) == len(LINES)


def test_import_changes_no_settings() -> None:
    code = (
        "import matplotlib as m; a = dict(m.rcParams); import cnnbook.style as s;"
        "assert dict(m.rcParams) == a; s.use(); assert dict(m.rcParams) != a"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent)
