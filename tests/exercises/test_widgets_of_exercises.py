"""The widgets' Python side: traits, the reader's file, the stand-in without JavaScript."""

import html
import re
from dataclasses import replace

import ipywidgets
import pytest
import traitlets
from test_progress import GOOD, SOLVED

from cnnbook import exercises
from cnnbook.exercises import reader
from cnnbook.exercises.catalogue import find
from cnnbook.exercises.definitions import Matrix
from cnnbook.exercises.exercise import Exercise

HELLO = {"kind": "hello"}


class Figure(ipywidgets.Widget):
    concealed = traitlets.Bool(False).tag(sync=True)


def hear(widget, content=HELLO):
    widget._handle_custom_msg(content, [])


@pytest.mark.parametrize("name", exercises.ids())
def test_show(name):
    widget = exercises.show(name)
    assert (widget.kind, widget.spec["id"]) == (find(name).kind, name)
    assert widget.concealed == (widget.kind == "predict")


@pytest.mark.parametrize("name", exercises.ids())
def test_question_reads_without_javascript(name):
    definition = find(name)
    page = exercises.show(name).static_html()
    text = html.unescape(re.sub(r"<[^>]+>", "", page))
    assert definition.title in text
    for paragraph in definition.spec()["faces"][0]["text"].replace("`", "").split("\n\n"):
        assert paragraph in text
    for option in getattr(definition, "options", ()):
        assert option.text.replace("`", "") in text
    assert definition.solution not in text
    assert "`" not in text


def test_given_numbers_part_their_thousands_without_javascript():
    cells = [[1234, -12345.5, 999]]
    page = Exercise(replace(find("11-flip"), given=[Matrix("a map", "input", cells)])).static_html()
    assert "<td>1,234</td><td>−12,345.5</td><td>999</td>" in page


def test_a_built_page_never_holds_the_readers_record():
    reader.READER.put("11-flip", SOLVED)
    widget, view = exercises.show("11-flip"), exercises.progress()
    exercises.check("11-flip", lambda x, weight: x)
    assert widget.record == {}
    assert view.progress == {}


def test_front_end_asks_and_hears():
    reader.READER.put("11-flip", GOOD)
    widget, view = exercises.show("11-flip"), exercises.progress()
    hear(widget)
    hear(view)
    assert widget.record == GOOD
    assert view.progress["exercises"] == {"11-flip": GOOD}
    for odd in ({}, {"kind": "other"}, "hello", None):
        hear(widget, odd)


def test_a_check_shows_in_every_open_widget():
    widget, other, view = exercises.show("11-flip"), exercises.show("11-flip"), exercises.progress()
    for each in (widget, other, view):
        hear(each)
    exercises.check("11-flip", lambda x, weight: x)
    exercises.check("11-flip", lambda x, weight: x)
    for record in (widget.record, other.record, view.progress["exercises"]["11-flip"]):
        assert (record["status"], record["tries"]) == ("tried", 2)


def test_what_the_page_records_goes_into_the_file():
    widget, view = exercises.show("11-flip"), exercises.progress()
    hear(widget)
    hear(view)
    widget.record = SOLVED
    assert reader.READER.record("11-flip") == SOLVED
    assert view.progress["exercises"] == {"11-flip": SOLVED}
    view.progress = {"version": 1, "exercises": {}}  # the reader's reset
    assert reader.READER.read()["exercises"] == {}
    assert widget.record == reader.UNTOUCHED


@pytest.mark.parametrize(
    ("trait", "value", "words"),
    [
        ("record", {**GOOD, "tries": -3}, "tries other than a whole number"),
        ("record", {"status": "solved"}, "11-output-size is no record"),
        ("variant", 8, "variant 8: this exercise has 8"),
        ("variant", -2, "variant -2"),
        ("variant", "1", "expected an int"),
        ("kind", "choice", "read-only"),
        ("spec", {}, "read-only"),
        ("concealed", "yes", "expected a boolean"),
    ],
)
def test_bad_traits_are_refused(trait, value, words):
    with pytest.raises(traitlets.TraitError, match=words):
        setattr(exercises.show("11-output-size"), trait, value)


def test_bad_progress_is_refused():
    with pytest.raises(traitlets.TraitError, match="its version is 3"):
        exercises.progress().progress = {"version": 3, "exercises": {}}


def test_a_place_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CNNBOOK_PROGRESS", str(tmp_path / "file" / "progress.json"))
    widget = exercises.show("11-flip")
    hear(widget)
    widget.record = SOLVED
    assert "cannot be saved" in widget.note
    assert widget.record == SOLVED


def test_predict_first_links_without_a_kernel():
    question, figure = exercises.predict_first("11-predict-edge", Figure())
    assert (question.concealed, figure.concealed) == (True, True)
    link = question.revealing
    assert link.get_state()["_model_name"] == "LinkModel"
    assert (link.source, link.target) == ((question, "concealed"), (figure, "concealed"))


def test_predict_first_refuses():
    with pytest.raises(ValueError, match="11-flip is of kind code, not predict"):
        exercises.predict_first("11-flip", Figure())
    with pytest.raises(ValueError, match="IntSlider has no trait concealed"):
        exercises.predict_first("11-predict-edge", ipywidgets.IntSlider())


def test_a_closed_widget_stops_listening():
    before = len(reader.READER._listeners)
    widget = exercises.show("11-flip")
    assert len(reader.READER._listeners) == before + 1
    widget.close()
    widget.close()
    assert len(reader.READER._listeners) == before


def test_overview_lists_every_exercise():
    view = exercises.progress(base="notebooks/")
    listed = [e["id"] for chapter in view.chapters for e in chapter["exercises"]]
    assert listed == exercises.ids()
    assert "Convolution" in view.static_html()
