import base64
import json
import re

import numpy as np
import pytest
from promises import draws_what_python_sets, follows_its_width, suits_everybody, trait
from traitlets import TraitError

from cnnbook.data import LUMA
from cnnbook.widgets import KernelsOnPhoto
from cnnbook.widgets.kernels_on_photo import MAGNITUDE, NAMED, OWN, pack, shipped, unpack
from cnnbook.widgets.samples import shrink

HALF_SHARPEN = [[0, -0.5, 0], [-0.5, 3, -0.5], [0, -0.5, 0]]


@pytest.fixture(scope="module")
def small() -> dict:
    """A photograph of 24 x 30, to keep the tests quick."""
    return {"cat": np.rint(shrink(unpack(shipped("cat")).astype(float), 24, 30)).astype(int)}


# ---- arithmetic, against cnnbook.reference


def test_presets_equal_the_kernels_of_the_package(in_node, small) -> None:
    for name, kernel in NAMED.items():
        widget = KernelsOnPhoto(small, kernel_name=name)
        state = widget.get_state(["photos", "photo", "kernel", "kernel_name", "blur_first"])
        assert in_node("kernels_on_photo", [["state", state]])[0]["kernelName"] == name
        np.testing.assert_allclose(widget.kernel, kernel)


@pytest.mark.parametrize("blur_first", [False, True])
def test_results_equal_the_reference(in_node, small, blur_first) -> None:
    rng = np.random.default_rng(3)
    widgets = [KernelsOnPhoto(small, kernel_name=name, blur_first=blur_first) for name in NAMED]
    widgets += [
        KernelsOnPhoto(small, kernel=rng.normal(size=(k_h, k_w)), blur_first=blur_first)
        for k_h in (1, 3, 5, 7)
        for k_w in (1, 3, 5, 7)
    ]
    names = ["photos", "photo", "kernel", "kernel_name", "blur_first"]
    found = in_node("kernels_on_photo", [["filtered", w.get_state(names)] for w in widgets])
    for widget, result in zip(widgets, found, strict=True):
        np.testing.assert_allclose(result, widget.result(), rtol=0, atol=1e-9)


def test_photographs_survive_the_trip_through_base64(in_node) -> None:
    pixels = np.arange(15 * 17).reshape(15, 17)  # every byte from 0 to 254
    assert in_node("kernels_on_photo", [["decode", pack(pixels)]])[0] == pixels.tolist()
    np.testing.assert_array_equal(unpack(pack(pixels)), pixels)


def test_shrinking_keeps_the_mean() -> None:
    image = np.random.default_rng(0).uniform(size=(30, 47))
    assert shrink(image, 7, 11).mean() == pytest.approx(image.mean())
    np.testing.assert_allclose(shrink(image, 30, 47), image)
    np.testing.assert_allclose(shrink(np.arange(6.0).reshape(1, 6), 1, 3), [[0.5, 2.5, 4.5]])


# ---- traits, in Python


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"photos": ["moon"]}, "no photograph 'moon'; .*cameraman, astronaut, coffee, cat, bricks"),
        ({"photos": []}, "at least one photograph"),
        ({"photos": {"a": np.zeros((2, 2, 3))}}, r"photo 'a' wants 2 axes.*\(2, 2, 3\)"),
        ({"photos": {"a": [[0, 256]]}}, "whole numbers from 0 to 255, got 0 to 256"),
        ({"photos": {"a": [[0, 0.5]]}}, "whole numbers from 0 to 255"),
        ({"photos": {"a": np.zeros((161, 2))}}, "at most 160 x 160 cells, got 161 x 2"),
        ({"photos": {"a": {"rows": 2, "cols": 2, "data": "AAA="}}}, "got 2 x 2 and 2 bytes"),
        ({"photos": {"a": {"rows": 2, "cols": 2, "data": "?"}}}, "got 2 x 2 and 0 bytes"),
        ({"photos": {"a": {}}}, "got None x None and 0 bytes"),
        ({"photo": "moon"}, "photo 'moon' is none of the photos: cameraman"),
        ({"kernel": [[1, 1]]}, "kernel wants odd sides.*got 1 x 2"),
        ({"kernel": [[float("nan")]]}, "kernel row 1, column 1 is nan"),
        ({"kernel_name": "median"}, "kernel_name must be one of identity"),
        ({"view": "pretty"}, "view must be one of signed, absolute, clipped, got 'pretty'"),
        ({"wipe": 1.5}, "wipe must be 0 to 1, got 1.5"),
        ({"goals": [{"id": "a", "text": "", "kind": "restore"}]}, "the limit of its kind"),
        ({"goals": [{"id": "a", "text": "", "kind": "win", "leak": 1}]}, "goal 0"),
    ],
)
def test_bad_traits_are_refused_with_their_numbers(given, words) -> None:
    with pytest.raises(TraitError, match=words):
        KernelsOnPhoto(**given)


