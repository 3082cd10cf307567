"""Leave out of a style sheet the rules for classes that no page and no script names."""

import re
from collections.abc import Iterable
from pathlib import Path

import tinycss2

_CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
_NEGATED = re.compile(r":not\([^()]*\)")


def names_in_use(pages: Iterable[Path], scripts: Iterable[Path]) -> set[str]:
    """Collect the classes of all pages and every word of all scripts, which may set a class."""
    names: set[str] = set()
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for value in re.findall(r'class="([^"]*)"', text):
            names.update(value.split())
        for script in re.findall(r"<script\b[^>]*>(.*?)</script>", text, flags=re.S):
            names.update(re.findall(r"[\w-]+", script))
    for script in scripts:
        names.update(re.findall(r"[\w-]+", script.read_text(encoding="utf-8")))
    return names


def needed(selector: str, names: set[str]) -> bool:
    """Say whether a selector can match; where it is not plain, say yes."""
    if "\\" in selector or any(word in selector for word in (":is(", ":where(", ":has(")):
        return True
    return all(name in names for name in _CLASS.findall(_NEGATED.sub("", selector)))


def prune(css: str, names: set[str]) -> str:
    """Return the style sheet without rules that cannot match, and without comments."""
    out = []
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        body = tinycss2.serialize(rule.content) if getattr(rule, "content", None) else ""
        if rule.type == "qualified-rule":
            selectors = tinycss2.serialize(rule.prelude)
            parts = [selectors] if "(" in selectors else selectors.split(",")
            kept = [part.strip() for part in parts if needed(part, names)]
            if kept:
                out.append(f"{','.join(kept)}{{{body.strip()}}}")
        elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports", "layer"):
            if inner := prune(body, names):
                prelude = tinycss2.serialize(rule.prelude).strip()
                out.append(f"@{rule.lower_at_keyword} {prelude}{{{inner}}}")
        elif rule.type == "at-rule":
            out.append(rule.serialize())
    return "\n".join(out)
