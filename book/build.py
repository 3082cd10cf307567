"""Build the book: execute the notebooks in parallel, then let Jupyter Book render them.

Executed notebooks are cached by their code cells. An edit of the package must run them again, so
the cache belongs to one state of `src/` and of the installed packages: when that changes, it goes.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distributions
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "_build"
CACHE = BUILD / "jupyter_cache"
DOCTREES = BUILD / ".doctrees"
WORKERS = 2
CELL_TIMEOUT = 120  # seconds
OPTIONS = ["--config", str(ROOT / "_config.yml"), "--toc", str(ROOT / "_toc.yml")]


def environment_key() -> str:
    """Hash everything but a notebook's own cells that its outputs depend on."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted((ROOT / "src").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    names = sorted(f"{dist.metadata['Name']}=={dist.version}" for dist in distributions())
    digest.update("\n".join(names).encode())
    return digest.hexdigest()


def execute(path: Path) -> tuple[Path, nbformat.NotebookNode, float]:
    """Run one notebook on one thread; return it with outputs and the seconds it took."""
    notebook = nbformat.read(path, as_version=4)
    start = time.perf_counter()
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        store_widget_state=True,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    return path, notebook, time.perf_counter() - start


def execute_changed() -> None:
    """Execute the notebooks that the cache does not hold, and put them there."""
    marker = CACHE / "environment"
    key = environment_key()
    if not marker.exists() or marker.read_text() != key:
        shutil.rmtree(CACHE, ignore_errors=True)
        shutil.rmtree(DOCTREES, ignore_errors=True)  # pages made from the old outputs
    cache = get_cache(CACHE)
    CACHE.mkdir(parents=True, exist_ok=True)
    marker.write_text(key)
    todo = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        try:
            cache.match_cache_file(path)
        except KeyError:
            todo.append(path)
    print(f"notebooks to execute: {len(todo)}", flush=True)
    with ThreadPoolExecutor(WORKERS) as pool:
        for path, notebook, seconds in pool.map(execute, todo):
            data = {"execution_seconds": seconds}
            bundle = CacheBundleIn(notebook, str(path), data=data)
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            print(f"  {path.name}: {seconds:.1f} s", flush=True)


def main() -> int:
    """Execute, render with warnings as errors, say where the book is."""
    start = time.perf_counter()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # two notebooks at a time, one thread each
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    execute_changed()
    command = ["jupyter-book", "build", str(ROOT), "-W", "-n", "--keep-going", "-q", *OPTIONS]
    code = subprocess.run([Path(sys.executable).with_name(command[0]), *command[1:]], cwd=ROOT).returncode
    if code:
        shutil.rmtree(DOCTREES, ignore_errors=True)  # or the next build would pass
        return code
    print(f"Built in {time.perf_counter() - start:.1f} s. Open it with `make serve`, or:")
    print(f"  {BUILD / 'html' / 'index.html'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
