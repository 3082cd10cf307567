"""What a reader has tried and solved: checked, merged, and kept in a small file of the reader's.

The page keeps the same JSON in the browser (`store.js`, whose rules and words are these):
{"version": 1, "exercises": {"11-output-size": {"status": "tried", "tries": 2, "hints": 1,
"when": "2026-01-31T12:00:00Z"}}}. So a file exported there can be imported here, and back.
"""

import json
import os
import re
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

VERSION = 1
STATUSES = ("untouched", "tried", "solved")
MOST = {"text": 500_000, "exercises": 2000, "tries": 1_000_000, "hints": 100}
UNTOUCHED = {"status": "untouched", "tries": 0, "hints": 0, "when": ""}
_ID = re.compile(r"[0-9]{2}-[a-z0-9-]{1,60}")
_WHEN = re.compile(r"(\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d))?")

TEXT = {
    "long": "it is longer than {most:,} characters",
    "json": "it is not JSON",
    "object": "it is no progress of this book: an object with version and exercises is wanted",
    "version": "its version is {got}, this book reads version 1",
    "field": "{where} has an unknown field “{name}”",
    "list": "its exercises are no object",
    "many": "it names {got:,} exercises, more than {most:,}",
    "id": "“{id}” is no exercise id",
    "record": "{id} is no record",
    "status": "{id} has a status other than untouched, tried or solved",
    "count": "{id} has {name} other than a whole number from 0 to {most:,}",
    "when": "{id} has a time that cannot be read",
    "aside": "Saved progress could not be read: {why}. It is kept as {place}; a new record starts.",
    "stuck": "Saved progress could not be read: {why}. It stays as it is; "
    "from here on progress lasts only as long as this session.",
    "memory": "Progress cannot be saved ({why}): it lasts only as long as this session.",
}


def refuse(name: str, /, **values: object) -> None:
    """Raise a ValueError with a text of the table."""
    raise ValueError(TEXT[name].format(**values))


def parse(text: str) -> dict:
    """Read progress from JSON.

    Raises:
        ValueError: saying what is wrong, if it is not exactly a progress of this version.
    """
    if len(text) > MOST["text"]:
        refuse("long", most=MOST["text"])
    try:
        data = json.loads(text.removeprefix("\ufeff"), parse_constant=lambda _: refuse("json"))
    except (ValueError, RecursionError):
        raise ValueError(TEXT["json"]) from None
    return checked(data)


def checked(data: object) -> dict:
    """Return a clean copy of progress; raise ValueError as `parse`."""
    if not isinstance(data, dict) or "version" not in data or "exercises" not in data:
        refuse("object")
    if isinstance(data["version"], bool) or data["version"] != VERSION:
        refuse("version", got=json.dumps(data["version"])[:40])
    for name in data:
        if name not in ("version", "exercises"):
            refuse("field", where="it", name=str(name)[:40])
    exercises = data["exercises"]
    if not isinstance(exercises, dict):
        refuse("list")
    if len(exercises) > MOST["exercises"]:
        refuse("many", got=len(exercises), most=MOST["exercises"])
    return {
        "version": VERSION,
        "exercises": {k: checked_record(k, v) for k, v in exercises.items()},
    }


def checked_record(name: str, record: object) -> dict:
    """Return a clean copy of one exercise's record; raise ValueError as `parse`."""
    if not isinstance(name, str) or not _ID.fullmatch(name):
        refuse("id", id=str(name)[:40])
    if not isinstance(record, dict) or any(field not in record for field in UNTOUCHED):
        refuse("record", id=name)
    for field in record:
        if field not in UNTOUCHED:
            refuse("field", where=name, name=str(field)[:40])
    if record["status"] not in STATUSES:
        refuse("status", id=name)
    for field in ("tries", "hints"):
        number = record[field]
        if isinstance(number, bool) or not isinstance(number, int | float):
            refuse("count", id=name, name=field, most=MOST[field])
        if not 0 <= number <= MOST[field] or number != int(number):
            refuse("count", id=name, name=field, most=MOST[field])
    if not isinstance(record["when"], str) or not _WHEN.fullmatch(record["when"]):
        refuse("when", id=name)
    whole = {"tries": int(record["tries"]), "hints": int(record["hints"])}
    return {"status": record["status"], **whole, "when": record["when"]}


