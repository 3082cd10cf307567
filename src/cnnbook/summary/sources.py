"""The lines of code that build a block, as text."""

import inspect
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from torch import nn

from cnnbook.summary.blocks import Block, prefixes
from cnnbook.summary.trace import of_torch

Lines = tuple[str, str]  # where they stand, and the lines
MOST = 80  # lines that are kept of one piece


def lines_of(module: nn.Module, block: Block, builder: Callable | None = None) -> Lines:
    """Find the code that builds a block: its class, or what puts the layers around it together.

    Args:
        module: the network.
        block: one of its blocks.
        builder: the function that built the network, where a class of its own does not.

    Returns:
        Where the code stands, such as "models/resnet.py, line 117", and its lines; both are empty
        where Python has no source.
    """
    if block.own:
        return source(type(module.get_submodule(block.name)))
    path = block.name.split("#")[0].removesuffix("()")
    around = [module]
    for prefix in prefixes(path):
        try:
            around.append(module.get_submodule(prefix))
        except AttributeError:
            break
    holder = next((part for part in around[::-1] if not of_torch(part)), None)
    within = inspect.getmodule(type(holder)) if holder is not None else None
    named = getattr(within, path.split(".")[0], None)  # a function `stem` for the layers of `stem`
    if inspect.isfunction(named):
        return source(named)
    if "()" in block.name and holder is not None:
        return source(type(holder).forward)
    if builder is not None and (holder is None or passed_in(holder, path)):
        return source(called(builder))
    return source(type(holder).__init__) if holder is not None else ("", "")


def passed_in(holder: nn.Module, path: str) -> bool:
    """Tell whether a network got a part from its builder: `self.stem = stem`."""
    name = path.split(".")[0]
    text = source(type(holder).__init__)[1]
    return re.search(rf"self\.{name} = {name}$", text, re.M) is not None


def called(builder: Callable) -> Callable:
    """Return the function that does a builder's work: the last of its own module that it calls."""
    if isinstance(builder, partial):
        builder = builder.func
    within = sys.modules[builder.__module__]
    names = re.findall(r"^    return (_\w+)\(", inspect.getsource(builder), re.M)
    found = [getattr(within, name) for name in names if hasattr(within, name)]
    return called(found[0]) if found else builder


def source(thing: object) -> Lines:
    """Return where a class or function stands, and its lines without its docstring."""
    try:
        lines, first = inspect.getsourcelines(thing)
        file = Path(inspect.getsourcefile(thing))
    except (OSError, TypeError):
        if not isinstance(thing, type):
            return "", ""
        # Python finds the functions of a class that was written in a notebook, not the class
        own = [vars(thing).get(name) for name in ("__init__", "forward")]
        parts = [source(f)[1] for f in own if f is not None]
        return "", "\n\n".join(part for part in parts if part)
    text = inspect.cleandoc("\n" + "".join(lines))
    text = re.sub(r'\n\s*r?"""(?:[^"]|"(?!""))*"""(?=\n)', "", text)
    text = re.sub(r"\n{3,}", "\n\n", re.sub(r"(?m)(class .*:|def .*:)\n\n", r"\1\n", text)).strip()
    kept = text.split("\n")
    if len(kept) > MOST:
        text = "\n".join([*kept[:MOST], "…"])
    if "cnnbook" not in file.parts:
        return "", text
    parts = file.parts[::-1]
    place = "/".join(parts[: parts.index("cnnbook")][::-1])
    return f"{place}, line {max(first, 1)}", text
