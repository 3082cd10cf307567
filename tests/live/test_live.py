import base64
import re

import pytest

from cnnbook.live import PACKAGE, Live, compose, compose_css


class Slider(Live):
    """Slide <here>."""


def test_compose_names_the_module_first() -> None:
    text = compose(PACKAGE / "live" / "shared.js")
    assert text.startswith("/*! cnnbook: live/shared.js */\n")


def test_compose_replaces_relative_imports(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("cnnbook.live.PACKAGE", tmp_path)
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nexport const a = b;')
    (tmp_path / "b.js").write_text('import { c } from "./c/c.js";\nexport const b = c;')
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "c.js").write_text("export const c = 1;")
    text = compose(tmp_path / "a.js")
    assert "./" not in text
    inner = base64.b64decode(re.search(r"base64,([^\"]+)", text)[1]).decode()
    assert inner.startswith("/*! cnnbook: b.js */")
    assert "./" not in inner


def test_compose_refuses_a_missing_module(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("cnnbook.live.PACKAGE", tmp_path)
    (tmp_path / "a.js").write_text('import { b } from "./nowhere.js";')
    with pytest.raises(FileNotFoundError, match=r"nowhere\.js"):
        compose(tmp_path / "a.js")


def test_css_begins_with_the_shared_sheet() -> None:
    assert compose_css().startswith("/*! cnnbook: live/shared.css */")


def test_stand_in_is_escaped_and_beside_the_view() -> None:
    data = Slider()._repr_mimebundle_()[0]
    assert "&lt;here&gt;" in data["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in data


def test_a_widget_says_that_a_kernel_answers() -> None:
    assert Slider().live is True
    assert "live" in Slider().keys
