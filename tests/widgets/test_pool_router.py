"""The pool router: its arithmetic against the reference, its traits, and how it behaves."""

import numpy as np
import pytest
from playwright.sync_api import expect
from promises import draws_what_python_sets, follows_its_width, suits_everybody, trait
from traitlets import TraitError

from cnnbook.shapes import output_size
from cnnbook.widgets import PoolRouter, pooled
from cnnbook.widgets.pool_goals import GOALS
from cnnbook.widgets.pool_router import START

DY = [[9, 0, 0], [6, 2, 0], [0, 0, 0]]
TIED = [[1, 3, 2, 0], [3, 0, 1, 4], [0, 2, 5, 1], [1, 0, 2, 2]]


# ---- arithmetic, against cnnbook.reference


def random_settings(rng: np.random.Generator) -> dict:
    """Draw settings with every axis of its own size; some of them fit no window."""
    return {
        "pool": str(rng.choice(pooled.POOLS)),
        "windows": str(rng.choice(pooled.WINDOWS, p=[0.7, 0.1, 0.2])),
        "kernel_size": rng.integers(1, 6, 2).tolist(),
        "stride": rng.integers(1, 5, 2).tolist(),
        "padding": rng.integers(0, 3, 2).tolist(),
        "ceil_mode": bool(rng.integers(2)),
        "count_include_pad": bool(rng.integers(2)),
        "output_size": rng.integers(1, 9, 2).tolist(),
    }


