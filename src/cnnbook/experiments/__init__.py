"""Studies too long for a chapter: run by name, result committed, plotted beside a short live run.

`python -m cnnbook.experiments NAME` runs one again and writes its result file.
"""

import json
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def result(name: str) -> dict:
    """Read the committed result of a study.

    Raises:
        ValueError: if there is no such result.
    """
    path = RESULTS / f"{name}.json"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in RESULTS.glob("*.json")))
        raise ValueError(f"no result {name!r}; there are {known}")
    return json.loads(path.read_text(encoding="utf-8"))
