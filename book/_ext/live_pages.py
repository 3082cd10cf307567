"""Put the notebooks' widgets into pages that have no kernel.

MyST-NB writes the widgets' saved state and, at each place of a widget, a view into the page. This
extension (1) puts the widget's static stand-in around the view, for readers without JavaScript,
(2) takes each widget's module out of the state, cuts it into the modules it was composed of
(`cnnbook.live.compose`), and writes each of them once, and (3) adds `host.js`, which runs them.
"""

import base64
import hashlib
import html
import json
import re
from collections import Counter
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from cnnbook.live import PACKAGE, RELATIVE_IMPORT

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
_HEADER = re.compile(r"/\*! cnnbook: (\S+) \*/\n")
_MARGIN = re.compile(  # comments on lines of their own, indentation, comments that hold no quotes
    r"""(?m)^\s*//.*\n|^\s+|[ \t]+//[^"'`\n]*$"""
)
_IMPORT = re.compile(r'from "data:text/javascript;base64,([A-Za-z0-9+/=]+)"')


class WidgetViews(SphinxPostTransform):
    """Merge a widget's view and its static stand-in before MyST-NB chooses between them."""

    default_priority = 3  # MyST-NB's SelectMimeType has 4
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        """Rewrite every mime bundle that holds a view and a stand-in."""
        for bundle in list(self.document.findall(nodes.container)):
            if bundle.get("nb_element") != "mime_bundle":
                continue
            kinds = {child["mime_type"]: child for child in bundle.children}
            if VIEW not in kinds or "text/html" not in kinds:
                continue
            raw = kinds[VIEW].children[0]
            model_id = json.loads(re.sub(r"</?script[^>]*>", "", raw.astext()))["model_id"]
            stand_in = kinds["text/html"].astext()
            text = (
                f'<div class="cnnbook-view" data-model="{html.escape(model_id)}">{stand_in}</div>'
            )
            kinds[VIEW].children = [nodes.raw(text=text, format="html")]


def take_apart(text: str, modules: dict[str, str]) -> str:
    """Add a composed module and all that it imports to `modules`; return its name."""
    header = _HEADER.match(text)
    if header is None:
        raise ValueError(f"a widget's module lacks its name in the first line: {text[:60]!r}")

    def name_import(match: re.Match) -> str:
        return f'from "cnnbook:{take_apart(base64.b64decode(match[1]).decode(), modules)}"'

    modules[header[1]] = _IMPORT.sub(name_import, _MARGIN.sub("", text[header.end() :]))
    return header[1]


def count_owners(package: Path) -> Counter[str]:
    """Count for each module of the package how many widgets need it, by its path in there."""
    owners: Counter[str] = Counter()
    for entry in package.rglob("*.js"):
        if not entry.with_suffix(".py").exists():
            continue
        needed, queue = set(), [entry]
        while queue:
            path = queue.pop()
            if path not in needed:
                needed.add(path)
                found = RELATIVE_IMPORT.findall(path.read_text(encoding="utf-8"))
                queue += [(path.parent / name).resolve() for name in found]
        owners.update(path.relative_to(package).as_posix() for path in needed)
    return owners


def hoist(state: dict, owners: Counter[str]) -> tuple[dict, list[tuple[str, str]]]:
    """Take the modules out of a page's widget state.

    Args:
        state: as MyST-NB embeds it.
        owners: how many widgets of the book need a module; missing ones count as 1.

    Returns:
        The state, each `_esm` replaced by its module's name, and files as (name, text). What
        several widgets of the page or of the book need is in one file, the rest in one file per
        widget; a module `…_data.js` has a file of its own.
    """
    parts: dict[str, dict[str, str]] = {}  # entry module -> its pieces, as calls of the host
    models = {}
    for model_id, model in state["state"].items():
        values = dict(model["state"])
        if "_esm" in values:
            modules: dict[str, str] = {}
            entry = take_apart(values["_esm"], modules)
            sheets = _HEADER.split(values.pop("_css", ""))[1:]
            calls = {name: ("define", text) for name, text in modules.items()}
            calls |= {
                name: ("style", text) for name, text in zip(sheets[::2], sheets[1::2], strict=True)
            }
            parts[entry] = {
                name: f"cnnbook.{call}({json.dumps(name)}, {json.dumps(text, ensure_ascii=False)});"
                for name, (call, text) in calls.items()
            }
            values["_esm"] = entry
        models[model_id] = {**model, "state": values}
    here: dict[str, set[str]] = {}
    for entry, pieces in parts.items():
        for name in pieces:
            here.setdefault(name, set()).add(entry)
    bundles: dict[str, list[str]] = {}
    for name, entries in sorted(here.items()):
        shared = max(len(entries), owners[name]) > 1
        bundle = "shared" if shared else Path(next(iter(entries))).stem
        if name.endswith("_data.js"):  # large, and the same for years: apart from the code
            bundle = Path(name).stem
        bundles.setdefault(bundle, []).append(parts[min(entries)][name])
    files = []
    for bundle, calls in bundles.items():
        text = "\n".join(calls) + "\n"
        files.append((f"{bundle}-{hashlib.sha256(text.encode()).hexdigest()[:10]}.js", text))
    return {**state, "state": models}, files


def add_host(app: Sphinx, pagename: str, template: str, context: dict, doctree: object) -> None:
    """Replace the state that MyST-NB put among a page's scripts, and add the host."""
    scripts = context.get("script_files", [])
    states = [s for s in scripts if getattr(s, "attributes", {}).get("type") == STATE]
    if not states:
        return
    folder = Path(app.outdir) / "_static" / "live"
    folder.mkdir(parents=True, exist_ok=True)
    tags = [f'<script defer src="{context["pathto"]("_static/host.js", 1)}"></script>']
    for script in states:
        saved = json.loads(script.attributes["body"].replace("<\\/", "</"))
        state, files = hoist(saved, count_owners(PACKAGE))
        body = json.dumps(state, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        tags.append(f'<script type="{STATE}">{body}</script>')
        for name, text in files:
            (folder / name).write_text(text, encoding="utf-8")
            tags.append(
                f'<script defer src="{context["pathto"](f"_static/live/{name}", 1)}"></script>'
            )
        scripts.remove(script)
    context["body"] += "\n".join(tags)


def setup(app: Sphinx) -> dict:
    """Register the transform and the page hook."""
    app.add_post_transform(WidgetViews)
    app.connect("html-page-context", add_host, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