def test_the_photographs_fit_the_page() -> None:
    widget = KernelsOnPhoto()
    assert list(widget.photos) == ["cameraman", "cat", "bricks"]
    for photo in widget.photos.values():
        assert photo["cols"] == 160
        assert photo["rows"] <= 120
        assert unpack(photo).std() > 20
    assert len(json.dumps(widget.photos)) < 77_000
    assert list(KernelsOnPhoto(["coffee", "astronaut"]).photos) == ["coffee", "astronaut"]


def test_stand_in_shows_both_pictures_and_names_the_kernel(small) -> None:
    widget = KernelsOnPhoto(small, kernel_name="emboss")
    for view in ("signed", "absolute", "clipped"):
        widget.view = view
        text = widget.static_html()
        assert text.count("<img ") == text.count(' alt="') == 2
        assert "the kernel emboss makes of it (3 × 3 weights: −2 −1 0; −1 1 1; 0 1 2)" in text
    widget.photos = {"<b>": small["cat"], "cat": small["cat"]}
    widget.photo = "<b>"
    assert "<b>" not in widget.static_html()


# ---- behaviour, in a browser


def message(page) -> str:
    return page.locator(".cnnbook-message").inner_text()


def facts(page) -> list[str]:
    return page.locator(".cnnbook-photo-facts p").all_inner_texts()


def type_kernel(page, kernel: list) -> None:
    for a, row in enumerate(kernel):
        for b, value in enumerate(row):
            page.get_by_label(f"kernel row {a + 1}, column {b + 1}").fill(str(value))


def test_range_on_the_page_equals_the_reference(show) -> None:
    widget = KernelsOnPhoto(["coffee"])
    page = show(widget)
    for name in NAMED:
        page.get_by_label("Kernel", exact=True).select_option(name)
        widget.kernel, widget.kernel_name = NAMED[name], name
        inside = widget.result()[4:-4, 4:-4]
        text = page.locator(".cnnbook-photo-legend").inner_text().replace("−", "-")
        low, high = map(float, re.search(r"from (\S+) to (\S+)\.$", text).groups())
        assert (low, high) == pytest.approx((inside.min(), inside.max()), abs=0.051)


def test_blurs_come_in_three_sizes_and_sum_to_1(show) -> None:
    page = show(KernelsOnPhoto(["cat"]))
    size = page.get_by_label("Kernel size")
    assert size.is_disabled()
    for name in ("box blur", "Gaussian blur"):
        page.get_by_label("Kernel", exact=True).select_option(name)
        for sides in (7, 5, 3):
            size.select_option(str(sides))
            kernel = np.array(trait(page, "kernel"))
            assert kernel.shape == (sides, sides)
            assert kernel.sum() == pytest.approx(1)
            np.testing.assert_allclose(kernel, kernel.T)
            assert page.get_by_label("Kernel", exact=True).input_value() == name
    page.get_by_label("kernel row 1, column 1").fill("0")
    assert trait(page, "kernel_name") == OWN
    size.select_option("5")
    assert np.shape(trait(page, "kernel")) == (5, 5)
    assert trait(page, "kernel")[2][2] == 0.25


