"""The table as text, HTML and pandas."""

import re
import sys
import types

import pytest
import torch
from brought import CASES, Branches, Odd
from torch import nn

from cnnbook.summary import ledger


@pytest.mark.parametrize("case", CASES)
def test_text_lines_up_and_fits(case):
    found = ledger(case(), *CASES[case])
    lines = str(found).splitlines()
    assert max(map(len, lines)) <= 100
    end = lines[0].index("parameters") + len("parameters")
    for row, line in zip(found.rows, lines[2:], strict=False):
        shown = f"{row.parameters:,}".replace(",", "\u2009") if row.parameters else ""
        assert line[: end + 1].rstrip().endswith(shown)
        assert line[end : end + 1] in ("", " ")
    total = next(line for line in lines if line.startswith("total"))
    assert f"{found.total.macs:,}".replace(",", "\u2009") in total


def test_long_names_and_numbers_still_fit():
    with torch.device("meta"):
        module: nn.Module = nn.Linear(10**7, 10**6)
    for _ in range(12):
        module = nn.Sequential(module, nn.Identity())
    text = str(ledger(module, (10**7, 10**7)))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 100
    assert any(line.startswith("…") and ".0.0 " in line for line in lines)
    assert "100.0 E" in text  # 10^20 multiply-adds


def test_shares_add_up():
    found = ledger(Odd(), *CASES[Odd])
    for column in ("parameters", "macs", "saved", "traffic"):
        assert sum(found.share(row, column) for row in found.rows) == pytest.approx(1)
    with pytest.raises(ValueError, match="no shares of 'alive'; there are parameters, macs"):
        found.share(found.rows[0], "alive")


def test_html_is_a_plain_escaped_table():
    module = nn.Sequential()
    module.add_module("<b>&", nn.Conv2d(3, 4, 3))
    markup = ledger(module, (1, 3, 9, 9))._repr_html_()
    assert 'class="cnnbook-table"' in markup
    assert "&lt;b&gt;&amp;" in markup
    assert "<b>" not in markup
    assert "script" not in markup
    assert len(re.findall("<tr>", markup)) == 3  # header, layer, total
    assert 'title="Conv2d"' in markup
    assert markup.count('scope="col"') == 11


def test_pandas_is_asked_for_only_when_wanted(monkeypatch):
    found = ledger(Branches(), *CASES[Branches])
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ModuleNotFoundError, match="to_pandas wants pandas: pip install pandas"):
        found.to_pandas()
    stub = types.SimpleNamespace(DataFrame=lambda records: records)
    monkeypatch.setitem(sys.modules, "pandas", stub)
    records = found.to_pandas()
    assert [record["name"] for record in records] == [row.name for row in found.rows]
    assert records[-1]["macs share"] == found.share(found.rows[-1], "macs")
    assert records[0]["field"] == (3, 3)


def test_importing_loads_neither_pandas_nor_matplotlib():
    import subprocess

    code = (
        "import sys, cnnbook.summary;"
        "print([m for m in ('pandas', 'matplotlib', 'anywidget') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
