"""Progress: one list of bad data for Python and JavaScript; nothing is ever lost."""

import json
import os
import re

import pytest

from cnnbook import exercises
from cnnbook.exercises import reader

GOOD = {"status": "tried", "tries": 2, "hints": 1, "when": "2026-01-31T12:00:00Z"}
SOLVED = {"status": "solved", "tries": 1, "hints": 0, "when": "2026-02-01T08:30:00.123Z"}
ODD = 'ä "quoted" \\ <b>'


def text(**exercises):
    names = {name.replace("_", "-").removeprefix("e"): r for name, r in exercises.items()}
    return json.dumps({"version": 1, "exercises": names})


def one(**changes):
    return text(**{"e11-flip": {**GOOD, **changes}})


BAD = [  # text, words of the refusal
    ("", "not JSON"),
    ("null", "no progress of this book"),
    ("[]", "no progress of this book"),
    ("3", "no progress of this book"),
    ('"solved"', "no progress of this book"),
    ("{", "not JSON"),
    ('{"version": 1, "exercises": {}} x', "not JSON"),
    ('{"version": 1, "exercises": {"11-flip": NaN}}', "not JSON"),
    ("<html>", "not JSON"),
    ("[" * 100_000, "not JSON"),
    (" " * 500_001, "longer than 500,000 characters"),
    ("{}", "no progress of this book"),
    ('{"exercises": {}}', "no progress of this book"),
    ('{"version": 1}', "no progress of this book"),
    ('{"version": 2, "exercises": {}}', "its version is 2, this book reads version 1"),
    ('{"version": "1", "exercises": {}}', 'its version is "1"'),
    ('{"version": true, "exercises": {}}', "its version is true"),
    ('{"version": null, "exercises": {}}', "its version is null"),
    ('{"version": 1, "exercises": []}', "its exercises are no object"),
    ('{"version": 1, "exercises": null}', "its exercises are no object"),
    ('{"version": 1, "exercises": {}, "name": "x"}', "it has an unknown field “name”"),
    ('{"version": 1, "exercises": {"__proto__": {}}}', "“__proto__” is no exercise id"),
    ('{"version": 1, "exercises": {"constructor": {}}}', "“constructor” is no exercise id"),
    ('{"version": 1, "exercises": {"": {}}}', "“” is no exercise id"),
    ('{"version": 1, "exercises": {"11-Flip": {}}}', "“11-Flip” is no exercise id"),
    ('{"version": 1, "exercises": {"11-flip\\n": {}}}', "is no exercise id"),
    ('{"version": 1, "exercises": {"11-%s": {}}}' % ("a" * 61), "is no exercise id"),
    ('{"version": 1, "exercises": {"11-flip": "solved"}}', "11-flip is no record"),
    ('{"version": 1, "exercises": {"11-flip": null}}', "11-flip is no record"),
    ('{"version": 1, "exercises": {"11-flip": {"status": "solved"}}}', "11-flip is no record"),
    (one(status="done"), "11-flip has a status other than"),
    (one(status=["solved"]), "11-flip has a status other than"),
    (one(tries=-1), "11-flip has tries other than a whole number from 0 to 1,000,000"),
    (one(tries=1.5), "tries other than"),
    (one(tries="2"), "tries other than"),
    (one(tries=True), "tries other than"),
    (one(tries=None), "tries other than"),
    (one(tries=1_000_001), "tries other than"),
    (one().replace('"tries": 2', '"tries": 1e999'), "tries other than"),
    (one(hints=101), "11-flip has hints other than a whole number from 0 to 100"),
    (one(when="yesterday"), "11-flip has a time that cannot be read"),
    (one(when=20260131), "a time that cannot be read"),
    (one(when="2026-01-31T12:00:00Z\n"), "a time that cannot be read"),
    (one(when="2026-01-31"), "a time that cannot be read"),
    (one(note="x"), "11-flip has an unknown field “note”"),
    (text(**{f"e99-a{i}": GOOD for i in range(2001)}), "it names 2,001 exercises, more than 2,000"),
]
FINE = [
    '{"version": 1, "exercises": {}}',
    "\ufeff" + one(),
    one(status="untouched", tries=0, when=""),
    one(when="2026-01-31T12:00:00+01:00"),
    one().replace('"tries": 2', '"tries": 2.0'),
    text(**{"e38-of-a-later-book": SOLVED}),
]
STORE = """
const fake = (entries, broken = {}) => {
  const map = new Map(Object.entries(entries));
  return {
    map,
    getItem: (key) => { if (broken.get) throw new Error("no"); return map.get(key) ?? null; },
    setItem: (key, value) => { if (broken.set) throw new Error("quota"); map.set(key, String(value)); },
    removeItem: (key) => map.delete(key),
  };
};
const open = (storage) => store.openStore(() => storage, () => "now");
const left = (storage) => Object.fromEntries(storage.map);
"""