def by_reference(x: np.ndarray, settings: dict) -> tuple | None:
    pairs = {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
    try:
        return pooled.pool(x, **pairs)
    except ValueError:
        return None


def test_both_passes_equal_the_reference_on_2000_random_configurations(in_node) -> None:
    rng = np.random.default_rng(18)
    cases, calls, seen = [], [], set()
    for _ in range(2000):
        settings, shape = random_settings(rng), rng.integers(1, 9, 2)
        # few digits make ties; the others have none
        x = rng.integers(0, 4, shape) if rng.integers(2) else rng.normal(size=shape) * 100
        found = by_reference(x.astype(float), settings)
        dy = rng.normal(size=found[0].shape if found else (1, 1))
        cases.append((x, settings, dy, found))
        calls += [["forward", x.tolist(), settings]]
        calls += [["backward", x.tolist(), settings, dy.tolist()]] if found else []
        if found and settings["windows"] == "fixed":
            seen.add((settings["pool"], settings["ceil_mode"], max(settings["padding"]) > 0))
    answers = iter(in_node("pool_router", calls))
    refused = 0
    for x, settings, dy, found in cases:
        y = next(answers)
        if found is None:
            assert y == [], settings
            refused += 1
            continue
        np.testing.assert_allclose(y, found[0], rtol=1e-10, atol=1e-10, err_msg=str(settings))
        dx = next(answers)
        assert np.shape(dx) == x.shape
        np.testing.assert_allclose(dx, found[1](dy), rtol=1e-10, atol=1e-10, err_msg=str(settings))
    assert len(seen) == 12
    assert 100 < refused < 1000


def test_a_last_window_that_starts_in_the_padding_is_dropped(in_node) -> None:
    settings = PoolRouter(kernel_size=2, stride=3, padding=1, ceil_mode=True)._settings()
    x = np.arange(25.0).reshape(5, 5)
    assert output_size(5, 2, 3, 1, ceil_mode=True) == 2  # ceil(5 / 3) + 1 = 3, one too many
    (y,) = in_node("pool_router", [["forward", x.tolist(), settings]])
    np.testing.assert_array_equal(y, by_reference(x, settings)[0])
    assert np.shape(y) == (2, 2)


def test_counts_of_readers_equal_the_windows_of_the_mean(in_node) -> None:
    rng = np.random.default_rng(1)
    cases = []
    while len(cases) < 100:
        settings, x = random_settings(rng) | {"pool": "average"}, rng.normal(size=(6, 5))
        if found := by_reference(x, settings):
            cases.append((x, settings, found))
    calls = [["pool", x.tolist(), settings] for x, settings, _ in cases]
    routes = in_node("pool_router", calls)
    calls = [["readCounts", x.tolist(), r] for (x, *_), r in zip(cases, routes, strict=True)]
    for (_, settings, (y, back)), counts in zip(cases, in_node("pool_router", calls), strict=True):
        expected = np.zeros((6, 5), int)
        for at in np.ndindex(y.shape):
            dy = np.zeros(y.shape)
            dy[at] = 1
            expected += back(dy) > 0
        np.testing.assert_array_equal(counts, expected, err_msg=str(settings))


@pytest.mark.parametrize(
    ("value", "room", "text"),
    [
        (0.25, 4, "0.25"),
        (0.25, 3, ".25"),
        (-0.25, 4, "−.25"),
        (12.345, 4, "12.3"),
        (12.345, 3, "12"),
        (-1234, 3, "−1234"),
        (1, 3, "1"),
        (0, 1, "0"),
    ],
)
def test_short_texts_of_numbers(in_node, value, room, text) -> None:
    assert in_node("pool_router", [["fitText", value, room]]) == [text]


# ---- goals, without a page


def judged(in_node, before: PoolRouter | None = None, **traits: object) -> set[str]:
    states = [
        {name: getattr(w, name) for name in w.trait_names(sync=True) if name[0] != "_"}
        for w in (PoolRouter(**traits), before)
        if w is not None
    ]
    plain = [{k: v for k, v in s.items() if k not in ("layout", "tabbable")} for s in states]
    call = ["judge", plain[0], GOALS, *plain[1:]]
    return set(in_node("pool_router", [call])[0]["reached"])


def test_only_the_average_with_counted_padding_loses(in_node) -> None:
    assert judged(in_node) == set()
    for pool in pooled.POOLS:
        for counted in (True, False):
            for ceil in (True, False):
                traits = {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": ceil}
                widget = PoolRouter(pool=pool, count_include_pad=counted, **traits)
                lost = "lose" in judged(in_node, pool=pool, count_include_pad=counted, **traits)
                kept = np.isclose(widget.backward().sum(), widget.gradient().sum())
                assert lost == (not kept) == (pool == "average" and counted)
    assert "lose" not in judged(in_node, windows="adaptive", pool="average")
    assert "lose" not in judged(in_node, windows="global", pool="average", padding=1)


def test_inputs_that_no_window_reads_leave_the_sum_alone(in_node) -> None:
    left = {"x": np.array(START)[:5].tolist()}
    assert judged(in_node, **left) == {"leave"}
    assert PoolRouter(**left).backward().sum() == 6
    assert judged(in_node, kernel_size=2, stride=3) == {"leave"}
    lossy = {"pool": "average", "kernel_size": 2, "stride": 4, "padding": 1}
    assert judged(in_node, **lossy) == {"lose"}


def test_four_gradients_at_one_input(in_node) -> None:
    assert judged(in_node, kernel_size=2, stride=1) == {"four"}
    assert judged(in_node, kernel_size=2, stride=1, pool="average") == set()
    low = (-np.array(START)).tolist()
    assert judged(in_node, kernel_size=2, stride=1, pool="min", x=low) == {"four"}


def test_a_gradient_moves_without_an_output(in_node) -> None:
    x = np.array(START)
    before = PoolRouter()
    for at, value, moves in [
        ((0, 0), 4, True),  # the window's maximum, in an earlier cell
        ((1, 1), 4, False),  # a later cell does not get it
        ((0, 1), 9, False),  # the output changes
        ((2, 1), 6, True),  # of two equal ones the first leaves
    ]:
        changed = x.copy()
        changed[at] = value
        reached = judged(in_node, before, x=changed.tolist())
        assert ("move" in reached) == moves, at
    changed[0, 0] = 4  # two numbers at once are no answer
    assert "move" not in judged(in_node, before, x=changed.tolist())
    assert "move" not in judged(in_node, before, x=x[:, :5].tolist())


# ---- traits


def test_python_s_passes_are_those_of_the_reference() -> None:
    widget = PoolRouter(x=TIED)
    np.testing.assert_array_equal(widget.output(), [[3, 4], [2, 5]])
    np.testing.assert_array_equal(
        widget.backward(), [[0, 1, 0, 0], [0, 0, 0, 1], [0, 1, 1, 0], [0, 0, 0, 0]]
    )
    widget.selected = [1, 0]
    assert widget.route().tolist() == [[0] * 4, [0] * 4, [0, 1, 0, 0], [0] * 4]
    widget.dy = [[1, 2], [-3, 4]]
    assert widget.route()[2, 1] == -3
    assert widget.backward().sum() == widget.gradient().sum() == 4


def test_stride_is_the_kernel_s_size_until_it_is_given() -> None:
    assert PoolRouter(kernel_size=3).stride == 3
    assert PoolRouter(kernel_size=3, stride=2).stride == 2
    assert PoolRouter().stride == 2


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"x": [[1, 2], [3]]}, "row 1 has 2 numbers, row 2 has 1"),
        ({"x": np.zeros((8, 8))}, "at most 7 x 7 cells, got 8 x 8"),
        ({"x": [[1, float("nan")]]}, "x row 1, column 2 is nan"),
        ({"pool": "mean"}, "pool must be one of max, min, average, got 'mean'"),
        ({"windows": "all"}, "windows must be one of fixed, global, adaptive, got 'all'"),
        ({"view": "both"}, "view must be one of one, all, got 'both'"),
        ({"kernel_size": 5}, "kernel_size must be 1 to 4, got 5"),
        ({"stride": 0}, "stride must be 1 to 4, got 0"),
        ({"padding": 3}, "padding must be 0 to 2, got 3"),
        ({"output_size": 8}, "output_size must be 1 to 7, got 8"),
        ({"padding": 2}, "padding 2 is more than half of kernel_size 2"),
        ({"x": [[1, 2]]}, "x of 1 x 2 cannot be pooled so: kernel 2"),
        ({"dy": [[1, 2]]}, "dy must have the shape of y, 3 x 3, got 1 x 2"),
        ({"dy": [["a"]]}, "dy wants rows of numbers"),
        ({"selected": [1]}, "selected wants [] or [row, column]"),
        ({"selected": [0, 3]}, "selected [0, 3] lies outside an output of 3 x 3"),
        ({"goals": [{"id": "a", "text": "b", "kind": "c"}]}, "goal 0 wants the keys"),
        ({"goals": [GOALS[2] | {"outputs": 0}]}, "outputs must be a whole number from 1, got 0"),
    ],
)
def test_bad_traits_are_refused_with_their_numbers(traits, words) -> None:
    with pytest.raises(TraitError) as error:
        PoolRouter(**traits)
    assert words in str(error.value)
    widget = PoolRouter()
    with pytest.raises(TraitError):
        widget.set_trait(*next(iter(traits.items())))
    assert widget.output().shape == (3, 3)