def merged(one: dict, other: dict) -> dict:
    """Return both progresses in one: of each exercise the better status and the larger counts."""
    exercises = dict(one["exercises"])
    for name, record in other["exercises"].items():
        exercises[name] = merged_record(exercises.get(name, UNTOUCHED), record)
    return checked({"version": VERSION, "exercises": exercises})


def merged_record(one: dict, other: dict) -> dict:
    """Return the better of two records, field by field."""
    return {
        "status": max(one["status"], other["status"], key=STATUSES.index),
        "tries": max(one["tries"], other["tries"]),
        "hints": max(one["hints"], other["hints"]),
        "when": max(one["when"], other["when"]),
    }


def tried(record: dict, passed: bool) -> dict:
    """Return the record after one more try; what is solved stays solved and counts no more."""
    if record["status"] == "solved":
        return record
    tries = min(record["tries"] + 1, MOST["tries"])
    when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**record, "status": "solved" if passed else "tried", "tries": tries, "when": when}


class Progress:
    """The reader's progress file, read again before each change; in memory where that fails."""

    def __init__(self) -> None:
        """Start without touching the disk."""
        self.note = ""
        self._memory: dict | None = None  # set once the file cannot be used
        self._listeners: list[Callable[[], None]] = []

    @property
    def path(self) -> Path:
        """Where the file is: the environment's CNNBOOK_PROGRESS, or a folder of the reader's."""
        named = os.environ.get("CNNBOOK_PROGRESS")
        return Path(named) if named else Path.home() / ".cnnbook" / "progress.json"

    def read(self) -> dict:
        """Return the progress; a file that cannot be read is set aside and `note` says so."""
        empty = {"version": VERSION, "exercises": {}}
        if self._memory is not None:
            return self._memory
        try:
            return parse(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return empty
        except ValueError as error:  # UnicodeDecodeError is one
            why = TEXT["json"] if isinstance(error, UnicodeError) else str(error)
            self._set_aside(why)
            return self._memory or empty
        except (OSError, RuntimeError) as error:
            self._keep_in_memory(empty, error)
            return empty

    def record(self, name: str) -> dict:
        """Return the record of one exercise."""
        return self.read()["exercises"].get(name, UNTOUCHED)

    def put(self, name: str, record: dict) -> None:
        """Keep the record of one exercise; raise ValueError if it is none."""
        now = self.read()
        exercises = {**now["exercises"], name: checked_record(name, record)}
        self.replace({"version": VERSION, "exercises": exercises})

    def replace(self, progress: dict) -> None:
        """Keep this progress instead of what was there; raise ValueError if it is none."""
        progress = checked(progress)
        if self._memory is not None:
            self._memory = progress
        else:
            self._write(progress)
        for listener in list(self._listeners):
            listener()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call back after each change; returns the function that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def _write(self, progress: dict) -> None:
        """Write the whole file beside the old one, then rename it: never half a file."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".progress-")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(progress, file, ensure_ascii=False, indent=1)
                os.replace(name, self.path)
            except OSError:
                os.unlink(name)
                raise
        except (OSError, RuntimeError) as error:
            self._keep_in_memory(progress, error)

    def _set_aside(self, why: str) -> None:
        """Rename a file that cannot be read, so that nothing in it is lost."""
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
        place = self.path.with_name(f"{self.path.name}.aside-{stamp}")
        try:
            os.rename(self.path, place)
            self.note = TEXT["aside"].format(why=why, place=place)
        except OSError:
            self._memory = {"version": VERSION, "exercises": {}}
            self.note = TEXT["stuck"].format(why=why)

    def _keep_in_memory(self, progress: dict, error: Exception) -> None:
        self._memory = progress
        self.note = TEXT["memory"].format(why=error)


READER = Progress()
