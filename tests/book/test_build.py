"""The build's own pieces: what it takes apart, joins and remembers."""

import base64
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnbook.live import PACKAGE

BOOK = Path(__file__).parent.parent.parent / "book"
sys.path[:0] = [str(BOOK), str(BOOK / "_ext")]

import build  # noqa: E402
import bundle  # noqa: E402
import live_pages  # noqa: E402
import pictures  # noqa: E402
import prune  # noqa: E402


def composed(name: str, source: str) -> str:
    return f"/*! cnnbook: {name} */\n{source}"


def data_import(text: str) -> str:
    encoded = base64.b64encode(text.encode()).decode()
    return f'import {{ x }} from "data:text/javascript;base64,{encoded}";'


SHARED = composed("live/shared.js", "export const x = 1;")
STATE = {
    "version_major": 2,
    "state": {
        "a1": {
            "state": {
                "_esm": composed("w/a.js", data_import(SHARED)),
                "_css": "/*! cnnbook: w/a.css */\n.a{}",
            }
        },
        "a2": {
            "state": {
                "_esm": composed("w/a.js", data_import(SHARED)),
                "_css": "/*! cnnbook: w/a.css */\n.a{}",
            }
        },
        "b": {"state": {"_esm": composed("w/b.js", data_import(SHARED)), "n": 3}},
        "layout": {"state": {"width": None}},
    },
}


def test_each_module_travels_once() -> None:
    state, files = live_pages.hoist(STATE, Counter())
    together = "".join(text for _, text in files)
    assert sorted(name.split("-")[0] for name, _ in files) == ["a", "b", "shared"]
    for name in ("live/shared.js", "w/a.js", "w/b.js", "w/a.css"):
        assert together.count(f'("{name}", ') == 1
    assert 'from \\"cnnbook:live/shared.js\\"' in together
    assert state["state"]["a1"]["state"] == {"_esm": "w/a.js"}
    assert state["state"]["b"]["state"] == {"_esm": "w/b.js", "n": 3}
    assert state["state"]["layout"] == STATE["state"]["layout"]


def test_what_another_page_needs_too_is_shared() -> None:
    owners = Counter({"w/a.js": 2})
    _, files = live_pages.hoist(STATE, owners)
    assert sorted(name.split("-")[0] for name, _ in files) == ["a", "b", "shared"]
    assert '("w/a.js", ' in next(text for name, text in files if name.startswith("shared"))
    _, files = live_pages.hoist({"state": {"b": STATE["state"]["b"]}}, Counter())
    assert [name.split("-")[0] for name, _ in files] == ["b"]


def test_owners_are_counted_through_imports(tmp_path) -> None:
    files = {
        "w/a.js": 'import { x } from "./x.js";',
        "w/b.js": 'import {\n  x,\n} from "./x.js";\nimport { z } from "../live/z.js";',
        "w/x.js": 'import { y } from "./y.js";',
        "w/y.js": "",
        "live/z.js": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    for name in ("w/a.py", "w/b.py"):
        (tmp_path / name).touch()
    owners = live_pages.count_owners(tmp_path)
    assert owners == {"w/a.js": 1, "w/b.js": 1, "w/x.js": 2, "w/y.js": 2, "live/z.js": 1}


def test_margins_do_not_travel() -> None:
    modules = {}
    text = "// a comment\nconst f = () => {\n  // another\n  return 1; // a third\n};\n"
    text += 'const at = "https://a.b"; const to = " // c";\n'
    live_pages.take_apart(composed("w/a.js", text), modules)
    kept = 'const at = "https://a.b"; const to = " // c";\n'
    assert modules["w/a.js"] == "const f = () => {\nreturn 1;\n};\n" + kept


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.js")), ids=lambda path: path.name)
def test_no_text_of_a_module_spans_lines(path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        bare = re.sub(r'"[^"]*"', "", line)
        assert bare.count("`") % 2 == 0, f"margins inside this text would be lost: {line}"


def test_hoisting_leaves_its_input_alone() -> None:
    live_pages.hoist(STATE, Counter())
    assert "base64" in STATE["state"]["a1"]["state"]["_esm"]


def test_a_foreign_module_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks its name"):
        live_pages.take_apart("export default {}", {})


def test_styles_are_joined_without_the_icon_font(tmp_path) -> None:
    (tmp_path / "styles").mkdir()
    sheet = tmp_path / "styles" / "theme.css"
    sheet.write_text(
        '@import "../basic.css";@font-face{font-family:"Font Awesome 6 Free";src:url(x.woff2)}'
        '.a{color:red}.fa-x:before,.fa-y:before{content:"{"}.fade{opacity:0}.b{background:url(i/b.png)}'
        '@font-face{font-family:K;src:url(k.woff2) format("woff2"),url(k.woff) format("woff")}'
    )
    (tmp_path / "basic.css").write_text(".basic{}")
    text = bundle.read_style(sheet, tmp_path)
    assert ".basic{}" in text
    assert ".a{color:red}" in text
    assert "url(styles/i/b.png)" in text
    assert "url(styles/k.woff2)" in text
    assert "Awesome" not in text
    assert "k.woff)" not in text


def test_rules_that_cannot_match_are_pruned(tmp_path) -> None:
    (tmp_path / "p.html").write_text(
        '<p class="a b"></p><script>x.classList.add("set-later")</script>'
    )
    names = prune.names_in_use([tmp_path / "p.html"], [])
    css = """/* c */ .a .b, .a .gone{color:red} .gone{x:y} p{y:z} .set-later{a:b} .a:not(.gone){c:d}
    @media print{.gone{x:y} .b{e:f}} @media screen{.gone{x:y}} .c:is(.gone,.a){g:h}
    @font-face{font-family:K;src:url(k.woff2)}"""
    kept = prune.prune(css, names)
    assert kept.splitlines() == [
        ".a .b{color:red}",
        "p{y:z}",
        ".set-later{a:b}",
        ".a:not(.gone){c:d}",
        "@media print{.b{e:f}}",
        ".c:is(.gone,.a){g:h}",
        "@font-face{font-family:K;src:url(k.woff2)}",
    ]


def test_figures_become_small_and_late(tmp_path) -> None:
    (tmp_path / "_images").mkdir()
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (40, 60, 3), dtype=np.uint8)).save(
        tmp_path / "_images" / "f.png"
    )
    page = '<p><img alt="x" src="_images/f.png"></p>'
    new = pictures.rewrite(tmp_path / "p.html", page)
    assert f'src="_images/f{pictures.FORMAT}"' in new
    assert 'width="60" height="40" loading="lazy"' in new
    assert pictures.rewrite(tmp_path / "p.html", new) == new


def test_the_key_follows_the_package(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(build, "ROOT", tmp_path)
    (tmp_path / "src").mkdir()
    file = tmp_path / "src" / "a.py"
    file.write_text("x = 1")
    before = build.environment_key()
    assert build.environment_key() == before
    file.write_text("x = 2")
    assert build.environment_key() != before
    file.write_text("x = 1")
    assert build.environment_key() == before
    monkeypatch.setattr(build, "distributions", list)
    assert build.environment_key() != before