def test_what_depends_on_the_shape_follows_it() -> None:
    widget = PoolRouter(dy=np.eye(3), selected=[2, 1])
    widget.kernel_size = 3
    assert widget.dy == []
    assert widget.selected == [1, 1]
    widget.dy = [[1, 2], [3, 4]]
    widget.pool = "average"
    assert widget.dy == [[1, 2], [3, 4]]


def test_several_traits_at_once() -> None:
    widget = PoolRouter(kernel_size=4, padding=2, x=np.zeros((1, 7)))
    with widget.hold_trait_notifications():
        widget.kernel_size = 1
        widget.padding = 0
    assert widget.output().shape == (1, 2)


def test_stand_in_says_what_is_shown() -> None:
    text = PoolRouter(x=TIED).static_html()
    assert "Max pooling, window 2 × 2, stride 2, padding 0." in text
    assert "output row 1, column 1 (outlined), which is 1, goes back" in text
    assert text.count("<svg") == 3
    lossy = PoolRouter(pool="average", kernel_size=3, padding=1, view="all").static_html()
    assert "add up to 4; 2.7778 of that arrives" in lossy
    hidden = PoolRouter(concealed=True, windows="adaptive").static_html()
    assert hidden.count("<svg") == 2
    assert "Adaptive max pooling to 4 × 4 outputs. Where the gradients go" in hidden
    assert "Global min pooling" in PoolRouter(windows="global", pool="min").static_html()


