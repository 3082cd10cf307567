"""Join the theme's dozen small scripts and style sheets into three files, after the build.

A first visit then takes half the requests. The icon font is left out (`book/assets/book.css` draws
the few icons of the theme), and so are rules for classes that no page has (`prune.py`).
"""

import hashlib
import posixpath
import re
from pathlib import Path

from prune import names_in_use, prune
from sphinx.application import Sphinx

STYLE = re.compile(r'[ \t]*<link\b(?=[^>]*rel="stylesheet")[^>]*?href="([^"?]+)[^"]*"[^>]*>\n?')
SCRIPT = re.compile(r'[ \t]*<script (defer )?src="([^"?]+)[^"]*"></script>\n?')
INLINE_UNUSED = re.compile(r"[ \t]*<script>(let toggle|kernelName)[^<]*</script>\n?")
THEBE = re.compile(r'[ \t]*<script type="text/x-thebe-config">.*?</script>\n?', re.S)
SEARCH = re.compile(r'[ \t]*<script src="[^"]*searchindex\.js"></script>\n?')
APART = ("searchindex.js", "/live/")  # scripts that stay files of their own
_IMPORTED = re.compile(r'@import (?:url\()?"([^"]+)"\)?;')
_FONT = re.compile(r"@font-face\{[^}]*Font ?Awesome[^}]*\}")
_URL = re.compile(r"""url\((['"]?)(?!data:|https?:|#|/)([^)'"]+)\1\)""")


def read_style(path: Path, static: Path) -> str:
    """Return a style sheet with its addresses made relative to `static`, without the icon font."""
    text = path.read_text(encoding="utf-8")
    text = _IMPORTED.sub(lambda m: read_style(path.parent / m[1], static), text)
    text = _FONT.sub("", text)
    text = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", text)
    folder = path.parent.relative_to(static).as_posix()
    text = re.sub(r",?url\([^)]*\.(woff|ttf)\) format\([^)]*\)", "", text)  # woff2 is enough
    return _URL.sub(lambda m: f"url({posixpath.normpath(posixpath.join(folder, m[2]))})", text)


def read_script(path: Path, static: Path) -> str:
    """Return a script that can be followed by another."""
    text = path.read_text(encoding="utf-8")
    return re.sub(r"//# sourceMappingURL=.*", "", text) + "\n;"


def join(page: Path, out: Path, text: str, pattern: re.Pattern, kind: str, stem: str) -> str:
    """Replace the tags that `pattern` finds by one tag for one file with all their contents."""
    static = out / "_static"
    matches = [m for m in pattern.finditer(text) if not any(word in m[0] for word in APART)]
    matches = (
        [m for m in matches if (stem == "late") == ("defer" in m[0])] if kind == "js" else matches
    )
    if len(matches) < 2:
        return text
    read = read_style if kind == "css" else read_script
    paths = [(page.parent / m.groups()[-1]).resolve() for m in matches]
    content = "\n".join(read(path, static) for path in paths)
    name = f"{stem}-{hashlib.sha256(content.encode()).hexdigest()[:10]}.{kind}"
    (static / name).write_text(content, encoding="utf-8")
    root = posixpath.relpath(static.as_posix(), page.parent.as_posix())
    tag = {
        "whole": f'<link rel="stylesheet" href="{root}/{name}">\n',
        "early": f'<script src="{root}/{name}"></script>\n',
        "late": f'<script defer src="{root}/{name}"></script>\n',
    }[stem]
    for match in reversed(matches[1:]):
        text = text[: match.start()] + text[match.end() :]
    first = matches[0]
    return text[: first.start()] + tag + text[first.end() :]


def bundle(app: Sphinx, exception: Exception | None) -> None:
    """Rewrite every page that this build wrote."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir).resolve()
    static = out / "_static"
    pages = [page for page in out.rglob("*.html") if static not in page.parents]
    for page in pages:
        text = before = page.read_text(encoding="utf-8")
        text = THEBE.sub("", INLINE_UNUSED.sub("", text))
        if page.name != "search.html":  # the theme loads the index, which grows with the book
            text = SEARCH.sub("", text)
        text = join(page, out, text, STYLE, "css", "whole")
        text = join(page, out, text, SCRIPT, "js", "early")
        text = join(page, out, text, SCRIPT, "js", "late")
        if text != before:
            page.write_text(text, encoding="utf-8")
    whole = "".join(page.read_text(encoding="utf-8") for page in pages)
    for path in [*static.glob("live/*.js"), *static.glob("early-*.js"), *static.glob("late-*.js")]:
        if path.name not in whole:  # of an earlier build
            path.unlink()
    scripts = [*static.glob("*.js"), *static.glob("live/*.js")]
    names = names_in_use(pages, scripts)
    for sheet in static.glob("whole-*.css"):
        small = prune(sheet.read_text(encoding="utf-8"), names)
        name = f"book-{hashlib.sha256(small.encode()).hexdigest()[:10]}.css"
        (static / name).write_text(small, encoding="utf-8")
        sheet.unlink()
        for page in pages:
            text = page.read_text(encoding="utf-8")
            if sheet.name in text:
                page.write_text(text.replace(sheet.name, name), encoding="utf-8")


def setup(app: Sphinx) -> dict:
    """Run last of all, when every file is there."""
    app.connect("build-finished", bundle, priority=990)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
