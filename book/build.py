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
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "_build"
CACHE = BUILD / "jupyter_cache"
DOCTREES = BUILD / ".doctrees"
PAGE = BUILD / "html" / "index.html"
BUILT = BUILD / "html" / ".built"  # what the pages were built from; goes when they go
LOOK = BUILD / "html" / ".look"  # the part of it that concerns every page
WORKERS = 2
CELL_TIMEOUT = 120  # seconds
OPTIONS = ["--config", str(ROOT / "_config.yml"), "--toc", str(ROOT / "_toc.yml")]


def hash_files(*names: str) -> str:
    """Hash the paths and contents of files and of all files in folders below the root."""
    digest = hashlib.sha256()
    for name in names:
        path = ROOT / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            parts = file.relative_to(ROOT).parts
            if file.is_file() and not any(part.startswith((".", "__pycache__")) for part in parts):
                digest.update("/".join(parts).encode() + file.read_bytes())
    return digest.hexdigest()


def environment_key() -> str:
    """Hash everything but a notebook's own cells that its outputs depend on."""
    versions = sorted(f"{dist.name}=={dist.version}" for dist in distributions())
    return "\n".join([sys.version, hash_files("src"), *versions])


def execute(path: Path) -> tuple[Path, "NotebookNode", float]:
    """Run one notebook on one thread; return it with outputs and the seconds it took."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    start = time.perf_counter()
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        store_widget_state=True,
        record_timing=False,  # timings in the cells would change the key of the cache
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute(stderr=subprocess.DEVNULL)  # the kernel warns of its unencrypted local sockets
    return path, notebook, time.perf_counter() - start


def execute_changed(key: str) -> None:
    """Execute the notebooks that the cache does not hold, and put them there."""
    from jupyter_cache import get_cache
    from jupyter_cache.base import CacheBundleIn

    marker = CACHE / "environment"
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
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    # The progress of whoever builds is not the reader's; this folder is never made.
    os.environ["CNNBOOK_PROGRESS"] = str(BUILD / "no-progress" / "progress.json")
    key = environment_key()
    state = key + hash_files("book", "notebooks", "_config.yml", "_toc.yml")
    if BUILT.exists() and BUILT.read_text() == state:
        print(f"Nothing has changed since the last build: {PAGE}")
        return 0
    execute_changed(key)
    look = hash_files("book/_ext", "book/_templates", "book/assets", "_config.yml")
    if not LOOK.exists() or LOOK.read_text() != look:  # then every page must be written anew
        shutil.rmtree(BUILD / "html", ignore_errors=True)
        shutil.rmtree(DOCTREES, ignore_errors=True)
    command = ["jupyter-book", "build", str(ROOT), "-W", "-n", "--keep-going", "-q", *OPTIONS]
    command[0] = str(Path(sys.executable).with_name(command[0]))
    code = subprocess.run(command, cwd=ROOT).returncode
    if code:
        shutil.rmtree(DOCTREES, ignore_errors=True)  # or the next build would pass
        return code
    BUILT.write_text(state)
    LOOK.write_text(look)
    print(f"Built in {time.perf_counter() - start:.1f} s. Read it with `make serve`, or open")
    print(f"  {PAGE}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