# ---- behaviour, in a browser


def wait_for_goals(page) -> None:
    """Give goals the time that a slider must rest, and what is saved then to be written."""
    page.wait_for_timeout(700)


def told(page) -> str:
    return " ".join(page.locator(".cnnbook-pool-route").inner_text().split())


def parts(page) -> np.ndarray:
    """The gradients written under the inputs, 0 where nothing stands."""
    rows, cols = np.shape(trait(page, "x"))
    texts = page.locator(".cnnbook-pool-part").all_inner_texts()
    numbers = [float(text.replace("−", "-") or 0) for text in texts]
    return np.reshape(numbers, (rows, cols))


def test_the_chosen_gradient_and_all_of_them(show) -> None:
    widget = PoolRouter(x=TIED, selected=[0, 0])
    page = show(widget)
    np.testing.assert_array_equal(parts(page), widget.route())
    assert "A tie: its maximum stands in 2 cells, row 1, column 2; and row 2, column 1." in told(
        page
    )
    assert "The first in row order gets the whole gradient, 1: torch’s rule." in told(page)
    page.get_by_label("Gradient of").select_option("all")
    np.testing.assert_array_equal(parts(page), widget.backward())
    assert "the sum stays 4" in told(page)
    page.get_by_label("Pooling").select_option("average")
    assert (parts(page) == 0.25).all()


def test_what_the_padding_takes(show) -> None:
    page = show(PoolRouter(pool="average", kernel_size=3, stride=2, padding=1))
    assert "9 cells count, 5 of them padding. Each gets 1 / 9 = 0.1111" in told(page)
    assert "together 0.4444 arrives at the 4 inputs, 0.5556 falls on the padding" in told(page)
    assert page.locator(".cnnbook-pool-pad[data-lost]").count() == 5
    page.get_by_label("count_include_pad").uncheck()
    assert "Its 5 cells of padding do not count. Each of its 4 inputs gets" in told(page)
    assert page.locator(".cnnbook-pool-pad[data-lost]").count() == 0
    page.get_by_label("Pooling").select_option("max")
    assert "Its 5 cells of padding stand for −∞ and never win." in told(page)


def test_an_input_tells_who_sends_it_what(show) -> None:
    page = show(PoolRouter(x=[[1, 2, 1], [2, 9, 2], [1, 2, 1]], stride=1, kernel_size=2))
    page.get_by_label("x row 2, column 2").focus()
    assert "4 windows read it. From all outputs it gets 1 + 1 + 1 + 1 = 4" in told(page)
    assert page.locator("[data-sender]").count() == 4
    page.keyboard.press("ArrowUp")
    assert "2 windows read it, but it is never chosen: it gets 0." in told(page)
    page.get_by_role("button", name="output row 1, column 1").focus()
    assert told(page).startswith("Output row 1, column 1 is 9")
    assert page.locator("[data-sender]").count() == 0
    page.get_by_label("x row 3, column 3").hover()
    assert told(page).startswith("Input row 3, column 3 is 1")
    page.get_by_label("Rows of x").fill("2")
    page.get_by_label("Stride").fill("2")
    page.get_by_label("x row 1, column 3").hover()
    assert "No window reads it" in told(page)
    assert page.locator("[data-unread]").count() == 2


def test_concealed_covers_the_gradients_and_earns_nothing(show) -> None:
    page = show(PoolRouter(x=TIED), concealed=True)
    assert set(page.locator(".cnnbook-pool-part").all_inner_texts()) == {"?", ""}
    assert told(page) == "Output row 1, column 1 is 3 Covered until you have answered."
    assert page.locator("[data-fact=dx] dd").inner_text() == "?"
    assert page.locator("[data-gets], [data-tied], [data-sender]").count() == 0
    page.get_by_label("Stride").fill("1")
    page.get_by_label("Pooling").select_option("average")
    page.get_by_label("Padding").fill("1")
    wait_for_goals(page)
    assert trait(page, "reached") == []
    page.evaluate("model.set('concealed', false)")
    assert "0.75 falls on the padding" in told(page)