@pytest.fixture(scope="module")
def parsed_in_node(in_node):
    script = """
    output = input.map((text) => {
      try { return { progress: store.parse(text) }; } catch (error) { return { problem: error.message }; }
    });
    """
    texts = [text for text, _ in BAD] + FINE
    return dict(zip(texts, in_node(script, ["store"], texts), strict=True))


@pytest.mark.parametrize(("data", "words"), BAD, ids=range(len(BAD)))
def test_bad_data_are_refused_in_both_languages_in_the_same_words(parsed_in_node, data, words):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- the words are compared below
        reader.parse(data)
    assert words in str(caught.value)
    assert parsed_in_node[data] == {"problem": str(caught.value)}


@pytest.mark.parametrize("data", FINE, ids=range(len(FINE)))
def test_good_data_are_read_alike(parsed_in_node, data):
    assert parsed_in_node[data] == {"progress": reader.parse(data)}


def test_merging_keeps_the_better_of_each(in_node):
    progress = [
        {"version": 1, "exercises": {"11-a": GOOD, "11-b": SOLVED, "38-x": GOOD}},
        {"version": 1, "exercises": {"11-a": SOLVED, "11-b": GOOD, "11-c": GOOD}},
    ]
    best = {"status": "solved", "tries": 2, "hints": 1, "when": SOLVED["when"]}
    both = {"11-a": best, "11-b": best, "11-c": GOOD, "38-x": GOOD}
    assert reader.merged(*progress)["exercises"] == both
    assert in_node("output = store.merged(...input);", ["store"], progress)["exercises"] == both


def test_tries_are_counted_until_solved(in_node):
    start = dict(reader.UNTOUCHED)
    once = reader.tried(start, False)
    twice = reader.tried(once, True)
    assert [once["status"], once["tries"], twice["status"], twice["tries"]] == [
        "tried",
        1,
        "solved",
        2,
    ]
    assert reader.tried(twice, False) == twice
    script = """
    const once = store.tried(input, false), twice = store.tried(once, true);
    output = [once, twice, store.tried(twice, false)];
    """
    found = in_node(script, ["store"], start)
    for mine, theirs in zip((once, twice, twice), found, strict=True):
        assert {**mine, "when": ""} == {**theirs, "when": ""}
        reader.checked_record("11-a", theirs)  # JavaScript's times are readable here


def test_file_is_written_whole_and_read_again(progress_file):
    reader.READER.put("11-flip", GOOD)
    reader.Progress().put("11-a", SOLVED)  # another notebook's kernel
    reader.READER.put("11-b", GOOD)
    assert reader.parse(progress_file.read_text())["exercises"] == {
        "11-flip": GOOD,
        "11-a": SOLVED,
        "11-b": GOOD,
    }
    assert os.listdir(progress_file.parent) == ["progress.json"]


def test_a_failed_write_leaves_the_old_file(progress_file, monkeypatch):
    reader.READER.put("11-a", GOOD)
    before = progress_file.read_text()

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json, "dump", full)
    reader.READER.put("11-a", SOLVED)
    assert progress_file.read_text() == before
    assert os.listdir(progress_file.parent) == ["progress.json"]
    assert "No space left" in reader.READER.note
    assert reader.READER.record("11-a") == SOLVED  # remembered for this session


@pytest.mark.parametrize("data", [b"{", b"\xff\xfe\x00", b'{"version": 7, "exercises": {}}'])
def test_an_unreadable_file_is_set_aside_not_overwritten(progress_file, data):
    progress_file.parent.mkdir()
    progress_file.write_bytes(data)
    reader.READER.put("11-a", GOOD)
    aside = [p for p in progress_file.parent.iterdir() if p != progress_file]
    assert [p.read_bytes() for p in aside] == [data]
    assert str(aside[0]) in reader.READER.note
    assert reader.parse(progress_file.read_text())["exercises"] == {"11-a": GOOD}


