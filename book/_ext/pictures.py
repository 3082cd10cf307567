"""Shrink the notebooks' figures after the build: AVIF instead of PNG, loaded when they come near.

A page then does not move while its pictures arrive, for each tag says its size.
"""

import re
from pathlib import Path

from PIL import Image, features
from sphinx.application import Sphinx

TAG = re.compile(r'<img\b[^>]*\bsrc="([^"]*_images/[^"]+\.png)"[^>]*>')
FORMAT = ".avif" if features.check("avif") else ".webp"
QUALITY = {".avif": 48, ".webp": 75}[FORMAT]


def shrink(png: Path) -> tuple[Path, int, int]:
    """Write a smaller file beside a PNG; return the smaller of both and its size in pixels."""
    small = png.with_suffix(FORMAT)
    with Image.open(png) as picture:
        width, height = picture.size
        if not small.exists():
            picture.convert("RGB").save(small, quality=QUALITY)
    return (small if small.stat().st_size < png.stat().st_size else png), width, height


def rewrite(page: Path, text: str) -> str:
    """Return a page's text with its figures' tags pointing at the small files."""

    def tag(match: re.Match) -> str:
        source = match[1]
        file, width, height = shrink((page.parent / source).resolve())
        new = match[0].replace(source, source.rsplit("/", 1)[0] + "/" + file.name)
        if "loading=" not in new:
            new = new.replace("<img", '<img loading="lazy" decoding="async"', 1)
        if "width=" not in new:
            new = new.replace("<img", f'<img width="{width}" height="{height}"', 1)
        return new

    return TAG.sub(tag, text)


def pictures(app: Sphinx, exception: Exception | None) -> None:
    """Rewrite every page that has figures."""
    if exception or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        if text != (new := rewrite(page, text)):
            page.write_text(new, encoding="utf-8")


def setup(app: Sphinx) -> dict:
    """Run after everything else."""
    app.connect("build-finished", pictures, priority=980)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