def test_what_cannot_be_is_refused_and_told(show) -> None:
    page = show(PoolRouter(x=[[1, 2, 3]] * 2))
    message = page.locator(".cnnbook-message")
    page.get_by_label("Padding").fill("2")
    expect(message).to_contain_text("padding 2 is more than half of window size 2")
    assert page.get_by_label("Padding").input_value() == "0"
    page.get_by_label("Window size").fill("4")
    expect(message).to_contain_text("a window of 4 does not fit on 2 cells.")
    page.get_by_label("Rows of x").fill("1")
    expect(message).to_contain_text("a window of 2 does not fit on 1 cell.")
    page.get_by_label("x row 1, column 2").fill("two")
    expect(message).to_contain_text("x row 1, column 2: “two” is not a number")
    page.get_by_label("x row 1, column 3").fill("")
    expect(message).to_contain_text("2 cells hold no number")
    assert trait(page, "x") == [[1, 2, 3]] * 2
    page.get_by_label("x row 1, column 2").fill("1/4")
    assert page.get_by_label("x row 1, column 2").input_value() == "1/4"  # as it was typed
    assert page.get_by_label("x row 1, column 3").input_value() == ""
    expect(message).to_contain_text("x row 1, column 3 is empty. 3 is still used there.")
    page.get_by_label("x row 1, column 3").fill("−2,5")
    assert trait(page, "x")[0] == [1, 0.25, -2.5]
    expect(message).to_be_empty()


def test_numbers_of_dy_are_typed_and_put_back(show) -> None:
    page = show(PoolRouter(x=TIED))
    page.get_by_label("dy row 1, column 1").fill("-2")
    assert trait(page, "dy") == [[-2, 1], [1, 1]]
    assert parts(page)[0, 1] == -2
    assert page.locator("[data-fact=dy] dd").inner_text() == "−2"
    page.get_by_role("button", name="All dy = 1").click()
    assert trait(page, "dy") == []
    assert parts(page)[0, 1] == 1
    page.get_by_label("dy row 2, column 2").fill("3")
    page.get_by_label("Stride").fill("1")
    assert trait(page, "dy") == []
    assert page.get_by_label("dy row 2, column 2").input_value() == "1"


def test_new_numbers_sizes_and_start_again(show) -> None:
    page = show(PoolRouter(x=TIED, selected=[1, 1]))
    page.get_by_role("button", name="New numbers").click()
    digits = np.array(trait(page, "x"))
    assert digits.shape == (4, 4)
    assert ((digits >= 0) & (digits <= 9)).all()
    assert (digits != TIED).any()
    page.get_by_label("Columns of x").fill("7")
    page.get_by_label("Rows of x").fill("3")
    assert np.shape(trait(page, "x")) == (3, 7)
    assert trait(page, "selected") == [0, 1]
    PoolRouter(**{name: trait(page, name) for name in ("x", "selected")})  # Python takes it
    page.get_by_role("button", name="Start again").click()
    assert trait(page, "x") == TIED
    assert trait(page, "selected") == [1, 1]


def test_controls_that_mean_nothing_are_off(show) -> None:
    page = show(PoolRouter())
    fixed = ["Window size", "Stride", "Padding", "ceil_mode"]
    for windows, on in (("fixed", fixed), ("global", []), ("adaptive", ["Outputs a side"])):
        page.get_by_label("Windows").select_option(windows)
        for name in [*fixed, "Outputs a side"]:
            assert page.get_by_label(name).is_enabled() == (name in on)
        assert page.get_by_label("count_include_pad").is_disabled()
    page.get_by_label("Pooling").select_option("average")
    page.get_by_label("Windows").select_option("fixed")
    assert page.get_by_label("count_include_pad").is_enabled()


