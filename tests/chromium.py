"""Find a Chromium: Debian's, Chrome, or Playwright's own; exit 1 if there is none."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]


def find() -> str | None:
    """Return the path of a Chromium that can be started, or None."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


if __name__ == "__main__":
    sys.exit(find() is None)
