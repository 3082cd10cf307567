"""A run on disk: whole or not there, whenever the process is killed.

The file is written beside its place, flushed to the disk and then renamed, which replaces the old
one in one move. Nothing random is in it: what is drawn in a step depends on the seed and the step.
"""

import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch


def save(path: str | Path, state: dict[str, Any]) -> None:
    """Replace the checkpoint by a new one."""
    path = Path(path)
    beside = path.with_name(path.name + ".part")
    with open(beside, "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def load(path: str | Path, settings: dict[str, Any]) -> dict[str, Any] | None:
    """Read a checkpoint, without running any code that the file may hold.

    Args:
        path: of the file.
        settings: of the run that wants to go on from it.

    Returns:
        What was saved, or None if there is no file yet.

    Raises:
        ValueError: if the file is not whole, is something else, or is of a run with other
            settings.
    """
    path = Path(path)
    if not path.exists():
        return None
    try:
        with zipfile.ZipFile(path) as parts:
            if damaged := parts.testzip():  # reads all of it and compares check sums
                raise zipfile.BadZipFile(f"{damaged} is damaged")
        state = torch.load(path, map_location="cpu", weights_only=True)
        before = state["settings"]
    except (zipfile.BadZipFile, RuntimeError, pickle.UnpicklingError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is no whole checkpoint of a training; remove it to start anew ({error})"
        ) from error
    if before != settings:
        keys = [key for key in settings if before.get(key) != settings[key]]
        raise ValueError(
            f"{path} is of a run with "
            + ", ".join(f"{key} {before.get(key)}" for key in keys)
            + ", this one has "
            + ", ".join(f"{key} {settings[key]}" for key in keys)
            + "; name another file, or remove it to start anew"
        )
    return state