def test_goals_are_open_at_the_start_and_each_is_reached(show) -> None:
    page = show(PoolRouter())
    done = page.locator(".cnnbook-goals [data-done=true]")
    page.get_by_label("Gradient of").select_option("all")
    page.get_by_role("button", name="output row 2, column 2").click()
    assert done.count() == 0
    page.get_by_label("x row 1, column 1").fill("4")
    assert trait(page, "reached") == ["move"]
    page.get_by_label("Rows of x").fill("5")
    wait_for_goals(page)
    assert trait(page, "reached") == ["move", "leave"]
    page.get_by_label("Stride").fill("1")
    page.get_by_label("Padding").fill("1")
    wait_for_goals(page)
    assert trait(page, "reached") == ["move", "leave", "four"]
    page.get_by_label("Pooling").select_option("average")
    wait_for_goals(page)
    assert trait(page, "reached") == ["move", "leave", "four", "lose"]
    page.get_by_role("button", name="Start again").click()
    assert done.count() == 4


def test_where_the_widget_starts_earns_nothing(show) -> None:
    page = show(PoolRouter(pool="average", kernel_size=3, stride=1, padding=1))
    page.get_by_label("Gradient of").select_option("all")
    wait_for_goals(page)
    assert trait(page, "reached") == []
    page.get_by_label("Rows of x").fill("4")
    wait_for_goals(page)
    assert trait(page, "reached") == ["lose"]


def test_what_a_slider_passes_on_its_way_earns_nothing(show) -> None:
    page = show(PoolRouter())
    rows = page.get_by_label("Rows of x")
    for value in ("5", "4"):  # with 5 rows one would go unread
        rows.fill(value)
    page.get_by_label("Stride").fill("1")
    page.get_by_label("Stride").fill("2")
    wait_for_goals(page)
    assert trait(page, "reached") == []
    rows.fill("5")
    wait_for_goals(page)
    assert trait(page, "reached") == ["leave"]
    rows.fill("4")
    page.evaluate("cleanup()")  # with a judgement pending
    wait_for_goals(page)


def test_the_sums_are_those_of_what_sends(show) -> None:
    page = show(PoolRouter(pool="average", kernel_size=3, stride=2, padding=1, dy=DY))
    facts = page.locator(".cnnbook-pool-facts")

    def fact(name: str) -> str:
        return page.locator(f"[data-fact={name}] dd").inner_text()

    assert [fact(name) for name in ("dy", "dx", "lost")] == ["9", "4", "5"]
    expect(facts).to_contain_text("dy of this output")
    assert facts.get_attribute("data-lost") == ""
    page.get_by_role("button", name="output row 2, column 2").click()
    assert [fact(name) for name in ("dy", "dx", "lost")] == ["2", "2", "0"]
    assert facts.get_attribute("data-lost") is None
    page.get_by_label("Gradient of").select_option("all")
    assert [fact(name) for name in ("dy", "dx", "lost")] == ["17", "10", "7"]
    expect(facts).to_contain_text("Sum of dy, all outputs")


def test_what_python_sets_is_drawn_and_never_saved(show) -> None:
    changes = {
        "x": TIED,
        "pool": "average",
        "kernel_size": 3,
        "stride": 1,
        "padding": 1,
        "ceil_mode": True,
        "count_include_pad": False,
        "windows": "adaptive",
        "output_size": 2,
        "dy": [[1, 2], [3, 4]],
        "selected": [1, 1],
        "view": "all",
        "concealed": True,
        "goals": GOALS[:1],
        "reached": ["lose"],
    }
    draws_what_python_sets(show(PoolRouter()), changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"x": [[1, 2], [3]]}, "x cannot be [[1,2],[3]]"),
        ({"x": None, "pool": "mean"}, 'pool cannot be "mean"; "max" is used.'),
        ({"kernel_size": 9, "stride": "2"}, "kernel_size cannot be 9; 2 is used."),
        ({"padding": 2}, 'windows cannot be "fixed"; "global" is used.'),
        ({"dy": [[1]]}, "dy cannot be [[1]]; [] is used."),
        ({"selected": "x", "goals": {"a": 1}, "reached": None, "view": "one"}, ""),
        ({"ceil_mode": 1}, "ceil_mode cannot be 1; false is used."),
    ],
)
def test_damaged_state_is_told_and_survived(show, changes, words) -> None:
    page = show(PoolRouter(), **changes)
    assert words in page.locator(".cnnbook-message").inner_text()
    page.get_by_role("button", name="output row 1, column 1").click()
    assert trait(page, "selected") == [0, 0]
    page.get_by_label("Pooling").select_option("min")
    assert trait(page, "pool") == "min"