def test_presets_choose_how_they_are_best_seen(show) -> None:
    page = show(KernelsOnPhoto(["cat"]))
    for name, view in (("sharpen", "clipped"), ("Sobel y", "signed"), (MAGNITUDE, "absolute")):
        page.get_by_label("Kernel", exact=True).select_option(name)
        assert trait(page, "view") == view
    page.get_by_label("Show as").select_option("signed")
    assert trait(page, "view") == "signed"


def test_goal_of_the_edges_wants_an_own_kernel(show) -> None:
    page = show(KernelsOnPhoto(["bricks"]))
    page.get_by_label("Kernel", exact=True).select_option("Sobel y")
    assert facts(page)[0] == "Vertical edges come through 10 % as strongly as horizontal ones."
    assert trait(page, "reached") == []
    type_kernel(page, [[0, 0, 0], [-1, 0, 1], [0, 0, 0]])
    assert trait(page, "reached") == []
    type_kernel(page, [[0, -1, 0], [0, 0, 0], [0, 1, 0]])
    assert trait(page, "reached") == ["keep-horizontal"]
    type_kernel(page, [[0, 0, 0], [0, 0, 0], [0, 0, 0]])
    assert facts(page)[0].startswith("Edges cannot be compared")


def test_edges_are_compared_only_where_brightness_stays_out(show) -> None:
    page = show(KernelsOnPhoto(["bricks"]))
    bright = (
        "The weights do not sum to 0: brightness comes through too, so edges cannot be compared."
    )
    for name in NAMED:
        page.get_by_label("Kernel", exact=True).select_option(name)
        compared = name in ("Sobel x", "Sobel y", MAGNITUDE, "Laplacian")
        text = facts(page)[0]
        assert text.startswith("Vertical edges come through") if compared else text == bright
    page.get_by_label("Kernel", exact=True).select_option("Sobel y")
    page.get_by_label("kernel row 2, column 2").fill("0.2")  # 10 % of the way to brightness
    assert facts(page)[0] == bright
    assert trait(page, "reached") == []
    type_kernel(page, [[-0.333, -0.333, -0.333], [0, 0, 0], ["1/3", "1/3", "1/3"]])
    assert facts(page)[0].startswith("Vertical edges come through")
    assert trait(page, "reached") == ["keep-horizontal"]


def test_where_the_widget_starts_earns_nothing(show) -> None:
    start = {"kernel": [[0, -1, 0], [0, 0, 0], [0, 1, 0]]}
    page = show(KernelsOnPhoto(["bricks", "cat"], **start))
    page.get_by_label("Photograph", exact=True).select_option("cat")
    page.get_by_label("Photograph", exact=True).select_option("bricks")
    assert trait(page, "reached") == []
    page.get_by_label("Kernel", exact=True).select_option("Sobel y")
    page.get_by_label("Kernel", exact=True).select_option(OWN)  # a preset under another name
    assert trait(page, "reached") == []
    page.get_by_label("kernel row 3, column 2").fill("2,0")  # Sobel y again
    assert trait(page, "reached") == []
    page.get_by_label("kernel row 3, column 2").fill("1.999")
    assert trait(page, "reached") == ["keep-horizontal"]
    page = show(KernelsOnPhoto(["cat"], kernel=HALF_SHARPEN, blur_first=True))
    page.get_by_label("Show as").select_option("signed")
    assert trait(page, "reached") == []
    page = show(KernelsOnPhoto(["cat"], reached=["undo-blur"]))
    assert page.locator(".cnnbook-goals [data-done=true]").count() == 1


