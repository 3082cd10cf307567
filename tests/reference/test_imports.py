import json
import subprocess
import sys

import pytest


def modules_after(statement: str) -> set[str]:
    """Names of the top-level modules loaded by a fresh interpreter, which must stay silent."""
    code = f"{statement}\nimport json, sys\njson.dump(sorted(sys.modules), sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return {name.partition(".")[0] for name in json.loads(done.stderr)}


@pytest.mark.parametrize(
    ("module", "allowed"), [("cnnbook.shapes", set()), ("cnnbook.reference", {"numpy"})]
)
def test_import_loads_nothing_heavy(module, allowed):
    # what an empty interpreter already loads (an editable install's finder, say) does not count
    base = modules_after("import numpy" if "numpy" in allowed else "pass")
    extra = modules_after(f"import {module}") - base - allowed - set(sys.stdlib_module_names)
    assert extra == {"cnnbook"}