def test_walking_by_keyboard_keeps_one_tab_stop(show) -> None:
    page = show(PoolRouter())
    page.get_by_role("button", name="output row 1, column 1").focus()
    for key, place in (
        ("ArrowRight", [0, 1]),
        ("ArrowDown", [1, 1]),
        ("End", [1, 2]),
        ("Home", [1, 0]),
        ("ArrowLeft", [1, 0]),
        ("Control+End", [2, 2]),
        ("ArrowUp", [1, 2]),
        ("Control+Home", [0, 0]),
    ):
        page.keyboard.press(key)
        assert trait(page, "selected") == place
        name = f"output row {place[0] + 1}, column {place[1] + 1}"
        expect(page.get_by_role("button", name=name)).to_be_focused()
    assert page.locator(".cnnbook-pool-stage button[tabindex='0']").count() == 1
    page.keyboard.press("Tab")
    expect(page.get_by_label("dy row 1, column 1")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("dy row 1, column 2")).to_be_focused()
    assert page.locator("p.cnnbook-heard").inner_text().startswith("Output row 1, column 1 is 4")


def test_width_is_followed_until_cleaned_up(show) -> None:
    follows_its_width(show(PoolRouter()), "document.querySelector('[data-cell]').style.width")


LARGE = {"x": [[-12.25] * 7] * 7, "kernel_size": 4, "padding": 2, "ceil_mode": True}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 390])
def test_axe_finds_nothing(show, theme, width) -> None:
    page = show(PoolRouter(pool="average", view="all", stride=3, **LARGE), width, theme)
    page.get_by_label("x row 1, column 1").fill("zz")
    suits_everybody(page)
    outside = page.evaluate(
        """() => [...document.querySelectorAll('.cnnbook-pool-stage')].filter((stage) =>
          [...stage.children].some((e) => {
            const [a, b] = [e.getBoundingClientRect(), stage.getBoundingClientRect()];
            return a.right > b.right + 1 || a.bottom > b.bottom + 1 || a.left < b.left - 1;
          })).length"""
    )
    assert outside == 0


@pytest.mark.parametrize("width", [1000, 390])
def test_nothing_below_moves_while_a_reader_walks(show, width) -> None:
    page = show(PoolRouter(pool="average", stride=2, **LARGE), width)
    heights = set()

    def measure() -> None:
        heights.add(page.locator(".cnnbook-pool-maps").evaluate("(e) => e.offsetTop"))
        heights.add(-page.locator(".cnnbook-goalbox").evaluate("(e) => e.offsetTop"))

    if width == 1000:  # on a phone y stands below x, and what is below y moves with its rows
        for windows, stride in (("adaptive", "4"), ("global", "4"), ("fixed", "1"), ("fixed", "2")):
            page.get_by_label("Windows").select_option(windows)
            page.get_by_label("Outputs a side").fill("7") if windows == "adaptive" else None
            page.get_by_label("Stride").fill(stride) if windows == "fixed" else None
            measure()
    for pool in pooled.POOLS:
        page.get_by_label("Pooling").select_option(pool)
        for view in ("one", "all"):
            page.get_by_label("Gradient of").select_option(view)
            for name in ("output row 1, column 1", "output row 4, column 4"):
                page.get_by_role("button", name=name).click()
                measure()
            page.get_by_label("x row 4, column 4").hover()
            measure()
            page.get_by_label("count_include_pad").is_enabled() and page.get_by_label(
                "count_include_pad"
            ).click()
            measure()
    assert len(heights) == 2
