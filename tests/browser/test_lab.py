"""The same widgets in JupyterLab: Python and page tell each other, boxes and solutions are drawn."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from accessibility import complaints
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from pages import ROOT
from playwright.sync_api import Page, expect

from cnnbook.experiments import result
from cnnbook.widgets import BlockSurgery

TELL = """import json, pathlib
def tell(change):
    state = {"stride": explorer.stride, "selected": list(explorer.selected), "kernel": explorer.kernel}
    pathlib.Path("told.json").write_text(json.dumps(state))
explorer.observe(tell)"""
CELLS = [
    "from cnnbook import exercises\nfrom cnnbook.widgets import ConvExplorer, KernelsOnPhoto\nexplorer = ConvExplorer()\nexplorer",
    TELL,
    "explorer.stride = 2\nexplorer.stride",
    'exercises.show("11-output-size")',
    "def slow(image, kernel):\n    return image\nexercises.check([n for n in exercises.ids(11) if exercises.show(n).kind == 'code'][0], slow)",
    "exercises.progress()",
    "from cnnbook.widgets import GradientFlow\nnet = GradientFlow(depth=9)\nnet",
    "def keep(change):\n    pathlib.Path('net.json').write_text(json.dumps([net.activation, net.gain]))\nnet.observe(keep)",
    "net.gain = 2.0",
    "from cnnbook.widgets import FitExplorer\nfits = FitExplorer(degree=5)\nfits",
    "fits.observe(lambda change: pathlib.Path('fits.json').write_text(json.dumps(change.new)), 'points')\nfits.degree = 4",
    "from cnnbook.widgets import PoolRouter\nrouter = PoolRouter(kernel_size=3)\nrouter",
    "def note(change):\n    pathlib.Path('pool.json').write_text(json.dumps([router.pool, router.selected, router.backward().sum()]))\nrouter.observe(note)",
    "router.padding = 1",
    "from cnnbook.widgets import ChannelWiring\nwiring = ChannelWiring(layers=[{'kernel_size': 3, 'groups': 3}])\nwiring",
    "def record(change):\n    pathlib.Path('wiring.json').write_text(json.dumps([wiring.layers, wiring.selected, int(wiring.reach().sum())]))\nwiring.observe(record)",
    "wiring.selected = 5",
    "from cnnbook.widgets import NormBlock\nblock = NormBlock()\nblock",
    "def keep_block(change):\n    pathlib.Path('norm.json').write_text(json.dumps([block.axes, block.groups, block.selected, block.output()[0, 0, 1]]))\nblock.observe(keep_block)",
    "block.axes = [2]",
    "from torch import nn\nfrom cnnbook.widgets import ArchitectureExplorer\nmine = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))\narch = ArchitectureExplorer(mine, (1, 1, 8, 8))\narch",
    "def heed(change):\n    pathlib.Path('arch.json').write_text(json.dumps([arch.network, arch.block]))\narch.observe(heed)",
    "arch.block = 1",
    "from cnnbook.experiments import result\nfrom cnnbook.widgets import BlockSurgery\nsurgery = BlockSurgery(result('residual-surgery')['arrangements'])\nsurgery",
    "def log(change):\n    pathlib.Path('surgery.json').write_text(json.dumps([surgery.order, surgery.out, surgery.accuracy()]))\nsurgery.observe(log)",
    "surgery.out = ['4']",
]

SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},  # every cell is drawn
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """Start JupyterLab on a folder with a small notebook and the chapter: address, token, folder."""
    folder = tmp_path_factory.mktemp("lab")
    notebook = new_notebook(
        cells=[new_markdown_cell("# Widgets")] + [new_code_cell(source) for source in CELLS]
    )
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    nbformat.write(notebook, folder / "widgets.ipynb")
    chapter = ROOT / "notebooks" / "11-convolution.ipynb"
    (folder / chapter.name).write_bytes(chapter.read_bytes())
    settings = folder / ".config" / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps(SETTINGS))
    port, token = free_port(), secrets.token_hex(16)
    environment = {
        **os.environ,
        "CNNBOOK_PROGRESS": str(folder / "progress.json"),
        "JUPYTER_CONFIG_DIR": str(folder / ".config"),
        "OMP_NUM_THREADS": "1",
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", f"--ServerApp.root_dir={folder}"),
        f"--IdentityProvider.token={token}",
    ]
    with (folder / "lab.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
        address = f"http://127.0.0.1:{port}"
        try:
            wait_for(f"{address}/api/status?token={token}", process, folder / "lab.log")
            yield address, token, folder
        finally:
            process.terminate()
            process.wait(20)


def wait_for(url: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(120):
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise TimeoutError(log.read_text())


def open_notebook(browser, lab: tuple[str, str, Path], name: str, run: bool) -> Page:
    address, token, _ = lab
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("request", lambda r: page.wrong.append(r.url) if outside(r.url, address) else None)
    page.goto(f"{address}/lab/tree/{name}?token={token}&reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60000)
    if run:
        page.locator(".lm-MenuBar-item", has_text="Run").click()
        page.locator(".lm-Menu-item", has_text="Run All Cells").first.click()
    return page


def outside(url: str, address: str) -> bool:
    return not url.startswith((address, "blob:", "data:", address.replace("http", "ws")))


@pytest.fixture(scope="module")
def notebook(browser, lab) -> Iterator[Page]:
    page = open_notebook(browser, lab, "widgets.ipynb", run=True)
    page.wait_for_selector(".cnnbook-conv canvas", timeout=90000)
    yield page
    page.close()


def told(lab) -> dict:
    file = lab[2] / "told.json"
    return json.loads(file.read_text()) if file.exists() else {}


def until(condition, seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def explorer(page: Page):
    return page.locator(".cnnbook-conv").first


def test_python_moves_the_page(notebook) -> None:
    stride = explorer(notebook).get_by_label("Stride")
    expect(stride).to_have_value("2", timeout=30000)


def test_the_page_moves_python(notebook, lab) -> None:
    stride = explorer(notebook).get_by_label("Stride")
    stride.focus()
    stride.press("Home")
    assert until(lambda: told(lab).get("stride") == 1), told(lab)


def test_the_fit_explorer_goes_both_ways(notebook, lab) -> None:
    fits = notebook.locator(".cnnbook-fit").first
    expect(fits.get_by_label("Degree", exact=True)).to_have_value("4", timeout=30000)
    fits.get_by_role("button", name="Place a sample").click()
    file = lab[2] / "fits.json"
    assert until(lambda: file.exists() and len(json.loads(file.read_text() or "[]")) == 16)


def test_an_exercise_is_judged_and_remembered(notebook, lab) -> None:
    root = notebook.locator("[data-exercise='11-output-size']").first
    root.scroll_into_view_if_needed()
    root.get_by_role("textbox").first.fill("12345")
    root.get_by_role("button", name="Check").click()
    progress = lab[2] / "progress.json"
    assert until(lambda: progress.exists() and "11-output-size" in progress.read_text())


def test_a_code_verdict_is_drawn(notebook) -> None:
    notebook.wait_for_selector(
        ".jp-OutputArea-output .cnnbook-verdict, .jp-RenderedHTMLCommon .cnnbook-verdict"
    )


def test_a_deep_net_follows_python_and_tells_it(notebook, lab) -> None:
    flow = notebook.locator(".cnnbook-flow").first
    flow.scroll_into_view_if_needed()
    expect(flow.get_by_label("Initial scale")).to_have_attribute("aria-valuetext", "2.00")
    assert flow.get_by_label("Depth").input_value() == "9"
    flow.get_by_label("Activation").select_option("relu")
    flow.get_by_role("button", name="He: 1.41").click()
    file = lab[2] / "net.json"
    wanted = ["relu", pytest.approx(2**0.5)]
    assert until(lambda: file.exists() and json.loads(file.read_text() or "[]") == wanted)


def test_nothing_went_wrong_and_nothing_left_the_machine(notebook) -> None:
    assert notebook.wrong == []


def test_widgets_are_accessible_in_lab(notebook) -> None:
    notebook.locator(".cnnbook").first.scroll_into_view_if_needed()
    assert complaints(notebook, ".cnnbook") == []


@pytest.fixture(scope="module")
def chapter(browser, lab) -> Iterator[Page]:
    page = open_notebook(browser, lab, "11-convolution.ipynb", run=False)
    yield page
    page.close()


def test_boxes_are_drawn_not_fenced(chapter) -> None:
    boxes = chapter.locator(".jp-MarkdownCell aside")
    expect(boxes.filter(has_text="Deep learning convolution").first).to_be_attached(timeout=30000)
    assert ":::" not in "".join(
        chapter.locator(".jp-MarkdownCell .jp-MarkdownOutput").all_inner_texts()
    )


def test_solutions_are_folded(chapter) -> None:
    folded = chapter.locator(".jp-CodeCell .jp-InputPlaceholder")
    expect(folded.first).to_be_attached(timeout=30000)
    cells = nbformat.read(ROOT / "notebooks" / "11-convolution.ipynb", as_version=4).cells
    assert folded.count() >= sum("solution" in cell.metadata.get("tags", []) for cell in cells)


def test_a_pool_router_follows_python_and_tells_it(notebook, lab) -> None:
    router = notebook.locator(".cnnbook-pool").first
    router.scroll_into_view_if_needed()
    expect(router.get_by_label("Padding")).to_have_value("1")
    router.get_by_label("Pooling").select_option("average")
    button = router.get_by_role("button", name="output row 1, column 1")
    button.press("ArrowRight")
    file = lab[2] / "pool.json"
    wanted = ["average", [0, 1], pytest.approx(25 / 9)]
    assert until(lambda: file.exists() and json.loads(file.read_text() or "[]") == wanted)


def test_a_channel_wiring_follows_python_and_tells_it(notebook, lab) -> None:
    wiring = notebook.locator(".cnnbook-wiring").first
    wiring.scroll_into_view_if_needed()
    output = wiring.get_by_role("button", name="output 6, sees 4 of 12 inputs")
    expect(output).to_have_attribute("aria-pressed", "true", timeout=30000)
    output.press("ArrowDown")
    wiring.get_by_label("Groups").first.press("End")
    file = lab[2] / "wiring.json"
    layer = {"kernel_size": 3, "groups": 12, "shuffle": False}
    wanted = [[layer], 6, 12]
    assert until(lambda: file.exists() and json.loads(file.read_text() or "[]") == wanted)


def test_a_norm_block_follows_python_and_tells_it(notebook, lab) -> None:
    block = notebook.locator(".cnnbook-norm").first
    block.scroll_into_view_if_needed()
    picture = block.locator("[data-norm=instance]")
    expect(picture).to_have_attribute("aria-pressed", "true", timeout=30000)
    block.locator("[data-norm=group]").click()
    button = block.get_by_role("button", name="result image 1, channel 1, place 1")
    button.press("ArrowRight")
    file = lab[2] / "norm.json"
    wanted = [[1, 2], 2, [0, 0, 1], pytest.approx(-0.952, abs=1e-3)]
    assert until(lambda: file.exists() and json.loads(file.read_text() or "[]") == wanted)


def test_an_architecture_explorer_takes_a_module_and_goes_both_ways(notebook, lab) -> None:
    arch = notebook.locator(".cnnbook-arch").first
    arch.scroll_into_view_if_needed()
    slider = arch.get_by_role("slider")
    expect(slider).to_have_attribute("aria-valuenow", "2")
    expect(arch.locator("[data-total=parameters] td").first).to_have_text("1,490")
    slider.press("Home")
    file = lab[2] / "arch.json"

    def told_so(wanted: list) -> bool:
        return file.exists() and json.loads(file.read_text() or "null") == wanted

    assert until(lambda: told_so(["yours", 0]))
    arch.get_by_label("Network", exact=True).select_option("resnet152")
    assert until(lambda: told_so(["resnet152", 0]))
    assert "#explorer" not in notebook.url


def test_a_block_surgery_follows_python_and_tells_it(notebook, lab) -> None:
    surgery = notebook.locator(".cnnbook-surgery").first
    surgery.scroll_into_view_if_needed()
    block = surgery.get_by_role("button", name="block 4, stage 2")
    expect(block).to_have_attribute("aria-pressed", "false", timeout=30000)
    block.press("Shift+ArrowRight")
    surgery.get_by_role("button", name="block 8, stage 3").click()
    table = result("residual-surgery")["arrangements"]
    order = ["012", "354", "678"]
    wanted = [order, ["4", "8"], BlockSurgery(table, order=order, out=["4", "8"]).accuracy()]
    file = lab[2] / "surgery.json"
    assert until(lambda: file.exists() and json.loads(file.read_text() or "[]") == wanted)