def test_a_typed_edge_kernel_is_shown_signed(show) -> None:
    page = show(KernelsOnPhoto(["cat"]))
    for choice, view in ((None, "signed"), ("clipped", "clipped")):
        page.get_by_label("Kernel", exact=True).select_option("identity")
        assert trait(page, "view") == "clipped"
        if choice:
            page.get_by_label("Show as").select_option("absolute")
            page.get_by_label("Show as").select_option(choice)
        type_kernel(page, [[0, 0, 0], [0, 0, 0]])
        assert trait(page, "view") == "clipped"  # all zeros: nothing to see either way
        type_kernel(page, [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
        assert trait(page, "view") == view
        assert page.get_by_label("Show as").input_value() == view


@pytest.mark.parametrize("width", [1000, 390])
def test_no_select_cuts_its_text_off(show, width) -> None:
    page = show(KernelsOnPhoto(), width=width)
    short = page.evaluate(
        """() => [...document.querySelectorAll('main select')].map((select) => {
          const free = select.cloneNode(true);
          free.style.cssText = 'position: absolute; width: auto; flex: none';
          select.parentNode.append(free);
          const wanted = free.offsetWidth;
          free.remove();
          return [select.offsetWidth, wanted];
        }).filter(([has, wanted]) => has < wanted)"""
    )
    assert short == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_zero_is_white_in_either_theme(show, theme) -> None:
    page = show(KernelsOnPhoto({"flat": np.full((40, 40), 90)}, wipe=0.0), theme=theme)
    pixel = "[...document.querySelector('canvas').getContext('2d').getImageData(99, 99, 1, 1).data]"
    assert page.evaluate(pixel) == [247, 247, 247, 255]


def test_goal_of_the_blur_is_missed_by_the_preset(show) -> None:
    page = show(KernelsOnPhoto(["cat"]))
    assert facts(page)[1].startswith("Tick “Blur the photograph first”")
    page.get_by_label("Blur the photograph").check()
    page.get_by_label("Kernel", exact=True).select_option("identity")
    assert facts(page)[1].endswith("(100 %).")
    page.get_by_label("Kernel", exact=True).select_option("sharpen")
    assert trait(page, "reached") == []
    type_kernel(page, HALF_SHARPEN)
    assert trait(page, "reached") == ["undo-blur"]
    assert page.locator(".cnnbook-goals [data-done=true]").count() == 1


def test_score_of_the_blur_equals_numpy(show) -> None:
    widget = KernelsOnPhoto(["cat"], kernel=HALF_SHARPEN, blur_first=True)
    photo = unpack(widget.photos["cat"]).astype(float)
    after = widget.result()
    widget.kernel = NAMED["identity"]
    before = widget.result()
    rms = [np.sqrt(np.mean((y - photo)[4:-4, 4:-4] ** 2)) for y in (before, after)]
    widget.kernel = HALF_SHARPEN
    page = show(widget)
    numbers = [float(n) for n in re.findall(r"[\d.]+(?= grey| \()", facts(page)[1])]
    assert numbers == pytest.approx(rms, abs=0.051)


def test_divider_by_keyboard_and_mouse(show) -> None:
    page = show(KernelsOnPhoto(["cat"]))
    handle = page.get_by_role("slider")
    handle.focus()
    for key, value in (("ArrowRight", 0.52), ("Home", 0), ("End", 1), ("PageDown", 0.9)):
        page.keyboard.press(key)
        assert trait(page, "wipe") == pytest.approx(value)
    assert handle.get_attribute("aria-valuetext") == "90 % original, 10 % result"
    box = page.locator(".cnnbook-photo-stage").bounding_box()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 40, steps=30)
    assert trait(page, "wipe") == pytest.approx(0.25, abs=0.01)
    page.mouse.move(box["x"] - 90, box["y"] + 40)
    assert trait(page, "wipe") == 0
    page.mouse.up()
    page.mouse.move(box["x"] + 100, box["y"] + 40)
    assert trait(page, "wipe") == 0
    page.wait_for_timeout(120)
    assert min(np.diff(page.evaluate("saves"))) >= 95


PNG = base64.b64decode(  # one grey pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCB3UNq9AAAAABJRU5ErkJggg=="
)


@pytest.mark.parametrize(
    ("name", "kind", "content", "words"),
    [
        ("notes.txt", "text/plain", b"hello", "“notes.txt” is no image (its type is text/plain)"),
        ("big.png", "image/png", b"0" * (6 << 20), "“big.png” has 6 MB; at most 5 MB"),
        ("torn.png", "image/png", PNG[:40], "“torn.png” could not be read as an image"),
        ("fake.png", "image/png", b"hello", "“fake.png” could not be read as an image"),
    ],
)
def test_a_bad_file_is_refused_and_the_photograph_stays(show, name, kind, content, words) -> None:
    page = show(KernelsOnPhoto(["cat"]))
    file = {"name": name, "mimeType": kind, "buffer": content}
    page.get_by_label("Your own image").set_input_files(file)
    page.locator(".cnnbook-message", has_text=words).wait_for(timeout=5000)
    assert trait(page, "photo") == "cat"
    page.get_by_label("Kernel", exact=True).select_option("sharpen")
    assert message(page) == ""


def test_an_own_image_is_shrunk_to_grey(show) -> None:
    page = show(KernelsOnPhoto(["cat"]))
    red = page.evaluate(
        "(() => { const c = Object.assign(document.createElement('canvas'),"
        " { width: 480, height: 240 }); const x = c.getContext('2d'); x.fillStyle = '#ff0000';"
        " x.fillRect(0, 0, 480, 240); return c.toDataURL().split(',')[1]; })()"
    )
    file = {"name": "red.png", "mimeType": "image/png", "buffer": base64.b64decode(red)}
    page.get_by_label("Your own image").set_input_files(file)
    page.get_by_text("“red.png” is shown in grey, 80 × 160.").wait_for(timeout=5000)
    assert trait(page, "photo") == "your image"
    np.testing.assert_array_equal(
        unpack(trait(page, "photos")["your image"]), np.full((80, 160), round(255 * LUMA[0]))
    )
    KernelsOnPhoto(trait(page, "photos"), photo="your image")  # Python takes it as it is
    assert facts(page)[0].startswith("Edges cannot be compared")


def test_what_python_sets_is_drawn_and_never_saved(show) -> None:
    changes = {
        "photo": "bricks",
        "kernel": [[0, 1, 0]],
        "view": "clipped",
        "blur_first": True,
        "wipe": 0.1,
        "goals": [{"id": "r", "text": "t", "kind": "restore", "error": 2}],
        "photos": {"bricks": pack(np.eye(20, 30) * 200)},
    }
    draws_what_python_sets(show(KernelsOnPhoto(["cat", "bricks"])), changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"photo": "gone"}, "“gone” is missing or damaged; “cat” is shown."),
        ({"photos": {}}, "there is no other; a grey ramp is shown"),
        ({"photos": None}, "a grey ramp is shown"),
        ({"photos": {"cat": None, "b": {"rows": 9, "cols": 2, "data": "!"}}}, "a grey ramp"),
        ({"kernel": [[1, 2]]}, "The kernel is not a grid"),
        ({"kernel": None, "kernel_name": "toString"}, "the identity is used"),
        ({"view": 7, "wipe": "x", "goals": {"a": 1}, "reached": None, "blur_first": "no"}, ""),
    ],
)
def test_damaged_state_is_told_and_survived(show, changes, words) -> None:
    page = show(KernelsOnPhoto(["cat"]), **changes)
    assert words in message(page)
    page.get_by_label("Kernel", exact=True).select_option("emboss")
    page.get_by_role("slider").focus()
    page.keyboard.press("Home")
    assert trait(page, "wipe") == 0
    assert trait(page, "kernel") == NAMED["emboss"]


def test_width_is_followed_until_cleaned_up(show) -> None:
    follows_its_width(show(KernelsOnPhoto(["cat"])), "document.querySelector('canvas').style.width")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 390])
def test_axe_finds_nothing(show, theme, width) -> None:
    page = show(KernelsOnPhoto(["cat"], blur_first=True), width, theme)
    page.get_by_label("kernel row 1, column 1").fill("zz")
    suits_everybody(page)
