"""The wheel carries what the package reads at run time: modules, style sheets, results."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DATA = {".js", ".css", ".json", ".npz", ".csv", ".LICENSE"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run([sys.executable, "-m", *command], check=True)
    return next(folder.glob("cnnbook-*.whl"))


def test_wheel_holds_every_data_file(wheel: Path) -> None:
    shipped = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src" / "cnnbook").rglob("*")
        if path.suffix in DATA | {".py"} and "__pycache__" not in path.parts
    }
    assert wanted <= shipped, sorted(wanted - shipped)


def test_installed_elsewhere_the_widgets_find_their_files(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        "import cnnbook, cnnbook.widgets as w; from cnnbook import exercises;"
        f"assert cnnbook.__file__.startswith({str(tmp_path)!r}), cnnbook.__file__;"
        "assert 'render' in str(w.ConvExplorer()._esm); exercises.ids()"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}
    )
