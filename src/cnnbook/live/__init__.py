"""Base of everything live: a widget that runs with a kernel and, in the built page, without one.

A widget is three files side by side: `name.py`, `name.js` (an ES module whose default export is
`{ render }`) and `name.css`. Its module may import others of the package by relative path
(`import { el } from "../live/shared.js";`). JupyterLab imports the module from a Blob, where a
relative path means nothing, so `compose` replaces each such path by a data URL. The book's build
takes the pieces apart again and puts each into one file (`book/_ext/live_pages.py`).
"""

import base64
import html
import re
from pathlib import Path

import anywidget
import traitlets

PACKAGE = Path(__file__).parent.parent
RELATIVE_IMPORT = re.compile(r'from "(\.{1,2}/[\w./-]+\.js)"')


def _named(path: Path, text: str) -> str:
    """Put a module's name before its text; the build finds the pieces by it."""
    return f"/*! cnnbook: {path.relative_to(PACKAGE).as_posix()} */\n{text}"


def compose(path: Path) -> str:
    """Return an ES module as one text, its relative imports replaced by data URLs.

    Raises:
        FileNotFoundError: if the module or one that it imports is missing.
    """

    def inline(match: re.Match) -> str:
        text = compose((path.parent / match[1]).resolve())
        return f'from "data:text/javascript;base64,{base64.b64encode(text.encode()).decode()}"'

    return _named(path, RELATIVE_IMPORT.sub(inline, path.read_text(encoding="utf-8")))


def compose_css(*paths: Path) -> str:
    """Return several style sheets as one text, each behind a comment with its name."""
    paths = (PACKAGE / "live" / "shared.css", *paths)
    return "\n".join(_named(path, path.read_text(encoding="utf-8")) for path in paths)


class Live(anywidget.AnyWidget):
    """Base class of the book's widgets.

    A subclass names its files in the class line, `class Name(Live, source=__file__)`, and says in
    `static_html` what a reader without JavaScript, or on paper, sees instead.
    """

    live = traitlets.Bool(True).tag(sync=True)  # the built page sets it false: no kernel answers

    def __init_subclass__(cls, source: str | None = None, **kwargs: object) -> None:
        """Compose the widget's module and style sheet when the class is made."""
        if source is not None:
            path = Path(source)
            cls._esm = compose(path.with_suffix(".js"))
            css = path.with_suffix(".css")
            cls._css = compose_css(*([css] if css.exists() else []))
        super().__init_subclass__(**kwargs)

    def static_html(self) -> str:
        """Return what stands in the widget's place where it cannot run; text must be escaped."""
        doc = next(cls.__doc__ for cls in type(self).__mro__ if cls.__doc__)
        return f"<p>{html.escape(doc.strip().splitlines()[0])}</p>"

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict] | dict | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:
            data["text/html"] = f'<div class="cnnbook-static">{self.static_html()}</div>'
        return bundle