def test_an_unreadable_file_that_cannot_be_renamed_stays(progress_file, monkeypatch):
    progress_file.parent.mkdir()
    progress_file.write_text("{")

    def denied(*args):
        raise PermissionError

    monkeypatch.setattr(os, "rename", denied)
    reader.READER.put("11-a", GOOD)
    assert progress_file.read_text() == "{"
    assert reader.READER.record("11-a") == GOOD
    assert "stays as it is" in reader.READER.note


def test_no_place_to_write(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CNNBOOK_PROGRESS", str(tmp_path / "file" / "progress.json"))
    reader.READER.put("11-a", GOOD)
    assert "cannot be saved" in reader.READER.note
    assert reader.READER.record("11-a") == GOOD


def test_no_home(monkeypatch):
    monkeypatch.delenv("CNNBOOK_PROGRESS")

    def homeless(*args):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(reader.Path, "home", homeless)
    reader.READER.put("11-a", GOOD)
    assert re.search("cannot be saved .*home", reader.READER.note)


def test_checking_counts_only_what_should_count(progress_file):
    def stub(x, weight): ...

    exercises.check("11-flip", stub)
    exercises.check("11-flip", lambda x, weight: x, counts=False)
    assert not progress_file.exists()
    exercises.check("11-flip", lambda x, weight: x)
    assert reader.READER.record("11-flip")["status"] == "tried"


def test_browser_without_storage(in_node):
    script = (
        STORE
        + """
    const none = store.openStore(() => { throw new Error("denied"); });
    const full = open(fake({}, { set: true }));
    output = [none, full].map((each) => {
      each.replace(input);
      return [each.read(), each.note()];
    });
    """
    )
    progress = {"version": 1, "exercises": {"11-a": GOOD}}
    for read, note in in_node(script, ["store"], progress):
        assert read == progress
        assert "keeps no data" in note


def test_damaged_storage_is_set_aside(in_node):
    script = (
        STORE
        + """
    const storage = fake({ "cnnbook:progress": "{" });
    const opened = open(storage);
    const read = opened.read();
    opened.replace(input);
    output = { read, note: opened.note(), left: left(storage), after: opened.read() };
    """
    )
    progress = {"version": 1, "exercises": {"11-a": GOOD}}
    found = in_node(script, ["store"], progress)
    assert found["read"]["exercises"] == {}
    assert found["after"] == progress
    assert found["left"]["cnnbook:progress:aside:now"] == "{"
    assert "cnnbook:progress:aside:now" in found["note"]


def test_damaged_storage_that_is_full_stays_as_it_is(in_node):
    script = (
        STORE
        + """
    const storage = fake({ "cnnbook:progress": "{" }, { set: true });
    const opened = open(storage);
    opened.replace({ ...opened.read(), exercises: input });
    output = { note: opened.note(), left: left(storage), after: opened.read() };
    """
    )
    found = in_node(script, ["store"], {"11-a": GOOD})
    assert found["left"] == {"cnnbook:progress": "{"}
    assert found["after"]["exercises"] == {"11-a": GOOD}
    assert "stays as it is" in found["note"]


def test_two_tabs_do_not_forget_each_other(in_node):
    script = (
        STORE
        + """
    const storage = fake({});
    const tabs = [open(storage), open(storage)];
    let heard = 0;
    tabs[1].on(() => (heard += 1));
    const put = (tab, id) => tab.replace({ version: 1, exercises: { ...tab.read().exercises, [id]: input } });
    put(tabs[0], "11-a");
    put(tabs[1], "11-b");
    put(tabs[0], "11-c");
    output = { ids: Object.keys(tabs[1].read().exercises), heard };
    """
    )
    assert in_node(script, ["store"], GOOD) == {"ids": ["11-a", "11-b", "11-c"], "heard": 1}


def test_drawing_never_repeats_and_reaches_all(in_node):
    script = """
    const next = Array.from({ length: 99 }, (_, i) => frame.draw(4, 2, () => i / 99));
    const first = Array.from({ length: 99 }, (_, i) => frame.draw(4, -1, () => i / 99));
    output = [...[next, first].map((all) => [...new Set(all)].sort())];
    """
    assert in_node(script, ["frame"], None) == [[0, 1, 3], [0, 1, 2, 3]]
